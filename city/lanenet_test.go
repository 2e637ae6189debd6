package city_test

import (
	"slices"
	"strings"
	"testing"

	"citybrain/city"
	"citybrain/city/riverside"
)

// Every turn of the demo city has its connections, every signalised one its green, and who gives way is agreed.
func TestLanesOfACity(t *testing.T) {
	c := riverside.City(1)
	n, err := c.Lanes()
	if err != nil {
		t.Fatal(err)
	}
	if len(n.Roads) != len(c.Streets.Links) || len(n.Lights) != len(c.Signals) {
		t.Fatalf("%d roads of %d links, %d lights of %d signals", len(n.Roads), len(c.Streets.Links), len(n.Lights), len(c.Signals))
	}
	type pair struct{ from, to int32 }
	made, cars := map[pair]int{}, map[pair]bool{}
	mutual, foes := 0, 0
	for i := range n.Connections {
		k := &n.Connections[i]
		if i > 0 {
			b := &n.Connections[i-1]
			if k.From < b.From || k.From == b.From && k.To <= b.To {
				t.Fatalf("connection %d: lanes %d→%d come after %d→%d", i, k.From, k.To, b.From, b.To)
			}
		}
		made[pair{n.Lanes[k.From].Road, n.Lanes[k.To].Road}]++
		if n.Lanes[k.From].Allow&n.Lanes[k.To].Allow&city.PassengerCar != 0 {
			cars[pair{n.Lanes[k.From].Road, n.Lanes[k.To].Road}] = true
		}
		for _, f := range k.Foes {
			foes++
			if !slices.Contains(n.Connections[f].Foes, int32(i)) {
				t.Fatalf("connection %d has foe %d, which has not %d", i, f, i)
			}
		}
		for _, y := range k.Yields {
			if !slices.Contains(k.Foes, y) {
				t.Errorf("connection %d gives way to %d, whose path it does not meet", i, y)
			}
			if slices.Contains(n.Connections[y].Yields, int32(i)) {
				mutual++
			}
		}
	}
	if mutual > 0 || foes == 0 {
		t.Errorf("%d pairs wait for each other, of %d that meet", mutual, foes)
	}
	for i := range c.Streets.Turns {
		turn := &c.Streets.Turns[i]
		most := int(turn.Lanes) // and beside a bus lane one more at each end
		for _, l := range []int32{turn.From, turn.To} {
			if c.Streets.Links[l].BusLane {
				most++
			}
		}
		if got := made[pair{turn.From, turn.To}]; got < 1 || got > most || !cars[pair{turn.From, turn.To}] {
			t.Errorf("turn %d of %d lanes has %d connections, for cars: %v", i, turn.Lanes, got, cars[pair{turn.From, turn.To}])
		}
	}
	// Nobody who waits for one signal stands in the way of those who have another, where there are lanes enough.
	of := map[int32][]*city.Connection{}
	for i := range n.Connections {
		k := &n.Connections[i]
		of[k.From] = append(of[k.From], k)
	}
	for l, list := range of {
		for _, a := range list {
			for _, b := range list {
				if a.Turn != city.Left || b.Turn != city.Straight || a.Light < 0 || n.Roads[n.Lanes[l].Road].Lanes < 2 {
					continue
				}
				for _, p := range n.Lights[a.Light].Phases {
					if (p.State[a.Index]|0x20 == 'g') != (p.State[b.Index]|0x20 == 'g') {
						t.Fatalf("lane %s leads left and straight on, which are green apart: light %s, %s", n.Lanes[l].ID, n.Lights[a.Light].ID, p.State)
					}
				}
			}
		}
	}
	// Who drives straight on is never green together with people on the crosswalks under his way.
	over := 0
	for x := range n.Crosswalks {
		w := &n.Crosswalks[x]
		for _, o := range w.Over {
			k := &n.Connections[o.Connection]
			if w.Light < 0 || k.Light != w.Light || k.Turn != city.Straight {
				continue
			}
			over++
			for _, p := range n.Lights[w.Light].Phases {
				if p.State[k.Index]|0x20 == 'g' && p.State[w.Index] == 'G' {
					t.Errorf("light %s: connection %d from %s goes straight over crosswalk %s while it is green: %s", n.Lights[w.Light].ID, o.Connection, n.Lanes[k.From].ID, w.ID, p.State)
				}
			}
		}
	}
	if over == 0 {
		t.Error("nobody goes straight over a crosswalk")
	}
	shorter := 0
	for j := range n.Lights {
		l, cycle := &n.Lights[j], 0.0
		green := make([]bool, l.Places)
		for _, p := range l.Phases {
			cycle += p.Duration
			for k := range p.State {
				green[k] = green[k] || strings.ContainsRune("gG", rune(p.State[k]))
			}
		}
		if slices.Contains(green, false) {
			t.Errorf("light %s: a place never shows green: %+v", l.ID, l.Phases)
		}
		plan, err := city.NewPlan(&c.Signals[j], c.Signals[j].Reference)
		if err != nil || float64(plan.Cycle()) < cycle {
			t.Errorf("light %s: its program takes %g s, its plan %d", l.ID, cycle, plan.Cycle())
		} else if float64(plan.Cycle()) > cycle {
			shorter++
		}
	}
	if shorter == 0 || shorter > 20 {
		t.Errorf("%d lights leave out a stage of their plan, want a few, with islands", shorter)
	}
	// Nobody drives straight on over walkers whose stage has been left out, and nobody starts over them.
	movement := map[pair]int32{}
	for i := range c.Streets.Turns {
		movement[pair{c.Streets.Turns[i].From, c.Streets.Turns[i].To}] = c.Streets.Turns[i].Movement
	}
	for i := range n.Crosswalks {
		w := &n.Crosswalks[i]
		if w.Light < 0 {
			continue
		}
		sig := &c.Signals[w.Light]
		for _, p := range n.Lights[w.Light].Phases {
			for _, o := range w.Over {
				k := &n.Connections[o.Connection]
				if p.State[w.Index] != 'G' || p.State[k.Index]|0x20 != 'g' || k.Turn != city.Straight && n.Lanes[k.From].Road != w.Road {
					continue
				}
				m := movement[pair{n.Lanes[k.From].Road, n.Lanes[k.To].Road}]
				if !slices.ContainsFunc(sig.Stages, func(s city.Stage) bool {
					return slices.Contains(s.Movements, m) && slices.ContainsFunc(s.Movements, func(m int32) bool {
						return sig.Movements[m].Kind == city.Walkers && sig.Movements[m].From == w.Road
					})
				}) {
					t.Errorf("light %s, %s: walkers of %s and who drives over them from %s", n.Lights[w.Light].ID, p.State, w.ID, n.Lanes[k.From].ID)
				}
			}
		}
	}
}
