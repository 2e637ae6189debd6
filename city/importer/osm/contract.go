package osm

import (
	"cmp"
	"slices"

	"citybrain/city"

	"github.com/paulmach/orb"
)

// mostInside is how many links inside one controller's area a way through it may take: two for a left turn between dual
// carriageways, one more where a turning lane parts early.
const mostInside = 3

// contract makes one vertex of each group of several: vehicles do not queue on the few metres between its crossings. Links
// inside go; the ways through them, as far as turns and restrictions permit, become the turns at the one vertex. Links to it
// keep their lines, which end at their stop lines.
func (b *builder) contract(groups []Group) {
	turns := b.turns()
	next := make([][]int32, len(b.edges))
	for _, t := range turns {
		next[t.From] = append(next[t.From], t.To)
	}
	for g := range groups {
		nodes := groups[g].Nodes
		if len(nodes) < 2 {
			continue
		}
		inside := func(v int32) bool { return b.verts[v].group == g+1 }
		var ins, outs []int32
		centre := nodes[0]
		var at orb.Point
		for _, v := range nodes {
			at[0] += b.verts[v].at[0] / float64(len(nodes))
			at[1] += b.verts[v].at[1] / float64(len(nodes))
			for _, e := range b.in[v] {
				if !inside(b.edges[e].From) {
					ins = append(ins, e)
				}
			}
			for _, e := range b.out[v] {
				if !inside(b.edges[e].To) {
					outs = append(outs, e)
				} else {
					b.edges[e].dead = true
				}
			}
		}
		for _, e := range ins {
			var walk func(e int32, depth int)
			walk = func(f int32, depth int) {
				for _, x := range next[f] {
					switch {
					case !b.edges[x].dead:
						if x != b.edges[e].Reverse {
							b.through[[2]int32{e, x}] = true
						}
					case depth < mostInside:
						walk(x, depth+1)
					}
				}
			}
			walk(e, 0)
		}
		for _, e := range ins {
			b.edges[e].To = centre
		}
		for _, e := range outs {
			b.edges[e].From = centre
		}
		b.verts[centre].at = at
		b.verts[centre].merged = true
		groups[g].Nodes = []int32{centre}
	}
	for i := range b.edges {
		if e := &b.edges[i]; e.Reverse >= 0 && b.edges[e.Reverse].dead {
			e.Reverse = -1
		}
	}
}

// permitted reports whether edge e may go on to f at vertex v.
func (b *builder) permitted(v int, e, f int32, forbidden map[[2]int32]bool) bool {
	if b.verts[v].merged {
		return b.through[[2]int32{e, f}]
	}
	return f != b.edges[e].Reverse && !forbidden[[2]int32{e, f}]
}

// sortTurns puts turns in order of their links.
func sortTurns(list []city.Turn) {
	slices.SortFunc(list, func(x, y city.Turn) int { return cmp.Or(cmp.Compare(x.From, y.From), cmp.Compare(x.To, y.To)) })
}
