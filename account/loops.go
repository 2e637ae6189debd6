package account

import (
	"time"

	"citybrain/brain"
	"citybrain/world"
)

// A LoopReport holds the loops that the brain leaves out against those that are truly faulty.
type LoopReport struct {
	Loops     int            `json:"loops"`
	Faulty    map[string]int `json:"faulty"`           // whose fault has begun, by kind: dead, stuck, drift, double
	Found     map[string]int `json:"found"`            // of them left out
	Busy      int            `json:"faulty_busy"`      // faulty ones that more than 60 vehicles an hour pass …
	BusyFound int            `json:"found_busy"`       // … and of them found
	MeanMin   float64        `json:"mean_minutes"`     // from when the fault began, or the evening did, until it was found
	Wrongly   int            `json:"wrongly_left_out"` // loops that are sound
}

// loops compares what the brain holds of the loops with what is true of them now.
func (s *session) loops() LoopReport {
	r := LoopReport{Faulty: map[string]int{}, Found: map[string]int{}}
	type id struct{ j, n int }
	ill := map[id]world.LoopFault{}
	for _, f := range s.world.LoopFaults() {
		if f.From <= s.world.Now() {
			ill[id{f.Junction, f.Loop}] = f
			r.Faulty[f.Fault.String()]++
			if f.PerHour > 60 {
				r.Busy++
			}
		}
	}
	var sum time.Duration
	found := 0
	for j := range s.e.City.Signals {
		for n, l := range s.brain.Loops(j) {
			r.Loops++
			if l.State == brain.LoopSound {
				continue
			}
			f, is := ill[id{j, n}]
			if !is {
				if l.State != brain.LoopSilent {
					r.Wrongly++
				}
				continue
			}
			if f.PerHour > 60 {
				r.BusyFound++
			}
			r.Found[f.Fault.String()]++
			found++
			sum += l.Found.Sub(EveningStart) - f.From
		}
	}
	if found > 0 {
		r.MeanMin = sum.Minutes() / float64(found)
	}
	return r
}
