package account

import (
	"context"
	"fmt"
	"testing"
	"time"

	"citybrain/city"
	"citybrain/city/riverside"
	"citybrain/exchange"
	"citybrain/traffic"
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

// The demo city's controllers of rings are heard of and led as any other: the stage that the twin has is that which their rings show or lead to, one
// in which one ring has gone on and the other has not comes when it is asked for, a pattern of splits runs, and nothing goes to the quarantine.
func TestControllersOfRingsShowAndObey(t *testing.T) {
	c := dry(riverside.City(1))
	rings := c.RunRings()
	e := Evening{City: c, Scenario: "calm", Seed: 8, Hours: 0.3, Feeds: true, Trips: 200}
	for j := range c.Signals {
		e.Plans = append(e.Plans, c.Signals[j].Reference)
	}
	if len(rings) < 5 {
		t.Fatalf("the demo city has %d controllers of rings", len(rings))
	}
	s, _, err := e.start(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	defer s.twin.Close()
	now := func() time.Time { return EveningStart.Add(s.world.Now()) }
	heard := map[int]bool{} // stages, of all of them
	run := func(d time.Duration) {
		t.Helper()
		for end := s.world.Now() + d; s.world.Now() < end; {
			if err := s.run(context.Background(), s.world.Now()+10*time.Second); err != nil {
				t.Fatal(err)
			}
			for _, j := range rings {
				ent, ok := s.twin.Main().Snapshot().Get(exchange.URN("TrafficSignal", c.Signals[j].ID))
				stage, has := ent.Number("stage")
				if !ok || !has || stage < 0 || int(stage) >= len(c.Signals[j].Stages) {
					t.Fatalf("junction %s is not heard of: stage %g", c.Signals[j].ID, stage)
				}
				heard[int(stage)] = true
			}
		}
	}
	j := rings[0]
	plan, _, err := c.Signals[j].Rings()
	if err != nil {
		t.Fatal(err)
	}
	run(2 * time.Minute)
	signal := func() *traffic.Signal { return s.world.Streets().Signal(j) }
	both, first := plan.StageOf([]int{plan.Group(0, 0)[1], plan.Group(1, 0)[1]}), 0
	apart := plan.StageOf([]int{plan.Group(0, 0)[1], plan.Group(1, 0)[0]})
	for _, stage := range []int{first, apart, both} {
		wish := &exchange.Command{ID: fmt.Sprint("stage", stage), Stage: &exchange.StageOrder{Junction: j, Stage: stage}, Until: now().Add(3 * time.Minute)}
		if err := s.x.Order(now(), wish); err != nil {
			t.Fatal(err)
		}
		for k := 0; int(signal().Stage) != stage || signal().Next >= 0; k++ {
			if k > 12 {
				is, why := wish.State()
				t.Fatalf("stage %d was asked for (%s %s), stage %d is shown", stage, is, why, signal().Stage)
			}
			again := *wish
			again.ID = fmt.Sprint(wish.ID, "-", k)
			if err := s.x.Order(now(), &again); err != nil {
				t.Fatal(err)
			}
			run(10 * time.Second)
		}
	}
	if !heard[apart] {
		t.Errorf("stages that were heard of: %v", heard)
	}
	spec := c.Signals[rings[1]].Reference
	spec.Stages = append([]city.StageTime(nil), spec.Stages...)
	spec.Stages[1].Green += 9
	order := &exchange.Command{ID: "splits", Plan: &exchange.PlanOrder{Junction: rings[1], Spec: spec}, Until: now().Add(5 * time.Minute)}
	if err := s.x.Order(now(), order); err != nil {
		t.Fatal(err)
	}
	run(30 * time.Second)
	if is, why := order.State(); is != exchange.Seen {
		t.Errorf("the plan is %s (%s)", is, why)
	}
	if g := s.world.Streets().Signal(rings[1]).Plan.Spec(); len(g.Stages) != len(spec.Stages) || g.Stages[1] != spec.Stages[1] {
		t.Errorf("its controller runs %+v", g)
	}
	if q := s.x.Quarantine(); len(q) > 0 {
		t.Errorf("%d pieces in the quarantine, the first: %s", len(q), q[0].Reason)
	}
}
