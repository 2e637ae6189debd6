package swmm

import (
	"math"
	"strings"

	"citybrain/city/water"
)

// A gauge is a rain gauge's rates in mm/h.
type gauge struct{ rate water.Series }

// gauges reads the rain gauges: each record holds for the gauge's interval.
func (r *reader) gauges() (map[string]gauge, error) {
	out := map[string]gauge{}
	for _, w := range r.rows["RAINGAGES"] {
		form := strings.ToUpper(r.word(w, 1))
		every, err := r.span(w, r.word(w, 2))
		if err != nil {
			return nil, err
		}
		if every <= 0 {
			return nil, r.errorf(w, "interval", "%s is not above 0", r.word(w, 2))
		}
		if strings.EqualFold(r.word(w, 4), "FILE") {
			r.note(w.line, "rain gauge %s: rain files are not read: it is dry; give the rain as a time series", w.f[0])
			out[strings.ToUpper(w.f[0])] = gauge{}
			continue
		}
		if !strings.EqualFold(r.word(w, 4), "TIMESERIES") {
			return nil, r.errorf(w, "source", "%q is neither TIMESERIES nor FILE", short(r.word(w, 4)))
		}
		s, err := r.over(w, r.word(w, 5), r.rain)
		if err != nil {
			return nil, err
		}
		var g water.Series
		g.Steps = true
		step, before := every.Seconds(), 0.0
		for i, t := range s.T {
			v := s.V[i]
			switch form {
			case "INTENSITY":
			case "VOLUME":
				v *= 3600 / step
			case "CUMULATIVE":
				v, before = math.Max(v-before, 0)*3600/step, v
			default:
				return nil, r.errorf(w, "format", "%q is none of INTENSITY, VOLUME, CUMULATIVE", short(form))
			}
			if v < 0 || v > 3000 {
				return nil, r.errorf(w, "time series", "value %d is %.4g mm/h; rain is 0–3000: is the format %s and the unit right?", i+1, v, form)
			}
			if n := len(g.T); n > 0 && g.T[n-1] == t {
				g.V[n-1] = v
			} else if n > 0 && g.T[n-1] > t {
				return nil, r.errorf(w, "interval", "%s is longer than the times between the records of %s", r.word(w, 2), r.word(w, 5))
			} else {
				g.T, g.V = append(g.T, t), append(g.V, v)
			}
			if i+1 == len(s.T) || s.T[i+1] > t+step {
				g.T, g.V = append(g.T, t+step), append(g.V, 0)
			} else if s.T[i+1] < t+step-1e-6 {
				return nil, r.errorf(w, "interval", "%s is longer than the times between the records of %s: give the interval at which they come", r.word(w, 2), r.word(w, 5))
			}
		}
		// Before the first record it is dry.
		if len(g.T) > 0 && g.T[0] > 0 {
			g.T, g.V = append([]float64{0}, g.T...), append([]float64{0}, g.V...)
		}
		out[strings.ToUpper(w.f[0])] = gauge{g}
	}
	return out, nil
}

func (r *reader) catchments() error {
	gauges, err := r.gauges()
	if err != nil {
		return err
	}
	place := map[string]int{}
	outlet := map[string]row{}
	for _, w := range r.rows["SUBCATCHMENTS"] {
		c := water.Catchment{ID: w.f[0], Node: -1}
		g, ok := gauges[strings.ToUpper(r.word(w, 1))]
		if !ok && r.word(w, 1) != "*" {
			return r.errorf(w, "rain gauge", "no gauge %q in [RAINGAGES]", short(r.word(w, 1)))
		}
		c.Rain = g.rate
		var area, imp, wide, slope float64
		if err := r.numbers(w, 3, "area,impervious,width,slope", must, &area, &imp, &wide, &slope); err != nil {
			return err
		}
		if area < 0 || imp < 0 || imp > 100 || wide < 0 || slope < 0 {
			return r.errorf(w, "area", "area %g, %g %% impervious, width %g, slope %g %%", area, imp, wide, slope)
		}
		c.Area, c.Impervious, c.Width, c.Slope = area*r.area, imp/100, wide*r.length, slope/100
		c.NoStore = 0.25
		key := strings.ToUpper(c.ID)
		if _, ok := place[key]; ok {
			return r.errorf(w, "name", "a second subcatchment of this name")
		}
		place[key], outlet[key] = len(r.n.Catchments), w
		r.lineOf[c.ID] = w.line
		r.n.Catchments = append(r.n.Catchments, c)
	}
	for i := range r.n.Catchments {
		// A catchment may run off to another one: followed to the node at the end.
		at := outlet[strings.ToUpper(r.n.Catchments[i].ID)]
		for hops := 0; ; hops++ {
			name := strings.ToUpper(r.word(at, 2))
			if k, ok := r.nodes[name]; ok {
				r.n.Catchments[i].Node = k
				break
			}
			next, ok := outlet[name]
			if !ok || hops > len(place) {
				return r.errorf(at, "outlet", "no node or subcatchment %q", short(r.word(at, 2)))
			}
			if hops == 0 {
				r.note(at.line, "subcatchment %s runs off to %s: taken straight to that one's node", at.f[0], r.word(at, 2))
			}
			at = next
		}
	}
	depth := r.length / 1000 // mm
	if r.us {
		depth = 0.0254
	}
	for _, w := range r.rows["SUBAREAS"] {
		i, ok := place[strings.ToUpper(w.f[0])]
		if !ok {
			return r.errorf(w, "subcatchment", "no such subcatchment")
		}
		c := &r.n.Catchments[i]
		var zero float64
		if err := r.numbers(w, 1, "impervious n,pervious n,impervious store,pervious store,zero store", must, &c.ManningI, &c.ManningP, &c.StoreI, &c.StoreP, &zero); err != nil {
			return err
		}
		c.StoreI, c.StoreP, c.NoStore = c.StoreI*depth, c.StoreP*depth, zero/100
		if to := strings.ToUpper(r.word(w, 6)); to != "" && to != "OUTLET" {
			r.note(w.line, "subcatchment %s: routing to its %s part is not read: both run to the outlet", c.ID, strings.ToLower(to))
		}
	}
	for _, w := range r.rows["INFILTRATION"] {
		i, ok := place[strings.ToUpper(w.f[0])]
		if !ok {
			return r.errorf(w, "subcatchment", "no such subcatchment")
		}
		if err := r.soil(w, &r.n.Catchments[i], depth); err != nil {
			return err
		}
	}
	return nil
}

func (r *reader) soil(w row, c *water.Catchment, depth float64) error {
	kind := r.infil
	if last := strings.ToUpper(w.f[len(w.f)-1]); strings.Contains(last, "HORTON") || strings.Contains(last, "GREEN") || strings.Contains(last, "CURVE") {
		kind = last
	}
	if kind == "" {
		kind = "HORTON"
	}
	perHour := depth / 3600
	switch {
	case strings.Contains(kind, "HORTON"):
		if strings.HasPrefix(kind, "MODIFIED") {
			r.note(w.line, "subcatchment %s: Horton's own curve is taken for the modified one", c.ID)
		}
		var decay, dry float64
		if err := r.numbers(w, 1, "maximum rate,minimum rate,decay", must, &c.First, &c.Last, &decay); err != nil {
			return err
		}
		if err := r.numbers(w, 4, "drying time", 7, &dry); err != nil {
			return err
		}
		c.Infiltration, c.First, c.Last, c.Decay, c.Dry = water.Horton, c.First*perHour, c.Last*perHour, decay/3600, dry*86400
		if c.First < c.Last || c.Last < 0 {
			return r.errorf(w, "maximum rate", "is below the minimum rate: swap them")
		}
	case strings.Contains(kind, "GREEN"):
		var suction, k float64
		if err := r.numbers(w, 1, "suction,conductivity,initial deficit", must, &suction, &k, &c.Deficit); err != nil {
			return err
		}
		if suction < 0 || k < 0 || c.Deficit < 0 || c.Deficit > 1 {
			return r.errorf(w, "suction", "suction %g, conductivity %g, deficit %g", suction, k, c.Deficit)
		}
		c.Infiltration, c.Suction, c.Conductivity = water.GreenAmpt, suction*depth, k*perHour
	case strings.Contains(kind, "CURVE"):
		if err := r.numbers(w, 1, "curve number", must, &c.Number); err != nil {
			return err
		}
		if c.Number <= 0 || c.Number > 100 {
			return r.errorf(w, "curve number", "%g is not in 0–100", c.Number)
		}
		c.Infiltration = water.CurveNumber
	default:
		return r.errorf(w, "", "infiltration %q is none of HORTON, GREEN_AMPT, CURVE_NUMBER", short(kind))
	}
	return nil
}
