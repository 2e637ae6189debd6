package horizon

import (
	"math"
	"slices"

	"citybrain/city"
)

// kinds is how many groups of lanes a link has at its end: left and back, straight on, right. A link of one lane has the middle one.
const kinds = 3

// Slot is the queue of turns of kind k at the end of link l, in slices by queue.
func Slot(link *city.Link, l int32, k city.TurnKind) int32 {
	g := int32(1)
	if link.Lanes > 1 {
		switch k {
		case city.Left, city.UTurn:
			g = 0
		case city.Right:
			g = 2
		}
	}
	return l*kinds + g
}

// Slots is how many queues a city's links have.
func Slots(c *city.City) int { return kinds * len(c.Streets.Links) }

// A junction is what planning must know of it beforehand.
type junction struct {
	slots   []int32    // its queues
	lanes   []float32  // of each
	exit    []int      // of each: index into exits of the street that most of it leads to
	exits   []int32    // links
	served  [][]serve  // of each stage: how each queue is served
	foes    [][]int    // of each queue: those to which it gives way
	least   []int      // s of each stage's green
	between [][]int    // s from each stage to each
	notice  int        // s before its end at which a green is fixed
	longest int        // s, the longest that a change takes until the stage may be left
	serves  [][]int    // of each stage: movers
	behind  city.Round // of movers, by stages
	demand  []bool     // of each stage: no plan runs it, it comes on demand
	round   int32      // s, no less than what the stages of a round, of rings all, take at their least one after the other in any order
	lost    float32    // s that a change takes, on average
	movers  []mover    // who must be served
	rings   int        // that change each on its own; of a controller by stages 1
	ringed  bool
	moves   [][]uint8            // rings that change from each stage to each
	minimum [][city.MaxRings]int // s of green, of each stage's phase of each ring
	carried [][]serve            // of rings, of each stage to each: how queues are served that go on, [from*stages+to]
}

// A serve is how a stage serves a queue: the share of its vehicles that may go, and whether they give way.
type serve struct {
	share  float32
	yields bool
}

// A mover is movements that the same stages, a set, must give green within limit seconds.
type mover struct {
	movements []int
	limit     int
	stages    uint32
	first     int // of them
}

// A Network is what planning must know of a city beforehand. It is immutable.
type Network struct {
	city      *city.City
	junctions []junction
	turns     city.TurnIndex
	enter     [][]int32 // of each link: turns that lead into it
	free      []int     // s that each link takes
	sources   [][]source
}

// A source of a link that leads to lights is a link from which vehicles come to it without passing other lights, itself included.
type source struct {
	link  int32
	turns []int32 // by which they come
	after int     // s from its end to the end of the link that they come to
	gate  []int32 // the turns at lights by which vehicles come onto it; nil: it begins elsewhere
}

// A Gate is a turn at lights by which vehicles come to a link that leads to the next ones: After seconds later they are at its end, those who
// took the turns Via, which no light holds up.
type Gate struct {
	Turn  int32
	Via   []int32
	After int
}

// Gates lists those of an approach to lights.
func (n *Network) Gates(l int32) (list []Gate) {
	for _, s := range n.sources[l] {
		for _, t := range s.gate {
			list = append(list, Gate{t, s.turns, s.after + n.free[s.link]})
		}
	}
	return list
}

// farthest is how many seconds upstream vehicles are looked for.
const farthest = Ahead

// NewNetwork derives what planning needs.
func NewNetwork(c *city.City) *Network {
	n := &Network{city: c, turns: c.Streets.IndexTurns(), enter: make([][]int32, len(c.Streets.Links)), free: make([]int, len(c.Streets.Links)), sources: make([][]source, len(c.Streets.Links))}
	for t := range c.Streets.Turns {
		to := c.Streets.Turns[t].To
		n.enter[to] = append(n.enter[to], int32(t))
	}
	for l := range n.free {
		n.free[l] = int(math.Round(c.Streets.Links[l].FreeTime()))
	}
	for j := range c.Signals {
		for _, l := range city.Approaches(&c.Signals[j]) {
			n.sources[l] = n.upstream(l)
		}
		x := n.junction(&c.Signals[j])
		x.ring(&c.Signals[j])
		n.junctions = append(n.junctions, x)
	}
	return n
}

// upstream lists a link's sources.
func (n *Network) upstream(l int32) []source {
	var list []source
	s := &n.city.Streets
	var walk func(at int32, turns []int32, after int)
	walk = func(at int32, turns []int32, after int) {
		src := source{link: at, turns: slices.Clone(turns), after: after}
		begin := after + n.free[at]
		for _, t := range n.enter[at] {
			if s.Turns[t].Junction >= 0 {
				src.gate = append(src.gate, t)
			}
		}
		list = append(list, src)
		if begin >= farthest || len(turns) >= 4 {
			return
		}
		for _, t := range n.enter[at] {
			if s.Turns[t].Junction < 0 && s.Turns[t].Kind != city.UTurn {
				walk(s.Turns[t].From, append(turns, t), begin)
			}
		}
	}
	walk(l, nil, 0)
	return list
}

func (n *Network) junction(at *city.Junction) junction {
	links := n.city.Streets.Links
	var j junction
	index := map[int32]int{}
	of := make([]int, len(at.Movements)) // the queue of each movement, −1
	for m := range at.Movements {
		mv := &at.Movements[m]
		of[m] = -1
		if mv.Kind != city.Vehicles || len(mv.Turns) == 0 {
			continue
		}
		link := &links[mv.From]
		slot := Slot(link, mv.From, mv.Turn)
		i, ok := index[slot]
		if !ok {
			i = len(j.slots)
			index[slot] = i
			j.slots, j.lanes, j.exit, j.foes = append(j.slots, slot), append(j.lanes, 1), append(j.exit, 0), append(j.foes, nil)
		}
		of[m] = i
		j.lanes[i] = min(max(j.lanes[i], float32(mv.Lanes)), float32(link.Lanes))
		to := n.city.Streets.Turns[mv.Turns[0]].To
		e := -1
		for k, x := range j.exits {
			if x == to {
				e = k
			}
		}
		if e < 0 {
			e = len(j.exits)
			j.exits = append(j.exits, to)
		}
		if !ok || mv.Turn == city.Straight {
			j.exit[i] = e
		}
	}
	shares := make([][kinds + 1]float32, len(j.slots)) // of a queue's movements, by kind: what a lane of several turns is taken to have
	usual := [...]float32{city.Straight: 1, city.Left: 0.4, city.Right: 0.3, city.UTurn: 0.05}
	for m, i := range of {
		if i >= 0 {
			shares[i][at.Movements[m].Turn] = usual[at.Movements[m].Turn]
		}
	}
	for i := range shares {
		sum := float32(0)
		for _, s := range shares[i] {
			sum += s
		}
		for k := range shares[i] {
			shares[i][k] /= sum
		}
	}
	for s := range at.Stages {
		row := make([]serve, len(j.slots))
		for _, m := range at.Stages[s].Movements {
			i := of[m]
			if i < 0 {
				continue
			}
			mv := &at.Movements[m]
			row[i].share += shares[i][mv.Turn]
			row[i].yields = row[i].yields || mv.Permissive && links[mv.From].Lanes > 1
		}
		for i := range row {
			row[i].share = min(row[i].share, 1)
		}
		j.served = append(j.served, row)
		j.least = append(j.least, at.StageMinGreen(s))
		between := make([]int, len(at.Stages))
		for q := range between {
			between[q] = at.Between(s, q)
			if q != s {
				j.lost += float32(between[q]) / float32(len(at.Stages)*max(1, len(at.Stages)-1))
			}
		}
		j.between = append(j.between, between)
	}
	for m, i := range of {
		if i < 0 || !at.Movements[m].Permissive {
			continue
		}
		for o, k := range of {
			if k >= 0 && k != i && !at.Movements[o].Permissive && at.Intergreen[m][o] > 0 && at.Movements[o].From != at.Movements[m].From {
				seen := false
				for _, f := range j.foes[i] {
					seen = seen || f == k
				}
				if !seen {
					j.foes[i] = append(j.foes[i], k)
				}
			}
		}
	}
	if at.Countdown {
		j.notice = city.CountdownTime
	}
	for q := range j.least {
		most := 0
		for p := range j.between {
			most = max(most, j.between[p][q])
		}
		j.longest = max(j.longest, most+max(j.least[q], j.notice+1))
		j.demand = append(j.demand, at.OnDemand(q))
		if !j.demand[q] {
			j.round += int32(most + j.least[q])
		}
	}
	for m := range at.Movements {
		v := mover{movements: []int{m}, limit: city.LongestRed}
		if at.Movements[m].Kind != city.Vehicles {
			v.limit = city.LongestCall
		}
		if at.Ring == nil {
			v.limit = max(v.limit, at.LeastRound()) // sooner it can't be
		}
		for s := range at.Stages {
			if at.InStage(s, int32(m)) {
				if v.stages == 0 {
					v.first = s
				}
				v.stages |= 1 << s
			}
		}
		same := v.stages == 1<<len(at.Stages)-1 // always green
		for k := range j.movers {
			if o := &j.movers[k]; !same && o.stages == v.stages && o.limit == v.limit {
				o.movements, same = append(o.movements, m), true
			}
		}
		if v.stages != 0 && !same {
			j.movers = append(j.movers, v)
		}
	}
	j.serves = make([][]int, len(at.Stages))
	var one []int
	var limit []int32
	for k := range j.movers {
		one, limit = append(one, j.movers[k].movements[0]), append(limit, int32(j.movers[k].limit))
		for s := range j.serves {
			if j.movers[k].stages>>s&1 == 1 {
				j.serves[s] = append(j.serves[s], k)
			}
		}
	}
	if at.Ring == nil {
		j.behind = city.NewRound(at, one, limit)
	}
	return j
}

// ring sets which rings change from stage to stage; by stages there is one, which always does.
func (j *junction) ring(at *city.Junction) {
	n := len(at.Stages)
	plan, ok, err := at.Rings()
	j.ringed = ok && err == nil // a city whose rings are not right has no engine either
	j.rings = 1
	if j.ringed {
		j.rings = plan.Rings()
		j.longest += slices.Max(j.least) // one ring waits for another
	}
	for a := range n {
		moves, minimum := make([]uint8, n), [city.MaxRings]int{j.least[a]}
		for b := range n {
			switch {
			case j.ringed:
				moves[b] = plan.Moves(a, b)
			case a != b:
				moves[b] = 1
			}
		}
		if j.ringed {
			phases, _ := plan.Stage(a)
			for r, ph := range phases {
				minimum[r] = plan.Phase(ph).Min
			}
			for b := range n {
				row := make([]serve, len(j.slots))
				for k := range row {
					x, y := j.served[a][k], j.served[b][k]
					row[k] = serve{min(x.share, y.share), x.yields || y.yields}
				}
				j.carried = append(j.carried, row)
			}
		}
		j.moves, j.minimum = append(j.moves, moves), append(j.minimum, minimum)
	}
}

// Changed sets when the rings that changed from stage was, −1 for all, to stage now of junction j, whose new greens began or begin at second at, may
// end them. By stages there is one ring.
func (n *Network) Changed(j, was, now, at int, free *[city.MaxRings]int) {
	x := &n.junctions[j]
	for r := range x.rings {
		if was < 0 || x.moves[was][now]&(1<<r) != 0 {
			free[r] = at + x.minimum[now][r] - x.notice
		}
	}
}

// Ready returns when junction j's controller could begin to change from stage was to stage now.
func (n *Network) Ready(j, was, now int, free *[city.MaxRings]int) (at int) {
	x := &n.junctions[j]
	for r := range x.rings {
		if x.moves[was][now]&(1<<r) != 0 {
			at = max(at, free[r])
		}
	}
	return at
}

var inf = float32(math.Inf(1))
