package brain

import (
	"context"
	"time"

	"citybrain/city"
	"citybrain/traffic"
)

// A JunctionNow is a junction as the brain believes it is.
type JunctionNow struct {
	Stage     int       // that its controller reports, −1: unknown
	Led       bool      // by the brain
	Flashing  bool      // its conflict monitor has it flash
	Fallen    bool      // its delay left its forecast's band: it keeps its reference plan
	Loops     []LoopNow // its detectors
	Queues    []float64 // vehicles that wait, by movement; 0 for walkers, whom nobody counts
	Pressures []float64 // by stage, vehicles × vehicles/s
}

// A JunctionAhead is what a junction is expected to show.
type JunctionAhead struct {
	Greens []StageGreen
	// RunnerUp is the stage that the brain would have taken next to the one it takes now, −1 where it does not lead; Cost the
	// vehicle-seconds more on the junction's approaches over the time looked ahead, had it taken that one.
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

// lookAhead is how far OpenJunction looks; held is how long the runner-up is tried before the policy goes on.
const (
	lookAhead = 120 * time.Second
	held      = 20 * time.Second
)

// OpenJunction returns junction j as it is, and a function that works out what it will show: on a copy of the brain's streets, so
// that it may be called beside the ticks.
func (b *Brain) OpenJunction(j int) (JunctionNow, func(context.Context) (JunctionAhead, error)) {
	at := &b.city.Signals[j]
	now := JunctionNow{Stage: b.est.stage[j], Led: b.est.centre[j], Flashing: b.flashing[j], Fallen: b.delays.down[j], Loops: b.Loops(j), Queues: make([]float64, len(at.Movements))}
	for m := range at.Movements {
		if mv := &at.Movements[m]; mv.Kind == city.Vehicles {
			now.Queues[m] = b.est.Waiting(mv.From, mv.Turn)
		}
	}
	for s := range at.Stages {
		now.Pressures = append(now.Pressures, traffic.StagePressure(b.city, at, s, b.est))
	}
	c, from, lead := b.city, b.streets.Fork(), b.ruling && now.Led && !b.halted
	return now, func(ctx context.Context) (JunctionAhead, error) {
		as, cost, err := playJunction(ctx, c, from, j, lead, -1)
		if err != nil || !lead {
			as.RunnerUp = -1
			return as, err
		}
		as.RunnerUp = runnerUp(c, from, j)
		if as.RunnerUp < 0 {
			return as, nil
		}
		_, other, err := playJunction(ctx, c, from, j, lead, as.RunnerUp)
		as.Cost = other - cost
		return as, err
	}
}

// runnerUp is the stage of greatest pressure next to the one that the policy takes, −1 where no other stage has any.
func runnerUp(c *city.City, s *traffic.Sim, j int) int {
	at := &c.Signals[j]
	taken := traffic.MaxPressure(c, at, int(s.Signal(j).Stage), margin, simView{s})
	best, most := -1, 0.0
	for k := range at.Stages {
		if p := traffic.StagePressure(c, at, k, simView{s}); k != taken && p > most {
			best, most = k, p
		}
	}
	return best
}

// playJunction plays the streets on and notes what junction j shows and the vehicle-seconds on its approaches. first, if not
// negative, is held in place of what the policy would take.
func playJunction(ctx context.Context, c *city.City, from *traffic.Sim, j int, lead bool, first int) (JunctionAhead, float64, error) {
	s := from.Fork()
	var a JunctionAhead
	var approaches []int32
	for _, mv := range c.Signals[j].Movements {
		if n := len(approaches); mv.Kind == city.Vehicles && (n == 0 || approaches[n-1] != mv.From) {
			approaches = append(approaches, mv.From)
		}
	}
	cost, start, d := 0.0, s.Now(), newDelays(c, s, []int{j})
	for t := time.Duration(0); t < lookAhead; t += time.Second {
		if lead && t%(5*time.Second) == 0 {
			if err := leadAll(c, s); err != nil {
				return a, 0, err
			}
			if first >= 0 && t < held {
				if err := s.Input(s.Now(), traffic.StageRequest{Junction: j, Stage: first, Lease: held}); err != nil {
					return a, 0, err
				}
			}
		}
		if err := s.Step(ctx, start+t+time.Second); err != nil {
			return a, 0, err
		}
		if g := s.Signal(j); g.Next < 0 {
			a.Greens = noteGreen(a.Greens, int(g.Stage), int(t/time.Second))
		}
		d.second(s)
		for _, l := range approaches {
			cost += float64(s.On(l))
		}
	}
	a.Movements, a.Modes = d.byMovement(s, 0), d.byMode()
	return a, cost, nil
}

// leadAll asks each junction of simulated streets for the stage of greatest pressure, as leadSignals does in the street.
func leadAll(c *city.City, s *traffic.Sim) error {
	for j := range c.Signals {
		g := s.Signal(j)
		if g.Next >= 0 {
			continue
		}
		want := traffic.MaxPressure(c, &c.Signals[j], int(g.Stage), margin, simView{s})
		if err := s.Input(s.Now(), traffic.StageRequest{Junction: j, Stage: want, Lease: 45 * time.Second}); err != nil {
			return err
		}
	}
	return nil
}
