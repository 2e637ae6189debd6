package control

import (
	"math"
	"os"
	"slices"
	"strconv"

	"citybrain/city"
)

// horizon is the predictive controller: every junction plays its next minutes forward for the vehicles that are seen and those
// that are to be expected, one by one and lane by lane, tries sequences of phases, and begins the one with the least delay
// (rolling horizon after Sen & Head 1997, "Controlled optimization of phases at an intersection", with a beam instead of
// exhaustive dynamic programming).
type horizon struct {
	n     *Network
	every float64
	j     []ahead
	rate  []float64 // of each lane: vehicles per second that enter it, smoothed
	from  []float64 // of each junction: when it decides next
	price []float64 // of each road: s that one vehicle more costs there
	beam  beam
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
	pPrice   = par("P_PRICE", 0)
	pCap     = par("P_CAP", 30)
	pTau     = par("P_TAU", 5)
	pMin     = par("P_MIN", 5)
	pRate    = par("P_RATE", 0.3)
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

func newHorizon(n *Network, s Settings) Controller {
	h := &horizon{n: n, every: s.Every, rate: make([]float64, len(n.Lanes)), from: make([]float64, len(n.Junctions)), price: make([]float64, len(n.Roads))}
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

func (h *horizon) Decide(o *Observation, want []int) {
	h.expect(o)
	for j := range h.j {
		s := &o.Signals[j]
		if want[j] < 0 {
			want[j] = s.Phase
		}
		if o.Time < h.from[j] || s.Changing {
			continue
		}
		want[j] = h.choose(o, j)
		h.from[j] = o.Time + math.Max(h.every, math.Min(pTau, 1e9))
		if want[j] != s.Phase {
			h.from[j] = o.Time + math.Max(h.every, h.n.Yellow+h.n.AllRed+math.Max(pMin, h.n.MinGreen))
		}
	}
}

// expect updates what is to be expected of lanes and roads.
func (h *horizon) expect(o *Observation) {
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
		halted := 0.0
		for l := rd.First; l < rd.First+rd.Lanes; l++ {
			halted += math.Max(0, float64(o.Halted[l]))
		}
		h.price[r] = math.Min(pCap, pPrice*halted/float64(rd.Lanes))
	}
}

// A beam holds the plans of one junction that are being tried.
type beam struct {
	// The vehicles of all lanes: when each would reach the stop line unhindered, its weight, the phases that let it go, its
	// price where it goes; weights and weighted times summed up within each lane.
	at, weight, price []float64
	mask              []uint64
	sumW, sumA        []float64
	lo                []int32 // of each lane
	seen              []seen
	nodes             [][]node // by time
	kids              []node
}

type seen struct {
	at, weight, price float64
	mask              uint64
}

const mostLanes = 32

// node is a plan so far.
type node struct {
	phase int8
	first int8    // the phase that it begins with
	cost  float64 // s, of those that have gone
	value float64 // with what remains
	next  [mostLanes]int16
	ready [mostLanes]float32 // s from now, when each lane's next vehicle may cross
}

// fill lists the vehicles of a junction's lanes.
func (h *horizon) fill(o *Observation, a *ahead, span float64) {
	b := &h.beam
	b.at, b.weight, b.price, b.mask, b.lo = b.at[:0], b.weight[:0], b.price[:0], b.mask[:0], b.lo[:0]
	b.sumW, b.sumA = b.sumW[:0], b.sumA[:0]
	for i := range a.lanes {
		hl := &a.lanes[i]
		ln := &h.n.Lanes[hl.lane]
		b.seen = b.seen[:0]
		for _, v := range o.Seen[hl.lane] {
			mask, price := hl.all, 0.0
			for k, c := range hl.links {
				if r := h.n.Lanes[h.n.Connections[c].To].Road; r == v.Next {
					mask, price = hl.green[k], h.price[r]
				}
			}
			b.seen = append(b.seen, seen{arrival(ln, v.Behind, v.Speed), 1, price, mask})
		}
		const every = 5
		price := 0.0
		for _, c := range hl.links {
			price += h.price[h.n.Lanes[h.n.Connections[c].To].Road] / float64(len(hl.links))
		}
		for t := math.Min(h.n.View, ln.Length)/ln.Speed + every/2; t < span; t += every {
			if w := h.rate[hl.lane] * every; w > 0.01 {
				b.seen = append(b.seen, seen{t, w, price, hl.all})
			}
		}
		b.lo = append(b.lo, int32(len(b.at)))
		sw, sa := 0.0, 0.0
		for _, v := range b.seen {
			b.at, b.weight, b.price, b.mask = append(b.at, v.at), append(b.weight, v.weight), append(b.price, v.price), append(b.mask, v.mask)
			b.sumW, b.sumA = append(b.sumW, sw), append(b.sumA, sa)
			sw += v.weight
			sa += v.weight * v.at
		}
		b.at, b.weight, b.price, b.mask = append(b.at, math.Inf(1)), append(b.weight, 0), append(b.price, 0), append(b.mask, 0)
		b.sumW, b.sumA = append(b.sumW, sw), append(b.sumA, sa)
	}
	b.lo = append(b.lo, int32(len(b.at)))
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
func (h *horizon) choose(o *Observation, j int) int {
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
				h.play(a, c, p, green, to)
				if c.first < 0 {
					c.first = int8(p)
				}
			}
		}
	}
	best := s.Phase
	least := math.Inf(1)
	for i := range b.nodes[steps] {
		if c := &b.nodes[steps][i]; c.value < least {
			best, least = int(c.first), c.value
		}
	}
	return best
}

// play goes on with plan c in phase p until to, green from green on.
func (h *horizon) play(a *ahead, c *node, p int, green, to float64) {
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
				c.cost += b.weight[k] * (go_ - b.at[k] + b.price[k])
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
