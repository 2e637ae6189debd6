package routing

import (
	"slices"

	"citybrain/city"
)

// never is the weight of what can't be entered: two of them add up without overflow.
const never = uint32(1) << 30

// A hierarchy is a customizable contraction hierarchy (Dibbelt, Strasser and Wagner 2016) of links joined by turns: its arcs
// depend on the streets alone, their weights on the metric of the moment. Everything is numbered by rank, the least important
// link first. It is immutable.
type hierarchy struct {
	rank   []int32 // of each link
	link   []int32 // of each rank
	first  []int32 // arcs of rank v: first[v]:first[v+1], by head
	head   []int32 // the more important end of each arc
	parent []int32 // in the elimination tree, -1 at a root
	turnAt []int32 // of each entry of Graph.in: its arc …
	turnUp []bool  // … and whether it leads from the less important end to the more important one
}

func newHierarchy(g *Graph, s *city.Streets) *hierarchy {
	n := g.Links
	// The undirected graph of links: each pair once.
	pairs := make([][]int32, n)
	for to := range n {
		for _, t := range g.in[g.first[to]:g.first[to+1]] {
			if int(t.from) != to {
				pairs[to] = append(pairs[to], t.from)
				pairs[t.from] = append(pairs[t.from], int32(to))
			}
		}
	}
	first, adj := make([]int32, n+1), make([]int32, 0, 2*len(g.in))
	for v := range pairs {
		slices.Sort(pairs[v])
		adj = append(adj, slices.Compact(pairs[v])...)
		first[v+1] = int32(len(adj))
	}
	h := &hierarchy{link: order(s), rank: make([]int32, n), first: make([]int32, n+1), parent: make([]int32, n)}
	for r, l := range h.link {
		h.rank[l] = int32(r)
	}
	// Contraction: the upper neighbours of a rank, but for the first, become neighbours of the first.
	up := make([][]int32, n)
	for v := range n {
		for _, u := range adj[first[v]:first[v+1]] {
			if a, b := h.rank[v], h.rank[u]; a < b {
				up[a] = append(up[a], b)
			}
		}
	}
	for v := range n {
		slices.Sort(up[v])
		up[v] = slices.Compact(up[v])
		h.parent[v] = -1
		if len(up[v]) > 0 {
			p := up[v][0]
			h.parent[v] = p
			up[p] = append(up[p], up[v][1:]...)
		}
		h.head = append(h.head, up[v]...)
		h.first[v+1] = int32(len(h.head))
	}
	h.turnAt, h.turnUp = make([]int32, len(g.in)), make([]bool, len(g.in))
	for to := range n {
		for i := g.first[to]; i < g.first[to+1]; i++ {
			a, b := h.rank[g.in[i].from], h.rank[to]
			h.turnUp[i] = a < b
			if a == b {
				h.turnAt[i] = -1 // a link that turns into itself is on no shortest way
				continue
			}
			if a > b {
				a, b = b, a
			}
			k, _ := slices.BinarySearch(h.head[h.first[a]:h.first[a+1]], b)
			h.turnAt[i] = h.first[a] + int32(k)
		}
	}
	return h
}

// A Metric is the weights of a moment, made ready for many searches. It is immutable and safe for concurrent use.
type Metric struct {
	g        *Graph
	enter    []uint32 // ms of each link, never when it can't be entered
	up, down []uint32 // of each arc of the hierarchy, towards its head and back
}

// Metric prepares weights, the seconds that each link takes: it pays from about five goals on.
func (g *Graph) Metric(weights []float32) *Metric {
	h := g.order
	m := &Metric{g: g, enter: make([]uint32, g.Links), up: make([]uint32, len(h.head)), down: make([]uint32, len(h.head))}
	for i := range m.up {
		m.up[i], m.down[i] = never, never
	}
	for to := range g.Links {
		w := millis(weights[to])
		m.enter[to] = w
		if w == never {
			continue
		}
		for i := g.first[to]; i < g.first[to+1]; i++ {
			k := h.turnAt[i]
			if k < 0 {
				continue
			}
			if c := w + g.in[i].cost; h.turnUp[i] {
				m.up[k] = min(m.up[k], c)
			} else {
				m.down[k] = min(m.down[k], c)
			}
		}
	}
	// Customization: over each rank, from below, the ways between its upper neighbours that lead over it (lower triangles).
	up, down := m.up, m.down
	for v := range g.Links {
		lo, hi := h.first[v], h.first[v+1]
		for i := lo; i < hi; i++ {
			p := h.first[h.head[i]]
			upI, downI := up[i], down[i]
			if upI == never && downI == never {
				continue
			}
			for j := i + 1; j < hi; j++ {
				for w := h.head[j]; h.head[p] != w; {
					p++
				}
				up[p] = min(up[p], downI+up[j])
				down[p] = min(down[p], down[j]+upI)
			}
		}
	}
	return m
}

// lanes is how many goals a sweep serves: an arc's weight is read once for all of them.
const lanes = 4

// Trees returns the shortest ways to each of goals.
func (m *Metric) Trees(goals []int32) []*Tree {
	g, h := m.g, m.g.order
	trees := make([]*Tree, len(goals))
	left := make([][lanes]uint32, g.Links)
	for at := 0; at < len(goals); at += lanes {
		some := goals[at:min(at+lanes, len(goals))]
		for v := range left {
			left[v] = [lanes]uint32{never, never, never, never}
		}
		for k, goal := range some {
			for _, l := range g.ends[goal] {
				left[h.rank[l]][k] = 0
			}
			for _, l := range g.ends[goal] {
				for v := h.rank[l]; v >= 0; v = h.parent[v] {
					d := left[v][k]
					for i := h.first[v]; i < h.first[v+1]; i++ {
						if c := d + m.down[i]; c < left[h.head[i]][k] {
							left[h.head[i]][k] = c
						}
					}
				}
			}
		}
		for v := g.Links - 1; v >= 0; v-- {
			d := left[v]
			for i := h.first[v]; i < h.first[v+1]; i++ {
				w, u := m.up[i], &left[h.head[i]]
				d[0] = min(d[0], u[0]+w)
				d[1] = min(d[1], u[1]+w)
				d[2] = min(d[2], u[2]+w)
				d[3] = min(d[3], u[3]+w)
			}
			left[v] = d
		}
		for k, goal := range some {
			t := &Tree{Goal: goal, metric: m, left: make([]uint32, g.Links)}
			for l := range t.left {
				t.left[l] = left[h.rank[l]][k]
			}
			trees[at+k] = t
		}
	}
	return trees
}

// Stale reports whether t, made under an earlier metric, leads over one of links that can't be entered any more, or misses one
// of them that can be and would be shorter.
func (m *Metric) Stale(t *Tree, links []int32) bool {
	g := m.g
	for _, l := range links {
		for _, in := range g.in[g.first[l]:g.first[l+1]] {
			if m.enter[l] == never {
				if t.Next(in.from) == l {
					return true
				}
			} else if m.enter[l]+in.cost+t.left[l] < t.left[in.from] {
				return true
			}
		}
	}
	return false
}
