package account

import (
	"fmt"
	"math"
	"slices"
)

// geh is Havers' measure of how far a modelled and a counted hourly flow are apart: √(2(m − c)²/(m + c)).
func geh(m, c float64) float64 {
	if m+c == 0 {
		return 0
	}
	return math.Sqrt(2 * (m - c) * (m - c) / (m + c))
}

// within is the share of counted links, of those that of chooses, with GEH below 5, and how many these are.
func within(seen *measured, counts []float64, of func(i int) bool) (share float64, n int) {
	good := 0
	for i, c := range seen.counts {
		if !of(i) {
			continue
		}
		if n++; geh(counts[i], c) < 5 {
			good++
		}
	}
	return float64(good) / float64(max(1, n)), n
}

func every(int) bool { return true }

// Each holdOut-th counted link corrects nothing: it says how good the model is where nobody counts.
const holdOut = 5

func heldOut(i int) bool { return i%holdOut == holdOut-1 }

// correct returns the factors on the prior that agree best with it and with the counts (generalised least squares; Cascetta 1984), and the standard
// deviations of the trips. A link's count may be off by what the model's own runs differ by among each other (its dispersion, as one day in the street is one run).
func correct(seen *measured, got *run, factor, prior []float64) ([]float64, []float64, error) {
	n := len(factor)
	a, b := make([][]float64, n), make([]float64, n)
	for c := range n {
		a[c] = make([]float64, n)
		a[c][c] = 1 / (priorShare * priorShare)
		b[c] = 1 / (priorShare * priorShare) // towards a factor of 1
	}
	for i, count := range seen.counts {
		if heldOut(i) {
			continue
		}
		// By what the model expects: weights by what was counted would believe the low counts most, and all trips would come out too few.
		mean := got.counts[i]
		w := 1 / (math.Max(1, got.dispersion)*(mean+10) + countShare*countShare*mean*mean)
		for c := range n {
			p := got.by[i][c] / factor[c] // by the prior's trips
			if p == 0 {
				continue
			}
			b[c] += w * p * count
			for d := range n {
				a[c][d] += w * p * got.by[i][d] / factor[d]
			}
		}
	}
	// Cholesky: a = l·lᵀ; the inverse's diagonal is the variance of the factors.
	l := make([][]float64, n)
	for i := range n {
		l[i] = make([]float64, n)
		for k := range i + 1 {
			sum := a[i][k]
			for q := range k {
				sum -= l[i][q] * l[k][q]
			}
			if i != k {
				l[i][k] = sum / l[k][k]
				continue
			}
			if sum <= 0 {
				return nil, nil, fmt.Errorf("calibrate: the counts contradict each other beyond what arithmetic bears")
			}
			l[i][i] = math.Sqrt(sum)
		}
	}
	solve := func(y []float64) []float64 {
		x := slices.Clone(y)
		for i := range n {
			for k := range i {
				x[i] -= l[i][k] * x[k]
			}
			x[i] /= l[i][i]
		}
		for i := n - 1; i >= 0; i-- {
			for k := i + 1; k < n; k++ {
				x[i] -= l[k][i] * x[k]
			}
			x[i] /= l[i][i]
		}
		return x
	}
	next, sd := solve(b), make([]float64, n)
	for c := range n {
		next[c] = math.Max(0.2, math.Min(4, next[c]))
		unit := make([]float64, n)
		unit[c] = 1
		sd[c] = math.Sqrt(math.Max(0, solve(unit)[c])) * prior[c]
	}
	return next, sd, nil
}
