package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"
	"time"

	"citybrain/city/importer/sumo"
	"citybrain/traffic/control"
)

// drive is what one run of drive-sumo is asked for.
type drive struct {
	cfg, controller, tripinfo, program string
	plan                               *control.Plan
	seed                               int
	every, duration                    float64 // s
	dead, observed, lag                float64
	joint                              *control.Joint
	keep                               bool   // the lights' own program runs, nobody decides
	street                             bool   // protocol SUMO-2
	dir                                string // for scratch files
}

// hour is the protocol's length of a run, longestRun what no run is longer than, s.
const hour, longestRun = 3600, 100_000_000

func driveSUMOVerb(ctx context.Context, args []string, out io.Writer) error {
	f := flags("traffic drive-sumo", "citybrain traffic drive-sumo --cfg cologne1.sumocfg --controller brain --seed 1 --json", out)
	var d drive
	f.StringVar(&d.cfg, "cfg", "", "sumocfg `file`: network, routes, begin")
	f.StringVar(&d.controller, "controller", "brain", strings.Join(control.Names(), ", "))
	f.IntVar(&d.seed, "seed", 1, "SUMO's seed")
	f.StringVar(&d.tripinfo, "tripinfo", "", "`file` for SUMO's tripinfo; empty: none is kept")
	f.StringVar(&d.program, "sumo", "sumo", "SUMO's `program`")
	plan := f.String("plan", "", "`file` with a plan, of `traffic optimise`")
	f.Float64Var(&d.every, "decide-every", 0, "`s` between decisions; 0: the controller's own, 1 s for brain, fixed, webster and offline, 10 s for the others")
	f.Float64Var(&d.dead, "dead", 0, "share of lanes whose detectors are dead, 0–1")
	f.Float64Var(&d.observed, "observed", 0, "share of vehicles that are seen, 0–1; 0: all")
	f.Float64Var(&d.lag, "lag", 0, "`s` between a decision and the lamps")
	f.BoolVar(&d.street, "street", false, "protocol SUMO-2: crossings and walkers, all-red, stages in order, detectors; needs netconvert and SUMO's tools")
	f.Float64Var(&d.duration, "duration", hour, "`s` of simulation")
	asJSON := f.Bool("json", false, "print one JSON object")
	if err := parse(f, args); err != nil {
		return err
	}
	if err := noArgs(f); err != nil {
		return err
	}
	switch {
	case d.cfg == "":
		return fmt.Errorf("%w: give --cfg FILE.sumocfg", errUsage)
	case !(d.dead >= 0 && d.dead <= 1 && d.observed >= 0 && d.observed <= 1 && d.lag >= 0 && d.every >= 0 && d.duration > 0 && d.duration <= longestRun):
		return fmt.Errorf("%w: --dead and --observed are shares from 0 to 1, --lag, --decide-every and --duration seconds, at most %d", errUsage, longestRun)
	case int(int32(d.seed)) != d.seed:
		return fmt.Errorf("%w: --seed %d: SUMO takes those from %d to %d", errUsage, d.seed, math.MinInt32, math.MaxInt32)
	case d.street && (d.dead > 0 || d.observed > 0):
		return fmt.Errorf("%w: --street has its own detectors; --dead and --observed go without it", errUsage)
	case *plan != "" && !planned(d.controller):
		return fmt.Errorf("%w: --plan is for fixed, offline and actuated, not for %s", errUsage, d.controller)
	case strings.Contains(d.tripinfo, ":"):
		return fmt.Errorf("%w: --tripinfo %q: SUMO takes a name with a colon for host:port", errUsage, d.tripinfo)
	}
	var err error
	if d.dir, err = os.MkdirTemp("", "citybrain-sumo"); err != nil {
		return err
	}
	defer os.RemoveAll(d.dir)
	var s *sumo.Scenario
	if d.street {
		s, err = d.pave(ctx)
	} else {
		s, err = sumo.Read(d.cfg)
	}
	if err != nil {
		return err
	}
	note(s.Defects)
	for i := range s.Network.Lights { // SUMO's own phases, as it has them: it knows its right of way itself
		s.Network.Lights[i].Phases = s.Network.Written[i]
	}
	rules := control.Options{Yellow: 3, MinGreen: 5}
	if d.street {
		rules.Street, rules.View = streetRules(s.Network), loopAt
	}
	d.joint = control.Join(&s.Network.LaneNet)
	n, err := control.NewNetwork(d.joint.Net, rules)
	if err != nil {
		return err
	}
	if d.plan, err = readPlan(*plan, n); err != nil {
		return err
	}
	d.keep = d.controller == "fixed" && d.plan == nil
	if d.every == 0 {
		d.every = 10
		switch d.controller {
		case "fixed", "webster", "offline", "brain":
			d.every = 1
		}
	}
	ctl, err := control.New(d.controller, n, control.Settings{Every: d.every, Lag: d.lag, Plan: d.plan})
	if err != nil {
		return fmt.Errorf("%w: %v", errUsage, err)
	}
	start := time.Now()
	r, err := d.run(ctx, s, n, ctl)
	if err != nil {
		return err
	}
	r.Every, r.Wall = d.every, round2(time.Since(start).Seconds())
	if *asJSON {
		return json.NewEncoder(out).Encode(r)
	}
	w := tabwriter.NewWriter(out, 0, 8, 2, ' ', 0)
	fmt.Fprintf(w, "%s, %s, seed %d\t\n", filepath.Base(d.cfg), d.controller, d.seed)
	fmt.Fprintf(w, "trips\t%d: %d finished, %d running, %d never inserted\n", r.Trips, r.Finished, r.Running, r.NeverInserted)
	fmt.Fprintf(w, "delay\tmean %.2f s, 95 %% below %.1f s, longest %.1f s\n", r.Mean, r.P95, r.Max)
	fmt.Fprintf(w, "longest wait at a signal\t%.0f s\n", r.MaxWait)
	fmt.Fprintf(w, "teleports, collisions\t%d, %d\n", r.Teleports, r.Collisions)
	fmt.Fprintf(w, "person delay\tcar %.2f s, bus %.2f s, bicycle %.2f s, walker %.2f s, all %.2f s\n", r.Person.Car, r.Person.Bus, r.Person.Bicycle, r.Person.Walker, r.Person.All)
	fmt.Fprintf(w, "a decision each\t%g s; %.1f s of computing\n", r.Every, r.Wall)
	return w.Flush()
}

// readPlan reads a plan of `traffic optimise` for a network; none without a path.
func readPlan(path string, n *control.Network) (*control.Plan, error) {
	if path == "" {
		return nil, nil
	}
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("read plan: %w", err)
	}
	defer file.Close()
	p, err := control.ReadPlan(file, n)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	return p, nil
}
