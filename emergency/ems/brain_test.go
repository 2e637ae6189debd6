package ems

import (
	"math"
	"testing"

	"citybrain/city"
)

// town is a small service on a lattice of streets: three stations, one hospital, demand everywhere.
func town(units ...int32) *city.EMS {
	const w = 20
	e := &city.EMS{ScaleX: 100, ScaleY: 110, OffRoadSpeed: []float64{0.01, 0.008}, Units: units}
	for y := range w {
		for x := range w {
			e.NodeX, e.NodeY, e.OffRoad = append(e.NodeX, float64(x)*0.005), append(e.NodeY, float64(y)*0.005), append(e.OffRoad, true)
			e.Demand.X, e.Demand.Y, e.Demand.Weight = append(e.Demand.X, float64(x)*0.005), append(e.Demand.Y, float64(y)*0.005), append(e.Demand.Weight, 1)
		}
	}
	e.Millis = make([][]uint32, 2)
	for a := range w * w {
		for _, b := range []int{a + 1, a + w} {
			if b >= w*w || b == a+1 && b%w == 0 {
				continue
			}
			for _, p := range [][2]int{{a, b}, {b, a}} {
				e.From, e.To, e.Km = append(e.From, int32(p[0])), append(e.To, int32(p[1])), append(e.Km, 0.5)
				e.Millis[0], e.Millis[1] = append(e.Millis[0], 45_000+uint32(a%7)*1000), append(e.Millis[1], 65_000)
			}
		}
	}
	for _, n := range []int{2*w + 2, 10*w + 10, 17*w + 4} {
		e.Stations = append(e.Stations, city.EMSPlace{X: e.NodeX[n], Y: e.NodeY[n]})
	}
	e.Hospitals = []city.EMSPlace{{X: e.NodeX[210], Y: e.NodeY[210]}}
	e.Modes = []city.EMSPeriod{{Choose: []int32{0, 1}}}
	e.Priorities = []city.EMSPriority{{Name: "high", Target: 480, Cover: 430, Drive: 0}, {Name: "low", Target: 1200, Cover: 1150, Drive: 1}}
	e.Divert = [][]bool{{false, false}, {true, false}}
	e.Demand.Rates, e.Demand.Modes, e.Demand.Rows, e.Demand.Cols, e.Demand.CellX, e.Demand.CellY = []float64{40, 20}, []city.EMSPeriod{{Choose: []int32{0, 1}}}, 1, 1, 0.005, 0.005
	e.Draws = &city.EMSDraws{Gap: city.Draw{Name: "exponential", A: 1.0 / 60}, Delay: city.Draw{Name: "normal", A: 50.0 / day}, OnScene: city.Draw{Name: "gamma", A: 2, B: 400.0 / day},
		HandOver: city.Draw{Name: "weibull", A: 2.5, B: 900.0 / day}, Priority: []float64{0.7, 0.3}, Transport: 0.7}
	return e
}

func mustModel(t *testing.T, e *city.EMS) *Model {
	t.Helper()
	m, err := New(e)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestBrainServesEveryCallAndKeepsToItsMoves(t *testing.T) {
	e := town(0, 0, 1, 1, 2)
	calls, err := Generate(e, 15, 3)
	if err != nil {
		t.Fatal(err)
	}
	var within [2]float64
	m := mustModel(t, e)
	for i, p := range []Policy{Static{}, NewBrain(m)} {
		s := NewSim(m, p, calls, 0)
		s.Run()
		for c, o := range s.Outcomes() {
			if o.Unit < 0 || !(o.Response >= calls[c].Delay) {
				t.Fatalf("policy %d: call %d: %+v", i, c, o)
			}
		}
		f := s.Figures()
		if f.MovesMost > DefaultSettings.PerUnit {
			t.Errorf("%d moves of a unit in a shift", f.MovesMost)
		}
		within[i] = f.Within
	}
	if within[1] <= within[0] {
		t.Errorf("brain %.1f %% within target, static %.1f %%", within[1], within[0])
	}
}

func TestRunsAreTheSameBits(t *testing.T) {
	e := town(0, 1, 1, 2)
	calls, _ := Generate(e, 4, 5)
	var all [2][]Outcome
	for i := range all {
		m := mustModel(t, e)
		s := NewSim(m, NewBrain(m), calls, 0)
		s.Run()
		all[i] = s.Outcomes()
	}
	for c := range all[0] {
		if all[0][c] != all[1][c] {
			t.Fatalf("call %d: %+v, then %+v", c, all[0][c], all[1][c])
		}
	}
}

// TestNoForesight changes what becomes of the last calls: what was decided before they came must not change.
func TestNoForesight(t *testing.T) {
	e := town(0, 1, 1, 2)
	calls, _ := Generate(e, 4, 5)
	other := append([]city.EMSCall(nil), calls...)
	from := len(calls) / 2
	for i := from; i < len(other); i++ {
		other[i].X, other[i].Y, other[i].Priority = 0.09, 0.09, 0
		other[i].OnScene *= 3
	}
	var all [2][]Outcome
	for i, c := range [][]city.EMSCall{calls, other} {
		m := mustModel(t, e)
		s := NewSim(m, NewBrain(m), c, 0)
		s.Run()
		all[i] = s.Outcomes()
	}
	for c := range from {
		if calls[c].Arrive+all[0][c].Response < calls[from].Arrive && all[0][c] != all[1][c] {
			t.Fatalf("call %d: %+v, with another future %+v", c, all[0][c], all[1][c])
		}
	}
}

func TestKilometresWithoutACall(t *testing.T) {
	e := town(1)
	e.Demand.Rates = []float64{1, 1}
	// Two calls at the same place on the second day, half a day apart: one way home each.
	at := city.EMSCall{X: e.NodeX[10*20+14], Y: e.NodeY[10*20+14], Delay: 10, OnScene: 600, Hospital: -1}
	calls := []city.EMSCall{at, at, at}
	for i, t := range []float64{0.2 * day, 1.2 * day, 1.7 * day} {
		calls[i].Arrive = t
	}
	s := NewSim(mustModel(t, e), Static{}, calls, 0)
	s.Run()
	if f := s.Figures(); f.Calls != 2 || math.Abs(f.MovesKm-4) > 1e-9 || f.Moves != 0 {
		t.Errorf("%+v, want 2 calls and two ways home of 2 km", f)
	}
}

func TestGenerateFollowsItsDistributions(t *testing.T) {
	e := town(0)
	calls, err := Generate(e, 200, 9)
	if err != nil {
		t.Fatal(err)
	}
	n := float64(len(calls))
	high, carried, scene, hand := 0.0, 0.0, 0.0, 0.0
	for _, c := range calls {
		if c.Priority == 0 {
			high++
		}
		if c.Transport {
			carried++
			hand += c.HandOver
		}
		scene += c.OnScene
	}
	for what, x := range map[string][3]float64{"calls a day": {n / 200, 60, 2}, "high": {high / n, 0.7, 0.02}, "carried": {carried / n, 0.7, 0.02}, "on scene": {scene / n, 800, 20},
		"hand-over": {hand / carried, 900 * math.Gamma(1.4), 12}} {
		if math.Abs(x[0]-x[1]) > x[2] {
			t.Errorf("%s: %g, want %g", what, x[0], x[1])
		}
	}
}

func TestUnreachableStation(t *testing.T) {
	e := town(0, 1)
	e.NodeX, e.NodeY, e.OffRoad = append(e.NodeX, 1), append(e.NodeY, 1), append(e.OffRoad, true)
	e.Stations = append(e.Stations, city.EMSPlace{X: 1, Y: 1})
	if _, err := New(e); err == nil {
		t.Error("a station without roads was accepted")
	}
}
