package rain

import (
	"math"
	"slices"
)

// CRPS returns the continuous ranked probability score of equally likely values for what came: the mean of |value − outcome| less half the
// mean of |value − value|.
func CRPS(values []float64, came float64) float64 {
	off, apart := spread(values, came)
	m := float64(len(values))
	return off/m - apart/(m*m)
}

// FairCRPS returns the score that an endless ensemble would have of whose members values are a draw (Ferro 2014): the second mean is over
// pairs of different members. A single value has its absolute error.
func FairCRPS(values []float64, came float64) float64 {
	off, apart := spread(values, came)
	m := float64(len(values))
	if m < 2 {
		return off
	}
	return off/m - apart/(m*(m-1))
}

// spread returns Σ|x − came| and Σ over pairs i < j of |xi − xj|; it sorts values that are not.
func spread(values []float64, came float64) (off, apart float64) {
	if !slices.IsSorted(values) {
		slices.Sort(values)
	}
	m := float64(len(values))
	for i, v := range values {
		off += math.Abs(v - came)
		apart += v * (2*float64(i) + 1 - m)
	}
	return off, apart
}
