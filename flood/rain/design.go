package rain

import (
	"fmt"
	"math"
	"time"
)

// An Intensity is a formula q = A (1 + C lg P)/(t + B)^N mm/min for the mean intensity of t minutes in a return period of P years.
type Intensity struct {
	A, B, C, N float64
	Peak       float64 // r: the share of a storm's duration before its peak
}

// Shanghai is DB31/T 1043-2017: 1600 (1 + 0.846 lg P)/(t + 7)^0.656 L/(s·ha), 1 L/(s·ha) = 0.006 mm/min; the peak's place is that in
// common use there.
var Shanghai = Intensity{A: 1600 * 0.006, B: 7, C: 0.846, N: 0.656, Peak: 0.405}

// Depth returns the mm of t minutes in a return period of years.
func (i Intensity) Depth(years, t float64) float64 {
	return i.A * (1 + i.C*math.Log10(years)) * t / math.Pow(t+i.B, i.N)
}

// The formula was fitted to rain of up to some hours; no storm is longer than a week.
const (
	longest   = 7 * 24 * time.Hour
	mostSteps = 100_000
)

// Chicago returns the design storm of Keifer & Chu 1957: mm in each step of a storm of length d, as exact integrals of its curve, so
// that any part about the peak has the formula's depth. It refuses a return period under a year or above a thousand, and a storm that
// is no whole number of steps or too long.
func (i Intensity) Chicago(years float64, d, step time.Duration) ([]float64, error) {
	if !(years >= 1 && years <= 1000) {
		return nil, fmt.Errorf("design storm: a return period of %g years is not in 1–1000", years)
	}
	if d > longest || step > 0 && d/step > mostSteps {
		return nil, fmt.Errorf("design storm: %v in steps of %v: want at most %v and %d steps", d, step, longest, mostSteps)
	}
	if step <= 0 || d < step || d%step != 0 {
		return nil, fmt.Errorf("design storm: %v is no whole number of steps of %v", d, step)
	}
	total, r := d.Minutes(), i.Peak
	peak := r * total
	until := func(t float64) float64 {
		if t <= peak {
			return r * (i.Depth(years, total) - i.Depth(years, (peak-t)/r))
		}
		return r*i.Depth(years, total) + (1-r)*i.Depth(years, (t-peak)/(1-r))
	}
	out := make([]float64, d/step)
	for k := range out {
		a, b := float64(k)*step.Minutes(), float64(k+1)*step.Minutes()
		out[k] = until(b) - until(a)
	}
	return out, nil
}
