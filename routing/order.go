package routing

import (
	"math"
	"slices"

	"citybrain/city"
)

// order returns the links of streets from the least to the most important, by nested dissection: those within halves of the
// city first, those that join the halves last. To turns, the few links of a cut are a separator. Cuts are inertial flow's
// (Schild and Sommer 2015): the least between the quarters of the crossings that lie farthest out along a line, the best of four
// lines.
func order(s *city.Streets) []int32 {
	n := len(s.Nodes)
	d := &dissection{streets: s, leave: LeaveBy(s), local: make([]int32, n), order: make([]int32, 0, len(s.Links))}
	next := make([][]int32, n)
	for i := range s.Links {
		if a, b := s.Links[i].From, s.Links[i].To; a != b {
			next[a], next[b] = append(next[a], b), append(next[b], a)
		}
	}
	p := part{nodes: make([]int32, n), first: make([]int32, n+1)}
	for v := range next {
		slices.Sort(next[v])
		p.adj = append(p.adj, slices.Compact(next[v])...)
		p.nodes[v], p.first[v+1] = int32(v), int32(len(p.adj))
	}
	for i := range s.Links {
		if s.Links[i].From == s.Links[i].To {
			d.order = append(d.order, int32(i))
		}
	}
	d.cut(p)
	return d.order
}

// A part is a subgraph with nodes of its own numbering; nodes has their numbers in the whole.
type part struct{ nodes, first, adj []int32 }

type dissection struct {
	streets *city.Streets
	leave   [][]int32
	order   []int32
	local   []int32 // by node of the whole: its number in a half
}

func (d *dissection) cut(p part) {
	n := len(p.nodes)
	if n < 2 {
		return
	}
	var side []bool
	least := math.MaxInt
	for _, dir := range [...][2]float64{{1, 0}, {0, 1}, {0.7071, 0.7071}, {0.7071, -0.7071}} {
		if s, size := d.flow(p, dir, least); size < least {
			side, least = s, size
		}
	}
	d.cut(d.sub(p, side, false))
	d.cut(d.sub(p, side, true))
	for v := range n {
		for _, u := range p.adj[p.first[v]:p.first[v+1]] {
			if side[v] == side[u] {
				continue
			}
			for _, l := range d.leave[p.nodes[v]] {
				if d.streets.Links[l].To == p.nodes[u] {
					d.order = append(d.order, l)
				}
			}
		}
	}
}

// sub is the part of p's nodes on one side.
func (d *dissection) sub(p part, side []bool, half bool) part {
	var q part
	for v := range p.nodes {
		if side[v] == half {
			d.local[p.nodes[v]] = int32(len(q.nodes))
			q.nodes = append(q.nodes, p.nodes[v])
		}
	}
	q.first = make([]int32, 1, len(q.nodes)+1)
	for v := range p.nodes {
		if side[v] != half {
			continue
		}
		for _, u := range p.adj[p.first[v]:p.first[v+1]] {
			if side[u] == half {
				q.adj = append(q.adj, d.local[p.nodes[u]])
			}
		}
		q.first = append(q.first, int32(len(q.adj)))
	}
	return q
}

// flow finds the least number of edges between the first and the last quarter of p's nodes along dir, and which nodes lie on
// the first quarter's side. It gives up when more than limit edges are needed.
func (d *dissection) flow(p part, dir [2]float64, limit int) ([]bool, int) {
	n := len(p.nodes)
	along := make([]int32, n)
	pos := make([]float64, n)
	for v := range n {
		along[v] = int32(v)
		a := d.streets.Nodes[p.nodes[v]].At
		pos[v] = a[0]*dir[0] + a[1]*dir[1]
	}
	slices.SortFunc(along, func(a, b int32) int {
		switch {
		case pos[a] < pos[b]:
			return -1
		case pos[a] > pos[b]:
			return 1
		}
		return int(a - b)
	})
	quarter := max(1, n/4)
	target := make([]bool, n)
	for _, v := range along[n-quarter:] {
		target[v] = true
	}
	// The flow over each directed arc; an edge carries one unit, so its two arcs hold f and -f.
	back := make([]int32, len(p.adj))
	used := make([]int8, len(p.adj))
	seen := make([]int32, n)
	for v := range n {
		for a := p.first[v]; a < p.first[v+1]; a++ {
			u := p.adj[a]
			// Neighbours are few: the way back is found by looking.
			for b := p.first[u]; b < p.first[u+1]; b++ {
				if p.adj[b] == int32(v) {
					back[a] = b
				}
			}
		}
	}
	from := make([]int32, n) // the arc by which a node was reached
	queue := make([]int32, 0, n)
	for round, size := int32(1), 0; ; round, size = round+1, size+1 {
		if size >= limit {
			return nil, size
		}
		queue = queue[:0]
		for _, v := range along[:quarter] {
			seen[v], from[v] = round, -1
			queue = append(queue, v)
		}
		end := int32(-1)
	search:
		for k := 0; k < len(queue); k++ {
			v := queue[k]
			for a := p.first[v]; a < p.first[v+1]; a++ {
				u := p.adj[a]
				if used[a] >= 1 || seen[u] == round {
					continue
				}
				seen[u], from[u] = round, a
				if target[u] {
					end = u
					break search
				}
				queue = append(queue, u)
			}
		}
		if end < 0 {
			side := make([]bool, n)
			for v := range side {
				side[v] = seen[v] == round
			}
			return side, size
		}
		for v := end; from[v] >= 0; {
			a := from[v]
			used[a]++
			used[back[a]]--
			v = p.adj[back[a]]
		}
	}
}
