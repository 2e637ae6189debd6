package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"text/tabwriter"
	"time"

	"citybrain/city/importer/jemss"
	"citybrain/emergency/ems"
)

// emergencyVerb runs what stands behind `citybrain emergency`.
func emergencyVerb(ctx context.Context, args []string, out io.Writer) error {
	return oneOf(ctx, "emergency", map[string]part{"simulate": emergencySimulate, "hypercube": emergencyHypercube, "calls": emergencyCalls, "siting": emergencySiting, "evacuate": emergencyEvacuate}, args, out)
}

// simulated is what `emergency simulate --json` prints; a figure that no call gives is null.
type simulated struct {
	Calls         int      `json:"calls"`
	Mean          *float64 `json:"mean_response_s"`
	Within        *float64 `json:"within_target_pct"`
	P90           *float64 `json:"p90_response_s"`
	LowP90        *float64 `json:"low_priority_p90_s"`
	WorstDistrict *float64 `json:"worst_district_within_pct"`
	Moves         int      `json:"moves"`
	MovesKm       float64  `json:"moves_km"`
	MovesMost     int      `json:"moves_per_unit_shift_max"`
	Wall          float64  `json:"wall_s"`
}

// number is x as JSON has it: null if it is none.
func number(x float64) *float64 {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return nil
	}
	return &x
}

func emergencySimulate(ctx context.Context, args []string, out io.Writer) error {
	began := time.Now()
	f := flags("emergency simulate", "citybrain emergency simulate --jemss auckland --calls auckland/calls.csv.gz --policy dmexclp --busy 0.25 --json", out)
	dir := f.String("jemss", "", "`folder` of a JEMSS city")
	file := f.String("calls", "", "`file` of calls in JEMSS' layout, plain or .gz")
	name := f.String("policy", "brain", "static, dmexclp or brain")
	busy := f.Float64("busy", 0.25, "dmexclp: the share of time that a unit is busy")
	asJSON := f.Bool("json", false, "print one JSON object")
	if err := parse(f, args); err != nil {
		return err
	}
	if err := noArgs(f); err != nil {
		return err
	}
	switch {
	case *dir == "" || *file == "":
		return fmt.Errorf("%w: give --jemss FOLDER and --calls FILE", errUsage)
	case !(*busy > 0 && *busy < 1):
		return fmt.Errorf("%w: --busy %g is not between 0 and 1", errUsage, *busy)
	case *name != "static" && *name != "dmexclp" && *name != "brain":
		return fmt.Errorf("%w: --policy %q is none of static, dmexclp, brain", errUsage, *name)
	}
	e, err := jemss.Load(*dir)
	if err != nil {
		return err
	}
	if *name != "static" {
		if err := jemss.LoadDemand(*dir, e); err != nil {
			return err
		}
	}
	calls, start, err := jemss.LoadCalls(*file, e)
	if err != nil {
		return err
	}
	m, err := ems.New(e)
	if err != nil {
		return err
	}
	var p ems.Policy
	switch *name {
	case "static":
		p = ems.Static{}
	case "dmexclp":
		p = ems.NewDMEXCLP(m, *busy)
	case "brain":
		p = ems.NewBrain(m)
	}
	s := ems.NewSim(m, p, calls, start)
	bar := newProgress()
	for k := 0; ; k++ {
		more := s.Step()
		if !more {
			break
		}
		if k%4096 == 0 {
			if err := ctx.Err(); err != nil {
				bar.done()
				return err
			}
			bar.show("emergency simulate", s.Progress())
		}
	}
	bar.done()
	x := s.Figures()
	row := simulated{x.Calls, number(x.Mean), number(x.Within), number(x.P90), number(x.LowP90), number(x.WorstDistrict), x.Moves, x.MovesKm, x.MovesMost, time.Since(began).Seconds()}
	if *asJSON {
		return json.NewEncoder(out).Encode(row)
	}
	w := tabwriter.NewWriter(out, 0, 8, 2, ' ', 0)
	fmt.Fprintf(w, "calls\t%d after the first day, policy %s\n", x.Calls, *name)
	fmt.Fprintf(w, "response\tmean %.1f s, nine of ten within %.0f s, %.3f %% within target\n", x.Mean, x.P90, x.Within)
	fmt.Fprintf(w, "fair\tlow priority: nine of ten within %.0f s; worst district %.2f %% within target\n", x.LowP90, x.WorstDistrict)
	fmt.Fprintf(w, "moves\t%d, at most %d a unit and shift; %.0f km without a call\n", x.Moves, x.MovesMost, x.MovesKm)
	fmt.Fprintf(w, "computing\t%.2f s\n", row.Wall)
	return w.Flush()
}
