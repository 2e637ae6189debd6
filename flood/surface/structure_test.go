package surface

import (
	"math"
	"testing"

	"citybrain/city/water"
)

// basins are two wide lakes with a wall between them, at levels up and down over a floor at 0, and a structure that joins them.
func basins(up, down float64, s water.Structure) *Domain {
	d := plain(41, 20, 50, 0.03)
	d.Depth = make([]float64, d.Cells())
	for i := range d.Z {
		switch c := i % 41; {
		case c == 20:
			d.Z[i] = 30
		case c < 20:
			d.Depth[i] = up
		default:
			d.Depth[i] = down
		}
	}
	s.A, s.B = [2]float64{19.5 * 50, 500}, [2]float64{21.5 * 50, 500}
	d.Structures = []water.Structure{s}
	return d
}

// Each structure passes what its closed form says, between lakes so wide that their levels stay.
func TestStructuresPassWhatTheirFormulaeSay(t *testing.T) {
	root := func(h float64) float64 { return math.Sqrt(2 * 9.81 * h) }
	culvert := 2 * 1.5 * math.Sqrt(2*9.81*0.5/(1.5+2*9.81*0.013*0.013*40/math.Pow(3.0/7, 4.0/3)))
	for _, x := range []struct {
		name     string
		up, down float64
		s        water.Structure
		want     float64
	}{
		{"weir, free", 3, 1, water.Structure{Kind: water.Weir, Sill: 2, Width: 10}, 17},
		{"weir, drowned", 3, 2.5, water.Structure{Kind: water.Weir, Sill: 2, Width: 10}, 17 * math.Pow(1-math.Pow(0.5, 1.5), 0.385)},
		{"gate, free", 4, 0.5, water.Structure{Kind: water.Gate, Sill: 1, Width: 3, Height: 1}, 0.61 * 3 * root(2.5)},
		{"gate, half open and drowned", 4, 3, water.Structure{Kind: water.Gate, Sill: 1, Width: 3, Height: 1, Opening: Constant(0.5)}, 0.61 * 1.5 * root(1)},
		{"gate, shut", 4, 3, water.Structure{Kind: water.Gate, Sill: 1, Width: 3, Height: 1, Opening: Constant(0)}, 0},
		{"culvert, full and drowned", 4, 3.5, water.Structure{Kind: water.Culvert, Sill: 0.5, Width: 2, Height: 1.5, Length: 40, Manning: 0.013}, culvert},
		{"bridge, drowned soffit", 4, 3.2, water.Structure{Kind: water.Bridge, Sill: 0, Width: 8, Height: 2, Deck: 5}, 0.61 * 16 * root(0.8)},
		{"bridge, over its deck", 4, 3.2, water.Structure{Kind: water.Bridge, Sill: 0, Width: 8, Height: 2, Deck: 3.5}, 0.61*16*root(0.8) + 1.7*8*math.Pow(0.5, 1.5)},
		{"flap, against it", 1, 3, water.Structure{Kind: water.Gate, Sill: 0, Width: 3, Height: 1, OneWay: true}, 0},
		{"weir, backwards", 1, 3, water.Structure{Kind: water.Weir, Sill: 2, Width: 10}, -17},
	} {
		d := basins(x.up, x.down, x.s)
		s := mustNew(t, d, Config{})
		before := half(s, d)
		mustStep(t, s, 10)
		got := (before - half(s, d)) / 10
		if math.Abs(got-x.want) > 0.01*math.Abs(x.want)+1e-9 {
			t.Errorf("%s: %.4f m³/s, want %.4f", x.name, got, x.want)
		}
		if e := s.MassError(); e > 1e-12 {
			t.Errorf("%s: mass error %.2g", x.name, e)
		}
	}
}

// half is the water in the western lake, m³.
func half(s *Sim, d *Domain) (v float64) {
	h := make([]float64, d.Cells())
	s.Depths(h)
	for i, x := range h {
		if i%d.Cols < 20 {
			v += x * d.Cell * d.Cell
		}
	}
	return v
}

// A levee that breaks lets the lakes level; before, it holds. A snapshot remembers how far it had come.
func TestABreachLevelsTwoLakes(t *testing.T) {
	every(t, func(t *testing.T, cfg Config) {
		for name, b := range map[string]water.Breach{
			"by time":  {At: [2]float64{20.5 * 50, 500}, Width: 150, Sill: 0, Start: 600, Level: math.NaN(), Duration: 300},
			"by level": {At: [2]float64{20.5 * 50, 500}, Width: 150, Sill: 0, Start: math.NaN(), Level: 2.5, Duration: 300},
		} {
			d := basins(2, 1, water.Structure{Kind: water.Weir, Sill: 29, Width: 1})
			d.Breaches = []water.Breach{b}
			if name == "by level" { // a source lifts the western lake past it
				d.Sources = []Source{{At: [2]float64{25, 500}, Flow: Constant(700)}}
				d.Sources[0].Flow = Series{T: []float64{0, 1000, 1001}, V: []float64{700, 700, 0}, Steps: true}
			}
			s := mustNew(t, d, cfg)
			v := half(s, d)
			mustStep(t, s, 500)
			if got := half(s, d) - v; got < -1e-6 {
				t.Fatalf("%s: %.1f m³ gone before the breach", name, -got)
			}
			mustStep(t, s, 900)
			other := mustNew(t, d, cfg)
			if err := other.Restore(s.Snapshot()); err != nil {
				t.Fatal(err)
			}
			mustStep(t, s, 2*3600)
			mustStep(t, other, 2*3600)
			h, g := make([]float64, d.Cells()), make([]float64, d.Cells())
			s.Depths(h)
			other.Depths(g)
			if d := math.Abs(h[10*41+5] - h[10*41+35]); d > 0.05 {
				t.Errorf("%s: lakes %.3f m apart at the end", name, d)
			}
			for i := range h {
				if h[i] != g[i] {
					t.Fatalf("%s: cell %d: %v, restored %v", name, i, h[i], g[i])
				}
			}
		}
	})
}

// Wind along a closed lake tilts it by τ/(ρ·g·h) (Wu 1982).
func TestWindTiltsALake(t *testing.T) {
	every(t, func(t *testing.T, cfg Config) {
		const depth, speed = 2.0, 20.0
		for from, axis := range map[float64]int{270: 1, 0: -1} { // from the west: higher in the east; from the north: in the south
			cols, rows := 40, 4
			if axis < 0 {
				cols, rows = 4, 40
			}
			d := plain(cols, rows, 50, 0.3) // rough, so that its swing dies
			d.Depth = make([]float64, d.Cells())
			for i := range d.Depth {
				d.Depth[i] = depth
			}
			d.Wind = water.Wind{Speed: Constant(speed), From: Constant(from)}
			s := mustNew(t, d, cfg)
			mustStep(t, s, 6*3600)
			h := make([]float64, d.Cells())
			s.Depths(h)
			want := airOverWater * (0.8 + 0.065*speed) * 1e-3 * speed * speed / (gravity * depth) * 30 * 50
			got := h[40+35] - h[40+5]
			if axis < 0 {
				got = h[4*35+1] - h[4*5+1]
			}
			if math.Abs(got/want-1) > 0.02 {
				t.Errorf("wind from %g°: %.4f m over 1,500 m, want %.4f", from, got, want)
			}
		}
	})
}

// Deep water with a step of its own keeps a steady flow's depth: Manning's in a channel 6 m deep.
func TestDeepWaterKeepsItsSteadyFlow(t *testing.T) {
	const slope, n, q = 0.0005, 0.03, 12.0
	want := math.Pow(n*q/math.Sqrt(slope), 0.6)
	steps := map[float64]int{}
	for _, deep := range []float64{0, 2} {
		d := plain(120, 1, 50, n)
		d.Depth = make([]float64, d.Cells())
		for i := range d.Z {
			d.Z[i] = 20 - slope*50*float64(i)
			d.Depth[i] = want * 0.8
		}
		d.Edges = []Edge{{Side: West, To: 50, Kind: Discharge, Series: Constant(q * 50)}, {Side: East, To: 50, Kind: Slope, Gradient: slope}}
		s := mustNew(t, d, Config{Deep: deep})
		mustStep(t, s, 6*3600)
		h := make([]float64, d.Cells())
		s.Depths(h)
		steps[deep] = s.Stats().Steps
		if math.Abs(h[60]/want-1) > 0.005 {
			t.Errorf("deep %g: %.4f m, want %.4f", deep, h[60], want)
		}
	}
	if float64(steps[2]) > 0.75*float64(steps[0]) {
		t.Errorf("%d steps, %d without steps of its own", steps[2], steps[0])
	}
}
