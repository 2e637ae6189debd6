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

// A shipped green shorter than the least is lengthened, and a light that switches nothing is left alone.
func TestOptimiseMendsShortGreens(t *testing.T) {
	n := fourWays(t, Options{Yellow: 3, MinGreen: 5})
	n.Lights[0].Phases[2].Duration = 2
	p, _, err := Optimise(context.Background(), n, make([]float64, 4), 10, func(p *Plan) (float64, error) { return 1, p.Check(n) })
	if err != nil || p.Check(n) != nil {
		t.Errorf("%v, %v", err, p.Check(n))
	}
}

// A light without connections, as for walkers alone, is no reason to stop.
func TestALightThatSwitchesNothing(t *testing.T) {
	w := fourWays(t, Options{Yellow: 3, MinGreen: 5})
	w.LaneNet.Lights = append(w.LaneNet.Lights, w.LaneNet.Lights[0])
	n, err := NewNetwork(w.LaneNet, Options{Yellow: 3, MinGreen: 5})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range Names() {
		if name == "offline" {
			continue
		}
		c, err := New(name, n, Settings{Every: 1})
		if err != nil {
			t.Fatal(err)
		}
		o, lamps, want := NewObservation(n), NewLamps(n), make([]int, len(n.Junctions))
		for now := range 60 {
			o.Clear()
			o.Time = float64(now)
			lamps.Fill(o)
			c.Decide(o, want)
			lamps.Step(o.Time, want, nil)
		}
	}
	for _, every := range []float64{0.5, 121, 70.4} {
		if _, err := New("brain", n, Settings{Every: every}); err == nil {
			t.Errorf("a decision every %g s was taken", every)
		}
	}
}
