package control

import "slices"

// Who drives off into a street whose beginning is out of sight is inside the junction until he is counted there.

// An outlet is a street behind a junction whose beginning is out of sight: its number of vehicles is all that is known.
type outlet struct {
	lanes  []int32
	into   []int32   // signalled connections that lead there
	shut   bool      // whoever leaves it is seen, so that the numbers add up
	count  int       // of vehicles, at the step before
	left   int       // vehicles seen to leave it in this step
	inside []leaving // who is on his way there, first come first
}

// A leaving vehicle crossed a stop line by connection conn.
type leaving struct {
	at   float64 // s
	conn int32
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
			x := outlet{shut: true}
			for m := n.Roads[r].First; m < n.Roads[r].First+n.Roads[r].Lanes; m++ {
				x.lanes, x.shut = append(x.lanes, m), x.shut && n.Watched(m)
			}
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
		b.outlets[k].inside = append(b.outlets[k].inside, leaving{b.lastAt, c})
	}
}

// arrivals counts who came into the outlets: those who drove off for them, or somebody from a dead lane.
func (b *brain) arrivals(o *Observation) {
	for i := range b.outlets {
		x := &b.outlets[i]
		count, known := 0, true
		for _, l := range x.lanes {
			count, known = count+int(max(0, o.Count[l])), known && o.Count[l] >= 0
		}
		came := count - x.count + x.left
		x.count, x.left = count, 0
		for ; came > 0; came-- {
			if len(x.inside) > 0 {
				x.inside = x.inside[1:]
			} else if b.dark != nil {
				b.credit(x.into, o)
			}
		}
		for len(x.inside) > 0 && (!known || o.Time-x.inside[0].at > insideMost) {
			x.inside = x.inside[1:] // nobody counts him, or he came when another left unseen
		}
	}
}

// jammed tells whether somebody stands or crawls inside junction i who had nobody to wait for: who is let in across his way may
// wait for him while he waits for them.
func (b *brain) jammed(i int, o *Observation) bool {
	for _, c := range b.n.Junctions[i].Links {
		k := &b.n.Connections[c]
		if b.yields(i, c) || k.Length < shortBox {
			continue
		}
		if x := b.outlet[b.n.Lanes[k.To].Road]; x >= 0 {
			for _, v := range b.outlets[x].inside {
				if b.outlets[x].shut && v.conn == c && o.Time-v.at > k.Length/k.Speed+lateInside {
					return true
				}
			}
			continue
		}
		for _, v := range o.Seen[k.To] {
			if in := v.Behind - b.n.Lanes[k.To].Length; in > 5 && v.Speed < slowInside && b.known[v.ID].by == c {
				return true
			}
		}
	}
	return false
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
	insideMost = 30.0 // s that somebody is taken to be inside a junction
	lateInside = 2.5  // s more than its way takes after which he is taken to stand
	slowInside = 0.5  // m/s
	shortBox   = 8.0  // m, of a way on which nobody can stand in another's
)
