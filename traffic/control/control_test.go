package control

import (
	"math"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/paulmach/orb"

	"citybrain/city"
	"pgregory.net/rapid"
)

// cross is a junction of two one-way streets, each with a lane of 150 m, and their exits; both lead straight on.
func cross(t testing.TB) *Network {
	t.Helper()
	n := &city.LaneNet{Nodes: make([]city.LaneNode, 5)}
	for i, id := range []string{"west", "south", "east", "north"} {
		n.Roads = append(n.Roads, city.Road{ID: id, First: int32(i), Lanes: 1, Length: 150, Speed: 13.89})
		n.Lanes = append(n.Lanes, city.Lane{ID: id + "_0", Road: int32(i), Length: 150, Speed: 13.89, Allow: city.EveryClass})
	}
	n.Connections = []city.Connection{
		{From: 0, To: 2, Length: 12, Speed: 13.89, Light: 0, Index: 0, Foes: []int32{1}},
		{From: 1, To: 3, Length: 12, Speed: 13.89, Light: 0, Index: 1, Foes: []int32{0}},
	}
	n.Lights = []city.Light{{ID: "J", Places: 2, Phases: []city.LightPhase{{State: "Gr", Duration: 30}, {State: "yr", Duration: 3}, {State: "rG", Duration: 20}, {State: "ry", Duration: 3}}}}
	w, err := NewNetwork(n, Options{Yellow: 3, MinGreen: 5})
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func TestNetwork(t *testing.T) {
	w := cross(t)
	j := w.Junctions[0]
	if len(j.Phases) != 2 || j.Phases[1].Program != 2 || !reflect.DeepEqual(j.Lanes, []int32{0, 1}) || !reflect.DeepEqual(j.Links, []int32{0, 1}) {
		t.Errorf("%+v", j)
	}
	if !w.Sees(0, 150) || w.Sees(2, 10) || w.Watched(3) {
		t.Error("what is watched: approaches, not exits")
	}
	bad := *w.LaneNet
	bad.Lights = []city.Light{{ID: "dark", Places: 2}}
	if _, err := NewNetwork(&bad, Options{}); err == nil || !strings.Contains(err.Error(), `"dark"`) {
		t.Errorf("a light without phases: %v", err)
	}
	if _, err := NewNetwork(w.LaneNet, Options{Yellow: math.NaN()}); err == nil {
		t.Error("no yellow at all passes")
	}
}

func TestShippedPlan(t *testing.T) {
	w := cross(t)
	p := Shipped(w)
	if err := p.Check(w); err != nil || p.Junctions[0].Cycle() != 56 {
		t.Fatalf("%+v: %v", p.Junctions[0], err)
	}
	for at, want := range map[float64]int{0: 0, 32: 0, 33: 1, 55: 1, 56: 0, 100: 1} {
		if got, _ := p.Junctions[0].At(at); got != want {
			t.Errorf("phase %d at %g s, want %d", got, at, want)
		}
	}
	for _, bad := range []string{`{"junctions":[]}`, `{"junctions":[{"id":"K","offset_s":0,"stages":[{"phase":0,"duration_s":20}]}]}`,
		`{"junctions":[{"id":"J","offset_s":0,"stages":[{"phase":7,"duration_s":20}]}]}`, `{"junctions":[{"id":"J","offset_s":0,"stages":[{"phase":0,"duration_s":20},{"phase":1,"duration_s":2}]}]}`, `{"x":1}`} {
		if _, err := ReadPlan(strings.NewReader(bad), w); err == nil {
			t.Errorf("%s passes", bad)
		}
	}
}

// TestLamps: whatever is wished, no lamp goes from green to red without its yellow, no green is cut, no two foes are green at once.
func TestLamps(t *testing.T) {
	w := cross(t)
	rapid.Check(t, func(r *rapid.T) {
		s := NewLamps(w)
		want := []int{0}
		last, since := string(s.State(0)), 0
		for now := range 200 {
			want[0] = rapid.IntRange(-1, 2).Draw(r, "want")
			s.Step(float64(now), want, nil)
			state := string(s.State(0))
			if state[0] != 'r' && state[1] != 'r' {
				r.Fatalf("at %d s both are let go: %s", now, state)
			}
			if state == last {
				continue
			}
			held := now - since
			for i := range state {
				switch {
				case last[i] == 'G' && state[i] == 'r':
					r.Fatalf("at %d s place %d goes from green to red", now, i)
				case last[i] == 'y' && held != 3:
					r.Fatalf("at %d s yellow ends after %d s", now, held)
				case last[i] == 'G' && since > 0 && held < 5:
					r.Fatalf("at %d s green ends after %d s", now, held)
				}
			}
			last, since = state, now
		}
	})
}

// street simulates point queues at the crossing: arrivals by the second at each approach, one vehicle each two seconds of green. The
// detectors of the lanes in dead are; those of the streets behind the junction count.
func street(t testing.TB, name string, arrive func(s, lane int) bool, seconds int, dead ...int32) (waited float64, longest float64, log []int) {
	t.Helper()
	w := cross(t)
	ctl, err := New(name, w, Settings{})
	if err != nil {
		t.Fatal(err)
	}
	lamps, o, want := NewLamps(w), NewObservation(w), []int{0}
	var queue [2][]Vehicle
	var open [2]float64
	var left [2][]int // s, when each vehicle on an exit came there
	for _, l := range dead {
		if o.Dead == nil {
			o.Dead = make([]bool, len(w.Lanes))
		}
		o.Dead[l] = true
	}
	id := int32(0)
	for s := range seconds {
		for l := range queue {
			if arrive(s, l) {
				queue[l] = append(queue[l], Vehicle{ID: id, Behind: 150, Speed: 13.89, Length: 5, Next: int32(l + 2)})
				id++
			}
			for i := range queue[l] { // on to the line, or to the one ahead
				v := &queue[l][i]
				stop := float64(i) * 7.5
				to := max(stop, v.Behind-13.89)
				if v.Speed = v.Behind - to; v.Speed < 0.1 {
					v.Speed = 0
					v.Waited++
					waited++
					longest = max(longest, v.Waited)
				}
				v.Behind = to
			}
		}
		o.Clear()
		o.Time = float64(s)
		for l := range queue {
			for len(left[l]) > 0 && s-left[l][0] > 11 {
				left[l] = left[l][1:]
			}
			o.Count[l+2] = int32(len(left[l]))
			if o.Dead != nil && o.Dead[l] {
				o.Count[l] = -1
				continue
			}
			o.Seen[l] = append(o.Seen[l], queue[l]...)
			o.Count[l] = int32(len(queue[l]))
		}
		lamps.Fill(o)
		ctl.Decide(o, want)
		lamps.Step(float64(s), want, nil)
		log = append(log, want[0])
		for l := range queue {
			if lamps.State(0)[l] == 'G' && len(queue[l]) > 0 && queue[l][0].Behind < 1 && float64(s) >= open[l] {
				queue[l] = queue[l][1:]
				left[l] = append(left[l], s)
				open[l] = float64(s) + 2
			}
		}
	}
	return waited, longest, log
}

func TestControllersServeEverybody(t *testing.T) {
	uneven := func(s, lane int) bool { return lane == 0 && s%5 == 0 || lane == 1 && s%60 == 7 }
	for _, name := range Names() {
		if name == "offline" {
			continue // needs a plan
		}
		_, longest, log := street(t, name, uneven, 600)
		if longest > 130 {
			t.Errorf("%s leaves somebody standing for %g s", name, longest)
		}
		if _, _, again := street(t, name, uneven, 600); !reflect.DeepEqual(log, again) {
			t.Errorf("%s decides otherwise the second time", name)
		}
	}
	if _, err := New("offline", cross(t), Settings{}); err == nil {
		t.Error("offline without a plan passes")
	}
	if _, err := New("none", cross(t), Settings{}); err == nil || !strings.Contains(err.Error(), "brain") {
		t.Errorf("unknown name: %v", err)
	}
}

// TestBrainBeats: with a platoon each 40 s on one street and few on the other, prediction must beat the clock by far and the
// score of queues by something.
func TestBrainBeats(t *testing.T) {
	platoons := func(s, lane int) bool { return lane == 0 && s%40 < 16 && s%2 == 0 || lane == 1 && s%20 == 3 }
	brain, _, _ := street(t, "brain", platoons, 900)
	fixed, _, _ := street(t, "fixed", platoons, 900)
	greedy, _, _ := street(t, "maxpressure", platoons, 900)
	if brain > 0.6*fixed || brain > greedy {
		t.Errorf("standing: brain %g s, fixed %g s, max-pressure %g s", brain, fixed, greedy)
	}
}

// TestBrainInTheDark: where a lane's detectors are dead, what comes out of it tells of its queue, so that nobody starves and
// waiting stays bounded.
func TestBrainInTheDark(t *testing.T) {
	uneven := func(s, lane int) bool { return lane == 0 && s%5 == 0 || lane == 1 && s%14 == 7 }
	all, _, _ := street(t, "brain", uneven, 1800)
	for _, dead := range [][]int32{{0}, {1}, {0, 1}} {
		waited, longest, _ := street(t, "brain", uneven, 1800, dead...)
		if waited > 2.5*all || longest > starving+reliefTurn {
			t.Errorf("lanes %v dead: %g s of standing, %g s where all is seen; the longest %g s", dead, waited, all, longest)
		}
	}
}

// TestBox: who stands inside the junction without anybody to wait for holds the next green up, for so long and no longer.
func TestBox(t *testing.T) {
	w := cross(t)
	b := newBrain(w, Settings{})
	b.outlets[b.outlet[2]].shut = true // as if everybody who leaves the street were seen
	o, want := NewObservation(w), []int{0}
	see := func(s float64, behind float64, on int32) {
		o.Clear()
		o.Time, o.Signals[0] = s, Signal{Phase: 1, Since: 12, Changing: true, Free: 20}
		if behind >= 0 {
			o.Seen[0] = []Vehicle{{ID: 1, Behind: behind, Speed: 8, Length: 5, Next: 2}}
		}
		o.Count[2] = on
		b.Decide(o, want)
	}
	see(0, 8, 0)
	see(1, 0, 0)
	if see(2, -1, 0); want[0] == NotYet {
		t.Error("who has just crossed the line counts as standing inside")
	}
	if see(7, -1, 0); want[0] != NotYet {
		t.Errorf("5 s inside, and the wish is %d", want[0])
	}
	if see(8, -1, 1); want[0] == NotYet {
		t.Error("he is counted behind the junction, and the change waits still")
	}

	s := NewLamps(w)
	green := 0.0
	for now := 0.0; now < 60 && green == 0; now++ {
		want[0] = 1
		if now > 20 {
			want[0] = NotYet
		}
		if s.Step(now, want, nil); now < 20 {
			continue
		} else if now == 20 {
			want[0] = 0 // begins a change back
			s.Step(now, want, nil)
		} else if s.State(0)[0] == 'G' {
			green = now
		}
	}
	if green != 20+3+longerRed {
		t.Errorf("a wish of not yet delays the green until %g s, want %g", green, 20+3+longerRed)
	}
}

// TestBrainOddJunctions: seldom decisions and a light that switches nothing are no reason to fall over.
func TestBrainOddJunctions(t *testing.T) {
	w := cross(t)
	lanes := *w.LaneNet
	lanes.Lights = append(lanes.Lights, city.Light{ID: "lonely", Places: 1, Phases: []city.LightPhase{{State: "G"}, {State: "g"}}})
	n, err := NewNetwork(&lanes, w.Options)
	if err != nil {
		t.Fatal(err)
	}
	for _, every := range []float64{1, 10, 120} {
		ctl, err := New("brain", n, Settings{Every: every})
		if err != nil {
			t.Fatal(err)
		}
		o, want := NewObservation(n), []int{0, 0}
		o.Seen[1] = []Vehicle{{ID: 1, Behind: 1, Length: 5, Next: 3, Waited: 30}}
		for s := 0.0; s < 500; s += every {
			o.Time = s
			ctl.Decide(o, want)
			if want[0] < 0 || want[0] > 1 || want[1] < 0 || want[1] > 1 {
				t.Fatalf("every %g s: phases %v", every, want)
			}
		}
		if want[0] != 1 {
			t.Errorf("every %g s: the one who waits has no green", every)
		}
	}
}

// Two who turn left, each first on the only lane of his street, give way to those who stand behind the other: whatever the model thinks of their
// green, they are shown it.
func TestNobodyStarvesWhoOnlyGivesWay(t *testing.T) {
	n := &city.LaneNet{}
	for i := range 6 { // the main street, north, south; where they lead
		n.Roads = append(n.Roads, city.Road{ID: string(rune('a' + i)), First: int32(i), Lanes: 1, Length: 300, Speed: 14})
		n.Lanes = append(n.Lanes, city.Lane{Road: int32(i), Length: 300, Speed: 14, Allow: city.MotorVehicles})
	}
	line := orb.LineString{{0, 0}, {10, 0}}
	n.Connections = []city.Connection{
		{From: 0, To: 3, Light: 0, Index: 0, Length: 10, Speed: 14, Path: line},
		{From: 1, To: 3, Light: 0, Index: 1, Length: 10, Speed: 8, Path: line, Turn: city.Left, Yields: []int32{4}, Foes: []int32{4}},
		{From: 1, To: 4, Light: 0, Index: 2, Length: 10, Speed: 14, Path: line, Foes: []int32{3}},
		{From: 2, To: 3, Light: 0, Index: 3, Length: 10, Speed: 8, Path: line, Turn: city.Left, Yields: []int32{2}, Foes: []int32{2}},
		{From: 2, To: 5, Light: 0, Index: 4, Length: 10, Speed: 14, Path: line, Foes: []int32{1}},
	}
	n.Lights = []city.Light{{ID: "J", Places: 5, Phases: []city.LightPhase{{State: "Grrrr", Duration: 30}, {State: "rgGgG", Duration: 30}}}}
	w, err := NewNetwork(n, Options{Yellow: 3, MinGreen: 5})
	if err != nil {
		t.Fatal(err)
	}
	ctl, err := New("brain", w, Settings{})
	if err != nil {
		t.Fatal(err)
	}
	lamps, o, want := NewLamps(w), NewObservation(w), []int{0}
	last, id := 0.0, int32(10)
	for s := 0.0; s < 600; s++ {
		o.Clear()
		o.Time = s
		lamps.Fill(o)
		if int(s)%4 == 0 {
			id++
		}
		o.Seen[0] = []Vehicle{{ID: id, Behind: 60 - 14*math.Mod(s, 4), Speed: 14, Length: 5, Next: 3}}
		for k := range int32(2) {
			o.Seen[1+k] = []Vehicle{{ID: 4 * k, Behind: 1, Length: 5, Waited: s, Next: 3}, {ID: 4*k + 1, Behind: 9, Length: 5, Waited: s, Next: 4 + k}, {ID: 4*k + 2, Behind: 17, Length: 5, Waited: s, Next: 4 + k}}
		}
		ctl.Decide(o, want)
		if lamps.Step(s, want, nil); lamps.State(0)[1] == 'g' {
			last = s
		}
		if s-last > 200 {
			t.Fatalf("at %g s no green for %g s", s, s-last)
		}
	}
}

func TestTravel(t *testing.T) {
	for _, x := range []struct{ d, v, most, want float64 }{{0, 5, 10, 0}, {100, 10, 10, 10}, {25, 0, 10, 5}, {125, 0, 10, 15}, {9, 0, 10, 3}} {
		if got := travel(x.d, x.v, x.most); math.Abs(got-x.want) > 1e-9 {
			t.Errorf("%g m from %g m/s up to %g m/s: %g s, want %g s", x.d, x.v, x.most, got, x.want)
		}
	}
}

func BenchmarkBrain(b *testing.B) {
	w := cross(b)
	ctl, _ := New("brain", w, Settings{})
	o, want := NewObservation(w), []int{0}
	for l := range 2 {
		for i := range 12 {
			o.Seen[l] = append(o.Seen[l], Vehicle{ID: int32(20*l + i), Behind: float64(i) * 8, Length: 5, Next: int32(l + 2)})
		}
	}
	for i := 0; b.Loop(); i++ {
		o.Time = float64(i)
		ctl.Decide(o, want)
	}
}

// Where lamps obey late, a wish that is on its way to them is not taken back, and one is sent before the minimum green is over.
func TestLag(t *testing.T) {
	w := cross(t)
	for _, lag := range []float64{0, 2} {
		ctl, err := New("brain", w, Settings{Lag: lag})
		if err != nil {
			t.Fatal(err)
		}
		o, want := NewObservation(w), []int{0}
		o.Time, o.Signals[0] = 3, Signal{Since: -20, Free: 5}
		o.Seen[1] = []Vehicle{{ID: 1, Length: 5, Waited: 20, Next: 3}}
		ctl.Decide(o, want)
		if asks := want[0] == 1; asks != (lag == 2) {
			t.Errorf("lag %g s: 2 s before the minimum green is over the wish is %d", lag, want[0])
		}
		o.Clear()
		o.Time = 4
		o.Seen[0] = []Vehicle{{ID: 2, Length: 5, Behind: 40, Speed: 13, Next: 2}}
		o.Seen[1] = nil
		ctl.Decide(o, want)
		if lag == 2 && want[0] != 1 {
			t.Error("a wish on its way is taken back")
		}
	}
	if _, err := New("brain", w, Settings{Lag: -1}); err == nil {
		t.Error("a negative lag is taken")
	}
}

// Of a light with a dozen phases the search chooses from few: the one that shows, and those that let go whoever waits.
func TestSearchChoosesFromFewPhases(t *testing.T) {
	const many = 12
	n := &city.LaneNet{}
	for i := range 2 * many {
		n.Roads = append(n.Roads, city.Road{ID: string(rune('a' + i)), First: int32(i), Lanes: 1, Length: 200, Speed: 14})
		n.Lanes = append(n.Lanes, city.Lane{Road: int32(i), Length: 200, Speed: 14, Allow: city.EveryClass})
	}
	l := city.Light{ID: "J", Places: many}
	for i := range many {
		n.Connections = append(n.Connections, city.Connection{From: int32(i), To: int32(many + i), Light: 0, Index: int32(i), Length: 10, Speed: 14})
		l.Phases = append(l.Phases, city.LightPhase{State: strings.Repeat("r", i) + "G" + strings.Repeat("r", many-1-i), Duration: 30})
	}
	n.Lights = []city.Light{l}
	w, err := NewNetwork(n, Options{Yellow: 3, MinGreen: 5})
	if err != nil {
		t.Fatal(err)
	}
	ctl, err := New("brain", w, Settings{})
	if err != nil {
		t.Fatal(err)
	}
	b, lamps, o, want := ctl.(*brain), NewLamps(w), NewObservation(w), []int{0}
	o.Clear()
	lamps.Fill(o)
	for _, lane := range []int{1, 4, 10, 11} {
		o.Seen[lane] = []Vehicle{{ID: int32(lane), Behind: 1, Length: 5, Next: int32(many + lane)}}
	}
	ctl.Decide(o, want)
	from := b.at[0].s.from
	if len(from) != mostPhases || !slices.IsSorted(from) {
		t.Errorf("it chooses from %v", from)
	}
	for _, p := range []int{0, 1, 4, 10, 11} {
		if !slices.Contains(from, p) {
			t.Errorf("it chooses from %v, not from %d", from, p)
		}
	}
}
