package flood

import (
	"context"
	"math"
	"testing"
	"time"

	"citybrain/city"
)

func TestRefiningKeepsTheWaterAndItsLevel(t *testing.T) {
	c := valley(50, 37)
	coarse := newTest(t, c, Config{Coarsen: 3, MaxStep: 20 * time.Second})
	fine := newTest(t, c, Config{MaxStep: 20 * time.Second})
	rain := RainField{Grid: city.Grid{Cols: 1, Rows: 1, Cell: 1e6, West: -5e5, North: 5e5}, MMH: []float32{60}}
	for _, s := range []*Sim{coarse, fine} {
		if err := s.Input(0, rain); err != nil {
			t.Fatal(err)
		}
		if err := s.Step(context.Background(), time.Hour); err != nil {
			t.Fatal(err)
		}
	}
	from := newTest(t, c, Config{MaxStep: 20 * time.Second})
	r, err := coarse.Refine(from)
	if err != nil {
		t.Fatal(err)
	}
	if a, b := r.stored(), coarse.stored(); math.Abs(a-b) > 1e-9*b {
		t.Errorf("%.6f m³ refined out of %.6f", a, b)
	}
	if r.Now() != coarse.Now() {
		t.Errorf("at %v, the coarse one at %v", r.Now(), coarse.Now())
	}
	deepest := 0
	for p := range c.Terrain.Z {
		if coarse.DepthAt(p) > coarse.DepthAt(deepest) {
			deepest = p
		}
	}
	if a, b := r.DepthAt(deepest), coarse.DepthAt(deepest); math.Abs(a-b) > 0.02 {
		t.Errorf("%.3f m at the deepest place, %.3f on coarse cells", a, b)
	}
	// It goes on as the fine one does: the water of another half hour of the same rain is where that one has it.
	for _, s := range []*Sim{r, fine} {
		if err := s.Step(context.Background(), 90*time.Minute); err != nil {
			t.Fatal(err)
		}
	}
	if e := r.MassError(); e > 1e-9 {
		t.Errorf("mass error %.1e", e)
	}
	var off, all float64
	for p := range c.Terrain.Z {
		off, all = off+math.Abs(r.DepthAt(p)-fine.DepthAt(p)), all+fine.DepthAt(p)
	}
	if off > 0.1*all {
		t.Errorf("depths are %.1f %% off those of the fine run", 100*off/all)
	}
	if _, err := coarse.Refine(coarse); err == nil {
		t.Error("refined onto coarse cells")
	}
}
