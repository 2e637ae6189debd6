package ems

import (
	"fmt"
	"math"

	"citybrain/city"
	"citybrain/routing/cch"
)

// A Model is a service's city made ready for simulation. It is immutable but for what it works out when first asked, so one
// goroutine at a time may use it.
type Model struct {
	*city.EMS
	nodes    int
	c        *cch.Hierarchy
	by       []*cch.Labels // by travel mode
	firstOut []int32       // arcs out of node n: outArc[firstOut[n]:firstOut[n+1]]
	outArc   []int32
	near     *nearest
	stations []spot
	hospital []spot
	trees    [][]*tree // by travel mode and station
}

// A spot is a place off the road: its nearest node that may be left, and the km between.
type spot struct {
	node int32
	km   float64
}

// A tree is the quickest ways from every node to a station.
type tree struct {
	next []int32 // arc to take, -1 at the goal or without a way
	ms   []uint32
	km   []float64
}

// New makes e ready. A station or hospital that no unit can reach from another station is an error.
func New(e *city.EMS) (*Model, error) {
	m := &Model{EMS: e, nodes: len(e.NodeX), by: make([]*cch.Labels, len(e.Millis))}
	at := make([][2]float64, m.nodes)
	for n := range at {
		at[n] = [2]float64{e.NodeX[n] * e.ScaleX, e.NodeY[n] * e.ScaleY}
	}
	var err error
	if m.c, err = cch.New(m.nodes, e.From, e.To, cch.Order(m.nodes, e.From, e.To, at, 1)); err != nil {
		return nil, fmt.Errorf("ems: %w", err)
	}
	m.trees = make([][]*tree, len(e.Millis))
	m.firstOut = make([]int32, m.nodes+1)
	for _, a := range e.From {
		m.firstOut[a+1]++
	}
	for i := range m.nodes {
		m.firstOut[i+1] += m.firstOut[i]
	}
	m.outArc = make([]int32, len(e.From))
	fill := append([]int32(nil), m.firstOut...)
	for i, a := range e.From {
		m.outArc[fill[a]] = int32(i)
		fill[a]++
	}
	m.near = newNearest(e)
	for _, p := range e.Stations {
		m.stations = append(m.stations, m.near.spot(p.X, p.Y))
	}
	for _, p := range e.Hospitals {
		m.hospital = append(m.hospital, m.near.spot(p.X, p.Y))
	}
	for i := range e.Modes {
		for _, mode := range e.Modes[i].Choose {
			for k, to := range append(append([]spot(nil), m.stations...), m.hospital...) {
				if m.times(mode).Between(m.stations[0].node, to.node) >= never || m.times(mode).Between(to.node, m.stations[0].node) >= never {
					what, n := "station", k+1
					if k >= len(m.stations) {
						what, n = "hospital", k-len(m.stations)+1
					}
					return nil, fmt.Errorf("ems: %s %d: no way between it and station 1 in travel mode %d", what, n, mode+1)
				}
			}
		}
	}
	return m, nil
}

// never is the time of no way, ms.
const never = cch.Unreachable

// times returns how long any way takes in a travel mode.
func (m *Model) times(mode int32) *cch.Labels {
	if m.by[mode] == nil {
		m.by[mode] = m.c.Metric(m.Millis[mode], 1).Labels()
	}
	return m.by[mode]
}

// mode is the travel mode of a drive for priority p that starts at t.
func (m *Model) mode(p int32, t float64) int32 {
	return city.At(m.Modes, t).Choose[m.Priorities[p].Drive]
}

// quiet is the travel mode of drives without a call and to hospitals: that of the least urgent calls.
func (m *Model) quiet(t float64) int32 {
	return city.At(m.Modes, t).Choose[len(m.Priorities)-1]
}

// tree returns the ways to a station in a travel mode.
func (m *Model) tree(mode int32, station int32) *tree {
	if m.trees[mode] == nil {
		m.trees[mode] = make([]*tree, len(m.stations))
	}
	if t := m.trees[mode][station]; t != nil {
		return t
	}
	goal := m.stations[station].node
	t := &tree{next: make([]int32, m.nodes), ms: make([]uint32, m.nodes), km: make([]float64, m.nodes)}
	l := m.times(mode)
	for n := range t.ms {
		t.ms[n], t.next[n] = l.Between(int32(n), goal), -1
	}
	for n := range t.next {
		if int32(n) != goal && t.ms[n] < never {
			t.next[n] = m.hop(mode, int32(n), t.ms[n], func(v int32) uint32 { return t.ms[v] })
		}
	}
	// Lengths, from the goal outwards: a path's nodes without one are stacked until one that has it.
	for n := range t.km {
		t.km[n] = -1
	}
	t.km[goal] = 0
	var stack []int32
	for n := range t.km {
		v := int32(n)
		for t.km[v] < 0 && t.next[v] >= 0 {
			stack, v = append(stack, v), m.To[t.next[v]]
		}
		for ; len(stack) > 0; stack = stack[:len(stack)-1] {
			u := stack[len(stack)-1]
			t.km[u] = t.km[m.To[t.next[u]]] + m.Km[t.next[u]]
		}
	}
	m.trees[mode][station] = t
	return t
}

// hop returns the first arc of a quickest way from node n, of which ms are left; left says how many are left from a node.
func (m *Model) hop(mode, n int32, ms uint32, left func(int32) uint32) int32 {
	w := m.Millis[mode]
	for _, a := range m.outArc[m.firstOut[n]:m.firstOut[n+1]] {
		if w[a] <= ms && w[a]+left(m.To[a]) == ms {
			return a
		}
	}
	return -1
}

// off is the seconds that km off the road take.
func (m *Model) off(mode int32, km float64) float64 { return km / m.OffRoadSpeed[mode] }

// nearest finds the node nearest to a point among those that may be left for it.
type nearest struct {
	e            *city.EMS
	x0, y0, cell float64 // km
	w, h         int
	first, node  []int32
}

func newNearest(e *city.EMS) *nearest {
	q := &nearest{e: e, x0: math.Inf(1), y0: math.Inf(1)}
	x1, y1, n := math.Inf(-1), math.Inf(-1), 0
	for i, ok := range e.OffRoad {
		if ok {
			x, y := e.NodeX[i]*e.ScaleX, e.NodeY[i]*e.ScaleY
			q.x0, q.y0, x1, y1, n = min(q.x0, x), min(q.y0, y), max(x1, x), max(y1, y), n+1
		}
	}
	// About two nodes a cell, over the bounding box.
	q.cell = max(math.Sqrt((x1-q.x0)*(y1-q.y0)*2/float64(n)), max(x1-q.x0, y1-q.y0)/2000, 1e-3)
	q.w, q.h = int((x1-q.x0)/q.cell)+1, int((y1-q.y0)/q.cell)+1
	q.first = make([]int32, q.w*q.h+1)
	at := func(i int) int {
		return int((e.NodeY[i]*e.ScaleY-q.y0)/q.cell)*q.w + int((e.NodeX[i]*e.ScaleX-q.x0)/q.cell)
	}
	for i, ok := range e.OffRoad {
		if ok {
			q.first[at(i)+1]++
		}
	}
	for i := range q.w * q.h {
		q.first[i+1] += q.first[i]
	}
	q.node = make([]int32, n)
	fill := append([]int32(nil), q.first...)
	for i, ok := range e.OffRoad {
		if ok {
			k := at(i)
			q.node[fill[k]] = int32(i)
			fill[k]++
		}
	}
	return q
}

// spot returns the nearest node, the lowest number among equals, and its distance.
func (q *nearest) spot(x, y float64) spot {
	x, y = x*q.e.ScaleX, y*q.e.ScaleY
	cx, cy := int(math.Floor((x-q.x0)/q.cell)), int(math.Floor((y-q.y0)/q.cell))
	cx, cy = max(0, min(cx, q.w-1)), max(0, min(cy, q.h-1))
	best := spot{-1, math.Inf(1)}
	for ring := 0; ring <= max(q.w, q.h); ring++ {
		for j := cy - ring; j <= cy+ring; j++ {
			if j < 0 || j >= q.h {
				continue
			}
			step := 1
			if j != cy-ring && j != cy+ring {
				step = max(1, 2*ring)
			}
			for i := cx - ring; i <= cx+ring; i += step {
				if i < 0 || i >= q.w {
					continue
				}
				for _, n := range q.node[q.first[j*q.w+i]:q.first[j*q.w+i+1]] {
					d := math.Hypot(q.e.NodeX[n]*q.e.ScaleX-x, q.e.NodeY[n]*q.e.ScaleY-y)
					if d < best.km || d == best.km && n < best.node {
						best = spot{n, d}
					}
				}
			}
		}
		// What lies in the next ring is a ring's width away at least, also from a point outside the grid.
		if best.km <= float64(ring)*q.cell {
			break
		}
	}
	return best
}
