package surface

import (
	"math"
	"sync"
	"sync/atomic"

	"citybrain/city"
)

const (
	margin = 3   // rows of wall around the grid, as far as the schemes look
	beyond = 1e9 // m: the ground of cells outside, a wall to any water
)

// core is the state and the steps that both schemes share, in one precision. Fields hold margin rows more on either side of the
// grid and a tile more at either end of a row.
type core[F Float] struct {
	dom        *Domain
	cfg        Config
	cols, rows int
	stride     int
	area       float64 // m², of a cell

	z, n   []F // ground, halves of Manning's n (inertial) or its square (shallow)
	h, c   []F // depth; what its rounding lost (single precision)
	qx, qy []F // m²/s: through west and north faces (inertial) or of the cell (shallow)
	peak   []F

	wet, always, act, was tiles
	west, east            tiles  // wet tiles whose first or last cell is wet
	rowWet, rowAlways     []bool // rows with such tiles
	lo, hi                int    // rows that are stepped lie in lo … hi
	raining               bool
	weight                []F // of the rain: 1 in cells with ground, or m/s of a raster
	weightSum             float64
	weightRows            int // 1: one row serves all
	field                 int // raster that weight holds, −1

	sides   [4][]gate // by row (west, east) or column (north, south)
	edgeVal []float64 // of each Edge in this step
	inlets  []inlet

	passages  []passage
	pumpings  []pumping
	through   []float64 // m³/s through each structure in the last step, from A to B
	breaching [][]int   // places that each breach lowers
	begun     []float64 // s: when each breach began, NaN before
	soaked    []float64 // of each cell, m; nil without soils
	lost      []float64 // of each row in this step

	bands   []*band[F]
	threads int
	scheme  interface {
		// sweep steps rows b.from … b.to−1.
		sweep(b *band[F], s *step[F])
		// longest returns the longest stable step from the present state, s.
		longest() float64
	}
}

// A gate is a cell's face at the grid's edge that is not a wall.
type gate struct {
	edge  int     // −1: a wall
	share float64 // of the edge's discharge, per metre of face
	q     float64 // inflow of the last step, m²/s
}

type inlet struct {
	source int
	cells  []int // places in the fields
	share  float64
}

// Each thread has several bands, so that one that the machine keeps waiting leaves its last ones to the others; a band has so many
// rows at least that the rows around it, which it copies, are few beside its own.
const (
	bandsEach = 4
	leastBand = 48
)

// A band is rows that a thread steps together, and their scratch.
type band[F Float] struct {
	from, to int
	old      map[*F]halo[F]
	runs     []run
	top      F // inertial: largest depth; shallow: largest speed of a wave
	speed    F // inertial: largest speed of water
	cells    int
	scratch  any
}

// A halo is a field's rows just outside a band, as they were before the step.
type halo[F Float] struct{ above, below []F }

func (c *core[F]) at(r, col int) int { return (r+margin)*c.stride + tile + col }

func newCore[F Float](d *Domain, cfg Config) *core[F] {
	across := d.Cols/tile + 1
	c := &core[F]{dom: d, cfg: cfg, cols: d.Cols, rows: d.Rows, stride: tile * (across + 2), area: d.Cell * d.Cell, field: -1}
	size := c.stride * (d.Rows + 2*margin)
	c.z, c.n, c.h, c.qx, c.qy, c.peak = make([]F, size), make([]F, size), make([]F, size), make([]F, size), make([]F, size), make([]F, size)
	if cfg.Precision == 32 {
		c.c = make([]F, size)
	}
	for i := range c.z {
		c.z[i] = beyond
	}
	c.weight, c.weightRows = make([]F, c.stride), 1
	holes := false
	for i, z := range d.Z {
		if math.IsNaN(z) {
			holes = true
			continue
		}
		k := c.at(i/c.cols, i%c.cols)
		c.z[k] = F(z)
		if d.Depth != nil {
			c.h[k] = F(d.Depth[i])
			if c.c != nil {
				c.c[k] = F(d.Depth[i] - float64(c.h[k]))
			}
			c.peak[k] = c.h[k]
		}
	}
	if holes {
		c.weight, c.weightRows = make([]F, size), d.Rows
	}
	for i, z := range d.Z {
		if !math.IsNaN(z) {
			if holes {
				c.weight[c.at(i/c.cols, i%c.cols)] = 1
			} else {
				c.weight[tile+i%c.cols] = 1
			}
			c.weightSum++
		}
	}
	c.wet, c.always, c.act, c.was = newTiles(d.Rows, across), newTiles(d.Rows, across), newTiles(d.Rows, across), newTiles(d.Rows, across)
	c.west, c.east = newTiles(d.Rows, across), newTiles(d.Rows, across)
	c.rowWet, c.rowAlways, c.hi = make([]bool, d.Rows), make([]bool, d.Rows), d.Rows-1
	c.placeEdges()
	for k := range d.Sources {
		s := &d.Sources[k]
		in := inlet{source: k}
		for _, i := range d.CellsOf(s) {
			in.cells = append(in.cells, c.at(i/c.cols, i%c.cols))
		}
		if len(in.cells) > 0 {
			in.share = 1 / float64(len(in.cells))
			c.inlets = append(c.inlets, in)
		}
	}
	c.placeStructures()
	c.placePumps()
	c.threads = min(cfg.Threads, max(1, d.Rows/8))
	bands := 1
	if c.threads > 1 {
		bands = max(c.threads, min(bandsEach*c.threads, d.Rows/leastBand))
	}
	for k := range bands {
		c.bands = append(c.bands, &band[F]{from: k * d.Rows / bands, to: (k + 1) * d.Rows / bands})
	}
	for r := range c.rows {
		c.wetRow(r)
	}
	return c
}

func (c *core[F]) placeStructures() {
	d := c.dom
	place := func(i int) int { return c.at(i/c.cols, i%c.cols) }
	for k := range d.Structures {
		c.passages = append(c.passages, passage{place(d.Index(d.Structures[k].A)), place(d.Index(d.Structures[k].B))})
	}
	c.through = make([]float64, len(d.Structures))
	for k := range d.Breaches {
		var cells []int
		for _, i := range d.CellsOfBreach(&d.Breaches[k]) {
			cells = append(cells, place(i))
		}
		c.breaching, c.begun = append(c.breaching, cells), append(c.begun, math.NaN())
	}
	if len(d.Soils) > 0 {
		c.soaked, c.lost = make([]float64, d.Cells()), make([]float64, d.Rows)
	}
}

// findGates finds the faces of edges on the rim of g; ground says which cells have any.
func findGates(g city.Grid, edges []Edge, ground func(i int) bool) (sides [4][]gate) {
	count := make([]int, len(edges))
	for s, n := range [4]int{West: g.Rows, East: g.Rows, North: g.Cols, South: g.Cols} {
		sides[s] = make([]gate, n)
		for i := range sides[s] {
			sides[s][i].edge = -1
			r, col := edgeCell(g, Side(s), i)
			p := g.Centre(r*g.Cols + col)
			x := p[1]
			if Side(s) == North || Side(s) == South {
				x = p[0]
			}
			for k, e := range edges {
				if e.Side == Side(s) && x >= e.From && x <= e.To && ground(r*g.Cols+col) {
					sides[s][i].edge = k
				}
			}
			if k := sides[s][i].edge; k >= 0 && edges[k].Kind == Wall {
				sides[s][i].edge = -1
			} else if k >= 0 {
				count[k]++
			}
		}
	}
	for s := range sides {
		for i := range sides[s] {
			if e := &sides[s][i]; e.edge >= 0 {
				e.share = 1 / (float64(count[e.edge]) * g.Cell)
			}
		}
	}
	return sides
}

// placeEdges opens the faces of every Edge.
func (c *core[F]) placeEdges() {
	d := c.dom
	c.sides = findGates(d.Grid, d.Edges, func(i int) bool { return !math.IsNaN(d.Z[i]) })
	c.edgeVal = make([]float64, len(d.Edges))
	for s := range c.sides {
		for i := range c.sides[s] {
			if g := &c.sides[s][i]; g.edge >= 0 {
				r, col := c.edgeCell(Side(s), i)
				c.z[c.at(r, col)+[4]int{West: -1, East: 1, North: -c.stride, South: c.stride}[s]] = 2 * beyond
				if k := d.Edges[g.edge].Kind; k == Level || k == Discharge {
					c.always.set(r, col/tile)
					c.rowAlways[r] = true
				}
			}
		}
	}
}

func (c *core[F]) edgeCell(s Side, i int) (r, col int) { return edgeCell(c.dom.Grid, s, i) }

func edgeCell(g city.Grid, s Side, i int) (r, col int) {
	switch s {
	case West:
		return i, 0
	case East:
		return i, g.Cols - 1
	case North:
		return 0, i
	}
	return g.Rows - 1, i
}

// wetRow marks the wet tiles of row r.
func (c *core[F]) wetRow(r int) {
	c.clearWet(r)
	for b := range c.wet.across {
		c.markWet(r, b)
	}
}

func (c *core[F]) clearWet(r int) {
	for _, t := range []*tiles{&c.wet, &c.west, &c.east} {
		copy(t.row(r), c.always.row(r))
	}
	c.rowWet[r] = c.rowAlways[r]
}

// markWet notes which cells of tile b of row r are wet.
func (c *core[F]) markWet(r, b int) {
	k := c.at(r, b*tile)
	c.mark(r, b, wetBits(c.h[k:k+tile], F(c.cfg.Dry)))
}

// mark notes that the cells of tile b of row r that have a bit are wet.
func (c *core[F]) mark(r, b int, bits uint16) {
	if bits == 0 {
		return
	}
	c.wet.set(r, b)
	c.rowWet[r] = true
	if bits&1 != 0 {
		c.west.set(r, b)
	}
	if bits>>(tile-1) != 0 {
		c.east.set(r, b)
	}
}

// each runs f on every band, side by side: every thread takes the next one that is left.
func (c *core[F]) each(f func(b *band[F])) {
	if len(c.bands) == 1 {
		f(c.bands[0])
		return
	}
	var next atomic.Int64
	work := func() {
		for k := int(next.Add(1)) - 1; k < len(c.bands); k = int(next.Add(1)) - 1 {
			f(c.bands[k])
		}
	}
	var wg sync.WaitGroup
	for range c.threads - 1 {
		wg.Go(work)
	}
	work()
	wg.Wait()
}

// flows is the account of one step, m³.
type flows struct{ rain, in, out, sources, drains, soaked float64 }

// advance steps from t to t+dt seconds.
func (c *core[F]) advance(t, dt float64, reach int) flows {
	var m flows
	d := c.dom
	for k, e := range d.Edges {
		c.edgeVal[k] = e.Series.Mean(t, t+dt)
	}
	s := c.stepOf(dt)
	c.breach(t)
	c.rain(t, dt, s, &m)
	from, to := c.lo, c.hi // what was stepped is left or stepped again
	c.lo, c.hi = c.stretch(reach)
	from, to = min(from, c.lo), max(to, c.hi)
	c.each(func(b *band[F]) {
		b.cells = 0
		for r := max(b.from, from); r < min(b.to, to+1); r++ {
			act := c.act.row(r)
			copy(c.was.row(r), act)
			if c.raining {
				for i := range act {
					act[i] = ^uint64(0)
				}
				act[len(act)-1] = c.act.last()
			} else if reach == 1 {
				c.act.touch(&c.wet, &c.west, &c.east, r)
			} else {
				c.act.grow(&c.wet, r, reach)
			}
			n := count(act)
			b.cells += n * tile
			if last := c.act.across - 1; act[last/64]>>(last%64)&1 == 1 {
				b.cells -= (last+1)*tile - c.cols
			}
			c.leave(r)
			if n == 0 {
				c.calmEdges(r)
			}
		}
	})
	if len(c.bands) > 1 {
		c.each(c.keepHalo)
	}
	c.each(func(b *band[F]) { c.scheme.sweep(b, s) })
	c.pour(t, dt, &m)
	c.structures(t, dt)
	c.pump(t, dt, &m)
	m.soaked = c.soak(dt, s.rain)
	c.blow(t, dt)
	for s := range c.sides {
		for i := range c.sides[s] {
			if q := c.sides[s][i].q; q > 0 {
				m.in += q * d.Cell * dt
			} else {
				m.out -= q * d.Cell * dt
			}
		}
	}
	return m
}

// stretch returns the rows that a step can reach: those within reach of a wet one, or all when it rains.
func (c *core[F]) stretch(reach int) (lo, hi int) {
	if c.raining {
		return 0, c.rows - 1
	}
	lo, hi = 0, c.rows-1
	for lo < c.rows && !c.rowWet[lo] {
		lo++
	}
	for hi >= lo && !c.rowWet[hi] {
		hi--
	}
	return max(lo-reach, 0), min(hi+reach, c.rows-1)
}

// calmEdges notes that nothing passed the edges at row r, which is not stepped.
func (c *core[F]) calmEdges(r int) {
	c.sides[West][r].q, c.sides[East][r].q = 0, 0
	if r == 0 {
		calm(c.sides[North])
	}
	if r == c.rows-1 {
		calm(c.sides[South])
	}
}

func calm(side []gate) {
	for i := range side {
		side[i].q = 0
	}
}

func (c *core[F]) stepOf(dt float64) *step[F] {
	dx, theta := c.dom.Cell, c.cfg.Theta
	s := &step[F]{g: gravity, dt: F(dt), k: F(dt / dx), gk: F(gravity * dt / dx), gn4: F(gravity * dt / 4), gnHalf: F(gravity * dt / 2), gnTimes4: F(4 * gravity * dt), theta: F(theta), side: F((1 - theta) / 2), dry: F(c.cfg.Dry), ease: F(4 / (gravity * dx)), deep: F(c.deepest()), nearAll: 1 - 1e-12}
	if c.cfg.Precision == 32 {
		near := float32(1 - 4e-7)
		s.nearAll = F(near)
	}
	return s
}

// deepest is the depth whose waves a step is to carry: deeper water's momentum goes by a shorter one.
func (c *core[F]) deepest() float64 {
	if c.cfg.Scheme == Inertial && c.cfg.Deep > 0 {
		return c.cfg.Deep
	}
	return 1e5
}

// rain sets the weight of the step's rain and accounts for it.
func (c *core[F]) rain(t, dt float64, s *step[F], m *flows) {
	d := c.dom
	if len(d.Rain.Fields) > 0 {
		k := -1
		for k+1 < len(d.Rain.Fields) && d.Rain.Fields[k+1].At.Seconds() <= t+1e-9 {
			k++
		}
		if k != c.field {
			c.field = k
			c.setField(&d.Rain.Fields[k])
		}
		if k >= 0 {
			s.rain = F(dt)
		}
	} else {
		s.rain = F(d.Rain.Rate.Mean(t, t+dt) / 3.6e6 * dt)
	}
	c.raining = s.rain > 0 && c.weightSum > 0
	m.rain = float64(s.rain) * c.weightSum * c.area
}

func (c *core[F]) setField(f *RainField) {
	d := c.dom
	if c.weightRows == 1 {
		c.weight, c.weightRows = make([]F, len(c.h)), d.Rows
	}
	c.weightSum = 0
	for i, z := range d.Z {
		k := c.at(i/c.cols, i%c.cols)
		c.weight[k] = 0
		if j := f.Grid.Index(d.Centre(i)); j >= 0 && !math.IsNaN(z) {
			c.weight[k] = F(float64(f.MMH[j]) / 3.6e6)
			c.weightSum += float64(c.weight[k])
		}
	}
}

func (c *core[F]) weightRow(r int) []F {
	if c.weightRows == 1 {
		return c.weight
	}
	return c.weight[(r+margin)*c.stride : (r+margin+1)*c.stride]
}

// leave zeroes the flows of tiles that are no longer stepped.
func (c *core[F]) leave(r int) {
	was, act := c.was.row(r), c.act.row(r)
	for i := range was {
		if gone := was[i] &^ act[i]; gone != 0 {
			for b := range 64 {
				if gone>>b&1 == 1 {
					k := c.at(r, (i*64+b)*tile)
					clear(c.qx[k : k+tile])
					clear(c.qy[k : k+tile])
					if r == c.rows-1 {
						clear(c.qy[k+c.stride : k+c.stride+tile])
					}
				}
			}
		}
	}
}

// keepHalo copies the rows around b as they are before the step.
func (c *core[F]) keepHalo(b *band[F]) {
	if b.old == nil {
		b.old = map[*F]halo[F]{}
		for _, f := range [][]F{c.h, c.qx, c.qy} {
			b.old[&f[0]] = halo[F]{make([]F, margin*c.stride), make([]F, margin*c.stride)}
		}
	}
	for _, f := range [][]F{c.h, c.qx, c.qy} {
		o := b.old[&f[0]]
		copy(o.above, f[b.from*c.stride:(b.from+margin)*c.stride])
		copy(o.below, f[(b.to+margin)*c.stride:(b.to+2*margin)*c.stride])
	}
}

// row returns row r of field f as it was before the step, for band b; rows of b itself are f's own.
func (c *core[F]) row(b *band[F], f []F, r int) []F {
	if b.old != nil {
		switch {
		case r < b.from:
			k := r - b.from + margin
			return b.old[&f[0]].above[k*c.stride : (k+1)*c.stride]
		case r >= b.to:
			k := r - b.to
			return b.old[&f[0]].below[k*c.stride : (k+1)*c.stride]
		}
	}
	return f[(r+margin)*c.stride : (r+margin+1)*c.stride]
}

// pour lets sources run for the step.
func (c *core[F]) pour(t, dt float64, m *flows) {
	for k := range c.inlets {
		in := &c.inlets[k]
		add := c.dom.Sources[in.source].Flow.Mean(t, t+dt) * dt / c.area * in.share
		if add == 0 {
			continue
		}
		for _, i := range in.cells {
			v := add
			if v < 0 {
				v = max(v, -float64(c.h[i]))
			}
			was := float64(c.h[i])
			if c.c != nil {
				was += float64(c.c[i])
			}
			c.change(i, v)
			if c.c != nil {
				v = float64(c.h[i]) + float64(c.c[i]) - was
			}
			if v > 0 {
				m.sources += v * c.area
			} else {
				m.drains -= v * c.area
			}
		}
	}
}

// stored is all the water, m³.
func (c *core[F]) stored() float64 {
	var sum float64
	for r := range c.rows {
		k := c.at(r, 0)
		var row float64
		for i := k; i < k+c.cols; i++ {
			row += float64(c.h[i])
			if c.c != nil {
				row += float64(c.c[i])
			}
		}
		sum += row
	}
	return sum * c.area
}
