package account

import (
	"bytes"
	"os"
	"runtime/debug"
	"strconv"
)

// peakRSS returns the largest resident memory of this process so far in MiB, 0 where the system does not say (it does on Linux).
func peakRSS() float64 { return resident("VmHWM:") }

// heldRSS returns the resident memory of this process in MiB once what is no longer used has been given back.
func heldRSS() float64 {
	debug.FreeOSMemory()
	return resident("VmRSS:")
}

func resident(field string) float64 {
	b, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	for line := range bytes.Lines(b) {
		if f := bytes.Fields(line); len(f) >= 2 && string(f[0]) == field {
			kb, err := strconv.ParseFloat(string(f[1]), 64)
			if err != nil {
				return 0
			}
			return kb / 1024
		}
	}
	return 0
}
