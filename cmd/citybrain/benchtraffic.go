package main

import (
	"context"
	"io"
	"os"

	"citybrain/bench/traffic"
	"citybrain/city/riverside"
)

// benchTraffic measures the microscopic engine beside SUMO.
func benchTraffic(ctx context.Context, args []string, out io.Writer) error {
	f := flags("bench traffic", "citybrain bench traffic --json", out)
	asJSON := f.Bool("json", false, "print JSON")
	data := f.String("data", "../shared/data/traffic/sumo", "the folder with the reference scenarios")
	seconds := f.Int("seconds", 300, "of the speed grid; its published figures are of 1189")
	seeds := f.Int("seeds", 3, "of each scenario")
	only := f.Bool("forecast", false, "only the forecast of speeds on the demo city")
	past := f.Int("past", 14, "evenings that the forecast learns from")
	fresh := f.Int("new", 10, "evenings that it predicts")
	span := f.Int("span", 60, "s measured of 300,000 vehicles")
	if err := parse(f, args); err != nil {
		return err
	}
	if err := noArgs(f); err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "citybrain-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	return traffic.Run(ctx, traffic.Options{Data: *data, Dir: dir, Seconds: *seconds, Seeds: *seeds, Span: *span, City: riverside.City(demoSeed), Past: *past, New: *fresh, Forecast: *only, JSON: *asJSON}, out)
}
