package brain

import (
	"math"
	"testing"
)

func TestRatiosFollowTheCityWhereThereIsLittle(t *testing.T) {
	r := ratios([]float64{80, 0, 20}, []float64{100, 0, 20})
	if math.Abs(r[1]-100.0/120) > 1e-12 {
		t.Errorf("a creek without damage has %.3f, the city %.3f", r[1], 100.0/120)
	}
	if r[0] <= 0.8 || r[0] >= r[1] || r[2] <= r[1] || r[2] >= 1 {
		t.Errorf("ratios %.3f are not between their own and the city's", r)
	}
	if r := ratios([]float64{500, 0}, []float64{1, 0}); r[0] != mostFiner {
		t.Errorf("ratio %.3g of a member that nearly missed", r[0])
	}
	out := scaled([]outcome{{Damage: []float64{10, 20}, Districts: []float64{30}}}, []float64{0.5, 2}, []float64{0.9})
	if out[0].Total() != 45 || out[0].Districts[0] != 27 {
		t.Errorf("scaled to %+v", out[0])
	}
}
