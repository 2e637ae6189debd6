package brain

import (
	"math"
	"time"
)

// patience is how long units of a kind are waited for after an order: some show with the next report of their centre, and where feeds are slow, or
// the city's clock runs faster than its lines, a unit that has left is not yet seen to have.
type patience struct {
	seen      int
	mean, off float64 // s from the order until a unit is seen under way, and by how much that differs
}

// A unit shows within the least of these times as a rule, and is given up after the longest at any rate.
const (
	leastPatience = 15 * time.Second
	mostPatience  = time.Minute
	fewAnswers    = 3 // before so many nothing is known
)

func (p *patience) answered(after time.Duration) {
	s := min(after, 3*mostPatience).Seconds()
	if p.seen++; p.seen == 1 {
		p.mean = s
	}
	p.off += 0.2 * (math.Abs(s-p.mean) - p.off)
	p.mean += 0.2 * (s - p.mean)
}

// limit is the time after which a unit that is not seen is taken not to have heard.
func (p *patience) limit() time.Duration {
	if p.seen < fewAnswers {
		return leastPatience
	}
	return min(mostPatience, max(leastPatience, time.Duration(p.mean+4*p.off)*time.Second))
}
