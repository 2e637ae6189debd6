package brain

import (
	"testing"

	"citybrain/city"
	"citybrain/exchange"
	"citybrain/twin"
)

// The lanes that a crash takes are taken from the brain's streets as well; a report that can't be changes nothing.
func TestAccidentsTakeLanes(t *testing.T) {
	b, _ := newBrain(t, 1)
	l := int32(0)
	for b.city.Streets.Links[l].Lanes < 2 || b.city.Streets.Links[l].Class > city.Secondary {
		l++
	}
	report := func(link string, lanes float64) {
		t.Helper()
		if _, err := b.main.Apply(twin.Set(exchange.URN("RoadAccident", "A001"), "RoadAccident", twin.Text("link", link, b.now), twin.Number("lanesBlocked", lanes, "C62", b.now))); err != nil {
			t.Fatal(err)
		}
		if err := b.accidents(b.main.Snapshot()); err != nil {
			t.Fatal(err)
		}
		if err := b.streets.Step(t.Context(), b.streets.Now()+1e9); err != nil {
			t.Fatal(err)
		}
	}
	for _, k := range []struct {
		link  string
		lanes float64
		free  bool
	}{{"nowhere", 1, true}, {b.city.Streets.Links[l].ID, 99, true}, {b.city.Streets.Links[l].ID, 1, false}, {b.city.Streets.Links[l].ID, 0, true}} {
		report(k.link, k.lanes)
		if share := b.streets.Snapshot().Passable[l]; (share == 1) != k.free {
			t.Errorf("%g lanes of %q taken: a share of %g passes", k.lanes, k.link, share)
		}
	}
}
