package city

import (
	"slices"
	"testing"

	"github.com/paulmach/orb"
)

// A street goes on straight under its name: past a fork of the same name that bends away, up to its reach, and never in a circle.
func TestChain(t *testing.T) {
	main := Text{En: "Main Street"}
	s := Streets{Nodes: make([]Node, 7)}
	add := func(from, to int32, name Text, a, b orb.Point) {
		s.Links = append(s.Links, Link{From: from, To: to, Name: name, Line: orb.LineString{a, b}, Length: 100, Speed: 10, Reverse: -1})
	}
	add(0, 1, main, orb.Point{0, 0}, orb.Point{100, 0})
	add(1, 2, main, orb.Point{100, 0}, orb.Point{200, 5})
	add(1, 3, main, orb.Point{100, 0}, orb.Point{100, 100}) // bends away
	add(2, 4, main, orb.Point{200, 5}, orb.Point{300, 0})
	add(4, 5, Text{En: "Other"}, orb.Point{300, 0}, orb.Point{400, 0})
	add(4, 6, main, orb.Point{300, 0}, orb.Point{400, 10})
	for _, x := range [][2]int32{{0, 1}, {0, 2}, {1, 3}, {3, 4}, {3, 5}} {
		s.Turns = append(s.Turns, Turn{From: x[0], To: x[1]})
	}
	for _, x := range []struct {
		of    int32
		reach float64
		want  []int32
		at    int
	}{{1, 1000, []int32{0, 1, 3, 5}, 1}, {0, 1000, []int32{0, 1, 3, 5}, 0}, {0, 150, []int32{0, 1, 3}, 0}, {2, 1000, []int32{2}, 0}, {4, 1000, []int32{4}, 0}} {
		got, at := s.Chain(s.IndexTurns(), x.of, x.reach)
		if !slices.Equal(got, x.want) || at != x.at {
			t.Errorf("chain of link %d to %.0f m: %v at %d, want %v at %d", x.of, x.reach, got, at, x.want, x.at)
		}
	}
	// A circle ends where it began.
	ring := Streets{Nodes: make([]Node, 2), Links: []Link{{From: 0, To: 1, Line: orb.LineString{{0, 0}, {1, 0}}}, {From: 1, To: 0, Line: orb.LineString{{1, 0}, {2, 0}}}}, Turns: []Turn{{From: 0, To: 1}, {From: 1, To: 0}}}
	if got, _ := ring.Chain(ring.IndexTurns(), 0, 1e9); len(got) != 2 {
		t.Errorf("a circle: %v", got)
	}
}
