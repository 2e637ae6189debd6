package control

import "math"

// Settings of the controllers that score phases, the same everywhere. Each guards against starving: a link that has stood red
// for starved seconds with somebody before it goes first; and against blocking: who leads into a full street counts little.
const (
	waveReach  = 100. // m before the line in which the wave counts
	giveWay    = 0.5  // what a green that gives way counts of one that goes first
	fullExit   = 0.9  // of a street's room, from which what leads into it counts blocked
	blocked    = 0.1
	starved    = 120. // s
	keepMargin = 1.05 // how much better another phase must be: a change costs yellow
)

// A scorer picks at each junction the phase with the greatest score of its links.
type scorer struct {
	*brain
	value func(b *brain, i int, o *Observation, out []float64) // of each link
	red   [][]float64                                          // s, since when each link has been red
}

func newScorer(n *Network, s Settings, value func(*brain, int, *Observation, []float64)) Controller {
	c := &scorer{brain: newBrain(n, s), value: value}
	for i := range c.at {
		c.red = append(c.red, make([]float64, len(c.at[i].x.links)))
	}
	return c
}

// Decide implements Controller.
func (c *scorer) Decide(o *Observation, want []int) {
	c.learn(o)
	var score []float64
	for i := range c.at {
		c.gather(i, o)
		x, sig := c.at[i].x, o.Signals[i]
		score = append(score[:0], make([]float64, len(x.links))...)
		c.value(c.brain, i, o, score)
		hungry := make([]bool, len(x.links))
		for k := range x.links {
			if x.rows[sig.Phase][k] != 'r' {
				c.red[i][k] = o.Time
			}
			if c.filled(x.links[k].exit, i, o) > fullExit {
				score[k] *= blocked
			}
		}
		for l := range x.lanes {
			for _, a := range c.at[i].in.list[l] {
				if a.far <= 15 && o.Time-c.red[i][a.link] >= starved {
					hungry[a.link] = true
				}
			}
		}
		want[i] = sig.Phase
		if sig.Changing || o.Time < sig.Free {
			continue
		}
		best := math.Inf(-1)
		for p := range x.rows {
			sum := 0.0
			for k, letter := range x.rows[p][:len(x.links)] {
				w := 0.0
				switch letter {
				case 'G':
					w = 1
				case 'g':
					w = giveWay
					if len(x.links[k].foes) == 0 {
						w = 1
					}
				}
				sum += w * score[k]
				if w > 0 && hungry[k] {
					sum += 1e6
				}
			}
			if p == sig.Phase && sum > 0 {
				sum *= keepMargin
			}
			if sum > best || sum == best && p == sig.Phase {
				best, want[i] = sum, p
			}
		}
	}
}

// filled is the share of an exit's room that is taken.
func (b *brain) filled(exit, i int, o *Observation) float64 {
	lane := b.at[i].x.exits[exit]
	if o.Count[lane] < 0 || b.n.Lanes[lane].Length < 2*vehicleRoom {
		return 0
	}
	return float64(o.Count[lane]) * (b.size + 2.2) / b.n.Lanes[lane].Length
}

// wave counts who is near: the queue and the platoon that comes.
func wave(b *brain, i int, _ *Observation, out []float64) {
	for _, list := range b.at[i].in.list {
		for _, a := range list {
			if a.far <= waveReach {
				out[a.link]++
			}
		}
	}
}

// pressure is queue before minus queue behind (Varaiya 2013), the latter per lane of the street that it leads to.
func pressure(b *brain, i int, o *Observation, out []float64) {
	for _, list := range b.at[i].in.list {
		for _, a := range list {
			if a.waited > 0 {
				out[a.link]++
			}
		}
	}
	for k := range out {
		if e := b.at[i].x.exits[b.at[i].x.links[k].exit]; o.Halted[e] > 0 {
			out[k] -= float64(o.Halted[e]) / float64(max(1, len(b.at[i].x.of[b.at[i].x.links[k].lane])))
		}
	}
}

// waiting adds up how long those before the line have waited.
func waiting(b *brain, i int, _ *Observation, out []float64) {
	for _, list := range b.at[i].in.list {
		for _, a := range list {
			out[a.link] += a.waited
			if a.far <= waveReach {
				out[a.link]++
			}
		}
	}
}
