package swmm

import (
	"math"
	"strings"

	"citybrain/city/water"
)

func (r *reader) addLink(w row, l water.Link) error {
	key := strings.ToUpper(l.ID)
	if _, ok := r.links[key]; ok {
		return r.errorf(w, "name", "a second link of this name; the first is in line %d", r.lineOf["link "+key])
	}
	r.links[key] = int32(len(r.n.Links))
	r.lineOf["link "+key] = w.line
	if _, ok := r.lineOf[l.ID]; !ok {
		r.lineOf[l.ID] = w.line
	}
	r.n.Links = append(r.n.Links, l)
	return nil
}

// ends reads the two nodes of a link.
func (r *reader) ends(w row) (l water.Link, err error) {
	l.ID, l.Barrels = w.f[0], 1
	if l.From, err = r.node(w, 1, "from node"); err != nil {
		return l, err
	}
	if l.To, err = r.node(w, 2, "to node"); err != nil {
		return l, err
	}
	if l.From == l.To {
		return l, r.errorf(w, "to node", "leads back to %s", w.f[1])
	}
	return l, nil
}

// level reads an offset at node i: a depth above its invert, or with elevation offsets a level; * is the invert.
func (r *reader) level(w row, k int, field string, i int32) (float64, error) {
	z := r.n.Nodes[i].Invert
	if r.word(w, k) == "" || r.word(w, k) == "*" {
		return z, nil
	}
	v, err := r.number(w, k, field, 0)
	if err != nil {
		return 0, err
	}
	v *= r.length
	if r.elevation {
		if v < z-1e-6 {
			return 0, r.errorf(w, field, "at %g it lies under the invert of %s at %g: raise it, or set LINK_OFFSETS DEPTH if it is a depth", v/r.length, r.n.Nodes[i].ID, z/r.length)
		}
		return math.Max(v, z), nil
	}
	if v < 0 {
		return 0, r.errorf(w, field, "%g is negative; set LINK_OFFSETS ELEVATION if it is a level", v/r.length)
	}
	return z + v, nil
}

func (r *reader) readLinks() error {
	for _, w := range r.rows["CONDUITS"] {
		l, err := r.ends(w)
		if err != nil {
			return err
		}
		if err := r.numbers(w, 3, "length,roughness", must, &l.Length, &l.Manning); err != nil {
			return err
		}
		if l.Length <= 0 {
			return r.errorf(w, "length", "%g is not above 0", l.Length)
		}
		l.Length *= r.length
		if l.Manning <= 0 || l.Manning >= 1 {
			return r.errorf(w, "roughness", "Manning's n %g is not in 0–1: Strickler's k is 1/n; of a force main the roughness stands in [XSECTIONS]", l.Manning)
		}
		if l.In, err = r.level(w, 5, "inlet offset", l.From); err != nil {
			return err
		}
		if l.Out, err = r.level(w, 6, "outlet offset", l.To); err != nil {
			return err
		}
		if err := r.numbers(w, 7, "initial flow,maximum flow", 0, &l.Start, &l.Limit); err != nil {
			return err
		}
		l.Start, l.Limit = l.Start*r.flow, l.Limit*r.flow
		if err := r.addLink(w, l); err != nil {
			return err
		}
	}
	for _, part := range []struct {
		section string
		read    func(row, *water.Link) error
	}{{"PUMPS", r.pump}, {"ORIFICES", r.orifice}, {"WEIRS", r.weir}, {"OUTLETS", r.outlet}} {
		for _, w := range r.rows[part.section] {
			l, err := r.ends(w)
			if err != nil {
				return err
			}
			if err := part.read(w, &l); err != nil {
				return err
			}
			if err := r.addLink(w, l); err != nil {
				return err
			}
		}
	}
	return nil
}

func (r *reader) pump(w row, l *water.Link) error {
	l.Kind, l.In = water.Pump, r.n.Nodes[l.From].Invert
	st := water.Station{Units: 1, StartAt: math.NaN(), StopAt: math.NaN(), Feeder: -1, Stagger: 0.15}
	st.Off = strings.EqualFold(r.word(w, 4), "OFF")
	var start, stop float64
	if err := r.numbers(w, 5, "startup depth,shutoff depth", 0, &start, &stop); err != nil {
		return err
	}
	if stop > start && start > 0 {
		return r.errorf(w, "shutoff depth", "%g is above the startup depth %g: swap them", stop, start)
	}
	if start > 0 {
		st.StartAt, st.StopAt = l.In+start*r.length, l.In+stop*r.length
	}
	l.Station = st
	if name := r.word(w, 3); name == "*" || name == "" {
		l.Pump = water.PumpIdeal
		return nil
	}
	c := r.curves[strings.ToUpper(r.word(w, 3))]
	sx, kind := r.length, water.PumpDepth
	if c != nil {
		switch c.kind {
		case "PUMP1":
			sx, kind = r.length*r.length*r.length, water.PumpVolume
		case "PUMP2":
			kind = water.PumpStep
		case "PUMP3", "PUMP5":
			kind = water.PumpHead
		}
	}
	c, curve, err := r.find(w, 3, sx, r.flow, "PUMP1", "PUMP2", "PUMP3", "PUMP4", "PUMP5")
	if err != nil {
		return err
	}
	l.Pump, l.Rating = kind, curve
	for k := range c.y {
		at := row{c.rows[k], "CURVES", []string{r.word(w, 3)}}
		if c.y[k] < 0 {
			return r.errorf(at, "flow", "%g is negative", c.y[k])
		}
		if k == 0 {
			continue
		}
		if kind == water.PumpHead && c.y[k] > c.y[k-1] {
			return r.errorf(at, "flow", "the pump curve rises from %g at a head of %g to %g at %g; a pump gives less the higher it lifts: sort it so that flow falls, or make it a PUMP4 (flow over depth); pump %s in line %d has it", c.y[k-1], c.x[k-1], c.y[k], c.x[k], l.ID, w.line)
		}
		if kind != water.PumpHead && c.y[k] < c.y[k-1] {
			return r.errorf(at, "flow", "the pump's flow falls from %g to %g as the water rises to %g: a curve over head is a PUMP3", c.y[k-1], c.y[k], c.x[k])
		}
	}
	return nil
}

func (r *reader) flap(w row, k int) bool { return strings.EqualFold(r.word(w, k), "YES") }

func (r *reader) orifice(w row, l *water.Link) error {
	l.Kind = water.Orifice
	switch kind := strings.ToUpper(r.word(w, 3)); kind {
	case "SIDE":
	case "BOTTOM":
		l.Bottom = true
	default:
		return r.errorf(w, "type", "%q is neither SIDE nor BOTTOM", short(kind))
	}
	var err error
	if l.In, err = r.level(w, 4, "offset", l.From); err != nil {
		return err
	}
	if l.Coefficient, err = r.number(w, 5, "coefficient", must); err != nil {
		return err
	}
	l.Flap = r.flap(w, 6)
	return nil
}

func (r *reader) weir(w row, l *water.Link) error {
	l.Kind = water.WeirLink
	switch kind := strings.ToUpper(r.word(w, 3)); kind {
	case "TRANSVERSE":
	case "SIDEFLOW":
		l.Weir = water.SideFlow
	case "V-NOTCH":
		l.Weir = water.VNotch
	case "TRAPEZOIDAL":
		l.Weir = water.Trapezoidal
	default:
		return r.errorf(w, "type", "%q is none of TRANSVERSE, SIDEFLOW, V-NOTCH, TRAPEZOIDAL", short(kind))
	}
	var err error
	if l.In, err = r.level(w, 4, "crest", l.From); err != nil {
		return err
	}
	if l.Coefficient, err = r.number(w, 5, "coefficient", must); err != nil {
		return err
	}
	l.Flap = r.flap(w, 6)
	if err := r.numbers(w, 7, "end contractions,end coefficient", 0, &l.Contracted, &l.Coefficient2); err != nil {
		return err
	}
	// ft^0.5/s in US units: a discharge per width and head to 1.5.
	k := math.Sqrt(r.length)
	l.Coefficient *= k
	l.Coefficient2 *= k
	return nil
}

func (r *reader) outlet(w row, l *water.Link) error {
	l.Kind = water.Outlet
	var err error
	if l.In, err = r.level(w, 3, "offset", l.From); err != nil {
		return err
	}
	kind := strings.ToUpper(r.word(w, 4))
	l.ByDepth = strings.HasSuffix(kind, "DEPTH")
	switch {
	case strings.HasPrefix(kind, "TABULAR"):
		if _, l.Rating, err = r.find(w, 5, r.length, r.flow, "RATING"); err != nil {
			return err
		}
		l.Flap = r.flap(w, 6)
	case strings.HasPrefix(kind, "FUNCTIONAL"):
		var a, b float64
		if err := r.numbers(w, 5, "coefficient,exponent", must, &a, &b); err != nil {
			return err
		}
		if a < 0 || b < 0 {
			return r.errorf(w, "coefficient", "%g·h^%g: neither may be negative", a, b)
		}
		const deepest = 30.0 // m
		for i := range 601 {
			h := deepest * math.Pow(float64(i)/600, 2) / r.length
			l.Rating.X, l.Rating.Y = append(l.Rating.X, h*r.length), append(l.Rating.Y, a*math.Pow(h, b)*r.flow)
		}
		l.Rating.Y[0] = 0
		l.Flap = r.flap(w, 7)
	default:
		return r.errorf(w, "type", "%q is none of TABULAR/DEPTH, TABULAR/HEAD, FUNCTIONAL/DEPTH, FUNCTIONAL/HEAD", short(kind))
	}
	return nil
}

func (r *reader) readLosses() error {
	for _, w := range r.rows["LOSSES"] {
		i, ok := r.links[strings.ToUpper(w.f[0])]
		if !ok {
			return r.errorf(w, "link", "no such link")
		}
		l := &r.n.Links[i]
		if err := r.numbers(w, 1, "inlet,outlet,average", 0, &l.LossIn, &l.LossOut, &l.LossAvg); err != nil {
			return err
		}
		l.Flap = l.Flap || r.flap(w, 4)
	}
	return nil
}

// direction refuses conduits that run uphill. Behind a pump, as far as nothing else comes in, and in a force main they may.
func (r *reader) direction() error {
	rising := make([]bool, len(r.n.Nodes))
	in := make([]int, len(r.n.Nodes))
	for i := range r.n.Links {
		in[r.n.Links[i].To]++
		if r.n.Links[i].Kind == water.Pump {
			rising[r.n.Links[i].To] = true
		}
	}
	for range r.n.Links {
		more := false
		for i := range r.n.Links {
			if l := &r.n.Links[i]; l.Kind == water.Conduit && rising[l.From] && in[l.To] == 1 && !rising[l.To] {
				rising[l.To], more = true, true
			}
		}
		if !more {
			break
		}
	}
	for i := range r.n.Links {
		l := &r.n.Links[i]
		if l.Kind != water.Conduit {
			continue
		}
		line := r.lineOf["link "+strings.ToUpper(l.ID)]
		w := row{line, "CONDUITS", []string{l.ID}}
		rise := l.Out - l.In
		if math.Abs(rise) > l.Length {
			return r.errorf(w, "length", "falls %.3f m over a length of %.3f m: correct the length or an invert", -rise, l.Length)
		}
		if rise <= 0.001 || r.pressed[l.ID] || rising[l.From] {
			continue
		}
		if !r.opt.Uphill {
			return r.errorf(w, "outlet offset", "runs uphill by %.3f m from %s (%.3f m) to %s (%.3f m): swap its nodes, or correct an invert or offset; a rising main follows a pump or is a FORCE_MAIN; to take it as it is say --uphill", rise, r.n.Nodes[l.From].ID, l.In, r.n.Nodes[l.To].ID, l.Out)
		}
		r.note(line, "conduit %s runs uphill by %.3f m", l.ID, rise)
	}
	return nil
}
