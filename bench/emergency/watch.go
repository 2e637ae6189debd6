package emergency

import (
	"time"

	"citybrain/city"
	"citybrain/traffic"
)

// A watch counts, second by second, who stands at some junctions and whether the lights keep what they owe.
type watch struct {
	city     *city.City
	at       []junctionWatch
	approach map[int]int32
}

// A redSpell is one red of a movement; from is the second in which its green ended.
type redSpell struct{ j, m, from int }

type junctionWatch struct {
	j        int
	cross    []int32 // approaches but the unit's
	seconds  []float64
	red      []map[redSpell]int // by second
	trips    []map[int32]bool   // by window second chunk: who stood or drove there
	green    []bool
	ended    []int // s, when each movement's green ended
	began    []int
	crossing []float64 // walkers that wait, by movement
	short    int       // clearances and greens cut
	from     int       // s, when it began
}

func newWatch(c *city.City, s *traffic.Sim, approach map[int]int32) *watch {
	w := &watch{city: c, approach: approach}
	now := int(s.Now() / time.Second)
	for j := range c.Signals {
		by, ok := approach[j]
		if !ok {
			continue
		}
		at := &c.Signals[j]
		x := junctionWatch{j: j, from: now, green: make([]bool, len(at.Movements)), ended: make([]int, len(at.Movements)), began: make([]int, len(at.Movements)), crossing: make([]float64, len(at.Movements))}
		for _, l := range city.Approaches(at) {
			if l != by {
				x.cross = append(x.cross, l)
			}
		}
		g := s.Signal(j)
		for m := range at.Movements {
			x.green[m] = g.Green(m)
			x.ended[m] = now - int(g.Red(m, int32(now)))
			x.began[m] = -1 // not known
			if at.Movements[m].Kind != city.Vehicles && !x.green[m] {
				x.crossing[m] = walkers / 3600 * float64(g.Red(m, int32(now)))
			}
		}
		w.at = append(w.at, x)
	}
	return w
}

// second notes a second of the streets.
func (w *watch) second(s *traffic.Sim) {
	now := int(s.Now() / time.Second)
	for i := range w.at {
		x := &w.at[i]
		at, g := &w.city.Signals[x.j], s.Signal(x.j)
		stood, red := 0.0, map[redSpell]int{}
		here := map[int32]bool{}
		for _, l := range x.cross {
			for v := range s.OnLink(l) {
				here[v.Trip] = true
				if v.Waiting {
					stood += persons[s.Trips()[v.Trip].Kind]
				}
			}
		}
		for m := range at.Movements {
			mv := &at.Movements[m]
			green := g.Green(m)
			if g.Mode != traffic.Lit { // it flashes: nobody is shown red
				x.green[m], x.ended[m], x.began[m] = false, now, -1
				continue
			}
			if green && !x.green[m] && g.Fault == traffic.NoFault {
				for o := range at.Movements {
					if at.Intergreen[o][m] > 0 && !together(at, m, o) && now-x.ended[o] < int(at.Intergreen[o][m]) {
						x.short++
					}
				}
				x.began[m] = now
			}
			if !green && x.green[m] {
				x.ended[m] = now
				if x.began[m] >= 0 && now-x.began[m] < int(mv.MinGreen)+int(mv.Clearance) {
					x.short++
				}
			}
			x.green[m] = green
			if !green {
				if r := now - x.ended[m]; r > 60 {
					red[redSpell{x.j, m, x.ended[m]}] = r
				}
			}
			if mv.Kind == city.Vehicles {
				continue
			}
			if green {
				x.crossing[m] = 0
			} else {
				x.crossing[m] += walkers / 3600
				stood += x.crossing[m]
			}
		}
		x.seconds, x.red, x.trips = append(x.seconds, stood), append(x.red, red), append(x.trips, here)
	}
}

// count adds up what was noted within each junction's window.
func (w *watch) count(windows map[int][2]int, out *side) {
	out.Reds = map[redSpell]int{}
	for i := range w.at {
		x := &w.at[i]
		win, ok := windows[x.j]
		if !ok {
			continue
		}
		seen := map[int32]bool{}
		for k := range x.seconds {
			if t := x.from + k + 1; t < win[0] || t > win[1] {
				continue
			}
			out.Cross += x.seconds[k]
			for spell, r := range x.red[k] {
				out.Reds[spell] = max(out.Reds[spell], r)
			}
			for trip := range x.trips[k] {
				seen[trip] = true
			}
		}
		for range seen {
			out.People += 1.4
		}
		for m := range w.city.Signals[x.j].Movements {
			if w.city.Signals[x.j].Movements[m].Kind != city.Vehicles {
				out.People += walkers / 3600 * float64(win[1]-win[0])
			}
		}
		out.Short += x.short
	}
}

// together reports whether movements m and o are green in one stage: there the one gives way to the other.
func together(at *city.Junction, m, o int) bool {
	for s := range at.Stages {
		if at.InStage(s, int32(m)) && at.InStage(s, int32(o)) {
			return true
		}
	}
	return false
}
