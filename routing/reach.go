package routing

import (
	"math"

	"citybrain/routing/cch"

	"github.com/paulmach/orb"
)

// A Reach is a stretch of a way that can be reached in a given time: an isochrone is all of them.
type Reach struct {
	Way      int32
	From, To float64 // s at its beginning and its end
	Line     orb.LineString
}

// Within returns what can be reached from a place in at most so many seconds, by way. A way is driven as far as time lasts.
func (w *Weighing) Within(from Place, seconds float64) []Reach {
	r := w.roads
	n := len(r.link)
	ways, done, left := make([]int32, n), make([]uint32, n), make([]uint32, n)
	for i := range ways {
		ways[i], left[i] = int32(i), cch.Unreachable
	}
	sweep := w.ways.Targets(ways).Sweep()
	limit := seconds * 1000
	var all []Reach
	add := func(way int32, lo, begin, end float64) { // s at lo of it, and at its end
		if begin > limit {
			return
		}
		hi := 1.0
		if end > limit {
			hi = lo + (1-lo)*(limit-begin)/(end-begin)
			end = limit
		}
		all = append(all, Reach{way, begin / 1000, end / 1000, between(r.line(way), lo, hi)})
	}
	for _, s := range w.legs(from, true) {
		ms, _ := w.entered(s.way)
		begin := part(ms, s.share)
		add(s.way, r.share(s.way, from), 0, float64(begin))
		sweep.From(s.way, done)
		for i, d := range done {
			left[i] = min(left[i], begin+d)
		}
	}
	for i, d := range left {
		if ms := w.enter[i]; ms != never && d < never && r.link[i] != from.Link && (r.back[i] < 0 || r.link[r.back[i]] != from.Link) {
			add(int32(i), 0, math.Max(0, float64(d)-float64(ms)), float64(d))
		}
	}
	return all
}
