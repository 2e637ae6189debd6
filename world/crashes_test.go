package world

import (
	"context"
	"strings"
	"testing"
	"time"

	"citybrain/city"
	"citybrain/city/riverside"
)

// About every second evening has a crash, on a street that keeps a lane, and it is cleared in the end.
func TestEverySecondEveningHasACrash(t *testing.T) {
	c := riverside.City(1)
	n, minutes := 0, 0.0
	for seed := range uint64(200) {
		for _, k := range drawCrashes(c, Config{Seed: seed, Hours: 4}) {
			n++
			minutes += (k.till - k.from).Minutes()
			l := &c.Streets.Links[k.link]
			if k.lanes < 1 || k.lanes >= int(l.Lanes) || l.Class > city.Secondary || k.from < 0 || k.from >= 4*time.Hour || k.told <= 0 {
				t.Errorf("seed %d: %+v on a street of %d lanes", seed, k, l.Lanes)
			}
		}
	}
	if n < 80 || n > 120 {
		t.Errorf("%d crashes in 200 evenings", n)
	}
	if m := minutes / float64(n); m < 32 || m > 45 {
		t.Errorf("a crash stands %.0f min", m)
	}
}

// The police tell of a crash after it has happened, and once more when it is cleared.
func TestThePoliceTellOfACrash(t *testing.T) {
	c := riverside.City(1)
	c.Terrain = nil
	w, err := New(c, Config{Seed: 1, Start: time.Date(2026, 7, 14, 9, 0, 0, 0, time.UTC), Hours: 1, TripsPerHour: 50, Calm: true, Threads: 1})
	if err != nil {
		t.Fatal(err)
	}
	w.crashes = []crash{{"A001", 0, 1, time.Minute, 4 * time.Minute, 2 * time.Minute}}
	var said []string
	for m := time.Minute; m <= 8*time.Minute; m += time.Minute {
		if err := w.Step(context.Background(), m); err != nil {
			t.Fatal(err)
		}
		for _, p := range w.Send() {
			if body := string(p.Bytes); strings.Contains(body, "/incidents") {
				said = append(said, p.At.Sub(w.cfg.Start).Truncate(time.Minute).String()+body[strings.Index(body, "\"lanes\""):])
			}
		}
	}
	if len(said) != 2 || !strings.HasPrefix(said[0], "3m0s\"lanes\":1") || !strings.HasPrefix(said[1], "6m0s\"lanes\":0") {
		t.Errorf("they said %q", said)
	}
}
