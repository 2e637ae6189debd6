package city

import (
	"fmt"
	"slices"

	"github.com/paulmach/orb"
)

// A Junction is one signal controller's area: the movements through it, the stages that let them go together, and the
// inter-green matrix between them. Times are whole seconds, as controllers keep them.
type Junction struct {
	ID        string
	Name      Text
	At        orb.Point
	Nodes     []int32
	Movements []Movement
	Stages    []Stage
	// Intergreen[m][n] is the least time in seconds from the end of m's green (the start of its yellow) to the start of n's
	// green; 0: they don't conflict.
	Intergreen [][]uint8
	Signed     bool     // a responsible engineer has signed the matrix; else it is for simulation only
	Reference  PlanSpec // the plan that the controller falls back on
	// Countdown says that displays count the seconds to the end of each green: it is fixed CountdownTime before.
	Countdown bool `json:",omitempty"`
	// NTCIP says that its controller speaks NTCIP 1202; else it speaks GB/T 20999.
	NTCIP bool `json:",omitempty"`
	// Ring is what a ring-barrier controller runs; its stages are then the sets of phases that may be green together, as RingPlan numbers them.
	// nil: the controller goes from stage to stage, over NTCIP as the phases of one ring.
	Ring *RingSpec `json:",omitempty"`
}

// CountdownTime is how long before its end a green is fixed where a countdown shows it; LongestCall how long walkers and cyclists may wait from
// their call, and LongestRed how long vehicles may, and in an emergency everybody, s.
const (
	CountdownTime = 9
	LongestCall   = 90
	LongestRed    = 120
)

// MaxStages is how many stages a junction is given: as many as a plan of GB/T 20999 can run and NTCIP 1202 has phases.
const MaxStages = 16

// MovementKind is who a movement is for.
type MovementKind uint8

const (
	Vehicles MovementKind = iota
	Walkers
	Cyclists
)

// A Movement is what one signal group lets go.
type Movement struct {
	Kind       MovementKind
	Turn       TurnKind         // of a vehicles' movement
	From       int32            // link: the approach; for walkers the link that they cross
	Turns      []int32          // indexes into Streets.Turns; empty for walkers and cyclists
	Lanes      int8             // lanes that serve it, shared ones counted
	Paths      []orb.LineString // through the junction, stop line to exit: of vehicles one for each of Turns
	Island     bool             `json:",omitempty"` // walkers cross in two goes
	Permissive bool             // goes with movements that it has to give way to
	MinGreen   uint8            // s; for walkers the walk time
	Clearance  uint8            // s; for walkers and cyclists the flashing green at the stage's end, else 0
	Yellow     uint8            // s; 0 for walkers and cyclists
}

// A Stage is a set of movements that are green together.
type Stage struct {
	Movements []int32 // ascending
}

// Rings returns the plan of a ring-barrier controller; false: its junction has none. It is an error if the junction's rings or stages are not right.
func (j *Junction) Rings() (RingPlan, bool, error) {
	if j.Ring == nil {
		return RingPlan{}, false, nil
	}
	p, err := NewRingPlan(j, *j.Ring)
	if err != nil {
		return RingPlan{}, false, err
	}
	if len(j.Stages) != p.Stages() {
		return RingPlan{}, false, fmt.Errorf("ring plan of junction %s: %d stages; its rings have %d", j.ID, len(j.Stages), p.Stages())
	}
	for s := range j.Stages {
		if !slices.Equal(j.Stages[s].Movements, p.stages[s].movements) {
			return RingPlan{}, false, fmt.Errorf("ring plan of junction %s: stage %d is not what its phases %v are together", j.ID, s, p.stages[s].phases)
		}
	}
	return p, true, nil
}

// StageMinGreen returns the least time in seconds that stage s must stay green.
func (j *Junction) StageMinGreen(s int) int {
	least := 0
	if j.Countdown {
		least = CountdownTime
	}
	for _, m := range j.Stages[s].Movements {
		mv := &j.Movements[m]
		least = max(least, int(mv.MinGreen)+int(mv.Clearance))
	}
	return least
}

// Between returns the seconds from the end of stage a's green to the start of stage b's: the largest inter-green from a
// movement that ends to one that begins, and never less than the yellow of what ends. Between(a, a) is 0.
func (j *Junction) Between(a, b int) int {
	if a == b {
		return 0
	}
	return j.between(j.Stages[a].Movements, j.Stages[b].Movements)
}

// OnDemand reports whether no plan runs stage s: it comes only where it is asked for. Rings have none.
func (j *Junction) OnDemand(s int) bool {
	return j.Ring == nil && len(j.Reference.Stages) > 0 && !slices.ContainsFunc(j.Reference.Stages, func(x StageTime) bool { return x.Stage == s })
}

// InStage reports whether movement m is green in stage s.
func (j *Junction) InStage(s int, m int32) bool {
	for _, x := range j.Stages[s].Movements {
		if x == m {
			return true
		}
	}
	return false
}
