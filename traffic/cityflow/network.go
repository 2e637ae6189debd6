package cityflow

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"citybrain/city"

	"github.com/paulmach/orb"
)

// A network is a LaneNet in the form that a step reads. A way is a lane or a link through a junction: the net's lanes come
// first, then its connections.
type network struct {
	lanes  int32
	length []float64 // m, of each way
	limit  []float64 // m/s, of each lane
	road   []int32   // of each lane
	number []int32   // of each lane, counted from the middle of its road
	// The lane beside, towards the kerb and towards the middle, −1: none; and the metres between their middles.
	outer, inner           []int32
	outerAside, innerAside []float64
	out                    []int32 // the links of lane l are ways out[l] to out[l+1]

	// Of each link, by way − lanes.
	from, to []int32
	turns    []bool
	rank     []uint8 // straight on 3, left 2, right 1

	// Where links cross: the crossings of link k are entries meet[k] to meet[k+1], by their distance from its start.
	meet  []int32
	at    []float64 // m from the link's start
	mate  []int32   // the same crossing among the other link's entries
	owner []int32   // the entry's link

	legs []int32 // where each journey's roads begin among those of all

	// Links by light: those of light i are ways lit[i] to lit[i+1] of litLinks.
	lit      []int32
	litLinks []int32
}

func newNetwork(n *city.LaneNet) (*network, error) {
	w := &network{lanes: int32(len(n.Lanes))}
	ways := len(n.Lanes) + len(n.Connections)
	w.length = make([]float64, ways)
	w.limit, w.road = make([]float64, len(n.Lanes)), make([]int32, len(n.Lanes))
	w.number = make([]int32, len(n.Lanes))
	w.outer, w.inner = make([]int32, len(n.Lanes)), make([]int32, len(n.Lanes))
	w.outerAside, w.innerAside = make([]float64, len(n.Lanes)), make([]float64, len(n.Lanes))
	w.out = make([]int32, len(n.Lanes)+1)
	for i := range n.Lanes {
		l := &n.Lanes[i]
		if !(l.Length > 0) {
			return nil, fmt.Errorf("lane %s: its length is %g m", l.ID, l.Length)
		}
		if len(l.Line) == 0 {
			return nil, fmt.Errorf("lane %s has no line", l.ID)
		}
		r := &n.Roads[l.Road]
		w.length[i], w.limit[i], w.road[i] = l.Length, l.Speed, l.Road
		w.number[i] = r.First + r.Lanes - 1 - int32(i)
		if w.outer[i] = int32(i) - 1; int32(i) == r.First {
			w.outer[i] = -1
		} else {
			w.outerAside[i] = apart(l, &n.Lanes[i-1])
		}
		if w.inner[i] = int32(i) + 1; int32(i) == r.First+r.Lanes-1 {
			w.inner[i] = -1
		} else {
			w.innerAside[i] = apart(l, &n.Lanes[i+1])
		}
	}
	for i := range n.Lights {
		l := &n.Lights[i]
		if len(l.Phases) == 0 {
			return nil, fmt.Errorf("light %s has no phases", l.ID)
		}
		for p := range l.Phases {
			if len(l.Phases[p].State) != l.Places {
				return nil, fmt.Errorf("light %s: phase %d has %d letters for %d places", l.ID, p, len(l.Phases[p].State), l.Places)
			}
		}
	}
	lights := make([]int32, len(n.Connections))
	byNode := make([][]int32, len(n.Nodes))
	for i := range n.Connections {
		c := &n.Connections[i]
		if lanes := int32(len(n.Lanes)); c.From < 0 || c.From >= lanes || c.To < 0 || c.To >= lanes || c.Node < 0 || int(c.Node) >= len(n.Nodes) ||
			c.Light < -1 || int(c.Light) >= len(n.Lights) || int(c.Turn) > int(city.UTurn) {
			return nil, fmt.Errorf("connection %d: a lane, node, light or turn that is not there", i)
		}
		if !(c.Length >= 0) || len(c.Path) < 2 {
			return nil, fmt.Errorf("connection %d from lane %s: it needs a path; its length is %g m", i, n.Lanes[c.From].ID, c.Length)
		}
		if i > 0 && c.From < n.Connections[i-1].From {
			return nil, fmt.Errorf("connection %d: they must be sorted by the lane they come from", i)
		}
		w.length[len(n.Lanes)+i] = c.Length
		w.from, w.to = append(w.from, c.From), append(w.to, c.To)
		w.turns = append(w.turns, c.Turn != city.Straight)
		w.rank = append(w.rank, [...]uint8{city.Straight: 3, city.Left: 2, city.Right: 1, city.UTurn: 2}[c.Turn])
		w.out[c.From+1]++
		lights[i] = c.Light
		byNode[c.Node] = append(byNode[c.Node], int32(i))
	}
	w.out[0] = w.lanes
	for i := range n.Lanes {
		w.out[i+1] += w.out[i]
	}
	w.crossings(n, byNode)
	w.lit = make([]int32, len(n.Lights)+1)
	order := make([]int32, 0, len(lights))
	for i, l := range lights {
		if l < 0 {
			continue
		}
		if c := &n.Connections[i]; c.Index < 0 || int(c.Index) >= n.Lights[l].Places {
			return nil, fmt.Errorf("connection %d: light %s has no place %d", i, n.Lights[l].ID, c.Index)
		}
		order = append(order, int32(i))
		w.lit[l+1]++
	}
	for l := range n.Lights {
		w.lit[l+1] += w.lit[l]
	}
	slices.SortStableFunc(order, func(a, b int32) int { return cmp.Compare(lights[a], lights[b]) })
	w.litLinks = order
	return w, nil
}

// apart returns the metres between the starts of two lanes, how far a change of lane goes sideways.
func apart(a, b *city.Lane) float64 {
	return max(0.1, distance(a.Line[0], b.Line[0]))
}

type crossing struct {
	a, b     int32 // links
	atA, atB float64
}

// crossings finds where the paths of a node's links first meet each other, their ends included.
func (w *network) crossings(n *city.LaneNet, byNode [][]int32) {
	var all []crossing
	var sizes = make([]int32, len(n.Connections))
	box := make([]orb.Bound, len(n.Connections))
	for i := range box {
		box[i] = n.Connections[i].Path.Bound().Pad(1e-6)
	}
	for _, links := range byNode {
		for i, a := range links {
			for _, b := range links[i+1:] {
				if box[a].Intersects(box[b]) {
					if atA, atB, ok := firstMeeting(n.Connections[a].Path, n.Connections[b].Path); ok {
						all = append(all, crossing{a, b, atA, atB})
						sizes[a]++
						sizes[b]++
					}
				}
			}
		}
	}
	w.meet = make([]int32, len(n.Connections)+1)
	for i, k := range sizes {
		w.meet[i+1] = w.meet[i] + k
	}
	total := w.meet[len(n.Connections)]
	w.at, w.mate, w.owner = make([]float64, total), make([]int32, total), make([]int32, total)
	// An entry is first named by 2·crossing + side, sorted by distance within its link, then by its place.
	named, place, fill := make([]int32, total), make([]int32, total), slices.Clone(w.meet[:len(n.Connections)])
	for i, c := range all {
		named[fill[c.a]], named[fill[c.b]] = int32(2*i), int32(2*i+1)
		fill[c.a]++
		fill[c.b]++
	}
	dist := func(name int32) float64 {
		if name&1 == 0 {
			return all[name>>1].atA
		}
		return all[name>>1].atB
	}
	for k := range n.Connections {
		part := named[w.meet[k]:w.meet[k+1]]
		slices.SortStableFunc(part, func(a, b int32) int { return cmp.Compare(dist(a), dist(b)) })
		for i, name := range part {
			e := w.meet[k] + int32(i)
			place[name], w.at[e], w.owner[e] = e, dist(name), int32(k)
		}
	}
	for e, name := range named {
		w.mate[e] = place[name^1]
	}
}

// firstMeeting returns where path a first meets path b, as metres along both; pieces that are parallel don't meet.
func firstMeeting(a, b orb.LineString) (atA, atB float64, ok bool) {
	const tiny = 1e-8 // m and m²; CityFlow's
	soFarA := 0.0
	for i := 1; i < len(a); i++ {
		ux, uy := a[i][0]-a[i-1][0], a[i][1]-a[i-1][1]
		soFarB := 0.0
		for j := 1; j < len(b); j++ {
			vx, vy := b[j][0]-b[j-1][0], b[j][1]-b[j-1][1]
			if det := ux*vy - uy*vx; math.Abs(det) >= tiny {
				wx, wy := b[j-1][0]-a[i-1][0], b[j-1][1]-a[i-1][1]
				s, t := (wx*vy-wy*vx)/det, (wx*uy-wy*ux)/det // parts of the two pieces
				lenA, lenB := math.Hypot(ux, uy), math.Hypot(vx, vy)
				if within(s, lenA, tiny) && within(t, lenB, tiny) {
					return soFarA + math.Abs(s)*lenA, soFarB + math.Abs(t)*lenB, true
				}
			}
			soFarB += math.Hypot(vx, vy)
		}
		soFarA += math.Hypot(ux, uy)
	}
	return 0, 0, false
}

// within tells whether a part of a piece lies on it, to a tolerance on (distance from one end)·(distance from the other).
func within(part, long, tiny float64) bool { return part*(part-1)*long*long < tiny }

// leads tells whether a lane has a link to a road.
func (w *network) leads(lane, road int32) bool {
	for k := w.out[lane]; k < w.out[lane+1]; k++ {
		if w.road[w.to[k-w.lanes]] == road {
			return true
		}
	}
	return false
}

// choose returns the link that a vehicle on lane takes to go on along route, where route[leg] is the lane's road: the one to
// the road's nearest lane by number from which the road after can be reached, −1: none. Ties go to the middle of the road.
func (w *network) choose(lane int32, route []int32, leg int32) int32 {
	if int(leg)+1 >= len(route) {
		return -1
	}
	next, after := route[leg+1], int32(-1)
	if int(leg)+2 < len(route) {
		after = route[leg+2]
	}
	mine := w.number[lane]
	best, least := int32(-1), int32(math.MaxInt32)
	for k := w.out[lane+1] - 1; k >= w.out[lane]; k-- { // the middle's lanes have the higher indices
		to := w.to[k-w.lanes]
		if w.road[to] != next || after >= 0 && !w.leads(to, after) {
			continue
		}
		d := w.number[to] - mine
		if d < 0 {
			d = -d
		}
		if d < least {
			best, least = k, d
		}
	}
	return best
}

func distance(a, b orb.Point) float64 { return math.Hypot(b[0]-a[0], b[1]-a[1]) }
