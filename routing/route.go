package routing

import (
	"math"
	"slices"

	"github.com/paulmach/orb"
)

// An Outcome is what came of asking for a route.
type Outcome string

const (
	Found       Outcome = "found"
	AtGoal      Outcome = "start is goal"
	OutOfClosed Outcome = "found, out of a closed street" // the start lies in a closure, which may be left
	GoalClosed  Outcome = "goal is in a closed street"
	CutOff      Outcome = "cut off by closed streets" // there is a way, but none that is open
	NoWay       Outcome = "no way in the network"     // not even if nothing were closed
)

// Reached reports whether there is a route.
func (o Outcome) Reached() bool { return o == Found || o == AtGoal || o == OutOfClosed }

// A Route leads from one place to another.
type Route struct {
	Outcome Outcome
	Ways    []int32   // the first from the start on, the last up to the goal; see Roads.Way
	At      []float64 // s since departure, at the end of each way, of the last: at the goal
	Seconds float64
	Metres  float64
	Line    orb.LineString // in the city's frame
}

// samePlace is within how many metres on one street two places are one.
const samePlace = 0.5

// A leg is a way on which a journey begins or ends, and the share of it that is driven.
type leg struct {
	way   int32
	share float64
}

// legs are the ways on which a place lies for the profile; from: as a start, else as a goal.
func (w *Weighing) legs(p Place, from bool) []leg {
	var legs []leg
	r := w.roads
	for _, way := range [...]int32{p.Link, r.back[p.Link]} {
		if way < 0 || w.open[way] == never {
			continue
		}
		share := p.Along
		if (way == p.Link) == from {
			share = 1 - p.Along
		}
		legs = append(legs, leg{way, share})
	}
	return legs
}

// part is a share of a way's time, to the nearest ms.
func part(ms uint32, share float64) uint32 { return uint32(float64(ms)*share + 0.5) }

// entered returns what a start on a way costs: one in a closure may leave it.
func (w *Weighing) entered(way int32) (ms uint32, closed bool) {
	if w.enter[way] == never {
		return w.open[way], true
	}
	return w.enter[way], false
}

// Route finds the quickest way under the weights of the moment.
func (w *Weighing) Route(from, to Place) Route {
	starts, goals := w.legs(from, true), w.legs(to, false)
	if len(starts) > 0 && w.roads.same(from, to) {
		return Route{Outcome: AtGoal}
	}
	best := uint32(math.MaxUint32)
	var arcs []int32
	var first, last leg
	q := w.ways.Query()
	for _, s := range starts {
		ms, _ := w.entered(s.way)
		begin := part(ms, s.share)
		for _, g := range goals {
			if w.enter[g.way] == never {
				continue
			}
			if s.way == g.way && s.share+g.share >= 1 { // the goal lies ahead on the same way
				if d := part(ms, s.share+g.share-1); d < best {
					best, arcs, first, last = d, arcs[:0], s, leg{g.way, s.share + g.share - 1}
				}
			}
			// Up to the end of the goal's way and not all of it: the last turn enters it anew, even where it is the start's.
			for k := range w.into(g.way) {
				d := q.Distance(s.way, w.roads.tail[k])
				c, _ := w.turn(k)
				if d >= never {
					continue
				}
				if sum := begin + d + c + part(w.enter[g.way], g.share); sum < best {
					best, first, last = sum, s, g
					arcs, _ = q.Path(s.way, w.roads.tail[k], arcs[:0])
					arcs = append(arcs, k)
				}
			}
		}
	}
	if best == math.MaxUint32 {
		return Route{Outcome: w.why(starts, goals)}
	}
	outcome := Found
	if _, closed := w.entered(first.way); closed {
		outcome = OutOfClosed
	}
	r := Route{Outcome: outcome, Ways: []int32{first.way}}
	if len(arcs) > 0 {
		ms, _ := w.entered(first.way)
		now := part(ms, first.share)
		r.At = append(r.At, float64(now)/1000)
		for i, k := range arcs {
			c, _ := w.turn(k)
			way := w.roads.head[k]
			ms := w.enter[way]
			if i == len(arcs)-1 {
				ms = part(ms, last.share)
			}
			now += c + ms
			r.Ways, r.At = append(r.Ways, way), append(r.At, float64(now)/1000)
		}
	} else {
		r.At = append(r.At, float64(best)/1000)
	}
	r.Seconds = float64(best) / 1000
	w.roads.draw(&r, from, to)
	return r
}

// into yields the turns into a way that the profile may make.
func (w *Weighing) into(way int32) func(func(int32) bool) {
	r := w.roads
	begin, _ := r.ends(way)
	return func(yield func(int32) bool) {
		for _, before := range r.arrive[begin] {
			for _, k := range r.out[r.first[before]:r.first[before+1]] {
				if r.head[k] == way {
					if _, may := w.turn(k); may && !yield(k) {
						return
					}
				}
			}
		}
	}
}

// why names the reason for which there is no route.
func (w *Weighing) why(starts, goals []leg) Outcome {
	open := w.roads.order.Metric(w.turns(w.open), 1).Query()
	for _, s := range starts {
		for _, g := range goals {
			if s.way == g.way && s.share+g.share >= 1 {
				return w.shut(goals)
			}
			for k := range w.into(g.way) {
				if open.Distance(s.way, w.roads.tail[k]) < never {
					return w.shut(goals)
				}
			}
		}
	}
	return NoWay
}

func (w *Weighing) shut(goals []leg) Outcome {
	if slices.ContainsFunc(goals, func(g leg) bool { return w.enter[g.way] != never }) {
		return CutOff
	}
	return GoalClosed
}

// draw sets a route's course and its length.
func (r *Roads) draw(x *Route, from, to Place) {
	for i, way := range x.Ways {
		lo, hi := 0.0, 1.0
		if i == 0 {
			lo = r.share(way, from)
		}
		if i == len(x.Ways)-1 {
			hi = r.share(way, to)
		}
		x.Metres += max(0, hi-lo) * r.streets.Links[r.link[way]].Length
		for _, p := range between(r.line(way), lo, hi) {
			if n := len(x.Line); n == 0 || x.Line[n-1] != p {
				x.Line = append(x.Line, p)
			}
		}
	}
}

// share is where on a way a place on its street lies.
func (r *Roads) share(way int32, p Place) float64 {
	if way == p.Link {
		return p.Along
	}
	return 1 - p.Along
}

// between cuts out of a line what lies between two shares of its length.
func between(l orb.LineString, lo, hi float64) orb.LineString {
	total := 0.0
	for i := 1; i < len(l); i++ {
		total += math.Hypot(l[i][0]-l[i-1][0], l[i][1]-l[i-1][1])
	}
	point := func(share float64) (orb.Point, int) {
		left := share * total
		for i := 1; i < len(l); i++ {
			d := math.Hypot(l[i][0]-l[i-1][0], l[i][1]-l[i-1][1])
			if left <= d || i == len(l)-1 {
				f := 0.0
				if d > 0 {
					f = min(left/d, 1)
				}
				return orb.Point{l[i-1][0] + f*(l[i][0]-l[i-1][0]), l[i-1][1] + f*(l[i][1]-l[i-1][1])}, i
			}
			left -= d
		}
		return l[0], 1
	}
	if len(l) < 2 {
		return l
	}
	a, i := point(lo)
	b, j := point(hi)
	out := orb.LineString{a}
	for k := i; k < j; k++ {
		out = append(out, l[k])
	}
	return append(out, b)
}
