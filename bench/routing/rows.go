package routing

import (
	"context"
	"fmt"
	"io"
	"path/filepath"

	"citybrain/bench"
	"citybrain/city/importer/dimacs"
	"citybrain/routing/cch"
)

// Options is what to run.
type Options struct {
	Data string // the folder with the reference graph, its queries and METIS' order
	JSON bool
}

// Run measures the reference graph and writes a table or JSON.
func Run(ctx context.Context, o Options, w io.Writer) error {
	rows, err := Rows(ctx, o)
	if err != nil {
		return err
	}
	return bench.Print(w, rows, o.JSON)
}

// asked is a figure of the issue: at most limit, and what RoutingKit needs at best as the issue states it, 0: nothing is stated.
type asked struct {
	row, unit   string
	limit, peer float64
	of          func(*measured) float64
	wall        func(*measured) float64 // by the wall clock; nil: of is, or is no time
}

type measured struct {
	Result
	metis int // edges of METIS' order
	after int // wrong answers after changes
	asked int // answers compared after changes
}

var figures = []asked{
	{"customization of all weights, one thread, at most", "ms", 60, 50, func(m *measured) float64 { return m.Customize },
		func(m *measured) float64 { return m.Wall.Customize }},
	{"distance query, at most", "us", 40, 26, func(m *measured) float64 { return m.Query },
		func(m *measured) float64 { return 1000 * m.Wall.Query }},
	{"query with its path, at most", "us", 250, 154, func(m *measured) float64 { return m.Path },
		func(m *measured) float64 { return 1000 * m.Wall.Path }},
	{"one to 1000 targets chosen before, at most", "ms", 1.5, 1.7, func(m *measured) float64 { return m.Many },
		func(m *measured) float64 { return m.Wall.Many }},
	{"update of 100 random arcs, at most", "ms", 7, 3.3, func(m *measured) float64 { return m.Partial },
		func(m *measured) float64 { return m.Wall.Partial }},
	{"chordal arcs of our order over those of METIS' order, at most", "", 1.1, 0, func(m *measured) float64 { return float64(m.Chordal) / float64(m.metis) }, nil},
	{"our order on 2 threads, at most", "s", 10, 0, func(m *measured) float64 { return m.Order }, nil},
	{"wrong answers to the shared queries, at most", "", 0, 0, func(m *measured) float64 { return float64(m.Wrong) }, nil},
	{"wrong answers after thousands of uneven weight changes, at most", "", 0, 0, func(m *measured) float64 { return float64(m.after) }, nil},
}

// Rows measures the reference graph: a row for each figure that the issue asks for.
func Rows(ctx context.Context, o Options) ([]bench.Row, error) {
	m, err := measure(ctx, o.Data)
	if err != nil && ctx.Err() != nil {
		return nil, err
	}
	var rows []bench.Row
	for _, f := range figures {
		if err != nil {
			rows = append(rows, bench.AtMost(f.row, f.unit, f.limit, nil, err.Error()))
			continue
		}
		v := f.of(m)
		row := bench.AtMost(f.row, f.unit, f.limit, &v, "")
		if f.wall != nil {
			row.Note = fmt.Sprintf("median of the thread's processor time; by the wall clock %.4g %s", f.wall(m), f.unit)
		}
		if f.unit == "s" {
			row.Note = fmt.Sprintf("by the wall clock; processor time of both threads %.2f s", m.Ordering)
		}
		if f.peer > 0 {
			peer, ratio := fmt.Sprintf("RoutingKit, as the issue states it at best: %g %s", f.peer, f.unit), v/f.peer
			row.Peer, row.Ratio = &peer, &ratio
		}
		rows = append(rows, row)
	}
	if err == nil {
		rows[len(rows)-1].Note = fmt.Sprintf("%d distances against Dijkstra's search", m.asked)
	}
	return rows, nil
}

func measure(ctx context.Context, data string) (*measured, error) {
	g, err := dimacs.Load(filepath.Join(data, "USA-road-d.NY.gr.gz"))
	if err != nil {
		return nil, err
	}
	queries, err := dimacs.LoadQueries(filepath.Join(data, "ny_queries_1000.csv"), g.Nodes)
	if err != nil {
		return nil, err
	}
	order, err := dimacs.LoadOrder(filepath.Join(data, "ny_rank_metis.txt.gz"), g.Nodes)
	if err != nil {
		return nil, err
	}
	h, err := cch.New(g.Nodes, g.Tail, g.Head, order)
	if err != nil {
		return nil, err
	}
	m := &measured{metis: h.Edges()}
	var ways *cch.Metric
	if m.Result, ways, err = Measure(ctx, Input{Graph: g, Queries: queries, Threads: 2, Repeat: 31}); err != nil {
		return nil, err
	}
	var arcs []int32
	var to []uint32
	for round := range 50 {
		arcs, to = Uneven(ways, round, update, arcs[:0], to[:0])
		ways.Update(arcs, to)
	}
	q := ways.Query()
	for k := range 10 {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		from := queries[k].Source
		want := Dijkstra(g, from, ways.Weight)
		for _, x := range queries {
			m.asked++
			if q.Distance(from, x.Target) != want[x.Target] {
				m.after++
			}
		}
	}
	return m, nil
}
