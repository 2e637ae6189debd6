package horizon

import (
	"cmp"
	"math"
	"slices"

	"citybrain/city"
)

// A node is a state that the junction may be in: its queues, what was sent on and who was last served stand in the search's arenas.
type node struct {
	cost, rank float32
	t          int32 // s from now
	stage      int32
	parent     int32
	first      int32                // stage chosen at the root
	change     int32                // s from now, when the last change began
	free       [city.MaxRings]int32 // s from now, from when each ring may end its green; by stages it may at t
}

// A search finds one junction's best sequence of stages. It is used by one goroutine.
type search struct {
	j       *junction
	flow    float32
	steep   []float32
	rate    [][]float32 // of each stage, each queue: vehicles/s that it lets go
	carried []float32   // the same of queues that go on while rings change, [(from*stages+to)*queues+queue]
	quick   []float32   // of each queue: s for each vehicle of it under the stage that serves it best, 0 where none does
	come    []float32   // vehicles that have come by each second from now, [second*queues+queue]
	room    []float32   // of each exit
	gain    []float32
	nodes   []node
	queue   []float32 // of each node its queues
	sent    []float32 // of each node: vehicles sent to each exit
	last    []int32   // of each node: s from now, when each mover was last served
	at      [][]int32 // nodes by block and stage: [block*stages+stage]
	left    []float32 // vehicles of each queue that are still to be let go, …
	worth   []float32 // … and what a second of them counts
	bound   []float32 // of each node of a list: less than it can be ranked
	due     []int32   // s from now, until when each mover of a node must have green: see wait
	far     int
	tell    func(queue, from, to int, vehicles float32)
	only    int // the first stage that may be chosen; −1: any
	width   int // nodes kept for each stage and block
}

func (s *search) push(from int32) int32 {
	nq, ne, nm := int32(len(s.j.slots)), int32(len(s.j.exits)), int32(len(s.j.movers))
	i := int32(len(s.nodes))
	s.nodes = append(s.nodes, s.nodes[from])
	s.nodes[i].parent = from
	s.queue = append(s.queue, s.queue[from*nq:(from+1)*nq]...)
	s.sent = append(s.sent, s.sent[from*ne:(from+1)*ne]...)
	s.last = append(s.last, s.last[from*nm:(from+1)*nm]...)
	return i
}

// play lets node i run in stage, −1: between stages, until second to. late is how many seconds of it pass before the first leaves.
func (s *search) play(i int32, stage int, to int32, late float32) {
	if stage < 0 {
		s.let(i, nil, nil, 0, to, late, nil)
		return
	}
	s.let(i, s.rate[stage], s.j.served[stage], 1<<stage, to, late, nil)
}

// let lets node i run until second to while queues are served at some rate, nil: none is. Movers of all stages of green are. Late seconds pass before the
// first leaves of a queue that did not go before.
func (s *search) let(i int32, rate []float32, served []serve, green uint32, to int32, late float32, went []float32) {
	j := s.j
	nq, ne, nm := len(j.slots), len(j.exits), len(j.movers)
	q, sent := s.queue[int(i)*nq:(int(i)+1)*nq], s.sent[int(i)*ne:(int(i)+1)*ne]
	steep := s.steep[:nq]
	nd := &s.nodes[i]
	if nd.t >= to {
		return
	}
	for nd.t < to {
		from := nd.t
		end := min(to, from+step)
		dt := float32(end - from)
		before, after := s.come[int(from)*nq:int(from)*nq+nq], s.come[int(end)*nq:int(end)*nq+nq]
		cost := float32(0)
		if rate == nil {
			for k := range q {
				come := after[k] - before[k]
				cost += (1 + steep[k]*q[k]) * (q[k] + 0.5*come) * dt
				q[k] += come
			}
		} else {
			rate := rate[:nq]
			for k := range q {
				come := after[k] - before[k]
				weigh := 1 + steep[k]*q[k]
				if rate[k] == 0 {
					cost += weigh * (q[k] + 0.5*come) * dt
					q[k] += come
					continue
				}
				most := rate[k] * (dt - late)
				if went != nil && went[k] > 0 {
					most = rate[k] * dt
				}
				if served[k].yields {
					for _, f := range j.foes[k] {
						if rate[f] == 0 {
							continue
						}
						if q[f] > 0.5 {
							most *= gapShare
						} else {
							most *= max(gapShare, 1-gapNeed*(after[f]-before[f])/dt)
						}
					}
				}
				e := j.exit[k]
				most = min(most, max(0, s.room[e]+s.gain[e]*float32(end)-sent[e]))
				out := min(q[k]+come, most)
				rest := q[k] + come - out
				if rest <= 0 && most > come {
					cost += weigh * 0.5 * q[k] * dt * q[k] / (q[k] + most - come) // it is gone before the block ends
				} else {
					cost += weigh * 0.5 * (q[k] + rest) * dt
				}
				q[k] = rest
				sent[e] += out
				if s.tell != nil && out > 0 {
					s.tell(k, int(from), int(end), out)
				}
			}
		}
		nd.cost += cost
		nd.t = end
		late = 0
	}
	if green != 0 {
		last := s.last[int(i)*nm : (int(i)+1)*nm]
		for m := range last {
			if j.movers[m].stages&green == green {
				last[m] = nd.t
			}
		}
	}
}

// turn lets node i change to stage q: what a countdown has promised or the rings that change wait for, the inter-green, the least green of the ring that
// may change first.
func (s *search) turn(i int32, q int) {
	j := s.j
	p, begin := int(s.nodes[i].stage), s.nodes[i].t+int32(j.notice)
	if j.ringed {
		begin = s.ready(i, begin, q)
	}
	if begin > s.nodes[i].t {
		s.play(i, p, begin, 0)
	}
	s.nodes[i].change, s.nodes[i].stage = begin, int32(q)
	start := begin + int32(j.between[p][q])
	if !j.ringed {
		s.play(i, -1, start, 0)
		s.play(i, q, start+int32(max(j.minimum[q][0]-j.notice, 1)), startLoss)
		return
	}
	nq, at := len(j.slots), p*len(j.served)+q
	s.let(i, s.carried[at*nq:(at+1)*nq], j.carried[at], 1<<p|1<<q, start, 0, s.rate[p])
	nd := &s.nodes[i]
	soonest := int32(math.MaxInt32)
	for r := range j.rings {
		if j.moves[p][q]&(1<<r) != 0 {
			nd.free[r] = start + int32(j.minimum[q][r])
		}
		soonest = min(soonest, nd.free[r])
	}
	s.let(i, s.rate[q], j.served[q], 1<<q, max(start+1, soonest), startLoss, s.rate[p])
}

// ready is when, from second t on, the rings of node i may change to stage q.
func (s *search) ready(i, t int32, q int) int32 {
	moves := s.j.moves[s.nodes[i].stage][q]
	for r := range s.j.rings {
		if moves&(1<<r) != 0 {
			t = max(t, s.nodes[i].free[r])
		}
	}
	return t
}

// done is when each ring may end what it shows in stage want if node i is asked for it at second t.
func (s *search) done(i, t int32, want int) (free [city.MaxRings]int32) {
	j, stage := s.j, int(s.nodes[i].stage)
	start := s.ready(i, t, want) + int32(j.between[stage][want])
	for r := range j.rings {
		if free[r] = max(t+1, s.nodes[i].free[r]); j.moves[stage][want]&(1<<r) != 0 {
			free[r] = start + int32(j.minimum[want][r])
		}
	}
	return free
}

// forced is the stage that node i's controller would give before want if it were asked for want at second t, lest somebody wait
// longer than may be; −1: it does as it is asked.
func (s *search) forced(i, t int32, want int) int {
	if s.j.ringed {
		return s.starved(i, t, want)
	}
	s.wait(i, t)
	if s.may(i, t, want) {
		return -1
	}
	first, _ := s.j.behind.Late(int(s.nodes[i].stage), t+int32(s.j.notice), s.due)
	return first
}

// wait works out until when each mover of node i must have green, if the stage that is green is left at second t, into due.
func (s *search) wait(i, t int32) {
	j, now, leave := s.j, s.nodes[i].stage, t+int32(s.j.notice)
	s.due = s.due[:0]
	for m, last := range s.last[int(i)*len(j.movers) : (int(i)+1)*len(j.movers)] {
		if j.movers[m].stages>>now&1 == 1 {
			last = leave
		}
		s.due = append(s.due, last+int32(j.movers[m].limit))
	}
}

// may reports whether the controller of node i, of which due is known, does as it is asked if that is want at second t.
func (s *search) may(i, t int32, want int) bool {
	j, stage, leave := s.j, int(s.nodes[i].stage), t+int32(s.j.notice)
	end := leave + 1
	if want != stage {
		start := leave + int32(j.between[stage][want])
		end = start + int32(j.least[want])
		for _, m := range j.serves[want] {
			if start > s.due[m] && j.movers[m].stages>>stage&1 == 0 {
				return false
			}
		}
	}
	_, worst := j.behind.Late(want, end, s.due)
	return worst <= 0
}

// starved is the stage that the rings of node i would lead to before want.
func (s *search) starved(i, t int32, want int) int {
	j := s.j
	const unasked = math.MaxInt32
	var due [city.MaxStages]int32
	np := min(len(j.served), city.MaxStages)
	for p := range np {
		due[p] = unasked
	}
	soonest, wanted, by := int32(unasked), int32(unasked), -1
	nm := len(j.movers)
	for m, last := range s.last[int(i)*nm : (int(i)+1)*nm] {
		v := &j.movers[m]
		until := last + int32(v.limit)
		if v.stages>>want&1 == 1 {
			if until < wanted {
				wanted, by = until, v.first
			}
			continue
		}
		due[v.first] = min(due[v.first], until)
		soonest = min(soonest, until)
	}
	stage := int(s.nodes[i].stage)
	free, from := s.done(i, t, want), want
	at := free[0]
	for _, f := range free[1:j.rings] {
		at = max(at, f)
	}
	if want != stage && s.ready(i, t, want)+int32(j.between[stage][want]) > wanted {
		return by // over the barrier it comes later than by itself
	}
	if soonest-at > j.round {
		return -1
	}
	first := -1
	for range np {
		p := -1
		for k := range np {
			if due[k] < unasked && (p < 0 || due[k] < due[p]) {
				p = k
			}
		}
		if p < 0 {
			return -1
		}
		if first < 0 {
			first = p
		}
		moves, start := j.moves[from][p], int32(0)
		for r := range j.rings {
			if moves&(1<<r) != 0 {
				start = max(start, free[r]+int32(j.between[from][p]))
			}
		}
		if start > due[p] {
			if want != stage && wanted <= soonest {
				return by // whoever comes first
			}
			return first
		}
		for r := range j.rings {
			if moves&(1<<r) != 0 {
				free[r] = start + int32(j.minimum[p][r])
			}
		}
		due[p], from = unasked, p
	}
	return -1
}

// calm reports whether nobody has to be served before node i's stage p, were it to go on for a block.
func (s *search) calm(i int32, p int) bool {
	j := s.j
	at, nm := s.nodes[i].t+step+int32(j.notice), len(j.movers)
	for m, last := range s.last[int(i)*nm : (int(i)+1)*nm] {
		v := &j.movers[m]
		if v.stages>>p&1 == 1 {
			last = at // on demand it may be followed by a longer round than its own
			if !j.demand[p] {
				continue
			}
		}
		if last+int32(v.limit)-at <= j.round {
			return false
		}
	}
	return true
}

// rest works out who is still to be let go at node i, into left and worth, and returns how many they are. All who are compared have the same vehicles:
// those who have come by the end of the block.
func (s *search) rest(i int32) (total float32) {
	nq := len(s.j.slots)
	q, t := s.queue[int(i)*nq:(int(i)+1)*nq], int(s.nodes[i].t)
	end := t/step*step + step
	before, after := s.come[t*nq:t*nq+nq], s.come[end*nq:end*nq+nq]
	left, worth, steep := s.left[:nq], s.worth[:nq], s.steep[:nq]
	for k, v := range q {
		v += after[k] - before[k]
		left[k], worth[k] = v, (1+steep[k]*v)*v
		total += v
	}
	return total
}

// least is less than what node i's rest costs: each queue as if it were let go at once, and after a change where its stage is another one.
func (s *search) least(i int32) float32 {
	s.rest(i)
	nq := len(s.j.slots)
	now, quick, cost := s.rate[s.nodes[i].stage][:nq], s.quick[:nq], float32(0)
	change := s.j.lost + startLoss
	for k, v := range s.left[:nq] {
		if quick[k] == 0 {
			continue
		}
		wait := 0.5 * v * quick[k]
		if now[k] == 0 {
			wait += change
		}
		cost += s.worth[k] * wait
	}
	return 0.999*cost - 2*few*(change+1) // sums are rounded, and toGo leaves few
}

// few is how many vehicles are nobody.
const few = 0.01

// toGo is what is still to be paid for those whom node i leaves waiting: stages in turn, the current one first, then always the one
// that serves most for its time.
func (s *search) toGo(i int32) float32 {
	j := s.j
	nq := len(j.slots)
	total, stage := s.rest(i), int(s.nodes[i].stage)
	left, worth := s.left[:nq], s.worth[:nq]
	cost, begin := s.debt(i, total), float32(0)
	for round := 0; round <= len(j.served) && total > few; round++ {
		best, bestV, bestT := -1, float32(-1), float32(0)
		for p, rate := range s.rate {
			if round == 0 && p != stage {
				continue
			}
			w, need := float32(0), float32(0)
			for k, r := range rate[:nq] {
				if left[k] == 0 || r == 0 {
					continue
				}
				w += worth[k]
				need = max(need, left[k]/r)
			}
			if w == 0 {
				continue
			}
			if v := w / (need + j.lost); v > bestV {
				best, bestV, bestT = p, v, need
			}
		}
		if best < 0 {
			if round == 0 {
				continue
			}
			break
		}
		if best != stage {
			begin += j.lost + startLoss
			bestT = max(bestT, float32(j.least[best]))
		}
		for k, r := range s.rate[best][:nq] {
			v := left[k]
			if v == 0 || r == 0 {
				continue
			}
			cost += worth[k] * (begin + 0.5*v/r)
			total -= v
			left[k] = 0
		}
		begin += bestT
	}
	return cost
}

// debt is what those who wait at node i pay for the stages that others must be given before long, each as far as its time has come near.
func (s *search) debt(i int32, total float32) float32 {
	j := s.j
	nm := len(j.movers)
	var near [city.MaxStages]float32
	for m, last := range s.last[int(i)*nm : (int(i)+1)*nm] {
		v := &j.movers[m]
		near[v.first] = max(near[v.first], min(1, float32(s.nodes[i].t-last)/float32(v.limit)))
	}
	cost := float32(0)
	for p, f := range near[:len(j.served)] {
		if f == 0 || p == int(s.nodes[i].stage) {
			continue
		}
		others := total
		for k, v := range s.left[:len(j.slots)] {
			if j.served[p][k].share > 0 {
				others -= v
			}
		}
		cost += debtShare * f * (float32(j.least[p]) + j.lost) * others
	}
	return cost
}

// run searches from what shows now, and returns the best leaf and its cost.
func (s *search) run() (int32, float32) {
	np := len(s.j.served)
	blocks := s.far/step + 40
	for len(s.at) < blocks*np {
		s.at = append(s.at, nil)
	}
	for k := range s.at {
		s.at[k] = s.at[k][:0]
	}
	const root = int32(0)
	s.keep(root)
	leaf, least := int32(-1), float32(math.Inf(1))
	for b := 0; b < blocks; b++ {
		for p := range np {
			list := s.at[b*np+p]
			if len(list) == 0 {
				continue
			}
			s.order(list)
			if b*step >= s.far {
				if s.nodes[list[0]].rank < least {
					leaf, least = list[0], s.nodes[list[0]].rank
				}
				continue
			}
			for _, i := range list[:min(s.width, len(list))] {
				t, first := s.nodes[i].t, -1
				if i != root || s.only < 0 || s.only == p {
					s.stay(i, p)
				}
				if !s.j.ringed {
					s.wait(i, t)
					first, _ = s.j.behind.Late(p, t+int32(s.j.notice), s.due)
				}
				for q := range np {
					if q == p || i == root && s.only >= 0 && s.only != q {
						continue
					}
					if !s.j.ringed {
						if q != first && !s.may(i, t, q) {
							continue
						}
					} else if s.ready(i, t, q) > t && !(i == root && s.only >= 0) {
						continue // what it shows goes on until then
					} else if f := s.starved(i, t, q); f >= 0 && f != q {
						continue // another choice has it
					}
					k := s.push(i)
					if i == root {
						s.nodes[k].first = int32(q)
					}
					s.turn(k, q)
					s.keep(k)
				}
			}
		}
	}
	return leaf, least
}

// order ranks nodes, the best first, as far as more are kept than one.
func (s *search) order(list []int32) {
	if s.width > 1 {
		for _, i := range list {
			s.nodes[i].rank = s.nodes[i].cost + s.toGo(i)
		}
		slices.SortStableFunc(list, func(a, b int32) int { return cmp.Compare(s.nodes[a].rank, s.nodes[b].rank) })
		return
	}
	// The one that looks best is ranked first; others only where they can be better.
	first := 0
	if len(list) > 1 {
		s.bound = s.bound[:0]
		for x, i := range list {
			s.bound = append(s.bound, s.nodes[i].cost+s.least(i))
			if s.bound[x] < s.bound[first] {
				first = x
			}
		}
	}
	best := first
	least := s.nodes[list[first]].cost + s.toGo(list[first])
	for x, i := range list {
		if x == first || s.bound[x] > least {
			continue
		}
		if rank := s.nodes[i].cost + s.toGo(i); rank < least || rank == least && x < best {
			best, least = x, rank
		}
	}
	list[0], list[best] = list[best], list[0]
	s.nodes[list[0]].rank = least
}

// stay lets node i's stage p go on for a block, or as long as nobody has to be served before.
func (s *search) stay(i int32, p int) {
	k := s.push(i)
	if i == 0 {
		s.nodes[k].first = int32(p)
	}
	for x := range int32(step) {
		if x == 0 && s.calm(i, p) {
			break
		}
		if f := s.forced(i, s.nodes[i].t+x, p); f >= 0 && f != p {
			if x > 0 {
				s.play(k, p, s.nodes[i].t+x, 0)
			}
			s.turn(k, f)
			s.keep(k)
			return
		}
	}
	s.play(k, p, s.nodes[k].t+step, 0)
	s.keep(k)
}

// keep puts node k where it is to be looked at.
func (s *search) keep(k int32) {
	to := int(s.nodes[k].t)/step*len(s.j.served) + int(s.nodes[k].stage)
	s.at[to] = append(s.at[to], k)
}
