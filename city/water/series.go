package water

import (
	"fmt"
	"math"
	"sort"
)

// A Series is a quantity over time: V at T seconds, T rising. Between two times it is linear, or with Steps keeps the earlier
// value; before the first and after the last it keeps theirs. An empty one is 0.
type Series struct {
	T, V  []float64
	Steps bool
}

// Constant is a series of one value.
func Constant(v float64) Series { return Series{T: []float64{0}, V: []float64{v}} }

func (s Series) check() error {
	if len(s.T) == 0 || len(s.T) != len(s.V) {
		return fmt.Errorf("%d times and %d values", len(s.T), len(s.V))
	}
	for i := range s.T {
		if math.IsNaN(s.V[i]) || math.IsInf(s.V[i], 0) || !(math.Abs(s.T[i]) < 1e12) {
			return fmt.Errorf("value %d: %g at %g s", i+1, s.V[i], s.T[i])
		}
		if i > 0 && s.T[i] <= s.T[i-1] {
			return fmt.Errorf("value %d: time %g s does not follow %g s", i+1, s.T[i], s.T[i-1])
		}
	}
	return nil
}

// At returns the value at t seconds.
func (s Series) At(t float64) float64 {
	n := len(s.T)
	if n == 0 {
		return 0
	}
	k := sort.SearchFloat64s(s.T, t)
	if k < n && s.T[k] == t {
		return s.V[k]
	}
	if k == 0 {
		return s.V[0]
	}
	if k == n || s.Steps {
		return s.V[k-1]
	}
	f := (t - s.T[k-1]) / (s.T[k] - s.T[k-1])
	return s.V[k-1] + f*(s.V[k]-s.V[k-1])
}

// Mean returns the exact mean from a to b, so that a step takes what its time holds whatever its length.
func (s Series) Mean(a, b float64) float64 {
	n := len(s.T)
	if n <= 1 || b <= a {
		return s.At(a)
	}
	var sum float64
	for t := a; t < b; {
		k := sort.Search(n, func(i int) bool { return s.T[i] > t })
		end := b
		if k < n {
			end = min(b, s.T[k])
		}
		if k == 0 || k == n || s.Steps {
			sum += s.V[max(k-1, 0)] * (end - t)
		} else {
			slope := (s.V[k] - s.V[k-1]) / (s.T[k] - s.T[k-1])
			sum += (s.V[k-1] + slope*((t+end)/2-s.T[k-1])) * (end - t)
		}
		t = end
	}
	return sum / (b - a)
}
