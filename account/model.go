package account

import (
	"context"
	"errors"
	"fmt"
	"math"
	"sync"
	"time"

	"citybrain/brain"
	"citybrain/city"
	"citybrain/traffic"
)

// model is the traffic that is calibrated: the mean of several runs.
type model struct {
	city       *city.City
	plans      []city.PlanSpec
	saturation float64 // vehicles/s and lane; 0: not measured
	threads    int
	draws      []drawn
}

// drawn is the trips of one run.
type drawn struct {
	seed  uint64
	trips []traffic.Trip
	goals []int32
}

// add draws the trips of one more run.
func (m *model) add(d traffic.Demand) error {
	trips, goals, err := d.Trips(m.city)
	if err != nil {
		return fmt.Errorf("calibrate: %w", err)
	}
	m.draws = append(m.draws, drawn{d.Seed, trips, goals})
	return nil
}

// total is the trips of the counted hour in each cell of the matrix.
func (m *model) total() []float64 {
	x := traffic.NewMatrix(m.city, nil)
	n := make([]float64, len(x.Factor))
	for _, d := range m.draws {
		for _, t := range d.trips {
			if t.Depart >= fillTime && t.Depart < fillTime+countTime {
				n[x.Cell(t, d.goals)] += 1 / float64(len(m.draws))
			}
		}
	}
	return n
}

// run is what the model did in the hour.
type run struct {
	counts     []float64       // on the links that are counted
	by         [][]float64     // of them by cell of the matrix
	passages   []brain.Passage // by turn
	dispersion float64         // variance of counts between runs as a multiple of their mean
}

// run drives the trips of all runs, those of each cell more or fewer by its factor, and returns their mean.
func (m *model) run(ctx context.Context, factor []float64, seen *measured) (*run, error) {
	list, errs := make([]*run, len(m.draws)), make([]error, len(m.draws))
	turn := make(chan struct{}, max(1, m.threads))
	var wg sync.WaitGroup
	for i := range m.draws {
		wg.Go(func() {
			turn <- struct{}{}
			list[i], errs[i] = m.one(ctx, &m.draws[i], factor, seen)
			<-turn
		})
	}
	wg.Wait()
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	n := float64(len(list))
	mean := list[0]
	var variance, sum float64
	for i := range mean.counts {
		var s, q float64
		for _, r := range list {
			s, q = s+r.counts[i]/n, q+r.counts[i]*r.counts[i]/n
		}
		variance, sum = variance+(q-s*s)*n/math.Max(1, n-1), sum+s
		mean.counts[i] = s
		for c := range mean.by[i] {
			v := 0.0
			for _, r := range list {
				v += r.by[i][c] / n
			}
			mean.by[i][c] = v
		}
	}
	if sum > 0 {
		mean.dispersion = variance / sum * (1 + 1/n)
	}
	for _, r := range list[1:] {
		for t, p := range r.passages {
			x := &mean.passages[t]
			x.Vehicles, x.Seconds, x.Squares = x.Vehicles+p.Vehicles, x.Seconds+p.Seconds, x.Squares+p.Squares
		}
	}
	return mean, nil
}

// one is one run.
func (m *model) one(ctx context.Context, d *drawn, factor []float64, seen *measured) (*run, error) {
	x := traffic.NewMatrix(m.city, nil)
	x.Factor = factor
	trips, of := x.Redraw(d.trips, d.goals, d.seed)
	s, err := traffic.New(m.city, trips, d.goals, traffic.Config{Seed: d.seed, Replan: 10 * time.Minute, Saturation: m.saturation})
	if err != nil {
		return nil, fmt.Errorf("calibrate: %w", err)
	}
	for j := range m.plans {
		p, err := city.NewPlan(&m.city.Signals[j], m.plans[j])
		if err == nil {
			err = s.Input(0, traffic.PlanDownload{Junction: j, Plan: p})
		}
		if err != nil {
			return nil, fmt.Errorf("calibrate: %w", err)
		}
	}
	if err := s.Step(ctx, fillTime); err != nil {
		return nil, err
	}
	n := len(m.city.Streets.Links)
	counted := make([]int, n)
	for l := range counted {
		counted[l] = -1
	}
	out := &run{counts: make([]float64, len(seen.links))}
	for i, l := range seen.links {
		counted[l] = i
		out.by = append(out.by, make([]float64, len(factor)))
	}
	// What a link's detector sees: at its entry all who enter, at its end those who cross the stop line.
	idx := m.city.Streets.IndexTurns()
	passed := func(l int32) (k uint32) {
		if m.city.Streets.Links[l].Detector == city.DetectorEntry {
			return s.Counts(l).Entered
		}
		for t := idx[l]; t < idx[l+1]; t++ {
			k += s.Crossed()[t]
		}
		return k
	}
	before := make([]uint32, len(seen.links))
	for i, l := range seen.links {
		before[i] = passed(l)
	}
	p := newPassing(&m.city.Streets, len(trips))
	p.look(s, nil)
	for t := fillTime; t < fillTime+countTime; t += time.Second {
		if err := s.Step(ctx, t+time.Second); err != nil {
			return nil, err
		}
		p.look(s, func(trip, link int32) {
			if i := counted[link]; i >= 0 {
				out.by[i][of[trip]]++
			}
		})
	}
	out.passages = p.sums
	for i, l := range seen.links {
		k := float64(passed(l) - before[i])
		out.counts[i] = k
		// Who came onto a link is not quite who was counted there: the cells' shares are.
		if sum := total(out.by[i]); sum > 0 {
			for c := range out.by[i] {
				out.by[i][c] *= k / sum
			}
		}
	}
	return out, nil
}

func total(x []float64) (sum float64) {
	for _, v := range x {
		sum += v
	}
	return sum
}
