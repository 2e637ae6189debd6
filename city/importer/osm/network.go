package osm

import (
	"fmt"
	"math"
	"slices"

	"citybrain/city"

	"github.com/paulmach/orb"
)

// NetworkOptions say how an extract becomes a network.
type NetworkOptions struct {
	Frame    city.Frame
	Box      *orb.Bound // WGS 84; nil: all of the extract
	LeftHand bool
	Speeds   [city.Service + 1]float64 // m/s, of a street without a limit, by class
}

// A Group is the nodes that one signal controller serves.
type Group struct {
	ID    string
	Nodes []int32
}

// A Network is what BuildNetwork makes. Nothing in Streets is signalised yet; Groups say what to signalise.
type Network struct {
	Streets city.Streets
	Groups  []Group
	Defects []city.Defect
}

// A vertex is a node while the network is under work; an edge a link.
type vertex struct {
	ref     int64 // OSM node, 0 where a street was cut
	id      string
	at      orb.Point
	border  bool
	keep    bool // a restriction or a signal needs it
	signal  string
	towards int  // of a signal on an approach: 1 and −1 along and against its way, 0: both
	group   int  // 1 and up: index into groups + 1
	merged  bool // stands for all crossings of its group
}

type edge struct {
	city.Link
	firstWay, lastWay int64
	turn              string // turn:lanes at its end
	along             int    // 1: with the direction of its way, −1: against it
	dead              bool
}

type builder struct {
	d       *Data
	opt     NetworkOptions
	verts   []vertex
	edges   []edge
	out, in [][]int32
	byRef   map[int64]int32
	rules   []restriction
	through map[[2]int32]bool // the turns at merged vertices
	// contracted: restrictions inside controllers' areas have done their work and can't be met any more.
	contracted bool
	defects    []city.Defect
}

func (b *builder) defect(element, format string, args ...any) {
	b.defects = append(b.defects, city.Defect{Element: element, What: fmt.Sprintf(format, args...)})
}

// BuildNetwork makes the drivable network of d: ways split where they meet, cut at the box, simplified, with turns,
// reduced to its largest part in which every link leads to every other. Without a drivable street it is an error.
func BuildNetwork(d *Data, opt NetworkOptions) (*Network, error) {
	b := &builder{d: d, opt: opt, byRef: map[int64]int32{}, through: map[[2]int32]bool{}}
	b.restrictions()
	b.split()
	if len(b.edges) == 0 {
		return nil, fmt.Errorf("%d ways hold no drivable street inside the box; check --bbox (west,south,east,north) against the extract", len(d.Ways))
	}
	b.index()
	b.borders()
	if n := b.keepLargest(b.strongNodes()); n > 0 {
		b.defect("network", "%d links left out: not strongly connected with the rest", n)
	}
	b.index()
	b.signals()
	groups := b.group()
	b.contract(groups)
	b.contracted = true
	b.index()
	b.simplify()
	var turns []city.Turn
	for range 8 {
		b.index()
		turns = b.turns()
		n := b.keepLargest(b.strongLinks(turns))
		if n == 0 {
			break
		}
		b.defect("network", "%d links left out: turn restrictions cut them off", n)
	}
	if len(turns) == 0 {
		return nil, fmt.Errorf("no street leads to another inside the box; check --bbox (west,south,east,north) against the extract")
	}
	return b.finish(groups), nil
}

// split makes vertices and edges of the drivable ways.
func (b *builder) split() {
	uses := map[int64]uint8{}
	type street struct {
		way   *Way
		class city.RoadClass
	}
	var streets []street
	for i := range b.d.Ways {
		w := &b.d.Ways[i]
		class, ok := drivable(w)
		if !ok {
			continue
		}
		if len(w.Refs) < 2 {
			b.defect(fmt.Sprintf("way/%d", w.ID), "street of %d nodes left out", len(w.Refs))
			continue
		}
		streets = append(streets, street{w, class})
		for k, ref := range w.Refs {
			if k > 0 && ref == w.Refs[k-1] {
				continue
			}
			n := uint8(1)
			if k == 0 || k == len(w.Refs)-1 {
				n = 2 // an end is always a vertex
			}
			uses[ref] = uint8(min(int(uses[ref])+int(n), 9))
		}
	}
	sig := map[int64]*Node{}
	for i := range b.d.Tagged {
		n := &b.d.Tagged[i]
		if n.Tags["highway"] == "traffic_signals" || n.Tags["crossing"] == "traffic_signals" && n.Tags["highway"] == "crossing" {
			sig[n.ID] = n
			if uses[n.ID] > 0 {
				uses[n.ID] = 2
			}
		}
	}
	for _, r := range b.rules {
		if r.via != 0 && uses[r.via] > 0 {
			uses[r.via] = 2
		}
	}
	for _, s := range streets {
		b.streetEdges(s.way, s.class, uses)
	}
	for i := range b.verts {
		v := &b.verts[i]
		if n := sig[v.ref]; v.ref != 0 && n != nil {
			v.signal = "signals"
			if n.Tags["highway"] == "crossing" {
				v.signal = "crossing"
			}
			switch n.Tags["traffic_signals:direction"] {
			case "forward":
				v.towards = 1
			case "backward":
				v.towards = -1
			}
		}
	}
	for _, r := range b.rules {
		via := []int64{r.via}
		if w := b.d.way(r.viaWay); w != nil && len(w.Refs) > 0 {
			via = []int64{w.Refs[0], w.Refs[len(w.Refs)-1]}
		}
		for _, ref := range via {
			if v, ok := b.byRef[ref]; ok {
				b.verts[v].keep = true
			}
		}
	}
}

// streetEdges adds the edges of one way. A node that the file lacks and the edge of the box cut it in pieces, whose ends
// there are borders.
func (b *builder) streetEdges(w *Way, class city.RoadClass, uses map[int64]uint8) {
	type spot struct {
		ref int64
		at  orb.Point
		cut string // not "": a cut end, with this id
	}
	var pieces [][]spot
	var run []spot
	missing, cuts := 0, 0
	broken := false // the run starts or ends beside a missing node
	flush := func() {
		if len(run) > 1 {
			pieces = append(pieces, run)
		}
		run = nil
	}
	inside := func(p orb.Point) bool { return b.opt.Box == nil || b.opt.Box.Contains(p) }
	var prev orb.Point
	var prevRef int64
	have := false
	var gapEnds []int64
	for _, ref := range w.Refs {
		p, ok := b.d.At(ref)
		if !ok || math.IsNaN(p[0]) || math.Abs(p[1]) > 89 || math.Abs(p[0]) > 180 {
			missing++
			if have && len(run) > 0 {
				gapEnds = append(gapEnds, prevRef)
			}
			flush()
			have, broken = false, true
			continue
		}
		if have && ref == prevRef {
			continue
		}
		in := inside(p)
		if have && b.opt.Box != nil && in != inside(prev) {
			c := crossing(*b.opt.Box, prev, p)
			cuts++
			s := spot{at: c, cut: fmt.Sprintf("cut/way/%d.%d", w.ID, cuts)}
			if in {
				run = append(run, s)
			} else {
				run = append(run, s)
				flush()
			}
		}
		if in {
			if broken && len(run) == 0 {
				gapEnds = append(gapEnds, ref)
				broken = false
			}
			run = append(run, spot{ref: ref, at: p})
		}
		prev, prevRef, have = p, ref, true
	}
	flush()
	if missing > 0 {
		b.defect(fmt.Sprintf("way/%d", w.ID), "%d of its %d nodes are not in the file; the street ends there", missing, len(w.Refs))
	}
	dir := direction(w.Tags)
	nf, nb := lanes(w.Tags, class, dir)
	if w.Tags["oneway"] == "reversible" {
		b.defect(fmt.Sprintf("way/%d", w.ID), "reversible street taken as two-way")
	}
	k := 0
	for _, run := range pieces {
		for i := 0; i+1 < len(run); {
			j := i + 1
			for j+1 < len(run) && run[j].cut == "" && uses[run[j].ref] < 2 {
				j++
			}
			if run[i].ref == run[j].ref && run[i].cut == "" { // a loop: give it a middle
				if j-i < 2 {
					i = j
					continue
				}
				j = (i + j) / 2
			}
			from, to := b.vertex(run[i].ref, run[i].cut, run[i].at), b.vertex(run[j].ref, run[j].cut, run[j].at)
			line := make(orb.LineString, 0, j-i+1)
			for _, s := range run[i : j+1] {
				p := b.opt.Frame.Local(s.at[0], s.at[1])
				if n := len(line); n == 0 || line[n-1] != p {
					line = append(line, p)
				}
			}
			if len(line) > 1 {
				b.addEdge(w, class, k, from, to, line, nf, nb)
			}
			k++
			i = j
		}
	}
	for _, ref := range gapEnds {
		if v, ok := b.byRef[ref]; ok {
			b.verts[v].border = true
		}
	}
}

func (b *builder) addEdge(w *Way, class city.RoadClass, k int, from, to int32, line orb.LineString, nf, nb int) {
	lv, bridge := level(w.Tags)
	speed := b.opt.Speeds[class]
	if v := limit(w.Tags["maxspeed"]); v > 0 {
		speed = v
	}
	link := city.Link{Length: math.Max(length(line), 1), Class: class, Level: lv, Bridge: bridge, Contraflow: contraflow(w.Tags), MaxHeight: height(w.Tags), Reverse: -1, Name: w.Tags.Name()}
	if w.Tags["highway"] == "motorway_link" || w.Tags["highway"] == "trunk_link" {
		if limit(w.Tags["maxspeed"]) == 0 {
			speed = math.Min(speed, 60/3.6)
		}
	}
	first := int32(len(b.edges))
	if nf > 0 {
		l := link
		l.ID, l.From, l.To, l.Line, l.Lanes, l.Speed = fmt.Sprintf("way/%d.%d+", w.ID, k), from, to, line, int8(nf), speed
		l.BusLane = nf > 1 && busLane(w.Tags, "forward")
		if v := limit(w.Tags["maxspeed:forward"]); v > 0 {
			l.Speed = v
		}
		turn := w.Tags["turn:lanes:forward"]
		if turn == "" && nb == 0 {
			turn = w.Tags["turn:lanes"]
		}
		b.edges = append(b.edges, edge{Link: l, firstWay: w.ID, lastWay: w.ID, turn: turn, along: 1})
	}
	if nb > 0 {
		l := link
		back := slices.Clone(line)
		back.Reverse()
		l.ID, l.From, l.To, l.Line, l.Lanes, l.Speed = fmt.Sprintf("way/%d.%d-", w.ID, k), to, from, back, int8(nb), speed
		l.BusLane = nb > 1 && busLane(w.Tags, "backward")
		if v := limit(w.Tags["maxspeed:backward"]); v > 0 {
			l.Speed = v
		}
		turn := w.Tags["turn:lanes:backward"]
		if turn == "" && nf == 0 {
			turn = w.Tags["turn:lanes"]
		}
		b.edges = append(b.edges, edge{Link: l, firstWay: w.ID, lastWay: w.ID, turn: turn, along: -1})
	}
	if nf > 0 && nb > 0 {
		b.edges[first].Reverse, b.edges[first+1].Reverse = first+1, first
	}
}

func (b *builder) vertex(ref int64, cut string, at orb.Point) int32 {
	if cut == "" {
		if v, ok := b.byRef[ref]; ok {
			return v
		}
	}
	v := int32(len(b.verts))
	x := vertex{ref: ref, id: cut, at: b.opt.Frame.Local(at[0], at[1]), border: cut != ""}
	if cut == "" {
		x.id = fmt.Sprintf("node/%d", ref)
		b.byRef[ref] = v
	}
	b.verts = append(b.verts, x)
	return v
}

// index lists the live edges of each vertex, ascending.
func (b *builder) index() {
	b.out, b.in = make([][]int32, len(b.verts)), make([][]int32, len(b.verts))
	for i := range b.edges {
		if e := &b.edges[i]; !e.dead {
			b.out[e.From] = append(b.out[e.From], int32(i))
			b.in[e.To] = append(b.in[e.To], int32(i))
		}
	}
}

// neighbours returns the number of vertices that edges join v with.
func (b *builder) neighbours(v int32) int {
	var seen []int32
	for _, e := range b.out[v] {
		if x := b.edges[e].To; !slices.Contains(seen, x) {
			seen = append(seen, x)
		}
	}
	for _, e := range b.in[v] {
		if x := b.edges[e].From; !slices.Contains(seen, x) {
			seen = append(seen, x)
		}
	}
	return len(seen)
}

// finish numbers what is left and hands it over.
func (b *builder) finish(groups []Group) *Network {
	b.index()
	n := &Network{Streets: city.Streets{LeftHand: b.opt.LeftHand}}
	node, link := make([]int32, len(b.verts)), make([]int32, len(b.edges))
	for i := range b.verts {
		node[i] = -1
		if len(b.out[i])+len(b.in[i]) > 0 {
			v := &b.verts[i]
			node[i] = int32(len(n.Streets.Nodes))
			n.Streets.Nodes = append(n.Streets.Nodes, city.Node{ID: v.id, At: v.at, Junction: -1, Border: v.border})
		}
	}
	for i := range b.edges {
		link[i] = -1
		if e := &b.edges[i]; !e.dead {
			link[i] = int32(len(n.Streets.Links))
			l := e.Link
			l.From, l.To = node[l.From], node[l.To]
			n.Streets.Links = append(n.Streets.Links, l)
		}
	}
	for i := range n.Streets.Links {
		if l := &n.Streets.Links[i]; l.Reverse >= 0 {
			l.Reverse = link[l.Reverse]
		}
	}
	for _, t := range b.turns() {
		t.From, t.To = link[t.From], link[t.To]
		n.Streets.Turns = append(n.Streets.Turns, t)
	}
	for _, g := range groups {
		var nodes []int32
		for _, v := range g.Nodes {
			if node[v] >= 0 {
				nodes = append(nodes, node[v])
			}
		}
		if len(nodes) > 0 {
			n.Groups = append(n.Groups, Group{g.ID, nodes})
		}
	}
	n.Defects = b.unrepeated()
	return n
}

// unrepeated returns the defects without repetitions, in order of appearance.
func (b *builder) unrepeated() []city.Defect {
	seen := map[city.Defect]bool{}
	var out []city.Defect
	for _, d := range b.defects {
		if !seen[d] {
			seen[d] = true
			out = append(out, d)
		}
	}
	return out
}

func length(line orb.LineString) float64 {
	sum := 0.0
	for i := 1; i < len(line); i++ {
		sum += distance(line[i-1], line[i])
	}
	return sum
}

func distance(a, b orb.Point) float64 { return math.Hypot(a[0]-b[0], a[1]-b[1]) }

// crossing returns where the segment between a point inside box and one outside leaves it.
func crossing(box orb.Bound, p, q orb.Point) orb.Point {
	if !box.Contains(p) {
		p, q = q, p
	}
	t := 1.0
	for axis := range 2 {
		if d := q[axis] - p[axis]; d > 0 {
			t = math.Min(t, (box.Max[axis]-p[axis])/d)
		} else if d < 0 {
			t = math.Min(t, (box.Min[axis]-p[axis])/d)
		}
	}
	return orb.Point{p[0] + t*(q[0]-p[0]), p[1] + t*(q[1]-p[1])}
}
