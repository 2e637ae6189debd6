package routing

import (
	"math"
	"slices"

	"citybrain/city"
	"citybrain/routing/cch"
)

// Closed is the weight in seconds from which a link counts as not to be entered.
const Closed = float32(1e8)

// Unreachable is the remaining time of a link from which no way leads to the goal.
var Unreachable = float32(math.Inf(1))

// turnTime is the seconds that a turn costs beside the links' own times: the geometry of slowing down, not waiting at a signal.
var turnTime = [...]float32{city.Straight: 0, city.Left: 4, city.Right: 2, city.UTurn: 12}

// A Graph is the turns of a city's streets prepared for search. It is immutable and safe for concurrent use.
type Graph struct {
	Links    int
	first    []int32 // of link l: the turns into it are in[first[l]:first[l+1]]
	in       []inTurn
	firstOut []int32 // of link l: the turns out of it are out[firstOut[l]:firstOut[l+1]], by link
	out      []outTurn
	ends     [][]int32      // of node n: the links that end there
	order    *cch.Hierarchy // links are its nodes, turns its arcs, numbered as in
}

type inTurn struct {
	from int32
	cost uint32 // ms
}

type outTurn struct {
	to   int32
	cost uint32 // ms
}

// NewGraph prepares s.
func NewGraph(s *city.Streets) *Graph {
	n := len(s.Links)
	g := &Graph{Links: n, first: make([]int32, n+1), in: make([]inTurn, len(s.Turns)), firstOut: make([]int32, n+1), out: make([]outTurn, len(s.Turns)), ends: make([][]int32, len(s.Nodes))}
	for i := range s.Links {
		g.ends[s.Links[i].To] = append(g.ends[s.Links[i].To], int32(i))
	}
	for _, t := range s.Turns {
		g.first[t.To+1]++
		g.firstOut[t.From+1]++
	}
	for i := range n {
		g.first[i+1] += g.first[i]
		g.firstOut[i+1] += g.firstOut[i]
	}
	fill, fillOut := append([]int32(nil), g.first[:n]...), append([]int32(nil), g.firstOut[:n]...)
	for _, t := range s.Turns {
		cost := uint32(turnTime[t.Kind] * 1000)
		g.in[fill[t.To]] = inTurn{t.From, cost}
		g.out[fillOut[t.From]] = outTurn{t.To, cost}
		fill[t.To]++
		fillOut[t.From]++
	}
	for l := range n {
		slices.SortFunc(g.out[g.firstOut[l]:g.firstOut[l+1]], func(a, b outTurn) int { return int(a.to - b.to) })
	}
	g.order = contract(g, s)
	return g
}

// contract makes the hierarchy of links joined by turns. The few links that lead from one half of a city to the other part it: they
// are cut by where their middles lie.
func contract(g *Graph, s *city.Streets) *cch.Hierarchy {
	tail, head := make([]int32, len(g.in)), make([]int32, len(g.in))
	for to := range g.Links {
		for i := g.first[to]; i < g.first[to+1]; i++ {
			tail[i], head[i] = g.in[i].from, int32(to)
		}
	}
	at := make([][2]float64, g.Links)
	for l := range at {
		a, b := s.Nodes[s.Links[l].From].At, s.Nodes[s.Links[l].To].At
		at[l] = [2]float64{(a[0] + b[0]) / 2, (a[1] + b[1]) / 2}
	}
	h, err := cch.New(g.Links, tail, head, cch.Order(g.Links, tail, head, at, 1))
	if err != nil {
		panic(err) // the order is ours, and no city has streets that fill so
	}
	return h
}

// millis are the whole milliseconds of a weight, so that sums are exact in any order, and at least one, so that no way turns in
// a circle; never for a closed link.
func millis(s float32) uint32 {
	if !(s < Closed) {
		return never
	}
	return uint32(min(max(1, s*1000+0.5), float32(never/2)))
}

// A Tree is the shortest ways from everywhere to one node. It is immutable and safe for concurrent use.
type Tree struct {
	Goal   int32 // node
	metric *Metric
	left   []uint32 // ms, by link
}

// Left returns the seconds from the end of link l to the goal, Unreachable where there is no way.
func (t *Tree) Left(l int32) float32 {
	if t.left[l] >= never {
		return Unreachable
	}
	return float32(t.left[l]) / 1000
}

// Next returns the link to take after link l, the lowest number among equals; -1 at the goal or where there is no way.
func (t *Tree) Next(l int32) int32 {
	if left := t.left[l]; left > 0 && left < never {
		m, g := t.metric, t.metric.g
		for _, o := range g.out[g.firstOut[l]:g.firstOut[l+1]] {
			if m.enter[o.to]+o.cost+t.left[o.to] == left {
				return o.to
			}
		}
	}
	return -1
}

// To returns the shortest ways to goal under weights, by Dijkstra's search: for one goal the quickest, for many see Metric. A
// nil Search makes one; pass one to avoid allocating in a loop.
func (g *Graph) To(goal int32, weights []float32, s *Search) *Tree {
	if s == nil {
		s = new(Search)
	}
	m := &Metric{g: g, enter: make([]uint32, g.Links)}
	for l := range m.enter {
		m.enter[l] = millis(weights[l])
	}
	if len(s.left) != g.Links {
		s.left = make([]uint32, g.Links)
	}
	for l := range s.left {
		s.left[l] = never
	}
	s.heap = s.heap[:0]
	for _, l := range g.ends[goal] {
		s.left[l] = 0
		s.push(entry(uint32(l)))
	}
	for len(s.heap) > 0 {
		e := s.pop()
		link, left := uint32(e), uint32(e>>32)
		if left > s.left[link] || m.enter[link] == never {
			continue
		}
		through := left + m.enter[link]
		for _, in := range g.in[g.first[link]:g.first[link+1]] {
			if d := through + in.cost; d < s.left[in.from] {
				s.left[in.from] = d
				s.push(entry(d)<<32 | entry(uint32(in.from)))
			}
		}
	}
	return &Tree{Goal: goal, metric: m, left: slices.Clone(s.left)}
}

// FromNode returns the best link to start with from node n and the seconds to the goal, over the links that leave it.
func (t *Tree) FromNode(out []int32, weights []float32) (link int32, seconds float32) {
	link, seconds = -1, Unreachable
	for _, l := range out {
		if weights[l] < Closed {
			if d := weights[l] + t.Left(l); d < seconds {
				link, seconds = l, d
			}
		}
	}
	return link, seconds
}

// Path returns the links from the end of link start to the goal, start left out; nil if there is no way.
func (t *Tree) Path(start int32) []int32 {
	var p []int32
	for l := t.Next(start); l >= 0; l = t.Next(l) {
		p = append(p, l)
	}
	return p
}

// LeaveBy lists, for each node, the links that leave it.
func LeaveBy(s *city.Streets) [][]int32 {
	out := make([][]int32, len(s.Nodes))
	for i := range s.Links {
		out[s.Links[i].From] = append(out[s.Links[i].From], int32(i))
	}
	return out
}

// Search is the working memory of a search; its zero value is ready. One goroutine at a time may use it.
type Search struct {
	heap []entry
	left []uint32
}

// An entry is milliseconds in its high half and a link in its low one: ties never depend on the heap's history.
type entry uint64

func (s *Search) push(e entry) {
	s.heap = append(s.heap, e)
	i := len(s.heap) - 1
	for i > 0 {
		p := (i - 1) / 4
		if e >= s.heap[p] {
			break
		}
		s.heap[i] = s.heap[p]
		i = p
	}
	s.heap[i] = e
}

func (s *Search) pop() entry {
	top := s.heap[0]
	last := s.heap[len(s.heap)-1]
	s.heap = s.heap[:len(s.heap)-1]
	n := len(s.heap)
	if n == 0 {
		return top
	}
	i := 0
	for {
		c := 4*i + 1
		if c >= n {
			break
		}
		best := c
		for k := c + 1; k < min(c+4, n); k++ {
			if s.heap[k] < s.heap[best] {
				best = k
			}
		}
		if s.heap[best] >= last {
			break
		}
		s.heap[i] = s.heap[best]
		i = best
	}
	s.heap[i] = last
	return top
}
