package micro

import (
	"math"
	"testing"
	"time"

	"citybrain/city"
)

// kindOf is a type of a class, of a length and speed, with a car's other parameters.
func kindOf(class city.VehicleClass, length, speed float64) city.VehicleType {
	k := car
	k.Class, k.Length, k.MaxSpeed = class, length, speed
	return k
}

// Two-wheelers ride on their lane beside the cars', buses on theirs, trucks and taxis where cars drive; everyone at his own speed: a slow one on his own lane
// holds up nobody else.
func TestLanesOfClasses(t *testing.T) {
	g := net(14, [4]int{0, 1, 3, 500}, [4]int{1, 2, 3, 500})
	for l := range int32(3) {
		join(g, l, 3+l, 10, nil, nil)
	}
	cycle, bus, all := city.EBike|city.Bicycle, city.BusClass, city.PassengerCar|city.TaxiClass|city.TruckClass|city.Motorcycle
	for l := range g.Lanes {
		g.Lanes[l].Allow = []city.VehicleClass{cycle, bus, all}[l%3]
	}
	kinds := []city.VehicleType{kindOf(city.Bicycle, 1.6, 5), kindOf(city.EBike, 1.9, 7), kindOf(city.BusClass, 12, 11), car, kindOf(city.TaxiClass, 5, 50), kindOf(city.TruckClass, 10, 50), kindOf(city.Motorcycle, 2.2, 50)}
	d := &city.LaneDemand{Types: kinds}
	for k := range kinds {
		stream(d, int32(k), 10, float64(k), 30, 0, 1)
	}
	sortByDeparture(d)
	s := run(t, g, d, Config{})
	for sec := 1; sec <= 800; sec++ {
		s.to(t, sec)
		s.check(t)
		for l := range g.Lanes {
			for _, c := range s.Segments[l] {
				if g.Lanes[l].Allow&kinds[c.Kind].Class == 0 {
					t.Fatalf("second %d: class %b on lane %d, which allows %b", sec, kinds[c.Kind].Class, l, g.Lanes[l].Allow)
				}
			}
		}
	}
	for _, x := range s.Trips() {
		if math.IsNaN(x.Arrive) {
			t.Fatalf("journey %d has not arrived", x.Journey)
		}
		if k := kinds[d.Journeys[x.Journey].Type]; k.Class == car.Class && x.Arrive-x.Enter > 1010/14.0+12 || k.Class == city.Bicycle && x.Arrive-x.Enter < 1000/5.0 {
			t.Errorf("class %b took %g s", k.Class, x.Arrive-x.Enter)
		}
	}
}

// A tram on its own track in the middle of the street is held up by no queue of cars, and cars that turn over the track let it go first.
func TestTram(t *testing.T) {
	// road 0: a lane for cars that turn left over the track (lane 1) to road 2; road 1 goes on for the tram and cars behind a red light
	g := net(14, [4]int{0, 1, 2, 400}, [4]int{1, 2, 2, 400}, [4]int{1, 3, 1, 400})
	g.Lanes[1].Allow, g.Lanes[3].Allow = city.TramClass, city.TramClass
	join(g, 0, 4, 16, []int32{1}, []int32{1}) // 0: cars over the track
	join(g, 1, 3, 16, nil, []int32{0})        // 1: the tram
	d := &city.LaneDemand{Types: []city.VehicleType{car, kindOf(city.TramClass, 30, 50/3.6)}}
	stream(d, 0, 120, 0, 3, 0, 2)
	stream(d, 1, 8, 20, 45, 0, 1)
	sortByDeparture(d)
	s := run(t, g, d, Config{})
	for sec := 1; sec <= 900; sec++ {
		s.to(t, sec)
		s.check(t)
		if len(s.Segments[s.net.lanes]) > 0 {
			for _, tram := range s.Segments[s.net.lanes+1] {
				car := s.Segments[s.net.lanes][0]
				if f := s.net.foes[s.net.foeAt[1]]; tram.Pos > f.begin()+2 && tram.Pos-30 < f.end()-2 && car.Pos > f.begin()+2 && car.Pos-5 < f.end()-2 {
					t.Fatalf("second %d: a tram at %g m and a car at %g m are in one place", sec, tram.Pos, car.Pos)
				}
			}
		}
	}
	cars := 0
	for _, x := range s.Trips() {
		if d.Journeys[x.Journey].Type == 0 {
			if !math.IsNaN(x.Arrive) {
				cars++
			}
			continue
		}
		if free := 816/(50/3.6) + 50/3.6/(2*2.6); x.Arrive-x.Enter > free+5 || math.IsNaN(x.Arrive) {
			t.Errorf("a tram takes %g s, on a free track %.0f", x.Arrive-x.Enter, free)
		}
	}
	if cars != 120 {
		t.Errorf("%d of 120 cars got over the track", cars)
	}
}

// Where a lane ends those on it are let in: the merge passes what one lane carries, both lanes take turns and nobody stands for long.
func TestLetsIn(t *testing.T) {
	g := net(14, [4]int{0, 1, 2, 500}, [4]int{1, 2, 1, 500})
	join(g, 1, 2, 10, nil, nil) // lane 0 ends
	d := &city.LaneDemand{Types: []city.VehicleType{dawdler()}}
	stream(d, 0, 1500, 0, 1.3, 0, 1)
	s := run(t, g, d, Config{Depart: BestLane})
	blockedOff := run(t, g, d, Config{Depart: FirstLane})
	for _, x := range []*Sim{s, blockedOff} {
		x.to(t, 600)
		from := x.Crossed[0]
		most := uint8(0)
		for sec := 601; sec <= 1800; sec++ {
			x.to(t, sec)
			x.check(t)
			for _, c := range x.Segments[0] {
				most = max(most, c.Still)
			}
		}
		if flow := float64(x.Crossed[0]-from) * 3; flow < 1150 || flow > 1900 || most > 60 {
			t.Errorf("%.0f vehicles/h get past the end of a lane; one stood %d s at it", flow, most)
		}
	}
}

// Who can't leave a junction waits before it: while the exit is full the other street drives on.
func TestKeepsClear(t *testing.T) {
	through := func(clear bool) int {
		// 0 leads over the junction into 1, which ends at a red light; 2 crosses into 3
		g := net(14, [4]int{0, 4, 1, 300}, [4]int{4, 5, 1, 60}, [4]int{2, 4, 1, 300}, [4]int{4, 3, 1, 300}, [4]int{5, 6, 1, 100})
		join(g, 0, 1, 14, nil, []int32{2}).KeepClear = clear
		join(g, 1, 4, 10, nil, nil)
		join(g, 2, 3, 14, []int32{0}, []int32{0})
		signal(g, []city.LightPhase{{State: "r", Duration: 3000}}, 1)
		d := &city.LaneDemand{Types: []city.VehicleType{dawdler()}}
		stream(d, 0, 60, 0, 4, 0, 1, 4)
		stream(d, 0, 60, 100, 10, 2, 3)
		sortByDeparture(d)
		s := run(t, g, d, Config{})
		for sec := 1; sec <= 900; sec++ {
			s.to(t, sec)
			if clear {
				s.check(t)
				if sec > 120 && len(s.Segments[s.net.lanes]) > 0 {
					t.Fatalf("second %d: somebody stands in the junction", sec)
				}
			}
		}
		return int(s.Crossed[2])
	}
	if got := through(true); got < 58 {
		t.Errorf("%d of 60 cross behind a full exit", got)
	}
	if got := through(false); got > 20 {
		t.Errorf("%d of 60 cross though the junction is not kept clear", got)
	}
}

// An accident on one of two lanes leaves about a third of the street's flow (HCM 2000, exhibit 22-6: 0.35 for one of two lanes closed; the
// model, in which nobody slows down to look, a little more), and all of it again when it is gone.
func TestIncidentCapacity(t *testing.T) {
	g := net(14, [4]int{0, 1, 2, 1500}, [4]int{1, 2, 2, 600})
	join(g, 0, 2, 10, nil, nil)
	join(g, 1, 3, 10, nil, nil)
	signal(g, []city.LightPhase{{State: "rr", Duration: 600}, {State: "GG", Duration: 6000}}, 0, 1)
	d := &city.LaneDemand{Types: []city.VehicleType{dawdler()}}
	stream(d, 0, 3000, 0, 1, 0, 1)
	flow := func(hit bool) float64 {
		s := run(t, g, d, Config{Depart: BestLane})
		if hit {
			if err := s.Input(0, Block{Lane: 2, At: 200, Length: 10, For: time.Hour}); err != nil {
				t.Fatal(err)
			}
		}
		s.to(t, 720)
		from := s.Ended
		for sec := 721; sec <= 960; sec++ {
			s.to(t, sec)
			s.check(t)
		}
		return float64(s.Ended - from)
	}
	free, hit := flow(false), flow(true)
	t.Logf("%.2f of the flow is left", hit/free)
	if hit/free < 0.3 || hit/free > 0.55 {
		t.Errorf("an accident leaves %.2f of the flow", hit/free)
	}
}
