package traffic

import (
	"context"
	"fmt"
	"math"
	"reflect"
	"sort"
	"testing"
	"time"

	"citybrain/city"
	"citybrain/city/chance"
	"github.com/paulmach/orb"
)

// lattice is n×n signalised crossroads, two stages each, with border nodes around; streets of lanes lanes, 200 m apart.
func lattice(n int, lanes int8) *city.City {
	c := &city.City{Name: city.Text{En: "Lattice"}}
	s := &c.Streets
	w := n + 2
	for i := range w * w {
		x, y := i%w, i/w
		edge := x == 0 || y == 0 || x == w-1 || y == w-1
		s.Nodes = append(s.Nodes, city.Node{ID: fmt.Sprint("n", i), At: orb.Point{float64(x) * 200, float64(y) * 200}, Junction: -1, Border: edge})
	}
	inner := func(i int) bool { return !s.Nodes[i].Border }
	for i := range w * w {
		for _, k := range []int{i + 1, i + w} {
			if k >= w*w || k == i+1 && k%w == 0 || !inner(i) && !inner(k) {
				continue
			}
			for _, e := range [][2]int{{i, k}, {k, i}} {
				a, b := s.Nodes[e[0]].At, s.Nodes[e[1]].At
				s.Links = append(s.Links, city.Link{ID: fmt.Sprint("l", len(s.Links)), From: int32(e[0]), To: int32(e[1]), Line: orb.LineString{a, b}, Length: 200, Lanes: lanes, Speed: 14, Class: city.Secondary, Reverse: int32(len(s.Links) ^ 1)})
			}
		}
	}
	dir := func(l *city.Link) orb.Point {
		return orb.Point{(l.Line[1][0] - l.Line[0][0]) / 200, (l.Line[1][1] - l.Line[0][1]) / 200}
	}
	for a := range s.Links {
		for b := range s.Links {
			if s.Links[a].To != s.Links[b].From {
				continue
			}
			u, v := dir(&s.Links[a]), dir(&s.Links[b])
			kind, n := city.Straight, lanes
			switch cross := u[0]*v[1] - u[1]*v[0]; {
			case cross > 0.5:
				kind, n = city.Left, 1
			case cross < -0.5:
				kind, n = city.Right, 1
			case u[0]*v[0]+u[1]*v[1] < 0:
				kind, n = city.UTurn, 1
				if inner(int(s.Links[a].To)) {
					continue
				}
			}
			s.Turns = append(s.Turns, city.Turn{From: int32(a), To: int32(b), Kind: kind, Lanes: n, Junction: -1, Movement: -1})
		}
	}
	sort.SliceStable(s.Turns, func(i, k int) bool { return s.Turns[i].From < s.Turns[k].From })
	for i := range s.Nodes {
		if !inner(i) {
			continue
		}
		j := city.Junction{ID: fmt.Sprint("j", i), At: s.Nodes[i].At, Nodes: []int32{int32(i)}, Stages: make([]city.Stage, 2)}
		axis := map[int32]int{}
		for t := range s.Turns {
			turn := &s.Turns[t]
			l := &s.Links[turn.From]
			if int(l.To) != i {
				continue
			}
			stage := 0
			if math.Abs(dir(l)[0]) > 0.5 {
				stage = 1
			}
			turn.Junction, turn.Movement = int32(len(c.Signals)), int32(len(j.Movements))
			axis[turn.Movement] = stage
			j.Stages[stage].Movements = append(j.Stages[stage].Movements, turn.Movement)
			j.Movements = append(j.Movements, city.Movement{Turn: turn.Kind, From: turn.From, Turns: []int32{int32(t)}, Lanes: turn.Lanes, Permissive: turn.Kind == city.Left, MinGreen: 10, Yellow: 3})
		}
		for m := range j.Movements {
			row := make([]uint8, len(j.Movements))
			for k := range j.Movements {
				if axis[int32(m)] != axis[int32(k)] {
					row[k] = 5
				} else if j.Movements[m].From != j.Movements[k].From && (j.Movements[m].Turn == city.Left) != (j.Movements[k].Turn == city.Left) {
					row[k] = 4
				}
			}
			j.Intergreen = append(j.Intergreen, row)
		}
		j.Reference = city.PlanSpec{Stages: []city.StageTime{{Stage: 0, Green: 35}, {Stage: 1, Green: 35}}}
		s.Nodes[i].Junction = int32(len(c.Signals))
		c.Signals = append(c.Signals, j)
	}
	return c
}

// traffic of n trips between random border nodes within span.
func someTrips(c *city.City, n int, span time.Duration, seed uint64) ([]Trip, []int32) {
	var border []int32
	for i := range c.Streets.Nodes {
		nd := &c.Streets.Nodes[i]
		if nd.Border {
			for _, l := range c.Streets.Links {
				if l.From == int32(i) {
					border = append(border, int32(i))
					break
				}
			}
		}
	}
	draw := chance.New(seed, "trips")
	var trips []Trip
	for i := range uint64(n) {
		t := Trip{Depart: time.Duration(draw.Float(i, 0) * float64(span)).Truncate(time.Second), From: border[draw.Int(i, 1, len(border))], Goal: int16(draw.Int(i, 2, len(border)))}
		if border[t.Goal] != t.From {
			trips = append(trips, t)
		}
	}
	sort.SliceStable(trips, func(a, b int) bool { return trips[a].Depart < trips[b].Depart })
	return trips, border
}

func newTest(t testing.TB, c *city.City, trips []Trip, goals []int32, cfg Config) *Sim {
	t.Helper()
	s, err := New(c, trips, goals, cfg)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func step(t testing.TB, s *Sim, until time.Duration) {
	t.Helper()
	if err := s.Step(context.Background(), until); err != nil {
		t.Fatal(err)
	}
}

func TestEveryVehicleIsAccountedFor(t *testing.T) {
	c := lattice(4, 2)
	trips, goals := someTrips(c, 3000, time.Hour, 1)
	s := newTest(t, c, trips, goals, Config{Seed: 5, Replan: 5 * time.Minute})
	for m := range 100 {
		step(t, s, time.Duration(m+1)*time.Minute)
		due := 0
		for due < len(trips) && trips[due].Depart < s.Now() {
			due++
		}
		tot, on, seen := s.Totals(), 0, 0
		for l := range c.Streets.Links {
			on += s.On(int32(l))
			if s.On(int32(l)) > s.Storage(int32(l)) {
				t.Fatalf("link %d holds %d vehicles, its storage is %d", l, s.On(int32(l)), s.Storage(int32(l)))
			}
			if k := s.Counts(int32(l)); int(k.Entered-k.Left) != s.On(int32(l)) {
				t.Fatalf("link %d: %d in, %d out, %d on it", l, k.Entered, k.Left, s.On(int32(l)))
			}
		}
		for v := range s.Vehicles() {
			seen++
			if l := &c.Streets.Links[v.Link]; v.Along < 0 || v.Along > l.Length {
				t.Fatalf("a vehicle is %g m along a link of %g m", v.Along, l.Length)
			}
		}
		if tot.Finished+tot.Running+tot.Waiting != due || on != tot.Running || seen != tot.Running {
			t.Fatalf("minute %d: %d finished + %d running + %d waiting of %d due; %d on links, %d listed", m, tot.Finished, tot.Running, tot.Waiting, due, on, seen)
		}
	}
	if tot := s.Totals(); tot.Finished < len(trips)*95/100 {
		t.Errorf("after the rush %d of %d trips have arrived", tot.Finished, len(trips))
	}
}

// A redrawn future has the asked share of trips in the order of their departure; what has begun is as it was.
func TestRedraw(t *testing.T) {
	c := lattice(3, 2)
	given, goals := someTrips(c, 2000, time.Hour, 1)
	s := newTest(t, c, given, goals, Config{Seed: 5, Replan: 5 * time.Minute})
	step(t, s, 10*time.Minute)
	begun, all := int(s.st.NextTrip), len(s.Trips())
	for _, factor := range []float64{0, 0.7, 1, 1.3, 2} {
		f := s.Fork()
		f.Redraw(factor, 9)
		trips := f.Trips()
		if got, want := float64(len(trips)-begun), factor*float64(all-begun); math.Abs(got-want) > 3*math.Sqrt(float64(all)) {
			t.Errorf("factor %g: %g trips to come, want about %g", factor, got, want)
		}
		if !reflect.DeepEqual(trips[:begun], s.Trips()[:begun]) || !sort.SliceIsSorted(trips, func(i, k int) bool { return trips[i].Depart < trips[k].Depart }) {
			t.Errorf("factor %g: trips that have begun changed, or the order is broken", factor)
		}
		step(t, f, 2*time.Hour)
		if n := f.Totals(); n.Finished+n.Running+n.Waiting != len(trips) {
			t.Errorf("factor %g: %+v of %d trips", factor, n, len(trips))
		}
	}
	if len(s.Trips()) != all {
		t.Error("redrawing a fork changed what it was forked from")
	}
}

// A standing queue leaves a lane at the saturation flow after the start-up loss of about 2 s (HCM 2010, chapter 31), and at the share of it that a
// crash leaves.
func TestQueueDischarge(t *testing.T) {
	c := lattice(1, 1)
	var south, north int32
	for i, l := range c.Streets.Links {
		if l.To == 4 && l.From == 1 {
			south = int32(i)
		}
		if l.From == 4 && l.To == 7 {
			north = int32(i)
		}
	}
	var trips []Trip
	for i := range 120 {
		trips = append(trips, Trip{Depart: time.Duration(i) * time.Second, From: 1})
	}
	for blocked, share := range []float64{1, 0.25} {
		s := newTest(t, c, trips, []int32{7}, Config{})
		s.Input(0, Blockage{Link: south, Lanes: blocked})
		hold, _ := city.NewPlan(&c.Signals[0], city.PlanSpec{Stages: []city.StageTime{{Stage: 1, Green: 100}, {Stage: 0, Green: 60}}})
		s.Input(0, PlanDownload{0, hold})
		step(t, s, 105*time.Second)
		if got := s.Counts(north).Entered; got > 12 {
			t.Fatalf("%d crossed before green", got)
		}
		before := s.Counts(south).Left
		start := s.Now()
		for !s.Signal(0).Green(0) {
			start += time.Second
			step(t, s, start)
		}
		before = s.Counts(south).Left
		step(t, s, start+40*time.Second)
		got, want := float64(s.Counts(south).Left-before), share*city.SaturationFlow*(40-2)
		if math.Abs(got-want) > 1.5 {
			t.Errorf("%d lanes blocked: %g vehicles in 40 s of green, want %.1f", blocked, got, want)
		}
	}
}

func TestSameBitsForAnyThreadsAndAfterRestore(t *testing.T) {
	c := lattice(4, 2)
	trips, goals := someTrips(c, 2500, 40*time.Minute, 2)
	run := func(threads int, split bool) State {
		cfg := Config{Seed: 5, Replan: 5 * time.Minute, Threads: threads}
		s := newTest(t, c, trips, goals, cfg)
		s.Input(10*time.Minute, Weather{20}, LinkState{Link: 20, Speed: 0, Shut: true}, LinkState{Link: 31, Speed: 3})
		s.Input(20*time.Minute, LinkState{Link: 20, Speed: 14}, StageRequest{3, 1, 40 * time.Second, false})
		step(t, s, 17*time.Minute)
		if split {
			st := s.Snapshot()
			step(t, s, 25*time.Minute)
			r, err := Restore(c, trips, goals, cfg, st)
			if err != nil {
				t.Fatal(err)
			}
			s = r
		}
		step(t, s, 45*time.Minute)
		return s.Snapshot()
	}
	a := run(1, false)
	for name, b := range map[string]State{"two threads": run(2, false), "restored": run(1, true)} {
		b.Free, b.Trip = a.Free, a.Trip // slots may be numbered alike only by chance of capacity; journeys must be equal
		if !reflect.DeepEqual(a.Arrived, b.Arrived) || !reflect.DeepEqual(a.Entered, b.Entered) || !reflect.DeepEqual(a.Ready, b.Ready) || a.Metres != b.Metres {
			t.Errorf("%s: the result differs", name)
		}
	}
}

// Whatever a restless operator asks for, no two conflicting movements are green within their inter-green of each other.
func TestControllerKeepsInterGreens(t *testing.T) {
	c := lattice(1, 2)
	j := &c.Signals[0]
	p, err := city.NewPlan(j, j.Reference)
	if err != nil {
		t.Fatal(err)
	}
	rules, err := newRules(j)
	if err != nil {
		t.Fatal(err)
	}
	g := newSignal(rules, p)
	draw := chance.New(9, "operator")
	ended, began := fill[int32](len(j.Movements), -1000), fill[int32](len(j.Movements), 0)
	green := make([]bool, len(j.Movements))
	for m := range green {
		green[m] = g.Green(m)
	}
	changes := 0
	for t1 := range int32(20000) {
		if draw.Float(uint64(t1), 0) < 0.2 {
			g.Want, g.Lease = int16(draw.Int(uint64(t1), 1, len(j.Stages))), t1+int32(draw.Int(uint64(t1), 2, 60))
		}
		g.Step(t1)
		for m := range green {
			now := g.Green(m)
			if green[m] && !now {
				ended[m] = t1
				if t1-began[m] < int32(j.Movements[m].MinGreen) && began[m] > 0 {
					t.Fatalf("second %d: movement %d was green for %d s", t1, m, t1-began[m])
				}
			}
			if !green[m] && now {
				changes++
				began[m] = t1
				if t1-ended[m] > city.LongestRed+60 && ended[m] > 0 {
					t.Fatalf("second %d: movement %d waited %d s", t1, m, t1-ended[m])
				}
				for k := range green {
					if need := int32(j.Intergreen[k][m]); need > 0 && !j.Movements[k].Permissive && !j.Movements[m].Permissive && (g.Green(k) || t1-ended[k] < need) {
						t.Fatalf("second %d: movement %d turned green %d s after the end of %d, which it must clear by %d s", t1, m, t1-ended[k], k, need)
					}
				}
			}
			green[m] = now
		}
	}
	if changes < 100 {
		t.Errorf("only %d changes: the test saw nothing", changes)
	}
}

func TestClosedStreetIsAvoided(t *testing.T) {
	c := lattice(3, 2)
	trips, goals := someTrips(c, 800, 20*time.Minute, 4)
	var shut []int32
	for i, l := range c.Streets.Links {
		if c.Streets.Nodes[l.From].Junction == 4 && !c.Streets.Nodes[l.To].Border {
			shut = append(shut, int32(i))
		}
	}
	s := newTest(t, c, trips, goals, Config{Replan: 5 * time.Minute})
	for _, l := range shut[:2] {
		s.Input(0, LinkState{Link: l, Speed: 14, Shut: true})
	}
	step(t, s, time.Hour)
	for _, l := range shut[:2] {
		if n := s.Counts(l).Entered; n > 0 {
			t.Errorf("%d vehicles entered a closed street", n)
		}
	}
	if tot := s.Totals(); tot.Finished != len(trips) {
		t.Errorf("%d of %d trips arrived around the closure", tot.Finished, len(trips))
	}
}

// Webster's cycle of an isolated junction: L = 10 s, Y = 0.3 + 0.3: C = (15 + 5)/(1 − 0.6) = 50 s.
func TestWebster(t *testing.T) {
	c := lattice(1, 1)
	j := &c.Signals[0]
	flows := make([]float64, len(j.Movements))
	for m := range flows {
		if j.Movements[m].Turn == city.Straight {
			flows[m] = 0.3 * city.SaturationFlow
		}
	}
	p, err := city.NewPlan(j, Webster(j, flows, 120))
	if err != nil {
		t.Fatal(err)
	}
	if p.Cycle() != 50 {
		t.Errorf("cycle %d s, want 50", p.Cycle())
	}
	for m := range flows {
		flows[m] *= 5 // far beyond capacity: the longest cycle, never an unsafe one
	}
	if p, err = city.NewPlan(j, Webster(j, flows, 120)); err != nil || p.Cycle() > 121 {
		t.Errorf("overload: cycle %d s, %v", p.Cycle(), err)
	}
	if q, err := city.NewPlan(j, Stretch(j, j.Reference, 100)); err != nil || q.Cycle() != 100 {
		t.Errorf("stretched: cycle %d s, %v", q.Cycle(), err)
	}
}

type fixedView struct{ wait, full map[int32]float64 }

func (v fixedView) Waiting(l int32, k city.TurnKind) float64 {
	if k == city.Straight {
		return v.wait[l]
	}
	return 0
}
func (v fixedView) Filled(l int32) float64 { return v.full[l] }

func TestMaxPressureMindsTheStreetAhead(t *testing.T) {
	c := lattice(1, 1)
	j := &c.Signals[0]
	wait, full := map[int32]float64{}, map[int32]float64{}
	for m := range j.Movements {
		if j.InStage(0, int32(m)) {
			wait[j.Movements[m].From] = 10
		} else {
			wait[j.Movements[m].From] = 6
		}
	}
	if got := MaxPressure(c, j, 1, 0.2, fixedView{wait, full}); got != 0 {
		t.Errorf("stage %d although the longer queues are on stage 0", got)
	}
	for m := range j.Movements {
		if j.InStage(0, int32(m)) && j.Movements[m].Turn == city.Straight {
			for _, t := range j.Movements[m].Turns {
				full[c.Streets.Turns[t].To] = 0.95
			}
		}
	}
	if got := MaxPressure(c, j, 0, 0.2, fixedView{wait, full}); got != 1 {
		t.Errorf("stage %d leads into full streets", got)
	}
}

func TestBadInputIsRefused(t *testing.T) {
	c := lattice(1, 1)
	s := newTest(t, c, nil, nil, Config{})
	for name, ev := range map[string]Event{"no plan": PlanDownload{}, "no such stage": StageRequest{0, 5, 0, false}, "no such link": LinkState{Link: 999}, "more lanes blocked than there are": Blockage{0, 2}, "NaN rain": Weather{math.NaN()}} {
		if s.Input(0, ev) == nil {
			t.Errorf("%s was accepted", name)
		}
	}
	if _, err := New(c, []Trip{{From: 99}}, []int32{0}, Config{}); err == nil {
		t.Error("a trip from nowhere was accepted")
	}
}

func BenchmarkRushHour(b *testing.B) {
	c := lattice(12, 2)
	trips, goals := someTrips(c, 12000, time.Hour, 3)
	b.ResetTimer()
	for range b.N {
		s := newTest(b, c, trips, goals, Config{Replan: 5 * time.Minute})
		step(b, s, time.Hour)
		b.ReportMetric(float64(s.Totals().Running), "running")
	}
}
