package brain

import (
	"context"
	"errors"
	"math"
	"sync"
	"time"

	"citybrain/city"
	"citybrain/traffic"
)

// demandVariants are factors on the trips to come: what a day's traffic differs by from what was drawn and counted. Traffic is
// tried under each of them, as water is under each member of the rain.
var demandVariants = [...]float64{0.85, 1, 1.15}

// calibrated returns the trips as counts have corrected them, and the lanes' saturation flow in vehicles/s, as far as the city's pack has a calibration;
// else the trips as they are, and 0.
func calibrated(c *city.City, trips []traffic.Trip, goals []int32, seed uint64) ([]traffic.Trip, float64) {
	if !c.Calibrated() {
		return trips, 0
	}
	k := c.Calibration
	trips, _ = traffic.NewMatrix(c, k.OD).Redraw(trips, goals, seed)
	// What is as near the usual flow as it can be measured is no other flow.
	if usual := 3600 * city.SaturationFlow; math.Abs(k.Saturation-usual) < city.SaturationError*usual {
		return trips, 0
	}
	return trips, k.Saturation / 3600
}

// Bounds of one correction of the demand.
const (
	correctEvery = 15 * time.Minute
	correctMost  = 1.25
	enoughSeen   = 500 // vehicles
)

// correctDemand makes the trips to come more or fewer by how many vehicles there are against how many the model has. It takes
// the root: vehicles of wrong trips stay in the model for a while.
func (b *Brain) correctDemand() {
	model := float64(b.streets.Totals().Running)
	if model < enoughSeen || b.est.vehicles < enoughSeen {
		return
	}
	factor := math.Max(1/correctMost, math.Min(correctMost, math.Sqrt(b.est.vehicles/model)))
	b.streets.Redraw(factor, b.cfg.Seed+uint64(b.streets.Now()))
}

// A comparison runs traffic from now on with something and without it, under each variant of the demand.
type comparison struct {
	moment
	from    *traffic.Sim // a copy
	seed    uint64
	threads int
	side    func(ctx context.Context, with bool, variant int, s *traffic.Sim) (float64, error)

	base, with []float64 // what side returned, by variant
}

// pairs prepares a comparison. side gets a copy of the brain's traffic that is its own.
func (b *Brain) pairs(side func(ctx context.Context, with bool, variant int, s *traffic.Sim) (float64, error)) *comparison {
	return &comparison{moment: b.moment(), from: b.streets.Fork(), seed: b.cfg.Seed, threads: b.cfg.Threads, side: side}
}

// runs is how many there are.
func (c *comparison) runs() int { return 2 * len(demandVariants) }

// run runs both sides of all variants, side by side.
func (c *comparison) run(ctx context.Context) error {
	const n = len(demandVariants)
	c.base, c.with = make([]float64, n), make([]float64, n)
	var errs [2 * n]error
	turn := make(chan struct{}, c.threads)
	var wg sync.WaitGroup
	for k, factor := range demandVariants {
		// Both sides of a pair have the same trips.
		of := c.from.Fork()
		of.Redraw(factor, c.seed+uint64(k))
		for side, out := range [][]float64{c.base, c.with} {
			s := of.Fork()
			wg.Go(func() {
				turn <- struct{}{}
				out[k], errs[2*k+side] = c.side(ctx, side == 1, k, s)
				<-turn
			})
		}
	}
	wg.Wait()
	return errors.Join(errs[:]...)
}
