package micro

import (
	"context"
	"fmt"
	"testing"
	"time"

	"citybrain/city/grid"
)

// BenchmarkGrid is 300 s of the speed grid from its start, on one thread and on two.
func BenchmarkGrid(b *testing.B) {
	n, err := grid.New(grid.Town{Side: 30, Block: 300, Lanes: 4, Speed: 16.67, Signal: true})
	if err != nil {
		b.Fatal(err)
	}
	d, err := n.Demand(22, 1189, 6, 1)
	if err != nil {
		b.Fatal(err)
	}
	for _, threads := range []int{1, 2} {
		b.Run(fmt.Sprint("threads=", threads), func(b *testing.B) {
			for b.Loop() {
				b.StopTimer()
				s, err := New(&n.LaneNet, d, Config{Seed: 1, Threads: threads, Depart: BestLane})
				if err != nil {
					b.Fatal(err)
				}
				b.StartTimer()
				for _, part := range []int{300, 1189} {
					at := time.Now()
					if err := s.Step(context.Background(), time.Duration(part)*time.Second); err != nil {
						b.Fatal(err)
					}
					b.ReportMetric(time.Since(at).Seconds(), fmt.Sprint("s/to", part))
				}
			}
		})
	}
}
