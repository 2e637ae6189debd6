package control

import (
	"testing"

	"citybrain/city"

	"github.com/paulmach/orb"
)

// A roadnet's light changes by way of what is green in all its phases, wherever its program has that phase.
func TestClearance(t *testing.T) {
	line := orb.LineString{{0, 0}, {90, 0}}
	n := &city.LaneNet{
		Nodes:  []city.LaneNode{{Light: -1}, {Light: 0}, {Light: -1}},
		Roads:  []city.Road{{From: 0, To: 1, First: 0, Lanes: 3, Length: 90, Speed: 10}, {From: 1, To: 2, First: 3, Lanes: 1, Length: 90, Speed: 10}},
		Lanes:  []city.Lane{{Length: 90, Speed: 10, Line: line}, {Length: 90, Speed: 10, Line: line}, {Length: 90, Speed: 10, Line: line}, {Road: 1, Length: 90, Speed: 10, Line: line}},
		Lights: []city.Light{{ID: "x", Places: 3, Phases: []city.LightPhase{{State: "GGr"}, {State: "Grr"}, {State: "GrG"}, {State: "Grr"}}}},
	}
	for i := range int32(3) {
		n.Connections = append(n.Connections, city.Connection{From: i, To: 3, Node: 1, Light: 0, Index: i, Path: line, Length: 10, Speed: 10})
	}
	w, err := NewNetwork(n, Options{Yellow: 5, Clearance: true, View: 50})
	if err != nil {
		t.Fatal(err)
	}
	j := &w.Junctions[0]
	if j.Clear != "Grr" || len(j.Phases) != 2 || j.Phases[0].Program != 0 || j.Phases[1].Program != 2 {
		t.Fatalf("clears by %q; phases %+v", j.Clear, j.Phases)
	}
	if !w.Sees(0, 50) || w.Sees(0, 51) || w.Reaction != reaction {
		t.Errorf("view %g m, reaction %g s", w.View, w.Reaction)
	}
	lamps := NewLamps(w)
	for _, c := range []struct {
		now  float64
		want int
		show string
	}{{0, 0, "GGr"}, {10, 1, "Grr"}, {14, 1, "Grr"}, {15, 1, "GrG"}, {16, 1, "GrG"}, {17, 0, "Grr"}, {22, 0, "GGr"}} {
		lamps.Step(c.now, []int{c.want}, nil)
		if got := string(lamps.State(0)); got != c.show {
			t.Errorf("%g s: shows %s, want %s", c.now, got, c.show)
		}
	}
	n.Lights[0].Phases = n.Lights[0].Phases[:1]
	if w, err := NewNetwork(n, Options{Clearance: true}); err != nil || len(w.Junctions[0].Phases) != 1 {
		t.Errorf("a light of one phase: %v", err)
	}
}
