//go:build !linux

package traffic

import "time"

var began = time.Now()

// ProcessorTime is the wall clock's where the system is not asked; runs of one thread on a free machine are the same by it.
func ProcessorTime() time.Duration { return time.Since(began) }

func peakMemory() (int64, bool) { return 0, false }
