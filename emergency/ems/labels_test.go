package ems

import (
	"container/heap"
	"testing"

	"citybrain/city/chance"
)

// lattice is a grid of streets with some one-way, some missing, and a part that nothing joins to the rest.
func lattice(w, h int, seed uint64) graph {
	draw := chance.New(seed, "lattice")
	g := graph{n: w*h + 3, ms: make([][]uint32, 2)}
	add := func(a, b int, id uint64) {
		g.from, g.to = append(g.from, int32(a)), append(g.to, int32(b))
		g.ms[0] = append(g.ms[0], uint32(1+draw.Int(id, 1, 5000)))
		g.ms[1] = append(g.ms[1], uint32(1+draw.Int(id, 2, 5000)))
	}
	for y := range h {
		for x := range w {
			for k, b := range [][2]int{{x + 1, y}, {x, y + 1}} {
				if b[0] == w || b[1] == h {
					continue
				}
				id := uint64((y*w+x)*8 + 4*k)
				if draw.Float(id, 0) < 0.8 {
					add(y*w+x, b[1]*w+b[0], id)
				}
				if draw.Float(id+1, 0) < 0.8 {
					add(b[1]*w+b[0], y*w+x, id+1)
				}
			}
		}
	}
	add(w*h, w*h+1, 1<<40)
	return g
}

type queue [][2]int

func (q queue) Len() int           { return len(q) }
func (q queue) Less(i, j int) bool { return q[i][0] < q[j][0] }
func (q queue) Swap(i, j int)      { q[i], q[j] = q[j], q[i] }
func (q *queue) Push(x any)        { *q = append(*q, x.([2]int)) }
func (q *queue) Pop() any          { x := (*q)[len(*q)-1]; *q = (*q)[:len(*q)-1]; return x }

func dijkstra(g graph, mode, from int) []uint32 {
	out := make([][]int, g.n)
	for i, a := range g.from {
		out[a] = append(out[a], i)
	}
	d := make([]uint32, g.n)
	for i := range d {
		d[i] = never
	}
	d[from] = 0
	q := &queue{{0, from}}
	for q.Len() > 0 {
		x := heap.Pop(q).([2]int)
		if uint32(x[0]) > d[x[1]] {
			continue
		}
		for _, i := range out[x[1]] {
			if t := uint32(x[0]) + g.ms[mode][i]; t < d[g.to[i]] {
				d[g.to[i]] = t
				heap.Push(q, [2]int{int(t), int(g.to[i])})
			}
		}
	}
	return d
}

func TestLabelsAreExact(t *testing.T) {
	for seed := range uint64(6) {
		g := lattice(13, 11, seed)
		c := contract(g)
		for mode := range 2 {
			l := c.labels(g, mode)
			for a := range g.n {
				for b, want := range dijkstra(g, mode, a) {
					if got := l.between(int32(a), int32(b)); got != want {
						t.Fatalf("seed %d, mode %d: from %d to %d %d ms, want %d", seed, mode, a, b, got, want)
					}
				}
			}
		}
	}
}
