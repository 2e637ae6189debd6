package micro

// planRoad sets the next speed of all vehicles on a road's lanes and on the connections out of it, from what is.
func (s *Sim) planRoad(r int32) {
	n := s.net
	for l := n.first[r]; l < n.first[r+1]; l++ {
		if cars := s.Segments[l]; len(cars) > 0 {
			s.planLane(l, cars)
		}
	}
	if s.Inside[r] == 0 {
		return
	}
	base := int32(n.lanes)
	for c := n.out[n.first[r]]; c < n.out[n.first[r+1]]; c++ {
		if cars := s.Segments[base+c]; len(cars) > 0 {
			s.planLane(base+c, cars)
		}
	}
}

// planLane plans the vehicles of one segment from the front to the rear.
func (s *Sim) planLane(seg int32, cars []Car) {
	limit, length := s.Limit[seg], s.net.length[seg]
	inside := seg >= int32(s.net.lanes)
	shared := inside && s.net.trait[seg-int32(s.net.lanes)]&(merges|crosses|walked) != 0
	var leadPos, leadV, leadLen, leadB float32
	for i := range cars {
		c := &cars[i]
		if c.Bits&blocked != 0 {
			c.Next = 0
			leadPos, leadV, leadLen, leadB = c.Pos, 0, s.blockLength(c.ID), 1
			continue
		}
		k := &s.kinds[c.Kind]
		want := min(limit*c.Factor, k.top)
		v := min(c.V+k.accel, want)
		if c.V > want { // down to a lower limit in comfort
			v = max(want, c.V-k.decel)
		}
		if i > 0 {
			gap := leadPos - leadLen - c.Pos - k.gap
			switch {
			case gap <= 0 && leadV == 0 && c.V == 0:
				v = 0
			case k.idm:
				v = min(v, k.intelligent(gap, c.V, leadV, want, leadB))
			case gap < k.need(v):
				v = min(v, k.follow(gap, leadV, leadB))
			}
		} else if k.idm {
			v = min(v, k.intelligent(far, c.V, want, want, k.decel))
		}
		v = min(v, c.Next) // a neighbour lets in
		if rem, need := length-c.Pos, k.sight(v); shared || rem < need+maxTail {
			if i == 0 || shared || rem < need {
				v = s.ahead(seg, c, k, v, i == 0, i > 0 && s.leads(&cars[i-1], c))
			}
		}
		if c.Bits&(halts|dwells|stalled) != 0 {
			v = s.towardsStop(c, k, v)
		}
		if v > 0 && k.sigma > 0 && !k.idm {
			v -= k.sigma * min(k.accel, v) * luckOf(s.tick, c.ID)
		}
		leadPos, leadV, leadLen, leadB = c.Pos, c.V, k.length, k.decel
		c.Next = max(v, c.V-k.brake, 0)
	}
}

// squeeze is the s that a vehicle stands inside a junction before one that stands across its way, until it finds a way round.
const squeeze = 8

// maxTail is how far the tail of a vehicle that turned off may reach back, m.
const maxTail = 18

// leads reports whether following o is enough beyond the end of their segment: it takes the same connection, to a lane that is not short.
func (s *Sim) leads(o, c *Car) bool {
	return o.Conn == c.Conn && o.Conn >= 0 && s.net.length[s.net.to[o.Conn]] > shortLane
}

// shortLane is the length in m under which a lane ends within sight of the junction before it.
const shortLane = 60

// ahead is the speed to which what lies beyond the end of its segment holds a vehicle: signals, right of way, turns, tails and what drives
// there. front: nobody on its segment is ahead of it. led: who is ahead there takes the same way, so that it is enough to follow.
func (s *Sim) ahead(seg int32, c *Car, k *kind, v float32, front, led bool) float32 {
	n := s.net
	dist := n.length[seg] - c.Pos
	need := k.sight(v) + maxTail
	at := int(s.At[c.ID])
	conn := c.Conn
	hop := 0
	var lane int32
	if seg >= int32(n.lanes) {
		v = s.inside(seg-int32(n.lanes), c, k, v)
		if led {
			return v
		}
		lane = n.to[conn]
		at++
	} else {
		lane = -1
	}
	for {
		if lane < 0 {
			if conn == arriving {
				return v
			}
			if conn == noConn {
				return min(v, k.before(dist-1))
			}
			if front && hop == 0 {
				v = s.tails(n.from[conn], c, k, dist, v)
			}
			pass, w := s.mayGo(conn, c, k, dist, v, hop == 0)
			if v = w; !pass {
				return v
			}
			if top := s.turnLimit(conn, c, k); top < v {
				v = min(v, k.slow(dist, top))
			}
			if led {
				return v
			}
			ps := int32(n.lanes) + conn
			if n.trait[conn]&merges != 0 {
				v = s.mergeBehind(conn, c, k, dist+n.length[ps], v, false)
			}
			if m := len(s.Segments[ps]); m > 0 {
				l := &s.Segments[ps][m-1]
				lk := &s.kinds[l.Kind]
				return min(v, s.behind(c, k, dist+l.Pos-lk.length-k.gap, l.V, lk.decel, seg))
			}
			dist += n.length[ps]
			lane = n.to[conn]
			at++
		}
		if m := len(s.Segments[lane]); m > 0 {
			l := &s.Segments[lane][m-1]
			lk := &s.kinds[l.Kind]
			return min(v, s.behind(c, k, dist+l.Pos-s.lengthOf(l)-k.gap, l.V, lk.decel, seg))
		}
		if top := min(s.Limit[lane]*c.Factor, k.top); top < v {
			v = min(v, k.slow(dist, top))
		}
		dist += n.length[lane]
		if dist > need || hop > 20 {
			return v
		}
		conn = s.onward(c, lane, at)
		lane = -1
		hop++
	}
}

// behind is the speed behind a leader beyond the end of the vehicle's segment.
func (s *Sim) behind(c *Car, k *kind, gap, vl, bl float32, seg int32) float32 {
	if k.idm {
		return k.intelligent(gap, c.V, vl, min(s.Limit[seg]*c.Factor, k.top), bl)
	}
	return k.follow(gap, vl, bl)
}

// turnLimit is the speed at which a vehicle takes a connection.
func (s *Sim) turnLimit(conn int32, c *Car, k *kind) float32 {
	if !k.heed {
		return min(s.Limit[s.net.to[conn]]*c.Factor, k.top)
	}
	return min(s.Limit[int32(s.net.lanes)+conn]*c.Factor, k.top)
}

// lengthOf is the length of what stands on a lane.
func (s *Sim) lengthOf(c *Car) float32 {
	if c.Bits&blocked != 0 {
		return s.blockLength(c.ID)
	}
	return s.kinds[c.Kind].length
}

// tails holds a vehicle behind those that are beyond the line and whose tails are still on its lane.
func (s *Sim) tails(lane int32, c *Car, k *kind, dist, v float32) float32 {
	n := s.net
	for o := n.out[lane]; o < n.out[lane+1]; o++ {
		cars := s.Segments[int32(n.lanes)+o]
		back := float32(0)
		if len(cars) == 0 {
			back = n.length[int32(n.lanes)+o]
			if back > maxTail {
				continue
			}
			if cars = s.Segments[n.to[o]]; len(cars) == 0 {
				continue
			}
		}
		l := &cars[len(cars)-1]
		lk := &s.kinds[l.Kind]
		if tail := back + l.Pos - lk.length; tail < 0 {
			v = min(v, k.follow(dist+tail-k.gap, l.V, lk.decel))
		}
	}
	return v
}

// mergeBehind holds a vehicle, rest m before the end of a connection, behind those on other connections to the same lane that are nearer to it.
// inside: it is on the connection; otherwise all who are there go first.
func (s *Sim) mergeBehind(conn int32, c *Car, k *kind, rest, v float32, inside bool) float32 {
	n := s.net
	lane := n.to[conn]
	for i := n.inAt[lane]; i < n.inAt[lane+1]; i++ {
		o := n.in[i]
		if o == conn {
			continue
		}
		os := int32(n.lanes) + o
		cars := s.Segments[os]
		for j := range cars {
			l := &cars[j]
			left := n.length[os] - l.Pos
			lk := &s.kinds[l.Kind]
			if n.wait[o] > 0 && l.Pos <= n.wait[o] {
				break // it and the others wait for a gap
			}
			if inside && (left > rest || left == rest && o > conn) {
				break // the others are behind too
			}
			if !inside && left > rest {
				if n.from[o] == n.from[conn] {
					break // it came after, or is held as a tail
				}
				v = min(v, k.before(rest-n.length[int32(n.lanes)+conn]))
				continue
			}
			v = min(v, k.follow(rest-left-lk.length-k.gap, l.V, lk.decel))
		}
	}
	return v
}

// inside plans a vehicle on a connection: it waits at the place for it, keeps clear of crossing vehicles and merges.
func (s *Sim) inside(conn int32, c *Car, k *kind, v float32) float32 {
	n := s.net
	ps := int32(n.lanes) + conn
	t := n.trait[conn]
	if w := n.wait[conn]; w > 0 && c.Pos < w && t&yields != 0 {
		if d := w - c.Pos; d >= braking(c.V, k.decel, k.invB) {
			halt := k.before(d)
			if e := d - seeFoes; e > 0 && s.Sig[conn] != 'G' {
				v = min(v, max(k.slow(e, k.before(seeFoes)), halt))
			}
			if v > halt && !s.gapFor(conn, c, k, d, n.length[ps]-w, true) {
				return min(v, halt)
			}
		}
	}
	if t&walked != 0 {
		_, v = s.walkersAhead(conn, c, k, -c.Pos, v, v)
	}
	if t&crosses != 0 {
		for i := n.foeAt[conn]; i < n.foeAt[conn+1]; i++ {
			f := &n.foes[i]
			cars := s.Segments[int32(n.lanes)+f.conn]
			if len(cars) == 0 || f.merge() || c.Pos > f.mine() {
				continue
			}
			for j := range cars {
				o := &cars[j]
				if c.Still >= squeeze && o.Still > 0 {
					continue // each in the other's way: they get round each other
				}
				if o.Pos > max(f.begin(), n.wait[f.conn]) && o.Pos-s.kinds[o.Kind].length < f.end() {
					v = min(v, k.before(f.mine()-c.Pos))
					break
				}
			}
		}
	}
	if t&merges != 0 {
		v = s.mergeBehind(conn, c, k, n.length[ps]-c.Pos, v, true)
	}
	return v
}

// onward is the connection that a vehicle will take at the end of lane, a later one of its route, at place at.
func (s *Sim) onward(c *Car, lane int32, at int) int32 {
	x := *c
	x.Bits &^= halts
	var v survey
	s.surveyRoad(&x, at, lane, &v)
	if me := lane - s.net.first[s.net.road[lane]]; me < maxLanes {
		return v.conn[me]
	}
	return noConn
}

// open reports whether a class may drive on a lane now.
func (s *Sim) open(lane int32, class vehicleClass) bool {
	return s.net.allow[lane]&class != 0 && !s.Shut[lane]
}

// towardsStop holds a vehicle to its next stop on the lane that it is on.
func (s *Sim) towardsStop(c *Car, k *kind, v float32) float32 {
	if c.Bits&(dwells|stalled) != 0 {
		return 0
	}
	p := s.stopOf(c.ID)
	if p == nil {
		return v
	}
	end := min(float32(p.End), s.net.length[p.Lane])
	if c.Pos > end {
		return v
	}
	return min(v, k.before(end-c.Pos))
}
