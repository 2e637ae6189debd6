package water

import (
	"fmt"
	"math"
)

// Check returns what is wrong with n, if anything, by the name of the node, link or inlet.
func (n *Network) Check() error {
	if len(n.Nodes) == 0 {
		return fmt.Errorf("a network without nodes")
	}
	for i := range n.Nodes {
		if err := n.Nodes[i].check(); err != nil {
			return fmt.Errorf("%s %s: %w", n.Nodes[i].Kind, n.Nodes[i].ID, err)
		}
	}
	for i := range n.Links {
		l := &n.Links[i]
		if err := n.checkLink(l); err != nil {
			return fmt.Errorf("%s %s: %w", l.Kind, l.ID, err)
		}
	}
	for i, in := range n.Inlets {
		if in.Node < 0 || int(in.Node) >= len(n.Nodes) || n.Nodes[in.Node].Kind == Outfall || !(in.Plan > 0) || !finite(in.Level) || !(in.Perimeter >= 0 && in.Opening >= 0 && in.Blocked >= 0 && in.Blocked <= 1) {
			return fmt.Errorf("inlet %d: node %d, %g m² of street at %g m, %g m and %g m² of grate, %g blocked", i+1, in.Node, in.Plan, in.Level, in.Perimeter, in.Opening, in.Blocked)
		}
	}
	for i := range n.Catchments {
		if err := n.Catchments[i].check(len(n.Nodes)); err != nil {
			return fmt.Errorf("catchment %s: %w", n.Catchments[i].ID, err)
		}
	}
	return n.checkRules()
}

func (d *Node) check() error {
	if !finite(d.Invert) || !finite(d.Ground) {
		return fmt.Errorf("invert %g m, ground %g m", d.Invert, d.Ground)
	}
	if d.Kind != Outfall && !(d.Ground > d.Invert) {
		return fmt.Errorf("ground at %g m is not above the invert at %g m", d.Ground, d.Invert)
	}
	if !(d.Depth >= 0 && d.Ponded >= 0 && d.Seal >= 0) {
		return fmt.Errorf("depth %g m at the start, %g m² ponded, %g m of seal", d.Depth, d.Ponded, d.Seal)
	}
	if d.Kind == Storage {
		if err := d.Plan.check(); err != nil {
			return fmt.Errorf("plan area: %w", err)
		}
		wide := false
		for k, a := range d.Plan.Y {
			if a < 0 || d.Plan.X[k] < 0 {
				return fmt.Errorf("plan area: %g m² at %g m", a, d.Plan.X[k])
			}
			wide = wide || a > 0
		}
		if !wide {
			return fmt.Errorf("a storage without area")
		}
	}
	if d.Kind == Outfall && d.End == GivenLevel {
		if err := d.Level.check(); err != nil {
			return fmt.Errorf("level: %w", err)
		}
	}
	for _, q := range d.Inflow {
		if err := q.check(); err != nil {
			return fmt.Errorf("inflow: %w", err)
		}
	}
	return nil
}

func (n *Network) checkLink(l *Link) error {
	if l.From < 0 || int(l.From) >= len(n.Nodes) || l.To < 0 || int(l.To) >= len(n.Nodes) || l.From == l.To {
		return fmt.Errorf("from node %d to node %d of %d", l.From, l.To, len(n.Nodes))
	}
	a, b := &n.Nodes[l.From], &n.Nodes[l.To]
	if !finite(l.In) || !finite(l.Out) || l.In < a.Invert-0.001 || l.Kind == Conduit && l.Out < b.Invert-0.001 {
		return fmt.Errorf("its ends at %g and %g m lie under the inverts of %s at %g and %s at %g m", l.In, l.Out, a.ID, a.Invert, b.ID, b.Invert)
	}
	switch l.Kind {
	case Conduit:
		if !(l.Length > 0 && l.Length < 1e6) || !(l.Manning > 0 && l.Manning < 1) || l.Barrels < 1 {
			return fmt.Errorf("%g m long, Manning's n %g, %d barrels", l.Length, l.Manning, l.Barrels)
		}
		if !(l.LossIn >= 0 && l.LossOut >= 0 && l.LossAvg >= 0) {
			return fmt.Errorf("losses of %g, %g, %g velocity heads", l.LossIn, l.LossOut, l.LossAvg)
		}
		if math.Abs(l.In-l.Out) > l.Length {
			return fmt.Errorf("falls %g m over %g m", l.In-l.Out, l.Length)
		}
		return l.Section.check()
	case Pump:
		if l.Station.Units < 1 || l.Station.Down < 0 || l.Station.Feeder >= int32(len(n.Feeders)) {
			return fmt.Errorf("%d units, %d of them down, on feeder %d of %d", l.Station.Units, l.Station.Down, l.Station.Feeder, len(n.Feeders))
		}
		if l.Pump == PumpIdeal {
			return nil
		}
		if err := l.Rating.check(); err != nil {
			return fmt.Errorf("curve: %w", err)
		}
		for k, q := range l.Rating.Y {
			if q < 0 {
				return fmt.Errorf("curve: %g m³/s at %g", q, l.Rating.X[k])
			}
			if k > 0 && l.Pump == PumpHead && q > l.Rating.Y[k-1] {
				return fmt.Errorf("curve: rises from %g m³/s at a lift of %g m to %g at %g; a pump gives less the higher it lifts: swap the columns or give the curve as one over depth", l.Rating.Y[k-1], l.Rating.X[k-1], q, l.Rating.X[k])
			}
			if k > 0 && l.Pump != PumpHead && q < l.Rating.Y[k-1] {
				return fmt.Errorf("curve: falls from %g to %g m³/s as the water rises to %g", l.Rating.Y[k-1], q, l.Rating.X[k])
			}
		}
	case Orifice, GateLink:
		if !(l.Coefficient > 0 && l.Coefficient <= 1.5) {
			return fmt.Errorf("coefficient %g", l.Coefficient)
		}
		return l.Section.check()
	case WeirLink:
		if !(l.Coefficient > 0 && l.Coefficient < 10 && l.Coefficient2 >= 0 && l.Contracted >= 0) {
			return fmt.Errorf("coefficients %g and %g, %g contractions", l.Coefficient, l.Coefficient2, l.Contracted)
		}
		return l.Section.check()
	case Outlet:
		if err := l.Rating.check(); err != nil {
			return fmt.Errorf("rating: %w", err)
		}
		for k, q := range l.Rating.Y {
			if k > 0 && q < l.Rating.Y[k-1] || q < 0 {
				return fmt.Errorf("rating: %g m³/s at %g m, %g before it", q, l.Rating.X[k], l.Rating.Y[max(k-1, 0)])
			}
		}
	}
	return nil
}
