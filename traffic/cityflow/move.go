package cityflow

import (
	"cmp"
	"slices"
)

// enter queues the journeys that are due and lets the first of each lane's queue in where the lane has room.
func (s *Sim) enter() {
	st := &s.st
	for ; int(st.NextDue) < len(s.demand.Journeys) && s.demand.Journeys[st.NextDue].Depart <= float64(st.Now); st.NextDue++ {
		j := st.NextDue
		lane := s.startLane(j)
		st.Due[j] = st.Now
		if st.QueueHead[lane] < 0 {
			st.QueueHead[lane] = j
			at, _ := slices.BinarySearch(st.Queued, lane)
			st.Queued = slices.Insert(st.Queued, at, lane)
		} else {
			st.QueueNext[st.QueueTail[lane]] = j
		}
		st.QueueTail[lane] = j
	}
	kept := st.Queued[:0]
	for _, lane := range st.Queued {
		j := st.QueueHead[lane]
		k := &s.types[s.demand.Journeys[j].Type]
		l := st.Last[lane]
		if len(st.Free) > 0 && (l < 0 || st.Dist[l] > s.types[s.kindOf(l)].length+k.gap) {
			st.QueueHead[lane] = st.QueueNext[j]
			s.start(j, lane)
		}
		if st.QueueHead[lane] >= 0 {
			kept = append(kept, lane)
		}
	}
	st.Queued = kept
}

// start puts a journey's vehicle at the start of a lane.
func (s *Sim) start(j, lane int32) {
	st := &s.st
	v := s.slot()
	st.Trip[v], st.Kind[v] = j, s.demand.Journeys[j].Type
	st.Next[v] = s.w.choose(lane, s.demand.Journeys[j].Roads, 0)
	st.Lot[v] = uint32(s.priority.Bits(uint64(j), 0) >> 32)
	st.Entered[j] = st.Now
	st.Running++
	st.Peak = max(st.Peak, st.Running)
	s.push(v, lane)
	s.findLeader(v)
	s.stale = true
}

// push puts v behind all others on a way.
func (s *Sim) push(v, way int32) {
	st := &s.st
	l := st.Last[way]
	st.Way[v], st.Ahead[v], st.Behind[v] = way, l, -1
	if l >= 0 {
		st.Behind[l] = v
	} else {
		st.First[way] = v
	}
	st.Last[way] = v
	st.Count[way]++
}

// pull takes v out of its way's list.
func (s *Sim) pull(v int32) {
	st := &s.st
	way, a, b := st.Way[v], st.Ahead[v], st.Behind[v]
	if a >= 0 {
		st.Behind[a] = b
	} else {
		st.First[way] = b
	}
	if b >= 0 {
		st.Ahead[b] = a
	} else {
		st.Last[way] = a
	}
	st.Count[way]--
}

// commit applies the step to a part of the ways: places, speeds, and who leaves its way.
func (s *Sim) commit(part int, lo, hi int32) {
	st := &s.st
	gone := s.part[part].gone
	for way := lo; way < hi; way++ {
		for v := st.First[way]; v >= 0; {
			next := st.Behind[v]
			if s.fate[v] != stays {
				if f := s.fate[v]; way < s.w.lanes && (f == ends || f == moves) {
					st.Left[s.w.legs[st.Trip[v]]+st.Leg[v]] = st.Now + 1
				}
				s.pull(v)
				gone = append(gone, v)
			}
			st.Speed[v], st.Dist[v] = s.nSpeed[v], s.nDist[v]
			if b := s.nBlocker[v]; b >= 0 && s.fate[b] >= ends {
				st.Blocker[v] = -1
			} else {
				st.Blocker[v] = b
			}
			if st.Changing[v] {
				st.Aside[v] = s.shift[v]
			} else {
				st.Target[v], st.Heard[v], st.Signals[v] = -1, -1, false
			}
			st.TLead[v], st.TBack[v] = -1, -1
			if !st.Shadow[v] && s.fate[v] != ends {
				s.tally(v)
			}
			v = next
		}
	}
	s.part[part].gone = gone
}

// tally keeps what is reported of v's trip.
func (s *Sim) tally(v int32) {
	st, w := &s.st, s.w
	j, way := st.Trip[v], s.nWay[v]
	if way >= 0 && way < w.lanes && st.Seen[w.legs[j]+s.nLeg[v]] < 0 {
		st.Seen[w.legs[j]+s.nLeg[v]] = st.Now + 1
	}
	free := s.types[s.kindOf(v)].top
	if way >= 0 && way < w.lanes && w.limit[way] < free {
		free = w.limit[way]
	}
	if loss := 1 - st.Speed[v]/free; loss > 0 {
		st.Loss[j] += loss
	}
	if st.Speed[v] < slow {
		st.Still[v]++
	} else {
		st.Still[v] = 0
	}
}

// settle finishes what concerns several ways: ends, changes of lane that are over, and who arrives on a way, the furthest
// along it first.
func (s *Sim) settle() {
	st, w := &s.st, s.w
	st.Updates += int64(st.Running)
	s.moved = s.moved[:0]
	for p := range s.part {
		for _, v := range s.part[p].gone {
			switch s.fate[v] {
			case ends:
				j := st.Trip[v]
				st.Ended[j] = st.Now
				st.Running--
				s.free(v)
			case becomes:
				sh := st.Partner[v]
				st.Shadow[sh], st.Partner[sh], st.Aside[sh] = false, -1, 0
				st.Still[sh] = st.Still[v]
				s.free(v)
			case aborts:
				if p := st.Partner[v]; s.fate[p] != ends {
					st.Changing[p], st.Partner[p], st.Aside[p], st.Target[p], st.Heard[p], st.Signals[p] = false, -1, 0, -1, -1, false
				}
				s.free(v)
			case moves:
				s.moved = append(s.moved, v)
			}
		}
		s.part[p].gone = s.part[p].gone[:0]
	}
	slices.SortFunc(s.moved, func(a, b int32) int {
		return cmp.Or(cmp.Compare(s.nDist[b], s.nDist[a]), cmp.Compare(st.Trip[a], st.Trip[b]), cmp.Compare(s.nWay[a], s.nWay[b]))
	})
	for _, v := range s.moved {
		st.Prev[v] = st.Way[v]
		way := s.nWay[v]
		st.Leg[v] = s.nLeg[v]
		s.push(v, way)
		if way < w.lanes {
			st.Since[v] = outside
			st.Next[v] = w.choose(way, s.demand.Journeys[st.Trip[v]].Roads, st.Leg[v])
		} else {
			st.Since[v], st.Next[v] = st.Now, -1
		}
	}
	for _, v := range s.moved {
		st.LongestStill = max(st.LongestStill, st.Still[v])
	}
}

// free gives a slot back.
func (s *Sim) free(v int32) {
	st := &s.st
	st.LongestStill = max(st.LongestStill, st.Still[v])
	st.Trip[v] = -1
	st.Free = append(st.Free, v)
}
