package routing

import (
	"math"

	"citybrain/city"
)

// Closed is the weight in seconds from which a link counts as not to be entered.
const Closed = float32(1e8)

// Unreachable is the remaining time of a link from which no way leads to the goal.
var Unreachable = float32(math.Inf(1))

// turnTime is the seconds that a turn costs beside the links' own times: the geometry of slowing down, not waiting at a signal.
var turnTime = [...]float32{city.Straight: 0, city.Left: 4, city.Right: 2, city.UTurn: 12}

// A Graph is the turns of a city's streets prepared for search. It is immutable and safe for concurrent use.
type Graph struct {
	Links int
	first []int32 // of link l: the turns into it are in[first[l]:first[l+1]]
	in    []inTurn
	ends  [][]int32 // of node n: the links that end there
	to    []int32   // node at each link's end
}

type inTurn struct {
	from int32
	cost float32
}

// NewGraph prepares s.
func NewGraph(s *city.Streets) *Graph {
	g := &Graph{Links: len(s.Links), first: make([]int32, len(s.Links)+1), in: make([]inTurn, len(s.Turns)), ends: make([][]int32, len(s.Nodes)), to: make([]int32, len(s.Links))}
	for i := range s.Links {
		to := s.Links[i].To
		g.to[i] = to
		g.ends[to] = append(g.ends[to], int32(i))
	}
	for _, t := range s.Turns {
		g.first[t.To+1]++
	}
	for i := range s.Links {
		g.first[i+1] += g.first[i]
	}
	fill := append([]int32(nil), g.first[:len(s.Links)]...)
	for _, t := range s.Turns {
		g.in[fill[t.To]] = inTurn{t.From, turnTime[t.Kind]}
		fill[t.To]++
	}
	return g
}

// A Tree is the shortest ways from everywhere to one node. It is immutable.
type Tree struct {
	Goal int32     // node
	Left []float32 // seconds from the end of each link to the goal
	Next []int32   // the link to take after each link; -1 at the goal or where there is no way
}

// To returns the shortest ways to goal under weights. A nil Search makes one; pass one to avoid allocating in a loop.
func (g *Graph) To(goal int32, weights []float32, s *Search) *Tree {
	if s == nil {
		s = new(Search)
	}
	t := &Tree{Goal: goal, Left: make([]float32, g.Links), Next: make([]int32, g.Links)}
	for i := range t.Left {
		t.Left[i], t.Next[i] = Unreachable, -1
	}
	s.heap = s.heap[:0]
	for _, l := range g.ends[goal] {
		t.Left[l] = 0
		s.push(entry{0, l})
	}
	for len(s.heap) > 0 {
		e := s.pop()
		if e.left > t.Left[e.link] {
			continue
		}
		w := weights[e.link]
		if !(w < Closed) {
			continue
		}
		through := e.left + w
		for _, in := range g.in[g.first[e.link]:g.first[e.link+1]] {
			if d := through + in.cost; d < t.Left[in.from] {
				t.Left[in.from], t.Next[in.from] = d, e.link
				s.push(entry{d, in.from})
			}
		}
	}
	return t
}

// FromNode returns the best link to start with from node n and the seconds to the goal, over the links that leave it.
func (t *Tree) FromNode(out []int32, weights []float32) (link int32, seconds float32) {
	link, seconds = -1, Unreachable
	for _, l := range out {
		if weights[l] < Closed {
			if d := weights[l] + t.Left[l]; d < seconds {
				link, seconds = l, d
			}
		}
	}
	return link, seconds
}

// Path returns the links from the end of link start to the goal, start left out; nil if there is no way.
func (t *Tree) Path(start int32) []int32 {
	var p []int32
	for l := t.Next[start]; l >= 0; l = t.Next[l] {
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
type Search struct{ heap []entry }

type entry struct {
	left float32
	link int32
}

// less orders by time, then by link, so that ties never depend on the heap's history.
func less(a, b entry) bool { return a.left < b.left || a.left == b.left && a.link < b.link }

func (s *Search) push(e entry) {
	s.heap = append(s.heap, e)
	i := len(s.heap) - 1
	for i > 0 {
		p := (i - 1) / 4
		if !less(e, s.heap[p]) {
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
			if less(s.heap[k], s.heap[best]) {
				best = k
			}
		}
		if !less(s.heap[best], last) {
			break
		}
		s.heap[i] = s.heap[best]
		i = best
	}
	s.heap[i] = last
	return top
}
