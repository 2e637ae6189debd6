package routing

import (
	"math"
	"slices"

	"citybrain/city"
	"citybrain/routing/cch"

	"github.com/paulmach/orb"
)

// Roads is all ways that any profile may use, in one order for all of them. A way is a link, or a one-way link against its
// direction; from way to way lead turns, the forbidden ones for those on foot alone. It is immutable and safe for concurrent
// use.
type Roads struct {
	streets    *city.Streets
	link       []int32 // of each way: its link; way l is link l itself
	back       []int32 // of each way: the way in the other direction, -1: none
	tail, head []int32 // of each turn
	kind       []turnKind
	first      []int32 // turns out of way w: out[first[w]:first[w+1]]
	out        []int32
	arrive     [][]int32 // of node n: the ways that end there
	order      *cch.Hierarchy
}

// A turnKind says who may make a turn, and what kind it is.
type turnKind struct {
	kind city.TurnKind
	who  uint8
}

const (
	all    = iota // permitted
	contra        // out of or into a way against its direction
	foot          // forbidden to vehicles
)

// NewRoads prepares s.
func NewRoads(s *city.Streets) *Roads {
	r := &Roads{streets: s, link: make([]int32, len(s.Links)), back: make([]int32, len(s.Links))}
	for l := range s.Links {
		r.link[l], r.back[l] = int32(l), s.Links[l].Reverse
	}
	for l := range s.Links {
		if s.Links[l].Reverse < 0 {
			w := int32(len(r.link))
			r.link, r.back = append(r.link, int32(l)), append(r.back, int32(l))
			r.back[l] = w
		}
	}
	leave := make([][]int32, len(s.Nodes))
	r.arrive = make([][]int32, len(s.Nodes))
	for w := range r.link {
		from, to := r.ends(int32(w))
		leave[from] = append(leave[from], int32(w))
		r.arrive[to] = append(r.arrive[to], int32(w))
	}
	turns := s.IndexTurns()
	for w := range int32(len(r.link)) {
		_, to := r.ends(w)
		for _, x := range leave[to] {
			k := turnKind{who: foot}
			switch real := !r.against(w) && !r.against(x); {
			case real:
				mine := s.Turns[turns[w]:turns[w+1]]
				i := slices.IndexFunc(mine, func(t city.Turn) bool { return t.To == x })
				if i >= 0 {
					k = turnKind{mine[i].Kind, all}
				} else if x == r.back[w] {
					continue
				}
			case x == r.back[w]:
				continue
			default:
				k = turnKind{r.angle(w, x), contra}
			}
			r.tail, r.head, r.kind = append(r.tail, w), append(r.head, x), append(r.kind, k)
		}
	}
	r.first, r.out = make([]int32, len(r.link)+1), make([]int32, len(r.tail))
	for t, w := range r.tail { // tails ascend
		r.out[t], r.first[w+1] = int32(t), int32(t)+1
	}
	for w := range r.link {
		r.first[w+1] = max(r.first[w+1], r.first[w])
	}
	at := make([][2]float64, len(r.link))
	for w := range at {
		a, b := s.Nodes[s.Links[r.link[w]].From].At, s.Nodes[s.Links[r.link[w]].To].At
		at[w] = [2]float64{(a[0] + b[0]) / 2, (a[1] + b[1]) / 2}
	}
	h, err := cch.New(len(r.link), r.tail, r.head, cch.Order(len(r.link), r.tail, r.head, at, 1))
	if err != nil {
		panic(err) // the order is ours, and no city has streets that fill so
	}
	r.order = h
	return r
}

func (r *Roads) against(w int32) bool { return int(w) >= len(r.streets.Links) }

// ends are the nodes where a way begins and ends.
func (r *Roads) ends(w int32) (from, to int32) {
	l := &r.streets.Links[r.link[w]]
	if r.against(w) {
		return l.To, l.From
	}
	return l.From, l.To
}

// Way returns the link of a way of a route, and whether it is used against its direction.
func (r *Roads) Way(w int32) (link int32, back bool) { return r.link[w], r.against(w) }

// line is a way's course.
func (r *Roads) line(w int32) orb.LineString {
	l := r.streets.Links[r.link[w]].Line
	if r.against(w) {
		l = slices.Clone(l)
		l.Reverse()
	}
	return l
}

// angle tells the kind of a turn that the pack does not know: by its course, a left one is beyond 45° to the left.
func (r *Roads) angle(w, x int32) city.TurnKind {
	a, b := r.line(w), r.line(x)
	if len(a) < 2 || len(b) < 2 {
		return city.Straight
	}
	u := orb.Point{a[len(a)-1][0] - a[len(a)-2][0], a[len(a)-1][1] - a[len(a)-2][1]}
	v := orb.Point{b[1][0] - b[0][0], b[1][1] - b[0][1]}
	switch d := math.Atan2(u[0]*v[1]-u[1]*v[0], u[0]*v[0]+u[1]*v[1]); {
	case d > math.Pi/4:
		return city.Left
	case d < -math.Pi/4:
		return city.Right
	}
	return city.Straight
}

// A Place is a point of a street: a share of the link's length from its beginning.
type Place struct {
	Link  int32
	Along float64
	Off   float64 // m from the point that was asked for
}

// Nearest returns the place closest to a point of the city's frame that p may use when nothing is closed; false where there is none.
func (r *Roads) Nearest(at orb.Point, p Profile) (Place, bool) {
	best := Place{Link: -1, Off: math.Inf(1)}
	dry := Conditions{}
	for l := range r.streets.Links {
		x := &r.streets.Links[l]
		if _, _, may := p.seconds(x, l, false, &dry); !may {
			continue
		}
		total, at0 := 0.0, 0.0
		for i := 1; i < len(x.Line); i++ {
			total += math.Hypot(x.Line[i][0]-x.Line[i-1][0], x.Line[i][1]-x.Line[i-1][1])
		}
		for i := 1; i < len(x.Line); i++ {
			a, b := x.Line[i-1], x.Line[i]
			dx, dy := b[0]-a[0], b[1]-a[1]
			d := math.Hypot(dx, dy)
			f := 0.0
			if d > 0 {
				f = min(max(((at[0]-a[0])*dx+(at[1]-a[1])*dy)/(d*d), 0), 1)
			}
			if off := math.Hypot(a[0]+f*dx-at[0], a[1]+f*dy-at[1]); off < best.Off {
				best = Place{Link: int32(l), Off: off}
				if total > 0 {
					best.Along = (at0 + f*d) / total
				}
			}
			at0 += d
		}
	}
	return best, best.Link >= 0
}

// A Weighing is the roads as a profile finds them at a moment. It is immutable; searches may share it.
type Weighing struct {
	roads   *Roads
	profile Profile
	enter   []uint32 // ms of each way, never where it is closed
	open    []uint32 // ms of each way if nothing were closed, never where the profile may not go
	ways    *cch.Metric
}

// Weigh returns the roads as p finds them under c.
func (r *Roads) Weigh(p Profile, c Conditions) *Weighing {
	w := &Weighing{roads: r, profile: p, enter: make([]uint32, len(r.link)), open: make([]uint32, len(r.link))}
	for way := range r.link {
		w.weigh(int32(way), &c)
	}
	w.ways = r.order.Metric(w.turns(w.enter), 1)
	return w
}

// Change returns w with some links as c has them; c may say nothing of the others. It costs what these links change.
func (w *Weighing) Change(links []int32, c Conditions) *Weighing {
	r := w.roads
	x := &Weighing{roads: r, profile: w.profile, enter: slices.Clone(w.enter), open: slices.Clone(w.open), ways: w.ways.Clone()}
	var arcs []int32
	var weights []uint32
	for _, l := range links {
		for _, way := range [...]int32{l, r.back[l]} {
			if way < 0 || r.link[way] != l {
				continue
			}
			x.weigh(way, &c)
			for k := range w.into(way) {
				cost, _ := w.turn(k)
				arcs, weights = append(arcs, k), append(weights, cch.Unreachable)
				if ms := x.enter[way]; ms != never {
					weights[len(weights)-1] = cost + ms
				}
			}
		}
	}
	x.ways.Update(arcs, weights)
	return x
}

// weigh sets what a way takes.
func (w *Weighing) weigh(way int32, c *Conditions) {
	k := w.roads.link[way]
	s, closed, may := w.profile.seconds(&w.roads.streets.Links[k], int(k), w.roads.against(way), c)
	w.enter[way], w.open[way] = never, never
	if may {
		w.open[way] = millis(float32(s))
		if !closed {
			w.enter[way] = w.open[way]
		}
	}
}

// turns are the weights of all turns when ways take enter.
func (w *Weighing) turns(enter []uint32) []uint32 {
	r := w.roads
	weights := make([]uint32, len(r.head))
	for t := range weights {
		weights[t] = cch.Unreachable
		if c, ok := w.turn(int32(t)); ok && enter[r.head[t]] != never {
			weights[t] = c + enter[r.head[t]]
		}
	}
	return weights
}

// turn returns the ms of turn t, and whether the profile may make it.
func (w *Weighing) turn(t int32) (uint32, bool) {
	k := w.roads.kind[t]
	if w.profile.Walks > 0 {
		return 0, true
	}
	return uint32(turnTime[k.kind] * 1000), k.who == all || k.who == contra && w.profile.Contraflow
}
