package forecast

import (
	"fmt"
	"math"
	"time"

	"citybrain/city"
)

// Bin is the time that a record is of.
const Bin = 5 * time.Minute

// Leads are how far ahead speeds are predicted, in bins.
var Leads = [...]int{3, 6, 9, 12}

// A Record is what was seen of the streets in one bin. Each slice has a value for each link.
type Record struct {
	Speed    []float32 // m/s, mean over the time that reporting vehicles spent there; of no use where Seen is 0
	Seen     []float32 // s that they spent there
	Left     []float32 // reporting vehicles that left the link
	Occupied []float32 // share of the bin that a loop of the link was covered; −1: none tells
	Counted  []float32 // vehicles that loops at the link's end counted; −1: none tells
	Dry      []float32 // share of the limit that the water leaves: 1 without water
	Rain     float32   // mm/h over the city
	// Ahead is what the flood forecast at the bin's end has for Dry after each of Leads; nil where none was made: nothing is learnt or predicted from there.
	Ahead *[len(Leads)][]float32
}

// A Day is consecutive records, the first of the bin that begins First after midnight.
type Day struct {
	First time.Duration
	Bins  []Record
}

// check finds what does not fit links links.
func (r *Record) check(links int) error {
	for _, s := range []struct {
		name   string
		values []float32
		lo, hi float32
	}{{"speeds", r.Speed, 0, 100}, {"seconds seen", r.Seen, 0, math.MaxFloat32}, {"vehicles that left", r.Left, 0, math.MaxFloat32}, {"loops", r.Occupied, -1, 1}, {"counts", r.Counted, -1, math.MaxFloat32}, {"shares of the limit", r.Dry, 0, 1}} {
		if len(s.values) != links {
			return fmt.Errorf("%d %s for %d links", len(s.values), s.name, links)
		}
		for l, v := range s.values {
			if !(v >= s.lo && v <= s.hi) {
				return fmt.Errorf("link %d: %s: %g is not between %g and %g", l, s.name, v, s.lo, s.hi)
			}
		}
	}
	if r.Ahead != nil {
		for k, ahead := range r.Ahead {
			if len(ahead) != links {
				return fmt.Errorf("%d shares of limits %v ahead for %d links", len(ahead), time.Duration(Leads[k])*Bin, links)
			}
		}
	}
	if !(r.Rain >= 0 && r.Rain < 1000) {
		return fmt.Errorf("rain of %g mm/h", r.Rain)
	}
	return nil
}

// streets is what trees must know of the network: who is before, after and around each link.
type streets struct {
	length, limit []float32
	after, before [][]int32
	around        [][]int32
}

// aroundWithin is how far other streets are around a link's middle, m.
const aroundWithin = 700

func newStreets(s *city.Streets) *streets {
	n := len(s.Links)
	g := &streets{make([]float32, n), make([]float32, n), make([][]int32, n), make([][]int32, n), make([][]int32, n)}
	for _, t := range s.Turns {
		g.after[t.From], g.before[t.To] = append(g.after[t.From], t.To), append(g.before[t.To], t.From)
	}
	type cell [2]int
	at := func(l int) (float64, float64, cell) {
		p := s.Links[l].Line[len(s.Links[l].Line)/2]
		return p[0], p[1], cell{int(math.Floor(p[0] / aroundWithin)), int(math.Floor(p[1] / aroundWithin))}
	}
	in := map[cell][]int32{}
	for l := range n {
		_, _, c := at(l)
		in[c] = append(in[c], int32(l))
	}
	for l := range n {
		g.length[l], g.limit[l] = float32(s.Links[l].Length), float32(s.Links[l].Speed)
		x, y, c := at(l)
		for i := -1; i <= 1; i++ {
			for j := -1; j <= 1; j++ {
				for _, k := range in[cell{c[0] + i, c[1] + j}] {
					if u, v, _ := at(int(k)); int(k) != l && math.Hypot(u-x, v-y) < aroundWithin {
						g.around[l] = append(g.around[l], k)
					}
				}
			}
		}
	}
	return g
}
