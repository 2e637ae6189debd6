package water

import (
	"fmt"
	"math"
)

// A Shape is the form of a conduit's cross-section.
type Shape uint8

const (
	Circular        Shape = iota // Height: diameter
	RectClosed                   // Height, Width
	RectOpen                     // Height, Width
	TrapezoidalOpen              // Height, Width of the bottom, Left and Right slope (horizontal to vertical)
	Triangular                   // Height, Width at the top
	Parabolic                    // Height, Width at the top
	Elliptic                     // Height, Width
	FilledCircular               // Height: diameter, Fill: m of sediment
	Custom                       // Plan.X: share of Height, Plan.Y: width as a share of Height
	Irregular                    // Ground: a surveyed transect
)

func (s Shape) String() string {
	return [...]string{"circular", "rectangular", "open rectangular", "trapezoidal", "triangular", "parabolic", "elliptic", "filled circular", "custom", "irregular"}[s]
}

// A Section is a conduit's cross-section. Metres.
type Section struct {
	Shape         Shape
	Height, Width float64
	Left, Right   float64
	Fill          float64
	Form          Curve    // Custom
	Ground        []Survey // Irregular, from the left bank to the right
	// Irregular: Manning's n of either bank over the main channel's, which is the link's, and where the main channel begins and ends.
	LeftN, RightN, LeftBank, RightBank float64
}

// Survey is a surveyed point of a transect: Y metres from the left, Z metres above any one level.
type Survey struct{ Y, Z float64 }

// Open reports whether the section has a free top, above which its walls stand upright.
func (s *Section) Open() bool {
	switch s.Shape {
	case RectOpen, TrapezoidalOpen, Triangular, Parabolic, Irregular:
		return true
	}
	return false
}

// Depth is the section's full depth in metres.
func (s *Section) Depth() float64 {
	switch s.Shape {
	case FilledCircular:
		return s.Height - s.Fill
	case Irregular:
		lo, hi := math.Inf(1), math.Inf(-1)
		for _, p := range s.Ground {
			lo, hi = math.Min(lo, p.Z), math.Max(hi, p.Z)
		}
		return hi - lo
	}
	return s.Height
}

func (s *Section) check() error {
	need := func(name string, v float64) error {
		if !(v > 0 && v < 1000) {
			return fmt.Errorf("a %s section's %s is %g m", s.Shape, name, v)
		}
		return nil
	}
	if s.Shape == Irregular {
		if len(s.Ground) < 2 {
			return fmt.Errorf("a transect of %d points", len(s.Ground))
		}
		for i, p := range s.Ground {
			if !finite(p.Y) || !finite(p.Z) || i > 0 && p.Y < s.Ground[i-1].Y {
				return fmt.Errorf("a transect's point %d at %g, %g", i+1, p.Y, p.Z)
			}
		}
		return need("depth", s.Depth())
	}
	if err := need("height", s.Height); err != nil {
		return err
	}
	switch s.Shape {
	case RectClosed, RectOpen, Triangular, Parabolic, Elliptic:
		return need("width", s.Width)
	case TrapezoidalOpen:
		if !(s.Width >= 0 && s.Left >= 0 && s.Right >= 0 && s.Width+s.Left+s.Right > 0 && s.Width < 1000 && s.Left+s.Right < 1000) {
			return fmt.Errorf("a trapezoidal section of bottom width %g m and slopes %g and %g", s.Width, s.Left, s.Right)
		}
	case FilledCircular:
		if !(s.Fill >= 0 && s.Fill < s.Height) {
			return fmt.Errorf("a circular section of %g m filled by %g m", s.Height, s.Fill)
		}
	case Custom:
		if err := s.Form.check(); err != nil {
			return fmt.Errorf("a custom section's form: %w", err)
		}
		wide := false
		for i, w := range s.Form.Y {
			if w < 0 || s.Form.X[i] < 0 || s.Form.X[i] > 1 {
				return fmt.Errorf("a custom section's form: width %g at %g", w, s.Form.X[i])
			}
			wide = wide || w > 0
		}
		if !wide {
			return fmt.Errorf("a custom section without width")
		}
	}
	return nil
}
