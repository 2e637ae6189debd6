package surface

import "math"

// poolTables are a Subgrid's in the precision of the fields.
type poolTables[F Float] struct {
	*Subgrid
	base, room []F
	mean       [storageGroups][]F // height of the lowest 1, 2 … 8 parts
	face       [2]struct {
		width       []F
		sill, carry [sillGroups][]F
	}
}

func newPoolTables[F Float](g *Subgrid) *poolTables[F] {
	t := &poolTables[F]{Subgrid: g, base: narrow[F](g.base), room: make([]F, g.size)}
	for i, open := range g.open {
		if open > 0 {
			t.room[i] = F(1 / open)
		}
	}
	sum := make([]float64, g.size)
	for j := range t.mean {
		t.mean[j] = make([]F, g.size)
		for i := range sum {
			sum[i] += g.groups[j][i]
			t.mean[j][i] = F(sum[i] / float64(j+1))
		}
	}
	for a := range t.face {
		t.face[a].width = narrow[F](g.west[a].width)
		for j := range sillGroups {
			t.face[a].sill[j], t.face[a].carry[j] = narrow[F](g.west[a].sill[j]), narrow[F](g.west[a].carry[j])
		}
	}
	return t
}

func narrow[F Float](v []float64) []F {
	out := make([]F, len(v))
	for i := range v {
		out[i] = F(v[i])
	}
	return out
}

// pools is the water of one member on the cells of a Subgrid.
type pools[F Float] struct {
	*poolTables[F]
	v, c    []F // water over a cell's area, m, and what its rounding lost
	qx, qy  []F // through west and north faces over a cell's width, m²/s
	peak    []F // highest level over a cell's base, m
	rain    []F // m/s, over a cell's area; empty: none
	zero    []F // a row of nothing
	e, thin [2][]F
	share   [2][]F
	nx      []F
	ny      [2][]F
	rim     func(p *pools[F], s *step[F], r int) // sets flows through the grid's edges; may be nil
}

func newPools[F Float](t *poolTables[F]) *pools[F] {
	field, row := func() []F { return make([]F, t.size) }, func() []F { return make([]F, t.stride) }
	p := &pools[F]{poolTables: t, v: field(), c: field(), qx: field(), qy: field(), peak: field(), zero: row(), nx: row()}
	for i := range 2 {
		p.e[i], p.thin[i], p.share[i], p.ny[i] = row(), row(), row(), row()
	}
	return p
}

// advance takes one step, in one way down the rows.
func (p *pools[F]) advance(s *step[F], notePeaks bool) {
	clear(p.e[1])
	clear(p.thin[1])
	fillWith(p.share[0], 1)
	fillWith(p.share[1], 1)
	for r := range p.Grid.Rows + 2 {
		p.sweep(r, s, notePeaks)
	}
}

// sweep gives the levels of row r, the flows through its west faces and through the faces to its north; then row r−1 is known to
// hold what it gives; then the water of row r−2 moves.
func (p *pools[F]) sweep(r int, s *step[F], notePeaks bool) {
	rows, stride := p.Grid.Rows, p.stride
	a, n := tile, stride-2*tile
	row := func(f []F, r int) []F { return f[(r+1)*stride+a : (r+2)*stride] }
	now, before := r&1, 1-r&1
	if r <= rows {
		k := (r+1)*stride + a
		e, thin := p.e[now], p.thin[now]
		p.levels(n, s, e[a:], thin[a:], row(p.v, r), k)
		if r < rows {
			if notePeaks {
				highest(n, s, row(p.peak, r), e[a:])
			}
			q := p.qx[(r+1)*stride:]
			p.release(0, n, s, p.nx[a:], q[a-1:], q[a:], q[a+1:], e[a-1:], e[a:], thin[a-1:], thin[a:], k-1, k)
		}
		behind, q := p.qy[r*stride:], p.qy[(r+1)*stride:]
		past := q // there is none past the last row
		if r < rows {
			past = p.qy[(r+2)*stride:]
		}
		p.release(1, n, s, p.ny[now][a:], behind[a:], q[a:], past[a:], p.e[before][a:], e[a:], p.thin[before][a:], thin[a:], k-stride, k)
	}
	if p.rim != nil && r <= rows {
		p.rim(p, s, r)
	}
	if r >= 1 {
		if r-1 == rows {
			fillWith(p.share[before], 1)
		} else {
			x := row(p.qx, r-1)
			share(n, s, p.share[before][a:], row(p.v, r-1), x, x[1:], p.ny[before][a:], p.ny[now][a:])
			fillWith(p.share[before][a+p.cols:], 1) // what comes in from outside is not held by a cell
			give(n, s, x, x, p.share[before][a-1:], p.share[before][a:])
		}
		give(n, s, row(p.qy, r-1), p.ny[before][a:], p.share[now][a:], p.share[before][a:])
	}
	if r >= 2 {
		rain := p.zero[a:]
		if len(p.rain) > 0 {
			rain = row(p.rain, r-2)
		}
		x := row(p.qx, r-2)
		gather(n, s, row(p.v, r-2), row(p.c, r-2), x, x[1:], row(p.qy, r-2), row(p.qy, r-1), rain)
	}
	if r < rows {
		copy(row(p.qx, r)[:n], p.nx[a:]) // limited in the next call
	}
}

func fillWith[F Float](v []F, x F) {
	for i := range v {
		v[i] = x
	}
}

func (p *pools[F]) levels(n int, s *step[F], e, thin, v []F, k int) {
	t := p.poolTables
	if p.onePixel {
		poolEven(n, s, e, thin, v, t.room[k:])
		return
	}
	pool(n, s, e, thin, v, t.room[k:], t.mean[1][k:], t.mean[2][k:], t.mean[3][k:], t.mean[4][k:], t.mean[5][k:], t.mean[6][k:], t.mean[7][k:])
}

func (p *pools[F]) release(axis, n int, s *step[F], out, qa, q, qb, ea, eb, ta, tb []F, ka, k int) {
	f := &p.face[axis]
	if p.onePixel {
		releaseEven(n, s, out, qa, q, qb, ea, eb, ta, tb, p.base[ka:], p.base[k:], f.width[k:], f.sill[0][k:], f.carry[0][k:])
		return
	}
	release(n, s, out, qa, q, qb, ea, eb, ta, tb, p.base[ka:], p.base[k:], f.width[k:],
		f.sill[0][k:], f.sill[1][k:], f.sill[2][k:], f.sill[3][k:], f.carry[0][k:], f.carry[1][k:], f.carry[2][k:], f.carry[3][k:])
}

// levelOf is the level in place i over the cell's base, as pool gives it.
func (p *pools[F]) levelOf(i int) float64 { return p.levelAt(i, float64(p.v[i])) }

func (g *poolTables[F]) levelAt(i int, v float64) float64 {
	w := v * float64(g.room[i])
	if g.onePixel {
		return w
	}
	e := math.Inf(1)
	for j := range g.mean {
		e = min(e, w*storageGroups/float64(j+1)+float64(g.mean[j][i]))
	}
	return e
}
