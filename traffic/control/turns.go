package control

import (
	"math"

	"citybrain/city"
)

// Where detectors only count, who turned where is worked out: the flows of a junction's links are those nearest to what was supposed
// that add up to the counts of each lane before it and of each street behind it (Furness 1965; Van Zuylen & Willumsen 1980).
// What comes in by a lane without detectors is what the streets behind have more than the others sent.

// A mixing is a junction's part of it.
type mixing struct {
	left   []float64 // of each lane: vehicles that left over its stop line of late
	even   []float64 // scratch
	behind []int32   // of each link: the road at whose stop lines all who take it are counted next, −1: there is none
}

const (
	balanceEvery = 10.0 // s
	balanceTurns = 20   // rounds
	oneCount     = 1.0  // vehicles that what is supposed weighs beside counts
)

// mixings finds every junction's.
func (n *Network) mixings() []mixing {
	out := make([]mixing, len(n.Junctions))
	for i := range n.Junctions {
		out[i].left, out[i].even = make([]float64, len(n.Junctions[i].Lanes)), make([]float64, len(n.Junctions[i].Links))
		for _, c := range n.Junctions[i].Links {
			out[i].behind = append(out[i].behind, n.countedAt(n.Lanes[n.Connections[c].To].Road, int32(i)))
		}
	}
	return out
}

// countedAt is the road at whose stop lines come all who take road r from junction i, and nobody else; −1: there is none.
func (n *Network) countedAt(r, i int32) int32 {
	before := int32(-1)
	for range 8 {
		next, stops := int32(-1), false
		for l := n.Roads[r].First; l < n.Roads[r].First+n.Roads[r].Lanes; l++ {
			for _, c := range n.In[l] {
				if k := &n.Connections[c]; before < 0 && k.Light != i || before >= 0 && n.Lanes[k.From].Road != before {
					return -1
				}
			}
			for _, c := range n.Out[l] {
				k := &n.Connections[c]
				switch to := n.Lanes[k.To].Road; {
				case k.Light >= 0:
					stops = true
				case k.Turn == city.UTurn: // where a street ends, those who come back are others
				case next < 0 || next == to:
					next = to
				default:
					return -1
				}
			}
		}
		switch {
		case stops && next < 0:
			return r
		case stops || next < 0:
			return -1
		}
		before, r = r, next
	}
	return -1
}

// A front is the first vehicle of a lane.
type front struct {
	id   int32
	idle float64 // s for which he stood although somebody whom nobody stops might have gone
	to   int32   // the road that he must want to, −1: any
}

// idleFront is the s of a green that goes first which he who does not use it must wait for another.
const idleFront = 3.0

// fronts tells ways apart where detectors don't: who stands at the line while a link of his lane has a green that waits for nobody wants to
// go by another.
func (b *brain) fronts(o *Observation) {
	for i := range b.at {
		r, sig := &b.at[i], o.Signals[i]
		for l, lane := range r.x.lanes {
			f := &r.front[l]
			if len(o.Seen[lane]) == 0 || len(r.x.of[l]) < 2 {
				*f = front{id: -1, to: -1}
				continue
			}
			c := &o.Seen[lane][0]
			if c.ID != f.id {
				*f = front{id: c.ID, to: -1}
			}
			if c.Speed >= 0.1 || c.Behind > wrongLane || sig.Changing || o.Time-sig.Since < startLoss+1 || f.to >= 0 {
				continue
			}
			own, best, most := false, -1, 0.0
			for _, k := range r.x.of[l] {
				if r.own(sig.Phase, k) && !b.stands(r, r.x.links[k].exit, o) {
					own = true
				} else if w := b.taken[r.x.links[k].conn]; best < 0 || w > most {
					best, most = k, w
				}
			}
			if own && best >= 0 {
				if f.idle += b.dt; f.idle > idleFront {
					f.to = b.n.Lanes[b.n.Connections[r.x.links[best].conn].To].Road
				}
			}
		}
	}
}

// balance works out the flow of every link.
func (b *brain) balance(o *Observation) {
	full := b.memory * (1 - math.Exp(-o.Time/b.memory)) // s that the counts stand for
	rate := func(count, supposed float64) float64 { return (count + oneCount) / (full + oneCount/supposed) }
	road := make([]float64, len(b.n.Roads)) // vehicles/s over its stop lines; 0: nobody counts
	for i := range b.at {
		for l, lane := range b.at[i].x.lanes {
			if !o.dead(lane) {
				road[b.n.Lanes[lane].Road] += rate(b.mixed[i].left[l], leastFlow)
			}
		}
	}
	// What comes to a road without detectors: as many as the junction before it sends and the junction behind it passes on.
	for r := range road {
		if road[r] == 0 {
			road[r] = -b.guessed[r]
		}
	}
	sent, on := make([]float64, len(road)), make([]float64, len(road))
	for i := range b.at {
		flow := b.mix(i, o, road, rate)
		x := b.at[i].x
		for k := range x.links {
			c := x.links[k].conn
			x.links[k].rate, b.taken[c] = flow[k], flow[k]+0.001
			on[b.n.Lanes[b.n.Connections[c].From].Road] += flow[k]
			if r := b.mixed[i].behind[k]; r >= 0 {
				sent[r] += flow[k]
			}
		}
	}
	for r := range road {
		if b.guessed[r] = on[r]; sent[r] > 0 {
			b.guessed[r] = math.Sqrt(on[r] * sent[r])
		}
	}
}

// mix works out the flows of junction i's links from those of its roads, vehicles/s: positive as counted, negative as guessed, 0 unknown.
func (b *brain) mix(i int, o *Observation, road []float64, rate func(float64, float64) float64) []float64 {
	x, m := b.at[i].x, &b.mixed[i]
	flow, row, col, before := make([]float64, len(x.links)), make([]float64, len(x.lanes)), make([]float64, len(road)), make([]float64, len(road))
	from := func(k int) int32 { return b.n.Lanes[x.lanes[x.links[k].lane]].Road }
	lanes := func() {
		clear(row)
		for k := range flow {
			before[from(k)] = 0
		}
		for k := range flow {
			row[x.links[k].lane] += flow[k]
			before[from(k)] += flow[k]
		}
		for k := range flow {
			if l := x.links[k].lane; !o.dead(x.lanes[l]) {
				flow[k] *= rate(m.left[l], leastFlow) / row[l]
			} else if g := -road[from(k)]; g > 0 {
				flow[k] *= math.Sqrt(g / before[from(k)])
			}
		}
	}
	for k := range flow {
		l, all := x.links[k].lane, 0.0
		for _, q := range x.of[l] {
			all += b.prior[x.links[q].conn]
		}
		flow[k] = leastFlow * b.prior[x.links[k].conn] / all
	}
	for range balanceTurns {
		lanes()
		for k := range flow {
			if r := m.behind[k]; r >= 0 {
				col[r] = 0
			}
		}
		for k := range flow {
			if r := m.behind[k]; r >= 0 {
				col[r] += flow[k]
			}
		}
		for k := range flow {
			switch r := m.behind[k]; {
			case r < 0:
			case road[r] > 0:
				flow[k] *= road[r] / col[r]
			case road[r] < 0:
				flow[k] *= math.Sqrt(-road[r] / col[r])
			}
		}
	}
	lanes()
	// Who has several lanes to choose from spreads over them.
	for k := range flow {
		if !o.dead(x.lanes[x.links[k].lane]) {
			continue
		}
		sum, n := 0.0, 0.0
		to := b.n.Lanes[b.n.Connections[x.links[k].conn].To].Road
		for q := range flow {
			if from(q) == from(k) && b.n.Lanes[b.n.Connections[x.links[q].conn].To].Road == to {
				sum, n = sum+flow[q], n+1
			}
		}
		m.even[k] = sum / n
	}
	for k := range flow {
		if o.dead(x.lanes[x.links[k].lane]) {
			flow[k] = m.even[k]
		}
	}
	return flow
}
