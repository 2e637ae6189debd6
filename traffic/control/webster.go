package control

import (
	"math"
	"slices"
)

// Webster's settings.
const (
	shortestCycle = 40. // s
	longestCycle  = 120.
	replan        = 300. // s between new plans
	carLength     = 5.0  // m
	tooFull       = 0.9  // sum of flow ratios above which the longest cycle is taken
)

// webster gives each junction the cycle and splits of Webster (1958) for the flows of the last minutes.
type webster struct {
	*brain
	plan *Plan
	due  float64
}

func newWebster(n *Network, s Settings) Controller {
	return &webster{brain: newBrain(n, s), plan: Shipped(n), due: replan}
}

// Decide implements Controller.
func (c *webster) Decide(o *Observation, want []int) {
	c.learn(o)
	if o.Time >= c.due {
		c.due += replan
		// rates fade in from nothing: what they still lack after a time of counting
		full := 1 - math.Exp(-o.Time/memory)
		for i := range c.at {
			x := c.at[i].x
			if p, ok := x.websterPlan(x.comes(o, full), 0); ok {
				x.serve(&p, i)
				p.Offset = c.plan.Junctions[i].Offset
				c.plan.Junctions[i] = p
			}
		}
	}
	for i := range c.plan.Junctions {
		want[i], _ = c.plan.Junctions[i].At(o.Time)
	}
}

// comes is the flow that wants each link, vehicles/s: what crossed the line of late, and what stands before it, which was let wait too long to have crossed; one
// vehicle between two plans at least. Who finds gaps only takes twice the green.
func (x *crossroad) comes(o *Observation, full float64) []float64 {
	flow := make([]float64, len(x.links))
	for k := range flow {
		l := &x.links[k]
		flow[k] = l.rate / full
		if halted := o.Halted[x.lanes[l.lane]]; halted > 0 {
			flow[k] += float64(halted) / float64(len(x.of[l.lane])) / replan
		}
		flow[k] = max(flow[k], 1/replan)
		yields := len(l.foes) > 0
		for p := range x.rows {
			yields = yields && x.rows[p][k] != 'G'
		}
		if yields {
			flow[k] *= 2
		}
	}
	return flow
}

// serve adds the phases without which somebody would never have green, each at its least, and gives stages of junction i the time that walkers take.
func (x *crossroad) serve(p *JunctionPlan, i int) {
	for k := range x.links {
		first, green := -1, false
		for ph := range x.rows {
			if x.rows[ph][k] == 'r' {
				continue
			}
			if first < 0 {
				first = ph
			}
			green = green || slices.ContainsFunc(p.Stages, func(s Stage) bool { return s.Phase == ph })
		}
		if first >= 0 && !green {
			at, _ := slices.BinarySearchFunc(p.Stages, first, func(s Stage, ph int) int { return s.Phase - ph })
			p.Stages = slices.Insert(p.Stages, at, Stage{Phase: first})
		}
	}
	for s := range p.Stages {
		to := &p.Stages[s]
		from := p.Stages[(s+len(p.Stages)-1)%len(p.Stages)].Phase
		least := x.n.MinGreen
		if x.n.Street != nil {
			least = x.n.longestWalk(i, to.Phase)
		}
		to.Duration = max(to.Duration, x.n.Change(i, from, to.Phase).Total()+math.Ceil(least))
	}
}

// websterPlan returns the stages for flows of each link, vehicles/s; cycle 0 is Webster's own. False: nobody drives.
func (x *crossroad) websterPlan(flow []float64, cycle float64) (JunctionPlan, bool) {
	ratio := make([]float64, len(x.rows))
	for l := range x.lanes {
		load, best, bestN := 0.0, -1, 0 // seconds of green a second that the lane needs
		for _, k := range x.of[l] {
			load += flow[k] * x.links[k].follows(carLength)
		}
		for p := range x.rows { // the phase in which most of the lane's links go first
			n := 0
			for _, k := range x.of[l] {
				switch x.rows[p][k] {
				case 'G':
					n += 3
				case 'g':
					n++
				}
			}
			if n > bestN {
				best, bestN = p, n
			}
		}
		if best >= 0 {
			ratio[best] = max(ratio[best], load)
		}
	}
	sum, used := 0.0, 0
	for _, y := range ratio {
		if y > 0 {
			sum, used = sum+y, used+1
		}
	}
	if used == 0 {
		return JunctionPlan{}, false
	}
	change := x.n.Yellow + x.n.AllRed
	lost := float64(used) * (change + startLoss)
	c := cycle
	if c == 0 {
		c = longestCycle
		if sum < tooFull {
			c = min(max((1.5*lost+5)/(1-sum), shortestCycle), longestCycle)
		}
	}
	plan := JunctionPlan{ID: x.j.ID}
	for p, y := range ratio {
		if y > 0 {
			plan.Stages = append(plan.Stages, Stage{p, max(math.Round(change+startLoss+(c-lost)*y/sum), change+math.Ceil(x.n.MinGreen))})
		}
	}
	return plan, true
}
