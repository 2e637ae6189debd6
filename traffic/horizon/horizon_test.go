package horizon

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"citybrain/city"
	"citybrain/city/riverside"
	"github.com/paulmach/orb"
)

// crossroads is n lights in a row along a street of two lanes each way, with a side street of one at each. Walkers cross with those who go the same way.
func crossroads(n int) *city.City {
	c := &city.City{}
	s := &c.Streets
	node := func(x, y float64, j int32) int32 {
		s.Nodes = append(s.Nodes, city.Node{ID: fmt.Sprint(len(s.Nodes)), At: orb.Point{x, y}, Junction: j})
		return int32(len(s.Nodes) - 1)
	}
	link := func(a, b int32, lanes int8) int32 {
		p, q := s.Nodes[a].At, s.Nodes[b].At
		s.Links = append(s.Links, city.Link{ID: fmt.Sprint("l", len(s.Links)), From: a, To: b, Line: orb.LineString{p, q}, Length: math.Hypot(q[0]-p[0], q[1]-p[1]), Lanes: lanes, Speed: 15, Reverse: -1})
		return int32(len(s.Links) - 1)
	}
	west := node(0, 0, -1)
	in := link(west, node(300, 0, 0), 2) // from the west to the first light
	for j := range n {
		at := s.Links[in].To
		x := s.Nodes[at].At[0]
		next := int32(-1)
		if j+1 < n {
			next = int32(j + 1)
		}
		out := link(at, node(x+300, 0, next), 2)
		from := link(node(x, 300, -1), at, 1)
		away := link(at, node(x, -300, -1), 1)
		jn := city.Junction{ID: fmt.Sprint("j", j), Nodes: []int32{at}}
		for m, t := range [][2]int32{{in, out}, {from, away}} {
			s.Turns = append(s.Turns, city.Turn{From: t[0], To: t[1], Lanes: s.Links[t[0]].Lanes, Junction: int32(j), Movement: int32(m)})
			jn.Movements = append(jn.Movements, city.Movement{From: t[0], Turns: []int32{int32(len(s.Turns) - 1)}, Lanes: s.Links[t[0]].Lanes, MinGreen: 6, Yellow: 3})
		}
		for _, l := range []int32{from, in} { // over the street that is stopped
			jn.Movements = append(jn.Movements, city.Movement{Kind: city.Walkers, From: l, MinGreen: 7, Clearance: 5})
		}
		for a := range 4 {
			row := make([]uint8, 4)
			for b := range 4 {
				if a%2 != b%2 {
					row[b] = 5
				}
			}
			jn.Intergreen = append(jn.Intergreen, row)
		}
		jn.Stages = []city.Stage{{Movements: []int32{0, 2}}, {Movements: []int32{1, 3}}}
		c.Signals = append(c.Signals, jn)
		in = out
	}
	slices.SortStableFunc(s.Turns, func(a, b city.Turn) int { return int(a.From - b.From) })
	for t := range s.Turns {
		c.Signals[s.Turns[t].Junction].Movements[s.Turns[t].Movement].Turns[0] = int32(t)
	}
	return c
}

func state(n *Network, c *city.City) *State {
	st := NewState(n)
	st.Now, st.Flow = 1000, 0.5
	for t := range st.Share {
		st.Share[t] = 1
	}
	for j := range st.Lights {
		st.Lights[j] = Light{Stage: 0, Since: 900, Last: []int{1000, 990, 1000, 990}}
	}
	return st
}

// Whoever waits where nobody else comes is let go at once; a stage at its least is not left, and asked for before it is over.
func TestGreenGoesWhereSomebodyWaits(t *testing.T) {
	c := crossroads(1)
	n := NewNetwork(c)
	side := Slot(&c.Streets.Links[2], 2, city.Straight)
	main := Slot(&c.Streets.Links[0], 0, city.Straight)
	for _, x := range []struct {
		what       string
		main, side float32
		since      int
		want       int
	}{
		{"somebody waits in the side street alone", 0, 4, 900, 1},
		{"a long queue leaves", 30, 1, 900, 0},
		{"nobody is there", 0, 0, 900, 0},
		{"its least green runs", 0, 4, 995, -1},
		{"its least green is over before the next decision", 0, 4, 991, 1},
		{"its inter-green runs", 0, 4, 1003, -1},
	} {
		st := state(n, c)
		st.Waiting[main], st.Waiting[side], st.Lights[0].Since = x.main, x.side, x.since
		want := []int{-1}
		NewPlanner(n, Width).Decide(st, Tick, want)
		if want[0] != x.want {
			t.Errorf("%s: stage %d, want %d", x.what, want[0], x.want)
		}
	}
}

// Where one street's straight on and left turns both wait, and nobody faces them, they go together though no plan runs such a stage.
func TestAStreetGoesAloneOnDemand(t *testing.T) {
	c := riverside.City(1)
	n := NewNetwork(c)
	for j := range c.Signals {
		at := &c.Signals[j]
		if at.Ring != nil || len(at.Reference.Stages) != 4 || at.LeastRound() > city.LongestCall {
			continue
		}
		l := at.Movements[at.Stages[0].Movements[0]].From
		st := NewState(n)
		st.Now, st.Flow = 1000, city.SaturationFlow
		for e := range st.Room {
			st.Room[e] = float32(math.Inf(1))
		}
		for k := range st.Lights {
			st.Lights[k].Stage = -1
		}
		light := &st.Lights[j]
		light.Stage, light.Since = at.Round()[1], 900
		for m := range light.Last {
			light.Last[m] = 990
		}
		for _, k := range []city.TurnKind{city.Straight, city.Left} {
			st.Waiting[Slot(&c.Streets.Links[l], l, k)] = 12
		}
		want := make([]int, len(c.Signals))
		NewPlanner(n, Width).Decide(st, Tick, want)
		lets := func(k city.TurnKind) bool {
			for _, m := range at.Stages[want[j]].Movements {
				if mv := &at.Movements[m]; mv.Kind == city.Vehicles && mv.From == l && mv.Turn == k {
					return true
				}
			}
			return false
		}
		if !lets(city.Straight) || !lets(city.Left) || !at.OnDemand(want[j]) {
			t.Errorf("junction %s: stage %d %v", at.ID, want[j], at.Stages[want[j]])
		}
		return
	}
	t.Fatal("no junction of four stages")
}

// Where the street ahead stands full, its green is worth nothing.
func TestAFullStreetAhead(t *testing.T) {
	c := crossroads(1)
	n := NewNetwork(c)
	st := state(n, c)
	st.Waiting[Slot(&c.Streets.Links[0], 0, city.Straight)] = 30
	st.Waiting[Slot(&c.Streets.Links[2], 2, city.Straight)] = 5
	st.Room[1] = 0
	want := []int{-1}
	NewPlanner(n, Width).Decide(st, Tick, want)
	if want[0] != 1 {
		t.Errorf("stage %d", want[0])
	}
}

// People on foot have green before they have waited too long, however many vehicles there are: the controller would see to it, and the plan knows.
func TestPlansKnowWhatControllersWillDo(t *testing.T) {
	c := crossroads(1)
	n := NewNetwork(c)
	st := state(n, c)
	st.Waiting[Slot(&c.Streets.Links[0], 0, city.Straight)] = 60
	st.Lights[0].Last = []int{1000, 940, 1000, 940}
	p, ok := NewPlanner(n, Width).Open(st, 0)
	if !ok || len(p.Greens) < 2 {
		t.Fatalf("%+v, %v", p, ok)
	}
	g := p.Greens[1]
	if g.Stage != 1 || g.From > city.LongestCall-60 || g.From < city.LongestCall-60-12 {
		t.Errorf("those who have waited 60 s have green after %d s: %v", g.From, p.Greens)
	}
	end := 0
	for _, g := range p.Greens {
		if g.From < end || g.To <= g.From || g.To > Longest {
			t.Errorf("greens %v", p.Greens)
		}
		end = g.To
	}
}

// A plan opened says what each first stage would cost: the chosen one least, and the other one more as more would wait for it.
func TestCostsOfTheOthers(t *testing.T) {
	c := crossroads(1)
	n := NewNetwork(c)
	more := func(waiting float32) float64 {
		st := state(n, c)
		st.Waiting[Slot(&c.Streets.Links[0], 0, city.Straight)] = waiting
		st.Waiting[Slot(&c.Streets.Links[2], 2, city.Straight)] = 1
		p, ok := NewPlanner(n, Width).Open(st, 0)
		if !ok || p.Stage != 0 || p.Costs[0] >= p.Costs[1] {
			t.Fatalf("%g wait: %+v, %v", waiting, p, ok)
		}
		return p.Costs[1] - p.Costs[0]
	}
	if a, b := more(10), more(20); a <= 0 || b <= a {
		t.Errorf("the other stage costs %.0f more with 10, %.0f with 20", a, b)
	}
}

// Junctions hear of each other: the second light turns green for those whom the first will let go.
func TestNeighboursHearOfPlans(t *testing.T) {
	c := crossroads(2)
	n := NewNetwork(c)
	st, p := state(n, c), NewPlanner(n, Width)
	st.Waiting[Slot(&c.Streets.Links[0], 0, city.Straight)] = 20
	between := Slot(&c.Streets.Links[1], 1, city.Straight)
	p.Decide(st, Tick, []int{-1, -1})
	p.load(1, st, Horizon, Tick)
	i := slices.Index(n.junctions[1].slots, between)
	free, queues := n.free[1], len(n.junctions[1].slots)
	if early, later := p.s.come[(free-1)*queues+i], p.s.come[(free+40)*queues+i]; early != 0 || later < 15 || later > 20.01 {
		t.Errorf("%.1f come within %d s, %.1f within %d", early, free-1, later, free+40)
	}
}

// The same state gives the same plans, whatever was decided before in the same memory.
func TestSameStateSamePlan(t *testing.T) {
	c := crossroads(3)
	n := NewNetwork(c)
	st := state(n, c)
	for i := range st.Waiting {
		st.Waiting[i] = float32(i % 7)
	}
	a, b := NewPlanner(n, Width), NewPlanner(n, Width)
	for range 3 {
		b.Open(st, 1)
	}
	x, y := []int{-1, -1, -1}, []int{-1, -1, -1}
	a.Decide(st, Tick, x)
	b.Decide(st, Tick, y)
	if !slices.Equal(x, y) {
		t.Errorf("%v and %v", x, y)
	}
	if f := a.Fork(Width); !slices.EqualFunc(f.plans[0].flow, a.plans[0].flow, slices.Equal[[]float32]) {
		t.Error("a fork has other plans")
	}
}

// A decision takes no memory once the search has its own.
func BenchmarkDecide(b *testing.B) {
	c := crossroads(4)
	n := NewNetwork(c)
	st, p := state(n, c), NewPlanner(n, Width)
	for i := range st.Waiting {
		st.Waiting[i] = float32(i % 7)
	}
	want := make([]int, 4)
	b.ReportAllocs()
	for b.Loop() {
		p.Decide(st, Tick, want)
	}
}
