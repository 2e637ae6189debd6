package swmm

import (
	"math"
	"strings"

	"citybrain/city/water"
)

func (r *reader) addNode(w row, d water.Node) error {
	key := strings.ToUpper(d.ID)
	if _, ok := r.nodes[key]; ok {
		return r.errorf(w, "name", "a second node of this name; the first is in line %d", r.lineOf[d.ID])
	}
	r.nodes[key] = int32(len(r.n.Nodes))
	r.lineOf[d.ID] = w.line
	r.n.Nodes = append(r.n.Nodes, d)
	return nil
}

func (r *reader) node(w row, k int, field string) (int32, error) {
	name := r.word(w, k)
	if i, ok := r.nodes[strings.ToUpper(name)]; ok {
		return i, nil
	}
	return 0, r.errorf(w, field, "no node %q in [JUNCTIONS], [OUTFALLS] or [STORAGE]", short(name))
}

func (r *reader) readNodes() error {
	if list := r.rows["DIVIDERS"]; len(list) > 0 {
		return r.errorf(list[0], "", "dividers are not read: make it a junction; in the dynamic wave the levels divide the flow")
	}
	for _, w := range r.rows["JUNCTIONS"] {
		var z, deep, start, seal, pond float64
		if err := r.numbers(w, 1, "elevation", must, &z); err != nil {
			return err
		}
		if err := r.numbers(w, 2, "max depth,initial depth,surcharge depth,ponded area", 0, &deep, &start, &seal, &pond); err != nil {
			return err
		}
		if deep < 0 || start < 0 || seal < 0 || pond < 0 {
			return r.errorf(w, "depth", "max %g, initial %g, surcharge %g, ponded area %g: none may be negative", deep, start, seal, pond)
		}
		d := water.Node{ID: w.f[0], Invert: z * r.length, Ground: (z + deep) * r.length, Depth: start * r.length, Seal: seal * r.length}
		if r.ponding {
			d.Ponded = pond * r.length * r.length
		}
		if err := r.addNode(w, d); err != nil {
			return err
		}
	}
	for _, w := range r.rows["OUTFALLS"] {
		if err := r.outfall(w); err != nil {
			return err
		}
	}
	for _, w := range r.rows["STORAGE"] {
		if err := r.storage(w); err != nil {
			return err
		}
	}
	if len(r.n.Nodes) == 0 {
		return r.errorf(row{1, "JUNCTIONS", nil}, "", "the file has no nodes")
	}
	return nil
}

func (r *reader) outfall(w row) error {
	z, err := r.number(w, 1, "elevation", must)
	if err != nil {
		return err
	}
	d := water.Node{ID: w.f[0], Kind: water.Outfall, Invert: z * r.length, Ground: z * r.length}
	k := 3
	kind := strings.ToUpper(r.word(w, 2))
	switch kind {
	case "", "FREE":
	case "NORMAL":
		d.End = water.NormalDepth
	case "FIXED":
		v, err := r.number(w, 3, "stage", must)
		if err != nil {
			return err
		}
		d.End, d.Level = water.GivenLevel, water.Constant(v*r.length)
		k = 4
	case "TIDAL":
		// Hour of day and stage, day after day.
		_, c, err := r.find(w, 3, 3600, r.length, "TIDAL")
		if err != nil {
			return err
		}
		d.End, d.Level = water.GivenLevel, r.daily(c)
		k = 4
	case "TIMESERIES":
		if d.Level, err = r.over(w, r.word(w, 3), r.length); err != nil {
			return err
		}
		d.End = water.GivenLevel
		k = 4
	default:
		return r.errorf(w, "type", "%q is none of FREE, NORMAL, FIXED, TIDAL, TIMESERIES", short(kind))
	}
	d.Flap = strings.EqualFold(r.word(w, k), "YES")
	return r.addNode(w, d)
}

// daily repeats a curve over the hours of a day from the run's first moment on.
func (r *reader) daily(c water.Curve) water.Series {
	var s water.Series
	days := int(r.n.Duration.Hours()/24) + 2
	off := float64(r.start.Hour()*3600 + r.start.Minute()*60 + r.start.Second())
	for d := range min(days, 4000) {
		for i, x := range c.X {
			t := x + 86400*float64(d) - off
			if n := len(s.T); n == 0 || t > s.T[n-1] {
				s.T, s.V = append(s.T, t), append(s.V, c.Y[i])
			}
		}
	}
	return s
}

func (r *reader) storage(w row) error {
	var z, deep, start float64
	if err := r.numbers(w, 1, "elevation,max depth", must, &z, &deep); err != nil {
		return err
	}
	if err := r.numbers(w, 3, "initial depth", 0, &start); err != nil {
		return err
	}
	if deep <= 0 || start < 0 {
		return r.errorf(w, "max depth", "%g, initial depth %g: want a depth above 0", deep, start)
	}
	d := water.Node{ID: w.f[0], Kind: water.Storage, Invert: z * r.length, Ground: (z + deep) * r.length, Depth: start * r.length}
	sq := r.length * r.length
	shape := strings.ToUpper(r.word(w, 4))
	k := 8
	// by tables an area over depth, both in the file's units.
	by := func(area func(h float64) float64) {
		const n = 100
		for i := range n + 1 {
			h := deep * float64(i) / n
			d.Plan.X, d.Plan.Y = append(d.Plan.X, h*r.length), append(d.Plan.Y, math.Max(area(h), 0)*sq)
		}
	}
	switch shape {
	case "TABULAR":
		_, c, err := r.find(w, 5, r.length, sq, "STORAGE")
		if err != nil {
			return err
		}
		d.Plan = c
		k = 6
	case "FUNCTIONAL":
		var a, b, c float64
		if err := r.numbers(w, 5, "coefficient,exponent", must, &a, &b); err != nil {
			return err
		}
		if err := r.numbers(w, 7, "constant", 0, &c); err != nil {
			return err
		}
		if a < 0 || b < 0 || c < 0 {
			return r.errorf(w, "coefficient", "area %g + %g·depth^%g: none may be negative", c, a, b)
		}
		by(func(h float64) float64 {
			if b == 0 {
				return a + c
			}
			return c + a*math.Pow(h, b)
		})
	case "CYLINDRICAL", "CONICAL", "PARABOLOID", "PYRAMIDAL":
		var l, b, s float64
		if err := r.numbers(w, 5, "length,width", must, &l, &b); err != nil {
			return err
		}
		if err := r.numbers(w, 7, "slope", 0, &s); err != nil {
			return err
		}
		if l <= 0 || b <= 0 || s < 0 {
			return r.errorf(w, "length", "%g × %g, slope %g: want lengths above 0", l, b, s)
		}
		switch shape {
		case "CYLINDRICAL":
			by(func(float64) float64 { return math.Pi * l * b / 4 })
		case "CONICAL":
			by(func(h float64) float64 { return math.Pi * (l/2 + s*h) * (b/2 + s*h*b/l) })
		case "PARABOLOID":
			if s == 0 {
				return r.errorf(w, "slope", "a paraboloid's height at its given axes is 0")
			}
			by(func(h float64) float64 { return math.Pi * l * b / 4 * h / s })
		default:
			by(func(h float64) float64 { return (l + 2*s*h) * (b + 2*s*h) })
		}
	default:
		return r.errorf(w, "shape", "%q is none of TABULAR, FUNCTIONAL, CYLINDRICAL, CONICAL, PARABOLOID, PYRAMIDAL", short(shape))
	}
	seal, err := r.number(w, k, "surcharge depth", 0)
	if err != nil {
		return err
	}
	d.Seal = math.Max(seal, 0) * r.length
	return r.addNode(w, d)
}

func (r *reader) coordinates() error {
	for _, w := range r.rows["COORDINATES"] {
		i, ok := r.nodes[strings.ToUpper(w.f[0])]
		if !ok {
			continue // of a rain gauge or of nothing
		}
		var x, y float64
		if err := r.numbers(w, 1, "x,y", must, &x, &y); err != nil {
			return err
		}
		r.n.Nodes[i].At, r.n.Nodes[i].Placed = [2]float64{x, y}, true
	}
	return nil
}

// rims gives a junction without a depth that of the highest crown of its conduits, as the format does.
func (r *reader) rims() error {
	top := make([]float64, len(r.n.Nodes))
	for i := range top {
		top[i] = math.Inf(-1)
	}
	for i := range r.n.Links {
		l := &r.n.Links[i]
		h := l.Section.Depth()
		if l.Kind != water.Conduit {
			continue
		}
		top[l.From], top[l.To] = math.Max(top[l.From], l.In+h), math.Max(top[l.To], l.Out+h)
	}
	for i := range r.n.Nodes {
		d := &r.n.Nodes[i]
		if d.Kind == water.Outfall {
			continue
		}
		if d.Kind == water.Junction && d.Ground <= d.Invert {
			if math.IsInf(top[i], -1) {
				return r.errorf(row{r.lineOf[d.ID], "JUNCTIONS", []string{d.ID}}, "max depth", "0, and no conduit gives it one: give the depth from invert to ground")
			}
			d.Ground = top[i]
		} else if top[i] > d.Ground+1e-6 && d.Kind == water.Junction {
			r.note(r.lineOf[d.ID], "node %s: its ground at %.3f m lies under a conduit's crown at %.3f m, to which it is raised", d.ID, d.Ground, top[i])
			d.Ground = top[i]
		}
		if d.Depth > d.Ground-d.Invert+d.Seal {
			d.Depth = d.Ground - d.Invert + d.Seal
		}
	}
	return nil
}

func (r *reader) inflows() error {
	for _, w := range r.rows["INFLOWS"] {
		i, err := r.node(w, 0, "node")
		if err != nil {
			return err
		}
		if !strings.EqualFold(r.word(w, 1), "FLOW") {
			continue // of a pollutant
		}
		d := &r.n.Nodes[i]
		base, err := r.number(w, 6, "baseline", 0)
		if err != nil {
			return err
		}
		scale, err := r.number(w, 5, "scale factor", 1)
		if err != nil {
			return err
		}
		if name := r.word(w, 2); name != "" {
			s, err := r.over(w, name, scale*r.flow)
			if err != nil {
				return err
			}
			// Outside its times a series gives nothing.
			if s.T[0] > 0 {
				s.T, s.V = append([]float64{s.T[0] - 1e-3}, s.T...), append([]float64{0}, s.V...)
			}
			k := len(s.T) - 1
			s.T, s.V = append(s.T, s.T[k]+1e-3), append(s.V, 0)
			d.Inflow = append(d.Inflow, s)
		}
		if base != 0 {
			d.Inflow = append(d.Inflow, water.Constant(base*r.flow))
		}
		if r.word(w, 7) != "" {
			r.note(w.line, "node %s: the baseline's pattern %s is not read: it stays constant", d.ID, w.f[7])
		}
	}
	for _, w := range r.rows["DWF"] {
		i, err := r.node(w, 0, "node")
		if err != nil {
			return err
		}
		if !strings.EqualFold(r.word(w, 1), "FLOW") {
			continue
		}
		v, err := r.number(w, 2, "average", must)
		if err != nil {
			return err
		}
		s := water.Constant(v * r.flow)
		for k := 3; k < len(w.f); k++ {
			if w.f[k] == "" {
				continue
			}
			p, err := r.hourly(w, w.f[k])
			if err != nil {
				return err
			}
			if p != nil {
				s = r.daily(*p)
				s.Steps = true
				for j := range s.V {
					s.V[j] *= v * r.flow
				}
			}
		}
		r.n.Nodes[i].Inflow = append(r.n.Nodes[i].Inflow, s)
	}
	return nil
}

// hourly returns the pattern that name says if it is one of hours, over the seconds of a day; others are noted.
func (r *reader) hourly(w row, name string) (*water.Curve, error) {
	var c water.Curve
	kind := ""
	for _, p := range r.rows["PATTERNS"] {
		if !strings.EqualFold(p.f[0], name) {
			continue
		}
		k := 1
		if up := strings.ToUpper(r.word(p, 1)); in([]string{"HOURLY", "DAILY", "MONTHLY", "WEEKEND"}, up) {
			kind, k = up, 2
		}
		for ; k < len(p.f); k++ {
			v, err := r.number(p, k, "multiplier", must)
			if err != nil {
				return nil, err
			}
			c.X, c.Y = append(c.X, 3600*float64(len(c.X))), append(c.Y, v)
		}
	}
	if len(c.X) == 0 {
		return nil, r.errorf(w, "pattern", "no pattern %q in [PATTERNS]", short(name))
	}
	if kind != "HOURLY" {
		r.note(w.line, "node %s: the %s pattern %s is not read", w.f[0], strings.ToLower(kind), name)
		return nil, nil
	}
	return &c, nil
}
