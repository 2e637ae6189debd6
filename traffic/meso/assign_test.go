package meso

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"citybrain/city"
)

// fork is a road that splits into a short way with a signal that lets few through and a long one, which meet again.
func fork() *city.LaneNet {
	n := &city.LaneNet{}
	for i, m := range []float64{200, 400, 700, 200} { // in, short, long, out
		n.Roads = append(n.Roads, city.Road{ID: fmt.Sprint("r", i), First: int32(i), Lanes: 1, Length: m, Speed: 15})
		n.Lanes = append(n.Lanes, city.Lane{ID: fmt.Sprint("l", i), Road: int32(i), Length: m, Speed: 15, Allow: city.MotorVehicles})
	}
	join := func(from, to, light int32) {
		n.Connections = append(n.Connections, city.Connection{From: from, To: to, Length: 10, Speed: 15, Light: light, Index: min(0, light)})
	}
	join(0, 1, -1)
	join(0, 2, -1)
	join(1, 3, 0)
	join(2, 3, -1)
	n.Lights = []city.Light{{ID: "meter", Places: 1, Phases: []city.LightPhase{{State: "G", Duration: 10}, {State: "r", Duration: 20}}}}
	return n
}

// Everyone would take the short way until its queue makes it the longer one; then both take equally long, and nobody gains by changing.
func TestAssign(t *testing.T) {
	d := &city.LaneDemand{Types: []city.VehicleType{car}}
	for i := range 300 {
		d.Journeys = append(d.Journeys, city.Journey{ID: fmt.Sprint("j", i), Depart: float64(i) * 3, Roads: []int32{0, 3}})
	}
	e := Equilibrium{Config: Config{Seed: 1}, Until: 40 * time.Minute, Iterations: 15}
	routed, passes, err := Assign(context.Background(), fork(), d, e)
	if err != nil {
		t.Fatal(err)
	}
	short := 0
	for _, j := range routed.Journeys {
		if !j.Routed || len(j.Roads) != 3 {
			t.Fatalf("%+v", j)
		}
		if j.Roads[1] == 1 {
			short++
		}
	}
	first, last := passes[0], passes[len(passes)-1]
	if len(passes) != 15 || last.Gap > 0.1 || first.Gap < 2*last.Gap || last.MeanTravel > first.MeanTravel || last.Arrived < 300 {
		t.Errorf("first %+v, last %+v", first, last)
	}
	if short < 60 || short > 240 {
		t.Errorf("%d of 300 take the short way", short)
	}
	if again, _, _ := Assign(context.Background(), fork(), d, e); fmt.Sprint(again.Journeys) != fmt.Sprint(routed.Journeys) {
		t.Error("the same demand gives other routes")
	}
	d.Journeys[7].Roads = []int32{3, 0}
	if _, _, err := Assign(context.Background(), fork(), d, e); err == nil || !strings.Contains(err.Error(), `"j7": no way from road "r3" to road "r0"`) {
		t.Errorf("no way: %v", err)
	}
}
