package control

import (
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
	link    []int32    // of each signalled connection: index into its junction's links
	yield   []bool     // of each connection: who takes it may wait for others inside the junction
	outlet  []int32    // of each road: index into outlets, −1
	dark    *dark      // what goes on on lanes whose detectors are dead; nil: none is
	mixed   []mixing   // of each junction: what counts tell of turns
	prior   []float64  // of each connection: its share of its lane, before anything is known
	guessed []float64  // of each road without detectors: vehicles/s
	due     float64    // s, when flows are worked out next
	size    float64    // mean vehicle length, m
	far     int        // s of prediction
}

// A crossing is one junction's part of the brain.
type crossing struct {
	x       *crossroad
	s       *search
	in      stream
	stuck   [2][]float64 // of each lane: s of green that goes first, of green that gives way, in which its first vehicle did not move
	asked   int          // the last wish, −1 before the first, …
	sent    float64      // … and when, s
	shown   []float64    // of each phase: s, when it was last green, or its turn came
	lit     []float64    // of each phase: s, when it was last green or about to be
	due     float64      // s, when the green that comes was due; 0: none comes
	moved   float64      // s, when somebody last crossed one of its lines
	unseen  []backlog    // of each lane: who is supposed to wait there …
	served  []float64    // … and how many of them are supposed to have left
	heard   []int        // of each lane: who came to its queue, or left it without a stop, and reports himself, since the last look
	cut     []float64    // of each lane: vehicles taken to follow one who leaves unseen
	open    []bool       // of each lane: it had green at the last decision
	idle    []float64    // of each lane: s of green in which somebody might have been noticed to leave it, and nobody was
	certain []int        // of each lane: vehicles seen to go there that have not been seen to leave
	since   []float64    // of each lane: s, when it was last green, where that counts
	left    []float64    // of each lane: s, when one last left it unseen
	sure    []float64    // of each lane: vehicles/s seen to go there out of sight
	watch   []int32      // lanes from which vehicles come to its stop lines, those at the lines first
	below   [][]int32    // of each exit: the lanes that its room is counted on
	tails   []tail       // of each of watch: who waits behind its detector
	front   []front      // of each lane: who stands first in it, where detectors only count
	tight   []bool       // of each of its lanes: short, and fed by another junction
	narrow  bool         // one is
	meant   []showing    // where one is: what it meant to show in each second …
	meantAt float64      // … from here on, s
}

// A sighting is where a vehicle was last seen.
type sighting struct {
	lane, next    int32
	behind, speed float64
	stood         float64 // s, since it came into sight or over a stop line
	halted        float64 // s, when it first stood since then; 0: it has not
	step          int32
	by            int32 // signalled connection by which it came, −1
	told          bool  // it has been counted among those who came to its lane
}

// A coming vehicle enters a lane on its way to a stop line.
type coming struct {
	id   int32
	lane int32
	at   float64 // s, at the lane's beginning
}

func newBrain(n *Network, s Settings) *brain {
	b := &brain{n: n, every: s.Every, memory: memory, lag: math.Ceil(s.Lag), known: map[int32]sighting{}, link: make([]int32, len(n.Connections)), yield: make([]bool, len(n.Connections)), taken: make([]float64, len(n.Connections)), planned: make([][]coming, len(n.Junctions)), size: 4.6, far: max(horizon, int(3*s.Every))}
	b.outlets, b.outlet = n.outlets()
	for i := range n.Connections {
		b.taken[i] = 0.3
		if n.Connections[i].Turn == city.Straight {
			b.taken[i] = 1
		}
	}
	b.mixed, b.prior, b.guessed = n.mixings(), slices.Clone(b.taken), make([]float64, len(n.Roads))
	for i := range n.Junctions {
		x := newCrossroad(n, &n.Junctions[i])
		c := crossing{x: x, s: newSearch(x), asked: -1, watch: slices.Clone(x.lanes)}
		c.shown, c.lit = make([]float64, len(x.rows)), make([]float64, len(x.rows))
		c.sure, c.cut, c.open = make([]float64, len(x.lanes)), slices.Repeat([]float64{leastCut}, len(x.lanes)), make([]bool, len(x.lanes))
		c.certain, c.front = make([]int, len(x.lanes)), make([]front, len(x.lanes))
		c.in.list, c.since, c.left = make([][]arrival, len(x.lanes)), make([]float64, len(x.lanes)), make([]float64, len(x.lanes))
		for range x.lanes {
			c.unseen = append(c.unseen, newBacklog(leastFlow))
		}
		c.heard = make([]int, len(x.lanes))
		c.served, c.idle = make([]float64, len(x.lanes)), make([]float64, len(x.lanes))
		for k := range c.stuck {
			c.stuck[k], c.in.hold[k] = make([]float64, len(x.lanes)), make([]float64, len(x.lanes))
		}
		c.in.room, c.in.gain, c.in.free = make([]float64, len(x.exits)), make([]float64, len(x.exits)), make([]float64, len(x.lanes))
		for l := range n.Lanes {
			if n.Stops[l] == int32(i) && n.Ahead[l] > 0 && n.Watched(int32(l)) {
				c.watch = append(c.watch, int32(l))
			}
		}
		c.tails = slices.Repeat([]tail{{cut: leastCut}}, len(c.watch))
		for _, e := range x.exits {
			c.below = append(c.below, n.reach(e, exitReach))
			var out []float32
			if n.brief(e) && n.Stops[e] != int32(i) {
				out = make([]float32, b.far+beyondFar)
			}
			c.in.out, c.in.on = append(c.in.out, out), append(c.in.on, 0)
		}
		for _, l := range x.lanes {
			c.tight = append(c.tight, n.brief(l) && slices.ContainsFunc(n.In[l], func(k int32) bool {
				s := n.Connections[k].Light
				return s >= 0 && s != int32(i)
			}))
			c.narrow = c.narrow || c.tight[len(c.tight)-1]
		}
		b.at = append(b.at, c)
		for l, k := range n.Junctions[i].Links {
			b.link[k], b.yield[k] = int32(l), b.yields(i, k)
		}
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
		b.dt = 0 // what passed since the last decision is believed once
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
		if !b.n.Clearance && !o.Blind && b.dt < longPause && b.held(i, o) {
			want[i] = NotYet
			continue
		}
		if len(r.x.rows) < 2 || len(r.x.lanes) == 0 || sig.Changing || o.Time+b.lag < sig.Free {
			continue
		}
		b.walkers(i, o)
		r.s.load(&r.in, b.far)
		r.s.tell = nil
		phase, leaf := r.s.run(sig, o.Time, int(b.lag), step)
		want[i] = phase
		b.record(i, o.Time, leaf)
		b.intend(i, o.Time, leaf)
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
	s := r.s
	path := s.path(leaf)
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
