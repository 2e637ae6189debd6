package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"text/tabwriter"

	bench "citybrain/bench/routing"
	"citybrain/city/importer/dimacs"
	"citybrain/routing/cch"
)

// routeGraphVerb answers queries on a DIMACS graph and says how long that takes.
func routeGraphVerb(ctx context.Context, args []string, out io.Writer) error {
	f := flags("route graph", "citybrain route graph --dimacs USA-road-d.NY.gr.gz --queries queries.csv --json", out)
	graph := f.String("dimacs", "", "DIMACS graph `file`, .gr or .gr.gz")
	queries := f.String("queries", "", "CSV `file` with a line source,target or source,target,distance a query; nodes counted from 0")
	order := f.String("order", "", "`file` with a rank for each node, a line each; empty: our own order, from the graph alone")
	answers := f.String("answers", "", "CSV `file` to write source,target,distance to; no way: inf")
	threads := f.Int("threads", 2, "of our own order, which is the same for any number; all else is measured on one")
	asJSON := f.Bool("json", false, "print one JSON object")
	if err := parse(f, args); err != nil {
		return err
	}
	if err := noArgs(f); err != nil {
		return err
	}
	if *graph == "" || *queries == "" || *threads < 1 || *threads > 1024 {
		return fmt.Errorf("%w: give --dimacs FILE and --queries FILE; --threads is from 1 to 1024", errUsage)
	}
	g, err := dimacs.Load(*graph)
	if err != nil {
		return err
	}
	in := bench.Input{Graph: g, Threads: *threads, Repeat: 31}
	if in.Queries, err = dimacs.LoadQueries(*queries, g.Nodes); err != nil {
		return err
	}
	if len(in.Queries) == 0 {
		return fmt.Errorf("read %s: line 1: the file has no query", *queries)
	}
	if *order != "" {
		in.Order = func() ([]int32, error) { return dimacs.LoadOrder(*order, g.Nodes) }
	}
	r, _, err := bench.Measure(ctx, in)
	if err != nil {
		return err
	}
	if *answers != "" {
		if err := writeAnswers(*answers, in.Queries, r.Answers); err != nil {
			return err
		}
	}
	for _, x := range []*float64{&r.Order, &r.Customize, &r.Partial, &r.Query, &r.Path, &r.Many} {
		*x = float64(int64(*x*1e4+0.5)) / 1e4
	}
	if *asJSON {
		return json.NewEncoder(out).Encode(r)
	}
	w := tabwriter.NewWriter(out, 0, 8, 2, ' ', 0)
	fmt.Fprintf(w, "graph\t%d nodes, %d arcs\n", r.Nodes, r.Arcs)
	fmt.Fprintf(w, "order\t%.2f s (processor time %.2f), %d chordal arcs; contraction %.2f s\n", r.Order, r.Ordering, r.Chordal, r.Contract)
	fmt.Fprintf(w, "customization\t%.1f ms (wall %.1f); of 100 arcs %.2f ms (%.2f)\n", r.Customize, r.Wall.Customize, r.Partial, r.Wall.Partial)
	fmt.Fprintf(w, "query\t%.1f µs (wall %.1f), with its path %.1f µs (%.1f)\n", r.Query, 1000*r.Wall.Query, r.Path, 1000*r.Wall.Path)
	fmt.Fprintf(w, "one to 1000\t%.3f ms (wall %.3f), once the targets are ready (%.1f ms)\n", r.Many, r.Wall.Many, r.Choose)
	fmt.Fprintf(w, "answers\t%d, %d of them wrong\n", len(r.Answers), r.Wrong)
	return w.Flush()
}

func writeAnswers(path string, queries []dimacs.Query, d []uint32) (err error) {
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	defer func() {
		if e := file.Close(); err == nil {
			err = e
		}
	}()
	w := bufio.NewWriter(file)
	fmt.Fprintln(w, "source,target,distance")
	for k, x := range queries {
		if d[k] == cch.Unreachable {
			fmt.Fprintf(w, "%d,%d,inf\n", x.Source, x.Target)
		} else {
			fmt.Fprintf(w, "%d,%d,%d\n", x.Source, x.Target, d[k])
		}
	}
	return w.Flush()
}
