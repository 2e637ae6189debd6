package micro

// Lane changes by the rules of LC2013 (Erdmann 2015, "SUMO's lane-changing model"): a vehicle changes where its lane does not lead on, where
// another is faster, to help nobody else, and back to the kerb where that lane is free. Parameters are SUMO's defaults.
const (
	foresight  = 10    // s of driving before which a change that must be is begun; to the middle twice that
	fade       = 0.9   // of the speed that the foresight remembers, a second
	tempted    = 0.2   // of Gain for a change to the middle
	temptedBy  = 2.0   // of −Gain, or of Free, for one to the kerb
	normal     = 10.0  // m/s: gains of slower lanes count against this speed
	worth      = 20.0  // s that a lane must lead on for its speed to tempt
	turnLane   = 200.0 // m: a lane that leads on less is not one to leave the right one for
	keepFree   = 7.0   // s of free lane to the kerb that count whole
	keepRight  = 5.0   // s of it for a change
	ponder     = 2     // s between two thoughts of a change that need not be; what grows by the second grows by as much
	patience   = 5     // s at a stand after which two that block each other exchange places
	rearSight  = 60    // m from the start of a lane within which who comes over it counts
	nudge      = 0.2   // of the least gaps is enough to whoever has stood for his patience and must change
	mergeBrake = 0.5   // share of its comfortable braking with which one lets in
)

// wishRoad decides who changes lanes on a road, from what is, and reports whether anyone does.
func (s *Sim) wishRoad(r int32) bool {
	n := s.net
	from, to := n.first[r], n.first[r+1]
	if to-from < 2 {
		return false
	}
	any := false
	for l := from; l < to; l++ {
		if len(s.Segments[l]) > 0 && s.wishLane(l, from, to) {
			any = true
		}
	}
	return any
}

// beside is what a vehicle sees of a neighbour lane: its vehicles and the first of them that is behind it.
type beside struct {
	lane int32
	dir  int32
	cars []Car
	j    int
	ok   bool
}

func (b *beside) pass(pos float32) {
	for b.j < len(b.cars) && b.cars[b.j].Pos > pos {
		b.j++
	}
}

func (s *Sim) wishLane(l, from, to int32) bool {
	cars := s.Segments[l]
	left, right := beside{lane: l + 1, dir: 1, ok: l+1 < to}, beside{lane: l - 1, dir: -1, ok: l > from}
	if left.ok {
		left.cars = s.Segments[l+1]
	}
	if right.ok {
		right.cars = s.Segments[l-1]
	}
	any := false
	for i := range cars {
		c := &cars[i]
		thinks := (c.ID+s.Second)%ponder == 0
		if c.Aim == 0 && !thinks || c.Bits&stands != 0 {
			continue
		}
		k := &s.kinds[c.Kind]
		if !k.changes {
			continue
		}
		left.pass(c.Pos)
		right.pass(c.Pos)
		memory := c.V
		if m := float32(c.Memory) * 0.25; m > memory {
			f := float32(fade * fade)
			if c.Aim != 0 {
				f = fade
			}
			memory += f * (m - memory)
		}
		c.Memory = uint8(min(memory*4, 255))
		if c.Aim != 0 {
			to, steps, look := &left, float32(c.Aim), 2*foresight*memory
			if c.Aim < 0 {
				to, steps, look = &right, -steps, foresight*memory
			}
			look += 2 * (k.length + k.gap)
			taken := float32(0)
			if b := l + int32(c.Aim); b >= from {
				taken = float32(len(s.Segments[b])) * (k.length + k.gap)
			}
			if c.Until-c.Pos-taken < look*steps {
				if !to.ok || !s.passable(to.lane, k) {
					continue
				}
				if s.roomBeside(to, c, k) {
					c.Turn = int8(to.dir)
					any = true
				} else {
					s.askIn(to, c, k, s.cfg.Impatient && c.Conn >= 0)
					if c.Still >= patience {
						c.Turn, any = int8(2*to.dir), true
					}
				}
				continue
			}
		}
		if thinks && s.tempt(l, i, cars, &left, &right, c, k, memory) {
			any = true
		}
	}
	return any
}

// tempt decides on a change that need not be.
func (s *Sim) tempt(l int32, i int, cars []Car, left, right *beside, c *Car, k *kind, memory float32) bool {
	want := min(s.Limit[l]*c.Factor, k.top)
	var leader *Car
	if i > 0 {
		leader = &cars[i-1]
	}
	if right.ok && s.mayUse(c, right, float32(c.Right), k, memory) && s.passable(right.lane, k) {
		mine, v := s.promises(c, k, want, leader, c.Until, right, float32(c.Right))
		if mine-5/3.6 > v {
			if c.Gain < 0 {
				c.Gain *= 0.5 * 0.5
			}
		} else {
			if gain := (v - mine) / max(v, normal); c.Gain < 0 || gain > 0 {
				c.Gain -= gain * ponder
			}
			c.Free += ponder * s.freeKerb(l, c, k, want, right)
			if c.Free > temptedBy && s.roomBeside(right, c, k) {
				c.Turn = -1
				return true
			}
		}
		if c.Gain < -temptedBy && float32(c.Right)-c.Pos > worth*max(c.V, 0.1) || c.Aim < 0 && c.Gain < 0 && v >= mine {
			if s.roomBeside(right, c, k) {
				c.Turn = -1
				return true
			}
		}
	}
	if left.ok && s.mayUse(c, left, float32(c.Left), k, memory) && s.passable(left.lane, k) {
		mine, v := s.promises(c, k, want, leader, c.Until, left, float32(c.Left))
		switch {
		case mine > v:
			if c.Gain > 0 {
				c.Gain *= 0.5 * 0.5
			}
		case mine == v:
			if c.Gain > 0 {
				c.Gain *= 0.8 * 0.8
			}
		default:
			c.Gain += ponder * (v - mine) / max(v, normal)
		}
		if c.Gain > tempted && v > mine && float32(c.Left)-c.Pos > worth*max(c.V, 0.1) || c.Aim > 0 && c.Gain > 0 && v >= mine {
			if s.roomBeside(left, c, k) {
				c.Turn = 1
				return true
			}
		}
	}
	return false
}

// freeKerb is what a second adds to a vehicle's wish to go back towards the kerb: the more, the longer it could drive there at its own speed.
func (s *Sim) freeKerb(l int32, c *Car, k *kind, want float32, right *beside) float32 {
	free := max(0, float32(c.Right)-c.Pos-braking(want, k.decel, k.invB)) / want
	if right.j > 0 {
		o := &right.cars[right.j-1]
		if o.V < want {
			gap := o.Pos - s.lengthOf(o) - c.Pos - k.gap - k.secure(want, o.V, s.kinds[o.Kind].decel)
			free = min(free, max(0, gap)/(want-o.V))
		}
	}
	whole := keepFree * want * max(1, c.V) / s.Limit[l]
	return temptedBy / keepRight * min(free, whole) / whole
}

// promises are the speeds of the next second on a vehicle's own lane, behind leader and for until m, and on the one beside it. Where those ahead
// gain speed they are what it can reach from its own, as what they will drive is not known.
func (s *Sim) promises(c *Car, k *kind, want float32, leader *Car, until float32, b *beside, there float32) (mine, v float32) {
	var other *Car
	if b.j > 0 {
		other = &b.cars[b.j-1]
	}
	top := want
	if leader != nil && leader.Bits&gains != 0 || other != nil && other.Bits&gains != 0 {
		top = min(want, c.V+k.accel)
	}
	return s.promise(leader, c, k, top, until), s.promise(other, c, k, top, there)
}

func (s *Sim) promise(o, c *Car, k *kind, top, until float32) float32 {
	if o == nil {
		if rest := until - c.Pos; rest < k.need(top) {
			return min(top, k.before(rest))
		}
		return top
	}
	gap := o.Pos - s.lengthOf(o) - c.Pos - k.gap
	if gap > k.need(top) {
		return top
	}
	return min(top, k.follow(gap, o.V, s.kinds[o.Kind].decel))
}

// mayUse reports whether a vehicle can drive on a neighbour lane, on which it gets until m, and still get where it must.
func (s *Sim) mayUse(c *Car, b *beside, until float32, k *kind, memory float32) bool {
	if int32(c.Aim)*b.dir > 0 {
		return true // on the way
	}
	if until <= 0 {
		return false
	}
	if c.Aim == 0 && until >= c.Until-1 {
		return true // as good as its own
	}
	look := foresight * memory
	if b.dir < 0 {
		look *= 2 // it must come back to the middle
	}
	look += 2 * (k.length + k.gap)
	place := until - c.Pos - float32(len(b.cars))*(k.length+k.gap)
	if c.Aim == 0 {
		return until >= turnLane && place*2 >= look
	}
	steps := float32(c.Aim)
	if steps < 0 {
		steps = -steps
	}
	return place >= look*(steps+2)
}

// roomBeside reports whether a vehicle finds a safe gap on a neighbour lane.
func (s *Sim) roomBeside(b *beside, c *Car, k *kind) bool {
	n := s.net
	lane, side, j := b.lane, b.cars, b.j
	if c.Pos > n.length[lane] {
		return false
	}
	tight := float32(1)
	if s.cfg.Impatient && c.Still >= patience && int32(c.Aim)*b.dir > 0 {
		tight = nudge
	}
	if j > 0 {
		o := &side[j-1]
		ok := &s.kinds[o.Kind]
		if o.Pos-s.lengthOf(o)-c.Pos-k.gap*tight < k.secure(c.V, o.V, ok.decel) {
			return false
		}
	}
	tail := c.Pos - k.length
	if j < len(side) {
		o := &side[j]
		if o.Bits&blocked != 0 {
			if tail <= o.Pos {
				return false
			}
		} else {
			ok := &s.kinds[o.Kind]
			if tail-o.Pos-ok.gap*tight < ok.secure(o.V, c.V, k.decel) {
				return false
			}
		}
	} else if tail <= rearSight && !s.rearFree(lane, tail, c.V, k.decel, 0) {
		return false
	}
	if rem := n.length[lane] - c.Pos; j == 0 && rem < shortLane {
		return s.roomOver(lane, rem, c, k)
	}
	return true
}

// roomOver reports whether a vehicle, rem m before the end of a lane, is safe behind who is beyond it: on any connection, and on the lane behind one
// that it may take.
func (s *Sim) roomOver(lane int32, rem float32, c *Car, k *kind) bool {
	n := s.net
	next := int32(-1)
	if c.Conn >= 0 {
		next = n.road[n.to[c.Conn]]
	} else if route, at := s.route(c.ID), int(s.At[c.ID])+1; at < len(route) {
		next = route[at]
	}
	for x := n.out[lane]; x < n.out[lane+1]; x++ {
		d := rem
		cars := s.Segments[int32(n.lanes)+x]
		if len(cars) == 0 {
			to := n.to[x]
			if d += n.length[int32(n.lanes)+x]; d > shortLane || n.road[to] != next {
				continue
			}
			if cars = s.Segments[to]; len(cars) == 0 {
				continue
			}
		}
		o := &cars[len(cars)-1]
		if d+o.Pos-s.lengthOf(o)-k.gap < k.secure(c.V, o.V, s.kinds[o.Kind].decel) {
			return false
		}
	}
	return true
}

// askIn is what a vehicle does that must change and finds no gap: who is behind the gap on the other lane lets it in where that takes no hard
// braking, and it falls back a little where the one ahead is in its way. later: its lane leads on, so that it may change behind the junction as well,
// and does not stand in the way of those behind it for a gap.
func (s *Sim) askIn(b *beside, c *Car, k *kind, later bool) {
	side, j := b.cars, b.j
	if j < len(side) {
		o := &side[j]
		ok := &s.kinds[o.Kind]
		gap := c.Pos - k.length - o.Pos
		switch {
		case o.Bits&stands != 0 || o.Still > 2*patience:
		case gap < 0 || gap < ok.gap && o.V < 0.1: // beside: that one goes first
			if !later {
				c.Next = min(c.Next, max(0, c.V-k.decel*mergeBrake))
			}
		default:
			o.Next = min(o.Next, max(ok.follow(gap-ok.gap, c.V, k.decel), o.V-ok.decel*mergeBrake))
		}
	}
	if j > 0 && !later {
		o := &side[j-1]
		lk := &s.kinds[o.Kind]
		if gap := o.Pos - s.lengthOf(o) - c.Pos - k.gap; gap < k.secure(c.V, o.V, lk.decel) {
			c.Next = min(c.Next, max(c.V-k.decel*mergeBrake, k.follow(gap, o.V, lk.decel)))
		}
	}
}

// changeLanes makes the changes decided on a road, lane by lane from the kerb and from the front; a gap that another took first is gone. own: only
// those for which nothing beyond the road counts; it reports whether others are left.
func (s *Sim) changeLanes(r int32, own bool) bool {
	n := s.net
	left := false
	for l := n.first[r]; l < n.first[r+1]; l++ {
		for i := 0; i < len(s.Segments[l]); i++ {
			c := &s.Segments[l][i]
			if c.Turn == 0 {
				continue
			}
			turn := int32(c.Turn)
			if turn == 2 || turn == -2 {
				c.Turn = 0
				s.swap(l, l+turn/2, c)
				continue
			}
			to := l + turn
			side := beside{lane: to, dir: turn, cars: s.Segments[to]}
			side.pass(c.Pos)
			k := &s.kinds[c.Kind]
			if own && (side.j == len(side.cars) && c.Pos-k.length <= rearSight || side.j == 0 && n.length[to]-c.Pos < shortLane) {
				left = true
				continue
			}
			c.Turn = 0
			if !s.roomBeside(&side, c, k) {
				continue
			}
			x := *c
			s.Segments[l] = append(s.Segments[l][:i], s.Segments[l][i+1:]...)
			i--
			x.Gain, x.Free = 0, 0
			s.look(&x, to)
			s.put(to, x)
		}
	}
	return left
}

// swap exchanges two vehicles that stand side by side at the end of their lanes, each needing the other's: drivers find a way round each other
// there, for which the model has no room.
func (s *Sim) swap(l, to int32, c *Car) {
	side := s.Segments[to]
	k := &s.kinds[c.Kind]
	for j := range side {
		o := &side[j]
		if o.Pos < c.Pos-k.length {
			return
		}
		if o.Pos > c.Pos+k.length || o.Still < patience || int32(o.Aim)*(l-to) <= 0 || o.Bits&stands != 0 || s.kinds[o.Kind].length != k.length {
			continue
		}
		x, y := *c, *o
		x.Pos, y.Pos = o.Pos, c.Pos
		x.Turn, y.Turn = 0, 0
		s.look(&x, to)
		s.look(&y, l)
		*o, *c = x, y
		return
	}
}
