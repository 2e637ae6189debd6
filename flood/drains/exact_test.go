package drains

import (
	"context"
	"math"
	"testing"
	"time"

	"citybrain/city/water"
)

func tank(id string, invert, area, depth float64) water.Node {
	return water.Node{ID: id, Kind: water.Storage, Invert: invert, Ground: invert + 50, Plan: water.Curve{X: []float64{0}, Y: []float64{area}}, Depth: depth}
}

func fixed(id string, invert, level float64) water.Node {
	return water.Node{ID: id, Kind: water.Outfall, Invert: invert, OutfallEnd: water.OutfallEnd{End: water.GivenLevel, Level: water.Constant(level)}}
}

func circular(d float64) water.Section { return water.Section{Shape: water.Circular, Height: d} }

func run(t *testing.T, n *water.Network, cfg Config, d time.Duration) *Sim {
	t.Helper()
	s, err := New(n, cfg)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Step(context.Background(), d); err != nil {
		t.Fatal(err)
	}
	if e := s.MassError(); !(e < 1e-10) {
		t.Errorf("mass error %g", e)
	}
	return s
}

func near(t *testing.T, what string, got, want, rel float64) {
	t.Helper()
	if !(math.Abs(got-want) <= rel*math.Abs(want)) {
		t.Errorf("%s: %.6g, want %.6g (%.3f %%)", what, got, want, 100*(got/want-1))
	}
}

func TestFullPipe(t *testing.T) {
	for _, d := range []float64{0.3, 1, 2.5} {
		n := &water.Network{Nodes: []water.Node{fixed("a", 10, 16), fixed("b", 8, 13)},
			Links: []water.Link{{ID: "p", From: 0, To: 1, In: 10, Out: 8, Length: 500, Manning: 0.013, Barrels: 1, LossIn: 0.5, LossOut: 1, Section: circular(d)}}}
		s := run(t, n, Config{}, time.Hour)
		a, r := math.Pi*d*d/4, d/4
		want := a * math.Sqrt(3/(500*0.013*0.013/math.Pow(r, 4.0/3)+1.5/(2*gravity)))
		near(t, "flow", s.Flow(0), want, 1e-3)
	}
}

func TestUniformFlow(t *testing.T) {
	sec := water.Section{Shape: water.TrapezoidalOpen, Height: 3, Width: 4, Left: 1, Right: 1}
	for _, slope := range []float64{0.0005, 0.002, 0.02} {
		n := &water.Network{Nodes: []water.Node{{ID: "a", Invert: 2000 * slope, Ground: 2000*slope + 5, Inflow: []water.Series{water.Constant(10)}}, {ID: "o", Kind: water.Outfall, OutfallEnd: water.OutfallEnd{End: water.NormalDepth}}},
			Links: []water.Link{{ID: "c", From: 0, To: 1, In: 2000 * slope, Length: 2000, Manning: 0.03, Barrels: 1, Section: sec}}}
		s := run(t, n, Config{}, 4*time.Hour)
		near(t, "flow", s.Flow(0), 10, 1e-3)
		lo, hi := 0.0, 3.0
		for range 60 {
			h := (lo + hi) / 2
			_, a, r := shape(&sec, h)
			if a*math.Pow(r, 2.0/3)*math.Sqrt(slope)/0.03 < 10 {
				lo = h
			} else {
				hi = h
			}
		}
		mid := s.reaches[len(s.reaches)/2]
		near(t, "normal depth", s.st.Level[mid.from]-mid.zi, lo, 5e-3)
	}
}
