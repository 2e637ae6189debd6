package account

import (
	"time"

	"citybrain/city"
)

// A FallbackReport holds the junctions that the brain gave back to their plans against what truly waited before their lights.
type FallbackReport struct {
	All      int `json:"all"`
	Needless int `json:"without_need"` // where no more had waited in the cycles that it was judged by than in the minutes before
}

// fallbacks watches the true queues beside the brain, junction by junction.
type fallbacks struct {
	waiting [][]int // of each junction: vehicles that stood before its lights, every lookEvery, the newest last
	down    []bool
	report  FallbackReport
}

const (
	lookEvery = 15 * time.Second
	judged    = 4 * time.Minute  // about three cycles
	earlier   = 10 * time.Minute // before them
	worse     = 1.25             // times as many as before were reason enough
)

func newFallbacks(c *city.City) *fallbacks {
	return &fallbacks{waiting: make([][]int, len(c.Signals)), down: make([]bool, len(c.Signals))}
}

// look takes in what stands before junction j's lights now, and whether the brain has given it up.
func (f *fallbacks) look(j, standing int, down bool) {
	const newest, all = int(judged / lookEvery), int((judged + earlier) / lookEvery)
	list := append(f.waiting[j], standing)
	if len(list) > all {
		list = list[len(list)-all:]
	}
	f.waiting[j] = list
	if down && !f.down[j] {
		f.report.All++
		if n := len(list) - newest; n > 0 && mean(list[n:]) < worse*mean(list[:n])+1 {
			f.report.Needless++
		}
	}
	f.down[j] = down
}

func mean(list []int) float64 {
	sum := 0
	for _, n := range list {
		sum += n
	}
	return float64(sum) / float64(len(list))
}

// watch looks at every junction.
func (s *session) watch() {
	for j := range s.e.City.Signals {
		s.fallbacks.look(j, s.world.Waiting(j), s.brain.Fallen(j))
	}
}
