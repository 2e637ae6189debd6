package control

import (
	"cmp"
	"math"
	"slices"
)

// The search's bounds.
const (
	horizon = 60 // s of prediction
	width   = 4  // nodes kept for each phase and second

	intrusion = 1.5  // vehicle·s that a second of green costs whose first vehicle would come to stand inside the junction
	walkers   = 20.0 // s that a walker whom the search leaves at a crossing is taken to wait more
	stopLoss  = 1.0  // s that somebody whom the plan stops loses behind the line, at most
	fits      = 0.3  // of a vehicle that is taken to have left a brief lane when the next is sent there
	unserved  = 30.0 // s that somebody is taken to wait on whom no phase can serve
)

// A node is a state that the junction may be in: the decision's past and its cost. Its lanes stand in the search's arenas.
type node struct {
	cost, rank float64
	t          int // s from now
	phase      int
	parent     int
	asked      int // phase chosen at the parent
	since      int // s from now when phase became green
}

// A search finds a junction's best sequence of phases: a beam over (second, phase), each block of time played through the
// discharge model (rolling horizon as in COP, Sen & Head 1997, and PRODYN, Henry et al. 1983; the beam bounds the work).
type search struct {
	x     *crossroad
	nodes []node
	head  []uint8   // nl of each node: vehicles of the lane that have left
	next  []float64 // nl: when the next one may
	slot  []uint8   // of each link with hold: vehicles waiting inside
	clear []float64 // of each link with hold: when the next of them may leave
	used  []uint8   // of each exit: vehicles sent there
	on    []float32 // of each exit: vehicles on it, if it is brief
	went  []bool    // of each crossing: its walkers have gone
	free  []bool    // of each phase: nobody has called for it, so that it may be left out
	list  [][]arrival
	cum   [][]float64 // of each lane: sums of weights …
	stops [][]float64 // … and of those who do not stand yet
	come  [][]uint8   // of each lane: arrivals by second
	in    *stream
	at    [][][]int // nodes by second and phase
	tell  func(link int, t float64)
	from  []int // the phases that it chooses from, ascending
	horiz int
}

func newSearch(x *crossroad) *search {
	s := &search{x: x}
	nl := len(x.lanes)
	s.list, s.cum, s.stops, s.come = make([][]arrival, nl), make([][]float64, nl), make([][]float64, nl), make([][]uint8, nl)
	return s
}

// load takes what is expected.
func (s *search) load(in *stream, far int) {
	s.in, s.horiz = in, far
	for l := range s.list {
		a := in.list[l]
		if len(a) > 250 {
			a = a[:250]
		}
		s.list[l] = a
		s.cum[l], s.stops[l] = append(s.cum[l][:0], 0), append(s.stops[l][:0], 0)
		for i := range a {
			moving := a[i].weight
			if a[i].still || a[i].stood {
				moving = 0
			}
			s.cum[l], s.stops[l] = append(s.cum[l], s.cum[l][i]+a[i].weight), append(s.stops[l], s.stops[l][i]+moving)
		}
		s.come[l] = s.come[l][:0]
		k := 0
		for t := 0; t < far+beyondFar; t++ {
			for k < len(a) && a[k].at <= float64(t) {
				k++
			}
			s.come[l] = append(s.come[l], uint8(k))
		}
	}
	s.nodes, s.head, s.next, s.slot, s.clear, s.used = s.nodes[:0], s.head[:0], s.next[:0], s.slot[:0], s.clear[:0], s.used[:0]
	s.went, s.on = s.went[:0], s.on[:0]
}

// beyondFar is how many seconds more than the horizon a plan may reach, with the change and the green that it ends with.
const beyondFar = 41

// push copies node from (−1: the beginning) as a new one and returns its index.
func (s *search) push(from int) int {
	nl, ns, ne := len(s.x.lanes), s.x.slots, len(s.x.exits)
	i := len(s.nodes)
	if from < 0 {
		s.nodes = append(s.nodes, node{parent: -1, asked: -1})
		for l := range nl {
			s.head = append(s.head, 0)
			s.next = append(s.next, s.in.free[l])
		}
		for range ns {
			s.slot, s.clear = append(s.slot, 0), append(s.clear, 0)
		}
		for e := range ne {
			s.used, s.on = append(s.used, 0), append(s.on, s.in.on[e])
		}
		for range s.x.cross {
			s.went = append(s.went, false)
		}
		return i
	}
	s.nodes = append(s.nodes, s.nodes[from])
	s.nodes[i].parent = from
	s.head = append(s.head, s.head[from*nl:(from+1)*nl]...)
	s.next = append(s.next, s.next[from*nl:(from+1)*nl]...)
	s.slot = append(s.slot, s.slot[from*ns:(from+1)*ns]...)
	s.clear = append(s.clear, s.clear[from*ns:(from+1)*ns]...)
	s.used = append(s.used, s.used[from*ne:(from+1)*ne]...)
	s.on = append(s.on, s.on[from*ne:(from+1)*ne]...)
	nw := len(s.x.cross)
	s.went = append(s.went, s.went[from*nw:(from+1)*nw]...)
	return i
}

// play lets node i run under a row of letters for the seconds [t, to). began is when a yellow in it began.
func (s *search) play(i int, row []byte, to int, began float64) {
	x := s.x
	nl, ns, ne := len(x.lanes), x.slots, len(x.exits)
	head, next := s.head[i*nl:(i+1)*nl], s.next[i*nl:(i+1)*nl]
	slot, clr := s.slot[i*ns:(i+1)*ns], s.clear[i*ns:(i+1)*ns]
	used, on := s.used[i*ne:(i+1)*ne], s.on[i*ne:(i+1)*ne]
	nd := &s.nodes[i]
	for k, w := range s.in.walk {
		if at := i*len(x.cross) + k; !s.went[at] && nd.t < to {
			if row[len(x.links)+k] != 'r' {
				s.went[at] = true
			} else {
				nd.cost += w * float64(to-nd.t)
			}
		}
	}
	for ; nd.t < to; nd.t++ {
		t := float64(nd.t)
		for e, out := range s.in.out {
			if out != nil {
				on[e] = max(0, on[e]-out[min(nd.t, len(out)-1)])
			}
		}
		for l := range nl {
			for turn := 0; turn < 2; turn++ {
				h := int(head[l])
				if h >= len(s.list[l]) || next[l] >= t+1 || s.list[l][h].at >= t+1 {
					break
				}
				a := &s.list[l][h]
				k := &x.links[a.link]
				if barred(k, slot) {
					break
				}
				ok := false
				switch row[a.link] {
				case 'G':
					ok = t >= s.in.hold[0][l]
				case 'g':
					if len(k.foes) == 0 {
						ok = t >= s.in.hold[0][l]
						break
					}
					ok = t >= s.in.hold[1][l] && s.gap(head, row, k, t, gapAhead)
					if !ok && k.slot >= 0 && int(slot[k.slot]) < k.hold {
						slot[k.slot]++
						clr[k.slot] = max(clr[k.slot], t+1)
						head[l]++
						if !a.still && !a.stood {
							nd.cost += a.weight * stopLoss
						}
						next[l] = max(next[l], a.at, t) + a.head
						continue
					}
				case 'y':
					ok = t-began < overrun && (next[l] > t-1 || a.at >= t-1) // still moving: it can't stop any more
				}
				if !ok {
					break
				}
				if s.in.out[k.exit] != nil {
					if float64(on[k.exit])+float64(a.places) > s.in.room[k.exit]+fits {
						nd.cost += intrusion
						break
					}
					on[k.exit] += float32(a.places)
				} else if float64(used[k.exit]+a.places-1) >= s.in.room[k.exit]+s.in.gain[k.exit]*t {
					break
				}
				used[k.exit] += a.places
				head[l]++
				go1 := max(next[l], a.at, t)
				next[l] = go1 + a.head
				if !a.still && !a.stood {
					nd.cost += a.weight * min(stopLoss, go1-a.at)
				}
				if s.tell != nil {
					s.tell(a.link, go1)
				}
			}
		}
		if ns > 0 {
			for li := range x.links {
				k := &x.links[li]
				if k.slot < 0 || slot[k.slot] == 0 {
					continue
				}
				if clr[k.slot] <= t && s.gap(head, row, k, t, gapInside) && (s.in.out[k.exit] == nil || float64(on[k.exit])+1 <= s.in.room[k.exit]+fits) {
					slot[k.slot]--
					used[k.exit]++
					on[k.exit]++
					clr[k.slot] = t + 2
					if s.tell != nil {
						s.tell(li, t)
					}
				}
				nd.cost += float64(slot[k.slot])
			}
		}
		for l := range nl {
			if c := s.come[l][min(nd.t+1, len(s.come[l])-1)]; c > head[l] {
				nd.cost += s.cum[l][c] - s.cum[l][head[l]]
			}
		}
	}
}

// barred tells whether somebody waits inside in link k's way.
func barred(k *link, slot []uint8) bool {
	for _, b := range k.bars {
		if int(slot[b.slot]) >= b.least {
			return true
		}
	}
	return false
}

// gap tells whether a vehicle of link k that gives way finds one at t.
func (s *search) gap(head []uint8, row []byte, k *link, t, need float64) bool {
	for _, l := range k.lanes {
		h := int(head[l])
		for i := h; i < len(s.list[l]) && i < h+2; i++ {
			a := &s.list[l][i]
			if a.at > t+need {
				break
			}
			if c := row[a.link]; (c == 'G' || c == 'g') && slices.Contains(k.foes, a.link) {
				return false
			}
		}
	}
	return true
}

// start lets lanes whose vehicles waited for this green begin with their lost time.
func (s *search) start(i int, before, row []byte) {
	nl := len(s.x.lanes)
	t := float64(s.nodes[i].t)
	for l := range nl {
		h := int(s.head[i*nl+l])
		if h >= len(s.list[l]) || s.list[l][h].at > t {
			continue
		}
		if k := s.list[l][h].link; row[k] != 'r' && (before[k] == 'r' || before[k] == 'y') {
			s.next[i*nl+l] = max(s.next[i*nl+l], t+startLoss)
		}
	}
}

// toGo estimates what is still to be paid for the vehicles that node i leaves waiting: phases in turn, the current one first,
// then always the one that serves most for its time.
func (s *search) toGo(i int) float64 {
	x := s.x
	nl := len(x.lanes)
	nd := &s.nodes[i]
	t := min(nd.t, len(s.come[0])-1)
	var served uint64
	cost, begin := 0.0, 0.0
	var left [64]float64
	total := 0.0
	for k, w := range s.in.walk {
		if !s.went[i*len(x.cross)+k] {
			cost += w * walkers
		}
	}
	for l := 0; l < nl && l < 64; l++ {
		h := s.head[i*nl+l]
		if c := s.come[l][t]; c > h {
			left[l] = s.cum[l][c] - s.cum[l][h]
			total += left[l]
			cost += (s.stops[l][c] - s.stops[l][h]) * stopLoss
		}
	}
	lost := x.lost
	for round := 0; total > 0.01 && round <= len(x.rows); round++ {
		best, bestV, bestT := -1, -1.0, 0.0
		for _, p := range s.from {
			if round == 0 && p != nd.phase {
				continue
			}
			w, need := 0.0, 0.0
			for l := 0; l < nl && l < 64; l++ {
				if served>>l&1 == 1 || left[l] == 0 {
					continue
				}
				k := s.list[l][s.head[i*nl+l]].link
				if !s.serves(i, p, l, k, t) {
					continue
				}
				w += left[l]
				need = max(need, float64(s.come[l][t]-s.head[i*nl+l])*s.list[l][s.head[i*nl+l]].head)
			}
			if w == 0 {
				continue
			}
			if v := w / (need + lost); v > bestV {
				best, bestV, bestT = p, v, need
			}
		}
		if best < 0 {
			if round == 0 {
				continue
			}
			break
		}
		if round > 0 || best != nd.phase {
			begin += lost
			bestT = max(bestT, float64(s.in.least[best]))
		}
		for l := 0; l < nl && l < 64; l++ {
			if served>>l&1 == 1 || left[l] == 0 {
				continue
			}
			k := s.list[l][s.head[i*nl+l]].link
			if !s.serves(i, best, l, k, t) {
				continue
			}
			n := float64(s.come[l][t] - s.head[i*nl+l])
			cost += left[l] * (begin + n*s.list[l][s.head[i*nl+l]].head/2)
			total -= left[l]
			served |= 1 << l
		}
		begin += bestT
	}
	return cost + total*unserved // by no phase: the same wherever the search ends, so that it sways nothing
}

// serves tells whether phase p lets lane l's first vehicle, of link k, go at t or soon.
func (s *search) serves(i, p, l, k, t int) bool {
	switch c := s.x.rows[p][k]; {
	case c == 'r' || s.in.free[l] > float64(t):
		return false
	case c == 'g' && len(s.x.links[k].foes) > 0:
		return s.in.hold[1][l] <= float64(t) && !s.opposed(i, p, &s.x.links[k])
	}
	return s.in.hold[0][l] <= float64(t)
}

// opposed tells whether a link that gives way stands against a queue in phase p.
func (s *search) opposed(i, p int, k *link) bool {
	nl := len(s.x.lanes)
	t := min(s.nodes[i].t, len(s.come[0])-1)
	for _, f := range k.foes {
		if s.x.rows[p][f] == 'r' {
			continue
		}
		l := s.x.links[f].lane
		if int(s.come[l][t])-int(s.head[i*nl+l]) > 1 {
			return true
		}
	}
	return false
}

// turn plays the change from phase p to phase q.
func (s *search) turn(k, p, q int) {
	x := s.x
	before := x.rows[p]
	if y := x.yel[p][q]; y != nil {
		c := x.chg[p][q]
		s.play(k, x.rows[p], s.in.clear, 0)
		t := s.nodes[k].t
		if c.yellow > 0 {
			s.play(k, y, t+c.yellow, float64(t))
			before = y
		}
		if c.red > 0 {
			s.play(k, red(len(y)), t+c.yellow+c.red, 0)
		}
	}
	s.nodes[k].phase = q
	s.start(k, before, x.rows[q])
}

// inOrder tells whether phase q may follow p: any may but on a Street, where only those are left out that nobody has called for.
func (s *search) inOrder(p, q int) bool {
	if s.free == nil {
		return true
	}
	n := len(s.x.rows)
	for m := (p + 1) % n; m != q; m = (m + 1) % n {
		if !s.free[m] {
			return false
		}
	}
	return true
}

// mostPhases is from how many phases a search chooses at most: what it costs grows with their square. Few lights have more than eight.
const mostPhases = 8

// choose finds the phases to choose from where a light has many (nodes that are joined as one light): the one that shows, and in turn the one that lets most go of those
// whom none before it does. On a Street phases come in the program's order, all of them.
func (s *search) choose(now int) {
	s.from = s.from[:0]
	np := len(s.x.rows)
	if np <= mostPhases || s.free != nil {
		for p := range np {
			s.from = append(s.from, p)
		}
		return
	}
	due, every := make([]float64, len(s.x.links)), make([]float64, len(s.x.links)) // of each link: the weights of those expected whom no phase lets go yet, and of all
	for _, list := range s.list {
		for i := range list {
			due[list[i].link] += list[i].weight
		}
	}
	copy(every, due)
	take := func(p int) {
		s.from = append(s.from, p)
		for k := range due {
			if s.x.rows[p][k] != 'r' {
				due[k] = 0
			}
		}
	}
	sum := func(p int, of []float64) (w float64) {
		for k := range of {
			if c := s.x.rows[p][k]; c == 'g' && len(s.x.links[k].foes) > 0 {
				w += of[k] / 2 // it has to wait for others
			} else if c != 'r' {
				w += of[k]
			}
		}
		return w
	}
	for take(now); len(s.from) < mostPhases; {
		best, most, rest := -1, 0.0, -1.0
		for p := range np {
			if slices.Contains(s.from, p) {
				continue
			}
			if w, all := sum(p, due), sum(p, every); best < 0 || w > most || w == most && all > rest {
				best, most, rest = p, w, all
			}
		}
		take(best)
	}
	slices.Sort(s.from)
}

// run searches in blocks of step seconds for the phase to wish now, and returns the node that its best plan ends in; what shows now shows for lag
// seconds more, whatever is chosen.
func (s *search) run(sig Signal, now float64, lag, step int) (phase, leaf int) {
	x := s.x
	np := len(x.rows)
	for len(s.at) < s.horiz+60+2*step+lag {
		s.at = append(s.at, nil)
	}
	for t := range s.at {
		for len(s.at[t]) < np {
			s.at[t] = append(s.at[t], nil)
		}
		for p := range s.at[t] {
			s.at[t][p] = s.at[t][p][:0]
		}
	}
	s.choose(sig.Phase)
	root := s.push(-1)
	s.nodes[root].phase = sig.Phase
	s.nodes[root].since = int(math.Round(sig.Since - now))
	if lag > 0 {
		s.play(root, x.rows[sig.Phase], lag, 0)
	}
	s.at[lag][sig.Phase] = append(s.at[lag][sig.Phase], root)
	bestLeaf, bestCost := -1, math.Inf(1)
	for t := 0; t < len(s.at); t++ {
		for p := range np {
			list := s.at[t][p]
			if len(list) == 0 {
				continue
			}
			for _, i := range list {
				s.nodes[i].rank = s.nodes[i].cost + s.toGo(i)
			}
			slices.SortStableFunc(list, func(a, b int) int { return cmp.Compare(s.nodes[a].rank, s.nodes[b].rank) })
			if t >= s.horiz {
				// longer ones pay for more seconds: what is compared is rank, which covers all the rest
				if s.nodes[list[0]].rank < bestCost {
					bestLeaf, bestCost = list[0], s.nodes[list[0]].rank
				}
				continue
			}
			for _, i := range list[:min(width, len(list))] {
				k := s.push(i)
				s.nodes[k].asked = p
				s.play(k, x.rows[p], t+step, 0)
				s.at[t+step][p] = append(s.at[t+step][p], k)
				for _, q := range s.from {
					if q == p || !s.inOrder(p, q) {
						continue
					}
					k := s.push(i)
					s.nodes[k].asked = q
					s.turn(k, p, q)
					s.nodes[k].since = s.nodes[k].t
					end := s.nodes[k].t + s.in.least[q]
					end = t + (end-t+step-1)/step*step
					for len(s.at) <= end {
						s.at = append(s.at, make([][]int, np))
					}
					s.play(k, x.rows[q], end, 0)
					s.at[end][q] = append(s.at[end][q], k)
				}
			}
		}
	}
	i := bestLeaf
	for s.nodes[i].parent != root && s.nodes[i].parent >= 0 {
		i = s.nodes[i].parent
	}
	return s.nodes[i].asked, bestLeaf
}

// path is the nodes from the root to leaf.
func (s *search) path(leaf int) (list []int) {
	for k := leaf; k >= 0; k = s.nodes[k].parent {
		list = append(list, k)
	}
	slices.Reverse(list)
	return list
}

var allRedRow [256]byte

func init() {
	for i := range allRedRow {
		allRedRow[i] = 'r'
	}
}

func red(n int) []byte {
	if n <= len(allRedRow) {
		return allRedRow[:n]
	}
	r := make([]byte, n)
	for i := range r {
		r[i] = 'r'
	}
	return r
}
