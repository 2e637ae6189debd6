//go:build !linux

package routing

import "time"

var began = time.Now()

// threadTime is the wall clock's where the system is not asked; on a free machine it is the same.
func threadTime() time.Duration { return time.Since(began) }
