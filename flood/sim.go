package flood

import (
	"context"
	"fmt"
	"math"
	"slices"
	"time"

	"citybrain/city"
)

// Config is how a Sim computes.
type Config struct {
	Coarsen      int           // compute on cells this many times as wide as the terrain's, 1
	Courant      float64       // share of the gravity-wave limit that a step may use, 0.7
	Theta        float64       // weight of a face's own discharge against its neighbours', 0.9
	MaxStep      time.Duration // 10 s
	Infiltration float64       // m/s that pervious ground takes, 2e-6 (7 mm/h)
	Start        time.Time     // of the scenario, for the tide
	SurgeM       float64       // surge on top of the astronomic tide, m
}

func (c Config) withDefaults() Config {
	if c.Coarsen == 0 {
		c.Coarsen = 1
	}
	if c.Courant == 0 {
		c.Courant = 0.7
	}
	if c.Theta == 0 {
		c.Theta = 0.9
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
	net  *surface // immutable geometry, shared by every Sim of the city
	st   State
	row  []float64 // one row of old discharges, scratch of flowSouth
	take []float64 // m³ asked of each basin in a step, scratch of drain

	rainGrid city.Grid // that rainCol was made for
	rainCol  []int32   // rain column of each column of cells, -1: none
}

// State is everything that changes. It is plain data; a copy is a snapshot.
type State struct {
	Version int
	Time    time.Duration
	Depth   []float64 // m, each cell
	QX      []float64 // m²/s through the west face of each cell, eastward positive
	QY      []float64 // m²/s through the north face of each cell, southward positive
	Sag     []float64 // m³ held below the grid's resolution in each sag of a coarsened terrain
	Rain    RainField
	Basins  []float64 // m³ in each sewer basin
	Creeks  []float64 // m³ in each creek above its bed
	Pumps   []PumpState
	Gates   []GateState
	Mass    Mass
	Peak    []float32 // m, largest depth so far in each cell
	SagPeak []float64 // m³, most held so far in each sag
	Pending []timed   // inputs not yet due, in order
}

const stateVersion = 1

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
	net, err := newSurface(c, cfg.Coarsen)
	if err != nil {
		return nil, err
	}
	return newSim(c, cfg, net), nil
}

func newSim(c *city.City, cfg Config, net *surface) *Sim {
	n, cols := net.terrain.Cells(), net.cols
	s := &Sim{city: c, cfg: cfg, net: net, row: make([]float64, cols), rainCol: make([]int32, cols), take: make([]float64, len(c.Drains.Basins)), st: State{
		Version: stateVersion,
		Depth:   make([]float64, n), QX: make([]float64, n+1), QY: make([]float64, n+cols), Peak: make([]float32, n),
		Sag: make([]float64, len(net.sags)), SagPeak: make([]float64, len(net.sags)),
		Basins: make([]float64, len(c.Drains.Basins)), Creeks: make([]float64, len(c.Drains.Creeks)),
		Pumps: make([]PumpState, len(c.Drains.Pumps)), Gates: make([]GateState, len(c.Drains.Gates)),
	}}
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
	f := newSim(s.city, s.cfg, s.net)
	f.st = s.st.clone()
	return f
}

// Grid returns the grid that the Sim computes on.
func (s *Sim) Grid() city.Grid { return s.net.terrain.Grid }

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
	if len(st.Depth) != len(s.st.Depth) || len(st.Pumps) != len(s.st.Pumps) || len(st.Creeks) != len(s.st.Creeks) || len(st.Sag) != len(s.st.Sag) {
		return fmt.Errorf("restore flood state: %d cells, %d pumps, %d creeks; this city has %d, %d, %d: use the pack that the state is from",
			len(st.Depth), len(st.Pumps), len(st.Creeks), len(s.st.Depth), len(s.st.Pumps), len(s.st.Creeks))
	}
	s.st = st.clone()
	return nil
}

// Snapshot returns a copy of the state.
func (s *Sim) Snapshot() State { return s.st.clone() }

func (st State) clone() State {
	st.Depth, st.QX, st.QY = slices.Clone(st.Depth), slices.Clone(st.QX), slices.Clone(st.QY)
	st.SagPeak = slices.Clone(st.SagPeak)
	st.Sag, st.Basins, st.Creeks = slices.Clone(st.Sag), slices.Clone(st.Basins), slices.Clone(st.Creeks)
	st.Gates, st.Peak, st.Pending = slices.Clone(st.Gates), slices.Clone(st.Peak), slices.Clone(st.Pending)
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
		s.rain(sec)
		s.drain(sec)
		if deepest := s.deepest(); deepest >= dry {
			limit := s.cfg.Courant * s.net.dx / math.Sqrt(gravity*deepest)
			if limit < 1e-3 {
				return fmt.Errorf("flood at %v: a depth of %g m needs a step under 1 ms: the terrain or an input is wrong", s.st.Time, deepest)
			}
			parts := math.Ceil(sec / limit)
			for range int(parts) {
				s.flow(sec / parts)
			}
		}
		s.st.Time = end
	}
	s.applyDue()
	return nil
}

// Depths returns the depth of water in metres of each cell of Grid. The slice is the engine's own: read it before the next Step.
func (s *Sim) Depths() []float64 { return s.st.Depth }

// Peaks returns each cell's largest depth so far in metres, as a slice of the engine's own.
func (s *Sim) Peaks() []float32 { return s.st.Peak }

// ForgetPeaks starts the record of largest depths anew, from the water that stands now.
func (s *Sim) ForgetPeaks() {
	for i, h := range s.st.Depth {
		s.st.Peak[i] = float32(h)
	}
	copy(s.st.SagPeak, s.st.Sag)
}

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
	for i, h := range s.st.Depth {
		if h > 0 {
			sum += h * s.net.area[i]
		}
	}
	for _, parts := range [][]float64{s.st.Sag, s.st.Basins, s.st.Creeks} {
		for _, v := range parts {
			sum += v
		}
	}
	return sum
}
