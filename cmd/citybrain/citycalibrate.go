package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"runtime"

	"citybrain/account"
	"citybrain/city"
)

// A calibration is what `city calibrate --json` prints.
type calibration struct {
	City         string      `json:"city"`
	Calibrated   bool        `json:"calibrated"`
	Lacks        string      `json:"lacks,omitempty"` // why not
	Links        int         `json:"counted_links"`
	Within       float64     `json:"geh_below_5"`
	Unused       int         `json:"links_held_out"` // of them: they corrected nothing
	WithinUnused float64     `json:"geh_below_5_held_out"`
	Routes       int         `json:"routes"`
	RoutesGood   float64     `json:"routes_within_15_pct"`
	RoutesTAG    float64     `json:"routes_within_15_pct_or_1_min"`
	Saturation   float64     `json:"saturation_veh_h_lane"`
	SaturationSE float64     `json:"saturation_se"`
	StopLines    int         `json:"stop_lines"`
	FreeSpeed    []float64   `json:"free_speed_of_limit"` // by class of road, motorway to service; 0: not measured
	PerHour      float64     `json:"trips_per_hour"`
	OD           []city.Flow `json:"od"`
	Version      string      `json:"city_version"`
}

func cityCalibrate(ctx context.Context, args []string, out io.Writer) error {
	f := flags("city calibrate", "citybrain city calibrate --city out/demo --json", out)
	dir := f.String("city", demoCity, "`folder` of a city pack, which is written anew with the result; demo: the demo city, which is only printed")
	file := f.String("out", "", "`file` for the result by itself, as city/riverside/calibration.json has the demo city's")
	seed := f.Uint64("seed", 4711, "of the calm evening whose counts it is held against")
	threads := f.Int("threads", runtime.GOMAXPROCS(0), "the result does not depend on it")
	asJSON := f.Bool("json", false, "print JSON")
	if err := parse(f, args); err != nil {
		return err
	}
	if err := noArgs(f); err != nil {
		return err
	}
	c, err := namedCity(*dir)
	if err != nil {
		return err
	}
	p := newProgress()
	k, err := account.Calibrate(ctx, c, *seed, *threads, func(part float64) { p.show("calibrating", part) })
	p.done()
	if err != nil {
		return err
	}
	c.Calibration = k
	if *file != "" {
		b, err := json.MarshalIndent(k, "", " ")
		if err != nil {
			return err
		}
		if err := os.WriteFile(*file, append(b, '\n'), 0o644); err != nil {
			return err
		}
	}
	if *dir == demoCity {
		if c.Version, err = c.Hash(); err != nil {
			return err
		}
	} else if err := city.Save(*dir, c); err != nil {
		return err
	}
	r := calibration{c.Name.In("en"), c.Calibrated(), k.Lacks(), k.Links, k.Within, k.Unused, k.WithinUnused, k.Routes, k.RoutesGood, k.RoutesTAG, k.Saturation, k.SaturationSE, k.StopLines, k.FreeSpeed, k.PerHour, k.OD, c.Version}
	if *asJSON {
		enc := json.NewEncoder(out)
		enc.SetIndent("", "  ")
		return enc.Encode(r)
	}
	fmt.Fprintf(out, "%s: GEH below 5 on %.0f %% of %d counted links (%.0f %% of the %d that corrected nothing), travel times within 15 %% on %.0f %% of %d routes, saturation flow %.0f ± %.0f vehicles an hour and lane at %d stop lines\n", r.City, 100*r.Within, r.Links, 100*r.WithinUnused, r.Unused, 100*r.RoutesGood, r.Routes, r.Saturation, r.SaturationSE, r.StopLines)
	if r.Calibrated {
		fmt.Fprintln(out, "calibrated")
	} else {
		fmt.Fprintln(out, "uncalibrated: "+r.Lacks)
	}
	return nil
}
