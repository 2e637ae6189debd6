package control

import (
	"fmt"
	"math"
	"strings"
)

// A Controller chooses phases. It keeps what it has learnt of the traffic from call to call and is used by one goroutine.
type Controller interface {
	// Decide writes into want, for each junction, the index of the phase that it should show from o.Time on. want holds the
	// last wishes on entry. It is called at each decision time, in order of time, and returns with a usable answer always.
	Decide(o *Observation, want []int)
}

// Settings are what a controller can be told; zero values are the defaults of every network.
type Settings struct {
	Every float64 // s between decisions, as the driver makes them; 0: 1
	Lag   float64 // s between a decision and the lamps' obeying it
	Plan  *Plan   // for fixed times of one's own and tuned actuation; nil: the network's program
}

// Names lists the controllers that New makes.
func Names() []string {
	return []string{"fixed", "webster", "offline", "actuated", "wave", "maxpressure", "delay", "brain"}
}

// longestPause is the most seconds between decisions: beyond it nobody steers.
const longestPause = 120

// New makes a controller by name. On a Street it is kept to the order of stages and the limits of waiting, whatever it wishes.
func New(name string, n *Network, s Settings) (Controller, error) {
	c, err := newController(name, n, s)
	if err != nil || n.Street == nil {
		return c, err
	}
	l := newOrderly(c, n)
	l.late = math.Max(0, s.Every-1)
	return l, nil
}

func newController(name string, n *Network, s Settings) (Controller, error) {
	if s.Every <= 0 {
		s.Every = 1
	}
	if s.Every > longestPause || s.Every != math.Trunc(s.Every) {
		return nil, fmt.Errorf("a decision every %g s: give whole seconds, at most %d", s.Every, longestPause)
	}
	if !(s.Lag >= 0) || s.Lag > longestPause {
		return nil, fmt.Errorf("a lag of %g s between decision and lamps: give 0 to %d", s.Lag, longestPause)
	}
	if (name == "fixed" || name == "offline") && s.Plan != nil && len(s.Plan.Junctions) == 0 {
		return nil, fmt.Errorf("controller %s: the plan has settings of actuation and no timings", name)
	}
	switch name {
	case "fixed":
		return newFixed(n, s), nil
	case "offline":
		if s.Plan == nil {
			return nil, fmt.Errorf("controller offline needs a plan; make one with `traffic optimise`")
		}
		return newFixed(n, s), nil
	case "webster":
		return newWebster(n, s), nil
	case "actuated":
		return newActuated(n, s), nil
	case "wave":
		return newScorer(n, s, wave), nil
	case "maxpressure":
		return newScorer(n, s, pressure), nil
	case "delay":
		return newScorer(n, s, waiting), nil
	case "brain":
		return newBrain(n, s), nil
	}
	return nil, fmt.Errorf("controller %q is none of %s", name, strings.Join(Names(), ", "))
}
