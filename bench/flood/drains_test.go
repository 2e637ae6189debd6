package flood

import (
	"context"
	"math"
	"testing"
)

func TestDrainsAgainstClosedForms(t *testing.T) {
	worst, note, err := closedForms(context.Background())
	if err != nil || !(worst < 0.1) {
		t.Errorf("%.3f %% off: %s; %v", worst, note, err)
	}
}

// Storms are the same for a seed, their cells live 15 to 40 minutes, and rain falls in them.
func TestStorms(t *testing.T) {
	s := newStorm(7, stormSize, stormLength)
	for _, c := range s.cells {
		if c.life < 15 || c.life > 40 {
			t.Fatalf("a cell lives %g min", c.life)
		}
	}
	a, b := s.at(120, stormSize), newStorm(7, stormSize, stormLength).at(120, stormSize)
	sum := 0.0
	for i := range a.V {
		if math.Float64bits(a.V[i]) != math.Float64bits(b.V[i]) {
			t.Fatal("the same seed gives another storm")
		}
		sum += a.V[i]
	}
	if len(s.cells) < 50 || sum <= 0 {
		t.Errorf("%d cells, %g mm/h in all", len(s.cells), sum)
	}
}
