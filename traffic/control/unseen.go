package control

import "math"

// guess keeps an estimate of the queue on lanes where not everybody is seen (dead detectors, or only those who report
// themselves), and adds those whom it supposes there: what came of late adds up while red and leaves while green; a standing
// vehicle that is seen shows how far the queue reaches, a moving one near the line that there is none.
func (b *brain) guess(i int, o *Observation) {
	r := &b.at[i]
	x, sig := r.x, o.Signals[i]
	mean, alive := 0.0, 0
	for l := range x.lanes {
		if !o.dead(x.lanes[l]) {
			mean, alive = mean+x.flow(l), alive+1
		}
	}
	mean /= math.Max(1, float64(alive))
	if o.Share > 0 {
		mean = b.expect(mean/o.Share, 2*leastFlow, o.Share*float64(alive), o.Time)
	}
	mean = max(mean, leastFlow)
	for l, lane := range x.lanes {
		dead := o.dead(lane)
		if !dead && o.Share == 0 {
			continue
		}
		rate := mean
		switch {
		case o.Blind:
			rate = max(x.flow(l)-r.sure[l], 0.001)
		case dead && !o.Blind && b.dark.told[lane] >= fewTold && o.Share == 0:
			rate = b.untold(r, l, o.Time)
		case !dead:
			rate = b.expect(x.flow(l)/o.Share, mean, o.Share, o.Time)
		}
		open, may, first, all := false, 0.0, 0.0, 0.0
		for _, k := range x.of[l] {
			w := b.taken[x.links[k].conn]
			if all += w; x.rows[sig.Phase][k] != 'r' {
				open, may = true, may+w
			}
			if r.own(sig.Phase, k) {
				first += w
			}
		}
		may, first = may/all, first/all
		room := b.size + 2.2
		if dead && !o.Blind && b.dark.told[lane] >= fewTold {
			b.infer(r, l, sig, o, open)
		} else if may > 0 && !sig.Changing {
			// Where only some may go, one who may not is soon the first.
			go1 := may * may * (saturationGap + first*(saturation-saturationGap))
			if o.Time-sig.Since < startLoss+1 {
				go1 = 0
			}
			r.ghost[l] = max(0, r.ghost[l]+(rate-go1)*b.dt)
			if r.ghost[l] < 0.5 || may > 0.9 {
				r.since[l] = o.Time
			}
		} else {
			r.ghost[l] = min(r.ghost[l]+rate*b.dt, b.n.sight(lane, b.n.View)/room)
		}
		seen := 0
		for v := range o.Seen[lane] {
			switch c := &o.Seen[lane][v]; {
			case c.Speed < 0.1:
				r.ghost[l] = max(r.ghost[l], c.Behind/room+1)
				seen++
			case c.Speed > 5 && c.Behind < 30 && seen == 0:
				r.ghost[l] = 0
			}
		}
		for n := seen; r.ghost[l] > float64(n)+0.2; n++ {
			k := x.of[l][0]
			if c := b.pick(b.n.Out[lane], -1, int32(n)); c >= 0 {
				for _, m := range x.of[l] {
					if x.links[m].conn == c {
						k = m
					}
				}
			}
			if n == 0 && open && o.Time-max(sig.Since+startLoss, r.left[l]) > unused { // he does not go, so that his way must be one that is red
				for _, m := range x.of[l] {
					if x.rows[sig.Phase][m] == 'r' {
						k = m
					}
				}
			}
			d := float64(n) * room
			waited := max(0, o.Time-r.since[l]) * (1 - float64(n)/(r.ghost[l]+1))
			r.in.list[l] = append(r.in.list[l], arrival{travel(d, 0, b.n.Lanes[lane].Speed), k, b.weigh(waited) * min(1, r.ghost[l]-float64(n)), d, waited, x.links[k].follows(b.size), false, r.ghost[l] > 0.8, 1})
		}
		b.steady(r, l, rate)
	}
}

// infer keeps the queue of a dead lane from which every departure is noticed: what is not seen to come adds up, whoever leaves goes
// out of it, and green that nobody uses has emptied it.
func (b *brain) infer(r *crossing, l int, sig Signal, o *Observation, open bool) {
	lane := r.x.lanes[l]
	rate := b.untold(r, l, o.Time)
	r.ghost[l] = min(r.ghost[l]+rate*b.dt, b.n.sight(lane, b.n.View)/(b.size+2.2))
	if r.open[l] && (sig.Changing || !open) { // its green is over
		r.open[l] = false
		if r.ghost[l] > 0 && o.Time-r.left[l] < flowing {
			r.cut[l] = min(2*r.cut[l], mostCut)
		}
	}
	if !open || sig.Changing {
		return
	}
	r.open[l] = true
	own, full, all := false, false, true
	for _, k := range r.x.of[l] {
		own = own || r.own(sig.Phase, k)
		all = all && r.x.rows[sig.Phase][k] != 'r'
		full = full || b.stands(r, r.x.links[k].exit, o)
	}
	wait := unused
	if !own {
		wait = unusedGap
	}
	wait /= b.dark.told[lane]
	switch idle := o.Time - max(sig.Since+startLoss, r.left[l]); {
	case idle < flowing && r.left[l] > sig.Since: // who comes next is not far behind
		r.ghost[l] = max(r.ghost[l], r.cut[l])
	case idle > wait && !full && all:
		r.ghost[l], r.since[l], r.cut[l], r.certain[l] = 0, o.Time, leastCut, 0
		b.empty(lane)
	}
	if r.ghost[l] < 0.5 {
		r.since[l] = o.Time
	}
}

// untold is how many vehicles/s come to lane l, all of whose departures are noticed, that nobody sees come.
func (b *brain) untold(r *crossing, l int, now float64) float64 {
	return max(r.x.flow(l)/b.dark.told[r.x.lanes[l]]+leastFlow*math.Exp(-now/b.memory)-r.sure[l], 0.001) // what is known is worth more as time goes on
}

// Seconds of green that nobody uses after which nobody is there: where a lane goes first, where it gives way.
const (
	unused    = 4.0
	unusedGap = 10.0
	flowing   = 3.0 // s since one left within which the queue is taken to go on
)

// fewTold is the least share of departures that must be noticed if a queue is to be known from them.
const fewTold = 0.4

// How many are taken to follow one who leaves unseen: twice as many after each green that ended while they still left.
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
				r.in.list[l] = append(r.in.list[l], arrival{t, k, 1, math.Inf(1), 0, r.x.links[k].follows(b.size), false, false, 1})
			}
		}
	}
}
