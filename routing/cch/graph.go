package cch

import "slices"

// links is an undirected graph without loops and parallel edges: the neighbours of v are adj[first[v]:first[v+1]], ascending.
type links struct{ first, adj []int32 }

func (g links) of(v int32) []int32 { return g.adj[g.first[v]:g.first[v+1]] }

func (g links) nodes() int { return len(g.first) - 1 }

// undirected forgets the directions of arcs.
func undirected(n int, tail, head []int32) links {
	g := links{first: make([]int32, n+1)}
	for a := range tail {
		if tail[a] != head[a] {
			g.first[tail[a]+1]++
			g.first[head[a]+1]++
		}
	}
	for v := range n {
		g.first[v+1] += g.first[v]
	}
	g.adj = make([]int32, g.first[n])
	fill := slices.Clone(g.first[:n])
	for a := range tail {
		if t, h := tail[a], head[a]; t != h {
			g.adj[fill[t]], g.adj[fill[h]] = h, t
			fill[t]++
			fill[h]++
		}
	}
	end := int32(0)
	for v := range n {
		mine := g.adj[g.first[v]:g.first[v+1]]
		slices.Sort(mine)
		mine = slices.Compact(mine)
		g.first[v] = end
		end += int32(copy(g.adj[end:], mine))
	}
	g.first[n] = end
	g.adj = g.adj[:end:end]
	return g
}
