package city

import (
	"fmt"
	"math"

	"github.com/paulmach/orb"
)

// Where crosswalks lie, and over how many lanes of one direction people walk without a signal.
const (
	walkRoom  = 5.0 // m that a signalised junction's stop lines lie farther out: a crosswalk 4 m wide and a metre before it
	walkPlace = 3.0 // m from the stop line to a crosswalk's middle, at a signal
	zebra     = 1.0 // m, elsewhere
	zebraMost = 1
)

// pave makes the crosswalks of a city's lane net: at signals those of the junctions' own movements for walkers, with an island two, one over each
// direction of the street; elsewhere zebras where three streets or more meet, over small streets of one lane each way. It returns the movement of each, −1
// without a signal.
func (n *LaneNet) pave(c *City) (movements []int32) {
	s := &c.Streets
	at := make([][]int32, len(s.Nodes)) // connections by node
	for i := range n.Connections {
		at[n.Connections[i].Node] = append(at[n.Connections[i].Node], int32(i))
	}
	for j := range c.Signals {
		for m := range c.Signals[j].Movements {
			mv := &c.Signals[j].Movements[m]
			if mv.Kind != Walkers {
				continue
			}
			for _, line := range n.across(s, mv.From, walkPlace, mv.Island) {
				movements = append(movements, int32(m))
				n.lay(Crosswalk{Light: int32(j), Road: mv.From, Line: line, Clear: float64(mv.Clearance)}, s, at, walkPlace)
			}
		}
	}
	streets := make([]int, len(s.Nodes)) // that end at a node
	for i := range s.Links {
		l := &s.Links[i]
		streets[l.To]++
		if l.Reverse < 0 {
			streets[l.From]++
		}
	}
	for i := range s.Links {
		l := &s.Links[i]
		if l.Class >= Tertiary && l.Level == 0 && l.Lanes <= zebraMost && s.Nodes[l.To].Junction < 0 && streets[l.To] > 2 {
			for _, line := range n.across(s, int32(i), zebra, false) {
				movements = append(movements, -1)
				n.lay(Crosswalk{Light: -1, Road: int32(i), Line: line}, s, at, zebra)
			}
		}
	}
	return movements
}

// across returns the lines from kerb to kerb over the street of a link, m metres behind its stop line: one, or with an island between both directions two. They
// begin at the kerb of the link's own side.
func (n *LaneNet) across(s *Streets, link int32, m float64, island bool) []orb.LineString {
	kerb := laneWidth / 2 // from the middle of a lane to its edge away from the middle of the street
	if s.LeftHand {
		kerb = -kerb
	}
	at := func(p orb.Point, h, ahead, right float64) orb.Point {
		return orb.Point{p[0] + math.Sin(h)*ahead + math.Cos(h)*right, p[1] + math.Cos(h)*ahead - math.Sin(h)*right}
	}
	end := func(lane int32, right float64) orb.Point {
		l := n.Lanes[lane].Line
		k := len(l)
		return at(l[k-1], heading(l[k-2], l[k-1]), m, right)
	}
	r := &n.Roads[link]
	near, middle := end(r.First, kerb), end(r.First+r.Lanes-1, -kerb)
	back := s.Links[link].Reverse
	if back < 0 {
		return []orb.LineString{{near, middle}}
	}
	l := n.Lanes[n.Roads[back].First].Line
	far := at(l[0], heading(l[0], l[1]), -m, kerb)
	if island {
		return []orb.LineString{{near, middle}, {middle, far}}
	}
	return []orb.LineString{{near, far}}
}

// lay adds a crosswalk over the end of its road, m metres behind the stop line, and finds what it lies over: the connections out of the road, and those
// into its other direction.
func (n *LaneNet) lay(w Crosswalk, s *Streets, at [][]int32, m float64) {
	l := &s.Links[w.Road]
	w.ID, w.Node, w.Index, w.Length = fmt.Sprintf("%s_x%d", l.ID, len(n.Crosswalks)), l.To, -1, length(w.Line)
	a, b := w.Line[0], w.Line[1]
	for _, k := range at[w.Node] {
		c := &n.Connections[k]
		out, in := n.Lanes[c.From].Road == w.Road, l.Reverse >= 0 && n.Lanes[c.To].Road == l.Reverse
		if !out && !in {
			continue
		}
		// Where its lane crosses; a path that bends away before is taken to cross there too.
		lane, path := n.Lanes[c.From].Line, m
		p := lane[len(lane)-1]
		if in {
			p, path = n.Lanes[c.To].Line[0], c.Length-m
		}
		walk := ((p[0]-a[0])*(b[0]-a[0]) + (p[1]-a[1])*(b[1]-a[1])) / w.Length
		if walk < 0 || walk > w.Length {
			continue // over the island's other half
		}
		along := 0.0
		for i := 1; i < len(c.Path); i++ {
			d := dist(c.Path[i-1], c.Path[i])
			if x, y, ok := crossing(c.Path[i-1], c.Path[i], a, b); ok {
				path, walk = along+x*d, y*w.Length
				break
			}
			along += d
		}
		w.Over = append(w.Over, Over{Connection: k, Path: math.Max(0, math.Min(path, c.Length)), Walk: walk})
	}
	n.Crosswalks = append(n.Crosswalks, w)
}
