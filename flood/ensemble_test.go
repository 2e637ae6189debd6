package flood

import (
	"context"
	"math"
	"slices"
	"testing"
	"time"

	"citybrain/city"
)

// An ensemble's members are, to millimetres (single precision, and films run after inlets in a step), what runs of their own are, in rain, in the dry time after it and under orders; for
// any number of threads and of members.
func TestEnsembleIsItsRuns(t *testing.T) {
	for _, k := range []int{1, 3} {
		c := valley(50, 37)
		from := newTest(t, c, Config{Coarsen: k, MaxStep: 20 * time.Second})
		from.Input(0, storm(from.Grid(), 60))
		step(t, from, 20*time.Minute)
		start := from.Now()
		rain := func(m int) RainField { return storm(from.Grid(), float32(20*m)) }
		orders := func(m int) []Event { return []Event{PumpOrder{0, m % 3}, GateOrder{0, float64(m % 2)}} }
		run := func(members, threads int) *Ensemble {
			e, err := from.Ensemble(members, threads)
			if err != nil {
				t.Fatal(err)
			}
			for m := range members {
				e.Member(m).Input(start, rain(m))
				e.Member(m).Input(start+10*time.Minute, orders(m)...)
				e.Member(m).Input(start+30*time.Minute, RainField{})
			}
			if err := e.Step(context.Background(), start+50*time.Minute); err != nil {
				t.Fatal(err)
			}
			return e
		}
		e := run(5, 2)
		for m := range 5 {
			s := from.Fork()
			s.ForgetPeaks()
			s.Input(start, rain(m))
			s.Input(start+10*time.Minute, orders(m)...)
			s.Input(start+30*time.Minute, RainField{})
			step(t, s, start+50*time.Minute)
			x := e.Member(m)
			if x.Now() != s.Now() {
				t.Fatalf("member %d at %v, its run at %v", m, x.Now(), s.Now())
			}
			if d := math.Abs(x.CreekLevel(0) - s.CreekLevel(0)); d > 4e-3 {
				t.Errorf("cells of %d, member %d: creek %g m off", k, m, d)
			}
			if d := math.Abs(x.BasinLevel(0) - s.BasinLevel(0)); d > 4e-3 {
				t.Errorf("cells of %d, member %d: sewer %g m off", k, m, d)
			}
			deepest, worst := 0.0, 0.0
			for i := range c.Terrain.Cells() {
				deepest = max(deepest, s.PeakAt(i))
				worst = max(worst, math.Abs(x.PeakAt(i)-s.PeakAt(i)), math.Abs(x.DepthAt(i)-s.DepthAt(i)))
			}
			if deepest < 0.1 || worst > 5e-3 {
				t.Errorf("cells of %d, member %d: depths up to %g m off of %g", k, m, worst, deepest)
			}
		}
		other := run(3, 1)
		for m := range 3 {
			if !slices.Equal(e.Member(m).Depths(), other.Member(m).Depths()) || e.Member(m).CreekLevel(0) != other.Member(m).CreekLevel(0) {
				t.Errorf("cells of %d: member %d is another in an ensemble of three on one thread", k, m)
			}
		}
	}
}

// A member keeps its water: what the rain is, less what the ground takes, stands on the ground, in the sewer, in the creek, or left.
func TestEnsembleKeepsItsWater(t *testing.T) {
	s := newTest(t, valley(50, 37), Config{Coarsen: 3, MaxStep: 20 * time.Second})
	e, err := s.Ensemble(1, 1)
	if err != nil {
		t.Fatal(err)
	}
	m := e.Member(0)
	all := func() float64 {
		var sum float64
		film := make([]float64, s.Grid().Cells())
		e.flow.Film(0, film)
		for i, v := range film {
			sum += (v + m.water(i)) * s.Grid().Cell * s.Grid().Cell
		}
		return sum + m.st.Basins[0] + m.st.Creeks[0] + m.st.Mass.River
	}
	before := all()
	m.Input(0, storm(s.Grid(), 80))
	if err := e.Step(context.Background(), time.Hour); err != nil {
		t.Fatal(err)
	}
	rain := 0.0
	for _, v := range e.net[0] {
		rain += v * 3600 * s.Grid().Cell * s.Grid().Cell
	}
	if off := all() - before - rain; rain < 1000 || math.Abs(off) > 1e-5*rain {
		t.Errorf("%g m³ of %g are off", off, rain)
	}
}

func TestMemberRefusesWhatItsEnsembleDoes(t *testing.T) {
	s := newTest(t, valley(20, 20), Config{})
	e, err := s.Ensemble(2, 1)
	if err != nil {
		t.Fatal(err)
	}
	if err := e.Member(1).Step(context.Background(), time.Minute); err == nil {
		t.Error("a member was stepped alone")
	}
	if err := e.Member(1).Input(0, DepthCorrection{Cell: 5, Depth: 0.1, Radius: 50}); err == nil {
		t.Error("a member took a correction of its depths")
	}
	if err := e.Member(1).Input(0, RainField{Grid: city.Grid{Cell: 1, Cols: 1, Rows: 1}, MMH: []float32{-1}}); err == nil {
		t.Error("a member took rain below 0")
	}
}
