package main

import (
	"context"
	"io"

	"citybrain/bench/flood"
)

// benchFlood measures the flood solvers.
func benchFlood(ctx context.Context, args []string, out io.Writer) error {
	f := flags("bench flood", "citybrain bench flood --json", out)
	asJSON := f.Bool("json", false, "print JSON")
	data := f.String("data", "../shared/data/flood", "the folder with the reference cases")
	only := f.String("part", "", "analytic, agency, merewether, speed, members, mass or damage; empty: all")
	if err := parse(f, args); err != nil {
		return err
	}
	if err := noArgs(f); err != nil {
		return err
	}
	return flood.Run(ctx, flood.Options{Data: *data, Part: *only, JSON: *asJSON}, out)
}
