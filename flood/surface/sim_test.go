package surface

import (
	"context"
	"errors"
	"math"
	"slices"
	"testing"
	"time"

	"citybrain/city"
)

// hills is rough ground with a hole in the grid, a pond and every kind of edge and source.
func hills(cols, rows int) *Domain {
	d := &Domain{Grid: city.Grid{North: float64(rows) * 5, Cell: 5, Cols: cols, Rows: rows}}
	k := d.Cells()
	d.Z, d.Manning, d.Depth = make([]float64, k), make([]float64, k), make([]float64, k)
	for i := range k {
		r, c := i/cols, i%cols
		d.Z[i] = 20 + 0.02*float64(c) + 0.6*math.Sin(float64(r)/5)*math.Cos(float64(c)/7) + 0.05*math.Sin(float64(i*i%977))
		d.Manning[i] = 0.02 + 0.03*float64(i%7)/7
		if d.Z[i] < 20 {
			d.Depth[i] = 20 - d.Z[i]
		}
		if r > 4 && r < 7 && c > 20 && c < 33 {
			d.Z[i], d.Depth[i] = math.NaN(), 0
		}
	}
	all := 5 * float64(max(cols, rows))
	d.Edges = []Edge{
		{Side: West, From: 20, To: 60, Kind: Discharge, Series: Series{T: []float64{0, 60, 300}, V: []float64{0, 6, 2}}},
		{Side: East, To: all, Kind: Open},
		{Side: South, From: 40, To: 90, Kind: Level, Series: Series{T: []float64{0, 100, 300}, V: []float64{20.2, 20.9, 20}}},
		{Side: North, From: 50, To: 200, Kind: Slope, Gradient: 0.01},
	}
	d.Sources = []Source{{Name: "burst", At: [2]float64{120, 80}, Radius: 12, Flow: Constant(1)}, {Name: "drain", At: [2]float64{60, 60}, Flow: Constant(-0.3)}}
	d.Rain.Rate = Series{T: []float64{0, 100, 101}, V: []float64{80, 80, 0}}
	return d
}

// every runs f with each scheme and precision.
func every(t *testing.T, f func(t *testing.T, cfg Config)) {
	for _, scheme := range []Scheme{Inertial, Shallow} {
		for _, p := range precisions {
			t.Run(scheme.String()+map[int]string{32: "32", 64: "64"}[p], func(t *testing.T) { f(t, Config{Scheme: scheme, Precision: p}) })
		}
	}
}

func mustStep(t testing.TB, s *Sim, seconds float64) {
	t.Helper()
	if err := s.Step(context.Background(), time.Duration(seconds*1e9)); err != nil {
		t.Fatal(err)
	}
}

func mustNew(t testing.TB, d *Domain, cfg Config) *Sim {
	t.Helper()
	s, err := New(d, cfg)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestEveryCubicMetreIsAccountedFor(t *testing.T) {
	every(t, func(t *testing.T, cfg Config) {
		limit := map[int]float64{64: 1e-12, 32: 1e-6}[cfg.Precision]
		s := mustNew(t, hills(70, 45), cfg)
		for k := range 10 {
			mustStep(t, s, float64(30*(k+1)))
			if e := s.MassError(); !(e <= limit) {
				t.Fatalf("mass error %.2g at %v", e, s.Now())
			}
		}
		if m := s.Mass(); m.Initial == 0 || m.Rain == 0 || m.Inflow < 300 || m.Outflow < 30 {
			t.Errorf("a path carried no water: %+v", m)
		}
	})
}

func TestThreadsAndSnapshotsKeepEveryBit(t *testing.T) {
	every(t, func(t *testing.T, cfg Config) {
		one := mustNew(t, hills(70, 45), cfg)
		cfg.Threads = 3
		three := mustNew(t, hills(70, 45), cfg)
		mustStep(t, one, 90)
		mustStep(t, three, 90)
		again := mustNew(t, hills(70, 45), cfg)
		if err := again.Restore(three.Snapshot()); err != nil {
			t.Fatal(err)
		}
		for _, s := range []*Sim{one, three, again} {
			mustStep(t, s, 200)
		}
		a, b, c := one.Snapshot(), three.Snapshot(), again.Snapshot()
		for k := range a.Fields {
			for i := range a.Fields[k] {
				if x, y, z := math.Float64bits(a.Fields[k][i]), math.Float64bits(b.Fields[k][i]), math.Float64bits(c.Fields[k][i]); x != y || x != z {
					t.Fatalf("field %d, place %d: %v with one thread, %v with three, %v restored", k, i, a.Fields[k][i], b.Fields[k][i], c.Fields[k][i])
				}
			}
		}
		if a.Mass != b.Mass || a.Mass != c.Mass || !slices.Equal(a.Wet, b.Wet) {
			t.Errorf("accounts differ: %+v, %+v, %+v", a.Mass, b.Mass, c.Mass)
		}
	})
}

// Ripples on deep water die: no step is longer than the shortest waves bear.
func TestRipplesOnDeepWaterDie(t *testing.T) {
	every(t, func(t *testing.T, cfg Config) {
		d := plain(40, 40, 10, 0.03)
		d.Depth = make([]float64, d.Cells())
		for i := range d.Depth {
			d.Depth[i] = 20 + 1e-3*math.Sin(float64(i*i%977))
		}
		s := mustNew(t, d, cfg)
		mustStep(t, s, 200)
		s.Depths(d.Depth)
		for i, h := range d.Depth {
			if math.Abs(h-20) > 5e-4 {
				t.Fatalf("cell %d: %.4f m after 200 s", i, h)
			}
		}
	})
}

func TestLakeAtRest(t *testing.T) {
	every(t, func(t *testing.T, cfg Config) {
		d := hills(70, 45)
		d.Edges, d.Sources, d.Rain = nil, nil, Rain{}
		for i, z := range d.Z {
			if !math.IsNaN(z) {
				d.Z[i] += 8 * math.Sin(float64(i*i%991)) // any terrain
			}
			d.Depth[i] = max(0, 21.7-d.Z[i])
			if math.IsNaN(z) {
				d.Depth[i] = 0
			}
		}
		s, h := runTo(t, d, cfg, 60)
		x, y := make([]float64, len(h)), make([]float64, len(h))
		s.Discharges(x, y)
		var top float64
		for i := range h {
			if h[i] > cfg.withDefaults(d.Cell).Dry {
				top = max(top, math.Hypot(x[i], y[i])/h[i])
			}
		}
		if limit := map[int]float64{64: 1e-14, 32: 1e-3}[cfg.Precision]; top > limit {
			t.Errorf("largest speed %g m/s", top)
		}
	})
}

// Water must not cross ground that no tile steps: a film too thin to flow stays where it is.
func TestThinFilmStays(t *testing.T) {
	every(t, func(t *testing.T, cfg Config) {
		d := hills(70, 45)
		d.Edges, d.Sources, d.Rain = nil, nil, Rain{}
		for i := range d.Depth {
			d.Depth[i] = 0.3 * cfg.withDefaults(d.Cell).Dry
		}
		s, h := runTo(t, d, cfg, 60)
		for i := range h {
			if !math.IsNaN(d.Z[i]) && math.Abs(h[i]-d.Depth[i]) > 1e-12 {
				t.Fatalf("cell %d: %g m of %g", i, h[i], d.Depth[i])
			}
		}
		if s.Stats().CellUpdates != 0 {
			t.Errorf("%d cells stepped", s.Stats().CellUpdates)
		}
	})
}

func TestUnstableRunStopsAtItsLastGoodState(t *testing.T) {
	d := hills(70, 45)
	d.Edges = []Edge{{Side: West, From: 20, To: 60, Kind: Discharge, Series: Series{T: []float64{0, 30, 31, 60}, V: []float64{2, 2, 1e13, 1e13}}}}
	s := mustNew(t, d, Config{})
	mustStep(t, s, 20)
	before := s.Snapshot()
	err := s.Step(context.Background(), time.Minute)
	var u *Unstable
	if !errors.As(err, &u) {
		t.Fatalf("got %v", err)
	}
	if u.At < 20*time.Second || u.Cell%d.Cols > 5 || u.Reason == "" {
		t.Errorf("%+v", u)
	}
	after := s.Snapshot()
	if s.Now() != 20*time.Second || !slices.Equal(before.Fields[0], after.Fields[0]) || before.Mass != after.Mass {
		t.Errorf("the state is not that before the step")
	}
}

func TestSeriesMeanIsExact(t *testing.T) {
	s := Series{T: []float64{0, 10, 20}, V: []float64{0, 10, 0}}
	var sum float64
	for k := range 70 {
		sum += s.Mean(float64(k)/3-2, float64(k+1)/3-2) / 3
	}
	if math.Abs(sum-100) > 1e-9 {
		t.Errorf("integral %g, want 100", sum)
	}
}
