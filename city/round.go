package city

import "math"

// A Round tells when movements have green again behind each stage of a junction, where the stages of its plan follow, from one of them on, in their order and each
// at its least. As such a round takes no longer than anybody may wait, behind each of its stages the next one is in time again: whoever is let through only where a
// round behind it is in time for everybody makes nobody wait longer, whatever comes after.
type Round struct {
	order   []int
	after   [][][]int32 // of each stage, each beginning, each movement: s from the stage's end; never: it is green in the stage, and in time again
	own     [][]int32   // of each stage, each beginning: s by which those of the stage itself come too late again, none if it is below 1
	longest int32       // s, no less than what a round takes in any order
}

const never = math.MinInt32 / 2

// NewRound makes the round of some movements of a junction that goes by stages. limit is how long each may wait, s.
func NewRound(j *Junction, movements []int, limit []int32) Round {
	r := Round{order: j.Round(), after: make([][][]int32, len(j.Stages)), own: make([][]int32, len(j.Stages))}
	for _, s := range r.order {
		longest := 0
		for p := range j.Stages {
			longest = max(longest, j.Between(p, s))
		}
		r.longest += int32(longest + j.StageMinGreen(s))
	}
	for stage := range j.Stages {
		for k := range r.order {
			after, own := make([]int32, len(movements)), int32(never)
			for i, m := range movements {
				at, now := 0, stage
				after[i] = never
				for x := range r.order {
					s := r.order[(k+x)%len(r.order)]
					at += j.Between(now, s)
					if j.InStage(s, int32(m)) {
						after[i] = int32(at)
						break
					}
					at, now = at+j.StageMinGreen(s), s
				}
				if j.InStage(stage, int32(m)) {
					own, after[i] = max(own, after[i]-limit[i]), never
				}
			}
			r.after[stage], r.own[stage] = append(r.after[stage], after), append(r.own[stage], own)
		}
	}
	return r
}

// Late returns with which stage the round may best begin behind stage, which ends at second end, and by how many seconds, above 0, somebody then comes too late.
// due is until when each movement must have green again, but for those of the stage, who have it until it ends.
func (r *Round) Late(stage int, end int32, due []int32) (first int, worst int32) {
	soonest := int32(math.MaxInt32)
	for _, t := range due {
		soonest = min(soonest, t)
	}
	first, worst = stage, math.MaxInt32
	for k, begins := range r.order {
		if begins == stage {
			continue // as if it went on
		}
		late := r.own[stage][k]
		if late <= 0 && soonest-end > r.longest {
			return begins, late
		}
		for m, t := range r.after[stage][k] {
			late = max(late, end+t-due[m])
		}
		if late < worst {
			first, worst = begins, late
		}
		if worst <= 0 {
			return first, worst
		}
	}
	if worst == math.MaxInt32 {
		worst = 0 // there is one stage
	}
	return first, worst
}
