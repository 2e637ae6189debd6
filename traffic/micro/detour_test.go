package micro

import (
	"context"
	"testing"
	"time"

	"citybrain/city"
)

// fork is a road whose left lane leads to a short way and whose right lane to a long one; both lead to the last road.
func fork() *city.LaneNet {
	n := &city.LaneNet{}
	for i, m := range []float64{200, 100, 300, 200} { // in, short, long, out
		lanes := int32(1)
		if i == 0 {
			lanes = 2
		}
		n.Roads = append(n.Roads, city.Road{ID: string(rune('a' + i)), First: int32(len(n.Lanes)), Lanes: lanes, Length: m, Speed: 14})
		for range lanes {
			n.Lanes = append(n.Lanes, city.Lane{ID: "lane", Road: int32(i), Length: m, Speed: 14, Allow: city.MotorVehicles})
		}
	}
	join := func(from, to int32) int32 {
		n.Connections = append(n.Connections, city.Connection{From: from, To: to, Length: 10, Speed: 14, Light: -1, Index: -1, KeepClear: true})
		return int32(len(n.Connections) - 1)
	}
	join(0, 3) // the kerb's lane to the long way
	join(1, 2)
	x, y := join(2, 4), join(3, 4)
	n.Connections[0].Foes, n.Connections[1].Foes = []int32{1}, []int32{0}
	n.Connections[x].Foes, n.Connections[y].Foes = []int32{y}, []int32{x}
	return n
}

// Who finds the way ahead full goes another one if drivers do, from whichever lane he is on, and waits for ever if they don't.
func TestWhoStandsTooLongTakesAnotherWay(t *testing.T) {
	for _, test := range []struct {
		detours bool
		least   int
	}{{true, 30}, {false, 0}} {
		n := fork()
		// The left lane leads to the long way too, so that who stands there can take it.
		n.Connections = append(n.Connections[:2], append([]city.Connection{{From: 1, To: 3, Length: 12, Speed: 14, Light: -1, Index: -1, KeepClear: true}}, n.Connections[2:]...)...)
		n.Connections[3].Foes, n.Connections[4].Foes = []int32{4}, []int32{3}
		d := &city.LaneDemand{Types: []city.VehicleType{{ID: "car", Class: city.PassengerCar, Length: 4.8, Gap: 2.5, MaxSpeed: 40, Accel: 2.6, Decel: 4.5, Brake: 9, Headway: 1, SpeedMean: 1, LaneChange: true}}}
		for i := range 60 {
			d.Journeys = append(d.Journeys, city.Journey{ID: "j", Depart: float64(10 * i), Routed: true, Roads: []int32{0, 1, 3}})
		}
		s, err := New(n, d, Config{Seed: 1, Impatient: test.detours})
		if err != nil {
			t.Fatal(err)
		}
		if err := s.Input(0, Block{Lane: 2, At: 90, Length: 5, For: 2 * time.Hour}); err != nil {
			t.Fatal(err)
		}
		if err := s.Step(context.Background(), 30*time.Minute); err != nil {
			t.Fatal(err)
		}
		if x := s.Totals(); x.Finished < test.least || test.least == 0 && x.Finished > 0 {
			t.Errorf("detours %v: %d of %d arrived, at least %d should", test.detours, x.Finished, x.Due, test.least)
		}
	}
}
