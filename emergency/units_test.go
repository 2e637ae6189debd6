package emergency

import (
	"math"
	"testing"
	"time"

	"citybrain/city"
)

// district is a road of n nodes with a fire, a police and an ambulance station at its start, two hospitals, and a border at its end.
func district(n int) *city.City {
	c := road(n)
	c.Places = append(c.Places, city.Place{ID: "fire", Kind: city.FireStation, Node: 0, Capacity: 4}, city.Place{ID: "police", Kind: city.PoliceStation, Node: 0, Capacity: 20},
		city.Place{ID: "h2", Kind: city.Hospital, Node: 0})
	c.Streets.Nodes[n-1].Border = true
	return c
}

const noon = 13 * 3600

func units(s *Sim, k Kind) (list []int) {
	for i := range s.Units() {
		if s.Units()[i].Kind == k && !s.Units()[i].Lent() {
			list = append(list, i)
		}
	}
	return list
}

// A fire has its chain: it is answered when the first engine is there, full when all are, over when all have left, and a fire that grows
// needs more.
func TestAFireNeedsAChain(t *testing.T) {
	c := district(11)
	s, err := New(c, Config{DaySecond: noon})
	if err != nil {
		t.Fatal(err)
	}
	w := NewTimed(&c.Streets, free(c))
	call := Call{ID: "f", Kind: Fire, Node: 5, Priority: 1, Inside: 10, OnScene: 600, HandOver: 300}
	call.Needs[FireEngine], call.Needs[PoliceCar] = 3, 1
	call.Growth.After, call.Growth.Alone, call.Growth.Needs[FireEngine] = 100, 900, 1
	s.Ring(call)
	s.PickUp(0, "f", 0)
	engines, cars := units(s, FireEngine), units(s, PoliceCar)
	if s.Assign(units(s, Ambulance)[0], 0, nil) == nil {
		t.Error("a fire that needs no ambulance took one")
	}
	for _, u := range []int{engines[0], engines[1], cars[0]} {
		if err := s.Assign(u, 0, nil); err != nil {
			t.Fatal(err)
		}
	}
	if s.Assign(cars[1], 0, nil) == nil {
		t.Error("a second police car was taken where one is needed")
	}
	if m := s.Calls()[0].Missing(); m[FireEngine] != 1 || m[PoliceCar] != 0 {
		t.Errorf("missing %v", m)
	}
	s.Step(200*time.Second, w)
	k := s.Calls()[0]
	// 80 s of turnout and 50 s of driving; the police car, which turns out in 30 s, does not answer a fire.
	if math.Abs(k.Kerb-130) > 1 || !math.IsNaN(k.Full) {
		t.Errorf("kerb at %g, full at %g", k.Kerb, k.Full)
	}
	if err := s.Assign(engines[2], 0, nil); err != nil {
		t.Fatal(err)
	}
	s.Step(240*time.Second, w)
	if m := s.Calls()[0].Missing(); m[FireEngine] != 1 {
		t.Errorf("after it has grown %v is missing", m)
	}
	s.Step(1200*time.Second, w)
	if k = s.Calls()[0]; math.Abs(k.Full-330) > 1 || math.Abs(k.Clear-940) > 2 || len(k.Units) != 0 {
		t.Errorf("full at %g, clear at %g, still there %v", k.Full, k.Clear, k.Units)
	}
}

func TestAUnitIsSentOnToAMoreUrgentCall(t *testing.T) {
	c := district(11)
	s, _ := New(c, Config{DaySecond: noon})
	w := NewTimed(&c.Streets, free(c))
	for i, p := range []int{3, 1, 3} {
		s.Ring(Call{ID: string(rune('a' + i)), Node: int32(9 - 6*i%8), Priority: p, OnScene: 100})
		s.PickUp(i, s.Calls()[i].ID, 0)
	}
	u := units(s, Ambulance)[0]
	if err := s.Assign(u, 0, nil); err != nil {
		t.Fatal(err)
	}
	s.Step(80*time.Second, w)
	if s.Divert(u, 2, nil) == nil {
		t.Error("it left a call for one that is no more urgent")
	}
	if err := s.Divert(u, 1, nil); err != nil {
		t.Fatal(err)
	}
	if a := s.Calls()[0]; a.Missing()[Ambulance] != 1 || len(a.Units) != 0 || !math.IsNaN(a.Assigned) {
		t.Errorf("the call that it left: %+v", a)
	}
	s.Step(100*time.Second, w)
	if b := s.Calls()[1]; math.Abs(b.Kerb-90) > 2 || b.Rolling != 80 || s.Counts().Diverted != 1 {
		t.Errorf("kerb at %g, rolling at %g", b.Kerb, b.Rolling)
	}
	if s.Divert(u, 1, nil) == nil || s.Recall(u) == nil {
		t.Error("a unit on scene was sent on or called off")
	}
}

func TestARecalledUnitIsFreeAndItsCallWaits(t *testing.T) {
	c := district(11)
	s, _ := New(c, Config{DaySecond: noon})
	w := NewTimed(&c.Streets, free(c))
	s.Ring(Call{ID: "a", Node: 9, Priority: 2, OnScene: 100})
	list := units(s, Ambulance)
	for _, u := range list {
		if err := s.Assign(u, 0, nil); err != nil {
			t.Fatal(err)
		}
		s.Step(90*time.Second, w)
		if err := s.Recall(u); err != nil {
			t.Fatal(err)
		}
		if x := s.Units()[u]; x.Call != -1 || !x.Status.Free() || s.Calls()[0].Missing()[Ambulance] != 1 {
			t.Errorf("recalled it is %v with call %d", x.Status, x.Call)
		}
	}
	s.Step(400*time.Second, w)
	if x := s.Units()[list[0]]; x.Status != AtStation || x.Node != 0 {
		t.Errorf("it is %v at node %d", x.Status, x.Node)
	}
}

// Near the end of a shift only what is urgent is taken; then the crew changes; a meal is left for what is life-threatening alone; who has no
// fuel goes nowhere.
func TestCrewsBind(t *testing.T) {
	c := district(4)
	w := NewTimed(&c.Streets, free(c))
	s, _ := New(c, Config{DaySecond: 18.6 * 3600})
	u := units(s, Ambulance)[0]
	s.Ring(Call{ID: "a", Node: 3, Priority: 3})
	if s.Assign(u, 0, nil) == nil || s.Takes(&s.Units()[u]) != 2 {
		t.Errorf("24 min before the end of its shift it takes up to %d", s.Takes(&s.Units()[u]))
	}
	s.Step(1500*time.Second, w) // 19:01
	if x := s.Units()[u]; x.Status != ShiftChange || s.Takes(&x) != 0 {
		t.Errorf("at the shift's end it is %v", x.Status)
	}
	s.Step(2100*time.Second, w)
	if x := s.Units()[u]; x.Status != AtStation || s.Takes(&x) != 3 {
		t.Errorf("after it it is %v", x.Status)
	}
	s, _ = New(c, Config{DaySecond: 11 * 3600, Range: func(i int) float64 {
		if i == 1 {
			return 0.1
		}
		return 1
	}})
	u = units(s, Ambulance)[0]
	s.Ring(Call{ID: "a", Node: 3, Priority: 2})
	s.Ring(Call{ID: "b", Node: 3, Priority: 1})
	s.Step(60*time.Second, w)
	if x := s.Units()[1]; x.Status != Refuel {
		t.Errorf("with fuel for 45 km it is %v", x.Status)
	}
	if x := s.Units()[u]; x.Status != Meal || s.Assign(u, 0, nil) == nil {
		t.Errorf("at eleven it is %v", x.Status)
	}
	if err := s.Assign(u, 1, nil); err != nil {
		t.Errorf("it does not leave its meal: %v", err)
	}
	s.Step(3600*time.Second, w)
	if x := s.Units()[1]; x.Range != rangeFull {
		t.Errorf("it has fuel for %g km", x.Range/1000)
	}
	if x := s.Units()[u]; !(x.Range < rangeFull-590) {
		t.Errorf("after 600 m there is fuel for %g m", x.Range)
	}
}

// A full hospital turns ambulances away; who comes all the same waits until a bay is free, first come first served.
func TestHospitalsDivertAndBlock(t *testing.T) {
	c := district(8)
	for _, full := range []bool{false, true} {
		s, _ := New(c, Config{DaySecond: noon})
		w := NewTimed(&c.Streets, free(c))
		s.Walkers(0, 3)
		if full {
			s.Walkers(1, 3)
		}
		for i := range 2 {
			s.Ring(Call{ID: string(rune('a' + i)), Node: 6, Priority: 1, OnScene: 60, Carry: true, HandOver: 300})
			if err := s.Assign(units(s, Ambulance)[i], i, nil); err != nil {
				t.Fatal(err)
			}
		}
		s.Step(400*time.Second, w)
		for i, u := range units(s, Ambulance) {
			switch x := s.Units()[u]; {
			case full && (x.Status != Blocked || x.Node != 7):
				t.Errorf("unit %d is %v at node %d, the nearest has no bay", i, x.Status, x.Node)
			case !full && (x.Status != HandOver || x.Node != 0):
				t.Errorf("unit %d is %v at node %d, the nearest turns it away", i, x.Status, x.Node)
			}
		}
		if !full {
			continue
		}
		s.Walkers(0, 2)
		s.Step(500*time.Second, w)
		if a, b := s.Units()[0], s.Units()[1]; a.Status != HandOver || b.Status != Blocked {
			t.Errorf("with one bay free they are %v and %v", a.Status, b.Status)
		}
	}
}

func TestAnAdvisedHospitalIsGoneTo(t *testing.T) {
	c := district(8)
	s, _ := New(c, Config{DaySecond: noon})
	w := NewTimed(&c.Streets, free(c))
	s.Ring(Call{ID: "a", Node: 6, Priority: 1, OnScene: 60, Carry: true, HandOver: 300})
	u := units(s, Ambulance)[0]
	if err := s.Assign(u, 0, nil); err != nil || s.Bring(u, 1) == nil {
		t.Errorf("assigned: %v; told before it has a patient", err)
	}
	s.Step(150*time.Second, w)
	if err := s.Bring(u, 1); err != nil {
		t.Fatal(err)
	}
	s.Step(300*time.Second, w)
	if x := s.Units()[u]; x.Status != HandOver || x.Node != 0 {
		t.Errorf("it is %v at node %d", x.Status, x.Node)
	}
}

// The neighbour's unit comes over the border, helps and goes home; no more come than it can spare.
func TestTheNeighbourHelps(t *testing.T) {
	c := district(11)
	aid := Needs{}
	aid[Ambulance] = 1
	s, _ := New(c, Config{DaySecond: noon, Aid: aid})
	w := NewTimed(&c.Streets, free(c))
	s.Ring(Call{ID: "a", Node: 8, Priority: 1, OnScene: 60})
	s.Ring(Call{ID: "b", Node: 8, Priority: 1, OnScene: 60})
	if s.Lend(0, FireEngine, 100) == nil {
		t.Error("it lent what it has not")
	}
	if err := s.Lend(0, Ambulance, 400); err != nil {
		t.Fatal(err)
	}
	if s.Lend(1, Ambulance, 400) == nil {
		t.Error("it lent one unit twice")
	}
	s.Step(600*time.Second, w)
	if k := s.Calls()[0]; math.Abs(k.Kerb-420) > 1 {
		t.Errorf("kerb at %g", k.Kerb)
	}
	if x := s.Units()[len(s.Units())-1]; x.Status != Away {
		t.Errorf("afterwards it is %v", x.Status)
	}
}

func TestSnapshotsOfTheServiceRestore(t *testing.T) {
	c := district(11)
	s, _ := New(c, Config{DaySecond: noon})
	w := NewTimed(&c.Streets, free(c))
	s.Ring(Call{ID: "a", Node: 8, Priority: 1, OnScene: 60})
	before := s.Snapshot()
	if err := s.Assign(0, 0, nil); err != nil {
		t.Fatal(err)
	}
	s.Walkers(0, 2)
	s.Step(300*time.Second, w)
	s.Reset(before)
	if k := s.Calls()[0]; len(k.Units) != 0 || s.Units()[0].Status != AtStation || s.Hospitals()[0].Walk != 0 {
		t.Errorf("after the reset %+v", k)
	}
}

// Who waits longer than patience allows hangs up, is called back when nobody rings, and nobody is lost.
func TestCallTakersAreAQueue(t *testing.T) {
	d := NewDesk(1)
	d.Ring(Phone{ID: 1, Ring: 0, Patience: 100, Talk: 120})
	d.Ring(Phone{ID: 2, Ring: 10, Patience: 60, Talk: 50})
	d.Ring(Phone{ID: 3, Ring: 20, Patience: 500, Talk: 50})
	var got []PhoneEvent
	for _, until := range []float64{50, 100, 150, 200, 250, 300} {
		got = append(got, d.Step(until)...)
	}
	want := []PhoneEvent{{Phone{ID: 1}, 5, PickedUp}, {Phone{ID: 2}, 70, HungUp}, {Phone{ID: 3}, 125, PickedUp}, {Phone{ID: 2}, 175, CalledBack}}
	if len(got) != len(want) {
		t.Fatalf("got %+v", got)
	}
	for i, w := range want {
		if got[i].ID != w.ID || got[i].At != w.At || got[i].What != w.What {
			t.Errorf("event %d: %+v, want %+v", i, got[i], w)
		}
	}
	if a := d.Answers; a.Rung != 3 || a.PickedUp != 2 || a.HungUp != 1 || a.CalledBack != 1 || a.WaitS != 110 {
		t.Errorf("%+v", a)
	}
}
