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

// Table returns the seconds from each place of from to each of to, a row a start, Unreachable where Route finds none.
func (w *Weighing) Table(from, to []Place) [][]float64 {
	// A goal is entered by a turn: its targets are the ways before those.
	type entrance struct {
		leg  leg
		turn int32
		at   int // of the targets
	}
	var targets []int32
	entrances := make([][]entrance, len(to))
	for j, p := range to {
		for _, g := range w.legs(p, false) {
			if w.enter[g.way] == never {
				continue
			}
			for k := range w.into(g.way) {
				entrances[j] = append(entrances[j], entrance{g, k, len(targets)})
				targets = append(targets, w.roads.tail[k])
			}
		}
	}
	sweep, done := w.ways.Targets(targets).Sweep(), make([]uint32, len(targets))
	rows := make([][]float64, len(from))
	for i, p := range from {
		best := make([]uint32, len(to))
		for j := range best {
			best[j] = never
		}
		starts := w.legs(p, true)
		for _, s := range starts {
			ms, _ := w.entered(s.way)
			begin := part(ms, s.share)
			sweep.From(s.way, done)
			for j := range to {
				for _, x := range entrances[j] {
					if d := done[x.at]; d < never {
						c, _ := w.turn(x.turn)
						best[j] = min(best[j], begin+d+c+part(w.enter[x.leg.way], x.leg.share))
					}
				}
			}
		}
		rows[i] = make([]float64, len(to))
		for j, p2 := range to {
			for _, s := range starts {
				for _, g := range w.legs(p2, false) {
					if s.way == g.way && s.share+g.share >= 1 && w.enter[g.way] != never {
						best[j] = min(best[j], part(w.enter[g.way], s.share+g.share-1))
					}
				}
			}
			rows[i][j] = float64(best[j]) / 1000
			if best[j] == never {
				rows[i][j] = float64(Unreachable)
			}
			if len(starts) > 0 && w.roads.same(p, p2) {
				rows[i][j] = 0
			}
		}
	}
	return rows
}

// same reports whether two places are one.
func (r *Roads) same(a, b Place) bool {
	return a.Link == b.Link && math.Abs(a.Along-b.Along)*r.streets.Links[a.Link].Length < samePlace
}
