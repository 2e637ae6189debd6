package micro

import "math"

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
