package flood

import (
	"fmt"
	"math"
	"slices"
	"time"

	"citybrain/city"
)

// An Event is an input to a Sim: RainField, PumpOrder, GateOrder or a correction.
type Event interface{ check(s *Sim) error }

// A RainField is the rain from its input's time until the next one. A zero RainField is dry.
type RainField struct {
	Grid city.Grid
	MMH  []float32 // mm/h, one a cell of Grid, never written to after Input
}

// Auto leaves a pump or gate to its local programme.
const Auto = -1

// A PumpOrder asks pump Pump to run Units units, or leaves it to its local programme (Auto). Equipment limits still hold.
type PumpOrder struct{ Pump, Units int }

// A GateOrder sets gate Gate to Opening (0 shut … 1 open), or leaves it to its local programme (Auto). The tide lock still holds.
type GateOrder struct {
	Gate    int
	Opening float64
}

// A CreekCorrection sets creek Creek to Level, m, as an observation says.
type CreekCorrection struct {
	Creek int
	Level float64
}

// A BasinCorrection sets basin Basin to Level, m, as an observation says.
type BasinCorrection struct {
	Basin int
	Level float64
}

// A DepthCorrection scales the water on the cells within Radius metres of cell Cell of the city's terrain towards Depth m at it, by a weight that
// falls linearly to 0 at Radius.
type DepthCorrection struct {
	Cell   int
	Depth  float64
	Radius float64
}

type timed struct {
	At time.Duration
	Ev Event
}

// Input gives events to take effect at time at, which must not be before Now. Events of one time act in the order given.
func (s *Sim) Input(at time.Duration, evs ...Event) error {
	if at < s.st.Time {
		return fmt.Errorf("flood input for %v: the run is at %v already", at, s.st.Time)
	}
	for _, ev := range evs {
		if err := ev.check(s); err != nil {
			return err
		}
	}
	i, _ := slices.BinarySearchFunc(s.st.Pending, at, func(p timed, at time.Duration) int {
		if p.At <= at {
			return -1
		}
		return 1
	})
	add := make([]timed, len(evs))
	for k, ev := range evs {
		add[k] = timed{at, ev}
	}
	s.st.Pending = slices.Insert(s.st.Pending, i, add...)
	return nil
}

func (s *Sim) applyDue() {
	n := 0
	for n < len(s.st.Pending) && s.st.Pending[n].At <= s.st.Time {
		switch e := s.st.Pending[n].Ev.(type) {
		case RainField:
			s.st.Rain, s.fell = e, true
		case PumpOrder:
			s.st.Pumps[e.Pump].Order = e.Units
		case GateOrder:
			s.st.Gates[e.Gate].Order = e.Opening
		case CreekCorrection:
			k := &s.city.Drains.Creeks[e.Creek]
			v := max(0, e.Level-k.Bed) * k.Area
			s.st.Mass.Corrected += v - s.st.Creeks[e.Creek]
			s.st.Creeks[e.Creek] = v
		case BasinCorrection:
			b := &s.city.Drains.Basins[e.Basin]
			v := min(max(0, (e.Level-b.Invert)/(b.Ground-b.Invert)), 1) * b.Volume
			s.st.Mass.Corrected += v - s.st.Basins[e.Basin]
			s.st.Basins[e.Basin] = v
		case DepthCorrection:
			s.correctDepth(e)
		}
		n++
	}
	s.st.Pending = s.st.Pending[n:]
}

func (s *Sim) correctDepth(e DepthCorrection) {
	net, area := s.net, s.net.Grid.Cell*s.net.Grid.Cell
	at := net.CellOf(e.Cell)
	ground := float64(s.city.Terrain.Z[e.Cell])
	// Dry ground says that the water is no higher; what lies lower in its cell keeps its own.
	level := net.Level(at, s.w[at])
	old := net.Depth(e.Cell, level)
	target := s.w[at]
	if e.Depth > 0 || level > ground {
		target = net.Volume(at, ground+e.Depth)
	}
	ratio := 1.0
	if s.w[at] > 0 {
		ratio = min(max(target/s.w[at], 0.25), 4)
	}
	reach := int(e.Radius / net.Grid.Cell)
	r0, c0 := at/net.Grid.Cols, at%net.Grid.Cols
	for r := max(0, r0-reach); r <= min(net.Grid.Rows-1, r0+reach); r++ {
		for c := max(0, c0-reach); c <= min(net.Grid.Cols-1, c0+reach); c++ {
			i := r*net.Grid.Cols + c
			d := net.Grid.Cell * math.Hypot(float64(r-r0), float64(c-c0))
			if net.area[i] == 0 || i != at && d >= e.Radius {
				continue
			}
			w := target
			if i != at {
				// Neighbours keep their own shape: they are scaled as the observed cell is, never wetted where they are dry.
				if s.w[i] <= 0 || old <= 0.01 {
					continue
				}
				w = s.w[i] + (1-d/e.Radius)*(s.w[i]*ratio-s.w[i])
			}
			s.st.Mass.Corrected += (w - s.w[i]) * area
			s.w[i] = w
		}
	}
}

func (f RainField) check(*Sim) error {
	if len(f.MMH) != 0 && len(f.MMH) != f.Grid.Cells() {
		return fmt.Errorf("rain field: %d values for %d cells", len(f.MMH), f.Grid.Cells())
	}
	for i, v := range f.MMH {
		if !(v >= 0 && v < 1000) {
			return fmt.Errorf("rain field: cell %d: %g mm/h is not in 0–1000", i, v)
		}
	}
	return nil
}

func (o PumpOrder) check(s *Sim) error {
	if o.Pump < 0 || o.Pump >= len(s.st.Pumps) {
		return fmt.Errorf("pump order: no pump %d; the city has %d", o.Pump, len(s.st.Pumps))
	}
	if o.Units < Auto || o.Units > s.city.Drains.Pumps[o.Pump].Units {
		return fmt.Errorf("pump order: pump %s has %d units, not %d", s.city.Drains.Pumps[o.Pump].ID, s.city.Drains.Pumps[o.Pump].Units, o.Units)
	}
	return nil
}

func (o GateOrder) check(s *Sim) error {
	if o.Gate < 0 || o.Gate >= len(s.st.Gates) {
		return fmt.Errorf("gate order: no gate %d; the city has %d", o.Gate, len(s.st.Gates))
	}
	if o.Opening != Auto && !(o.Opening >= 0 && o.Opening <= 1) {
		return fmt.Errorf("gate order: gate %s: opening %g is not in 0–1", s.city.Drains.Gates[o.Gate].ID, o.Opening)
	}
	return nil
}

func (c CreekCorrection) check(s *Sim) error {
	if c.Creek < 0 || c.Creek >= len(s.st.Creeks) || !(c.Level > -100 && c.Level < 9000) {
		return fmt.Errorf("creek correction: creek %d, level %g m", c.Creek, c.Level)
	}
	return nil
}

func (c BasinCorrection) check(s *Sim) error {
	if c.Basin < 0 || c.Basin >= len(s.st.Basins) || !(c.Level > -100 && c.Level < 9000) {
		return fmt.Errorf("basin correction: basin %d, level %g m", c.Basin, c.Level)
	}
	return nil
}

func (c DepthCorrection) check(s *Sim) error {
	if s.w == nil {
		return fmt.Errorf("depth correction: a member of an ensemble takes none; correct the run that it starts from")
	}
	if c.Cell < 0 || c.Cell >= s.city.Terrain.Cells() || s.net.area[s.net.CellOf(c.Cell)] == 0 || !(c.Depth >= 0 && c.Depth < 20) {
		return fmt.Errorf("depth correction: cell %d, depth %g m", c.Cell, c.Depth)
	}
	return nil
}
