package surface

import (
	"context"
	"fmt"
	"math"
	"slices"
	"time"
)

// A Sim steps the water of one Domain.
type Sim struct {
	dom   *Domain
	cfg   Config
	eng   engine
	t     float64 // s
	mass  Mass
	stats Stats
	good  State // where the present Step began
}

// Mass is the account of all water since the start, m³.
type Mass struct {
	Initial float64
	Rain    float64
	Inflow  float64 // through edges and from sources
	Outflow float64 // through edges and into drains
	Soaked  float64 // into the ground
}

// Stats counts the work done.
type Stats struct {
	Steps       int
	CellUpdates int64 // cells stepped, dry neighbours of wet tiles included
	MaxCells    int64 // most cells in one step
}

// engine is a core in either precision.
type engine interface {
	advance(t, dt float64, reach int) flows
	stored() float64
	longestStep() float64
	active() int64
	prepare(t, dt float64)
	copyOut(what field, to []float64)
	save(st *State)
	load(st *State)
	sick() int
	look(i int) (depth, speed float64)
	volumes(cells []int32, to []float64)
	exchange(cells []int32, add []float64)
}

type field int

const (
	depthField field = iota
	peakField
	qxField
	qyField
)

// New prepares a run. d is not copied and must not change.
func New(d *Domain, cfg Config) (*Sim, error) {
	cfg = cfg.withDefaults(d.Cell)
	onTables := cfg.Subgrid > 1 || d.Open != nil
	if onTables && cfg.Deep == 0 {
		cfg.Deep = deepOnTables
	}
	if err := cfg.check(); err != nil {
		return nil, err
	}
	if err := d.Check(); err != nil {
		return nil, err
	}
	s := &Sim{dom: d, cfg: cfg}
	var err error
	switch {
	case onTables && cfg.Precision == 64:
		s.eng, err = newTabled[float64](d, cfg)
	case onTables:
		s.eng, err = newTabled[float32](d, cfg)
	case cfg.Scheme == Inertial && cfg.Precision == 64:
		s.eng = newInertial[float64](d, cfg)
	case cfg.Scheme == Inertial:
		s.eng = newInertial[float32](d, cfg)
	case cfg.Precision == 64:
		s.eng = newShallow[float64](d, cfg)
	default:
		s.eng = newShallow[float32](d, cfg)
	}
	if err != nil {
		return nil, err
	}
	s.mass.Initial = s.eng.stored()
	return s, nil
}

// Unstable is the error of a run that can't go on. The Sim is back at the state that the failed Step began with.
type Unstable struct {
	At     time.Duration
	Cell   int // row·Cols + column
	X, Y   float64
	Reason string
}

func (u *Unstable) Error() string {
	return fmt.Sprintf("flood at %v: cell %d at %g, %g: %s; the last good state is kept", u.At, u.Cell, u.X, u.Y, u.Reason)
}

const shortest = 1e-5 // s: a stable run needs no shorter step

// Step computes up to until. It stops early, between steps, when ctx ends, and returns ctx's error; when the run becomes
// unstable it returns to where it began and returns an *Unstable.
func (s *Sim) Step(ctx context.Context, until time.Duration) error {
	end := until.Seconds()
	if s.t >= end {
		return nil
	}
	s.eng.save(&s.good)
	s.good.T, s.good.Mass = s.t, s.mass
	reach := 1
	if s.cfg.Scheme == Shallow {
		reach = 2
	}
	for s.t < end {
		if err := ctx.Err(); err != nil {
			return err
		}
		s.eng.prepare(s.t, s.cfg.MaxStep.Seconds())
		dt := min(s.eng.longestStep(), s.cfg.MaxStep.Seconds())
		if !(dt > shortest) {
			return s.fail()
		}
		left := end - s.t
		next := s.t + dt
		if left <= dt {
			dt, next = left, end
		} else if left < 2*dt {
			dt = left / 2
			next = s.t + dt
		}
		f := s.eng.advance(s.t, dt, reach)
		s.t = next
		s.mass.Rain += f.rain
		s.mass.Inflow += f.in + f.sources
		s.mass.Outflow += f.out + f.drains
		s.mass.Soaked += f.soaked
		n := s.eng.active()
		s.stats.Steps++
		s.stats.CellUpdates += n
		s.stats.MaxCells = max(s.stats.MaxCells, n)
		if s.stats.Steps%512 == 0 && s.eng.sick() >= 0 {
			return s.fail()
		}
	}
	if s.eng.sick() >= 0 {
		return s.fail()
	}
	return nil
}

// fail finds what went wrong and goes back to the last good state.
func (s *Sim) fail() error {
	u := &Unstable{At: time.Duration(s.t * 1e9), Cell: s.eng.sick()}
	depth := make([]float64, s.dom.Cells())
	s.eng.copyOut(depthField, depth)
	if u.Cell < 0 {
		for i := range depth {
			if u.Cell < 0 || depth[i] > depth[u.Cell] {
				u.Cell = i
			}
		}
	}
	p := s.dom.Centre(u.Cell)
	u.X, u.Y = p[0], p[1]
	z, steepest := s.dom.Z[u.Cell], 0.0
	for _, k := range s.around(u.Cell) {
		steepest = max(steepest, math.Abs(s.dom.Z[k]-z))
	}
	switch h := depth[u.Cell]; {
	case steepest > 10*s.dom.Cell:
		u.Reason = fmt.Sprintf("depth %g m beside a step of %g m in the ground: likely a hole or spike in the DEM", h, steepest)
	case s.held(u.Cell) > 100:
		u.Reason = fmt.Sprintf("depth %g m beside an edge whose level rises to %g m above this ground: likely the level's unit or datum is wrong", h, s.held(u.Cell))
	case s.feeds(u.Cell):
		u.Reason = fmt.Sprintf("depth %g m beside an inflow: likely its discharge is in the wrong unit, or meets a stretch too narrow for it", h)
	case s.dom.Manning[u.Cell] < 0.005:
		u.Reason = fmt.Sprintf("depth %g m on a ground of Manning's n %g: likely a roughness in the wrong unit; for n below 0.01 take --solver swe", h, s.dom.Manning[u.Cell])
	default:
		u.Reason = fmt.Sprintf("depth %g m: the step fell below %g s or the depth is no number; lower the Courant number", h, shortest)
	}
	s.eng.load(&s.good)
	s.t, s.mass = s.good.T, s.good.Mass
	return u
}

func (s *Sim) around(i int) []int {
	var list []int
	r, c := i/s.dom.Cols, i%s.dom.Cols
	for _, d := range [4][2]int{{-1, 0}, {1, 0}, {0, -1}, {0, 1}} {
		if y, x := r+d[0], c+d[1]; y >= 0 && x >= 0 && y < s.dom.Rows && x < s.dom.Cols && !math.IsNaN(s.dom.Z[y*s.dom.Cols+x]) {
			list = append(list, y*s.dom.Cols+x)
		}
	}
	return list
}

// feeds reports whether cell i, or one beside it, is at an edge with a given discharge or level or in a source.
func (s *Sim) feeds(i int) bool {
	r, c := i/s.dom.Cols, i%s.dom.Cols
	for _, e := range s.dom.Edges {
		if s.beside(r, c, e.Side) && (e.Kind == Discharge || e.Kind == Level) {
			return true
		}
	}
	for _, src := range s.dom.Sources {
		p := s.dom.Centre(i)
		if math.Hypot(p[0]-src.At[0], p[1]-src.At[1]) <= src.Radius+3*s.dom.Cell {
			return true
		}
	}
	return false
}

// beside reports whether a cell is one of the three next to a side.
func (s *Sim) beside(r, c int, side Side) bool {
	switch side {
	case West:
		return c < 3
	case East:
		return c >= s.dom.Cols-3
	case North:
		return r < 3
	}
	return r >= s.dom.Rows-3
}

// held is how far above cell i the level of an edge beside it rises at most, m; 0 without one.
func (s *Sim) held(i int) (above float64) {
	for _, e := range s.dom.Edges {
		if e.Kind == Level && s.beside(i/s.dom.Cols, i%s.dom.Cols, e.Side) {
			for _, v := range e.Series.V {
				above = max(above, v-s.dom.Z[i])
			}
		}
	}
	return above
}

// Now returns the time reached.
func (s *Sim) Now() time.Duration { return time.Duration(math.Round(s.t * 1e9)) }

// Mass returns the account so far.
func (s *Sim) Mass() Mass { return s.mass }

// Stored returns the water that is there now, m³.
func (s *Sim) Stored() float64 { return s.eng.stored() }

// MassError returns |in − out − stored| over all the water that ever was there.
func (s *Sim) MassError() float64 {
	m := &s.mass
	in := m.Initial + m.Rain + m.Inflow
	if in <= 0 {
		return 0
	}
	return math.Abs(in-m.Outflow-m.Soaked-s.Stored()) / in
}

// Stats returns the work done so far.
func (s *Sim) Stats() Stats { return s.stats }

// Depths writes each cell's depth in metres to to.
func (s *Sim) Depths(to []float64) { s.eng.copyOut(depthField, to) }

// Peaks writes each cell's largest depth so far in metres to to.
func (s *Sim) Peaks(to []float64) { s.eng.copyOut(peakField, to) }

// Discharges writes each cell's discharge per metre of width in m²/s, east and south positive.
func (s *Sim) Discharges(x, y []float64) {
	s.eng.copyOut(qxField, x)
	s.eng.copyOut(qyField, y)
}

// State is everything that changes, in plain data.
type State struct {
	Version   int
	Precision int
	Scheme    Scheme
	T         float64
	Mass      Mass
	Stats     Stats
	Cols      int
	Rows      int
	Fields    [][]float64 // depth, its carry, qx, qy, peak, with the fields' margins
	Wet, Act  []uint64
	Sides     []uint64  // of wet tiles
	Soaked    []float64 // of each cell
	Begun     []float64 // of each breach, NaN before
	Pumps     [][]PumpUnit
	Top       []float64 // what the next step's length follows from
}

const stateVersion = 1

// Snapshot returns a copy of the state.
func (s *Sim) Snapshot() State {
	st := State{Version: stateVersion, Precision: s.cfg.Precision, Scheme: s.cfg.Scheme, Cols: s.dom.Cols, Rows: s.dom.Rows, T: s.t, Mass: s.mass, Stats: s.stats}
	s.eng.save(&st)
	return st
}

// Restore continues from a snapshot of the same domain, bit for bit.
func (s *Sim) Restore(st State) error {
	if st.Version != stateVersion || st.Precision != s.cfg.Precision || st.Scheme != s.cfg.Scheme {
		return fmt.Errorf("restore surface: version %d, %d bits, %s; this run is %d, %d, %s", st.Version, st.Precision, st.Scheme, stateVersion, s.cfg.Precision, s.cfg.Scheme)
	}
	var own State
	s.eng.save(&own)
	if st.Cols != s.dom.Cols || st.Rows != s.dom.Rows {
		return fmt.Errorf("restore surface: the snapshot is of %d × %d cells, this run of %d × %d", st.Cols, st.Rows, s.dom.Cols, s.dom.Rows)
	}
	for i := range own.Fields {
		if i >= len(st.Fields) || len(st.Fields[i]) != len(own.Fields[i]) {
			return fmt.Errorf("restore surface: the snapshot is of another grid")
		}
	}
	s.eng.load(&st)
	s.t, s.mass, s.stats = st.T, st.Mass, st.Stats
	return nil
}

func (c *core[F]) all() [][]F { return [][]F{c.h, c.c, c.qx, c.qy, c.peak} }

func (c *core[F]) save(st *State) {
	if st.Fields == nil {
		st.Fields = make([][]float64, len(c.all()))
	}
	for k, f := range c.all() {
		if len(st.Fields[k]) != len(f) {
			st.Fields[k] = make([]float64, len(f))
		}
		for i, v := range f {
			st.Fields[k][i] = float64(v)
		}
	}
	st.Wet, st.Act = append(st.Wet[:0], c.wet.bit...), append(st.Act[:0], c.act.bit...)
	st.Sides = append(append(st.Sides[:0], c.west.bit...), c.east.bit...)
	st.Top = append(st.Top[:0], c.tops()...)
	st.Pumps = slices.Grow(st.Pumps[:0], len(c.pumpings))[:len(c.pumpings)]
	for k := range c.pumpings {
		st.Pumps[k] = append(st.Pumps[k][:0], c.pumpings[k].units...)
	}
	st.Soaked, st.Begun = append(st.Soaked[:0], c.soaked...), append(st.Begun[:0], c.begun...)
}

func (c *core[F]) load(st *State) {
	for k, f := range c.all() {
		for i := range f {
			f[i] = F(st.Fields[k][i])
		}
	}
	copy(c.wet.bit, st.Wet)
	copy(c.act.bit, st.Act)
	copy(c.west.bit, st.Sides)
	copy(c.east.bit, st.Sides[len(c.west.bit):])
	for r := range c.rows {
		c.rowWet[r] = count(c.wet.row(r)) > 0
	}
	c.lo, c.hi = 0, c.rows-1
	c.setTops(slices.Clone(st.Top))
	for k := range st.Pumps {
		copy(c.pumpings[k].units, st.Pumps[k])
	}
	copy(c.soaked, st.Soaked)
	copy(c.begun, st.Begun)
	for k, cells := range c.breaching { // the next step lowers them again as far as they had come
		for _, i := range cells {
			if math.IsNaN(c.begun[k]) {
				c.z[i] = F(c.dom.Z[(i/c.stride-margin)*c.cols+i%c.stride-tile])
			}
		}
	}
}

func (c *core[F]) copyOut(what field, to []float64) {
	from := [...][]F{depthField: c.h, peakField: c.peak, qxField: c.qx, qyField: c.qy}[what]
	for r := range c.rows {
		k := c.at(r, 0)
		out := to[r*c.cols : (r+1)*c.cols]
		for i := range out {
			out[i] = float64(from[k+i])
			if c.cfg.Scheme == Inertial && what == qxField {
				out[i] = float64(from[k+i]+from[k+i+1]) / 2
			}
			if c.cfg.Scheme == Inertial && what == qyField {
				out[i] = float64(from[k+i]+from[k+i+c.stride]) / 2
			}
			if what == depthField && c.c != nil {
				out[i] += float64(c.c[k+i])
			}
		}
	}
}

func (c *core[F]) active() int64 {
	var n int64
	for _, b := range c.bands {
		n += int64(b.cells)
	}
	return n
}

// sick returns a cell whose depth is no number or absurd, or −1.
func (c *core[F]) sick() int {
	for r := range c.rows {
		k := c.at(r, 0)
		for i, h := range c.h[k : k+c.cols] {
			if !(h < 1e4) {
				return r*c.cols + i
			}
		}
	}
	return -1
}

// prepare sets what edges say at the start of a step.
func (c *core[F]) prepare(t, dt float64) {
	for k, e := range c.dom.Edges {
		c.edgeVal[k] = e.Series.Mean(t, t+dt)
	}
}

func (c *core[F]) longestStep() float64 { return c.scheme.longest() }

// tops are the largest depth and speed over all bands.
func (c *core[F]) tops() []float64 {
	var top, speed F
	for _, b := range c.bands {
		top, speed = max(top, b.top), max(speed, b.speed)
	}
	return []float64{float64(top), float64(speed)}
}

func (c *core[F]) setTops(v []float64) {
	for _, b := range c.bands {
		b.top, b.speed = F(v[0]), F(v[1])
	}
}
