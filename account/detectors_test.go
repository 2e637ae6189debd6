package account

import (
	"context"
	"testing"
	"time"

	"citybrain/city"
	"citybrain/world"
)

// dry is a city without water: what is about traffic alone takes a tenth of the time.
func dry(c *city.City) *city.City {
	d := *c
	d.Terrain, d.Drains = nil, city.Drains{}
	return &d
}

// faulty runs hours of an evening of the town whose loops are as faulty as rates say; nobody else's equipment fails.
func faulty(t *testing.T, seed uint64, hours float64, rates world.DetectorRates, trusting bool) *session {
	t.Helper()
	c, never := dry(town(6)), 0.0
	e := Evening{City: c, Scenario: "calm", Seed: seed, Hours: hours, Brain: true, Members: 2, Threads: 1, Trips: 6000, Detectors: &rates, Trusting: trusting, Failing: &never}
	for j := range c.Signals {
		e.Plans = append(e.Plans, c.Signals[j].Reference)
	}
	s, _, err := e.start(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.twin.Close() })
	if err := s.run(context.Background(), time.Duration(hours*float64(time.Hour))); err != nil {
		t.Fatal(err)
	}
	return s
}

// By what it hears alone the brain finds most loops that are dead, stuck, drift or count twice, hardly ever takes a sound one for one, and
// says each in the twin. An evening with such loops loses little once they are left out.
func TestFaultyDetectorsAreFound(t *testing.T) {
	rates := world.DetectorRates{Dead: 0.06, Stuck: 0.04, Drift: 0.05, Double: 0.05}
	all, found := map[string]int{}, map[string]int{}
	loops, busy, seen, wrongly, minutes := 0, 0, 0, 0, 0.0
	var travel [3]float64 // with faults found, with faults believed, without faults
	const evenings = 3
	for seed := range uint64(evenings) {
		s := faulty(t, 71+seed, 1.5, rates, false)
		r := s.loops()
		for k := range r.Faulty {
			all[k], found[k] = all[k]+r.Faulty[k], found[k]+r.Found[k]
		}
		loops, busy, seen, wrongly, minutes = loops+r.Loops, busy+r.Busy, seen+r.BusyFound, wrongly+r.Wrongly, minutes+r.MeanMin/evenings
		facts := 0
		for l := range s.e.City.Streets.Links {
			e, ok := s.twin.Main().Snapshot().Get("urn:ngsi-ld:TrafficFlowObserved:" + s.e.City.Streets.Links[l].ID)
			for _, lanes := range []string{"", "Left", "Straight", "Right"} {
				if v, is := e.Text("detector" + lanes); ok && is && v != "sound" {
					facts++
				}
			}
		}
		out := 0
		for _, n := range r.Found {
			out += n
		}
		if facts < out {
			t.Errorf("%d loops are left out, the twin has %d", out, facts)
		}
		lines := 0
		for _, d := range s.brain.Decisions() {
			if d.Kind == "detector" {
				lines++
			}
		}
		if out > 0 && lines == 0 {
			t.Error("loops are left out without a word")
		}
		travel[0] += s.world.Truth().TripMeanS / evenings
		travel[1] += faulty(t, 71+seed, 1.5, rates, true).world.Truth().TripMeanS / evenings
		travel[2] += faulty(t, 71+seed, 1.5, world.DetectorRates{}, false).world.Truth().TripMeanS / evenings
	}
	ill, got := 0, 0
	for k := range all {
		ill, got = ill+all[k], got+found[k]
	}
	t.Logf("of %d loops %d faulty %v, found %d %v after %.0f min; of %d busy ones %d; %d sound ones left out; mean trip %.1f s, believing all %.1f s, no faults %.1f s", loops, ill, all, got, found, minutes, busy, seen, wrongly, travel[0], travel[1], travel[2])
	if 100*got < 60*ill || 100*seen < 75*busy {
		t.Errorf("%d of %d faults are found, %d of %d on busy lanes", got, ill, seen, busy)
	}
	if 200*wrongly > loops-ill {
		t.Errorf("%d of %d sound loops are left out", wrongly, loops-ill)
	}
	if travel[0] > 1.03*travel[2] {
		t.Errorf("faults cost %.1f s of %.1f s a trip though they are found", travel[0]-travel[2], travel[2])
	}
}
