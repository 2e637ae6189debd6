package control

import (
	"math"
	"testing"

	"citybrain/city"
)

// Two approaches, west without detectors and south with them, each go straight on or turn; what they share leads to two streets with
// stop lines of their own, where all is counted. By hand: 700/h come to the east light and 300/h to the north light, of which south's
// 400/h can be but 400.
func TestBalance(t *testing.T) {
	n := &city.LaneNet{Nodes: make([]city.LaneNode, 3)}
	for i, id := range []string{"west", "south", "east", "north", "far east", "far north"} {
		n.Roads = append(n.Roads, city.Road{ID: id, First: int32(i), Lanes: 1, Length: 150, Speed: 13.89})
		n.Lanes = append(n.Lanes, city.Lane{ID: id + "_0", Road: int32(i), Length: 150, Speed: 13.89, Allow: city.EveryClass})
	}
	link := func(from, to, light, index int32, turn city.TurnKind) {
		n.Connections = append(n.Connections, city.Connection{From: from, To: to, Length: 12, Speed: 13.89, Light: light, Index: index, Turn: turn})
	}
	link(0, 2, 0, 0, city.Straight)
	link(0, 3, 0, 1, city.Left)
	link(1, 3, 0, 2, city.Straight)
	link(1, 2, 0, 3, city.Right)
	link(2, 4, 1, 0, city.Straight)
	link(3, 5, 2, 0, city.Straight)
	for _, l := range []struct {
		id     string
		places int
		phases []string
	}{{"J", 4, []string{"GGrr", "rrGG"}}, {"E", 1, []string{"G"}}, {"N", 1, []string{"G"}}} {
		x := city.Light{ID: l.id, Places: l.places}
		for _, p := range l.phases {
			x.Phases = append(x.Phases, city.LightPhase{State: p, Duration: 30})
		}
		n.Lights = append(n.Lights, x)
	}
	w, err := NewNetwork(n, Options{Yellow: 3, MinGreen: 5, View: 40, Street: &Street{}})
	if err != nil {
		t.Fatal(err)
	}
	b := newBrain(w, Settings{Every: 1})
	b.memory = 10000 // what is supposed weighs little
	o := NewObservation(w)
	o.Blind, o.Time, o.Dead = true, 1e6, []bool{true, false, false, false, true, true}
	count := func(junction int, lane int32, perHour float64) {
		for l, k := range w.Junctions[junction].Lanes {
			if k == lane {
				b.mixed[junction].left[l] = perHour / 3600 * b.memory
			}
		}
	}
	count(0, 1, 400)
	count(1, 2, 700)
	count(2, 3, 300)
	for range 30 {
		b.balance(o)
	}
	flow := func(k int) float64 { return 3600 * b.at[0].x.links[k].rate }
	if west := flow(0) + flow(1); math.Abs(west-600) > 15 {
		t.Errorf("%.0f/h from the west, want 600: links %.0f %.0f %.0f %.0f", west, flow(0), flow(1), flow(2), flow(3))
	}
	if south := flow(2) + flow(3); math.Abs(south-400) > 10 {
		t.Errorf("%.0f/h from the south, want 400", south)
	}
	if east, north := flow(0)+flow(3), flow(1)+flow(2); math.Abs(east-700) > 15 || math.Abs(north-300) > 15 {
		t.Errorf("%.0f/h to the east and %.0f/h to the north, want 700 and 300", east, north)
	}
	if flow(0) < flow(1) {
		t.Errorf("%.0f/h straight on, %.0f/h to the left, though the east street is the busier one", flow(0), flow(1))
	}
}

// A street that comes back from its dead end brings others than those who went in.
func TestCountedAt(t *testing.T) {
	n := &city.LaneNet{Nodes: make([]city.LaneNode, 2)}
	for i, id := range []string{"in", "out", "back"} {
		n.Roads = append(n.Roads, city.Road{ID: id, First: int32(i), Lanes: 1, Length: 100, Speed: 13.89})
		n.Lanes = append(n.Lanes, city.Lane{ID: id + "_0", Road: int32(i), Length: 100, Speed: 13.89, Allow: city.EveryClass})
	}
	n.Connections = []city.Connection{
		{From: 0, To: 1, Length: 12, Speed: 13.89, Light: 0, Index: 0},
		{From: 1, To: 2, Length: 3, Speed: 5, Light: -1, Index: -1, Turn: city.UTurn},
		{From: 2, To: 1, Length: 12, Speed: 13.89, Light: 0, Index: 1, Turn: city.UTurn},
	}
	n.Lights = []city.Light{{ID: "J", Places: 2, Phases: []city.LightPhase{{State: "GG", Duration: 30}}}}
	w, err := NewNetwork(n, Options{Yellow: 3, MinGreen: 5})
	if err != nil {
		t.Fatal(err)
	}
	if r := w.countedAt(1, 0); r >= 0 {
		t.Errorf("counted at road %d", r)
	}
	n.Connections[1].Turn = city.Straight
	if w, err = NewNetwork(n, Options{Yellow: 3, MinGreen: 5}); err != nil {
		t.Fatal(err)
	}
	if r := w.countedAt(1, 0); r != 2 {
		t.Errorf("where the street goes on: counted at road %d, want 2", r)
	}
}

// The tail behind a detector: it grows while somebody stands there, by what comes of late, goes down with those who come over it, and is
// over when nobody does; green that ends in the middle of it leaves some.
func TestTail(t *testing.T) {
	plain := cross(t)
	w, err := NewNetwork(plain.LaneNet, Options{Yellow: 3, MinGreen: 5, View: 40, Street: &Street{}})
	if err != nil {
		t.Fatal(err)
	}
	b := newBrain(w, Settings{Every: 1})
	b.dt = 1
	b.at[0].x.links[1].rate = 0.25
	o := NewObservation(w)
	o.Dead = make([]bool, len(w.Lanes))
	o.Blind = true
	s := w.Junctions[0].Lanes[1]
	tick := func() {
		o.Time++
		b.lastAt = o.Time
		for l := range b.at[0].in.list {
			b.at[0].in.list[l] = b.at[0].in.list[l][:0]
		}
		b.queue(0, o)
	}
	tail := b.tailOf(s)
	o.Seen[s] = []Vehicle{{ID: 1, Behind: 5}, {ID: 2, Behind: 40}}
	for range 40 {
		tick()
	}
	if math.Abs(tail.n-10) > 0.5 || len(b.at[0].in.list[1]) != 10 {
		t.Errorf("%.1f wait after 40 s of 0.25/s, %d are told", tail.n, len(b.at[0].in.list[1]))
	}
	o.Signals[0].Phase, o.Seen[s] = 1, nil // they drive off
	for k := range 4 {
		b.entered(s, &Vehicle{ID: int32(10 + k), Behind: 40})
		tick()
	}
	if math.Abs(tail.n-7) > 0.5 {
		t.Errorf("%.1f wait after 4 have come", tail.n)
	}
	o.Signals[0] = Signal{Phase: 0}
	tick()
	if tail.n < 6 {
		t.Errorf("%.1f wait though the green ended while they came", tail.n)
	}
	for range 10 {
		tick()
	}
	if tail.n != 0 {
		t.Errorf("%.1f wait though nobody has come for 10 s", tail.n)
	}
}
