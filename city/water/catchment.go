package water

import "fmt"

// An Infiltration is how the pervious part of a Catchment takes water in.
type Infiltration uint8

const (
	NoInfiltration Infiltration = iota
	Horton                      // rate First falling to Last by Decay, recovering over Dry
	GreenAmpt                   // Suction, Conductivity, Deficit
	CurveNumber                 // Number
)

// A Catchment is a piece of ground whose rain runs off to a node as from a plane: a nonlinear reservoir with Manning's friction.
type Catchment struct {
	ID         string
	Node       int32
	Rain       Series  // mm/h
	Area       float64 // m²
	Impervious float64 // share, 0–1
	Width      float64 // m
	Slope      float64 // m/m
	ManningI   float64 // impervious
	ManningP   float64 // pervious
	StoreI     float64 // m held before water runs off, impervious
	StoreP     float64 // m, pervious
	NoStore    float64 // share of the impervious part without StoreI

	Infiltration
	First, Last  float64 // m/s
	Decay        float64 // 1/s
	Dry          float64 // s
	Suction      float64 // m
	Conductivity float64 // m/s
	Deficit      float64 // 0–1
	Number       float64 // 0–100
}

func (c *Catchment) check(nodes int) error {
	if c.Node < 0 || int(c.Node) >= nodes {
		return fmt.Errorf("runs to node %d of %d", c.Node, nodes)
	}
	if !(c.Area >= 0 && c.Impervious >= 0 && c.Impervious <= 1 && c.Width >= 0 && c.Slope >= 0 && c.StoreI >= 0 && c.StoreP >= 0 && c.NoStore >= 0 && c.NoStore <= 1) || c.ManningI < 0 || c.ManningP < 0 {
		return fmt.Errorf("%g m², %g impervious, %g m wide, slope %g, n %g and %g", c.Area, c.Impervious, c.Width, c.Slope, c.ManningI, c.ManningP)
	}
	if len(c.Rain.T) > 0 {
		return c.Rain.check()
	}
	return nil
}
