package cch

import (
	"slices"
	"sync"
	"sync/atomic"
)

// Targets is a set of nodes made ready for searches from one source to all of them: what can lie on the way down to one (RPHAST,
// Delling, Goldberg and Werneck 2011, on the elimination tree), with the weights of the moment. It is immutable.
type Targets struct {
	m     *Metric
	at    []int32 // of each target: its place among the ranks taken
	local []int32 // of each rank: its place plus one, 0: not taken
	first []int32 // edges of place i: edge[first[i]:first[i+1]]
	edge  []upper
}

// An upper is the more important end of an edge, by place, and the weight from there.
type upper struct{ head, weight uint32 }

// Targets takes nodes as targets under m's weights of now.
func (m *Metric) Targets(nodes []int32) *Targets {
	h := m.h
	n := int32(len(h.node))
	t := &Targets{m: m, at: make([]int32, len(nodes)), local: make([]int32, n)}
	var ranks []int32
	for _, x := range nodes {
		for v := h.rank[x]; v < n && t.local[v] == 0; v = h.parent[v] {
			t.local[v] = 1
			ranks = append(ranks, v)
		}
	}
	slices.Sort(ranks)
	slices.Reverse(ranks)
	t.first = make([]int32, 1, len(ranks)+1)
	for i, v := range ranks {
		t.local[v] = int32(i) + 1
		for e := h.first[v]; e < h.first[v+1]; e++ {
			if w := m.edge[e][1]; w < Unreachable {
				t.edge = append(t.edge, upper{uint32(t.local[h.head[e]] - 1), w})
			}
		}
		t.first = append(t.first, int32(len(t.edge)))
	}
	for i, x := range nodes {
		t.at[i] = t.local[h.rank[x]] - 1
	}
	return t
}

// A Sweep is the working memory of searches to Targets; one goroutine at a time may use it.
type Sweep struct {
	t    *Targets
	dist []uint32 // by place
	up   *Query
}

// Sweep returns working memory.
func (t *Targets) Sweep() *Sweep {
	return &Sweep{t: t, dist: make([]uint32, len(t.first)-1), up: t.m.Query()}
}

// From writes the distances from source to each target into out, Unreachable where there is no way.
func (s *Sweep) From(source int32, out []uint32) {
	t, h := s.t, s.t.m.h
	for i := range s.dist {
		s.dist[i] = Unreachable
	}
	v, n := h.rank[source], int32(len(h.node))
	from := s.up.begin(0, v)
	for ; v < n; v = h.parent[v] {
		x := from[h.depth[v]]
		if x >= Unreachable {
			continue
		}
		if i := t.local[v]; i > 0 {
			s.dist[i-1] = x
		}
		lo, hi := h.first[v], h.first[v+1]
		level := h.level[lo:hi]
		for k, w := range t.m.edge[lo:hi] {
			d := &from[level[k]]
			*d = min(*d, x+w[0])
		}
	}
	dist := s.dist
	lo := t.first[0]
	for i, hi := range t.first[1:] {
		d := dist[i]
		for _, e := range t.edge[lo:hi] {
			d = min(d, dist[e.head]+e.weight)
		}
		dist[i] = d
		lo = hi
	}
	for i, at := range t.at {
		out[i] = dist[at]
	}
}

// Table returns the distances from each of sources to each of targets, a row a source, the same for any number of threads.
func (m *Metric) Table(sources, targets []int32, threads int) [][]uint32 {
	t := m.Targets(targets)
	rows := make([][]uint32, len(sources))
	var next atomic.Int64
	var wg sync.WaitGroup
	for range max(1, min(threads, len(sources))) {
		wg.Go(func() {
			s := t.Sweep()
			for k := int(next.Add(1)) - 1; k < len(rows); k = int(next.Add(1)) - 1 {
				rows[k] = make([]uint32, len(targets))
				s.From(sources[k], rows[k])
			}
		})
	}
	wg.Wait()
	return rows
}

// lanes is how many sets a sweep over all nodes serves: an edge's weight is read once for all of them.
const lanes = 4

// ToSets writes into out, for each set of nodes, the distance from every node to the nearest of the set (PHAST, Delling et al.
// 2011, backwards).
func (m *Metric) ToSets(sets [][]int32, out [][]uint32) {
	h := m.h
	n := len(h.node)
	left := make([][lanes]uint32, n)
	for at := 0; at < len(sets); at += lanes {
		some := sets[at:min(at+lanes, len(sets))]
		for v := range left {
			left[v] = [lanes]uint32{Unreachable, Unreachable, Unreachable, Unreachable}
		}
		for k, set := range some {
			for _, x := range set {
				left[h.rank[x]][k] = 0
			}
			for _, x := range set {
				for v := h.rank[x]; int(v) < n; v = h.parent[v] {
					d := left[v][k]
					for e := h.first[v]; e < h.first[v+1]; e++ {
						u := &left[h.head[e]][k]
						*u = min(*u, d+m.edge[e][1])
					}
				}
			}
		}
		for v := n - 1; v >= 0; v-- {
			mine := &left[v]
			d0, d1, d2, d3 := mine[0], mine[1], mine[2], mine[3]
			lo, hi := h.first[v], h.first[v+1]
			heads := h.head[lo:hi]
			for k, w := range m.edge[lo:hi] {
				u := &left[heads[k]]
				d0 = min(d0, u[0]+w[0])
				d1 = min(d1, u[1]+w[0])
				d2 = min(d2, u[2]+w[0])
				d3 = min(d3, u[3]+w[0])
			}
			*mine = [lanes]uint32{d0, d1, d2, d3}
		}
		for k := range some {
			for x, v := range h.rank {
				out[at+k][x] = left[v][k]
			}
		}
	}
}
