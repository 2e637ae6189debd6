package surface

import (
	"context"
	"math"
	"slices"
	"testing"
	"time"

	"citybrain/city/water"
)

// pond is a basin with a sump of one cell fed by inflow m³/s, and a pump out of it.
func pond(inflow float64, p water.Pumping) *Domain {
	d := plain(24, 12, 10, 0.03)
	d.Depth = make([]float64, d.Cells())
	for i := range d.Z {
		if c := i % 24; c == 12 {
			d.Z[i] = 30
		} else if i/24 == 5 && c == 5 {
			d.Z[i] = -1
		}
	}
	d.Sources = []Source{{At: [2]float64{55, 120 - 55}, Radius: 5, Flow: Constant(inflow)}}
	p.A, p.Radius = [2]float64{55, 120 - 55}, 5
	p.Rating = water.Curve{X: []float64{0, 10}, Y: []float64{0.3, 0.1}}
	p.B = [2]float64{175, 65}
	if p.To == 0 {
		p.To = 1e9
	}
	d.Pumps = []water.Pumping{p}
	return d
}

// A pump whose well fills fast keeps to its starts an hour, its run and its rest; what it draws is on the other side or away.
func TestPumpOnACaseKeepsItsLimits(t *testing.T) {
	base := water.Pumping{Units: 1, Start: -0.5, Stop: -0.9, MinRun: 2 * time.Minute, MinRest: time.Minute, MaxStarts: 4}
	for _, away := range []bool{false, true} {
		base.Away = away
		every(t, func(t *testing.T, cfg Config) {
			s := mustNew(t, pond(0.12, base), cfg)
			var starts []time.Duration
			was := 0
			for at := 10 * time.Second; at <= 3*time.Hour; at += 10 * time.Second {
				if err := s.Step(context.Background(), at); err != nil {
					t.Fatal(err)
				}
				if n := s.Snapshot().Pumps[0][0].Count; n != was {
					was = n
					starts = append(starts, at)
					if k := len(starts); k > 4 && at-starts[k-5] < time.Hour-time.Minute {
						t.Fatalf("five starts from %v to %v", starts[k-5], at)
					}
				}
			}
			if len(starts) < 9 {
				t.Errorf("%d starts in three hours", len(starts))
			}
			d := make([]float64, s.dom.Cells())
			s.Depths(d)
			var beyond float64
			for i, h := range d {
				if i%24 > 12 {
					beyond += h * 100
				}
			}
			m := s.Mass()
			if away && (beyond > 0 || m.Outflow < 300) || !away && (beyond < 300 || m.Outflow != 0) {
				t.Errorf("away %v: %g m³ on the other side, %g left", away, beyond, m.Outflow)
			}
			limit := 1e-12
			if cfg.Precision == 32 {
				limit = 1e-6
			}
			if e := s.MassError(); e > limit {
				t.Errorf("mass error %.2g", e)
			}
		})
	}
}

// A mobile pump works from when it arrives until it leaves, by its curve: 0.3 m³/s less 0.02 for each metre that it lifts.
func TestMobilePump(t *testing.T) {
	p := water.Pumping{Units: 2, Start: 0.5, Stop: -0.9, MaxStarts: 4, From: 1800, To: 3600, Away: true, Outfall: 5}
	d := pond(0, p)
	for i := range d.Depth {
		d.Depth[i] = max(1-d.Z[i], 0)
	}
	s := mustNew(t, d, Config{})
	mustStep(t, s, 1790)
	if s.Mass().Outflow != 0 {
		t.Errorf("%g m³ were pumped before it arrived", s.Mass().Outflow)
	}
	mustStep(t, s, 1800)
	mustStep(t, s, 1860)
	// The second unit starts 0.15 m higher: both run at 1 m. They lift 4 m.
	if got, want := s.Mass().Outflow, 60*2*(0.3-0.02*4); math.Abs(got-want) > 0.01*want {
		t.Errorf("%.3f m³ in a minute, want %.3f", got, want)
	}
	mustStep(t, s, 4000)
	left := s.Mass().Outflow
	mustStep(t, s, 5000)
	if s.Mass().Outflow != left {
		t.Error("it pumps after it has left")
	}
}

// A snapshot carries what the units did.
func TestPumpsGoOnFromASnapshot(t *testing.T) {
	p := water.Pumping{Units: 1, Start: -0.5, Stop: -0.9, MinRun: 2 * time.Minute, MinRest: time.Minute, MaxStarts: 4}
	a := mustNew(t, pond(0.12, p), Config{})
	mustStep(t, a, 2000)
	st := a.Snapshot()
	b := mustNew(t, pond(0.12, p), Config{})
	if err := b.Restore(st); err != nil {
		t.Fatal(err)
	}
	mustStep(t, a, 6000)
	mustStep(t, b, 6000)
	x, y := a.Snapshot(), b.Snapshot()
	if !slices.Equal(x.Fields[0], y.Fields[0]) || x.Pumps[0][0] != y.Pumps[0][0] {
		t.Error("it goes on in another way")
	}
}
