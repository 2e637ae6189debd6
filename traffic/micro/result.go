package micro

import (
	"math"
	"slices"
)

// A Trip is what came of one journey. Times are s since the scenario's start; NaN: not yet.
type Trip struct {
	Depart        float64 // when it was due
	Enter, Arrive float64
	Loss          float64 // s lost against its own speed on a free road
	Waiting       float64 // s at a stand
	Running, Lost bool    // on the net now; no route
	EntryDelay    float64 // s between due and entered, or until now
	Journey       int
}

// Totals is a run in figures. One update is one vehicle by one simulated second.
type Totals struct {
	Due, Entered, Running, Finished, Unroutable int
	Peak                                        int
	Updates                                     int64
}

// Totals returns the figures of the run so far.
func (s *Sim) Totals() Totals {
	return Totals{Due: int(s.NextJourney), Entered: int(s.Running + s.Ended), Running: int(s.Running), Finished: int(s.Ended),
		Unroutable: int(s.Unroutable), Peak: int(s.Peak), Updates: s.Updates}
}

// Trips returns what came of the journeys that were due.
func (s *Sim) Trips() []Trip {
	out := make([]Trip, s.NextJourney)
	for i := range out {
		t := &out[i]
		*t = Trip{Journey: i, Depart: s.demand.Journeys[i].Depart, Enter: math.NaN(), Arrive: math.NaN()}
		t.EntryDelay = float64(s.Second) - t.Depart
		if s.Enter[i] >= 0 {
			t.Enter = float64(s.Enter[i])
			t.EntryDelay = t.Enter - t.Depart
		}
		if s.Arrive[i] >= 0 {
			t.Arrive, t.Loss, t.Waiting = float64(s.Arrive[i]), float64(s.Lost[i]), float64(s.Stood[i])
		}
	}
	for _, seg := range s.Segments {
		for i := range seg {
			if c := &seg[i]; c.Bits&blocked == 0 {
				out[c.ID].Running, out[c.ID].Loss, out[c.ID].Waiting = true, float64(c.Loss), float64(c.Waited)
			}
		}
	}
	return out
}

// Route returns the roads of a journey that was due; the slice is the Sim's own.
func (s *Sim) Route(journey int) []int32 { return s.route(int32(journey)) }

// Figures are what a run comes to, as the field prints them. Times are s.
type Figures struct {
	Vehicles, Finished, NeverInserted int
	MeanTravel                        float64 // of every trip due, the wait to enter in it, unfinished ones until the end
	P95Travel                         float64
	MeanDelay                         float64 // time loss and wait to enter; of who never entered all of its time
	MaxDelay, MaxWait                 float64 // the longest, and the longest at a stand, the wait to enter in it
}

// Figures sums up the run so far.
func (s *Sim) Figures() Figures {
	trips := s.Trips()
	f := Figures{Vehicles: len(trips), Finished: int(s.Ended)}
	if len(trips) == 0 {
		return f
	}
	travels := make([]float64, 0, len(trips))
	for _, t := range trips {
		travel, delay, wait := float64(s.Second)-t.Depart, t.EntryDelay+t.Loss, t.EntryDelay+t.Waiting
		switch {
		case !math.IsNaN(t.Arrive):
			travel = t.Arrive - t.Depart
		case math.IsNaN(t.Enter):
			f.NeverInserted++
		}
		travels = append(travels, travel)
		f.MeanTravel += travel
		f.MeanDelay += delay
		f.MaxDelay, f.MaxWait = max(f.MaxDelay, delay), max(f.MaxWait, wait)
	}
	n := float64(len(trips))
	f.MeanTravel /= n
	f.MeanDelay /= n
	slices.Sort(travels)
	f.P95Travel = travels[(len(travels)*95+99)/100-1]
	return f
}
