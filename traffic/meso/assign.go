package meso

import (
	"context"
	"fmt"
	"math"
	"slices"
	"time"

	"citybrain/city"
	"citybrain/city/chance"
	"citybrain/routing/cch"
)

// Equilibrium is how Assign looks for routes.
type Equilibrium struct {
	Config
	Until      time.Duration // s of each run
	Iterations int           // runs
	Interval   time.Duration // by which travel times are told apart; 0: five minutes
	Threads    int           // for taking in travel times; the result does not depend on it
}

// A Pass is what one run of Assign came to.
type Pass struct {
	MeanTravel float64 // s of the journeys that arrived
	Arrived    int
	Gap        float64 // how much longer all drive than on their quickest ways at the times of this run, as a share
}

// Assign gives the journeys of a demand routes near a dynamic user equilibrium (Wardrop 1952: nobody would be quicker on another way), by
// the method of successive averages: everyone begins on the quickest way of empty roads; after run k the k-th part of those for whom
// another way was quicker at the travel times of their interval take it. Journeys that are routed keep their route; those without a way are
// an error that names the first. It returns the routed demand of the last run and what each came to.
func Assign(ctx context.Context, n *city.LaneNet, d *city.LaneDemand, e Equilibrium) (*city.LaneDemand, []Pass, error) {
	if e.Interval <= 0 {
		e.Interval = 5 * time.Minute
	}
	if e.Iterations < 1 || e.Until <= 0 {
		return nil, nil, fmt.Errorf("assign: %d runs of %v; there must be one at least", e.Iterations, e.Until)
	}
	w, err := newWays(n, d)
	if err != nil {
		return nil, nil, err
	}
	routed := &city.LaneDemand{Types: d.Types, Journeys: slices.Clone(d.Journeys), Walkers: d.Walkers}
	intervals := int((e.Until+e.Interval-1)/e.Interval) + 1
	w.measure(nil, 1, e.Threads)
	for i := range routed.Journeys {
		if j := &routed.Journeys[i]; !j.Routed {
			if j.Roads = w.quickest(&d.Journeys[i], 0); j.Roads == nil {
				return nil, nil, fmt.Errorf("assign: journey %q: no way from road %q to road %q", j.ID, n.Roads[d.Journeys[i].Roads[0]].ID, n.Roads[d.Journeys[i].Roads[len(d.Journeys[i].Roads)-1]].ID)
			}
			j.Routed = true
		}
	}
	var passes []Pass
	luck := chance.New(e.Seed, "meso/assign")
	for k := 1; ; k++ {
		s, err := New(n, routed, e.Config)
		if err != nil {
			return nil, nil, err
		}
		s.times = newTimes(len(w.tail), intervals, e.Interval)
		s.times.arcs = w.arcs
		if err := s.Step(ctx, e.Until); err != nil {
			return nil, nil, err
		}
		s.timeStanding()
		var p Pass
		for _, t := range s.Trips() {
			if !math.IsNaN(t.Arrive) {
				p.MeanTravel += t.Arrive - t.Enter
				p.Arrived++
			}
		}
		p.MeanTravel /= math.Max(1, float64(p.Arrived))
		w.measure(s.times, intervals, e.Threads)
		next := slices.Clone(routed.Journeys)
		var driven, best float64
		for i := range d.Journeys {
			if d.Journeys[i].Routed {
				continue
			}
			at := min(intervals-1, int(d.Journeys[i].Depart/e.Interval.Seconds()))
			now := w.cost(routed.Journeys[i].Roads, d.Journeys[i].Depart)
			way := w.quickest(&d.Journeys[i], at)
			then := w.cost(way, d.Journeys[i].Depart)
			driven, best = driven+now, best+min(now, then)
			if then < now && luck.Float(uint64(i), uint64(k)) < 1/float64(k+1) {
				next[i].Roads = way
			}
		}
		if best > 0 {
			p.Gap = driven/best - 1
		}
		if passes = append(passes, p); k == e.Iterations {
			return routed, passes, nil
		}
		routed = &city.LaneDemand{Types: d.Types, Journeys: next, Walkers: d.Walkers}
	}
}

// times are the mean seconds from the entry to a road to the stop line, by the road after it (one turn may wait while another goes) and the
// interval in which the road was entered.
type times struct {
	arcs     map[[2]int32]int // of two roads that follow each other
	many     int
	interval float32 // s
	sum      []float64
	count    []int32
}

func newTimes(arcs, intervals int, interval time.Duration) *times {
	return &times{many: arcs, interval: float32(interval.Seconds()), sum: make([]float64, arcs*intervals), count: make([]int32, arcs*intervals)}
}

func (t *times) add(road, next int32, entered, left float32) {
	arc, ok := t.arcs[[2]int32{road, next}]
	if k := int(entered/t.interval)*t.many + arc; ok && k < len(t.sum) {
		t.sum[k] += float64(left - entered)
		t.count[k]++
	}
}

// timeStanding counts for those who are on their way at the end of a run the time that their roads have taken them so far: where nobody gets
// away nobody would tell of it.
func (s *Sim) timeStanding() {
	for l := range s.st.In {
		for k := s.st.Out[l]; k < s.st.In[l]; k++ {
			if v := s.st.Queue[s.at(int32(l), k)]; s.st.Ready[v] < float32(s.st.Now) {
				s.timed(v, int32(l), float32(s.st.Now))
			}
		}
	}
}

// ways finds quickest ways between roads under the travel times of intervals.
type ways struct {
	n          *city.LaneNet
	tail, head []int32
	over       []float64 // s of each arc's connection
	allow      []city.VehicleClass
	free       []float64 // s of each road on its own
	arcs       map[[2]int32]int
	hierarchy  *cch.Hierarchy
	classes    []city.VehicleClass
	of         []int          // of each vehicle type: its class's place
	query      [][]*cch.Query // by class and interval
	taken      [][]float64    // s of each arc by interval, its road and its connection
	interval   float64        // s
}

func newWays(n *city.LaneNet, d *city.LaneDemand) (*ways, error) {
	w := &ways{n: n, interval: math.Inf(1)}
	for r := range n.Roads {
		x := &n.Roads[r]
		if !(x.Speed > 0) || !(x.Length > 0) {
			return nil, fmt.Errorf("assign: road %q: length %g m, speed %g m/s", x.ID, x.Length, x.Speed)
		}
		w.free = append(w.free, x.Length/x.Speed)
	}
	at := map[[2]int32]int{}
	w.arcs = at
	for i := range n.Connections {
		c := &n.Connections[i]
		pair := [2]int32{n.Lanes[c.From].Road, n.Lanes[c.To].Road}
		allow := n.Lanes[c.From].Allow & n.Lanes[c.To].Allow
		if k, ok := at[pair]; ok {
			w.allow[k] |= allow
			continue
		}
		at[pair] = len(w.tail)
		speed := c.Speed
		if !(speed > 0) {
			speed = n.Lanes[c.From].Speed
		}
		w.tail, w.head = append(w.tail, pair[0]), append(w.head, pair[1])
		w.over, w.allow = append(w.over, c.Length/speed), append(w.allow, allow)
	}
	for i := range d.Types {
		k := slices.Index(w.classes, d.Types[i].Class)
		if k < 0 {
			k = len(w.classes)
			w.classes = append(w.classes, d.Types[i].Class)
		}
		w.of = append(w.of, k)
	}
	place := make([][2]float64, len(n.Roads))
	for r := range n.Roads {
		if l := n.Lanes[n.Roads[r].First].Line; len(l) > 0 {
			place[r] = l[len(l)/2]
		}
	}
	var err error
	w.hierarchy, err = cch.New(len(n.Roads), w.tail, w.head, cch.Order(len(n.Roads), w.tail, w.head, place, 1))
	if err != nil {
		return nil, fmt.Errorf("assign: %w", err)
	}
	return w, nil
}

// measure takes in the travel times of a run: of an arc that nobody drove in an interval those of the empty road. nil: all are empty.
func (w *ways) measure(t *times, intervals, threads int) {
	w.taken = nil
	w.query = make([][]*cch.Query, len(w.classes))
	for i := range intervals {
		s := make([]float64, len(w.tail))
		for a := range s {
			s[a] = w.free[w.tail[a]]
			if t != nil {
				w.interval = float64(t.interval)
				if k := i*t.many + a; t.count[k] > 0 {
					s[a] = math.Max(s[a], t.sum[k]/float64(t.count[k]))
				}
			}
			s[a] += w.over[a]
		}
		w.taken = append(w.taken, s)
		for c, class := range w.classes {
			weights := make([]uint32, len(w.tail))
			for a := range weights {
				weights[a] = cch.Unreachable
				if w.allow[a]&class != 0 {
					weights[a] = uint32(min(1e9, math.Round(1000*s[a])))
				}
			}
			w.query[c] = append(w.query[c], w.hierarchy.Metric(weights, max(1, threads)).Query())
		}
	}
}

// quickest is the way from a journey's first road over those that it names to the last, at the times of an interval; nil: there is none.
func (w *ways) quickest(j *city.Journey, interval int) []int32 {
	way := []int32{j.Roads[0]}
	q := w.query[w.of[j.Type]][interval]
	for i := 1; i < len(j.Roads); i++ {
		if j.Roads[i] == j.Roads[i-1] {
			continue
		}
		arcs, s := q.Path(j.Roads[i-1], j.Roads[i], nil)
		if s == cch.Unreachable {
			return nil
		}
		for _, arc := range arcs {
			way = append(way, w.head[arc])
		}
	}
	return way
}

// cost is what a way takes from depart on, s, each road at the times of the interval in which it is entered.
func (w *ways) cost(way []int32, depart float64) float64 {
	t := depart
	for i := 1; i < len(way); i++ {
		t += w.taken[min(len(w.taken)-1, int(t/w.interval))][w.arcs[[2]int32{way[i-1], way[i]}]]
	}
	return t - depart + w.free[way[len(way)-1]]
}
