package routing

import (
	"fmt"
	"math"
	"slices"
	"testing"
	"time"

	"citybrain/city"
	"citybrain/city/chance"

	"github.com/paulmach/orb"
)

// town is an n×n lattice of streets 100 m long, some one-way, some low, some with bus lanes, one row a motorway, with forbidden
// turns, and an island of one street that nothing joins.
func town(n int, seed uint64) *city.Streets {
	s := &city.Streets{}
	draw := chance.New(seed, "town")
	node := func(x, y float64) int32 {
		s.Nodes = append(s.Nodes, city.Node{At: orb.Point{x, y}, Junction: -1})
		return int32(len(s.Nodes) - 1)
	}
	for i := range n * n {
		node(float64(i%n)*100, float64(i/n)*100)
	}
	add := func(a, b int32, class city.RoadClass) {
		id, k := uint64(len(s.Links)), int32(len(s.Links))
		l := city.Link{From: a, To: b, Line: orb.LineString{s.Nodes[a].At, s.Nodes[b].At}, Length: 100, Speed: 10, Lanes: 2, Class: class, Reverse: -1}
		l.ID = fmt.Sprintf("l%d", k)
		l.BusLane = draw.Float(id, 0) < 0.2
		if draw.Float(id, 1) < 0.1 {
			l.MaxHeight = 3
		}
		if draw.Float(id, 2) < 0.3 {
			l.Contraflow = draw.Float(id, 3) < 0.5
			s.Links = append(s.Links, l)
			return
		}
		r := l
		r.ID, r.From, r.To, r.Line, r.Reverse = l.ID+"r", b, a, orb.LineString{s.Nodes[b].At, s.Nodes[a].At}, k
		l.Reverse = k + 1
		s.Links = append(s.Links, l, r)
	}
	for i := range int32(n * n) {
		class := city.Local
		if int(i)/n == n/2 {
			class = city.Motorway
		}
		if int(i)%n+1 < n {
			add(i, i+1, class)
		}
		if int(i)/n+1 < n {
			add(i, i+int32(n), city.Local)
		}
	}
	add(node(-500, -500), node(-400, -500), city.Local)
	leave := LeaveBy(s)
	for a := range s.Links {
		for _, b := range leave[s.Links[a].To] {
			if s.Links[a].Reverse != b && draw.Float(uint64(a), uint64(b)+9) < 0.85 {
				s.Turns = append(s.Turns, city.Turn{From: int32(a), To: b, Kind: city.TurnKind(draw.Int(uint64(a), uint64(b)+5000, 3)), Junction: -1, Movement: -1})
			}
		}
	}
	return s
}

// jam is conditions by chance: queues, closures, water.
func jam(s *city.Streets, seed uint64) Conditions {
	draw := chance.New(seed, "jam")
	c := Conditions{Seconds: make([]float32, len(s.Links)), Depth: make([]float32, len(s.Links))}
	for l := range s.Links {
		c.Seconds[l] = 10 + float32(draw.Int(uint64(l), 0, 60))
		if draw.Float(uint64(l), 1) < 0.08 {
			c.Seconds[l] = Closed
		}
		if draw.Float(uint64(l), 2) < 0.15 {
			c.Depth[l] = float32(draw.Float(uint64(l), 3))
		}
	}
	return c
}

// brute is the earliest arrival, ms from now, by relaxing every turn until nothing changes; through is the time a share of a
// way is done that is begun at t.
func brute(w *Weighing, from, to Place, now int64, through func(way int32, t int64, share float64) int64, start func(way int32, share float64) int64) int64 {
	r := w.roads
	done := make([]int64, len(r.link))
	for i := range done {
		done[i] = past
	}
	best := past
	for _, s := range w.legs(from, true) {
		done[s.way] = start(s.way, s.share)
		for _, g := range w.legs(to, false) {
			if g.way == s.way && s.share+g.share >= 1 {
				best = min(best, through(s.way, now, s.share+g.share-1))
			}
		}
	}
	for changed := true; changed; {
		changed = false
		for k := range r.head {
			c, may := w.turn(int32(k))
			if t := done[r.tail[k]]; may && t < past {
				for _, g := range w.legs(to, false) {
					if g.way == r.head[k] {
						best = min(best, through(g.way, t+int64(c), g.share))
					}
				}
				if d := through(r.head[k], t+int64(c), 1); d < done[r.head[k]] {
					done[r.head[k]], changed = d, true
				}
			}
		}
	}
	return best
}

// follows checks that a route leads over turns that the profile may make, from the start to the goal.
func follows(t *testing.T, w *Weighing, x Route, from, to Place) {
	t.Helper()
	r := w.roads
	if len(x.Ways) != len(x.At) || len(x.Ways) == 0 || x.At[len(x.At)-1] != x.Seconds {
		t.Fatalf("%d ways, %d times, the last not %g s: %v", len(x.Ways), len(x.At), x.Seconds, x.At)
	}
	if a, b := r.link[x.Ways[0]], r.link[x.Ways[len(x.Ways)-1]]; a != from.Link && a != r.streets.Links[from.Link].Reverse || b != to.Link && b != r.streets.Links[to.Link].Reverse {
		t.Fatalf("a route from link %d to %d begins on %d and ends on %d", from.Link, to.Link, a, b)
	}
	for i := 1; i < len(x.Ways); i++ {
		found := false
		for k := range r.head {
			if _, may := w.turn(int32(k)); may && r.tail[k] == x.Ways[i-1] && r.head[k] == x.Ways[i] {
				found = true
			}
		}
		if !found || x.At[i] < x.At[i-1] {
			t.Fatalf("turn %d→%d is not there, or time runs back: %v", x.Ways[i-1], x.Ways[i], x.At)
		}
	}
	length := 0.0
	for i := 1; i < len(x.Line); i++ {
		length += math.Hypot(x.Line[i][0]-x.Line[i-1][0], x.Line[i][1]-x.Line[i-1][1])
	}
	if math.Abs(length-x.Metres) > 1e-6 {
		t.Fatalf("%g m, drawn %g m", x.Metres, length)
	}
}

func places(s *city.Streets, seed uint64, n int) []Place {
	draw := chance.New(seed, "places")
	var p []Place
	for k := range n {
		p = append(p, Place{Link: int32(draw.Int(uint64(k), 0, len(s.Links))), Along: draw.Float(uint64(k), 1)})
	}
	return p
}

func TestRouteIsExact(t *testing.T) {
	seen := map[Outcome]int{}
	for seed := range uint64(6) {
		s := town(7, seed)
		r := NewRoads(s)
		c := jam(s, seed)
		for _, p := range Profiles() {
			w := r.Weigh(p, c)
			alone, err := NewForecast([]time.Duration{0}, []*Weighing{w})
			if err != nil {
				t.Fatal(err)
			}
			at := places(s, seed, 24)
			for i, from := range at {
				to := at[(i*7+3)%len(at)]
				x := w.Route(from, to)
				seen[x.Outcome]++
				if y := alone.Route(from, to, 0); y.Outcome != x.Outcome || y.Seconds != x.Seconds {
					t.Fatalf("seed %d %s %v→%v: %s %g s, as a forecast of one moment %s %g s", seed, p.Name, from, to, x.Outcome, x.Seconds, y.Outcome, y.Seconds)
				}
				if x.Outcome == AtGoal {
					continue
				}
				want := brute(w, from, to, 0, func(way int32, t int64, share float64) int64 {
					if w.enter[way] == never {
						return past
					}
					return t + int64(part(w.enter[way], share))
				}, func(way int32, share float64) int64 { ms, _ := w.entered(way); return int64(part(ms, share)) })
				if (want < past) != x.Outcome.Reached() || want < past && float64(want)/1000 != x.Seconds {
					t.Fatalf("seed %d %s %v→%v: %s after %g s, want %d ms", seed, p.Name, from, to, x.Outcome, x.Seconds, want)
				}
				if x.Outcome.Reached() {
					follows(t, w, x, from, to)
				}
			}
		}
	}
	for _, o := range []Outcome{Found, OutOfClosed, GoalClosed, CutOff, NoWay} {
		if seen[o] == 0 {
			t.Errorf("no case of %q: %v", o, seen)
		}
	}
}

func TestForecastIsExact(t *testing.T) {
	moments := []time.Duration{0, 30 * time.Second, 70 * time.Second, 120 * time.Second, 200 * time.Second}
	differs, waits := 0, 0
	for seed := range uint64(5) {
		s := town(6, seed)
		r := NewRoads(s)
		var frames []*Weighing
		for k := range moments {
			c := jam(s, 100*seed+uint64(k))
			for l := range c.Seconds { // whole seconds, so that the search below may wait in steps of one
				c.Seconds[l] = float32(math.Round(float64(c.Seconds[l]) * 1.5))
			}
			frames = append(frames, r.Weigh(Car, c))
		}
		f, err := NewForecast(moments, frames)
		if err != nil {
			t.Fatal(err)
		}
		// What enters at t may wait for any later moment: seen second by second, and at t itself.
		weight := func(way int32, t int64) (int64, bool) {
			i := f.frame(t)
			a := frames[i].enter[way]
			if a == never {
				return 0, false
			}
			if i+1 == len(moments) || frames[i+1].enter[way] == never {
				return int64(a), true
			}
			lo, hi := moments[i].Milliseconds(), moments[i+1].Milliseconds()
			return int64(a) + int64(math.Trunc(float64(int64(frames[i+1].enter[way])-int64(a))*float64(t-lo)/float64(hi-lo))), true
		}
		through := func(way int32, t int64, share float64) int64 {
			best := past
			for at := t; ; at = max(at/1000*1000+1000, at+1) {
				if ms, open := weight(way, at); open {
					best = min(best, at+int64(part(uint32(ms), share)))
				}
				if at > moments[len(moments)-1].Milliseconds() {
					return best
				}
			}
		}
		at := places(s, seed, 16)
		for i, from := range at {
			to := at[(i*5+2)%len(at)]
			depart := time.Duration(i*13) * time.Second
			x := f.Route(from, to, depart)
			if x.Outcome == AtGoal {
				continue
			}
			now := depart.Milliseconds()
			w := frames[0]
			start := func(way int32, share float64) int64 {
				if frames[f.frame(now)].enter[way] == never {
					return now + int64(part(w.open[way], share))
				}
				return through(way, now, share)
			}
			same := func(way int32, t int64, share float64) int64 {
				if t == now && frames[f.frame(now)].enter[way] == never {
					return past
				}
				return through(way, t, share)
			}
			want := brute(w, from, to, now, same, start)
			if (want < past) != x.Outcome.Reached() || want < past && float64(want-now)/1000 != x.Seconds {
				t.Fatalf("seed %d %v→%v at %v: %s after %g s, want %d ms", seed, from, to, depart, x.Outcome, x.Seconds, want-now)
			}
			if !x.Outcome.Reached() {
				continue
			}
			follows(t, w, x, from, to)
			if y := frames[0].Route(from, to); y.Seconds != x.Seconds {
				differs++
			}
			if y := frames[0].Route(from, to); !y.Outcome.Reached() {
				waits++
			}
		}
	}
	if differs == 0 || waits == 0 {
		t.Errorf("no arrival differs from the frozen one (%d), or none waits for an opening (%d)", differs, waits)
	}
}

func TestForecastRefuses(t *testing.T) {
	r := NewRoads(town(3, 1))
	a, b := r.Weigh(Car, Conditions{}), r.Weigh(Ambulance, Conditions{})
	other := NewRoads(town(3, 1)).Weigh(Car, Conditions{})
	for name, x := range map[string]struct {
		at     []time.Duration
		frames []*Weighing
	}{
		"nothing": {nil, nil}, "late": {[]time.Duration{time.Second}, []*Weighing{a}}, "one too few": {[]time.Duration{0, time.Second}, []*Weighing{a}},
		"not later": {[]time.Duration{0, 0}, []*Weighing{a, a}}, "two profiles": {[]time.Duration{0, 1e9}, []*Weighing{a, b}}, "two towns": {[]time.Duration{0, 1e9}, []*Weighing{a, other}},
	} {
		if _, err := NewForecast(x.at, x.frames); err == nil {
			t.Errorf("%s: taken", name)
		}
	}
}

// line is a street of n links in a row, both ways, 100 m each, with a one-way street beside the second of them from its end to
// its beginning.
func line(n int) *city.Streets {
	s := &city.Streets{}
	for i := range n + 1 {
		s.Nodes = append(s.Nodes, city.Node{At: orb.Point{float64(i) * 100, 0}, Junction: -1})
	}
	for i := range int32(n) {
		k := int32(len(s.Links))
		a, b := s.Nodes[i].At, s.Nodes[i+1].At
		s.Links = append(s.Links, city.Link{ID: fmt.Sprint(i), From: i, To: i + 1, Line: orb.LineString{a, b}, Length: 100, Speed: 10, Class: city.Local, Reverse: k + 1},
			city.Link{ID: fmt.Sprint(i, "r"), From: i + 1, To: i, Line: orb.LineString{b, a}, Length: 100, Speed: 10, Class: city.Local, Reverse: k})
	}
	s.Links = append(s.Links, city.Link{ID: "one-way", From: 2, To: 1, Line: orb.LineString{s.Nodes[2].At, {150, 40}, s.Nodes[1].At}, Length: 130, Speed: 20, Class: city.Local, Reverse: -1, Contraflow: true})
	for a := range s.Links {
		for b := range s.Links {
			if s.Links[a].To == s.Links[b].From && s.Links[a].Reverse != int32(b) && !(a >= 2*n && s.Links[b].To == 2) {
				s.Turns = append(s.Turns, city.Turn{From: int32(a), To: int32(b), Junction: -1, Movement: -1})
			}
		}
	}
	return s
}

func TestOutcomes(t *testing.T) {
	s := line(4)
	r := NewRoads(s)
	shut := func(links ...int) Conditions {
		c := Conditions{Seconds: make([]float32, len(s.Links))}
		for l := range c.Seconds {
			c.Seconds[l] = float32(s.Links[l].FreeTime())
		}
		for _, l := range links {
			c.Seconds[l] = Closed
		}
		return c
	}
	deep := func(m float32, links ...int) Conditions {
		c := Conditions{Depth: make([]float32, len(s.Links))}
		for _, l := range links {
			c.Depth[l] = m
		}
		return c
	}
	low := *s
	low.Links = append([]city.Link(nil), s.Links...)
	low.Links[2].MaxHeight, low.Links[8].Contraflow = 3, false
	for _, x := range []struct {
		name    string
		roads   *Roads
		p       Profile
		c       Conditions
		from    Place
		to      Place
		outcome Outcome
		seconds float64
	}{
		{"ahead on the same link", r, Car, shut(), Place{Link: 0, Along: 0.2}, Place{Link: 0, Along: 0.7}, Found, 5},
		{"behind on the same street", r, Car, shut(), Place{Link: 0, Along: 0.7}, Place{Link: 0, Along: 0.2}, Found, 5},
		{"start is goal", r, Car, shut(), Place{Link: 0, Along: 0.5}, Place{Link: 0, Along: 0.504}, AtGoal, 0},
		{"three links on", r, Car, shut(), Place{Link: 0, Along: 0.5}, Place{Link: 6, Along: 0.5}, Found, 30},
		{"out of a closure", r, Car, shut(0, 1), Place{Link: 0, Along: 0.5}, Place{Link: 4, Along: 0.5}, OutOfClosed, 20},
		{"into a closure", r, Car, shut(4, 5), Place{Link: 0, Along: 0.5}, Place{Link: 4, Along: 0.5}, GoalClosed, 0},
		{"past a closure", r, Car, shut(2, 3), Place{Link: 0, Along: 0.5}, Place{Link: 6, Along: 0.5}, CutOff, 0},
		{"within a closure", r, Car, shut(0, 1), Place{Link: 0, Along: 0.2}, Place{Link: 0, Along: 0.7}, GoalClosed, 0},
		{"past it against a one-way street", r, Ambulance, shut(2, 3), Place{Link: 0, Along: 0.5}, Place{Link: 6, Along: 0.5}, Found, 2*4.25 + 8.5 + 15.6 + 0},
		{"on foot past it", r, Pedestrian, shut(2, 3), Place{Link: 0, Along: 0.5}, Place{Link: 6, Along: 0.5}, Found, 230.769},
		{"a car in 0.35 m", r, Car, deep(0.35, 2, 3), Place{Link: 0, Along: 0.5}, Place{Link: 6, Along: 0.5}, CutOff, 0},
		{"an ambulance in 0.35 m", r, Ambulance, deep(0.35, 2, 3), Place{Link: 0, Along: 0.5}, Place{Link: 6, Along: 0.5}, Found, 25.5},
		{"a fire engine in 0.55 m", r, FireEngine, deep(0.55, 2, 3, 8), Place{Link: 0, Along: 0.5}, Place{Link: 6, Along: 0.5}, Found, 25.5},
		{"on foot in 0.55 m", r, Pedestrian, deep(0.55, 2, 3, 8), Place{Link: 0, Along: 0.5}, Place{Link: 6, Along: 0.5}, CutOff, 0},
		{"a fire engine below 3 m", NewRoads(&low), FireEngine, Conditions{}, Place{Link: 0, Along: 0.5}, Place{Link: 6, Along: 0.5}, NoWay, 0},
		{"an ambulance below 3 m", NewRoads(&low), Ambulance, Conditions{}, Place{Link: 0, Along: 0.5}, Place{Link: 6, Along: 0.5}, Found, 25.5},
	} {
		w := x.roads.Weigh(x.p, x.c)
		got := w.Route(x.from, x.to)
		if got.Outcome != x.outcome || math.Abs(got.Seconds-x.seconds) > 0.01 {
			t.Errorf("%s: %s after %g s, want %s after %g", x.name, got.Outcome, got.Seconds, x.outcome, x.seconds)
		}
		if got.Outcome.Reached() != (x.seconds > 0 || x.outcome == AtGoal) {
			t.Errorf("%s: reached %v", x.name, got.Outcome.Reached())
		}
	}
	island := town(4, 2)
	w := NewRoads(island).Weigh(Car, Conditions{})
	if x := w.Route(Place{Link: 0, Along: 0.5}, Place{Link: int32(len(island.Links)) - 1, Along: 0.5}); x.Outcome != NoWay {
		t.Errorf("to an island: %s", x.Outcome)
	}
}

func TestNearest(t *testing.T) {
	s := line(4)
	s.Links[0].Class, s.Links[1].Class = city.Motorway, city.Motorway
	r := NewRoads(s)
	p, ok := r.Nearest(orb.Point{30, 5}, Car)
	if !ok || p.Link != 0 || math.Abs(p.Along-0.3) > 1e-9 || math.Abs(p.Off-5) > 1e-9 {
		t.Errorf("%+v %v", p, ok)
	}
	if p, ok = r.Nearest(orb.Point{30, 5}, Pedestrian); !ok || p.Link != 2 || p.Along != 0 {
		t.Errorf("on foot, not on the motorway: %+v %v", p, ok)
	}
	if _, ok := NewRoads(&city.Streets{}).Nearest(orb.Point{}, Car); ok {
		t.Error("a place where there are no streets")
	}
}

func TestWithin(t *testing.T) {
	for seed := range uint64(4) {
		s := town(6, seed)
		r := NewRoads(s)
		w := r.Weigh(Ambulance, jam(s, seed))
		from := places(s, seed, 1)[0]
		reached := map[int32]float64{}
		for _, x := range w.Within(from, 90) {
			if x.To > 90 || x.From > x.To || len(x.Line) < 2 {
				t.Fatalf("seed %d: %+v", seed, x)
			}
			if l, _ := r.Way(x.Way); l != from.Link && s.Links[l].Reverse != from.Link {
				reached[x.Way] = x.To
			}
		}
		if len(reached) < 5 {
			t.Fatalf("seed %d: %d ways reached", seed, len(reached))
		}
		for way := range int32(len(r.link)) {
			l, back := r.Way(way)
			if l == from.Link || s.Links[l].Reverse == from.Link {
				continue
			}
			end := 1.0
			if back {
				end = 0
			}
			x := w.Route(from, Place{Link: l, Along: end})
			to, ok := reached[way]
			if !ok && x.Outcome.Reached() && x.Ways[len(x.Ways)-1] == way && x.Seconds <= 90 || ok && to < 90 && (!x.Outcome.Reached() || x.Seconds > to+0.01) {
				t.Fatalf("seed %d way %d: reached %v after %g s, its route takes %g s (%s)", seed, way, ok, to, x.Seconds, x.Outcome)
			}
		}
	}
}

func TestChangeIsWeigh(t *testing.T) {
	for seed := range uint64(4) {
		s := town(6, seed)
		r := NewRoads(s)
		before, after := jam(s, seed), jam(s, seed+50)
		draw := chance.New(seed, "change")
		for _, p := range Profiles() {
			var links []int32
			c := Conditions{Seconds: append([]float32(nil), before.Seconds...), Depth: append([]float32(nil), before.Depth...)}
			for k := range 20 {
				l := int32(draw.Int(uint64(k), 0, len(s.Links)))
				links = append(links, l)
				c.Seconds[l], c.Depth[l] = after.Seconds[l], after.Depth[l]
			}
			w := r.Weigh(p, before)
			got, want := w.Change(links, c), r.Weigh(p, c)
			if !slices.Equal(got.enter, want.enter) || !slices.Equal(got.open, want.open) {
				t.Fatalf("seed %d %s: other times", seed, p.Name)
			}
			at := places(s, seed, 30)
			for i, from := range at {
				to := at[(i+11)%len(at)]
				if a, b := got.Route(from, to), want.Route(from, to); a.Outcome != b.Outcome || a.Seconds != b.Seconds {
					t.Fatalf("seed %d %s: %s %g s, want %s %g s", seed, p.Name, a.Outcome, a.Seconds, b.Outcome, b.Seconds)
				}
			}
			if again := r.Weigh(p, before); !slices.Equal(again.enter, w.enter) {
				t.Fatal("a change reaches back into what it began with")
			}
		}
	}
}

func TestTableIsRoute(t *testing.T) {
	for seed := range uint64(3) {
		s := town(6, seed)
		r := NewRoads(s)
		for _, p := range Profiles() {
			w := r.Weigh(p, jam(s, seed))
			from, to := places(s, seed, 9), places(s, seed+20, 12)
			to = append(to, from[0], from[1])
			for i, row := range w.Table(from, to) {
				for j, got := range row {
					want := math.Inf(1)
					if x := w.Route(from[i], to[j]); x.Outcome.Reached() {
						want = x.Seconds
					}
					if got != want {
						t.Fatalf("seed %d %s %v→%v: %g s, want %g", seed, p.Name, from[i], to[j], got, want)
					}
				}
			}
		}
	}
}

// Times are those of Within where its ways are driven whole, and Unreachable elsewhere.
func TestTimesAreWithin(t *testing.T) {
	s := town(7, 3)
	r := NewRoads(s)
	w := r.Weigh(Ambulance, Conditions{})
	begin, end := make([]float32, r.Ways()), make([]float32, r.Ways())
	for _, p := range []Place{{Link: 0, Along: 0.3}, {Link: 20, Along: 0}, {Link: 31, Along: 1}} {
		w.Times(p, begin, end)
		within, n := map[int32]Reach{}, 0
		for _, x := range w.Within(p, 3600) {
			within[x.Way] = x
		}
		for way := range int32(len(end)) {
			x, reached := within[way]
			link, _ := r.Way(way)
			if link == p.Link || s.Links[link].Reverse == p.Link {
				continue // begun on the way
			}
			if !reached {
				if end[way] != Unreachable {
					t.Errorf("from %v: way %d after %v s, not within an hour", p, way, end[way])
				}
				continue
			}
			if n++; math.Abs(float64(begin[way])-x.From) > 0.01 || math.Abs(float64(end[way])-x.To) > 0.01 {
				t.Errorf("from %v: way %d from %v to %v s, within %v to %v", p, way, begin[way], end[way], x.From, x.To)
			}
		}
		if n < 50 {
			t.Errorf("from %v only %d ways are reached", p, n)
		}
	}
}
