package osm

import (
	"fmt"
	"math"

	"citybrain/city"

	"github.com/paulmach/orb"
)

// edgeOfExtract is how near to the edge of the extract a dead end counts as a street that goes on outside, in metres.
const edgeOfExtract = 60

// borders marks the vertices where streets go on outside: cut ends, dead ends of important streets (those do not just stop),
// and dead ends at the extract's edge. A carriageway that only leaves, or only enters, is joined with its counterpart at
// most 200 m away by a link that stands for the next place to turn outside.
func (b *builder) borders() {
	edge := orb.Bound{Min: orb.Point{math.Inf(1), math.Inf(1)}, Max: orb.Point{math.Inf(-1), math.Inf(-1)}}
	for i := range b.verts {
		edge = edge.Extend(b.verts[i].at)
	}
	inner := edge.Pad(-edgeOfExtract)
	for i := range b.verts {
		v := &b.verts[i]
		if v.border || b.neighbours(int32(i)) != 1 {
			continue
		}
		class := city.Service
		for _, e := range append(b.out[i], b.in[i]...) {
			class = min(class, b.edges[e].Class)
		}
		v.border = class <= city.Secondary || class <= city.Local && !inner.Contains(v.at)
	}
	taken := map[int32]bool{}
	n := 0
	for i := range b.verts {
		if !b.verts[i].border || len(b.in[i]) == 0 || len(b.out[i]) > 0 {
			continue
		}
		best, near := int32(-1), 200.0
		for k := range b.verts {
			if !b.verts[k].border || len(b.in[k]) > 0 || len(b.out[k]) == 0 || taken[int32(k)] {
				continue
			}
			if d := distance(b.verts[i].at, b.verts[k].at); d < near {
				best, near = int32(k), d
			}
		}
		if best < 0 {
			continue
		}
		taken[best] = true
		n++
		l := b.edges[b.in[i][0]].Link
		l.ID = fmt.Sprintf("outside/%s", b.verts[i].id)
		l.From, l.To, l.Reverse = int32(i), best, -1
		l.Line = orb.LineString{b.verts[i].at, b.verts[best].at}
		l.Length, l.Lanes, l.Level, l.Bridge, l.BusLane, l.Contraflow, l.MaxHeight = math.Max(near, 1), 1, 0, false, false, false, 0
		l.Name = city.Text{En: "turn outside the city", Zh: "城外掉头"}
		b.edges = append(b.edges, edgeOf(l))
	}
	if n > 0 {
		b.defect("network", "%d carriageways that leave the city joined with the one that enters it nearby", n)
		b.index()
	}
}

func edgeOf(l city.Link) edge { return edge{Link: l, along: 1} }

// strongNodes returns for each live edge the number of the strongly connected component that both its ends lie in, −1 for
// an edge between components.
func (b *builder) strongNodes() []int32 {
	comp := components(len(b.verts), func(v int32, yield func(int32)) {
		for _, e := range b.out[v] {
			yield(b.edges[e].To)
		}
	})
	of := make([]int32, len(b.edges))
	for i := range b.edges {
		of[i] = -1
		if e := &b.edges[i]; !e.dead && comp[e.From] == comp[e.To] {
			of[i] = comp[e.From]
		}
	}
	return of
}

// strongLinks returns the strongly connected component of each edge under the turns.
func (b *builder) strongLinks(turns []city.Turn) []int32 {
	next := make([][]int32, len(b.edges))
	for _, t := range turns {
		next[t.From] = append(next[t.From], t.To)
	}
	comp := components(len(b.edges), func(v int32, yield func(int32)) {
		for _, x := range next[v] {
			yield(x)
		}
	})
	for i := range comp {
		if b.edges[i].dead {
			comp[i] = -1
		}
	}
	return comp
}

// keepLargest drops the edges outside the component with the most of them, and returns how many.
func (b *builder) keepLargest(of []int32) int {
	count := map[int32]int{}
	for i, c := range of {
		if c >= 0 && !b.edges[i].dead {
			count[c]++
		}
	}
	best := int32(-1)
	for c, n := range count {
		if best < 0 || n > count[best] || n == count[best] && c < best {
			best = c
		}
	}
	dropped := 0
	for i := range b.edges {
		if e := &b.edges[i]; !e.dead && of[i] != best {
			e.dead = true
			dropped++
		}
	}
	for i := range b.edges {
		if e := &b.edges[i]; e.Reverse >= 0 && b.edges[e.Reverse].dead {
			e.Reverse = -1
		}
	}
	return dropped
}

// components numbers the strongly connected components of a graph (Tarjan 1972, without recursion).
func components(n int, next func(v int32, yield func(int32))) []int32 {
	comp, low, num := make([]int32, n), make([]int32, n), make([]int32, n)
	for i := range comp {
		comp[i], num[i] = -1, -1
	}
	type frame struct {
		v    int32
		succ []int32
	}
	var count, comps int32
	var stack []int32
	var calls []frame
	visit := func(v int32) {
		num[v], low[v] = count, count
		count++
		stack = append(stack, v)
		f := frame{v: v}
		next(v, func(x int32) { f.succ = append(f.succ, x) })
		calls = append(calls, f)
	}
	for s := range n {
		if num[s] >= 0 {
			continue
		}
		visit(int32(s))
		for len(calls) > 0 {
			f := &calls[len(calls)-1]
			if len(f.succ) > 0 {
				x := f.succ[0]
				f.succ = f.succ[1:]
				if num[x] < 0 {
					visit(x)
				} else if comp[x] < 0 {
					low[f.v] = min(low[f.v], num[x])
				}
				continue
			}
			v := f.v
			calls = calls[:len(calls)-1]
			if len(calls) > 0 {
				p := calls[len(calls)-1].v
				low[p] = min(low[p], low[v])
			}
			if low[v] == num[v] {
				for {
					x := stack[len(stack)-1]
					stack = stack[:len(stack)-1]
					comp[x] = comps
					if x == v {
						break
					}
				}
				comps++
			}
		}
	}
	return comp
}

// simplify joins the edges on both sides of a vertex where nothing happens: two neighbours, equal attributes.
func (b *builder) simplify() {
	for i := range b.verts {
		v := int32(i)
		if b.verts[i].border || b.verts[i].keep || b.verts[i].group > 0 {
			continue
		}
		in, out := b.in[v], b.out[v]
		switch {
		case len(in) == 1 && len(out) == 1:
			if e, f := in[0], out[0]; b.joinable(e, f) && b.edges[e].Reverse < 0 && b.edges[f].Reverse < 0 {
				b.join(e, f)
			}
		case len(in) == 2 && len(out) == 2:
			e, g := in[0], in[1]
			f, h := b.edges[g].Reverse, b.edges[e].Reverse // e then f; g then h
			if f < 0 || h < 0 || f == e || b.edges[f].From != v || b.edges[h].From != v || !b.joinable(e, f) || !b.joinable(g, h) {
				continue
			}
			b.join(e, f)
			b.join(g, h)
			b.edges[e].Reverse, b.edges[g].Reverse = g, e
		}
	}
}

func (b *builder) joinable(e, f int32) bool {
	x, y := &b.edges[e], &b.edges[f]
	return x.From != y.To && x.Lanes == y.Lanes && x.Class == y.Class && x.Speed == y.Speed && x.Level == y.Level &&
		x.Bridge == y.Bridge && x.BusLane == y.BusLane && x.Contraflow == y.Contraflow && x.MaxHeight == y.MaxHeight && x.Name == y.Name
}

// join appends edge f to e, which ends where f begins.
func (b *builder) join(e, f int32) {
	x, y := &b.edges[e], &b.edges[f]
	line := make(orb.LineString, 0, len(x.Line)+len(y.Line)-1)
	x.Line = append(append(line, x.Line...), y.Line[1:]...)
	x.Length += y.Length
	x.To, x.lastWay, x.turn = y.To, y.lastWay, y.turn
	y.dead = true
	for i, g := range b.in[x.To] {
		if g == f {
			b.in[x.To][i] = e
		}
	}
	if b.verts[x.To].merged {
		for _, g := range b.out[x.To] {
			if b.through[[2]int32{f, g}] {
				b.through[[2]int32{e, g}] = true
			}
		}
	}
}
