package cityflow

import "math"

// wish lets each vehicle in a part of the lanes decide which lane it would like, and lists those that want or do a change.
func (s *Sim) wish(part int, lo, hi int32) {
	st, w := &s.st, s.w
	for way := lo; way < hi; way++ {
		if st.Count[way] == 0 {
			continue
		}
		outer, inner := int32(-1), int32(-1)
		if way < w.lanes {
			outer, inner = w.outer[way], w.inner[way]
		}
		aheadOut, aheadIn := beside{s, outer, -1, -1, false}, beside{s, inner, -1, -1, false}
		for v := st.First[way]; v >= 0; v = st.Behind[v] {
			if st.Shadow[v] {
				continue
			}
			if st.Changing[v] {
				s.part[part].planners = append(s.part[part].planners, v)
				continue
			}
			st.Signals[v] = st.Now >= changePause
			if !st.Signals[v] || way >= w.lanes || w.length[way]-st.Dist[v] < leastToEnd {
				continue
			}
			k := &s.types[st.Kind[v]]
			gap := st.Gap[v]
			if gap > 2*k.length+4*k.top || gap < 1.5*k.length {
				continue
			}
			j := &s.demand.Journeys[st.Trip[v]]
			last, most := int(st.Leg[v])+1 == len(j.Roads), 0.0
			if outer >= 0 && (last || w.choose(outer, j.Roads, st.Leg[v]) >= 0) {
				if most = aheadOut.gap(st.Dist[v]); most > gap+k.length {
					st.Target[v] = outer
				}
			}
			if inner >= 0 && (last || w.choose(inner, j.Roads, st.Leg[v]) >= 0) {
				if g := aheadIn.gap(st.Dist[v]); g > gap+k.length && g > most {
					st.Target[v] = inner
				}
			}
			if st.Target[v] >= 0 {
				s.part[part].planners = append(s.part[part].planners, v)
			}
		}
	}
}

const (
	changePause = 3  // s from the start in which nobody changes lanes
	leastToEnd  = 30 // m before the lane's end after which nobody begins to
)

// beside walks down a lane from its front while the vehicle that asks falls back on the lane next to it.
type beside struct {
	s      *Sim
	lane   int32
	at, to int32 // the last one not behind, and the one after it
	begun  bool
}

// gap returns the metres between d and the tail of who is next there, or the lane's end.
func (b *beside) gap(d float64) float64 {
	st := &b.s.st
	if !b.begun {
		b.begun, b.to = true, st.First[b.lane]
	}
	for b.to >= 0 && st.Dist[b.to] >= d {
		b.at, b.to = b.to, st.Behind[b.to]
	}
	if b.at < 0 {
		return b.s.w.length[b.lane] - d
	}
	return st.Dist[b.at] - d - b.s.types[b.s.kindOf(b.at)].length
}

// change lets those who want a change speak to who is around them in the target lane, and begins the changes that are safe.
func (s *Sim) change() {
	st := &s.st
	for p := range s.part {
		for _, v := range s.part[p].planners {
			s.look(v)
			s.speak(v, st.TLead[v])
			s.speak(v, st.TBack[v])
			if st.Changing[v] || !st.Signals[v] || st.Heard[v] >= 0 || st.Way[v] >= s.w.lanes || len(st.Free) == 0 {
				continue
			}
			now := st.Speed[v]
			if st.TLeadGap[v] >= now*now/s.types[s.kindOf(v)].brake/2 && st.TBackGap[v] >= s.spaceFor(st.TBack[v]) {
				s.castShadow(v)
			}
		}
		s.part[p].planners = s.part[p].planners[:0]
	}
}

// spaceFor returns the metres that the one behind needs to stop.
func (s *Sim) spaceFor(v int32) float64 {
	if v < 0 {
		return 0
	}
	return s.st.Speed[v] * s.st.Speed[v] / s.types[s.kindOf(v)].brake / 2
}

// look finds who is ahead of v and behind it in its target lane, and how far.
func (s *Sim) look(v int32) {
	st, w := &s.st, s.w
	target, d, long := st.Target[v], st.Dist[v], s.types[s.kindOf(v)].length
	lead, back := int32(-1), st.First[target]
	for back >= 0 && st.Dist[back] >= d {
		lead, back = back, st.Behind[back]
	}
	st.TBack[v], st.TBackGap[v] = back, math.MaxFloat64
	if back >= 0 {
		st.TBackGap[v] = d - st.Dist[back] - long
	}
	if lead >= 0 {
		st.TLead[v], st.TLeadGap[v] = lead, st.Dist[lead]-d-s.types[s.kindOf(lead)].length
		return
	}
	rest := w.length[st.Way[v]] - d
	st.TLead[v], st.TLeadGap[v] = -1, rest
	least := math.MaxFloat64
	for k := w.out[target]; k < w.out[target+1]; k++ { // a tail that still reaches into the lane
		if l := st.Last[k]; l >= 0 && st.Dist[l]+rest < least {
			least = st.Dist[l] + rest
			if tail := s.types[s.kindOf(l)].length; least < tail {
				st.TLead[v], st.TLeadGap[v] = l, rest-(tail-least)
			}
		}
	}
}

// speak tells to that v wants its lane; it heeds the highest lot, if that is higher than its own where it has a wish itself.
func (s *Sim) speak(v, to int32) {
	st := &s.st
	if to < 0 || st.Changing[to] {
		return
	}
	if (st.Heard[to] < 0 || st.Lot[st.Heard[to]] < st.Lot[v]) && (!st.Signals[to] || st.Lot[to] < st.Lot[v]) {
		st.Heard[to] = v
	}
}

// yielding returns the speed with which v makes room for the one that it heeds, if that one is to come before it.
func (s *Sim) yielding(v int32, k *kind) float64 {
	st := &s.st
	h := st.Heard[v]
	if h < 0 || st.TLead[h] == v {
		return math.MaxFloat64
	}
	speed := safeSpeed(st.Speed[h], s.types[s.kindOf(h)].brake, st.Speed[v], k.brake, st.TBackGap[h]-s.spaceFor(st.TBack[h]), 0)
	if speed < 0 {
		return math.MaxFloat64 // too fast to make room
	}
	return speed
}

// castShadow puts a copy of v beside it into its target lane.
func (s *Sim) castShadow(v int32) {
	st, w := &s.st, s.w
	sh := s.slot()
	lane := st.Target[v]
	trip := st.Trip[v]
	st.Kind[sh] = st.Kind[v]
	st.Trip[sh], st.Way[sh], st.Prev[sh], st.Leg[sh] = trip, lane, st.Prev[v], st.Leg[v]
	st.Next[sh] = w.choose(lane, s.demand.Journeys[trip].Roads, st.Leg[v])
	st.Dist[sh], st.Speed[sh], st.Gap[sh], st.Since[sh], st.Still[sh] = st.Dist[v], st.Speed[v], st.Gap[v], st.Since[v], st.Still[v]
	st.Lot[sh] = uint32(s.priority.Bits(uint64(trip), uint64(st.Now)+1) >> 32)
	st.Shadow[sh], st.Partner[sh], st.Partner[v] = true, v, sh
	st.Changing[v], st.Aside[v] = true, 0
	// It goes into the list before who is behind.
	back := st.TBack[v]
	ahead := st.Last[lane]
	if back >= 0 {
		ahead = st.Ahead[back]
		st.Ahead[back] = sh
	} else {
		st.Last[lane] = sh
	}
	if ahead >= 0 {
		st.Behind[ahead] = sh
	} else {
		st.First[lane] = sh
	}
	st.Ahead[sh], st.Behind[sh] = ahead, back
	st.Count[lane]++
	s.stale = true
}

// slot takes a free slot and clears it; there must be one.
func (s *Sim) slot() int32 {
	st := &s.st
	v := st.Free[len(st.Free)-1]
	st.Free = st.Free[:len(st.Free)-1]
	for _, p := range [...]*[]int32{&st.Prev, &st.Next, &st.Ahead, &st.Behind, &st.Leader, &st.Blocker, &st.Partner, &st.Target, &st.Heard,
		&st.TLead, &st.TBack} {
		(*p)[v] = -1
	}
	st.Gap[v], st.Dist[v], st.Speed[v], st.Aside[v] = 0, 0, 0, 0
	st.Shadow[v], st.Changing[v], st.Signals[v] = false, false, false
	st.Since[v], st.Still[v], st.Leg[v] = outside, 0, 0
	return v
}

// moveOver goes on with v's change to the lane of its shadow, once both have been advanced.
func (s *Sim) moveOver(v, shadow int32) {
	st, w := &s.st, s.w
	if s.fate[v] == ends || s.fate[shadow] == ends {
		s.fate[v], s.fate[shadow] = ends, aborts // the trip is over, counted once
		return
	}
	way, need := st.Way[v], 0.0
	if st.Target[v] == w.outer[way] {
		need = w.outerAside[way]
	} else {
		need = w.innerAside[way]
	}
	s.shift[v] = st.Aside[v] + max(0.2*s.nSpeed[v], 1)
	if s.shift[v] >= need {
		s.fate[v] = becomes
	} else if s.fate[shadow] == moves || s.fate[v] == moves {
		s.fate[shadow] = aborts
	}
}
