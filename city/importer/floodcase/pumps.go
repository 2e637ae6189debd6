package floodcase

import (
	"math"
	"time"

	"citybrain/city/water"
)

// pumps reads stations and mobile pumps.
func (r *reader) pumps() error {
	items, err := r.doc.get("pumps").list()
	if err != nil {
		return err
	}
	for _, d := range items {
		if err := d.keys("name", "from", "to", "away", "radius", "units", "flow", "rating", "start", "stop", "starts", "run", "rest", "arrives", "leaves"); err != nil {
			return err
		}
		p := water.Pumping{Name: d.what, Units: 1, MaxStarts: 4, Radius: r.c.Cell / 2, MinRun: 5 * time.Minute, MinRest: 5 * time.Minute, To: math.MaxFloat64}
		if v := d.get("name"); v.there() {
			if p.Name, err = v.text(); err != nil {
				return err
			}
		}
		if p.A, err = r.place(d, "from"); err != nil {
			return err
		}
		p.Away = d.get("away").there()
		switch {
		case p.Away == d.get("to").there():
			return d.errorf("give either to: [x, y], where it lets out, or away: the level in m that it lifts to out of the grid")
		case p.Away:
			err = d.get("away").numberOr(&p.Outfall)
		default:
			p.B, err = r.place(d, "to")
		}
		if err != nil {
			return err
		}
		units, starts := 1.0, 4.0
		for _, x := range []struct {
			key      string
			to       *float64
			from, up float64
		}{{"radius", &p.Radius, 0, 1000}, {"units", &units, 1, 100}, {"starts", &starts, 1, 4}} {
			v := d.get(x.key)
			if err := v.numberOr(x.to); err != nil {
				return err
			}
			if v.there() && (!(*x.to >= x.from && *x.to <= x.up) || x.key != "radius" && *x.to != math.Trunc(*x.to)) {
				return v.errorf("%g is not in %g–%g", *x.to, x.from, x.up)
			}
		}
		p.Radius, p.Units, p.MaxStarts = max(p.Radius, r.c.Cell/2), int(units), int(starts)
		for _, x := range []struct {
			key string
			to  *float64
		}{{"start", &p.Start}, {"stop", &p.Stop}} {
			if *x.to, err = d.get(x.key).numberOrFail(d, x.key); err != nil {
				return err
			}
		}
		if p.Stop >= p.Start {
			return d.get("stop").errorf("the pump stops at %g m and starts at %g m: want the start above the stop", p.Stop, p.Start)
		}
		if err := r.rating(d, &p); err != nil {
			return err
		}
		for _, x := range []struct {
			key string
			to  *time.Duration
		}{{"run", &p.MinRun}, {"rest", &p.MinRest}} {
			if v := d.get(x.key); v.there() {
				s, err := v.span()
				if err != nil {
					return err
				}
				*x.to = time.Duration(s * 1e9)
			}
		}
		for _, x := range []struct {
			key string
			to  *float64
		}{{"arrives", &p.From}, {"leaves", &p.To}} {
			if v := d.get(x.key); v.there() {
				if *x.to, err = v.span(); err != nil {
					return err
				}
			}
		}
		if p.To <= p.From {
			return d.get("leaves").errorf("the pump leaves after %g s and arrives after %g s", p.To, p.From)
		}
		r.c.Pumps = append(r.c.Pumps, p)
	}
	return nil
}

// rating reads one unit's flow: one number, or pairs of lift and flow, which falls.
func (r *reader) rating(d node, p *water.Pumping) error {
	if d.get("flow").there() == d.get("rating").there() {
		return d.errorf("give either flow: m³/s of one unit, or rating: [[lift in m, m³/s], …]")
	}
	if v := d.get("flow"); v.there() {
		q, err := v.number()
		if err != nil {
			return err
		}
		if !(q > 0 && q <= 100) {
			return v.errorf("%g m³/s of one unit is not above 0 and at most 100: is it given in l/s or m³/h?", q)
		}
		p.Rating = water.Curve{X: []float64{0}, Y: []float64{q}}
		return nil
	}
	v := d.get("rating")
	pairs, err := v.pairs()
	if err != nil {
		return err
	}
	if len(pairs) == 0 {
		return v.errorf("want pairs of lift and flow")
	}
	for i, x := range pairs {
		if i > 0 && !(x[0] > pairs[i-1][0]) {
			return v.errorf("pair %d: a lift of %g m does not follow %g m", i+1, x[0], pairs[i-1][0])
		}
		if i > 0 && x[1] > pairs[i-1][1] {
			return v.errorf("pair %d: the pump curve rises from %g m³/s to %g at a lift of %g m: a pump lifts less the higher it lifts", i+1, pairs[i-1][1], x[1], x[0])
		}
		if !(x[0] >= 0 && x[0] <= 200 && x[1] >= 0 && x[1] <= 100) {
			return v.errorf("pair %d: %g m, %g m³/s: want 0–200 and 0–100", i+1, x[0], x[1])
		}
		p.Rating.X, p.Rating.Y = append(p.Rating.X, x[0]), append(p.Rating.Y, x[1])
	}
	return nil
}
