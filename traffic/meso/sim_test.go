package meso

import (
	"context"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"citybrain/city"
	"citybrain/city/grid"
	"citybrain/traffic/control"
	"citybrain/traffic/micro"
)

var car = city.VehicleType{ID: "car", Class: city.PassengerCar, Length: 5, Gap: 2.5, MaxSpeed: 50, Accel: 2.6, Decel: 4.5, Brake: 9, Headway: 1, SpeedMean: 1, People: 1}

// street is roads one after the other, one lane each, so many metres long, 15 m/s fast; lights says with which phases the end of each is signalled.
func street(lights map[int][]city.LightPhase, lengths ...float64) *city.LaneNet {
	n := &city.LaneNet{}
	for i, m := range lengths {
		n.Roads = append(n.Roads, city.Road{ID: fmt.Sprint("r", i), From: int32(i), To: int32(i + 1), First: int32(i), Lanes: 1, Length: m, Speed: 15})
		n.Lanes = append(n.Lanes, city.Lane{ID: fmt.Sprint("l", i), Road: int32(i), Length: m, Speed: 15, Allow: city.MotorVehicles})
		if i > 0 {
			c := city.Connection{From: int32(i - 1), To: int32(i), Length: 10, Speed: 15, Light: -1, Index: -1}
			if ph, ok := lights[i-1]; ok {
				c.Light, c.Index = int32(len(n.Lights)), 0
				n.Lights = append(n.Lights, city.Light{ID: fmt.Sprint("light", i), Places: 1, Phases: ph})
			}
			n.Connections = append(n.Connections, c)
		}
	}
	return n
}

// column is cars, one every so many seconds, all along the roads.
func column(n, roads int, every float64) *city.LaneDemand {
	d := &city.LaneDemand{Types: []city.VehicleType{car}}
	var all []int32
	for r := range roads {
		all = append(all, int32(r))
	}
	for i := range n {
		d.Journeys = append(d.Journeys, city.Journey{ID: fmt.Sprint("j", i), Depart: float64(i) * every, Roads: all, Routed: true})
	}
	return d
}

func run(t *testing.T, n *city.LaneNet, d *city.LaneDemand) *Sim {
	t.Helper()
	s, err := New(n, d, Config{Seed: 1})
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

// On an empty road a car takes its length by its speed, and half of that speed by its acceleration more, as it starts from a stand.
func TestFreeTime(t *testing.T) {
	s := run(t, street(nil, 300, 300), column(1, 2, 1))
	s.to(t, 100)
	want := (300+10+300)/15.0 + 15/(2*2.6)
	if x := s.Trips()[0]; math.Abs(x.Arrive-x.Enter-want) > 0.01 {
		t.Errorf("took %.2f s, want %.2f", x.Arrive-x.Enter, want)
	}
}

// A queue discharges at 1,900 vehicles/h, what SUMO's default cars and the microscopic engine give, and as many as the cycle's share of green.
func TestSaturationFlow(t *testing.T) {
	s := run(t, street(map[int][]city.LightPhase{0: {{State: "r", Duration: 120}, {State: "G", Duration: 600}}}, 600, 600), column(300, 2, 2.1))
	s.to(t, 125)
	before := s.st.Crossed[0]
	s.to(t, 185)
	if flow := float64(s.st.Crossed[0]-before) * 60; math.Abs(flow-1900) > 70 {
		t.Errorf("%.0f vehicles/h over the stop line, want 1,900", flow)
	}
}

// A red light fills the street behind it, no more enter than it holds, and after green the room comes back to the entry only as fast as the wave.
func TestSpillBack(t *testing.T) {
	s := run(t, street(map[int][]city.LightPhase{1: {{State: "r", Duration: 300}, {State: "G", Duration: 600}}}, 300, 150, 300), column(100, 3, 2.5))
	s.to(t, 299)
	on, standing := s.Count(1)
	if on != 20 || standing != 20 {
		t.Fatalf("%d vehicles on the full street, %d of them standing; it holds 20", on, standing)
	}
	crossed := s.st.Crossed[0]
	s.to(t, 300+25)
	if s.st.Crossed[0] != crossed {
		t.Errorf("somebody entered %d s after green; the wave takes 30 s over 150 m", 25)
	}
	s.to(t, 300+40)
	if s.st.Crossed[0] == crossed {
		t.Error("nobody entered 40 s after green")
	}
	s.to(t, 900)
	if f := s.Figures(); f.Finished != 100 {
		t.Errorf("%d of 100 arrived", f.Finished)
	}
}

// The moment from which a street has room, less the way there, may in single precision be just too early: who stands before it is tried again later
// in the same second, not for ever at the same moment.
func TestRoomByAHair(t *testing.T) {
	s := run(t, street(map[int][]city.LightPhase{1: {{State: "r", Duration: 300}, {State: "G", Duration: 600}}}, 300, 150, 300), column(100, 3, 2.5))
	s.net.over[0] = 0.625 + 1.0/65536 // half a unit in the last place of what is around 330
	s.to(t, 330)
	before := s.Snapshot()
	for i := range 2000 {
		if err := s.Restore(before); err != nil {
			t.Fatal(err)
		}
		s.st.Out[1] = s.st.In[1] - s.net.holds[1] + 1
		opens := 330 + s.net.over[0] + float32(i)/2100
		s.st.Felt[s.at(1, s.st.In[1]-s.net.holds[1])] = opens
		s.to(t, 331)
		if s.st.Crossed[0] != before.Crossed[0]+1 {
			t.Fatalf("with room from %v s on, the way there being %v s, %d crossed in second 330; want 1", opens, s.net.over[0], s.st.Crossed[0]-before.Crossed[0])
		}
	}
}

// A stream that gives way gets through in the gaps of the other, and not at all where there are none.
func TestGivesWay(t *testing.T) {
	for _, c := range []struct {
		every     float64 // s between the cars of the main stream
		least, of uint32
	}{{1000, 60, 60}, {12, 55, 60}, {2.8, 0, 15}} {
		n := street(nil, 300, 300)
		n.Roads = append(n.Roads, city.Road{ID: "side", From: 7, To: 1, First: 2, Lanes: 1, Length: 300, Speed: 15})
		n.Lanes = append(n.Lanes, city.Lane{ID: "side_0", Road: 2, Length: 300, Speed: 15, Allow: city.MotorVehicles})
		n.Connections = append(n.Connections, city.Connection{From: 2, To: 1, Length: 12, Speed: 8, Light: -1, Index: -1, Yields: []int32{0}})
		d := column(400, 2, c.every)
		for i := range 60 {
			d.Journeys = append(d.Journeys, city.Journey{ID: fmt.Sprint("s", i), Depart: float64(i) * 10, Roads: []int32{2, 1}, Routed: true})
		}
		sortByDeparture(d)
		s := run(t, n, d)
		s.to(t, 700)
		if got := s.st.Crossed[1]; got < c.least || got > c.of {
			t.Errorf("main stream every %g s: %d of 60 got through, want %d to %d", c.every, got, c.least, c.of)
		}
	}
}

// Phases that last fractions of seconds show from the first second that is not before their time, and the cycle keeps its length.
func TestProgramOfFractions(t *testing.T) {
	s := run(t, street(map[int][]city.LightPhase{0: {{State: "G", Duration: 2.5}, {State: "r", Duration: 3.8}}}, 200, 200), column(1, 2, 1))
	for sec := 1; sec < 200; sec++ {
		s.to(t, sec)
		at, want := math.Mod(float64(sec-1)+1e-9, 6.3), "r"
		if at < 2.5 {
			want = "G"
		}
		if string(s.st.Sig) != want {
			t.Fatalf("in second %d, %.1f s of its cycle of 6.3 s, it shows %s, want %s", sec, at, s.st.Sig, want)
		}
	}
}

func sortByDeparture(d *city.LaneDemand) {
	for i := range d.Journeys {
		for k := i; k > 0 && d.Journeys[k].Depart < d.Journeys[k-1].Depart; k-- {
			d.Journeys[k], d.Journeys[k-1] = d.Journeys[k-1], d.Journeys[k]
		}
	}
}

func town(t *testing.T, seconds int) (*city.LaneNet, *city.LaneDemand) {
	t.Helper()
	n, err := grid.New(grid.Town{Side: 6, Block: 200, Lanes: 3, Speed: 13.9, Signal: true})
	if err != nil {
		t.Fatal(err)
	}
	d, err := n.Demand(2.2, seconds, 3, 5)
	if err != nil {
		t.Fatal(err)
	}
	return &n.LaneNet, d
}

// Nobody is lost or doubled, a snapshot goes on as the run it was taken from, bit for bit, and nobody is on a lane that does not lead on.
func TestConservesAndRestores(t *testing.T) {
	n, d := town(t, 900)
	s := run(t, n, d)
	s.to(t, 600)
	snap := s.Snapshot()
	on := 0
	for l := range n.Lanes {
		for k := s.st.Out[l]; k < s.st.In[l]; k++ {
			on++
			v := s.st.Queue[s.at(int32(l), k)]
			if roads := d.Journeys[v].Roads; n.Lanes[l].Road != roads[s.st.At[v]] || int(s.st.At[v])+1 < len(roads) && !s.net.leads(int32(l), roads[s.st.At[v]+1]) {
				t.Fatalf("journey %s is on lane %s", d.Journeys[v].ID, n.Lanes[l].ID)
			}
		}
	}
	if x := s.Totals(); on != x.Running || x.Entered != x.Running+x.Finished || x.Due < x.Entered || x.Finished == 0 {
		t.Errorf("%d on lanes; %+v", on, x)
	}
	s.to(t, 1500)
	again := run(t, n, d)
	if err := again.Restore(snap); err != nil {
		t.Fatal(err)
	}
	again.to(t, 1500)
	if s.Hash() != again.Hash() {
		t.Error("a restored run differs")
	}
	if x := s.Figures(); x.Finished != len(d.Journeys) {
		t.Errorf("%d of %d arrived in the end", x.Finished, len(d.Journeys))
	}
	if err := again.Restore(State{}); err == nil {
		t.Error("the zero state is taken")
	}
}

// On a town of signals the mean travel time is the microscopic engine's within a sixth.
func TestAgreesWithMicro(t *testing.T) {
	n, d := town(t, 1200)
	s := run(t, n, d)
	s.to(t, 1800)
	m, err := micro.New(n, d, micro.Config{Seed: 1, Depart: micro.BestLane})
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Step(context.Background(), 1800*time.Second); err != nil {
		t.Fatal(err)
	}
	a, b := s.Figures(), m.Figures()
	if off := a.MeanTravel/b.MeanTravel - 1; math.Abs(off) > 1.0/6 || a.Vehicles != b.Vehicles {
		t.Errorf("mean travel time %.1f s, microscopic %.1f s", a.MeanTravel, b.MeanTravel)
	}
}

// A controller drives it as it drives the other engines, and does better than the program.
func TestDrive(t *testing.T) {
	n, d := town(t, 1200)
	fixed := run(t, n, d)
	fixed.to(t, 1800)
	s := run(t, n, d)
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
	n := street(nil, 300, 300)
	for name, c := range map[string]struct {
		mend func(*city.LaneDemand)
		says string
	}{
		"order":    {func(d *city.LaneDemand) { d.Journeys[1].Depart = -1 }, "departs before"},
		"unrouted": {func(d *city.LaneDemand) { d.Journeys[1].Routed = false }, "route it first"},
		"unjoined": {func(d *city.LaneDemand) { d.Journeys[1].Roads = []int32{1, 0} }, `road "r1" does not lead to road "r0"`},
		"nowhere":  {func(d *city.LaneDemand) { d.Journeys[1].Roads = []int32{9} }, "road 9 of 2"},
		"still":    {func(d *city.LaneDemand) { d.Types[0].MaxSpeed = 0 }, `type "car"`},
	} {
		d := column(3, 2, 1)
		c.mend(d)
		if _, err := New(n, d, Config{}); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: error %v, want one that says %q", name, err, c.says)
		}
	}
	s := run(t, street(map[int][]city.LightPhase{0: {{State: "G", Duration: 10}}}, 300, 300), column(1, 2, 1))
	if err := s.Show(0, []byte("GG")); err == nil {
		t.Error("a state of two letters for one place is taken")
	}
	if err := s.Show(1, []byte("G")); err == nil {
		t.Error("a light that is not there is taken")
	}
}
