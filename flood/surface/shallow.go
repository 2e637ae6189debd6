package surface

import "math"

// shallow is the finite-volume scheme. A sweep goes down the rows once: velocities and levels of a row, its slopes and its state
// half a step on, the fluxes of its west and north faces, the limit on what it gives; then the row before is moved.
type shallow[F Float] struct{ *core[F] }

// cellRow is a row of cells half a step on: state and half differences across.
type cellRow[F Float] struct{ h, u, v, e, hx, ux, vx, ex, hy, uy, vy, ey []F }

// faceRow is a row of fluxes.
type faceRow[F Float] struct{ mass, before, after, across []F }

type shallowScratch[F Float] struct {
	prim       [ring][5][]F // depth, velocities, level and ease at the start of the step
	cells      [ring]cellRow[F]
	west       [ring]faceRow[F]
	north      [ring]faceRow[F]
	lack, fast []F
	both       []uint64
}

func newShallow[F Float](d *Domain, cfg Config) *core[F] {
	c := newCore[F](d, cfg)
	var top F
	for i, n := range d.Manning {
		k := c.at(i/c.cols, i%c.cols)
		c.n[k] = F(n * n)
		if d.U != nil {
			c.qx[k] = c.h[k] * F(d.U[i])
		}
		if d.V != nil {
			c.qy[k] = c.h[k] * F(d.V[i])
		}
		if c.h[k] > 0 {
			top = max(top, max(abs(c.qx[k]), abs(c.qy[k]))/c.h[k]+sqrt(gravity*c.h[k]))
		}
	}
	row := func() []F { return make([]F, c.stride) }
	for _, b := range c.bands {
		w := &shallowScratch[F]{lack: row(), fast: row(), both: make([]uint64, c.act.words)}
		for i := range ring {
			for k := range w.prim[i] {
				w.prim[i][k] = row()
			}
			w.cells[i] = cellRow[F]{row(), row(), row(), row(), row(), row(), row(), row(), row(), row(), row(), row()}
			w.west[i], w.north[i] = faceRow[F]{row(), row(), row(), row()}, faceRow[F]{row(), row(), row(), row()}
		}
		b.scratch, b.top = w, top
	}
	c.scheme = &shallow[F]{c}
	return c
}

func (c *shallow[F]) longest() float64 {
	fast := c.tops()[0]
	for s := range c.sides {
		for i := range c.sides[s] {
			g := &c.sides[s][i]
			if g.edge < 0 {
				continue
			}
			switch r, col := c.edgeCell(Side(s), i); c.dom.Edges[g.edge].Kind {
			case Level:
				fast = max(fast, 2*math.Sqrt(gravity*max(0, c.edgeVal[g.edge]-c.dom.Z[r*c.cols+col])))
			case Discharge:
				fast = max(fast, 2*math.Cbrt(gravity*math.Abs(c.edgeVal[g.edge])*g.share))
			}
		}
	}
	return c.cfg.Courant * c.dom.Cell / max(fast, 1e-6)
}

func (c *shallow[F]) sweep(b *band[F], s *step[F]) {
	w := b.scratch.(*shallowScratch[F])
	b.top = 0
	c.levels(b, w, s, b.from-3)
	c.levels(b, w, s, b.from-2)
	c.levels(b, w, s, b.from-1)
	c.halfway(b, w, s, b.from-2)
	for r := b.from - 1; r <= b.to+1; r++ {
		c.levels(b, w, s, r+1)
		c.halfway(b, w, s, r)
		c.northFlux(b, w, s, r)
		if r >= b.from {
			c.limitRow(b, w, s, r-1)
		}
		if r-2 >= b.from {
			c.moveRow(b, w, s, r-2)
		}
		if r <= b.to {
			c.westFlux(b, w, s, r)
		}
	}
}

// near clamps a row to those that have bits.
func (c *core[F]) near(r int) int { return min(max(r, -margin), c.rows+margin-1) }

func (c *shallow[F]) levels(b *band[F], w *shallowScratch[F], s *step[F], r int) {
	p := &w.prim[(r+ring)%ring]
	h, qx, qy, z, nn := c.row(b, c.h, r), c.row(b, c.qx, r), c.row(b, c.qy, r), c.ground(r), c.rough(r)
	for _, g := range c.unite(b, w.both, c.near(r-2), c.near(r+2)) {
		i, j := span(g)
		primitive(j-i, s, p[0][i:], p[1][i:], p[2][i:], p[3][i:], p[4][i:], h[i:], qx[i:], qy[i:], z[i:], nn[i:])
		p[3][i-1], p[3][j], p[0][i-1], p[0][j] = max(z[i-1], beyond), beyond, 0, 0
	}
}

func (c *shallow[F]) halfway(b *band[F], w *shallowScratch[F], s *step[F], r int) {
	x := &w.cells[(r+ring)%ring]
	p, pa, pb := &w.prim[(r+ring)%ring], &w.prim[(r-1+ring)%ring], &w.prim[(r+1+ring)%ring]
	nn := c.rough(r)
	for _, g := range c.unite(b, w.both, c.near(r-1), c.near(r+1)) {
		i, j := span(g)
		n := j - i
		slopes(n, s, x.hx[i:], x.ux[i:], x.vx[i:], x.ex[i:], p[0][i-1:], p[0][i:], p[0][i+1:], p[1][i-1:], p[1][i:], p[1][i+1:], p[2][i-1:], p[2][i:], p[2][i+1:], p[3][i-1:], p[3][i:], p[3][i+1:], p[4][i:])
		slopes(n, s, x.hy[i:], x.uy[i:], x.vy[i:], x.ey[i:], pa[0][i:], p[0][i:], pb[0][i:], pa[1][i:], p[1][i:], pb[1][i:], pa[2][i:], p[2][i:], pb[2][i:], pa[3][i:], p[3][i:], pb[3][i:], p[4][i:])
		copy(x.h[i:j], p[0][i:j])
		copy(x.u[i:j], p[1][i:j])
		copy(x.v[i:j], p[2][i:j])
		copy(x.e[i:j], p[3][i:j])
		predict(n, s, x.h[i:], x.u[i:], x.v[i:], x.e[i:], x.hx[i:], x.ux[i:], x.vx[i:], x.ex[i:], x.hy[i:], x.uy[i:], x.vy[i:], x.ey[i:], nn[i:])
		for _, k := range [2]int{i - 1, j} { // nothing comes from beyond a run
			x.h[k], x.u[k], x.v[k], x.e[k], x.hx[k], x.ux[k], x.vx[k], x.ex[k] = 0, 0, 0, beyond, 0, 0, 0, 0
		}
	}
}

func (c *shallow[F]) westFlux(b *band[F], w *shallowScratch[F], s *step[F], r int) {
	x, f := &w.cells[(r+ring)%ring], &w.west[(r+ring)%ring]
	for _, g := range c.unite(b, w.both, r, r) {
		i, j := span(g)
		flux(j-i, s, f.mass[i:], f.before[i:], f.after[i:], f.across[i:],
			x.h[i-1:], x.u[i-1:], x.v[i-1:], x.e[i-1:], x.hx[i-1:], x.ux[i-1:], x.vx[i-1:], x.ex[i-1:],
			x.h[i:], x.u[i:], x.v[i:], x.e[i:], x.hx[i:], x.ux[i:], x.vx[i:], x.ex[i:])
		f.mass[j], f.before[j], f.after[j], f.across[j] = 0, 0, 0, 0
		if r < 0 || r >= c.rows {
			continue
		}
		if k := tile; i == k && c.sides[West][r].edge >= 0 {
			f.mass[k], f.after[k], f.across[k] = c.edgeFlux(&c.sides[West][r], 1, x.h[k]-x.hx[k], x.u[k]-x.ux[k], x.v[k], x.e[k]-x.ex[k], r, 0)
		}
		if k := tile + c.cols; k < j && c.sides[East][r].edge >= 0 {
			f.mass[k], f.before[k], f.across[k] = c.edgeFlux(&c.sides[East][r], -1, x.h[k-1]+x.hx[k-1], x.u[k-1]+x.ux[k-1], x.v[k-1], x.e[k-1]+x.ex[k-1], r, c.cols-1)
		}
	}
}

func (c *shallow[F]) northFlux(b *band[F], w *shallowScratch[F], s *step[F], f int) {
	xa, xb, out := &w.cells[(f-1+ring)%ring], &w.cells[(f+ring)%ring], &w.north[(f+ring)%ring]
	for _, g := range c.unite(b, w.both, c.near(f-1), c.near(f)) {
		i, j := span(g)
		flux(j-i, s, out.mass[i:], out.before[i:], out.after[i:], out.across[i:],
			xa.h[i:], xa.v[i:], xa.u[i:], xa.e[i:], xa.hy[i:], xa.vy[i:], xa.uy[i:], xa.ey[i:],
			xb.h[i:], xb.v[i:], xb.u[i:], xb.e[i:], xb.hy[i:], xb.vy[i:], xb.uy[i:], xb.ey[i:])
		if f == 0 {
			for k := i; k < min(j, tile+c.cols); k++ {
				if e := &c.sides[North][k-tile]; e.edge >= 0 {
					out.mass[k], out.after[k], out.across[k] = c.edgeFlux(e, 1, xb.h[k]-xb.hy[k], xb.v[k]-xb.vy[k], xb.u[k], xb.e[k]-xb.ey[k], 0, k-tile)
				}
			}
		}
		if f == c.rows {
			for k := i; k < min(j, tile+c.cols); k++ {
				if e := &c.sides[South][k-tile]; e.edge >= 0 {
					out.mass[k], out.before[k], out.across[k] = c.edgeFlux(e, -1, xa.h[k]+xa.hy[k], xa.v[k]+xa.vy[k], xa.u[k], xa.e[k]+xa.ey[k], f-1, k-tile)
				}
			}
		}
	}
}

// edgeFlux is the flux through a face at the grid's edge, by the Riemann invariant that leaves the grid; inward is the sign of a
// flow into it, and h, u, v and e the depth, the velocities along and across and the level just inside.
func (c *shallow[F]) edgeFlux(g *gate, inward float64, hF, uF, vF, eF F, r, col int) (mass, momentum, across F) {
	h, u, z := max(float64(hF), 0), inward*float64(uF), float64(eF)-max(float64(hF), 0)
	if h < c.cfg.Dry {
		z = c.dom.Z[r*c.cols+col]
	}
	e, val := &c.dom.Edges[g.edge], c.edgeVal[g.edge]
	leave := u - 2*math.Sqrt(gravity*h) // is the same at the edge
	var q, depth float64                // inward, and at the edge
	switch e.Kind {
	case Open:
		q, depth = min(u, 0)*h, h
	case Slope:
		if h >= c.cfg.Dry {
			n := max(math.Sqrt(float64(c.n[c.at(r, col)])), 1e-4)
			q, depth = -min(math.Sqrt(e.Gradient)*math.Pow(h, 5.0/3)/n, 4*h*math.Sqrt(gravity*h)), h
		}
	case Discharge:
		q = val * g.share
		depth = max(h, c.cfg.Dry)
		if q > 0 {
			depth = inflowDepth(q, leave, h)
		}
	case Level:
		depth = max(val-z, 0)
		if leave < 0 {
			depth = max(depth, leave*leave/(9*gravity)) // no less than critical where it leaves
		}
		wave := math.Sqrt(gravity * depth)
		q = depth * min(leave+2*wave, wave)
	}
	if depth <= 0 {
		return 0, 0, 0
	}
	mass = F(inward * q)
	momentum = F(q*q/depth + gravity/2*(depth-h)*(depth+h))
	if q < 0 {
		across = mass * vF
	}
	return mass, momentum, across
}

// inflowDepth is the depth at which q m²/s enters against the invariant u − 2c, and no less than critical.
func inflowDepth(q, leave, start float64) float64 {
	critical := math.Cbrt(q * q / gravity)
	d := max(start, critical)
	for range 50 {
		wave := math.Sqrt(gravity * d)
		f := q/d - 2*wave - leave
		slope := -q/(d*d) - wave/d
		next := max(d-f/slope, d/4)
		if math.Abs(next-d) < 1e-13*d {
			d = next
			break
		}
		d = next
	}
	return max(d, critical)
}

// limitRow scales what the cells of row r give to what they hold.
func (c *shallow[F]) limitRow(b *band[F], w *shallowScratch[F], s *step[F], r int) {
	x, n, t := &w.west[(r+ring)%ring], &w.north[(r+ring)%ring], &w.north[(r+1+ring)%ring]
	h := w.prim[(r+ring)%ring][0]
	for _, g := range c.unite(b, w.both, r, r) {
		i, j := span(g)
		shortage(j-i, s, w.lack[i:], h[i:], x.mass[i:], x.mass[i+1:], n.mass[i:], t.mass[i:])
		if largest(w.lack[i:j]) <= 0 {
			continue
		}
		for k := i; k < j; k++ {
			if w.lack[k] <= 0 {
				continue
			}
			give := s.k * (max(x.mass[k+1], 0) - min(x.mass[k], 0) + (max(t.mass[k], 0) - min(n.mass[k], 0)))
			f := h[k] / give * s.nearAll
			if x.mass[k] < 0 {
				x.mass[k] *= f
				x.across[k] *= f
			}
			if x.mass[k+1] > 0 {
				x.mass[k+1] *= f
				x.across[k+1] *= f
			}
			if n.mass[k] < 0 {
				n.mass[k] *= f
				n.across[k] *= f
			}
			if t.mass[k] > 0 {
				t.mass[k] *= f
				t.across[k] *= f
			}
		}
	}
}

func (c *shallow[F]) moveRow(b *band[F], w *shallowScratch[F], s *step[F], r int) {
	k := c.at(r, -tile)
	h, peak, qx, qy, weight, nn := c.h[k:k+c.stride], c.peak[k:k+c.stride], c.qx[k:k+c.stride], c.qy[k:k+c.stride], c.weightRow(r), c.rough(r)
	x, f, t, u := &w.cells[(r+ring)%ring], &w.west[(r+ring)%ring], &w.north[(r+ring)%ring], &w.north[(r+1+ring)%ring]
	c.clearWet(r)
	for _, g := range c.unite(b, w.both, r, r) {
		i, j := span(g)
		if c.c != nil {
			fillExact(j-i, s, h[i:], c.c[k+i:], peak[i:], f.mass[i:], f.mass[i+1:], t.mass[i:], u.mass[i:], weight[i:])
		} else {
			fill(j-i, s, h[i:], peak[i:], f.mass[i:], f.mass[i+1:], t.mass[i:], u.mass[i:], weight[i:])
		}
		if e := tile + c.cols; e < j { // what passed the east edge
			h[e], peak[e] = 0, 0
			if c.c != nil {
				c.c[k+e] = 0
			}
		}
		push(j-i, s, qx[i:], qy[i:], w.fast[i:], h[i:], nn[i:], x.h[i:], x.ex[i:], x.ey[i:],
			f.after[i:], f.before[i+1:], t.after[i:], u.before[i:], f.across[i:], f.across[i+1:], t.across[i:], u.across[i:])
		b.top = max(b.top, largest(w.fast[i:j]))
		for t := g.from; t < g.to; t++ {
			c.mark(r, t, wetBits(h[tile*(t+1):tile*(t+2)], s.dry))
		}
	}
	c.keepEdgeFlows(r, f.mass, t.mass, u.mass)
}
