package routing

import (
	"fmt"
	"math"
	"slices"
	"time"

	"citybrain/routing/cch"
)

// A Forecast is the roads as a profile will find them: weights at a few moments, in between in proportion, after the last as at
// the last. A way that is closed at a moment stays so up to the next one; one that closes at the next moment keeps its time
// until then. Who waits at the beginning of a way may overtake nobody and is overtaken by nobody (first in, first out): where a
// street clears faster than time passes, or opens, waiting is part of the way. It is immutable; searches may share it.
type Forecast struct {
	frames []*Weighing
	at     []int64 // ms from now, ascending, the first 0
	least  *cch.Metric
	low    []uint32 // of each way: the least of its times, never: always closed
}

// NewForecast joins weighings of the same roads and profile; at has their moments from now on, the first 0.
func NewForecast(at []time.Duration, frames []*Weighing) (*Forecast, error) {
	if len(at) != len(frames) || len(at) == 0 || at[0] != 0 {
		return nil, fmt.Errorf("a forecast has a weighing for each moment and begins now, not %d for %v", len(frames), at)
	}
	f := &Forecast{frames: frames, low: slices.Clone(frames[0].enter)}
	for i, d := range at {
		if i > 0 && d <= at[i-1] {
			return nil, fmt.Errorf("forecast: moment %v is not after %v", d, at[i-1])
		}
		if frames[i].roads != frames[0].roads || frames[i].profile != frames[0].profile {
			return nil, fmt.Errorf("forecast: at %v it has other roads or another profile than now", d)
		}
		f.at = append(f.at, d.Milliseconds())
		for w, ms := range frames[i].enter {
			f.low[w] = min(f.low[w], ms)
		}
	}
	w := frames[0]
	f.least = w.roads.order.Metric(w.turns(f.low), 1)
	return f, nil
}

// past is when a search gives up: what opens never.
const past = int64(math.MaxInt64)

// through returns when a share of a way that is begun at t, in ms from now, is done; past: never.
func (f *Forecast) through(way int32, t int64, share float64) int64 {
	i := len(f.at) - 1
	for i > 0 && f.at[i] > t {
		i--
	}
	best := past
	if ms := f.frames[i].enter[way]; ms != never {
		if i+1 < len(f.at) {
			if next := f.frames[i+1].enter[way]; next != never {
				ms = uint32(int64(ms) + (int64(next)-int64(ms))*(t-f.at[i])/(f.at[i+1]-f.at[i]))
			}
		}
		best = t + int64(part(ms, share))
	}
	for j := i + 1; j < len(f.at); j++ { // who waits till then
		if ms := f.frames[j].enter[way]; ms != never {
			best = min(best, f.at[j]+int64(part(ms, share)))
		}
	}
	return best
}

// A step is a way entered in a search: when it is done, and how it was come to.
type step struct {
	done int64
	turn int32 // -1: the journey begins here
}

// Route finds the way with the earliest arrival for a departure so long from now. It is exact: Dijkstra's search over arrival
// times, drawn to the goal by distances under the least weights (Strasser and Zeitz 2021).
func (f *Forecast) Route(from, to Place, depart time.Duration) Route {
	w := f.frames[0]
	r := w.roads
	starts, goals := w.legs(from, true), w.legs(to, false)
	if len(starts) > 0 && r.same(from, to) {
		return Route{Outcome: AtGoal}
	}
	now := depart.Milliseconds()
	// How far the goal is at least from the end of a way: what follows up to the end of the goal's way, less than that what
	// lies behind the goal.
	behind := uint32(0)
	var seeds []cch.Seed
	for _, g := range goals {
		if f.low[g.way] != never {
			behind = max(behind, f.low[g.way]-part(f.low[g.way], g.share)+1)
		}
	}
	for _, g := range goals {
		if f.low[g.way] != never {
			seeds = append(seeds, cch.Seed{Node: g.way, Left: behind - (f.low[g.way] - part(f.low[g.way], g.share))})
		}
	}
	ahead := f.least.Potential(seeds)
	guess := func(way int32) (int64, bool) {
		left := ahead.To(way)
		if left >= never {
			return 0, false
		}
		return max(0, int64(left)-int64(behind)), true
	}
	best, bestTurn := past, int32(-1)
	var bestLeg leg
	steps := map[int32]step{}
	var open frontier
	settle := func(way int32, done int64, turn int32) {
		if old, ok := steps[way]; ok && old.done <= done {
			return
		}
		if g, ok := guess(way); ok {
			steps[way] = step{done, turn}
			open.push(waiting{done + g, done, way})
		}
	}
	begun := func(s leg) int64 { // a start in a closure may leave it
		if f.frames[f.frame(now)].enter[s.way] == never {
			return now + int64(part(w.open[s.way], s.share))
		}
		return f.through(s.way, now, s.share)
	}
	for _, s := range starts {
		for _, g := range goals {
			if s.way == g.way && s.share+g.share >= 1 && f.frames[f.frame(now)].enter[s.way] != never {
				if d := f.through(s.way, now, s.share+g.share-1); d < best {
					best, bestTurn, bestLeg = d, -1, leg{s.way, s.share}
				}
			}
		}
		settle(s.way, begun(s), -1)
	}
	for len(open) > 0 {
		x := open.pop()
		if x.key >= best {
			break
		}
		if steps[x.way].done < x.done {
			continue
		}
		for _, k := range r.out[r.first[x.way]:r.first[x.way+1]] {
			c, may := w.turn(k)
			next := r.head[k]
			if !may || f.low[next] == never {
				continue
			}
			for _, g := range goals {
				if g.way == next {
					if d := f.through(next, x.done+int64(c), g.share); d < best {
						best, bestTurn, bestLeg = d, k, g
					}
				}
			}
			if d := f.through(next, x.done+int64(c), 1); d < past {
				settle(next, d, k)
			}
		}
	}
	if best == past {
		return Route{Outcome: f.why(starts, goals)}
	}
	out := Route{Outcome: Found, Seconds: float64(best-now) / 1000}
	way := bestLeg.way
	out.Ways, out.At = append(out.Ways, way), append(out.At, out.Seconds)
	for k := bestTurn; k >= 0; {
		way = r.tail[k]
		s := steps[way]
		out.Ways, out.At = append(out.Ways, way), append(out.At, float64(s.done-now)/1000)
		k = s.turn
	}
	slices.Reverse(out.Ways)
	slices.Reverse(out.At)
	if f.frames[f.frame(now)].enter[out.Ways[0]] == never {
		out.Outcome = OutOfClosed
	}
	r.draw(&out, from, to)
	return out
}

// frame is the last moment that is not after t.
func (f *Forecast) frame(t int64) int {
	i := len(f.at) - 1
	for i > 0 && f.at[i] > t {
		i--
	}
	return i
}

// why names the reason for which there is no route, not even later.
func (f *Forecast) why(starts, goals []leg) Outcome {
	w := *f.frames[0]
	w.enter = f.low
	return w.why(starts, goals)
}

// A waiting is a way on the frontier of a search; key is the earliest arrival at the goal over it.
type waiting struct {
	key, done int64
	way       int32
}

func (a waiting) before(b waiting) bool {
	if a.key != b.key {
		return a.key < b.key
	}
	if a.done != b.done {
		return a.done > b.done // the closer to the goal
	}
	return a.way < b.way
}

type frontier []waiting

func (f *frontier) push(x waiting) {
	h := append(*f, x)
	i := len(h) - 1
	for i > 0 {
		p := (i - 1) / 4
		if !x.before(h[p]) {
			break
		}
		h[i] = h[p]
		i = p
	}
	h[i] = x
	*f = h
}

func (f *frontier) pop() waiting {
	h := *f
	top, last := h[0], h[len(h)-1]
	h = h[:len(h)-1]
	*f = h
	if len(h) == 0 {
		return top
	}
	i := 0
	for {
		c := 4*i + 1
		if c >= len(h) {
			break
		}
		best := c
		for k := c + 1; k < min(c+4, len(h)); k++ {
			if h[k].before(h[best]) {
				best = k
			}
		}
		if !h[best].before(last) {
			break
		}
		h[i] = h[best]
		i = best
	}
	h[i] = last
	return top
}
