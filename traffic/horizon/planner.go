package horizon

import (
	"math"
	"slices"

	"citybrain/city"
)

// A Planner keeps the junctions' plans from decision to decision. It is used by one goroutine.
type Planner struct {
	n     *Network
	s     search
	plans []kept
	place []int         // of each queue: its place in its junction, −1
	rates []float32     // memory of search.rate
	cols  int           // for how many seconds arrivals are written down
	later [cols]float32 // of one link, by second: see arrivals
	path  []int32
}

// kept is a junction's last plan, for its neighbours.
type kept struct {
	made int         // s; −1: there is none
	flow [][]float32 // of each queue: vehicles that leave in each block from then on
}

// cols is for how many seconds arrivals are written down at most: as far as the last change of a plan can reach over its horizon.
const cols = Longest + 200

// NewPlanner prepares one. width is how many nodes its searches keep for each stage and block, usually Width.
func NewPlanner(n *Network, width int) *Planner {
	p := &Planner{n: n, plans: make([]kept, len(n.junctions)), place: make([]int, Slots(n.city))}
	p.s.width = width
	for i := range p.place {
		p.place[i] = -1
	}
	for j := range p.plans {
		p.plans[j] = kept{-1, make([][]float32, len(n.junctions[j].slots))}
		for k, slot := range n.junctions[j].slots {
			p.place[slot] = k
			p.plans[j].flow[k] = make([]float32, Horizon/step)
		}
	}
	return p
}

// Fork returns a planner that goes on from p's plans on its own.
func (p *Planner) Fork(width int) *Planner {
	f := NewPlanner(p.n, width)
	for j := range p.plans {
		f.plans[j].made = p.plans[j].made
		for k := range p.plans[j].flow {
			copy(f.plans[j].flow[k], p.plans[j].flow[k])
		}
	}
	return f
}

// Decide writes into want, for each junction that can change before the next decision, the stage that it should be asked for, and leaves
// the others as they are. every is the seconds until then.
func (p *Planner) Decide(st *State, every int, want []int) {
	for j := range p.n.junctions {
		if !p.load(j, st, Horizon, every) {
			continue
		}
		if p.deserted(st) {
			want[j] = st.Lights[j].Stage
			p.plans[j].made = -1
			continue
		}
		leaf, _ := p.s.run()
		want[j] = int(p.s.nodes[leaf].first)
		k := &p.plans[j]
		k.made = st.Now
		for i := range k.flow {
			clear(k.flow[i])
		}
		p.s.tell = func(queue, from, to int, vehicles float32) {
			for t := from; t < to; t++ {
				if b := t / step; b < len(k.flow[queue]) {
					k.flow[queue][b] += vehicles / float32(to-from)
				}
			}
		}
		p.replay(st, j, leaf, nil)
		p.s.tell = nil
	}
}

// deserted reports whether nobody is at the junction that was loaded, nor will be over the horizon.
func (p *Planner) deserted(st *State) bool {
	s := &p.s
	nq := len(s.j.slots)
	sum := float32(0)
	for k, v := range s.come[Horizon*nq : Horizon*nq+nq] {
		sum += v + st.Waiting[s.j.slots[k]]
	}
	return sum < nobody
}

// Open returns junction j's plan over Longest seconds, false where nothing can be said of it. Its neighbours do not hear of it.
func (p *Planner) Open(st *State, j int) (Plan, bool) {
	if !p.load(j, st, Longest, math.MaxInt) {
		return Plan{}, false
	}
	defer func(w int) { p.s.width = w }(p.s.width)
	p.s.width = deep
	best, least := Plan{Costs: make([]float64, len(p.n.junctions[j].served))}, inf
	for first := range best.Costs {
		p.load(j, st, Longest, math.MaxInt)
		p.s.only = first
		leaf, cost := p.s.run()
		best.Costs[first] = math.NaN()
		if leaf < 0 {
			continue
		}
		if best.Costs[first] = float64(cost); cost < least {
			least, best.Stage, best.Greens = cost, first, nil
			p.replay(st, j, leaf, func(stage, from, to int) {
				if from >= min(to, Longest) {
					return
				}
				best.Greens = append(best.Greens, Green{stage, from, min(to, Longest)})
			})
		}
	}
	return best, !math.IsInf(float64(least), 1)
}

// load takes what is expected at junction j for a search of far seconds; false: it can't change within soon seconds.
func (p *Planner) load(j int, st *State, far, soon int) bool {
	at, s, light := &p.n.junctions[j], &p.s, &st.Lights[j]
	if light.Stage < 0 {
		return false
	}
	if at.free(light, st.Now) >= soon {
		return false
	}
	links := p.n.city.Streets.Links
	s.j, s.flow, s.far, s.only = at, st.Flow, far, -1
	p.cols = min(cols, far+at.longest+2*step)
	nq := len(at.slots)
	if need := nq * (p.cols + 1); len(s.come) < need {
		s.come = make([]float32, need)
	}
	if len(s.left) < nq {
		s.left, s.worth = make([]float32, nq), make([]float32, nq)
	}
	s.steep, s.room, s.gain, s.quick = s.steep[:0], s.room[:0], s.gain[:0], s.quick[:0]
	p.capacity()
	before := int32(-1)
	for i, slot := range at.slots {
		l := slot / kinds
		if l != before {
			p.arrivals(l, st)
			before = l
		}
		share := p.share(slot, st)
		coming := st.Coming[int(slot)*Ahead : int(slot)*Ahead+Ahead]
		sum, to := float32(0), i
		s.come[to] = 0
		for t, later := range p.later[:p.cols] {
			if t < Ahead {
				sum += coming[t]
			}
			sum += share * later
			to += nq
			s.come[to] = sum
		}
		s.steep = append(s.steep, crowding/(float32(links[l].Length/city.JamSpacing)*at.lanes[i]))
	}
	for _, e := range at.exits {
		s.room, s.gain = append(s.room, st.Room[e]), append(s.gain, st.Gain[e])
	}
	s.nodes, s.queue, s.sent, s.last = s.nodes[:0], s.queue[:0], s.sent[:0], s.last[:0]
	p.root(st, j)
	return true
}

// capacity works out what each stage lets go.
func (p *Planner) capacity() {
	s, at := &p.s, p.s.j
	nq := len(at.slots)
	if need := nq * len(at.served); len(p.rates) < need {
		p.rates = make([]float32, need)
	}
	s.rate = s.rate[:0]
	for stage, row := range at.served {
		rate := p.rates[stage*nq : (stage+1)*nq]
		for k := range rate {
			rate[k] = s.flow * at.lanes[k] * row[k].share
		}
		s.rate = append(s.rate, rate)
	}
	s.carried = s.carried[:0]
	for _, row := range at.carried {
		for k := range row {
			s.carried = append(s.carried, s.flow*at.lanes[k]*row[k].share)
		}
	}
	for k := range nq {
		most := float32(0)
		for _, rate := range s.rate {
			most = max(most, rate[k])
		}
		quick := float32(0)
		if most > 0 {
			quick = 1 / most
		}
		s.quick = append(s.quick, quick)
	}
}

// root puts junction j as it is into the search, let run until it can change, and returns its node.
func (p *Planner) root(st *State, j int) int32 {
	at, s, light := &p.n.junctions[j], &p.s, &st.Lights[j]
	i := int32(len(s.nodes))
	s.nodes = append(s.nodes, node{stage: int32(light.Stage), parent: -1, first: -1})
	for _, slot := range at.slots {
		s.queue = append(s.queue, st.Waiting[slot])
	}
	for range at.exits {
		s.sent = append(s.sent, 0)
	}
	for _, v := range at.movers {
		last := light.Last[v.movements[0]]
		for _, m := range v.movements {
			last = min(last, light.Last[m])
		}
		s.last = append(s.last, int32(last-st.Now))
	}
	begin := int32(max(0, light.Since-st.Now))
	if at.ringed {
		for r := range at.rings {
			s.nodes[i].free[r] = int32(light.Free[r] - st.Now)
		}
	}
	s.play(i, -1, begin, 0)
	s.play(i, light.Stage, max(begin, int32(at.free(light, st.Now))), 0)
	return i
}

// free is the seconds until some ring, or the stage, may end its green.
func (j *junction) free(light *Light, now int) int {
	if !j.ringed {
		return light.Since + j.least[light.Stage] - j.notice - now
	}
	soonest := light.Free[0]
	for _, t := range light.Free[1:j.rings] {
		soonest = min(soonest, t)
	}
	return soonest - now
}

// replay plays the plan that ends at leaf once more. green, if any, gets each stage's green.
func (p *Planner) replay(st *State, j int, leaf int32, green func(stage, from, to int)) {
	s, at := &p.s, &p.n.junctions[j]
	p.path = p.path[:0]
	for i := leaf; s.nodes[i].parent >= 0; i = s.nodes[i].parent {
		p.path = append(p.path, i)
	}
	slices.Reverse(p.path)
	i := p.root(st, j)
	stage, from := st.Lights[j].Stage, max(0, st.Lights[j].Since-st.Now)
	for _, n := range p.path {
		to, end := int(s.nodes[n].stage), s.nodes[n].t
		if to == stage {
			s.play(i, stage, end, 0)
			continue
		}
		// Its stage went on until the change began.
		s.play(i, stage, s.nodes[n].change-int32(at.notice), 0)
		if green != nil {
			green(stage, from, int(s.nodes[i].t)+at.notice)
		}
		from = int(s.nodes[i].t) + at.notice + at.between[stage][to]
		s.turn(i, to)
		stage = to
	}
	if green != nil {
		green(stage, from, int(s.nodes[i].t))
	}
}

// share is the share of its link's vehicles that leave by a queue.
func (p *Planner) share(slot int32, st *State) (sum float32) {
	l, streets := slot/kinds, &p.n.city.Streets
	for t := p.n.turns[l]; t < p.n.turns[l+1]; t++ {
		if Slot(&streets.Links[l], l, streets.Turns[t].Kind) == slot {
			sum += st.Share[t]
		}
	}
	return sum
}

// arrivals works out who will be at the end of link l of those who are not on it yet, by second, into p.later.
func (p *Planner) arrivals(l int32, st *State) {
	all := p.later[:p.cols]
	clear(all)
	for _, src := range p.n.sources[l] {
		share := st.Scale[l]
		for _, t := range src.turns {
			share *= st.Share[t]
		}
		if share < leastShare {
			continue
		}
		if len(src.turns) > 0 && src.after < len(all) {
			later := all[src.after:]
			if len(later) > Ahead {
				later = later[:Ahead]
			}
			for k := range kinds {
				slot := int(src.link)*kinds + k
				later[0] += share * st.Waiting[slot]
				for t, v := range st.Coming[slot*Ahead : slot*Ahead+len(later)] {
					later[t] += share * v
				}
			}
		}
		begin := src.after + p.n.free[src.link]
		if rate := share * st.Rate[src.link]; rate > 0 && begin < len(all) {
			later := all[begin:]
			for t := range later {
				later[t] += rate
			}
		}
		for _, t := range src.gate {
			p.announced(t, begin, share, st)
		}
	}
}

// leastShare is the share of a link's vehicles below which nobody is expected to come from it.
const leastShare = 0.01

// announced adds those who will come by a turn at lights, by their junction's plan, begin seconds later.
func (p *Planner) announced(t int32, begin int, share float32, st *State) {
	streets := &p.n.city.Streets
	turn := &streets.Turns[t]
	from := Slot(&streets.Links[turn.From], turn.From, turn.Kind)
	k, up := p.place[from], &p.plans[turn.Junction]
	if k < 0 || up.made < 0 {
		return
	}
	all := p.share(from, st)
	if all <= 0 {
		return
	}
	f := share * st.Share[t] / all / step
	for b, v := range up.flow[k] {
		if v == 0 {
			continue
		}
		at := up.made + b*step - st.Now
		for x := max(0, at); x < at+step; x++ {
			if x+begin < p.cols {
				p.later[x+begin] += f * v
			}
		}
	}
}
