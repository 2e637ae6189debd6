package control

import (
	"cmp"
	"math"
	"slices"
)

// Brain's settings, the same everywhere.
const (
	patience = 90.0 // s of standing after which a second of waiting counts twice, growing with the square
	heaviest = 12.0 // the most that it counts
	memory   = 300. // s over which rates and shares are remembered
	stretch  = 2    // s, the least block of the search
)

// brain predicts each vehicle's way through its junction and searches the sequences of phases for the least delay; junctions
// hear their neighbours' predictions.
type brain struct {
	n        *Network
	every    float64
	roads    []crossroad2
	known    map[int32]sighting
	shares   []share // of each road
	lastAt   float64
	started  bool
	hidden   []float64 // of each lane: vehicles thought to wait before its beginning
	transit  [][]coming
	planned  [][]coming // of each junction: what its plan sends on
	approach []int32    // of each road: the junction whose stop line its lanes end at, −1
	size     float64    // mean vehicle length, m
}

type crossroad2 struct {
	x  *crossroad
	s  *search
	in stream
}

// A sighting is where a vehicle was last seen.
type sighting struct {
	lane, next int32
	behind     float64
	waited     float64
	step       int32
}

// A share is how many took each of the roads behind one, fading.
type share struct {
	to []int32
	n  []float64
}

// A coming vehicle is on its way to a road's stop line.
type coming struct {
	id   int32
	road int32
	at   float64 // s, at the line
}

func newBrain(n *Network, s Settings) *brain {
	b := &brain{n: n, every: s.Every, known: map[int32]sighting{}, shares: make([]share, len(n.Roads)), hidden: make([]float64, len(n.Lanes)),
		transit: make([][]coming, len(n.Junctions)), planned: make([][]coming, len(n.Junctions)), approach: make([]int32, len(n.Roads)), size: 4.6}
	for i := range b.approach {
		b.approach[i] = -1
	}
	for i := range n.Junctions {
		x := newCrossroad(n, &n.Junctions[i])
		b.roads = append(b.roads, crossroad2{x: x, s: newSearch(x)})
		r := &b.roads[i]
		r.in.list = make([][]arrival, len(x.lanes))
		r.in.room, r.in.gain, r.in.free = make([]float64, len(x.exits)), make([]float64, len(x.exits)), make([]float64, len(x.lanes))
		for _, l := range x.lanes {
			b.approach[n.Lanes[l].Road] = int32(i)
		}
	}
	for i := range n.Connections {
		c := &n.Connections[i]
		sh := &b.shares[n.Lanes[c.From].Road]
		if to := n.Lanes[c.To].Road; !slices.Contains(sh.to, to) {
			sh.to = append(sh.to, to)
			w := 0.2
			if c.Turn == 0 {
				w = 0.6
			}
			sh.n = append(sh.n, w)
		}
	}
	return b
}

// pick chooses the road behind road r for a vehicle whose wish is not known, by the shares of late; the same vehicle gets the
// same answer as long as they hold.
func (b *brain) pick(r int32, id int32) int32 {
	sh := &b.shares[r]
	total := 0.0
	for _, x := range sh.n {
		total += x
	}
	if total == 0 {
		return -1
	}
	u := total * math.Mod(float64(id)*0.6180339887498949, 1)
	for i, x := range sh.n {
		if u -= x; u < 0 {
			return sh.to[i]
		}
	}
	return sh.to[len(sh.to)-1]
}

// Decide implements Controller.
func (b *brain) Decide(o *Observation, want []int) {
	b.learn(o)
	for i := range b.roads {
		b.gather(i, o)
	}
	step := max(stretch, int(math.Round(b.every)))
	for i := range b.roads {
		r := &b.roads[i]
		sig := o.Signals[i]
		want[i] = sig.Phase
		if len(r.x.rows) < 2 || sig.Changing || o.Time < sig.Free {
			continue
		}
		r.s.load(&r.in, horizon)
		r.s.tell = nil
		best, leaf := r.s.run(sig, o.Time, step)
		want[i] = best.phase
		b.record(i, o.Time, leaf)
	}
}

// record plays the chosen plan once more and notes what it sends on to neighbours.
func (b *brain) record(i int, now float64, leaf int) {
	r := &b.roads[i]
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
			lane := &b.n.Lanes[e]
			d := b.n.Connections[r.x.links[link].conn].Length + lane.Length
			b.planned[i] = append(b.planned[i], coming{id: int32(len(b.planned[i])) * 7, road: lane.Road, at: now + t + d/lane.Speed})
		}
	}
	k := s.push(-1)
	root := &s.nodes[path[0]]
	s.nodes[k].phase = root.phase
	for _, p := range path[1:] {
		nd := s.nodes[p]
		cur := s.nodes[k].phase
		if nd.phase != cur {
			before := r.x.rows[cur]
			if y := r.x.yel[cur][nd.phase]; y != nil {
				t := s.nodes[k].t
				s.play(k, y, nd.since, float64(t))
				before = y
			}
			s.nodes[k].phase = nd.phase
			s.start(k, before, r.x.rows[nd.phase])
		}
		s.play(k, r.x.rows[nd.phase], nd.t, 0)
	}
	s.tell = nil
}

// learn compares what is seen with what was seen last: who crossed a stop line, by which link, with which headway.
func (b *brain) learn(o *Observation) {
	dt := o.Time - b.lastAt
	first := !b.started
	b.started, b.lastAt = true, o.Time
	fade := math.Exp(-dt / memory)
	for i := range b.shares {
		for k := range b.shares[i].n {
			b.shares[i].n[k] = 0.02 + (b.shares[i].n[k]-0.02)*fade
		}
	}
	for i := range b.roads {
		x := b.roads[i].x
		for k := range x.links {
			x.links[k].rate *= fade
		}
		t := b.transit[i][:0]
		for _, c := range b.transit[i] {
			if c.at > o.Time-10 {
				t = append(t, c)
			}
		}
		b.transit[i] = t
	}
	step := int32(o.Time)
	for l := range o.Seen {
		for v := range o.Seen[l] {
			c := &o.Seen[l][v]
			was, old := b.known[c.ID]
			now := sighting{lane: int32(l), next: c.Next, behind: c.Behind, waited: c.Waited, step: step}
			road := b.n.Lanes[l].Road
			if !old || b.n.Lanes[was.lane].Road != road {
				if c.Next >= 0 {
					sh := &b.shares[road]
					for k, to := range sh.to {
						if to == c.Next {
							sh.n[k]++
						}
					}
				}
				if j := b.approach[road]; j >= 0 {
					for k := range b.transit[j] {
						if b.transit[j][k].id == c.ID {
							b.transit[j] = slices.Delete(b.transit[j], k, k+1)
							break
						}
					}
				}
				if b.hidden[l] > 0 {
					b.hidden[l] = max(0, b.hidden[l]-1)
				}
				if old {
					b.crossed(was, c.ID, int32(l), o.Time, first)
				}
				b.size += 0.002 * (c.Length - b.size)
			}
			b.known[c.ID] = now
		}
	}
	// those gone from sight crossed a line out of it
	var gone []int32
	for id, was := range b.known {
		if was.step != step {
			gone = append(gone, id)
		}
	}
	slices.Sort(gone)
	for _, id := range gone {
		b.crossed(b.known[id], id, -1, o.Time, first)
		delete(b.known, id)
	}
}

// crossed notes that a vehicle left lane was.lane, for lane to (−1: out of sight).
func (b *brain) crossed(was sighting, id, to int32, now float64, first bool) {
	j := b.n.Stops[was.lane]
	if j < 0 || b.n.Ahead[was.lane] != 0 || was.next < 0 {
		return
	}
	x := b.roads[j].x
	l := slices.Index(x.lanes, was.lane)
	if l < 0 {
		return
	}
	for _, k := range x.of[l] {
		c := &b.n.Connections[x.links[k].conn]
		if b.n.Lanes[c.To].Road != was.next {
			continue
		}
		x.links[k].rate += 1 / memory
		if b.every <= 1 && was.waited > 0 { // from a queue: the time since the one before it
			last := math.Inf(-1)
			for _, m := range x.of[l] {
				last = max(last, x.links[m].last)
			}
			if h := now - last; h > 0 && h <= 4 {
				x.heads[l] += 0.03 * (max(h, 1) - x.heads[l])
			}
		}
		x.links[k].last = now
		if d := b.approach[was.next]; d >= 0 && to < 0 {
			lane := &b.n.Lanes[c.To]
			b.transit[d] = append(b.transit[d], coming{id: id, road: was.next, at: now + (c.Length+lane.Length)/lane.Speed})
		}
		return
	}
}

// gather collects what is expected at junction i.
func (b *brain) gather(i int, o *Observation) {
	n, r := b.n, &b.roads[i]
	x := r.x
	for l := range x.lanes {
		r.in.list[l] = r.in.list[l][:0]
		r.in.free[l] = 0
	}
	for l, lane := range x.lanes {
		for v := range o.Seen[lane] {
			c := &o.Seen[lane][v]
			b.expect(r, lane, l, c.Next, c.ID, travel(c.Behind, c.Speed, n.Lanes[lane].Speed), weigh(c.Waited))
		}
	}
	// from unsignalled streets behind
	for lane := range o.Seen {
		if n.Stops[lane] != int32(i) || n.Ahead[lane] == 0 {
			continue
		}
		for v := range o.Seen[lane] {
			c := &o.Seen[lane][v]
			at, d, speed := int32(lane), c.Behind, c.Speed
			road := c.Next
			t := travel(d, speed, n.Lanes[lane].Speed)
			for hop := 0; hop < 5 && road >= 0; hop++ {
				k := b.way(at, road)
				if k < 0 {
					break
				}
				kc := &n.Connections[k]
				if kc.Light >= 0 {
					break
				}
				at = kc.To
				t += (kc.Length + n.Lanes[at].Length) / n.Lanes[at].Speed
				if b.approach[road] == int32(i) {
					b.enter(r, road, at, c.ID, t, weigh(c.Waited))
					break
				}
				road = b.pick(road, c.ID)
			}
		}
	}
	for _, c := range b.transit[i] {
		b.enter(r, c.road, n.Roads[c.road].First, c.id, max(c.at-o.Time, 1), 1)
	}
	for _, up := range b.planned {
		for _, c := range up {
			if b.approach[c.road] == int32(i) && c.at > o.Time+2 {
				lane := &n.Lanes[n.Roads[c.road].First]
				if c.at-o.Time > lane.Length/lane.Speed {
					b.enter(r, c.road, n.Roads[c.road].First, c.id, c.at-o.Time, 1)
				}
			}
		}
	}
	for l := range x.lanes {
		slices.SortStableFunc(r.in.list[l], func(a, b arrival) int { return cmp.Compare(a.at, b.at) })
		b.beyond(r, l, o)
	}
	for e, lane := range x.exits {
		r.in.room[e], r.in.gain[e] = math.Inf(1), 0
		count, halted := o.Count[lane], o.Halted[lane]
		if count < 0 || n.Lanes[lane].Length < 2*vehicleRoom {
			continue
		}
		holds := n.Lanes[lane].Length / (b.size + 2.2)
		if float64(halted) > 0.4*holds {
			r.in.room[e] = max(0, holds-float64(count))
			r.in.gain[e] = 0.15
		}
	}
}

func weigh(waited float64) float64 {
	return min(1+waited*waited/(patience*patience), heaviest)
}

// way returns the connection from lane to road, or from a lane beside it; −1: none.
func (b *brain) way(lane, road int32) int32 {
	for _, c := range b.n.Out[lane] {
		if b.n.Lanes[b.n.Connections[c].To].Road == road {
			return c
		}
	}
	r := &b.n.Roads[b.n.Lanes[lane].Road]
	for l := r.First; l < r.First+r.Lanes; l++ {
		for _, c := range b.n.Out[l] {
			if b.n.Lanes[b.n.Connections[c].To].Road == road {
				return c
			}
		}
	}
	return -1
}

// expect adds a vehicle seen on lane l; one that must still change lanes goes where its way begins.
func (b *brain) expect(r *crossroad2, lane int32, l int, next, id int32, t, w float64) {
	if next < 0 {
		return
	}
	for _, k := range r.x.of[l] {
		if b.n.Lanes[b.n.Connections[r.x.links[k].conn].To].Road == next {
			r.in.list[l] = append(r.in.list[l], arrival{t, k, w})
			return
		}
	}
	b.place(r, b.n.Lanes[lane].Road, next, t, w)
}

// enter adds a vehicle that comes onto road by lane at, its wish behind it not known.
func (b *brain) enter(r *crossroad2, road, at, id int32, t, w float64) {
	next := b.pick(road, id)
	if next < 0 {
		return
	}
	b.place(r, road, next, t, w)
}

// place puts a vehicle on the lane of road with a way to next on which fewest are expected.
func (b *brain) place(r *crossroad2, road, next int32, t, w float64) {
	best, bestK := -1, -1
	for k := range r.x.links {
		c := &b.n.Connections[r.x.links[k].conn]
		if b.n.Lanes[c.From].Road != road || b.n.Lanes[c.To].Road != next {
			continue
		}
		if l := r.x.links[k].lane; best < 0 || len(r.in.list[l]) < len(r.in.list[best]) {
			best, bestK = l, k
		}
	}
	if best >= 0 {
		r.in.list[best] = append(r.in.list[best], arrival{t, bestK, w})
	}
}

// beyond adds those who will come from beyond sight at the rate of late.
func (b *brain) beyond(r *crossroad2, l int, o *Observation) {
	lane := r.x.lanes[l]
	ln := &b.n.Lanes[lane]
	from := min(View, ln.Length) / ln.Speed
	if len(b.n.In[lane]) > 0 {
		from = View / ln.Speed
		for _, c := range b.n.In[lane] {
			if b.n.Connections[c].Light >= 0 {
				from = max(from, horizon) // the neighbours' plans say
			}
		}
	}
	list := r.in.list[l]
	for _, k := range r.x.of[l] {
		rate := r.x.links[k].rate
		if rate <= 0 {
			continue
		}
		for t := from + 0.5/rate; t < horizon; t += 1 / rate {
			list = append(list, arrival{t, k, 1})
		}
	}
	slices.SortStableFunc(list, func(a, b arrival) int { return cmp.Compare(a.at, b.at) })
	r.in.list[l] = list
}
