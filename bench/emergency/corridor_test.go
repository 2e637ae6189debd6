package emergency

import (
	"testing"
	"time"

	"citybrain/account"
	"citybrain/city/riverside"
	"citybrain/traffic"
	"citybrain/world"
)

// On a working day's streets without rain, which are quick to make: a corridor saves time, cuts no clearance and makes nobody wait
// beyond 120 s; and a pair is the same when it is driven again.
func TestCorridorPairs(t *testing.T) {
	c := riverside.City(1)
	cfg := world.Config{Seed: 7, Start: account.EveningStart, Hours: 1, TripsPerHour: world.PeakTrips(c)}
	trips, goals, err := world.Demand(cfg).Trips(c)
	if err != nil {
		t.Fatal(err)
	}
	s, err := traffic.New(c, trips, goals, traffic.Config{Seed: 7, Replan: 5 * time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Step(t.Context(), 20*time.Minute); err != nil {
		t.Fatal(err)
	}
	with, without, err := corridors(t.Context(), c, s, 7)
	if err != nil {
		t.Fatal(err)
	}
	var on, off side
	for i := range with {
		on.add(with[i])
		off.add(without[i])
	}
	t.Logf("with %.0f s, %d of %d green; without %.0f s, %d of %d green; red %d", on.Seconds, on.Green, on.Passages, off.Seconds, off.Green, off.Passages, on.Red)
	if len(with) != runsEach || on.Seconds >= off.Seconds || on.Green <= off.Green {
		t.Errorf("the corridors gain nothing: %.0f s with, %.0f s without", on.Seconds, off.Seconds)
	}
	if on.Short != 0 || on.Red > 120 {
		t.Errorf("%d clearances cut, longest red %d s", on.Short, on.Red)
	}
	again, _, err := corridors(t.Context(), c, s, 7)
	if err != nil || again[0].Seconds != with[0].Seconds || again[0].Cross != with[0].Cross {
		t.Errorf("again %v s and %v, %v", again[0].Seconds, again[0].Cross, err)
	}
}
