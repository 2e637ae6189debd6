// Package trips says what came of journeys, in the same terms whichever engine drove them. Times are seconds since the scenario's start.
package trips

import (
	"math"
	"slices"
)

// A Trip is what came of one journey. NaN: not yet.
type Trip struct {
	Depart        float64 // when it was due
	Enter, Arrive float64
	Loss          float64 // s lost against its own speed on a free road
	Waiting       float64 // s at a stand
	Running, Lost bool    // on the net now; no route
	EntryDelay    float64 // s between due and entered, or until now
	Journey       int
}

// A Walk is what came of one way on foot.
type Walk struct {
	Depart, Arrive float64 // NaN: not yet
	Waited         float64 // s at crosswalks
	Longest        float64 // of that at one
	Called         float64 // at one with a light
}

// A Place is where a vehicle is: on a lane, or in the junction behind it.
type Place struct {
	Journey, Lane int32
	Connection    int32   // that it takes through the junction; −1: it is on the lane
	Along         float64 // m of its front, on the lane or on the connection
	Speed         float64 // m/s
}

// Totals is a run in figures. One update is one vehicle by one simulated second.
type Totals struct {
	Due, Entered, Running, Finished, Unroutable int
	Towed                                       int // taken away on the way, as they stalled in water
	Peak                                        int
	Updates                                     int64
}

// Figures are what a run comes to, as the field prints them.
type Figures struct {
	Vehicles, Finished, NeverInserted int
	MeanTravel                        float64 // of every trip due, the wait to enter in it, unfinished ones until the end
	P95Travel                         float64
	MeanDelay                         float64 // time loss and wait to enter; of who never entered all of its time
	MaxDelay, MaxWait                 float64 // the longest, and the longest at a stand, the wait to enter in it
}

// Sum sums up a run until now.
func Sum(list []Trip, now float64) Figures {
	f := Figures{Vehicles: len(list)}
	if len(list) == 0 {
		return f
	}
	travels := make([]float64, 0, len(list))
	for _, t := range list {
		travel, delay, wait := now-t.Depart, t.EntryDelay+t.Loss, t.EntryDelay+t.Waiting
		switch {
		case !math.IsNaN(t.Arrive):
			travel = t.Arrive - t.Depart
			f.Finished++
		case math.IsNaN(t.Enter):
			f.NeverInserted++
		}
		travels = append(travels, travel)
		f.MeanTravel += travel
		f.MeanDelay += delay
		f.MaxDelay, f.MaxWait = max(f.MaxDelay, delay), max(f.MaxWait, wait)
	}
	n := float64(len(list))
	f.MeanTravel /= n
	f.MeanDelay /= n
	slices.Sort(travels)
	f.P95Travel = travels[(len(travels)*95+99)/100-1]
	return f
}
