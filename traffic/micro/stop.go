package micro

import "slices"

// An aside is a vehicle that stands beside its lane.
type aside struct {
	Car   Car
	Lane  int32
	Until int32 // s, when it wants to come back
}

// atStop lets a vehicle stand at its stop and go on, or leave its lane there and come back.
func (s *Sim) atStop(c *Car, seg int32, h *hand) {
	if c.Bits&parks != 0 {
		switch {
		case s.Second < s.Dwell[c.ID]:
		case c.Bits&halts != 0:
			h.off = append(h.off, seg)
		default:
			c.Bits &^= parks | dwells
			s.nextStop(c, seg)
		}
		return
	}
	p := s.stopOf(c.ID)
	if p == nil || seg != p.Lane {
		return
	}
	if c.Bits&dwells != 0 {
		if s.Second >= s.Dwell[c.ID] {
			c.Bits &^= dwells | halts
			s.Stop[c.ID]++
			s.nextStop(c, seg)
		}
		return
	}
	end := min(float32(p.End), s.net.length[p.Lane])
	switch {
	case c.V < 0.1 && end-c.Pos < 2 && p.Off > 0:
		c.Bits |= dwells | parks
		s.Dwell[c.ID] = s.Second + int32(p.Off+0.5)
	case c.V < 0.1 && end-c.Pos < 2:
		c.Bits |= dwells
		s.Dwell[c.ID] = max(s.Second+int32(p.Duration), int32(p.Until))
	case c.Pos > end+0.5: // it could not stop any more
		c.Bits &^= halts
		s.Stop[c.ID]++
		s.look(c, seg)
	}
}

// nextStop lets a vehicle that has made a stop look for what comes: another on this road, or the way on.
func (s *Sim) nextStop(c *Car, lane int32) {
	if q := s.stopOf(c.ID); q != nil && s.net.road[q.Lane] == s.net.road[lane] && q.End > float64(c.Pos) {
		c.Bits |= halts
	}
	s.look(c, lane)
}

// laneOf is the lane that a segment is, or behind which it lies.
func (s *Sim) laneOf(seg int32) int32 {
	if n := int32(s.net.lanes); seg >= n {
		return s.net.from[seg-n]
	}
	return seg
}

// takeOff takes vehicles off the lanes on which some are done with leaving it for their stop, or are towed.
func (s *Sim) takeOff() {
	if len(s.off) == 0 {
		return
	}
	slices.Sort(s.off)
	for _, seg := range slices.Compact(s.off) {
		l := s.laneOf(seg)
		cars := s.Segments[seg]
		keep := cars[:0]
		for i := range cars {
			c := cars[i]
			switch {
			case c.Bits&(parks|halts) == parks|halts && s.Second >= s.Dwell[c.ID]:
				p := s.stopOf(c.ID)
				s.Stop[c.ID]++
				c.Bits &^= halts
				s.Lot = append(s.Lot, aside{c, l, max(s.Second+int32(p.Duration), int32(p.Until))})
			case s.towable(&c, l):
				s.Lost[c.ID], s.Stood[c.ID] = c.Loss, c.Waited
				s.Running--
				s.Towed++
			default:
				keep = append(keep, c)
				continue
			}
			s.On[s.net.road[l]]--
			if seg != l {
				s.Inside[s.net.road[l]]--
			}
		}
		s.Segments[seg] = keep
	}
	s.off = s.off[:0]
}

// comeBack lets those onto their lanes whose stop beside it is over and who find a gap; who is behind one gives it up where he can.
func (s *Sim) comeBack() {
	keep := s.Lot[:0]
	for i := range s.Lot {
		a := s.Lot[i]
		if s.Second < a.Until || !s.mergeBack(&a) {
			keep = append(keep, a)
		}
	}
	s.Lot = keep
}

func (s *Sim) mergeBack(a *aside) bool {
	c, l := a.Car, a.Lane
	k := &s.kinds[c.Kind]
	side := beside{lane: l, cars: s.Segments[l]}
	side.pass(c.Pos)
	c.V = 0
	if !s.roomBeside(&side, &c, k) {
		if side.j < len(side.cars) {
			if o := &side.cars[side.j]; o.Bits&stands == 0 {
				ok := &s.kinds[o.Kind]
				if gap := c.Pos - k.length - o.Pos - ok.gap; gap > 0 {
					o.Next = min(o.Next, max(ok.before(gap-lineGap), o.V-ok.decel*mergeBrake))
				}
			}
		}
		return false
	}
	stops := s.demand.Journeys[c.ID].Stops
	c.Bits = dwells | parks
	c.Waited, c.Still, c.Next, c.Turn, c.Gain, c.Free = a.Car.Waited, 0, far, 0, 0, 0
	s.Dwell[c.ID] = s.Second + int32(stops[s.Stop[c.ID]-1].Off+0.5)
	s.look(&c, l)
	s.put(l, c)
	s.On[s.net.road[l]]++
	return true
}
