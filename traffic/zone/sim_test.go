package zone

import (
	"context"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/paulmach/orb"

	"citybrain/city"
	"citybrain/city/grid"
	"citybrain/traffic/control"
	"citybrain/traffic/meso"
	"citybrain/traffic/micro"
)

// town is a grid of 7 × 7 junctions, of which the middle 3 × 3 are inside.
func town(t *testing.T, rate float64, seconds int) (*city.LaneNet, *city.LaneDemand, []bool) {
	t.Helper()
	n, err := grid.New(grid.Town{Side: 7, Block: 200, Lanes: 3, Speed: 13.9, Signal: true})
	if err != nil {
		t.Fatal(err)
	}
	d, err := n.Demand(rate, seconds, 3, 5)
	if err != nil {
		t.Fatal(err)
	}
	return &n.LaneNet, d, In(&n.LaneNet, orb.Bound{Min: orb.Point{500, 500}, Max: orb.Point{1100, 1100}})
}

func make1(t *testing.T, n *city.LaneNet, d *city.LaneDemand, inside []bool, threads int) *Sim {
	t.Helper()
	s, err := New(n, d, inside, micro.Config{Seed: 1, Threads: threads, Depart: micro.BestLane}, meso.Config{Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func (s *Sim) to(t *testing.T, second int) {
	t.Helper()
	if err := s.Step(context.Background(), time.Duration(second)*time.Second); err != nil {
		t.Fatal(err)
	}
}

// In every second everyone who entered and has not arrived is in one engine or between both, on a road of that engine, in light traffic and
// where queues grow over the seam; and all arrive.
func TestConserves(t *testing.T) {
	for _, rate := range []float64{1.5, 5} {
		n, d, inside := town(t, rate, 900)
		s := make1(t, n, d, inside, 1)
		most := 0
		for sec := 1; sec <= 4000; sec++ {
			s.to(t, sec)
			in, around, between := s.Census()
			x := s.Totals()
			if in+around+between != x.Entered-x.Finished || x.Entered > x.Due {
				t.Fatalf("second %d: %d inside, %d around, %d between; %+v", sec, in, around, between, x)
			}
			most = max(most, between)
			if sec%50 != 0 {
				continue
			}
			running, lanes := 0, 0
			for _, trip := range s.Trips() {
				if trip.Running {
					running++
				}
			}
			for l := range n.Lanes {
				a, _ := s.micro.Count(int32(l))
				b, _ := s.meso.Count(int32(l))
				lanes += a + b
				if in := s.Inside(n.Lanes[l].Road); in && b > 0 || !in && a > 0 {
					t.Fatalf("second %d: lane %s has %d microscopic vehicles and %d of the queues", sec, n.Lanes[l].ID, a, b)
				}
			}
			if running != x.Running || lanes > running {
				t.Fatalf("second %d: %d trips run, %d on lanes, %+v", sec, running, lanes, x)
			}
		}
		if x := s.Totals(); x.Finished != len(d.Journeys) || most == 0 {
			t.Errorf("rate %g: %+v of %d arrived, at most %d between", rate, x, len(d.Journeys), most)
		}
	}
}

// The result depends neither on threads nor on being stopped and restored.
func TestSameBits(t *testing.T) {
	n, d, inside := town(t, 4, 600)
	a := make1(t, n, d, inside, 1)
	a.to(t, 400)
	snap := a.Snapshot()
	a.to(t, 800)
	b := make1(t, n, d, inside, 2)
	b.to(t, 800)
	if a.Hash() != b.Hash() {
		t.Error("two threads give another result than one")
	}
	c := make1(t, n, d, inside, 1)
	if err := c.Restore(snap); err != nil {
		t.Fatal(err)
	}
	c.to(t, 800)
	if a.Hash() != c.Hash() {
		t.Error("a restored run differs")
	}
}

// Travel times are near those of the microscopic engine alone: of journeys that touch the area, and of all.
func TestAgreesWithMicro(t *testing.T) {
	n, d, inside := town(t, 2, 1200)
	s := make1(t, n, d, inside, 1)
	s.to(t, 2400)
	m, err := micro.New(n, d, micro.Config{Seed: 1, Depart: micro.BestLane})
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Step(context.Background(), 2400*time.Second); err != nil {
		t.Fatal(err)
	}
	var mine, theirs [2]float64
	own, other := s.Trips(), m.Trips()
	for i := range own {
		touches := 0
		for _, r := range d.Journeys[i].Roads {
			if s.Inside(r) {
				touches = 1
			}
		}
		if math.IsNaN(own[i].Arrive) || math.IsNaN(other[i].Arrive) {
			t.Fatalf("journey %d has not arrived", i)
		}
		mine[touches] += own[i].Arrive - own[i].Enter
		theirs[touches] += other[i].Arrive - other[i].Enter
	}
	for k, name := range []string{"around only", "through the area"} {
		off := mine[k]/theirs[k] - 1
		t.Logf("%s: %+.1f %%", name, 100*off)
		if math.Abs(off) > 0.1 {
			t.Errorf("%s: travel time %+.1f %% off the microscopic engine's", name, 100*off)
		}
	}
	var a, b float64
	for i := range own {
		a, b = a+own[i].Loss, b+other[i].Loss
	}
	if math.Abs(a/b-1) > 0.25 {
		t.Errorf("time lost %.1f s a journey, the microscopic engine's %.1f s", a/float64(len(own)), b/float64(len(own)))
	}
}

// A light that stays red just outside the area fills the streets before it until they hold back the microscopic ones, and the other way round.
func TestQueuesGrowOverTheSeam(t *testing.T) {
	for name, red := range map[string]int{"around": 2, "inside": 1} {
		n := &city.LaneNet{}
		for i := range 4 {
			n.Nodes = append(n.Nodes, city.LaneNode{Light: -1})
			if i == 0 {
				continue
			}
			n.Roads = append(n.Roads, city.Road{ID: string(rune('a' + i)), From: int32(i - 1), To: int32(i), First: int32(i - 1), Lanes: 1, Length: 150, Speed: 15})
			n.Lanes = append(n.Lanes, city.Lane{Road: int32(i - 1), Length: 150, Speed: 15, Allow: city.MotorVehicles})
			if i > 1 {
				n.Connections = append(n.Connections, city.Connection{From: int32(i - 2), To: int32(i - 1), Node: int32(i - 1), Length: 10, Speed: 15, Light: -1, Index: -1})
			}
		}
		n.Lights = []city.Light{{ID: "x", Places: 1, Phases: []city.LightPhase{{State: "r", Duration: 400}, {State: "G", Duration: 4000}}}}
		n.Connections[1].Light, n.Connections[1].Index = 0, 0
		car := city.VehicleType{ID: "car", Class: city.PassengerCar, Length: 5, Gap: 2.5, MaxSpeed: 50, Accel: 2.6, Decel: 4.5, Brake: 9, Headway: 1, SpeedMean: 1, LaneChange: true}
		d := &city.LaneDemand{Types: []city.VehicleType{car}}
		for i := range 60 {
			d.Journeys = append(d.Journeys, city.Journey{Depart: float64(3 * i), Roads: []int32{0, 1, 2}, Routed: true})
		}
		inside := make([]bool, 4)
		inside[3-red] = true // the first road is microscopic and the second, with the light, is not; or the other way round
		s := make1(t, n, d, inside, 1)
		s.to(t, 395)
		if x := s.Totals(); x.Entered < 34 || x.Entered > 42 || x.Finished > 0 { // two roads of 20 each
			t.Errorf("%s: %+v before a red light that 40 can stand at", name, x)
		}
		s.to(t, 1000)
		if x := s.Totals(); x.Finished != 60 {
			t.Errorf("%s: %+v after it", name, x)
		}
	}
}

// A controller sees both parts and does better than the program.
func TestDrive(t *testing.T) {
	n, d, inside := town(t, 2, 900)
	fixed := make1(t, n, d, inside, 1)
	fixed.to(t, 1800)
	s := make1(t, n, d, inside, 1)
	w, err := control.NewNetwork(n, control.Options{Yellow: 3, MinGreen: 5})
	if err != nil {
		t.Fatal(err)
	}
	ctl, err := control.New("wave", w, control.Settings{Every: 5})
	if err != nil {
		t.Fatal(err)
	}
	if err := control.NewDrive(&Controlled{Sim: s, Net: w}, w, ctl, 5).Step(context.Background(), 1800*time.Second); err != nil {
		t.Fatal(err)
	}
	if a, b := fixed.Figures(), s.Figures(); b.MeanDelay >= a.MeanDelay || b.Finished < a.Finished {
		t.Errorf("delay %.1f s, %d finished; the program's %.1f s, %d", b.MeanDelay, b.Finished, a.MeanDelay, a.Finished)
	}
}

func TestRefuses(t *testing.T) {
	n, d, _ := town(t, 1, 60)
	for name, c := range map[string]struct {
		area orb.Bound
		says string
	}{
		"nothing": {orb.Bound{Min: orb.Point{-9, -9}, Max: orb.Point{-8, -8}}, "0 of "},
		"all":     {orb.Bound{Min: orb.Point{-9, -9}, Max: orb.Point{9999, 9999}}, "one engine for all"},
	} {
		if _, err := New(n, d, In(n, c.area), micro.Config{}, meso.Config{}); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: error %v, want one that says %q", name, err, c.says)
		}
	}
	if _, err := To(n, []string{"1/1>0", "nowhere"}); err == nil || !strings.Contains(err.Error(), `no road "nowhere"`) {
		t.Errorf("an unknown road: %v", err)
	}
	in, err := To(n, []string{"1/1>0"})
	if err != nil {
		t.Fatal(err)
	}
	for i, x := range in {
		if x != (n.Nodes[i].ID == "2/1") {
			t.Errorf("node %s inside: %v", n.Nodes[i].ID, x)
		}
	}
}
