package micro

// moveRoad moves all vehicles on a road and the connections out of it by a second and reports whether any has come to the end of its segment.
func (s *Sim) moveRoad(r int32) bool {
	n := s.net
	ends := false
	for l := n.first[r]; l < n.first[r+1]; l++ {
		if cars := s.Segments[l]; len(cars) > 0 && s.moveLane(l, cars) {
			ends = true
		}
	}
	if s.Inside[r] == 0 {
		return ends
	}
	base := int32(n.lanes)
	for c := n.out[n.first[r]]; c < n.out[n.first[r+1]]; c++ {
		if cars := s.Segments[base+c]; len(cars) > 0 && s.moveLane(base+c, cars) {
			ends = true
		}
	}
	return ends
}

func (s *Sim) moveLane(seg int32, cars []Car) bool {
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
		if c.Bits&(blocked|halts) != 0 {
			if c.Bits&blocked != 0 {
				continue
			}
			s.atStop(c, seg)
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
		} else {
			c.Still = 0
		}
	}
	return cars[0].Pos >= s.net.length[seg]
}

// passOn takes the vehicles that came to the end of the road's lanes, and of the connections out of it, to where they go on.
func (s *Sim) passOn(r int32) {
	n := s.net
	// connections first: who leaves one makes room, and who comes from a lane may pass it whole
	base := int32(n.lanes)
	for c := n.out[n.first[r]]; c < n.out[n.first[r+1]] && s.Inside[r] > 0; c++ {
		s.passOver(base+c, r)
	}
	for l := n.first[r]; l < n.first[r+1]; l++ {
		s.passOver(l, r)
	}
}

func (s *Sim) passOver(seg, r int32) {
	n := s.net
	cars := s.Segments[seg]
	if len(cars) == 0 || cars[0].Pos < n.length[seg] {
		return
	}
	gone := 0
	for gone < len(cars) && cars[gone].Pos >= n.length[seg] {
		c := &cars[gone]
		if seg < int32(n.lanes) && c.Conn == noConn { // the line holds it; a rounding more does not count
			c.Pos, c.V = n.length[seg], 0
			break
		}
		gone++
		s.goOn(*c, seg, r)
	}
	if gone > 0 {
		s.Segments[seg] = cars[:copy(cars, cars[gone:])]
	}
}

// goOn puts a vehicle that passed the end of seg onto the segment where it now is. What it must know there it is told by settleRoad.
func (s *Sim) goOn(c Car, seg, r int32) {
	n := s.net
	on := r
	for c.Pos >= n.length[seg] {
		if seg < int32(n.lanes) {
			if c.Bits&fresh != 0 {
				s.arriveOn(&c, seg)
			}
			if c.Conn == arriving {
				s.arrive(&c, on)
				return
			}
			if c.Conn == noConn {
				c.Pos = n.length[seg]
				c.V = 0
				break
			}
			c.Pos -= n.length[seg]
			seg = int32(n.lanes) + c.Conn
			s.Inside[on]++
			s.Crossed[c.Conn]++
			continue
		}
		c.Pos -= n.length[seg]
		seg = n.to[c.Conn]
		s.Inside[on]--
		s.On[on]--
		on = n.road[seg]
		s.On[on]++
		c.Bits |= fresh
		s.marks[on/chunk] |= 1 << (on % chunk)
	}
	i := s.put(seg, c)
	if c.Bits&fresh != 0 && n.trait[c.Conn]&merges != 0 {
		s.part(seg, i)
	}
}

// part keeps two vehicles apart that came to a lane over different connections in one second, which neither could know: the one behind stays at
// the end of its connection. i is where the later one was put.
func (s *Sim) part(lane int32, i int) {
	cars := s.Segments[lane]
	if i > 0 && cars[i-1].Pos-s.lengthOf(&cars[i-1]) < cars[i].Pos {
		s.holdBack(lane, i)
	} else if i+1 < len(cars) && cars[i].Pos-s.lengthOf(&cars[i]) < cars[i+1].Pos {
		if cars[i+1].Bits&fresh != 0 {
			i++
		}
		s.holdBack(lane, i)
	}
}

// holdBack puts a vehicle that came to a lane in this second back to the end of its connection, at a stand, and those behind it there with it.
func (s *Sim) holdBack(lane int32, i int) {
	n := s.net
	cars := s.Segments[lane]
	c := cars[i]
	s.Segments[lane] = append(cars[:i], cars[i+1:]...)
	s.On[n.road[lane]]--
	s.On[n.road[n.from[c.Conn]]]++
	s.Inside[n.road[n.from[c.Conn]]]++
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

// settleRoad tells the vehicles that came to a road in this second what they must know there.
func (s *Sim) settleRoad(r int32) {
	n := s.net
	for l := n.first[r]; l < n.first[r+1]; l++ {
		cars := s.Segments[l]
		for i := len(cars) - 1; i >= 0; i-- {
			if cars[i].Bits&fresh != 0 {
				s.arriveOn(&cars[i], l)
			} else if cars[i].Pos > freshReach {
				break
			}
		}
	}
}

// freshReach is farther than a vehicle gets on a lane in the second in which it comes there, m.
const freshReach = 100

// arriveOn takes a vehicle on along its route to the road of lane.
func (s *Sim) arriveOn(c *Car, lane int32) {
	c.Bits &^= fresh
	s.At[c.ID]++
	s.settle(c, lane)
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
func (s *Sim) arrive(c *Car, r int32) {
	s.On[r]--
	s.Arrive[c.ID] = s.Second
	s.Lost[c.ID], s.Stood[c.ID] = c.Loss, c.Waited
	s.Running--
	s.Ended++
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
