package world

import (
	"context"
	"testing"
	"time"

	"citybrain/city"
	"citybrain/city/chance"
	"citybrain/city/riverside"
	"citybrain/traffic"
)

// Whatever two greens, clearance or yellow is wrong, in any pair of any junction, the monitor sees it in the second in which it is lit.
func TestMonitorsMissNothing(t *testing.T) {
	c := riverside.City(1)
	pairs := 0
	for j := 0; j < len(c.Signals); j += 9 {
		at := &c.Signals[j]
		n := len(at.Movements)
		shown := make([]traffic.Lamp, n)
		look := func(m *conflictMonitor, s int32) bool {
			_, bad := m.watch(s, func(i int) traffic.Lamp { return shown[i] })
			return bad
		}
		for a := range n {
			for b := range n {
				if a == b || at.Intergreen[a][b] == 0 {
					continue
				}
				pairs++
				m := newConflictMonitor(at)
				clear(shown)
				shown[a] = traffic.GreenLamp
				if look(m, 0) || look(m, 1) {
					t.Fatalf("junction %s: movement %d alone trips", at.ID, a)
				}
				if !at.Together(int32(a), int32(b)) {
					shown[b] = traffic.GreenLamp
					if !look(m, 2) {
						t.Fatalf("junction %s: greens of %d and %d, which conflict, are missed", at.ID, a, b)
					}
				}
				// b begins as its clearance is over, then a second before.
				for _, early := range []int32{0, 1} {
					m, end := newConflictMonitor(at), int32(20)
					bad, want := false, early == 1
					for s := range end + 40 {
						clear(shown)
						switch yellow := int32(at.Movements[a].Yellow); {
						case s < end:
							shown[a] = traffic.GreenLamp
						case s < end+yellow:
							shown[a] = traffic.YellowLamp
						}
						if s >= end+int32(at.Intergreen[a][b])-early {
							shown[b] = traffic.GreenLamp
						}
						saw := look(m, s)
						if saw && (!want || s != end+int32(at.Intergreen[a][b])-early) {
							t.Fatalf("junction %s: movements %d to %d, %d s early: trips in second %d", at.ID, a, b, early, s)
						}
						bad = bad || saw
					}
					if bad != want {
						t.Fatalf("junction %s: movements %d to %d, %d s early: tripped %v", at.ID, a, b, early, bad)
					}
				}
			}
			for short := range int32(at.Movements[a].Yellow) {
				m, bad := newConflictMonitor(at), false
				for s := range int32(20) {
					clear(shown)
					switch {
					case s < 10:
						shown[a] = traffic.GreenLamp
					case s < 10+short:
						shown[a] = traffic.YellowLamp
					}
					bad = look(m, s) || bad
				}
				if !bad {
					t.Fatalf("junction %s: movement %d: a yellow of %d s is missed", at.ID, a, short)
				}
			}
		}
	}
	t.Logf("%d pairs", pairs)
	if pairs < 3000 {
		t.Errorf("only %d pairs were tried", pairs)
	}
}

// No order makes a sound controller trip its monitor; one with a fault trips it within two of its cycles, whatever the fault, and flashes
// until it is mended.
func TestOnlyFaultsTripMonitors(t *testing.T) {
	c := *riverside.City(1)
	c.Terrain, c.Drains = nil, city.Drains{}
	for _, rate := range []float64{0, 1} {
		w, err := New(&c, Config{Seed: 4, Start: time.Date(2026, 7, 14, 9, 0, 0, 0, time.UTC), Hours: 0.25, TripsPerHour: 10, Calm: true, Failing: &rate, Silent: true})
		if err != nil {
			t.Fatal(err)
		}
		draw := chance.New(9, "orders")
		for s := time.Duration(0); s < 20*time.Minute; s += tick {
			for j := range c.Signals {
				if k := uint64(s / tick); draw.Float(uint64(j), k) < 0.1 {
					if err := w.streets.Input(w.now, traffic.StageRequest{Junction: j, Stage: draw.Int(uint64(j), k+1e6, len(c.Signals[j].Stages)), Lease: 45 * time.Second}); err != nil {
						t.Fatal(err)
					}
				}
			}
			if err := w.Step(context.Background(), s+tick); err != nil {
				t.Fatal(err)
			}
		}
		m := w.Monitors()
		t.Logf("chance %g: %+v", rate, m)
		if rate == 0 && m.Tripped > 0 || rate == 1 && (m.Failed != len(c.Signals) || m.Tripped < m.Failed*9/10) {
			t.Errorf("chance %g: %+v", rate, m)
		}
		if rate == 0 {
			continue
		}
		at := 0
		for w.streets.Signal(at).Mode != traffic.Flashing {
			at++
		}
		if !w.signals.repair(w, c.Signals[at].ID) || w.signals.repair(w, "nowhere") {
			t.Error("repairs are not asked for as they should")
		}
		if err := w.Step(context.Background(), w.now+time.Hour+time.Minute); err != nil {
			t.Fatal(err)
		}
		if w.streets.Signal(at).Mode != traffic.Lit {
			t.Errorf("an hour after a crew was asked for the junction is in mode %d", w.streets.Signal(at).Mode)
		}
	}
}
