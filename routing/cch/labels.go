package cch

// Labels answer how far any node is from any other, in a time that does not depend on how far that is: each node keeps its distances to
// and from all its ancestors in the elimination tree, one of which every way to another node passes. They need memory of a node's depth
// for each node, and are not changed when the metric is. Searches may share them.
type Labels struct {
	h       *Hierarchy
	first   []int64  // of each rank: where its labels begin, by depth
	out, in []uint32 // node to ancestor, ancestor to node
	least   [][]int32
}

// Labels works the labels of m out.
func (m *Metric) Labels() *Labels {
	h := m.h
	n := len(h.node)
	l := &Labels{h: h, first: make([]int64, n+1)}
	for v := range n {
		l.first[v+1] = l.first[v] + int64(h.depth[v]) + 1
	}
	l.out, l.in = make([]uint32, l.first[n]), make([]uint32, l.first[n])
	for v := n - 1; v >= 0; v-- {
		d := int64(h.depth[v])
		out, in := l.out[l.first[v]:l.first[v+1]], l.in[l.first[v]:l.first[v+1]]
		for i := range out {
			out[i], in[i] = Unreachable, Unreachable
		}
		out[d], in[d] = 0, 0
		for e := h.first[v]; e < h.first[v+1]; e++ {
			u := h.head[e]
			a, b := l.out[l.first[u]:l.first[u+1]], l.in[l.first[u]:l.first[u+1]]
			o, q := out[:len(a)], in[:len(b)]
			up, down := m.edge[e][0], m.edge[e][1]
			for i := range a {
				o[i] = min(o[i], up+a[i])
				q[i] = min(q[i], down+b[i])
			}
		}
	}
	// Ranks are in postorder: what lies from the lower of two ranks up to before the higher one hangs below their last common ancestor,
	// and one of it right below. So the least depth of a parent there is that ancestor's.
	row := make([]int32, n)
	for v := range row {
		row[v] = -1
		if p := h.parent[v]; int(p) < n {
			row[v] = h.depth[p]
		}
	}
	l.least = [][]int32{row}
	for w := 1; 2*w <= n; w *= 2 {
		a := l.least[len(l.least)-1]
		b := make([]int32, n-2*w+1)
		for i := range b {
			b[i] = min(a[i], a[i+w])
		}
		l.least = append(l.least, b)
	}
	return l
}

// common is how many ancestors, themselves included, ranks a and b have in common.
func (l *Labels) common(a, b int32) int32 {
	if a == b {
		return l.h.depth[a] + 1
	}
	a, b = min(a, b), max(a, b)
	w, k := int32(1), 0
	for 2*w <= b-a {
		w, k = 2*w, k+1
	}
	t := l.least[k]
	return min(t[a], t[b-w]) + 1
}

// Between returns the distance from one node to another, Unreachable where there is no way.
func (l *Labels) Between(from, to int32) uint32 {
	a, b := l.h.rank[from], l.h.rank[to]
	n := int64(l.common(a, b))
	x, y := l.out[l.first[a]:l.first[a]+n], l.in[l.first[b]:l.first[b]+n]
	best := Unreachable
	for i := range x {
		best = min(best, x[i]+y[i])
	}
	return best
}
