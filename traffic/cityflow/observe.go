package cityflow

import (
	"slices"

	"citybrain/city"

	"github.com/paulmach/orb"
)

// LaneVehicles returns how many vehicles are on a lane, shadows of those changing to it included.
func (s *Sim) LaneVehicles(lane int) int { return int(s.st.Count[lane]) }

// LaneWaiting returns how many of them are slower than 0.1 m/s.
func (s *Sim) LaneWaiting(lane int) int {
	n := 0
	for v := s.st.First[lane]; v >= 0; v = s.st.Behind[v] {
		if s.st.Speed[v] < slow {
			n++
		}
	}
	return n
}

// A Vehicle is one vehicle as an observer sees it.
type Vehicle struct {
	Trip  int32   // index into the demand's journeys
	Way   int32   // a lane, or len(Lanes) + a connection
	Dist  float64 // m from the way's start to its front
	Speed float64 // m/s
	Next  int32   // the connection that it will take from its lane; −1: none, or it is on one
	Leg   int32   // the place in its route of the road that it is on or has last left
}

// OnWay appends the vehicles on a lane, or on connection k as way len(Lanes)+k, to dst, the foremost first, shadows left out.
func (s *Sim) OnWay(dst []Vehicle, way int) []Vehicle {
	st := &s.st
	for v := st.First[way]; v >= 0; v = st.Behind[v] {
		if st.Shadow[v] {
			continue
		}
		next := st.Next[v]
		if next >= 0 {
			next -= s.w.lanes
		}
		dst = append(dst, Vehicle{st.Trip[v], st.Way[v], st.Dist[v], st.Speed[v], next, st.Leg[v]})
	}
	return dst
}

// At returns where a vehicle's front is in the net's frame, m.
func (s *Sim) At(v Vehicle) orb.Point {
	if int(v.Way) < len(s.net.Lanes) {
		return pointAt(s.net.Lanes[v.Way].Line, v.Dist)
	}
	return pointAt(s.net.Connections[int(v.Way)-len(s.net.Lanes)].Path, v.Dist)
}

func pointAt(line orb.LineString, d float64) orb.Point {
	for i := 1; i < len(line); i++ {
		a, b := line[i-1], line[i]
		long := distance(a, b)
		if d <= long && long > 0 {
			t := max(d, 0) / long
			return orb.Point{a[0] + (b[0]-a[0])*t, a[1] + (b[1]-a[1])*t}
		}
		d -= long
	}
	return line[len(line)-1]
}

// Phase returns the phase that a light is in.
func (s *Sim) Phase(light int) int { return int(s.st.Phase[light]) }

// Queue returns how many vehicles wait to enter on a lane.
func (s *Sim) Queue(lane int) int {
	n := 0
	for j := s.st.QueueHead[lane]; j >= 0; j = s.st.QueueNext[j] {
		n++
	}
	return n
}

// A Result is how a run has gone so far. Times are in seconds.
type Result struct {
	Vehicles      int     // trips that have been due
	Finished      int     // trips that are over
	NeverInserted int     // trips that still wait to enter
	MeanTravel    float64 // of all trips due, unfinished ones until now: CityFlow's average travel time
	PapersTravel  float64 // mean over vehicles seen there of the time on lanes that end at a light, summed over lights: see atLights
	MeanDelay     float64 // of all trips due: time waiting to enter, and what slower driving than allowed has cost
	P95Travel     float64
	MaxWait       float64 // the longest that a vehicle has stood without a break, or has waited to enter
	Updates       int64   // vehicles by seconds
	Peak          int     // most vehicles on the road at once
}

// Result sums up the run until now.
func (s *Sim) Result() Result {
	st := &s.st
	r := Result{Vehicles: int(st.NextDue), Updates: st.Updates, Peak: int(st.Peak)}
	still := st.LongestStill
	for way := range st.First {
		for v := st.First[way]; v >= 0; v = st.Behind[v] {
			still = max(still, st.Still[v])
		}
	}
	var travel []float64
	papers, seen := 0.0, 0
	for j := range st.NextDue {
		end := st.Ended[j]
		if end < 0 {
			end = st.Now
		} else {
			r.Finished++
		}
		wait := end - st.Due[j]
		if st.Entered[j] >= 0 {
			wait = st.Entered[j] - st.Due[j]
		} else {
			r.NeverInserted++
		}
		still = max(still, wait)
		r.MeanDelay += float64(wait) + st.Loss[j]
		travel = append(travel, float64(end-st.Due[j]))
		r.MeanTravel += float64(end - st.Due[j])
		if t, ok := s.atLights(j); ok {
			seen++
			papers += float64(t)
		}
	}
	r.MaxWait = float64(still)
	if n := float64(len(travel)); n > 0 {
		r.MeanTravel, r.MeanDelay = r.MeanTravel/n, r.MeanDelay/n
		slices.Sort(travel)
		r.P95Travel = travel[(len(travel)*95+99)/100-1]
	}
	if seen > 0 {
		r.PapersTravel = papers / float64(seen)
	}
	return r
}

// atLights returns the seconds that journey j has spent on lanes that end at a light, as papers on CityFlow count them: for
// each light from when it was first seen on such a lane until it was last seen to leave one, or now if it has left none. A
// vehicle that comes by the same light twice counts the time between as well. False: it was never seen there.
func (s *Sim) atLights(j int32) (int32, bool) {
	st := &s.st
	roads, first := s.demand.Journeys[j].Roads, s.w.legs[j]
	sum, any := int32(0), false
	for i, r := range roads {
		seen, left := st.Seen[first+int32(i)], st.Left[first+int32(i)]
		if seen < 0 {
			continue
		}
		node := s.net.Roads[r].To
		if s.net.Nodes[node].Light < 0 || slices.ContainsFunc(roads[:i], func(b int32) bool { return s.net.Roads[b].To == node }) {
			continue
		}
		for k := i + 1; k < len(roads); k++ {
			if s.net.Roads[roads[k]].To == node {
				left = max(left, st.Left[first+int32(k)])
			}
		}
		if any = true; left < 0 {
			left = st.Now
		}
		sum += left - seen
	}
	return sum, any
}

// Net and Demand return what the simulation was made from.
func (s *Sim) Net() *city.LaneNet       { return s.net }
func (s *Sim) Demand() *city.LaneDemand { return s.demand }
