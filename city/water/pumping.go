package water

import (
	"fmt"
	"math"
	"time"
)

// A Pumping draws water from the cells within Radius of A and lets it out at B, or from the grid: a station, or a mobile pump that is there
// for a time. Its units start one by one, the next 0.15 m higher each, and stop together.
type Pumping struct {
	Name      string
	A, B      [2]float64
	Away      bool    // it leaves the grid; B has no meaning
	Radius    float64 // m, of A and B
	Units     int
	Rating    Curve   // m³/s of one unit by m of lift, falling
	Start     float64 // m: level at A from which the first unit starts
	Stop      float64 // m: level at which all stop
	Outfall   float64 // m: level that it lifts to when it pumps away
	MinRun    time.Duration
	MinRest   time.Duration
	MaxStarts int     // an hour and unit, 1–4
	From, To  float64 // s: when it is there
}

// Stagger is by how much higher each further unit of a Pumping starts, m.
const Stagger = 0.15

func (p *Pumping) check(d *Domain) error {
	if len(d.CellsOf(&Source{At: p.A, Radius: p.Radius})) == 0 || !p.Away && len(d.CellsOf(&Source{At: p.B, Radius: p.Radius})) == 0 {
		return fmt.Errorf("pump %s: no ground where it stands or where it lets out", p.Name)
	}
	if err := p.Rating.check(); err != nil {
		return fmt.Errorf("pump %s: rating: %w", p.Name, err)
	}
	for i, q := range p.Rating.Y {
		if q < 0 || i > 0 && q > p.Rating.Y[i-1] {
			return fmt.Errorf("pump %s: its rating rises to %g m³/s at a lift of %g m: a pump lifts less the higher it lifts", p.Name, q, p.Rating.X[i])
		}
	}
	switch {
	case p.Units < 1 || p.Units > 100:
		return fmt.Errorf("pump %s: %d units", p.Name, p.Units)
	case !finite(p.Start) || !finite(p.Stop) || p.Stop >= p.Start:
		return fmt.Errorf("pump %s: it starts at %g m and stops at %g m; want the start above the stop", p.Name, p.Start, p.Stop)
	case p.MinRun < 0 || p.MinRest < 0 || p.MaxStarts < 1 || p.MaxStarts > 4:
		return fmt.Errorf("pump %s: %v, %v at least, %d starts an hour; want 1–4", p.Name, p.MinRun, p.MinRest, p.MaxStarts)
	case !(p.From >= 0 && p.To > p.From) || math.IsNaN(p.Outfall):
		return fmt.Errorf("pump %s: there from %g to %g s, lifts to %g m", p.Name, p.From, p.To, p.Outfall)
	}
	return nil
}
