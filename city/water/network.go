package water

import (
	"fmt"
	"math"
	"time"
)

// A Network is a net of drains, creeks and what stands in them. Levels are in metres above Datum.
type Network struct {
	Name       string
	Source     string // the file it was read from
	Datum      string
	Nodes      []Node
	Links      []Link
	Inlets     []Inlet
	Feeders    []Feeder
	Catchments []Catchment
	Rules      []Rule
	Clock      float64       // s of the day at which the run starts, for Rules
	Duration   time.Duration // of the run that its file asks for, 0: none
	Every      time.Duration // between reports
	MaxStep    time.Duration // 0: the engine's own
	Notes      []string      // what its reader could not take as it is written, with file and line
}

// A NodeKind is what a node is.
type NodeKind uint8

const (
	Junction NodeKind = iota // a manhole
	Storage                  // a tank, pond or creek
	Outfall                  // where the net ends
)

func (k NodeKind) String() string { return [...]string{"junction", "storage", "outfall"}[k] }

// An OutfallKind says what stands outside an outfall.
type OutfallKind uint8

const (
	FreeFall    OutfallKind = iota // water leaves at critical depth
	NormalDepth                    // at the depth of uniform flow in the last conduit
	GivenLevel                     // Node.Level: a fixed level, a tide or a series
)

// A Node is where links meet.
type Node struct {
	ID     string
	Kind   NodeKind
	At     [2]float64 // in the frame of the ground above
	Placed bool       // At is given
	Invert float64    // m
	Ground float64    // m: where it spills; for a creek its bank
	Seal   float64    // m of head above Ground that a bolted cover holds
	Ponded float64    // m² on which water stands above Ground and comes back; 0: what spills leaves the net
	Plan   Curve      // Storage: m² of plan area by m of depth
	Depth  float64    // m at the start
	Inflow []Series   // m³/s, added up
	OutfallEnd
	Creek *Creek // limits of a Storage that is a creek
}

// OutfallEnd is what a Node of kind Outfall has besides.
type OutfallEnd struct {
	End   OutfallKind
	Level Series // m, of GivenLevel
	Flap  bool   // no water comes in
}

// A Creek is what operation has to keep to in a creek.
type Creek struct {
	Low     float64 // m: never drawn below, for navigation and banks
	Ceiling float64 // m: drainage pumps stop above it
	Drop    float64 // m/s: fastest drawdown, 0: none set
}

// A Curve is y over a rising x, linear between, held at its ends.
type Curve struct{ X, Y []float64 }

// At returns the curve at x.
func (c Curve) At(x float64) float64 {
	n := len(c.X)
	if n == 0 {
		return 0
	}
	if x <= c.X[0] {
		return c.Y[0]
	}
	for k := 1; k < n; k++ {
		if x <= c.X[k] {
			return c.Y[k-1] + (c.Y[k]-c.Y[k-1])*(x-c.X[k-1])/(c.X[k]-c.X[k-1])
		}
	}
	return c.Y[n-1]
}

func (c Curve) check() error {
	if len(c.X) == 0 || len(c.X) != len(c.Y) {
		return fmt.Errorf("%d places and %d values", len(c.X), len(c.Y))
	}
	for i := range c.X {
		if !finite(c.X[i]) || !finite(c.Y[i]) {
			return fmt.Errorf("value %d: %g at %g", i+1, c.Y[i], c.X[i])
		}
		if i > 0 && c.X[i] <= c.X[i-1] {
			return fmt.Errorf("value %d: %g does not follow %g", i+1, c.X[i], c.X[i-1])
		}
	}
	return nil
}

// A LinkKind is what a link is.
type LinkKind uint8

const (
	Conduit LinkKind = iota
	Pump
	Orifice
	WeirLink
	Outlet   // a rating: m³/s by m of head
	GateLink // a sluice behind a tide lock
)

func (k LinkKind) String() string {
	return [...]string{"conduit", "pump", "orifice", "weir", "outlet", "gate"}[k]
}

// A PumpKind says what a pump's Curve is over.
type PumpKind uint8

const (
	PumpHead   PumpKind = iota // m³/s by m of lift: a head–flow curve, which falls
	PumpDepth                  // m³/s by m of depth at its suction, linear between
	PumpStep                   // the same in steps: the value of the next place upward
	PumpVolume                 // m³/s in steps of m³ in its wet well
	PumpIdeal                  // all that comes to it
)

// A WeirKind is the shape of a weir's opening.
type WeirKind uint8

const (
	Transverse  WeirKind = iota
	SideFlow             // Coefficient · width^0.83 · H^1.67
	VNotch               // Coefficient · slope · H^2.5
	Trapezoidal          // both
)

// A Link carries water from From to To when its flow is positive.
type Link struct {
	ID       string
	Kind     LinkKind
	From, To int32
	In, Out  float64 // m, invert at either end; of a structure In is its sill or crest

	// Conduit.
	Length  float64 // m
	Manning float64 // s·m^(−1/3)
	Section Section
	Barrels int     // 1
	LossIn  float64 // of velocity heads v²/2g
	LossOut float64
	LossAvg float64
	Start   float64 // m³/s at the start
	Limit   float64 // m³/s, 0: none
	Flap    bool    // nothing flows back

	// Structures.
	Coefficient  float64 // orifice: of √(2gh)·A; weir: m^0.5/s
	Coefficient2 float64 // weir: of the sloped ends, m^0.5/s
	Bottom       bool    // orifice in the floor
	Weir         WeirKind
	Contracted   float64 // weir: number of end contractions
	Rating       Curve   // pump or outlet
	ByDepth      bool    // outlet: Rating is over depth above In, not over the difference of heads
	Pump         PumpKind
	Station      Station // pump
}

// A Station is how a pump's equal units are run.
type Station struct {
	Units     int           // 1; Rating is one unit's
	Down      int           // units out of order
	StartAt   float64       // m, level at its suction from which the first unit starts; NaN: always runs
	StopAt    float64       // m, level at which all stop
	Stagger   float64       // m between one unit's start and the next's, 0.15
	MinRun    time.Duration // of a unit
	MinRest   time.Duration
	MaxStarts int   // an hour and unit, 4; 0: no limit
	Feeder    int32 // index into Network.Feeders, −1: none
	Off       bool  // at the start
}

// A Feeder is an electric supply that lets no more than Units units of the stations on it run at once.
type Feeder struct {
	ID    string
	Units int
}

// An Inlet lets the street's water into a node and a surcharge out of it.
type Inlet struct {
	Node      int32
	Cell      int32   // of the ground above
	Level     float64 // m, of the street
	Plan      float64 // m² of street that stands over it (its cell)
	Perimeter float64 // m of grate, where shallow water falls in as over a weir
	Opening   float64 // m² of grate, where deep water goes through as through an orifice
	Blocked   float64 // share of both that is blocked, 0–1
}

func finite(v float64) bool { return !math.IsNaN(v) && math.Abs(v) < 1e12 }
