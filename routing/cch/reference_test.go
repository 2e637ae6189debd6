package cch

import (
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"citybrain/city/importer/dimacs"
)

// newYork returns the reference graph, and skips the test only when the whole folder is missing.
func newYork(t testing.TB) (*sample, []dimacs.Query, []int32) {
	t.Helper()
	root := os.Getenv("CITYBRAIN_SHARED")
	if root == "" {
		root = filepath.Join("..", "..", "..", "shared", "data")
	}
	root = filepath.Join(root, "emergency", "graph")
	if _, err := os.Stat(root); err != nil {
		t.Skipf("reference data not there: %v (set CITYBRAIN_SHARED to the folder data)", err)
	}
	g, err := dimacs.Load(filepath.Join(root, "USA-road-d.NY.gr.gz"))
	if err != nil {
		t.Fatal(err)
	}
	q, err := dimacs.LoadQueries(filepath.Join(root, "ny_queries_1000.csv"), g.Nodes)
	if err != nil {
		t.Fatal(err)
	}
	order, err := dimacs.LoadOrder(filepath.Join(root, "ny_rank_metis.txt.gz"), g.Nodes)
	if err != nil {
		t.Fatal(err)
	}
	return &sample{g.Nodes, g.Tail, g.Head, g.Weight}, q, order
}

func TestNewYork(t *testing.T) {
	s, queries, metis := newYork(t)
	own := Order(s.n, s.tail, s.head, nil, 2)
	edges := map[string]int{}
	var ours *Hierarchy
	for name, order := range map[string][]int32{"METIS": metis, "own": own} {
		h, err := New(s.n, s.tail, s.head, order)
		if err != nil {
			t.Fatal(err)
		}
		edges[name] = h.Edges()
		m := h.Metric(s.weight, 2)
		q := m.Query()
		for _, x := range queries {
			if d := q.Distance(x.Source, x.Target); d != x.Distance {
				t.Errorf("%s: %d to %d is %d, want %d", name, x.Source, x.Target, d, x.Distance)
			}
		}
		if name == "own" {
			ours = h
		}
	}
	if edges["METIS"] != 1339595 || float64(edges["own"]) > 1.1*1339595 {
		t.Errorf("edges %v, want METIS' 1339595 and at most a tenth more", edges)
	}
	// Thousands of uneven changes, some of them closures.
	r := rand.New(rand.NewPCG(6, 6))
	weight := slices.Clone(s.weight)
	m := ours.Metric(weight, 1)
	for range 40 {
		var arcs []int32
		var to []uint32
		for range 150 {
			a := r.Int32N(int32(len(weight)))
			switch r.IntN(6) {
			case 0:
				weight[a] = Unreachable
			case 1:
				weight[a] = 0
			case 2:
				weight[a] *= 9
			default:
				weight[a] = r.Uint32N(1 << (1 + r.UintN(20)))
			}
			arcs, to = append(arcs, a), append(to, weight[a])
		}
		m.Update(arcs, to)
	}
	if fresh := ours.Metric(weight, 1); !slices.Equal(fresh.edge, m.edge) {
		t.Error("updates are not a customization")
	}
	q := m.Query()
	for range 2 {
		from := r.Int32N(int32(s.n))
		want := dijkstra(s, from, weight)
		for range 3000 {
			if to := r.Int32N(int32(s.n)); q.Distance(from, to) != want[to] {
				t.Fatalf("after changes %d to %d is %d, want %d", from, to, q.Distance(from, to), want[to])
			}
		}
	}
}

// Times are of the reference graph, the unit of its figures; `citybrain bench routing` prints them beside what is asked.
func BenchmarkCustomize(b *testing.B) {
	s, _, metis := newYork(b)
	h, err := New(s.n, s.tail, s.head, metis)
	if err != nil {
		b.Fatal(err)
	}
	m := h.Metric(s.weight, 1)
	for b.Loop() {
		m.Customize(s.weight, 1)
	}
}

func BenchmarkOrder(b *testing.B) {
	s, _, _ := newYork(b)
	for b.Loop() {
		Order(s.n, s.tail, s.head, nil, 1)
	}
}
