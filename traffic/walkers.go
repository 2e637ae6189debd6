package traffic

import (
	"cmp"
	"math"
	"slices"
	"sort"
	"strconv"

	"github.com/paulmach/orb"

	"citybrain/city"
	"citybrain/city/chance"
)

// Walking: speeds on level ground (Weidmann 1993: 1.34 ± 0.26 m/s), how far people go on foot and what they take a wait at a crosswalk for. Distances are
// assumptions.
const (
	strollMean  = 1.34
	strollDev   = 0.26
	strollLeast = 0.6
	strollMost  = 2.2
	strollReach = 500.0  // m, at which a destination's pull falls to 1/e
	strollLong  = 2500.0 // m, the longest way
	strollWait  = 20.0   // m of way that a crosswalk counts as
)

// Walkers draws who is on foot on c.Lanes() = n: as many as drive (d's trips), by the hours of the evening, from where people work and live to where they live,
// near by, on the shortest way over the sidewalks of streets at ground level and the net's crosswalks. Who finds none stays at home. They are ordered by departure.
func (d Demand) Walkers(c *city.City, n *city.LaneNet) []city.Walker {
	w := newSidewalks(c, n)
	draw := chance.New(d.Seed, "demand/walkers")
	from := make([]float64, len(c.Zones)+1)
	homes := make([][]int32, len(c.Zones)) // nodes by the zone in whose middle they lie nearest
	for i := range c.Streets.Nodes {
		if w.arms[i] == 0 {
			continue
		}
		best, least := -1, math.Inf(1)
		for z := range c.Zones {
			if far := apart(c.Zones[z].At, c.Streets.Nodes[i].At); far < least {
				best, least = z, far
			}
		}
		if best >= 0 {
			homes[best] = append(homes[best], int32(i))
		}
	}
	for z := range c.Zones {
		from[z+1] = from[z]
		if len(homes[z]) > 0 {
			from[z+1] += c.Zones[z].Jobs + 0.15*c.Zones[z].Population
		}
	}
	if from[len(c.Zones)] <= 0 {
		return nil
	}
	to := make([][]float64, len(c.Zones))
	pick := func(acc []float64, u float64) int {
		k := sort.SearchFloat64s(acc, u*acc[len(acc)-1])
		return min(max(k-1, 0), len(acc)-2)
	}
	type wish struct {
		depart, speed float64
		from, to      int32 // corners
		id            uint64
	}
	var list []wish
	id := uint64(0)
	for q := range int(math.Ceil(d.Hours * 4)) {
		for range draw.Poisson(uint64(q), 1000, d.PerHour/4*d.share(c, q)) {
			id++
			at := (float64(q) + draw.Float(id, 0)) * 900
			if at >= d.Hours*3600 {
				continue
			}
			z := pick(from, draw.Float(id, 1))
			if to[z] == nil {
				to[z] = make([]float64, len(c.Zones)+1)
				for k := range c.Zones {
					pull := 0.0
					if len(homes[k]) > 0 {
						pull = c.Zones[k].Population * math.Exp(-apart(c.Zones[z].At, c.Zones[k].At)/strollReach)
					}
					to[z][k+1] = to[z][k] + pull
				}
			}
			y := pick(to[z], draw.Float(id, 2))
			if len(homes[z]) == 0 || len(homes[y]) == 0 {
				continue
			}
			corner := func(nodes []int32, a, b uint64) int32 {
				k := nodes[draw.Int(id, a, len(nodes))]
				return w.first[k] + int32(draw.Int(id, b, int(w.arms[k])))
			}
			speed := math.Max(strollLeast, math.Min(strollMean+strollDev*draw.Normal(id, 20), strollMost))
			list = append(list, wish{at, speed, corner(homes[z], 3, 4), corner(homes[y], 5, 6), id})
		}
	}
	// Those who begin at one corner share its ways.
	slices.SortFunc(list, func(a, b wish) int { return cmp.Or(cmp.Compare(a.from, b.from), cmp.Compare(a.id, b.id)) })
	var out []city.Walker
	for i, x := range list {
		if i == 0 || x.from != list[i-1].from {
			w.spread(x.from)
		}
		if legs, rest, ok := w.way(x.to); ok {
			out = append(out, city.Walker{ID: "p" + strconv.FormatUint(x.id, 10), Depart: x.depart, Speed: x.speed, Legs: legs, Rest: rest})
		}
	}
	slices.SortStableFunc(out, func(a, b city.Walker) int { return cmp.Or(cmp.Compare(a.Depart, b.Depart), cmp.Compare(a.ID, b.ID)) })
	return out
}

func apart(a, b orb.Point) float64 { return math.Hypot(a[0]-b[0], a[1]-b[1]) }

// sidewalks is where people walk: corners, one between each two streets that meet in a node, in the order of the clock, the sidewalks on both sides of the streets
// that join them, and the crosswalks between neighbours.
type sidewalks struct {
	first []int32 // of each node: its first corner; corner k lies behind arm k, seen from above with the clock
	arms  []int32
	paths []pavement // those of corner k from at[k] on
	at    []int32
	cost  []float64
	came  []int32 // pavement by which it was reached, −1
	heap  []reached
	found []int32 // corners with a cost
}

// A pavement leads from a corner to another; legs are the crosswalks on it.
type pavement struct {
	from, to int32
	m        float64
	cross    [2]int32 // −1: none
	turned   bool     // it goes over them from their end to their start
}

type reached struct {
	m  float64
	at int32
}

func newSidewalks(c *city.City, n *city.LaneNet) *sidewalks {
	s := &c.Streets
	// An arm is a street as it leaves a node: the link that comes in, or where none does the one that goes out.
	type arm struct {
		link    int32
		in      bool
		bearing float64
	}
	w := &sidewalks{first: make([]int32, len(s.Nodes)), arms: make([]int32, len(s.Nodes))}
	arms := make([][]arm, len(s.Nodes))
	bearing := func(a, b orb.Point) float64 {
		h := math.Atan2(b[0]-a[0], b[1]-a[1])
		if h < 0 {
			h += 2 * math.Pi
		}
		return h
	}
	for i := range s.Links {
		l := &s.Links[i]
		if l.Class <= city.Trunk || l.Level > 0 && !l.Bridge {
			continue
		}
		k := len(l.Line)
		arms[l.To] = append(arms[l.To], arm{int32(i), true, bearing(l.Line[k-1], l.Line[k-2])})
		if l.Reverse < 0 {
			arms[l.From] = append(arms[l.From], arm{int32(i), false, bearing(l.Line[0], l.Line[1])})
		}
	}
	corners := int32(0)
	placeIn, placeOut := make([]int32, len(s.Links)), make([]int32, len(s.Links)) // of each link's arm among those of its nodes
	for i := range arms {
		slices.SortFunc(arms[i], func(a, b arm) int { return cmp.Or(cmp.Compare(a.bearing, b.bearing), cmp.Compare(a.link, b.link)) })
		w.first[i], w.arms[i] = corners, int32(len(arms[i]))
		corners += w.arms[i]
		for k, a := range arms[i] {
			if a.in {
				placeIn[a.link] = int32(k)
			} else {
				placeOut[a.link] = int32(k)
			}
		}
	}
	// Seen from its node, the corner on the right of arm k is corner k, that on its left the one before it.
	side := func(node, k int32, right bool) int32 {
		if !right {
			k = (k + w.arms[node] - 1) % w.arms[node]
		}
		return w.first[node] + k
	}
	var list []pavement
	join := func(a, b int32, m float64, x, y int32) {
		list = append(list, pavement{a, b, m, [2]int32{x, y}, false})
		if y >= 0 {
			x, y = y, x
		}
		list = append(list, pavement{b, a, m, [2]int32{x, y}, true})
	}
	for i := range s.Links {
		l := &s.Links[i]
		if l.Class <= city.Trunk || l.Level < 0 || l.Level > 0 && !l.Bridge || l.Reverse >= 0 && l.Reverse < int32(i) {
			continue
		}
		from := placeOut[i]
		if l.Reverse >= 0 {
			from = placeIn[l.Reverse]
		}
		to := placeIn[i]
		join(side(l.From, from, true), side(l.To, to, false), l.Length, -1, -1)
		join(side(l.From, from, false), side(l.To, to, true), l.Length, -1, -1)
	}
	for x := 0; x < len(n.Crosswalks); x++ {
		k, first, second := &n.Crosswalks[x], int32(x), int32(-1)
		l := &s.Links[k.Road]
		m := k.Length
		if x+1 < len(n.Crosswalks) && n.Crosswalks[x+1].Road == k.Road { // with an island it is two
			x++
			second, m = int32(x), m+n.Crosswalks[x].Length
		}
		if l.Class > city.Trunk && (l.Level <= 0 || l.Bridge) && w.arms[l.To] > 1 {
			// It begins at the kerb on the link's own side: on the left of the arm where traffic keeps right.
			a, b := side(l.To, placeIn[k.Road], s.LeftHand), side(l.To, placeIn[k.Road], !s.LeftHand)
			join(a, b, m+strollWait, first, second)
		}
	}
	slices.SortStableFunc(list, func(a, b pavement) int { return cmp.Compare(a.from, b.from) })
	w.paths, w.at = list, make([]int32, corners+1)
	for i := range list {
		w.at[list[i].from+1]++
	}
	for i := range corners {
		w.at[i+1] += w.at[i]
	}
	w.cost, w.came = make([]float64, corners), make([]int32, corners)
	for i := range w.cost {
		w.cost[i] = math.Inf(1)
	}
	return w
}

// spread finds the shortest ways from a corner to all that lie within the longest (Dijkstra 1959).
func (w *sidewalks) spread(from int32) {
	for _, k := range w.found {
		w.cost[k] = math.Inf(1)
	}
	w.found, w.heap = append(w.found[:0], from), append(w.heap[:0], reached{0, from})
	w.cost[from], w.came[from] = 0, -1
	for len(w.heap) > 0 {
		x := w.pop()
		if x.m > w.cost[x.at] {
			continue
		}
		for i := w.at[x.at]; i < w.at[x.at+1]; i++ {
			p := &w.paths[i]
			m := x.m + p.m
			if m > strollLong || m >= w.cost[p.to] {
				continue
			}
			if math.IsInf(w.cost[p.to], 1) {
				w.found = append(w.found, p.to)
			}
			w.cost[p.to], w.came[p.to] = m, i
			w.push(reached{m, p.to})
		}
	}
}

// way is the way from the corner of the last spread to another; false: there is none, or it is none.
func (w *sidewalks) way(to int32) (legs []city.WalkLeg, rest float64, ok bool) {
	if math.IsInf(w.cost[to], 1) || w.cost[to] == 0 {
		return nil, 0, false
	}
	var path []int32
	for k := to; w.came[k] >= 0; k = w.paths[w.came[k]].from {
		path = append(path, w.came[k])
	}
	m := 0.0
	for i := len(path) - 1; i >= 0; i-- {
		p := &w.paths[path[i]]
		if p.cross[0] < 0 {
			m += p.m
			continue
		}
		for _, x := range p.cross {
			if x >= 0 {
				legs = append(legs, city.WalkLeg{Before: m, Crosswalk: x, Back: p.turned})
				m = 0
			}
		}
	}
	return legs, m, true
}

func (w *sidewalks) push(x reached) {
	h := append(w.heap, x)
	i := len(h) - 1
	for i > 0 && nearer(h[i], h[(i-1)/2]) {
		h[i], h[(i-1)/2] = h[(i-1)/2], h[i]
		i = (i - 1) / 2
	}
	w.heap = h
}

func (w *sidewalks) pop() reached {
	h := w.heap
	top, last := h[0], len(h)-1
	h[0] = h[last]
	h = h[:last]
	for i := 0; ; {
		k := 2*i + 1
		if k >= last {
			break
		}
		if k+1 < last && nearer(h[k+1], h[k]) {
			k++
		}
		if !nearer(h[k], h[i]) {
			break
		}
		h[i], h[k] = h[k], h[i]
		i = k
	}
	w.heap = h
	return top
}

func nearer(a, b reached) bool { return a.m < b.m || a.m == b.m && a.at < b.at }
