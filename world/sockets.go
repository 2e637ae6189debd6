package world

import (
	"bytes"
	"container/heap"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"path"
	"sync"
	"time"

	"citybrain/wire"
	"citybrain/wire/gb20999"
	"citybrain/wire/http1"
	"citybrain/wire/jt808"
	"citybrain/wire/modbus"
	"citybrain/wire/ntcip1202"
	"citybrain/wire/sl651"
)

// Sockets is the departments' ends of the feeds over TCP. Each department has one gateway, as its own systems see it: the
// stations, terminals and controllers stand behind one connection of their feed, which is what a telemetry centre, a vehicle
// platform and a concentrator do. Packets leave when the clock reaches their arrival.
//
// A device does not wait for its network: what can't be sent is lost, as its serial numbers will tell. What is pushed over HTTP
// is kept until it is answered, and pushed again on a new connection.
type Sockets struct {
	clock   func() time.Time
	timeout time.Duration
	net     *wire.Sockets
	servers []*http.Server
	list    []wire.Address
	cancel  context.CancelFunc
	ctx     context.Context
	done    sync.WaitGroup

	mu     sync.Mutex
	due    byArrival
	heard  []wire.Packet            // requests that the departments' servers took
	asking map[string][]chan []byte // by feed: who waits for the answers to them, in their order
	pushes map[string]*pusher       // by feed over HTTP that has an address of the city's
	lost   int
}

// pusher is what a department has pushed and nobody has answered yet.
type pusher struct {
	open  [][]byte
	bytes int
	on    *wire.Conn
}

// Bounds: bytes of the pushes of one feed that wait for an answer, fewer than fit into a connection's queue; and requests that
// wait for the departments.
const (
	maxOpen  = 2 << 20
	maxHeard = 4096
)

// beat is how often the departments look whether something is to be sent.
const beat = 10 * time.Millisecond

// Listen opens the addresses of list at which departments listen. clock is the city's time; it is called from many goroutines.
// timeout is how long a request may wait for its answer, and a write for the network; 0: 10 s.
func Listen(list []wire.Address, clock func() time.Time, timeout time.Duration) (*Sockets, error) {
	if timeout <= 0 {
		timeout = 10 * time.Second
	}
	if err := wire.CheckAddresses(list); err != nil {
		return nil, err
	}
	s := &Sockets{clock: clock, timeout: timeout, asking: map[string][]chan []byte{}, pushes: map[string]*pusher{}}
	s.ctx, s.cancel = context.WithCancel(context.Background())
	var framed []wire.Address
	for _, a := range list {
		if !overHTTP(a.Feed) || a.Listens != wire.Department {
			framed = append(framed, a)
			continue
		}
		at, err := s.serve(a)
		if err != nil {
			_ = s.Close() // the first error is the one to report
			return nil, err
		}
		s.list = append(s.list, at)
	}
	var err error
	s.net, err = wire.Listen(framed, wire.Options{Side: wire.Department, Clock: clock, Timeout: timeout, Protocol: protocol, Up: s.up})
	if err != nil {
		_ = s.Close() // as above
		return nil, fmt.Errorf("world: %w", err)
	}
	s.list = append(s.list, s.net.Addresses()...)
	s.done.Add(1)
	go s.pace()
	return s, nil
}

func overHTTP(feed string) bool {
	switch path.Base(feed) {
	case "http", "cap", "open311":
		return true
	}
	return false
}

func protocol(feed string) *wire.Protocol {
	split := map[string]func([]byte) (frame, garbage []byte, n int){"sl651": sl651.Split, "jt808": jt808.Split, "modbus": modbus.Split, "gb20999": gb20999.Split, "ntcip1202": ntcip1202.Split}[path.Base(feed)]
	switch {
	case split != nil:
		p := &wire.Protocol{Read: func(r io.Reader, seen func([]byte)) wire.Reader { return wire.Frames(r, split, seen) }}
		if path.Base(feed) == "ntcip1202" {
			p.Message = ntcip1202.Question
		}
		return p
	case overHTTP(feed):
		return &wire.Protocol{Read: func(r io.Reader, _ func([]byte)) wire.Reader { return http1.NewReader(r) }, Brief: true}
	}
	return nil
}

// Addresses returns the list with the ports at which departments listen.
func (s *Sockets) Addresses() []wire.Address { return append([]wire.Address(nil), s.list...) }

// Dial connects to the addresses at which the city listens, and connects again when a connection ends.
func (s *Sockets) Dial(list []wire.Address) error {
	s.mu.Lock()
	for _, a := range list {
		if overHTTP(a.Feed) && a.Listens == wire.City {
			s.pushes[a.Feed] = &pusher{}
		}
	}
	s.mu.Unlock()
	var dial []wire.Address
	for _, a := range list {
		if a.Listens == wire.City {
			dial = append(dial, a)
		}
	}
	if err := s.net.Dial(dial); err != nil {
		return fmt.Errorf("world: %w", err)
	}
	return nil
}

// Send takes what the world has sent; each packet leaves when the clock reaches its arrival.
func (s *Sockets) Send(list []wire.Packet) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, p := range list {
		heap.Push(&s.due, p)
	}
}

// Receive hands w what came for its departments since the last call. Call it between two steps of w.
func (s *Sockets) Receive(w *World) error {
	s.mu.Lock()
	list := s.heard
	s.heard = nil
	s.mu.Unlock()
	for _, a := range s.net.Take() {
		switch {
		case a.Refused != "": // equipment ignores what it can't read
		case overHTTP(a.Feed):
			s.answered(a.Feed, a.Conn)
		default:
			list = append(list, a.Packet)
		}
	}
	for _, p := range list {
		if err := w.Receive(p); err != nil {
			return err
		}
	}
	return nil
}

// Lost returns how many packets the departments could not send.
func (s *Sockets) Lost() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.lost
}

// pace sends what is due.
func (s *Sockets) pace() {
	defer s.done.Done()
	t := time.NewTicker(beat)
	defer t.Stop()
	for {
		s.sendDue()
		select {
		case <-t.C:
		case <-s.ctx.Done():
			return
		}
	}
}

func (s *Sockets) sendDue() {
	now := s.clock()
	for {
		s.mu.Lock()
		if len(s.due) == 0 || s.due[0].At.After(now) {
			s.mu.Unlock()
			return
		}
		p := heap.Pop(&s.due).(wire.Packet)
		s.mu.Unlock()
		s.send(p)
	}
}

func (s *Sockets) send(p wire.Packet) {
	if overHTTP(p.Feed) {
		if bytes.HasPrefix(p.Bytes, []byte("HTTP/")) {
			s.answer(p)
		} else {
			s.push(p)
		}
		return
	}
	if s.net.Send(p) != nil {
		s.mu.Lock()
		s.lost++
		s.mu.Unlock()
	}
}

// push sends a request on the connection that stands, and keeps it until it is answered.
func (s *Sockets) push(p wire.Packet) {
	s.mu.Lock()
	defer s.mu.Unlock()
	k := s.pushes[p.Feed]
	if k == nil || k.bytes+len(p.Bytes) > maxOpen {
		s.lost++
		return
	}
	k.open = append(k.open, p.Bytes)
	k.bytes += len(p.Bytes)
	if k.on != nil {
		s.write(k.on, p.Bytes)
	}
}

// write queues b on a connection. One that does not take it has no use any more: up sends it again on the next.
func (s *Sockets) write(c *wire.Conn, b []byte) {
	if err := c.Write(b); err != nil {
		c.End(err)
	}
}

// up pushes again what was not answered when a connection ended.
func (s *Sockets) up(feed string, c *wire.Conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if k := s.pushes[feed]; k != nil {
		k.on = c
		for _, b := range k.open {
			s.write(c, b)
		}
	}
}

// answered notes that the oldest push was answered on c. What an earlier connection answered has been pushed again on this one,
// which will answer it too. A push that the city refused is not pushed again: it would be refused again.
func (s *Sockets) answered(feed string, c *wire.Conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if k := s.pushes[feed]; k != nil && k.on == c && len(k.open) > 0 {
		k.bytes -= len(k.open[0])
		k.open = k.open[1:]
	}
}

// serve opens a department's HTTP server.
func (s *Sockets) serve(a wire.Address) (wire.Address, error) {
	host, err := a.Host()
	if err != nil {
		return a, err
	}
	ln, err := net.Listen("tcp", host)
	if err != nil {
		return a, fmt.Errorf("world: feed %s: listen at %s: %w; give the feed another address", a.Feed, a.At, err)
	}
	a.At = "tcp://" + ln.Addr().String()
	srv := &http.Server{Handler: s.handler(a.Feed), ReadHeaderTimeout: s.timeout, IdleTimeout: 2 * time.Minute, BaseContext: func(net.Listener) context.Context { return s.ctx }}
	s.servers = append(s.servers, srv)
	s.done.Add(1)
	go func() {
		defer s.done.Done()
		_ = srv.Serve(ln) // it ends when the server is closed
	}()
	return a, nil
}

// handler hands a request to the department and waits for its answer.
func (s *Sockets) handler(feed string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, http1.MaxBody))
		var b []byte
		if err == nil {
			b, err = http1.Append(nil, http1.Message{Method: r.Method, Target: r.URL.RequestURI(), Type: r.Header.Get("Content-Type"), Body: body})
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		late := time.NewTimer(s.timeout)
		defer late.Stop()
		wait := make(chan []byte, 1)
		s.mu.Lock()
		if len(s.heard) >= maxHeard {
			s.mu.Unlock()
			http.Error(w, "too many requests wait", http.StatusServiceUnavailable)
			return
		}
		s.heard = append(s.heard, wire.Packet{Feed: feed, At: s.clock(), Bytes: b})
		s.asking[feed] = append(s.asking[feed], wait)
		s.mu.Unlock()
		select {
		case b := <-wait:
			m, err := http1.Decode(b)
			if err != nil {
				http.Error(w, err.Error(), http.StatusBadGateway)
				return
			}
			if m.Type != "" {
				w.Header().Set("Content-Type", m.Type)
			}
			w.WriteHeader(m.Status)
			_, _ = w.Write(m.Body) // who asked is gone, or gets it
		case <-late.C:
			http.Error(w, fmt.Sprintf("the department did not answer within %v", s.timeout), http.StatusGatewayTimeout)
		case <-r.Context().Done():
		}
	})
}

// answer gives the department's answer to who asked first.
func (s *Sockets) answer(p wire.Packet) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if q := s.asking[p.Feed]; len(q) > 0 {
		q[0] <- p.Bytes
		s.asking[p.Feed] = q[1:]
	}
}

// Cut ends all connections that devices and gateways hold on a feed, as a network would; they connect again.
func (s *Sockets) Cut(feed string) { s.net.Cut(feed) }

// Close ends all connections.
func (s *Sockets) Close() error {
	s.cancel()
	var err error
	for _, srv := range s.servers {
		if e := srv.Close(); err == nil && !errors.Is(e, http.ErrServerClosed) {
			err = e
		}
	}
	if s.net != nil {
		if e := s.net.Close(); err == nil {
			err = e
		}
	}
	s.done.Wait()
	return err
}

// byArrival is a queue by arrival, feed and number.
type byArrival []wire.Packet

func (p byArrival) Len() int { return len(p) }
func (p byArrival) Less(i, j int) bool {
	if !p[i].At.Equal(p[j].At) {
		return p[i].At.Before(p[j].At)
	}
	if p[i].Feed != p[j].Feed {
		return p[i].Feed < p[j].Feed
	}
	return p[i].Seq < p[j].Seq
}
func (p byArrival) Swap(i, j int) { p[i], p[j] = p[j], p[i] }
func (p *byArrival) Push(v any)   { *p = append(*p, v.(wire.Packet)) }
func (p *byArrival) Pop() any {
	old := *p
	v := old[len(old)-1]
	*p = old[:len(old)-1]
	return v
}
