package account

import (
	"testing"
	"time"

	"context"

	"citybrain/city"
	"citybrain/exchange"
)

// Controllers that speak NTCIP 1202 show, count and obey as the others do: their stages and counts come to the twin, a stage that is asked
// for comes, a plan that is sent runs, one that cuts a minimum green is refused by the equipment itself, and nothing goes to the quarantine.
func TestNTCIPControllersShowCountAndObey(t *testing.T) {
	c := dry(town(4))
	c.Signals = append([]city.Junction(nil), c.Signals...)
	for j := range c.Signals {
		c.Signals[j].NTCIP = j%2 == 0
	}
	e := Evening{City: c, Scenario: "calm", Seed: 8, Hours: 0.4, Feeds: true, Trips: 3000}
	for j := range c.Signals {
		e.Plans = append(e.Plans, c.Signals[j].Reference)
	}
	s, _, err := e.start(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	defer s.twin.Close()
	run := func(d time.Duration) {
		if err := s.run(context.Background(), s.world.Now()+d); err != nil {
			t.Fatal(err)
		}
	}
	run(10 * time.Minute)
	snap := s.twin.Main().Snapshot()
	for j := range c.Signals {
		if e, ok := snap.Get(exchange.URN("TrafficSignal", c.Signals[j].ID)); !ok {
			t.Errorf("junction %d (NTCIP %v) is not heard of", j, c.Signals[j].NTCIP)
		} else if stage, ok := e.Number("stage"); !ok || stage < 0 {
			t.Errorf("junction %d shows stage %g", j, stage)
		}
		for _, l := range city.Approaches(&c.Signals[j]) {
			if c.Streets.Links[l].Detector == city.DetectorNone {
				continue
			}
			if _, ok := snap.Get(exchange.URN("TrafficFlowObserved", c.Streets.Links[l].ID)); !ok && c.Signals[j].NTCIP {
				t.Errorf("link %s at junction %d is not counted", c.Streets.Links[l].ID, j)
			}
		}
	}
	const j = 0
	now := func() time.Time { return EveningStart.Add(s.world.Now()) }
	stage := 1 - int(s.world.Streets().Signal(j).Stage)
	wish := &exchange.Command{ID: "wish", Stage: &exchange.StageOrder{Junction: j, Stage: stage}, Until: now().Add(2 * time.Minute)}
	spec := city.PlanSpec{Stages: []city.StageTime{{Stage: 0, Green: 22}, {Stage: 1, Green: 41}}}
	plan := &exchange.Command{ID: "plan", Plan: &exchange.PlanOrder{Junction: j + 2, Spec: spec}, Until: now().Add(5 * time.Minute)}
	if err := s.x.Order(now(), wish, plan); err != nil {
		t.Fatal(err)
	}
	run(40 * time.Second)
	if st, why := wish.State(); st != exchange.Seen || int(s.world.Streets().Signal(j).Stage) != stage {
		t.Errorf("the stage that was asked for is %s (%s), it shows %d", st, why, s.world.Streets().Signal(j).Stage)
	}
	if st, why := plan.State(); st != exchange.Seen {
		t.Errorf("the plan is %s (%s)", st, why)
	}
	if g := s.world.Streets().Signal(j + 2).Plan.Spec(); len(g.Stages) != 2 || g.Stages[1].Green != 41 {
		t.Errorf("its controller runs %+v", g)
	}
	if q := s.x.Quarantine(); len(q) > 0 {
		t.Errorf("%d pieces in the quarantine, the first: %s", len(q), q[0].Reason)
	}
}
