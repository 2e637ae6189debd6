package micro

// Lane changes in the manner of LC2013 (Erdmann 2015): a vehicle must change where its lane does not lead on, wants to where another is faster,
// and goes back to the kerb where that lane is free.
const (
	lookLane   = 10   // s of driving before which a change that must be is begun; to the middle twice that
	tempted    = 0.2  // of Gain for a change to the middle
	temptedBy  = 2.0  // of −Gain, or of Right, for one to the kerb
	keepFree   = 7.0  // s of free lane to the kerb that count whole
	keepRight  = 5.0  // s of free lane to the kerb for a change
	hindered   = 0.97 // of its own speed under which a vehicle looks for a faster lane
	forget     = 0.8  // of Gain that stays from second to second when nothing tempts
	patience   = 5    // s at a stand after which two that block each other exchange places
	mergeBrake = 0.5  // share of its comfortable braking with which one lets in
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

func (s *Sim) wishLane(l, from, to int32) bool {
	n := s.net
	cars := s.Segments[l]
	limit := s.Limit[l]
	var left, right []Car
	if l+1 < to {
		left = s.Segments[l+1]
	}
	if l > from {
		right = s.Segments[l-1]
	}
	jl, jr := 0, 0 // first vehicles of the neighbour lanes that are behind
	any := false
	length := n.length[l]
	for i := range cars {
		c := &cars[i]
		for jl < len(left) && left[jl].Pos > c.Pos {
			jl++
		}
		for jr < len(right) && right[jr].Pos > c.Pos {
			jr++
		}
		k := &s.kinds[c.Kind]
		if !k.changes || c.Bits&(blocked|dwells) != 0 {
			continue
		}
		ahead := length - c.Pos
		if c.Aim != 0 {
			dir := int32(1)
			steps := c.Aim
			look := 2 * lookLane * max(c.V, 1)
			if c.Aim < 0 {
				dir, steps, look = -1, -c.Aim, lookLane*max(c.V, 1)
			}
			look += 2 * (k.length + k.gap)
			if (c.Until - c.Pos) < look*float32(steps) {
				if l+dir < from || l+dir >= to || !s.open(l+dir, k.class) {
					continue
				}
				side, j := left, jl
				if dir < 0 {
					side, j = right, jr
				}
				if s.roomBeside(l+dir, side, j, c, k) {
					c.Turn = int8(dir)
					any = true
				} else {
					s.askIn(side, j, c, k)
					if c.Still >= patience {
						c.Turn, any = int8(2*dir), true
					}
				}
				continue
			}
		}
		if s.temptation(l, from, to, i, cars, left, right, jl, jr, c, k, limit, ahead) {
			any = true
		}
	}
	return any
}

// temptation decides on a change that need not be.
func (s *Sim) temptation(l, from, to int32, i int, cars, left, right []Car, jl, jr int, c *Car, k *kind, limit, ahead float32) bool {
	want := min(limit*c.Factor, k.top)
	mine := want
	if i > 0 {
		mine = s.promise(&cars[i-1], c, k, want)
	}
	me := l - from
	if mine < want*hindered {
		if l+1 < to && s.mayUse(c, me, 1, l+1, k, ahead) {
			v := min(s.Limit[l+1]*c.Factor, k.top)
			if jl > 0 {
				v = s.promise(&left[jl-1], c, k, v)
			}
			if v > mine {
				c.Gain += (v - mine) / max(v, 0.1)
			} else {
				c.Gain *= forget
			}
			if c.Gain > tempted && v > mine && s.roomBeside(l+1, left, jl, c, k) {
				c.Turn = 1
				return true
			}
		}
		if l > from && s.mayUse(c, me, -1, l-1, k, ahead) {
			v := min(s.Limit[l-1]*c.Factor, k.top)
			if jr > 0 {
				v = s.promise(&right[jr-1], c, k, v)
			}
			if v > mine {
				c.Gain -= (v - mine) / max(v, 0.1)
			}
			if c.Gain < -temptedBy && v > mine && s.roomBeside(l-1, right, jr, c, k) {
				c.Turn = -1
				return true
			}
		}
		c.Right = max(0, c.Right-0.4)
		return false
	}
	c.Gain *= forget
	if l > from && s.mayUse(c, me, -1, l-1, k, ahead) {
		free := float32(keepFree)
		if jr > 0 {
			o := &right[jr-1]
			gap := o.Pos - s.lengthOf(o) - c.Pos - k.gap - k.secure(want, o.V, s.kinds[o.Kind].decel)
			if gap <= 0 {
				free = 0
			} else if o.V < want {
				free = min(free, gap/(want-o.V))
			}
		}
		free = min(free, ahead/max(want, 1)) // what is beyond the line is not seen
		c.Right += temptedBy / keepRight * free / keepFree
		if c.Right > temptedBy && s.roomBeside(l-1, right, jr, c, k) {
			c.Turn = -1
			return true
		}
	}
	return false
}

// promise is the speed that a lane promises whose next vehicle is o.
func (s *Sim) promise(o, c *Car, k *kind, want float32) float32 {
	gap := o.Pos - s.lengthOf(o) - c.Pos - k.gap
	if o.V >= want || gap > want*keepFree {
		return want
	}
	if o.Bits&(blocked|dwells) != 0 {
		return min(want, max(0, gap)/keepFree)
	}
	return min(want, max(o.V, k.follow(gap, o.V, s.kinds[o.Kind].decel)))
}

// mayUse reports whether a vehicle can drive on the lane dir beside its own, me on its road, and still get where it must.
func (s *Sim) mayUse(c *Car, me, dir, lane int32, k *kind, ahead float32) bool {
	if !s.open(lane, k.class) {
		return false
	}
	to := me + dir
	if to < 8 && c.Good>>to&1 != 0 {
		return true
	}
	if int32(c.Aim)*dir > 0 {
		return true // on the way
	}
	until := ahead
	if c.Until < far {
		until = max(until, c.Until-c.Pos)
	}
	look := lookLane * max(c.V, 1)
	if dir < 0 {
		look *= 2 // it must come back to the middle
	}
	steps := float32(c.Aim)
	if steps < 0 {
		steps = -steps
	}
	return until > 1.5*(look+2*(k.length+k.gap))*(steps+1)
}

// roomBeside reports whether a vehicle finds a safe gap on a neighbour lane, whose first vehicle behind it is side[j].
func (s *Sim) roomBeside(lane int32, side []Car, j int, c *Car, k *kind) bool {
	n := s.net
	if c.Pos > n.length[lane] {
		return false
	}
	if j > 0 {
		o := &side[j-1]
		ok := &s.kinds[o.Kind]
		if o.Pos-s.lengthOf(o)-c.Pos-k.gap < k.secure(c.V, o.V, ok.decel) {
			return false
		}
	} else if rem := n.length[lane] - c.Pos; rem < 60 {
		for x := n.out[lane]; x < n.out[lane+1]; x++ {
			if m := len(s.Segments[int32(n.lanes)+x]); m > 0 {
				o := &s.Segments[int32(n.lanes)+x][m-1]
				ok := &s.kinds[o.Kind]
				if rem+o.Pos-ok.length-k.gap < k.secure(c.V, o.V, ok.decel) {
					return false
				}
			}
		}
	}
	tail := c.Pos - k.length
	if j < len(side) {
		o := &side[j]
		if o.Bits&blocked != 0 {
			return tail > o.Pos
		}
		ok := &s.kinds[o.Kind]
		return tail-o.Pos-ok.gap >= ok.secure(o.V, c.V, k.decel)
	}
	return tail > 60 || s.rearFree(lane, tail, c.V, k.decel, 0)
}

// askIn is what a vehicle does that must change and finds no gap: who is behind the gap on the other lane lets it in where that takes no hard
// braking, and it falls back a little where the one ahead is in its way.
func (s *Sim) askIn(side []Car, j int, c *Car, k *kind) {
	if j < len(side) {
		o := &side[j]
		ok := &s.kinds[o.Kind]
		gap := c.Pos - k.length - o.Pos
		switch {
		case o.Bits&(blocked|dwells) != 0 || o.Still > 2*patience:
		case gap < 0 || gap < ok.gap && o.V < 0.1: // beside: that one goes first
			c.Next = min(c.Next, max(0, c.V-k.decel*mergeBrake))
		default:
			o.Next = min(o.Next, max(ok.follow(gap-ok.gap, c.V, k.decel), o.V-ok.decel*mergeBrake))
		}
	}
	if j > 0 {
		o := &side[j-1]
		lk := &s.kinds[o.Kind]
		if gap := o.Pos - s.lengthOf(o) - c.Pos - k.gap; gap < k.secure(c.V, o.V, lk.decel) {
			c.Next = min(c.Next, max(c.V-k.decel*mergeBrake, k.follow(gap, o.V, lk.decel)))
		}
	}
}

// changeLanes makes the changes decided on a road, lane by lane from the kerb and from the front; a gap that another took first is gone.
func (s *Sim) changeLanes(r int32) {
	n := s.net
	for l := n.first[r]; l < n.first[r+1]; l++ {
		for i := 0; i < len(s.Segments[l]); i++ {
			c := &s.Segments[l][i]
			if c.Turn == 0 {
				continue
			}
			turn := int32(c.Turn)
			c.Turn = 0
			if turn == 2 || turn == -2 {
				s.swap(l, l+turn/2, c)
				continue
			}
			to := l + turn
			side := s.Segments[to]
			j := 0
			for j < len(side) && side[j].Pos > c.Pos {
				j++
			}
			if !s.roomBeside(to, side, j, c, &s.kinds[c.Kind]) {
				continue
			}
			x := *c
			s.Segments[l] = append(s.Segments[l][:i], s.Segments[l][i+1:]...)
			i--
			x.Gain, x.Right = 0, 0
			s.look(&x, to)
			s.put(to, x)
		}
	}
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
		if o.Pos > c.Pos+k.length || o.Still < patience || int32(o.Aim)*(l-to) <= 0 || o.Bits&(blocked|dwells) != 0 || s.kinds[o.Kind].length != k.length {
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
