package brain

import (
	"math"
	"testing"

	"citybrain/city"
	"citybrain/city/chance"
)

// Of an evening whose delays come and go, the bounds hold nine of ten cycles and hardly any junction is given up; one whose delay runs away is
// given up after three cycles beyond them, and taken back once it is what is expected for as long.
func TestBandHoldsAndRunawayFallsBack(t *testing.T) {
	c := demo()
	plans := make([]city.Plan, len(c.Signals))
	for j := range plans {
		p, err := city.NewPlan(&c.Signals[j], c.Signals[j].Reference)
		if err != nil {
			t.Fatal(err)
		}
		plans[j] = p
	}
	w := newDelayWatch(c, plans)
	w.approaches = w.approaches[:60]
	draw := chance.New(3, "delays")
	standing := make([]float64, len(c.Streets.Links))
	all := func(int) bool { return true }
	const bad = 7
	down, up, given := -1, -1, 0
	start := 60 * w.looks[bad]
	for k := range 100 * w.looks[bad] {
		clear(standing)
		for j, list := range w.approaches {
			// A peak over the hours, and counts of reporting vehicles that scatter as such do.
			mean := (0.4 + 0.3*draw.Float(uint64(j), 0)) * (1 + math.Sin(float64(k)/400))
			for _, l := range list {
				standing[l] = 5 * float64(draw.Poisson(uint64(l), uint64(k)+1, mean))
				if j == bad && k >= start && k < start+8*w.looks[bad] {
					standing[l] += 20 * float64(1+(k-start)/w.looks[bad])
				}
			}
		}
		for _, j := range w.look(standing, all) {
			switch {
			case j == bad && w.down[j] && k >= start && down < 0:
				down = (k - start) / w.looks[bad]
			case j == bad && !w.down[j] && down >= 0 && up < 0:
				up = (k - start) / w.looks[bad]
			case w.down[j]:
				given++
			}
		}
	}
	held := float64(w.held) / float64(w.of)
	t.Logf("%.3f of %d cycles within the band; the runaway falls back in cycle %d, comes back in %d; %d others fell back", held, w.of, down, up, given)
	if math.Abs(held-0.9) > 0.03 {
		t.Errorf("the band of 90 %% holds %.3f", held)
	}
	if down < 2 || down > 4 || up <= down+2 || up > 20 {
		t.Errorf("it falls back in cycle %d and comes back in %d", down, up)
	}
	if given > w.of/2000 {
		t.Errorf("%d of %d cycles gave up a junction without need", given, w.of)
	}
}
