package swmm

import (
	"math"
	"strings"

	"citybrain/city/water"
)

// sections gives links their cross-sections.
func (r *reader) sections() error {
	for _, w := range r.rows["XSECTIONS"] {
		i, ok := r.links[strings.ToUpper(w.f[0])]
		if !ok {
			return r.errorf(w, "link", "no such link")
		}
		if err := r.section(w, &r.n.Links[i]); err != nil {
			return err
		}
	}
	for i := range r.n.Links {
		l := &r.n.Links[i]
		if (l.Kind == water.Conduit || l.Kind == water.Orifice || l.Kind == water.WeirLink) && l.Section.Depth() == 0 {
			line := r.lineOf["link "+strings.ToUpper(l.ID)]
			return r.errorf(row{line, "XSECTIONS", []string{l.ID}}, "shape", "%s %s has no cross-section", l.Kind, l.ID)
		}
	}
	return nil
}

func (r *reader) section(w row, l *water.Link) error {
	shape := strings.ToUpper(r.word(w, 1))
	s := &l.Section
	if shape == "IRREGULAR" {
		return r.irregular(w, l)
	}
	if shape == "CUSTOM" {
		h, err := r.number(w, 2, "height", must)
		if err != nil {
			return err
		}
		_, c, err := r.find(w, 3, 1, 1, "SHAPE")
		if err != nil {
			return err
		}
		*s = water.Section{Shape: water.Custom, Height: h * r.length, Form: c}
		return r.barrels(w, l)
	}
	var g [4]float64
	if err := r.numbers(w, 2, "height,width,third,fourth", 0, &g[0], &g[1], &g[2], &g[3]); err != nil {
		return err
	}
	if g[0] <= 0 {
		return r.errorf(w, "height", "%g is not above 0", g[0])
	}
	h, b := g[0]*r.length, g[1]*r.length
	need := func(field string, v float64) error {
		if v <= 0 {
			return r.errorf(w, field, "%g is not above 0", v)
		}
		return nil
	}
	*s = water.Section{Height: h, Width: b}
	var err error
	switch shape {
	case "CIRCULAR":
	case "FORCE_MAIN":
		r.pressed[l.ID] = true
		err = r.forceMain(w, l, g[1])
	case "FILLED_CIRCULAR":
		s.Shape, s.Fill, s.Width = water.FilledCircular, b, 0
		l.In, l.Out = l.In+b, l.Out+b
	case "RECT_CLOSED":
		s.Shape, err = water.RectClosed, need("width", b)
	case "RECT_OPEN":
		s.Shape, err = water.RectOpen, need("width", b)
	case "TRAPEZOIDAL":
		s.Shape, s.Left, s.Right = water.TrapezoidalOpen, g[2], g[3]
	case "TRIANGULAR":
		s.Shape, err = water.Triangular, need("width", b)
	case "PARABOLIC":
		s.Shape, err = water.Parabolic, need("width", b)
	case "HORIZ_ELLIPSE", "VERT_ELLIPSE":
		s.Shape, err = water.Elliptic, need("width", b)
	case "POWER":
		if err = need("exponent", g[2]); err == nil {
			s.Shape, s.Form = water.Custom, form(func(y float64) float64 { return b / h * math.Pow(y, 1/g[2]) })
		}
	case "RECT_TRIANGULAR":
		low := g[2] / g[0]
		if err = need("triangle's height", g[2]); err == nil && low < 1 {
			s.Shape, s.Form = water.Custom, form(func(y float64) float64 { return b / h * math.Min(y/low, 1) })
		} else if err == nil {
			err = r.errorf(w, "triangle's height", "%g is not below the height %g", g[2], g[0])
		}
	case "EGG":
		// The 3:2 ovoid: a top circle of radius H/3, a bottom one of H/6, sides of radius H.
		s.Shape, s.Form = water.Custom, form(egg)
	case "HORSESHOE":
		s.Shape, s.Width, s.Form = water.Custom, 0, form(horseshoe)
	case "RECT_ROUND", "MODBASKETHANDLE":
		// A rectangle with an arc below or above it.
		radius := g[2]
		if radius == 0 && shape == "MODBASKETHANDLE" {
			radius = g[1] / 2
		}
		if err = need("width", b); err == nil && radius < g[1]/2 {
			err = r.errorf(w, "radius", "%g is less than half the width %g: its arc does not span the section", radius, g[1])
		} else if err == nil {
			c := radius / g[0]
			rise := c - math.Sqrt(math.Max(c*c-b*b/h/h/4, 0))
			if rise > 1 {
				err = r.errorf(w, "radius", "its arc rises %g, above the height %g", rise*g[0], g[0])
				break
			}
			s.Shape, s.Form = water.Custom, form(func(y float64) float64 {
				if shape == "MODBASKETHANDLE" {
					y = 1 - y
				}
				if y >= rise {
					return b / h
				}
				return 2 * math.Sqrt(math.Max(c*c-(c-y)*(c-y), 0))
			})
		}
	case "SEMICIRCULAR":
		s.Shape, s.Form = water.Custom, form(func(y float64) float64 { return 2 * math.Sqrt(math.Max(1-y*y, 0)) })
	default:
		return r.errorf(w, "shape", "%q is not read: give it as a CUSTOM shape by a curve of width over depth", short(shape))
	}
	if err != nil {
		return err
	}
	if l.Kind == water.WeirLink {
		s.Left = (g[2] + g[3]) / 2
		if l.Weir == water.VNotch {
			if err := need("width", g[1]); err != nil {
				return err
			}
			s.Left = g[1] / g[0] / 2
		}
		s.Shape = water.RectOpen
		if s.Width <= 0 {
			s.Width = h * 1e-3
		}
	}
	if l.Kind == water.Orifice && s.Shape != water.Circular && s.Shape != water.RectClosed {
		return r.errorf(w, "shape", "an orifice is CIRCULAR or RECT_CLOSED, not %s", shape)
	}
	return r.barrels(w, l)
}

// form samples a width over depth, both as shares of the height.
func form(width func(y float64) float64) water.Curve {
	var c water.Curve
	const n = 100
	for i := range n + 1 {
		y := float64(i) / n
		c.X, c.Y = append(c.X, y), append(c.Y, math.Max(width(y), 0))
	}
	return c
}

// egg is the ovoid's width by height: arcs that meet with one tangent.
func egg(y float64) float64 {
	const top, bottom, side = 1.0 / 3, 1.0 / 6, 1.0
	// The sides' centres lie at the top circle's height, side − top beyond the axis; they touch the bottom circle where the line between
	// both centres leaves it.
	const cy = 2.0 / 3
	dx, dy := side-top, cy-bottom
	meet := bottom - bottom*dy/math.Hypot(dx, dy)
	switch {
	case y >= cy:
		return 2 * math.Sqrt(math.Max(top*top-(y-cy)*(y-cy), 0))
	case y >= meet:
		return 2 * (math.Sqrt(side*side-(y-cy)*(y-cy)) - (side - top))
	}
	return 2 * math.Sqrt(math.Max(bottom*bottom-(y-bottom)*(y-bottom), 0))
}

// horseshoe is the standard one's width by height: a half circle on arcs of its diameter about the ends of that, over such an arc about the crown.
func horseshoe(y float64) float64 {
	if y >= 0.5 {
		return 2 * math.Sqrt(math.Max(0.25-(y-0.5)*(y-0.5), 0))
	}
	return 2 * math.Min(math.Sqrt(1-(y-0.5)*(y-0.5))-0.5, math.Sqrt(1-(1-y)*(1-y)))
}

func (r *reader) barrels(w row, l *water.Link) error {
	v, err := r.number(w, 6, "barrels", 1)
	if err != nil {
		return err
	}
	if v < 1 {
		v = 1
	}
	if v > 100 || v != math.Trunc(v) {
		return r.errorf(w, "barrels", "%g is not a whole number from 1 to 100", v)
	}
	l.Barrels = int(v)
	return nil
}

// forceMain gives a pressure pipe the Manning's n that loses as much head at 1 m/s as its own equation says.
func (r *reader) forceMain(w row, l *water.Link, c float64) error {
	d := l.Section.Height
	l.Section.Width = 0
	if c <= 0 {
		return r.errorf(w, "roughness", "%g is not above 0", c)
	}
	var slope float64
	if r.force == "D-W" {
		e := c / 1000 // mm
		if r.us {
			e = c * 0.0254
		}
		if e >= d/2 {
			return r.errorf(w, "roughness", "%g is as wide as the pipe: it is in mm or inches", c)
		}
		// Swamee & Jain 1976 for water of 1.0e-6 m²/s.
		f := 0.25 / math.Pow(math.Log10(e/(3.7*d)+5.74/math.Pow(d/1e-6, 0.9)), 2)
		slope = f / d / (2 * 9.81)
	} else {
		// Hazen–Williams: v = 0.8492 C R^0.63 S^0.54.
		slope = math.Pow(1/(0.8492*c*math.Pow(d/4, 0.63)), 1/0.54)
	}
	l.Manning = math.Pow(d/4, 2.0/3) * math.Sqrt(slope)
	r.note(w.line, "force main %s: its roughness %g is taken as Manning's n %.4f, which loses the same head at 1 m/s", l.ID, c, l.Manning)
	return nil
}

func (r *reader) irregular(w row, l *water.Link) error {
	t := r.transects[strings.ToUpper(r.word(w, 2))]
	if t == nil {
		return r.errorf(w, "transect", "no transect %q in [TRANSECTS]", short(r.word(w, 2)))
	}
	if len(t.ground) < 2 || t.want != len(t.ground) {
		return r.errorf(t.at, "stations", "%d are announced, %d given", t.want, len(t.ground))
	}
	l.Section = water.Section{Shape: water.Irregular, Ground: t.ground, LeftBank: t.left * t.wide * r.length, RightBank: t.right * t.wide * r.length}
	if t.nc > 0 {
		l.Manning = t.nc
	}
	l.Section.LeftN, l.Section.RightN = 1, 1
	if t.nl > 0 && l.Manning > 0 {
		l.Section.LeftN = t.nl / l.Manning
	}
	if t.nr > 0 && l.Manning > 0 {
		l.Section.RightN = t.nr / l.Manning
	}
	if l.Section.RightBank > 1e-9 && l.Section.RightBank <= l.Section.LeftBank {
		return r.errorf(t.at, "right bank", "%g is not right of the left bank at %g", t.right, t.left)
	}
	return r.barrels(w, l)
}
