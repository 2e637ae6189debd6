package account

import (
	"context"
	"fmt"
	"math"
	"slices"
	"time"

	"citybrain/city"
	"citybrain/traffic"
	"citybrain/world"
)

// How a city is calibrated: the first part of an evening fills its streets, the hour after it is what is counted.
const (
	fillTime   = 30 * time.Minute
	countTime  = time.Hour
	priorShare = 0.35 // by which a cell of the prior matrix is uncertain, one standard deviation
	countShare = 0.06 // by which a link's count is, beyond counting itself: vehicles that loops miss
	rounds     = 2    // of correction: routes change with what is corrected
	// runs is how many times the model runs, each with trips and drivers of its own; it is their mean (UK DfT, TAG M3.1, and FHWA's Traffic Analysis Toolbox III
	// ask for several seeds of whatever is drawn by chance).
	runs = 6
)

// Calibrate holds a traffic model of the city against a calm evening of its own world: what loops that are believed counted, what reporting vehicles
// took, what discharged at stop lines while a queue stood. The model has the saturation flow and the free speeds that were measured, where they were; its trips are a gravity
// model's, drawn by seeds that the world does not have, and corrected between districts by the counts. The city is not changed.
func Calibrate(ctx context.Context, c *city.City, seed uint64, threads int, progress func(part float64)) (*city.Calibration, error) {
	if len(c.Signals) == 0 {
		return nil, fmt.Errorf("calibrate: city %s has no signals, and so no detectors", c.Name.En)
	}
	streets := *c
	streets.Terrain, streets.Drains, streets.Calibration = nil, city.Drains{}, nil // what an earlier one said is not to speak for it
	hours := (fillTime + countTime).Hours()
	e := Evening{City: &streets, Scenario: "calm", Seed: seed, Hours: hours, Brain: true, Members: 1, Threads: threads, PlansOnly: true}
	seen, plans, err := survey(ctx, e, func(p float64) { progress(0.6 * p) })
	if err != nil {
		return nil, err
	}
	return hold(ctx, &streets, seen, plans, seed, threads, func(p float64) { progress(0.6 + 0.4*p) })
}

// hold calibrates the model against what was measured.
func hold(ctx context.Context, c *city.City, seen *measured, plans []city.PlanSpec, seed uint64, threads int, progress func(float64)) (*city.Calibration, error) {
	k := &city.Calibration{Links: len(seen.links), FreeSpeed: seen.freeSpeed, Peak: world.PeakTrips(c), Seed: c.Seed, Streets: c.TrafficHash()}
	k.Saturation, k.SaturationSE, k.StopLines = saturation(seen.queues)
	m := &model{city: withSpeeds(c, k.FreeSpeed), plans: plans, saturation: k.Saturation / 3600, threads: threads}
	for r := range uint64(runs) {
		d := traffic.Demand{Seed: BrainSeed(seed + r), Start: EveningStart, Hours: (fillTime + countTime).Hours(), PerHour: k.Peak, Reach: 4200}
		if err := m.add(d); err != nil {
			return nil, err
		}
	}
	prior := m.total()
	factor := make([]float64, len(prior))
	for i := range factor {
		factor[i] = 1
	}
	var sd []float64
	var best *run
	bestGood, bestFactor := -1.0, factor
	for r := range rounds + 1 {
		got, err := m.run(ctx, factor, seen)
		if err != nil {
			return nil, err
		}
		progress(float64(r+1) / (rounds + 1))
		if good, _ := within(seen, got.counts, every); good > bestGood {
			best, bestGood, bestFactor = got, good, slices.Clone(factor)
		}
		next, s, err := correct(seen, got, factor, prior)
		if err != nil {
			return nil, err
		}
		factor, sd = next, s
	}
	k.Within = bestGood
	k.WithinUnused, k.Unused = within(seen, best.counts, heldOut)
	driven := routes(c, seen.passages, best.passages)
	k.Routes = len(driven)
	k.RoutesGood, k.RoutesTAG = nearEnough(driven)
	cells := len(c.Districts) + 1
	for i, n := range prior {
		if n > 0 {
			k.OD = append(k.OD, city.Flow{From: i/cells - 1, To: i%cells - 1, Prior: tenth(n), Trips: tenth(n * bestFactor[i]), SD: tenth(sd[i])})
			k.PerHour += n * bestFactor[i]
		}
	}
	return k, nil
}

// withSpeeds is the city with the free speeds that were measured in place of the limits.
func withSpeeds(c *city.City, free []float64) *city.City {
	m := *c
	m.Streets.Links = slices.Clone(c.Streets.Links)
	for l := range m.Streets.Links {
		if link := &m.Streets.Links[l]; int(link.Class) < len(free) && free[link.Class] > 0 {
			link.Speed *= free[link.Class]
		}
	}
	return &m
}

// tenth rounds: nobody knows trips better.
func tenth(x float64) float64 { return math.Round(10*x) / 10 }
