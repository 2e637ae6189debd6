package brain

import (
	"context"
	"fmt"
	"math"
)

// The terrain's own cells are thought to damage this much less or more at the most; and a district of which the one member that is computed on
// them has little damage follows the city: pull is the share of the city's mean damage of a district that counts as much as its own.
const (
	mostFiner = 2.0
	pull      = 0.25
)

// cascade computes one member as things stand on the terrain's own cells, the one whose damage is nearest to the mean, and brings the damage of
// all members, found on wide cells, into the same ratio, creek by creek and district by district: the schedules are searched for on wide cells, what
// they are worth is said on narrow ones. The ratio is the same with the schedule and without, so that it prefers neither.
func (o *outlook) cascade(ctx context.Context, rain *rainForecast, p *programme) error {
	base := totals(p.base)
	at, middle := 0, mean(base)
	for m := range base {
		if math.Abs(base[m]-middle) < math.Abs(base[at]-middle) {
			at = m
		}
	}
	if base[at] <= 0 {
		return nil
	}
	fine, err := o.model.fine()
	if err != nil {
		return fmt.Errorf("forecast: %w", err)
	}
	from, err := o.water.Refine(fine)
	if err != nil {
		return fmt.Errorf("forecast: %w", err)
	}
	out, err := o.model.ensemble(ctx, from, o.at, rain, []int{at}, idle(o.at, len(o.force.blocks), o.model.horizon))
	if err != nil {
		return fmt.Errorf("forecast: on the terrain's own cells: %w", err)
	}
	p.runs++
	creeks, districts := ratios(out[0].Damage, p.base[at].Damage), ratios(out[0].Districts, p.base[at].Districts)
	p.base = scaled(p.base, creeks, districts)
	if p.chosen.idle() {
		p.best = p.base
	} else {
		p.best = scaled(p.best, creeks, districts)
	}
	return nil
}

// ratios is by how much each of fine's damages is more than coarse's.
func ratios(fine, coarse []float64) []float64 {
	r := make([]float64, len(fine))
	var f, c float64
	for k := range fine {
		f, c = f+fine[k], c+coarse[k]
	}
	whole := min(max(f/max(1, c), 1/mostFiner), mostFiner)
	for k := range r {
		add := pull * c / float64(len(fine))
		r[k] = min(max((fine[k]+whole*add)/max(1, coarse[k]+add), 1/mostFiner), mostFiner)
	}
	return r
}

// scaled is out with its damages times the ratios of their creek and district.
func scaled(out []outcome, creeks, districts []float64) []outcome {
	list := make([]outcome, len(out))
	for m := range out {
		list[m] = out[m]
		list[m].Damage, list[m].Districts = make([]float64, len(creeks)), make([]float64, len(districts))
		for k, v := range out[m].Damage {
			list[m].Damage[k] = v * creeks[k]
		}
		for k, v := range out[m].Districts {
			list[m].Districts[k] = v * districts[k]
		}
	}
	return list
}
