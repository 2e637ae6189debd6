package water

import (
	"fmt"
	"math"
	"time"

	"citybrain/city"
)

// A Side is one of the four edges of a grid.
type Side int

const (
	West Side = iota
	East
	North
	South
)

func (s Side) String() string { return [...]string{"west", "east", "north", "south"}[s] }

// A Kind says what happens at an edge.
type Kind int

const (
	Wall      Kind = iota // nothing passes
	Open                  // water leaves as it arrives, none comes in
	Discharge             // Series in m³/s over the whole stretch, inward positive, shared evenly among its cells
	Level                 // Series in m above the ground's datum
	Slope                 // water leaves at the normal depth of Gradient
)

func (k Kind) String() string {
	return [...]string{"wall", "open", "discharge", "level", "slope"}[k]
}

// An Edge is a stretch of one side. Cells whose centre lies in From … To belong to it: y for West and East, x for North and
// South, in the grid's frame. Of edges that overlap the later one holds; what no edge names is a wall.
type Edge struct {
	Side     Side
	From, To float64
	Kind     Kind
	Series   Series
	Gradient float64 // of Slope
}

// A Source adds or takes Flow m³/s in the cells whose centre lies within Radius of At, shared evenly; in At's own cell when
// Radius is 0. A drain (negative) takes no more than is there.
type Source struct {
	Name   string
	At     [2]float64
	Radius float64
	Flow   Series
}

// Rain is uniform Rate mm/h, or where Fields is given, one raster a time.
type Rain struct {
	Rate   Series
	Fields []RainField
}

// A RainField holds from At until the next one.
type RainField struct {
	At   time.Duration
	Grid city.Grid
	MMH  []float32
}

// A Domain is where water moves. Slices hold one value a cell; a nil one is all zero.
type Domain struct {
	city.Grid
	Z       []float64 // m; NaN: outside, a wall
	Manning []float64 // s·m^(−1/3)
	Edges   []Edge
	Sources []Source
	Rain    Rain
	Depth   []float64 // m at the start
	U, V    []float64 // m/s at the start, east and south
	Open    []float64 // share of a cell that water can stand on, buildings leave; nil: all

	Soils      []Soil
	SoilOf     []int16 // index into Soils, −1: sealed; nil: the first everywhere
	Structures []Structure
	Pumps      []Pumping
	Breaches   []Breach
	Wind       Wind
}

// A Gauge is a place where water is watched.
type Gauge struct {
	Name string
	At   [2]float64
}

// A Case is a Domain with how it is to be run and watched. A zero Duration is an error of its reader.
type Case struct {
	Domain
	Name     string
	Datum    string // of the ground's levels; "local" unless the case names one
	Source   string // the file it was read from
	EPSG     int    // of the grid's projection, 0 if it is a local one
	Duration time.Duration
	Every    time.Duration // between reports
	Gauges   []Gauge
	Drains   *Network      // below the ground, nil: none
	Scheme   string        // "inertial", "swe" or "": what the case asks for
	Courant  float64       // 0: the scheme's own
	MaxStep  time.Duration // 0: the scheme's own
	Deep     float64       // m: deeper water's momentum goes by a shorter step, inertial; 0: none does
	Subgrid  int           // pixels of the ground across a computing cell, inertial; 0 or 1: the ground's own
}

// Check returns what is wrong with d, if anything.
func (d *Domain) Check() error {
	n := d.Cells()
	if d.Cols < 1 || d.Rows < 1 || !(d.Cell > 0) || math.IsInf(d.Cell, 0) {
		return fmt.Errorf("a grid of %d × %d cells of %g m", d.Cols, d.Rows, d.Cell)
	}
	for _, x := range []struct {
		name string
		v    []float64
		need bool
	}{{"ground", d.Z, true}, {"roughness", d.Manning, true}, {"depth", d.Depth, false}, {"u", d.U, false}, {"v", d.V, false}, {"open ground", d.Open, false}} {
		if len(x.v) != n && (x.need || x.v != nil) {
			return fmt.Errorf("%s has %d values for %d cells", x.name, len(x.v), n)
		}
	}
	inside := 0
	for i, z := range d.Z {
		if math.IsNaN(z) {
			continue
		}
		inside++
		if !(math.Abs(z) < 1e5) {
			return fmt.Errorf("cell %d: ground at %g m", i, z)
		}
		if m := d.Manning[i]; !(m >= 0 && m < 10) {
			return fmt.Errorf("cell %d: Manning's n %g is not in 0–10", i, m)
		}
		if d.Open != nil && !(d.Open[i] >= 0 && d.Open[i] <= 1) {
			return fmt.Errorf("cell %d: a share of %g open to water is not in 0–1", i, d.Open[i])
		}
		if d.Depth != nil && !(d.Depth[i] >= 0 && d.Depth[i] < 1e4) {
			return fmt.Errorf("cell %d: depth %g m at the start", i, d.Depth[i])
		}
	}
	if inside == 0 {
		return fmt.Errorf("no cell has ground: every one is no-data")
	}
	for _, e := range d.Edges {
		if e.Kind == Discharge || e.Kind == Level {
			if err := e.Series.check(); err != nil {
				return fmt.Errorf("%s edge, %s: %w", e.Side, e.Kind, err)
			}
		}
		if e.Kind == Slope && !(e.Gradient > 0 && e.Gradient < 10) {
			return fmt.Errorf("%s edge: slope %g is not positive", e.Side, e.Gradient)
		}
	}
	for _, s := range d.Sources {
		if err := s.Flow.check(); err != nil {
			return fmt.Errorf("source %s: %w", s.Name, err)
		}
	}
	if len(d.Rain.Rate.T) > 0 {
		if err := d.Rain.Rate.check(); err != nil {
			return fmt.Errorf("rain: %w", err)
		}
		for i, v := range d.Rain.Rate.V {
			if v < 0 {
				return fmt.Errorf("rain: value %d: %g mm/h is negative", i+1, v)
			}
		}
	}
	if d.SoilOf != nil && len(d.SoilOf) != n {
		return fmt.Errorf("soils have %d values for %d cells", len(d.SoilOf), n)
	}
	for i, k := range d.SoilOf {
		if int(k) >= len(d.Soils) {
			return fmt.Errorf("cell %d: soil %d of %d", i, k, len(d.Soils))
		}
	}
	for i := range d.Soils {
		if err := d.Soils[i].check(); err != nil {
			return fmt.Errorf("soil %d: %w", i+1, err)
		}
	}
	for i := range d.Pumps {
		if err := d.Pumps[i].check(d); err != nil {
			return err
		}
	}
	for i := range d.Structures {
		if err := d.Structures[i].check(d); err != nil {
			return err
		}
	}
	for i := range d.Breaches {
		if err := d.Breaches[i].check(d); err != nil {
			return err
		}
	}
	if err := d.Wind.check(); err != nil {
		return err
	}
	for k, f := range d.Rain.Fields {
		if len(f.MMH) != f.Grid.Cells() || !(f.Grid.Cell > 0) || k > 0 && f.At <= d.Rain.Fields[k-1].At {
			return fmt.Errorf("rain field %d: %d values for %d cells, at %v", k+1, len(f.MMH), f.Grid.Cells(), f.At)
		}
	}
	return nil
}

// CellsOf returns the cells that s acts on.
func (d *Domain) CellsOf(s *Source) []int {
	at := d.Index(s.At)
	if s.Radius <= 0 {
		if at < 0 || math.IsNaN(d.Z[at]) {
			return nil
		}
		return []int{at}
	}
	var list []int
	for i := range d.Z {
		c := d.Centre(i)
		if !math.IsNaN(d.Z[i]) && math.Hypot(c[0]-s.At[0], c[1]-s.At[1]) <= s.Radius {
			list = append(list, i)
		}
	}
	return list
}
