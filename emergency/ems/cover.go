package ems

import (
	"cmp"
	"math"
	"slices"
)

// Cover is the brain's value for a live service: what free units are worth to the calls to come, by their drives to places that
// stand for all demand. It is the same value by which Brain decides in a simulation (see Settings), for units of which only places and
// travel times are known.
type Cover struct {
	weight []float64 // of each place, sum 1
	set    Settings
	target float64   // s of a drive within which a call is served
	comes  []float64 // that the first, second, … nearest unit is the one that comes
	nobody float64   // that none of them does
}

// NewCover makes a value of places' shares of demand; busy is the share of time for which units have calls, target the seconds of a
// drive that is in time.
func NewCover(share []float64, busy, target float64) *Cover {
	c := &Cover{set: DefaultSettings, target: target}
	sum := 0.0
	for _, w := range share {
		sum += w
	}
	for _, w := range share {
		c.weight = append(c.weight, w/max(sum, 1e-12))
	}
	c.set.Busy = max(0.05, min(0.5, away*busy))
	p := 1.0
	for ; p >= 0.01 && len(c.comes) < 20; p *= c.set.Busy {
		c.comes = append(c.comes, p*(1-c.set.Busy))
	}
	c.nobody = p
	return c
}

// worth is what a drive of t seconds is worth: its chance to be in time, less what its length costs.
func (c *Cover) worth(t float64) float64 {
	return 0.5*math.Erfc((t-c.target)/(c.set.Spread*math.Sqrt2)) - c.set.Hour*t/3600
}

// An Option is a free unit for a call.
type Option struct {
	Unit  int
	Drive float64   // s to the call
	Row   []float64 // s to each place from where it waits, or is driving to
}

// A Choice is what sending a unit would be worth, in calls within target.
type Choice struct {
	Unit     int
	Drive    float64 // s to the call
	Outcome  float64 // for the call
	Coverage float64 // that the calls to come lose
}

// Value is the whole of a choice.
func (c Choice) Value() float64 { return c.Outcome - c.Coverage }

// Rank returns the options for a call that came waited seconds ago and whose response counts to within limit seconds, the best first.
func (c *Cover) Rank(waited, limit float64, options []Option) []Choice {
	lost := c.losses(options)
	list := make([]Choice, len(options))
	for i, o := range options {
		r := waited + o.Drive
		// A drive's length is not certain: being in time is a chance, too.
		in := 0.5 * math.Erfc((r-limit)/(c.set.Spread*math.Sqrt2))
		list[i] = Choice{Unit: o.Unit, Drive: o.Drive, Outcome: in - c.set.Hour*r/3600, Coverage: c.set.Future * lost[i]}
	}
	slices.SortStableFunc(list, func(a, b Choice) int {
		if d := cmp.Compare(b.Value(), a.Value()); d != 0 {
			return d
		}
		return cmp.Compare(a.Unit, b.Unit)
	})
	return list
}

// losses is what coverage loses by each option's absence.
func (c *Cover) losses(options []Option) []float64 {
	lost := make([]float64, len(options))
	none := c.worth(2 * 3600)
	order := make([]int, len(options))
	for d, w := range c.weight {
		for i := range order {
			order[i] = i
		}
		slices.SortFunc(order, func(a, b int) int {
			if x := cmp.Compare(options[a].Row[d], options[b].Row[d]); x != 0 {
				return x
			}
			return a - b
		})
		// Without the k-th nearest those behind it come one earlier.
		n := min(len(order), len(c.comes)+1)
		for k := range min(n, len(c.comes)) {
			with, without := 0.0, 0.0
			for j := k; j < len(c.comes); j++ {
				with += c.comes[j] * c.at(options, order, d, j, none)
				without += c.comes[j] * c.at(options, order, d, j+1, none)
			}
			lost[order[k]] += w * (with - without)
		}
	}
	return lost
}

func (c *Cover) at(options []Option, order []int, d, j int, none float64) float64 {
	if j >= len(order) {
		return none
	}
	return c.worth(options[order[j]].Row[d])
}

// Value is what the units that wait as rows say are worth to the next call.
func (c *Cover) Value(rows [][]float64) float64 {
	sum, none := 0.0, c.worth(2*3600)
	near := make([]float64, len(rows))
	for d, w := range c.weight {
		for i := range rows {
			near[i] = rows[i][d]
		}
		slices.Sort(near)
		v := c.nobody * none
		for k, p := range c.comes {
			if k < len(near) {
				v += p * c.worth(near[k])
			} else {
				v += p * none
			}
		}
		sum += w * v
	}
	return sum
}

// A Move sends a free unit to wait elsewhere.
type Move struct {
	Unit    int // index of the rows
	Station int
	Gain    float64 // in calls within target
}

// Best returns the move that gains most, of the units that may move to the stations, whose rows are at; false if none gains enough to be
// worth its way. km is how far each unit has to each station.
func (c *Cover) Best(rows [][]float64, may []bool, at [][]float64, km func(unit, station int) float64) (Move, bool) {
	now := c.Value(rows)
	best := Move{Gain: c.set.Move}
	found := false
	moved := slices.Clone(rows)
	for u := range rows {
		if !may[u] {
			continue
		}
		for s := range at {
			moved[u] = at[s]
			if g := c.Value(moved) - now - c.set.PerKm*km(u, s); g > best.Gain {
				best, found = Move{u, s, g}, true
			}
		}
		moved[u] = rows[u]
	}
	return best, found
}

// PerUnit is how many moves a unit makes in a shift at most.
func (c *Cover) PerUnit() int { return c.set.PerUnit }
