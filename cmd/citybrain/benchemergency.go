package main

import (
	"context"
	"fmt"
	"io"

	"citybrain/bench/emergency"
	"citybrain/city/riverside"
)

// benchEmergency measures dispatch, redeployment and the hypercube.
func benchEmergency(ctx context.Context, args []string, out io.Writer) error {
	f := flags("bench emergency", "citybrain bench emergency --json", out)
	asJSON := f.Bool("json", false, "print JSON")
	data := f.String("data", "../shared/data/emergency", "the folder with the reference data")
	seeds := f.Int("seeds", 2, "of days that the brain was not tuned on, for each city")
	days := f.Float64("days", 101, "of each, the first left out")
	evenings := f.Int("evenings", 50, "of the demo city")
	storms := f.Int("storms", 30, "seeds of green corridors in the demo city's storm")
	only := f.Bool("corridors", false, "measure green corridors alone")
	if err := parse(f, args); err != nil {
		return err
	}
	if err := noArgs(f); err != nil {
		return err
	}
	if *seeds < 1 || !(*days > 1) || *evenings < 2 || *storms < 2 {
		return fmt.Errorf("%w: --seeds is 1 at least, --days above 1, --evenings and --storms 2 at least", errUsage)
	}
	return emergency.Run(ctx, emergency.Options{Data: *data, City: riverside.City(demoSeed), Seeds: *seeds, Days: *days, Evenings: *evenings, Storms: *storms, Corridors: *only, JSON: *asJSON}, out)
}
