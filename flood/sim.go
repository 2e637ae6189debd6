package flood

import (
	"context"
	"fmt"
	"math"
	"slices"
	"time"

	"citybrain/city"
	"citybrain/flood/surface"
)

// Config is how a Sim computes.
type Config struct {
	Coarsen      int           // compute on cells this many times as wide as the terrain's, 1
	MaxStep      time.Duration // 10 s
	Infiltration float64       // m/s that pervious ground takes, 2e-6 (7 mm/h)
	Start        time.Time     // of the scenario, for the tide
	SurgeM       float64       // surge on top of the astronomic tide, m
}

func (c Config) withDefaults() Config {
	if c.Coarsen == 0 {
		c.Coarsen = 1
	}
	if c.MaxStep == 0 {
		c.MaxStep = 10 * time.Second
	}
	if c.Infiltration == 0 {
		c.Infiltration = 2e-6
	}
	return c
}

// A Sim steps one city's water.
type Sim struct {
	city *city.City
	cfg  Config
	net  *ground // immutable, shared by every Sim of the city
	flow *surface.Batch
	// In an Ensemble: which of flow's members it is, and whether its rain is another than flow's.
	member int
	fell   bool
	st     State
	w      []float64 // m of water over each cell's area, what rain and drains change; nil in an Ensemble
	asked  []float64 // m³ of each basin in a step, scratch of drain

	rainGrid city.Grid // that rainCol was made for
	rainCol  []int32   // rain column of each column of cells, -1: none
}

// State is everything that changes. It is plain data; a copy is a snapshot.
type State struct {
	Version int
	Time    time.Duration
	Surface surface.State
	Film    []float64 // m over each cell's area, of rain that has not run to where its water stands
	Rain    RainField
	Basins  []float64 // m³ in each sewer basin
	Creeks  []float64 // m³ in each creek above its bed
	Pumps   []PumpState
	Gates   []GateState
	Mass    Mass
	Pending []timed // inputs not yet due, in order
}

const stateVersion = 2

// Mass is the account of all water since the start, in m³.
type Mass struct {
	Initial      float64
	Rain         float64
	Infiltration float64
	River        float64 // left to the tidal river through gates and boundary pumps
	Corrected    float64 // added (or taken, when negative) by corrections
}

// New prepares a run over a dry city: basins empty, creeks at their normal level. It is an error if the city has no terrain.
func New(c *city.City, cfg Config) (*Sim, error) {
	cfg = cfg.withDefaults()
	net, err := newGround(c, cfg.Coarsen)
	if err != nil {
		return nil, err
	}
	flow, err := surface.NewBatch(net.Subgrid, surface.Config{Deep: deep, MaxStep: cfg.MaxStep}, 1)
	if err != nil {
		return nil, fmt.Errorf("flood: %w", err)
	}
	return newSim(c, cfg, net, flow), nil
}

func newSim(c *city.City, cfg Config, net *ground, flow *surface.Batch) *Sim {
	s := &Sim{city: c, cfg: cfg, net: net, flow: flow, w: make([]float64, net.Grid.Cells()), rainCol: make([]int32, net.Grid.Cols), asked: make([]float64, len(c.Drains.Basins)), st: State{
		Version: stateVersion,
		Basins:  make([]float64, len(c.Drains.Basins)), Creeks: make([]float64, len(c.Drains.Creeks)),
		Pumps: make([]PumpState, len(c.Drains.Pumps)), Gates: make([]GateState, len(c.Drains.Gates)),
	}}
	if net.rough != nil {
		s.st.Film = make([]float64, len(s.w))
	}
	for i, k := range c.Drains.Creeks {
		s.st.Creeks[i] = (k.Normal - k.Bed) * k.Area
	}
	for i, p := range c.Drains.Pumps {
		s.st.Pumps[i] = PumpState{Units: make([]UnitState, p.Units), Order: Auto}
		for u := range s.st.Pumps[i].Units {
			s.st.Pumps[i].Units[u].Since = -time.Hour
		}
	}
	for i := range s.st.Gates {
		s.st.Gates[i].Order = Auto
	}
	s.st.Mass.Initial = s.stored()
	return s
}

// Fork returns a Sim that starts from s's state and shares its geometry: a forecast's member.
func (s *Sim) Fork() *Sim {
	f := newSim(s.city, s.cfg, s.net, s.flow.Fork())
	f.st = s.st.clone()
	copy(f.w, s.w)
	return f
}

// Grid returns the grid that the Sim computes on.
func (s *Sim) Grid() city.Grid { return s.net.Grid }

// Restore continues from a snapshot, bit for bit.
func Restore(c *city.City, cfg Config, st State) (*Sim, error) {
	s, err := New(c, cfg)
	if err != nil {
		return nil, err
	}
	if err := s.Reset(st); err != nil {
		return nil, err
	}
	return s, nil
}

// Reset puts the Sim into the state of a snapshot of the same city, without building it anew.
func (s *Sim) Reset(st State) error {
	if st.Version != stateVersion {
		return fmt.Errorf("restore flood state: version %d, this build reads %d", st.Version, stateVersion)
	}
	if len(st.Pumps) != len(s.st.Pumps) || len(st.Creeks) != len(s.st.Creeks) || len(st.Basins) != len(s.st.Basins) || len(st.Film) != len(s.st.Film) {
		return fmt.Errorf("restore flood state: %d basins, %d pumps, %d creeks; this city has %d, %d, %d: use the pack that the state is from",
			len(st.Basins), len(st.Pumps), len(st.Creeks), len(s.st.Basins), len(s.st.Pumps), len(s.st.Creeks))
	}
	if err := s.flow.Restore(0, st.Surface); err != nil {
		return fmt.Errorf("restore flood state: %w; use the pack that the state is from", err)
	}
	s.st = st.clone()
	s.st.Surface = surface.State{}
	s.flow.Waters(0, s.w)
	return nil
}

// Snapshot returns a copy of the state.
func (s *Sim) Snapshot() State {
	st := s.st.clone()
	st.Surface = s.flow.Snapshot(0)
	return st
}

func (st State) clone() State {
	st.Film = slices.Clone(st.Film)
	st.Basins, st.Creeks = slices.Clone(st.Basins), slices.Clone(st.Creeks)
	st.Gates, st.Pending = slices.Clone(st.Gates), slices.Clone(st.Pending)
	st.Pumps = slices.Clone(st.Pumps)
	for i := range st.Pumps {
		st.Pumps[i].Units = slices.Clone(st.Pumps[i].Units)
	}
	return st // Rain's rates are never written after they came in
}

// Now returns the time reached.
func (s *Sim) Now() time.Duration { return s.st.Time }

// Step computes up to until. It stops early, between steps, when ctx ends, and returns ctx's error.
func (s *Sim) Step(ctx context.Context, until time.Duration) error {
	if s.w == nil {
		return fmt.Errorf("flood: a member is stepped by its ensemble")
	}
	for s.st.Time < until {
		if err := ctx.Err(); err != nil {
			return err
		}
		s.applyDue()
		end := min(s.st.Time+s.cfg.MaxStep, until)
		if len(s.st.Pending) > 0 && s.st.Pending[0].At < end {
			end = s.st.Pending[0].At
		}
		// Rain and drains change slowly and take a whole step; waves on the surface take as many parts of it as they need.
		sec := (end - s.st.Time).Seconds()
		s.rain(s.w, sec)
		s.drain(sec)
		s.seep(s.w, sec)
		s.flow.SetWaters(0, s.w)
		if err := s.flow.Step(context.WithoutCancel(ctx), end); err != nil {
			return fmt.Errorf("flood: %w", err)
		}
		s.flow.Waters(0, s.w)
		s.st.Time = end
	}
	s.applyDue()
	s.flow.SetWaters(0, s.w)
	return nil
}

// Depths returns the mean depth of water on the open ground of each cell of Grid, m.
func (s *Sim) Depths() []float64 {
	d := make([]float64, s.net.Grid.Cells())
	if s.w == nil {
		s.flow.Waters(s.member, d)
	} else {
		copy(d, s.w)
	}
	for i := range d {
		if s.net.area[i] > 0 {
			d[i] /= s.net.Open(i)
		} else {
			d[i] = 0
		}
	}
	return d
}

// DepthAt returns the depth of water in metres at cell i of the city's own terrain, whatever grid the Sim computes on.
func (s *Sim) DepthAt(i int) float64 {
	c := s.net.CellOf(i)
	return s.net.Depth(i, s.net.Level(c, s.water(c)))
}

// water is what stands in cell i of Grid, m over its area.
func (s *Sim) water(i int) float64 {
	if s.w == nil {
		return s.flow.Water(s.member, i)
	}
	return s.w[i]
}

// give adds v m³ to cell i of Grid, or takes them, and returns what it gave.
func (s *Sim) give(i int, v float64) float64 {
	if s.w == nil {
		return s.flow.Add(s.member, i, v)
	}
	cell := s.net.Grid.Cell * s.net.Grid.Cell
	s.w[i] = max(0, s.w[i]+v/cell)
	return v
}

// LevelFrom returns the level in metres at which cell c of Grid has mean metres of water on its open ground, as Depths gives them.
func (s *Sim) LevelFrom(c int, mean float64) float64 { return s.net.Level(c, mean*s.net.Open(c)) }

// DepthUnder returns the depth in metres at cell i of the city's own terrain while the water in its cell of Grid stands at level.
func (s *Sim) DepthUnder(i int, level float64) float64 { return s.net.Depth(i, level) }

// CellOf returns the cell of Grid that holds cell i of the city's own terrain.
func (s *Sim) CellOf(i int) int { return s.net.CellOf(i) }

// PeakAt returns the largest depth so far at cell i of the city's own terrain, as DepthAt does the present one.
func (s *Sim) PeakAt(i int) float64 {
	if s.w == nil {
		return s.flow.Peak(s.member, i)
	}
	return max(s.flow.Peak(0, i), s.DepthAt(i))
}

// ForgetPeaks starts the record of largest depths anew, from the water that stands now.
func (s *Sim) ForgetPeaks() { s.flow.ForgetPeaks(s.member) }

// BasinLevel returns the level in basin i, m.
func (s *Sim) BasinLevel(i int) float64 {
	b := &s.city.Drains.Basins[i]
	return b.Invert + s.st.Basins[i]/b.Volume*(b.Ground-b.Invert)
}

// CreekLevel returns the level in creek i, m.
func (s *Sim) CreekLevel(i int) float64 {
	k := &s.city.Drains.Creeks[i]
	return k.Bed + s.st.Creeks[i]/k.Area
}

// TideLevel returns the river's level at time at, m.
func (s *Sim) TideLevel(at time.Duration) float64 {
	return TideLevel(s.city.Drains.Tide, s.cfg.Start.Add(at)) + s.cfg.SurgeM
}

// TideLevel returns the astronomic tide at t, m above its datum.
func TideLevel(tide city.Tide, t time.Time) float64 {
	level, sec := tide.Mean, float64(t.Unix())+float64(t.Nanosecond())/1e9
	for _, h := range tide.Parts {
		level += h.Amplitude * math.Cos(2*math.Pi*math.Mod(sec, h.PeriodS)/h.PeriodS-h.Phase)
	}
	return level
}

// Pump returns the state of pump i.
func (s *Sim) Pump(i int) PumpState { return s.st.Pumps[i] }

// Gate returns the state of gate i.
func (s *Sim) Gate(i int) GateState { return s.st.Gates[i] }

// Mass returns the account so far.
func (s *Sim) Mass() Mass { return s.st.Mass }

// MassError returns |in − out − stored| over all the water that ever was in the city.
func (s *Sim) MassError() float64 {
	m := &s.st.Mass
	in := m.Initial + m.Rain + m.Corrected
	if in <= 0 {
		return 0
	}
	return math.Abs(in-m.Infiltration-m.River-s.stored()) / in
}

func (s *Sim) stored() float64 {
	var sum float64
	for _, v := range s.w {
		sum += v
	}
	for _, v := range s.st.Film {
		sum += v
	}
	sum *= s.net.Grid.Cell * s.net.Grid.Cell
	for _, parts := range [][]float64{s.st.Basins, s.st.Creeks} {
		for _, v := range parts {
			sum += v
		}
	}
	return sum
}
