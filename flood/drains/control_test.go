package drains

import (
	"context"
	"math"
	"strings"
	"testing"
	"time"

	"citybrain/city/water"
)

func pumpTo(from, to int32, units int, unit float64, st water.Station) water.Link {
	st.Units = units
	return water.Link{ID: "pump", Kind: water.Pump, From: from, To: to, Rating: water.Curve{X: []float64{0, 20}, Y: []float64{unit, unit}}, Station: st}
}

// A small well under a steady inflow would have its pump start every few minutes: the limits hold it.
func TestPumpKeepsItsLimits(t *testing.T) {
	st := water.Station{StartAt: 1.5, StopAt: 0.5, Feeder: -1, MinRun: 3 * time.Minute, MinRest: 5 * time.Minute, MaxStarts: 4}
	well := tank("well", 0, 12, 0.4)
	well.Inflow = []water.Series{water.Constant(0.05)}
	s, err := New(&water.Network{Nodes: []water.Node{well, fixed("o", 0, 5)}, Links: []water.Link{pumpTo(0, 1, 1, 0.2, st)}}, Config{})
	if err != nil {
		t.Fatal(err)
	}
	var starts, stops []time.Duration
	was := false
	for at := time.Second; at <= 4*time.Hour; at += time.Second {
		if err := s.Step(context.Background(), at); err != nil {
			t.Fatal(err)
		}
		if on := s.Running(0) > 0; on != was {
			if was = on; on {
				starts = append(starts, at)
				if n := len(stops); n > 0 && at-stops[n-1] < 5*time.Minute-time.Second {
					t.Fatalf("rested %v before %v", at-stops[n-1], at)
				}
				if n := len(starts); n > 4 && at-starts[n-5] < time.Hour-time.Second {
					t.Fatalf("five starts from %v to %v", starts[n-5], at)
				}
			} else {
				stops = append(stops, at)
				if run := at - starts[len(starts)-1]; run < 3*time.Minute-time.Second {
					t.Fatalf("ran %v until %v", run, at)
				}
			}
		}
	}
	if len(starts) < 10 || len(starts) != s.Starts(0) {
		t.Errorf("%d starts seen, %d counted", len(starts), s.Starts(0))
	}
}

func TestFeederUnitsDownAndOrders(t *testing.T) {
	st := water.Station{StartAt: 0.5, StopAt: 0.2, Stagger: 0.1, Feeder: 0}
	a, b := pumpTo(0, 2, 3, 0.1, st), pumpTo(1, 2, 3, 0.1, st)
	a.Station.Down = 1
	n := &water.Network{Nodes: []water.Node{tank("a", 0, 1000, 3), tank("b", 0, 1000, 3), fixed("o", 0, 5)}, Links: []water.Link{a, b}, Feeders: []water.Feeder{{ID: "f", Units: 4}}}
	s := run(t, n, Config{}, time.Minute)
	if s.Running(0) != 2 || s.Running(1) != 2 {
		t.Errorf("with one unit down and a feeder of four: %d and %d run", s.Running(0), s.Running(1))
	}
	near(t, "flow", s.Flow(0)+s.Flow(1), 0.4, 1e-6)
	if err := s.Order(1, 0); err != nil {
		t.Fatal(err)
	}
	s.Step(context.Background(), 2*time.Minute)
	if s.Running(1) != 0 || s.Flow(1) != 0 {
		t.Errorf("ordered off, %d run", s.Running(1))
	}
	if err := s.Order(1, 4); err == nil || !strings.Contains(err.Error(), "pump pump: 4 is not in 0–3") {
		t.Errorf("four of three units: %v", err)
	}
}

// Street water goes down the inlet, through the sewer, by the drainage pump into the creek, and through the gate into the river, which the
// tide shuts; then the creek comes to its ceiling and the pump stops.
func TestTheWaysOfWater(t *testing.T) {
	creek := tank("creek", -1, 4000, 2)
	creek.Ground = 3
	creek.Creek = &water.Creek{Low: 0.5, Ceiling: 2.2, Drop: 0.2 / 3600}
	river := water.Node{ID: "river", Kind: water.Outfall, Invert: -2, OutfallEnd: water.OutfallEnd{End: water.GivenLevel, Level: water.Series{T: []float64{0, 3600, 5400}, V: []float64{0, 0, 3}}}}
	st := water.Station{StartAt: -1, StopAt: -1.8, Stagger: 0.2, Feeder: -1}
	n := &water.Network{Nodes: []water.Node{{ID: "m", Invert: 0, Ground: 2.5}, {ID: "well", Kind: water.Storage, Invert: -2.5, Ground: 2.5, Plan: water.Curve{X: []float64{0}, Y: []float64{40}}}, creek, river},
		Links: []water.Link{{ID: "p", From: 0, To: 1, In: 0, Out: -1, Length: 60, Manning: 0.013, Barrels: 1, Section: circular(0.8)}, pumpTo(1, 2, 3, 0.5, st),
			{ID: "gate", Kind: water.GateLink, From: 2, To: 3, In: -0.5, Coefficient: 0.9, Section: water.Section{Shape: water.RectOpen, Height: 3, Width: 4}}},
		Inlets: []water.Inlet{{Node: 0, Level: 2.5, Plan: 20000, Perimeter: 20, Opening: 3}}}
	s, err := New(n, Config{})
	if err != nil {
		t.Fatal(err)
	}
	g := &street{area: 20000, depth: []float64{0.6}, rain: 60.0 / 3.6e6}
	c := Couple(s, g, 5*time.Second)
	var fastest, high, pumped float64
	level := s.Level(2)
	for at := 10 * time.Second; at <= 4*time.Hour; at += 10 * time.Second {
		if err := c.Step(context.Background(), at); err != nil {
			t.Fatal(err)
		}
		fastest = math.Max(fastest, (level-s.Level(2))/10)
		level = s.Level(2)
		high = math.Max(high, level)
		pumped += s.Flow(1) * 10
		if at > 5500*time.Second && s.Flow(2) != 0 {
			t.Fatalf("at %v the gate lets %g m³/s through against the tide", at, s.Flow(2))
		}
		if level < 0.49 {
			t.Fatalf("at %v the creek is at %g m", at, level)
		}
	}
	if fastest > 0.2/3600*1.05 {
		t.Errorf("the creek fell by %g m/h", fastest*3600)
	}
	if high > 2.25 || high < 2.15 || s.Flow(1) != 0 {
		t.Errorf("the creek came to %g m, the pump gives %g m³/s", high, s.Flow(1))
	}
	if pumped < 2000 || s.Mass().Outfalls < 500 || g.depth[0] < 0.05 {
		t.Errorf("%g m³ pumped, %g m³ to the river, %g m left in the street", pumped, s.Mass().Outfalls, g.depth[0])
	}
}

// Rain on a paved plane runs off at the rate that it falls, once it is in balance; on sand none does.
func TestCatchments(t *testing.T) {
	c := water.Catchment{ID: "c", Node: 0, Rain: water.Constant(36), Area: 10000, Impervious: 1, Width: 100, Slope: 0.01, ManningI: 0.015, NoStore: 1}
	sand := c
	sand.Impervious, sand.ManningP, sand.Infiltration, sand.Suction, sand.Conductivity, sand.Deficit = 0, 0.1, water.GreenAmpt, 0.05, 36.0/3.6e6, 0.3
	n := &water.Network{Nodes: []water.Node{tank("t", 0, 1000, 0), fixed("o", -1, -1)}, Catchments: []water.Catchment{c, sand}}
	s := run(t, n, Config{}, 2*time.Hour)
	before := s.Mass().Runoff
	s.Step(context.Background(), 3*time.Hour)
	near(t, "runoff", (s.Mass().Runoff-before)/3600, 0.1, 1e-3)
	// The plane's depth at balance: q = 1e-5·100 m²/s = d^(5/3)·√0.01/0.015.
	near(t, "depth", s.st.Grounds[0].D[0], math.Pow(1e-5*100*0.015/0.1, 0.6), 1e-3)
	if s.st.Grounds[1].D[2] > 1e-9 {
		t.Errorf("%g m stand on sand", s.st.Grounds[1].D[2])
	}
}
