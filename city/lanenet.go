package city

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/paulmach/orb"
)

// Speeds through a junction, m/s, and where in it a turn that gives way may wait, m before its middle.
const (
	leftTurnSpeed  = 8.0
	rightTurnSpeed = 5.5
	uTurnSpeed     = 4.0
	waitBefore     = 6.0
	shortestLane   = 4.0 // m that are left of a link shorter than its junctions
)

// Lanes returns a city's streets at the level of lanes. Road i is link i; a light's places are its connections in order, its program
// is the junction's reference plan; turns that share a movement share its stages.
//
// Lanes are cut where the junction begins, crosswalks lie where the junctions' movements for walkers do and over small streets without a signal, paths are quadratic curves, and who gives way is read from the movements at signals; elsewhere
// from the streets' classes, by left turns before oncoming traffic and by priority to the right (to the left where traffic keeps left).
func (c *City) Lanes() (*LaneNet, error) {
	s := &c.Streets
	n := &LaneNet{LeftHand: s.LeftHand}
	radius := make([]float64, len(s.Nodes)) // m from a node to its stop lines
	degree := make([]int, len(s.Nodes))
	for i := range s.Links {
		degree[s.Links[i].To]++
	}
	for i := range s.Links {
		l := &s.Links[i]
		if len(l.Line) < 2 || !(l.Length > 0) || l.Lanes < 1 {
			return nil, fmt.Errorf("lanes: link %s: %d points, %g m, %d lanes; build the pack again", l.ID, len(l.Line), l.Length, l.Lanes)
		}
		for _, end := range []int32{l.From, l.To} {
			if degree[end] > 2 || s.Nodes[end].Junction >= 0 {
				r := float64(l.Lanes)*laneWidth + 2
				if s.Nodes[end].Junction >= 0 {
					r += walkRoom
				}
				radius[end] = math.Max(radius[end], r)
			}
		}
	}
	for i := range s.Nodes {
		n.Nodes = append(n.Nodes, LaneNode{ID: s.Nodes[i].ID, At: s.Nodes[i].At, Light: s.Nodes[i].Junction})
	}
	for i := range s.Links {
		l := &s.Links[i]
		// A link shorter than its junctions keeps a little of itself, its junctions share the rest.
		cut := [2]float64{radius[l.From], radius[l.To]}
		if room := l.Length - shortestLane; cut[0]+cut[1] > room {
			f := math.Max(0, room) / (cut[0] + cut[1])
			cut[0], cut[1] = cut[0]*f, cut[1]*f
		}
		length := math.Max(l.Length-cut[0]-cut[1], math.Min(shortestLane, l.Length))
		r := Road{ID: l.ID, From: l.From, To: l.To, First: int32(len(n.Lanes)), Lanes: int32(l.Lanes), Length: length, Speed: l.Speed, Priority: int32(Service - l.Class)}
		n.Roads = append(n.Roads, r)
		middle := part(l.Line, cut[0], cut[1])
		for k := range l.Lanes {
			allow := MotorVehicles | EBike
			if l.BusLane && k == 0 {
				allow = BusClass | EmergencyClass
			}
			// Metres to the right of the link's line: of a two-way street that is its middle, of a one-way its own.
			off := (float64(l.Lanes-k) - 0.5) * laneWidth
			if l.Reverse < 0 {
				off -= float64(l.Lanes) * laneWidth / 2
			}
			if s.LeftHand {
				off = -off
			}
			n.Lanes = append(n.Lanes, Lane{ID: fmt.Sprintf("%s_%d", l.ID, k), Road: int32(i), Length: length, Speed: l.Speed, Line: beside(middle, off), Allow: allow})
		}
	}
	of := make([]int32, 0, len(s.Turns)) // of each connection: its turn
	for t := range s.Turns {
		for _, k := range n.connect(c, int32(t)) {
			n.Connections = append(n.Connections, k)
			of = append(of, int32(t))
		}
	}
	order := make([]int, len(of))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		x, y := &n.Connections[a], &n.Connections[b]
		return cmp.Or(cmp.Compare(x.From, y.From), cmp.Compare(x.To, y.To))
	})
	list, turns := make([]Connection, len(of)), make([]int32, len(of))
	for i, k := range order {
		list[i], turns[i] = n.Connections[k], of[k]
	}
	n.Connections = list
	n.light(c, turns, n.pave(c))
	n.giveWay(c, turns)
	return n, nil
}

// connect makes the connections of a turn: the lanes of its link that may make it, led to lanes of the next. Near turns use the kerb's
// lanes and the first beside a bus lane, far ones those in the middle of the street, who goes straight on the others; far lanes are shared
// only where there are too few and both are green together, as whoever waits for the one signal stands in the way of the other.
func (n *LaneNet) connect(c *City, t int32) []Connection {
	s := &c.Streets
	turn := &s.Turns[t]
	from, to := &n.Roads[turn.From], &n.Roads[turn.To]
	near, far := Right, Left
	if s.LeftHand {
		near, far = Left, Right
	}
	aside := turn.Kind == far || turn.Kind == UTurn
	m := int32(min(max(turn.Lanes, 1), int8(from.Lanes)))
	first := int32(0)
	switch {
	case aside:
		first = from.Lanes - m
	case turn.Kind == near && s.Links[turn.From].BusLane:
		m = min(m+1, from.Lanes)
	case turn.Kind == Straight:
		kerb, middle, apart := int32(0), int32(0), false
		for i := range s.Turns {
			switch o := &s.Turns[i]; {
			case o.From != turn.From:
			case o.Kind == near:
				kerb = max(kerb, int32(o.Lanes))
			case o.Kind == far || o.Kind == UTurn:
				middle, apart = max(middle, int32(o.Lanes), 1), apart || c.otherStages(turn, o)
			}
		}
		free := max(1, from.Lanes-middle)
		if apart {
			m = min(m, free)
		}
		if first = from.Lanes - m; m <= free {
			first = min(kerb, free-m)
		}
	}
	speed := map[TurnKind]float64{Left: leftTurnSpeed, Right: rightTurnSpeed, UTurn: uTurnSpeed, Straight: math.Inf(1)}[turn.Kind]
	if s.LeftHand && turn.Kind != Straight && turn.Kind != UTurn {
		speed = leftTurnSpeed + rightTurnSpeed - speed
	}
	speed = min(speed, from.Speed, to.Speed)
	var list []Connection
	for k := range m {
		lane := k // of the next road, from the kerb
		switch {
		case aside:
			lane = to.Lanes - (m - k)
		case turn.Kind == Straight:
			lane = first + k
			if from.Lanes > to.Lanes {
				lane -= (from.Lanes - to.Lanes) / 2
			}
		}
		lane = max(0, min(lane, to.Lanes-1))
		list = append(list, n.connection(from.First+first+k, to.First+lane, turn, s.Links[turn.From].To, speed))
		// Who may not drive in the bus lane comes into the one beside it.
		if have := n.Lanes[from.First+first+k].Allow; lane+1 < to.Lanes && n.Lanes[to.First+lane].Allow&have != have {
			list = append(list, n.connection(from.First+first+k, to.First+lane+1, turn, s.Links[turn.From].To, speed))
		}
	}
	return list
}

func (n *LaneNet) connection(from, to int32, turn *Turn, node int32, speed float64) Connection {
	c := Connection{From: from, To: to, Turn: turn.Kind, Node: node, Speed: speed, Light: -1, Index: -1}
	c.Path = curve(n.Lanes[from].Line, n.Lanes[to].Line)
	c.Length = math.Max(1, length(c.Path))
	return c
}

// otherStages reports whether some stage of a light's plans lets one of two turns go and not the other.
func (c *City) otherStages(a, b *Turn) bool {
	if a.Junction < 0 || a.Junction != b.Junction || a.Movement < 0 || b.Movement < 0 {
		return false
	}
	j := &c.Signals[a.Junction]
	for i := range j.Stages {
		if !j.OnDemand(i) && j.InStage(i, a.Movement) != j.InStage(i, b.Movement) {
			return true
		}
	}
	return false
}

// light gives connections and crosswalks their places, those behind these, and lights their programs: each stage of the reference plan, the end of it
// without green for walkers whom it leaves time to get over, yellow for who stops, all-red.
func (n *LaneNet) light(c *City, turns, walks []int32) {
	n.Lights = make([]Light, len(c.Signals))
	movement := make([][]int32, len(c.Signals)) // of each place
	conns, cross := make([][]int32, len(c.Signals)), make([][]int32, len(c.Signals))
	for i, t := range turns {
		if turn := &c.Streets.Turns[t]; turn.Junction >= 0 {
			k := &n.Connections[i]
			k.Light, k.Index = turn.Junction, int32(len(movement[turn.Junction]))
			movement[turn.Junction] = append(movement[turn.Junction], turn.Movement)
			conns[turn.Junction] = append(conns[turn.Junction], int32(i))
		}
	}
	for i, m := range walks {
		if k := &n.Crosswalks[i]; k.Light >= 0 {
			k.Index = int32(len(movement[k.Light]))
			movement[k.Light] = append(movement[k.Light], m)
			cross[k.Light] = append(cross[k.Light], int32(i))
		}
	}
	for j := range c.Signals {
		sig, l := &c.Signals[j], &n.Lights[j]
		l.ID, l.Offset, l.Places = sig.ID, float64(sig.Reference.Offset), len(movement[j])
		stages := n.halve(sig, n.lit(sig, movement[j]), conns[j], cross[j])
		for i := range stages {
			st, next := &stages[i], &stages[(i+1)%len(stages)]
			green, clear, amber, dark := make([]byte, l.Places), make([]byte, l.Places), make([]byte, l.Places), make([]byte, l.Places)
			ends, flash := false, 0 // s before the end at which walkers must not begin
			for p, m := range movement[j] {
				green[p], clear[p], amber[p], dark[p] = 'r', 'r', 'r', 'r'
				if !st.shows[p] {
					continue
				}
				green[p] = 'G'
				mv := &sig.Movements[m]
				if mv.Permissive {
					green[p] = 'g'
				}
				switch {
				case next.shows[p]:
					clear[p], amber[p], dark[p] = green[p], green[p], green[p]
				case mv.Kind == Walkers:
					flash = max(flash, int(mv.Clearance))
				default:
					clear[p], amber[p], ends = green[p], 'y', true
				}
			}
			l.Phases = append(l.Phases, LightPhase{State: string(green), Duration: float64(st.green - flash), Least: float64(st.least - flash)})
			if flash > 0 {
				l.Phases = append(l.Phases, LightPhase{State: string(clear), Duration: float64(flash), Change: true})
			}
			between := float64(sig.between(st.movements, next.movements))
			y := 0.0
			if ends {
				y = math.Min(yellowTime, between)
				l.Phases = append(l.Phases, LightPhase{State: string(amber), Duration: y, Change: true})
			}
			if between > y {
				l.Phases = append(l.Phases, LightPhase{State: string(dark), Duration: between - y, Change: true})
			}
		}
	}
}

// A litStage is a stage of the reference plan as a light shows it.
type litStage struct {
	movements    []int32
	shows        []bool // of each place
	green, least int    // s
}

// lit is the stages of a junction's reference plan, movement being that of each place.
func (n *LaneNet) lit(sig *Junction, movement []int32) (list []litStage) {
	for _, st := range sig.Reference.Stages {
		x := litStage{movements: slices.Clone(sig.Stages[st.Stage].Movements), green: st.Green, least: sig.StageMinGreen(st.Stage)}
		for _, m := range movement {
			x.shows = append(x.shows, sig.InStage(st.Stage, m))
		}
		list = append(list, x)
	}
	return list
}

// halve leaves out the stages that are for walkers alone over streets with an island, where each half of their crosswalks can be green in another stage in
// which nobody drives over it but those who turn into the street, and the round at its least is the shorter for it. conns and cross are the junction's
// connections and crosswalks.
func (n *LaneNet) halve(sig *Junction, stages []litStage, conns, cross []int32) []litStage {
	for s := 0; s < len(stages) && len(stages) > 2; s++ {
		if slices.ContainsFunc(stages[s].movements, func(m int32) bool { return !sig.Movements[m].Island }) {
			continue
		}
		rest := make([]litStage, 0, len(stages))
		for q := range stages {
			if x := stages[q]; q != s {
				x.movements, x.shows = slices.Clone(x.movements), slices.Clone(x.shows)
				rest = append(rest, x)
			}
		}
		done := true
		for _, k := range cross {
			w := &n.Crosswalks[k]
			if !stages[s].shows[w.Index] || slices.ContainsFunc(rest, func(x litStage) bool { return x.shows[w.Index] }) {
				continue
			}
			needs, best := walkTime+int(w.Clear), -1
			for q := range rest {
				if n.spares(w, &rest[q], conns) && (best < 0 || max(needs-rest[q].least, 0) < max(needs-rest[best].least, 0)) {
					best = q
				}
			}
			if done = done && best >= 0; !done {
				break
			}
			x := &rest[best]
			x.shows[w.Index], x.least, x.green = true, max(x.least, needs), max(x.green, needs)
			if m := sig.walks(w.Road); m >= 0 && !slices.Contains(x.movements, m) {
				x.movements = append(x.movements, m)
			}
		}
		if done && leastRound(sig, rest) < leastRound(sig, stages) {
			stages, s = rest, s-1
		}
	}
	return stages
}

// walks is the movement of those who walk over a link at a junction, −1: there is none.
func (j *Junction) walks(link int32) int32 {
	for m := range j.Movements {
		if mv := &j.Movements[m]; mv.Kind == Walkers && mv.From == link {
			return int32(m)
		}
	}
	return -1
}

// spares reports whether nobody drives over a crosswalk in a stage but those who turn into its street.
func (n *LaneNet) spares(w *Crosswalk, st *litStage, conns []int32) bool {
	for _, k := range conns {
		c := &n.Connections[k]
		over := slices.ContainsFunc(w.Over, func(o Over) bool { return o.Connection == k }) || meet(c.Path, w.Line)
		if over && st.shows[c.Index] && (c.Turn == Straight || n.Lanes[c.From].Road == w.Road) {
			return false
		}
	}
	return true
}

// leastRound is the s that stages take one after the other, each at its least.
func leastRound(sig *Junction, stages []litStage) (sum int) {
	for s := range stages {
		sum += stages[s].least + sig.between(stages[s].movements, stages[(s+1)%len(stages)].movements)
	}
	return sum
}

// giveWay finds whose paths cross at each node, and who waits for whom.
func (n *LaneNet) giveWay(c *City, turns []int32) {
	s := &c.Streets
	at := make([][]int32, len(s.Nodes)) // connections by node
	for i := range n.Connections {
		at[n.Connections[i].Node] = append(at[n.Connections[i].Node], int32(i))
	}
	for node, list := range at {
		for _, a := range list {
			k := &n.Connections[a]
			from := n.Lanes[k.From].Road
			for _, b := range list {
				o := &n.Connections[b]
				other := n.Lanes[o.From].Road
				// Beside each other on one road only a turn over a bus lane is in another's way.
				if a == b || from == other && (k.From == o.From || n.Lanes[k.From].Allow == n.Lanes[o.From].Allow) || !(k.To == o.To || meet(k.Path, o.Path)) {
					continue
				}
				k.Foes = append(k.Foes, b)
				if s.yields(c, turns[a], turns[b]) {
					k.Yields = append(k.Yields, b)
				}
			}
			if len(k.Foes) > 0 {
				k.KeepClear = true
			}
			if len(k.Yields) > 0 && k.Turn != Straight && s.Nodes[node].Junction >= 0 && k.Length > 2*waitBefore {
				k.Wait = k.Length/2 - waitBefore/2
			}
		}
	}
}

// yields reports whether who makes turn a gives way to who makes turn b at the same node, where both may go.
func (s *Streets) yields(c *City, a, b int32) bool {
	x, y := &s.Turns[a], &s.Turns[b]
	if x.Junction >= 0 && x.Junction == y.Junction {
		m, o := &c.Signals[x.Junction].Movements[x.Movement], &c.Signals[x.Junction].Movements[y.Movement]
		if m.Permissive != o.Permissive {
			return m.Permissive
		}
		return m.Permissive && rank(x.Kind, s.LeftHand) > rank(y.Kind, s.LeftHand)
	}
	if x.From == y.From {
		return rank(x.Kind, s.LeftHand) > rank(y.Kind, s.LeftHand)
	}
	from, other := &s.Links[x.From], &s.Links[y.From]
	if from.Class != other.Class {
		return from.Class > other.Class
	}
	k := len(from.Line)
	ha, hb := heading(from.Line[k-2], from.Line[k-1]), heading(other.Line[len(other.Line)-2], other.Line[len(other.Line)-1])
	switch d := math.Remainder(hb-ha, 2*math.Pi); {
	case math.Abs(d) > 3*math.Pi/4: // oncoming
		return rank(x.Kind, s.LeftHand) > rank(y.Kind, s.LeftHand)
	case math.Abs(d) < math.Pi/8: // side by side into one street: the one that comes first by number
		return x.From > y.From
	case s.LeftHand:
		return d > 0
	default: // who comes from the right drives to the left
		return d < 0
	}
}

// rank orders turns that meet oncoming ones: straight on goes first, then the near turn, the far one, back.
func rank(k TurnKind, leftHand bool) int {
	r := [...]int{Straight: 0, Left: 2, Right: 1, UTurn: 3}[k]
	if leftHand && (r == 1 || r == 2) {
		r = 3 - r
	}
	return r
}

// part returns a line without a metres at its start and b at its end.
func part(line orb.LineString, a, b float64) orb.LineString {
	total := length(line)
	b = total - b
	if !(b > a) { // nothing would be left: a metre about the middle
		a, b = math.Max(0, (a+b)/2-0.5), math.Min(total, (a+b)/2+0.5)
	}
	out := orb.LineString{}
	done := 0.0
	for i := 1; i < len(line); i++ {
		p, q := line[i-1], line[i]
		d := dist(p, q)
		if d == 0 {
			continue
		}
		point := func(at float64) orb.Point {
			f := (at - done) / d
			return orb.Point{p[0] + f*(q[0]-p[0]), p[1] + f*(q[1]-p[1])}
		}
		if len(out) == 0 && a <= done+d {
			out = append(out, point(a))
		}
		if len(out) > 0 && b <= done+d {
			return append(out, point(b))
		}
		if len(out) > 0 {
			out = append(out, q)
		}
		done += d
	}
	return append(out, line[len(line)-1])
}

// beside returns a line off metres to the right of another one.
func beside(line orb.LineString, off float64) orb.LineString {
	out := make(orb.LineString, len(line))
	for i := range line {
		a, b := line[max(0, i-1)], line[min(len(line)-1, i+1)]
		h := heading(a, b)
		out[i] = orb.Point{line[i][0] + math.Cos(h)*off, line[i][1] - math.Sin(h)*off}
	}
	return out
}

// curve leads from the end of one line to the start of another.
func curve(a, b orb.LineString) orb.LineString {
	p, q := a[len(a)-1], b[0]
	ha, hb := heading(a[len(a)-2], p), heading(q, b[1])
	mid := orb.Point{(p[0] + q[0]) / 2, (p[1] + q[1]) / 2}
	// Where both directions meet, if that lies ahead of one and behind the other.
	if det := math.Sin(ha)*math.Cos(hb) - math.Cos(ha)*math.Sin(hb); math.Abs(det) > 0.2 {
		dx, dy := q[0]-p[0], q[1]-p[1]
		t := (dx*math.Cos(hb) - dy*math.Sin(hb)) / det
		if far := 2 * math.Hypot(dx, dy); t > 0 && t < far {
			mid = orb.Point{p[0] + math.Sin(ha)*t, p[1] + math.Cos(ha)*t}
		}
	}
	var path orb.LineString
	const steps = 6
	for i := range steps + 1 {
		t := float64(i) / steps
		x, y, z := (1-t)*(1-t), 2*t*(1-t), t*t
		path = append(path, orb.Point{x*p[0] + y*mid[0] + z*q[0], x*p[1] + y*mid[1] + z*q[1]})
	}
	return path
}

// meet reports whether two paths cross.
func meet(a, b orb.LineString) bool {
	for i := 1; i < len(a); i++ {
		for k := 1; k < len(b); k++ {
			if _, _, ok := crossing(a[i-1], a[i], b[k-1], b[k]); ok {
				return true
			}
		}
	}
	return false
}
