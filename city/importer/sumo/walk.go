package sumo

import (
	"cmp"
	"container/heap"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/paulmach/orb"

	"citybrain/city"
)

// usualWalk is SUMO's walking speed where a type gives none, m/s.
const usualWalk = 5 / 3.6

// crosswalks makes the crosswalks of the net, in the order of its crossings: over which connections each lies, and where.
func (r *netReader) crosswalks(n *Network) {
	node := map[string]int32{}
	for i := range n.Nodes {
		node[n.Nodes[i].ID] = int32(i)
	}
	at := map[int32][]int32{}
	for i := range n.Connections {
		at[n.Connections[i].Node] = append(at[n.Connections[i].Node], int32(i))
	}
	for i := range n.Crossings {
		c := &n.Crossings[i]
		w := city.Crosswalk{ID: c.ID, Node: -1, Light: c.Light, Index: c.Index, Length: max(along(c.Line), shortest)}
		// a crossing is called :NODE_cK
		if k := strings.LastIndex(c.ID, "_c"); k > 0 && strings.HasPrefix(c.ID, ":") {
			if v, ok := node[c.ID[1:k]]; ok {
				w.Node = v
			}
		}
		for _, x := range at[w.Node] {
			k := &n.Connections[x]
			if path, walk, ok := meeting(k.Path, c.Line); ok {
				scale := 1.0
				if drawn := along(k.Path); drawn > 0 {
					scale = k.Length / drawn
				}
				w.Over = append(w.Over, city.Over{Connection: x, Path: path * scale, Walk: walk})
			}
		}
		n.Crosswalks = append(n.Crosswalks, w)
	}
}

// meeting is where two lines first cross, m along each.
func meeting(a, b orb.LineString) (x, y float64, ok bool) {
	da := 0.0
	for i := 1; i < len(a); i++ {
		sa := along(a[i-1 : i+1])
		db := 0.0
		for j := 1; j < len(b); j++ {
			sb := along(b[j-1 : j+1])
			rx, ry, sx, sy := a[i][0]-a[i-1][0], a[i][1]-a[i-1][1], b[j][0]-b[j-1][0], b[j][1]-b[j-1][1]
			if k := rx*sy - ry*sx; k != 0 {
				ox, oy := b[j-1][0]-a[i-1][0], b[j-1][1]-a[i-1][1]
				if t, u := (ox*sy-oy*sx)/k, (ox*ry-oy*rx)/k; t >= 0 && t <= 1 && u >= 0 && u <= 1 {
					return da + t*sa, db + u*sb, true
				}
			}
			db += sb
		}
		da += sa
	}
	return 0, 0, false
}

// A walkNet is where people walk: sidewalks, walking areas and crossings, joined where one leads to the other.
type walkNet struct {
	place   map[string]int32 // by edge
	length  []float64        // m
	cross   []string         // the crossing's name; "": it is none
	beside  [][]int32
	shapes  []orb.LineString
	crosses int
}

func (r *netReader) walkNet(edgeAt map[string]*rawEdge) walkNet {
	w := walkNet{place: map[string]int32{}}
	foot := func(e *rawEdge) *rawLane {
		if e == nil || e.function == "internal" {
			return nil
		}
		for i := range e.lanes {
			if e.lanes[i].Allow&city.Pedestrian != 0 {
				return &e.lanes[i]
			}
		}
		return nil
	}
	at := func(e *rawEdge, l *rawLane) int32 {
		k, ok := w.place[e.id]
		if !ok {
			k = int32(len(w.length))
			w.place[e.id] = k
			name := ""
			if e.function == "crossing" {
				name = e.id
				w.crosses++
			}
			w.length, w.cross, w.beside, w.shapes = append(w.length, l.Length), append(w.cross, name), append(w.beside, nil), append(w.shapes, l.Line)
		}
		return k
	}
	for i := range r.links {
		a, b := edgeAt[r.links[i].from], edgeAt[r.links[i].to]
		la, lb := foot(a), foot(b)
		if la == nil || lb == nil || a.function != "walkingarea" && b.function != "walkingarea" {
			continue
		}
		x, y := at(a, la), at(b, lb)
		if !slices.Contains(w.beside[x], y) {
			w.beside[x], w.beside[y] = append(w.beside[x], y), append(w.beside[y], x)
		}
	}
	return w
}

type stepTo struct {
	m  float64
	at int32
}

type byWay []stepTo

func (h byWay) Len() int { return len(h) }
func (h byWay) Less(i, j int) bool {
	return h[i].m < h[j].m || h[i].m == h[j].m && h[i].at < h[j].at
}
func (h byWay) Swap(i, j int) { h[i], h[j] = h[j], h[i] }
func (h *byWay) Push(x any)   { *h = append(*h, x.(stepTo)) }
func (h *byWay) Pop() any {
	old := *h
	x := old[len(old)-1]
	*h = old[:len(old)-1]
	return x
}

// way is the shortest way on foot from one place to another, both in it (Dijkstra 1959); nil: there is none.
func (w *walkNet) way(from, to int32) []int32 {
	dist, came := make([]float64, len(w.length)), make([]int32, len(w.length))
	for i := range dist {
		dist[i], came[i] = math.Inf(1), -1
	}
	dist[from] = 0
	h := &byWay{{0, from}}
	for h.Len() > 0 {
		x := heap.Pop(h).(stepTo)
		if x.m > dist[x.at] {
			continue
		}
		if x.at == to {
			var way []int32
			for k := to; k >= 0; k = came[k] {
				way = append(way, k)
			}
			slices.Reverse(way)
			return way
		}
		for _, b := range w.beside[x.at] {
			if m := x.m + w.length[b]; m < dist[b] {
				dist[b], came[b] = m, x.at
				heap.Push(h, stepTo{m, b})
			}
		}
	}
	return nil
}

// foot makes a walker's legs of the edges between which he walks: half of the first and the last, and the shortest way between each two.
func (r *demandReader) foot(edges []string) (legs []city.WalkLeg, rest float64, err error) {
	w := &r.net.walks
	var way []int32
	for i, e := range edges {
		k, ok := w.place[e]
		if !ok {
			if _, road := r.roads[e]; road {
				return nil, 0, fmt.Errorf("edge %q has no sidewalk that is joined to another", e)
			}
			return nil, 0, fmt.Errorf("there is no edge %q", e)
		}
		if i == 0 {
			way = append(way, k)
			continue
		}
		from := way[len(way)-1]
		part, known := r.feet[[2]int32{from, k}]
		if !known {
			part = w.way(from, k)
			r.feet[[2]int32{from, k}] = part
		}
		if part == nil {
			return nil, 0, fmt.Errorf("no way on foot leads from %s to %s", edges[i-1], e)
		}
		way = append(way, part[1:]...)
	}
	m := 0.0
	for i, k := range way {
		if w.cross[k] == "" {
			part := w.length[k]
			if i == 0 || i == len(way)-1 {
				part /= 2
			}
			m += part
			continue
		}
		leg := city.WalkLeg{Before: m, Crosswalk: r.crosswalk[w.cross[k]]}
		if i > 0 { // the end that is nearer to where he comes from
			line := r.net.Crosswalks[leg.Crosswalk]
			if s := w.shapes[k]; len(s) > 1 && len(w.shapes[way[i-1]]) > 0 && line.Length > 0 {
				a := middle(w.shapes[way[i-1]])
				leg.Back = apart(a, s[len(s)-1]) < apart(a, s[0])
			}
		}
		legs = append(legs, leg)
		m = 0
	}
	return legs, m, nil
}

func apart(a, b orb.Point) float64 { return math.Hypot(a[0]-b[0], a[1]-b[1]) }

func middle(l orb.LineString) orb.Point {
	var p orb.Point
	for _, q := range l {
		p[0], p[1] = p[0]+q[0]/float64(len(l)), p[1]+q[1]/float64(len(l))
	}
	return p
}

// A stroll is a person or personFlow while its element is open.
type stroll struct {
	flight
	speed float64 // m/s, of a walk that gives its own; 0: the type's
	rides bool    // only what comes before the first ride is walked
}

// stride takes in a walk of a person.
func (r *demandReader) stride(p *stroll, tag string, a attrs) error {
	if p.rides {
		return nil
	}
	switch {
	case tag == "ride", tag == "personTrip" && a.get("modes") != "":
		p.rides = true
		r.note(r.line, "%s %s: only what is walked before the first ride is read", p.tag, p.a.get("id"))
		return nil
	case tag == "stop" || tag == "access":
		return nil
	}
	v, err := a.number("speed", 0)
	if err != nil || v < 0 {
		return r.refuse(r.line, "%s %q: speed=%q is no walking speed", p.tag, p.a.get("id"), a.get("speed"))
	}
	p.speed = max(p.speed, v)
	edges := strings.Fields(a.get("edges"))
	if len(edges) == 0 {
		if from := a.get("from"); from != "" {
			edges = append(edges, from)
		}
		if to := a.get("to"); to != "" {
			edges = append(edges, to)
		}
	}
	if n := len(p.edges); n > 0 && len(edges) > 0 && p.edges[n-1] == edges[0] {
		edges = edges[1:]
	}
	p.edges = append(p.edges, edges...)
	return nil
}

// walker turns a person or personFlow into walkers.
func (r *demandReader) walker(p *stroll) error {
	id := p.a.get("id")
	what := p.tag + " " + id
	if len(p.edges) == 0 {
		if !p.rides {
			r.note(p.line, "%s left out: it walks nowhere", what)
		}
		return nil
	}
	legs, rest, err := r.foot(p.edges)
	if err != nil {
		r.note(p.line, "%s left out: %v", what, err)
		return nil
	}
	w := city.Walker{ID: id, Speed: p.speed, Legs: legs, Rest: rest}
	if w.Speed == 0 {
		w.Speed = usualWalk
		if name := p.a.get("type"); name != "" {
			if k, ok := r.types[name]; !ok {
				r.note(p.line, "there is no type %q; %s walks at %.2f m/s", name, what, usualWalk)
			} else if t := &r.d.Types[k]; t.Class == city.Pedestrian {
				w.Speed = min(usualWalk*t.SpeedMean, t.MaxSpeed)
			}
		}
	}
	if p.tag == "person" {
		t, err := seconds(p.a.get("depart"))
		if err != nil {
			r.note(p.line, "%s left out: its departure %q is no time", what, p.a.get("depart"))
			return nil
		}
		return r.putWalker(w, t, p.line)
	}
	begin, period, count, err := r.spread(&p.flight, id)
	if err != nil {
		return err
	}
	for i := range count {
		w.ID = fmt.Sprintf("%s.%d", id, i)
		if err := r.putWalker(w, begin+float64(i)*period, p.line); err != nil {
			return err
		}
	}
	return nil
}

func (r *demandReader) putWalker(w city.Walker, t float64, line int) error {
	if t < r.begin {
		r.gone.add(line)
		return nil
	}
	if len(r.d.Walkers) >= most {
		return r.refuse(line, "more than %d walkers; split the demand", most)
	}
	w.Depart = t - r.begin
	r.d.Walkers = append(r.d.Walkers, w)
	return nil
}

// sortWalkers puts walkers in the order of their departures.
func (r *demandReader) sortWalkers() {
	slices.SortStableFunc(r.d.Walkers, func(a, b city.Walker) int { return cmp.Compare(a.Depart, b.Depart) })
}
