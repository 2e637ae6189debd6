package control

import (
	"context"
	"math"
	"slices"
)

// cycles are those that Optimise tries for the whole network, s: of the same length platoons meet the same light every time.
func cycles() []float64 { return []float64{50, 60, 70, 80, 90, 105, 120} }

// Optimise looks for the fixed plan of least delay: the shipped one, or Webster's greens for flow (vehicles/s by connection) in one
// cycle for all, whichever judge finds best; from there, junction by junction, other offsets and seconds moved between stages, as long as
// that is better and budget is left. judge returns a plan's mean delay in s; it is asked budget times at most.
func Optimise(ctx context.Context, n *Network, flow []float64, budget int, judge func(*Plan) (float64, error)) (*Plan, float64, error) {
	best := lawful(n, Shipped(n))
	if err := best.Check(n); err != nil {
		return nil, 0, err
	}
	least := math.Inf(1)
	asked := 0
	try := func(p *Plan) (bool, error) {
		if err := ctx.Err(); err != nil {
			return false, err
		}
		asked++
		d, err := judge(p)
		if err != nil || d >= least {
			return false, err
		}
		best, least = p, d
		return true, nil
	}
	if _, err := try(best); err != nil {
		return nil, 0, err
	}
	for _, c := range cycles() {
		if asked == budget {
			break
		}
		if p := lawful(n, inOneCycle(n, flow, c)); p.Check(n) == nil {
			if _, err := try(p); err != nil {
				return nil, 0, err
			}
		}
	}
	// The busiest first: what it wants, the others follow.
	order, load := make([]int, len(n.Junctions)), make([]float64, len(n.Junctions))
	for i := range order {
		order[i] = i
		for _, c := range n.Junctions[i].Links {
			load[i] += flow[c]
		}
	}
	slices.SortStableFunc(order, func(a, b int) int {
		switch {
		case load[a] > load[b]:
			return -1
		case load[a] < load[b]:
			return 1
		}
		return 0
	})
	for step := 16.0; step >= 2 && asked < budget; step /= 2 {
		for better := true; better && asked < budget; {
			better = false
			for _, i := range order {
				for _, move := range moves(n, best, i, step) {
					if asked >= budget {
						break
					}
					won, err := try(move)
					if err != nil {
						return nil, 0, err
					}
					if better = better || won; won {
						break // the other moves were made from what was best before
					}
				}
			}
		}
	}
	return best, least, nil
}

// lawful lengthens stages that are too short for their change and minimum green, as some shipped programs have them.
func lawful(n *Network, p *Plan) *Plan {
	for i := range p.Junctions {
		for k := range p.Junctions[i].Stages {
			if s := &p.Junctions[i].Stages[k]; len(p.Junctions[i].Stages) > 1 {
				s.Duration = max(s.Duration, n.Yellow+n.AllRed+n.MinGreen)
			}
		}
	}
	return p
}

// inOneCycle is Webster's greens in one cycle for all, with the offsets of the shipped plan.
func inOneCycle(n *Network, flow []float64, cycle float64) *Plan {
	p := Shipped(n)
	for i := range n.Junctions {
		x := newCrossroad(n, &n.Junctions[i])
		of := make([]float64, len(x.links))
		for k := range x.links {
			of[k] = flow[x.links[k].conn]
		}
		if j, ok := x.websterPlan(of, cycle); ok {
			j.Offset = p.Junctions[i].Offset
			// What rounding and minimum greens took or gave goes to the longest stage, so that all cycles are one.
			longest := 0
			for k := range j.Stages {
				if j.Stages[k].Duration > j.Stages[longest].Duration {
					longest = k
				}
			}
			j.Stages[longest].Duration += cycle - j.Cycle()
			p.Junctions[i] = j
		}
	}
	return p
}

// moves are the neighbours of a plan at junction i: its offset earlier or later, seconds from each stage to the next.
func moves(n *Network, p *Plan, i int, step float64) []*Plan {
	var list []*Plan
	change := func(f func(*JunctionPlan)) {
		q := &Plan{Junctions: slices.Clone(p.Junctions), Actuation: p.Actuation}
		j := &q.Junctions[i]
		j.Stages = slices.Clone(j.Stages)
		if f(j); q.Check(n) == nil {
			list = append(list, q)
		}
	}
	if len(n.Junctions) > 1 {
		change(func(j *JunctionPlan) { j.Offset = math.Mod(j.Offset+step, j.Cycle()) })
		change(func(j *JunctionPlan) { j.Offset = math.Mod(j.Offset-step+j.Cycle(), j.Cycle()) })
	}
	for a := range p.Junctions[i].Stages {
		for b := range p.Junctions[i].Stages {
			if a != b {
				change(func(j *JunctionPlan) { j.Stages[a].Duration -= step / 2; j.Stages[b].Duration += step / 2 })
			}
		}
	}
	return list
}

// TuneActuation returns the settings of actuation of least delay, among gaps, longest greens and whether phases are left out.
func TuneActuation(ctx context.Context, judge func(Actuation) (float64, error)) (Actuation, float64, error) {
	best, least := plainActuation(), math.Inf(1)
	for _, gap := range []float64{1.5, 2, 3, 4} {
		for _, longest := range []float64{25, 35, 45, 60} {
			for _, skip := range []bool{true, false} {
				if err := ctx.Err(); err != nil {
					return best, 0, err
				}
				a := Actuation{Gap: gap, Longest: longest, Skip: skip}
				d, err := judge(a)
				if err != nil {
					return best, 0, err
				}
				if d < least {
					best, least = a, d
				}
			}
		}
	}
	return best, least, nil
}
