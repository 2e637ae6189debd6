package cityflow

import (
	"math"
	"os"
	"slices"
	"strconv"

	"citybrain/city"
	"citybrain/traffic/control"
)

// horizon is the predictive controller: every junction plays its next minutes forward for the vehicles that are seen and those
// that are to be expected, one by one and lane by lane, tries sequences of phases, and begins the one with the least delay
// (rolling horizon after Sen & Head 1997, "Controlled optimization of phases at an intersection", with a beam instead of
// exhaustive dynamic programming).
type horizon struct {
	n     *control.Network
	every float64
	j     []ahead
	rate  []float64 // of each lane: vehicles per second that enter it, smoothed
	share []float64 // of each lane: its part of what enters its road
	from  []float64 // of each junction: when it decides next
	plans []plan    // of each junction
	above []int32   // of each road: the junction that it comes from, −1
	in    [][]flow  // of each road: who is to enter it by the plan above
	waits []waits   // of each road: what one vehicle more would wait at its end
	beam  beam
}

// A plan is what a junction means to show: a phase for each step from a time on.
type plan struct {
	start  float64
	before int8 // the phase until then
	phases []int8
}

// flow is a part of a vehicle that leaves a stop line at a time.
type flow struct{ at, weight float64 }

// waits gives the expected wait of a vehicle by when it reaches the stop line, in steps of waitStep from start on.
type waits struct {
	start float64
	s     []float32
}

const waitStep = 2 // s

func (w *waits) at(t float64) float64 {
	if len(w.s) == 0 {
		return 0
	}
	return float64(w.s[min(len(w.s)-1, max(0, int((t-w.start)/waitStep)))])
}

func par(name string, v float64) float64 {
	if s := os.Getenv(name); s != "" {
		v, _ = strconv.ParseFloat(s, 64)
	}
	return v
}

var (
	pHeadway = par("P_H", 2.45)
	pLoss    = par("P_LOSS", 2)
	pReach   = par("P_REACH", 90)
	pWidth   = par("P_BEAM", 60)
	pWait    = par("P_WAIT", 20)
	pQueue   = par("P_QUEUE", 2.4)
	pPrice   = par("P_PRICE", 0.5)
	pTau     = par("P_TAU", 5)
	pMin     = par("P_MIN", 5)
	pRate    = par("P_RATE", 0.3)
	pRounds  = par("P_ROUNDS", 2)
	pInflow  = par("P_INFLOW", 1)
)

// ahead is a junction as the horizon sees it.
type ahead struct {
	lanes []hlane
	masks [][]uint64 // of each lane, by link: the phases in which the link is green
	count int        // phases
}

type hlane struct {
	lane  int32
	links []int32 // connections
	green []uint64
	all   uint64 // phases in which any is green
}

func newHorizon(n *control.Network, s control.Settings) control.Controller {
	h := &horizon{n: n, every: s.Every, rate: make([]float64, len(n.Lanes)), share: make([]float64, len(n.Lanes)), from: make([]float64, len(n.Junctions)),
		plans: make([]plan, len(n.Junctions)), above: make([]int32, len(n.Roads)), in: make([][]flow, len(n.Roads)), waits: make([]waits, len(n.Roads))}
	for r := range n.Roads {
		h.above[r] = n.Nodes[n.Roads[r].From].Light
	}
	for i := range n.Junctions {
		j := &n.Junctions[i]
		a := ahead{count: len(j.Phases)}
		for _, l := range j.Lanes {
			hl := hlane{lane: l}
			always := true
			for _, c := range n.Out[l] {
				k := &n.Connections[c]
				if k.Light != j.Light {
					continue
				}
				mask := uint64(0)
				for p := range j.Phases {
					if j.Phases[p].State[k.Index] != 'r' {
						mask |= 1 << p
					}
				}
				always = always && mask == 1<<len(j.Phases)-1
				hl.links, hl.green, hl.all = append(hl.links, c), append(hl.green, mask), hl.all|mask
			}
			if !always {
				a.lanes = append(a.lanes, hl)
			}
		}
		h.j = append(h.j, a)
	}
	return h
}

func (h *horizon) Decide(o *control.Observation, want []int) {
	h.expect(o)
	for round := 0; round < int(pRounds); round++ {
		for j := range h.j {
			s := &o.Signals[j]
			if want[j] < 0 {
				want[j] = s.Phase
			}
			if o.Time < h.from[j] || s.Changing {
				continue
			}
			want[j] = h.choose(o, j)
			h.publish(o, j)
		}
	}
	for j := range h.j {
		s := &o.Signals[j]
		if o.Time < h.from[j] || s.Changing {
			continue
		}
		h.from[j] = o.Time + math.Max(h.every, pTau)
		if want[j] != s.Phase {
			h.from[j] = o.Time + math.Max(h.every, h.n.Yellow+h.n.AllRed+math.Max(pMin, h.n.MinGreen))
		}
	}
}

// expect updates what is to be expected of lanes and roads.
func (h *horizon) expect(o *control.Observation) {
	for l := range h.n.Lanes {
		ln := &h.n.Lanes[l]
		moving := 0.0
		tail := 0.0
		for _, v := range o.Seen[l] {
			if v.Speed > 0.5*ln.Speed {
				moving++
			} else {
				tail = math.Max(tail, v.Behind)
			}
		}
		if free := ln.Length - tail; free > 50 {
			h.rate[l] += pRate * (moving*ln.Speed/free - h.rate[l])
		}
	}
	for r := range h.n.Roads {
		rd := &h.n.Roads[r]
		sum := 0.0
		for l := rd.First; l < rd.First+rd.Lanes; l++ {
			sum += h.rate[l] + 0.001
		}
		for l := rd.First; l < rd.First+rd.Lanes; l++ {
			h.share[l] = (h.rate[l] + 0.001) / sum
		}
	}
}

// A beam holds the plans of one junction that are being tried.
type beam struct {
	// The vehicles of all lanes: when each would reach the stop line unhindered, its weight, the phases that let it go, its
	// price where it goes; weights and weighted times summed up within each lane.
	at, weight []float64
	road       []int32 // where each goes, −1: out of sight
	mask       []uint64
	sumW, sumA []float64
	lo         []int32 // of each lane
	seen       []seen
	nodes      [][]node // by time
	kids       []node
}

type seen struct {
	at, weight float64
	road       int32
	mask       uint64
}

const (
	mostLanes = 32
	mostSteps = 48
)

// node is a plan so far.
type node struct {
	phase int8
	first int8    // the phase that it begins with
	cost  float64 // s, of those that have gone
	value float64 // with what remains
	next  [mostLanes]int16
	ready [mostLanes]float32 // s from now, when each lane's next vehicle may cross
	path  [mostSteps]int8
}

// fill lists the vehicles of a junction's lanes.
func (h *horizon) fill(o *control.Observation, a *ahead, span float64) {
	b := &h.beam
	b.at, b.weight, b.road, b.mask, b.lo = b.at[:0], b.weight[:0], b.road[:0], b.mask[:0], b.lo[:0]
	b.sumW, b.sumA = b.sumW[:0], b.sumA[:0]
	for i := range a.lanes {
		hl := &a.lanes[i]
		ln := &h.n.Lanes[hl.lane]
		b.seen = b.seen[:0]
		only := int32(-1)
		for _, c := range hl.links {
			only = h.n.Lanes[h.n.Connections[c].To].Road
		}
		for _, v := range o.Seen[hl.lane] {
			mask := hl.all
			for k, c := range hl.links {
				if h.n.Lanes[h.n.Connections[c].To].Road == v.Next {
					mask = hl.green[k]
				}
			}
			b.seen = append(b.seen, seen{arrival(ln, v.Behind, v.Speed), 1, v.Next, mask})
		}
		const every = 3
		run := ln.Length / ln.Speed
		if h.above[ln.Road] >= 0 && pInflow > 0 {
			sum, at := 0.0, 0.0
			for _, f := range h.in[ln.Road] {
				t := f.at + run + 3
				if t-o.Time > span || f.at <= o.Time {
					continue
				}
				if sum > 0 && t > at+every {
					b.seen = append(b.seen, seen{at - o.Time, sum, only, hl.all})
					sum = 0
				}
				if sum == 0 {
					at = t
				}
				sum += f.weight * h.share[hl.lane]
			}
			if sum > 0 {
				b.seen = append(b.seen, seen{at - o.Time, sum, only, hl.all})
			}
		} else {
			for t := math.Min(h.n.View, ln.Length)/ln.Speed + every/2; t < span; t += every {
				if w := h.rate[hl.lane] * every; w > 0.01 {
					b.seen = append(b.seen, seen{t, w, only, hl.all})
				}
			}
		}
		b.lo = append(b.lo, int32(len(b.at)))
		sw, sa := 0.0, 0.0
		for _, v := range b.seen {
			b.at, b.weight, b.road, b.mask = append(b.at, v.at), append(b.weight, v.weight), append(b.road, v.road), append(b.mask, v.mask)
			b.sumW, b.sumA = append(b.sumW, sw), append(b.sumA, sa)
			sw += v.weight
			sa += v.weight * v.at
		}
		b.at, b.weight, b.road, b.mask = append(b.at, math.Inf(1)), append(b.weight, 0), append(b.road, -1), append(b.mask, 0)
		b.sumW, b.sumA = append(b.sumW, sw), append(b.sumA, sa)
	}
	b.lo = append(b.lo, int32(len(b.at)))
}

// beyond returns what a vehicle that leaves for a road at t (s from now) is to wait at that road's end.
func (h *horizon) beyond(now float64, road int32, t float64) float64 {
	if road < 0 || pPrice == 0 {
		return 0
	}
	r := &h.n.Roads[road]
	return pPrice * h.waits[road].at(now+t+r.Length/r.Speed+3)
}

// publish tells the neighbours what junction j means to do: who leaves it when, and what would have to be waited on the roads
// that lead to it. The beam must still hold the junction's vehicles.
func (h *horizon) publish(o *control.Observation, j int) {
	a, b, p := &h.j[j], &h.beam, &h.plans[j]
	tau := math.Max(h.every, pTau)
	end := float64(len(p.phases)) * tau
	for i := range h.n.Junctions[j].Lanes {
		for _, c := range h.n.Out[h.n.Junctions[j].Lanes[i]] {
			r := h.n.Lanes[h.n.Connections[c].To].Road
			h.in[r] = h.in[r][:0]
		}
		r := h.n.Lanes[h.n.Junctions[j].Lanes[i]].Road
		w := &h.waits[r]
		w.start, w.s = o.Time, w.s[:0]
		for t := 0.0; t <= end; t += waitStep {
			w.s = append(w.s, 0)
		}
	}
	for i := range a.lanes {
		lo, hi := int(b.lo[i]), int(b.lo[i+1])-1
		hl := &a.lanes[i]
		road := h.n.Lanes[hl.lane].Road
		w := &h.waits[road]
		share := h.share[hl.lane]
		ready, k, wk := 0.0, lo, 0
		was := p.before
		open := hl.all&(1<<was) != 0
		for s := 0; s <= len(p.phases); s++ {
			from, to := float64(s)*tau, float64(s)*tau+tau
			if s == len(p.phases) { // whoever is left
				for ; wk < len(w.s); wk++ {
					w.s[wk] += float32(share * (end - float64(wk)*waitStep + pWait))
				}
				break
			}
			ph := p.phases[s]
			if hl.all&(1<<ph) == 0 {
				was, open = ph, false
				continue
			}
			if ph != was || !open {
				if ph != was {
					from += h.n.Yellow + h.n.AllRed
				}
				ready = from + pLoss
			}
			was, open = ph, true
			// A step of the change may hold no green at all.
			for {
				next := math.Inf(1)
				if k < hi {
					next = b.at[k]
				}
				for wk < len(w.s) && float64(wk)*waitStep < next { // one more, behind all before k
					t := float64(wk) * waitStep
					g := math.Max(t, ready)
					if g >= to {
						break
					}
					w.s[wk] += float32(share * (g - t))
					wk++
				}
				if k >= hi || b.mask[k]&(1<<ph) == 0 {
					break
				}
				g := math.Max(b.at[k], ready)
				if g >= to {
					break
				}
				h.send(o.Time+g, b.road[k], b.weight[k])
				ready = g + pHeadway*b.weight[k]
				k++
			}
		}
	}
	for i := range h.n.Junctions[j].Lanes {
		for _, c := range h.n.Out[h.n.Junctions[j].Lanes[i]] {
			r := h.n.Lanes[h.n.Connections[c].To].Road
			slices.SortFunc(h.in[r], func(x, y flow) int {
				if x.at < y.at {
					return -1
				} else if x.at > y.at {
					return 1
				}
				return 0
			})
		}
	}
}

func (h *horizon) send(at float64, road int32, weight float64) {
	if road >= 0 {
		h.in[road] = append(h.in[road], flow{at, weight})
	}
}

// arrival returns in how many seconds an unhindered vehicle reaches the end of its lane.
func arrival(l *city.Lane, behind, speed float64) float64 {
	const accel = 2
	t := behind / l.Speed
	if d := l.Speed - speed; d > 0 {
		t += d * d / (2 * accel * l.Speed)
	}
	return t
}

// choose returns the phase for junction j from now on.
func (h *horizon) choose(o *control.Observation, j int) int {
	a, b, s := &h.j[j], &h.beam, &o.Signals[j]
	tau := math.Max(h.every, pTau)
	change := math.Ceil((h.n.Yellow+h.n.AllRed+math.Max(pMin, h.n.MinGreen))/tau-1e-9) * tau
	steps := int(math.Ceil(pReach / tau))
	h.fill(o, a, float64(steps)*tau)
	for len(b.nodes) < steps+1 {
		b.nodes = append(b.nodes, nil)
	}
	for i := range b.nodes {
		b.nodes[i] = b.nodes[i][:0]
	}
	start := node{phase: int8(s.Phase), first: -1}
	for i := range a.lanes {
		start.next[i] = int16(0)
		if a.lanes[i].all&(1<<s.Phase) == 0 {
			start.ready[i] = -1
		}
	}
	b.nodes[0] = append(b.nodes[0], start)
	width := int(pWidth)
	for k := 0; k < steps; k++ {
		at := b.nodes[k]
		if len(at) > width {
			slices.SortFunc(at, func(x, y node) int {
				if x.value < y.value {
					return -1
				} else if x.value > y.value {
					return 1
				}
				return int(x.first) - int(y.first)
			})
			at = at[:width]
		}
		for i := range at {
			for p := 0; p < a.count; p++ {
				to := float64(k)*tau + tau
				green := float64(k) * tau
				if p != int(at[i].phase) {
					to = float64(k)*tau + change
					green += h.n.Yellow + h.n.AllRed
				}
				kk := int(math.Round(to / tau))
				if kk > steps {
					kk = steps
					to = float64(steps) * tau
				}
				b.nodes[kk] = append(b.nodes[kk], at[i])
				c := &b.nodes[kk][len(b.nodes[kk])-1]
				for q := k; q < kk; q++ {
					c.path[q] = int8(p)
				}
				h.play(o.Time, a, c, p, green, to)
				if c.first < 0 {
					c.first = int8(p)
				}
			}
		}
	}
	best := s.Phase
	least := math.Inf(1)
	p := &h.plans[j]
	p.start, p.before, p.phases = o.Time, int8(s.Phase), p.phases[:0]
	var won *node
	for i := range b.nodes[steps] {
		if c := &b.nodes[steps][i]; c.value < least {
			best, least, won = int(c.first), c.value, c
		}
	}
	if won != nil {
		p.phases = append(p.phases, won.path[:steps]...)
	}
	return best
}

// play goes on with plan c in phase p until to, green from green on.
func (h *horizon) play(now float64, a *ahead, c *node, p int, green, to float64) {
	b := &h.beam
	fresh := p != int(c.phase)
	c.phase = int8(p)
	value := 0.0
	for i := range a.lanes {
		lo := int(b.lo[i])
		k := lo + int(c.next[i])
		if a.lanes[i].all&(1<<p) != 0 {
			ready := float64(c.ready[i])
			if fresh {
				ready = green + pLoss
			}
			for b.mask[k]&(1<<p) != 0 {
				go_ := math.Max(b.at[k], ready)
				if fresh && b.at[k] >= green+pLoss {
					go_ = b.at[k]
				}
				if go_ >= to {
					break
				}
				c.cost += b.weight[k] * (go_ - b.at[k] + h.beyond(now, b.road[k], go_))
				ready = go_ + pHeadway*b.weight[k]
				k++
			}
			c.ready[i] = float32(ready)
			c.next[i] = int16(k - lo)
		}
		// Who remains has waited until now, and will for some time more.
		end := k
		for b.at[end] < to {
			end++
		}
		q := b.sumW[end] - b.sumW[k]
		value += q*to - (b.sumA[end] - b.sumA[k])
		value += q * (pWait + pQueue*q)
	}
	c.value = c.cost + value
}
