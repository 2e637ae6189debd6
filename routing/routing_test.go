package routing

import (
	"math"
	"slices"
	"testing"

	"citybrain/city"
	"citybrain/city/chance"
)

// grid is an n×n lattice of two-way streets in which some turns are forbidden by chance.
func grid(n int, seed uint64) *city.Streets {
	s := &city.Streets{}
	draw := chance.New(seed, "grid")
	for i := range n * n {
		s.Nodes = append(s.Nodes, city.Node{At: [2]float64{float64(i%n) * 100, float64(i/n) * 100}, Junction: -1})
	}
	add := func(a, b int) {
		s.Links = append(s.Links, city.Link{From: int32(a), To: int32(b), Length: 100, Speed: 10, Lanes: 1, Reverse: -1})
	}
	for i := range n * n {
		if i%n+1 < n {
			add(i, i+1)
			add(i+1, i)
		}
		if i/n+1 < n {
			add(i, i+n)
			add(i+n, i)
		}
	}
	leave := LeaveBy(s)
	for a := range s.Links {
		for _, b := range leave[s.Links[a].To] {
			if s.Links[a].From != s.Links[b].To && draw.Float(uint64(a), uint64(b)) < 0.8 {
				s.Turns = append(s.Turns, city.Turn{From: int32(a), To: b, Kind: city.TurnKind(draw.Int(uint64(a), uint64(b)+7, 3)), Junction: -1, Movement: -1})
			}
		}
	}
	return s
}

// Bellman and Ford's relaxation until nothing changes shares nothing with the search under test.
func slow(s *city.Streets, goal int32, w []float32) []float32 {
	left := make([]float32, len(s.Links))
	for i := range left {
		left[i] = Unreachable
		if s.Links[i].To == goal {
			left[i] = 0
		}
	}
	for changed := true; changed; {
		changed = false
		for _, t := range s.Turns {
			if w[t.To] < Closed {
				if d := left[t.To] + w[t.To] + turnTime[t.Kind]; d < left[t.From] {
					left[t.From], changed = d, true
				}
			}
		}
	}
	return left
}

func TestTreesAreExact(t *testing.T) {
	for seed := range uint64(20) {
		s := grid(9, seed)
		g := NewGraph(s)
		draw := chance.New(seed, "weights")
		w := make([]float32, len(s.Links))
		for i := range w {
			w[i] = float32(draw.Int(uint64(i), 0, 50) + 1)
			if draw.Float(uint64(i), 1) < 0.1 {
				w[i] = float32(math.Inf(1))
			}
		}
		var search Search
		var goals []int32
		for goal := int32(0); goal < int32(len(s.Nodes)); goal += 7 {
			goals = append(goals, goal)
		}
		swept := g.Metric(w).Trees(goals)
		for k, goal := range goals {
			tree, want := g.To(goal, w, &search), slow(s, goal, w)
			if !slices.Equal(swept[k].left, tree.left) || swept[k].Goal != goal {
				t.Fatalf("seed %d goal %d: the hierarchy's tree is not Dijkstra's", seed, goal)
			}
			for l := range want {
				if tree.Left(int32(l)) != want[l] {
					t.Fatalf("seed %d goal %d link %d: %g, want %g", seed, goal, l, tree.Left(int32(l)), want[l])
				}
				// The way itself must take as long as it says.
				if want[l] < Unreachable {
					sum, at := float32(0), int32(l)
					for _, n := range tree.Path(int32(l)) {
						found := false
						for _, turn := range s.Turns {
							if turn.From == at && turn.To == n {
								sum, found = sum+w[n]+turnTime[turn.Kind], true
							}
						}
						if !found {
							t.Fatalf("the way from %d takes a turn %d→%d that does not exist", l, at, n)
						}
						at = n
					}
					if s.Links[at].To != goal || math.Abs(float64(sum-want[l])) > 1e-3 {
						t.Fatalf("the way from %d ends at node %d after %g s, want %d after %g", l, s.Links[at].To, sum, goal, want[l])
					}
				}
			}
		}
	}
}

func TestClosedGoalIsUnreachable(t *testing.T) {
	s := grid(4, 1)
	g := NewGraph(s)
	w := make([]float32, len(s.Links))
	for i := range w {
		w[i] = 10
		if s.Links[i].To == 5 {
			w[i] = Closed
		}
	}
	tree := g.To(5, w, nil)
	out := LeaveBy(s)
	if l, d := tree.FromNode(out[15], w); l != -1 || d != Unreachable {
		t.Fatalf("link %d, %g s to a goal whose every street is closed", l, d)
	}
}

func benchmark(b *testing.B) (*Graph, []float32) {
	s := grid(50, 3)
	w := make([]float32, len(s.Links))
	for i := range w {
		w[i] = 10 + float32(i%13)
	}
	return NewGraph(s), w
}

func BenchmarkTree(b *testing.B) {
	g, w := benchmark(b)
	var search Search
	for b.Loop() {
		g.To(int32(b.N%1600), w, &search)
	}
}

func BenchmarkMetric(b *testing.B) {
	g, w := benchmark(b)
	b.ReportMetric(float64(g.order.Edges()), "edges")
	for b.Loop() {
		g.Metric(w)
	}
}

// One turn of the loop makes 100 trees.
func BenchmarkTrees100(b *testing.B) {
	g, w := benchmark(b)
	m := g.Metric(w)
	var goals []int32
	for k := range int32(100) {
		goals = append(goals, 23*k)
	}
	for b.Loop() {
		m.Trees(goals)
	}
}

func BenchmarkNewGraph(b *testing.B) {
	s := grid(50, 3)
	for b.Loop() {
		NewGraph(s)
	}
}
