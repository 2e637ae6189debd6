package world

import (
	"context"
	"testing"
	"time"

	"citybrain/city/riverside"
)

// One turn of the loop is the demo city's storm evening of four hours, nobody listening.
func BenchmarkStormEvening(b *testing.B) {
	c := riverside.City(1)
	for b.Loop() {
		w, err := New(c, Config{Seed: 1, Start: time.Date(2026, 7, 14, 9, 0, 0, 0, time.UTC), Hours: 4, Threads: 2, Silent: true})
		if err != nil {
			b.Fatal(err)
		}
		if err := w.Step(context.Background(), 4*time.Hour); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(4*3600*float64(b.N)/b.Elapsed().Seconds(), "×realtime")
}
