package control

import (
	"testing"

	"citybrain/city"
	"github.com/paulmach/orb"
)

// sharedLane is a lane from which one may go straight on, or turn left before those who come towards it, waiting 9 m inside the junction.
func sharedLane(t *testing.T) *Network {
	t.Helper()
	n := &city.LaneNet{Nodes: []city.LaneNode{{ID: "x", Light: 0}}}
	for i := range 5 { // two lead in, three out
		n.Roads = append(n.Roads, city.Road{ID: string(rune('a' + i)), First: int32(i), Lanes: 1, Length: 150, Speed: 10})
		n.Lanes = append(n.Lanes, city.Lane{Road: int32(i), Length: 150, Speed: 10, Allow: city.EveryClass})
	}
	n.Connections = []city.Connection{
		{From: 0, To: 2, Length: 30, Speed: 10, Light: 0, Index: 0, Path: orb.LineString{{0, 0}, {30, 0}}},
		{From: 0, To: 3, Length: 25, Speed: 10, Light: 0, Index: 1, Turn: city.Left, Wait: 9, Yields: []int32{2}, Foes: []int32{2}, Path: orb.LineString{{0, 0}, {9, 2}, {18, 18}}},
		{From: 1, To: 4, Length: 30, Speed: 10, Light: 0, Index: 2, Foes: []int32{1}, Path: orb.LineString{{30, 4}, {0, 4}}},
	}
	n.Lights = []city.Light{{ID: "x", Places: 3, Phases: []city.LightPhase{{State: "GgG", Duration: 30}, {State: "yyy", Duration: 3}, {State: "rrG", Duration: 30}}}}
	w, err := NewNetwork(n, Options{Yellow: 3, MinGreen: 5})
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// TestWhoWaitsBarsHisLane: nobody goes straight on beside a left turner who waits before the ways part, in the search and in what is believed.
func TestWhoWaitsBarsHisLane(t *testing.T) {
	w := sharedLane(t)
	b := newBrain(w, Settings{})
	x := b.at[0].x
	if len(x.links[0].bars) != 1 || len(x.links[1].bars) != 0 || len(x.links[2].bars) != 0 {
		t.Fatalf("bars %v %v %v", x.links[0].bars, x.links[1].bars, x.links[2].bars)
	}
	if !barred(&x.links[0], []uint8{1}) || barred(&x.links[0], []uint8{0}) {
		t.Error("it is barred while one waits, and only then")
	}

	o, want := NewObservation(w), []int{0}
	see := func(s float64, changing bool, on [5]int32, who ...Vehicle) bool {
		o.Clear()
		o.Time, o.Signals[0] = s, Signal{Phase: 0, Since: 0, Free: 5}
		if changing {
			o.Signals[0] = Signal{Phase: 1, Since: 9, Changing: true, Free: 20}
		}
		copy(o.Count, on[:])
		o.Seen[0] = append(o.Seen[0], who...)
		b.Decide(o, want)
		return want[0] == NotYet
	}
	left, straight := Vehicle{ID: 1, Behind: 4, Speed: 4, Length: 5, Next: 3}, Vehicle{ID: 2, Behind: 4, Speed: 4, Length: 5, Next: 2}
	see(0, false, [5]int32{2}, left)
	see(1, false, [5]int32{2}, straight) // the left turner is inside
	see(2, false, [5]int32{})
	if !see(4, true, [5]int32{}) {
		t.Error("he stands behind the left turner, and the change does not wait")
	}
	if !see(5, true, [5]int32{3: 1}) {
		t.Error("the left turner has come out, he has only begun his way, and the change does not wait")
	}
	if see(12, true, [5]int32{2: 1, 3: 1}) {
		t.Error("both are out, and the change waits")
	}
}
