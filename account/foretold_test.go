package account

import (
	"context"
	"testing"
	"time"

	"citybrain/exchange"
)

// A town learns its streets' speeds from evenings of its own world; the brain foretells them into the twin, and what comes is held against it.
func TestSpeedsAreForetold(t *testing.T) {
	c := town(3)
	ctx := context.Background()
	model, err := LearnSpeeds(ctx, c, 4, 2, 31, 1, func(float64) {})
	if err != nil {
		t.Fatal(err)
	}
	c.Speeds = model
	e := Evening{City: c, Scenario: "storm", Seed: 5, Hours: 1.2, Trips: 900, Brain: true, Members: 1, Threads: 1}
	s, _, err := e.start(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer s.twin.Close()
	if err := s.run(ctx, 29*time.Minute); err != nil {
		t.Fatal(err)
	}
	if s.brain.Speeds() != nil {
		t.Error("speeds are foretold before enough was seen")
	}
	if err := s.run(ctx, 65*time.Minute); err != nil {
		t.Fatal(err)
	}
	f := s.brain.Speeds()
	if f == nil || f.Issued != EveningStart.Add(65*time.Minute) {
		t.Fatalf("the newest forecast is %v", f)
	}
	for l := range c.Streets.Links {
		link := &c.Streets.Links[l]
		ent, ok := s.twin.Main().Snapshot().Get(exchange.URN("RoadSegment", link.ID))
		if !ok {
			t.Fatalf("the twin has no street %s", link.ID)
		}
		for a := range ent.Attributes() {
			v, _ := ent.Number(a.Name)
			bound := map[string]float64{}
			for _, sub := range a.Sub {
				bound[sub.Name], _ = sub.Any().(float64)
			}
			if a.Unit != "MTS" || a.ObservedAt() != f.Issued || !(bound["lower90"] <= v && v <= bound["upper90"] && v > 0 && bound["upper90"] <= link.Speed+0.01) {
				t.Fatalf("%s of %s: %v m/s between %v, %s, observed %v", a.Name, link.ID, v, bound, a.Unit, a.ObservedAt())
			}
		}
		if v, ok := ent.Number("speedIn60Min"); !ok || v <= 0 {
			t.Fatalf("%s has no speed in an hour", link.ID)
		}
	}
	list := s.report().Speeds
	if len(list) != 2 || list[0].LeadMin != 15 || list[0].Forecasts != 5 || list[1].LeadMin != 30 || list[1].Forecasts != 2 {
		t.Fatalf("what came: %+v", list)
	}
	if x := list[0]; !(x.MAE > 0 && x.MAE < 4 && x.WithinPct > 50) {
		t.Errorf("15 min ahead: %+v", x)
	}
	if n := newest(s.twin.Main().Snapshot()); n.After(s.now) {
		t.Errorf("the twin has values of %v", n)
	}
}
