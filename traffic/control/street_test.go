package control

import (
	"testing"

	"github.com/paulmach/orb"
	"pgregory.net/rapid"

	"citybrain/city"
	"citybrain/city/chance"
)

// avenue is the crossing of two one-way streets with a crossing for walkers over each approach: phase 0 lets the west go, and walkers over the
// south; phase 1 the south, and walkers over the west. The program shows 4 s of yellow.
func avenue(t testing.TB) *Network {
	t.Helper()
	plain := cross(t)
	n := *plain.LaneNet
	n.Connections = append([]city.Connection(nil), n.Connections...)
	n.Connections[0].Path, n.Connections[1].Path = orb.LineString{{-20, 0}, {20, 0}}, orb.LineString{{0, -20}, {0, 20}}
	n.Lights = []city.Light{{ID: "J", Places: 4, Phases: []city.LightPhase{{State: "GrGr", Duration: 30}, {State: "Grrr", Duration: 5}, {State: "yrrr", Duration: 4},
		{State: "rGrG", Duration: 20}, {State: "rGrr", Duration: 5}, {State: "ryrr", Duration: 4}}}}
	w, err := NewNetwork(&n, Options{Yellow: 3, MinGreen: 5, View: 40, Street: &Street{Crossings: []Crossing{
		{Light: 0, Place: 2, Line: orb.LineString{{-8, -12}, {8, -12}}}, {Light: 0, Place: 3, Line: orb.LineString{{-12, -8}, {-12, 8}}}}}})
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// Inter-greens by hand: vehicles from the west meet those from the south 20 m behind both stop lines, 3 + 26/10 − 20/11.1 s = 3.8; and walkers
// over the west approach 8 m behind theirs, 3 + 14/10 = 4.4 s: 5 s, of which the program's yellow takes 4.
func TestStreetChange(t *testing.T) {
	w := avenue(t)
	if ph := w.Junctions[0].Phases; len(ph) != 2 || ph[1].State != "rGrG" {
		t.Fatalf("stages %+v; a walkers' clearance is none", ph)
	}
	if c := w.Change(0, 0, 1); c != (Change{Yellow: 4, AllRed: 1}) {
		t.Errorf("change %+v", c)
	}
	if c := w.Change(0, 1, 1); c != (Change{}) {
		t.Errorf("no change %+v", c)
	}
	if c := (&Crossing{Line: orb.LineString{{0, 0}, {15.2, 0}}}).clears(); c != 16 {
		t.Errorf("15.2 m are cleared in %g s", c)
	}
}

// Whatever is wished and whoever calls: walkers have at least 7 s of green and 16 s to get over the road before vehicles cross their way,
// green is followed by the program's yellow, and a call is answered within 90 s, though the controller never wishes a change.
func TestWalkers(t *testing.T) {
	w := avenue(t)
	rapid.Check(t, func(r *rapid.T) {
		idle := rapid.Bool().Draw(r, "idle")
		inner := wisher(func(want []int) {
			if !idle {
				want[0] = rapid.IntRange(0, 1).Draw(r, "want")
			}
		})
		ctl, lamps, o, want := newOrderly(inner, w), NewLamps(w), NewObservation(w), []int{0}
		last, on, off := "", [2]int{-1, -1}, [2]int{-100, -100}
		for now := range 400 {
			state := string(lamps.State(0))
			for k := range 2 {
				if state[2+k] == 'G' {
					o.Calls[k] = -1
				} else if o.Calls[k] < 0 && rapid.IntRange(0, 30).Draw(r, "calls") == 0 {
					o.Calls[k] = float64(now)
				}
				if o.Calls[k] >= 0 && float64(now)-o.Calls[k] > walkLimit {
					r.Fatalf("at %d s a call at %g s waits", now, o.Calls[k])
				}
			}
			o.Time = float64(now)
			lamps.Fill(o)
			ctl.Decide(o, want)
			lamps.Step(float64(now), want, o.Calls)
			state = string(lamps.State(0))
			for k := range 2 {
				foe := 1 - k // walkers of place 2 cross the south's way, of place 3 the west's
				switch {
				case state[2+k] == 'G' && on[k] < 0:
					on[k] = now
				case state[2+k] == 'r' && on[k] >= 0:
					if now-on[k] < walkTime {
						r.Fatalf("at %d s walkers had %d s", now, now-on[k])
					}
					on[k], off[k] = -1, now
				}
				if state[foe] != 'r' && (on[k] >= 0 || now-off[k] < 16) {
					r.Fatalf("at %d s vehicles are let onto a crossing: %s, walkers' green ended at %d", now, state, off[k])
				}
			}
			for i := range 2 {
				if last != "" && last[i] == 'G' && state[i] == 'r' {
					r.Fatalf("at %d s green goes to red: %s", now, state)
				}
			}
			last = state
		}
	})
}

type wisher func([]int)

func (w wisher) Decide(_ *Observation, want []int) { w(want) }

// A stage that somebody waits for is not left out; one that nobody has called for is; a lane without a detector calls always.
func TestStreetOrder(t *testing.T) {
	plain := cross(t)
	n := *plain.LaneNet
	n.Lights = []city.Light{{ID: "J", Places: 2, Phases: []city.LightPhase{{State: "rr"}, {State: "Gr", Duration: 30}, {State: "GG", Duration: 10}, {State: "rG", Duration: 20}}}}
	w, err := NewNetwork(&n, Options{Yellow: 3, MinGreen: 5, Street: &Street{}})
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range []struct {
		name string
		set  func(*Observation)
		want int
	}{
		{"nobody", func(*Observation) {}, 2},
		{"from the south, who may go in the stage between", func(o *Observation) { o.Seen[1] = []Vehicle{{Behind: 10}} }, 1},
		{"far away", func(o *Observation) { o.Seen[1] = []Vehicle{{Behind: 100}} }, 2},
		{"without a detector", func(o *Observation) { o.Dead = []bool{false, true, false, false} }, 1},
	} {
		o, want := NewObservation(w), []int{0}
		o.Time = 20
		x.set(o)
		newOrderly(wisher(func(want []int) { want[0] = 2 }), w).Decide(o, want)
		if want[0] != x.want {
			t.Errorf("%s: phase %d after 0, want %d", x.name, want[0], x.want)
		}
	}
	o, want := NewObservation(w), []int{0}
	o.Time, o.Seen[1] = 200, []Vehicle{{Behind: 0}}
	newOrderly(wisher(func(want []int) { want[0] = 0 }), w).Decide(o, want)
	if want[0] == 0 {
		t.Error("who has waited 200 s goes on waiting")
	}
}

// Who decides each ten seconds serves a call as much earlier, and a row of a change is no phase to choose, whoever stays green in it.
func TestStreetOfANet(t *testing.T) {
	n := &city.LaneNet{Lights: []city.Light{{ID: "x", Places: 3, Phases: []city.LightPhase{{State: "GrG", Duration: 20}, {State: "Grr", Duration: 8, Change: true}, {State: "yrr", Duration: 3, Change: true}, {State: "rGr", Duration: 20}, {State: "ryr", Duration: 3, Change: true}}}},
		Crosswalks: []city.Crosswalk{{Light: -1, Index: -1}, {Light: 0, Index: 2, Length: 8, Clear: 10}}}
	street := StreetOf(n)
	if street == nil || len(street.Crossings) != 1 || street.Crossings[0].Place != 2 || street.Crossings[0].clears() != 10 {
		t.Fatalf("street %+v", street)
	}
	w, err := NewNetwork(n, Options{Yellow: 3, MinGreen: 7, Street: street})
	if err != nil {
		t.Fatal(err)
	}
	if len(w.Junctions[0].Phases) != 2 {
		t.Errorf("phases %+v", w.Junctions[0].Phases)
	}
	if StreetOf(&city.LaneNet{}) != nil {
		t.Error("a net without crosswalks has a street")
	}
	c, err := New("fixed", w, Settings{Every: 10})
	if err != nil {
		t.Fatal(err)
	}
	o := NewObservation(w)
	o.Time, o.Signals[0] = 80, Signal{Phase: 1, Since: 0, Free: 7}
	for call, want := range map[float64]int{3: 0, 12: 1} {
		l, to := c.(*orderly), []int{1}
		l.Controller, l.shown[0] = wisher(func(want []int) { want[0] = 1 }), []float64{70, 80}
		o.Calls[0] = call
		if l.Decide(o, to); to[0] != want {
			t.Errorf("called at %g s: phase %d at 80 s", call, to[0])
		}
	}
}

// Four stages with two crossings each, one longer than the other, at which people call whenever they like, under a controller that decides each five
// seconds or not at all: where a round at its least takes 68 s as where it takes 92 s, everybody has his green within 90 s.
func TestEveryCallIsServedInTime(t *testing.T) {
	for _, clear := range []float64{5, 10, 14, 15, 16} {
		n := &city.LaneNet{}
		light := city.Light{ID: "J", Places: 8}
		for p := range 4 {
			state := []byte("rrrrrrrr")
			state[2*p], state[2*p+1] = 'G', 'G'
			light.Phases = append(light.Phases, city.LightPhase{State: string(state), Duration: 30})
			n.Crosswalks = append(n.Crosswalks, city.Crosswalk{Index: int32(2 * p), Clear: clear}, city.Crosswalk{Index: int32(2*p + 1), Clear: clear/2 + 1})
		}
		n.Lights = []city.Light{light}
		w, err := NewNetwork(n, Options{Yellow: 3, MinGreen: 7, Street: StreetOf(n)})
		if err != nil {
			t.Fatal(err)
		}
		for seed := range uint64(60) {
			luck, longest := chance.New(seed, "test/calls"), 0.0
			lamps, o, want := NewLamps(w), NewObservation(w), []int{0}
			ctl := newOrderly(wisher(func(want []int) {
				if seed%2 == 0 {
					want[0] = luck.Int(9, uint64(o.Time), 4)
				}
			}), w)
			for now := range uint64(3600) {
				state := lamps.State(0)
				for k := range o.Calls {
					if state[k] == 'G' {
						o.Calls[k] = -1
					} else if o.Calls[k] < 0 && luck.Float(uint64(k), now) < 0.01+0.02*float64(seed%5) {
						o.Calls[k] = float64(now)
					}
					if o.Calls[k] >= 0 {
						longest = max(longest, float64(now)-o.Calls[k])
					}
				}
				o.Time = float64(now)
				if lamps.Fill(o); now%5 == 0 {
					ctl.Decide(o, want)
				} else {
					ctl.keep(o, want, false)
				}
				lamps.Step(float64(now), want, o.Calls)
			}
			if longest > walkLimit {
				t.Errorf("clearance %g s, seed %d: a call waits %g s", clear, seed, longest)
			}
		}
	}
}
