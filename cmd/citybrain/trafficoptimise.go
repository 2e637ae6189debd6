package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"citybrain/traffic/control"
	"citybrain/traffic/micro"
)

func trafficOptimiseVerb(ctx context.Context, args []string, out io.Writer) error {
	f := flags("traffic optimise", "citybrain traffic optimise --sumo cologne8.sumocfg --seeds 101-105 --out plan.json", out)
	cfg := f.String("sumo", "", "sumocfg `file`: network, routes, begin")
	pack := f.String("city", "", "`folder` of a city pack, or demo: its evening")
	span := f.String("seeds", "101-105", "`first-last` seed of the runs that a plan is judged by")
	budget := f.Int("plans", 150, "plans of offline that are judged at most; settings of actuated come on top")
	duration := f.Int("duration", hour, "`s` of each run")
	to := f.String("out", "plan.json", "`file` to write: the plan of offline and the settings of actuated, for --plan")
	if err := parse(f, args); err != nil {
		return err
	}
	if err := noArgs(f); err != nil {
		return err
	}
	seeds, err := seedsOf(*span)
	if err != nil {
		return fmt.Errorf("%w: %v", errUsage, err)
	}
	if (*cfg == "") == (*pack == "") || *budget < 1 || *duration < 1 {
		return fmt.Errorf("%w: give --sumo FILE.sumocfg or --city FOLDER, at least one of --plans and one second of --duration", errUsage)
	}
	if err := writable(*to); err != nil {
		return err
	}
	// Who drives in a city is drawn once: the seeds are of drivers' chance.
	s, err := openStreets(*cfg, *pack, seeds[0], *duration)
	if err != nil {
		return err
	}
	if s.city {
		if err := s.settle(ctx, seeds[0], *duration, 1); err != nil {
			return err
		}
	}
	n, err := control.NewNetwork(s.net, s.rules)
	if err != nil {
		return err
	}
	if len(n.Junctions) == 0 {
		return fmt.Errorf("%s has no signals: there is nothing to time", s.name)
	}
	bar := newProgress()
	defer bar.done()
	judged, total := 0, *budget+32
	// judge runs a controller on all seeds side by side and returns the mean delay.
	judge := func(name string, set control.Settings) (float64, []uint32, error) {
		sum, errs, flows := make([]float64, len(seeds)), make([]error, len(seeds)), []uint32(nil)
		var wg sync.WaitGroup
		for i, seed := range seeds {
			wg.Go(func() {
				sim, err := micro.New(s.net, s.demand, s.micro(seed, 1))
				if err != nil {
					errs[i] = err
					return
				}
				ctl, err := control.New(name, n, set)
				if err != nil {
					errs[i] = err
					return
				}
				errs[i] = control.NewDrive(&micro.Controlled{Sim: sim, Net: n}, n, ctl, 1).Step(ctx, time.Duration(*duration)*time.Second)
				if sum[i] = sim.Figures().MeanDelay; i == 0 {
					flows = sim.Passed()
				}
			})
		}
		wg.Wait()
		judged++
		bar.show("traffic optimise", float64(judged)/float64(total))
		mean := 0.0
		for _, v := range sum {
			mean += v / float64(len(sum))
		}
		return mean, flows, errors.Join(errs...)
	}
	before, counts, err := judge("fixed", control.Settings{Every: 1})
	if err != nil {
		return err
	}
	flow := make([]float64, len(counts))
	for i, v := range counts {
		flow[i] = float64(v) / float64(*duration)
	}
	plan, delay, err := control.Optimise(ctx, n, flow, *budget, func(p *control.Plan) (float64, error) {
		d, _, err := judge("offline", control.Settings{Every: 1, Plan: p})
		return d, err
	})
	if err != nil {
		return err
	}
	set, actuated, err := control.TuneActuation(ctx, func(a control.Actuation) (float64, error) {
		d, _, err := judge("actuated", control.Settings{Every: 1, Plan: &control.Plan{Junctions: plan.Junctions, Actuation: &a}})
		return d, err
	})
	if err != nil {
		return err
	}
	plan.Actuation = &set
	body, err := json.MarshalIndent(plan, "", " ")
	if err != nil {
		return err
	}
	if err := os.WriteFile(*to, append(body, '\n'), 0o644); err != nil {
		return err
	}
	fmt.Fprintf(out, "%s: mean delay %.1f s with the shipped plan, %.1f s offline, %.1f s actuated (gap %g s, longest %g s, skip %v); %d plans judged on %d seeds in our own engine\n",
		*to, before, delay, actuated, set.Gap, set.Longest, set.Skip, judged, len(seeds))
	return nil
}

// writable makes sure that a file can be written before hours are spent on what goes into it.
func writable(path string) error {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	return f.Close()
}

// seedsOf reads "101-105" or "7".
func seedsOf(span string) ([]uint64, error) {
	a, b, two := strings.Cut(span, "-")
	first, err := strconv.ParseUint(a, 10, 64)
	last := first
	if err == nil && two {
		last, err = strconv.ParseUint(b, 10, 64)
	}
	if err != nil || last < first || last-first > 99 {
		return nil, fmt.Errorf("--seeds %q: give a seed, or the first and the last of up to 100", span)
	}
	var list []uint64
	for k := range last - first + 1 {
		list = append(list, first+k)
	}
	return list, nil
}
