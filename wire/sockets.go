package wire

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"time"
)

// A Protocol is what Sockets must know of a feed's protocol.
type Protocol struct {
	// Read cuts a connection's stream. It calls seen, if it can, with each frame.
	Read func(r io.Reader, seen func(frame []byte)) Reader
	// Device names the device that a frame is of or for; "" if the frame does not say. Nil: any connection will do.
	Device func(frame []byte) string
	// Goodbye is what the other side is told before its connection ends because of err; nil: nothing.
	Goodbye func(err error) []byte
	// Brief connections are normal: that none stands where this side listens means nothing.
	Brief bool
	// Message reports whether a datagram is one whole message, and names the question that it is or answers. Nil: it has no datagrams.
	Message func(datagram []byte) (question string, ok bool)
}

// Options configure Sockets. Zero values are the defaults.
type Options struct {
	Side     Side                        // this one
	Protocol func(feed string) *Protocol // nil for a feed that is not carried
	Clock    func() time.Time            // stamps what arrives; safe for concurrent use
	Timeout  time.Duration               // of a dial and of a write; 0: 10 s
	Inbox    int                         // bytes of one feed that wait to be taken; 0: 8 MiB
	Outbox   int                         // bytes that wait on one connection; 0: 4 MiB
	Up       func(feed string, c *Conn)  // called when a connection that this side made stands; may be nil
	Wait     time.Duration               // first pause before dialling again, doubled up to 5 s; 0: 100 ms
}

// Bounds of Sockets.
const (
	longestWait    = 5 * time.Second
	maxConnections = 20000 // of one feed: a terminal each
	maxDevices     = 65536 // of one feed, whose connections are known
)

// Sockets are one side's connections of all feeds. Each connection has a reader, which hands whole frames to one bounded queue,
// and a writer with a bounded queue of its own, so that nobody who takes or sends waits for the network:
//
//   - a reader whose feed has a full queue waits, and with it, by TCP, the other side; waits are counted;
//   - a packet for a connection that does not stand or whose queue is full is dropped and counted;
//   - a connection that takes nothing for the timeout, or brings no frames but noise, is ended, with the reason;
//   - a connection that this side makes is made again, with growing pauses.
type Sockets struct {
	o      Options
	ctx    context.Context
	cancel context.CancelFunc
	wg     sync.WaitGroup
	list   []Address
	listen []net.Listener

	mu    sync.Mutex
	room  *sync.Cond
	queue []Arrival
	seq   uint64
	links map[string]*link
}

// An Arrival is a packet that came on a connection; Conn is nil if it came otherwise. With Refused, the packet's bytes are what
// was left of a frame, and Refused says why it never became one.
type Arrival struct {
	Packet
	Conn    *Conn
	Refused string
}

// A Link is how the connections of a feed stand.
type Link struct {
	Up      int       // connections that stand
	Down    bool      // a connection that the feed needs does not stand
	Since   time.Time // Down or not Down since
	Reason  string    // why the last connection ended or could not be made
	Ended   int       // connections that ended
	Cut     int       // frames that never became whole
	Waited  int       // times that a reader waited because nobody took what had come
	Dropped int       // packets that could not be sent
}

type link struct {
	Link
	feed     string
	proto    *Protocol
	dials    bool
	waiting  int // bytes in the queue
	conns    map[*Conn]bool
	byDevice map[string]*Conn
	datagrams
}

// ErrNoConnection is returned for a packet whose feed, or device, has no connection.
var ErrNoConnection = errors.New("no connection stands")

// ErrFull is returned for a packet on a connection that takes them too slowly.
var ErrFull = errors.New("the connection takes what is sent too slowly")

// Listen opens the addresses of list at which this side listens. Nobody is dialled before Dial. Port 0 is any free one;
// Addresses tells which.
func Listen(list []Address, o Options) (*Sockets, error) {
	if err := CheckAddresses(list); err != nil {
		return nil, err
	}
	if o.Timeout <= 0 {
		o.Timeout = 10 * time.Second
	}
	if o.Inbox <= 0 {
		o.Inbox = 8 << 20
	}
	if o.Outbox <= 0 {
		o.Outbox = 4 << 20
	}
	if o.Wait <= 0 {
		o.Wait = 100 * time.Millisecond
	}
	s := &Sockets{o: o, links: map[string]*link{}, list: append([]Address(nil), list...)}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	s.room = sync.NewCond(&s.mu)
	for i, a := range s.list {
		p := o.Protocol(a.Feed)
		if p == nil {
			continue
		}
		l := s.link(a.Feed, p)
		if a.Listens != o.Side {
			continue
		}
		if host, ok := a.Datagrams(); ok {
			at, err := s.listenDatagrams(l, host)
			if err != nil {
				_ = s.Close() // as below
				return nil, fmt.Errorf("feed %s: listen at %s: %w", a.Feed, a.At, err)
			}
			s.list[i].At = "udp://" + at
			continue
		}
		host, _ := a.Host() // CheckAddresses has looked at it
		ln, err := net.Listen("tcp", host)
		if err != nil {
			_ = s.Close() // the listener's error is the one to report
			return nil, fmt.Errorf("feed %s: listen at %s: %w; give the feed another address", a.Feed, a.At, err)
		}
		s.list[i].At = "tcp://" + ln.Addr().String()
		s.listen = append(s.listen, ln)
		s.wg.Add(1)
		go s.accept(l, ln)
	}
	return s, nil
}

// link returns the feed's link, made if need be.
func (s *Sockets) link(feed string, p *Protocol) *link {
	s.mu.Lock()
	defer s.mu.Unlock()
	l := s.links[feed]
	if l == nil {
		l = &link{feed: feed, proto: p, conns: map[*Conn]bool{}, byDevice: map[string]*Conn{}}
		l.Since = s.o.Clock()
		l.Down = !p.Brief
		l.Reason = "no connection so far"
		s.links[feed] = l
	}
	return l
}

// Addresses returns the list with the ports at which this side listens.
func (s *Sockets) Addresses() []Address { return append([]Address(nil), s.list...) }

// Dial makes the connections to the addresses of list at which the other side listens, and makes them again when they end.
func (s *Sockets) Dial(list []Address) error {
	if err := CheckAddresses(list); err != nil {
		return err
	}
	for _, a := range list {
		p := s.o.Protocol(a.Feed)
		if p == nil || a.Listens == s.o.Side {
			continue
		}
		host, _ := a.Host()
		l := s.link(a.Feed, p)
		s.mu.Lock()
		l.dials, l.Down = true, true
		s.mu.Unlock()
		if to, ok := a.Datagrams(); ok {
			if err := s.dialDatagrams(l, to); err != nil {
				return fmt.Errorf("feed %s: %s: %w", a.Feed, a.At, err)
			}
			continue
		}
		s.wg.Add(1)
		go s.keep(l, host)
	}
	return nil
}

// accept serves whoever connects.
func (s *Sockets) accept(l *link, ln net.Listener) {
	defer s.wg.Done()
	for {
		c, err := ln.Accept()
		if err != nil {
			if s.ctx.Err() != nil {
				return
			}
			s.note(l, fmt.Sprintf("accept: %v", err))
			s.pause(s.o.Wait) // too many open files, as a rule
			continue
		}
		s.mu.Lock()
		full := len(l.conns) >= maxConnections
		s.mu.Unlock()
		if full {
			s.note(l, fmt.Sprintf("%s refused: the feed has %d connections already", c.RemoteAddr(), maxConnections))
			_ = c.Close() // nothing was read from it
			continue
		}
		s.wg.Add(1)
		go func() {
			defer s.wg.Done()
			s.serve(l, c, false)
		}()
	}
}

// keep holds one connection to host.
func (s *Sockets) keep(l *link, host string) {
	defer s.wg.Done()
	d := net.Dialer{Timeout: s.o.Timeout}
	wait := s.o.Wait
	for s.ctx.Err() == nil {
		c, err := d.DialContext(s.ctx, "tcp", host)
		if err != nil {
			s.note(l, err.Error())
		} else {
			began := time.Now()
			s.serve(l, c, true)
			if time.Since(began) > 10*s.o.Wait {
				wait = s.o.Wait // it did stand: this is no peer that takes connections only to end them
			}
		}
		s.pause(wait)
		wait = min(2*wait, longestWait)
	}
}

func (s *Sockets) pause(d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-s.ctx.Done():
	}
}

func (s *Sockets) note(l *link, reason string) {
	s.mu.Lock()
	l.Reason = reason
	s.mu.Unlock()
}

// serve carries a connection until it ends.
func (s *Sockets) serve(l *link, nc net.Conn, dialled bool) {
	c := &Conn{s: s, l: l, nc: nc, dialled: dialled, wake: make(chan struct{}, 1), gone: make(chan struct{})}
	s.mu.Lock()
	l.conns[c] = true
	l.Up++
	s.down(l)
	s.mu.Unlock()
	stop := context.AfterFunc(s.ctx, func() { c.End(errors.New("this side closed")) })
	defer stop()
	s.wg.Add(1)
	go c.write()
	if dialled && s.o.Up != nil {
		s.o.Up(l.feed, c)
	}
	r := l.proto.Read(nc, func(frame []byte) {
		if l.proto.Device == nil {
			return
		}
		if d := l.proto.Device(frame); d != "" {
			s.mu.Lock()
			if _, known := l.byDevice[d]; known || len(l.byDevice) < maxDevices {
				l.byDevice[d] = c
			}
			s.mu.Unlock()
		}
	})
	for {
		b, err := r.Next()
		if err == nil {
			s.put(l, c, b, "")
			continue
		}
		why := "the other side ended the connection"
		if !errors.Is(err, io.EOF) {
			why = err.Error()
			if g := l.proto.Goodbye; g != nil && c.reason() == nil {
				c.last(g(err))
			}
		}
		if r := c.reason(); r != nil {
			why = r.Error() // the writer knew better
		}
		if len(b) > 0 {
			s.put(l, c, b, "unfinished frame: "+why)
		}
		c.End(errors.New(why))
		break
	}
	s.mu.Lock()
	delete(l.conns, c)
	for d, k := range l.byDevice {
		if k == c {
			delete(l.byDevice, d)
		}
	}
	l.Up--
	l.Ended++
	l.Reason = fmt.Sprintf("%s: %s", nc.RemoteAddr(), c.reason())
	s.down(l)
	s.mu.Unlock()
}

// down notes whether l is down; mu is held.
func (s *Sockets) down(l *link) {
	is := l.Up == 0 && (l.dials || !l.proto.Brief)
	if is != l.Down {
		l.Down, l.Since = is, s.o.Clock()
	}
}

// put queues what came, and waits while the feed's share of the queue is full.
func (s *Sockets) put(l *link, c *Conn, b []byte, refused string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if l.waiting > 0 && l.waiting+len(b) > s.o.Inbox {
		l.Waited++
		for l.waiting > 0 && l.waiting+len(b) > s.o.Inbox && s.ctx.Err() == nil {
			s.room.Wait()
		}
	}
	if s.ctx.Err() != nil {
		return
	}
	if refused != "" {
		l.Cut++
	}
	l.waiting += len(b)
	s.seq++
	s.queue = append(s.queue, Arrival{Packet{l.feed, s.o.Clock(), s.seq, b}, c, refused})
}

// Put queues a packet as if a connection had brought it: for a feed that has other ways in. It waits while the feed's share of
// the queue is full.
func (s *Sockets) Put(feed string, b []byte) {
	if p := s.o.Protocol(feed); p != nil {
		s.put(s.link(feed, p), nil, b, "")
	}
}

// Take returns what came since the last call, in the order of its coming; it never waits.
func (s *Sockets) Take() []Arrival {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := s.queue
	s.queue = nil
	for _, l := range s.links {
		l.waiting = 0
	}
	s.room.Broadcast()
	return out
}

// Send queues a packet on the connection of its device, or on the feed's only one; it never waits.
func (s *Sockets) Send(p Packet) error {
	s.mu.Lock()
	l := s.links[p.Feed]
	if l == nil {
		s.mu.Unlock()
		return fmt.Errorf("feed %q: it has no address", p.Feed)
	}
	var c *Conn
	if l.on {
		c = l.answers(p.Bytes)
	}
	if c == nil && l.proto.Device != nil {
		c = l.byDevice[l.proto.Device(p.Bytes)]
	}
	if c == nil && len(l.conns) == 1 {
		for c = range l.conns {
		}
	}
	if c == nil {
		l.Dropped++
		s.mu.Unlock()
		return fmt.Errorf("feed %s: %w", p.Feed, ErrNoConnection)
	}
	s.mu.Unlock()
	return c.Write(p.Bytes)
}

// Link returns how a feed's connections stand; the zero Link, down, for a feed without an address.
func (s *Sockets) Link(feed string) Link {
	s.mu.Lock()
	defer s.mu.Unlock()
	if l := s.links[feed]; l != nil {
		return l.Link
	}
	return Link{Down: true, Reason: "it has no address"}
}

// Cut ends all connections of a feed, as a network would; those that this side made are made again.
func (s *Sockets) Cut(feed string) {
	s.mu.Lock()
	l := s.links[feed]
	var list []*Conn
	if l != nil {
		for c := range l.conns {
			list = append(list, c)
		}
	}
	s.mu.Unlock()
	for _, c := range list {
		c.End(errors.New("it was cut"))
	}
}

// Close ends all connections and returns when nothing of them runs any more.
func (s *Sockets) Close() error {
	s.cancel()
	var err error
	for _, ln := range s.listen {
		if e := ln.Close(); err == nil && !errors.Is(e, net.ErrClosed) {
			err = e
		}
	}
	s.mu.Lock()
	s.room.Broadcast()
	s.mu.Unlock()
	s.wg.Wait()
	return err
}

// A Conn is one connection of a feed.
type Conn struct {
	s       *Sockets
	l       *link
	nc      net.Conn
	dialled bool
	send    func([]byte) error // of datagrams, at once; nil: a stream
	wake    chan struct{}
	gone    chan struct{}

	mu     sync.Mutex
	out    []byte
	queued int  // packets in out
	final  bool // nothing more is to be written behind out
	why    error
}

// Dialled reports whether this side made the connection.
func (c *Conn) Dialled() bool { return c.dialled }

// Write queues b; it never waits.
func (c *Conn) Write(b []byte) error {
	if c.send != nil {
		err := c.send(b)
		if err != nil {
			c.dropped(1)
			err = fmt.Errorf("feed %s: %w", c.l.feed, err)
		}
		return err
	}
	c.mu.Lock()
	err := c.why
	switch {
	case err != nil || c.final:
		err = ErrNoConnection
	case len(c.out) > 0 && len(c.out)+len(b) > c.s.o.Outbox:
		err = ErrFull
	default:
		c.out = append(c.out, b...)
		c.queued++
	}
	c.mu.Unlock()
	if err != nil {
		c.dropped(1)
		return fmt.Errorf("feed %s: %w", c.l.feed, err)
	}
	select {
	case c.wake <- struct{}{}:
	default:
	}
	return nil
}

// dropped counts packets that the connection did not send.
func (c *Conn) dropped(n int) {
	c.s.mu.Lock()
	c.l.Dropped += n
	c.s.mu.Unlock()
}

// last queues b as the connection's last words and gives them a moment to leave.
func (c *Conn) last(b []byte) {
	_ = c.Write(b) // it may be too late for words
	c.mu.Lock()
	c.final = true
	c.mu.Unlock()
	select {
	case c.wake <- struct{}{}:
	default:
	}
	select {
	case <-c.gone:
	case <-time.After(c.s.o.Timeout):
	}
}

// write sends what is queued, all of it with one call, each with a deadline.
func (c *Conn) write() {
	defer c.s.wg.Done()
	defer close(c.gone)
	var b []byte
	for {
		c.mu.Lock()
		b, c.out = c.out, b[:0]
		n := c.queued
		c.queued = 0
		ended, final := c.why != nil, c.final
		c.mu.Unlock()
		if ended {
			c.dropped(n)
			return
		}
		if len(b) > 0 {
			err := c.nc.SetWriteDeadline(time.Now().Add(c.s.o.Timeout))
			if err == nil {
				_, err = c.nc.Write(b)
			}
			if err != nil {
				if ne := net.Error(nil); errors.As(err, &ne) && ne.Timeout() {
					err = fmt.Errorf("the other side took nothing for %v", c.s.o.Timeout)
				}
				c.End(err)
				c.dropped(n)
				return
			}
			if cap(b) > 1<<20 {
				b = nil
			}
			continue
		}
		if final {
			return
		}
		<-c.wake
	}
}

// End closes the connection; the first reason stays.
func (c *Conn) End(why error) {
	c.mu.Lock()
	if c.why == nil {
		c.why = why
	}
	c.mu.Unlock()
	if c.send != nil {
		return // there is nothing that ends
	}
	_ = c.nc.Close() // a second close is no harm
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

func (c *Conn) reason() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.why
}
