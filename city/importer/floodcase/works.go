package floodcase

import (
	"math"
	"os"
	"strings"
	"time"

	"citybrain/city"
	"citybrain/city/importer/dem"
	"citybrain/city/water"

	"go.yaml.in/yaml/v3"
)

// infiltration reads soils: one for all the ground, others or sealed ground in areas.
func (r *reader) infiltration() error {
	d := r.doc.get("infiltration")
	if !d.there() {
		return nil
	}
	if err := d.keys("method", "conductivity", "suction", "deficit", "number", "initial", "areas"); err != nil {
		return err
	}
	method, err := d.choice("method", "green-ampt", "curve-number")
	if err != nil {
		return err
	}
	first, err := soil(d, method)
	if err != nil {
		return err
	}
	c := r.c
	c.Soils = []water.Soil{first}
	areas, err := d.get("areas").list()
	if err != nil || len(areas) == 0 {
		return err
	}
	c.SoilOf = make([]int16, c.Cells())
	for _, a := range areas {
		if err := a.keys("sealed", "conductivity", "suction", "deficit", "number", "initial", "file", "polygon"); err != nil {
			return err
		}
		kind := int16(-1)
		if sealed, err := a.yes("sealed"); err != nil {
			return err
		} else if !sealed {
			s, err := soil(a, method)
			if err != nil {
				return err
			}
			kind = int16(len(c.Soils))
			c.Soils = append(c.Soils, s)
		}
		rings, err := r.rings(a)
		if err != nil {
			return err
		}
		if err := r.within(a, rings, func(i int) { c.SoilOf[i] = kind }); err != nil {
			return err
		}
	}
	return nil
}

// yes reads a true or false that need not be there.
func (d node) yes(key string) (bool, error) {
	v := d.get(key)
	if !v.there() {
		return false, nil
	}
	s, err := v.text()
	if err == nil && s != "true" && s != "false" {
		err = v.errorf("%q is not true or false", s)
	}
	return s == "true", err
}

// soil reads one in the units of tables: mm/h, mm.
func soil(d node, method int) (s water.Soil, err error) {
	if method == 1 {
		s.Initial = 0.2
		if s.Number, err = d.get("number").numberOrFail(d, "number"); err != nil {
			return s, err
		}
		if !(s.Number >= 1 && s.Number <= 100) {
			return s, d.get("number").errorf("curve number %g is not in 1–100", s.Number)
		}
		return s, d.get("initial").within01(&s.Initial)
	}
	if s.Conductivity, err = d.get("conductivity").numberOrFail(d, "conductivity"); err != nil {
		return s, err
	}
	if !(s.Conductivity >= 0 && s.Conductivity <= 1000) {
		return s, d.get("conductivity").errorf("%g mm/h is not in 0–1,000: is it given in another unit than mm/h?", s.Conductivity)
	}
	if s.Suction, err = d.get("suction").numberOrFail(d, "suction"); err != nil {
		return s, err
	}
	if !(s.Suction >= 0 && s.Suction <= 2000) {
		return s, d.get("suction").errorf("%g mm is not in 0–2,000: is it given in another unit than mm?", s.Suction)
	}
	s.Conductivity /= 3.6e6
	s.Suction /= 1000
	if !d.get("deficit").there() {
		return s, d.errorf("no deficit of moisture, 0–1")
	}
	return s, d.get("deficit").within01(&s.Deficit)
}

// within01 reads a share into to if it is there.
func (d node) within01(to *float64) error {
	if err := d.numberOr(to); err != nil {
		return err
	}
	if d.there() && !(*to >= 0 && *to < 1) {
		return d.errorf("%g is not in 0–1", *to)
	}
	return nil
}

// porosity reads the share of the ground that buildings leave open, by area.
func (r *reader) porosity() error {
	items, err := r.doc.get("porosity").list()
	if err != nil || len(items) == 0 {
		return err
	}
	if r.c.Scheme == "swe" {
		return r.doc.get("porosity").errorf("the full equations have none: take solver inertial, or raise buildings as blocks")
	}
	r.c.Open = make([]float64, r.c.Cells())
	for i := range r.c.Open {
		r.c.Open[i] = 1
	}
	for _, a := range items {
		if err := a.keys("open", "file", "polygon"); err != nil {
			return err
		}
		open, err := a.get("open").numberOrFail(a, "open")
		if err != nil {
			return err
		}
		if !(open > 0 && open <= 1) {
			return a.get("open").errorf("%g is not above 0 and at most 1: it is the share that water can stand on", open)
		}
		rings, err := r.rings(a)
		if err != nil {
			return err
		}
		if err := r.within(a, rings, func(i int) { r.c.Open[i] = open }); err != nil {
			return err
		}
	}
	return nil
}

// place reads [x, y], which must lie on ground.
func (r *reader) place(d node, key string) (p [2]float64, err error) {
	v := d.get(key)
	if !v.there() {
		return p, d.errorf("no %s: [x, y]", key)
	}
	two, err := v.list()
	if err != nil {
		return p, err
	}
	if len(two) != 2 {
		return p, v.errorf("%d values; want x and y", len(two))
	}
	for k := range p {
		if p[k], err = two[k].number(); err != nil {
			return p, err
		}
	}
	if i := r.c.Index(p); i < 0 || math.IsNaN(r.c.Z[i]) {
		return p, v.errorf("%g, %g has no ground: check the coordinates' system", p[0], p[1])
	}
	return p, nil
}

func (r *reader) structures() error {
	items, err := r.doc.get("structures").list()
	if err != nil {
		return err
	}
	for _, d := range items {
		if err := d.keys("kind", "name", "from", "to", "sill", "width", "height", "length", "n", "coefficient", "deck", "opening", "series", "file", "time", "one_way"); err != nil {
			return err
		}
		s := water.Structure{Name: d.what}
		kind, err := d.choice("kind", "weir", "gate", "culvert", "bridge")
		if err != nil {
			return err
		}
		s.Kind = water.StructureKind(kind)
		if v := d.get("name"); v.there() {
			if s.Name, err = v.text(); err != nil {
				return err
			}
		}
		if s.A, err = r.place(d, "from"); err != nil {
			return err
		}
		if s.B, err = r.place(d, "to"); err != nil {
			return err
		}
		need := map[string]bool{"sill": true, "width": true, "height": kind > 0, "length": kind == 2, "n": kind == 2, "deck": kind == 3}
		for _, x := range []struct {
			key string
			to  *float64
		}{{"sill", &s.Sill}, {"width", &s.Width}, {"height", &s.Height}, {"length", &s.Length}, {"n", &s.Manning}, {"deck", &s.Deck}, {"coefficient", &s.Coefficient}} {
			v := d.get(x.key)
			if !v.there() && need[x.key] {
				return d.errorf("a %s needs %s", s.Kind, x.key)
			}
			if err := v.numberOr(x.to); err != nil {
				return err
			}
			if v.there() && x.key != "sill" && x.key != "deck" && !(*x.to > 0) {
				return v.errorf("%g is not above 0", *x.to)
			}
		}
		if s.Kind == water.Bridge && s.Deck < s.Sill+s.Height {
			return d.get("deck").errorf("%g m lies below the soffit at %g m (sill and height)", s.Deck, s.Sill+s.Height)
		}
		if r.c.Index(s.A) == r.c.Index(s.B) {
			return d.errorf("from and to lie in one cell; move them to either side of what the %s crosses", s.Kind)
		}
		if s.OneWay, err = d.yes("one_way"); err != nil {
			return err
		}
		if d.get("opening").there() || d.get("series").there() || d.get("file").there() {
			if s.Opening, err = r.series(d, "opening"); err != nil {
				return err
			}
			for i, v := range s.Opening.V {
				if v < 0 || v > 1 {
					return d.errorf("opening %d: %g is not in 0–1", i+1, v)
				}
			}
		}
		r.c.Structures = append(r.c.Structures, s)
	}
	return nil
}

// levees raises the cells that each line crosses to its crest, where they are lower, and notes where it may break.
func (r *reader) levees() error {
	items, err := r.doc.get("levees").list()
	if err != nil {
		return err
	}
	c := r.c
	for _, d := range items {
		if err := d.keys("name", "line", "crest", "breach"); err != nil {
			return err
		}
		crest, err := d.get("crest").numberOrFail(d, "crest")
		if err != nil {
			return err
		}
		line, err := d.get("line").pairs()
		if err != nil {
			return err
		}
		if len(line) < 2 {
			return d.errorf("a line of %d points; want two at least", len(line))
		}
		side := c.Cell * float64(max(c.Cols, c.Rows))
		for k, p := range line {
			if x, y := p[0]-c.West, c.North-p[1]; !(math.Abs(x) <= 3*side && math.Abs(y) <= 3*side) {
				return d.get("line").errorf("point %d at %g, %g lies far from the ground: check the coordinates' system", k+1, p[0], p[1])
			}
		}
		raised := 0
		for k := 1; k < len(line); k++ {
			raised += raiseLine(&c.Domain, line[k-1], line[k], crest)
		}
		if raised == 0 {
			return d.errorf("its line crosses no ground below its crest at %g m: check coordinates and datum (%s)", crest, c.Datum)
		}
		b := d.get("breach")
		if !b.there() {
			continue
		}
		if err := b.keys("at", "width", "sill", "time", "level", "duration"); err != nil {
			return err
		}
		x := water.Breach{Name: d.what, Start: math.NaN(), Level: math.NaN()}
		if x.At, err = r.place(b, "at"); err != nil {
			return err
		}
		if x.Width, err = b.get("width").numberOrFail(b, "width"); err != nil {
			return err
		}
		if x.Sill, err = b.get("sill").numberOrFail(b, "sill"); err != nil {
			return err
		}
		if x.Sill >= crest {
			return b.get("sill").errorf("%g m does not lie below the crest at %g m", x.Sill, crest)
		}
		if v := b.get("time"); v.there() {
			if x.Start, err = v.span(); err != nil {
				return err
			}
		}
		if err := b.get("level").numberOr(&x.Level); err != nil {
			return err
		}
		if math.IsNaN(x.Start) && math.IsNaN(x.Level) {
			return b.errorf("neither time nor level: what sets it off?")
		}
		if v := b.get("duration"); v.there() {
			if x.Duration, err = v.span(); err != nil {
				return err
			}
		}
		c.Breaches = append(c.Breaches, x)
	}
	return nil
}

// raiseLine raises the cells between a and b to crest, so that no two on its sides touch by an edge, and returns how many it raised.
func raiseLine(d *water.Domain, a, b [2]float64, crest float64) int {
	steps := int(math.Hypot(b[0]-a[0], b[1]-a[1])/d.Cell*8) + 1
	raised, last := 0, -1
	up := func(i int) {
		if i >= 0 && d.Z[i] < crest {
			d.Z[i] = crest
			raised++
		}
	}
	for k := range steps + 1 {
		f := float64(k) / float64(steps)
		i := d.Index([2]float64{a[0] + f*(b[0]-a[0]), a[1] + f*(b[1]-a[1])})
		up(i)
		if i >= 0 && last >= 0 && i/d.Cols != last/d.Cols && i%d.Cols != last%d.Cols { // past a corner
			up(i/d.Cols*d.Cols + last%d.Cols)
		}
		last = i
	}
	return raised
}

func (r *reader) wind() error {
	d := r.doc.get("wind")
	if !d.there() {
		return nil
	}
	if err := d.keys("speed", "from"); err != nil {
		return err
	}
	for _, x := range []struct {
		key string
		to  *water.Series
		top float64
	}{{"speed", &r.c.Wind.Speed, 100}, {"from", &r.c.Wind.From, 360}} {
		v := d.get(x.key)
		if !v.there() {
			return d.errorf("no %s: speed in m/s at 10 m, from in degrees from north", x.key)
		}
		if v.n.Kind == yaml.ScalarNode {
			s, err := v.number()
			if err != nil {
				return err
			}
			*x.to = water.Constant(s)
		} else {
			if err := v.keys("value", "series", "file", "time"); err != nil {
				return err
			}
			s, err := r.series(v, "value")
			if err != nil {
				return err
			}
			*x.to = s
		}
		for i, s := range x.to.V {
			if s < 0 || s > x.top {
				return v.errorf("value %d: %g is not in 0–%g", i+1, s, x.top)
			}
		}
	}
	return nil
}

// tide reads the river's or the sea's level: a mean, harmonics and a surge on top, every five minutes, or 100,000 times in a longer run.
func (r *reader) tide(d node) (water.Series, error) {
	var s water.Series
	mean, err := d.get("mean").numberOrFail(d, "mean")
	if err != nil {
		return s, err
	}
	type part struct{ amplitude, period, phase float64 }
	var parts []part
	items, err := d.get("parts").list()
	if err != nil {
		return s, err
	}
	for _, it := range items {
		if err := it.keys("amplitude", "period", "phase"); err != nil {
			return s, err
		}
		var p part
		if p.amplitude, err = it.get("amplitude").numberOrFail(it, "amplitude"); err != nil {
			return s, err
		}
		v := it.get("period")
		if !v.there() {
			return s, it.errorf("no period, e.g. 12.42 h")
		}
		if p.period, err = v.span(); err != nil {
			return s, err
		}
		if err := it.get("phase").numberOr(&p.phase); err != nil {
			return s, err
		}
		parts = append(parts, p)
	}
	var surge water.Series
	if v := d.get("surge"); v.there() {
		if v.n.Kind == yaml.ScalarNode {
			x, err := v.number()
			if err != nil {
				return s, err
			}
			surge = water.Constant(x)
		} else {
			if err := v.keys("value", "series", "file", "time"); err != nil {
				return s, err
			}
			if surge, err = r.series(v, "value"); err != nil {
				return s, err
			}
		}
	}
	every := max(300, r.c.Duration.Seconds()/1e5)
	for t := 0.0; t <= r.c.Duration.Seconds()+every; t += every {
		level := mean + surge.At(t)
		for _, p := range parts {
			level += p.amplitude * math.Cos(2*math.Pi*t/p.period-p.phase*math.Pi/180)
		}
		s.T, s.V = append(s.T, t), append(s.V, level)
	}
	return s, nil
}

// rainFields reads rasters of rain, each from its time on, on grids of their own.
func (r *reader) rainFields(d node, scale float64) error {
	items, err := d.get("fields").list()
	if err != nil {
		return err
	}
	for _, it := range items {
		if err := it.keys("at", "file"); err != nil {
			return err
		}
		var f water.RainField
		if v := it.get("at"); v.there() && v.n.Value != "0" {
			s, err := v.span()
			if err != nil {
				return err
			}
			f.At = time.Duration(s * 1e9)
		}
		if k := len(r.c.Rain.Fields); k > 0 && f.At <= r.c.Rain.Fields[k-1].At {
			return it.errorf("at %v does not follow %v", f.At, r.c.Rain.Fields[k-1].At)
		}
		v := it.get("file")
		if !v.there() {
			return it.errorf("no file")
		}
		name, err := v.text()
		if err != nil {
			return err
		}
		if _, err := os.Stat(r.path(name)); err != nil {
			return v.errorf("%v", err)
		}
		x, err := dem.ReadMetres(r.path(name))
		if err != nil {
			return v.errorf("%s", strings.TrimPrefix(err.Error(), "read "))
		}
		west, north, cell, rate := x.Placed()
		f.Grid = city.Grid{West: west, North: north, Cell: cell, Cols: x.Cols, Rows: x.Rows}
		f.MMH = make([]float32, len(rate))
		for i, q := range rate {
			if q *= scale; !math.IsNaN(q) {
				if q < 0 || q > mostRain {
					return v.errorf("%s: row %d, column %d: %g mm/h; rain is 0–%d: is it given in another unit?", name, i/x.Cols+1, i%x.Cols+1, q, mostRain)
				}
				f.MMH[i] = float32(q)
			}
		}
		if g := r.c.Grid; west > g.West+float64(g.Cols)*g.Cell || north < g.North-float64(g.Rows)*g.Cell || west+cell*float64(x.Cols) < g.West || north-cell*float64(x.Rows) > g.North {
			return v.errorf("%s covers %g–%g, %g–%g and none of the ground: check its coordinates' system", name, west, west+cell*float64(x.Cols), north-cell*float64(x.Rows), north)
		}
		r.c.Rain.Fields = append(r.c.Rain.Fields, f)
	}
	return nil
}
