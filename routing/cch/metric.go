package cch

import (
	"slices"
	"sync"
	"sync/atomic"
)

// A Metric is a hierarchy under weights. Searches may share it; Customize and Update need it alone.
type Metric struct {
	h      *Hierarchy
	weight []uint32    // of each arc of the graph
	edge   [][2]uint32 // of each edge, up and down: the shortest way over less important nodes
	change *change
}

// Metric makes the hierarchy ready for searches under weights, one for each arc: Unreachable or more is an arc that can't be used.
func (h *Hierarchy) Metric(weights []uint32, threads int) *Metric {
	m := &Metric{h: h, weight: make([]uint32, len(h.arcHead)), edge: make([][2]uint32, len(h.head))}
	m.Customize(weights, threads)
	return m
}

// Clone returns a metric of its own memory.
func (m *Metric) Clone() *Metric {
	return &Metric{h: m.h, weight: slices.Clone(m.weight), edge: slices.Clone(m.edge)}
}

// Weight returns the weight of an arc.
func (m *Metric) Weight(arc int32) uint32 { return m.weight[arc] }

// Hierarchy returns what m weighs.
func (m *Metric) Hierarchy() *Hierarchy { return m.h }

// Customize takes in weights anew. The result is the same for any number of threads.
func (m *Metric) Customize(weights []uint32, threads int) {
	for a, w := range weights[:len(m.weight)] {
		m.weight[a] = min(w, Unreachable)
	}
	m.base()
	h := m.h
	n := int32(len(h.node))
	if threads <= 1 || n < 1000 {
		for v := range n {
			m.over(v, 0, n)
		}
		return
	}
	m.parallel(threads)
}

// base gives each edge the weight of its arcs alone.
func (m *Metric) base() {
	h := m.h
	for e := range m.edge {
		x := [2]uint32{Unreachable, Unreachable}
		if a := h.arc[2*e]; a >= 0 {
			x[0] = m.weight[a]
		}
		if a := h.arc[2*e+1]; a >= 0 {
			x[1] = m.weight[a]
		}
		m.edge[e] = x
	}
	for _, a := range h.parallel {
		s := h.slot[a]
		m.edge[s/2][s%2] = min(m.edge[s/2][s%2], m.weight[a])
	}
}

// over offers the ways over rank v to the edges between its neighbours (lower triangles), as far as these begin at ranks from
// lo to hi-1.
func (m *Metric) over(v, lo, hi int32) {
	h := m.h
	mine := m.edge[h.first[v]:h.first[v+1]]
	heads := h.head[h.first[v]:h.first[v+1]]
	if h.third == nil {
		m.search(mine, heads, lo, hi)
		return
	}
	third := h.third[h.thirdFirst[v]:h.thirdFirst[v+1]]
	for i, x := range mine {
		rest := mine[i+1:]
		at := third[:len(rest)]
		third = third[len(rest):]
		u := heads[i]
		if u < lo || u >= hi {
			continue
		}
		to := m.edge[h.first[u]:h.first[u+1]]
		for k, y := range rest {
			t := &to[at[k]]
			t[0] = min(t[0], x[1]+y[0])
			t[1] = min(t[1], x[0]+y[1])
		}
	}
}

// search is over where the triangles are not kept: the edge that closes one is looked for.
func (m *Metric) search(mine [][2]uint32, heads []int32, lo, hi int32) {
	for i, x := range mine {
		u := heads[i]
		if u < lo || u >= hi {
			continue
		}
		e := m.h.first[u]
		for j := i + 1; j < len(mine); j++ {
			for m.h.head[e] != heads[j] {
				e++
			}
			y, t := mine[j], &m.edge[e]
			t[0] = min(t[0], x[1]+y[0])
			t[1] = min(t[1], x[0]+y[1])
		}
	}
}

// parallel customizes whole subtrees of the elimination tree side by side, then what they offer to the ranks above them, each
// thread to other ranks, then those.
func (m *Metric) parallel(threads int) {
	h := m.h
	n := int32(len(h.node))
	most := h.thirdFirst[n] / (8 * threads)
	var roots []int32 // of disjoint subtrees, by rank
	for v := n - 1; v >= 0; {
		from := v - h.below[v] + 1
		if h.thirdFirst[v+1]-h.thirdFirst[from] <= most || from == v {
			roots = append(roots, v)
			v = from - 1
		} else {
			v--
		}
	}
	slices.Reverse(roots)
	inTree := make([]bool, n)
	for _, r := range roots {
		for v := r - h.below[r] + 1; v <= r; v++ {
			inTree[v] = true
		}
	}
	var next atomic.Int64
	var wg sync.WaitGroup
	for range threads {
		wg.Go(func() {
			for {
				k := int(next.Add(1)) - 1
				if k >= len(roots) {
					return
				}
				r := roots[k]
				for v := r - h.below[r] + 1; v <= r; v++ {
					m.over(v, 0, r+1)
				}
			}
		})
	}
	wg.Wait()
	top := make([]int32, 0, n/8) // ranks above the subtrees
	for v := range n {
		if !inTree[v] {
			top = append(top, v)
		}
	}
	if len(top) == 0 {
		return
	}
	// Thread k takes what begins at ranks from bounds[k] to bounds[k+1]-1: equal numbers of edges from below.
	into := 0
	for _, v := range top {
		into += int(h.downFirst[v+1] - h.downFirst[v])
	}
	bounds, sum := []int32{0}, 0
	for _, v := range top {
		if sum += int(h.downFirst[v+1] - h.downFirst[v]); sum*threads >= into*len(bounds) && len(bounds) < threads {
			bounds = append(bounds, v+1)
		}
	}
	bounds = append(bounds, n)
	for k := range len(bounds) - 1 {
		wg.Go(func() {
			for _, r := range roots {
				lo := max(bounds[k], r+1)
				if lo >= bounds[k+1] {
					continue
				}
				for v := r - h.below[r] + 1; v <= r; v++ {
					m.over(v, lo, bounds[k+1])
				}
			}
		})
	}
	wg.Wait()
	for _, v := range top {
		m.over(v, 0, n)
	}
}
