package exchange

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"path"
	"strconv"
	"time"

	"citybrain/wire"
	"citybrain/wire/gb20999"
	"citybrain/wire/http1"
	"citybrain/wire/jt808"
	"citybrain/wire/modbus"
	"citybrain/wire/ntcip1202"
	"citybrain/wire/sl651"
)

// Sockets carries an Exchange's feeds over TCP, to the addresses of a list. It never waits for a department: what departments
// send waits in bounded queues until Receive, and Send leaves what it has in bounded queues of its own.
//
// Where a department pushes over HTTP, its request is answered by the Send after the Receive that took it: with Commit in
// between, what was answered with 200 is durable; 422 says why it is in the quarantine. Where the city asks over HTTP, each
// request has exactly one answer; 503 and 504 are this side's own, for a department that was not there or did not answer. A
// request that may have arrived is not sent again.
//
// One goroutine at a time may use it: the one that uses the Exchange.
type Sockets struct {
	x     *Exchange
	net   *wire.Sockets
	calls map[string]*caller
	taken []pushed
}

// pushed is a request that was handed over and awaits its answer.
type pushed struct {
	conn   *wire.Conn
	reason string // why it went to the quarantine; "": it did not
}

// SocketOptions configure Sockets. Clock is needed; zero values of the others are the defaults.
type SocketOptions struct {
	Clock   func() time.Time // stamps what arrives; safe for concurrent use
	Timeout time.Duration    // of a dial, a write and an answer; 0: 10 s
	Inbox   int              // bytes of one feed that wait for Receive; 0: 8 MiB
}

// Loopback returns an address list of all feeds on this machine, at free ports: as a real address list has them, stations,
// vehicles and controllers dial the city; pump and gate controllers and the weather service are asked; and so on.
func Loopback() []wire.Address {
	var list []wire.Address
	for _, c := range contracts {
		for _, side := range listeners(c.ID) {
			list = append(list, wire.Address{Feed: c.ID, Listens: side, At: "tcp://127.0.0.1:0"})
		}
	}
	return list
}

// listeners says who listens on a feed.
func listeners(feed string) []wire.Side {
	switch feed {
	case "water/sl651", "traffic_police/gb20999", "transport/jt808":
		return []wire.Side{wire.City}
	case "traffic_police/http", "ambulance_120/http", "fire_119/http", "police_110/http":
		return []wire.Side{wire.City, wire.Department} // both ask
	}
	return []wire.Side{wire.Department}
}

// overHTTP reports whether a feed's protocol is HTTP.
func overHTTP(feed string) bool {
	switch path.Base(feed) {
	case "http", "cap", "open311":
		return true
	}
	return false
}

// protocol is what the sockets know of a feed's protocol; the city's requests over HTTP go through a caller instead.
func protocol(feed string) *wire.Protocol {
	type split = func([]byte) (frame, garbage []byte, n int)
	frames := func(s split) func(io.Reader, func([]byte)) wire.Reader {
		return func(r io.Reader, seen func([]byte)) wire.Reader { return wire.Frames(r, s, seen) }
	}
	switch path.Base(feed) {
	case "sl651":
		return &wire.Protocol{Read: frames(sl651.Split)}
	case "jt808":
		return &wire.Protocol{Read: frames(jt808.Split)}
	case "ntcip1202":
		return &wire.Protocol{Read: frames(ntcip1202.Split), Message: ntcip1202.Question}
	case "modbus":
		return &wire.Protocol{Read: frames(modbus.Split)}
	case "gb20999":
		// A controller may have a connection of its own: what is for it goes where it last spoke.
		return &wire.Protocol{Read: frames(gb20999.Split), Device: func(b []byte) string {
			f, err := gb20999.DecodeEscaped(b)
			if err != nil {
				return ""
			}
			return strconv.Itoa(int(f.Controller))
		}}
	}
	if overHTTP(feed) {
		return &wire.Protocol{Read: func(r io.Reader, _ func([]byte)) wire.Reader { return http1.NewReader(r) }, Goodbye: http1.Goodbye, Brief: true}
	}
	return nil
}

// Listen opens the addresses at which the city listens, and makes x's feeds show how their connections stand. Nobody is dialled
// before Dial. A feed of x without an address stays silent; an address of a feed that x does not have is an error.
func Listen(x *Exchange, list []wire.Address, o SocketOptions) (*Sockets, error) {
	if o.Timeout <= 0 {
		o.Timeout = 10 * time.Second
	}
	known := map[string]bool{}
	for _, c := range contracts {
		known[c.ID] = true
	}
	for _, a := range list {
		if !known[a.Feed] {
			return nil, fmt.Errorf("address list: feed %q at %s: no contract has this id; take the entry out", a.Feed, a.At)
		}
	}
	s := &Sockets{x: x, calls: map[string]*caller{}}
	var err error
	s.net, err = wire.Listen(list, wire.Options{Side: wire.City, Clock: o.Clock, Timeout: o.Timeout, Inbox: o.Inbox, Protocol: func(feed string) *wire.Protocol {
		if x.feeds[feed] == nil {
			return nil // this city has no such thing, such as pumps without terrain
		}
		return protocol(feed)
	}})
	if err != nil {
		return nil, fmt.Errorf("exchange: %w", err)
	}
	for _, f := range x.order {
		if overHTTP(f.ID) {
			s.calls[f.ID] = newCaller(s.net, f.ID, o)
		}
	}
	x.sockets = s
	return s, nil
}

// Addresses returns the list with the ports at which the city listens.
func (s *Sockets) Addresses() []wire.Address { return s.net.Addresses() }

// Dial connects to the addresses at which departments listen, and connects again when a connection ends.
func (s *Sockets) Dial(list []wire.Address) error {
	var dial []wire.Address
	for _, a := range list {
		if c := s.calls[a.Feed]; c != nil && a.Listens == wire.Department {
			if err := c.to(a); err != nil {
				return fmt.Errorf("exchange: %w", err)
			}
		} else {
			dial = append(dial, a)
		}
	}
	if err := s.net.Dial(dial); err != nil {
		return fmt.Errorf("exchange: %w", err)
	}
	return nil
}

// Receive hands the exchange what departments have sent since the last call.
func (s *Sockets) Receive() error {
	for _, a := range s.net.Take() {
		f := s.x.feeds[a.Feed]
		if a.Refused != "" {
			s.x.refuse(f, a.At, a.Bytes, a.Refused)
			continue
		}
		if a.Conn != nil && overHTTP(a.Feed) && bytes.HasPrefix(a.Bytes, []byte("HTTP/")) {
			// Answers come on the connections that we ask on; here one would be taken for the answer to somebody else's order.
			err := errors.New("an answer on a connection that only takes requests")
			s.x.refuse(f, a.At, a.Bytes, err.Error())
			a.Conn.End(err)
			continue
		}
		before := f.Rejected
		if err := s.x.Receive(a.Packet); err != nil {
			return err
		}
		if a.Conn != nil && overHTTP(a.Feed) {
			p := pushed{conn: a.Conn}
			if f.Rejected > before {
				p.reason = s.x.refused[len(s.x.refused)-1].Reason
			}
			s.taken = append(s.taken, p)
		}
	}
	return nil
}

// Send answers what was taken, and sends what the exchange has for departments. Call it after Commit. What can't be sent is
// counted in the feed's Link; the life of a command goes on without an answer.
func (s *Sockets) Send() {
	for _, p := range s.taken {
		m := http1.Message{Status: 200}
		if p.reason != "" {
			m = http1.Message{Status: 422, Type: "text/plain; charset=utf-8", Body: []byte(p.reason)}
		}
		b, err := http1.Append(nil, m)
		if err != nil {
			panic("exchange: an answer that its own protocol refuses: " + err.Error())
		}
		_ = p.conn.Write(b) // counted; without an answer the department pushes again
	}
	s.taken = s.taken[:0]
	for _, p := range s.x.Send() {
		if c := s.calls[p.Feed]; c != nil {
			c.ask(p.Bytes)
			continue
		}
		_ = s.net.Send(p) // counted
	}
}

// link is how a feed's connections stand.
func (s *Sockets) link(feed string) *wire.Link {
	l := s.net.Link(feed)
	if c := s.calls[feed]; c != nil {
		c.addTo(&l)
	}
	return &l
}

// Close ends all connections. The feeds stay as they are; their links are down.
func (s *Sockets) Close() error {
	err := s.net.Close() // first: whoever waits in its queue is let go
	for _, c := range s.calls {
		c.close()
	}
	return err
}

// text is an answer of this side's own, in place of a department's.
func text(status int, reason string) []byte {
	b, err := http1.Append(nil, http1.Message{Status: status, Type: "text/plain; charset=utf-8", Body: bytes.ToValidUTF8([]byte(reason), []byte("?"))})
	if err != nil {
		panic("exchange: an answer that its own protocol refuses: " + err.Error())
	}
	return b
}
