package control

import (
	"math"
	"slices"
)

// A lane between two stop lines shorter than shortStreet, m, is brief: who does not fit stands inside the junction behind it, where
// two may wait for each other for ever. So the two lights are planned as one as far as it goes: who sends vehicles there counts on what the
// other means to let out of it and when (search.play), and a second of standing there counts clearing times, the square of that for who reaches
// into the junction behind.
const (
	shortStreet = 40.0
	clearing    = 3.0
	stopShort   = 1.0 // m before its end that the first stands …
	standGap    = 2.5 // … and m between two
)

// brief tells whether lane l is so short.
func (n *Network) brief(l int32) bool {
	return n.Ahead[l] == 0 && n.Stops[l] >= 0 && n.Lanes[l].Length < shortStreet
}

// holds is how many vehicles of mean length fit on a lane of so many metres, one at least.
func (b *brain) holds(length float64) float64 {
	return math.Max(1, math.Floor((length-stopShort+standGap)/(b.size+standGap)))
}

// A showing is the phase that a junction means to show in a second and the one that it comes from, the same but during a change.
type showing struct{ from, to int }

// intend notes what junction i means to show, second by second, by the plan that ends in leaf.
func (b *brain) intend(i int, now float64, leaf int) {
	r := &b.at[i]
	if !r.narrow {
		return
	}
	r.meant, r.meantAt = r.meant[:0], now
	path := r.s.path(leaf)
	last := r.s.nodes[path[0]].phase
	for _, k := range path {
		nd := &r.s.nodes[k]
		for t := len(r.meant); t < nd.t; t++ {
			if nd.phase != last && t >= nd.since {
				last = nd.phase
			}
			r.meant = append(r.meant, showing{last, nd.phase})
		}
		last = nd.phase
	}
}

// outflow writes how many vehicles leave brief lane e in each second from now on, as its light shows and means to show.
func (b *brain) outflow(e int32, o *Observation, into []float32) {
	i := b.n.Stops[e]
	d, sig := &b.at[i], o.Signals[i]
	l := slices.Index(d.x.lanes, e)
	stuck := 0
	if len(o.Seen[e]) > 0 && o.Seen[e][0].Speed < 2 && !sig.Changing && o.Time-sig.Since > startLoss+1 {
		stuck = stuckFor
	}
	shift := int(o.Time - d.meantAt)
	for t := range into {
		at := showing{sig.Phase, sig.Phase}
		if k := t + shift; k < len(d.meant) {
			at = d.meant[k]
		} else if len(d.meant) > 0 {
			at = showing{-1, -1}
		} else if sig.Changing && float64(t) < sig.Since-o.Time {
			at.from = -1
		}
		into[t] = 0
		if at.from < 0 || t < stuck {
			continue
		}
		for _, k := range d.x.of[l] {
			rate := 0.0
			switch {
			case d.own(at.from, k) && d.own(at.to, k):
				rate = saturation
			case d.x.rows[at.from][k] != 'r' && d.x.rows[at.to][k] != 'r':
				rate = saturationGap
			}
			into[t] = max(into[t], float32(rate))
		}
	}
}

// stuckFor is how many seconds more a brief lane whose first vehicle does not use its green is taken to let nobody out.
const stuckFor = 5

// crowd is how many vehicles are on brief lane e now; false: nothing tells.
func (b *brain) crowd(e int32, o *Observation) (float64, bool) {
	switch {
	case o.Count[e] >= 0:
		return float64(max(int(o.Count[e]), len(o.Seen[e]))), true
	case o.Blind && !o.dead(e):
		return float64(len(o.Seen[e])), true
	}
	return b.supposed(e)
}
