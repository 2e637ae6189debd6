package account

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"citybrain/city"
	"citybrain/traffic"
	"citybrain/world"
)

// FairPlans returns the signal plans of a fair city without a brain: Webster's greens for the true mean demand of the evening's
// first two hours, one cycle for all, offsets along the heaviest flows.
func FairPlans(ctx context.Context, c *city.City, cfg world.Config, threads int) ([]city.PlanSpec, error) {
	if len(c.Signals) == 0 {
		return nil, nil
	}
	if cfg.TripsPerHour == 0 {
		cfg.TripsPerHour = world.PeakTrips(c)
	}
	trips, goals, err := world.Demand(cfg).Trips(c)
	if err != nil {
		return nil, fmt.Errorf("fair plans: %w", err)
	}
	specs := make([]city.PlanSpec, len(c.Signals))
	for j := range c.Signals {
		specs[j] = c.Signals[j].Reference
	}
	// What a starved approach lets through is not what wants through: each round counts what still waits as well, under the
	// plans of the round before.
	const rounds, warm, measured = 3, 30 * time.Minute, 90 * time.Minute
	for range rounds {
		s, err := traffic.New(c, trips, goals, traffic.Config{Seed: cfg.Seed, Replan: 10 * time.Minute, Threads: threads})
		if err != nil {
			return nil, fmt.Errorf("fair plans: %w", err)
		}
		for j := range specs {
			p, err := city.NewPlan(&c.Signals[j], specs[j])
			if err == nil {
				err = s.Input(0, traffic.PlanDownload{Junction: j, Plan: p})
			}
			if err != nil {
				return nil, fmt.Errorf("fair plans: %w", err)
			}
		}
		if err := s.Step(ctx, warm); err != nil {
			return nil, err
		}
		before := slices.Clone(s.Crossed())
		if err := s.Step(ctx, warm+measured); err != nil {
			return nil, err
		}
		turnFlow, linkFlow := make([]float64, len(c.Streets.Turns)), make([]float64, len(c.Streets.Links))
		waiting := s.WaitingFor()
		for t, n := range s.Crossed() {
			turnFlow[t] = float64(n-before[t]+uint32(waiting[t])) / measured.Seconds()
			linkFlow[c.Streets.Turns[t].From] += turnFlow[t]
		}
		var cycles []int
		for j := range c.Signals {
			specs[j] = traffic.Webster(&c.Signals[j], traffic.MovementFlows(&c.Signals[j], turnFlow), 120)
			p, err := city.NewPlan(&c.Signals[j], specs[j])
			if err != nil {
				// Minimum greens alone are too long for one cycle of this length: its reference plan stays.
				specs[j] = c.Signals[j].Reference
				continue
			}
			cycles = append(cycles, p.Cycle())
		}
		if len(cycles) > 0 {
			slices.Sort(cycles)
			common := cycles[len(cycles)*3/4]
			for j := range specs {
				specs[j] = traffic.Stretch(&c.Signals[j], specs[j], common)
			}
		}
		traffic.Coordinate(c, specs, linkFlow)
	}
	return specs, nil
}

// PlansHash is SHA-256 over signal plans as JSON: which fair city an evening had.
func PlansHash(plans []city.PlanSpec) string {
	b, err := json.Marshal(plans)
	if err != nil {
		panic("account: plans that JSON can't hold: " + err.Error())
	}
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// Fair returns the plans that the evening's controllers start with, as FairPlans makes them.
func (e Evening) Fair(ctx context.Context) ([]city.PlanSpec, error) {
	return FairPlans(ctx, e.City, world.Config{Seed: e.Seed, Start: EveningStart, Hours: e.Hours, TripsPerHour: e.Trips, Calm: e.Scenario == "calm", Threads: e.Threads}, max(1, e.Threads))
}
