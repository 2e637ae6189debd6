package brain

import (
	"context"
	"time"

	"citybrain/city"
	"citybrain/traffic"
	"citybrain/traffic/horizon"
)

// A JunctionNow is a junction as the brain believes it is.
type JunctionNow struct {
	Stage    int       // that its controller reports, −1: unknown
	Led      bool      // by the brain
	Flashing bool      // its conflict monitor has it flash
	Fixed    bool      // its green's end is announced, by a countdown or to its equipment: what comes next is decided
	Fallen   bool      // its delay left its forecast's band: it keeps its reference plan
	Loops    []LoopNow // its detectors
	Queues   []float64 // vehicles that wait, by movement; 0 for walkers, whom nobody counts
}

// A JunctionAhead is what a junction is expected to show.
type JunctionAhead struct {
	Greens []StageGreen
	// More is, by stage, the vehicle-seconds that the best plan which begins with it would cost more than the one that is followed, until all who
	// are known of have left; NaN where the controller would not give it now. nil where the brain does not lead.
	More []float64
	// Begins is the stage that the plan followed begins with, −1 where More is nil.
	Begins int
	// RunnerUp is the stage of the best plan that begins with another one than the brain's, −1 where there is none or the brain does not
	// lead; Cost the vehicle-seconds more that it would have cost.
	RunnerUp int
	Cost     float64
	// Delays of each movement over the time looked ahead, as the junction will be led, and of each mode.
	Movements []Delay
	Modes     [4]Delay
}

// A StageGreen is a stage's green, in seconds from now.
type StageGreen struct {
	Stage    int
	From, To int
}

// lookAhead is how far OpenJunction looks.
const lookAhead = horizon.Longest * time.Second

// OpenJunction returns junction j as it is, and a function that works out what it will show: on a copy of the brain's streets, so
// that it may be called beside the ticks.
func (b *Brain) OpenJunction(j int) (JunctionNow, func(context.Context) (JunctionAhead, error)) {
	at := &b.city.Signals[j]
	lead := b.ruling && b.est.centre[j] && !b.halted
	now := JunctionNow{Stage: b.est.stage[j], Led: lead, Flashing: b.flashing[j], Fallen: b.delays.down[j], Loops: b.Loops(j), Queues: make([]float64, len(at.Movements))}
	for m := range at.Movements {
		if mv := &at.Movements[m]; mv.Kind == city.Vehicles {
			now.Queues[m] = b.est.Waiting(mv.From, mv.Turn)
		}
	}
	c, net, from := b.city, b.lead.net, b.streets.Fork()
	var planner *horizon.Planner
	var state *horizon.State
	if lead {
		b.believe(b.lead.state)
		planner, state = b.lead.planner.Fork(horizon.Width), b.lead.state.Clone()
		now.Fixed = now.Stage >= 0 && !now.Flashing && state.Lights[j].Stage < 0
	}
	return now, func(ctx context.Context) (JunctionAhead, error) {
		as, err := playJunction(ctx, c, net, from, j, lead)
		as.RunnerUp, as.Begins = -1, -1
		if err != nil || !lead {
			return as, err
		}
		// What it will show, and why, is what the search has found.
		p, ok := planner.Open(state, j)
		if !ok {
			return as, nil
		}
		as.Greens, as.More, as.Begins = nil, make([]float64, len(p.Costs)), p.Stage
		for _, g := range p.Greens {
			as.Greens = append(as.Greens, StageGreen(g))
		}
		for s, cost := range p.Costs {
			as.More[s] = cost - p.Costs[p.Stage]
			if more := as.More[s]; s != p.Stage && more >= 0 && (as.RunnerUp < 0 || more < as.Cost) {
				as.RunnerUp, as.Cost = s, more
			}
		}
		return as, nil
	}
}

// playJunction plays the streets on and notes what junction j shows and how long who waits there.
func playJunction(ctx context.Context, c *city.City, net *horizon.Network, from *traffic.Sim, j int, lead bool) (JunctionAhead, error) {
	s := from.Fork()
	var a JunctionAhead
	start, d, policy := s.Now(), newDelays(c, s, []int{j}), newSimLead(c, net, s)
	for t := time.Duration(0); t < lookAhead; t += time.Second {
		if lead && t%(horizon.Tick*time.Second) == 0 {
			if err := policy.ask(s, horizon.Tick); err != nil {
				return a, err
			}
		}
		if err := s.Step(ctx, start+t+time.Second); err != nil {
			return a, err
		}
		if g := s.Signal(j); g.Next < 0 {
			a.Greens = noteGreen(a.Greens, int(g.Stage), int(t/time.Second))
		}
		d.second(s)
	}
	a.Movements, a.Modes = d.byMovement(s, 0), d.byMode()
	return a, nil
}
