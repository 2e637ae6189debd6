package cityflow

import "math"

// atJunction returns the speed that the way into and through a junction allows v; rest is the metres to its way's end.
func (s *Sim) atJunction(v int32, k *kind, rest float64) float64 {
	st, w := &s.st, s.w
	speed, way := k.top, st.Way[v]
	var link int32
	var into float64 // m from the link's start to v's front
	if way < w.lanes {
		link, into = st.Next[v]-w.lanes, -rest
		now := st.Speed[v]
		if (!st.Open[link] || !s.room(w.to[link], k)) && now*now/k.brake/2 <= rest {
			return min(speed, s.stopping(v, k, rest))
		}
		if w.turns[link] {
			speed = min(speed, turnSpeed)
		}
	} else {
		link, into = way-w.lanes, st.Dist[v]
	}
	for e := w.meet[link]; e < w.meet[link+1]; e++ {
		at := w.at[e]
		if at < into {
			continue
		}
		m := w.mate[e]
		if st.NoteAt[m] != st.Now {
			continue
		}
		if foe := st.NoteWho[m]; !s.goesFirst(v, k, link, at-into, foe, w.owner[m], st.NoteDist[m]) {
			s.nBlocker[v] = foe
			return min(speed, s.stopping(v, k, at-into-yieldSpace))
		}
	}
	return speed
}

// room tells whether a vehicle of kind k may go towards a lane: the last one there leaves it room, or moves on.
func (s *Sim) room(lane int32, k *kind) bool {
	l := s.st.Last[lane]
	return l < 0 || s.st.Dist[l] > s.types[s.kindOf(l)].length+k.length || s.st.Speed[l] >= 2
}

// canYield tells whether v, d metres before a crossing (negative: after), can leave it to another.
func (s *Sim) canYield(v int32, k *kind, d float64) bool {
	now := s.st.Speed[v]
	return d > 0 && now*now/k.brake/2 < d-yieldSpace || d < 0 && d+k.length < 0
}

// goesFirst tells whether v, d metres before a crossing on link, goes before foe, fd metres before it on its own link.
func (s *Sim) goesFirst(v int32, k *kind, link int32, d float64, foe, foeLink int32, fd float64) bool {
	st, w := &s.st, s.w
	if !s.canYield(v, k, d) {
		return true
	}
	fk := &s.types[s.kindOf(foe)]
	if s.canYield(foe, fk, fd) {
		mine, its := w.rank[link], w.rank[foeLink]
		switch {
		case mine > its:
			return true
		case fd <= 0:
			if fd+fk.length < 0 {
				return true
			}
		default:
			a, b := s.reach(v, k, link, d), s.reach(foe, fk, foeLink, fd)
			if a < b {
				return true
			}
			if a == b && mine == its {
				if st.Since[v] != st.Since[foe] {
					if st.Since[v] < st.Since[foe] {
						return true
					}
				} else if d < fd || d == fd && st.Lot[v] > st.Lot[foe] {
					return true
				}
			}
		}
	}
	return s.ring(foe)
}

// reach returns the seconds that v takes for d metres on a link, accelerating as usual to what the link allows.
func (s *Sim) reach(v int32, k *kind, link int32, d float64) float64 {
	if d <= 0 {
		return 0
	}
	now, aim := s.st.Speed[v], k.top
	if s.w.turns[link] {
		aim = turnSpeed
	}
	if now > aim {
		return math.Ceil(d / now)
	}
	whole := math.Floor((aim - now) / k.usual)
	reached := now + whole*k.usual
	run := (now + reached) * whole / 2
	if now < aim && reached < aim {
		run += (reached + aim) / 2
	}
	if run > d {
		return math.Ceil((math.Sqrt(now*now+2*k.usual*d) - now) / k.usual)
	}
	return math.Ceil((aim-now)/k.usual) + math.Ceil((d-run)/aim)
}

// ring tells whether those who give way to each other, from v on, go round in a circle (Floyd's two runners).
func (s *Sim) ring(v int32) bool {
	b := s.st.Blocker
	for fast, slow := v, v; fast >= 0 && b[fast] >= 0; {
		slow = b[slow]
		if fast = b[b[fast]]; fast == slow {
			return true
		}
	}
	return false
}

// note writes down, for a part of the links, who is nearest to each crossing or still on it.
func (s *Sim) note(_ int, lo, hi int32) {
	st, w := &s.st, s.w
	for way := max(lo, w.lanes); way < hi; way++ {
		link := way - w.lanes
		e, least := w.meet[link+1]-1, w.meet[link]
		if e < least {
			continue
		}
		if l := st.Last[w.to[link]]; l >= 0 && st.Prev[l] == way { // its tail may still be on the link
			for tail := st.Dist[l] - s.types[s.kindOf(l)].length + w.length[way]; e >= least && tail < w.at[e]; e-- {
				s.write(e, l, w.at[e]-w.length[way]-st.Dist[l])
			}
		}
		for v := st.First[way]; v >= 0 && e >= least; v = st.Behind[v] {
			d, long := st.Dist[v], s.types[s.kindOf(v)].length
			for ; e >= least && d-w.at[e] <= long; e-- {
				s.write(e, v, w.at[e]-d)
			}
		}
		if !st.Open[link] || e < least {
			continue
		}
		if f := st.First[w.from[link]]; f >= 0 && st.Next[f] == way {
			for rest := w.length[w.from[link]] - st.Dist[f]; e >= least; e-- {
				s.write(e, f, rest+w.at[e])
			}
		}
	}
}

func (s *Sim) write(e, v int32, d float64) {
	s.st.NoteAt[e], s.st.NoteWho[e], s.st.NoteDist[e] = s.st.Now, v, d
}
