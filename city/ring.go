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
	clear   [][]int // s from the end of phase p's green to the start of q's in its own ring, or over a barrier
	group   []int   // s that each group takes at its maximum greens, its last clearance included
	longest int
}

// MaxRings and MaxRingPhases bound a plan: what controllers of NTCIP 1202 have at least.
const (
	MaxRings      = 4
	MaxRingPhases = 16
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
	p := RingPlan{clear: make([][]int, n)}
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
			if least := int(mv.MinGreen) + int(mv.Clearance); ph.Min < least {
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
			for _, ph := range group {
				if ph < 0 || ph >= n || used[ph] {
					return bad("ring %d names phase %d, which is none of its %d or is named twice", r, ph, n)
				}
				used[ph] = true
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
	return p, nil
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
	in := func(list []int32, m int32) bool {
		for _, x := range list {
			if x == m {
				return true
			}
		}
		return false
	}
	wait := 0
	for _, m := range a {
		if in(b, m) {
			continue
		}
		wait = max(wait, int(j.Movements[m].Yellow))
		for _, o := range b {
			if !in(a, o) {
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

// Clear returns the seconds from the end of phase a's green to the start of phase b's.
func (p RingPlan) Clear(a, b int) int { return p.clear[a][b] }

// GroupTime returns the seconds that the group behind barrier b takes when every phase has its maximum green.
func (p RingPlan) GroupTime(b int) int { return p.group[b] }

// Longest returns the seconds within which every phase that is called is green again, however busy the others are.
func (p RingPlan) Longest() int { return p.longest }
