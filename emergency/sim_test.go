package emergency

import (
	"fmt"
	"math"
	"testing"
	"time"

	"citybrain/city"
	"citybrain/routing"
	"github.com/paulmach/orb"
)

// road is a straight street of n nodes, 100 m apart, with an ambulance station at one end and a hospital at the other.
func road(n int) *city.City {
	c := &city.City{Name: city.Text{En: "Road"}}
	s := &c.Streets
	for i := range n {
		s.Nodes = append(s.Nodes, city.Node{ID: fmt.Sprint(i), At: orb.Point{float64(i) * 100, 0}, Junction: -1})
	}
	for i := range n - 1 {
		for _, e := range [][2]int{{i, i + 1}, {i + 1, i}} {
			s.Links = append(s.Links, city.Link{ID: fmt.Sprint("l", len(s.Links)), From: int32(e[0]), To: int32(e[1]), Line: orb.LineString{s.Nodes[e[0]].At, s.Nodes[e[1]].At}, Length: 100, Speed: 10, Lanes: 1})
		}
	}
	for a := range s.Links {
		for b := range s.Links {
			if s.Links[a].To == s.Links[b].From && s.Links[a].From != s.Links[b].To {
				s.Turns = append(s.Turns, city.Turn{From: int32(a), To: int32(b)})
			}
		}
	}
	c.Places = []city.Place{{ID: "st", Kind: city.AmbulanceStation, Node: 0, Capacity: 2}, {ID: "h", Kind: city.Hospital, Node: int32(n - 1)}}
	return c
}

func free(c *city.City) []float32 {
	f := make([]float32, len(c.Streets.Links))
	for i := range f {
		f[i] = 10
	}
	return f
}

func TestTheClocksOfACall(t *testing.T) {
	c := road(11)
	s, err := New(c, Config{DaySecond: 13 * 3600})
	if err != nil {
		t.Fatal(err)
	}
	w := NewTimed(&c.Streets, free(c))
	s.Ring(Call{ID: "a", Ring: 0, Node: 6, Priority: 1, Locate: 15, Triage: 20, Inside: 100, OnScene: 200, Carry: true, HandOver: 900})
	s.PickUp(0, "b", 15)
	s.Step(60*time.Second, w)
	if err := s.Assign(0, 0, nil); err != nil {
		t.Fatal(err)
	}
	s.Step(3000*time.Second, w)
	k := s.Calls()[0]
	want := Clocks{PickUp: 15, Located: 30, Triaged: 50, Full: 180, Assigned: 60, Rolling: 120, Kerb: 180, Patient: 280, Hospital: 520, Clear: 1420}
	for name, v := range map[string][2]float64{"pick-up": {k.PickUp, want.PickUp}, "located": {k.Located, want.Located}, "triaged": {k.Triaged, want.Triaged}, "full": {k.Full, want.Full}, "assigned": {k.Assigned, want.Assigned}, "rolling": {k.Rolling, want.Rolling}, "kerb": {k.Kerb, want.Kerb}, "patient": {k.Patient, want.Patient}, "hospital": {k.Hospital, want.Hospital}, "clear": {k.Clear, want.Clear}} {
		if math.Abs(v[0]-v[1]) > 1 {
			t.Errorf("%s at %g s, want %g", name, v[0], v[1])
		}
	}
	if u := s.Units()[0]; u.Status != AtStation || u.Node != 0 {
		t.Errorf("afterwards the unit is %v at node %d", u.Status, u.Node)
	}
}

func TestABusyUnitIsNotSentTwice(t *testing.T) {
	c := road(5)
	s, _ := New(c, Config{DaySecond: 13 * 3600})
	s.Ring(Call{ID: "a", Node: 3, Priority: 2})
	s.Ring(Call{ID: "b", Node: 4, Priority: 2})
	if err := s.Assign(0, 0, nil); err != nil {
		t.Fatal(err)
	}
	if s.Assign(0, 1, nil) == nil || s.Assign(1, 0, nil) == nil || s.Assign(9, 1, nil) == nil {
		t.Error("a wrong assignment was accepted")
	}
}

func TestAUnitShutInWaitsAndGoesOn(t *testing.T) {
	c := road(6)
	s, _ := New(c, Config{DaySecond: 13 * 3600})
	s.Ring(Call{ID: "a", Node: 4, Priority: 2})
	if err := s.Assign(0, 0, nil); err != nil {
		t.Fatal(err)
	}
	closed := free(c)
	for i := range closed {
		if c.Streets.Links[i].From == 2 {
			closed[i] = routing.Closed
		}
	}
	w := NewTimed(&c.Streets, closed)
	s.Step(300*time.Second, w)
	if !math.IsNaN(s.Calls()[0].Kerb) {
		t.Fatal("it drove through a closed street")
	}
	w.Set(free(c))
	s.Step(700*time.Second, w)
	if math.IsNaN(s.Calls()[0].Kerb) {
		t.Error("it never went on")
	}
}

func TestNearestIsByTheNetwork(t *testing.T) {
	c := road(9)
	d := NewDispatcher(&c.Streets)
	units := []Candidate{{Unit: 0, Free: true, Node: 0}, {Unit: 1, Free: true, Node: 8}, {Unit: 2, Free: false, Node: 4}, {Unit: 3, Free: true, Node: 3, Late: 60}}
	if u, eta := d.Nearest(units, 3, free(c)); u != 0 || eta != 30 {
		t.Errorf("unit %d in %g s, want 0 in 30", u, eta)
	}
	slow := free(c)
	for i := range slow {
		if c.Streets.Links[i].From == 1 {
			slow[i] = routing.Closed
		}
	}
	if u, _ := d.Nearest(units, 3, slow); u != 1 {
		t.Errorf("unit %d, want 1: the way of unit 0 is closed", u)
	}
	if u, _ := d.Nearest(units[2:3], 3, slow); u != -1 {
		t.Errorf("unit %d, but none is free", u)
	}
}

// A ring of streets, both ways round of which lead to the call: the advised one is taken, unless it is closed.
func TestTheAdvisedWayIsTakenWhileItIsOpen(t *testing.T) {
	for _, shut := range []bool{false, true} {
		c := road(6)
		// A second street from 0 to 4, as quick as four of the first.
		c.Streets.Links = append(c.Streets.Links, city.Link{ID: "by", From: 0, To: 4, Line: orb.LineString{{0, 0}, {400, 0}}, Length: 400, Speed: 8, Lanes: 1})
		by := int32(len(c.Streets.Links) - 1)
		s, err := New(c, Config{DaySecond: 13 * 3600})
		if err != nil {
			t.Fatal(err)
		}
		w := free(c)
		w[by] = 50
		if shut {
			w[by] = routing.Closed
		}
		s.Ring(Call{ID: "a", Node: 4, Priority: 2})
		if err := s.Assign(0, 0, []int32{by}); err != nil {
			t.Fatal(err)
		}
		s.Step(62*time.Second, NewTimed(&c.Streets, w))
		if on := s.Units()[0].Link; (on == by) == shut {
			t.Errorf("shut %v: it drives on link %d, advised %d", shut, on, by)
		}
	}
}
