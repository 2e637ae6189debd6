package world

import (
	"testing"
	"time"

	"citybrain/city/riverside"
)

// Nobody listens to a silent world, so its water runs a minute beside the streets: it may never be started twice over.
func TestSilentWaterKeepsUp(t *testing.T) {
	c := riverside.City(1)
	w, err := New(c, Config{Seed: 1, Start: time.Date(2026, 7, 14, 9, 0, 0, 0, time.UTC), Hours: 1, TripsPerHour: 50, Threads: 1, Silent: true})
	if err != nil {
		t.Fatal(err)
	}
	for m := 1; m <= 20; m++ {
		if err := w.Step(t.Context(), time.Duration(m)*time.Minute); err != nil {
			t.Fatal(err)
		}
		if w.flowing != nil || w.water.Now() != w.now {
			t.Fatalf("water at %v, streets at %v", w.water.Now(), w.now)
		}
	}
}
