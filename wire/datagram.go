package wire

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"time"
)

// Datagrams may be lost, come twice, or late: who sends them sees to that, by asking again, and who obeys them by obeying once. There is no connection; a link
// is down until something comes, and after silence.

// Bounds of datagrams: how long nothing may come on a link until it is down, and of how many questions it is known who asked.
const (
	silence  = time.Minute
	maxAsked = 1024
	maxPeers = 256
)

// datagrams is what a link knows that has them.
type datagrams struct {
	on    bool
	peer  *Conn            // that this side has dialled
	asked map[string]*Conn // by question: who asked
	order []string         // of the questions, oldest first
}

// answers is where a message goes: to whom this side has dialled, or to who asked what it answers. mu is held.
func (l *link) answers(b []byte) *Conn {
	if l.peer != nil {
		return l.peer
	}
	question, ok := l.proto.Message(b)
	if !ok {
		return nil
	}
	return l.asked[question]
}

// note keeps who asked a question. mu is held.
func (d *datagrams) note(question string, c *Conn) {
	if _, known := d.asked[question]; !known {
		if len(d.order) >= maxAsked {
			delete(d.asked, d.order[0])
			d.order = d.order[1:]
		}
		d.order = append(d.order, question)
	}
	d.asked[question] = c
}

var errNoDatagrams = errors.New("its protocol has no datagrams; give it a tcp:// address")

// listenDatagrams takes datagrams of anybody at host, and returns where.
func (s *Sockets) listenDatagrams(l *link, host string) (string, error) {
	if l.proto.Message == nil {
		return "", errNoDatagrams
	}
	at, err := net.ResolveUDPAddr("udp", host)
	if err != nil {
		return "", err
	}
	pc, err := net.ListenUDP("udp", at)
	if err != nil {
		return "", err
	}
	s.hearOn(l, pc, nil)
	return pc.LocalAddr().String(), nil
}

// dialDatagrams exchanges datagrams with host.
func (s *Sockets) dialDatagrams(l *link, host string) error {
	if l.proto.Message == nil {
		return errNoDatagrams
	}
	at, err := net.ResolveUDPAddr("udp", host)
	if err != nil {
		return err
	}
	pc, err := net.DialUDP("udp", nil, at)
	if err != nil {
		return err
	}
	c := &Conn{s: s, l: l, dialled: true, wake: make(chan struct{}, 1), send: func(b []byte) error {
		_, err := pc.Write(b)
		return err
	}}
	s.hearOn(l, pc, c)
	if s.o.Up != nil {
		s.o.Up(l.feed, c)
	}
	return nil
}

func (s *Sockets) hearOn(l *link, pc *net.UDPConn, dialled *Conn) {
	s.mu.Lock()
	l.on, l.peer, l.asked = true, dialled, map[string]*Conn{}
	s.mu.Unlock()
	stop := context.AfterFunc(s.ctx, func() { _ = pc.Close() })
	s.wg.Add(1)
	go func() {
		defer s.wg.Done()
		defer stop()
		s.hear(l, pc, dialled)
	}()
}

// hear takes what comes until the Sockets are closed.
func (s *Sockets) hear(l *link, pc *net.UDPConn, dialled *Conn) {
	buf := make([]byte, 64<<10)
	peers := map[netip.AddrPort]*Conn{}
	for s.ctx.Err() == nil {
		err := pc.SetReadDeadline(time.Now().Add(silence))
		var n int
		var from netip.AddrPort
		if err == nil {
			n, from, err = pc.ReadFromUDPAddrPort(buf)
		}
		switch {
		case s.ctx.Err() != nil:
			return
		case errors.Is(err, os.ErrDeadlineExceeded):
			s.stands(l, 0, fmt.Sprintf("nothing came for %v", silence))
			continue
		case err != nil: // nobody is there yet, as a rule
			s.stands(l, 0, err.Error())
			s.pause(s.o.Wait)
			continue
		}
		c := dialled
		if c == nil {
			if c = peers[from]; c == nil {
				if len(peers) >= maxPeers {
					clear(peers)
				}
				c = &Conn{s: s, l: l, wake: make(chan struct{}, 1), send: func(b []byte) error {
					_, err := pc.WriteToUDPAddrPort(b, from)
					return err
				}}
				peers[from] = c
			}
		}
		b := bytes.Clone(buf[:n])
		question, ok := l.proto.Message(b)
		if !ok {
			s.put(l, c, b, "a datagram that is not one message")
			continue
		}
		s.mu.Lock()
		if dialled == nil {
			l.note(question, c)
		}
		s.mu.Unlock()
		s.stands(l, 1, "")
		s.put(l, c, b, "")
	}
}

// stands notes whether anything comes on a link.
func (s *Sockets) stands(l *link, up int, reason string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if up == 0 {
		if l.Up > 0 {
			l.Ended++
		}
		l.Reason = reason
	}
	l.Up = up
	s.down(l)
}
