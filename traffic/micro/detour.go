package micro

import "slices"

// weary is how long a driver stands before he looks for another way, s, and again how long before he looks once more; an assumption.
const weary = 30

// otherWays lets those who stood too long look for another way.
func (s *Sim) otherWays() {
	if len(s.stuck) == 0 {
		return
	}
	slices.Sort(s.stuck)
	for _, l := range slices.Compact(s.stuck) {
		for i := range s.Segments[l] {
			c := &s.Segments[l][i]
			if c.Bits&(stands|halts|parks) == 0 && c.Still >= weary && (s.Second+c.ID)%weary == 0 && (i == 0 || c.Conn == noConn) && s.held(c, l) {
				s.otherWay(c, l)
			}
		}
	}
	s.stuck = s.stuck[:0]
}

// held reports whether a vehicle stands for something that may last: its lane does not lead on to its way, or there is no room behind the junction.
// Who waits for green, or for a gap, waits on.
func (s *Sim) held(c *Car, l int32) bool {
	switch {
	case c.Conn == noConn:
		return true
	case c.Conn < 0 || s.Sig[c.Conn] == 'r':
		return false
	}
	k := &s.kinds[c.Kind]
	return s.net.trait[c.Conn]&(keepClear|crosses) == keepClear|crosses && !s.roomBeyond(c.Conn, k, c)
}

// otherWay gives a vehicle the quickest way to its goal that begins with a connection of the lane that it is on and has room, if there is one.
func (s *Sim) otherWay(c *Car, l int32) {
	if s.net.away != nil || int(s.Stop[c.ID]) < len(s.demand.Journeys[c.ID].Stops) {
		return
	}
	n, r, k := s.net, &s.router, &s.kinds[c.Kind]
	route, at := s.route(c.ID), int(s.At[c.ID])
	goal := route[len(route)-1]
	if at+1 >= len(route) {
		return
	}
	best, least := int32(-1), float32(far)
	for o := n.out[l]; o < n.out[l+1]; o++ {
		x := n.road[n.to[o]]
		if c.Conn >= 0 && x == route[at+1] || !s.passable(n.to[o], k) || !s.roomBeyond(o, k, c) {
			continue
		}
		r.found = r.found[:0]
		if !s.quickest(x, goal, k, c.Factor) {
			continue
		}
		cost := s.cost(x, k, c.Factor)
		if x != goal {
			cost += r.cost[goal]
		}
		if cost < least {
			best, least = x, cost
		}
	}
	if best < 0 {
		return
	}
	r.found = append(r.found[:0], route[at], best)
	s.quickest(best, goal, k, c.Factor)
	s.keepRoute(c.ID)
	s.At[c.ID] = 0
	s.look(c, l)
}
