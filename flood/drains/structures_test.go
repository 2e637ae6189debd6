package drains

import (
	"math"
	"testing"
	"time"

	"citybrain/city/water"
)

// between is two levels joined by a link, both held.
func between(a, b float64, l water.Link) *water.Network {
	l.To = 1
	return &water.Network{Nodes: []water.Node{fixed("a", 0, a), fixed("b", 0, b)}, Links: []water.Link{l}}
}

func TestStructuresAgainstClosedForm(t *testing.T) {
	hole := water.Section{Shape: water.Circular, Height: 0.3}
	slab := water.Section{Shape: water.RectClosed, Height: 0.4, Width: 0.5}
	crest := water.Section{Shape: water.RectOpen, Height: 5, Width: 2}
	for _, x := range []struct {
		name string
		a, b float64
		l    water.Link
		want float64
	}{
		{"orifice, free", 3, 0, water.Link{Kind: water.Orifice, In: 1, Section: hole, Coefficient: 0.65}, 0.65 * math.Pi * 0.09 / 4 * math.Sqrt(2*gravity*(3-1.15))},
		{"orifice, drowned", 3, 2, water.Link{Kind: water.Orifice, In: 1, Section: slab, Coefficient: 0.6}, 0.6 * 0.2 * math.Sqrt(2*gravity*1)},
		{"orifice, backwards", 2, 3, water.Link{Kind: water.Orifice, In: 1, Section: slab, Coefficient: 0.6}, -0.6 * 0.2 * math.Sqrt(2*gravity*1)},
		{"orifice with a flap", 2, 3, water.Link{Kind: water.Orifice, In: 1, Section: slab, Coefficient: 0.6, Flap: true}, 0},
		{"orifice in the floor", 2, 0, water.Link{Kind: water.Orifice, In: 1, Section: hole, Coefficient: 0.65, Bottom: true}, 0.65 * math.Pi * 0.09 / 4 * math.Sqrt(2*gravity)},
		{"weir, free", 2.5, 0, water.Link{Kind: water.WeirLink, In: 2, Section: crest, Coefficient: 1.84}, 1.84 * 2 * math.Pow(0.5, 1.5)},
		{"weir, two contractions", 2.5, 0, water.Link{Kind: water.WeirLink, In: 2, Section: crest, Coefficient: 1.84, Contracted: 2}, 1.84 * (2 - 0.1*2*0.5) * math.Pow(0.5, 1.5)},
		{"weir, drowned", 2.5, 2.25, water.Link{Kind: water.WeirLink, In: 2, Section: crest, Coefficient: 1.84}, 1.84 * 2 * math.Pow(0.5, 1.5) * math.Pow(1-math.Pow(0.5, 1.5), 0.385)},
		{"V-notch", 2.5, 0, water.Link{Kind: water.WeirLink, Weir: water.VNotch, In: 2, Section: water.Section{Shape: water.Triangular, Height: 5, Width: 1, Left: 1}, Coefficient: 1.38}, 1.38 * math.Pow(0.5, 2.5)},
		{"rating", 2.5, 0, water.Link{Kind: water.Outlet, In: 2, Rating: water.Curve{X: []float64{0, 1}, Y: []float64{0, 0.8}}}, 0.4},
		{"gate, free", 2.5, 0, water.Link{Kind: water.GateLink, In: 2, Section: crest, Coefficient: 0.9}, 1.7 * 2 * math.Pow(0.5, 1.5)},
		{"gate, drowned", 2.5, 2.4, water.Link{Kind: water.GateLink, In: 1, Section: crest, Coefficient: 0.9}, 0.9 * 2 * 1.5 * math.Sqrt(2*gravity*0.1)},
		{"gate behind the tide lock", 2.5, 2.46, water.Link{Kind: water.GateLink, In: 1, Section: crest, Coefficient: 0.9}, 0},
		{"gate with the river higher", 2.5, 2.7, water.Link{Kind: water.GateLink, In: 1, Section: crest, Coefficient: 0.9}, 0},
	} {
		x.l.ID = x.name
		s := run(t, between(x.a, x.b, x.l), Config{}, time.Minute)
		if x.want == 0 {
			if s.Flow(0) != 0 {
				t.Errorf("%s: %g", x.name, s.Flow(0))
			}
			continue
		}
		near(t, x.name, s.Flow(0), x.want, 1e-3)
	}
}

// A tank of area A empties through a drowned-free orifice as √h falls in a straight line.
func TestTankEmpties(t *testing.T) {
	n := &water.Network{Nodes: []water.Node{tank("t", 0, 10, 4), fixed("o", -5, -5)},
		Links: []water.Link{{ID: "o", Kind: water.Orifice, To: 1, In: 0, Section: water.Section{Shape: water.Circular, Height: 0.2}, Coefficient: 0.62}}}
	s := run(t, n, Config{}, 90*time.Second)
	k := 0.62 * math.Pi * 0.04 / 4 * math.Sqrt(2*gravity) / (2 * 10)
	near(t, "depth", s.Level(0)-0.1, math.Pow(math.Sqrt(3.9)-k*90, 2), 5e-3)
}

// A pump lifts along its curve: between held levels at its head's flow, and a tank falls by the integral of it.
func TestPump(t *testing.T) {
	curve := water.Curve{X: []float64{0, 10}, Y: []float64{0.5, 0.1}}
	st := water.Station{Units: 2, StartAt: math.NaN(), Feeder: -1}
	s := run(t, between(1, 6, water.Link{ID: "p", Kind: water.Pump, Rating: curve, Station: st}), Config{}, time.Minute)
	near(t, "flow at a lift of 5 m", s.Flow(0), 2*0.3, 1e-6)
	n := &water.Network{Nodes: []water.Node{tank("t", 0, 50, 4), fixed("o", 0, 6)}, Links: []water.Link{{ID: "p", Kind: water.Pump, To: 1, Rating: curve, Station: water.Station{Units: 1, StartAt: math.NaN(), Feeder: -1}}}}
	s = run(t, n, Config{MaxStep: time.Second}, 5*time.Minute)
	// dh/dt = −(0.5 − 0.04 (6 − h))/50
	near(t, "level", s.Level(0), (4+6.5)*math.Exp(-0.04/50*300)-6.5, 2e-3)
}

// A surcharged manhole between two pipes stands where the flow through the lower one needs it to.
func TestSurcharge(t *testing.T) {
	const q, d, n1 = 1.2, 0.8, 0.013
	n := &water.Network{Nodes: []water.Node{{ID: "a", Invert: 2, Ground: 12, Inflow: []water.Series{water.Constant(q)}}, {ID: "m", Invert: 1, Ground: 12}, fixed("o", 0, 2)},
		Links: []water.Link{{ID: "p1", From: 0, To: 1, In: 2, Out: 1, Length: 200, Manning: n1, Barrels: 1, Section: circular(d)}, {ID: "p2", From: 1, To: 2, In: 1, Length: 200, Manning: n1, Barrels: 1, Section: circular(d)}}}
	s := run(t, n, Config{}, time.Hour)
	v := q / (math.Pi * d * d / 4)
	sf := n1 * n1 * v * v / math.Pow(d/4, 4.0/3)
	near(t, "head at m", s.Level(1), 2+200*sf, 1e-3)
	near(t, "head at a", s.Level(0), 2+400*sf, 1e-3)
}
