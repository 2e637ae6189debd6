package traffic

import (
	"math"

	"citybrain/city"
)

const (
	entryFlow  = 0.55 // vehicles/s that can enter one lane
	gap        = 2    // s without a crossing that a yielding vehicle needs
	impatience = 60   // s after which a yielding vehicle goes anyway
	detour     = 120  // s before a full street ahead after which a driver takes another turn
	squeeze    = 300  // s before a full street ahead after which a driver finds a gap all the same, as in every real jam …
	crush      = 3    // … vehicles more than it holds
	sneakers   = 2    // s of the inter-green in which waiting permissive turns clear the junction
)

// due queues the trips whose time has come at their first link and lets in those that fit.
func (s *Sim) due() {
	st := &s.st
	for int(st.NextTrip) < len(s.trips) && int32(s.trips[st.NextTrip].Depart.Seconds()) <= st.Now {
		i := st.NextTrip
		st.NextTrip++
		t := &s.trips[i]
		tree := st.Trees[s.group(i)][t.Goal]
		first, best := int32(-1), float32(math.Inf(1))
		for _, l := range s.net.leave[t.From] {
			if w := s.weight(l) + tree.Left(l); w < best {
				first, best = l, w
			}
		}
		if t.From == s.goals[t.Goal] || first < 0 {
			if t.From == s.goals[t.Goal] {
				st.Arrived[i] = 0
				st.Finished++
				continue
			}
			// Cut off by closures: wait at the door, on the first street out.
			if len(s.net.leave[t.From]) == 0 {
				continue
			}
			first = s.net.leave[t.From][0]
		}
		st.Waiting++
		if st.WaitHead[first] < 0 {
			st.WaitHead[first] = i
		} else {
			st.WaitNext[st.WaitTail[first]] = i
		}
		st.WaitTail[first] = i
	}
}

// move lets vehicles cross from link to link for one second. Links take their turn in an order that rotates with time, so
// that no street always comes first where two merge.
func (s *Sim) move() {
	st, net, streets := &s.st, s.net, &s.city.Streets
	n := len(st.Count)
	ring := int(st.Now) % waves
	capacity := float32(st.Weather.capacity())
	for l := range n {
		// The wave of the departures wave[l] seconds ago has reached the entry.
		if st.Holes[l] > 0 {
			past := (int(st.Now) - int(net.wave[l]) + 2*waves) % waves
			if past != ring {
				st.Holes[l] -= int16(st.Departed[l*waves+past])
				st.Departed[l*waves+past] = 0
			}
		}
		st.Gate[l] = min(st.Gate[l]+entryFlow*float32(streets.Links[l].Lanes), float32(streets.Links[l].Lanes))
	}
	start := int(uint32(st.Now) * 2654435761 % uint32(max(n, 1)))
	for k := range n {
		l := int32(start + k)
		if l >= int32(n) {
			l -= int32(n)
		}
		if st.Count[l] > 0 {
			s.discharge(l, capacity)
		}
		if st.WaitHead[l] >= 0 {
			s.admit(l)
		}
	}
}

// discharge lets the heads of link l's queues cross, in a fixed order of queues.
func (s *Sim) discharge(l int32, capacity float32) {
	st, net, streets := &s.st, s.net, &s.city.Streets
	now := float32(st.Now)
	link := &streets.Links[l]
	flow := float32(s.cfg.Saturation) * capacity * st.Passable[l]
	if st.Speed[l] < 0.5 {
		flow = 0 // they stand in water
	} else if slow := st.Speed[l] / float32(link.Speed) * 1.5; slow < 1 {
		flow *= slow
	}
	total := 0
	for q := range queues {
		slot := int(l)*queues + q
		v := st.Head[slot]
		if v < 0 {
			continue
		}
		if q == exitLane {
			for v >= 0 && st.Ready[v] <= now && flow > 0 {
				s.leave(v, l, slot)
				s.arrive(v)
				v = st.Head[slot]
			}
			continue
		}
		if st.Ready[v] > now {
			continue
		}
		turn := &streets.Turns[st.Turn[v]]
		m := net.movement[st.Turn[v]]
		if m >= 0 {
			g := &st.Signals[turn.Junction]
			local := int(m - net.first[turn.Junction])
			if st.Now < st.Held[turn.Junction] {
				st.Credit[slot] = 0
				continue
			}
			if g.Mode == Flashing {
				if !s.passes(turn.Junction, local) {
					st.Credit[slot] = 0
					continue
				}
			} else if !g.Green(local) {
				clearing := g.Mode == Lit && s.city.Signals[turn.Junction].Movements[local].Permissive && g.rules.in[g.Stage][local] && g.lastGreen[local]+sneakers > st.Now
				if !clearing {
					st.Credit[slot] = 0
					continue
				}
			}
		}
		most, gain := net.lanes[slot]+0.99, flow*net.lanes[slot]
		if m >= 0 && st.Signals[turn.Junction].Mode == Flashing {
			most, gain = 1.99, flow*flashFlow
		}
		st.Credit[slot] = min(st.Credit[slot]+gain, most)
		for v >= 0 && st.Credit[slot] >= 1 && st.Ready[v] <= now && total < int(link.Lanes) {
			turn = &streets.Turns[st.Turn[v]]
			if !s.mayCross(l, slot, v, turn) {
				break
			}
			st.Credit[slot]--
			total++
			s.leave(v, l, slot)
			st.Crossed[st.Turn[v]]++
			if m := net.movement[st.Turn[v]]; m >= 0 {
				st.LastCross[m] = st.Now
			}
			if net.major[l] {
				st.NodeCross[link.To] = st.Now
			}
			s.enter(v, turn.To)
			v = st.Head[slot]
			if v >= 0 && net.movement[st.Turn[v]] != m {
				break // the next in a shared lane has another signal: let the next second judge it
			}
		}
	}
}

// mayCross reports whether v at the head of a queue of l can take turn now: a gap where it yields, and room ahead.
func (s *Sim) mayCross(l int32, slot int, v int32, turn *city.Turn) bool {
	st, net := &s.st, s.net
	waited := st.Now - int32(st.Ready[v])
	if m := net.movement[st.Turn[v]]; m >= 0 {
		for _, y := range net.movementYields[m] {
			if st.Now-st.LastCross[y] < gap {
				return false
			}
		}
	} else if net.minor[l] && waited < impatience && st.Now-st.NodeCross[s.city.Streets.Links[l].To] < gap {
		return false
	}
	if !st.Shut[turn.To] && s.room(turn.To) > 0 && st.Gate[turn.To] >= 1 {
		st.Blocked[slot] = 0
		return true
	}
	if st.Shut[turn.To] || st.Speed[turn.To] < 0.5 || s.room(turn.To) <= 0 {
		if st.Blocked[slot] == 0 {
			st.Blocked[slot] = st.Now
		}
		patience := int32(detour)
		if st.Shut[turn.To] || st.Speed[turn.To] < 0.5 {
			patience = 10
		}
		switch since := st.Now - st.Blocked[slot]; {
		case since >= squeeze && !st.Shut[turn.To] && st.Speed[turn.To] >= 0.5 && s.room(turn.To) > -crush:
			st.Blocked[slot] = 0
			return true
		case since >= patience && (since-patience)%detour == 0:
			if s.detour(v, l, slot); st.Head[slot] != v {
				st.Blocked[slot] = 0
			}
		}
	}
	return false
}

// detour gives the head of a queue another turn with room ahead, the one with the least way left; it moves to the queue of
// that turn only when it is its own already, so that lanes keep their order.
func (s *Sim) detour(v, l int32, slot int) {
	st, net, streets := &s.st, s.net, &s.city.Streets
	trip := st.Trip[v]
	tree := st.Trees[s.group(trip)][s.trips[trip].Goal]
	best, left := int32(-1), float32(math.Inf(1))
	for t := net.turns[l]; t < net.turns[l+1]; t++ {
		to := streets.Turns[t].To
		if t != st.Turn[v] && !st.Shut[to] && st.Speed[to] >= 0.5 && s.room(to) > 0 && tree.Left(to) < left {
			best, left = t, tree.Left(to)
		}
	}
	if best < 0 {
		return
	}
	q := net.queueOf(streets, &streets.Turns[best])
	if int(l)*queues+q == slot {
		st.Turn[v] = best
		return
	}
	s.unlink(v, slot)
	st.Turn[v] = best
	s.push(v, int(l)*queues+q)
}

// unlink takes the head v out of its queue.
func (s *Sim) unlink(v int32, slot int) {
	st := &s.st
	st.Head[slot] = st.Next[v]
	if st.Head[slot] < 0 {
		st.Tail[slot] = -1
	}
	st.Length[slot]--
	st.Next[v] = -1
}

func (s *Sim) push(v int32, slot int) {
	st := &s.st
	if st.Head[slot] < 0 {
		st.Head[slot] = v
	} else {
		st.Next[st.Tail[slot]] = v
	}
	st.Tail[slot], st.Next[v] = v, -1
	st.Length[slot]++
}

// leave takes the head v off link l.
func (s *Sim) leave(v, l int32, slot int) {
	st := &s.st
	s.unlink(v, slot)
	st.Count[l]--
	st.Left[l]++
	st.Blocked[slot] = 0
	if w := s.net.wave[l]; w > 0 {
		st.Holes[l]++
		st.Departed[int(l)*waves+int(st.Now)%waves]++
	}
	st.Metres += s.city.Streets.Links[l].Length
	took := float32(st.Now) - st.Enter[v] + 1
	st.Travel[l] += 0.1 * (took - st.Travel[l])
}

// enter puts v on link l.
func (s *Sim) enter(v, l int32) {
	st := &s.st
	st.Link[v], st.Enter[v] = l, float32(st.Now)
	speed := float64(max(st.Speed[l], 0.5)) * st.Weather.speed()
	st.Ready[v] = float32(st.Now) + float32(s.city.Streets.Links[l].Length/speed)
	st.Count[l]++
	st.Entered[l]++
	st.Gate[l]--
	q := exitLane
	if s.choose(v); st.Turn[v] >= 0 {
		q = s.net.queueOf(&s.city.Streets, &s.city.Streets.Turns[st.Turn[v]])
	}
	s.push(v, int(l)*queues+q)
}

// admit lets waiting trips onto their first link while it has room.
func (s *Sim) admit(l int32) {
	st := &s.st
	for st.WaitHead[l] >= 0 && st.Gate[l] >= 1 && s.room(l) > 0 && !st.Shut[l] && st.Speed[l] >= 0.5 {
		trip := st.WaitHead[l]
		st.WaitHead[l] = st.WaitNext[trip]
		st.WaitNext[trip] = -1
		var v int32
		if k := len(st.Free); k > 0 {
			v = st.Free[k-1]
			st.Free = st.Free[:k-1]
		} else {
			v = int32(len(st.Trip))
			st.Trip, st.Link, st.Turn, st.Next = append(st.Trip, 0), append(st.Link, 0), append(st.Turn, 0), append(st.Next, 0)
			st.Enter, st.Ready = append(st.Enter, 0), append(st.Ready, 0)
		}
		st.Trip[v] = trip
		st.Waiting--
		st.Running++
		s.enter(v, l)
	}
}

// arrive ends v's journey.
func (s *Sim) arrive(v int32) {
	st := &s.st
	trip := st.Trip[v]
	st.Arrived[trip] = float32(st.Now+1) - float32(s.trips[trip].Depart.Seconds())
	st.Finished++
	st.Running--
	st.Trip[v] = -1
	st.Free = append(st.Free, v)
}
