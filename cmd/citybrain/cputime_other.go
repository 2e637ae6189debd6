//go:build !unix

package main

import "time"

var processBegan = time.Now()

// cpuSeconds is the time since the start, where the system does not tell how much of it this process has used.
func cpuSeconds() float64 { return time.Since(processBegan).Seconds() }
