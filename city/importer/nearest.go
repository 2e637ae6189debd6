package importer

import (
	"math"

	"citybrain/city"

	"github.com/paulmach/orb"
)

// nearest finds the nearest node that a trip may start at: one of a street below motorway.
type nearest struct {
	s     *city.Streets
	cells map[[2]int32][]int32
	reach int32 // rings to search, until the whole network is covered
}

const nearestCell = 250.0

func newNearest(s *city.Streets) *nearest {
	n := &nearest{s: s, cells: map[[2]int32][]int32{}}
	ok := make([]bool, len(s.Nodes))
	for i := range s.Links {
		if l := &s.Links[i]; l.Class > city.Motorway {
			ok[l.From], ok[l.To] = true, true
		}
	}
	for i := range s.Nodes {
		if ok[i] {
			c := nearKey(s.Nodes[i].At)
			n.cells[c] = append(n.cells[c], int32(i))
		}
	}
	n.reach = 12 // 3 km
	return n
}

func nearKey(p orb.Point) [2]int32 {
	return [2]int32{int32(math.Floor(p[0] / nearestCell)), int32(math.Floor(p[1] / nearestCell))}
}

// at returns the nearest node within 3 km and its distance, −1 if there is none.
func (n *nearest) at(p orb.Point) (int32, float64) {
	best, near := int32(-1), math.Inf(1)
	k := nearKey(p)
	for ring := int32(0); ring <= n.reach; ring++ {
		if near < float64(ring-1)*nearestCell {
			break
		}
		for x := k[0] - ring; x <= k[0]+ring; x++ {
			for y := k[1] - ring; y <= k[1]+ring; y++ {
				if max(x-k[0], k[0]-x) != ring && max(y-k[1], k[1]-y) != ring {
					continue
				}
				for _, v := range n.cells[[2]int32{x, y}] {
					q := n.s.Nodes[v].At
					if d := math.Hypot(p[0]-q[0], p[1]-q[1]); d < near || d == near && v < best {
						best, near = v, d
					}
				}
			}
		}
	}
	return best, near
}
