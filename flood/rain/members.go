package rain

import (
	"math"

	"citybrain/city/chance"
)

// lives is how much of the noise of each scale is left after one image: small ones change first.
var lives = [len(scales)]float64{0.55, 0.8, 0.92, 0.97}

// weight is each scale's share of the noise's variance.
var weight = [len(scales)]float64{0.4, 0.3, 0.2, 0.1}

// Members returns the ensemble: for each member the fields of all leads in mm/h. A member's place among the outcomes that a cell may have
// is a noise that is smooth in space, goes with the motion and changes with time, so that a member is wet or dry as a storm is; over
// all members each cell keeps its own distribution. Cells whose water comes from outside are NaN.
func (fc *Forecast) Members() [][]Field {
	out := make([][]Field, fc.cfg.Members)
	for m := range out {
		out[m] = fc.member(m)
	}
	return out
}

func (fc *Forecast) member(m int) []Field {
	draw := chance.New(fc.cfg.Seed, "rain/member").Sub(uint64(m))
	// The noise lives on the grid of the last image, which repeats beyond its edges.
	var noise [len(scales)]Field
	out := make([]Field, len(fc.bin))
	for lead := range out {
		for k, sigma := range scales {
			fresh := white(fc.Cols, fc.Rows, draw, uint64(lead*len(scales)+k)).Smooth(sigma)
			level(&fresh)
			if lead == 0 {
				noise[k] = fresh
				continue
			}
			a := lives[k]
			b := math.Sqrt(1 - a*a)
			for i := range fresh.V {
				noise[k].V[i] = a*noise[k].V[i] + b*fresh.V[i]
			}
		}
		f := NewField(fc.Cols, fc.Rows)
		for i := range f.V {
			q := fc.Quantiles(lead+1, i)
			if q == nil {
				f.V[i] = math.NaN()
				continue
			}
			x, y := fc.Motion.Back(float64(i%fc.Cols), float64(i/fc.Cols), float64(lead+1))
			c, r := mod(int(math.Round(x)), fc.Cols), mod(int(math.Round(y)), fc.Rows)
			z := 0.0
			for k := range noise {
				z += math.Sqrt(weight[k]) * noise[k].V[r*fc.Cols+c]
			}
			// The share of a normal variate below z is the place among the outcomes.
			f.V[i] = q[min(int(0.5*math.Erfc(-z/math.Sqrt2)*float64(len(q))), len(q)-1)]
		}
		out[lead] = f
	}
	return out
}

func mod(a, n int) int { return ((a % n) + n) % n }

func white(cols, rows int, draw chance.Source, counter uint64) *Field {
	f := NewField(cols, rows)
	for i := range f.V {
		f.V[i] = draw.Normal(uint64(i), counter)
	}
	return &f
}

// level gives a field mean 0 and variance 1.
func level(f *Field) {
	var sum, square float64
	for _, v := range f.V {
		sum += v
		square += v * v
	}
	n := float64(len(f.V))
	mean := sum / n
	sd := math.Sqrt(math.Max(square/n-mean*mean, 1e-12))
	for i := range f.V {
		f.V[i] = (f.V[i] - mean) / sd
	}
}
