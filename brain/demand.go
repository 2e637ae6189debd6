package brain

import (
	"context"
	"errors"
	"math"
	"slices"
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

// runs is how many there were.
func (c *comparison) runs() int { return 2 * len(c.base) }

// run runs both sides of all variants, side by side.
func (c *comparison) run(ctx context.Context) (err error) {
	c.base, c.with, err = c.play(ctx, 0, 1, 2)
	return err
}

// usual is the variant in the middle.
const usual = len(demandVariants) / 2

// runUnless runs both sides of the usual variant, and those of the others unless it says enough.
func (c *comparison) runUnless(ctx context.Context, enough func(base, with float64) bool) (err error) {
	if c.base, c.with, err = c.play(ctx, usual); err != nil || enough(c.base[0], c.with[0]) {
		return err
	}
	base, with, err := c.play(ctx, 0, 2)
	if err == nil {
		c.base, c.with = slices.Insert(base, usual, c.base[0]), slices.Insert(with, usual, c.with[0])
	}
	return err
}

// play runs both sides of some variants, side by side.
func (c *comparison) play(ctx context.Context, variants ...int) (base, with []float64, err error) {
	base, with = make([]float64, len(variants)), make([]float64, len(variants))
	errs := make([]error, 2*len(variants))
	turn := make(chan struct{}, c.threads)
	var wg sync.WaitGroup
	for i, k := range variants {
		// Both sides of a pair have the same trips.
		of := c.from.Fork()
		of.Redraw(demandVariants[k], c.seed+uint64(k))
		for side, out := range [][]float64{base, with} {
			s := of.Fork()
			wg.Go(func() {
				turn <- struct{}{}
				out[i], errs[2*i+side] = c.side(ctx, side == 1, k, s)
				<-turn
			})
		}
	}
	wg.Wait()
	return base, with, errors.Join(errs...)
}
