package operation

import (
	"fmt"
	"math"
)

// Shut is the depth in metres above which an underpass is closed, as Shanghai's districts do (24 cm).
const Shut = 0.24

// A Closure is when an underpass is shut: in steps From ≤ k < To of the forecast; From == To: never.
type Closure struct {
	From, To int
	Score    Score
	Chance   float64 // that water rises above Shut at all
}

// Close finds the closure of an underpass of least value over the ensemble: depth[m][k] is member m's depth in step k, shut what an hour
// shut costs in fen, open what an hour costs in which water above Shut stands on an open road. It takes lead steps to close it.
func Close(depth [][]float64, hours float64, shut, open float64, lead int, tail, weight float64) (Closure, error) {
	if len(depth) == 0 || len(depth[0]) == 0 || !(hours > 0) || !(shut >= 0) || !(open >= 0) || lead < 0 {
		return Closure{}, fmt.Errorf("closure: %d members, steps of %g h, %g and %g fen an hour, %d steps of lead", len(depth), hours, shut, open, lead)
	}
	n := len(depth[0])
	// Wet hours of each member up to each step.
	wet := make([][]float64, len(depth))
	best := Closure{}
	for m, d := range depth {
		if len(d) != n {
			return Closure{}, fmt.Errorf("closure: member %d has %d steps, the first %d", m+1, len(d), n)
		}
		wet[m] = make([]float64, n+1)
		for k, v := range d {
			wet[m][k+1] = wet[m][k]
			if v > Shut {
				wet[m][k+1] += hours
			}
		}
		if wet[m][n] > 0 {
			best.Chance += 1 / float64(len(depth))
		}
	}
	loss := make([]float64, len(depth))
	value := math.Inf(1)
	for from := min(lead, n); from <= n; from++ {
		for to := from; to <= n; to++ {
			if to == from && from > min(lead, n) {
				continue // never is never
			}
			for m := range loss {
				loss[m] = shut*hours*float64(to-from) + open*(wet[m][n]-(wet[m][to]-wet[m][from]))
			}
			if s := score(loss, tail, weight); s.Value < value {
				value, best.From, best.To, best.Score = s.Value, from, to, s
			}
		}
	}
	return best, nil
}
