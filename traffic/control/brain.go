package control

import (
	"cmp"
	"math"
	"slices"

	"citybrain/city"
)

// Brain's settings, the same everywhere.
const (
	patience = 90.0 // s of standing after which a second of waiting counts twice, growing with the square
	heaviest = 12.0 // the most that it counts
	memory   = 300. // s over which rates and shares are remembered where everybody is seen
	stretch  = 2    // s, the least block of the search

	longPause = 10.0 // s between decisions from which junctions agree twice: their neighbours' old plans say little
	turns     = 8.0  // decisions after which one who stands is long overdue, where they are far apart
)

// brain predicts each vehicle's way through its junction and searches the sequences of phases for the least delay; junctions
// hear their neighbours' predictions.
type brain struct {
	n       *Network
	every   float64
	memory  float64    // s over which rates are remembered
	lag     float64    // s until the lamps obey
	at      []crossing // of each junction
	known   map[int32]sighting
	taken   []float64 // of each connection: how many took it of late
	lastAt  float64
	dt      float64 // s since the decision before
	started bool
	transit []coming   // gone out of sight on their way to the next stop line
	planned [][]coming // of each junction: what its plan sends on
	outlets []outlet   // streets that only counts tell of
	outlet  []int32    // of each road: index into outlets, −1
	dark    *dark      // what goes on on lanes whose detectors are dead; nil: none is
	size    float64    // mean vehicle length, m
	far     int        // s of prediction
}

// A crossing is one junction's part of the brain.
type crossing struct {
	x     *crossroad
	s     *search
	in    stream
	stuck [2][]float64 // of each lane: s of green that goes first, of green that gives way, in which its first vehicle did not move
	asked int          // the last wish, −1 before the first, …
	sent  float64      // … and when, s
	shown []float64    // of each phase: s, when it was last green, or its turn came
	lit   []float64    // of each phase: s, when it was last green or about to be
	moved float64      // s, when somebody last crossed one of its lines
	ghost []float64    // of each lane: vehicles supposed to wait there unseen
	since []float64    // of each lane: s, when it was last green, where that counts
	left  []float64    // of each lane: s, when one last left it unseen
	sure  []float64    // of each lane: vehicles/s seen to go there out of sight
	cut   []float64    // of each lane: vehicles taken to follow one who leaves unseen
	open  []bool       // of each lane: it had green at the last decision
	watch []int32      // lanes from which vehicles come to its stop lines, those at the lines first
	below [][]int32    // of each exit: the lanes that its room is counted on
	tight []bool       // of each of its lanes: short, and fed by another junction
}

// A sighting is where a vehicle was last seen.
type sighting struct {
	lane, next    int32
	behind, speed float64
	stood         float64 // s, since it came into sight or over a stop line
	step          int32
	by            int32 // signalled connection by which it came, −1
}

// A coming vehicle enters a lane on its way to a stop line.
type coming struct {
	id   int32
	lane int32
	at   float64 // s, at the lane's beginning
}

func newBrain(n *Network, s Settings) *brain {
	b := &brain{n: n, every: s.Every, memory: memory, lag: math.Ceil(s.Lag), known: map[int32]sighting{}, taken: make([]float64, len(n.Connections)), planned: make([][]coming, len(n.Junctions)), size: 4.6, far: max(horizon, int(3*s.Every))}
	b.outlets, b.outlet = n.outlets()
	for i := range n.Connections {
		b.taken[i] = 0.3
		if n.Connections[i].Turn == city.Straight {
			b.taken[i] = 1
		}
	}
	for i := range n.Junctions {
		x := newCrossroad(n, &n.Junctions[i])
		c := crossing{x: x, s: newSearch(x), asked: -1, watch: slices.Clone(x.lanes)}
		c.shown, c.lit = make([]float64, len(x.rows)), make([]float64, len(x.rows))
		c.sure, c.cut, c.open = make([]float64, len(x.lanes)), slices.Repeat([]float64{leastCut}, len(x.lanes)), make([]bool, len(x.lanes))
		c.in.list, c.ghost, c.since, c.left = make([][]arrival, len(x.lanes)), make([]float64, len(x.lanes)), make([]float64, len(x.lanes)), make([]float64, len(x.lanes))
		for k := range c.stuck {
			c.stuck[k], c.in.hold[k] = make([]float64, len(x.lanes)), make([]float64, len(x.lanes))
		}
		c.in.room, c.in.gain, c.in.free = make([]float64, len(x.exits)), make([]float64, len(x.exits)), make([]float64, len(x.lanes))
		for l := range n.Lanes {
			if n.Stops[l] == int32(i) && n.Ahead[l] > 0 && n.Watched(int32(l)) {
				c.watch = append(c.watch, int32(l))
			}
		}
		for _, e := range x.exits {
			c.below = append(c.below, n.reach(e, exitReach))
			c.in.brief = append(c.in.brief, n.brief(e) && n.Stops[e] != int32(i))
		}
		for _, l := range x.lanes {
			c.tight = append(c.tight, n.brief(l) && slices.ContainsFunc(n.In[l], func(k int32) bool {
				s := n.Connections[k].Light
				return s >= 0 && s != int32(i)
			}))
		}
		b.at = append(b.at, c)
	}
	return b
}

// exitReach is how many metres of street behind a junction tell whether it takes more vehicles.
const exitReach = 80.0

// reach returns lane e and the lanes that follow it without a signal until far metres of street are covered.
func (n *Network) reach(e int32, far float64) []int32 {
	out, d := []int32{e}, n.Lanes[e].Length
	for from := 0; d < far; {
		end := len(out)
		longest := 0.0
		for _, l := range out[from:end] {
			for _, c := range n.Out[l] {
				k := &n.Connections[c]
				if k.Light < 0 && !slices.Contains(out, k.To) {
					out = append(out, k.To)
					longest = max(longest, n.Lanes[k.To].Length)
				}
			}
		}
		if len(out) == end || len(out) > 12 {
			break
		}
		from, d = end, d+longest
	}
	return out
}

// chance of a vehicle: its own number in [0, 1), the same whenever it is asked.
func own(id int32) float64 { return math.Mod(float64(id)*0.6180339887498949, 1) }

// pick chooses one of lists' connections by how many took each of late; −1: there is none. next, if not negative, is the road
// that it must lead to.
func (b *brain) pick(list []int32, next, id int32) int32 {
	total := 0.0
	for _, c := range list {
		if next < 0 || b.n.Lanes[b.n.Connections[c].To].Road == next {
			total += b.taken[c]
		}
	}
	if total == 0 {
		return -1
	}
	u, last := total*own(id), int32(-1)
	for _, c := range list {
		if next < 0 || b.n.Lanes[b.n.Connections[c].To].Road == next {
			last = c
			if u -= b.taken[c]; u < 0 {
				return c
			}
		}
	}
	return last
}

// onward is the connection by which a vehicle leaves a lane, behind metres before its end: its own lane's where it has chosen it,
// else one of the road's.
func (b *brain) onward(lane, next, id int32, behind float64) int32 {
	if behind < laneChoice {
		if c := b.pick(b.n.Out[lane], next, id); c >= 0 {
			return c
		}
	}
	r := &b.n.Roads[b.n.Lanes[lane].Road]
	best, total := int32(-1), 0.0
	for pass := 0; pass < 2; pass++ {
		u := total * own(id)
		for l := r.First; l < r.First+r.Lanes; l++ {
			for _, c := range b.n.Out[l] {
				if next >= 0 && b.n.Lanes[b.n.Connections[c].To].Road != next {
					continue
				}
				if pass == 0 {
					total += b.taken[c]
				} else if best = c; u < b.taken[c] {
					return c
				} else {
					u -= b.taken[c]
				}
			}
		}
	}
	return best
}

// laneChoice is how many metres before a lane's end a vehicle is on the lane that its way needs.
const laneChoice = 60.0

// Decide implements Controller.
func (b *brain) Decide(o *Observation, want []int) {
	b.learn(o)
	rounds := 1
	if b.every >= longPause {
		rounds = 2
	}
	for range rounds {
		b.agree(o, want)
	}
}

// agree lets every junction find its plan, once, with what the others last meant to do.
func (b *brain) agree(o *Observation, want []int) {
	for i := range b.at {
		b.at[i].lit[o.Signals[i].Phase] = o.Time
		b.gather(i, o)
	}
	step := max(stretch, int(math.Round(b.every)))
	for i := range b.at {
		r := &b.at[i]
		sig := o.Signals[i]
		want[i] = sig.Phase
		if b.lag > 0 && r.asked >= 0 && r.asked != sig.Phase && o.Time <= r.sent+b.lag {
			want[i] = r.asked // it is on its way to the lamps
			continue
		}
		if sig.Changing && !b.n.Clearance && !o.Blind && b.dt < longPause && b.jammed(i, o) {
			want[i] = NotYet
			continue
		}
		if len(r.x.rows) < 2 || len(r.x.lanes) == 0 || sig.Changing || o.Time+b.lag < sig.Free {
			continue
		}
		b.walkers(i, o)
		r.s.load(&r.in, b.far)
		r.s.tell = nil
		best, leaf := r.s.run(sig, o.Time, int(b.lag), step)
		want[i] = best.phase
		b.record(i, o.Time, leaf)
		b.relieve(i, o, want)
		r.asked, r.sent = want[i], o.Time
	}
}

// A crossing's walkers are not counted: one called, others join him.
const (
	carPeople  = 1.3  // on board of what the search counts as 1
	walkerRate = 0.02 // of those who join, 1/s
)

// walkers notes who waits at junction i's crossings, and which phases nobody has called for.
func (b *brain) walkers(i int, o *Observation) {
	r := &b.at[i]
	r.in.walk, r.in.least, r.in.clear = r.in.walk[:0], r.in.least[:0], 0
	for p := range r.x.rows {
		r.in.least = append(r.in.least, int(math.Ceil(b.n.leastGreen(o, i, p))))
	}
	if b.n.Street == nil {
		return
	}
	r.in.clear = int(math.Ceil(max(0, o.Signals[i].Clear-o.Time)))
	for _, k := range r.x.cross {
		w := 0.0
		if since := o.Calls[k]; since >= 0 {
			w = (1 + walkerRate*(o.Time-since)) / carPeople
		}
		r.in.walk = append(r.in.walk, w)
	}
	r.s.free = r.s.free[:0]
	for p := range r.x.rows {
		r.s.free = append(r.s.free, p != o.Signals[i].Phase && !b.n.called(o, i, p))
	}
}

// record plays the chosen plan once more and notes what it sends on to neighbours.
func (b *brain) record(i int, now float64, leaf int) {
	r := &b.at[i]
	b.planned[i] = b.planned[i][:0]
	if len(r.x.j.Below) == 0 {
		return
	}
	var path []int
	for k := leaf; k >= 0; k = r.s.nodes[k].parent {
		path = append(path, k)
	}
	slices.Reverse(path)
	s := r.s
	s.tell = func(link int, t float64) {
		e := r.x.exits[r.x.links[link].exit]
		if s := b.n.Stops[e]; s >= 0 {
			c := &b.n.Connections[r.x.links[link].conn]
			b.planned[i] = append(b.planned[i], coming{id: int32(len(b.planned[i])), lane: e, at: now + t + c.Length/c.Speed})
		}
	}
	k := s.push(-1)
	root := &s.nodes[path[0]]
	s.nodes[k].phase = root.phase
	s.play(k, r.x.rows[root.phase], root.t, 0)
	for _, p := range path[1:] {
		nd := s.nodes[p]
		cur := s.nodes[k].phase
		if nd.phase != cur {
			s.turn(k, cur, nd.phase)
		}
		s.play(k, r.x.rows[nd.phase], nd.t, 0)
	}
	s.tell = nil
}

// learn compares what is seen with what was seen last: who went on by which connection, over which stop line, how long behind
// the one before.
func (b *brain) learn(o *Observation) {
	dt := o.Time - b.lastAt
	b.started, b.lastAt, b.dt = true, o.Time, dt
	if o.Share > 0 {
		b.memory = memory * max(1, min(0.5/o.Share, 5)) // few are seen: it takes longer to know
	}
	fade := math.Exp(-dt / b.memory)
	for i := range b.taken {
		b.taken[i] = 0.02 + (b.taken[i]-0.02)*fade
	}
	for i := range b.at {
		x := b.at[i].x
		for k := range x.links {
			x.links[k].rate *= fade
		}
		for l := range b.at[i].sure {
			b.at[i].sure[l] *= fade
		}
	}
	if o.Dead != nil && b.dark == nil {
		b.dark = newDark(b.n, o.Dead, b.taken)
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
				b.gone(b.n.Lanes[was.lane].Road)
			}
			if !old && b.dark != nil {
				b.surfaced(c, int32(l), o)
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
			stood := was.stood
			if !old {
				stood = c.Waited
			} else if b.n.Stops[was.lane] != b.n.Stops[l] || b.n.Ahead[l] > b.n.Ahead[was.lane] {
				stood = 0
			} else if c.Speed < 0.1 {
				stood += dt
			}
			b.known[c.ID] = sighting{lane: int32(l), next: c.Next, behind: c.Behind, speed: c.Speed, stood: stood, step: step, by: by}
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
			b.vanished(was, id, o.Time)
		}
		delete(b.known, id)
	}
	b.arrivals(o)
	keep := b.transit[:0]
	for _, c := range b.transit {
		if b.dark != nil && b.dark.is[c.lane] {
			if !b.sunk(&c, o.Time) {
				keep = append(keep, c)
			}
			continue
		}
		// until it must have come into sight; else it went elsewhere
		if o.Time < c.at+max(0, b.n.Ahead[c.lane]+b.n.Lanes[c.lane].Length-View)/b.n.Lanes[c.lane].Speed+2 {
			keep = append(keep, c)
		}
	}
	b.transit = keep
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
func (b *brain) vanished(was sighting, id int32, now float64) {
	lane, next := was.lane, was.next
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
		b.passed(c)
		k := &b.n.Connections[c]
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
		r.ghost[l], r.left[l] = max(0, r.ghost[l]-1/max(b.dark.told[k.From], fewTold)), b.lastAt
	}
}

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
			b.follow(i, lane, c.Next, c.ID, c.Behind, travel(c.Behind, c.Speed, n.Lanes[lane].Speed), n.Ahead[lane]+c.Behind, b.known[c.ID].stood, c.Length, c.Speed < 0.1)
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
	for l, lane := range x.lanes {
		if o.Share == 0 && (o.Dead == nil || !o.Dead[lane]) {
			b.beyond(r, l)
		}
		slices.SortStableFunc(r.in.list[l], func(a, b arrival) int { return cmp.Compare(a.at, b.at) })
	}
	b.stalled(r, o.Signals[i])
	for e := range x.exits {
		r.in.room[e], r.in.gain[e] = math.Inf(1), 0
		if r.in.brief[e] && o.Count[x.exits[e]] >= 0 {
			r.in.room[e], r.in.gain[e] = b.vacancy(x.exits[e], o), 0.15
			continue
		}
		count, halted, holds := 0, 0, 0.0
		for _, lane := range r.below[e] {
			if o.Count[lane] >= 0 {
				count, halted, holds = count+int(o.Count[lane]), halted+int(o.Halted[lane]), holds+n.Lanes[lane].Length/(b.size+2.2)
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
			b.at[i].in.list[l] = append(b.at[i].in.list[l], arrival{t, li, weight, far, waited, x.links[li].follows(length), still, false, b.places(length)})
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
			list = append(list, arrival{t, k, 1, math.Inf(1), 0, r.x.links[k].follows(b.size), false, false, 1})
		}
	}
	r.in.list[l] = list
}
