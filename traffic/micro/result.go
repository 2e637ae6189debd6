package micro

import (
	"math"

	"citybrain/traffic/trips"
)

// Totals returns the figures of the run so far.
func (s *Sim) Totals() trips.Totals {
	return trips.Totals{Due: int(s.NextJourney), Entered: int(s.Running + s.Ended + s.Gone - s.Came + s.Towed), Running: int(s.Running), Finished: int(s.Ended),
		Unroutable: int(s.Unroutable), Towed: int(s.Towed), Peak: int(s.Peak), Updates: s.Updates}
}

// Trips returns what came of the journeys that were due.
func (s *Sim) Trips() []trips.Trip {
	out := make([]trips.Trip, s.NextJourney)
	for i := range out {
		t := &out[i]
		*t = trips.Trip{Journey: i, Depart: s.demand.Journeys[i].Depart, Enter: math.NaN(), Arrive: math.NaN()}
		t.EntryDelay = float64(s.Second) - t.Depart
		if s.Enter[i] >= 0 {
			t.Enter = float64(s.Enter[i])
			t.EntryDelay = t.Enter - t.Depart
		}
		t.Loss, t.Waiting = float64(s.Lost[i]), float64(s.Stood[i])
		if s.Arrive[i] >= 0 {
			t.Arrive = float64(s.Arrive[i])
		}
	}
	for _, seg := range s.Segments {
		for i := range seg {
			if c := &seg[i]; c.Bits&blocked == 0 {
				out[c.ID].Running, out[c.ID].Loss, out[c.ID].Waiting = true, float64(c.Loss), float64(c.Waited)
			}
		}
	}
	for i := range s.Lot {
		c := &s.Lot[i].Car
		out[c.ID].Running, out[c.ID].Loss, out[c.ID].Waiting = true, float64(c.Loss), float64(c.Waited)
	}
	return out
}

// Route returns the roads of a journey that was due; the slice is the Sim's own.
func (s *Sim) Route(journey int) []int32 { return s.route(int32(journey)) }

// Figures sums up the run so far.
func (s *Sim) Figures() trips.Figures { return trips.Sum(s.Trips(), float64(s.Second)) }
