package floodcase

import (
	"encoding/csv"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"

	"citybrain/city/water"

	"go.yaml.in/yaml/v3"
)

// series reads the values over time of d: `series: [[t, v], …]`, a constant under key, or a CSV file of two columns, with
// `time` the unit of its times.
func (r *reader) series(d node, key string) (water.Series, error) {
	scale := 1.0
	if t := d.get("time"); t.there() {
		s, err := t.text()
		if err != nil {
			return water.Series{}, err
		}
		if scale = timeUnits[s]; scale == 0 || s == "" {
			return water.Series{}, t.errorf("%q is not s, min, h or d", s)
		}
	}
	var out water.Series
	add := func(at node, t, v float64) error {
		t *= scale
		if k := len(out.T); k > 0 && t <= out.T[k-1] {
			return at.errorf("time %g s does not follow %g s", t, out.T[k-1])
		}
		out.T, out.V = append(out.T, t), append(out.V, v)
		return nil
	}
	if v := d.get(key); v.there() {
		x, err := v.number()
		return water.Constant(x), err
	}
	if v := d.get("file"); v.there() {
		name, err := v.text()
		if err != nil {
			return out, err
		}
		f, err := os.Open(r.path(name))
		if err != nil {
			return out, v.errorf("%v", err)
		}
		defer f.Close()
		rd := csv.NewReader(f)
		rd.FieldsPerRecord, rd.Comment, rd.TrimLeadingSpace = 2, '#', true
		rows, err := rd.ReadAll()
		if err != nil {
			return out, v.errorf("%s: %v", name, err)
		}
		for i, row := range rows {
			a, e1 := strconv.ParseFloat(strings.TrimSpace(row[0]), 64)
			b, e2 := strconv.ParseFloat(strings.TrimSpace(row[1]), 64)
			if e1 != nil || e2 != nil {
				if i == 0 {
					continue // a heading
				}
				return out, v.errorf("%s: record %d: %q is no pair of numbers", name, i+1, strings.Join(row, ","))
			}
			if err := add(v, a, b); err != nil {
				return out, fmt.Errorf("%w (%s, record %d)", err, name, i+1)
			}
		}
		if len(out.T) == 0 {
			return out, v.errorf("%s has no values", name)
		}
		return out, nil
	}
	s := d.get("series")
	if !s.there() {
		return out, d.errorf("no %s, series or file", key)
	}
	pairs, err := s.pairs()
	if err != nil {
		return out, err
	}
	for i, p := range pairs {
		if err := add(node{s.file, fmt.Sprintf("series %d", i+1), s.n.Content[i]}, p[0], p[1]); err != nil {
			return out, err
		}
	}
	if len(out.T) == 0 {
		return out, s.errorf("empty")
	}
	return out, nil
}

func (r *reader) boundaries() error {
	items, err := r.doc.get("boundaries").list()
	if err != nil {
		return err
	}
	for _, d := range items {
		if err := d.keys("side", "from", "to", "kind", "value", "series", "file", "time", "slope", "mean", "parts", "surge"); err != nil {
			return err
		}
		e := water.Edge{From: math.Inf(-1), To: math.Inf(1)}
		side, err := d.choice("side", "west", "east", "north", "south")
		if err != nil {
			return err
		}
		e.Side = water.Side(side)
		kind, err := d.choice("kind", "wall", "open", "discharge", "level", "slope", "tide")
		if err != nil {
			return err
		}
		if e.Kind = water.Kind(kind); kind == 5 {
			e.Kind = water.Level
		}
		if err := d.get("from").numberOr(&e.From); err != nil {
			return err
		}
		if err := d.get("to").numberOr(&e.To); err != nil {
			return err
		}
		if e.From > e.To {
			return d.get("from").errorf("the boundary runs from %g to %g; give the lesser coordinate first, or check the two", e.From, e.To)
		}
		switch e.Kind {
		case water.Discharge, water.Level:
			read := func() (water.Series, error) { return r.series(d, "value") }
			if kind == 5 {
				read = func() (water.Series, error) { return r.tide(d) }
			}
			if e.Series, err = read(); err != nil {
				return err
			}
		case water.Slope:
			if e.Gradient, err = d.get("slope").numberOrFail(d, "slope"); err != nil {
				return err
			}
		}
		r.c.Edges = append(r.c.Edges, e)
	}
	return nil
}

// choice reads one of names and returns its place among them.
func (d node) choice(key string, names ...string) (int, error) {
	v := d.get(key)
	if !v.there() {
		return 0, d.errorf("no %s: one of %s", key, strings.Join(names, ", "))
	}
	s, err := v.text()
	if err != nil {
		return 0, err
	}
	for i, n := range names {
		if s == n {
			return i, nil
		}
	}
	return 0, v.errorf("%q is not one of %s", s, strings.Join(names, ", "))
}

// rain reads rates in mm/h, or depths in mm between one time and the next, which must say so.
func (r *reader) rain() error {
	d := r.doc.get("rain")
	if !d.there() {
		return nil
	}
	if err := d.keys("unit", "rate", "series", "file", "time", "fields"); err != nil {
		return err
	}
	unit, err := d.choice("unit", "mm/h", "mm", "m/s")
	if err != nil {
		return err
	}
	if d.get("fields").there() {
		if unit == 1 {
			return d.errorf("fields are rates: want unit mm/h or m/s")
		}
		return r.rainFields(d, [...]float64{1, 0, 3.6e6}[unit])
	}
	s, err := r.series(d, "rate")
	if err != nil {
		return err
	}
	s.Steps = true
	for i := range s.V {
		switch unit {
		case 1: // mm until the next time
			if len(s.V) < 2 {
				return d.errorf("one value in mm: give the times between which it falls, or a rate in mm/h")
			}
			if i+1 < len(s.V) {
				s.V[i] *= 3600 / (s.T[i+1] - s.T[i])
			} else {
				if s.V[i] != 0 {
					return d.errorf("the last value, %g mm, has no end; end the series with a 0", s.V[i])
				}
			}
		case 2:
			s.V[i] *= 3.6e6
		}
		if s.V[i] < 0 || s.V[i] > mostRain {
			return d.errorf("value %d is %g mm/h; rain is 0–%d: is it given in another unit than %q?", i+1, s.V[i], mostRain, [...]string{"mm/h", "mm", "m/s"}[unit])
		}
	}
	r.c.Rain.Rate = s
	return nil
}

// at reads x and y of d, which must lie on ground.
func (r *reader) at(d node) (p [2]float64, err error) {
	for k, key := range []string{"x", "y"} {
		if p[k], err = d.get(key).numberOrFail(d, key); err != nil {
			return p, err
		}
	}
	g := r.c.Grid
	i := g.Index(p)
	if i < 0 {
		return p, d.errorf("%g, %g is outside the DEM, which covers %g–%g, %g–%g: check the coordinates' system", p[0], p[1], g.West, g.West+float64(g.Cols)*g.Cell, g.North-float64(g.Rows)*g.Cell, g.North)
	}
	if math.IsNaN(r.c.Z[i]) {
		return p, d.errorf("%g, %g is on a cell without ground; move it onto the DEM", p[0], p[1])
	}
	return p, nil
}

func (r *reader) sources() error {
	for _, kind := range []struct {
		key, value string
		sign       float64
	}{{"sources", "flow", 1}, {"drains", "capacity", -1}} {
		if kind.key == "drains" && r.doc.get(kind.key).there() && r.doc.get(kind.key).n.Kind != yaml.SequenceNode {
			continue // a network's file
		}
		items, err := r.doc.get(kind.key).list()
		if err != nil {
			return err
		}
		for i, d := range items {
			if err := d.keys("name", "x", "y", "radius", kind.value, "series", "file", "time"); err != nil {
				return err
			}
			s := water.Source{Name: fmt.Sprintf("%s %d", strings.TrimSuffix(kind.key, "s"), i+1)}
			if v := d.get("name"); v.there() {
				if s.Name, err = v.text(); err != nil {
					return err
				}
			}
			if s.At, err = r.at(d); err != nil {
				return err
			}
			if err := d.get("radius").numberOr(&s.Radius); err != nil {
				return err
			}
			if s.Radius < 0 {
				return d.get("radius").errorf("%g m is negative", s.Radius)
			}
			if s.Flow, err = r.series(d, kind.value); err != nil {
				return err
			}
			for k, v := range s.Flow.V {
				if kind.sign < 0 && v < 0 {
					return d.errorf("a drain's capacity %g m³/s is negative; a source gives water", v)
				}
				s.Flow.V[k] = kind.sign * v
			}
			r.c.Sources = append(r.c.Sources, s)
		}
	}
	return nil
}

func (r *reader) points() error {
	items, err := r.doc.get("points").list()
	if err != nil {
		return err
	}
	seen := map[string]bool{}
	for i, d := range items {
		if err := d.keys("name", "x", "y", "level"); err != nil {
			return err
		}
		g := water.Gauge{Name: fmt.Sprint(i + 1)}
		if v := d.get("name"); v.there() {
			if g.Name, err = v.text(); err != nil {
				return err
			}
		}
		if seen[g.Name] {
			return d.errorf("a second point %q", g.Name)
		}
		seen[g.Name] = true
		if g.At, err = r.at(d); err != nil {
			return err
		}
		if v := d.get("level"); v.there() { // of the gauge's sensor
			z, err := v.number()
			if err != nil {
				return err
			}
			if ground := r.c.Z[r.c.Index(g.At)]; z < ground-0.001 {
				return v.errorf("the gauge stands at %g m, %.2f m under the ground of its cell at %.2f m: check its datum (%s) and place", z, ground-z, ground, r.c.Datum)
			}
		}
		r.c.Gauges = append(r.c.Gauges, g)
	}
	return nil
}

// rings reads an area's polygons: `polygon: [[x, y], …]`, or a file: CSV with a corner a line, or JSON with a list of corners
// under each name.
func (r *reader) rings(d node) ([][][2]float64, error) {
	if p := d.get("polygon"); p.there() {
		ring, err := p.pairs()
		return [][][2]float64{ring}, err
	}
	f := d.get("file")
	if !f.there() {
		return nil, d.errorf("no polygon and no file")
	}
	name, err := f.text()
	if err != nil {
		return nil, err
	}
	data, err := os.ReadFile(r.path(name))
	if err != nil {
		return nil, f.errorf("%v", err)
	}
	if strings.HasSuffix(name, ".json") {
		var all map[string][][2]float64
		if err := json.Unmarshal(data, &all); err != nil {
			return nil, f.errorf("%s: %v", name, err)
		}
		var rings [][][2]float64
		for _, k := range slices.Sorted(maps.Keys(all)) {
			rings = append(rings, all[k])
		}
		return rings, nil
	}
	var ring [][2]float64
	for i, l := range strings.Split(string(data), "\n") {
		if l = strings.TrimSpace(l); l == "" {
			continue
		}
		a, b, _ := strings.Cut(l, ",")
		x, e1 := strconv.ParseFloat(strings.TrimSpace(a), 64)
		y, e2 := strconv.ParseFloat(strings.TrimSpace(b), 64)
		if e1 != nil || e2 != nil {
			return nil, f.errorf("%s: line %d: %q is no pair x,y", name, i+1, l)
		}
		ring = append(ring, [2]float64{x, y})
	}
	return [][][2]float64{ring}, nil
}

// within calls f for each cell whose centre lies in a ring of d. It refuses rings that are no polygons, or lie wholly beyond the grid, where
// they would do nothing; one between the centres of four cells is only small.
func (r *reader) within(d node, rings [][][2]float64, f func(i int)) error {
	g, met := r.c.Grid, false
	for k, ring := range rings {
		if len(ring) < 3 {
			return d.errorf("polygon %d has %d corners; want three at least", k+1, len(ring))
		}
		lo, hi := [2]float64{math.Inf(1), math.Inf(1)}, [2]float64{math.Inf(-1), math.Inf(-1)}
		for _, p := range ring {
			for k := range 2 {
				lo[k], hi[k] = min(lo[k], p[k]), max(hi[k], p[k])
			}
		}
		met = met || hi[0] >= g.West && lo[0] <= g.West+float64(g.Cols)*g.Cell && hi[1] >= g.North-float64(g.Rows)*g.Cell && lo[1] <= g.North
		for row := max(0, int((g.North-hi[1])/g.Cell)-1); row < min(g.Rows, int((g.North-lo[1])/g.Cell)+2); row++ {
			for col := max(0, int((lo[0]-g.West)/g.Cell)-1); col < min(g.Cols, int((hi[0]-g.West)/g.Cell)+2); col++ {
				if i := row*g.Cols + col; holds(ring, g.Centre(i)) {
					f(i)
				}
			}
		}
	}
	if !met {
		return d.errorf("its polygons lie outside the DEM, which covers %g–%g, %g–%g: check the coordinates' system", g.West, g.West+float64(g.Cols)*g.Cell, g.North-float64(g.Rows)*g.Cell, g.North)
	}
	return nil
}

// holds reports whether p lies in ring, by the crossings of a ray.
func holds(ring [][2]float64, p [2]float64) bool {
	in := false
	for i, j := 0, len(ring)-1; i < len(ring); j, i = i, i+1 {
		a, b := ring[i], ring[j]
		if (a[1] > p[1]) != (b[1] > p[1]) && p[0] < (b[0]-a[0])*(p[1]-a[1])/(b[1]-a[1])+a[0] {
			in = !in
		}
	}
	return in
}
