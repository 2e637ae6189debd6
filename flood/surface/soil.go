package surface

import (
	"math"

	"citybrain/city/water"
)

// soak lets the ground take water for dt seconds and returns what it took, m³. soaked is what each cell has taken so far (Green & Ampt) or
// the rain that has fallen on it (curve number), m.
func (c *core[F]) soak(dt float64, rain F) float64 {
	d := c.dom
	if c.soaked == nil {
		return 0
	}
	c.each(func(b *band[F]) {
		for r := b.from; r < b.to; r++ {
			weight := c.weightRow(r)[tile:]
			k := c.at(r, 0)
			var row float64
			for col := range c.cols {
				i := r*c.cols + col
				kind := 0
				if d.SoilOf != nil {
					kind = int(d.SoilOf[i])
				}
				if kind < 0 || c.z[k+col] > wall {
					continue
				}
				s, has := &d.Soils[kind], float64(c.h[k+col])
				var take float64
				if s.Number > 0 {
					fell := float64(rain) * float64(weight[col])
					if fell == 0 {
						continue
					}
					take = fell - (runoff(s, c.soaked[i]+fell) - runoff(s, c.soaked[i]))
					c.soaked[i] += fell
					take = min(take, has)
				} else {
					if has <= 0 {
						continue
					}
					take = min(capacity(s, c.soaked[i], dt), has)
					c.soaked[i] += take
				}
				now := has - take
				if c.c != nil {
					now += float64(c.c[k+col])
				}
				was := has
				if c.c != nil {
					was += float64(c.c[k+col])
				}
				c.h[k+col] = F(max(now, 0))
				left := float64(c.h[k+col])
				if c.c != nil {
					c.c[k+col] = F(now - left)
					left += float64(c.c[k+col])
				}
				row += was - left
			}
			c.lost[r] = row
		}
	})
	var sum float64
	for _, v := range c.lost {
		sum += v
	}
	return sum * c.area
}

// capacity is what ponded ground that has taken f metres takes in dt seconds (Green & Ampt 1911): the root x of
// x − f − a·ln((x + a)/(f + a)) = K·dt, less f, with a suction times deficit.
func capacity(s *water.Soil, f, dt float64) float64 {
	a, k := s.Suction*s.Deficit, s.Conductivity*dt
	if a <= 0 || k <= 0 {
		return k
	}
	x := k + math.Sqrt(f*f+2*a*k)
	for range 6 {
		step := (x - f - a*math.Log((x+a)/(f+a)) - k) * (x + a) / x
		x -= step
		if math.Abs(step) < 1e-12 {
			break
		}
	}
	return max(x-f, 0)
}

// runoff is that of p metres of rain by the curve number (USDA, National Engineering Handbook 630, ch. 10).
func runoff(s *water.Soil, p float64) float64 {
	storage := 0.0254 * (1000/s.Number - 10)
	if p -= s.Initial * storage; p <= 0 {
		return 0
	}
	return p * p / (p + storage)
}
