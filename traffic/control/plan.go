package control

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
)

// A Plan is a set of timings for a network: what `offline` and Webster make, and the settings of tuned actuation. Durations in s.
type Plan struct {
	Junctions []JunctionPlan `json:"junctions"`
	Actuation *Actuation     `json:"actuation,omitempty"`
}

// A JunctionPlan is a junction's cycle: its stages in turn.
type JunctionPlan struct {
	ID     string  `json:"id"`
	Offset float64 `json:"offset_s"` // when its first stage begins, s since the scenario's start, modulo the cycle
	Stages []Stage `json:"stages"`
}

// A Stage is a phase and how long it lasts, the change to it included.
type Stage struct {
	Phase    int     `json:"phase"` // index into the junction's Phases
	Duration float64 `json:"duration_s"`
}

// Cycle returns the sum of the stages.
func (j *JunctionPlan) Cycle() float64 {
	c := 0.0
	for _, s := range j.Stages {
		c += s.Duration
	}
	return c
}

// At returns the phase due at time t, and which stage that is.
func (j *JunctionPlan) At(t float64) (phase, stage int) {
	c := j.Cycle()
	x := math.Mod(t-j.Offset, c)
	if x < 0 {
		x += c
	}
	for k, s := range j.Stages {
		if x -= s.Duration; x < 0 {
			return s.Phase, k
		}
	}
	k := len(j.Stages) - 1
	return j.Stages[k].Phase, k
}

// Shipped returns the plan that the lights' own programs say: each green phase with what follows it until the next.
func Shipped(n *Network) *Plan {
	p := &Plan{}
	for i := range n.Junctions {
		j := &n.Junctions[i]
		l := &n.Lights[j.Light]
		jp := JunctionPlan{ID: j.ID}
		lead := 0.0 // what stands before the first green belongs to the last stage
		k := -1
		for ph := range l.Phases {
			if k+1 < len(j.Phases) && j.Phases[k+1].Program == ph {
				k++
				jp.Stages = append(jp.Stages, Stage{k, 0})
			}
			if k < 0 {
				lead += l.Phases[ph].Duration
			} else {
				jp.Stages[k].Duration += l.Phases[ph].Duration
			}
		}
		jp.Stages[k].Duration += lead
		jp.Offset = l.Offset + lead
		p.Junctions = append(p.Junctions, jp)
	}
	return p
}

// ReadPlan reads a plan as JSON and checks it against the network: an unknown junction, a phase that is not there, a stage
// shorter than its change and minimum green are errors that name the junction.
func ReadPlan(r io.Reader, n *Network) (*Plan, error) {
	var p Plan
	d := json.NewDecoder(r)
	d.DisallowUnknownFields()
	if err := d.Decode(&p); err != nil {
		return nil, fmt.Errorf("signal plan: %w", err)
	}
	return &p, p.Check(n)
}

// Check says what is wrong with a plan for a network, nil if nothing is.
func (p *Plan) Check(n *Network) error {
	if len(p.Junctions) == 0 && p.Actuation != nil {
		return nil // settings alone, of any network
	}
	if len(p.Junctions) != len(n.Junctions) {
		return fmt.Errorf("signal plan: %d junctions, the network has %d; make it for this network", len(p.Junctions), len(n.Junctions))
	}
	for i := range p.Junctions {
		j := &p.Junctions[i]
		if j.ID != n.Junctions[i].ID {
			return fmt.Errorf("signal plan: junction %d is %q, in the network %q; make it for this network", i, j.ID, n.Junctions[i].ID)
		}
		if len(j.Stages) == 0 {
			return fmt.Errorf("signal plan: junction %s has no stages", j.ID)
		}
		for k, s := range j.Stages {
			if s.Phase < 0 || s.Phase >= len(n.Junctions[i].Phases) {
				return fmt.Errorf("signal plan: junction %s: stage %d shows phase %d of %d", j.ID, k, s.Phase, len(n.Junctions[i].Phases))
			}
			if least := n.Yellow + n.AllRed + n.MinGreen; len(j.Stages) > 1 && !(s.Duration >= least) {
				return fmt.Errorf("signal plan: junction %s: stage %d lasts %g s; change and minimum green take %g s", j.ID, k, s.Duration, least)
			}
		}
	}
	return nil
}

type fixed struct{ p *Plan }

// newFixed follows a plan by the clock, whatever comes.
func newFixed(n *Network, s Settings) Controller {
	p := s.Plan
	if p == nil {
		p = Shipped(n)
	}
	return &fixed{p}
}

func (c *fixed) Decide(o *Observation, want []int) {
	for i := range c.p.Junctions {
		want[i], _ = c.p.Junctions[i].At(o.Time)
	}
}
