package cch

// A Potential tells how far nodes are from a target, one by one as they are asked for: exact distances, which guide a search under
// weights that are never less (CCH-potentials, Strasser and Zeitz 2021). It is working memory, for one goroutine at a time.
type Potential struct {
	m     *Metric
	down  []uint32 // by rank: over edges that lead down to the target alone
	left  []uint32 // by rank: the distance, where known
	known []bool
	stack []int32
}

// A Seed is a node from which the target is a further distance away.
type Seed struct {
	Node int32
	Left uint32
}

// Potential returns the distances to whichever of the seeds is the closest.
func (m *Metric) Potential(seeds []Seed) *Potential {
	h := m.h
	n := int32(len(h.node))
	p := &Potential{m: m, down: make([]uint32, n), left: make([]uint32, n), known: make([]bool, n)}
	for v := range p.down {
		p.down[v] = Unreachable
	}
	for _, s := range seeds {
		v := h.rank[s.Node]
		p.down[v] = min(p.down[v], s.Left)
	}
	for _, s := range seeds {
		for v := h.rank[s.Node]; v < n; v = h.parent[v] {
			if x := p.down[v]; x < Unreachable {
				for e := h.first[v]; e < h.first[v+1]; e++ {
					d := &p.down[h.head[e]]
					*d = min(*d, x+m.edge[e][1])
				}
			}
		}
	}
	return p
}

// To returns the distance of node from the nearest seed, Unreachable where there is no way.
func (p *Potential) To(node int32) uint32 {
	h := p.m.h
	n := int32(len(h.node))
	v := h.rank[node]
	p.stack = p.stack[:0]
	for u := v; u < n && !p.known[u]; u = h.parent[u] {
		p.stack = append(p.stack, u)
	}
	for k := len(p.stack) - 1; k >= 0; k-- {
		u := p.stack[k]
		d := p.down[u]
		for e := h.first[u]; e < h.first[u+1]; e++ {
			d = min(d, p.m.edge[e][0]+p.left[h.head[e]])
		}
		p.left[u], p.known[u] = d, true
	}
	return p.left[v]
}
