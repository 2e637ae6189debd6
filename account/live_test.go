package account

import (
	"container/heap"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"citybrain/brain"
	"citybrain/city"
	"citybrain/exchange"
	"citybrain/twin"
	"citybrain/wire"
	"citybrain/world"
)

// side is an exchange with its twin.
type side struct {
	tw *twin.Twin
	x  *exchange.Exchange
}

// mirrored is a world whose bytes reach two exchanges: one inside the process, one over sockets.
type mirrored struct {
	t            *testing.T
	w            *world.World
	now          atomic.Int64
	queue        packets
	inside, over side
	ends         *world.Sockets
	sockets      *exchange.Sockets
}

func mirror(t *testing.T, c *city.City) *mirrored {
	t.Helper()
	var plans []city.PlanSpec
	for j := range c.Signals {
		plans = append(plans, c.Signals[j].Reference)
	}
	w, err := world.New(c, world.Config{Seed: 5, Start: EveningStart, Hours: 1, TripsPerHour: 2000, Plans: plans})
	if err != nil {
		t.Fatal(err)
	}
	m := &mirrored{t: t, w: w}
	m.now.Store(EveningStart.UnixNano())
	clock := func() time.Time { return time.Unix(0, m.now.Load()).UTC() }
	for _, s := range []*side{&m.inside, &m.over} {
		s.tw = twin.New(twin.Options{Clock: clock})
		s.x = exchange.New(c, s.tw.Main())
	}
	if m.ends, err = world.Listen(exchange.Loopback(), clock, 10*time.Second); err != nil {
		t.Fatal(err)
	}
	if m.sockets, err = exchange.Listen(m.over.x, m.ends.Addresses(), exchange.SocketOptions{Clock: clock}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := errors.Join(m.sockets.Close(), m.ends.Close()); err != nil {
			t.Error(err)
		}
	})
	list := m.sockets.Addresses()
	if err := errors.Join(m.sockets.Dial(list), m.ends.Dial(list)); err != nil {
		t.Fatal(err)
	}
	m.until("every feed is connected", func() bool {
		for _, f := range m.over.x.Feeds() {
			if f.Link.Down {
				return false
			}
		}
		return true
	})
	return m
}

// until moves bytes until done, for some seconds at most.
func (m *mirrored) until(what string, done func() bool) {
	m.t.Helper()
	for range 2000 {
		if err := m.sockets.Receive(); err != nil {
			m.t.Fatal(err)
		}
		if done() {
			return
		}
		time.Sleep(time.Millisecond)
	}
	m.t.Fatalf("waited in vain until %s:\ninside %+v\nover   %+v", what, received(m.inside.x), received(m.over.x))
}

func received(x *exchange.Exchange) map[string]int {
	n := map[string]int{}
	for _, f := range x.Feeds() {
		n[f.ID] = f.Received
	}
	return n
}

// tick moves the world on and hands both exchanges what has arrived by then; with wait, the sockets have carried all of it.
func (m *mirrored) tick(wait bool) {
	m.t.Helper()
	if err := m.ends.Receive(m.w); err != nil {
		m.t.Fatal(err)
	}
	if err := m.w.Step(context.Background(), m.w.Now()+tick); err != nil {
		m.t.Fatal(err)
	}
	out := m.w.Send()
	now := EveningStart.Add(m.w.Now())
	m.now.Store(now.UnixNano())
	m.ends.Send(out)
	for _, p := range out {
		heap.Push(&m.queue, p)
	}
	for len(m.queue) > 0 && !m.queue[0].At.After(now) {
		p := heap.Pop(&m.queue).(wire.Packet)
		p.At = now // as the other side's clock says when it reads
		if err := m.inside.x.Receive(p); err != nil {
			m.t.Fatal(err)
		}
	}
	if wait {
		m.until("the sockets have carried as much", func() bool {
			a, b := received(m.inside.x), received(m.over.x)
			for id := range a {
				if a[id] != b[id] {
					return false
				}
			}
			return true
		})
	} else if err := m.sockets.Receive(); err != nil {
		m.t.Fatal(err)
	}
	for _, s := range []side{m.inside, m.over} {
		if err := s.x.Tick(now); err != nil {
			m.t.Fatal(err)
		}
		if _, err := s.x.Commit(); err != nil {
			m.t.Fatal(err)
		}
	}
	m.inside.x.Send() // the world hears the other side only
	m.sockets.Send()
	time.Sleep(3 * time.Millisecond)
}

func (m *mirrored) order(id string, c exchange.Command) {
	m.t.Helper()
	for _, s := range []side{m.inside, m.over} {
		k := c
		k.ID, k.Until = id, EveningStart.Add(time.Hour)
		if err := s.x.Order(EveningStart.Add(m.w.Now()), &k); err != nil {
			m.t.Fatal(err)
		}
	}
}

func TestSocketsCarryTheSameTwin(t *testing.T) {
	c := town(5)
	c.Signals[7].NTCIP, c.Signals[9].NTCIP = true, true
	m := mirror(t, c)
	for i := range 36 {
		m.tick(true)
		switch i {
		case 3:
			m.order("c1", exchange.Command{Pump: &exchange.PumpOrder{ID: "p1", Units: 2}})
			m.order("c2", exchange.Command{Closure: &exchange.ClosureOrder{Link: c.Streets.Links[len(c.Streets.Links)/2].ID, Closed: true}})
			m.order("c3", exchange.Command{Stage: &exchange.StageOrder{Junction: 2, Stage: 1}})
		case 5:
			m.order("c4", exchange.Command{Dispatch: &exchange.DispatchOrder{Call: "nobody", Unit: "none"}})
		}
	}
	a, b := m.inside.tw.Main().Snapshot(), m.over.tw.Main().Snapshot()
	if a.Len() == 0 || twin.Hash(a) != twin.Hash(b) {
		for d := range twin.Diff(a, b) {
			t.Errorf("differ: %+v, %+v", d.A, d.B)
		}
		t.Errorf("inside %d entities, over sockets %d", a.Len(), b.Len())
	}
	for id, want := range map[string]exchange.CommandState{"c1": exchange.Seen, "c2": exchange.Seen, "c4": exchange.Rejected} {
		if s, why := m.over.x.Command(id).State(); s != want {
			t.Errorf("%s is %s (%s), want %s", id, s, why, want)
		}
	}
	for id, n := range received(m.over.x) {
		if n == 0 && id != "emergency_mgmt/cap" {
			t.Errorf("nothing came on %s", id)
		}
	}
	for _, f := range m.over.x.Feeds() {
		if f.Rejected > 0 || f.Link.Dropped > 0 || f.Link.Ended > 0 {
			t.Errorf("%s: rejected %d, link %+v", f.ID, f.Rejected, *f.Link)
		}
	}
}

func TestConnectionsThatAreCutLoseNothingAnswered(t *testing.T) {
	c := town(5)
	for i := range c.Zones {
		c.Zones[i].Population *= 60 // so that calls come by the minute
	}
	m := mirror(t, c)
	cut := []string{"ambulance_120/http", "transport/jt808", "water/modbus", "traffic_police/gb20999"}
	const cuts = 4
	for n := range cuts {
		for range 12 {
			m.tick(false)
		}
		for _, id := range cut {
			m.ends.Cut(id)
		}
		for again := 0; again < len(cut); {
			m.tick(false)
			again = 0
			for _, f := range m.over.x.Feeds() {
				if slices.Contains(cut, f.ID) && f.Link.Ended == n+1 && f.Link.Up > 0 {
					again++
				}
			}
			time.Sleep(5 * time.Millisecond)
		}
	}
	var missing string
	same := func() bool {
		n := 0
		for e := range m.inside.tw.Main().Snapshot().Query(twin.Query{Types: []string{"EmergencyCall"}}) {
			n++
			o, ok := m.over.tw.Main().Snapshot().Get(e.ID)
			want, _ := e.Text("status")
			if !ok {
				missing = e.ID + " " + want
				return false
			}
			if is, _ := o.Text("status"); is != want {
				missing = fmt.Sprintf("%s is %s, want %s", e.ID, is, want)
				return false
			}
		}
		return n > 0
	}
	for range 100 {
		if same() {
			break
		}
		m.tick(false)
		time.Sleep(5 * time.Millisecond)
	}
	if !same() {
		t.Errorf("lost: %s", missing)
	}
	for _, f := range m.over.x.Feeds() {
		if slices.Contains(cut, f.ID) && (f.Link.Ended != cuts || f.Link.Down || f.Received == 0) {
			t.Errorf("%s after %d cuts: received %d, link %+v", f.ID, cuts, f.Received, *f.Link)
		}
	}
}

// audience ends the session after some ticks.
type audience struct {
	ticks int
	stop  func()
}

func (a *audience) Act(*brain.Brain) {}
func (a *audience) Observe(*brain.Brain, *exchange.Exchange, time.Time, float64, bool) {
	if a.ticks--; a.ticks <= 0 {
		a.stop()
	}
}
func (a *audience) Move(*brain.Brain, time.Time) {}

func TestALiveSessionSpeaksOverSockets(t *testing.T) {
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	s, err := Evening{City: town(5), Scenario: "storm", Seed: 3, Hours: 1, Brain: true, Members: 2}.Live(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.Follow(ctx, 100, &audience{150, stop}); !errors.Is(err, context.Canceled) {
		t.Fatal(err)
	}
	for _, f := range s.s.x.Feeds() {
		if f.Link == nil || f.Link.Up > 0 {
			t.Errorf("%s: link %+v", f.ID, f.Link)
		}
		if f.Received == 0 && f.Period > 0 {
			t.Errorf("nothing came on %s: %+v", f.ID, *f.Link)
		}
	}
}

func TestLostIsWhatTheWorldLost(t *testing.T) {
	e := Evening{City: town(6), Scenario: "storm", Seed: 3, Hours: 1, Feeds: true, Plans: []city.PlanSpec{}}
	for j := range e.City.Signals {
		e.Plans = append(e.Plans, e.City.Signals[j].Reference)
	}
	s, _, err := e.start(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	defer s.twin.Close()
	if err := s.run(context.Background(), 50*time.Minute); err != nil {
		t.Fatal(err)
	}
	sent := s.world.Sent()
	for _, f := range s.x.Feeds() {
		n, lost := sent[f.ID][0], sent[f.ID][1]
		t.Logf("%s: sent %d, lost %d; received %d, known to be lost %d", f.ID, n, lost, f.Received, f.Lost)
		// A device's last messages leave no gap, and what is held back in a device is a gap until it comes.
		if missing := n - f.Received; f.Lost > missing || float64(f.Lost) < 0.8*float64(lost)-3 {
			t.Errorf("%s: known to be lost %d of %d lost, %d not here", f.ID, f.Lost, lost, missing)
		}
	}
}

func TestAUsedFolderIsRefused(t *testing.T) {
	e := Evening{City: town(5), Scenario: "calm", Seed: 3, Hours: 0.02, Feeds: true, Dir: t.TempDir()}
	if _, err := e.Run(context.Background()); err != nil {
		t.Fatal(err)
	}
	if _, err := e.Run(context.Background()); err == nil || !strings.Contains(err.Error(), "give another folder") {
		t.Errorf("a second evening in one folder: %v", err)
	}
}
