package surface

import (
	"fmt"
	"math"
)

// tabled is the engine of a Sim on cells with tables: one member with edges, sources and rain of its Domain, whose ground is the fine
// one. What it says of cells is said of pixels.
type tabled[F Float] struct {
	*pools[F]
	dom     *Domain
	cfg     Config
	sides   [4][]gate
	edgeVal []float64
	rate    float64 // of uniform rain that p.rain holds, m/s
	field   int     // of the rain's fields that it holds, −1
	fell    float64 // m³/s of what it holds
	pours   [][]int32
}

func newTabled[F Float](d *Domain, cfg Config) (*tabled[F], error) {
	if len(d.Structures)+len(d.Pumps)+len(d.Breaches)+len(d.Soils)+len(d.Wind.Speed.T) > 0 {
		return nil, fmt.Errorf("surface: structures, pumps, breaches, soils and wind work on the ground's own cells: leave out subgrid and porosity")
	}
	if cfg.Scheme != Inertial {
		return nil, fmt.Errorf("surface: the full equations have no tables below the cell and no porosity: take the inertial scheme")
	}
	g, err := NewSubgrid(d, max(cfg.Subgrid, 1), d.Open)
	if err != nil {
		return nil, err
	}
	c := &tabled[F]{pools: newPools(newPoolTables[F](g)), dom: d, cfg: cfg, field: -1, edgeVal: make([]float64, len(d.Edges))}
	c.sides = findGates(g.Grid, d.Edges, func(i int) bool { return g.Open(i) > 0 })
	c.rim = c.edges
	for p, h := range d.Depth {
		if at := g.cell[p]; at >= 0 && h > 0 {
			if d.Open != nil {
				h *= d.Open[p]
			}
			v := float64(c.v[at]) + float64(c.c[at]) + h/float64(g.Ratio*g.Ratio)
			c.v[at] = F(v)
			c.c[at] = F(v - float64(c.v[at]))
		}
	}
	for k := range d.Sources {
		var list []int32
		for _, p := range d.CellsOf(&d.Sources[k]) {
			list = append(list, g.cell[p])
		}
		c.pours = append(c.pours, list)
	}
	return c, nil
}

func (c *tabled[F]) area() float64 { return c.Grid.Cell * c.Grid.Cell }

func (c *tabled[F]) advance(t, dt float64, _ int) flows {
	c.prepare(t, dt)
	dx, theta := c.Grid.Cell, c.cfg.Theta
	deep := math.Pow(c.cfg.Courant*dx/dt, 2) / gravity
	near := 1 - 1e-12
	if c.cfg.Precision == 32 {
		near = 1 - 4e-7
	}
	s := &step[F]{g: gravity, dt: F(dt), k: F(dt / dx), gk: F(gravity * dt / dx), gdt4: F(4 * gravity * dt * deep), theta: F(theta), side: F((1 - theta) / 2), dry: F(c.cfg.Dry), deep: F(deep), nearAll: F(near)}
	c.fall(t, dt)
	m := flows{rain: c.fell * dt}
	c.pools.advance(s, true)
	for r := range c.Grid.Rows { // what passed the east edge
		k := c.place(r, c.cols)
		c.v[k], c.c[k] = 0, 0
	}
	for k, list := range c.pours {
		if len(list) == 0 {
			continue
		}
		add := c.dom.Sources[k].Flow.Mean(t, t+dt) * dt / c.area() / float64(len(list))
		for _, i := range list {
			was := float64(c.v[i]) + float64(c.c[i])
			now := max(was+add, 0)
			c.v[i] = F(now)
			c.c[i] = F(now - float64(c.v[i]))
			if v := (float64(c.v[i]) + float64(c.c[i]) - was) * c.area(); v > 0 {
				m.sources += v
			} else {
				m.drains -= v
			}
		}
	}
	for k := range c.sides {
		for i := range c.sides[k] {
			g := &c.sides[k][i]
			if g.edge < 0 {
				continue
			}
			// The flow that was let through, which a cell may have cut.
			r, col := edgeCell(c.Grid, Side(k), i)
			var q float64
			switch Side(k) {
			case West:
				q = float64(c.qx[c.place(r, col)])
			case East:
				q = -float64(c.qx[c.place(r, col+1)])
			case North:
				q = float64(c.qy[c.place(r, col)])
			default:
				q = -float64(c.qy[c.place(r+1, col)])
			}
			if g.q = q; q > 0 {
				m.in += q * dx * dt
			} else {
				m.out -= q * dx * dt
			}
		}
	}
	return m
}

// fall sets the rain of the step.
func (c *tabled[F]) fall(t, dt float64) {
	rain := &c.dom.Rain
	set := func(rate func(i int) float64) {
		if c.rain == nil {
			c.rain = make([]F, len(c.v))
		}
		c.fell = 0
		for _, at := range c.sub {
			i := (int(at)/c.stride-1)*c.cols + int(at)%c.stride - tile
			c.rain[at] = 0
			if c.open[at] > 0 {
				c.rain[at] = F(rate(i) * c.inside[at])
				c.fell += float64(c.rain[at]) * c.area()
			}
		}
	}
	if len(rain.Fields) > 0 {
		k := -1
		for k+1 < len(rain.Fields) && rain.Fields[k+1].At.Seconds() <= t+1e-9 {
			k++
		}
		if k != c.field {
			c.field = k
			f := &rain.Fields[k]
			set(func(i int) float64 {
				if j := f.Grid.Index(c.Grid.Centre(i)); j >= 0 {
					return float64(f.MMH[j]) / 3.6e6
				}
				return 0
			})
		}
		return
	}
	if rate := rain.Rate.Mean(t, t+dt) / 3.6e6; rate != c.rate {
		c.rate = rate
		set(func(int) float64 { return rate })
	}
}

// edges sets the flows through the grid's edges at row r, in the share of a cell's width that water at the level there stands on.
func (c *tabled[F]) edges(p *pools[F], s *step[F], r int) {
	flow := func(g *gate, inward float64, at int, old, inner, e F) F {
		edge, val := &c.dom.Edges[g.edge], c.edgeVal[g.edge]
		h := float64(e)
		q := edgeDischarge(edge, val, g.share, c.cfg.Dry, float64(s.dt), float64(s.gk), inward, float64(old), float64(inner), h, c.Subgrid.base[at], c.mild[at])
		if top := max(h, val-c.Subgrid.base[at]); edge.Kind == Slope && h > 0 {
			q *= c.volume(at, h) / h
		} else if edge.Kind == Level && top > 0 {
			q *= c.volume(at, top) / top
		}
		return F(q)
	}
	e := p.e[r&1]
	if r < c.Grid.Rows {
		if g := &c.sides[West][r]; g.edge >= 0 {
			at := c.place(r, 0)
			p.nx[tile] = flow(g, 1, at, p.qx[at], p.nx[tile+1], e[tile])
		}
		if g := &c.sides[East][r]; g.edge >= 0 {
			at := c.place(r, c.cols-1)
			p.nx[tile+c.cols] = flow(g, -1, at, p.qx[at+1], p.nx[tile+c.cols-1], e[tile+c.cols-1])
		}
	}
	ny := p.ny[r&1]
	if r == 0 {
		for i := range c.sides[North] {
			if g := &c.sides[North][i]; g.edge >= 0 {
				at := c.place(0, i)
				ny[tile+i] = flow(g, 1, at, p.qy[at], p.qy[at+c.stride], e[tile+i])
			}
		}
	}
	if r == c.Grid.Rows {
		for i := range c.sides[South] {
			if g := &c.sides[South][i]; g.edge >= 0 {
				at := c.place(r-1, i)
				ny[tile+i] = flow(g, -1, at, p.qy[at+c.stride], p.ny[1-r&1][tile+i], p.e[1-r&1][tile+i])
			}
		}
	}
}

func (c *tabled[F]) stored() float64 {
	var sum float64
	for _, i := range c.sub {
		sum += float64(c.v[i]) + float64(c.c[i])
	}
	return sum * c.area()
}

func (c *tabled[F]) longestStep() float64 {
	return c.cfg.Courant * c.Grid.Cell / math.Sqrt(gravity*c.cfg.Deep)
}

func (c *tabled[F]) active() int64 { return int64(len(c.sub)) }

func (c *tabled[F]) prepare(t, dt float64) {
	for k, e := range c.dom.Edges {
		c.edgeVal[k] = e.Series.Mean(t, t+dt)
	}
}

func (c *tabled[F]) copyOut(what field, to []float64) {
	for p := range to {
		at := c.cell[p]
		to[p] = 0
		if at < 0 {
			continue
		}
		switch what {
		case depthField:
			to[p] = c.Depth(p, c.level(int(at), float64(c.v[at])+float64(c.c[at])))
		case peakField:
			to[p] = c.Depth(p, c.level(int(at), max(c.volume(int(at), float64(c.peak[at])), float64(c.v[at]))))
		case qxField:
			to[p] = float64(c.qx[at]+c.qx[at+1]) / 2
		default:
			to[p] = float64(c.qy[at]+c.qy[int(at)+c.stride]) / 2
		}
	}
}

// look returns the depth over pixel i and the mean speed of the water of its cell.
func (c *tabled[F]) look(i int) (depth, speed float64) {
	at := int(c.cell[i])
	depth = c.Depth(i, c.level(at, float64(c.v[at])+float64(c.c[at])))
	if v := float64(c.v[at]); v >= c.cfg.Dry {
		speed = math.Hypot(float64(c.qx[at]+c.qx[at+1])/2, float64(c.qy[at]+c.qy[at+c.stride])/2) / v
	}
	return depth, speed
}

func (c *tabled[F]) save(st *State) {
	st.Fields = st.Fields[:0]
	for _, f := range c.all() {
		v := make([]float64, len(f))
		for i := range v {
			v[i] = float64(f[i])
		}
		st.Fields = append(st.Fields, v)
	}
}

func (c *tabled[F]) load(st *State) {
	for k, f := range c.all() {
		for i := range f {
			f[i] = F(st.Fields[k][i])
		}
	}
}

func (c *tabled[F]) sick() int {
	for p, at := range c.cell {
		if at >= 0 && !(c.v[at] < 1e4) {
			return p
		}
	}
	return -1
}
