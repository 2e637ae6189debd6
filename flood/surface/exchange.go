package surface

// Volumes writes what stands on each of cells, those of the Domain, to to, m³.
func (s *Sim) Volumes(cells []int32, to []float64) { s.eng.volumes(cells, to) }

// Exchange adds add m³ to the water on each of cells; a negative one takes, and never more than is there. It writes to add what
// it did in the run's precision, so that the two sides' accounts agree to the last bit. Cells without ground take nothing.
func (s *Sim) Exchange(cells []int32, add []float64) {
	s.eng.exchange(cells, add)
	for _, v := range add {
		if v > 0 {
			s.mass.Inflow += v
		} else {
			s.mass.Outflow -= v
		}
	}
}

func (c *core[F]) depth(k int) float64 {
	h := float64(c.h[k])
	if c.c != nil {
		h += float64(c.c[k])
	}
	return h
}

// volumes is what stands over each of the pixels alone: their cell's water reaches it by its level.
func (c *tabled[F]) volumes(pixels []int32, to []float64) {
	area := c.Fine.Cell * c.Fine.Cell
	for n, p := range pixels {
		to[n] = 0
		if at := int(c.cell[p]); at >= 0 {
			to[n] = c.Depth(int(p), c.level(at, float64(c.v[at])+float64(c.c[at]))) * area
			if c.dom.Open != nil {
				to[n] *= c.dom.Open[p]
			}
		}
	}
}

// exchange gives to the pixels' cells, or takes from them.
func (c *tabled[F]) exchange(pixels []int32, add []float64) {
	for n, p := range pixels {
		at := c.cell[p]
		if at < 0 || add[n] == 0 {
			add[n] = 0
			continue
		}
		was := float64(c.v[at]) + float64(c.c[at])
		now := max(was+add[n]/c.area(), 0)
		c.v[at] = F(now)
		c.c[at] = F(now - float64(c.v[at]))
		add[n] = (float64(c.v[at]) + float64(c.c[at]) - was) * c.area()
		c.peak[at] = max(c.peak[at], F(c.levelOf(int(at))))
	}
}

func (c *core[F]) volumes(cells []int32, to []float64) {
	for n, i := range cells {
		to[n] = c.depth(c.at(int(i)/c.cols, int(i)%c.cols)) * c.area
	}
}

func (c *core[F]) exchange(cells []int32, add []float64) {
	for n, i := range cells {
		r, col := int(i)/c.cols, int(i)%c.cols
		k := c.at(r, col)
		if c.z[k] >= beyond || add[n] == 0 {
			add[n] = 0
			continue
		}
		was := c.depth(k)
		now := max(was+add[n]/c.area, 0)
		c.h[k] = F(now)
		if c.c != nil {
			c.c[k] = F(now - float64(c.h[k]))
		}
		add[n] = (c.depth(k) - was) * c.area
		c.peak[k] = max(c.peak[k], c.h[k])
		if float64(c.h[k]) >= c.cfg.Dry {
			c.markWet(r, col/tile)
		}
	}
}
