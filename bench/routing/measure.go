package routing

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"time"

	"citybrain/city/chance"
	"citybrain/city/importer/dimacs"
	"citybrain/routing/cch"
)

// A Result is what was measured of a graph.
type Result struct {
	Nodes     int     `json:"nodes"`
	Arcs      int     `json:"arcs"`           // as read, parallel ones and loops among them
	Order     float64 `json:"order_s"`        // s to get the order: to compute it, or to read it
	Chordal   int     `json:"chordal_arcs"`   // undirected, those of the graph among them
	Customize float64 `json:"customize_ms"`   // all weights anew
	Partial   float64 `json:"partial_100_ms"` // weights of 100 arcs at random, a quarter to four times what they were
	Query     float64 `json:"query_us"`       // distance alone
	Path      float64 `json:"path_us"`        // distance and all arcs of the way
	Many      float64 `json:"one_to_1000_ms"` // distances from one node to 1000 that were chosen before
	Wrong     int     `json:"wrong"`          // queries of which an answer (distance, path or one to many) is not the file's distance

	Wall     Wall     `json:"-"` // the same medians by the wall clock
	Ordering float64  `json:"-"` // s of processor time of all threads for the order
	Contract float64  `json:"-"` // s of contraction, which knows no weights
	Choose   float64  `json:"-"` // ms to make 1000 targets ready
	Answers  []uint32 `json:"-"` // distances, by query
}

// Wall is what a busy machine makes of the figures of one thread, which are processor time of that thread: ms.
type Wall struct{ Customize, Partial, Query, Path, Many float64 }

// An Input is what to measure.
type Input struct {
	Graph   *dimacs.Graph
	Queries []dimacs.Query
	Order   func() ([]int32, error) // nil: our own from the graph alone
	Threads int                     // of the order
	Repeat  int                     // of customization and updates
}

const (
	many   = 1000 // targets of a search from one to many
	update = 100  // arcs
)

// Measure prepares the graph, answers the queries and takes times.
func Measure(ctx context.Context, in Input) (Result, *cch.Metric, error) {
	g := in.Graph
	r := Result{Nodes: g.Nodes, Arcs: len(g.Tail)}
	if len(in.Queries) == 0 {
		return r, nil, fmt.Errorf("there are no queries; give at least one line source,target")
	}
	began, since := time.Now(), spent(ofProcess)
	var order []int32
	if in.Order != nil {
		var err error
		if order, err = in.Order(); err != nil {
			return r, nil, err
		}
	} else {
		order = cch.Order(g.Nodes, g.Tail, g.Head, nil, in.Threads)
	}
	r.Order, r.Ordering = time.Since(began).Seconds(), (spent(ofProcess) - since).Seconds()
	if err := ctx.Err(); err != nil {
		return r, nil, err
	}
	began = time.Now()
	h, err := cch.New(g.Nodes, g.Tail, g.Head, order)
	if err != nil {
		return r, nil, err
	}
	r.Contract, r.Chordal = time.Since(began).Seconds(), h.Edges()
	m := h.Metric(g.Weight, 1)
	if err := r.answer(in, m); err != nil {
		return r, nil, err
	}
	runtime.GC()
	r.Customize, r.Wall.Customize = median(in.Repeat, nil, func(int) { m.Customize(g.Weight, 1) })
	if err := ctx.Err(); err != nil {
		return r, nil, err
	}
	r.partial(in, m.Clone())
	runtime.GC()
	q, n := m.Query(), len(in.Queries)
	r.Query, r.Wall.Query = median(3*n, nil, func(k int) { q.Distance(in.Queries[k%n].Source, in.Queries[k%n].Target) })
	var path []int32
	r.Path, r.Wall.Path = median(n, nil, func(k int) { path, _ = q.Path(in.Queries[k].Source, in.Queries[k].Target, path[:0]) })
	began = time.Now()
	sweep := m.Targets(targets(in)).Sweep()
	r.Choose = ms(time.Since(began))
	out := make([]uint32, many)
	r.Many, r.Wall.Many = median(min(n, many), nil, func(k int) { sweep.From(in.Queries[k].Source, out) })
	r.Query, r.Path = 1000*r.Query, 1000*r.Path // µs
	return r, m, nil
}

// targets are those of the queries, filled up with nodes at random.
func targets(in Input) []int32 {
	t := make([]int32, many)
	draw := chance.New(1, "bench/routing/targets")
	for k := range t {
		if k < len(in.Queries) {
			t[k] = in.Queries[k].Target
		} else {
			t[k] = int32(draw.Int(uint64(k), 0, in.Graph.Nodes))
		}
	}
	return t
}

// answer answers each query in three ways and counts those that are wrong.
func (r *Result) answer(in Input, m *cch.Metric) error {
	g, q, nowhere := in.Graph, m.Query(), false
	sweep := m.Targets(targets(in)).Sweep()
	out := make([]uint32, many)
	var path []int32
	for k, x := range in.Queries {
		d := q.Distance(x.Source, x.Target)
		r.Answers = append(r.Answers, d)
		nowhere = nowhere || d == cch.Unreachable
		want := d
		if x.Known {
			want = x.Distance
		}
		ok := d == want
		var length uint32
		path, length = q.Path(x.Source, x.Target, path[:0])
		ok = ok && length == want && (want == cch.Unreachable || leads(g, path, x, want))
		if k < many {
			sweep.From(x.Source, out)
			ok = ok && out[k] == want
		}
		if !ok {
			r.Wrong++
		}
	}
	if nowhere {
		// No way, or one too long for a distance? Without weights only the first is left.
		bare := m.Hierarchy().Metric(make([]uint32, len(g.Tail)), 1).Query()
		for k, x := range in.Queries {
			if r.Answers[k] == cch.Unreachable && bare.Distance(x.Source, x.Target) == 0 {
				return fmt.Errorf("query %d: the way from %d to %d is longer than %d; divide all weights", k+1, x.Source, x.Target, cch.Unreachable-1)
			}
		}
	}
	return nil
}

// leads reports whether path goes from source to target in the given length.
func leads(g *dimacs.Graph, path []int32, x dimacs.Query, length uint32) bool {
	at, sum := x.Source, uint32(0)
	for _, a := range path {
		if g.Tail[a] != at {
			return false
		}
		at, sum = g.Head[a], sum+g.Weight[a]
	}
	return at == x.Target && sum == length
}

// partial times updates of m.
func (r *Result) partial(in Input, m *cch.Metric) {
	if len(in.Graph.Tail) == 0 {
		return
	}
	arcs, to := make([]int32, update), make([]uint32, update)
	change := func(round int) { arcs, to = Uneven(m, round, update, arcs[:0], to[:0]) }
	change(-1)
	m.Update(arcs, to) // makes the working memory
	r.Partial, r.Wall.Partial = median(in.Repeat, change, func(int) { m.Update(arcs, to) })
}

// Uneven draws n arcs at random and a new weight for each: a quarter to four times the one it has, whatever went before.
func Uneven(m *cch.Metric, round, n int, arcs []int32, to []uint32) ([]int32, []uint32) {
	draw := chance.New(1, "bench/routing/uneven")
	for k := range n {
		a := int32(draw.Int(uint64(round+1), 2*uint64(k), m.Hierarchy().Arcs()))
		f := draw.Int(uint64(round+1), 2*uint64(k)+1, 240) // 0…119: down, from there on: up
		w := uint64(m.Weight(a)) + 1
		if f < 120 {
			w = w * uint64(40+f) / 160
		} else {
			w = w * uint64(f-80) / 40
		}
		arcs, to = append(arcs, a), append(to, uint32(min(w, uint64(cch.Unreachable-1))))
	}
	return arcs, to
}

func ms(d time.Duration) float64 { return float64(d.Nanoseconds()) / 1e6 }

// median times n runs of f, each after before, and returns the medians of the thread's processor time and of the wall clock's, ms.
func median(n int, before, f func(k int)) (processor, wall float64) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	cpu, all := make([]time.Duration, n), make([]time.Duration, n)
	for k := range n {
		if before != nil {
			before(k)
		}
		began, since := time.Now(), spent(ofThread)
		f(k)
		cpu[k], all[k] = spent(ofThread)-since, time.Since(began)
	}
	slices.Sort(cpu)
	slices.Sort(all)
	return ms(cpu[n/2]), ms(all[n/2])
}
