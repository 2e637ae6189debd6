package sumo

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"citybrain/city"

	"github.com/paulmach/orb"
)

// shortest is the length in metres given to a lane or a path that has none: SUMO's own least.
const shortest = 0.1

// What no street has: longer lanes and higher limits, m and m/s, and phases, s.
const (
	longest    = 1e6
	fastest    = 1000
	lastsAtAll = 1e9
)

// A Network is what a net.xml holds.
type Network struct {
	city.LaneNet
	// Written are the lights' phases as the file has them, before conflicting greens were mended in Lights; parallel to Lights.
	Written [][]city.LightPhase
	// Inside says for each internal lane of which connection's path it is a part: where SUMO says that a vehicle is on it.
	Inside map[string]Piece
	// Crossings are the walkers' crossings that a light switches.
	Crossings []Crossing
	Defects   []city.Defect
	walks     walkNet
}

// A Crossing is a signalised way for walkers over a road, from one walking area to another.
type Crossing struct {
	ID    string
	Light int32 // index into Lights
	Index int32 // its place in the light's states
	Line  orb.LineString
	Areas [2]string // edges on which walkers wait for it
}

// A Piece is an internal lane as a part of a connection's path.
type Piece struct {
	Connection int32
	Before     float64 // m of the path before it
}

// The pieces of a net as the file has them.
type (
	rawLane struct {
		city.Lane
		index, line int
	}
	rawEdge struct {
		id, from, to, function string
		priority, line         int
		lanes                  []rawLane
	}
	rawNode struct {
		id, kind         string
		at               orb.Point
		incoming, inside []string
		response, foes   []string
		line             int
	}
	rawLink struct {
		from, to, via, light, dir, state string
		fromLane, toLane, index, line    int
		clear                            bool
		wait, speed                      float64 // contPos, m; own limit, m/s; 0: none
	}
)

type netReader struct {
	*scanner
	lefthand bool
	edges    []rawEdge
	nodes    []rawNode
	links    []rawLink
	lights   []city.Light
	programs []program // of each light: what it runs, …
	at       map[string]int
}

// A program is where a light's program stands.
type program struct {
	*scanner
	line   int
	id     string
	before int // programs that it takes the place of
}

// ReadNet reads a net.xml file. Programs of lights in additional files follow those of the net: the last of each light is the one that runs.
func ReadNet(path string, additional ...string) (*Network, error) {
	f, err := Open(path)
	if err != nil {
		return nil, fmt.Errorf("read network: %w", err)
	}
	defer f.Close()
	n := &Network{}
	r, err := readNet(f, path, n)
	if err != nil {
		return nil, err
	}
	net := r.scanner
	for _, path := range additional {
		if err := r.more(path); err != nil {
			return nil, err
		}
	}
	r.scanner = net
	return n, r.build(n)
}

// ParseNet reads a net.xml; name is for messages.
func ParseNet(in io.Reader, name string) (*Network, error) {
	n := &Network{}
	r, err := readNet(in, name, n)
	if err != nil {
		return nil, err
	}
	return n, r.build(n)
}

func readNet(in io.Reader, name string, n *Network) (*netReader, error) {
	r := &netReader{scanner: newScanner(in, name, &n.Defects), at: map[string]int{}}
	return r, r.read()
}

// more reads the programs of lights in an additional file.
func (r *netReader) more(path string) error {
	f, err := Open(path)
	if err != nil {
		return fmt.Errorf("read additional file: %w", err)
	}
	defer f.Close()
	r.scanner = newScanner(f, path, r.defects)
	var light *city.Light
	for {
		e, end, err := r.next()
		switch {
		case err == io.EOF:
			return nil
		case err != nil:
			return err
		case e == nil && end == "tlLogic":
			light = nil
		case e == nil:
		case e.Name.Local == "tlLogic":
			light, err = r.light(attrs(e.Attr))
		case e.Name.Local == "phase" && light != nil:
			err = r.phase(attrs(e.Attr), light)
		case e.Name.Local == "WAUT":
			r.note(r.line, "WAUT %s is not followed: lights stay with their programs", attrs(e.Attr).get("id"))
		}
		if err != nil {
			return err
		}
	}
}

func (r *netReader) read() error {
	var edge *rawEdge
	var node *rawNode
	var light *city.Light
	depth, root := 0, false
	for {
		e, end, err := r.next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return err
		}
		if e == nil {
			depth--
			switch end {
			case "edge":
				edge = nil
			case "junction":
				node = nil
			case "tlLogic":
				light = nil
			}
			continue
		}
		depth++
		a := attrs(e.Attr)
		switch e.Name.Local {
		case "net":
			root = true
			r.lefthand = a.get("lefthand") == "true" || a.get("lefthand") == "1"
		case "edge":
			r.edges = append(r.edges, rawEdge{id: a.get("id"), from: a.get("from"), to: a.get("to"), function: a.get("function"), line: r.line})
			edge = &r.edges[len(r.edges)-1]
			if edge.priority, err = a.whole("priority", -1); err != nil {
				return r.refuse(r.line, "edge %q: %v", edge.id, err)
			}
			if edge.id == "" {
				return r.refuse(r.line, "edge without an id")
			}
		case "lane":
			if edge == nil {
				return r.refuse(r.line, "lane %q stands outside an edge", a.get("id"))
			}
			l, err := r.lane(a)
			if err != nil {
				return err
			}
			edge.lanes = append(edge.lanes, l)
		case "junction":
			x, err1 := a.number("x", 0)
			y, err2 := a.number("y", 0)
			if err := cmp.Or(err1, err2); err != nil {
				return r.refuse(r.line, "junction %q: %v", a.get("id"), err)
			}
			r.nodes = append(r.nodes, rawNode{id: a.get("id"), kind: a.get("type"), at: orb.Point{x, y}, incoming: strings.Fields(a.get("incLanes")), inside: strings.Fields(a.get("intLanes")), line: r.line})
			node = &r.nodes[len(r.nodes)-1]
		case "request":
			if node == nil {
				return r.refuse(r.line, "request stands outside a junction")
			}
			i, err := a.whole("index", 0)
			if err != nil || i != len(node.response) {
				return r.refuse(r.line, "junction %q: request %q where %d is due", node.id, a.get("index"), len(node.response))
			}
			node.response = append(node.response, a.get("response"))
			node.foes = append(node.foes, a.get("foes"))
		case "connection":
			l := rawLink{from: a.get("from"), to: a.get("to"), via: a.get("via"), light: a.get("tl"), dir: a.get("dir"), state: a.get("state"), line: r.line}
			l.clear = a.get("keepClear") != "0" && a.get("keepClear") != "false"
			var errs [5]error
			l.fromLane, errs[0] = a.whole("fromLane", 0)
			l.toLane, errs[1] = a.whole("toLane", 0)
			l.index, errs[2] = a.whole("linkIndex", -1)
			l.wait, errs[3] = a.number("contPos", 0)
			l.speed, errs[4] = a.number("speed", 0)
			if err := cmp.Or(errs[:]...); err != nil {
				return r.refuse(l.line, "connection %s → %s: %v", l.from, l.to, err)
			}
			r.links = append(r.links, l)
		case "tlLogic":
			if light, err = r.light(a); err != nil {
				return err
			}
		case "phase":
			if light == nil {
				return r.refuse(r.line, "phase stands outside a tlLogic")
			}
			if err := r.phase(a, light); err != nil {
				return err
			}
		}
	}
	switch {
	case !root:
		return fmt.Errorf("read %s: there is no <net> in it; is it a SUMO network?", r.name)
	case depth != 0:
		return r.cutOff()
	}
	return nil
}

func (r *netReader) lane(a attrs) (rawLane, error) {
	l := rawLane{line: r.line}
	l.ID, l.Allow = a.get("id"), allowed(a)
	var errs [4]error
	l.index, errs[0] = a.whole("index", 0)
	l.Length, errs[1] = a.number("length", 0)
	l.Speed, errs[2] = a.number("speed", 0)
	l.Line, errs[3] = shape(a.get("shape"))
	if err := cmp.Or(errs[:]...); err != nil {
		return l, r.refuse(l.line, "lane %q: %v", l.ID, err)
	}
	if l.Length <= 0 && len(l.Line) >= 2 {
		was := l.Length
		l.Length = max(along(l.Line), shortest)
		r.note(l.line, "lane %s is %g m long; taken as %.2f m, as its shape is", l.ID, was, l.Length)
	}
	if l.Length > longest {
		return l, r.refuse(l.line, "lane %q is %g m long; no lane is longer than %g m", l.ID, l.Length, longest)
	}
	if l.Speed > fastest {
		r.note(l.line, "lane %s has the speed %g m/s; taken as %d m/s", l.ID, l.Speed, fastest)
		l.Speed = fastest
	}
	if l.Speed <= 0 {
		r.note(l.line, "lane %s has the speed %g m/s; taken as 13.89 m/s", l.ID, l.Speed)
		l.Speed = 13.89
	}
	return l, nil
}

// light begins a program, which takes the place of the one that was there for its light.
func (r *netReader) light(a attrs) (*city.Light, error) {
	id := a.get("id")
	offset, err := seconds(cmp.Or(a.get("offset"), "0"))
	if err != nil {
		return nil, r.refuse(r.line, "light %q: offset %v", id, err)
	}
	p := program{scanner: r.scanner, line: r.line, id: a.get("programID")}
	k, twice := r.at[id]
	if !twice {
		k = len(r.lights)
		r.at[id] = k
		r.lights, r.programs = append(r.lights, city.Light{}), append(r.programs, program{})
	} else {
		p.before = r.programs[k].before + 1
	}
	r.lights[k], r.programs[k] = city.Light{ID: id, Offset: offset}, p
	return &r.lights[k], nil
}

// phase takes in a phase of a light's program.
func (r *netReader) phase(a attrs, light *city.Light) error {
	d, err1 := seconds(cmp.Or(a.get("duration"), "0"))
	least, err2 := seconds(cmp.Or(a.get("minDur"), "0"))
	most, err3 := seconds(cmp.Or(a.get("maxDur"), "0"))
	if err := cmp.Or(err1, err2, err3); err != nil {
		return r.refuse(r.line, "light %s: %v", light.ID, err)
	}
	if d <= 0 {
		r.note(r.line, "light %s: a phase lasts %g s; taken as 1 s", light.ID, d)
		d = 1
	}
	if d > lastsAtAll {
		r.note(r.line, "light %s: a phase lasts %g s; taken as %g s", light.ID, d, lastsAtAll)
		d = lastsAtAll
	}
	state := []byte(a.get("state"))
	for i, c := range state {
		switch c {
		case 'r', 'y', 'g', 'G', 'o':
		case 'Y':
			state[i] = 'y'
		case 'O':
			state[i] = 'G'
		case 's':
			state[i] = 'g' // green arrow: stop, then go where there is a gap
		case 'u':
			state[i] = 'r' // red and yellow
		default:
			return r.refuse(r.line, "light %s: %q in state %q is no signal", light.ID, string(c), a.get("state"))
		}
	}
	if len(light.Phases) > 0 && len(state) != light.Places {
		return r.refuse(r.line, "light %s: state %q has %d places, the phases before it %d", light.ID, a.get("state"), len(state), light.Places)
	}
	light.Places = len(state)
	light.Phases = append(light.Phases, city.LightPhase{State: string(state), Duration: d, Least: least, Most: most})
	return nil
}

// build makes the LaneNet of what was read.
func (r *netReader) build(n *Network) error {
	n.LeftHand, n.Lights = r.lefthand, r.lights
	for i := range n.Lights {
		l := &n.Lights[i]
		p := r.programs[i]
		if len(l.Phases) == 0 {
			return p.refuse(p.line, "the program %q of light %q has no phases", p.id, l.ID)
		}
		if p.before > 0 {
			p.note(p.line, "light %s has %d programs; the last, %q, runs", l.ID, p.before+1, p.id)
		}
		if !slices.ContainsFunc(l.Phases, func(p city.LightPhase) bool {
			return strings.ContainsAny(p.State, "gG") && !strings.Contains(p.State, "y")
		}) {
			p.note(p.line, "the program %q of light %s has no phase with green and without yellow; it goes on by itself under every controller", p.id, l.ID)
		}
		n.Written = append(n.Written, slices.Clone(l.Phases))
	}
	lightAt := map[string]int32{}
	for i := range n.Lights {
		lightAt[n.Lights[i].ID] = int32(i)
	}

	nodeAt := map[string]int32{}
	var raws []*rawNode
	for i := range r.nodes {
		j := &r.nodes[i]
		if j.kind == "internal" {
			continue
		}
		if _, twice := nodeAt[j.id]; twice {
			return r.refuse(j.line, "junction %q is there twice", j.id)
		}
		nodeAt[j.id] = int32(len(n.Nodes))
		n.Nodes = append(n.Nodes, city.LaneNode{ID: j.id, At: j.at, Light: -1})
		raws = append(raws, j)
	}

	laneAt := map[string]int32{}    // of roads
	edgeAt := map[string]*rawEdge{} // every edge
	inside := map[string]*rawLane{} // internal lanes
	roadAt := map[string]int32{}
	for i := range r.edges {
		e := &r.edges[i]
		if edgeAt[e.id] != nil {
			return r.refuse(e.line, "edge %q is there twice", e.id)
		}
		edgeAt[e.id] = e
		slices.SortStableFunc(e.lanes, func(a, b rawLane) int { return a.index - b.index })
		for k := range e.lanes {
			if e.lanes[k].index != k {
				return r.refuse(e.line, "edge %q: lane %d is missing", e.id, k)
			}
		}
		switch e.function {
		case "internal":
			for k := range e.lanes {
				if l := &e.lanes[k]; l.Length <= 0 {
					r.note(l.line, "lane %s is %g m long and has no shape; taken as %.2f m", l.ID, l.Length, shortest)
					l.Length = shortest
				}
				inside[e.lanes[k].ID] = &e.lanes[k]
			}
			continue
		case "crossing", "walkingarea":
			continue
		}
		from, ok1 := nodeAt[e.from]
		to, ok2 := nodeAt[e.to]
		if !ok1 || !ok2 {
			return r.refuse(e.line, "edge %q runs from junction %q to %q, of which the file has not both", e.id, e.from, e.to)
		}
		if len(e.lanes) == 0 {
			return r.refuse(e.line, "edge %q has no lanes", e.id)
		}
		road := city.Road{ID: e.id, From: from, To: to, First: int32(len(n.Lanes)), Lanes: int32(len(e.lanes)), Priority: int32(e.priority)}
		roadAt[e.id] = int32(len(n.Roads))
		for k := range e.lanes {
			l := e.lanes[k].Lane
			l.Road = int32(len(n.Roads))
			if _, twice := laneAt[l.ID]; twice {
				return r.refuse(e.lanes[k].line, "lane %q is there twice", l.ID)
			}
			if len(l.Line) < 2 {
				l.Line = orb.LineString{n.Nodes[from].At, n.Nodes[to].At}
				r.note(e.lanes[k].line, "lane %s has no shape; drawn straight", l.ID)
			}
			if l.Length <= 0 {
				was := l.Length
				l.Length = max(along(l.Line), shortest)
				r.note(e.lanes[k].line, "lane %s is %g m long; taken as %.2f m, as far as its ends are apart", l.ID, was, l.Length)
			}
			laneAt[l.ID] = int32(len(n.Lanes))
			road.Length, road.Speed = max(road.Length, l.Length), max(road.Speed, l.Speed)
			n.Lanes = append(n.Lanes, l)
		}
		n.Roads = append(n.Roads, road)
	}
	if len(n.Roads) == 0 {
		return fmt.Errorf("read %s: it has no edge for traffic", r.name)
	}
	return r.connect(n, raws, lightAt, laneAt, roadAt, edgeAt, inside)
}

// walk takes in a link between a walking area and a crossing: the one that leads onto the crossing names its light, the one that leads off it
// the other area, where walkers the other way wait.
func (r *netReader) walk(l *rawLink, from, to *rawEdge, lightAt map[string]int32, n *Network) error {
	crossing, area := from, to
	if to.function == "crossing" {
		crossing, area = to, from
	}
	k := slices.IndexFunc(n.Crossings, func(c Crossing) bool { return c.ID == crossing.id })
	if k < 0 {
		if len(crossing.lanes) != 1 || len(crossing.lanes[0].Line) < 2 {
			r.note(crossing.line, "crossing %s left out: it has no shape", crossing.id)
			return nil
		}
		k = len(n.Crossings)
		n.Crossings = append(n.Crossings, Crossing{ID: crossing.id, Light: -1, Index: -1, Line: crossing.lanes[0].Line})
	}
	c := &n.Crossings[k]
	if c.Areas[0] == "" || c.Areas[0] == area.id {
		c.Areas[0] = area.id
	} else {
		c.Areas[1] = area.id
	}
	if l.light == "" {
		return nil
	}
	t, ok := lightAt[l.light]
	if !ok {
		r.note(l.line, "crossing %s names the light %q, which is not there; left without one", crossing.id, l.light)
		return nil
	}
	if l.index < 0 || l.index >= n.Lights[t].Places {
		return r.refuse(l.line, "crossing %s is place %d of light %s, whose states have %d", crossing.id, l.index, l.light, n.Lights[t].Places)
	}
	c.Light, c.Index = t, int32(l.index)
	return nil
}

// connect makes the connections: paths through the internal lanes, the rows of the junctions' requests, the lights.
func (r *netReader) connect(n *Network, raws []*rawNode, lightAt, laneAt, roadAt map[string]int32, edgeAt map[string]*rawEdge, inside map[string]*rawLane) error {
	// where an internal lane goes on to, for paths of several pieces
	onward := map[string]string{}
	for i := range r.links {
		l := &r.links[i]
		if e := edgeAt[l.from]; e != nil && e.function == "internal" {
			onward[fmt.Sprintf("%s_%d", l.from, l.fromLane)] = l.via
		}
	}
	type made struct {
		city.Connection
		raw  *rawLink
		last string // the path's last internal lane
		row  int    // in the junction's requests
		path []string
		at   []float64
	}
	var out []made
	crossed := map[int32]bool{} // crossings of railways
	for i := range r.links {
		l := &r.links[i]
		from, to := edgeAt[l.from], edgeAt[l.to]
		if from == nil || to == nil {
			missing := l.from
			if from != nil {
				missing = l.to
			}
			r.note(l.line, "connection %s → %s left out: there is no edge %q", l.from, l.to, missing)
			continue
		}
		if from.function == "walkingarea" && to.function == "crossing" || from.function == "crossing" && to.function == "walkingarea" {
			if err := r.walk(l, from, to, lightAt, n); err != nil {
				return err
			}
			continue
		}
		if from.function != "" && from.function != "normal" && from.function != "connector" || to.function != "" && to.function != "normal" && to.function != "connector" {
			continue
		}
		if l.fromLane < 0 || l.fromLane >= len(from.lanes) || l.toLane < 0 || l.toLane >= len(to.lanes) {
			r.note(l.line, "connection %s_%d → %s_%d left out: there is no such lane", l.from, l.fromLane, l.to, l.toLane)
			continue
		}
		if from.to != to.from {
			r.note(l.line, "connection %s → %s left out: the one ends at junction %q, the other begins at %q", l.from, l.to, from.to, to.from)
			continue
		}
		m := made{raw: l, row: -1}
		c := &m.Connection
		c.From, c.To = n.Roads[roadAt[l.from]].First+int32(l.fromLane), n.Roads[roadAt[l.to]].First+int32(l.toLane)
		c.Node, c.Light, c.Index = n.Roads[roadAt[l.to]].From, -1, -1
		c.KeepClear, c.Stop = l.clear, l.state == "s" || l.state == "w"
		switch l.dir {
		case "l", "L":
			c.Turn = city.Left
		case "r", "R":
			c.Turn = city.Right
		case "t":
			c.Turn = city.UTurn
		}
		pieces := 0
		for via := l.via; via != ""; via = onward[via] {
			p := inside[via]
			if p == nil {
				r.note(l.line, "connection %s → %s: its way over %q is not in the file; drawn straight", l.from, l.to, via)
				break
			}
			if pieces++; pieces > 8 {
				return r.refuse(l.line, "connection %s → %s: its way over %q has no end", l.from, l.to, via)
			}
			if pieces == 2 {
				c.Wait = c.Length
			}
			if c.Speed == 0 || p.Speed < c.Speed {
				c.Speed = p.Speed
			}
			m.path, m.at = append(m.path, via), append(m.at, c.Length)
			c.Length += p.Length
			c.Path = append(c.Path, p.Line...)
			m.last = via
		}
		if l.wait > 0 {
			c.Wait = l.wait
		}
		if l.speed > 0 {
			c.Speed = l.speed
		}
		a, b := &n.Lanes[c.From], &n.Lanes[c.To]
		if len(c.Path) < 2 {
			c.Path = orb.LineString{a.Line[len(a.Line)-1], b.Line[0]}
		}
		if c.Length <= 0 {
			c.Length = max(along(c.Path), shortest)
		}
		if c.Speed <= 0 {
			c.Speed = min(a.Speed, b.Speed)
		}
		if l.light != "" {
			t, ok := lightAt[l.light]
			switch kind := raws[c.Node].kind; {
			case !ok && (kind == "rail_signal" || kind == "rail_crossing"): // these are worked by the trains
				if kind == "rail_crossing" && !crossed[c.Node] {
					crossed[c.Node] = true
					r.note(raws[c.Node].line, "rail crossing %s is never closed: no trains are read", raws[c.Node].id)
				}
			case !ok:
				r.note(l.line, "connection %s → %s names the light %q, which is not there; left without one", l.from, l.to, l.light)
			case l.index < 0 || l.index >= n.Lights[t].Places:
				return r.refuse(l.line, "connection %s → %s is place %d of light %s, whose states have %d", l.from, l.to, l.index, l.light, n.Lights[t].Places)
			default:
				c.Light, c.Index = t, int32(l.index)
				n.Nodes[c.Node].Light = t
			}
		}
		out = append(out, m)
	}
	slices.SortStableFunc(out, func(a, b made) int { return cmp.Or(cmp.Compare(a.From, b.From), cmp.Compare(a.To, b.To)) })
	for i := 1; i < len(out); i++ {
		if out[i].From == out[i-1].From && out[i].To == out[i-1].To {
			r.note(out[i].raw.line, "connection %s → %s is there twice; the first is kept", n.Lanes[out[i].From].ID, n.Lanes[out[i].To].ID)
			out = slices.Delete(out, i, i+1)
			i--
		}
	}

	// rows of requests: the place of the path's last internal lane in the junction's list, or the order of the file without one
	byNode := make([][]int, len(n.Nodes))
	for i := range out {
		byNode[out[i].Node] = append(byNode[out[i].Node], i)
	}
	for v, list := range byNode {
		j := raws[v]
		if len(j.response) == 0 {
			continue
		}
		row := map[string]int{}
		for i, id := range j.inside {
			row[id] = i
		}
		if len(j.inside) == 0 {
			slices.SortStableFunc(list, func(a, b int) int {
				ia, ib := slices.Index(j.incoming, n.Lanes[out[a].From].ID), slices.Index(j.incoming, n.Lanes[out[b].From].ID)
				return cmp.Or(cmp.Compare(ia, ib), cmp.Compare(out[a].raw.line, out[b].raw.line))
			})
			for k, i := range list {
				out[i].row = k
			}
		} else {
			for _, i := range list {
				if k, ok := row[out[i].last]; ok {
					out[i].row = k
				}
			}
		}
		for _, i := range list {
			k := out[i].row
			if k < 0 || k >= len(j.response) {
				r.note(out[i].raw.line, "connection %s → %s has no row in the requests of junction %s; it gives way to nobody", out[i].raw.from, out[i].raw.to, j.id)
				continue
			}
			for _, o := range list {
				if o == i || out[o].row < 0 {
					continue
				}
				yields := bit(j.response[k], out[o].row)
				if yields {
					out[i].Yields = append(out[i].Yields, int32(o))
				}
				if yields || bit(j.foes[k], out[o].row) {
					out[i].Foes = append(out[i].Foes, int32(o))
				}
			}
			slices.Sort(out[i].Yields)
			slices.Sort(out[i].Foes)
		}
	}
	n.Connections = make([]city.Connection, len(out))
	n.Inside = map[string]Piece{}
	for i := range out {
		n.Connections[i] = out[i].Connection
		for k, id := range out[i].path {
			n.Inside[id] = Piece{int32(i), out[i].at[k]}
		}
	}
	r.conflicts(n)
	r.crosswalks(n)
	n.walks = r.walkNet(edgeAt)
	n.Crossings = slices.DeleteFunc(n.Crossings, func(c Crossing) bool { return c.Light < 0 })
	return nil
}

// bit tells whether the string of a request, whose last character is link 0, marks link i.
func bit(s string, i int) bool { return i < len(s) && s[len(s)-1-i] == '1' }

// conflicts finds phases that give two crossing streams the green that goes first, and makes the one that yields give way.
func (r *netReader) conflicts(n *Network) {
	merge := func(a, b *city.Connection) bool { return n.Lanes[a.To].Road == n.Lanes[b.To].Road }
	byLight := make([][]int, len(n.Lights))
	for i := range n.Connections {
		if t := n.Connections[i].Light; t >= 0 {
			byLight[t] = append(byLight[t], i)
		}
	}
	for t := range n.Lights {
		l := &n.Lights[t]
		for _, i := range byLight[t] {
			c := &n.Connections[i]
			if !slices.ContainsFunc(l.Phases, func(p city.LightPhase) bool { return p.State[c.Index] != 'r' && p.State[c.Index] != 'y' }) {
				r.programs[t].note(r.programs[t].line, "light %s never lets %s → %s go (place %d): who takes it waits for good", l.ID, n.Lanes[c.From].ID, n.Lanes[c.To].ID, c.Index)
			}
		}
		for p := range l.Phases {
			state := []byte(l.Phases[p].State)
			for _, i := range byLight[t] {
				a := &n.Connections[i]
				for _, f := range a.Foes {
					b := &n.Connections[f]
					if b.Light != a.Light || state[a.Index] != 'G' || state[b.Index] != 'G' || a.Index == b.Index || n.Lanes[a.From].Road == n.Lanes[b.From].Road {
						continue
					}
					if !slices.Contains(a.Yields, f) && (slices.Contains(b.Yields, int32(i)) || int32(i) < f) {
						continue // b's turn will come, or nobody yields and the later one does
					}
					kind := "cross"
					if merge(a, b) {
						kind = "merge"
					}
					r.programs[t].note(r.programs[t].line, "light %s: phase %d gives %s → %s and %s → %s, which %s, green that goes first (places %d and %d); the former gives way (g)",
						l.ID, p, n.Lanes[a.From].ID, n.Lanes[a.To].ID, n.Lanes[b.From].ID, n.Lanes[b.To].ID, kind, a.Index, b.Index)
					state[a.Index] = 'g'
				}
			}
			l.Phases[p].State = string(state)
		}
	}
}
