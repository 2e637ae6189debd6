package traffic_test

import (
	"reflect"
	"testing"
	"time"

	"citybrain/city/riverside"
	"citybrain/traffic"
)

// As many walk as drive, by the zones, over crosswalks that follow each other, and the same at each draw.
func TestWalkersOfACity(t *testing.T) {
	c := riverside.City(1)
	n, err := c.Lanes()
	if err != nil {
		t.Fatal(err)
	}
	d := traffic.Demand{Seed: 5, Start: time.Date(2026, 6, 15, 9, 30, 0, 0, time.UTC), Hours: 0.25, PerHour: 6000}
	list := d.Walkers(c, n)
	if len(list) < 1000 || len(list) > 1650 {
		t.Fatalf("%d walkers of 1,500 drawn", len(list))
	}
	legs, lit, far := 0, 0, 0.0
	for i, w := range list {
		if i > 0 && w.Depart < list[i-1].Depart || w.Depart >= 900 || w.Speed < 0.6 || w.Speed > 2.2 {
			t.Fatalf("walker %d: %+v", i, w)
		}
		way := w.Rest
		for k, l := range w.Legs {
			way += l.Before + n.Crosswalks[l.Crosswalk].Length
			if n.Crosswalks[l.Crosswalk].Light >= 0 {
				lit++
			}
			if k > 0 && w.Legs[k-1].Crosswalk == l.Crosswalk {
				t.Fatalf("walker %d goes over one crosswalk and back: %+v", i, w)
			}
			// Who goes on without a step crosses at the same corner.
			if k > 0 && l.Before == 0 && n.Crosswalks[w.Legs[k-1].Crosswalk].Node != n.Crosswalks[l.Crosswalk].Node {
				t.Fatalf("walker %d: from crosswalk %d to %d at once", i, w.Legs[k-1].Crosswalk, l.Crosswalk)
			}
			legs++
		}
		far += way
	}
	t.Logf("%d walkers, %.0f m, %.1f crosswalks each, %.1f with a light", len(list), far/float64(len(list)), float64(legs)/float64(len(list)), float64(lit)/float64(len(list)))
	if mean := far / float64(len(list)); mean < 300 || mean > 2000 || lit < len(list)/2 {
		t.Errorf("%d walkers walk %.0f m each and cross %d streets with a light", len(list), mean, lit)
	}
	if !reflect.DeepEqual(list, d.Walkers(c, n)) {
		t.Error("a second draw is another one")
	}
}
