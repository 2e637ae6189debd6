package cch

import "slices"

// reduce takes the nodes of degree two and less out of g, as long as there are any, and joins the two neighbours of each: no
// order fills less. It returns them in the order of their going, and what remains of g by its nodes' lists of neighbours.
// Neighbours do not go in the same round, so that a chain becomes a tree of logarithmic height.
func reduce(g links) (gone []int32, next [][]int32) {
	n := g.nodes()
	next = make([][]int32, n)
	for v := range n {
		next[v] = g.adj[g.first[v]:g.first[v+1]:g.first[v+1]]
	}
	const out = -1
	round := make([]int32, n) // the last in which a neighbour of the node went
	var now, later []int32
	for v := range n {
		if len(next[v]) <= 2 {
			now = append(now, int32(v))
		}
	}
	waits := make([]bool, n)
	for _, v := range now {
		waits[v] = true
	}
	drop := func(v, u int32) {
		k, _ := slices.BinarySearch(next[v], u)
		next[v] = slices.Delete(next[v], k, k+1)
	}
	join := func(v, u int32) {
		if k, there := slices.BinarySearch(next[v], u); !there {
			next[v] = slices.Insert(next[v], k, u)
		}
	}
	for r := int32(1); len(now) > 0; r++ {
		later = later[:0]
		for _, v := range now {
			if round[v] == r {
				later = append(later, v)
				continue
			}
			round[v] = out
			gone = append(gone, v)
			for _, u := range next[v] {
				drop(u, v)
				round[u] = r
			}
			if len(next[v]) == 2 {
				a, b := next[v][0], next[v][1]
				join(a, b)
				join(b, a)
			}
			for _, u := range next[v] {
				if len(next[u]) <= 2 && !waits[u] {
					waits[u] = true
					later = append(later, u)
				}
			}
			next[v] = nil
		}
		now, later = later, now
	}
	return gone, next
}
