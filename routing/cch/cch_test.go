package cch

import (
	"container/heap"
	"math/rand/v2"
	"slices"
	"testing"
)

// A sample is a directed graph with its oddities: loops, parallel arcs, one-way streets, parts that nothing joins, weights 0 and
// Unreachable.
type sample struct {
	n          int
	tail, head []int32
	weight     []uint32
}

func (s *sample) add(a, b int, w uint32) {
	s.tail, s.head, s.weight = append(s.tail, int32(a)), append(s.head, int32(b)), append(s.weight, w)
}

func weigh(r *rand.Rand) uint32 {
	switch r.IntN(12) {
	case 0:
		return 0
	case 1:
		return Unreachable
	case 2:
		return Unreachable - 1
	case 3:
		return ^uint32(0)
	case 4:
		return r.Uint32N(1 << 30)
	}
	return r.Uint32N(1000)
}

// streets is a lattice with gaps and shortcuts, in islands.
func streets(side int, seed uint64) *sample {
	r := rand.New(rand.NewPCG(seed, 1))
	s := &sample{n: side*side + 5}
	at := func(x, y int) int { return y*side + x }
	for y := range side {
		for x := range side {
			for _, d := range [][2]int{{1, 0}, {0, 1}} {
				if x+d[0] >= side || y+d[1] >= side || r.IntN(4) == 0 || x == side/3 && d[0] == 1 && seed%3 == 0 {
					continue
				}
				a, b := at(x, y), at(x+d[0], y+d[1])
				if r.IntN(8) > 0 {
					s.add(a, b, weigh(r))
				}
				if r.IntN(8) > 0 {
					s.add(b, a, weigh(r))
				}
				if r.IntN(10) == 0 {
					s.add(a, b, weigh(r))
				}
			}
			if r.IntN(10) == 0 {
				s.add(at(x, y), at(x, y), weigh(r))
			}
			if r.IntN(40) == 0 {
				s.add(at(x, y), r.IntN(s.n), weigh(r))
			}
		}
	}
	return s
}

// tangle joins nodes at random: no small cut parts it.
func tangle(n, arcs int, seed uint64) *sample {
	r := rand.New(rand.NewPCG(seed, 4))
	s := &sample{n: n}
	for range arcs {
		s.add(r.IntN(n), r.IntN(n), weigh(r))
	}
	return s
}

type entry struct {
	d uint64
	v int32
}
type entries []entry

func (e entries) Len() int           { return len(e) }
func (e entries) Less(i, j int) bool { return e[i].d < e[j].d }
func (e entries) Swap(i, j int)      { e[i], e[j] = e[j], e[i] }
func (e *entries) Push(x any)        { *e = append(*e, x.(entry)) }
func (e *entries) Pop() any          { x := (*e)[len(*e)-1]; *e = (*e)[:len(*e)-1]; return x }

// dijkstra shares nothing with what is under test; its sums can't overflow.
func dijkstra(s *sample, from int32, weight []uint32) []uint32 {
	out := make([][]int32, s.n)
	for a, t := range s.tail {
		out[t] = append(out[t], int32(a))
	}
	dist := make([]uint64, s.n)
	for v := range dist {
		dist[v] = 1 << 62
	}
	dist[from] = 0
	q := &entries{{0, from}}
	for q.Len() > 0 {
		e := heap.Pop(q).(entry)
		if e.d > dist[e.v] {
			continue
		}
		for _, a := range out[e.v] {
			if weight[a] >= Unreachable {
				continue
			}
			if d := e.d + uint64(weight[a]); d < dist[s.head[a]] {
				dist[s.head[a]] = d
				heap.Push(q, entry{d, s.head[a]})
			}
		}
	}
	short := make([]uint32, s.n)
	for v, d := range dist {
		short[v] = uint32(min(d, uint64(Unreachable)))
	}
	return short
}

// agree compares all kinds of searches with Dijkstra's.
func agree(t *testing.T, s *sample, m *Metric, weight []uint32, sources int, r *rand.Rand) {
	t.Helper()
	q := m.Query()
	some := make([]int32, 0, 40)
	for range 40 {
		some = append(some, r.Int32N(int32(s.n)))
	}
	sweep := m.Targets(some).Sweep()
	got := make([]uint32, len(some))
	for range sources {
		from := r.Int32N(int32(s.n))
		want := dijkstra(s, from, weight)
		sweep.From(from, got)
		for k, to := range some {
			if got[k] != want[to] {
				t.Fatalf("one to many: %d to %d is %d, want %d", from, to, got[k], want[to])
			}
		}
		for to := range int32(s.n) {
			if d := q.Distance(from, to); d != want[to] {
				t.Fatalf("%d to %d is %d, want %d", from, to, d, want[to])
			}
			path, d := q.Path(from, to, nil)
			if d != want[to] {
				t.Fatalf("path %d to %d is %d, want %d", from, to, d, want[to])
			}
			if d == Unreachable {
				if len(path) > 0 {
					t.Fatalf("path %d to %d: %v where no way leads", from, to, path)
				}
				continue
			}
			at, sum := from, uint64(0)
			for _, a := range path {
				if s.tail[a] != at {
					t.Fatalf("path %d to %d: arc %d begins at %d, not at %d", from, to, a, s.tail[a], at)
				}
				at, sum = s.head[a], sum+uint64(weight[a])
			}
			if at != to || sum != uint64(d) {
				t.Fatalf("path %d to %d ends at %d after %d, want %d", from, to, at, sum, d)
			}
		}
	}
}

func TestExact(t *testing.T) {
	for seed := range uint64(28) {
		s := streets(3+int(seed), seed)
		if seed >= 24 {
			s = tangle(250+50*int(seed-24), 500+150*int(seed-24), seed)
		}
		r := rand.New(rand.NewPCG(seed, 2))
		order := Order(s.n, s.tail, s.head, nil, 1)
		if seed%4 == 3 {
			r.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
		}
		h, err := New(s.n, s.tail, s.head, order)
		if err != nil {
			t.Fatal(err)
		}
		agree(t, s, h.Metric(s.weight, 1), s.weight, 6, r)
	}
}

func TestUpdateIsCustomize(t *testing.T) {
	for seed := range uint64(12) {
		s := streets(6+2*int(seed), seed)
		r := rand.New(rand.NewPCG(seed, 3))
		h, err := New(s.n, s.tail, s.head, Order(s.n, s.tail, s.head, nil, 1))
		if err != nil {
			t.Fatal(err)
		}
		weight := slices.Clone(s.weight)
		if seed%3 == 1 {
			kept := h.Metric(weight, 1)
			h.third = nil // as if there were too many
			if looked := h.Metric(weight, 2); !slices.Equal(kept.edge, looked.edge) {
				t.Fatalf("seed %d: triangles that are looked for are others", seed)
			}
		}
		m := h.Metric(weight, 1)
		for round := range 60 {
			var arcs []int32
			var to []uint32
			for range 1 + r.IntN(30) {
				a := r.Int32N(int32(len(weight)))
				w := weigh(r)
				if round%3 == 0 { // a little up or down, so that ties and chains are common
					w = weight[a]/2 + r.Uint32N(3)
				}
				arcs, to = append(arcs, a), append(to, w)
				weight[a] = w
			}
			m.Update(arcs, to)
			if fresh := h.Metric(weight, 1); !slices.Equal(fresh.edge, m.edge) || !slices.Equal(fresh.weight, m.weight) {
				t.Fatalf("seed %d round %d: an update is not a customization", seed, round)
			}
		}
		agree(t, s, m, weight, 4, r)
	}
}

func TestThreadsChangeNothing(t *testing.T) {
	s := streets(70, 5)
	order := Order(s.n, s.tail, s.head, nil, 1)
	for _, threads := range []int{2, 3, 7} {
		if !slices.Equal(order, Order(s.n, s.tail, s.head, nil, threads)) {
			t.Fatalf("%d threads give another order", threads)
		}
	}
	h, err := New(s.n, s.tail, s.head, order)
	if err != nil {
		t.Fatal(err)
	}
	one := h.Metric(s.weight, 1)
	for _, threads := range []int{2, 3, 7} {
		if many := h.Metric(s.weight, threads); !slices.Equal(one.edge, many.edge) {
			t.Fatalf("%d threads give other weights", threads)
		}
	}
}

func TestOrderIsGood(t *testing.T) {
	// A lattice of n×n nodes fills with about 7.75·n²·log2(n)/2 edges under perfect dissection; a bad order fills with n³.
	const n = 64
	s := &sample{n: n * n}
	var at [][2]float64
	for i := range n * n {
		at = append(at, [2]float64{float64(i % n), float64(i / n)})
		if i%n+1 < n {
			s.add(i, i+1, 1)
		}
		if i+n < n*n {
			s.add(i, i+n, 1)
		}
	}
	for name, at := range map[string][][2]float64{"graph": nil, "coordinates": at} {
		order := Order(s.n, s.tail, s.head, at, 2)
		sorted := slices.Clone(order)
		slices.Sort(sorted)
		for i, v := range sorted {
			if v != int32(i) {
				t.Fatalf("%s: not a permutation", name)
			}
		}
		h, err := New(s.n, s.tail, s.head, order)
		if err != nil {
			t.Fatal(err)
		}
		if e := h.Edges(); e > 70000 {
			t.Errorf("%s: %d edges", name, e)
		}
	}
}

func TestNewRefusesBadOrders(t *testing.T) {
	for _, order := range [][]int32{{0, 1}, {0, 1, 1}, {0, 1, 3}, {0, -1, 2}} {
		if _, err := New(3, nil, nil, order); err == nil {
			t.Errorf("order %v is taken", order)
		}
	}
}

func TestDegenerate(t *testing.T) {
	complete := &sample{n: 260}
	for a := range complete.n {
		for b := range a {
			complete.add(a, b, uint32(a^b))
			complete.add(b, a, uint32(a&b))
		}
	}
	star := &sample{n: 500}
	chain := &sample{n: 3000}
	for a := 1; a < star.n; a++ {
		star.add(0, a, uint32(a))
		star.add(a, 0, 7)
	}
	for a := 1; a < chain.n; a++ {
		chain.add(a-1, a, 3)
	}
	r := rand.New(rand.NewPCG(1, 1))
	for name, s := range map[string]*sample{"nothing": {}, "one": {n: 1}, "points": {n: 9}, "complete": complete, "star": star, "chain": chain} {
		t.Run(name, func(t *testing.T) {
			h, err := New(s.n, s.tail, s.head, Order(s.n, s.tail, s.head, nil, 2))
			if err != nil {
				t.Fatal(err)
			}
			m := h.Metric(s.weight, 2)
			if s.n > 0 {
				agree(t, s, m, s.weight, 3, r)
			}
			if q := m.Query(); name == "chain" && len(q.dist[0]) > 20 {
				t.Errorf("a chain of %d nodes makes a tree %d deep", s.n, len(q.dist[0]))
			}
		})
	}
}

func TestManyToMany(t *testing.T) {
	s := streets(12, 4)
	h, err := New(s.n, s.tail, s.head, Order(s.n, s.tail, s.head, nil, 1))
	if err != nil {
		t.Fatal(err)
	}
	m := h.Metric(s.weight, 1)
	sets := [][]int32{{3}, {1, 50}, {}, {70, 71, 2}, {100}, {9, 9}}
	out := make([][]uint32, len(sets))
	for k := range out {
		out[k] = make([]uint32, s.n)
	}
	m.ToSets(sets, out)
	var every []int32
	for v := range int32(s.n) {
		every = append(every, v)
	}
	one, three := m.Table(every, every, 1), m.Table(every, every, 3)
	for v := range int32(s.n) {
		want := dijkstra(s, v, s.weight)
		if !slices.Equal(one[v], want) || !slices.Equal(three[v], want) {
			t.Fatalf("the table's row of %d is not Dijkstra's", v)
		}
		for k, set := range sets {
			least := Unreachable
			for _, x := range set {
				least = min(least, want[x])
			}
			if out[k][v] != least {
				t.Fatalf("set %d from %d: %d, want %d", k, v, out[k][v], least)
			}
		}
	}
}
