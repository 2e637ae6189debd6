package micro

import "sync/atomic"

// moveRoad moves all vehicles on a road and the connections out of it by a second, and takes those at the ends of lanes on.
func (s *Sim) moveRoad(r int32, h *hand) {
	n := s.net
	if s.Inside[r] > 0 {
		base := int32(n.lanes)
		for c := n.out[n.first[r]]; c < n.out[n.first[r+1]]; c++ {
			if cars := s.Segments[base+c]; len(cars) > 0 && s.moveLane(base+c, cars, h) {
				h.call(n.road[n.to[c]])
			}
		}
	}
	for l := n.first[r]; l < n.first[r+1]; l++ {
		if cars := s.Segments[l]; len(cars) > 0 && s.moveLane(l, cars, h) {
			s.passLane(l, r, h)
		}
	}
}

func (s *Sim) moveLane(seg int32, cars []Car, h *hand) bool {
	water := s.wet && seg < int32(s.net.lanes)
	lane := s.laneOf(seg)
	limit := s.Limit[seg]
	for i := range cars {
		c := &cars[i]
		v := c.Next
		c.Bits &^= gains
		if v > c.V {
			c.Bits |= gains
		}
		c.V, c.Next = v, far
		c.Pos += v
		if c.Bits&(blocked|halts|parks) != 0 {
			if c.Bits&blocked != 0 {
				continue
			}
			s.atStop(c, seg, h)
		}
		if water || c.Bits&stalled != 0 {
			s.inWater(c, seg, lane, &s.kinds[c.Kind], h)
		}
		want := min(limit*c.Factor, s.kinds[c.Kind].top)
		if v < want {
			c.Loss += 1 - v/want
		}
		if v < 0.1 {
			if c.Waited < 1<<16-1 {
				c.Waited++
			}
			if c.Still < 255 {
				c.Still++
			}
			if s.cfg.Impatient && c.Still >= weary && (s.Second+c.ID)%weary == 0 && (i == 0 || c.Conn == noConn) && seg == lane {
				h.stuck = append(h.stuck, seg)
			}
		} else {
			c.Still = 0
		}
	}
	return cars[0].Pos >= s.net.length[seg]
}

// passLanes takes on those who are beyond the ends of a road's lanes.
func (s *Sim) passLanes(r int32, h *hand) {
	for l := s.net.first[r]; l < s.net.first[r+1]; l++ {
		if cars := s.Segments[l]; len(cars) > 0 && cars[0].Pos >= s.net.length[l] {
			s.passLane(l, r, h)
		}
	}
}

// passLane takes the vehicles that came to the end of a lane to where they go on: onto a connection, or off the net.
func (s *Sim) passLane(l, r int32, h *hand) {
	n := s.net
	cars, length := s.Segments[l], n.length[l]
	gone := 0
	for ; gone < len(cars) && cars[gone].Pos >= length; gone++ {
		c := &cars[gone]
		if c.Conn == noConn { // the line holds it; a rounding more does not count
			c.Pos, c.V = length, 0
			break
		}
		if c.Conn == arriving {
			s.arrive(c, r, h)
			continue
		}
		x := *c
		x.Pos -= length
		seg := int32(n.lanes) + x.Conn
		s.put(seg, x)
		s.Inside[r]++
		s.Crossed[x.Conn]++
		if x.Pos >= n.length[seg] {
			h.call(n.road[n.to[x.Conn]])
		}
	}
	s.Segments[l] = cars[:copy(cars, cars[gone:])]
}

// gather takes in the vehicles that passed the ends of the connections to a road, tells them what they must know there, and reports whether
// any has passed its lane too.
func (s *Sim) gather(r int32, h *hand) bool {
	n := s.net
	if s.away(r) {
		s.handOver(r, h)
		return false
	}
	over := false
	for l := n.first[r]; l < n.first[r+1]; l++ {
		came := false
		for i := n.inAt[l]; i < n.inAt[l+1]; i++ {
			if s.takeIn(n.in[i], l) {
				came = true
			}
		}
		if !came {
			continue
		}
		if n.inAt[l+1]-n.inAt[l] > 1 {
			s.part(l)
		}
		cars := s.Segments[l]
		for i := len(cars) - 1; i >= 0; i-- {
			if cars[i].Bits&fresh != 0 {
				s.At[cars[i].ID]++
				s.settle(&cars[i], l)
				if s.cfg.Informed < 1 && (s.closed || s.wet) && s.nextShut(&cars[i]) {
					h.facing = append(h.facing, l)
				}
			} else if cars[i].Pos > freshReach {
				break
			}
		}
		over = over || len(cars) > 0 && cars[0].Pos >= n.length[l]
	}
	return over
}

// nextShut reports whether the next road of a vehicle's way is closed to it.
func (s *Sim) nextShut(c *Car) bool {
	route, at := s.route(c.ID), int(s.At[c.ID])+1
	return at < len(route) && !s.enterable(route[at], &s.kinds[c.Kind])
}

// freshReach is farther than a vehicle gets on a lane in the second in which it comes there, m.
const freshReach = 100

// takeIn moves those who passed the end of a connection onto its lane.
func (s *Sim) takeIn(conn, lane int32) bool {
	n := s.net
	seg := int32(n.lanes) + conn
	cars, length := s.Segments[seg], n.length[seg]
	gone := 0
	for ; gone < len(cars) && cars[gone].Pos >= length; gone++ {
		x := cars[gone]
		x.Pos -= length
		x.Bits |= fresh
		s.put(lane, x)
	}
	if gone == 0 {
		return false
	}
	s.Segments[seg] = cars[:copy(cars, cars[gone:])]
	s.release(n.road[n.from[conn]], int32(gone))
	atomic.AddInt32(&s.On[n.road[lane]], int32(gone))
	return true
}

// release counts vehicles that left the connections out of a road. Other threads do the same.
func (s *Sim) release(from, many int32) {
	atomic.AddInt32(&s.Inside[from], -many)
	atomic.AddInt32(&s.On[from], -many)
}

// part keeps vehicles apart that came to a lane over different connections in one second, which neither could know: the one behind stays at
// the end of its connection.
func (s *Sim) part(lane int32) {
	for i := 0; i < len(s.Segments[lane]); {
		cars := s.Segments[lane]
		c := &cars[i]
		if c.Bits&fresh == 0 {
			i++
			continue
		}
		if i > 0 && cars[i-1].Pos-s.lengthOf(&cars[i-1]) < c.Pos ||
			i+1 < len(cars) && cars[i+1].Bits&fresh == 0 && c.Pos-s.lengthOf(c) < cars[i+1].Pos {
			s.holdBack(lane, i)
		} else {
			i++
		}
	}
}

// holdBack puts a vehicle that came to a lane in this second back to the end of its connection, at a stand, and those behind it there with it.
func (s *Sim) holdBack(lane int32, i int) {
	n := s.net
	cars := s.Segments[lane]
	c := cars[i]
	s.Segments[lane] = append(cars[:i], cars[i+1:]...)
	s.release(n.road[n.from[c.Conn]], -1)
	atomic.AddInt32(&s.On[n.road[lane]], -1)
	seg := int32(n.lanes) + c.Conn
	c.Bits &^= fresh
	c.Pos, c.V = n.length[seg]-0.01, 0
	end := c.Pos - s.kinds[c.Kind].length
	for j := range s.Segments[seg] {
		o := &s.Segments[seg][j]
		if o.Pos <= end {
			break
		}
		o.Pos, o.V = max(end, 0), 0
		end = o.Pos - s.kinds[o.Kind].length
	}
	s.put(seg, c)
}

// put adds a vehicle to a segment at its place, from the rear.
func (s *Sim) put(seg int32, c Car) int {
	cars := append(s.Segments[seg], c)
	i := len(cars) - 1
	for i > 0 && cars[i-1].Pos < c.Pos {
		cars[i] = cars[i-1]
		i--
	}
	cars[i] = c
	s.Segments[seg] = cars
	return i
}

// arrive ends a journey on road r.
func (s *Sim) arrive(c *Car, r int32, h *hand) {
	s.On[r]--
	s.Arrive[c.ID] = s.Second
	s.Lost[c.ID], s.Stood[c.ID] = c.Loss, c.Waited
	h.ended++
}

// settle sets what a vehicle needs to know on a lane that it comes to: where it must leave it, and by which connection.
func (s *Sim) settle(c *Car, lane int32) {
	c.Bits &^= halts | dwells | fresh
	s.Stood[c.ID] = c.Waited
	if p := s.stopOf(c.ID); p != nil && s.net.road[p.Lane] == s.net.road[lane] {
		c.Bits |= halts
	}
	s.look(c, lane)
}
