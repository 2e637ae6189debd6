package world

import (
	"math"
	"testing"

	"github.com/paulmach/orb"
)

// The members of a forecast share an error, so that their mean is not the truth: over many issues its error is clearly larger
// than what independent members would leave (their spread over the root of their number).
func TestForecastsShareTheirErrors(t *testing.T) {
	const members = 20
	b := orb.Bound{Max: orb.Point{7800, 6600}}
	var meanErr2, spread2 float64
	n := 0
	for seed := range uint64(30) {
		s := newStorm(b, seed, false)
		f := forecaster{s, seed}
		for _, issue := range []float64{1800, 3600, 5400} {
			lead := 3600.0
			truth := s.at(b.Center(), issue+lead)
			var sum, sq float64
			for m := range members {
				v := s.with(b.Center(), issue+lead, f.member(issue, m, lead))
				sum, sq = sum+v, sq+v*v
			}
			mean := sum / members
			meanErr2 += (mean - truth) * (mean - truth)
			spread2 += math.Max(0, sq/members-mean*mean)
			n++
		}
	}
	rmse, spread := math.Sqrt(meanErr2/float64(n)), math.Sqrt(spread2/float64(n))
	t.Logf("error of the ensemble mean %.2f mm/h, spread %.2f mm/h, ratio %.2f", rmse, spread, rmse/spread)
	if rmse < 2*spread/math.Sqrt(members) {
		t.Errorf("the mean of the members is as good as the truth: %.2f mm/h against %.2f from chance alone", rmse, spread/math.Sqrt(members))
	}
	if rmse > 3*spread {
		t.Errorf("the ensemble is far too sure of itself: error %.2f, spread %.2f mm/h", rmse, spread)
	}
}

func TestTheDemoStormBringsItsRain(t *testing.T) {
	b := orb.Bound{Max: orb.Point{7800, 6600}}
	for seed := range uint64(12) {
		s := newStorm(b, seed, false)
		g := s.rainGrid(500)
		var mm float64
		for m := range 240 {
			for i := range g.Cells() {
				mm += s.at(g.Centre(i), float64(m)*60) / 60 / float64(g.Cells())
			}
		}
		if mm < 30 || mm > 220 {
			t.Errorf("seed %d: %.0f mm in four hours", seed, mm)
		}
	}
}
