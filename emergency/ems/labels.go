package ems

import "slices"

// never is the time of no way, ms: two of them add up without overflow.
const never = uint32(1) << 30

// A graph is a directed graph with times, ms, in several modes.
type graph struct {
	n        int
	from, to []int32
	ms       [][]uint32 // by mode
}

// A contraction is a graph's nodes in the order of elimination: each node's neighbours that outlast it, its up, are a separator
// between what is below it and the rest. It knows no times.
type contraction struct {
	rank   []int32 // of each node
	node   []int32 // of each rank
	first  []int32 // up of rank r: head[first[r]:first[r+1]], ranks in rising order
	head   []int32
	depth  []int32   // of each rank in the elimination tree, 0 at a root
	label  []int64   // of each rank: where its labels begin
	size   int64     // of all labels
	leaps  [][]int32 // sparse table over the tree in preorder: the least depth of a parent
	visit  []int32   // of each rank: its place in preorder
	parent []int32
}

// contract eliminates the node of least degree first (Markowitz 1957), which keeps road networks sparse.
func contract(g graph) *contraction {
	adj := make([][]int32, g.n)
	for i, a := range g.from {
		if b := g.to[i]; a != b {
			adj[a], adj[b] = append(adj[a], b), append(adj[b], a)
		}
	}
	c := &contraction{rank: make([]int32, g.n), node: make([]int32, 0, g.n), first: make([]int32, g.n+1)}
	var buckets [][]int32
	put := func(v int32) {
		d := len(adj[v])
		for len(buckets) <= d {
			buckets = append(buckets, nil)
		}
		buckets[d] = append(buckets[d], v)
	}
	for v := range adj {
		slices.Sort(adj[v])
		adj[v] = slices.Compact(adj[v])
		c.rank[v] = -1
	}
	for v := g.n - 1; v >= 0; v-- {
		put(int32(v))
	}
	ups := make([][]int32, 0, g.n)
	var merged []int32
	for low := 0; len(c.node) < g.n; {
		for len(buckets[low]) == 0 {
			low++
		}
		b := buckets[low]
		v := b[len(b)-1]
		buckets[low] = b[:len(b)-1]
		if c.rank[v] >= 0 || len(adj[v]) != low {
			continue // an older entry
		}
		c.rank[v] = int32(len(c.node))
		c.node, ups = append(c.node, v), append(ups, adj[v])
		for _, u := range adj[v] {
			merged = merged[:0]
			a, w := adj[u], adj[v]
			for len(a) > 0 || len(w) > 0 {
				var x int32
				switch {
				case len(w) == 0 || len(a) > 0 && a[0] < w[0]:
					x, a = a[0], a[1:]
				case len(a) == 0 || w[0] < a[0]:
					x, w = w[0], w[1:]
				default:
					x, a, w = a[0], a[1:], w[1:]
				}
				if x != u && x != v {
					merged = append(merged, x)
				}
			}
			adj[u] = append(adj[u][:0:cap(adj[u])], merged...)
			put(u)
			low = min(low, len(adj[u]))
		}
	}
	c.parent = make([]int32, g.n)
	for r, up := range ups {
		for i, u := range up {
			up[i] = c.rank[u]
		}
		slices.Sort(up)
		c.parent[r] = -1
		if len(up) > 0 {
			c.parent[r] = up[0]
		}
		c.head = append(c.head, up...)
		c.first[r+1] = int32(len(c.head))
	}
	c.plant()
	return c
}

// plant numbers the elimination tree.
func (c *contraction) plant() {
	n := len(c.node)
	c.depth, c.label, c.visit = make([]int32, n), make([]int64, n), make([]int32, n)
	below := make([]int32, n) // nodes in the tree under each rank
	for r := range n {
		below[r]++
		if p := c.parent[r]; p >= 0 {
			below[p] += below[r]
		}
	}
	next := make([]int32, n) // of each rank: the preorder place of its next child
	least := make([]int32, n)
	root := int32(0)
	for r := n - 1; r >= 0; r-- {
		p := c.parent[r]
		if p < 0 {
			c.visit[r], c.depth[r] = root, 0
			root += below[r]
			least[c.visit[r]] = -1
		} else {
			c.visit[r], c.depth[r] = next[p], c.depth[p]+1
			next[p] += below[r]
			least[c.visit[r]] = c.depth[p]
		}
		next[r] = c.visit[r] + 1
		c.label[r], c.size = c.size, c.size+int64(c.depth[r])+1
	}
	c.leaps = [][]int32{least}
	for w := 1; 2*w <= n; w *= 2 {
		a := c.leaps[len(c.leaps)-1]
		b := make([]int32, n-2*w+1)
		for i := range b {
			b[i] = min(a[i], a[i+w])
		}
		c.leaps = append(c.leaps, b)
	}
}

// common returns how many ancestors, themselves included, ranks a and b have in common.
func (c *contraction) common(a, b int32) int32 {
	if a == b {
		return c.depth[a] + 1
	}
	i, j := c.visit[a], c.visit[b]
	if i > j {
		i, j = j, i
	}
	i++ // the least depth of a parent of those after the first up to the second
	w, k := int32(1), 0
	for 2*w <= j-i+1 {
		w, k = 2*w, k+1
	}
	t := c.leaps[k]
	return min(t[i], t[j-w+1]) + 1
}

// A labelling answers for one mode how long any way takes, exactly: each node keeps its times to and from all its ancestors in
// the elimination tree, the hubs that every way to another node passes one of (customization and search as in Dibbelt, Strasser
// and Wagner 2016, kept as labels).
type labelling struct {
	c       *contraction
	out, in []uint32 // by label: node to ancestor, ancestor to node
}

func (c *contraction) labels(g graph, mode int) *labelling {
	up, down := make([]uint32, len(c.head)), make([]uint32, len(c.head))
	for i := range up {
		up[i], down[i] = never, never
	}
	for i, a := range g.from {
		r, s := c.rank[a], c.rank[g.to[i]]
		if r == s {
			continue
		}
		w := up
		if r > s {
			r, s, w = s, r, down
		}
		k, _ := slices.BinarySearch(c.head[c.first[r]:c.first[r+1]], s)
		at := int(c.first[r]) + k
		w[at] = min(w[at], g.ms[mode][i])
	}
	for v := range g.n {
		lo, hi := c.first[v], c.first[v+1]
		for i := lo; i < hi; i++ {
			p := c.first[c.head[i]]
			for j := i + 1; j < hi; j++ {
				for w := c.head[j]; c.head[p] != w; {
					p++
				}
				up[p] = min(up[p], down[i]+up[j])
				down[p] = min(down[p], down[j]+up[i])
			}
		}
	}
	l := &labelling{c: c, out: make([]uint32, c.size), in: make([]uint32, c.size)}
	for r := g.n - 1; r >= 0; r-- {
		d := int64(c.depth[r])
		out, in := l.out[c.label[r]:c.label[r]+d+1], l.in[c.label[r]:c.label[r]+d+1]
		for i := range out {
			out[i], in[i] = never, never
		}
		out[d], in[d] = 0, 0
		for k := c.first[r]; k < c.first[r+1]; k++ {
			h := c.head[k]
			n := int64(c.depth[h]) + 1
			a, b := l.out[c.label[h]:c.label[h]+n], l.in[c.label[h]:c.label[h]+n]
			o, q := out[:n], in[:n]
			wo, wi := up[k], down[k]
			for i := range a {
				o[i] = min(o[i], wo+a[i])
				q[i] = min(q[i], wi+b[i])
			}
		}
	}
	return l
}

// between returns the ms of the quickest way from node a to node b, never if there is none.
func (l *labelling) between(a, b int32) uint32 {
	c := l.c
	a, b = c.rank[a], c.rank[b]
	n := int64(c.common(a, b))
	x, y := l.out[c.label[a]:c.label[a]+n], l.in[c.label[b]:c.label[b]+n]
	best := never
	for i := range x {
		best = min(best, x[i]+y[i])
	}
	return best
}
