package control

import (
	"math"
	"slices"
)

// learn compares what is seen with what was seen last: who went on by which connection, over which stop line, how long behind
// the one before.
func (b *brain) learn(o *Observation) {
	dt := o.Time - b.lastAt
	b.started, b.lastAt, b.dt = true, o.Time, dt
	if o.Share > 0 {
		b.memory = memory * max(1, min(0.5/o.Share, 2)) // few are seen: it takes longer to know
	}
	b.fade(math.Exp(-dt/b.memory), o)
	if o.Dead != nil && b.dark == nil {
		b.dark = newDark(b.n, o.Dead, b.taken)
		if !o.Blind {
			b.shade(o.Dead)
		}
	}
	step := int32(o.Time)
	for l := range o.Seen {
		for v := range o.Seen[l] {
			c := &o.Seen[l][v]
			was, old := b.known[c.ID]
			by := int32(-1)
			if old {
				by = was.by
			}
			if old && b.n.Lanes[was.lane].Road != b.n.Lanes[l].Road {
				by = b.went(was, int32(l))
				b.overtaken(was, o)
				b.gone(b.n.Lanes[was.lane].Road)
			}
			if !old && b.dark != nil && !o.Blind {
				b.surfaced(c, int32(l), o)
			}
			if b.dark != nil && (!old || was.lane != int32(l)) {
				b.entered(int32(l), c)
			}
			if !old {
				for k := range b.transit {
					if b.transit[k].id == c.ID {
						b.transit = slices.Delete(b.transit, k, k+1)
						break
					}
				}
				b.size += 0.002 * (c.Length - b.size)
			}
			stood, halted, told := was.stood, was.halted, was.told
			if !old {
				stood = c.Waited
			} else if b.n.Stops[was.lane] != b.n.Stops[l] || b.n.Ahead[l] > b.n.Ahead[was.lane] {
				stood, halted, told = 0, 0, false
			} else if c.Speed < 0.1 {
				stood += dt
			}
			if halted == 0 && c.Speed < 0.1 {
				halted = o.Time
			}
			if s := b.n.Stops[l]; o.Share > 0 && !told && halted > 0 && s >= 0 && b.n.Ahead[l] == 0 {
				r := &b.at[s]
				k := slices.Index(r.x.lanes, int32(l))
				r.heard[k]++
				r.unseen[k].join(b.room(int32(l)))
				told = true
			}
			b.known[c.ID] = sighting{told: told, halted: halted, lane: int32(l), next: c.Next, behind: c.Behind, speed: c.Speed, stood: stood, step: step, by: by}
		}
	}
	var gone []int32
	for id, was := range b.known {
		if was.step != step {
			gone = append(gone, id)
		}
	}
	slices.Sort(gone)
	for _, id := range gone {
		b.gone(b.n.Lanes[b.known[id].lane].Road)
		if was := b.known[id]; was.next >= 0 || o.Blind || o.Share > 0 { // else it ended where it was
			b.vanished(was, id, o)
			b.overtaken(was, o)
		}
		delete(b.known, id)
	}
	if o.Blind && o.Time >= b.due {
		b.balance(o)
		b.due = o.Time + balanceEvery
	}
	if o.Blind {
		b.fronts(o)
	}
	b.arrivals(o)
	keep := b.transit[:0]
	for _, c := range b.transit {
		if b.dark != nil && b.dark.is[c.lane] {
			if !b.sunk(&c, o) {
				keep = append(keep, c)
			}
			continue
		}
		// until it must have come into sight; else it went elsewhere
		if o.Time < c.at+max(0, b.n.Ahead[c.lane]+b.n.Lanes[c.lane].Length-b.n.View)/b.n.Lanes[c.lane].Speed+2 {
			keep = append(keep, c)
		}
	}
	b.transit = keep
}

// fade lets what has been counted grow old. Where detectors only count, flows are worked out from the counts (balance).
func (b *brain) fade(by float64, o *Observation) {
	for i := range b.taken {
		if !o.Blind {
			b.taken[i] = 0.02 + (b.taken[i]-0.02)*by
		}
	}
	for i := range b.at {
		r := &b.at[i]
		for k := range r.x.links {
			if !o.Blind {
				r.x.links[k].rate *= by
			}
		}
		for k := range r.tails {
			r.tails[k].sure *= by
		}
		for l := range r.x.lanes {
			b.mixed[i].left[l] *= by
			r.sure[l] *= by
		}
	}
}

// went notes a vehicle's way from lane was.lane to lane to, over lanes so short that it was not seen on them, and returns the last
// connection of it; −1: none leads there.
func (b *brain) went(was sighting, to int32) int32 {
	var way [3]int32
	for most := 1; most <= len(way); most++ {
		if b.way(was.lane, to, way[:most]) {
			for _, c := range way[:most] {
				b.passed(c)
			}
			return way[most-1]
		}
	}
	return -1
}

// way fills list with connections that lead from one lane to another one after the other.
func (b *brain) way(from, to int32, list []int32) bool {
	for _, c := range b.n.Out[from] {
		list[0] = c
		if k := b.n.Connections[c].To; len(list) == 1 && k == to || len(list) > 1 && b.way(k, to, list[1:]) {
			return true
		}
	}
	return false
}

// vanished notes a vehicle that went out of sight.
func (b *brain) vanished(was sighting, id int32, o *Observation) {
	lane, next, now := was.lane, was.next, o.Time
	if was.behind > 2*was.speed+10+max(0, b.dt-1)*b.n.Lanes[lane].Speed {
		if b.dark != nil {
			b.changed(was, id, now)
		}
		return // it ended here, or its way is not known
	}
	for hop := range 4 {
		c := b.pick(b.n.Out[lane], next, id)
		if c < 0 {
			return
		}
		k := &b.n.Connections[c]
		if !o.Blind {
			b.passed(c)
		} else if k.Light >= 0 {
			r := &b.at[k.Light]
			b.mixed[k.Light].left[slices.Index(r.x.lanes, k.From)]++
			r.moved = now
		}
		if hop == 0 { // its way from here on is a guess
			b.off(c)
		}
		if b.dark != nil && b.dark.is[k.To] {
			b.transit = append(b.transit, coming{id: id, lane: k.To, at: now})
			return
		}
		if lane, next = k.To, -1; k.Light >= 0 {
			if b.n.Watched(lane) {
				b.transit = append(b.transit, coming{id: id, lane: lane, at: now})
			}
			return
		}
	}
}

// passed notes that a vehicle took connection c.
func (b *brain) passed(c int32) {
	b.taken[c]++
	k := &b.n.Connections[c]
	if k.Light < 0 {
		return
	}
	x := b.at[k.Light].x
	i := slices.Index(x.j.Links, c)
	x.links[i].rate += 1 / b.memory
	b.at[k.Light].moved = b.lastAt
	if b.dark != nil && b.dark.is[k.From] {
		r, l := &b.at[k.Light], x.links[i].lane
		r.unseen[l].left(saturation, r.sure[l])
		r.left[l], r.idle[l] = b.lastAt, 0
		r.certain[l] = max(0, r.certain[l]-1)
	}
}
