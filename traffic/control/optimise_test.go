package control

import (
	"context"
	"math"
	"testing"
)

// The search finds the offset and the split that a judge likes best, keeps every plan safe, and asks no oftener than it may.
func TestOptimiseFindsWhatTheJudgeLikes(t *testing.T) {
	n := fourWays(t, Options{Yellow: 3, MinGreen: 5})
	asked := 0
	judge := func(p *Plan) (float64, error) {
		if asked++; asked > 80 {
			t.Fatal("asked more than 80 times")
		}
		if err := p.Check(n); err != nil {
			t.Fatal(err)
		}
		j := &p.Junctions[0]
		return 10 + math.Abs(j.Stages[0].Duration-52) + math.Abs(j.Cycle()-90), nil
	}
	flow := []float64{0.2, 0.1, 0.2, 0.1}
	p, least, err := Optimise(context.Background(), n, flow, 80, judge)
	if err != nil {
		t.Fatal(err)
	}
	if j := &p.Junctions[0]; math.Abs(j.Stages[0].Duration-52) > 1 || math.Abs(j.Cycle()-90) > 1 || least > 12 {
		t.Errorf("%+v, cycle %g, judged %g", j, j.Cycle(), least)
	}
	set, _, err := TuneActuation(context.Background(), func(a Actuation) (float64, error) { return math.Abs(a.Gap-2) + math.Abs(a.Longest-45), nil })
	if err != nil || set.Gap != 2 || set.Longest != 45 {
		t.Errorf("%+v, %v", set, err)
	}
	stop, cancel := context.WithCancel(context.Background())
	cancel()
	if _, _, err := Optimise(stop, n, flow, 80, judge); err == nil {
		t.Error("a cancelled search says nothing")
	}
}
