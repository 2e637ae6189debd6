package account

import (
	"context"
	"testing"
	"time"

	"citybrain/city"
)

// A fall after which more waited than before had a reason; one without had none.
func TestNeedlessFallbacksAreCounted(t *testing.T) {
	f := newFallbacks(&city.City{Signals: make([]city.Junction, 2)})
	for k := range 60 {
		f.look(0, 8+k%3, k == 59)
		f.look(1, 8+k%3+max(0, k-45)*2, k == 59)
	}
	if f.report != (FallbackReport{2, 1}) {
		t.Errorf("%+v", f.report)
	}
}

// On an evening of a town whose crossroads carry more than they can at times, what the brain counts as given up is what was seen to be, and hardly any
// junction without need.
func TestFewFallbacksWithoutNeed(t *testing.T) {
	c, never := dry(town(5)), 0.0
	e := Evening{City: c, Scenario: "calm", Seed: 81, Hours: 1, Brain: true, Members: 2, Threads: 1, Trips: 9000, Failing: &never}
	for j := range c.Signals {
		e.Plans = append(e.Plans, c.Signals[j].Reference)
	}
	s, _, err := e.start(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	defer s.twin.Close()
	if err := s.run(context.Background(), time.Hour); err != nil {
		t.Fatal(err)
	}
	r := s.fallbacks.report
	t.Logf("25 junctions, 1 h: %d given up, %d without need", r.All, r.Needless)
	if r.Needless > 1 || r.All > s.brain.Stats().Fallbacks {
		t.Errorf("%d of %d junctions were given up without need; the brain counts %d", r.Needless, r.All, s.brain.Stats().Fallbacks)
	}
}
