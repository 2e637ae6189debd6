package main

import (
	"context"
	"io"

	"citybrain/bench/routing"
)

// benchRouting measures shortest paths on the reference graph.
func benchRouting(ctx context.Context, args []string, out io.Writer) error {
	f := flags("bench routing", "citybrain bench routing --json", out)
	asJSON := f.Bool("json", false, "print JSON")
	data := f.String("data", "../shared/data/emergency/graph", "the folder with the reference graph")
	if err := parse(f, args); err != nil {
		return err
	}
	if err := noArgs(f); err != nil {
		return err
	}
	return routing.Run(ctx, routing.Options{Data: *data, JSON: *asJSON}, out)
}
