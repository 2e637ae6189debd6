package ems

import (
	"math"

	"citybrain/city"
)

// A coverage is, for one priority in one travel mode, the demand of the points that the same stations cover, together.
type coverage struct {
	stations [][]int32 // of each set of points: who covers them
	weight   []float64 // share of all demand
}

// cover groups the demand points by the stations that reach them within seconds. A station's way begins at its door.
func (m *Model) cover(mode int32, seconds float64, points []point) coverage {
	l := m.times(mode)
	n := len(m.stations)
	from := make([][]uint32, n)
	for s := range from {
		from[s] = make([]uint32, m.nodes)
		for i := range from[s] {
			from[s][i] = math.MaxUint32 // not asked yet
		}
	}
	var c coverage
	index := map[string]int{}
	key := make([]byte, (n+7)/8)
	for _, p := range points {
		clear(key)
		for s := range n {
			t := &from[s][p.node]
			if *t == math.MaxUint32 {
				*t = l.Between(m.stations[s].node, p.node)
			}
			if m.off(mode, m.stations[s].km)+float64(*t)/1000+m.off(mode, p.km) <= seconds {
				key[s/8] |= 1 << (s % 8)
			}
		}
		k, ok := index[string(key)]
		if !ok {
			k = len(c.weight)
			index[string(key)] = k
			var who []int32
			for s := range n {
				if key[s/8]>>(s%8)&1 == 1 {
					who = append(who, int32(s))
				}
			}
			c.stations, c.weight = append(c.stations, who), append(c.weight, 0)
		}
		c.weight[k] += p.weight
	}
	return c
}

// A point is a place of demand.
type point struct {
	spot
	x, y   float64
	weight float64 // share of all
}

// points returns where demand is: the middles of the cells' parts.
func (m *Model) points() []point {
	d := &m.Demand
	total := 0.0
	for _, w := range d.Weight {
		total += w
	}
	parts := d.Rows * d.Cols
	list := make([]point, 0, len(d.X)*parts)
	for i := range d.X {
		for r := range d.Rows {
			for c := range d.Cols {
				x := d.X[i] + d.CellX*((float64(c)+0.5)/float64(d.Cols)-0.5)
				y := d.Y[i] + d.CellY*((float64(r)+0.5)/float64(d.Rows)-0.5)
				list = append(list, point{m.near.spot(x, y), x, y, d.Weight[i] / total / float64(parts)})
			}
		}
	}
	return list
}

// DMEXCLP sends the nearest unit, and a unit that is free where it adds most expected coverage, each unit being busy with the
// same probability (Jagtenberg, Bhulai and van der Mei 2015).
type DMEXCLP struct {
	m     *Model
	gain  []float64 // of the k-th unit that covers a point
	sets  map[coverKey]coverage
	count []int
	value []float64
	list  []point
}

type coverKey struct{ mode, priority int32 }

// NewDMEXCLP prepares the policy for a busy fraction.
func NewDMEXCLP(m *Model, busy float64) *DMEXCLP {
	p := &DMEXCLP{m: m, sets: map[coverKey]coverage{}, count: make([]int, len(m.stations)), value: make([]float64, len(m.stations)), list: m.points()}
	for k := range len(m.Units) {
		p.gain = append(p.gain, math.Pow(busy, float64(k))*(1-busy))
	}
	return p
}

// Dispatch is Policy's.
func (p *DMEXCLP) Dispatch(v *View, c int32) int32 { return v.nearest(c) }

// Review is Policy's.
func (p *DMEXCLP) Review(*View) (Order, bool) { return Order{}, false }

// Station is Policy's.
func (p *DMEXCLP) Station(v *View, u int32) int32 {
	s := v.s
	clear(p.count)
	clear(p.value)
	for i := range s.units {
		if x := &s.units[i]; int32(i) != u && (x.status == standing || x.status == returning) {
			p.count[x.station]++
		}
	}
	modes := city.At(p.m.Demand.Modes, s.now).Choose
	for pri := range p.m.Priorities {
		key := coverKey{p.m.mode(int32(pri), s.now), int32(pri)}
		c, ok := p.sets[key]
		if !ok {
			c = p.m.cover(key.mode, p.m.Priorities[pri].Cover, p.list)
			p.sets[key] = c
		}
		rate := p.m.Demand.Rates[modes[pri]]
		for i, who := range c.stations {
			k := 0
			for _, st := range who {
				k += p.count[st]
			}
			add := rate * c.weight[i] * p.gain[k]
			for _, st := range who {
				p.value[st] += add
			}
		}
	}
	best := int32(0)
	for st := range p.value {
		if p.value[st] > p.value[best] {
			best = int32(st)
		}
	}
	return best
}
