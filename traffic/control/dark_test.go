package control

import (
	"testing"

	"citybrain/city"
)

// Two dead lanes lead to one street. Who comes out there came from where somebody was seen to go; where nobody was, both have their
// share, in the measure of what came by them of late.
func TestCredit(t *testing.T) {
	n := &city.LaneNet{Nodes: make([]city.LaneNode, 2)}
	for i, id := range []string{"west", "south", "out"} {
		n.Roads = append(n.Roads, city.Road{ID: id, First: int32(i), Lanes: 1, Length: 150, Speed: 13.89})
		n.Lanes = append(n.Lanes, city.Lane{ID: id + "_0", Road: int32(i), Length: 150, Speed: 13.89, Allow: city.EveryClass})
	}
	for i := range int32(2) {
		n.Connections = append(n.Connections, city.Connection{From: i, To: 2, Length: 12, Speed: 13.89, Light: 0, Index: i})
	}
	n.Lights = []city.Light{{ID: "J", Places: 2, Phases: []city.LightPhase{{State: "GG", Duration: 30}}}}
	w, err := NewNetwork(n, Options{Yellow: 3, MinGreen: 5})
	if err != nil {
		t.Fatal(err)
	}
	b := newBrain(w, Settings{Every: 1})
	b.dark = newDark(w, []bool{true, true, false}, b.taken)
	r, o := &b.at[0], NewObservation(w)
	r.certain[1] = 5
	was := [2]float64{r.x.links[0].rate, r.x.links[1].rate}
	for range 5 {
		b.credit(w.In[2], o)
	}
	if r.x.links[0].rate != was[0] || r.x.links[1].rate <= was[1] || r.certain[1] != 0 {
		t.Errorf("rates %g and %g, %d still certain", r.x.links[0].rate, r.x.links[1].rate, r.certain[1])
	}
	r.x.links[0].rate, r.x.links[1].rate = 0.3, 0.1
	for range 100 {
		b.credit(w.In[2], o)
	}
	if a, c := r.x.links[0].rate-0.3, r.x.links[1].rate-0.1; a < 1.5*c || c <= 0 {
		t.Errorf("of 100 the west has %.0f, the south %.0f", a*b.memory, c*b.memory)
	}
}

// A lane behind dead ones is told to be where the sight ends.
func TestShade(t *testing.T) {
	n := &city.LaneNet{Nodes: make([]city.LaneNode, 3)}
	for i, id := range []string{"before", "line", "out"} {
		n.Roads = append(n.Roads, city.Road{ID: id, First: int32(i), Lanes: 1, Length: 20, Speed: 13.89})
		n.Lanes = append(n.Lanes, city.Lane{ID: id + "_0", Road: int32(i), Length: 20, Speed: 13.89, Allow: city.EveryClass})
	}
	n.Connections = []city.Connection{{From: 0, To: 1, Length: 5, Speed: 13.89, Light: -1, Index: -1}, {From: 1, To: 2, Length: 12, Speed: 13.89, Light: 0, Index: 0}}
	n.Lights = []city.Light{{ID: "J", Places: 1, Phases: []city.LightPhase{{State: "G", Duration: 30}}}}
	w, err := NewNetwork(n, Options{Yellow: 3, MinGreen: 5})
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range []struct {
		dead []bool
		want bool
	}{{[]bool{true, false, false}, true}, {[]bool{true, true, false}, false}, {[]bool{false, false, true}, false}} {
		b := newBrain(w, Settings{Every: 1})
		if b.shade(x.dead); b.tailOf(1).shaded != x.want {
			t.Errorf("dead %v: shaded is %v", x.dead, !x.want)
		}
	}
}

// Two dead lanes lead to two lanes of one street, whose beginning is out of sight: who is counted on one of them came by the way that leads there.
func TestEmergedByLane(t *testing.T) {
	n := &city.LaneNet{Nodes: make([]city.LaneNode, 2)}
	for i, id := range []string{"west", "south"} {
		n.Roads = append(n.Roads, city.Road{ID: id, First: int32(i), Lanes: 1, Length: 150, Speed: 13.89})
	}
	n.Roads = append(n.Roads, city.Road{ID: "out", First: 2, Lanes: 2, Length: 150, Speed: 13.89})
	for i, road := range []int32{0, 1, 2, 2} {
		n.Lanes = append(n.Lanes, city.Lane{ID: string(rune('a' + i)), Road: road, Length: 150, Speed: 13.89, Allow: city.EveryClass})
	}
	for i := range int32(2) {
		n.Connections = append(n.Connections, city.Connection{From: i, To: 2 + i, Length: 12, Speed: 13.89, Light: 0, Index: i})
	}
	n.Lights = []city.Light{{ID: "J", Places: 2, Phases: []city.LightPhase{{State: "GG", Duration: 30}}}}
	w, err := NewNetwork(n, Options{Yellow: 3, MinGreen: 5})
	if err != nil {
		t.Fatal(err)
	}
	b := newBrain(w, Settings{Every: 1})
	b.dark = newDark(w, []bool{true, true, false, false}, b.taken)
	o, was := NewObservation(w), [2]float64{b.at[0].x.links[0].rate, b.at[0].x.links[1].rate}
	for came := range int32(5) {
		o.Count[3] = came + 1
		b.arrivals(o)
	}
	if got := [2]float64{b.at[0].x.links[0].rate, b.at[0].x.links[1].rate}; got[0] != was[0] || got[1] <= was[1] {
		t.Errorf("all came by the south, and the rates are %v after %v", got, was)
	}
}
