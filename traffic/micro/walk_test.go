package micro

import (
	"fmt"
	"math"
	"testing"

	"citybrain/city"
)

// afoot adds walkers over one crosswalk, 1.25 m/s fast, every so many seconds, each second one the other way.
func afoot(d *city.LaneDemand, n int, every float64, crosswalk int32) {
	for i := range n {
		d.Walkers = append(d.Walkers, city.Walker{ID: fmt.Sprint("w", i), Depart: float64(i) * every, Speed: 1.25, Legs: []city.WalkLeg{{Before: 5, Crosswalk: crosswalk, Back: i%2 == 1}}, Rest: 10})
	}
}

// unhurt fails when a vehicle moves where a walker is.
func (s *Sim) unhurt(t *testing.T) {
	t.Helper()
	for x := range s.net.walks {
		w := &s.net.walks[x]
		for id := s.WalkFirst[x]; id >= 0; id = s.WalkNext[id] {
			if s.WalkOn[id] < 0 {
				continue
			}
			p := &s.demand.Walkers[id]
			at := (float32(s.Second) - s.WalkOn[id]) * float32(p.Speed)
			if p.Legs[s.WalkLeg[id]].Back {
				at = w.length - at
			}
			for i, o := range w.conns {
				for _, c := range s.Segments[s.net.lanes+int(w.connections[i])] {
					if at > o.at-1.2 && at < o.at+1.2 && c.V > 0.5 && c.Pos > o.path && c.Pos-c.V < o.path {
						t.Fatalf("second %d: vehicle %d drives at %g m/s through walker %d, %g m along the crosswalk", s.Second, c.ID, c.V, id, at)
					}
				}
			}
		}
	}
}

// Who comes evenly to a crosswalk with a light waits (C − g)²/2C (HCM 2010, ch. 18).
func TestWalkersWaitForGreen(t *testing.T) {
	g := net(14, [4]int{0, 1, 1, 200}, [4]int{1, 2, 1, 200})
	join(g, 0, 1, 12, nil, nil)
	signal(g, []city.LightPhase{{State: "Gr", Duration: 38}, {State: "yr", Duration: 4}, {State: "rG", Duration: 14}, {State: "rr", Duration: 4}}, 0)
	g.Lights[0].Places = 2
	g.Crosswalks = []city.Crosswalk{{ID: "x", Light: 0, Index: 1, Length: 8, Over: []city.Over{{Connection: 0, Path: 2, Walk: 4}}}}
	d := &city.LaneDemand{Types: []city.VehicleType{dawdler()}}
	stream(d, 0, 200, 0, 9, 0, 1)
	afoot(d, 120, 7.03, 0)
	s := run(t, g, d, Config{})
	for sec := 1; sec <= 1800; sec++ {
		s.to(t, sec)
		s.check(t)
		s.unhurt(t)
	}
	sum := 0.0
	for i, w := range s.Walked() {
		if math.IsNaN(w.Arrive) || w.Longest > 47 {
			t.Fatalf("walker %d: %+v", i, w)
		}
		sum += w.Waited
	}
	if mean, want := sum/120, 46.0*46/120; math.Abs(mean-want) > 0.1*want {
		t.Errorf("walkers wait %.1f s, want %.1f", mean, want)
	}
	if got := s.Totals().Finished; got < 180 {
		t.Errorf("%d of 200 vehicles got through", got)
	}
}

// Without a light vehicles let walkers go: these wait no longer than a vehicle that can't stop needs to pass, those get through all the same.
func TestZebra(t *testing.T) {
	g := net(14, [4]int{0, 1, 1, 300}, [4]int{1, 2, 1, 300})
	join(g, 0, 1, 12, nil, nil)
	g.Crosswalks = []city.Crosswalk{{ID: "x", Light: -1, Index: -1, Length: 7, Over: []city.Over{{Connection: 0, Path: 4, Walk: 3.5}}}}
	d := &city.LaneDemand{Types: []city.VehicleType{dawdler()}}
	stream(d, 0, 200, 0, 5, 0, 1)
	afoot(d, 60, 17, 0)
	s := run(t, g, d, Config{})
	held := uint16(0)
	for sec := 1; sec <= 1500; sec++ {
		s.to(t, sec)
		s.check(t)
		s.unhurt(t)
		for _, c := range s.Segments[0] {
			held = max(held, c.Waited)
		}
	}
	for i, w := range s.Walked() {
		if math.IsNaN(w.Arrive) || w.Longest > 8 {
			t.Errorf("walker %d: %+v", i, w)
		}
	}
	if got := s.Totals().Finished; got != 200 || held == 0 {
		t.Errorf("%d of 200 vehicles got through, one stood %d s at most before the crosswalk", got, held)
	}
}

// Right turns give way to those who walk beside the street with the same green. What walkers leave of the turns' saturation flow follows the
// HCM (2000, app. D of ch. 16): 1 − v/2000 for a walking flow of v persons an hour of green up to 1,000.
func TestTurnsGiveWayToWalkers(t *testing.T) {
	flow := func(perHour float64) float64 {
		g := net(8, [4]int{0, 1, 1, 800}, [4]int{1, 2, 1, 400})
		join(g, 0, 1, 16, nil, nil).Speed = 6
		signal(g, []city.LightPhase{{State: "gG", Duration: 40}, {State: "yr", Duration: 4}, {State: "rr", Duration: 16}}, 0)
		g.Lights[0].Places = 2
		g.Crosswalks = []city.Crosswalk{{ID: "x", Light: 0, Index: 1, Length: 8, Over: []city.Over{{Connection: 0, Path: 12, Walk: 6}}}}
		k := dawdler()
		d := &city.LaneDemand{Types: []city.VehicleType{k}}
		stream(d, 0, 1500, 0, 1.2, 0, 1)
		if perHour > 0 {
			afoot(d, int(perHour/2), 3600/perHour, 0)
		}
		s := run(t, g, d, Config{})
		s.to(t, 300)
		from := s.Crossed[0]
		for sec := 301; sec <= 1500; sec++ {
			s.to(t, sec)
			s.check(t)
			s.unhurt(t)
		}
		return float64(s.Crossed[0] - from)
	}
	free := flow(0)
	last := free
	for _, v := range []float64{150, 300, 600} { // an hour; an hour of green half as many again
		got := flow(v)
		want := 1 - v*60/40/2000
		t.Logf("%g walkers/h: %.2f of the flow, HCM %.2f", v, got/free, want)
		if got >= last || math.Abs(got/free-want) > 0.15 {
			t.Errorf("%g walkers an hour leave %.2f of the flow, the HCM's formula %.2f", v, got/free, want)
		}
		last = got
	}
}

// Walkers belong to the state: threads and snapshots give the same bits, and ways of several crosswalks are walked in order.
func TestWalkersRestore(t *testing.T) {
	n, d := town(t, 3, 2, true, 1.5, 300, 2)
	for x := range int32(2) { // over all ways out of the junction at each of two lights
		w := city.Crosswalk{ID: fmt.Sprint("x", x), Light: x, Index: 0, Length: 14}
		for c := range n.Connections {
			if n.Connections[c].Light == x && len(w.Over) < 4 {
				w.Over = append(w.Over, city.Over{Connection: int32(c), Path: 1.5, Walk: 2 + 3*float64(len(w.Over))})
			}
		}
		n.Crosswalks = append(n.Crosswalks, w)
	}
	for i := range 40 {
		d.Walkers = append(d.Walkers, city.Walker{ID: fmt.Sprint(i), Depart: float64(5 * i), Speed: 1.2, Legs: []city.WalkLeg{{Before: 3, Crosswalk: 0}, {Before: 40, Crosswalk: 1, Back: true}}, Rest: 1})
	}
	a := run(t, n, d, Config{Seed: 1})
	a.to(t, 130)
	snap := a.Snapshot()
	a.to(t, 500)
	b := run(t, n, d, Config{Seed: 1, Threads: 2})
	if err := b.Reset(snap); err != nil {
		t.Fatal(err)
	}
	b.to(t, 500)
	if a.Hash() != b.Hash() {
		t.Error("restored on two threads the run ends differently")
	}
	done := 0
	for _, w := range a.Walked() {
		if !math.IsNaN(w.Arrive) {
			done++
			if w.Arrive-w.Depart < (3+14+40+14+1)/1.2 {
				t.Errorf("too quick: %+v", w)
			}
		}
	}
	if done != 40 {
		t.Errorf("%d of 40 walkers arrived", done)
	}
}

// Who has green lets those go first who turn over his way, for two seconds; whoever could still stop then is to let him.
func TestWhoHasGreenIsLetIn(t *testing.T) {
	g := net(8, [4]int{0, 1, 1, 100}, [4]int{1, 2, 1, 100})
	join(g, 0, 1, 16, nil, nil).Speed = 6
	signal(g, []city.LightPhase{{State: "gr", Duration: 20}, {State: "gG", Duration: 40}}, 0)
	g.Lights[0].Places = 2
	g.Crosswalks = []city.Crosswalk{{ID: "x", Light: 0, Index: 1, Length: 8, Over: []city.Over{{Connection: 0, Path: 12, Walk: 4}}}}
	d := &city.LaneDemand{Types: []city.VehicleType{dawdler()}}
	stream(d, 0, 1, 0, 1, 0, 1)
	afoot(d, 1, 1, 0)
	s := run(t, g, d, Config{})
	for sec := 5; sec <= 30; sec++ {
		s.to(t, sec)
		s.WalkOn[0], s.WalkLeg[0], s.WalkFirst[0], s.WalkNext[0] = -1, 0, 0, -1 // he stands there whatever the street looks like
		s.WalkAt[0] = 4
		got := s.inTheWay(&s.net.over[0], &Car{V: 6}, &s.kinds[0], 25, 6)
		if want := s.Lit[0] == 'G' && sec-20 >= stepOut; got != want {
			t.Errorf("second %d, %c: in the way %v, want %v", sec, s.Lit[0], got, want)
		}
	}
	conn := int32(s.net.lanes)
	for _, x := range []struct {
		at       float32 // m along its way, 11 m are before the crosswalk; at 5 m/s it needs 0.5 m, and 5 m of a second's thought
		may, let bool
	}{{4, true, true}, {7, false, true}, {10.8, false, false}, {13, false, false}} {
		s.Segments[conn] = append(s.Segments[conn][:0], Car{Pos: x.at, V: 5})
		if may, let := s.mayWalk(0, false), s.mayWalk(0, true); may != x.may || let != x.let {
			t.Errorf("a car %g m on its way: he may step on %v, if he is known to be let in %v; want %v, %v", x.at, may, let, x.may, x.let)
		}
	}
}
