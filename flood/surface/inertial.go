package surface

import "math"

// inertial is the local-inertial scheme. A sweep goes down the rows once: at row r it computes the flows through the row's west
// faces and the faces to its south, limits what row r gives, and then fills row r−1, whose flows are now final.
type inertial[F Float] struct{ *core[F] }

// inertialScratch holds a few rows of new flows and of old velocities, by row modulo the ring.
type inertialScratch[F Float] struct {
	qx, qy, ux, uy [ring][]F
	lack           []F
	both           []uint64
	own            [ring][]run // of each row
}

const ring = 4

func newInertial[F Float](d *Domain, cfg Config) *core[F] {
	c := newCore[F](d, cfg)
	for i, n := range d.Manning {
		c.n[c.at(i/c.cols, i%c.cols)] = F(n)
	}
	for _, b := range c.bands {
		w := &inertialScratch[F]{lack: make([]F, c.stride), both: make([]uint64, c.act.words)}
		for i := range ring {
			w.qx[i], w.qy[i], w.ux[i], w.uy[i] = make([]F, c.stride), make([]F, c.stride), make([]F, c.stride), make([]F, c.stride)
		}
		b.scratch = w
		for r := b.from; r < b.to; r++ {
			k := c.at(r, 0)
			b.top = max(b.top, largest(c.h[k:k+tile*c.wet.across]))
		}
	}
	c.scheme = &inertial[F]{c}
	return c
}

func (c *inertial[F]) longest() float64 {
	tops := c.tops()
	// Deepest of what stands and of what an edge is about to let in.
	deep := tops[0]
	for s := range c.sides {
		for i := range c.sides[s] {
			if g := c.sides[s][i]; g.edge >= 0 && c.dom.Edges[g.edge].Kind == Level {
				r, col := c.edgeCell(Side(s), i)
				deep = max(deep, c.edgeVal[g.edge]-c.dom.Z[r*c.cols+col])
			}
		}
	}
	wave := math.Sqrt(gravity * max(min(deep, c.deepest()), c.cfg.Dry))
	// With the neighbours' weight in a face's flow, the shortest waves across both axes grow from a Courant number of √(θ/2) on.
	limit := min(c.cfg.Courant, 0.97*math.Sqrt(c.cfg.Theta/2)) * c.dom.Cell / wave
	if !c.cfg.NoAdvection {
		limit = min(limit, 0.7*c.dom.Cell/(wave+tops[1]))
	}
	return limit
}

// span returns the places in a row of a run of tiles.
func span(g run) (from, to int) { return tile * (g.from + 1), tile * (g.to + 1) }

func (c *inertial[F]) sweep(b *band[F], s *step[F]) {
	w := b.scratch.(*inertialScratch[F])
	b.top, b.speed = 0, 0
	first, last := max(b.from-1, c.lo-1), min(b.to, c.hi+1) // beyond them nothing moves
	if first > last {
		return
	}
	if !c.cfg.NoAdvection {
		c.speeds(b, w, s, first-1)
		c.speeds(b, w, s, first)
		c.speedsWest(b, w, s, first-1)
		c.speedsWest(b, w, s, first)
	}
	c.south(b, w, s, first-1)
	for r := first; r <= last; r++ {
		if !c.cfg.NoAdvection {
			c.speedsWest(b, w, s, r+1)
		}
		c.west(b, w, s, r)
		c.south(b, w, s, r)
		c.limitRow(b, w, s, r)
		if r > b.from && r > first {
			c.fillRow(b, w, s, r-1)
		}
	}
}

// unite sets b's runs to the tiles that are stepped in any of rows from … to.
func (c *core[F]) unite(b *band[F], both []uint64, from, to int) []run {
	copy(both, c.act.row(from))
	for r := from + 1; r <= to; r++ {
		for i, w := range c.act.row(r) {
			both[i] |= w
		}
	}
	b.runs = runs(b.runs[:0], both)
	return b.runs
}

// speeds computes the old velocities through face row f, the north faces of row f.
func (c *inertial[F]) speeds(b *band[F], w *inertialScratch[F], s *step[F], f int) {
	u, q, ha, hb, za, zb := w.uy[(f+ring)%ring], c.row(b, c.qy, f), c.row(b, c.h, f-1), c.row(b, c.h, f), c.ground(f-1), c.ground(f)
	for _, g := range c.unite(b, w.both, max(f-2, -margin), min(f+1, c.rows+margin-1)) {
		i, j := span(g)
		faceSpeed(j-i, s, u[i:], q[i:], ha[i:], hb[i:], za[i:], zb[i:])
		if f == 0 || f == c.rows { // at the grid's edge the depth is that of the cell inside
			side, h := c.sides[North], hb
			if f == c.rows {
				side, h = c.sides[South], ha
			}
			for k := i; k < min(j, tile+c.cols); k++ {
				if side[k-tile].edge >= 0 {
					u[k] = q[k] / max(h[k], s.dry)
				}
			}
		}
		b.speed = max(b.speed, fastest(u[i:j]))
	}
}

// speedsWest computes the old velocities through the west faces of row r.
func (c *inertial[F]) speedsWest(b *band[F], w *inertialScratch[F], s *step[F], r int) {
	u, q, h, z := w.ux[(r+ring)%ring], c.row(b, c.qx, r), c.row(b, c.h, r), c.ground(r)
	for _, g := range c.unite(b, w.both, max(r-1, -margin), min(r+1, c.rows+margin-1)) {
		i, j := span(g)
		u[i-1], u[j] = 0, 0 // no flow beyond a run
		faceSpeed(j-i, s, u[i:], q[i:], h[i-1:], h[i:], z[i-1:], z[i:])
		if r >= 0 && r < c.rows {
			if e := tile; i == e && c.sides[West][r].edge >= 0 {
				u[e] = q[e] / max(h[e], s.dry)
			}
			if e := tile + c.cols; e < j && c.sides[East][r].edge >= 0 {
				u[e] = q[e] / max(h[e-1], s.dry)
			}
		}
		b.speed = max(b.speed, fastest(u[i:j]))
	}
}

// ground returns a row of the ground, which is the same before and after a step.
func (c *core[F]) ground(r int) []F { return c.z[(r+margin)*c.stride : (r+margin+1)*c.stride] }
func (c *core[F]) rough(r int) []F  { return c.n[(r+margin)*c.stride : (r+margin+1)*c.stride] }

// west computes the new flows through the west faces of row r.
func (c *inertial[F]) west(b *band[F], w *inertialScratch[F], s *step[F], r int) {
	out, q, h, z, n := w.qx[(r+ring)%ring], c.row(b, c.qx, r), c.row(b, c.h, r), c.ground(r), c.rough(r)
	ta, tb := c.row(b, c.qy, r), c.row(b, c.qy, r+1)
	own := runs(w.own[(r+ring)%ring][:0], c.act.row(r))
	w.own[(r+ring)%ring] = own
	for _, g := range own {
		i, j := span(g)
		if c.cfg.NoAdvection {
			faceFlow(j-i, s, out[i:], q[i-1:], q[i:], q[i+1:], ta[i-1:], ta[i:], tb[i-1:], tb[i:], h[i-1:], h[i:], z[i-1:], z[i:], n[i-1:], n[i:])
		} else {
			ul, u, ur := w.ux[(r-1+ring)%ring], w.ux[(r+ring)%ring], w.ux[(r+1+ring)%ring]
			faceFlowAdvected(j-i, s, out[i:], q[i-1:], q[i:], q[i+1:], u[i-1:], u[i:], u[i+1:], ul[i:], ur[i:], ta[i-1:], ta[i:], tb[i-1:], tb[i:], h[i-1:], h[i:], z[i-1:], z[i:], n[i-1:], n[i:])
		}
		out[j] = 0
	}
	if r >= 0 && r < c.rows {
		if g := &c.sides[West][r]; g.edge >= 0 {
			i := tile
			out[i] = F(c.edgeFlow(g, s, 1, float64(q[i]), float64(out[i+1]), float64(h[i]), float64(z[i]), float64(n[i])))
		}
		if g := &c.sides[East][r]; g.edge >= 0 {
			i := tile + c.cols
			out[i] = F(c.edgeFlow(g, s, -1, float64(q[i]), float64(out[i-1]), float64(h[i-1]), float64(z[i-1]), float64(n[i-1])))
		}
	}
}

// south computes the new flows through the faces between rows r and r+1.
func (c *inertial[F]) south(b *band[F], w *inertialScratch[F], s *step[F], r int) {
	f := r + 1
	if !c.cfg.NoAdvection {
		c.speeds(b, w, s, f+1)
	}
	out, qa, q, qb := w.qy[(f+ring)%ring], c.row(b, c.qy, f-1), c.row(b, c.qy, f), c.row(b, c.qy, f+1)
	ha, hb, za, zb, na, nb := c.row(b, c.h, r), c.row(b, c.h, f), c.ground(r), c.ground(f), c.rough(r), c.rough(f)
	ta, tb := c.row(b, c.qx, r), c.row(b, c.qx, f)
	ua, u, ub := w.uy[(f-1+ring)%ring], w.uy[(f+ring)%ring], w.uy[(f+1+ring)%ring]
	for _, g := range c.unite(b, w.both, r, f) {
		i, j := span(g)
		if c.cfg.NoAdvection {
			faceFlow(j-i, s, out[i:], qa[i:], q[i:], qb[i:], ta[i:], ta[i+1:], tb[i:], tb[i+1:], ha[i:], hb[i:], za[i:], zb[i:], na[i:], nb[i:])
		} else {
			faceFlowAdvected(j-i, s, out[i:], qa[i:], q[i:], qb[i:], ua[i:], u[i:], ub[i:], u[i-1:], u[i+1:], ta[i:], tb[i:], ta[i+1:], tb[i+1:], ha[i:], hb[i:], za[i:], zb[i:], na[i:], nb[i:])
		}
		if f != 0 && f != c.rows {
			continue
		}
		side, sign, h, z, n := c.sides[North], 1.0, hb, zb, nb
		if f == c.rows {
			side, sign, h, z, n = c.sides[South], -1, ha, za, na
		}
		inner := c.row(b, c.qy, f+int(sign))
		for k := i; k < min(j, tile+c.cols); k++ {
			if e := &side[k-tile]; e.edge >= 0 {
				out[k] = F(c.edgeFlow(e, s, sign, float64(q[k]), float64(inner[k]), float64(h[k]), float64(z[k]), float64(n[k])))
			}
		}
	}
}

// edgeFlow is the flow through a face at the grid's edge; inward is the sign of a flow into the grid, old the face's old flow,
// inner that of the next face inside, and h, z and n those of the cell inside.
func (c *core[F]) edgeFlow(g *gate, s *step[F], inward, old, inner, h, z, n float64) float64 {
	return edgeDischarge(&c.dom.Edges[g.edge], c.edgeVal[g.edge], g.share, c.cfg.Dry, float64(s.dt), float64(s.gk), inward, old, inner, h, z, n)
}

func edgeDischarge(e *Edge, val, share, dry, dt, gk, inward, old, inner, h, z, n float64) float64 {
	switch e.Kind {
	case Discharge:
		return inward * val * share
	case Open:
		out := min(inward*inner, 0)
		return inward * max(out, -h*math.Sqrt(gravity*h))
	case Slope:
		if h < dry {
			return 0
		}
		return -inward * min(math.Sqrt(e.Gradient)*math.Pow(h, 5.0/3)/max(n, 1e-4), h*math.Sqrt(gravity*h))
	}
	// A given level stands a full cell outside, over the same ground.
	outside := max(val-z, 0)
	depth := max(outside, h)
	if depth < dry {
		return 0
	}
	r := inward*old + gk*depth*(outside-h)
	f := 4 * gravity * dt * n * n / math.Pow(depth, 7.0/3)
	q := 2 * r / (1 + math.Sqrt(1+f*math.Abs(r)))
	top := depth * math.Sqrt(gravity*depth)
	return inward * max(min(q, top), -top)
}

// limitRow scales what the cells of row r give to what they hold.
func (c *inertial[F]) limitRow(b *band[F], w *inertialScratch[F], s *step[F], r int) {
	h, qw, qn, qs := c.row(b, c.h, r), w.qx[(r+ring)%ring], w.qy[(r+ring)%ring], w.qy[(r+1+ring)%ring]
	for _, g := range w.own[(r+ring)%ring] {
		i, j := span(g)
		lack := w.lack[i:j]
		shortage(j-i, s, lack, h[i:], qw[i:], qw[i+1:], qn[i:], qs[i:])
		if largest(lack) <= 0 {
			continue
		}
		for k := i; k < j; k++ {
			if w.lack[k] <= 0 {
				continue
			}
			give := s.k * (max(qw[k+1], 0) - min(qw[k], 0) + (max(qs[k], 0) - min(qn[k], 0)))
			f := h[k] / give * s.nearAll
			if qw[k] < 0 {
				qw[k] *= f
			}
			if qw[k+1] > 0 {
				qw[k+1] *= f
			}
			if qn[k] < 0 {
				qn[k] *= f
			}
			if qs[k] > 0 {
				qs[k] *= f
			}
		}
	}
}

// fillRow moves the water of row r and keeps its flows.
func (c *inertial[F]) fillRow(b *band[F], w *inertialScratch[F], s *step[F], r int) {
	k := c.at(r, -tile)
	h, peak, qx, qy, weight := c.h[k:k+c.stride], c.peak[k:k+c.stride], c.qx[k:k+c.stride], c.qy[k:k+c.stride], c.weightRow(r)
	qw, qn, qs := w.qx[(r+ring)%ring], w.qy[(r+ring)%ring], w.qy[(r+1+ring)%ring]
	c.clearWet(r)
	for _, g := range w.own[(r+ring)%ring] {
		i, j := span(g)
		if c.c != nil {
			fillExact(j-i, s, h[i:], c.c[k+i:], peak[i:], qw[i:], qw[i+1:], qn[i:], qs[i:], weight[i:])
		} else {
			fill(j-i, s, h[i:], peak[i:], qw[i:], qw[i+1:], qn[i:], qs[i:], weight[i:])
		}
		if e := tile + c.cols; i <= e && e < j { // what passed the east edge
			h[e], peak[e] = 0, 0
			if c.c != nil {
				c.c[k+e] = 0
			}
		}
		copy(qx[i:j], qw[i:j])
		copy(qy[i:j], qn[i:j])
		if r == c.rows-1 {
			copy(c.qy[k+c.stride+i:k+c.stride+j], qs[i:j])
		}
		b.top = max(b.top, largest(h[i:j]))
		for t := g.from; t < g.to; t++ {
			c.mark(r, t, wetBits(h[tile*(t+1):tile*(t+2)], s.dry))
		}
	}
	c.keepEdgeFlows(r, qw, qn, qs)
}

// keepEdgeFlows notes what came in through the edges at row r.
func (c *core[F]) keepEdgeFlows(r int, qw, qn, qs []F) {
	act := c.act.row(r)
	for _, side := range [2]Side{West, East} {
		if g := &c.sides[side][r]; g.edge >= 0 {
			i, sign := 0, 1.0
			if side == East {
				i, sign = c.cols, -1
			}
			g.q = 0
			if b := i / tile; act[b/64]>>(b%64)&1 == 1 {
				g.q = sign * float64(qw[tile+i])
			}
		}
	}
	keep := func(side []gate, q []F, sign float64) {
		for i := range side {
			if side[i].edge < 0 {
				continue
			}
			side[i].q = 0
			if b := i / tile; act[b/64]>>(b%64)&1 == 1 {
				side[i].q = sign * float64(q[tile+i])
			}
		}
	}
	if r == 0 {
		keep(c.sides[North], qn, 1)
	}
	if r == c.rows-1 {
		keep(c.sides[South], qs, -1)
	}
}
