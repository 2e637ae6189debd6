package surface

import (
	"math"

	"citybrain/city/water"
)

// throughStructure is the discharge in m³/s from the side whose level is up to that whose level is down, up ≥ down, at opening 0–1.
func throughStructure(s *water.Structure, up, down, opening float64) float64 {
	coefficient := func(usual float64) float64 {
		if s.Coefficient > 0 {
			return s.Coefficient
		}
		return usual
	}
	switch s.Kind {
	case water.Weir:
		return overWeir(coefficient(1.7), s.Width, up-s.Sill, down-s.Sill)
	case water.Gate:
		return throughOpening(coefficient(0.61), s.Width, s.Height*opening, up-s.Sill, down-s.Sill)
	case water.Bridge:
		return throughOpening(coefficient(0.61), s.Width, s.Height, up-s.Sill, down-s.Sill) + overWeir(1.7, s.Width, up-s.Deck, down-s.Deck)
	}
	// A culvert passes what its length carries, and when its outlet is free no more than its entrance lets in.
	flowing := min(up-s.Sill, s.Height)
	if flowing <= 0 {
		return 0
	}
	area, wetted := s.Width*flowing, s.Width+2*flowing
	if up-s.Sill >= s.Height {
		wetted += s.Width
	}
	loss := coefficient(1.5) + 2*gravity*s.Manning*s.Manning*s.Length/math.Pow(area/wetted, 4.0/3)
	carried := func(head float64) float64 { return area * math.Sqrt(2*gravity*max(head, 0)/loss) }
	if down-s.Sill >= s.Height {
		return carried(up - down)
	}
	return min(carried(up-max(down, s.Sill+flowing/2)), throughOpening(0.61, s.Width, s.Height, up-s.Sill, down-s.Sill))
}

// overWeir is the flow over a broad crest with heads up and down over it, drowned by Villemonte 1947.
func overWeir(c, width, up, down float64) float64 {
	if up <= 0 {
		return 0
	}
	q := c * width * up * math.Sqrt(up)
	if down > 0 {
		q *= math.Pow(max(1-math.Pow(min(down/up, 1), 1.5), 0), 0.385)
	}
	return q
}

// throughOpening is the flow below a gate or soffit a over the sill: over the sill while the water does not reach it, else as
// through an orifice under the head over its middle, or over the water behind when that stands higher.
func throughOpening(c, width, a, up, down float64) float64 {
	if up <= 0 || a <= 0 {
		return 0
	}
	weir := overWeir(1.7, width, up, down)
	if up <= a {
		return weir
	}
	return min(weir, c*width*a*math.Sqrt(2*gravity*max(up-max(down, a/2), 0)))
}

// passage is a structure's cells in the fields.
type passage struct{ a, b int }

// structures moves the water of a step through structures, no more than half of what would level its two cells.
func (c *core[F]) structures(t, dt float64) {
	for k := range c.passages {
		s, p := &c.dom.Structures[k], c.passages[k]
		from, to, sign := p.a, p.b, 1.0
		up, down := c.levelAt(p.a), c.levelAt(p.b)
		if up < down {
			from, to, sign = p.b, p.a, -1
			up, down = down, up
		}
		opening := 1.0
		if len(s.Opening.T) > 0 {
			opening = s.Opening.Mean(t, t+dt)
		}
		c.through[k] = 0
		if sign < 0 && s.OneWay {
			continue
		}
		v := throughStructure(s, up, down, opening) * dt / c.area
		v = min(v, (up-down)/4, float64(c.h[from])*(1-1e-6))
		if v <= 0 {
			continue
		}
		c.through[k] = sign * v * c.area / dt
		c.change(from, -v)
		c.change(to, v)
	}
}

func (c *core[F]) levelAt(i int) float64 { return float64(c.z[i]) + float64(c.h[i]) }

// change adds v metres of water in place i, and keeps what rounding loses.
func (c *core[F]) change(i int, v float64) {
	now := float64(c.h[i]) + v
	if c.c != nil {
		now += float64(c.c[i])
	}
	c.h[i] = F(max(now, 0))
	if c.c != nil {
		c.c[i] = F(now - float64(c.h[i]))
	}
	c.peak[i] = max(c.peak[i], c.h[i])
	if c.h[i] >= F(c.cfg.Dry) {
		r, col := i/c.stride-margin, i%c.stride-tile
		c.markWet(r, col/tile)
	}
}

// breach lowers the ground of breaches as far as they have come at time t.
func (c *core[F]) breach(t float64) {
	for k := range c.dom.Breaches {
		b := &c.dom.Breaches[k]
		cells := c.breaching[k]
		if math.IsNaN(c.begun[k]) {
			if !math.IsNaN(b.Start) && t >= b.Start || !math.IsNaN(b.Level) && c.standsAt(cells, b.Level) {
				c.begun[k] = t
			} else {
				continue
			}
		}
		part := 1.0
		if b.Duration > 0 {
			part = min((t-c.begun[k])/b.Duration, 1)
		}
		for _, i := range cells {
			r, col := i/c.stride-margin, i%c.stride-tile
			if z := c.dom.Z[r*c.cols+col]; z > b.Sill {
				c.z[i] = F(z + part*(b.Sill-z))
			}
		}
	}
}

// standsAt reports whether water in one of cells, or beside one, has its level at level.
func (c *core[F]) standsAt(cells []int, level float64) bool {
	for _, i := range cells {
		for _, j := range [5]int{i, i - 1, i + 1, i - c.stride, i + c.stride} {
			if c.z[j] < wall && float64(c.h[j]) >= c.cfg.Dry && c.levelAt(j) >= level {
				return true
			}
		}
	}
	return false
}

const airOverWater = 1.225 / 1000 // of their densities

// blow lets the wind's stress act on water that is a centimetre deep at least; its coefficient is Wu's (1982).
func (c *core[F]) blow(t, dt float64) {
	w := c.dom.Wind.Speed.Mean(t, t+dt)
	if w <= 0 {
		return
	}
	push := airOverWater * (0.8 + 0.065*w) * 1e-3 * w * w * dt
	sin, cos := math.Sincos(c.dom.Wind.From.At(t) * math.Pi / 180)
	x, y := F(-sin*push), F(cos*push)
	const deep = 0.01
	inertial := c.cfg.Scheme == Inertial
	for r := range c.rows {
		k := c.at(r, 0)
		for i := k; i < k+c.cols; i++ {
			if c.h[i] < deep {
				continue
			}
			if !inertial || c.h[i-1] >= deep {
				c.qx[i] += x
			}
			if !inertial || c.h[i-c.stride] >= deep {
				c.qy[i] += y
			}
		}
	}
}
