package city

import (
	"fmt"
	"slices"
)

// Splits returns what a plan by stages gives each phase of the rings, by number, in seconds from the start of its green to the start of the next
// one's: a pattern of NTCIP 1202. It is an error where the plan is not in the rings' order, from the first group's start.
func (p RingPlan) Splits(spec PlanSpec) ([]int, error) {
	splits := make([]int, p.Phases())
	var run [MaxRings]int // s since each ring's phase began
	for i, st := range spec.Stages {
		if st.Stage < 0 || st.Stage >= len(p.stages) {
			return nil, fmt.Errorf("stage %d is none of %d", st.Stage, len(p.stages))
		}
		now, next := &p.stages[st.Stage], spec.Stages[(i+1)%len(spec.Stages)].Stage
		if i == 0 && (now.barrier != 0 || now.at != [MaxRings]int8{}) {
			return nil, fmt.Errorf("it begins with stage %d; a pattern begins with each ring's first phase", st.Stage)
		}
		if next < 0 || next >= len(p.stages) {
			return nil, fmt.Errorf("stage %d is none of %d", next, len(p.stages))
		}
		last, to := i == len(spec.Stages)-1, &p.stages[next]
		if back := to.barrier < now.barrier || to.barrier == now.barrier && (now == to || p.back(now, to)); back && !last {
			return nil, fmt.Errorf("stage %d after stage %d: rings serve their phases in order, each once", next, st.Stage)
		}
		for r := range p.Rings() {
			run[r] += st.Green + p.between[st.Stage][next]
			if last || p.moves[st.Stage][next]&(1<<r) != 0 {
				splits[now.phases[r]] += run[r]
				run[r] = 0
			}
		}
	}
	return splits, nil
}

// Pattern is the plan by stages of splits by phase, s; of a phase with 0 there is none. It is an error where the rings' splits between two barriers
// are not of one length, or where one ring would change while another still does. What it gives each movement NewPlan checks.
func (p RingPlan) Pattern(offset int, splits []int) (PlanSpec, error) {
	spec := PlanSpec{Offset: offset}
	if len(splits) < p.Phases() {
		return spec, fmt.Errorf("%d splits for %d phases", len(splits), p.Phases())
	}
	for ph, t := range splits {
		if t < 0 || ph >= p.Phases() && t != 0 {
			return spec, fmt.Errorf("a split of %d s for phase %d of %d", t, ph, p.Phases())
		}
	}
	type begin struct{ at, stage int }
	var list []begin
	start := 0
	for b := range p.Barriers() {
		length := 0
		times := []int{0} // from the barrier, when any ring's phase begins
		for r := range p.Rings() {
			sum := 0
			for _, ph := range p.Group(r, b) {
				if splits[ph] > 0 {
					times = append(times, sum)
				}
				sum += splits[ph]
			}
			if r == 0 {
				length = sum
			}
			if sum != length || sum == 0 {
				return spec, fmt.Errorf("behind barrier %d ring %d takes %d s, ring 0 %d s", b, r, sum, length)
			}
		}
		slices.Sort(times)
		for _, t := range slices.Compact(times) {
			var at [MaxRings]int8
			for r := range p.Rings() {
				sum := 0
				for k, ph := range p.Group(r, b) {
					if splits[ph] > 0 && sum <= t {
						at[r] = int8(k)
					}
					sum += splits[ph]
				}
			}
			list = append(list, begin{start + t, p.StageAt(b, at)})
		}
		start += length
	}
	for i, x := range list {
		next := begin{start, list[0].stage}
		if i+1 < len(list) {
			next = list[i+1]
		}
		green := next.at - x.at - p.between[x.stage][next.stage]
		if green < 1 {
			return spec, fmt.Errorf("phases %v would be green together for %d s: rings change together, or one after the other", p.stages[x.stage].phases, green)
		}
		spec.Stages = append(spec.Stages, StageTime{x.stage, green})
	}
	return spec, nil
}
