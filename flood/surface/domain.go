package surface

import (
	"fmt"
	"time"

	"citybrain/city/water"
)

const gravity = 9.81 // m/s²

// What a run is of; see package water.
type (
	Domain    = water.Domain
	Edge      = water.Edge
	Source    = water.Source
	Series    = water.Series
	Rain      = water.Rain
	RainField = water.RainField
	Side      = water.Side
)

const (
	West      = water.West
	East      = water.East
	North     = water.North
	South     = water.South
	Wall      = water.Wall
	Open      = water.Open
	Discharge = water.Discharge
	Level     = water.Level
	Slope     = water.Slope
)

// Constant is a series of one value.
func Constant(v float64) Series { return water.Constant(v) }

// A Scheme is a way of solving.
type Scheme int

const (
	Inertial Scheme = iota
	Shallow
)

func (s Scheme) String() string { return [...]string{"inertial", "swe"}[s] }

// Config is how a Sim computes. Zero values take the default.
type Config struct {
	Scheme      Scheme
	Precision   int           // 32 or 64 bits, 64
	Threads     int           // 1
	Courant     float64       // of a step: 0.65 inertial, 0.45 shallow
	Theta       float64       // inertial: weight of a face's own old discharge, 0.9
	Dry         float64       // m: a flow depth below it carries nothing: 5e-5 of a cell's width, at most 1e-3
	Subgrid     int           // inertial: pixels of the ground across a computing cell; 0 or 1: the ground's own cells
	NoAdvection bool          // inertial: leave the advection of momentum out, as the published scheme does
	MaxStep     time.Duration // 10 s
	Deep        float64       // m: deeper flow has momentum by a shorter step, inertial; 0: none has; a Batch 1.5
}

func (c Config) withDefaults(cell float64) Config {
	inertial := c.Scheme == Inertial
	set := func(v *float64, a, b float64) {
		if *v == 0 {
			*v = b
			if inertial {
				*v = a
			}
		}
	}
	set(&c.Courant, 0.65, 0.45)
	set(&c.Theta, 0.9, 1)
	set(&c.Dry, min(1e-3, 5e-5*cell), min(1e-3, 5e-5*cell))
	if c.Precision == 0 {
		c.Precision = 64
	}
	c.Threads = max(c.Threads, 1)
	if c.MaxStep == 0 {
		c.MaxStep = 10 * time.Second
	}
	return c
}

func (c Config) check() error {
	switch {
	case c.Precision != 32 && c.Precision != 64:
		return fmt.Errorf("surface: precision %d is not 32 or 64", c.Precision)
	case !(c.Courant > 0 && c.Courant <= 1):
		return fmt.Errorf("surface: Courant number %g is not in 0–1", c.Courant)
	case !(c.Theta > 0 && c.Theta <= 1):
		return fmt.Errorf("surface: theta %g is not in 0–1", c.Theta)
	case !(c.Dry > 0 && c.Dry < 0.1):
		return fmt.Errorf("surface: dry depth %g m is not in 0–0.1", c.Dry)
	case c.Deep != 0 && !(c.Deep >= 0.1 && c.Deep <= 1000):
		return fmt.Errorf("surface: deep water from %g m is not in 0.1–1000", c.Deep)
	case c.Subgrid < 0 || c.Subgrid > 8:
		return fmt.Errorf("surface: cells of %d pixels; 1 to 8 can be made", c.Subgrid)
	case c.MaxStep <= 0:
		return fmt.Errorf("surface: largest step %v is not positive", c.MaxStep)
	}
	return nil
}
