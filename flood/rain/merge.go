package rain

import (
	"fmt"
	"math"
)

// A Gauge is a rate in mm/h at a place in cells (column, row) of a field.
type Gauge struct {
	X, Y float64
	Rate float64
}

// Merge corrects a radar field by gauges, by conditional merging: the gauges kriged, plus what the radar shows beyond the radar's own
// values at the gauges kriged alike. At a gauge the result is the gauge; far from all of them it is the radar times what the radar is
// off on the whole. length is the distance in cells over which gauges tell of one another (of the exponential covariance); it
// refuses gauges off the field and rates that are none. Without gauges it is the radar.
func Merge(radar Field, gauges []Gauge, length float64) (Field, error) {
	out := Field{radar.Cols, radar.Rows, append([]float64(nil), radar.V...)}
	if !(length > 0) {
		return out, fmt.Errorf("merge rain: a correlation length of %g cells", length)
	}
	// Gauges in one place are one.
	var g []Gauge
	var count []int
	for i, a := range gauges {
		if !(a.Rate >= 0 && a.Rate < 1000) {
			return out, fmt.Errorf("merge rain: gauge %d: %g mm/h is not in 0–1000", i+1, a.Rate)
		}
		if math.IsNaN(radar.At(a.X, a.Y)) {
			return out, fmt.Errorf("merge rain: gauge %d at column %g, row %g is off the radar's field of %d × %d", i+1, a.X, a.Y, radar.Cols, radar.Rows)
		}
		same := -1
		for k := range g {
			if g[k].X == a.X && g[k].Y == a.Y {
				same = k
			}
		}
		if same < 0 {
			g, count = append(g, a), append(count, 1)
		} else {
			g[same].Rate += a.Rate
			count[same]++
		}
	}
	for k := range g {
		g[k].Rate /= float64(count[k])
	}
	n := len(g)
	if n == 0 {
		return out, nil
	}
	cov := func(dx, dy float64) float64 { return math.Exp(-math.Hypot(dx, dy) / length) }
	a := make([]float64, n*n)
	for i := range n {
		for j := range n {
			a[i*n+j] = cov(g[i].X-g[j].X, g[i].Y-g[j].Y)
		}
		a[i*n+i] += 1e-9
	}
	// Both kriged fields have the same weights, so that their difference is the difference of the values, kriged: in the dual form
	// c(x)·C⁻¹d. Its mean is 0 once the radar's bias is out (simple kriging).
	var gaugeSum, radarSum float64
	d := make([]float64, n)
	for i := range n {
		gaugeSum += g[i].Rate
		radarSum += radar.At(g[i].X, g[i].Y)
	}
	// What the radar is off on the whole comes first, as a factor within bounds, so that it holds where no gauge is near.
	factor := 1.0
	if radarSum > 0 && gaugeSum > 0 {
		factor = math.Min(math.Max(gaugeSum/radarSum, 0.2), 5)
	}
	for i := range n {
		d[i] = g[i].Rate - factor*radar.At(g[i].X, g[i].Y)
	}
	w, ok := solve(a, d, n, n)
	if !ok {
		return out, fmt.Errorf("merge rain: %d gauges too near to one another for a correlation length of %g cells", n, length)
	}
	for r := range out.Rows {
		for c := range out.Cols {
			i := r*out.Cols + c
			v := factor * radar.V[i]
			for k := range g {
				v += w[k] * cov(float64(c)-g[k].X, float64(r)-g[k].Y)
			}
			if v < 0 {
				v = 0
			}
			out.V[i] = v
		}
	}
	return out, nil
}
