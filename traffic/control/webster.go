package control

import "math"

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
			flow := make([]float64, len(c.at[i].x.links))
			for k := range flow {
				flow[k] = c.at[i].x.links[k].rate / full
			}
			if p, ok := c.at[i].x.websterPlan(flow, 0); ok {
				p.Offset = c.plan.Junctions[i].Offset
				c.plan.Junctions[i] = p
			}
		}
	}
	for i := range c.plan.Junctions {
		want[i], _ = c.plan.Junctions[i].At(o.Time)
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
