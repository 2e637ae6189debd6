package ems

import (
	"math"
	"testing"
)

// Two places, two units: one in the middle of both, one far out. The far one is as good for the call at hand as it is in time, and leaves
// the middle covered.
func TestTheUnitThatIsMissedLeastGoes(t *testing.T) {
	c := NewCover([]float64{1, 1}, 0.3, 400)
	options := []Option{{Unit: 7, Drive: 100, Row: []float64{200, 200}}, {Unit: 9, Drive: 150, Row: []float64{900, 900}}}
	got := c.Rank(60, 480, options)
	if got[0].Unit != 9 || got[1].Unit != 7 {
		t.Errorf("ranked %+v", got)
	}
	if !(got[1].Coverage > got[0].Coverage && got[1].Outcome > got[0].Outcome) {
		t.Errorf("the near one must cost more coverage and serve the call better: %+v", got)
	}
	// Where only the near one is in time it goes.
	options[1].Drive = 700
	if got := c.Rank(60, 480, options); got[0].Unit != 7 {
		t.Errorf("ranked %+v", got)
	}
}

// What losses says is what Value differs by.
func TestLossesAreDifferencesOfValue(t *testing.T) {
	c := NewCover([]float64{3, 1, 2}, 0.5, 300)
	rows := [][]float64{{100, 500, 250}, {350, 120, 260}, {90, 700, 240}, {1000, 1000, 20}}
	var options []Option
	for i, r := range rows {
		options = append(options, Option{Unit: i, Row: r})
	}
	lost := c.losses(options)
	for i := range rows {
		rest := append(append([][]float64{}, rows[:i]...), rows[i+1:]...)
		if d := c.Value(rows) - c.Value(rest); math.Abs(d-lost[i]) > 1e-12 {
			t.Errorf("unit %d: %g, by values %g", i, lost[i], d)
		}
	}
}

func TestAMoveMendsTheCoverage(t *testing.T) {
	c := NewCover([]float64{1, 1}, 0.3, 300)
	here, there := []float64{50, 2000}, []float64{2000, 50}
	m, ok := c.Best([][]float64{here, here}, []bool{true, true}, [][]float64{here, there}, func(int, int) float64 { return 5 })
	if !ok || m.Station != 1 {
		t.Errorf("%+v, %v", m, ok)
	}
	if m, ok := c.Best([][]float64{here, there}, []bool{true, true}, [][]float64{here, there}, func(int, int) float64 { return 5 }); ok {
		t.Errorf("moved without need: %+v", m)
	}
	if m, ok := c.Best([][]float64{here, here}, []bool{false, false}, [][]float64{here, there}, func(int, int) float64 { return 5 }); ok {
		t.Errorf("moved a unit that may not move: %+v", m)
	}
}
