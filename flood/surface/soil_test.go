package surface

import (
	"math"
	"testing"

	"citybrain/city/water"
)

// Under steady rain the ground takes all of it until it ponds, then what Mein & Larson 1973 say: F − a·ln(1 + F/a) = K·(t − tp + t0).
func TestGreenAmptAsMeinAndLarson(t *testing.T) {
	const mmh, hour = 60.0, 3600.0
	soil := water.Soil{Conductivity: 10.9e-3 / hour, Suction: 0.1101, Deficit: 0.321}
	i, a := mmh/1000/hour, soil.Suction*soil.Deficit
	ponded := soil.Conductivity * a / (i - soil.Conductivity) // m, at ponding
	tp := ponded / i
	exact := func(at float64) float64 {
		if at < tp {
			return i * at
		}
		f := i * at
		for range 60 {
			f = ponded + soil.Conductivity*(at-tp) + a*math.Log((f+a)/(ponded+a))
		}
		return f
	}
	every(t, func(t *testing.T, cfg Config) {
		d := plain(20, 4, 10, 0.03)
		d.Soils, d.Rain.Rate = []water.Soil{soil}, Constant(mmh)
		s := mustNew(t, d, cfg)
		for _, at := range []float64{300, 900, 3600, 3 * 3600} {
			mustStep(t, s, at)
			got := s.Mass().Soaked / (20 * 4 * 100)
			if want := exact(at); math.Abs(got/want-1) > 0.01 {
				t.Errorf("%g s: %.3f mm, want %.3f", at, got*1000, want*1000)
			}
		}
		if e := s.MassError(); e > map[int]float64{64: 1e-12, 32: 1e-6}[cfg.Precision] {
			t.Errorf("mass error %.2g", e)
		}
	})
}

// The curve number's runoff of a storm is its closed form, sealed ground takes nothing, and a snapshot goes on as it was.
func TestCurveNumber(t *testing.T) {
	every(t, func(t *testing.T, cfg Config) {
		d := plain(20, 4, 10, 0.03)
		d.Soils, d.Rain.Rate = []water.Soil{{Number: 80, Initial: 0.2}}, Constant(50)
		d.SoilOf = make([]int16, d.Cells())
		for i := range d.SoilOf {
			if i%20 < 10 {
				d.SoilOf[i] = -1
			}
		}
		s := mustNew(t, d, cfg)
		mustStep(t, s, 1800)
		again := mustNew(t, d, cfg)
		if err := again.Restore(s.Snapshot()); err != nil {
			t.Fatal(err)
		}
		mustStep(t, s, 2*3600)
		mustStep(t, again, 2*3600)
		const storage = 0.0635 // 25400/80 − 254 mm
		want := 0.1 - math.Pow(0.1-0.2*storage, 2)/(0.1+0.8*storage)
		for _, x := range []*Sim{s, again} {
			if got := x.Mass().Soaked / (10 * 4 * 100); math.Abs(got/want-1) > 1e-4 {
				t.Errorf("%.4f mm lost, want %.4f", got*1000, want*1000)
			}
		}
	})
}

// A soil without suction takes its conductivity from all that is wet, and no more than there is.
func TestSoilWithoutSuctionTakesItsConductivity(t *testing.T) {
	d := plain(20, 4, 10, 0.03)
	d.Soils, d.Depth = []water.Soil{{Conductivity: 1e-5}}, make([]float64, d.Cells())
	for i := range d.Depth {
		d.Depth[i] = 0.02
	}
	s := mustNew(t, d, Config{})
	mustStep(t, s, 1000)
	if got := s.Mass().Soaked / (80 * 100); math.Abs(got-0.01) > 1e-12 {
		t.Errorf("%g m in 1,000 s, want 0.01", got)
	}
	mustStep(t, s, 4000)
	if got, left := s.Mass().Soaked/(80*100), s.Stored(); math.Abs(got-0.02) > 1e-12 || left > 1e-9 {
		t.Errorf("%g m in all, %g m³ left", got, left)
	}
}
