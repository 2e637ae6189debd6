package flood

import (
	"context"
	"fmt"
	"math"
	"strings"
	"time"

	"citybrain/bench"
	"citybrain/city"
	"citybrain/city/water"
	drainage "citybrain/flood/drains"
	"citybrain/flood/surface"
)

// drains compares the network with closed forms, and counts the water that goes between street and sewer.
func drains(ctx context.Context, _ Options) ([]bench.Row, error) {
	worst, note, err := closedForms(ctx)
	rows := []bench.Row{atMost("drains against closed form: largest error", "%", 1, 1, worst, err, note)}
	lost, note, err := exchange(ctx)
	return append(rows, atMost("surface–drain exchange: volume lost", "rel", 1e-9, 1e-9, lost, err, note)), nil
}

func held(id string, invert, level float64) water.Node {
	return water.Node{ID: id, Kind: water.Outfall, Invert: invert, OutfallEnd: water.OutfallEnd{End: water.GivenLevel, Level: water.Constant(level)}}
}

func round(d float64) water.Section { return water.Section{Shape: water.Circular, Height: d} }

// A form is a network with the steady answer that theory gives.
type form struct {
	name string
	net  water.Network
	got  func(s *drainage.Sim) float64
	want float64
}

const g = 9.81

func forms() []form {
	flow := func(s *drainage.Sim) float64 { return s.Flow(0) }
	level := func(i int) func(*drainage.Sim) float64 {
		return func(s *drainage.Sim) float64 { return s.Level(i) }
	}
	single := func(a, b float64, l water.Link) water.Network {
		l.ID, l.To = "x", 1
		return water.Network{Nodes: []water.Node{held("a", 0, a), held("b", 0, b)}, Links: []water.Link{l}}
	}
	pipe := func(sec water.Section, in, out float64) water.Link {
		return water.Link{Length: 400, Manning: 0.013, Barrels: 1, Section: sec, LossIn: in, LossOut: out}
	}
	full := func(a, r, head, losses float64) float64 {
		return a * math.Sqrt(head/(400*0.013*0.013/math.Pow(r, 4.0/3)+losses/(2*g)))
	}
	slab := water.Section{Shape: water.RectClosed, Height: 0.4, Width: 0.6}
	crest := water.Section{Shape: water.RectOpen, Height: 4, Width: 3}
	notch := water.Section{Shape: water.Triangular, Height: 4, Width: 8, Left: 1}
	curve := water.Curve{X: []float64{0, 5, 10}, Y: []float64{0.6, 0.45, 0}}
	// A pump into a rising main: its curve and the main's loss meet at a head found by halving.
	main := func(q float64) float64 {
		a := math.Pi * 0.36 / 4
		return 3 + 300*0.013*0.013*q*q/(a*a*math.Pow(0.15, 4.0/3))
	}
	lo, hi := 0.0, 0.6
	for range 80 {
		if q := (lo + hi) / 2; curve.At(main(q)) > q {
			lo = q
		} else {
			hi = q
		}
	}
	always := water.Station{Units: 1, StartAt: math.NaN(), Feeder: -1}
	const q, d = 1.2, 0.8
	v := q / (math.Pi * d * d / 4)
	slope := 0.013 * 0.013 * v * v / math.Pow(d/4, 4.0/3)
	return []form{
		{"full circular pipe", single(12, 9, pipe(round(1), 0, 0)), flow, full(math.Pi/4, 0.25, 3, 0)},
		{"full pipe with losses at its ends", single(12, 9, pipe(round(0.5), 0.5, 1)), flow, full(math.Pi/16, 0.125, 3, 1.5)},
		{"full box", single(12, 9, pipe(water.Section{Shape: water.RectClosed, Height: 1.5, Width: 2}, 0, 0)), flow, full(3, 3.0/7, 3, 0)},
		{"orifice, free", single(3, 0, water.Link{Kind: water.Orifice, In: 0.5, Section: slab, Coefficient: 0.62}), flow, 0.62 * 0.24 * math.Sqrt(2*g*2.3)},
		{"orifice, drowned", single(3, 2, water.Link{Kind: water.Orifice, In: 0.5, Section: round(0.3), Coefficient: 0.62}), flow, 0.62 * math.Pi * 0.09 / 4 * math.Sqrt(2*g)},
		{"weir, free", single(2.4, 0, water.Link{Kind: water.WeirLink, In: 2, Section: crest, Coefficient: 1.8}), flow, 1.8 * 3 * math.Pow(0.4, 1.5)},
		{"weir, drowned (Villemonte)", single(2.4, 2.2, water.Link{Kind: water.WeirLink, In: 2, Section: crest, Coefficient: 1.8}), flow, 1.8 * 3 * math.Pow(0.4, 1.5) * math.Pow(1-math.Pow(0.5, 1.5), 0.385)},
		{"V-notch weir", single(2.4, 0, water.Link{Kind: water.WeirLink, Weir: water.VNotch, In: 2, Section: notch, Coefficient: 1.38}), flow, 1.38 * math.Pow(0.4, 2.5)},
		{"pump between levels", single(1, 6, water.Link{Kind: water.Pump, Rating: curve, Station: always}), flow, 0.45},
		{"pump into a rising main", water.Network{Nodes: []water.Node{held("a", 0, 2), {ID: "m", Invert: 1, Ground: 60}, held("b", 1, 5)},
			Links: []water.Link{{ID: "p", Kind: water.Pump, To: 1, Rating: curve, Station: always}, {ID: "main", From: 1, To: 2, In: 1, Out: 1, Length: 300, Manning: 0.013, Barrels: 1, Section: round(0.6)}}}, flow, (lo + hi) / 2},
		{"surcharged manhole", water.Network{Nodes: []water.Node{{ID: "a", Invert: 2, Ground: 20, Inflow: []water.Series{water.Constant(q)}}, {ID: "m", Invert: 1, Ground: 20}, held("o", 0, 2)},
			Links: []water.Link{{ID: "1", To: 1, In: 2, Out: 1, Length: 200, Manning: 0.013, Barrels: 1, Section: round(d)}, {ID: "2", From: 1, To: 2, In: 1, Length: 200, Manning: 0.013, Barrels: 1, Section: round(d)}}}, level(1), 2 + 200*slope},
	}
}

func closedForms(ctx context.Context) (worst float64, note string, err error) {
	var notes []string
	list := forms()
	for i := range list {
		f := &list[i]
		s, err := drainage.New(&f.net, drainage.Config{})
		if err != nil {
			return 0, "", err
		}
		if err := s.Step(ctx, 2*time.Hour); err != nil {
			return 0, "", fmt.Errorf("%s: %w", f.name, err)
		}
		off := 100 * math.Abs(f.got(s)/f.want-1)
		worst = math.Max(worst, off)
		notes = append(notes, fmt.Sprintf("%s %.3f", f.name, off))
	}
	return worst, strings.Join(notes, ", "), nil
}

// exchange rains on a hollow street of 60 × 40 cells over a sewer whose outfall a tide rises above, so that water goes down, and up
// again.
func exchange(ctx context.Context) (lost float64, note string, err error) {
	c := &water.Case{Name: "street", Duration: 3 * time.Hour, Every: time.Minute}
	c.Grid = city.Grid{North: 400, Cell: 10, Cols: 60, Rows: 40}
	c.Z, c.Manning = make([]float64, c.Cells()), make([]float64, c.Cells())
	for i := range c.Z {
		row, col := i/c.Cols, i%c.Cols
		c.Z[i], c.Manning[i] = 4+0.002*10*float64(c.Cols-col)+0.004*math.Abs(float64(row-20))*10, 0.02
	}
	c.Rain.Rate = water.Series{T: []float64{0, 3600}, V: []float64{80, 0}, Steps: true}
	var net water.Network
	for k := range 12 {
		cell := int32(20*c.Cols + 2 + 5*k)
		z := c.Z[cell]
		net.Nodes = append(net.Nodes, water.Node{ID: fmt.Sprint("m", k), Invert: z - 2.2, Ground: z})
		net.Inlets = append(net.Inlets, water.Inlet{Node: int32(k), Cell: cell, Level: z, Plan: 100, Perimeter: 3, Opening: 0.4, Blocked: 0.2})
		if k > 0 {
			net.Links = append(net.Links, water.Link{ID: fmt.Sprint("p", k), From: int32(k - 1), To: int32(k), In: net.Nodes[k-1].Invert, Out: net.Nodes[k].Invert, Length: 50, Manning: 0.014, Barrels: 1, Section: round(0.7)})
		}
	}
	end := net.Nodes[11].Invert - 0.1
	net.Nodes = append(net.Nodes, water.Node{ID: "river", Kind: water.Outfall, Invert: end, OutfallEnd: water.OutfallEnd{End: water.GivenLevel, Level: water.Series{T: []float64{0, 5400, 10800}, V: []float64{end, 4.9, end}}}})
	net.Links = append(net.Links, water.Link{ID: "last", From: 11, To: 12, In: net.Nodes[11].Invert, Out: end, Length: 50, Manning: 0.014, Barrels: 1, Section: round(0.8)})
	var down, up float64
	for _, scheme := range []surface.Scheme{surface.Inertial, surface.Shallow} {
		ground, err := surface.New(&c.Domain, surface.Config{Scheme: scheme})
		if err != nil {
			return 0, "", err
		}
		d, err := drainage.New(&net, drainage.Config{})
		if err != nil {
			return 0, "", err
		}
		both := drainage.Couple(d, ground, 5*time.Second)
		for at := c.Every; at <= c.Duration; at += c.Every {
			before := d.Mass().Street
			if err := both.Step(ctx, at); err != nil {
				return 0, "", err
			}
			if v := d.Mass().Street - before; v > 0 {
				down += v
			} else {
				up -= v
			}
			in := ground.Mass().Rain + d.Mass().Initial
			there := ground.Stored() + d.Stored() + d.Owed() + d.Mass().Outfalls + d.Mass().Spilled
			lost = math.Max(lost, math.Abs(in-there)/math.Max(in, math.Abs(d.Mass().Outfalls)))
		}
	}
	return lost, fmt.Sprintf("both schemes, double; %.0f m³ down, %.0f m³ up", down, up), nil
}
