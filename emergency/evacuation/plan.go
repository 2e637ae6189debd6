package evacuation

import (
	"cmp"
	"container/heap"
	"fmt"
	"math"
	"slices"
)

// A Block is people who must leave.
type Block struct {
	Name   string
	Node   int32
	People float64
	By     float64 // s from now, when the last of them must have left
}

// A Shelter takes people.
type Shelter struct {
	Name   string
	Node   int32
	Places float64
}

// A Road leads from one node to another.
type Road struct {
	From, To int32
	Seconds  float64
	Flow     float64 // people a second that it carries for this
	Until    float64 // s from now, when water closes it; +Inf: never
}

// Problem is what is to be planned.
type Problem struct {
	Nodes    int
	Roads    []Road
	Blocks   []Block
	Shelters []Shelter
	Step     float64 // s, 60
	Horizon  float64 // s, by when all must have arrived
}

// A Departure is people of a block who leave in a step for a shelter.
type Departure struct {
	Block, Shelter int
	Leave, Arrive  float64 // s from now
	People         float64
	Way            []int // roads
}

// A Plan is who goes where and when.
type Plan struct {
	Departures []Departure
	Stranded   []float64 // people of each block for whom there is no way in time
	Last       float64   // s from now, when the last one arrives
}

// Check reports what of the problem makes no sense.
func (p *Problem) Check() error {
	in := func(n int32) bool { return n >= 0 && int(n) < p.Nodes }
	if !(p.Step > 0) || !(p.Horizon >= p.Step) {
		return fmt.Errorf("evacuation: steps of %g s up to %g s; give a step above 0 and a horizon of one at least", p.Step, p.Horizon)
	}
	for i, r := range p.Roads {
		if !in(r.From) || !in(r.To) || !(r.Seconds > 0) || !(r.Flow >= 0) {
			return fmt.Errorf("evacuation: road %d from node %d to %d: %g s, %g people/s", i, r.From, r.To, r.Seconds, r.Flow)
		}
	}
	for _, b := range p.Blocks {
		if !in(b.Node) || !(b.People >= 0) || math.IsNaN(b.By) {
			return fmt.Errorf("evacuation: block %q at node %d: %g people, to leave within %g s", b.Name, b.Node, b.People, b.By)
		}
	}
	for _, s := range p.Shelters {
		if !in(s.Node) || !(s.Places >= 0) {
			return fmt.Errorf("evacuation: shelter %q at node %d: %g places", s.Name, s.Node, s.Places)
		}
	}
	return nil
}

// network is the residual network in time. Arc k and k^1 are one arc and its reverse.
type network struct {
	first []int32
	next  []int32
	to    []int32
	left  []float64
	cost  []float64
	road  []int32 // of a road's arc, else -1
	price []float64
}

func (n *network) arc(a, b int32, room, cost float64, road int32) {
	for _, x := range [2]struct {
		from, to   int32
		room, cost float64
	}{{a, b, room, cost}, {b, a, 0, -cost}} {
		n.to, n.left, n.cost, n.road = append(n.to, x.to), append(n.left, x.room), append(n.cost, x.cost), append(n.road, road)
		n.next = append(n.next, n.first[x.from])
		n.first[x.from] = int32(len(n.to) - 1)
	}
}

// least is people too few to plan for.
const least = 1e-6

// Make plans p.
func Make(p *Problem) (*Plan, error) {
	if err := p.Check(); err != nil {
		return nil, err
	}
	steps := int(p.Horizon/p.Step) + 1
	reach := p.reachable()
	// Nodes that no road of use touches are left out.
	index := make([]int32, p.Nodes)
	used := int32(0)
	for n := range index {
		index[n] = -1
		if reach[n] {
			index[n] = used
			used++
		}
	}
	blocks, shelters := used*int32(steps), int32(0)
	shelters = blocks + int32(len(p.Blocks))
	sink := shelters + int32(len(p.Shelters))
	at := func(n int32, k int) int32 { return index[n]*int32(steps) + int32(k) }
	net := &network{first: make([]int32, sink+1), price: make([]float64, sink+1)}
	for i := range net.first {
		net.first[i] = -1
	}
	for i := range p.Roads {
		r := &p.Roads[i]
		if index[r.From] < 0 || index[r.To] < 0 || r.Flow <= 0 {
			continue
		}
		takes := max(1, int(math.Ceil(r.Seconds/p.Step-1e-9)))
		for k := 0; k+takes < steps; k++ {
			if float64(k+takes)*p.Step > r.Until {
				break
			}
			net.arc(at(r.From, k), at(r.To, k+takes), r.Flow*p.Step, float64(takes)*p.Step, int32(i))
		}
	}
	// Waiting is at home alone: nobody stands on a road.
	for i, b := range p.Blocks {
		if index[b.Node] < 0 {
			continue
		}
		for k := range steps {
			if float64(k)*p.Step > b.By {
				break
			}
			net.arc(blocks+int32(i), at(b.Node, k), math.Inf(1), float64(k)*p.Step, -1)
		}
	}
	for j, s := range p.Shelters {
		if index[s.Node] < 0 {
			continue
		}
		for k := range steps {
			net.arc(at(s.Node, k), shelters+int32(j), math.Inf(1), 0, -1)
		}
		net.arc(shelters+int32(j), sink, s.Places, 0, -1)
	}
	plan := &Plan{Stranded: make([]float64, len(p.Blocks))}
	order := make([]int, len(p.Blocks))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(p.Blocks[a].By, p.Blocks[b].By) })
	sent := make([]float64, len(p.Blocks))
	for _, i := range order {
		for p.Blocks[i].People-sent[i] > least {
			n := net.augment(blocks+int32(i), sink, p.Blocks[i].People-sent[i])
			if n <= least {
				break
			}
			sent[i] += n
		}
		plan.Stranded[i] = max(0, p.Blocks[i].People-sent[i])
	}
	net.decompose(p, plan, blocks, shelters, sink, steps, used)
	return plan, nil
}

// reachable marks the nodes to which some block can come and from which some shelter can be reached.
func (p *Problem) reachable() []bool {
	out, in := make([][]int32, p.Nodes), make([][]int32, p.Nodes)
	for _, r := range p.Roads {
		if r.Flow > 0 {
			out[r.From], in[r.To] = append(out[r.From], r.To), append(in[r.To], r.From)
		}
	}
	from, to := make([]bool, p.Nodes), make([]bool, p.Nodes)
	spread := func(mark []bool, list []int32, edges [][]int32) {
		for len(list) > 0 {
			n := list[len(list)-1]
			list = list[:len(list)-1]
			if mark[n] {
				continue
			}
			mark[n] = true
			list = append(list, edges[n]...)
		}
	}
	var a, b []int32
	for _, x := range p.Blocks {
		a = append(a, x.Node)
	}
	for _, x := range p.Shelters {
		b = append(b, x.Node)
	}
	spread(from, a, out)
	spread(to, b, in)
	for n := range from {
		from[n] = from[n] && to[n]
	}
	return from
}

type reached struct {
	node int32
	cost float64
}

type frontier []reached

func (f frontier) Len() int { return len(f) }
func (f frontier) Less(a, b int) bool {
	if f[a].cost != f[b].cost {
		return f[a].cost < f[b].cost
	}
	return f[a].node < f[b].node
}
func (f frontier) Swap(a, b int) { f[a], f[b] = f[b], f[a] }
func (f *frontier) Push(x any)   { *f = append(*f, x.(reached)) }
func (f *frontier) Pop() any {
	x := (*f)[len(*f)-1]
	*f = (*f)[:len(*f)-1]
	return x
}

// augment sends up to most people by the cheapest way with room, and returns how many. Costs are reduced by prices (Edmonds and Karp 1972),
// so that none is negative; those of nodes that this search does not reach take the farthest's.
func (n *network) augment(from, sink int32, most float64) float64 {
	cost := make([]float64, len(n.first))
	by := make([]int32, len(n.first))
	for i := range cost {
		cost[i], by[i] = math.Inf(1), -1
	}
	cost[from] = 0
	open := frontier{{from, 0}}
	for len(open) > 0 {
		x := heap.Pop(&open).(reached)
		if x.cost > cost[x.node] {
			continue
		}
		if x.node == sink {
			break
		}
		for k := n.first[x.node]; k >= 0; k = n.next[k] {
			if n.left[k] <= least {
				continue
			}
			c := x.cost + max(0, n.cost[k]+n.price[x.node]-n.price[n.to[k]])
			if c < cost[n.to[k]]-1e-9 {
				cost[n.to[k]], by[n.to[k]] = c, k
				heap.Push(&open, reached{n.to[k], c})
			}
		}
	}
	if math.IsInf(cost[sink], 1) {
		return 0
	}
	for i := range n.price {
		n.price[i] += min(cost[i], cost[sink])
	}
	room := most
	for v := sink; v != from; v = n.to[by[v]^1] {
		room = min(room, n.left[by[v]])
	}
	for v := sink; v != from; v = n.to[by[v]^1] {
		n.left[by[v]] -= room
		n.left[by[v]^1] += room
	}
	return room
}

// decompose takes the flow apart into departures.
func (n *network) decompose(p *Problem, plan *Plan, blocks, shelters, sink int32, steps int, _ int32) {
	for i := range p.Blocks {
		for {
			v, people := blocks+int32(i), math.Inf(1)
			d := Departure{Block: i, Leave: -1}
			var arcs []int32
			for v != sink {
				k := n.first[v]
				for ; k >= 0; k = n.next[k] {
					if k&1 == 0 && n.left[k^1] > least {
						break
					}
				}
				if k < 0 {
					break
				}
				arcs, people = append(arcs, k), min(people, n.left[k^1])
				if n.road[k] >= 0 {
					d.Way = append(d.Way, int(n.road[k]))
				}
				if d.Leave < 0 {
					d.Leave = float64(int(n.to[k])%steps) * p.Step
				}
				if n.to[k] >= shelters && n.to[k] < sink {
					d.Shelter = int(n.to[k] - shelters)
					d.Arrive = float64(int(v)%steps) * p.Step
				}
				v = n.to[k]
			}
			if v != sink {
				break
			}
			for _, k := range arcs {
				n.left[k^1] -= people
			}
			d.People = people
			plan.Departures = append(plan.Departures, d)
			plan.Last = max(plan.Last, d.Arrive)
		}
	}
	slices.SortStableFunc(plan.Departures, func(a, b Departure) int {
		if c := cmp.Compare(a.Leave, b.Leave); c != 0 {
			return c
		}
		return cmp.Compare(a.Block, b.Block)
	})
}
