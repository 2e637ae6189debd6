package meso

import "math"

// handOn gives the first vehicle of a lane, v, which crosses its line at time at over connection c, to the engine of the road behind it, if that takes it.
func (s *Sim) handOn(v, l, c int32, at float32) bool {
	st, n := &s.st, s.net
	k := &s.kinds[s.demand.Journeys[v].Type]
	there, speed := at+n.over[c], s.speed(v, l, k)
	stood := at - st.Ready[v]
	if stood > 1 { // it gathers speed on its way through the junction
		if gained := float32(math.Sqrt(float64(2 * k.accel * n.over[c] * n.flow[c]))); gained < speed {
			there += gained / (2 * k.accel)
			speed = gained
		}
	}
	if !s.hand(v, int(st.At[v])+1, float64(there), float64(speed)) {
		return false
	}
	s.leave(l, at)
	s.timed(v, l, at)
	if stood > 1 {
		st.Stood[v] += stood
	}
	s.cross(l, c, at, k)
	st.Lost[v] += float32(s.loss(v, float64(there)))
	st.Came[v] = -1
	st.Running--
	st.Handed++
	return true
}

// here reports whether a vehicle is on this engine's roads, or arrived there.
func (s *Sim) here(v int32) bool { return s.st.Came[v] >= 0 }

// Free returns how many vehicles find room now at the entry of those lanes at a place of a journey's route from which it leads on.
func (s *Sim) Free(journey int32, place int) int {
	st, n := &s.st, s.net
	roads := s.demand.Journeys[journey].Roads
	class := s.kinds[s.demand.Journeys[journey].Type].class
	free, now := 0, float32(st.Now)
	for l := n.first[roads[place]]; l < n.first[roads[place]+1]; l++ {
		if n.allow[l]&class == 0 || place+1 < len(roads) && !n.leads(l, roads[place+1]) {
			continue
		}
		on, holds := st.In[l]-st.Out[l], n.holds[l]
		for k := on; k < holds; k++ {
			if in := st.In[l] + k - on; in >= holds && st.Felt[s.at(l, in-holds)] > now {
				break
			}
			free++
		}
	}
	return free
}

// Take takes in a vehicle from a road of another engine that is at a place of its route at time at, s, or reports false where no lane has room.
func (s *Sim) Take(journey int32, place int, at float64) bool {
	st := &s.st
	k := &s.kinds[s.demand.Journeys[journey].Type]
	l, _ := s.lane(journey, place, k, float32(st.Now))
	if l < 0 {
		return false
	}
	st.At[journey], st.First[journey], st.Came[journey] = uint16(place), uint16(place), float32(at)
	st.Running++
	st.Taken++
	s.enter(journey, l, float32(at), k)
	return true
}
