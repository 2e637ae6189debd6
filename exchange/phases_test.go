package exchange

import (
	"net"
	"strconv"
	"testing"
	"time"

	"citybrain/wire"
	"citybrain/wire/ntcip1202"
)

// Over UDP an order that is lost is sent again, the same request; answers that come twice, or not at all, do no harm, and an order that a newer one has replaced is
// not repeated.
func TestOrdersOverALossyLine(t *testing.T) {
	const feed = "traffic_police/ntcip1202"
	agent, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	defer agent.Close()
	now := start
	c, _, x := connect(t)
	list := []wire.Address{{Feed: feed, Listens: wire.Department, At: "udp://" + agent.LocalAddr().String()}}
	s, err := Listen(x, list, SocketOptions{Clock: func() time.Time { return now }})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.Dial(list); err != nil {
		t.Fatal(err)
	}
	j := 0
	for !c.Signals[j].NTCIP {
		j++
	}
	tick := func(d time.Duration) {
		t.Helper()
		now = now.Add(d)
		if err := s.Receive(); err != nil {
			t.Fatal(err)
		}
		if err := x.Tick(now); err != nil {
			t.Fatal(err)
		}
		if _, err := x.Commit(); err != nil {
			t.Fatal(err)
		}
		s.Send()
	}
	buf := make([]byte, ntcip1202.MaxMessage)
	// orders are the sets that have come to the agent; polls it leaves alone.
	orders := func() (out []ntcip1202.Message, from net.Addr) {
		t.Helper()
		for {
			if err := agent.SetReadDeadline(time.Now().Add(100 * time.Millisecond)); err != nil {
				t.Fatal(err)
			}
			n, at, err := agent.ReadFrom(buf)
			if err != nil {
				return out, from
			}
			m, err := ntcip1202.Decode(buf[:n])
			if err != nil {
				t.Fatal(err)
			}
			if from = at; m.Type == ntcip1202.Set {
				out = append(out, m)
			}
		}
	}
	give := func(stage int) *Command {
		t.Helper()
		cmd := &Command{ID: "c" + strconv.Itoa(stage), Principal: "test", Until: now.Add(10 * time.Minute), Stage: &StageOrder{Junction: j, Stage: stage}}
		if err := x.Order(now, cmd); err != nil {
			t.Fatal(err)
		}
		return cmd
	}
	first := give(0)
	tick(time.Second)
	sent, _ := orders()
	if len(sent) != 1 {
		t.Fatalf("%d orders", len(sent))
	}
	second := give(1)
	tick(time.Second)
	lost, _ := orders()
	if len(lost) != 1 || lost[0].Request == sent[0].Request {
		t.Fatalf("the second order: %+v", lost)
	}
	tick(3 * time.Second)
	again, from := orders()
	if len(again) != 1 || again[0].Request != lost[0].Request {
		t.Fatalf("sent again: %+v", again)
	}
	b, err := ntcip1202.Append(nil, again[0].Answer(ntcip1202.NoError, 0, again[0].Vars...))
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if _, err := agent.WriteTo(b, from); err != nil {
			t.Fatal(err)
		}
	}
	until(t, x, s, "the answers came", func() bool { return feedOf(x, feed).Received == 2 })
	if is, why := second.State(); is != Acknowledged {
		t.Errorf("the second order is %s %s", is, why)
	}
	if is, _ := first.State(); is == Acknowledged {
		t.Error("the first order is acknowledged")
	}
	if f := feedOf(x, feed); f.Rejected != 0 {
		t.Errorf("%d messages were refused", f.Rejected)
	}
	tick(10 * time.Second)
	if more, _ := orders(); len(more) != 0 {
		t.Errorf("an answered order is sent again: %+v", more)
	}
}
