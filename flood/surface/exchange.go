package surface

// exchanger is an engine whose cells give and take.
type exchanger interface {
	volumes(cells []int32, to []float64)
	exchange(cells []int32, add []float64)
}

// Exchanges reports whether the run's cells can give and take water by Volumes and Exchange.
func (s *Sim) Exchanges() bool {
	_, ok := s.eng.(exchanger)
	return ok
}

// Volumes writes what stands on each of cells to to, m³. It must be a run that Exchanges.
func (s *Sim) Volumes(cells []int32, to []float64) { s.eng.(exchanger).volumes(cells, to) }

// Exchange adds add m³ to the water on each of cells; a negative one takes, and never more than is there. It writes to add what
// it did in the run's precision, so that the two sides' accounts agree to the last bit. Cells without ground take nothing.
func (s *Sim) Exchange(cells []int32, add []float64) {
	s.eng.(exchanger).exchange(cells, add)
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
