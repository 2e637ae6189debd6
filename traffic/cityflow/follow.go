package cityflow

import "math"

// lead finds the leader of each vehicle in a part of the ways.
func (s *Sim) lead(_ int, lo, hi int32) {
	st := &s.st
	for way := lo; way < hi; way++ {
		if st.Count[way] == 0 {
			continue
		}
		first := st.First[way]
		s.findLeader(first)
		for a, v := first, st.Behind[first]; v >= 0; a, v = v, st.Behind[v] {
			st.Leader[v] = a
			st.Gap[v] = st.Dist[a] - s.types[s.kindOf(a)].length - st.Dist[v]
		}
	}
}

func (s *Sim) kindOf(v int32) int32 { return s.st.Kind[v] }

// findLeader looks for who is ahead of v, beyond its way if it is the first there: on any link that leaves its lane, since
// those overlap, then on the lanes and links after, as far as it looks. Without a leader the gap stays as it was.
func (s *Sim) findLeader(v int32) {
	st, w := &s.st, s.w
	if a := st.Ahead[v]; a >= 0 {
		st.Leader[v] = a
		st.Gap[v] = st.Dist[a] - s.types[s.kindOf(a)].length - st.Dist[v]
		return
	}
	look := s.types[st.Kind[v]].look
	way, leg := st.Way[v], st.Leg[v]
	d := w.length[way] - st.Dist[v]
	st.Leader[v] = -1
	link := st.Next[v]
	for {
		if way < w.lanes {
			if link < 0 {
				return
			}
			best, gap := int32(-1), 0.0
			for k := w.out[way]; k < w.out[way+1]; k++ {
				if l := st.Last[k]; l >= 0 {
					if g := d + st.Dist[l] - s.types[s.kindOf(l)].length; best < 0 || g < gap {
						best, gap = l, g
					}
				}
			}
			if best >= 0 {
				st.Leader[v], st.Gap[v] = best, gap
				return
			}
			way = link
		} else {
			way = w.to[way-w.lanes]
			leg++
			if l := st.Last[way]; l >= 0 {
				st.Leader[v], st.Gap[v] = l, d+st.Dist[l]-s.types[s.kindOf(l)].length
				return
			}
			link = -2
		}
		if d += w.length[way]; d > look {
			return
		}
		if link == -2 {
			link = w.choose(way, s.demand.Journeys[st.Trip[v]].Roads, leg)
		}
	}
}

// safeSpeed is the greatest speed at a second's end with which a follower at speed v, its leader at vl, can still stop after
// it, gap less keep metres on, if they brake at b and bl; −100: none.
func safeSpeed(vl, bl, v, b, gap, keep float64) float64 {
	c := v/2 + keep - vl*vl/bl/2 - gap
	a := 0.5 / b
	if 0.25 < 4*a*c {
		return -100
	}
	return min((math.Sqrt(0.25-4*a*c)-0.5)*b, 2*vl-bl+2*(gap-keep))
}

// decide works out each vehicle's speed and where it will be, for a part of the ways. A shadow is worked out with its partner.
func (s *Sim) decide(_ int, lo, hi int32) {
	st := &s.st
	for way := lo; way < hi; way++ {
		for v := st.First[way]; v >= 0; v = st.Behind[v] {
			if st.Shadow[v] {
				continue
			}
			speed := s.wanted(v)
			if p := st.Partner[v]; p >= 0 {
				speed = min(speed, s.wanted(p))
				s.advance(v, speed)
				s.advance(p, speed)
				s.moveOver(v, p)
			} else {
				s.advance(v, speed)
			}
		}
	}
}

// advance sets v's next speed and place.
func (s *Sim) advance(v int32, speed float64) {
	st, w := &s.st, s.w
	d := (st.Speed[v] + speed) / 2
	if speed < 0 { // it stands before the second is over
		d, speed = st.Speed[v]*st.Speed[v]/s.types[st.Kind[v]].brake/2, 0
	}
	d += st.Dist[v]
	way, leg := st.Way[v], st.Leg[v]
	s.fate[v] = stays
	link := st.Next[v]
	for d > w.length[way] {
		d -= w.length[way]
		if way >= w.lanes {
			way = w.to[way-w.lanes]
			leg++
			link = w.choose(way, s.demand.Journeys[st.Trip[v]].Roads, leg)
		} else if way = link; way < 0 {
			s.fate[v] = ends
			break
		}
		s.fate[v] = moves
	}
	s.nSpeed[v], s.nDist[v], s.nWay[v], s.nLeg[v] = speed, d, way, leg
}

// wanted returns the speed that v takes by all rules but its partner's.
func (s *Sim) wanted(v int32) float64 {
	st, w := &s.st, s.w
	k := &s.types[st.Kind[v]]
	way, now := st.Way[v], st.Speed[v]
	s.nBlocker[v] = -1
	speed := min(k.top, now+k.accel)
	onLane := way < w.lanes
	if onLane {
		speed = min(speed, w.limit[way])
	}
	if l := st.Leader[v]; l >= 0 {
		speed = min(speed, s.following(v, l, k))
	}
	rest := w.length[way] - st.Dist[v]
	if !onLane || st.Next[v] >= 0 && rest <= k.look {
		speed = min(speed, s.atJunction(v, k, rest))
	}
	if s.cfg.LaneChange {
		speed = min(speed, s.yielding(v, k))
		if onLane && st.Next[v] < 0 && int(st.Leg[v])+1 < len(s.demand.Journeys[st.Trip[v]].Roads) { // no way on from this lane
			speed = min(speed, safeSpeed(0, 1, now, k.brake, rest, k.gap))
		}
	}
	return max(speed, now-k.brake)
}

// following returns the speed that keeps v safely and comfortably behind l.
func (s *Sim) following(v, l int32, k *kind) float64 {
	st := &s.st
	lk := &s.types[s.kindOf(l)]
	now, ahead, gap := st.Speed[v], st.Speed[l], st.Gap[v]
	speed := safeSpeed(ahead, lk.brake, now, k.brake, gap, 0)
	speed = min(speed, safeSpeed(ahead, lk.decel, now, k.decel, gap, k.gap))
	closing := max(0, now-ahead)
	return min(speed, (gap+ahead+closing/2-now/2)/(k.headway+0.5))
}

// stopping returns the speed with which v comes to a stand within d metres: it goes on accelerating while it still could.
func (s *Sim) stopping(v int32, k *kind, d float64) float64 {
	now := s.st.Speed[v]
	next := now + k.usual
	if (now+next)/2+next*next/k.decel/2 < d {
		return next
	}
	seconds := 2 * d / (now + 1e-8)
	if seconds >= 1 {
		seconds = math.Trunc(seconds)
	}
	return now - now/seconds
}
