package control

import (
	"math"
	"slices"
)

// dark is what is known of lanes whose detectors are dead: who was seen to go there and has not been seen since, and how many
// come into the streets behind them that nobody saw leave elsewhere.
type dark struct {
	n       *Network
	is      []bool          // of each lane
	told    []float64       // of each lane: share of those who leave it over its stop line that is noticed behind it
	credits int32           // given so far
	hidden  map[int32]int32 // vehicle to the lane on which it is supposed to be
}

func newDark(n *Network, dead []bool, taken []float64) *dark {
	d := &dark{n: n, is: dead, told: make([]float64, len(n.Lanes)), hidden: map[int32]int32{}}
	for l := range n.Lanes {
		all := 0.0
		for _, c := range n.Out[l] {
			if all += taken[c]; !dead[n.Connections[c].To] {
				d.told[l] += taken[c]
			}
		}
		d.told[l] /= math.Max(all, 1e-9)
	}
	return d
}

// surfaced notes a vehicle that comes into sight on lane l.
func (b *brain) surfaced(c *Vehicle, l int32, o *Observation) {
	d := b.dark
	onWay := slices.ContainsFunc(b.transit, func(t coming) bool { return t.id == c.ID })
	if was, ok := d.hidden[c.ID]; ok {
		delete(d.hidden, c.ID)
		if b.n.Lanes[was].Road != b.n.Lanes[l].Road && b.wentOff(was, l) {
			return
		}
		if !onWay { // it changed lanes, or nobody knows how it came here
			b.thin(was)
		}
		return
	}
	if onWay || c.Behind < b.n.Lanes[l].Length-justIn || !b.n.Sees(l, b.n.Lanes[l].Length) {
		return
	}
	b.credit(b.n.In[l], o)
}

// justIn is how many metres behind a lane's beginning somebody who was not seen before has just entered it.
const justIn = 30.0

// wentOff notes the way of a vehicle from dead lane was to lane l, which it may have changed to a moment ago; false: there is none.
func (b *brain) wentOff(was, l int32) bool {
	if b.went(sighting{lane: was}, l) >= 0 {
		return true
	}
	r := &b.n.Roads[b.n.Lanes[l].Road]
	for m := r.First; m < r.First+r.Lanes; m++ {
		if m != l && b.went(sighting{lane: was}, m) >= 0 {
			return true
		}
	}
	return false
}

// thin takes one away from those who are supposed to wait on lane l.
func (b *brain) thin(l int32) {
	if s := b.n.Stops[l]; s >= 0 && b.n.Ahead[l] == 0 {
		r := &b.at[s]
		k := slices.Index(r.x.lanes, l)
		r.unseen[k].leave(1)
		r.sure[k], r.certain[k] = max(0, r.sure[k]-1/b.memory), max(0, r.certain[k]-1)
	}
}

// credit takes it that somebody came by one of the connections, over a stop line from a dead lane that has, or just had, green: from
// one to which somebody was seen to go; else by chance, as they came of late, and more where a queue is supposed.
func (b *brain) credit(list []int32, o *Observation) {
	total := 0.0
	weight := make([]float64, len(list))
	for m, c := range list {
		k := &b.n.Connections[c]
		if k.Light < 0 || !b.dark.is[k.From] {
			continue
		}
		r, sig := &b.at[k.Light], o.Signals[k.Light]
		i := slices.Index(r.x.j.Links, c)
		if !b.opened(r, i, sig, o.Time) {
			continue
		}
		if l := r.x.links[i].lane; r.certain[l] > 0 {
			weight[m] = sureWeight
		} else {
			weight[m] = (r.x.links[i].rate + leastFlow*b.prior[c]) * (1 + likelier*r.unseen[l].beyond(0))
		}
		total += weight[m]
	}
	b.dark.credits++
	u := total * own(b.dark.credits)
	for m, c := range list {
		if u -= weight[m]; weight[m] > 0 && u < 0 {
			b.passed(c)
			return
		}
	}
}

// likelier is how much more one comes out of a queue than where there is none.
const likelier = 2.0

// sureWeight is what a vehicle that was seen to go somewhere counts beside those who may have.
const sureWeight = 100.0

// opened tells whether link k has green or had it until shortly before.
func (b *brain) opened(r *crossing, k int, sig Signal, now float64) bool {
	for p := range r.x.rows {
		if r.x.rows[p][k] != 'r' && (p == sig.Phase && !sig.Changing || r.lit[p] > 0 && now-r.lit[p] < overLine) {
			return true
		}
	}
	return false
}

// overLine is how long after its green's end, s, somebody may come into sight behind a junction.
const overLine = 8.0

// changed notes that a vehicle left sight far from its lane's end: onto a dead lane beside it that leads where it goes, if there is one.
func (b *brain) changed(was sighting, id int32, now float64) {
	r := &b.n.Roads[b.n.Lanes[was.lane].Road]
	for m := r.First; m < r.First+r.Lanes; m++ {
		if b.dark.is[m] && b.pick(b.n.Out[m], was.next, id) >= 0 {
			b.dark.hidden[id] = m
			b.transit = append(b.transit, coming{id: id, lane: m, at: now - max(0, b.n.Lanes[m].Length-was.behind)/b.n.Lanes[m].Speed})
			return
		}
	}
}

// sunk tells whether somebody on his way over a dead lane has come to its end: to its queue, or to the lane behind it.
func (b *brain) sunk(c *coming, o *Observation) bool {
	n, now := b.n, o.Time
	end := c.at + n.Lanes[c.lane].Length/n.Lanes[c.lane].Speed
	if b.dark.hidden[c.id] = c.lane; now < end {
		return false
	}
	if n.Ahead[c.lane] == 0 {
		r := &b.at[n.Stops[c.lane]]
		l := slices.Index(r.x.lanes, c.lane)
		r.unseen[l].join(b.room(c.lane))
		r.certain[l]++
		r.sure[l] += 1 / b.memory
		return true
	}
	k := b.pick(n.Out[c.lane], -1, c.id)
	if k < 0 {
		delete(b.dark.hidden, c.id)
		return true
	}
	if c.lane = n.Connections[k].To; !b.dark.is[c.lane] {
		delete(b.dark.hidden, c.id) // it will be seen
		if !o.Blind {
			return true
		}
	}
	c.at = end
	return false
}

// empty notes that nobody waits on dead lane l.
func (b *brain) empty(l int32) {
	for id, at := range b.dark.hidden {
		if at == l && !slices.ContainsFunc(b.transit, func(t coming) bool { return t.id == id }) {
			delete(b.dark.hidden, id)
		}
	}
}

// supposed is how many vehicles are taken to wait on dead lane l; false: it is not one with a stop line.
func (b *brain) supposed(l int32) (float64, bool) {
	if b.dark == nil || !b.dark.is[l] || b.n.Ahead[l] > 0 || b.n.Stops[l] < 0 {
		return 0, false
	}
	r := &b.at[b.n.Stops[l]]
	return r.unseen[slices.Index(r.x.lanes, l)].mean(), true
}

// stands tells whether an exit of a junction is full, so that nobody can leave for it.
func (b *brain) stands(r *crossing, exit int, o *Observation) bool {
	e := r.x.exits[exit]
	if g, ok := b.supposed(e); ok {
		return g*(b.size+2.2) > fullExit*b.n.Lanes[e].Length
	}
	return o.Count[e] > 1 && float64(o.Count[e])*(b.size+2.2) > fullExit*b.n.Lanes[e].Length
}
