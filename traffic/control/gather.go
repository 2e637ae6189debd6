package control

import (
	"cmp"
	"math"
	"slices"
)

// gather collects what is expected at junction i.
func (b *brain) gather(i int, o *Observation) {
	n, r := b.n, &b.at[i]
	x := r.x
	for l := range x.lanes {
		r.in.list[l] = r.in.list[l][:0]
		r.in.free[l] = 0
	}
	for _, lane := range r.watch {
		for v := range o.Seen[lane] {
			c := &o.Seen[lane][v]
			if c.Next < 0 && o.Share == 0 && !o.Blind {
				continue // it ends here
			}
			next := c.Next
			if o.Blind && v == 0 && n.Ahead[lane] == 0 {
				next = r.front[slices.Index(x.lanes, lane)].to
			}
			b.follow(i, lane, next, c.ID, c.Behind, travel(c.Behind, c.Speed, n.Lanes[lane].Speed), n.Ahead[lane]+c.Behind, b.known[c.ID].stood, c.Length, c.Speed < 0.1)
		}
	}
	for _, c := range b.transit {
		if n.Stops[c.lane] == int32(i) {
			d := n.Lanes[c.lane].Length
			b.follow(i, c.lane, -1, c.id, d, max(c.at+d/n.Lanes[c.lane].Speed-o.Time, 2), math.Inf(1), 0, b.size, false)
		}
	}
	for _, up := range b.planned {
		for _, c := range up {
			if n.Stops[c.lane] == int32(i) && c.at > o.Time {
				d := n.Lanes[c.lane].Length
				b.follow(i, c.lane, -1, c.id, d, c.at+d/n.Lanes[c.lane].Speed-o.Time, math.Inf(1), 0, b.size, false)
			}
		}
	}
	b.guess(i, o)
	if o.Dead != nil {
		b.queue(i, o)
	}
	for l, lane := range x.lanes {
		if o.Share == 0 && !o.dead(lane) {
			b.beyond(r, l)
		}
		slices.SortStableFunc(r.in.list[l], func(a, b arrival) int { return cmp.Compare(a.at, b.at) })
	}
	b.stalled(r, o.Signals[i])
	for e := range x.exits {
		r.in.room[e], r.in.gain[e] = math.Inf(1), 0
		if r.in.out[e] != nil {
			if on, ok := b.crowd(x.exits[e], o); ok {
				r.in.on[e], r.in.room[e] = float32(on), b.holds(n.Lanes[x.exits[e]].Length)
				b.outflow(x.exits[e], o, r.in.out[e])
			}
			continue
		}
		count, halted, holds := 0, 0, 0.0
		for _, lane := range r.below[e] {
			if o.Count[lane] >= 0 {
				count, halted, holds = count+int(o.Count[lane]), halted+int(o.Halted[lane]), holds+n.Lanes[lane].Length/(b.size+2.2)
			} else if o.Blind && !o.dead(lane) {
				all, still := b.counted(lane, o)
				count, halted, holds = count+all, halted+still, holds+n.Lanes[lane].Length/(b.size+2.2)
			} else if g, ok := b.supposed(lane); ok {
				count, halted, holds = count+int(g), halted+int(g), holds+n.Lanes[lane].Length/(b.size+2.2)
			}
		}
		if float64(halted) > 0.4*holds && halted > 1 {
			r.in.room[e] = max(0, holds-float64(count))
			r.in.gain[e] = 0.15
		}
	}
}

// A vehicle that stands on a lane that its way does not begin from, this near the line, m, holds the lane up for at least so long, s.
const (
	wrongLane = 15.0
	wrongHold = 5.0
)

// stalled learns from green that moves nobody: what the model does not know of (a full street, a lane change that fails) holds a
// lane up, and is expected to hold it up for as long again.
func (b *brain) stalled(r *crossing, sig Signal) {
	if b.dt > longPause { // what green moved in between has not been seen
		for k := range r.stuck {
			clear(r.stuck[k])
			clear(r.in.hold[k])
		}
		return
	}
	for l, list := range r.in.list {
		for k := range r.stuck {
			r.in.hold[k][l] = 0
			switch {
			case len(list) == 0:
				r.stuck[k][l] *= 0.9
			case !list[0].still:
				r.stuck[k][l] = 0
			case sig.Changing || r.x.rows[sig.Phase][list[0].link] == 'r':
				r.stuck[k][l] *= 0.985 // it is forgotten only while it is not tried
			}
		}
		if len(list) == 0 || !list[0].still || sig.Changing {
			continue
		}
		switch letter := r.x.rows[sig.Phase][list[0].link]; {
		case letter == 'r':
		case letter == 'g' && len(r.x.links[list[0].link].foes) > 0:
			r.stuck[1][l] += b.dt
		default:
			r.stuck[0][l] += b.dt
		}
		for k, patience := range [2]float64{stallFirst, stallGap} {
			if r.stuck[k][l] > patience {
				r.in.hold[k][l] = r.stuck[k][l]
			}
		}
	}
}

// Seconds of green without a move after which a lane counts as held up: where it goes first, where it gives way.
const (
	stallFirst = 4.0
	stallGap   = 10.0
)

// weigh is what a second more counts for who has stood so long; where decisions are far apart, so are the turns that can be hoped for.
func (b *brain) weigh(waited float64) float64 {
	p := max(patience, turns*b.every)
	return min(1+waited*waited/(p*p), heaviest)
}

// places is how many vehicles' room one of length metres takes.
func (b *brain) places(length float64) uint8 {
	return uint8(max(1, math.Round((length+queueGap)/(b.size+queueGap))))
}

// follow leads a vehicle on lane to a stop line of junction i; t is when it will be at the lane's end.
func (b *brain) follow(i int, lane, next, id int32, behind, t, far, waited, length float64, still bool) {
	n, x := b.n, b.at[i].x
	for range 8 {
		c := b.onward(lane, next, id, behind)
		if c < 0 {
			return
		}
		k := &n.Connections[c]
		if k.Light >= 0 {
			if int(k.Light) != i {
				return
			}
			li := slices.Index(x.j.Links, c)
			l := x.links[li].lane
			if k.From != lane && still && far < wrongLane {
				if m := slices.Index(x.lanes, lane); m >= 0 {
					b.at[i].in.free[m] = max(b.at[i].in.free[m], wrongHold, waited)
				}
			}
			if k.From != lane { // several lanes lead there: the one on which fewest are expected
				for m := range x.links {
					o := &n.Connections[x.links[m].conn]
					if n.Lanes[o.From].Road == n.Lanes[k.From].Road && n.Lanes[o.To].Road == n.Lanes[k.To].Road && len(b.at[i].in.list[x.links[m].lane]) < len(b.at[i].in.list[l]) {
						li, l = m, x.links[m].lane
					}
				}
			}
			weight := b.weigh(waited)
			if room := n.Lanes[x.lanes[l]].Length; b.at[i].tight[l] && still && far < room+length {
				weight *= clearing
				if far+length > room {
					weight *= clearing
				}
			}
			b.at[i].in.list[l] = append(b.at[i].in.list[l], arrival{t, li, weight, far, waited, x.links[li].follows(length), still, false, b.places(length), false})
			return
		}
		lane, next, behind = k.To, -1, n.Lanes[k.To].Length
		t += (k.Length + behind) / n.Lanes[lane].Speed
	}
}

// sight is how far before the end of a lane vehicles are seen before they could come from nowhere: to the network's edge, at most
// far metres.
func (n *Network) sight(lane int32, far float64) float64 {
	d := n.Lanes[lane].Length
	if d >= far || len(n.In[lane]) == 0 {
		return min(d, far)
	}
	best := d
	for _, c := range n.In[lane] {
		k := &n.Connections[c]
		if k.Light >= 0 {
			return far // the stop line behind it is watched too
		}
		if k.Length > 0 {
			best = max(best, d+k.Length+n.sight(k.From, far-d-k.Length))
		}
	}
	return min(best, far)
}

// beyond adds those who will come from beyond sight: as many as came of late, less those that the neighbours' plans announce.
func (b *brain) beyond(r *crossing, l int) {
	from := b.n.sight(r.x.lanes[l], b.n.View) / b.n.Lanes[r.x.lanes[l]].Speed
	list := r.in.list[l]
	for _, k := range r.x.of[l] {
		due := r.x.links[k].rate * (float64(b.far) - from)
		for _, a := range r.in.list[l] {
			if a.link == k && a.at > from {
				due--
			}
		}
		if due <= 0 {
			continue
		}
		gap := (float64(b.far) - from) / due
		for t := from + 0.5*gap; t < float64(b.far); t += gap {
			list = append(list, arrival{t, k, 1, math.Inf(1), 0, r.x.links[k].follows(b.size), false, false, 1, false})
		}
	}
	r.in.list[l] = list
}
