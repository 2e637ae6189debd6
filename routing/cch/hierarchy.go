package cch

import (
	"fmt"
	"math"
	"slices"
)

// Unreachable is the distance to where no way leads. A weight of as much or more is of an arc that can't be used, and so is a
// way of as much.
const Unreachable = uint32(math.MaxInt32)

// A Hierarchy is a directed graph contracted in an order, whatever its weights: what customization, searches and updates need of its
// structure. Nodes are numbered anew inside, by rank, so that what hangs below a node in the elimination tree comes right
// before it. It is immutable.
type Hierarchy struct {
	rank   []int32 // of each node of the graph
	node   []int32 // of each rank
	first  []int32 // edges of rank v: first[v]:first[v+1], by head
	head   []int32 // the more important end of each edge
	tail   []int32 // the less important one
	level  []int32 // of the head of each edge: its depth in the elimination tree
	depth  []int32 // of each rank, 0 at a root
	parent []int32 // of each rank, len(rank) at a root
	below  []int32 // how many ranks hang below, itself among them
	deep   int32   // depths that there are

	downFirst []int32 // edges into rank v from below: down[downFirst[v]:downFirst[v+1]], by tail
	down      []int32
	downTail  []int32 // of each of down: the rank that it comes from

	// Triangles: for each rank v, each pair i < j of its edges, in order, the edge between their heads, counted from the first edge of
	// the head of i. No rank has as many as 1<<16 edges: those between its neighbours would exceed an int32. Nil where there are too
	// many to keep.
	third      []uint16
	thirdFirst []int

	arcTail, arcHead []int32
	slot             []int32 // of each arc of the graph: 2×edge, +1 if it leads down; -1: a loop
	arc              []int32 // of each slot: the first arc that it stands for, -1: none
	parallel         []int32 // the other arcs of a slot, by slot and number
}

// New contracts the graph of nodes 0…n-1 with the given arcs in the given order, least important node first.
func New(n int, tail, head, order []int32) (*Hierarchy, error) {
	if len(order) != n {
		return nil, fmt.Errorf("order has %d nodes, the graph %d", len(order), n)
	}
	at := make([]int32, n)
	for v := range at {
		at[v] = -1
	}
	for r, v := range order {
		if v < 0 || int(v) >= n || at[v] >= 0 {
			return nil, fmt.Errorf("order: node %d at place %d is not one of 0…%d or stands there twice", v, r, n-1)
		}
		at[v] = int32(r)
	}
	g := undirected(n, tail, head)
	h := &Hierarchy{arcTail: tail, arcHead: head}
	h.number(g, order, at)
	if err := h.contract(g); err != nil {
		return nil, err
	}
	h.triangles()
	h.place()
	return h, nil
}

// Nodes, Arcs and Edges are the sizes of the graph and of what contraction made of it.
func (h *Hierarchy) Nodes() int { return len(h.rank) }
func (h *Hierarchy) Arcs() int  { return len(h.arcHead) }
func (h *Hierarchy) Edges() int { return len(h.head) }

// number turns the places of nodes in an order into ranks: the elimination tree (Liu 1990, with path compression) in postorder,
// which fills as the order does.
func (h *Hierarchy) number(g links, order, at []int32) {
	n := len(order)
	parent, top := make([]int32, n), make([]int32, n) // by place
	for p, v := range order {
		parent[p], top[p] = -1, -1
		for _, u := range g.of(v) {
			q := at[u]
			if int(q) >= p {
				continue
			}
			for q >= 0 && int(q) != p {
				up := top[q]
				top[q] = int32(p)
				if up < 0 {
					parent[q] = int32(p)
				}
				q = up
			}
		}
	}
	child, sibling := make([]int32, n), make([]int32, n)
	for p := range child {
		child[p], sibling[p] = -1, -1
	}
	for p := n - 1; p >= 0; p-- { // so that the first child has the lowest place
		if q := parent[p]; q >= 0 {
			sibling[p], child[q] = child[q], int32(p)
		}
	}
	h.rank, h.node = make([]int32, n), make([]int32, 0, n)
	for root := range n {
		if parent[root] >= 0 {
			continue
		}
		for p := int32(root); p >= 0; {
			for child[p] >= 0 {
				p = child[p]
			}
			for {
				h.rank[order[p]] = int32(len(h.node))
				h.node = append(h.node, order[p])
				if int(p) == root {
					p = -1
					break
				}
				if sibling[p] >= 0 {
					p = sibling[p]
					break
				}
				p = parent[p]
			}
		}
	}
}

// contract joins the more important neighbours of each rank: its edges are its own and, but for the one to itself, those of its
// children.
func (h *Hierarchy) contract(g links) error {
	n := len(h.node)
	h.first, h.parent, h.below, h.depth = make([]int32, n+1), make([]int32, n), make([]int32, n), make([]int32, n)
	h.head = make([]int32, 0, 4*len(g.adj)/2)
	seen := make([]int32, n)
	child, sibling := make([]int32, n), make([]int32, n)
	for v := range child {
		child[v], seen[v] = -1, -1
	}
	for v := range int32(n) {
		from := len(h.head)
		seen[v] = v
		add := func(u int32) {
			if u > v && seen[u] != v {
				seen[u] = v
				h.head = append(h.head, u)
			}
		}
		for _, u := range g.of(h.node[v]) {
			add(h.rank[u])
		}
		h.below[v]++
		for c := child[v]; c >= 0; c = sibling[c] {
			for _, u := range h.head[h.first[c]:h.first[c+1]] {
				add(u)
			}
			h.below[v] += h.below[c]
		}
		if len(h.head) > math.MaxInt32/2 {
			return fmt.Errorf("contraction makes more than %d edges; give an order that keeps the cuts small", math.MaxInt32/2)
		}
		slices.Sort(h.head[from:])
		h.first[v+1] = int32(len(h.head))
		h.parent[v] = int32(n)
		if len(h.head) > from {
			p := h.head[from]
			h.parent[v] = p
			sibling[v], child[p] = child[p], v
		}
	}
	for v := n - 1; v >= 0; v-- {
		if p := h.parent[v]; int(p) < n {
			h.depth[v] = h.depth[p] + 1
		}
		h.deep = max(h.deep, h.depth[v]+1)
	}
	h.head = slices.Clip(h.head)
	h.tail, h.level = make([]int32, len(h.head)), make([]int32, len(h.head))
	h.downFirst, h.down, h.downTail = make([]int32, n+1), make([]int32, len(h.head)), make([]int32, len(h.head))
	for v := range int32(n) {
		for e := h.first[v]; e < h.first[v+1]; e++ {
			h.tail[e], h.level[e] = v, h.depth[h.head[e]]
			h.downFirst[h.head[e]+1]++
		}
	}
	for v := range n {
		h.downFirst[v+1] += h.downFirst[v]
	}
	fill := slices.Clone(h.downFirst[:n])
	for e, u := range h.head {
		h.down[fill[u]], h.downTail[fill[u]] = int32(e), h.tail[e]
		fill[u]++
	}
	return nil
}

// mostThirds is how many triangles are kept, half a gigabyte: road graphs of ten million nodes have fewer.
const mostThirds = 1 << 28

func (h *Hierarchy) triangles() {
	n := len(h.node)
	h.thirdFirst = make([]int, n+1)
	for v := range n {
		d := int(h.first[v+1] - h.first[v])
		h.thirdFirst[v+1] = h.thirdFirst[v] + d*(d-1)/2
	}
	if h.thirdFirst[n] > mostThirds {
		return
	}
	h.third = make([]uint16, 0, h.thirdFirst[n])
	for v := range n {
		heads := h.head[h.first[v]:h.first[v+1]]
		for i, u := range heads {
			at, k := h.head[h.first[u]:h.first[u+1]], 0
			for _, w := range heads[i+1:] {
				for at[k] != w {
					k++
				}
				h.third = append(h.third, uint16(k))
			}
		}
	}
}

// place finds the slot of each arc.
func (h *Hierarchy) place() {
	h.slot, h.arc = make([]int32, len(h.arcTail)), make([]int32, 2*len(h.head))
	for s := range h.arc {
		h.arc[s] = -1
	}
	for a := range h.arcTail {
		v, u, down := h.rank[h.arcTail[a]], h.rank[h.arcHead[a]], int32(0)
		if v == u {
			h.slot[a] = -1 // a loop is on no shortest way
			continue
		}
		if v > u {
			v, u, down = u, v, 1
		}
		k, _ := slices.BinarySearch(h.head[h.first[v]:h.first[v+1]], u)
		s := 2*(h.first[v]+int32(k)) + down
		h.slot[a] = s
		if h.arc[s] < 0 {
			h.arc[s] = int32(a)
		} else {
			h.parallel = append(h.parallel, int32(a))
		}
	}
	slices.SortStableFunc(h.parallel, func(a, b int32) int { return int(h.slot[a] - h.slot[b]) })
}

// edge finds the edge from rank v up to rank u, -1: none.
func (h *Hierarchy) edge(v, u int32) int32 {
	if k, ok := slices.BinarySearch(h.head[h.first[v]:h.first[v+1]], u); ok {
		return h.first[v] + int32(k)
	}
	return -1
}
