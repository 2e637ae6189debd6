package control

import "slices"

// A tail is the queue behind a lane's detector, of which it can't tell how long it is.
type tail struct {
	n       float64 // vehicles that wait there
	came    float64 // s, when one last came over the detector
	pulses  float64 // who did so since the last look
	sure    float64 // vehicles/s that were sent there
	cut     float64 // that are taken to be left when its green ends and they still come
	since   float64 // s, when there was none
	covered bool    // somebody stands on the detector …
	stood   float64 // s, … and did last
	held    float64 // s, when somebody last stood before it
	open    bool    // it had green at the last decision
	shaded  bool    // the lanes before it are dead, so that it is the detector
}

// gapEnd is the s in which nobody comes over a detector after which its queue is over.
const gapEnd = 4.0

// detector is how many metres before lane l's end vehicles come into sight; false: they came into sight before, or nothing is seen there.
func (n *Network) detector(l int32) (float64, bool) {
	return min(n.View-n.Ahead[l], n.Lanes[l].Length-1), n.Watched(l)
}

// tailOf is the tail of lane l, nil if there is none.
func (b *brain) tailOf(l int32) *tail {
	if s := b.n.Stops[l]; s >= 0 {
		if k := slices.Index(b.at[s].watch, l); k >= 0 {
			return &b.at[s].tails[k]
		}
	}
	return nil
}

// shade finds the lanes behind which nothing is seen, as those before them are dead.
func (b *brain) shade(dead []bool) {
	for i := range b.at {
		r := &b.at[i]
		for w, l := range r.watch {
			r.tails[w].shaded = !dead[l] && slices.ContainsFunc(b.n.In[l], func(c int32) bool {
				k := &b.n.Connections[c]
				return k.Light < 0 && dead[k.From]
			})
		}
	}
}

// entered notes a vehicle that came over lane l's detector, and takes it off those who were on their way there.
func (b *brain) entered(l int32, c *Vehicle) {
	at, ok := b.n.detector(l)
	t := b.tailOf(l)
	if !ok || t == nil || c.Behind < at-15 {
		return
	}
	if t.pulses, t.came = t.pulses+1, b.lastAt; t.shaded {
		return
	}
	road, best := b.n.Lanes[l].Road, -1
	for k := range b.transit {
		if m := b.transit[k].lane; b.n.Lanes[m].Road == road && (best < 0 || b.transit[k].at < b.transit[best].at) {
			best = k
		}
	}
	if best >= 0 && b.transit[best].at+(b.n.Lanes[l].Length-at)/b.n.Lanes[l].Speed < b.lastAt+6 {
		b.transit = slices.Delete(b.transit, best, best+1)
		t.sure += 1 / b.memory
	}
}

// counted is how many vehicles are taken to be on lane l between its detectors and behind, and how many of them to stand.
func (b *brain) counted(l int32, o *Observation) (all, still int) {
	for v := range o.Seen[l] {
		if all++; o.Seen[l][v].Speed < 0.1 {
			still++
		}
	}
	if t := b.tailOf(l); t != nil {
		all, still = all+int(t.n), still+int(t.n)
	}
	return all, still
}

// queue moves the tails of junction i on and adds those whom it supposes in them.
func (b *brain) queue(i int, o *Observation) {
	r := &b.at[i]
	sig := o.Signals[i]
	room := b.size + queueGap
	for w, lane := range r.watch {
		t := &r.tails[w]
		if o.dead(lane) || !o.Blind && !t.shaded {
			continue
		}
		at, ok := b.n.detector(lane)
		if !ok {
			continue
		}
		t.covered = false
		for v := range o.Seen[lane] {
			if c := &o.Seen[lane][v]; c.Speed < 0.5 {
				t.held = o.Time
				t.covered = t.covered || c.Behind+room > at
			}
		}
		if t.covered {
			t.stood = o.Time
		}
		inflow := 0.0
		open := false
		if l := slices.Index(r.x.lanes, lane); l >= 0 {
			inflow = max(0, r.x.flow(l)-t.sure)
			for _, k := range r.x.of[l] {
				open = open || !sig.Changing && r.x.rows[sig.Phase][k] != 'r'
			}
		}
		switch {
		case t.covered || t.n > 0 && o.Time-max(t.came, t.held) <= gapEnd:
			t.n = max(0, t.n+inflow*b.dt-t.pulses)
		default:
			t.n = 0
		}
		if t.open && !open { // its green is over
			if t.covered || o.Time-max(t.came, t.stood) < flowing {
				t.n = max(t.n, t.cut)
				t.cut = min(2*t.cut, mostCut)
			} else {
				t.cut = leastCut
			}
		}
		if t.open = open; t.n < 0.5 {
			t.since = o.Time
		}
		most := b.n.Lanes[lane].Length
		if t.shaded {
			most = b.n.sight(lane, b.n.View)
		}
		t.n, t.pulses = min(t.n, (most-at)/room), 0
		for k := 0; float64(k)+0.3 < t.n; k++ {
			d := at + float64(k+1)*room
			waited := (o.Time - t.since) * (1 - float64(k)/(t.n+1))
			b.follow(i, lane, -1, int32(k), d, travel(d, 0, b.n.Lanes[lane].Speed), b.n.Ahead[lane]+d, waited, b.size, false)
		}
	}
}
