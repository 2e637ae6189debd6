package meso

import "math"

// What drivers lose and leave, s, as the microscopic engine's have it.
const (
	queueSpeed = 10.0 // m/s, the most at which a queue crosses a stop line
	queueGap   = 2.0  // m between two in it
	reaction   = 1.19 // of a type's headway, of who follows another over the line
	startLoss  = 1.0  // from green to the first vehicle over the line
	overrun    = 1.0  // of yellow that is still driven through
	gapAhead   = 1.0  // to the next vehicle with right of way, beside the time that one's own crossing takes
	gapBehind  = 1.0  // since the last one
	inside     = 0.6  // of the path that is left to who waits in the junction
	impatience = 90.0 // at the line, after which a vehicle without a signal squeezes in
	entryGap   = 2.0  // between two that begin their journeys on a lane
)

// at is where number k of a lane's vehicles lies in the rings.
func (s *Sim) at(l int32, k uint32) int32 {
	first := s.net.room[l]
	return first + int32(k%uint32(s.net.room[l+1]-first))
}

// ready is when the first vehicle of a lane may cross its line; the lane must not be empty.
func (s *Sim) ready(l int32) float32 {
	return max(s.st.Ready[s.st.Queue[s.at(l, s.st.Out[l])]], s.st.Next[l])
}

// call has a lane looked at in the second in which its first vehicle may cross.
func (s *Sim) call(l int32) {
	s.callAt(l, int32(s.ready(l)))
}

func (s *Sim) callAt(l, t int32) {
	st := &s.st
	if t = max(t, st.Now); st.Due[l] >= 0 {
		return
	}
	st.Due[l] = t
	if t >= st.Now+wheel {
		st.Far = append(st.Far, l)
		return
	}
	st.Calls[t%wheel] = append(st.Calls[t%wheel], l)
}

// discharge lets vehicles of a lane cross in this second, in order, and has the lane looked at again when the next may.
func (s *Sim) discharge(l int32) {
	st, n := &s.st, s.net
	end := float32(st.Now + 1)
	for st.In[l] != st.Out[l] {
		at := s.ready(l)
		if at >= end {
			s.call(l)
			return
		}
		at = max(at, float32(st.Now))
		v := st.Queue[s.at(l, st.Out[l])]
		roads := s.demand.Journeys[v].Roads
		k := &s.kinds[s.demand.Journeys[v].Type]
		if int(st.At[v])+1 == len(roads) {
			s.leave(l, at)
			s.timed(v, l, at)
			st.Next[l] = at + 0.3 // it leaves the road along its way: others pass
			st.Arrive[v] = at
			st.Ended++
			st.Running--
			continue
		}
		c, wait := s.way(l, v, roads[st.At[v]+1], at)
		if c < 0 {
			if wait {
				s.callAt(l, st.Now+1)
			}
			return // a lamp that changes calls
		}
		if s.away != nil && s.away[n.to[c]] {
			if !s.handOn(v, l, c, at) {
				st.Full[l] = st.Now
				s.callAt(l, st.Now+1)
				return
			}
			continue
		}
		to, opens := s.lane(v, int(st.At[v])+1, k, at+n.over[c])
		if to < 0 {
			st.Full[l] = st.Now
			if opens -= n.over[c]; opens <= at {
				opens = later(at)
			}
			if opens < end {
				st.Next[l] = opens
				continue
			}
			s.callAt(l, int32(min(opens, end)))
			return
		}
		s.leave(l, at)
		s.timed(v, l, at)
		stood := at - st.Ready[v]
		s.cross(l, c, at, k)
		st.At[v]++
		late := float32(0)
		if stood > 1 {
			st.Stood[v] += stood
			late = s.speed(v, to, k) / (2 * k.accel)
		}
		s.enter(v, to, at+n.over[c]+late, k)
	}
}

// later is the next moment that is tried after t: what is added up in single precision may come to just before a lane opens for ever.
func later(t float32) float32 {
	return max(t+1.0/256, math.Nextafter32(t, float32(math.Inf(1))))
}

// cross notes that a vehicle crossed the line of a lane.
func (s *Sim) cross(l, c int32, at float32, k *kind) {
	s.st.Next[l] = at + k.lag + k.gap/s.net.flow[c]
	s.st.Crossed[c]++
	s.st.Last[c] = at
}

// leave takes the first vehicle off a lane.
func (s *Sim) leave(l int32, at float32) {
	s.st.Felt[s.at(l, s.st.Out[l])] = at + s.net.wave[l]
	s.st.Out[l]++
}

// timed notes what v's road took it.
func (s *Sim) timed(v, l int32, at float32) {
	if roads := s.demand.Journeys[v].Roads; s.times != nil && int(s.st.At[v])+1 < len(roads) {
		s.times.add(s.net.road[l], roads[s.st.At[v]+1], s.st.On[v], at)
	}
}

// enter puts v on a lane at time at.
func (s *Sim) enter(v, l int32, at float32, k *kind) {
	st := &s.st
	st.Queue[s.at(l, st.In[l])] = v
	st.In[l]++
	st.On[v] = at
	st.Ready[v] = at + s.net.length[l]/s.speed(v, l, k)
	if st.In[l]-st.Out[l] == 1 {
		s.call(l)
	}
}

// speed is what v drives on an empty lane.
func (s *Sim) speed(v, l int32, k *kind) float32 {
	return max(1, min(s.net.speed[l]*s.own[v], k.top)-k.slack)
}

// opens is when a lane has room at its entry, as far as that is known; +Inf: not before somebody leaves it. Of a lane that nothing holds up it
// is known beforehand who will have left.
func (s *Sim) opens(l int32) float32 {
	st, holds := &s.st, s.net.holds[l]
	on := st.In[l] - st.Out[l]
	switch {
	case st.In[l] < holds:
		return 0
	case on < holds:
		return st.Felt[s.at(l, st.In[l]-holds)]
	case s.net.free[l] && on < holds+coming && st.Full[l] < st.Now-1:
		return max(st.Ready[st.Queue[s.at(l, st.In[l]-holds)]], st.Next[l]) + s.net.wave[l]
	}
	return float32(math.Inf(1))
}

// lane chooses a lane with room at time at on the road at place i of v's route: of those that lead on to the next road the one with the
// fewest vehicles for what it holds; −1: none has, and when one will.
func (s *Sim) lane(v int32, i int, k *kind, at float32) (best int32, soon float32) {
	st, n := &s.st, s.net
	roads := s.demand.Journeys[v].Roads
	best, least := int32(-1), float32(math.Inf(1))
	soon = least
	for l := n.first[roads[i]]; l < n.first[roads[i]+1]; l++ {
		if n.allow[l]&k.class == 0 || i+1 < len(roads) && !n.leads(l, roads[i+1]) {
			continue
		}
		if t := s.opens(l); t > at {
			soon = min(soon, t)
		} else if x := float32(st.In[l]-st.Out[l]) / float32(n.holds[l]); x < least {
			best, least = l, x
		}
	}
	return best, soon
}

// way finds a connection to road by which the first vehicle of lane l, v, may cross at time at; −1: none, and whether one is worth
// asking for again in a second, as no lamp stands against it.
func (s *Sim) way(l, v, road int32, at float32) (c int32, wait bool) {
	st, n := &s.st, s.net
	for c := n.out[l]; c < n.out[l+1]; c++ {
		if n.to[c] != road {
			continue
		}
		switch st.Sig[c] {
		case 'r':
			continue
		case 'y':
			since := float32(st.Since[c])
			if len(n.yields[c]) == 0 && (at-since < overrun || st.Ready[v] >= since && st.Ready[v]-since < overrun) {
				return c, true
			}
			// who waited inside the junction for a gap clears it
			if n.wait[c] && st.Ready[v] < since && st.Last[c] < since {
				return c, true
			}
			continue
		case 'G':
			return c, true
		case 'g', '-', 'o':
			if len(n.yields[c]) == 0 || n.minor[c] && at-s.ready(l) > impatience || s.gap(c, at, v) {
				return c, true
			}
		}
		wait = true
	}
	return -1, wait
}

// gap reports whether nobody to whom connection c gives way is about to cross or has just done so.
func (s *Sim) gap(c int32, at float32, v int32) bool {
	st, n := &s.st, s.net
	need := n.over[c]
	if at-st.Ready[v] > 1 { // from a stand
		need += n.flow[c] / (2 * s.kinds[s.demand.Journeys[v].Type].accel)
		if n.wait[c] {
			need *= inside
		}
	}
	need += gapAhead
	for _, y := range n.yields[c] {
		switch st.Sig[y] {
		case 'r', 'y':
			continue
		}
		if at-st.Last[y] < gapBehind {
			return false
		}
		l := n.from[y]
		if st.In[l] == st.Out[l] || st.Full[l] >= st.Now-1 {
			continue // nobody, or one who can't go
		}
		v := st.Queue[s.at(l, st.Out[l])]
		if roads := s.demand.Journeys[v].Roads; int(st.At[v])+1 < len(roads) && roads[st.At[v]+1] == n.to[y] && s.ready(l) < at+need {
			return false
		}
	}
	return true
}

// depart lets the journeys whose time has come begin, in order on each road, where a lane has room.
func (s *Sim) depart() {
	st := &s.st
	js := s.demand.Journeys
	for int(st.NextJourney) < len(js) && js[st.NextJourney].Depart < float64(st.Now+1) {
		i := st.NextJourney
		st.NextJourney++
		r := js[i].Roads[0]
		if s.away != nil && s.away[r] {
			continue
		}
		if st.Door[r] < 0 {
			st.Door[r] = i
			st.Doors = append(st.Doors, r)
		} else {
			st.Behind[st.DoorEnd[r]] = i
		}
		st.DoorEnd[r] = i
	}
	keep := st.Doors[:0]
	for _, r := range st.Doors {
		for st.Door[r] >= 0 && s.begin(st.Door[r]) {
			v := st.Door[r]
			st.Door[r] = st.Behind[v]
			st.Behind[v] = -1
		}
		if st.Door[r] >= 0 {
			keep = append(keep, r)
		}
	}
	st.Doors = keep
}

// begin puts a journey on its first road from a stand, if a lane takes it.
func (s *Sim) begin(v int32) bool {
	st := &s.st
	j := &s.demand.Journeys[v]
	k := &s.kinds[j.Type]
	now := float32(st.Now)
	l, _ := s.lane(v, 0, k, now)
	if l < 0 || st.Gate[l] > now {
		return false
	}
	st.Gate[l] = now + entryGap
	st.Enter[v], st.Came[v] = now, now
	st.Running++
	s.enter(v, l, now+s.speed(v, l, k)/(2*k.accel), k)
	return true
}
