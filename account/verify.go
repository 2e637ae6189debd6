package account

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"

	"citybrain/city"
)

// ErrOtherBuild is returned when a result was made by another build: nothing can be said of it here.
var ErrOtherBuild = errors.New("made by another build")

// ErrDiffers is returned when running again gave another result.
var ErrDiffers = errors.New("the result differs")

// Verify runs again what `run --json` or `season --json` printed as b, without reading any stored result, and compares. c must
// be the city that it names. It returns how many runs agree.
func Verify(ctx context.Context, b []byte, c *city.City, build string, threads int, progress func(run, runs int)) (int, error) {
	var season SeasonReport
	if err := json.Unmarshal(b, &season); err != nil {
		return 0, fmt.Errorf("account: %w", err)
	}
	var list []*Report
	for _, p := range season.Runs {
		if p.With == nil || p.Without == nil {
			return 0, fmt.Errorf("account: the pair of seed %d lacks a run", p.Seed)
		}
		list = append(list, p.With, p.Without)
	}
	if len(list) == 0 {
		var r Report
		if err := json.Unmarshal(b, &r); err != nil || r.StateHash == "" {
			return 0, errors.New("account: neither a season nor a run: no state_hash in it")
		}
		list = append(list, &r)
	}
	for _, r := range list {
		if r.Build != build {
			return 0, fmt.Errorf("%w: it needs build %s, this is %s", ErrOtherBuild, r.Build, build)
		}
		if r.Version != c.Version {
			return 0, fmt.Errorf("account: it is of city %s, version %s; this city is version %s: give the pack with --city", r.City, r.Version, c.Version)
		}
	}
	for i, r := range list {
		if progress != nil {
			progress(i+1, len(list))
		}
		again, err := Evening{City: c, Scenario: r.Scenario, Seed: r.Seed, Hours: r.Hours, Brain: r.BrainOn, Members: r.Members, Threads: threads, Build: build, Feeds: len(r.Feeds) > 0 && r.Feeds[0].Received > 0 && !r.BrainOn}.Run(ctx)
		if err != nil {
			return i, err
		}
		if again.StateHash != r.StateHash {
			return i, fmt.Errorf("%w: seed %d, brain %v: state %s, recomputed %s", ErrDiffers, r.Seed, r.BrainOn, r.StateHash, again.StateHash)
		}
		for _, v := range []struct {
			name     string
			was, now float64
		}{{"trips.mean_s", r.Trips.MeanS, again.Trips.MeanS}, {"damage_cny", value(r.Flood.DamageCNY), value(again.Flood.DamageCNY)}, {"mean_response_s", value(r.Emergency.ResponseS), value(again.Emergency.ResponseS)}} {
			if v.was != v.now {
				return i, fmt.Errorf("%w: seed %d, brain %v: %s %g, recomputed %g", ErrDiffers, r.Seed, r.BrainOn, v.name, v.was, v.now)
			}
		}
	}
	if len(season.Runs) > 0 {
		sum := SeasonReport{Runs: season.Runs}
		sum.summarise()
		if sum.Travel.With != season.Travel.With || sum.Travel.Without != season.Travel.Without || sum.Avoided != nil && (season.Avoided == nil || sum.Avoided.Mean != season.Avoided.Mean) {
			return len(list), fmt.Errorf("%w: the summary does not follow from its runs", ErrDiffers)
		}
	}
	return len(list), nil
}

// value is v, or a number of its own where there is none.
func value(v *float64) float64 {
	if v == nil {
		return math.Inf(-1)
	}
	return *v
}
