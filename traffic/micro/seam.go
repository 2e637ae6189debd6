package micro

import (
	"cmp"
	"fmt"
	"slices"

	"citybrain/city"
)

// A Passage is a vehicle that goes from the roads of one engine to those of another.
type Passage struct {
	Journey int32
	Place   int     // in its route, of the road to which it comes
	At      float64 // s since the scenario's start, when its front is there
	Speed   float64 // m/s
}

// limit says which roads are driven.
func (w *network) limit(n *city.LaneNet, d *city.LaneDemand, roads []bool) error {
	if roads == nil {
		return nil
	}
	if len(roads) != len(n.Roads) {
		return fmt.Errorf("%d roads are told apart, the net has %d", len(roads), len(n.Roads))
	}
	if i := slices.IndexFunc(d.Journeys, func(j city.Journey) bool { return !j.Routed }); i >= 0 {
		return fmt.Errorf("journey %q is not routed; where another engine drives a part of the net all must be", d.Journeys[i].ID)
	}
	w.away = make([]bool, len(roads))
	for r := range roads {
		w.away[r] = !roads[r]
	}
	for c := range w.conns {
		if w.away[w.road[w.to[c]]] {
			w.trait[c] |= leaves
		}
	}
	return nil
}

func (s *Sim) away(road int32) bool { return s.net.away != nil && s.net.away[road] }

// roomAway reports whether the engine behind a connection takes in a vehicle before its line, those that are on their way there first.
func (s *Sim) roomAway(conn int32, c *Car) bool {
	if s.cfg.Room == nil {
		return true
	}
	n := s.net
	road := n.road[n.to[conn]]
	free := s.cfg.Room(c.ID, int(s.At[c.ID])+1)
	for i := n.inAt[n.first[road]]; i < n.inAt[n.first[road+1]] && free > 0; i++ {
		free -= len(s.Segments[int32(n.lanes)+n.in[i]])
	}
	return free > 0
}

// handOver notes who came over a connection to a road of another engine.
func (s *Sim) handOver(r int32, h *hand) {
	n := s.net
	for i := n.inAt[n.first[r]]; i < n.inAt[n.first[r+1]]; i++ {
		conn := n.in[i]
		seg := int32(n.lanes) + conn
		cars, length := s.Segments[seg], n.length[seg]
		gone := 0
		for ; gone < len(cars) && cars[gone].Pos >= length; gone++ {
			c := &cars[gone]
			s.At[c.ID]++
			s.Lost[c.ID], s.Stood[c.ID] = c.Loss, c.Waited
			h.left = append(h.left, Passage{Journey: c.ID, Place: int(s.At[c.ID]), At: float64(s.Second) + 1 - float64((c.Pos-length)/max(c.V, 0.1)), Speed: float64(c.V)})
		}
		if gone > 0 {
			s.Segments[seg] = cars[:copy(cars, cars[gone:])]
			s.release(n.road[n.from[conn]], int32(gone))
		}
	}
}

// Left appends the vehicles that went to roads of another engine since it was last called, by time and journey, and returns the list.
func (s *Sim) Left(list []Passage) []Passage {
	slices.SortFunc(s.left, func(a, b Passage) int { return cmp.Or(cmp.Compare(a.At, b.At), cmp.Compare(a.Journey, b.Journey)) })
	list = append(list, s.left...)
	s.left = s.left[:0]
	return list
}

// Free returns how many vehicles like that of a journey find room at the entry of the road at a place of its route, between the kerb and the
// last vehicle of each lane.
func (s *Sim) Free(journey int32, place int) int {
	n := s.net
	k := &s.kinds[s.demand.Journeys[journey].Type]
	r := s.route(journey)[place]
	free := 0
	for l := n.first[r]; l < n.first[r+1]; l++ {
		if !s.passable(l, k) {
			continue
		}
		room := n.length[l]
		if cars := s.Segments[l]; len(cars) > 0 {
			last := &cars[len(cars)-1]
			room = last.Pos - s.lengthOf(last)
		}
		free += max(0, int((room-k.gap)/(k.length+k.gap)))
	}
	return free
}

// Take takes in a vehicle that came from a road of another engine by now, on the lane from which its way leads on, or where several do the
// emptiest, as fast as it came or as is safe behind the last vehicle there. It reports false where no lane has room.
func (s *Sim) Take(p Passage) bool {
	n := s.net
	k := &s.kinds[s.demand.Journeys[p.Journey].Type]
	r := s.route(p.Journey)[p.Place]
	was := s.At[p.Journey]
	s.At[p.Journey] = uint16(p.Place)
	past := float32(min(1, max(0, float64(s.Second)-p.At)) * p.Speed)
	wait := float32(max(0, float64(s.Second)-p.At-1)) // for room
	var best Car
	lane := int32(-1)
	for l := n.first[r]; l < n.first[r+1]; l++ {
		if !s.passable(l, k) {
			continue
		}
		x := Car{ID: p.Journey, Kind: uint8(s.demand.Journeys[p.Journey].Type), Next: far, Factor: s.factor(p.Journey, k), Pos: min(past, n.length[l]), V: float32(p.Speed),
			Loss: s.Lost[p.Journey] + wait, Waited: s.Stood[p.Journey] + uint16(wait)}
		if cars := s.Segments[l]; len(cars) > 0 {
			o := &cars[len(cars)-1]
			gap := o.Pos - s.lengthOf(o) - k.gap
			if gap < 0 {
				continue
			}
			x.Pos = min(x.Pos, gap)
			x.V = min(x.V, k.follow(gap-x.Pos, o.V, s.kinds[o.Kind].decel))
		}
		s.settle(&x, l)
		if lane < 0 || (x.Aim == 0) != (best.Aim == 0) && x.Aim == 0 || (x.Aim == 0) == (best.Aim == 0) && len(s.Segments[l]) < len(s.Segments[lane]) {
			lane, best = l, x
		}
	}
	if lane < 0 {
		s.At[p.Journey] = was
		return false
	}
	s.put(lane, best)
	s.On[r]++
	s.Running++
	s.Came++
	return true
}
