package city

import "fmt"

// A PlanSpec is a fixed-time plan as one writes it down. It says nothing of safety; NewPlan checks it.
type PlanSpec struct {
	Offset int         // s, the start of the first stage's green against the common clock
	Stages []StageTime // in order of service
}

// A StageTime is one stage's green in a plan.
type StageTime struct {
	Stage int // index into Junction.Stages
	Green int // s
}

// A Plan is a fixed-time plan that keeps every inter-green, minimum green and pedestrian clearance of its junction.
// The zero Plan is no plan. There is no way to make one but NewPlan.
type Plan struct {
	spec  PlanSpec
	start []int // of each stage's green, s from the cycle's start
	cycle int
}

// MaxCycle is the longest cycle in seconds: a longer one would let someone wait beyond what they obey.
const MaxCycle = 180

// NewPlan checks spec against j and returns the plan, or an error that names the stage and the limit it breaks.
func NewPlan(j *Junction, spec PlanSpec) (Plan, error) {
	if len(spec.Stages) == 0 {
		return Plan{}, fmt.Errorf("plan of junction %s: no stage; name at least one", j.ID)
	}
	rings, ringed, err := j.Rings()
	if err != nil {
		return Plan{}, err
	}
	p := Plan{spec: PlanSpec{Offset: spec.Offset, Stages: append([]StageTime(nil), spec.Stages...)}}
	served := make([]bool, len(j.Movements))
	for i, st := range spec.Stages {
		if st.Stage < 0 || st.Stage >= len(j.Stages) {
			return Plan{}, fmt.Errorf("plan of junction %s: stage %d is not one of its %d stages", j.ID, st.Stage, len(j.Stages))
		}
		if least := j.StageMinGreen(st.Stage); st.Green < least && !ringed || st.Green < 1 {
			return Plan{}, fmt.Errorf("plan of junction %s: stage %d has %d s of green, its movements need %d s", j.ID, st.Stage, st.Green, least)
		}
		for _, m := range j.Stages[st.Stage].Movements {
			served[m] = true
		}
		p.start = append(p.start, p.cycle)
		next := spec.Stages[(i+1)%len(spec.Stages)].Stage
		p.cycle += st.Green + j.Between(st.Stage, next)
	}
	if ringed {
		if err := rings.holds(j, spec.Stages); err != nil {
			return Plan{}, err
		}
	}
	for m, ok := range served {
		if !ok {
			return Plan{}, fmt.Errorf("plan of junction %s: movement %d is never green; add a stage that serves it", j.ID, m)
		}
	}
	if p.cycle > MaxCycle {
		return Plan{}, fmt.Errorf("plan of junction %s: cycle of %d s is over %d s; shorten a green", j.ID, p.cycle, MaxCycle)
	}
	return p, nil
}

// holds checks that each phase has its minimum green in a plan by stages: it may be green through several of them.
func (p *RingPlan) holds(j *Junction, stages []StageTime) error {
	var green [MaxRings]int // s of each ring's phase so far; the first round tells how it begins
	for round := range 2 {
		for i, st := range stages {
			next := stages[(i+1)%len(stages)].Stage
			for r, ph := range p.stages[st.Stage].phases {
				green[r] += st.Green
				if p.moves[st.Stage][next]&(1<<r) == 0 {
					green[r] += p.between[st.Stage][next]
					continue
				}
				if least := p.spec.Phases[ph].Min; round == 1 && green[r] < least {
					return fmt.Errorf("plan of junction %s: stage %d ends phase %d after %d s of green, it needs %d s", j.ID, st.Stage, ph, green[r], least)
				}
				green[r] = 0
			}
		}
	}
	return nil
}

// Cycle returns the plan's cycle in seconds, 0 for no plan.
func (p Plan) Cycle() int { return p.cycle }

// Spec returns a copy of what the plan was made from.
func (p Plan) Spec() PlanSpec {
	return PlanSpec{Offset: p.spec.Offset, Stages: append([]StageTime(nil), p.spec.Stages...)}
}

// At returns the stage that the plan wants at second t of the common clock, and whether it is green yet or still; between
// greens it is the coming stage.
func (p Plan) At(t int) (stage int, green bool) {
	x := ((t-p.spec.Offset)%p.cycle + p.cycle) % p.cycle
	for i := len(p.start) - 1; i >= 0; i-- {
		if x >= p.start[i] {
			st := p.spec.Stages[i]
			if x < p.start[i]+st.Green {
				return st.Stage, true
			}
			return p.spec.Stages[(i+1)%len(p.start)].Stage, false
		}
	}
	panic("plan: a cycle starts at 0")
}
