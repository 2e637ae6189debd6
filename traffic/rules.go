package traffic

import "citybrain/city"

// rules are what a junction's controller must keep, as tables: they are looked up each second. Immutable.
type rules struct {
	junction *city.Junction
	rings    *city.RingPlan         // nil: it goes by stages
	in       [][]bool               // of each stage, each movement: whether it is green
	between  [][]int32              // s, from each stage to each
	least    []int32                // s of each stage's green
	round    city.Round             // of a controller by stages
	moves    [][]uint8              // the rings that change from each stage to each
	minimum  [][city.MaxRings]int32 // s of green, of each stage's phase of each ring
	first    []int32                // of each movement: the first stage that serves it, −1
	limit    []int32                // s that each movement may wait, when there is no emergency
	notice   int32                  // s before its end at which a green is fixed
	longest  int32                  // s, no less than what all stages of rings take at their least one after the other
}

func newRules(j *city.Junction) (*rules, error) {
	r := &rules{junction: j}
	if p, ok, err := j.Rings(); err != nil {
		return nil, err
	} else if ok {
		r.rings = &p
	}
	if j.Countdown {
		r.notice = city.CountdownTime
	}
	for s := range j.Stages {
		row := make([]bool, len(j.Movements))
		for _, m := range j.Stages[s].Movements {
			row[m] = true
		}
		between := make([]int32, len(j.Stages))
		longest := int32(0)
		for p := range between {
			between[p] = int32(j.Between(s, p))
			longest = max(longest, int32(j.Between(p, s)))
		}
		r.in, r.between, r.least = append(r.in, row), append(r.between, between), append(r.least, int32(j.StageMinGreen(s)))
		r.longest += longest + r.least[s]
		if r.rings == nil {
			continue
		}
		moves, minimum := make([]uint8, len(j.Stages)), [city.MaxRings]int32{}
		for p := range moves {
			moves[p] = r.rings.Moves(s, p)
		}
		phases, _ := r.rings.Stage(s)
		for k, ph := range phases {
			minimum[k] = int32(r.rings.Phase(ph).Min)
		}
		r.moves, r.minimum = append(r.moves, moves), append(r.minimum, minimum)
	}
	for m := range j.Movements {
		first, limit := int32(-1), int32(city.LongestRed)
		for s := min(len(j.Stages), city.MaxStages) - 1; s >= 0; s-- {
			if r.in[s][m] {
				first = int32(s)
			}
		}
		if j.Movements[m].Kind != city.Vehicles {
			limit = city.LongestCall
		}
		if r.rings == nil {
			limit = max(limit, int32(j.LeastRound())) // sooner it can't be
		}
		r.first, r.limit = append(r.first, first), append(r.limit, limit)
	}
	if r.rings == nil {
		all := make([]int, len(j.Movements))
		for m := range all {
			all[m] = m
		}
		r.round = city.NewRound(j, all, r.limit)
	}
	return r, nil
}
