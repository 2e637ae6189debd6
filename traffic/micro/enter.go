package micro

import (
	"math/bits"

	"citybrain/city"
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

// insert tries to put a journey's vehicle onto its first road, as its Start says.
func (s *Sim) insert(id, r int32) bool {
	j := &s.demand.Journeys[id]
	k := &s.kinds[j.Type]
	c := Car{ID: id, Kind: uint8(j.Type), Next: far, Factor: s.factor(id, k)}
	start := city.Start{Lane: city.FirstLane}
	if s.cfg.Depart == BestLane {
		start.Lane = city.BestLane
	}
	if j.Start != nil {
		start = *j.Start
	}
	lane, best := int32(-1), Car{}
	tries := uint64(1)
	if start.At == city.AtRandom {
		tries = places
	}
	for try := range tries {
		if lane, best = s.choose(r, c, k, &start, uint64(s.Second)*places+try); lane < 0 {
			return false
		}
		if s.fits(lane, &best, k, start.Speed) {
			break
		} else if try == tries-1 {
			return false
		}
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

// places are the places of which one is tried after the other in a second, where a vehicle may start anywhere.
const places = 10

// choose takes the lane of a road and the place on it where vehicle c would start; −1: there is none. draw makes its chance.
func (s *Sim) choose(r int32, c Car, k *kind, start *city.Start, draw uint64) (lane int32, best Car) {
	n := s.net
	lane = -1
	count, skip := 0, 0
	if start.Lane == city.RandomLane {
		open := 0
		for l := n.first[r]; l < n.first[r+1]; l++ {
			if s.passable(l, k) {
				open++
			}
		}
		skip = int(s.spot.Float(uint64(c.ID), 2*draw+1) * float64(open))
	}
	for l := n.first[r]; l < n.first[r+1]; l++ {
		if !s.passable(l, k) || start.Lane >= 0 && int32(start.Lane) != l-n.first[r] {
			continue
		}
		if skip > 0 {
			skip--
			continue
		}
		x := c
		x.Pos = min(k.length+0.1, n.length[l])
		if start.At == city.AtRandom {
			x.Pos += float32(s.spot.Float(uint64(c.ID), 2*draw)) * (n.length[l] - x.Pos)
		} else if start.At > 0 {
			x.Pos = min(max(x.Pos, float32(start.At)), n.length[l])
		}
		s.settle(&x, l)
		take := lane < 0
		switch start.Lane {
		case city.BestLane:
			take = take || x.Aim == 0 && (best.Aim != 0 || len(s.Segments[l]) < count)
		case city.FreeLane:
			take = take || len(s.Segments[l]) < count
		}
		if take {
			lane, best, count = l, x, len(s.Segments[l])
		}
		if start.Lane == city.FirstLane || start.Lane == city.RandomLane {
			break
		}
	}
	return lane, best
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

// fits reports whether a vehicle may appear on a lane at a speed, and sets that: the one ahead is beyond its gap, and whoever comes can keep
// behind it. It is no faster than the limit, nor than where it can stop before the end of its lane.
func (s *Sim) fits(lane int32, c *Car, k *kind, speed float64) bool {
	n := s.net
	cars := s.Segments[lane]
	most := float32(0)
	if speed != 0 {
		most = min(s.Limit[lane]*c.Factor, k.top, k.before(n.length[lane]-c.Pos))
	}
	if speed > 0 {
		most = min(most, float32(speed))
	}
	c.V = most
	ahead := len(cars) // how many are
	for ahead > 0 && cars[ahead-1].Pos < c.Pos {
		ahead--
	}
	if ahead > 0 {
		o := &cars[ahead-1]
		gap := o.Pos - s.lengthOf(o) - k.gap - c.Pos
		if gap < 0 {
			return false
		}
		if most > 0 {
			c.V = min(c.V, k.follow(gap, o.V, s.kinds[o.Kind].decel))
		}
	} else if n.length[lane] < c.Pos+maxTail {
		for o := n.out[lane]; o < n.out[lane+1]; o++ {
			if m := len(s.Segments[int32(n.lanes)+o]); m > 0 {
				l := &s.Segments[int32(n.lanes)+o][m-1]
				gap := n.length[lane] + l.Pos - s.kinds[l.Kind].length - k.gap - c.Pos
				if gap < 0 {
					return false
				}
				if most > 0 {
					c.V = min(c.V, k.follow(gap, l.V, s.kinds[l.Kind].decel))
				}
			}
		}
	}
	if speed > 0 && c.V < most {
		return false // a speed of its own is kept to
	}
	if ahead < len(cars) {
		o := &cars[ahead]
		x := &s.kinds[o.Kind]
		return c.Pos-k.length-o.Pos-x.gap >= x.secure(o.V+x.accel, c.V, k.decel)
	}
	return s.rearFree(lane, c.Pos-k.length, c.V, k.decel, 0)
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
