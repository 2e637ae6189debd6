package brain

import (
	"cmp"
	"context"
	"math"
	"slices"
	"testing"
	"time"

	"citybrain/city"
)

// Quantiles are of the members' levels, laid over the ground: its low places stand deeper than the mean.
func TestSpread(t *testing.T) {
	b, _ := newBrain(t, 1)
	cell := slices.IndexFunc(b.model.ground, func(g []int32) bool { return len(g) == 9 })
	var out []outcome
	for _, d := range []float32{0.4, 0, 0.2, 0.1, 4} {
		field := make([]float32, len(b.model.ground))
		field[cell] = d
		out = append(out, outcome{Depths: [][]float32{field, make([]float32, len(field))}})
	}
	s := b.model.spread(b.water, "b", start, out)
	lowest := slices.MinFunc(b.model.ground[cell], func(i, k int32) int { return cmp.Compare(b.city.Terrain.Z[i], b.city.Terrain.Z[k]) })
	if len(s.Median[0]) != b.city.Terrain.Cells() || slices.Max(s.P90[1]) != 0 {
		t.Fatalf("%d cells, %d cm where it is dry", len(s.Median[0]), slices.Max(s.P90[1]))
	}
	level := func(d float64) float64 { return b.water.LevelFrom(cell, d) }
	for _, i := range b.model.ground[cell] {
		depth := func(d float64) float64 { return b.water.DepthUnder(int(i), level(d)) }
		ninety := b.water.DepthUnder(int(i), level(0.4)+0.6*(level(4)-level(0.4)))
		var chance float64
		for _, d := range []float64{0, 0.1, 0.2, 0.4, 4} {
			chance += 20 * 0.5 * math.Erfc((0.3-depth(d))/(0.1*math.Sqrt2))
		}
		if s.Median[0][i] != uint8(math.Round(100*depth(0.2))) || s.P90[0][i] != uint8(math.Min(255, math.Round(100*ninety))) || s.Chance[0][i] != uint8(math.Round(chance)) {
			t.Errorf("cell %d: %d, %d cm, %d %%; want %g, %g, %g", i, s.Median[0][i], s.P90[0][i], s.Chance[0][i], 100*depth(0.2), 100*ninety, chance)
		}
	}
	if s.Median[0][lowest] < 20 {
		t.Errorf("the lowest ground has %d cm, the block's mean is 20", s.Median[0][lowest])
	}
	for _, x := range []struct{ minutes, at int }{{0, 0}, {15, 0}, {29, 0}, {30, 1}, {500, 1}} {
		if got := s.At(start.Add(time.Duration(x.minutes) * time.Minute)); got != x.at {
			t.Errorf("after %d min: %d, want %d", x.minutes, got, x.at)
		}
	}
}

// The newest forecast says how the members spread on both of its branches, what each station will show, and what each district
// loses; the next one keeps what was said of the times that are past.
func TestFanSaysHowMembersSpread(t *testing.T) {
	first := storm(t)
	f := first.Fan()
	if len(f.Spreads) != 2 || f.Spreads[0].Branch != f.Branch || f.Spreads[1].Branch == f.Branch {
		t.Fatalf("spreads %+v", f.Spreads)
	}
	wet := 0
	for _, s := range f.Spreads {
		for k := range s.Median {
			for i, m := range s.Median[k] {
				if s.P90[k][i] < m {
					t.Fatalf("a cell's 90 %% is %d cm, its median %d", s.P90[k][i], m)
				}
				if m >= 10 {
					wet++
				}
				if s.P90[k][i] <= 10 && s.Chance[k][i] > 25 {
					t.Fatalf("nine of ten members have at most %d cm in a cell, its chance of 30 cm is %d %%", s.P90[k][i], s.Chance[k][i])
				}
			}
		}
	}
	if wet == 0 {
		t.Error("the downpour leaves no cell under 10 cm of water")
	}
	var damage float64
	for _, d := range f.Districts {
		damage += d.Mean
		if !(d.P05 <= d.Mean && d.Mean <= d.P95) {
			t.Errorf("a district expects %+v", d)
		}
	}
	if len(f.Districts) != len(first.city.Districts) || math.Abs(damage-f.Damage.Mean) > 1e-3*f.Damage.Mean {
		t.Errorf("%d districts lose %g, the city %g", len(f.Districts), damage, f.Damage.Mean)
	}
	for i := range f.Hydrographs {
		h, g := &f.Hydrographs[i], &first.est.gauges[i]
		if (len(h.Median) == 0) != (g.Kind == city.RainInstrument) || len(h.Past) != 0 {
			t.Errorf("%s: %+v", g.ID, h)
		}
		for k := range h.Median {
			if h.Q05[k] > h.Median[k] || h.Median[k] > h.Q95[k] {
				t.Fatalf("%s: %v %v %v", g.ID, h.Q05, h.Median, h.Q95)
			}
		}
	}
	// One of an hour, each frame with its own depth.
	hour := *f
	hour.Hydrographs = slices.Clone(f.Hydrographs)
	for i := range hour.Hydrographs {
		if h := &hour.Hydrographs[i]; len(h.Median) > 0 {
			h.Median, h.Q05, h.Q95 = nil, nil, nil
			for k := range 12 {
				h.Median, h.Q05, h.Q95 = append(h.Median, float64(k)), append(h.Q05, float64(k)-1), append(h.Q95, float64(k)+1)
			}
		}
	}
	b, _ := newBrain(t, 2)
	b.fan, b.now = &hour, start.Add(10*time.Minute)
	rain := cloudburst(b.city, 0, members)
	rain.Issue = b.now
	if err := b.forecast(context.Background(), rain); err != nil {
		t.Fatal(err)
	}
	n := 0
	for i := range b.Fan().Hydrographs {
		h := &b.Fan().Hydrographs[i]
		if len(h.Median) == 0 {
			continue
		}
		n++
		// Frames 30 and 35 minutes ahead of the first: the second can say of 40 and on.
		if want := []Foretold{{start.Add(30 * time.Minute), 5, 4, 6}, {start.Add(35 * time.Minute), 6, 5, 7}}; !slices.Equal(h.Past, want) {
			t.Fatalf("past %+v, want %+v", h.Past, want)
		}
	}
	if n < 10 {
		t.Errorf("%d stations are forecast", n)
	}
}
