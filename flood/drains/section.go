package drains

import (
	"math"

	"citybrain/city/water"
)

const gravity = 9.81 // m/s²

// parts is the number of slices of equal height that a section's table has.
const parts = 128

// A table is a cross-section, or a node's plan, by height above its bottom: width (or area in plan), the area (or volume) below,
// hydraulic radius and the flow at critical depth. Widths are linear between heights, so that areas are exact integrals of them.
type table struct {
	z      []float64 // heights; z[0] = 0
	step   float64   // between heights, 0: they are unequal
	w, a   []float64
	up, dn []float64 // what w has risen and fallen so far: w = w[0] + up − dn
	va, vd []float64 // integrals of up and dn
	top    float64   // width above z's last
	r      []float64 // hydraulic radius, of a section
	crit   []float64 // m³/s at critical depth, of a section
	full   float64   // area at the last height
}

// finish derives what follows from z, w and top.
func (t *table) finish() {
	n := len(t.z)
	t.a, t.up, t.dn, t.va, t.vd = make([]float64, n), make([]float64, n), make([]float64, n), make([]float64, n), make([]float64, n)
	for k := 1; k < n; k++ {
		d := t.w[k] - t.w[k-1]
		t.up[k], t.dn[k] = t.up[k-1]+math.Max(d, 0), t.dn[k-1]+math.Max(-d, 0)
		h := t.z[k] - t.z[k-1]
		t.a[k] = t.a[k-1] + h*(t.w[k]+t.w[k-1])/2
		t.va[k] = t.va[k-1] + h*(t.up[k]+t.up[k-1])/2
		t.vd[k] = t.vd[k-1] + h*(t.dn[k]+t.dn[k-1])/2
	}
	t.full = t.a[n-1]
}

// at finds the slice that height h lies in and how far above its bottom.
func (t *table) at(h float64) (k int, d float64) {
	if t.step > 0 {
		k = min(int(h/t.step), len(t.z)-2)
	} else {
		lo, hi := 0, len(t.z)-1
		for hi-lo > 1 {
			if m := (lo + hi) / 2; t.z[m] <= h {
				lo = m
			} else {
				hi = m
			}
		}
		k = lo
	}
	return k, h - t.z[k]
}

// width returns the area up to height h and the width there.
func (t *table) width(h float64) (area, width float64) {
	if !(h > 0) {
		return 0, 0
	}
	n := len(t.z) - 1
	if h >= t.z[n] {
		return t.full + t.top*(h-t.z[n]), t.top
	}
	k, d := t.at(h)
	slope := (t.w[k+1] - t.w[k]) / (t.z[k+1] - t.z[k])
	return t.a[k] + d*(t.w[k]+slope*d/2), t.w[k] + slope*d
}

// falling returns how much of the area up to h, and of the width there, has been lost by narrowing: area + lost never bends down.
func (t *table) falling(h float64) (lost, width float64) {
	n := len(t.z) - 1
	switch {
	case !(h > 0):
		return 0, 0
	case h >= t.z[n]:
		narrow := t.dn[n] + math.Max(t.w[n]-t.top, 0)
		return t.vd[n] + narrow*(h-t.z[n]), narrow
	}
	k, d := t.at(h)
	slope := (t.dn[k+1] - t.dn[k]) / (t.z[k+1] - t.z[k])
	return t.vd[k] + d*(t.dn[k]+slope*d/2), t.dn[k] + slope*d
}

// widest returns the height up to which the table only widens.
func (t *table) widest() float64 {
	for k := 1; k < len(t.z); k++ {
		if t.dn[k] > 0 {
			return t.z[k-1]
		}
	}
	n := len(t.z) - 1
	if t.top < t.w[n] {
		return t.z[n]
	}
	return math.Inf(1)
}

// radius returns the hydraulic radius at depth h. Above the top the walls of an open section stand upright without friction.
func (t *table) radius(h float64) float64 {
	n := len(t.z) - 1
	if !(h > 0) {
		return 0
	}
	if h >= t.z[n] {
		return t.r[n]
	}
	k, d := t.at(h)
	return t.r[k] + (t.r[k+1]-t.r[k])*d/(t.z[k+1]-t.z[k])
}

// critical returns the depth at which flow q is critical.
func (t *table) critical(q float64) float64 {
	n := len(t.z) - 1
	if q >= t.crit[n] {
		return t.z[n]
	}
	lo, hi := 0, n
	for hi-lo > 1 {
		if m := (lo + hi) / 2; t.crit[m] <= q {
			lo = m
		} else {
			hi = m
		}
	}
	return t.z[lo] + (q-t.crit[lo])/(t.crit[hi]-t.crit[lo])*(t.z[hi]-t.z[lo])
}

// level returns the height up to which volume v fills, 0 for none.
func (t *table) level(v float64) float64 {
	if v <= 0 {
		return 0
	}
	n := len(t.z) - 1
	if v >= t.full {
		return t.z[n] + (v-t.full)/t.top
	}
	lo, hi := 0, n
	for hi-lo > 1 {
		if m := (lo + hi) / 2; t.a[m] <= v {
			lo = m
		} else {
			hi = m
		}
	}
	h := t.z[hi] - t.z[lo]
	slope := (t.w[hi] - t.w[lo]) / h
	v -= t.a[lo]
	// v = w d + slope d²/2, in the form that stands a slope of 0.
	return t.z[lo] + 2*v/math.Max(t.w[lo]+math.Sqrt(math.Max(t.w[lo]*t.w[lo]+2*slope*v, 0)), 1e-30)
}

// slotCelerity is the speed in m/s of pressure waves in a full conduit, from which its slot's width follows. It is far below the
// real one, and far above that of the water; the step does not depend on it.
const slotCelerity = 200

// newSection tables s for barrels conduits side by side.
func newSection(s *water.Section, barrels int) *table {
	depth := s.Depth()
	t := &table{z: make([]float64, parts+1), w: make([]float64, parts+1), r: make([]float64, parts+1), crit: make([]float64, parts+1), step: depth / parts}
	exact := make([]float64, parts+1)
	for k := range t.z {
		t.z[k] = depth * float64(k) / parts
		t.w[k], exact[k], t.r[k] = shape(s, t.z[k])
	}
	t.z[parts] = depth
	for k := range t.w {
		t.w[k] *= float64(barrels)
	}
	t.finish()
	// The linear widths enclose a little less than the curved ones: the whole is set right, at the full depth to the last bit.
	if t.full > 0 && exact[parts] > 0 {
		f := exact[parts] * float64(barrels) / t.full
		for k := range t.w {
			t.w[k] *= f
		}
		t.finish()
	}
	if s.Open() {
		t.top = math.Max(t.w[parts], 1e-3)
	} else {
		t.top = gravity * t.full / (slotCelerity * slotCelerity)
	}
	for k := 1; k <= parts; k++ {
		t.crit[k] = math.Max(t.crit[k-1]*(1+1e-9)+1e-15, t.a[k]*math.Sqrt(gravity*t.a[k]/math.Max(t.w[k], t.top)))
	}
	return t
}

// shape returns top width, area and hydraulic radius of s at depth h.
func shape(s *water.Section, h float64) (width, area, radius float64) {
	rad := func(area, perimeter float64) float64 {
		if perimeter <= 0 {
			return 0
		}
		return area / perimeter
	}
	switch s.Shape {
	case water.Circular:
		return circle(s.Height, h)
	case water.FilledCircular:
		w0, a0, r0 := circle(s.Height, s.Fill)
		w, a, r := circle(s.Height, h+s.Fill)
		p := 0.0
		if r > 0 {
			p = a / r
		}
		if r0 > 0 {
			p -= a0 / r0
		}
		return w, a - a0, rad(a-a0, p+w0)
	case water.RectClosed:
		p := s.Width + 2*h
		if h >= s.Height {
			p += s.Width
		}
		return s.Width, s.Width * h, rad(s.Width*h, p)
	case water.RectOpen:
		return s.Width, s.Width * h, rad(s.Width*h, s.Width+2*h)
	case water.TrapezoidalOpen:
		w := s.Width + (s.Left+s.Right)*h
		a := (s.Width + w) / 2 * h
		return w, a, rad(a, s.Width+h*(math.Hypot(1, s.Left)+math.Hypot(1, s.Right)))
	case water.Triangular:
		w := s.Width * h / s.Height
		return w, w * h / 2, rad(w*h/2, 2*math.Hypot(h, w/2))
	case water.Parabolic:
		if h <= 0 {
			return 0, 0, 0
		}
		w := s.Width * math.Sqrt(h/s.Height)
		a := 2.0 / 3 * w * h
		x := 4 * h / w
		return w, a, rad(a, w/2*(math.Hypot(1, x)+math.Asinh(x)/x))
	case water.Elliptic:
		// A circle stretched sideways; its perimeter by slices.
		b := s.Width / s.Height
		w, a, _ := circle(s.Height, h)
		return w * b, a * b, rad(a*b, ellipseArc(s.Height/2, s.Width/2, h))
	case water.Custom:
		return custom(s, h)
	}
	return transect(s, h)
}

func circle(d, h float64) (width, area, radius float64) {
	if h <= 0 {
		return 0, 0, 0
	}
	if h >= d {
		return 0, math.Pi * d * d / 4, d / 4
	}
	theta := 2 * math.Acos(1-2*h/d)
	area = d * d / 8 * (theta - math.Sin(theta))
	return d * math.Sin(theta/2), area, area / (d * theta / 2)
}

// ellipseArc is the wetted perimeter at depth h of an ellipse of vertical and horizontal half axes a and b.
func ellipseArc(a, b, h float64) float64 {
	if h <= 0 {
		return 0
	}
	const n = 200
	end := math.Acos(math.Max(-1, 1-h/a))
	sum := 0.0
	for k := range n {
		x := end * (float64(k) + 0.5) / n
		sum += math.Hypot(a*math.Sin(x), b*math.Cos(x)) * end / n
	}
	return 2 * sum
}

func custom(s *water.Section, h float64) (width, area, radius float64) {
	at := func(z float64) float64 { return s.Form.At(z/s.Height) * s.Height }
	perimeter := at(0)
	const n = 400
	step := h / n
	for k := range n {
		lo, hi := at(float64(k)*step), at(float64(k+1)*step)
		area += step * (lo + hi) / 2
		perimeter += 2 * math.Hypot(step, (hi-lo)/2)
	}
	width = at(h)
	if h >= s.Height*(1-1e-12) {
		perimeter += width
	}
	if h > 0 && perimeter > 0 {
		radius = area / perimeter
	}
	return width, area, radius
}

// transect returns the radius that gives the sum of the parts' conveyances under the main channel's n.
func transect(s *water.Section, h float64) (width, area, radius float64) {
	low := math.Inf(1)
	for _, p := range s.Ground {
		low = math.Min(low, p.Z)
	}
	level := low + h
	var pa, pp [3]float64 // left bank, channel, right bank
	for k := 1; k < len(s.Ground); k++ {
		a, b := s.Ground[k-1], s.Ground[k]
		mid, bank := (a.Y+b.Y)/2, 1
		if s.RightBank > s.LeftBank {
			if mid < s.LeftBank {
				bank = 0
			} else if mid > s.RightBank {
				bank = 2
			}
		}
		da, db := level-a.Z, level-b.Z
		dy := b.Y - a.Y
		switch {
		case da <= 0 && db <= 0:
			continue
		case da > 0 && db > 0:
		default: // the water's edge lies between them
			f := math.Max(da, db) / math.Abs(da-db)
			dy *= f
			da, db = math.Max(da, db), 0
		}
		width += dy
		pa[bank] += dy * (da + db) / 2
		pp[bank] += math.Hypot(dy, da-db)
	}
	area = pa[0] + pa[1] + pa[2]
	var carry float64 // Σ A R^⅔ n_channel/n
	for k, share := range [3]float64{s.LeftN, 1, s.RightN} {
		if pa[k] > 0 && pp[k] > 0 && share > 0 {
			carry += pa[k] * math.Pow(pa[k]/pp[k], 2.0/3) / share
		}
	}
	if area > 0 {
		radius = math.Pow(carry/area, 1.5)
	}
	return width, area, radius
}
