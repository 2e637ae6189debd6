package routing

import (
	"container/heap"

	"citybrain/city/importer/dimacs"
	"citybrain/routing/cch"
)

// Dijkstra returns the distances from a node to all others, by the search of 1959: it shares nothing with what it judges.
func Dijkstra(g *dimacs.Graph, from int32, weight func(arc int32) uint32) []uint32 {
	first := make([]int32, g.Nodes+1)
	for _, t := range g.Tail {
		first[t+1]++
	}
	for v := range g.Nodes {
		first[v+1] += first[v]
	}
	arcs := make([]int32, len(g.Tail))
	fill := append([]int32(nil), first...)
	for a, t := range g.Tail {
		arcs[fill[t]] = int32(a)
		fill[t]++
	}
	dist := make([]uint32, g.Nodes)
	for v := range dist {
		dist[v] = cch.Unreachable
	}
	dist[from] = 0
	q := &front{{0, from}}
	for q.Len() > 0 {
		x := heap.Pop(q).(place)
		if x.dist > dist[x.node] {
			continue
		}
		for _, a := range arcs[first[x.node]:first[x.node+1]] {
			if d, u := x.dist+weight(a), g.Head[a]; d < dist[u] { // at most twice Unreachable: no overflow
				dist[u] = d
				heap.Push(q, place{d, u})
			}
		}
	}
	return dist
}

type place struct {
	dist uint32
	node int32
}

type front []place

func (f front) Len() int           { return len(f) }
func (f front) Less(i, j int) bool { return f[i].dist < f[j].dist }
func (f front) Swap(i, j int)      { f[i], f[j] = f[j], f[i] }
func (f *front) Push(x any)        { *f = append(*f, x.(place)) }
func (f *front) Pop() any {
	x := (*f)[len(*f)-1]
	*f = (*f)[:len(*f)-1]
	return x
}
