package surface

import (
	"math"
	"testing"
)

// What is taken from pixels and given to them is what their cells lose and gain, on tables too; a pixel gives no more than its cell has,
// and shows what its cell's level says stands over it.
func TestExchangeKeepsWater(t *testing.T) {
	for _, ratio := range []int{1, 4} {
		every(t, func(t *testing.T, cfg Config) {
			if cfg.Scheme == Shallow && ratio > 1 {
				return
			}
			cfg.Subgrid = ratio
			d := hills(40, 32)
			d.Edges, d.Sources = nil, nil
			for i := range d.Depth {
				d.Depth[i] = 0.4
			}
			s := mustNew(t, d, cfg)
			mustStep(t, s, 200)
			cells := []int32{5, 6, 300, 301, 700, 1100}
			depth, there := make([]float64, d.Cells()), make([]float64, len(cells))
			s.Depths(depth)
			s.Volumes(cells, there)
			for k, i := range cells {
				if want := depth[i] * d.Cell * d.Cell; math.Abs(there[k]-want) > 1e-5*want+1e-9 {
					t.Errorf("cells of %d: %g m³ over pixel %d, depth says %g", ratio, there[k], i, want)
				}
			}
			add := []float64{-there[0], -there[1] / 2, 7, -1e9, 0, 3}
			before := s.Stored()
			s.Exchange(cells, add)
			var sum float64
			for _, v := range add {
				sum += v
			}
			if got := s.Stored() - before; math.Abs(got-sum) > 1e-6*math.Abs(sum) {
				t.Errorf("cells of %d: %g m³ more, %g were given", ratio, got, sum)
			}
			if add[3] < -1e6 {
				t.Errorf("cells of %d: a cell gave %g m³", ratio, -add[3])
			}
			mustStep(t, s, 300)
			limit := 1e-10
			if cfg.Precision == 32 {
				limit = 1e-5
			}
			if e := s.MassError(); e > limit {
				t.Errorf("cells of %d: mass error %.2g", ratio, e)
			}
		})
	}
}
