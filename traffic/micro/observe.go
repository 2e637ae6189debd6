package micro

import "citybrain/traffic/trips"

// A Seen is a vehicle as a signal controller may see it.
type Seen struct {
	ID     int32   // index of its journey
	Behind float64 // m from its front to the end of the lane; more than the lane's length where it is still inside the junction before it
	Speed  float64 // m/s
	Length float64 // m
	Waited float64 // s that it has stood on its way over this lane
	Next   int32   // the road that it takes behind this one; −1: it ends here
	People float64 // on board, mean of its type
}

// See appends the vehicles whose fronts are within m metres of the end of a lane, nearest first, those inside the junction before it among
// them, and returns the list.
func (s *Sim) See(lane int32, within float64, list []Seen) []Seen {
	n := s.net
	length := n.length[lane]
	for i := range s.Segments[lane] {
		c := &s.Segments[lane][i]
		behind := float64(length - c.Pos)
		if behind > within {
			return list
		}
		if c.Bits&blocked == 0 {
			list = append(list, s.seen(c, behind, int(s.At[c.ID]), float64(c.Waited-s.Stood[c.ID])))
		}
	}
	first := len(list)
	for i := n.inAt[lane]; i < n.inAt[lane+1]; i++ {
		seg := int32(n.lanes) + n.in[i]
		for k := range s.Segments[seg] {
			c := &s.Segments[seg][k]
			behind := float64(length + n.length[seg] - c.Pos)
			if behind > within {
				break
			}
			v := s.seen(c, behind, int(s.At[c.ID])+1, 0)
			at := len(list)
			list = append(list, v)
			for ; at > first && list[at-1].Behind > behind; at-- {
				list[at] = list[at-1]
			}
			list[at] = v
		}
	}
	return list
}

func (s *Sim) seen(c *Car, behind float64, at int, waited float64) Seen {
	v := Seen{ID: c.ID, Behind: behind, Speed: float64(c.V), Length: float64(s.kinds[c.Kind].length), Waited: waited, Next: -1, People: s.demand.Types[c.Kind].People}
	if route := s.route(c.ID); at+1 < len(route) {
		v.Next = route[at+1]
	}
	return v
}

// Count returns the vehicles on a lane, and those of them that stand.
func (s *Sim) Count(lane int32) (on, standing int) {
	for i := range s.Segments[lane] {
		if c := &s.Segments[lane][i]; c.Bits&blocked == 0 {
			on++
			if c.V < 0.1 {
				standing++
			}
		}
	}
	return on, standing
}

// Showing returns what each connection sees now: r y g G, o for a dark signal, - where there is none. The slice is the Sim's own.
func (s *Sim) Showing() []byte { return s.Sig }

// Passed returns the vehicles that have entered each connection since the start. The slice is the Sim's own.
func (s *Sim) Passed() []uint32 { return s.Crossed }

// Places appends where every vehicle is and returns the list, lanes first, then connections, each from its front.
func (s *Sim) Places(list []trips.Place) []trips.Place {
	n := s.net
	for seg, cars := range s.Segments {
		lane, conn := int32(seg), int32(-1)
		if seg >= n.lanes {
			conn = int32(seg - n.lanes)
			lane = n.from[conn]
		}
		for i := range cars {
			if c := &cars[i]; c.Bits&blocked == 0 {
				list = append(list, trips.Place{Journey: c.ID, Lane: lane, Connection: conn, Along: float64(c.Pos), Speed: float64(c.V)})
			}
		}
	}
	return list
}
