package surface

import (
	"math"
	"slices"
	"testing"
)

// Every kind of edge, sources and rain over tables: each cubic metre is accounted for, and a snapshot goes on bit for bit.
func TestTablesAccountForEveryCubicMetre(t *testing.T) {
	for _, p := range precisions {
		for _, ratio := range []int{2, 4} {
			cfg := Config{Precision: p, Subgrid: ratio}
			limit := map[int]float64{64: 1e-12, 32: 1e-6}[p]
			s := mustNew(t, hills(70, 45), cfg)
			for k := range 10 {
				mustStep(t, s, float64(30*(k+1)))
				if e := s.MassError(); !(e <= limit) {
					t.Fatalf("%d bits, cells of %d: mass error %.2g at %v", p, ratio, e, s.Now())
				}
			}
			if m := s.Mass(); m.Initial == 0 || m.Rain == 0 || m.Inflow < 300 || m.Outflow < 30 {
				t.Errorf("%d bits, cells of %d: a path carried no water: %+v", p, ratio, m)
			}
			again := mustNew(t, hills(70, 45), cfg)
			if err := again.Restore(s.Snapshot()); err != nil {
				t.Fatal(err)
			}
			mustStep(t, s, 400)
			mustStep(t, again, 400)
			a, b := s.Snapshot(), again.Snapshot()
			for k := range a.Fields {
				if !slices.Equal(a.Fields[k], b.Fields[k]) {
					t.Fatalf("%d bits, cells of %d: field %d differs after a restore", p, ratio, k)
				}
			}
		}
	}
}

// What flows in at one end of a channel flows out at the other, at Manning's depth between, from any side.
func TestTablesCarryManningsFlow(t *testing.T) {
	const slope, n, q = 0.002, 0.03, 0.8
	want := math.Pow(n*q/math.Sqrt(slope), 0.6)
	for _, way := range []struct {
		in, out Side
		down    func(r, c int) int
	}{{West, East, func(_, c int) int { return c }}, {East, West, func(_, c int) int { return 159 - c }}, {North, South, func(r, _ int) int { return r }}, {South, North, func(r, _ int) int { return 159 - r }}} {
		cols, rows := 160, 8
		if way.in == North || way.in == South {
			cols, rows = 8, 160
		}
		d := plain(cols, rows, 5, n)
		for i := range d.Z {
			d.Z[i] = 20 - slope*5*float64(way.down(i/cols, i%cols))
		}
		d.Edges = []Edge{{Side: way.in, From: -1e3, To: 1e3, Kind: Discharge, Series: Constant(q * 40)}, {Side: way.out, From: -1e3, To: 1e3, Kind: Slope, Gradient: slope}}
		s := mustNew(t, d, Config{Subgrid: 4})
		mustStep(t, s, 2*3600)
		h := make([]float64, d.Cells())
		s.Depths(h)
		// The mean over a cell in the middle, whose level is flat over a bed that falls.
		var sum float64
		for i := range h {
			if k := way.down(i/cols, i%cols); k >= 80 && k < 84 {
				sum += h[i] / 32
			}
		}
		if math.Abs(sum/want-1) > 0.03 {
			t.Errorf("from the %s: %.4f m, want %.4f", way.in, sum, want)
		}
		m := s.Mass()
		if in, out := m.Inflow, m.Outflow+s.Stored(); math.Abs(in-out) > 1e-9*in || math.Abs(m.Inflow-q*40*7200) > 1e-6*m.Inflow {
			t.Errorf("from the %s: %.3f m³ in, %.3f out or there", way.in, in, out)
		}
	}
}

func TestTablesRefuse(t *testing.T) {
	d := hills(70, 45)
	if _, err := New(d, Config{Subgrid: 4, Scheme: Shallow}); err == nil {
		t.Error("the full equations took tables")
	}
	if _, err := New(d, Config{Subgrid: 9}); err == nil {
		t.Error("cells of 9 pixels were made")
	}
	d.Wind.Speed, d.Wind.From = Constant(10), Constant(0)
	if _, err := New(d, Config{Subgrid: 4}); err == nil {
		t.Error("wind over tables was taken and left out")
	}
}

// Where buildings leave a share of the ground, water stands and flows in that share alone.
func TestPorosity(t *testing.T) {
	const slope, n, q, open = 0.002, 0.03, 0.8, 0.4
	want := math.Pow(n*q/open/math.Sqrt(slope), 0.6)
	for _, ratio := range []int{0, 2} {
		d := plain(120, 4, 10, n)
		d.Open = make([]float64, d.Cells())
		for i := range d.Z {
			d.Z[i], d.Open[i] = 20-slope*10*float64(i%120), open
		}
		d.Edges = []Edge{{Side: West, From: -1e3, To: 1e3, Kind: Discharge, Series: Constant(q * 40)}, {Side: East, From: -1e3, To: 1e3, Kind: Slope, Gradient: slope}}
		s := mustNew(t, d, Config{Subgrid: ratio})
		mustStep(t, s, 2*3600)
		h := make([]float64, d.Cells())
		s.Depths(h)
		if got := (h[60] + h[61]) / 2; math.Abs(got/want-1) > 0.03 {
			t.Errorf("ratio %d: %.4f m, want %.4f", ratio, got, want)
		}
		if e := s.MassError(); e > 1e-12 {
			t.Errorf("ratio %d: mass error %.2g", ratio, e)
		}
		pond := plain(20, 20, 10, n)
		pond.Open, pond.Depth = make([]float64, pond.Cells()), make([]float64, pond.Cells())
		for i := range pond.Open {
			pond.Open[i], pond.Depth[i] = open, 1.5
		}
		lake := mustNew(t, pond, Config{Subgrid: ratio})
		mustStep(t, lake, 600)
		if v := lake.Stored(); math.Abs(v-0.4*1.5*200*200) > 1e-6 {
			t.Errorf("ratio %d: %.3f m³ stand there", ratio, v)
		}
	}
}
