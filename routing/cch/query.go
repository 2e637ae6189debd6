package cch

// A Query is the working memory of searches between two nodes; one goroutine at a time may use it. The two searches climb the
// elimination tree from either end: all they reach stands on the way up to its root, so that depth tells nodes apart.
type Query struct {
	m     *Metric
	dist  [2][]uint32 // by depth: from the source, to the target
	by    [2][]int32  // by depth: the edge by which the best way comes, for paths
	stack []int32
}

// Query returns working memory for searches in m.
func (m *Metric) Query() *Query {
	q := &Query{m: m}
	for k := range 2 {
		q.dist[k], q.by[k] = make([]uint32, m.h.deep), make([]int32, m.h.deep)
	}
	return q
}

// Distance returns the length of a shortest way from source to target, Unreachable where there is none.
func (q *Query) Distance(source, target int32) uint32 {
	h := q.m.h
	s, t, n := h.rank[source], h.rank[target], int32(len(h.node))
	from, to := q.begin(0, s), q.begin(1, t)
	for s != t {
		if s < t {
			if x := from[h.depth[s]]; x < Unreachable {
				lo, hi := h.first[s], h.first[s+1]
				level := h.level[lo:hi]
				for k, w := range q.m.edge[lo:hi] {
					d := &from[level[k]]
					*d = min(*d, x+w[0])
				}
			}
			s = h.parent[s]
		} else {
			if x := to[h.depth[t]]; x < Unreachable {
				lo, hi := h.first[t], h.first[t+1]
				level := h.level[lo:hi]
				for k, w := range q.m.edge[lo:hi] {
					d := &to[level[k]]
					*d = min(*d, x+w[1])
				}
			}
			t = h.parent[t]
		}
	}
	best := Unreachable
	for ; s < n; s = h.parent[s] {
		x, y := from[h.depth[s]], to[h.depth[s]]
		best = min(best, x+y)
		if x >= best && y >= best {
			continue
		}
		lo, hi := h.first[s], h.first[s+1]
		level := h.level[lo:hi]
		edges := q.m.edge[lo:hi]
		switch {
		case y >= best:
			for k, w := range edges {
				d := &from[level[k]]
				*d = min(*d, x+w[0])
			}
		case x >= best:
			for k, w := range edges {
				d := &to[level[k]]
				*d = min(*d, y+w[1])
			}
		default:
			for k, w := range edges {
				d, e := &from[level[k]], &to[level[k]]
				*d = min(*d, x+w[0])
				*e = min(*e, y+w[1])
			}
		}
	}
	return best
}

// begin clears what stands above rank v and puts the search there.
func (q *Query) begin(k int, v int32) []uint32 {
	d := q.dist[k][:q.m.h.depth[v]+1]
	for i := range d {
		d[i] = Unreachable
	}
	d[len(d)-1] = 0
	return d
}

// climb relaxes the edges of rank v and notes by which one the best way comes.
func (q *Query) climb(k int, v int32) {
	h := q.m.h
	dist, by := q.dist[k], q.by[k]
	x := dist[h.depth[v]]
	for e := h.first[v]; e < h.first[v+1]; e++ {
		l := h.level[e]
		if d := x + q.m.edge[e][k]; d < dist[l] {
			dist[l], by[l] = d, e
		}
	}
}

// Path appends the arcs of a shortest way from source to target to path and returns it with the way's length; Unreachable
// where there is none.
func (q *Query) Path(source, target int32, path []int32) ([]int32, uint32) {
	h := q.m.h
	s, t, n := h.rank[source], h.rank[target], int32(len(h.node))
	from, to := q.begin(0, s), q.begin(1, t)
	a, b := s, t
	for a != b {
		if a < b {
			if from[h.depth[a]] < Unreachable {
				q.climb(0, a)
			}
			a = h.parent[a]
		} else {
			if to[h.depth[b]] < Unreachable {
				q.climb(1, b)
			}
			b = h.parent[b]
		}
	}
	best, meet := Unreachable, int32(-1)
	for ; a < n; a = h.parent[a] {
		x, y := from[h.depth[a]], to[h.depth[a]]
		if x+y < best {
			best, meet = x+y, a
		}
		if x < best {
			q.climb(0, a)
		}
		if y < best {
			q.climb(1, a)
		}
	}
	if meet < 0 {
		return path, Unreachable
	}
	q.stack = q.stack[:0]
	for v := meet; v != s; {
		e := q.by[0][h.depth[v]]
		q.stack = append(q.stack, 2*e)
		v = h.tail[e]
	}
	path = q.unpack(path)
	for v := meet; v != t; {
		e := q.by[1][h.depth[v]]
		q.stack = append(q.stack, 2*e+1)
		path = q.unpack(path)
		v = h.tail[e]
	}
	return path, best
}

// unpack appends the arcs that the slots on the stack stand for, the topmost first.
func (q *Query) unpack(path []int32) []int32 {
	m, h := q.m, q.m.h
	for len(q.stack) > 0 {
		s := q.stack[len(q.stack)-1]
		q.stack = q.stack[:len(q.stack)-1]
		w := m.edge[s/2][s%2]
		if a := m.direct(s); a >= 0 && m.weight[a] == w {
			path = append(path, a)
			continue
		}
		// Over the less important node on which both ends are joined: down to it from where the way comes, up from it.
		v, u := h.tail[s/2], h.head[s/2]
		out := int(s % 2) // 0: the way begins at v
		i, iEnd := h.downFirst[v], h.downFirst[v+1]
		j, jEnd := h.downFirst[u], h.downFirst[u+1]
		j = h.skip(j, jEnd, v-h.below[v]+1)
		for i < iEnd && j < jEnd {
			x, y := h.downTail[i], h.downTail[j]
			if x < y {
				i++
			} else if y < x {
				j++
			} else {
				a, b := h.down[i], h.down[j]
				if m.edge[a][1-out]+m.edge[b][out] == w {
					if out == 0 { // v → x → u
						q.stack = append(q.stack, 2*b, 2*a+1)
					} else { // u → x → v
						q.stack = append(q.stack, 2*a, 2*b+1)
					}
					break
				}
				i++
				j++
			}
		}
	}
	return path
}

// skip returns the first of the down edges i…end-1 that comes from rank v or above.
func (h *Hierarchy) skip(i, end, v int32) int32 {
	for i < end {
		mid := (i + end) / 2
		if h.downTail[mid] < v {
			i = mid + 1
		} else {
			end = mid
		}
	}
	return i
}

// direct returns the lightest arc of a slot, the lowest number among equals; -1: none.
func (m *Metric) direct(s int32) int32 {
	h := m.h
	best := h.arc[s]
	if best < 0 || len(h.parallel) == 0 {
		return best
	}
	for k := lowest(h.parallel, h.slot, s); k < len(h.parallel) && h.slot[h.parallel[k]] == s; k++ {
		if a := h.parallel[k]; m.weight[a] < m.weight[best] {
			best = a
		}
	}
	return best
}

// lowest is the first of arcs, which are sorted by slot, whose slot is not below s.
func lowest(arcs, slot []int32, s int32) int {
	lo, hi := 0, len(arcs)
	for lo < hi {
		if mid := (lo + hi) / 2; slot[arcs[mid]] < s {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	return lo
}
