package account

import (
	"math"
	"testing"

	"citybrain/city"
)

// Counts that a matrix other than the prior made bring the prior to it, surest where most is counted; without counts the prior stays.
func TestCountsCorrectThePrior(t *testing.T) {
	prior, true0 := []float64{400, 200, 300}, []float64{1.4, 0.7, 1}
	// Two cells are counted, apart and together; the third by nobody.
	routes := [][]float64{{1, 0, 0}, {0, 1, 0}, {0.5, 0.5, 0}}
	seen, got := &measured{}, &run{}
	for _, p := range routes {
		by, count := make([]float64, 3), 0.0
		for c := range by {
			by[c] = p[c] * prior[c]
			count += by[c] * true0[c]
		}
		seen.counts, got.by, got.counts = append(seen.counts, count), append(got.by, by), append(got.counts, total(by))
	}
	factor, sd, err := correct(seen, got, []float64{1, 1, 1}, prior)
	if err != nil {
		t.Fatal(err)
	}
	for c := range prior {
		if math.Abs(factor[c]-true0[c]) > 0.06 {
			t.Errorf("cell %d is corrected by %.2f, the counts were made with %.2f", c, factor[c], true0[c])
		}
	}
	if sd[0] > 0.12*prior[0] || math.Abs(sd[2]-priorShare*prior[2]) > 1e-6 {
		t.Errorf("trips are uncertain by %.0f", sd)
	}
}

func TestGEHIsOfHourlyFlows(t *testing.T) {
	// √(2·100²/1900) = 3.2; √(2·200²/1800) = 6.7.
	if w, _ := within(&measured{counts: []float64{1000, 1000, 0}}, []float64{900, 800, 0}, every); math.Abs(w-2.0/3) > 1e-9 {
		t.Errorf("within %.3f", w)
	}
	var none *city.Calibration
	good := city.Calibration{Links: 50, Within: 0.9, Routes: 20, RoutesGood: 0.9, Saturation: 1550, StopLines: 20}
	if none.Lacks() == "" || good.Lacks() != "" {
		t.Errorf("none lacks %q, a good one %q", none.Lacks(), good.Lacks())
	}
	for _, spoil := range []func(*city.Calibration){func(k *city.Calibration) { k.Within = 0.84 }, func(k *city.Calibration) { k.RoutesGood = 0.8 }, func(k *city.Calibration) { k.StopLines = 0 }, func(k *city.Calibration) { k.Links = 3 }} {
		bad := good
		if spoil(&bad); bad.Lacks() == "" {
			t.Errorf("%+v counts as calibrated", bad)
		}
	}
}
