package control

import (
	"math"
	"slices"
)

// guess keeps what is believed of the queues on lanes where not everybody is seen (dead detectors, or only those who report
// themselves), and adds those whom it supposes there, each in the measure in which he is likely to be there.
func (b *brain) guess(i int, o *Observation) {
	r, sig := &b.at[i], o.Signals[i]
	for l, lane := range r.x.lanes {
		if o.dead(lane) || o.Share > 0 {
			b.expected(r, l, o)
			b.believe(r, l, sig, o)
			b.suppose(r, l, sig, o)
			b.steady(r, l, r.unseen[l].rate())
		}
	}
}

// suppose adds those who are likely to stand on lane l and are not seen.
func (b *brain) suppose(r *crossing, l int, sig Signal, o *Observation) {
	x, lane := r.x, r.x.lanes[l]
	q, room := &r.unseen[l], b.size+queueGap
	var taken uint64 // places of those who are seen
	for k := range r.in.list[l] {
		if a := &r.in.list[l][k]; a.still {
			taken |= 1 << uint(a.far/room)
		}
	}
	mean, least := q.mean(), leastThere
	if o.Blind {
		least = likelyThere
	}
	there := 1.0
	for n := range q.places() {
		if there -= q.at(n); there < least { // more than n stand there
			return
		}
		if taken>>uint(n)&1 == 1 {
			continue
		}
		k := x.of[l][0]
		if c := b.pick(b.n.Out[lane], -1, int32(r.served[l])+int32(n)); c >= 0 {
			k = slices.Index(x.j.Links, c)
		}
		if n == 0 && !sig.Changing && o.dead(lane) && o.Share == 0 && o.Time-max(sig.Since+startLoss, r.left[l]) > unused && r.open[l] { // he does not go, so that his way must be one that is red
			for _, m := range x.of[l] {
				if x.rows[sig.Phase][m] == 'r' {
					k = m
				}
			}
		}
		d := float64(n) * room
		waited := max(0, o.Time-r.since[l]) * (1 - float64(n)/(mean+1))
		r.in.list[l] = append(r.in.list[l], arrival{travel(d, 0, b.n.Lanes[lane].Speed), k, b.weigh(waited) * there, d, waited, x.links[k].follows(b.size), false, there > surely, 1, true})
	}
}

// How likely one in a queue must be if he is to be planned for, also where nothing ever tells of it, so that belief scatters more and
// more; and if he is to have his turn like one who is seen.
const (
	leastThere  = 0.1
	likelyThere = 0.5
	surely      = 0.8
)

// expected tells lane l's backlog how many come. Where few report themselves it is what the junction's lanes carry on the mean until they tell: by how many
// they are, and by how long a queue they stand in. Else what is counted tells.
func (b *brain) expected(r *crossing, l int, o *Observation) {
	q, rate := &r.unseen[l], b.rate(r, l, o)
	if o.Share == 0 {
		q.rates[0] = rate
		return
	}
	if len(q.rates) == 1 {
		*q = newBacklog(rates...)
		q.drift(1, rate)
	}
	if q.drift(1-math.Exp(-b.dt/steadfast), rate); !o.dead(r.x.lanes[l]) {
		q.heard(r.heard[l], o.Share, b.dt)
	}
	r.heard[l] = 0
}

// steadfast is how long, in s, the rate at which vehicles come to a lane lasts on the mean.
const steadfast = 450.0

// rates are how many vehicles/s may come to a lane.
var rates = []float64{0.008, 0.0128, 0.0205, 0.0328, 0.0524, 0.0839, 0.134, 0.215, 0.344, 0.55}

// rate is how many vehicles/s come to lane l unseen by what is counted; where few are seen, to a lane of its junction, all of them.
func (b *brain) rate(r *crossing, l int, o *Observation) float64 {
	x, lane := r.x, r.x.lanes[l]
	switch {
	case o.Blind:
		return max(x.flow(l)-r.sure[l], 0.001)
	case o.dead(lane) && b.dark.told[lane] >= fewTold && o.Share == 0:
		return b.untold(r, l, o.Time)
	}
	mean, alive := 0.0, 0
	for m := range x.lanes {
		if !o.dead(x.lanes[m]) {
			mean, alive = mean+x.flow(m), alive+1
		}
	}
	mean /= math.Max(1, float64(alive))
	if o.Share > 0 {
		mean = b.expect(mean/o.Share, 2*leastFlow, o.Share*float64(alive), o.Time)
	}
	return max(mean, leastFlow)
}

// room is how many vehicles can stand on a lane and before it, within sight.
func (b *brain) room(lane int32) float64 { return b.n.sight(lane, b.n.View) / (b.size + queueGap) }

// believe moves the queue of lane l on: who comes unseen joins it, green lets it leave, and what is seen of it is weighed.
func (b *brain) believe(r *crossing, l int, sig Signal, o *Observation) {
	x, lane := r.x, r.x.lanes[l]
	open, full := false, false
	may, first, now, all := 0.0, 0.0, 0.0, 0.0 // of those who leave the lane: who have green, who have it before all others, who are hindered by nobody at this moment
	for _, k := range x.of[l] {
		w := b.taken[x.links[k].conn]
		if all += w; sig.Changing || x.rows[sig.Phase][k] == 'r' {
			continue
		}
		open, may = true, may+w
		full = full || b.stands(r, x.links[k].exit, o)
		if r.own(sig.Phase, k) {
			first += w
		}
		if r.own(sig.Phase, k) || b.dark == nil || !b.hindered(r, k, sig.Phase, o.Time) {
			now += w
		}
	}
	may, first, now = may/all, first/all, now/all
	noticed := 0.0
	if o.dead(lane) && !o.Blind && b.dark.told[lane] >= fewTold {
		noticed = b.dark.told[lane]
	}
	q, most := &r.unseen[l], b.room(lane)
	// Where only some may go, one who may not is soon the first.
	leaves := (1 - noticed) * may * may * (saturationGap + first*(saturation-saturationGap))
	going := open && o.Time-sig.Since >= startLoss+1
	for t := b.dt; t > 0; t-- {
		step := min(t, 1)
		q.come(1-o.Share, step, most)
		if !going {
			continue
		}
		r.served[l] += leaves * step * q.beyond(0)
		q.leave(leaves * step)
		if noticed > 0 && !full {
			if r.idle[l] += now * step; r.idle[l] > unused {
				q.doubt()
				q.idle(1-noticed*now*(1-stays)*step, noticed*step)
			}
		}
	}
	if !going {
		r.idle[l] = 0
	}
	if noticed > 0 {
		b.trailed(r, l, open, sig, o.Time)
	}
	if !o.dead(lane) {
		b.reached(r, l, open, first > 0, sig, o)
	}
	r.open[l] = open
	if empty := q.beyond(0) < 0.4; empty || may > 0.9 {
		r.since[l] = o.Time
		if empty && noticed > 0 && open {
			r.certain[l] = 0
			b.empty(lane)
		}
	}
}

// Of a queue whose departures are noticed.
const (
	unused  = 3.0 // s of green without one after which it may be empty
	stays   = 0.4 // how likely it is that nobody leaves it in a second more
	flowing = 3.0 // s since the last within which it is taken to go on
)

// trailed takes it that who comes next is not far behind one who has just left lane l: the more, the more often green ended before
// those who left did, as more come then than did of late.
func (b *brain) trailed(r *crossing, l int, open bool, sig Signal, now float64) {
	flows := now-r.left[l] < flowing
	switch {
	case r.open[l] && !open && flows:
		r.cut[l] = min(2*r.cut[l], mostTrail)
	case open && r.unseen[l].beyond(0) < 0.2:
		r.cut[l] = leastCut
	case open && flows && r.left[l] > sig.Since:
		r.unseen[l].least(int(r.cut[l]))
	}
}

// mostTrail is how many are taken to follow at most.
const mostTrail = 6.0

// reached weighs what those who report themselves show of lane l's queue: one who stands, that it reaches to him; one who drives up
// to it, that it does not; own: somebody has a green that waits for nobody.
func (b *brain) reached(r *crossing, l int, open, own bool, sig Signal, o *Observation) {
	lane, room := r.x.lanes[l], b.size+queueGap
	q, most := &r.unseen[l], int(b.room(lane))
	for k := range r.in.list[l] { // on the streets before the lane
		a := &r.in.list[l][k]
		if !a.still || a.far <= b.n.Lanes[lane].Length || a.waited < halts {
			continue
		}
		n := min(int(a.far/room)+1, most)
		late := startLoss + a.far/waveBack + 2
		if !own || o.Time-sig.Since < late {
			q.least(n)
			continue
		}
		for m, other := range r.x.lanes { // it is another lane's queue that holds him up
			if m != l && b.n.forked(other, lane) && !slices.ContainsFunc(r.x.of[m], func(k int) bool { return r.own(sig.Phase, k) }) {
				r.unseen[m].least(min(n, int(b.room(other))))
			}
		}
	}
	stand := false
	for v := range o.Seen[lane] {
		c := &o.Seen[lane][v]
		was := b.known[c.ID]
		switch {
		case c.Speed < 0.1:
			if stand = true; was.stood >= halts {
				n := int(c.Behind/room) + 1
				q.least(n)
				if was.stood < halts+b.dt { // he came to its end just now
					q.most(n)
				}
			}
		case stand || c.Speed < 5:
		case c.Behind < 30:
			q.most(0)
		case !open && was.halted == 0:
			q.most(int((c.Behind - c.Speed*c.Speed/(2*brakes)) / room))
		}
	}
}

const (
	halts    = 2.0 // s that one must stand before he counts as one of a queue: who enters the net stands as well
	waveBack = 4.5 // m/s at which a queue that leaves begins to move, backwards
	brakes   = 4.5 // m/s²
)

// overtaken takes it, where few report themselves, that who was before one who has left has left as well, and that only those who came
// since he stood wait behind him.
func (b *brain) overtaken(was sighting, o *Observation) {
	s := b.n.Stops[was.lane]
	if o.Share == 0 || s < 0 || b.n.Ahead[was.lane] > 0 || o.dead(was.lane) {
		return
	}
	r := &b.at[s]
	l := slices.Index(r.x.lanes, was.lane)
	if !was.told {
		r.heard[l]++
	}
	r.unseen[l].empty()
	if was.halted > 0 {
		for t := was.halted; t < o.Time; t++ {
			r.unseen[l].come(1-o.Share, 1, b.room(was.lane))
		}
	}
}

// forked tells whether one lane leads to both a and c.
func (n *Network) forked(a, c int32) bool {
	return slices.ContainsFunc(n.In[a], func(k int32) bool {
		return slices.ContainsFunc(n.In[c], func(m int32) bool { return n.Connections[k].From == n.Connections[m].From })
	})
}

// hindered tells whether somebody to whom link k gives way comes soon.
func (b *brain) hindered(r *crossing, k, phase int, now float64) bool {
	row := r.x.rows[phase]
	return slices.ContainsFunc(r.x.links[k].foes, func(f int) bool {
		l := r.x.links[f].lane
		if row[f] == 'r' {
			return false
		}
		if b.dark.is[r.x.lanes[l]] {
			return now-r.left[l] < flowing
		}
		return slices.ContainsFunc(r.in.list[l], func(a arrival) bool { return a.link == f && a.at < gapAhead })
	})
}

// untold is how many vehicles/s come to lane l, all of whose departures are noticed, that nobody sees come.
func (b *brain) untold(r *crossing, l int, now float64) float64 {
	return max(r.x.flow(l)/b.dark.told[r.x.lanes[l]]+leastFlow*math.Exp(-now/b.memory)-r.sure[l], 0.001) // what is known is worth more as time goes on
}

// fewTold is the least share of departures that must be noticed if a queue is to be known from them.
const fewTold = 0.4

// How many are taken to stand behind a detector when a green ends while they still come over it: twice as many after each such green.
const (
	leastCut = 1.5
	mostCut  = 12.0
)

// expect is the flow in vehicles/s of which observed was seen over the memory, the share of vehicles that are seen given, where mean
// was expected beforehand (a gamma prior worth one vehicle).
func (b *brain) expect(observed, mean, share, now float64) float64 {
	w := share * b.memory * (1 - math.Exp(-now/b.memory))
	return (observed*share*b.memory + 1) / (w + 1/mean)
}

// Vehicles/s that leave a queue that is not seen: where it goes first, where it gives way.
const (
	saturation    = 0.5
	saturationGap = 0.2
)

// leastFlow is what a lane is supposed to carry, vehicles/s, where nothing is known of any.
const leastFlow = 0.03

// flow is what lane l carried of late, vehicles/s.
func (x *crossroad) flow(l int) float64 {
	f := 0.0
	for _, k := range x.of[l] {
		f += x.links[k].rate
	}
	return f
}

// steady adds arrivals of a lane at an even rate, vehicles/s, by its links' shares.
func (b *brain) steady(r *crossing, l int, rate float64) {
	total := 0.0
	for _, k := range r.x.of[l] {
		total += b.taken[r.x.links[k].conn]
	}
	for _, k := range r.x.of[l] {
		if f := rate * b.taken[r.x.links[k].conn] / total; f > 0 {
			for t := 0.5 / f; t < float64(b.far); t += 1 / f {
				r.in.list[l] = append(r.in.list[l], arrival{t, k, 1, math.Inf(1), 0, r.x.links[k].follows(b.size), false, false, 1, false})
			}
		}
	}
}
