package control

// relieve is the guard that no search overrules: where somebody first in line has stood for starving seconds without a green of
// its own, the phases that would give it one (those in which it gives way, if there is no other) take turns, each for at least a turn; where nobody has crossed any line for a turn of
// green, a turn of standing is enough; a lane whose queue reaches into the junction behind it has the next turn at once. It breaks
// deadlocks that the model does not see: vehicles that wait inside junctions for one another.
func (b *brain) relieve(i int, o *Observation, want []int) {
	r, sig := &b.at[i], o.Signals[i]
	r.shown[sig.Phase] = o.Time
	long := max(starving, 2*turns*b.every) // where decisions are far apart, so are the turns that can be hoped for
	least, turning := long, o.Time-sig.Since < reliefTurn
	for l, list := range r.in.list {
		if turning && len(list) > 0 && (list[0].waited >= long || b.spilled(r, l, o)) && r.helps(sig.Phase, &list[0], long) {
			want[i] = sig.Phase // its turn is not over
			return
		}
	}
	if b.dt <= longPause && o.Time-max(r.moved, sig.Since) >= reliefTurn {
		least = reliefTurn // what is shown serves nobody
	}
	best := -1
	for l, list := range r.in.list {
		if len(list) == 0 || !list[0].still && !list[0].guess || (turning || list[0].waited < least) && !b.spilled(r, l, o) || r.helps(sig.Phase, &list[0], long) {
			continue
		}
		for p := range r.x.rows {
			if r.helps(p, &list[0], long) && (best < 0 || r.shown[p] < r.shown[best]) {
				best = p
			}
		}
	}
	if best >= 0 {
		want[i] = best
	}
}

// spilled tells whether somebody stands on lane l who still reaches into the junction behind it.
func (b *brain) spilled(r *crossing, l int, o *Observation) bool {
	if !r.tight[l] {
		return false
	}
	lane := r.x.lanes[l]
	for v := range o.Seen[lane] {
		if c := &o.Seen[lane][v]; c.Speed < 1 && c.Behind+c.Length > b.n.Lanes[lane].Length {
			return true
		}
	}
	return false
}

// own tells whether phase p gives link k a green that waits for nobody.
func (r *crossing) own(p, k int) bool {
	c := r.x.rows[p][k]
	return c == 'G' || c == 'g' && len(r.x.links[k].foes) == 0
}

// helps tells whether phase p is one that lets a go at last: a green of its own, or, after long and if no phase has that, one in which it gives way.
func (r *crossing) helps(p int, a *arrival, long float64) bool {
	if r.own(p, a.link) || a.waited < long || r.x.rows[p][a.link] == 'r' {
		return r.own(p, a.link)
	}
	for q := range r.x.rows {
		if r.own(q, a.link) {
			return false
		}
	}
	return true
}

// The guard's limits, s.
const (
	starving   = 150.0
	reliefTurn = 12.0
)
