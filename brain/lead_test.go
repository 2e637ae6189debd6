package brain

import (
	"context"
	"testing"
	"time"

	"citybrain/city"
	"citybrain/traffic"
	"citybrain/traffic/horizon"
)

// allSeen is what a controller sees of simulated streets: everything.
type allSeen struct{ s *traffic.Sim }

func (v allSeen) Waiting(l int32, k city.TurnKind) float64 { return float64(v.s.Queue(l, k)) }
func (v allSeen) Filled(l int32) float64                   { return float64(v.s.On(l)) / float64(v.s.Storage(l)) }

// Of streets that are seen as they are, rolling plans make fewer vehicle-seconds than pressure does, and than the plans in force.
func TestRollingPlansBeatPressure(t *testing.T) {
	c := demo()
	trips, goals, err := traffic.Demand{Seed: 21, Start: start, Hours: 1, PerHour: 20000, Reach: 4200}.Trips(c)
	if err != nil {
		t.Fatal(err)
	}
	spent := map[string]float64{}
	for _, policy := range []string{"plans", "pressure", "rolling"} {
		s, err := traffic.New(c, trips, goals, traffic.Config{Seed: 21, Replan: 10 * time.Minute, Threads: 2})
		if err != nil {
			t.Fatal(err)
		}
		rolling := newSimLead(c, horizon.NewNetwork(c), s)
		for now := time.Duration(0); now < 24*time.Minute; now += horizon.Tick * time.Second {
			switch policy {
			case "rolling":
				if err := rolling.ask(s, horizon.Tick); err != nil {
					t.Fatal(err)
				}
			case "pressure":
				for j := range c.Signals {
					if g := s.Signal(j); g.Next < 0 {
						stage := traffic.MaxPressure(c, &c.Signals[j], int(g.Stage), 1, allSeen{s})
						if err := s.Input(now, traffic.StageRequest{Junction: j, Stage: stage, Lease: leaseOf}); err != nil {
							t.Fatal(err)
						}
					}
				}
			}
			if err := s.Step(context.Background(), now+horizon.Tick*time.Second); err != nil {
				t.Fatal(err)
			}
		}
		spent[policy] = s.Totals().Seconds / 3600
	}
	t.Logf("vehicle-hours in 24 min: %v", spent)
	if spent["rolling"] > 0.98*spent["pressure"] || spent["rolling"] > 0.9*spent["plans"] {
		t.Errorf("vehicle-hours: %v", spent)
	}
}
