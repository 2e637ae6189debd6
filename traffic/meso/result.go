package meso

import (
	"math"

	"citybrain/traffic/control"
	"citybrain/traffic/trips"
)

// Trips returns what came of the journeys that were due. What is lost is counted against the driver's own speed on empty roads.
func (s *Sim) Trips() []trips.Trip {
	st := &s.st
	out := make([]trips.Trip, st.NextJourney)
	for i := range out {
		t, v := &out[i], int32(i)
		*t = trips.Trip{Journey: i, Depart: s.demand.Journeys[i].Depart, Enter: math.NaN(), Arrive: math.NaN(), Waiting: float64(st.Stood[i])}
		t.EntryDelay = float64(st.Now) - t.Depart
		if st.Enter[i] >= 0 {
			t.Enter = float64(st.Enter[i])
			t.EntryDelay = t.Enter - t.Depart
		}
		t.Loss = float64(st.Lost[v])
		if !s.here(v) {
			continue
		}
		end := float64(st.Now)
		if st.Arrive[i] >= 0 {
			t.Arrive = float64(st.Arrive[i])
			end = t.Arrive
		} else {
			t.Running = true
		}
		t.Loss += s.loss(v, end)
	}
	return out
}

// loss is what a vehicle has lost, by time end, since it came to this engine's roads.
func (s *Sim) loss(v int32, end float64) float64 {
	st := &s.st
	free := 0.0
	k := &s.kinds[s.demand.Journeys[v].Type]
	roads := s.demand.Journeys[v].Roads
	for n := int(st.First[v]); n <= int(st.At[v]); n++ {
		l := s.net.first[roads[n]]
		own := min(s.net.speed[l]*s.own[v], k.top)
		if free += float64(s.net.length[l] / own); n+1 < len(roads) {
			for c := s.net.out[l]; c < s.net.out[l+1]; c++ {
				if s.net.to[c] == roads[n+1] {
					free += float64(s.net.over[c])
					break
				}
			}
		}
	}
	return max(0, end-float64(st.Came[v])-free)
}

// Route returns the roads of a journey; the slice is the demand's own.
func (s *Sim) Route(journey int) []int32 { return s.demand.Journeys[journey].Roads }

// Totals returns the figures of the run so far.
func (s *Sim) Totals() trips.Totals {
	st := &s.st
	return trips.Totals{Due: int(st.NextJourney), Entered: int(st.Running + st.Ended + st.Handed - st.Taken), Running: int(st.Running), Finished: int(st.Ended), Peak: int(st.Peak), Updates: st.Updates}
}

// Count returns the vehicles on a lane, and those of them that stand at its end.
func (s *Sim) Count(l int32) (on, standing int) {
	st := &s.st
	for k := st.Out[l]; k < st.In[l]; k++ {
		on++
		if st.Ready[st.Queue[s.at(l, k)]] < float32(st.Now) {
			standing++
		}
	}
	return on, standing
}

// Controlled is a Sim whose lights a control.Drive switches.
type Controlled struct {
	*Sim
	Net *control.Network
}

// Look implements control.Engine: a vehicle in the queue stands as many places before the line as there are ahead of it, one that drives is as
// far from it as it will drive until it is there.
func (c *Controlled) Look(o *control.Observation) {
	st := &c.st
	now := float32(st.Now)
	for l := range c.Net.Lanes {
		lane := int32(l)
		on, standing := c.Count(lane)
		o.Count[l], o.Halted[l] = int32(on), int32(standing)
		if !c.Net.Watched(lane) {
			continue
		}
		place := 0.0
		for k := st.Out[l]; k < st.In[l]; k++ {
			v := st.Queue[c.at(lane, k)]
			j := &c.demand.Journeys[v]
			t := &c.demand.Types[j.Type]
			x := control.Vehicle{ID: v, Behind: place, Length: t.Length, Next: -1, People: t.People}
			if left := st.Ready[v] - now; left > 0 {
				x.Speed = float64(c.speed(v, lane, &c.kinds[j.Type]))
				x.Behind = max(place, float64(left)*x.Speed)
			} else {
				x.Waited = float64(-left)
			}
			if int(st.At[v])+1 < len(j.Roads) {
				x.Next = j.Roads[st.At[v]+1]
			}
			if place = x.Behind + t.Length + t.Gap; c.Net.Sees(lane, x.Behind) {
				o.Seen[l] = append(o.Seen[l], x)
			}
		}
	}
}

// Figures sums up the run so far.
func (s *Sim) Figures() trips.Figures { return trips.Sum(s.Trips(), float64(s.st.Now)) }
