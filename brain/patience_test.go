package brain

import (
	"testing"
	"time"
)

// A unit is waited for as long as its like have taken to show, within bounds; a single late one changes little.
func TestPatience(t *testing.T) {
	for name, k := range map[string]struct {
		took   []time.Duration
		lo, hi time.Duration
	}{
		"nothing is known":       {nil, 15 * time.Second, 15 * time.Second},
		"they show at once":      {[]time.Duration{5e9, 5e9, 5e9, 5e9, 5e9}, 15 * time.Second, 15 * time.Second},
		"reports come each 30 s": {[]time.Duration{30e9, 20e9, 30e9, 10e9, 30e9, 25e9}, 30 * time.Second, 60 * time.Second},
		"one was late":           {[]time.Duration{5e9, 5e9, 5e9, 5e9, 40e9, 5e9, 5e9, 5e9, 5e9, 5e9, 5e9, 5e9}, 15 * time.Second, 25 * time.Second},
		"they never show":        {[]time.Duration{9e11, 9e11, 9e11, 9e11}, time.Minute, time.Minute},
	} {
		var p patience
		for _, s := range k.took {
			p.answered(s)
		}
		if l := p.limit(); l < k.lo || l > k.hi {
			t.Errorf("%s: waited for %v, want %v to %v", name, l, k.lo, k.hi)
		}
	}
}
