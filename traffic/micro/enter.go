package micro

import (
	"math/bits"

	"citybrain/city/chance"
)

// enterDue puts the journeys that are due into the queues of their first roads and lets in who finds a gap.
func (s *Sim) enterDue() {
	for int(s.NextJourney) < len(s.demand.Journeys) && s.demand.Journeys[s.NextJourney].Depart <= float64(s.Second) {
		id := s.NextJourney
		s.NextJourney++
		if s.away(s.demand.Journeys[id].Roads[0]) {
			continue
		}
		if !s.planRoute(id) {
			s.Unroutable++
			continue
		}
		s.queue(id)
	}
	for w := range s.Waiting {
		for m := s.Waiting[w]; m != 0; m &= m - 1 {
			s.letIn(int32(w*chunk + bits.TrailingZeros64(m)))
		}
	}
}

func (s *Sim) queue(id int32) {
	r := s.route(id)[0]
	if s.Queue[r] < 0 {
		s.Queue[r] = id
	} else {
		s.Behind[s.QueueEnd[r]] = id
	}
	s.QueueEnd[r] = id
	s.Waiting[r/chunk] |= 1 << (r % chunk)
}

// letIn lets in the first of a road's queue for as long as they find gaps.
func (s *Sim) letIn(r int32) {
	for s.Queue[r] >= 0 {
		id := s.Queue[r]
		if !s.insert(id, r) {
			return
		}
		s.Queue[r] = s.Behind[id]
	}
	s.Waiting[r/chunk] &^= 1 << (r % chunk)
}

// insert tries to put a journey's vehicle at the start of its first road, at a stand.
func (s *Sim) insert(id, r int32) bool {
	n := s.net
	j := &s.demand.Journeys[id]
	k := &s.kinds[j.Type]
	c := Car{ID: id, Kind: uint8(j.Type), Next: far, Factor: s.factor(id, k)}
	lane := int32(-1)
	best := Car{}
	count := 0
	for l := n.first[r]; l < n.first[r+1]; l++ {
		if !s.passable(l, k) {
			continue
		}
		x := c
		x.Pos = min(k.length+0.1, n.length[l])
		s.settle(&x, l)
		switch {
		case lane < 0,
			s.cfg.Depart == BestLane && x.Aim == 0 && (best.Aim != 0 || len(s.Segments[l]) < count):
			lane, best, count = l, x, len(s.Segments[l])
		}
		if s.cfg.Depart == FirstLane {
			break
		}
	}
	if lane < 0 || !s.fits(lane, &best, k) {
		return false
	}
	if s.closed || s.wet {
		s.detour(&best, lane)
		s.look(&best, lane)
	}
	s.put(lane, best)
	s.On[r]++
	s.Enter[id] = s.Second
	s.Running++
	return true
}

// factor is a driver's own factor on speed limits, normal within 20 % to 200 % (SUMO's default bounds).
func (s *Sim) factor(id int32, k *kind) float32 {
	if k.dev == 0 {
		return k.mean
	}
	draw := chance.New(s.cfg.Seed, "micro/factor")
	for i := range uint64(8) {
		if f := k.mean + k.dev*float32(draw.Normal(uint64(id), i)); f >= 0.2 && f <= 2 {
			return f
		}
	}
	return k.mean
}

// fits reports whether a standing vehicle may appear on a lane: the one ahead is beyond its gap, and whoever comes can stop behind it.
func (s *Sim) fits(lane int32, c *Car, k *kind) bool {
	n := s.net
	cars := s.Segments[lane]
	if len(cars) > 0 {
		o := &cars[len(cars)-1]
		if o.Pos-s.lengthOf(o)-k.gap < c.Pos {
			return false
		}
	} else if n.length[lane] < c.Pos+maxTail {
		for o := n.out[lane]; o < n.out[lane+1]; o++ {
			if m := len(s.Segments[int32(n.lanes)+o]); m > 0 {
				l := &s.Segments[int32(n.lanes)+o][m-1]
				if n.length[lane]+l.Pos-s.kinds[l.Kind].length-k.gap < c.Pos {
					return false
				}
			}
		}
	}
	return s.rearFree(lane, c.Pos-k.length, 0, k.decel, 0)
}

// rearFree reports whether everyone who comes over the start of a lane can keep behind a tail back m after it that goes at v and brakes with b.
func (s *Sim) rearFree(lane int32, back, v, b float32, depth int) bool {
	n := s.net
	for i := n.inAt[lane]; i < n.inAt[lane+1]; i++ {
		p := n.in[i]
		ps := int32(n.lanes) + p
		d := back + n.length[ps]
		if cars := s.Segments[ps]; len(cars) > 0 {
			o := &cars[0]
			k := &s.kinds[o.Kind]
			if d-o.Pos-k.gap < k.secure(o.V+k.accel, v, b) {
				return false
			}
			continue
		}
		if d > 60 {
			continue
		}
		from := n.from[p]
		if cars := s.Segments[from]; len(cars) > 0 {
			o := &cars[0]
			if o.Bits&blocked != 0 || o.Conn != p || s.Sig[p] == 'r' && o.V < 1 {
				continue
			}
			k := &s.kinds[o.Kind]
			if d+n.length[from]-o.Pos-k.gap < k.secure(o.V+k.accel, v, b) {
				return false
			}
		} else if d += n.length[from]; d < 60 && depth < 3 {
			if !s.rearFree(from, d, v, b, depth+1) {
				return false
			}
		}
	}
	return true
}
