package control

import (
	"slices"
	"testing"

	"citybrain/city"
)

// pieces is an approach in four pieces, of which the last two are too short to stand on and one fans out, before a light, an exit behind it, and a
// street that turns back at its end.
func pieces() *city.LaneNet {
	n := &city.LaneNet{Nodes: make([]city.LaneNode, 8)}
	for r, x := range []struct {
		id     string
		lanes  int
		length float64
	}{{"a", 1, 80}, {"b", 1, 30}, {"c", 2, 5}, {"d", 2, 0.2}, {"out", 1, 100}, {"back", 1, 90}} {
		n.Roads = append(n.Roads, city.Road{ID: x.id, First: int32(len(n.Lanes)), Lanes: int32(x.lanes), Length: x.length, Speed: 10, From: int32(r), To: int32(r + 1)})
		for range x.lanes {
			n.Lanes = append(n.Lanes, city.Lane{Road: int32(r), Length: x.length, Speed: 10})
		}
	}
	// lanes: a 0, b 1, c 2 3, d 4 5, out 6, back 7
	for _, c := range []city.Connection{
		{From: 0, To: 1, Length: 1, Light: -1}, {From: 1, To: 2, Length: 2, Light: -1}, {From: 1, To: 3, Length: 2, Light: -1},
		{From: 2, To: 4, Length: 1, Light: -1}, {From: 3, To: 5, Length: 1, Light: -1},
		{From: 4, To: 6, Length: 12, Light: 0, Index: 0, Foes: []int32{6}}, {From: 5, To: 6, Length: 14, Light: 0, Index: 1, Yields: []int32{5}, Foes: []int32{5}},
		{From: 6, To: 7, Length: 3, Light: -1, Turn: city.UTurn},
	} {
		n.Connections = append(n.Connections, c)
	}
	return n
}

func TestJoin(t *testing.T) {
	j := Join(pieces())
	n := j.Net
	if len(n.Roads) != 3 || len(n.Lanes) != 3 || len(n.Connections) != 3 {
		t.Fatalf("%d roads, %d lanes, %d connections: %+v", len(n.Roads), len(n.Lanes), len(n.Connections), n.Connections)
	}
	if want := []int32{0, 0, 0, 0, 1, 2}; !slices.Equal(j.Road, want) || !slices.Equal(j.Last, []int32{3, 4, 5}) {
		t.Fatalf("roads %v, last %v", j.Road, j.Last)
	}
	if want := []float64{1 + 30 + 2 + 5 + 1 + 0.2, 2 + 5 + 1 + 0.2, 1.2, 1.2, 0, 0, 0, 0}; !near(j.Short, want) {
		t.Fatalf("short %v, want %v", j.Short, want)
	}
	if l := n.Lanes[0].Length; l < 119.1 || l > 119.3 || n.Roads[0].To != 4 {
		t.Fatalf("the approach is %g m long and ends at node %d", l, n.Roads[0].To)
	}
	a, b := &n.Connections[0], &n.Connections[1]
	if a.From != 0 || b.From != 0 || a.To != 1 || a.Index != 0 || b.Index != 1 || !slices.Equal(b.Yields, []int32{0}) || !slices.Equal(a.Foes, []int32{1}) {
		t.Fatalf("%+v %+v", a, b)
	}
	if want := []int32{-1, -1, -1, -1, -1, 0, 1, 2}; !slices.Equal(j.Conn, want) {
		t.Fatalf("connections %v", j.Conn)
	}
}

func near(a, b []float64) bool {
	return slices.EqualFunc(a, b, func(x, y float64) bool { return x-y < 1e-9 && y-x < 1e-9 })
}
