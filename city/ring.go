package city

import "fmt"

// A RingSpec is a ring-barrier plan as one writes it down: rings run side by side, each through its phases in order, and cross
// each barrier together (NEMA TS 2; Signal Timing Manual 2015, chapter 4). It says nothing of safety; NewRingPlan checks it.
type RingSpec struct {
	Phases []RingPhase
	// Rings[r][b] lists the phases of ring r between barrier b and the next, in order of service. Every ring has as many
	// groups as there are barriers.
	Rings [][][]int
}

// A RingPhase is movements that begin and end together, and the bounds of their green in seconds.
type RingPhase struct {
	Movements []int32 // ascending
	Min, Max  int     // s of green
}

// A RingPlan is a ring-barrier plan that keeps every inter-green, minimum green and pedestrian clearance of its junction,
// whatever calls come. The zero RingPlan is no plan. There is no way to make one but NewRingPlan.
type RingPlan struct {
	spec    RingSpec
	clear   [][]int // s from the end of phase p's green to the start of q's in its own ring
	group   []int   // s that each group takes at its maximum greens, its last clearance included
	longest int
	place   [][2]int8 // of each phase: its group, and its place in it
	stages  []ringStage
	number  [][]int32 // of each group, by the places of its rings' phases (see index): the stage
	round   []int     // stages that serve every phase, in the order of service
	between [][]int   // s from the end of each stage's green to the start of each other's
	moves   [][]uint8 // the rings that change from each stage to each
}

// A ringStage is a phase of each ring that are green together: all are of one group.
type ringStage struct {
	barrier   int
	at        [MaxRings]int8 // place of each ring's phase in its group
	phases    []int          // by ring
	movements []int32
}

// MaxRings and MaxRingPhases bound a plan: what controllers of NTCIP 1202 have at least; MaxRingStages is how many sets of phases may be green
// together.
const (
	MaxRings      = 4
	MaxRingPhases = 16
	MaxRingStages = 16
)

// NewRingPlan checks spec against j and returns the plan, or an error that names the phase and the rule it breaks.
func NewRingPlan(j *Junction, spec RingSpec) (RingPlan, error) {
	bad := func(format string, a ...any) (RingPlan, error) {
		return RingPlan{}, fmt.Errorf("ring plan of junction %s: "+format, append([]any{j.ID}, a...)...)
	}
	n := len(spec.Phases)
	if n == 0 || n > MaxRingPhases || len(spec.Rings) == 0 || len(spec.Rings) > MaxRings {
		return bad("%d phases in %d rings; give 1 to %d in 1 to %d", n, len(spec.Rings), MaxRingPhases, MaxRings)
	}
	if j.Countdown {
		return bad("displays count its greens down, whose ends rings don't know beforehand; give it stages")
	}
	p := RingPlan{clear: make([][]int, n), place: make([][2]int8, n)}
	served := make([]bool, len(j.Movements))
	for i, ph := range spec.Phases {
		if len(ph.Movements) == 0 {
			return bad("phase %d has no movement", i)
		}
		for k, m := range ph.Movements {
			if m < 0 || int(m) >= len(j.Movements) || k > 0 && m <= ph.Movements[k-1] {
				return bad("phase %d: movement %d is not one of its %d, ascending", i, m, len(j.Movements))
			}
			served[m] = true
			mv := &j.Movements[m]
			if least := max(1, int(mv.MinGreen)+int(mv.Clearance)); ph.Min < least {
				return bad("phase %d has a minimum of %d s of green, movement %d needs %d s", i, ph.Min, m, least)
			}
			for _, o := range ph.Movements[:k] {
				if !j.Together(o, m) {
					return bad("phase %d: movements %d and %d conflict", i, o, m)
				}
			}
		}
		if ph.Max < ph.Min {
			return bad("phase %d has a maximum of %d s of green, less than its minimum of %d s", i, ph.Max, ph.Min)
		}
		p.spec.Phases = append(p.spec.Phases, RingPhase{append([]int32(nil), ph.Movements...), ph.Min, ph.Max})
		p.clear[i] = make([]int, n)
	}
	for m, ok := range served {
		if !ok {
			return bad("movement %d is never green; add a phase that serves it", m)
		}
	}
	used := make([]bool, n)
	barriers := len(spec.Rings[0])
	for r, ring := range spec.Rings {
		if len(ring) != barriers || barriers == 0 {
			return bad("ring %d has %d groups between barriers, ring 0 has %d", r, len(ring), barriers)
		}
		var groups [][]int
		for b, group := range ring {
			if len(group) == 0 {
				return bad("ring %d has no phase behind barrier %d", r, b)
			}
			for k, ph := range group {
				if ph < 0 || ph >= n || used[ph] {
					return bad("ring %d names phase %d, which is none of its %d or is named twice", r, ph, n)
				}
				used[ph], p.place[ph] = true, [2]int8{int8(b), int8(k)}
				for _, other := range p.spec.Rings {
					for _, o := range other[b] {
						if x, y, ok := j.conflict(spec.Phases[o].Movements, spec.Phases[ph].Movements); ok {
							return bad("phases %d and %d may be green together, their movements %d and %d conflict", o, ph, x, y)
						}
					}
				}
			}
			groups = append(groups, append([]int(nil), group...))
		}
		p.spec.Rings = append(p.spec.Rings, groups)
	}
	for ph, ok := range used {
		if !ok {
			return bad("phase %d is in no ring", ph)
		}
	}
	if a, b, m, o, found := p.apart(j); found {
		return bad("phases %d and %d run side by side and change apart, and their movements %d and %d, of which one gives way, need an inter-green", a, b, m, o)
	}
	for a := range n {
		for b := range n {
			if a != b {
				p.clear[a][b] = j.between(spec.Phases[a].Movements, spec.Phases[b].Movements)
			}
		}
	}
	cycle := 0
	for b := range barriers {
		slowest := 0
		for _, ring := range p.spec.Rings {
			t := 0
			for _, ph := range ring[b] {
				worst := 0
				for q := range n {
					worst = max(worst, p.clear[ph][q])
				}
				t += spec.Phases[ph].Max + worst
			}
			slowest = max(slowest, t)
		}
		p.group = append(p.group, slowest)
		cycle += slowest
		p.longest = max(p.longest, slowest)
	}
	if cycle > MaxCycle {
		return bad("at its maximum greens a cycle takes %d s, over %d s; shorten them", cycle, MaxCycle)
	}
	// A call that comes too late for its group waits for the end of it, for the others, and for what comes before it in its own.
	p.longest += cycle
	if !p.enumerate(j) {
		return bad("more than %d sets of phases may be green together", MaxRingStages)
	}
	return p, nil
}

// apart finds phases of two rings in one group with movements that rings which know nothing of each other would let begin too soon after one another:
// the same one, or one that gives way to the other, where either is not green all through the group.
func (p *RingPlan) apart(j *Junction) (a, b int, m, o int32, found bool) {
	all := func(group []int, m int32) bool {
		for _, ph := range group {
			if !has(p.spec.Phases[ph].Movements, m) {
				return false
			}
		}
		return true
	}
	for barrier := range p.spec.Rings[0] {
		for r, ring := range p.spec.Rings {
			for _, other := range p.spec.Rings[r+1:] {
				for _, a := range ring[barrier] {
					for _, b := range other[barrier] {
						for _, m := range p.spec.Phases[a].Movements {
							for _, o := range p.spec.Phases[b].Movements {
								if (m == o || j.Intergreen[m][o]+j.Intergreen[o][m] > 0) && !(all(ring[barrier], m) && all(other[barrier], o)) {
									return a, b, m, o, true
								}
							}
						}
					}
				}
			}
		}
	}
	return 0, 0, 0, 0, false
}

// enumerate lists the stages: of each group first the phases at the same place in every ring, which serve all of them, then the others. It returns
// false if there are too many.
func (p *RingPlan) enumerate(j *Junction) bool {
	for b := range p.Barriers() {
		size, longest := 1, 0
		for r := range p.Rings() {
			size *= len(p.Group(r, b))
			longest = max(longest, len(p.Group(r, b)))
		}
		if len(p.stages)+size > MaxRingStages {
			return false
		}
		number := make([]int32, size)
		for i := range number {
			number[i] = -1
		}
		p.number = append(p.number, number)
		add := func(at [MaxRings]int8) {
			i := p.index(b, at)
			if number[i] >= 0 {
				return
			}
			number[i] = int32(len(p.stages))
			st := ringStage{barrier: b, at: at}
			for r := range p.Rings() {
				ph := p.Group(r, b)[at[r]]
				st.phases = append(st.phases, ph)
				for _, m := range p.spec.Phases[ph].Movements {
					if !has(st.movements, m) {
						st.movements = insert(st.movements, m)
					}
				}
			}
			p.stages = append(p.stages, st)
		}
		for k := range longest {
			var at [MaxRings]int8
			for r := range p.Rings() {
				at[r] = int8(min(k, len(p.Group(r, b))-1))
			}
			p.round = append(p.round, len(p.stages))
			add(at)
		}
		for i := range size {
			var at [MaxRings]int8
			for r := range p.Rings() {
				at[r], i = int8(i%len(p.Group(r, b))), i/len(p.Group(r, b))
			}
			add(at)
		}
	}
	for a := range p.stages {
		between, moves := make([]int, len(p.stages)), make([]uint8, len(p.stages))
		for b := range p.stages {
			if a != b {
				between[b], moves[b] = j.between(p.stages[a].movements, p.stages[b].movements), p.moved(&p.stages[a], &p.stages[b])
			}
		}
		p.between, p.moves = append(p.between, between), append(p.moves, moves)
	}
	return true
}

// index is where number has the stage of a group with the phases at some places.
func (p *RingPlan) index(barrier int, at [MaxRings]int8) int {
	i, size := 0, 1
	for r := range p.Rings() {
		i, size = i+int(at[r])*size, size*len(p.Group(r, barrier))
	}
	return i
}

// moved is the rings that change between two stages: those whose phase is another one, and all where a barrier is crossed. A ring goes back in its
// group over the barrier alone.
func (p *RingPlan) moved(a, b *ringStage) (set uint8) {
	cross := a.barrier != b.barrier || p.back(a, b)
	for r := range p.Rings() {
		if cross || a.at[r] != b.at[r] {
			set |= 1 << r
		}
	}
	return set
}

// back reports whether a ring goes back from stage a to b of one group.
func (p *RingPlan) back(a, b *ringStage) bool {
	for r := range p.Rings() {
		if b.at[r] < a.at[r] {
			return true
		}
	}
	return false
}

func has(list []int32, m int32) bool {
	for _, x := range list {
		if x == m {
			return true
		}
	}
	return false
}

// conflict returns a pair of movements, one of each list, that may not be green together.
func (j *Junction) conflict(a, b []int32) (x, y int32, found bool) {
	for _, m := range a {
		for _, o := range b {
			if m != o && !j.Together(m, o) {
				return m, o, true
			}
		}
	}
	return 0, 0, false
}

// between is the seconds from the end of movements a's green to the start of b's: those in both go on.
func (j *Junction) between(a, b []int32) int {
	wait := 0
	for _, m := range a {
		if has(b, m) {
			continue
		}
		wait = max(wait, int(j.Movements[m].Yellow))
		for _, o := range b {
			if !has(a, o) {
				wait = max(wait, int(j.Intergreen[m][o]))
			}
		}
	}
	return wait
}

// Phases returns how many phases the plan has, 0 for no plan.
func (p RingPlan) Phases() int { return len(p.spec.Phases) }

// Phase returns phase i; don't write to it.
func (p RingPlan) Phase(i int) RingPhase { return p.spec.Phases[i] }

// Rings returns how many rings the plan has.
func (p RingPlan) Rings() int { return len(p.spec.Rings) }

// Barriers returns how many barriers it has.
func (p RingPlan) Barriers() int { return len(p.spec.Rings[0]) }

// Group returns the phases of ring r behind barrier b, in order; don't write to it.
func (p RingPlan) Group(r, b int) []int { return p.spec.Rings[r][b] }

// Stages returns how many sets of phases, one of each ring, may be green together: the junction's stages.
func (p RingPlan) Stages() int { return len(p.stages) }

// Stage returns the phases of stage s, by ring, and its group; don't write to them.
func (p RingPlan) Stage(s int) (phases []int, barrier int) {
	return p.stages[s].phases, p.stages[s].barrier
}

// Shows returns the phases of stage s as both ends of NTCIP 1202 number them, from 0: one of each ring; without a plan, nil, the controller goes by
// stages, each of which is a phase of one ring. Don't write to it.
func (p *RingPlan) Shows(s int) []int {
	if p == nil {
		return []int{s}
	}
	return p.stages[s].phases
}

// StageAt returns the stage of a group in which each ring shows the phase at some place of it.
func (p *RingPlan) StageAt(barrier int, at [MaxRings]int8) int {
	return int(p.number[barrier][p.index(barrier, at)])
}

// Places returns the places in its group of stage s's phases, by ring.
func (p *RingPlan) Places(s int) [MaxRings]int8 { return p.stages[s].at }

// Place returns the group of a phase and its place in it.
func (p *RingPlan) Place(phase int) (barrier int, at int8) {
	return int(p.place[phase][0]), p.place[phase][1]
}

// StageOf returns the stage of some phases, one of each ring, −1 if they are none.
func (p RingPlan) StageOf(phases []int) int {
next:
	for s := range p.stages {
		for r := range p.stages[s].phases {
			if r >= len(phases) || phases[r] != p.stages[s].phases[r] {
				continue next
			}
		}
		return s
	}
	return -1
}

// Round returns stages that serve every phase, in the order of service; don't write to it.
func (p RingPlan) Round() []int { return p.round }

// Moves returns the rings that change from stage a to stage b, as bits; all where a barrier is crossed.
func (p RingPlan) Moves(a, b int) uint8 { return p.moves[a][b] }

// Back reports whether from stage a to b of one group a ring would go back: it does so over the barrier.
func (p RingPlan) Back(a, b int) bool { return p.back(&p.stages[a], &p.stages[b]) }

// Between returns the seconds from the end of stage a's green to the start of stage b's: of what ends to what begins.
func (p RingPlan) Between(a, b int) int { return p.between[a][b] }

// Clear returns the seconds from the end of phase a's green to the start of phase b's in its ring.
func (p RingPlan) Clear(a, b int) int { return p.clear[a][b] }

// GroupTime returns the seconds that the group behind barrier b takes when every phase has its maximum green.
func (p RingPlan) GroupTime(b int) int { return p.group[b] }

// Longest returns the seconds within which every phase that is called is green again, however busy the others are.
func (p RingPlan) Longest() int { return p.longest }
