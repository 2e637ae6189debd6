package brain

import (
	"testing"
	"time"

	"citybrain/exchange"
)

// Water that a forecast expects in a block leads to a proposal that people decide on; the same forecast to no second one, and a forecast
// without it to none.
func TestAForecastOfWaterProposesToLeave(t *testing.T) {
	b, d := newBrain(t, 1)
	forecast := func(depth float32) {
		t.Helper()
		b.now = b.now.Add(10 * time.Minute)
		name, _, err := b.branches(b.moment(), "water", map[string]float64{"damageCNY": 0}, map[string]float64{"damageCNY": 0})
		if err != nil {
			t.Fatal(err)
		}
		br, _ := b.twin.Branch(name)
		grid := b.water.Grid()
		field := make([]float32, grid.Cells())
		field[grid.Index(b.city.Zones[len(b.city.Zones)/2].At)] = depth
		for _, lead := range []time.Duration{15 * time.Minute, 30 * time.Minute} {
			if err := br.SetField("waterDepth", "city", b.now.Add(lead), field); err != nil {
				t.Fatal(err)
			}
		}
		b.fan = &Fan{Branch: name, Issued: b.now}
		for range 2 {
			if err := b.proposeEvacuation(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
	}
	forecast(0)
	if len(b.decisions) != 0 {
		t.Fatalf("without water %s", b.decisions[0].Title.En)
	}
	forecast(1)
	if len(b.decisions) != 1 || b.decisions[0].Kind != "evacuation" || b.decisions[0].State != string(exchange.Proposed) {
		t.Fatalf("%d decisions", len(b.decisions))
	}
	people := 0.0
	for _, s := range b.decisions[0].Leaving {
		people += s.People
		if s.ArriveS < s.LeaveS || len(s.Roads) == 0 && s.ArriveS > s.LeaveS {
			t.Errorf("%+v", s)
		}
	}
	if e := b.decisions[0].Expected; people <= 0 || e.Mean > e.P95 || people < e.Mean-1 {
		t.Errorf("%g people leave, expected %+v", people, e)
	}
	if len(d.orders) != 0 {
		t.Errorf("ordered %+v", d.orders)
	}
}
