package exchange

import (
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"citybrain/city"
	"citybrain/twin"
	"citybrain/wire"
	"citybrain/wire/gb20999"
	"citybrain/wire/http1"
	"citybrain/wire/jt808"
)

// wired connects an exchange to sockets at free ports.
func wired(t *testing.T, o SocketOptions, list ...wire.Address) (*city.City, *twin.Twin, *Exchange, *Sockets) {
	t.Helper()
	c, tw, x := connect(t)
	o.Clock = func() time.Time { return start.Add(time.Minute) }
	if list == nil {
		list = Loopback()
	}
	s, err := Listen(x, list, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return c, tw, x, s
}

func at(t *testing.T, s *Sockets, feed string) string {
	t.Helper()
	for _, a := range s.Addresses() {
		if a.Feed == feed && a.Listens == wire.City {
			host, err := a.Host()
			if err != nil {
				t.Fatal(err)
			}
			return host
		}
	}
	t.Fatalf("nobody listens for %s", feed)
	return ""
}

func dial(t *testing.T, s *Sockets, feed string) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", at(t, s, feed))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// until receives, commits and sends until done, for some seconds at most.
func until(t *testing.T, x *Exchange, s *Sockets, what string, done func() bool) {
	t.Helper()
	for range 1000 {
		if err := s.Receive(); err != nil {
			t.Fatal(err)
		}
		if _, err := x.Commit(); err != nil {
			t.Fatal(err)
		}
		s.Send()
		if done() {
			return
		}
		time.Sleep(5 * time.Millisecond)
	}
	t.Fatalf("waited in vain until %s; feeds %+v", what, x.Feeds())
}

func feedOf(x *Exchange, id string) Status {
	for _, f := range x.Feeds() {
		if f.ID == id {
			return f
		}
	}
	panic(id)
}

func write(t *testing.T, c net.Conn, b []byte) {
	t.Helper()
	if _, err := c.Write(b); err != nil {
		t.Fatal(err)
	}
}

func TestAStationIsReadOverTCP(t *testing.T) {
	const feed = "water/sl651"
	c, tw, x, s := wired(t, SocketOptions{})
	st := creekStation(c)
	if f := feedOf(x, feed); !f.Link.Down || f.State(start) != "silent" {
		t.Errorf("before a connection: %+v", f.Link)
	}
	level := func() float64 {
		e, _ := tw.Main().Snapshot().Get(URN("WaterObserved", st.ID))
		v, _ := e.Number("waterLevel")
		return v
	}
	conn := dial(t, s, feed)
	// Two frames at once and one in pieces, with noise between.
	stream := append(report(t, st.Station, 1, 2.1), report(t, st.Station, 2, 2.2)...)
	write(t, conn, stream)
	until(t, x, s, "two reports came", func() bool { return feedOf(x, feed).Received == 2 && level() == 2.2 })
	for _, b := range append([]byte("noise"), report(t, st.Station, 3, 2.3)...) {
		write(t, conn, []byte{b})
	}
	until(t, x, s, "the third came", func() bool { return feedOf(x, feed).Received == 3 && level() == 2.3 })
	if f := feedOf(x, feed); f.Rejected == 0 || f.Link.Down || f.Link.Up != 1 {
		t.Errorf("rejected %d, link %+v", f.Rejected, f.Link)
	}
	// The connection ends in mid-frame: what had come of it is kept, the next connection is not disturbed by it, and the
	// number says what was lost.
	cut := report(t, st.Station, 4, 9.9)
	write(t, conn, cut[:20])
	until(t, x, s, "it is read", func() bool { return true })
	conn.Close()
	until(t, x, s, "the end is noticed", func() bool { return feedOf(x, feed).Link.Down })
	conn = dial(t, s, feed)
	write(t, conn, report(t, st.Station, 5, 2.5))
	until(t, x, s, "the fifth came", func() bool { return level() == 2.5 })
	f := feedOf(x, feed)
	if f.Lost != 1 || f.Link.Ended != 1 || f.Link.Cut != 1 || f.Link.Down {
		t.Errorf("lost %d, link %+v", f.Lost, f.Link)
	}
	q := x.Quarantine()
	if last := q[len(q)-1]; !bytes.Equal(last.Bytes, cut[:20]) || !strings.Contains(last.Reason, "unfinished frame") {
		t.Errorf("quarantined %x: %s", last.Bytes, last.Reason)
	}
	// Whoever sends nothing but noise loses the connection.
	noise := bytes.Repeat([]byte("GET / HTTP/1.1 "), 10000)
	_, _ = conn.Write(noise) // it may be cut while writing
	until(t, x, s, "noise ends the connection", func() bool { return feedOf(x, feed).Link.Down })
	if f := feedOf(x, feed); !strings.Contains(f.Link.Reason, "without a whole frame") {
		t.Errorf("reason %q", f.Link.Reason)
	}
}

func TestNobodyTakesWhatComes(t *testing.T) {
	const feed = "water/sl651"
	c, _, x, s := wired(t, SocketOptions{Inbox: 20000, Timeout: 5 * time.Second})
	st := creekStation(c)
	conn := dial(t, s, feed)
	const n = 40000
	sent := make(chan error, 1)
	go func() {
		for i := range n {
			el := report(t, st.Station, uint16(i%65535+1), 2)
			if _, err := conn.Write(el); err != nil {
				sent <- err
				return
			}
		}
		sent <- nil
	}()
	time.Sleep(100 * time.Millisecond) // the brain is busy
	for s.net.Link(feed).Waited == 0 {
		time.Sleep(time.Millisecond)
	}
	until(t, x, s, "all came", func() bool { return feedOf(x, feed).Received == n })
	if err := <-sent; err != nil {
		t.Fatal(err)
	}
	if f := feedOf(x, feed); f.Lost != 0 || f.Rejected != 0 || f.Link.Waited == 0 {
		t.Errorf("lost %d, rejected %d, link %+v", f.Lost, f.Rejected, f.Link)
	}
}

func TestADepartmentPushesOverHTTP(t *testing.T) {
	const feed = "traffic_police/http"
	c, tw, x, s := wired(t, SocketOptions{})
	url := "http://" + at(t, s, feed) + "/closures"
	link := c.Streets.Links[3].ID
	type reply struct {
		status int
		body   string
		err    error
	}
	post := func(body io.Reader) chan reply {
		done := make(chan reply, 1)
		go func() {
			res, err := http.Post(url, "application/json", body)
			if err != nil {
				done <- reply{err: err}
				return
			}
			b, err := io.ReadAll(res.Body)
			res.Body.Close()
			done <- reply{res.StatusCode, string(b), err}
		}()
		return done
	}
	await := func(done chan reply) (r reply) {
		until(t, x, s, "the push is answered", func() bool {
			select {
			case r = <-done:
				return true
			default:
				return false
			}
		})
		return r
	}
	done := post(strings.NewReader(`{"link":"` + link + `","closed":true}`))
	for s.net.Link(feed).Up == 0 {
		time.Sleep(time.Millisecond)
	}
	time.Sleep(20 * time.Millisecond)
	select {
	case r := <-done:
		t.Fatalf("answered before it was durable: %+v", r)
	default:
	}
	if r := await(done); r.status != 200 || r.err != nil {
		t.Fatalf("a push: %+v", r)
	}
	if _, ok := tw.Main().Snapshot().Get(URN("RoadClosure", link)); !ok {
		t.Error("answered, but not in the twin")
	}
	if r := await(post(strings.NewReader(`{"link":"nowhere","closed":true}`))); r.status != 422 || !strings.Contains(r.body, "nowhere") {
		t.Errorf("an unknown link: %+v", r)
	}
	// A body of unknown length comes in chunks.
	link = c.Streets.Links[4].ID
	if r := await(post(io.MultiReader(strings.NewReader(`{"link":"`), strings.NewReader(link+`","closed":true}`)))); r.status != 200 {
		t.Errorf("in chunks: %+v", r)
	}
	if _, ok := tw.Main().Snapshot().Get(URN("RoadClosure", link)); !ok {
		t.Error("in chunks: not in the twin")
	}
	// What is no HTTP is told so, and kept.
	conn := dial(t, s, feed)
	write(t, conn, []byte("\x7e\x7ehello\r\n\r\n"))
	told := make(chan string, 1)
	go func() { b, _ := io.ReadAll(conn); told <- string(b) }()
	var words string
	until(t, x, s, "it is told", func() bool {
		select {
		case words = <-told:
			return true
		default:
			return false
		}
	})
	if !strings.HasPrefix(words, "HTTP/1.1 400 ") {
		t.Errorf("told %q", words)
	}
	until(t, x, s, "it is kept", func() bool {
		q := x.Quarantine()
		return strings.Contains(string(q[len(q)-1].Bytes), "hello")
	})
}

// On a connection that takes requests an answer is none: it would be taken for the answer to somebody else's order.
func TestAnAnswerWhereNoneIsDue(t *testing.T) {
	c, _, x, s := wired(t, SocketOptions{})
	shut := &Command{ID: "c1", Until: start.Add(20 * time.Minute), Closure: &ClosureOrder{Link: c.Streets.Links[0].ID, Closed: true}}
	if err := x.Order(start, shut); err != nil {
		t.Fatal(err)
	}
	x.Send() // it is on its way
	write(t, dial(t, s, "traffic_police/http"), []byte("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"))
	until(t, x, s, "it is refused", func() bool {
		q := x.Quarantine()
		return len(q) > 0 && strings.Contains(q[0].Reason, "only takes requests")
	})
	if state(shut) != Sent {
		t.Errorf("a stray answer made an order %s", state(shut))
	}
}

func TestADepartmentIsAskedOverHTTP(t *testing.T) {
	const feed = "ambulance_120/http"
	var calls atomic.Int32
	srv := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n := calls.Add(1)
		if n == 2 {
			w.WriteHeader(409)
		}
		for range 3 { // in chunks
			fmt.Fprint(w, strings.Repeat(" ", 3000))
			w.(http.Flusher).Flush()
		}
	}))
	ln := srv.Listener
	list := []wire.Address{{Feed: feed, Listens: wire.Department, At: "tcp://" + ln.Addr().String()}}
	_, _, x, s := wired(t, SocketOptions{Timeout: 2 * time.Second}, list...)
	ln.Close() // the department is not there yet
	order := func(id string) *Command {
		k := &Command{ID: id, Until: start.Add(time.Hour), Dispatch: &DispatchOrder{Call: "C1", Unit: "u1"}}
		if err := x.Order(start, k); err != nil {
			t.Fatal(err)
		}
		return k
	}
	first := order("c0")
	until(t, x, s, "an order without an address ends", func() bool { return state(first) == Rejected })
	if err := s.Dial(list); err != nil {
		t.Fatal(err)
	}
	dead := order("c1")
	began := time.Now()
	s.Send()
	if time.Since(began) > time.Second {
		t.Error("a dead department held the city up")
	}
	until(t, x, s, "the order ends", func() bool { return state(dead) == Rejected })
	if f := feedOf(x, feed); !f.Link.Down || f.Link.Dropped == 0 || f.State(start) != "silent" {
		t.Errorf("link %+v", f.Link)
	}
	again, err := net.Listen("tcp", ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	srv.Listener = again
	srv.Start()
	defer srv.Close()
	time.Sleep(2 * firstPause)
	good, bad := order("c2"), order("c3")
	until(t, x, s, "both are answered", func() bool { return state(good) == Acknowledged && state(bad) == Rejected })
	if f := feedOf(x, feed); f.Link.Down || f.Link.Up != 1 {
		t.Errorf("link %+v", f.Link)
	}
}

func TestAnOrderGoesToTheControllersOwnConnection(t *testing.T) {
	const feed = "traffic_police/gb20999"
	_, _, x, s := wired(t, SocketOptions{})
	hello := func(n int) net.Conn {
		conn := dial(t, s, feed)
		b, err := gb20999.AppendEscaped(nil, gb20999.Frame{Version: gb20999.Version100, Center: 1, Controller: uint32(n), Intersection: 1, Serial: 1, Type: gb20999.Event,
			Values: gb20999.Number(gb20999.RunState{Intersection: 1, Mode: gb20999.LocalFixed, Plan: 1, Stage: 1}.Values())})
		if err != nil {
			t.Fatal(err)
		}
		write(t, conn, b)
		return conn
	}
	one, two := hello(1), hello(2)
	until(t, x, s, "both spoke", func() bool { return feedOf(x, feed).Received == 2 })
	if err := x.Order(start, &Command{ID: "c1", Until: start.Add(time.Minute), Stage: &StageOrder{Junction: 1, Stage: 0}}); err != nil {
		t.Fatal(err)
	}
	s.Send()
	b := make([]byte, 1000)
	if err := two.SetReadDeadline(time.Now().Add(5 * time.Second)); err != nil {
		t.Fatal(err)
	}
	n, err := two.Read(b)
	if err != nil {
		t.Fatal(err)
	}
	if f, err := gb20999.DecodeEscaped(b[:n]); err != nil || f.Controller != 2 {
		t.Errorf("%+v %v", f, err)
	}
	if err := one.SetReadDeadline(time.Now().Add(50 * time.Millisecond)); err != nil {
		t.Fatal(err)
	}
	if n, _ := one.Read(b); n > 0 {
		t.Errorf("controller 1 got %x", b[:n])
	}
	two.Close()
	one.Close()
	until(t, x, s, "they are gone", func() bool { return feedOf(x, feed).Link.Up == 0 })
	if err := x.Order(start, &Command{ID: "c2", Until: start.Add(time.Minute), Stage: &StageOrder{Junction: 1, Stage: 0}}); err != nil {
		t.Fatal(err)
	}
	s.Send()
	if l := feedOf(x, feed).Link; l.Dropped != 1 {
		t.Errorf("link %+v", l)
	}
}

func TestADepartmentThatReadsNothing(t *testing.T) {
	const feed = "water/modbus"
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	go func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			defer c.Close() // it takes the connection and reads nothing
		}
	}()
	list := []wire.Address{{Feed: feed, Listens: wire.Department, At: "tcp://" + ln.Addr().String()}}
	_, _, x, s := wired(t, SocketOptions{Timeout: 200 * time.Millisecond}, list...)
	if err := s.Dial(list); err != nil {
		t.Fatal(err)
	}
	until(t, x, s, "it is connected", func() bool { return !feedOf(x, feed).Link.Down })
	big := wire.Packet{Feed: feed, Bytes: make([]byte, 1<<20)}
	began := time.Now()
	for range 40 {
		_ = s.net.Send(big)
	}
	if d := time.Since(began); d > 2*time.Second {
		t.Errorf("sending took %v", d)
	}
	until(t, x, s, "the connection is given up", func() bool { return feedOf(x, feed).Link.Ended > 0 })
	if l := feedOf(x, feed).Link; l.Dropped == 0 {
		t.Errorf("link %+v", l)
	}
	until(t, x, s, "it is connected again", func() bool { return !feedOf(x, feed).Link.Down })
}

func TestAddressLists(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{`[{"feed":"water/sl651","listens":"city","address":"tcp://127.0.0.1:9001"}]`, ""},
		{`[{"feed":"water/sl651","listens":"city","address":"127.0.0.1:9001"}]`, "tcp://host:port"},
		{`[{"feed":"water/sl651","listens":"stations","address":"tcp://h:1"}]`, "listens is city or department"},
		{`[{"feed":"a","listens":"city","address":"tcp://h:1"},{"feed":"a","listens":"city","address":"tcp://h:2"}]`, "two addresses"},
		{`{}`, "JSON array"},
		{`[{"feed":"a","port":3}]`, "unknown field"},
	} {
		_, err := wire.ParseAddresses([]byte(c.in))
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s: %v", c.in, err)
		}
	}
	_, _, x := connect(t)
	if _, err := Listen(x, []wire.Address{{Feed: "moon/http", Listens: wire.City, At: "tcp://127.0.0.1:0"}}, SocketOptions{Clock: time.Now}); err == nil {
		t.Error("an address of no feed was taken")
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer ln.Close()
	if _, err := Listen(x, []wire.Address{{Feed: "water/sl651", Listens: wire.City, At: "tcp://" + ln.Addr().String()}}, SocketOptions{Clock: time.Now}); err == nil {
		t.Error("an address in use was taken")
	}
	if _, err := http1.Append(nil, http1.Message{Status: 200}); err != nil {
		t.Error(err)
	}
}

func TestATerminalHangsUp(t *testing.T) {
	const feed = "transport/jt808"
	c, _, x, s := wired(t, SocketOptions{})
	frame := func(phone int, serial uint16) []byte {
		loc := jt808.Location{Status: jt808.StatusPositioned, Time: start.In(time.FixedZone("", 8*3600))}
		loc.Lon, loc.Lat = c.Frame.WGS84(c.Bounds.Center())
		f, err := jt808.Compose(jt808.Header{Version: jt808.V2019, Phone: fmt.Sprintf("%020d", phone), Serial: serial}, loc)
		var b []byte
		if err == nil {
			b, err = jt808.Append(nil, f)
		}
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	// Two terminals by turns, each with a connection and numbers of its own: one loses a message, none loses the other's.
	one, two := dial(t, s, feed), dial(t, s, feed)
	for i, serial := range []uint16{65534, 65535, 0, 2} {
		write(t, one, frame(1, serial))
		write(t, two, frame(2, uint16(i)))
	}
	until(t, x, s, "all came", func() bool { return feedOf(x, feed).Received == 8 })
	one.Close()
	two.Close()
	until(t, x, s, "they are gone", func() bool { return feedOf(x, feed).Link.Ended == 2 })
	if f := feedOf(x, feed); f.Lost != 1 || f.Rejected != 0 || f.Link.Cut != 0 {
		t.Errorf("lost %d, rejected %d, link %+v", f.Lost, f.Rejected, f.Link)
	}
}
