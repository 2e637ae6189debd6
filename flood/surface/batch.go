package surface

import (
	"context"
	"fmt"
	"math"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// A Batch steps the water of several members over one Subgrid by the local-inertial scheme. Each member has rain of its own and the
// same bits as alone. All take the same steps, of a length that depends on the grid alone: where the flow is so deep that its waves
// would outrun the step, its momentum goes by a shorter one, which leaves steady flow as it is and slows waves.
type Batch struct {
	grid    *Subgrid
	cfg     Config
	members int
	t       float64
	eng     batchEngine
	mass    []Mass
	rate    []float64 // m³/s of rain on each member now
	steps   int
}

type batchEngine interface {
	step(ctx context.Context, dt float64, steps, begun, threads int, deep float64) error
	setRain(member int, f *RainField) (rate float64) // m³/s
	get(member int, place int32, what poolValue) float64
	add(member int, place int32, v float64) float64
	stored(member int) float64
	save(member int) [][]float64
	load(member int, f [][]float64)
	forget(member int)
	waters(member int, to []float64)
	setWaters(member int, from []float64)
	fork() batchEngine
	cover(c *Cover)
	wet(member int, film []float64)
	film(member int, to []float64)
	fall(member int, net []float64)
	shed(member int, dt float64, room, took []float64)
	waves(member int, dt float64, steps, begun int, deep float64)
	sick() (member, place int)
}

type poolValue int

const (
	waterValue poolValue = iota
	levelValue
	peakValue
)

// deepOnTables is the depth in metres whose waves the steps of cells with tables carry unless a Config says otherwise.
const deepOnTables = 1.5

// NewBatch prepares members runs, dry. Of cfg it heeds Precision, Threads, Courant, Theta, Dry (1e-3 m unless given), MaxStep and Deep.
func NewBatch(g *Subgrid, cfg Config, members int) (*Batch, error) {
	if cfg.Dry == 0 {
		cfg.Dry = 1e-3
	}
	if cfg.Deep == 0 {
		cfg.Deep = deepOnTables
	}
	cfg = cfg.withDefaults(g.Grid.Cell)
	if err := cfg.check(); err != nil {
		return nil, err
	}
	if members < 1 {
		return nil, fmt.Errorf("surface: a batch of %d members", members)
	}
	b := &Batch{grid: g, cfg: cfg, members: members, mass: make([]Mass, members), rate: make([]float64, members)}
	if cfg.Precision == 64 {
		b.eng = newHerd[float64](g, cfg, members)
	} else {
		b.eng = newHerd[float32](g, cfg, members)
	}
	return b, nil
}

// LongestStep is that of the grid.
func (b *Batch) LongestStep() time.Duration {
	return time.Duration(1e9 * min(b.cfg.MaxStep.Seconds(), b.cfg.Courant*b.grid.Grid.Cell/math.Sqrt(gravity*b.cfg.Deep)))
}

// SetRain lets f fall on a member from now on; nil: nothing.
func (b *Batch) SetRain(member int, f *RainField) { b.rate[member] = b.eng.setRain(member, f) }

// Step computes up to until in equal steps, the same for every member. When ctx ends it returns its error, and the batch is of no more use.
func (b *Batch) Step(ctx context.Context, until time.Duration) error {
	left := until.Seconds() - b.t
	if left <= 0 {
		return nil
	}
	n, dt, deep := b.parts(left)
	if err := b.eng.step(ctx, dt, n, b.steps, b.cfg.Threads, deep); err != nil {
		return err
	}
	b.steps += n
	b.t = until.Seconds()
	for m := range b.mass {
		b.mass[m].Rain += b.rate[m] * left
	}
	return b.well(until)
}

// well is an *Unstable if a member's water is no number.
func (b *Batch) well(until time.Duration) error {
	if m, at := b.eng.sick(); m >= 0 {
		r, c := at/b.grid.stride-1, at%b.grid.stride-tile
		p := b.grid.Grid.Centre(r*b.grid.Grid.Cols + c)
		return &Unstable{At: until, Cell: r*b.grid.Grid.Cols + c, X: p[0], Y: p[1], Reason: fmt.Sprintf("member %d: its water is no number; lower the Courant number", m)}
	}
	return nil
}

// Now returns the time reached.
func (b *Batch) Now() time.Duration { return time.Duration(math.Round(b.t * 1e9)) }

// Steps is how many steps were taken.
func (b *Batch) Steps() int { return b.steps }

// Mass returns a member's account, m³.
func (b *Batch) Mass(member int) Mass { return b.mass[member] }

// Stored returns a member's water, m³.
func (b *Batch) Stored(member int) float64 { return b.eng.stored(member) }

// MassError returns |in − out − stored| of a member over all the water that ever was there.
func (b *Batch) MassError(member int) float64 {
	m := &b.mass[member]
	in := m.Initial + m.Rain + m.Inflow
	if in <= 0 {
		return 0
	}
	return math.Abs(in-m.Outflow-b.Stored(member)) / in
}

// Fork returns a batch that goes on from b's state and shares its tables.
func (b *Batch) Fork() *Batch {
	f := *b
	f.mass, f.rate = slices.Clone(b.mass), slices.Clone(b.rate)
	f.eng = b.eng.fork()
	return &f
}

// Waters writes the water in each cell of the coarse grid, over the cell's whole area, in metres.
func (b *Batch) Waters(member int, to []float64) { b.eng.waters(member, to) }

// SetWaters sets what Waters reads; the account holds the difference as inflow or outflow.
func (b *Batch) SetWaters(member int, from []float64) {
	before := b.eng.stored(member)
	b.eng.setWaters(member, from)
	if v := b.eng.stored(member) - before; v > 0 {
		b.mass[member].Inflow += v
	} else {
		b.mass[member].Outflow -= v
	}
}

// Add gives v m³ to cell i of the coarse grid, or takes what is there of −v, and returns what it gave.
func (b *Batch) Add(member, i int, v float64) float64 {
	v = b.eng.add(member, b.placeOf(i), v)
	if v > 0 {
		b.mass[member].Inflow += v
	} else {
		b.mass[member].Outflow -= v
	}
	return v
}

func (b *Batch) placeOf(i int) int32 {
	return int32(b.grid.placeOf(i))
}

// Depth is that of the water over pixel p of the fine grid, m.
func (b *Batch) Depth(member, p int) float64 {
	at := b.grid.cell[p]
	if at < 0 {
		return 0
	}
	return b.grid.Depth(p, b.grid.level(int(at), b.eng.get(member, at, waterValue)))
}

// Peak is the largest depth so far over pixel p of the fine grid, m, looked at every few steps.
func (b *Batch) Peak(member, p int) float64 {
	at := b.grid.cell[p]
	if at < 0 {
		return 0
	}
	v := max(b.eng.get(member, at, waterValue), b.grid.volume(int(at), b.eng.get(member, at, peakValue)))
	return b.grid.Depth(p, b.grid.level(int(at), v))
}

// ForgetPeaks starts a member's record of highest levels anew, from what they are now.
func (b *Batch) ForgetPeaks(member int) { b.eng.forget(member) }

// Snapshot returns a copy of a member's state, but for its rain.
func (b *Batch) Snapshot(member int) State {
	return State{Version: stateVersion, Precision: b.cfg.Precision, Cols: b.grid.Grid.Cols, Rows: b.grid.Grid.Rows, T: b.t, Mass: b.mass[member], Stats: Stats{Steps: b.steps}, Fields: b.eng.save(member)}
}

// Restore puts a member into a state of the same grid and precision. The batch goes on from that state's time.
func (b *Batch) Restore(member int, st State) error {
	if st.Version != stateVersion || st.Precision != b.cfg.Precision || len(st.Fields) != poolFields {
		return fmt.Errorf("restore surface: version %d, %d bits, %d fields; this batch is %d, %d, %d", st.Version, st.Precision, len(st.Fields), stateVersion, b.cfg.Precision, poolFields)
	}
	for _, f := range st.Fields {
		if len(f) != b.grid.size || st.Cols != b.grid.Grid.Cols || st.Rows != b.grid.Grid.Rows {
			return fmt.Errorf("restore surface: the snapshot is of %d × %d cells, this batch of %d × %d", st.Cols, st.Rows, b.grid.Grid.Cols, b.grid.Grid.Rows)
		}
	}
	b.eng.load(member, st.Fields)
	b.t, b.mass[member], b.steps = st.T, st.Mass, st.Stats.Steps
	return nil
}

// peakEvery is the steps from one look at the levels for the highest to the next.
const peakEvery = 4

// herd is the members in one precision.
type herd[F Float] struct {
	cfg    Config
	grid   *Subgrid
	list   []*pools[F]
	over   *cover[F] // nil without
	layers []layer[F]
}

func newHerd[F Float](g *Subgrid, cfg Config, members int) *herd[F] {
	b := &herd[F]{cfg: cfg, grid: g}
	t := newPoolTables[F](g)
	for range members {
		b.list = append(b.list, newPools(t))
	}
	return b
}

func (b *herd[F]) step(ctx context.Context, dt float64, steps, begun, threads int, deep float64) error {
	s := b.stepOf(dt, deep)
	var next atomic.Int64
	work := func() {
		for k := int(next.Add(1)) - 1; k < len(b.list); k = int(next.Add(1)) - 1 {
			p := b.list[k]
			for i := range steps {
				if i%64 == 0 && ctx.Err() != nil {
					return
				}
				p.advance(s, (begun+i)%peakEvery == 0)
			}
		}
	}
	var wg sync.WaitGroup
	for range min(threads, len(b.list)) - 1 {
		wg.Go(work)
	}
	work()
	wg.Wait()
	return ctx.Err()
}

func (b *herd[F]) stepOf(dt, deep float64) *step[F] {
	dx, theta := b.grid.Grid.Cell, b.cfg.Theta
	near := 1 - 1e-12
	if b.cfg.Precision == 32 {
		near = 1 - 4e-7
	}
	return &step[F]{g: gravity, dt: F(dt), k: F(dt / dx), gk: F(gravity * dt / dx), gdt4: F(4 * gravity * dt * deep), theta: F(theta), side: F((1 - theta) / 2), dry: F(b.cfg.Dry), deep: F(deep), nearAll: F(near)}
}

func (b *herd[F]) setRain(member int, f *RainField) float64 {
	p, g := b.list[member], b.grid
	if f == nil || len(f.MMH) == 0 {
		p.rain = p.rain[:0]
		return 0
	}
	if cap(p.rain) == 0 {
		p.rain = make([]F, len(p.v))
	}
	p.rain = p.rain[:len(p.v)]
	var sum float64
	for _, i := range g.sub {
		r, c := int(i)/g.stride-1, int(i)%g.stride-tile
		p.rain[i] = 0
		if j := f.Grid.Index(g.Grid.Centre(r*g.cols + c)); j >= 0 && g.open[i] > 0 {
			p.rain[i] = F(float64(f.MMH[j]) / 3.6e6 * g.inside[i])
			sum += float64(p.rain[i])
		}
	}
	return sum * g.Grid.Cell * g.Grid.Cell
}

func (b *herd[F]) get(member int, i int32, what poolValue) float64 {
	p := b.list[member]
	switch what {
	case waterValue:
		return float64(p.v[i]) + float64(p.c[i])
	case levelValue:
		return p.levelOf(int(i))
	}
	return float64(p.peak[i])
}

func (b *herd[F]) fork() batchEngine {
	f := &herd[F]{cfg: b.cfg, grid: b.grid}
	for _, p := range b.list {
		q := newPools(p.poolTables)
		for k, from := range p.all() {
			copy(q.all()[k], from)
		}
		q.rain = slices.Clone(p.rain)
		f.list = append(f.list, q)
	}
	f.over = b.over
	for _, l := range b.layers {
		f.layers = append(f.layers, layer[F]{slices.Clone(l.film), slices.Clone(l.net), make([]F, len(l.ask)), l.soaks})
	}
	return f
}

func (b *herd[F]) waters(member int, to []float64) {
	p := b.list[member]
	for r := range b.grid.Grid.Rows {
		k := b.grid.place(r, 0)
		for c := range b.grid.cols {
			to[r*b.grid.cols+c] = float64(p.v[k+c]) + float64(p.c[k+c])
		}
	}
}

func (b *herd[F]) setWaters(member int, from []float64) {
	p := b.list[member]
	for r := range b.grid.Grid.Rows {
		k := b.grid.place(r, 0)
		for c := range b.grid.cols {
			v := from[r*b.grid.cols+c]
			p.v[k+c] = F(v)
			p.c[k+c] = F(v - float64(p.v[k+c]))
		}
	}
}

func (b *herd[F]) add(member int, i int32, v float64) float64 {
	p, area := b.list[member], b.grid.Grid.Cell*b.grid.Grid.Cell
	was := float64(p.v[i]) + float64(p.c[i])
	now := max(was+v/area, 0)
	p.v[i] = F(now)
	p.c[i] = F(now - float64(p.v[i]))
	return (float64(p.v[i]) + float64(p.c[i]) - was) * area
}

func (b *herd[F]) stored(member int) float64 {
	p := b.list[member]
	var sum float64
	for _, i := range b.grid.sub {
		sum += float64(p.v[i]) + float64(p.c[i])
	}
	return sum * b.grid.Grid.Cell * b.grid.Grid.Cell
}

const poolFields = 5

func (p *pools[F]) all() [][]F { return [][]F{p.v, p.c, p.qx, p.qy, p.peak} }

func (b *herd[F]) save(member int) [][]float64 {
	var out [][]float64
	for _, f := range b.list[member].all() {
		v := make([]float64, len(f))
		for i := range v {
			v[i] = float64(f[i])
		}
		out = append(out, v)
	}
	return out
}

func (b *herd[F]) load(member int, from [][]float64) {
	for k, f := range b.list[member].all() {
		for i, v := range from[k] {
			f[i] = F(v)
		}
	}
}

func (b *herd[F]) forget(member int) {
	p := b.list[member]
	for _, i := range b.grid.sub {
		p.peak[i] = F(p.levelOf(int(i)))
	}
}

func (b *herd[F]) sick() (member, place int) {
	for k, p := range b.list {
		for _, i := range b.grid.sub {
			if h := p.v[i]; !(h < 1e4) {
				return k, int(i)
			}
		}
	}
	return -1, 0
}
