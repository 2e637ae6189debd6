package micro

import (
	"cmp"
	"context"
	"math"
	"slices"
	"testing"
	"time"

	"citybrain/city"
	"citybrain/city/chance"
)

func sortByDeparture(d *city.LaneDemand) {
	slices.SortStableFunc(d.Journeys, func(a, b city.Journey) int { return cmp.Compare(a.Depart, b.Depart) })
}

// A parking manoeuvre holds the lane up, and nobody is hit as the car comes back; while it stands aside others pass. Each manoeuvre costs the lane
// 18 s of its flow (HCM 2000, eq. 16-9): the queue of 200 vehicles before a light passes it by so much later.
func TestParking(t *testing.T) {
	last := func(every int) (at float64, made int) {
		g := net(14, [4]int{0, 1, 1, 1800}, [4]int{1, 2, 1, 600})
		join(g, 0, 1, 10, nil, nil)
		signal(g, []city.LightPhase{{State: "r", Duration: 900}, {State: "G", Duration: 9000}}, 0)
		d := &city.LaneDemand{Types: []city.VehicleType{dawdler()}}
		stream(d, 0, 240, 0, 1, 0, 1)
		for i := range d.Journeys {
			if every > 0 && i%every == every-1 && i < 180 {
				d.Journeys[i].Stops = []city.JourneyStop{{Lane: 1, Start: 100, End: 150, Duration: 20, Off: 15}}
			}
		}
		s := run(t, g, d, Config{})
		was := 0
		for s.Crossed[0] < 200 {
			s.to(t, int(s.Second)+1)
			s.check(t)
			if len(s.Lot) != was {
				made, was = made+1, len(s.Lot)
			}
		}
		return float64(s.Second) - 900, made
	}
	free, _ := last(0)
	for _, every := range []int{60, 36} {
		got, made := last(every)
		lost := (got - free) / float64(made)
		t.Logf("%d manoeuvres: %.0f s instead of %.0f, %.1f s each", made, got, free, lost)
		if made < 2*(180/every)-1 || lost < 13 || lost > 23 {
			t.Errorf("%d manoeuvres cost %.1f s each, the HCM has 18", made, lost)
		}
	}
}

// A car stalls in water that is too deep and is towed when it has gone; most wait before it; a bus wades; nobody is lost.
func TestStallInWater(t *testing.T) {
	g := net(14, [4]int{0, 1, 1, 300}, [4]int{1, 2, 1, 300}, [4]int{2, 3, 1, 300})
	join(g, 0, 1, 10, nil, nil)
	join(g, 1, 2, 10, nil, nil)
	bus := car
	bus.Class, bus.Length = city.BusClass, 12
	d := &city.LaneDemand{Types: []city.VehicleType{car, bus}}
	stream(d, 1, 1, 0, 0, 0, 1, 2)
	stream(d, 0, 60, 5, 10, 0, 1, 2)
	seed := uint64(0)
	for luckOf(chance.New(seed, "micro/water").Bits(0, 0), 1) >= daring { // the first car's driver dares
		seed++
	}
	s := run(t, g, d, Config{Seed: seed})
	if err := s.Input(0, Water{Road: 1, Depth: 0.35}); err != nil {
		t.Fatal(err)
	}
	if err := s.Input(1000*time.Second, Water{Road: 1}); err != nil {
		t.Fatal(err)
	}
	for sec := 1; sec <= 990; sec++ {
		s.to(t, sec)
		s.check(t)
	}
	at := func(lane int) int { on, _ := s.Count(int32(lane)); return on }
	if s.Stalls < 1 || s.Stalls > 3 || at(1) != int(s.Stalls) || s.Ended != 1 || s.Arrive[0] < 250 {
		t.Fatalf("%d stalled, %d in the water, %d arrived; the bus at %d s", s.Stalls, at(1), s.Ended, s.Arrive[0])
	}
	snap := s.Snapshot()
	stalls := s.Stalls
	for sec := 991; sec <= 4000; sec++ {
		s.to(t, sec)
		s.check(t)
		if s.Towed > 0 && sec < 1800 {
			t.Fatalf("towed at %d s", sec)
		}
	}
	if x := s.Totals(); s.Towed != stalls || x.Finished+x.Towed != 61 || x.Running != 0 {
		t.Errorf("%+v, %d stalled", x, stalls)
	}
	if x := s.Trips(); !math.IsNaN(x[0].Arrive) == false {
		t.Errorf("the bus: %+v", x[0])
	}
	b := run(t, g, d, Config{Seed: seed})
	if err := b.Reset(snap); err != nil {
		t.Fatal(err)
	}
	b.to(t, 4000)
	if s.Hash() != b.Hash() {
		t.Error("restored, the run ends differently")
	}
}

// Where only the kerb's lane is under water the others are driven on; a shallow lane slows.
func TestWaterAtTheKerb(t *testing.T) {
	g := net(14, [4]int{0, 1, 2, 300}, [4]int{1, 2, 2, 400})
	join(g, 0, 2, 10, nil, nil)
	join(g, 1, 3, 10, nil, nil)
	d := &city.LaneDemand{Types: []city.VehicleType{dawdler()}}
	stream(d, 0, 100, 0, 4, 0, 1)
	s := run(t, g, d, Config{Seed: 1})
	if err := s.Input(0, LaneWater{Lane: 2, Depth: 0.4}); err != nil {
		t.Fatal(err)
	}
	for sec := 1; sec <= 700; sec++ {
		s.to(t, sec)
		s.check(t)
	}
	if x := s.Totals(); x.Finished+int(s.Stalls) < 98 || x.Finished < 80 {
		t.Errorf("%+v, %d stalled", x, s.Stalls)
	}
	if err := s.Input(s.Now(), LaneWater{Lane: 9, Depth: 1}); err == nil {
		t.Error("water on a lane that is not there is taken")
	}
}

// Stops beside the lane and walkers allocate nothing either, once as many stand aside as ever will.
func TestStopsAllocateNothing(t *testing.T) {
	g := net(14, [4]int{0, 1, 1, 400}, [4]int{1, 2, 1, 300})
	join(g, 0, 1, 10, nil, nil)
	g.Crosswalks = []city.Crosswalk{{ID: "x", Light: -1, Index: -1, Length: 7, Over: []city.Over{{Connection: 0, Path: 4, Walk: 3.5}}}}
	d := &city.LaneDemand{Types: []city.VehicleType{dawdler()}}
	stream(d, 0, 1000, 0, 5, 0, 1)
	for i := range d.Journeys {
		if i%10 == 0 {
			d.Journeys[i].Stops = []city.JourneyStop{{Lane: 1, Start: 100, End: 150, Duration: 30, Off: 8}}
		}
	}
	afoot(d, 300, 20, 0)
	s := run(t, g, d, Config{})
	at := 1500
	s.to(t, at)
	if a := testing.AllocsPerRun(300, func() {
		at++
		if err := s.Step(context.Background(), time.Duration(at)*time.Second); err != nil {
			t.Fatal(err)
		}
	}); a > 0.05 {
		t.Errorf("%.2f allocations a step", a)
	}
}
