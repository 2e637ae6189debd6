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
		if o.Dead == nil || !o.Dead[x.lanes[l]] {
			mean, alive = mean+x.flow(l), alive+1
		}
	}
	mean = max(mean/math.Max(1, float64(alive)), leastFlow)
	for l, lane := range x.lanes {
		dead := o.Dead != nil && o.Dead[lane]
		if !dead && o.Share == 0 {
			continue
		}
		rate := x.flow(l) / max(o.Share, 0.01)
		if dead {
			rate = mean
			if b.dark.told[lane] {
				rate = max(x.flow(l)-r.sure[l], leastFlow)
			}
			if o.Share > 0 {
				rate /= o.Share
			}
		}
		open := false
		for _, k := range x.of[l] {
			open = open || x.rows[sig.Phase][k] != 'r'
		}
		room := b.size + 2.2
		if dead && b.dark.told[lane] {
			b.infer(r, l, sig, o, open)
		} else if open && !sig.Changing {
			r.ghost[l] = max(0, r.ghost[l]+(rate-0.5)*b.dt)
			r.since[l] = o.Time
		} else {
			r.ghost[l] = min(r.ghost[l]+rate*b.dt, b.n.Lanes[lane].Length/room)
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
		for n := seen; n < int(r.ghost[l]+0.5); n++ {
			k := x.of[l][0]
			if c := b.pick(b.n.Out[lane], -1, int32(n)); c >= 0 {
				for _, m := range x.of[l] {
					if x.links[m].conn == c {
						k = m
					}
				}
			}
			d := float64(n) * room
			waited := max(0, o.Time-r.since[l]) * (1 - float64(n)/(r.ghost[l]+1))
			r.in.list[l] = append(r.in.list[l], arrival{travel(d, 0, b.n.Lanes[lane].Speed), k, b.weigh(waited), d, waited, x.links[k].follows(b.size), false, 1})
		}
		b.steady(r, l, rate)
	}
}

// infer keeps the queue of a dead lane from which every departure is noticed: what is not seen to come adds up, whoever leaves goes
// out of it, and green that nobody uses has emptied it.
func (b *brain) infer(r *crossing, l int, sig Signal, o *Observation, open bool) {
	lane := r.x.lanes[l]
	rate := max(r.x.flow(l)-r.sure[l], leastFlow)
	r.ghost[l] = min(r.ghost[l]+rate*b.dt, b.n.Lanes[lane].Length/(b.size+2.2))
	if !open || sig.Changing {
		return
	}
	if r.ghost[l] < 0.5 {
		r.since[l] = o.Time
	}
	own, full := false, false
	for _, k := range r.x.of[l] {
		own = own || r.own(sig.Phase, k)
		full = full || b.stands(r, r.x.links[k].exit, o)
	}
	wait := unused
	if !own {
		wait = unusedGap
	}
	if !full && o.Time-max(sig.Since+startLoss, r.left[l]) > wait {
		r.ghost[l], r.since[l] = 0, o.Time
		b.empty(lane)
	}
}

// Seconds of green that nobody uses after which nobody is there: where a lane goes first, where it gives way.
const (
	unused    = 4.0
	unusedGap = 10.0
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
				r.in.list[l] = append(r.in.list[l], arrival{t, k, 1, math.Inf(1), 0, r.x.links[k].follows(b.size), false, 1})
			}
		}
	}
}
