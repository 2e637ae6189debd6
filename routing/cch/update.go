package cch

// A change is the working memory of Update.
type change struct {
	state []uint8     // of each edge
	low   [2][]uint32 // of each edge that waits: the least that a shorter way offers
	heap  []int32     // edges that wait, the least important first
}

// What an edge waits for.
const (
	shorter = 1 << iota // something shorter is on offer
	longer              // what its weight came from has become longer: all its triangles must be seen again
)

// Update takes in new weights of some arcs, in the order of arcs. It costs what changes: edges are seen again from the least
// important on, and only those whose weight came over a changed one or that are offered less (Dibbelt, Strasser and Wagner
// 2016, section 5.3).
func (m *Metric) Update(arcs []int32, weights []uint32) {
	h := m.h
	if m.change == nil {
		m.change = &change{state: make([]uint8, len(h.head))}
		for k := range 2 {
			m.change.low[k] = make([]uint32, len(h.head))
		}
	}
	c := m.change
	// An arc may stand there twice, and the last weight counts: what is longer is judged on the way, what is shorter at the end.
	for k, a := range arcs {
		w := min(weights[k], Unreachable)
		if s := h.slot[a]; s >= 0 {
			if old := m.edge[s/2][s%2]; m.weight[a] <= old && w > old {
				c.again(s / 2)
			}
		}
		m.weight[a] = w
	}
	for _, a := range arcs {
		if s := h.slot[a]; s >= 0 && m.weight[a] < m.edge[s/2][s%2] {
			c.offer(s/2, int(s%2), m.weight[a])
		}
	}
	for len(c.heap) > 0 {
		e := c.pop()
		old := m.edge[e]
		x := old
		if c.state[e]&longer != 0 {
			x = m.below(e)
		} else {
			x[0], x[1] = min(x[0], c.low[0][e]), min(x[1], c.low[1][e])
		}
		c.state[e] = 0
		if x == old {
			continue
		}
		m.edge[e] = x
		v := h.tail[e]
		first, i := h.first[v], int(e-h.first[v])
		degree := int(h.first[v+1] - first)
		for j := range degree {
			if j == i {
				continue
			}
			// Over v from one head to the other and back: up the edge to the one, down the edge to the other.
			y := m.edge[first+int32(j)]
			if j < i {
				t := h.close(v, j, i)
				c.offered(m, t, 0, y[1], old[0], x[0])
				c.offered(m, t, 1, y[0], old[1], x[1])
			} else {
				t := h.close(v, i, j)
				c.offered(m, t, 0, y[0], old[1], x[1])
				c.offered(m, t, 1, y[1], old[0], x[0])
			}
		}
	}
}

// close returns the edge between the heads of the i-th and the j-th edge of rank v, i < j: pair (i, j) is the
// i·(2·degree−i−1)/2 + j−i−1st.
func (h *Hierarchy) close(v int32, i, j int) int32 {
	first := h.first[v]
	if h.third == nil {
		return h.edge(h.head[first+int32(i)], h.head[first+int32(j)])
	}
	degree := int(h.first[v+1] - first)
	return h.first[h.head[first+int32(i)]] + int32(h.third[h.thirdFirst[v]+i*(2*degree-i-1)/2+j-i-1])
}

// offered marks edge t when a way over it and an edge of weight y, which went from was to is, shortens it or was its own and has
// become longer.
func (c *change) offered(m *Metric, t int32, dir int, y, was, is uint32) {
	if was == is || y >= Unreachable {
		return
	}
	w := m.edge[t][dir]
	if is < was {
		if is+y < w {
			c.offer(t, dir, is+y)
		}
	} else if was+y <= w { // less: it is on offer by a change before this one
		c.again(t)
	}
}

func (c *change) offer(e int32, dir int, w uint32) {
	if c.state[e] == 0 {
		c.push(e)
	}
	if c.state[e]&shorter == 0 {
		c.low[0][e], c.low[1][e] = Unreachable, Unreachable
		c.state[e] |= shorter
	}
	c.low[dir][e] = min(c.low[dir][e], w)
}

func (c *change) again(e int32) {
	if c.state[e] == 0 {
		c.push(e)
	}
	c.state[e] |= longer
}

// below returns the weights of edge e anew: those of its arcs and of the ways over less important nodes.
func (m *Metric) below(e int32) [2]uint32 {
	h := m.h
	x := [2]uint32{Unreachable, Unreachable}
	for dir := range int32(2) {
		if a := m.direct(2*e + dir); a >= 0 {
			x[dir] = m.weight[a]
		}
	}
	v, u := h.tail[e], h.head[e]
	i, iEnd := h.downFirst[v], h.downFirst[v+1]
	j, jEnd := h.downFirst[u], h.downFirst[u+1]
	j = h.skip(j, jEnd, v-h.below[v]+1)
	for i < iEnd && j < jEnd {
		s, t := h.downTail[i], h.downTail[j]
		if s == t {
			p, q := m.edge[h.down[i]], m.edge[h.down[j]]
			x[0] = min(x[0], p[1]+q[0])
			x[1] = min(x[1], p[0]+q[1])
		}
		if s <= t {
			i++
		}
		if t <= s {
			j++
		}
	}
	return x
}

func (c *change) push(e int32) {
	c.heap = append(c.heap, e)
	i := len(c.heap) - 1
	for i > 0 {
		p := (i - 1) / 2
		if c.heap[p] <= e {
			break
		}
		c.heap[i] = c.heap[p]
		i = p
	}
	c.heap[i] = e
}

func (c *change) pop() int32 {
	top, last := c.heap[0], c.heap[len(c.heap)-1]
	c.heap = c.heap[:len(c.heap)-1]
	n := len(c.heap)
	if n == 0 {
		return top
	}
	i := 0
	for {
		k := 2*i + 1
		if k >= n {
			break
		}
		if k+1 < n && c.heap[k+1] < c.heap[k] {
			k++
		}
		if c.heap[k] >= last {
			break
		}
		c.heap[i] = c.heap[k]
		i = k
	}
	c.heap[i] = last
	return top
}
