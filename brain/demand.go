package brain

import (
	"math"
	"sync"
	"time"

	"citybrain/traffic"
)

// demandVariants are factors on the trips to come: what a day's traffic differs by from what was drawn and counted. Traffic is
// tried under each of them, as water is under each member of the rain.
var demandVariants = [...]float64{0.85, 1, 1.15}

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

// pairs runs both sides of a comparison under each variant of the demand, side by side: it returns what run returns, by variant.
// run gets a copy of the brain's traffic that is its own.
func (b *Brain) pairs(run func(with bool, variant int, s *traffic.Sim) (float64, error)) (base, with []float64, err error) {
	const n = len(demandVariants)
	base, with = make([]float64, n), make([]float64, n)
	var errs [2 * n]error
	turn := make(chan struct{}, b.cfg.Threads)
	var wg sync.WaitGroup
	for k, factor := range demandVariants {
		// Both sides of a pair have the same trips.
		of := b.streets.Fork()
		of.Redraw(factor, b.cfg.Seed+uint64(k))
		for side, out := range [][]float64{base, with} {
			s := of.Fork()
			wg.Go(func() {
				turn <- struct{}{}
				out[k], errs[2*k+side] = run(side == 1, k, s)
				<-turn
			})
		}
	}
	wg.Wait()
	b.stats.Branches += 2 * n
	for _, err := range errs {
		if err != nil {
			return nil, nil, err
		}
	}
	return base, with, nil
}
