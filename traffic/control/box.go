package control

import "slices"

// Who drives off into a street whose beginning is out of sight is inside the junction until he is counted there.

// An outlet is a street behind a junction whose beginning is out of sight: its number of vehicles is all that is known.
type outlet struct {
	lanes  []int32
	into   []int32   // signalled connections that lead there
	shut   bool      // whoever leaves it is seen, so that the numbers add up
	count  int       // of vehicles, at the step before …
	each   []int32   // … and of each lane
	fuller []int32   // lanes on which there are more than then
	left   int       // vehicles seen to leave it in this step
	inside []leaving // who is on his way there, first come first
	on     []float64 // s, when those who are on it came, where not everybody is seen to leave it
	over   float64   // s that its whole length takes
	went   int       // who drove off for it so far …
	lost   int       // … and was never counted there: the numbers can't be trusted where they are many
}

// A leaving vehicle crossed a stop line by connection conn.
type leaving struct {
	at   float64 // s
	conn int32
	held bool // he stood behind another, and can only begin his way then
}

// outlets finds the network's, and of each road its own; −1: none.
func (n *Network) outlets() (list []outlet, of []int32) {
	of = make([]int32, len(n.Roads))
	for r := range of {
		of[r] = -1
	}
	for i := range n.Connections {
		k := &n.Connections[i]
		if k.Light < 0 || n.Sees(k.To, n.Lanes[k.To].Length) {
			continue
		}
		r := n.Lanes[k.To].Road
		if of[r] < 0 {
			of[r] = int32(len(list))
			x := outlet{shut: true, over: n.Lanes[k.To].Length / n.Lanes[k.To].Speed}
			for m := n.Roads[r].First; m < n.Roads[r].First+n.Roads[r].Lanes; m++ {
				x.lanes, x.shut = append(x.lanes, m), x.shut && n.Watched(m)
			}
			x.each = make([]int32, len(x.lanes))
			list = append(list, x)
		}
		list[of[r]].into = append(list[of[r]].into, int32(i))
	}
	return list, of
}

// gone notes that somebody was seen to leave a road.
func (b *brain) gone(road int32) {
	if k := b.outlet[road]; k >= 0 {
		b.outlets[k].left++
	}
}

// off notes that somebody was seen to leave by connection c.
func (b *brain) off(c int32) {
	if k := b.outlet[b.n.Lanes[b.n.Connections[c].To].Road]; k >= 0 && b.n.Connections[c].Light >= 0 {
		b.outlets[k].went++
		b.outlets[k].inside = append(b.outlets[k].inside, leaving{at: b.lastAt, conn: c})
		v := &b.outlets[k].inside[len(b.outlets[k].inside)-1]
		v.held = b.behind(*v)
	}
}

// arrivals counts who came into the outlets: those who drove off for them, or somebody from a dead lane.
func (b *brain) arrivals(o *Observation) {
	for i := range b.outlets {
		x := &b.outlets[i]
		count, known := 0, true
		x.fuller = x.fuller[:0]
		for m, l := range x.lanes {
			if b.dark != nil && b.n.Sees(l, b.n.Lanes[l].Length) {
				continue // who comes there is seen to: he is nobody from a dead lane
			}
			count, known = count+int(max(0, o.Count[l])), known && o.Count[l] >= 0
			if o.Count[l] > x.each[m] {
				x.fuller = append(x.fuller, l)
			}
			x.each[m] = max(0, o.Count[l])
		}
		came := count - x.count + x.left
		x.count, x.left = count, 0
		if !x.shut {
			came = b.turnover(x, came, o.Time)
		}
		for ; came > 0; came-- {
			if len(x.inside) > 0 {
				b.out(x, b.cameOut(x, o.Time), o.Time)
			} else if b.dark != nil {
				b.emerged(x, o)
			}
		}
		for len(x.inside) > 0 && (!known || o.Time-x.inside[0].at > insideMost) {
			x.inside = x.inside[1:] // nobody counts him, or he came when another left unseen
			x.lost++
		}
	}
}

// emerged takes it that somebody came into street x from a dead lane: where one lane has more vehicles than before, by a way that leads there.
func (b *brain) emerged(x *outlet, o *Observation) {
	if len(x.fuller) == 0 {
		b.credit(x.into, o)
		return
	}
	b.credit(b.n.In[x.fuller[0]], o)
	x.fuller = x.fuller[1:]
}

// cameOut is which of those inside is likeliest to have come into the street just now: who has had the time for his way; of them one who had nobody
// to wait for, before those who may wait while others pass them.
func (b *brain) cameOut(x *outlet, now float64) int {
	waits := -1
	for m, v := range x.inside {
		k := &b.n.Connections[v.conn]
		if now-v.at < k.Length/k.Speed-earlyOut || b.behind(v) {
			continue
		}
		if !b.yield[v.conn] {
			return m
		}
		if waits < 0 {
			waits = m
		}
	}
	return waits
}

// behind tells whether somebody who waits inside before v, from the same lane, leaves him no room to pass.
func (b *brain) behind(v leaving) bool {
	x := b.at[b.n.Connections[v.conn].Light].x
	for _, bar := range x.links[b.link[v.conn]].bars {
		before := 0
		for i := range b.outlets {
			for _, w := range b.outlets[i].inside {
				if w.at < v.at && b.n.Connections[w.conn].Light == b.n.Connections[v.conn].Light && x.links[b.link[w.conn]].slot == bar.slot {
					before++
				}
			}
		}
		if before >= bar.least {
			return true
		}
	}
	return false
}

// out notes that the kth of those inside on their way to x is. Who stood behind him can only begin his way now.
func (b *brain) out(x *outlet, k int, now float64) {
	if k < 0 {
		return
	}
	w := x.inside[k]
	x.inside = slices.Delete(x.inside, k, k+1)
	for i := range b.outlets {
		for m := range b.outlets[i].inside {
			if v := &b.outlets[i].inside[m]; v.held && v.at > w.at && b.n.Connections[v.conn].From == b.n.Connections[w.conn].From {
				v.at = now
			}
		}
	}
}

// turnover is how many came into a street from which they leave unseen, if its number grew by more: as many more as may have left in
// the same moment, by the time that the street takes, and are due from inside the junction.
func (b *brain) turnover(x *outlet, more int, now float64) int {
	for ; more < 0 && len(x.on) > 0; more++ {
		x.on = x.on[1:]
	}
	came := max(0, more)
	for k := came; k < len(x.inside) && len(x.on) > 0 && now-x.on[0] >= x.over-1; k++ {
		if c := &b.n.Connections[x.inside[k].conn]; now-x.inside[k].at < c.Length/c.Speed+1 || b.behind(x.inside[k]) {
			break
		}
		x.on = x.on[1:]
		came++
	}
	for range came {
		x.on = append(x.on, now)
	}
	for len(x.on) > 0 && now-x.on[0] > x.over+insideMost {
		x.on = x.on[1:]
	}
	return came
}

// jammed tells whether somebody who had nobody to wait for is late in coming out of junction i, or two who had: who is let in across their
// way may wait for them while they wait for him. sure: he is seen there.
func (b *brain) jammed(i int, o *Observation) (jam, sure bool) {
	waiting, seen := 0, 0
	for _, c := range b.n.Junctions[i].Links {
		k := &b.n.Connections[c]
		if k.Length < shortBox {
			continue
		}
		yields := b.yield[c]
		if x := b.outlet[b.n.Lanes[k.To].Road]; x >= 0 && !b.n.Sees(k.To, b.n.Lanes[k.To].Length) {
			for _, v := range b.outlets[x].inside {
				switch age := o.Time - v.at; {
				case v.conn != c:
				case yields && age > waitInside:
					waiting++
				case !yields && v.held:
					jam = true
				case !yields && age > k.Length/k.Speed+lateInside && b.outlets[x].lost*trusted <= b.outlets[x].went:
					jam = true
				}
			}
			continue
		}
		for _, v := range o.Seen[k.To] {
			in := v.Behind - b.n.Lanes[k.To].Length
			if in <= 5 || b.known[v.ID].by != c {
				continue
			}
			if !yields && (v.Speed < slowInside || v.Speed < startInside && travel(in, v.Speed, k.Speed) > soonOut) {
				return true, true
			}
			if v.Speed < slowInside {
				waiting++
				seen++
			}
		}
	}
	return jam || waiting > 1, seen > 1
}

// held tells whether the green that comes at junction i is to wait for somebody inside: as long as he is seen there, or for a moment where
// it is only likely.
func (b *brain) held(i int, o *Observation) bool {
	r, sig := &b.at[i], o.Signals[i]
	if !sig.Changing {
		r.due = 0
		return false
	}
	if r.due == 0 {
		r.due = sig.Since
	}
	jam, sure := b.jammed(i, o)
	return jam && (sure || o.Time < r.due+mostLikely)
}

// yields tells whether connection c, of junction i, gives way in a phase to others that have green with it, so that he may stand inside.
func (b *brain) yields(i int, c int32) bool {
	x := b.at[i].x
	k := slices.Index(x.j.Links, c)
	return slices.ContainsFunc(x.rows, func(row []byte) bool {
		return row[k] == 'g' && slices.ContainsFunc(x.links[k].foes, func(f int) bool { return row[f] != 'r' })
	})
}

const (
	insideMost  = 30.0 // s that somebody is taken to be inside a junction
	earlyOut    = 1.0  // s less than its way takes at which somebody may come out of a junction
	lateInside  = 1.5  // s more than its way takes after which he is taken to stand
	waitInside  = 2.0  // s after which one who gives way is taken to wait inside
	slowInside  = 0.5  // m/s
	startInside = 5.0  // m/s, below which somebody inside is taken to have stood there, …
	soonOut     = 2.0  // … and s, of his way out, that are waited for
	mostLikely  = 4.0  // s that a green waits for somebody who is likely to be inside
	trusted     = 10   // vehicles of which one may never be counted
	shortBox    = 8.0  // m, of a way on which nobody can stand in another's
)
