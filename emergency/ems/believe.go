package ems

import (
	"math"

	"citybrain/city"
)

// What the brain tries out on days of its own before it starts: as many as show a district's share to about 5 points.
const (
	believedDays = 20
	believedSeed = 0x6272_6169_6e // of days that are nobody else's
	raises       = 6              // how often the weights are mended
	raise        = 1.8            // by how much a neglected district's demand counts more each time
	margin       = 0.5            // standard errors of its share that it must have more than Static's worst one
)

// away is the chance that the nearest of the free units is away when it is needed, as a share of how busy all units are: less than
// one, as the next call is the likeliest to need it and finds it there.
const away = 0.55

// believe tries the brain against Static on days drawn from the city's own model. How busy units are under Static says how
// much the second nearest counts beside the first. Where a district fares worse than Static's worst one, its demand counts more,
// until none does.
func (b *Brain) believe() {
	calls, err := Generate(believed(b.m.EMS), believedDays+1, believedSeed)
	if err != nil || len(calls) == 0 {
		return // nothing is expected: all demand counts alike
	}
	_, count, worst, busy := b.m.try(Static{}, calls)
	b.expect(max(0.05, min(0.5, away*busy)))
	set := b.set
	set.PerUnit = 0 // moves help every district: leave them out, they take most of the time
	for range raises {
		trial := NewBrainWith(b.m, set)
		copy(trial.weight, b.weight)
		shares, _, _, _ := b.m.try(trial, calls)
		again, sum := false, 0.0
		for d, at := range b.district {
			if s := shares[at]; s >= 0 && s < worst+margin*math.Sqrt(worst*(1-worst)/count[at]) {
				b.weight[d] *= raise
				again = true
			}
			sum += b.weight[d]
		}
		if !again {
			return
		}
		for d := range b.weight {
			b.weight[d] /= sum
		}
	}
}

// believed returns e with draws: its own, or where it has none those of its expected rates with usual durations.
func believed(e *city.EMS) *city.EMS {
	if e.Draws != nil {
		return e
	}
	const minute = 60 / day
	d := &city.EMSDraws{Delay: city.Draw{Name: "normal", A: minute}, OnScene: city.Draw{Name: "exponential", A: 12 * minute}, HandOver: city.Draw{Name: "exponential", A: 15 * minute}, Transport: 0.75}
	total := 0.0
	for _, m := range e.Demand.Modes[0].Choose {
		total += e.Demand.Rates[m]
	}
	if !(total > 0) {
		return e
	}
	for _, m := range e.Demand.Modes[0].Choose {
		d.Priority = append(d.Priority, e.Demand.Rates[m]/total)
	}
	d.Gap = city.Draw{Name: "exponential", A: 1 / total}
	c := *e
	c.Draws = d
	return &c
}

// try runs a policy and returns each district's share of calls within target, -1 where calls are too few to judge, how many they
// are, the least share, and the share of time that units have calls.
func (m *Model) try(p Policy, calls []city.EMSCall) (shares, count []float64, worst, busy float64) {
	s := NewSim(m, p, calls, 0)
	s.Run()
	busy = s.busy / float64(len(s.units)) / s.now
	n, in := make([]float64, len(m.Stations)), make([]float64, len(m.Stations))
	for i, o := range s.out {
		if c := &calls[i]; c.Arrive >= s.warm && o.Unit >= 0 {
			d := m.district(c.X, c.Y)
			n[d]++
			if o.Response <= m.Priorities[c.Priority].Target {
				in[d]++
			}
		}
	}
	shares, worst = make([]float64, len(n)), 1
	for d := range n {
		shares[d] = -1
		if n[d] >= leastDistrict*believedDays/100 {
			shares[d] = in[d] / n[d]
			worst = min(worst, shares[d])
		}
	}
	return shares, n, worst, busy
}
