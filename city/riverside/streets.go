package riverside

import (
	"fmt"
	"math"
	"sort"

	"citybrain/city"
	"github.com/paulmach/orb"
)

// A stroke is a street as drawn: a curve that is cut where it crosses others of its level.
type stroke struct {
	line   orb.LineString
	class  city.RoadClass
	lanes  int8
	level  int8
	name   city.Text
	bus    bool
	oneWay bool
	joins  bool // meets the ground streets at its ends only (tunnels, ramps)
}

// limits are the speeds in m/s by class.
var limits = map[city.RoadClass]float64{city.Motorway: 80 / 3.6, city.Trunk: 60 / 3.6, city.Primary: 50 / 3.6, city.Secondary: 50 / 3.6, city.Tertiary: 40 / 3.6, city.Local: 30 / 3.6}

// plan draws the strokes of the whole city.
func (m *maker) plan() []stroke {
	var out []stroke
	warp := func(p orb.Point) orb.Point {
		q := orb.Point{p[0] + 150*m.noise.at(p[0]/1500, p[1]/1500) + 40*m.noise.at(p[0]/500+50, p[1]/500), p[1] + 150*m.noise.at(p[0]/1500+90, p[1]/1500+30) + 40*m.noise.at(p[0]/500+7, p[1]/500+70)}
		// Streets near the water turn along it.
		if d, _ := away(m.river, q); d < 700 {
			k := 0.35 * (1 - d/700)
			q[0] += k * 60 * m.noise.at(q[1]/300, 5)
		}
		return q
	}
	// East of the river the grid is turned and wider: newer superblocks.
	east := func(p orb.Point) bool {
		_, side := away(m.river, p)
		return side > 0
	}
	grid := func(keep func(orb.Point) bool, angle, step float64, centre orb.Point, tag string) {
		sin, cos := math.Sin(angle), math.Cos(angle)
		n := int(17000/step) + 1
		for axis := range 2 {
			for i := -n / 2; i <= n/2; i++ {
				class, lanes := city.Local, int8(1)
				switch {
				case i%6 == 0:
					class, lanes = city.Primary, 3
				case i%2 == 0:
					class, lanes = city.Secondary, 2
				case (i+600)%6 == 1:
					class, lanes = city.Tertiary, 1
				}
				at := float64(i)*step + step*0.12*m.draw.Normal(uint64(i+1000), uint64(axis*7+len(tag)))
				var run orb.LineString
				name := m.streetName()
				flush := func() {
					if len(run) > 4 {
						out = append(out, stroke{line: run, class: class, lanes: lanes, name: name, bus: class == city.Primary && i%12 == 0, oneWay: class == city.Local && m.draw.Float(uint64(len(out)), 77) < 0.25})
					}
					run = nil
				}
				for s := -8800.0; s <= 8800; s += 40 {
					p := orb.Point{s, at}
					if axis == 1 {
						p = orb.Point{at, s}
					}
					q := warp(orb.Point{centre[0] + p[0]*cos - p[1]*sin, centre[1] + p[0]*sin + p[1]*cos})
					// Lanes don't run on for ever: they stop at main streets here and there.
					gap := class == city.Local && m.noise.at(s/520+float64(i)*3.1, float64(axis)*17+float64(i)) > 0.25
					if keep(q) && !gap && q[0] > 0 && q[0] < width && q[1] > 0 && q[1] < height {
						run = append(run, q)
					} else {
						flush()
					}
				}
				flush()
			}
		}
	}
	dry := func(p orb.Point, margin float64) bool {
		d, _ := away(m.river, p)
		return d > riverWidth/2+margin
	}
	old := func(p orb.Point, grow float64) bool {
		return math.Hypot(p[0]-m.oldTown[0], p[1]-m.oldTown[1]) < oldRadius+grow
	}
	cbd := func(p orb.Point, grow float64) bool { return math.Hypot(p[0]-m.tip[0], p[1]-m.tip[1]) < cbdRadius+grow }
	grid(func(p orb.Point) bool { return dry(p, 20) && !east(p) && !old(p, -15) }, 0.12, 205, orb.Point{1500, 3300}, "w")
	grid(func(p orb.Point) bool { return dry(p, 20) && east(p) && !cbd(p, -15) }, -0.42, 240, orb.Point{6000, 2200}, "ea")
	grid(func(p orb.Point) bool { return old(p, -25) }, 0.5, 112, m.oldTown, "old")
	grid(func(p orb.Point) bool { return dry(p, 40) && cbd(p, -25) }, -0.1, 190, m.tip, "cbd")
	ring := func(c orb.Point, r float64, name city.Text, class city.RoadClass, lanes int8) {
		var l orb.LineString
		for i := range 73 {
			a := float64(i) / 72 * 2 * math.Pi
			rr := r * (1 + 0.05*m.noise.at(3*math.Cos(a), 3*math.Sin(a)))
			l = append(l, orb.Point{c[0] + rr*math.Cos(a), c[1] + rr*math.Sin(a)})
		}
		l[72] = l[0]
		out = append(out, stroke{line: l, class: class, lanes: lanes, name: name})
	}
	ring(m.oldTown, oldRadius, city.Text{En: "Old Wall Ring", Zh: "老城环路"}, city.Secondary, 2)
	ring(m.tip, 330, city.Text{En: "Lantern Ring", Zh: "灯塔环路"}, city.Primary, 3)
	// Roads along both banks, and the avenue that leads from the towers to the south-east.
	out = append(out,
		stroke{line: m.inside(offset(m.river, riverWidth/2+55)), class: city.Primary, lanes: 3, name: city.Text{En: "East Quay", Zh: "浦滨东路"}},
		stroke{line: m.inside(offset(m.river, -riverWidth/2-55)), class: city.Primary, lanes: 3, name: city.Text{En: "The Embankment", Zh: "外堤路"}},
		stroke{line: m.inside(spline([]orb.Point{{m.tip[0] + 240, m.tip[1] - 240}, {5400, 2900}, {6300, 1900}, {7780, 700}}, 20)), class: city.Primary, lanes: 4, name: city.Text{En: "Millennium Avenue", Zh: "千年大道"}})
	return out
}

const (
	oldRadius = 640.0
	cbdRadius = 620.0
)

// inside is the part of l within the city.
func (m *maker) inside(l orb.LineString) orb.LineString {
	var out orb.LineString
	for _, p := range l {
		if p[0] > 5 && p[0] < width-5 && p[1] > 5 && p[1] < height-5 {
			out = append(out, p)
		}
	}
	return out
}

// cut turns strokes into nodes and links: strokes are cut where they cross, ends close to another street are joined to it,
// crossings that lie close together become one, and only what hangs together both ways stays.
func (m *maker) cut(strokes []stroke) {
	type mark struct {
		along float64
		p     orb.Point
	}
	marks := make([][]mark, len(strokes))
	type seg struct {
		stroke int
		a, b   orb.Point
		along  float64
	}
	const cell = 120.0
	index := map[[2]int][]seg{}
	var all []seg
	for i, s := range strokes {
		run := 0.0
		for k := 1; k < len(s.line); k++ {
			g := seg{i, s.line[k-1], s.line[k], run}
			run += hyp(g.a, g.b)
			all = append(all, g)
			x0, x1 := math.Min(g.a[0], g.b[0]), math.Max(g.a[0], g.b[0])
			y0, y1 := math.Min(g.a[1], g.b[1]), math.Max(g.a[1], g.b[1])
			for x := int(x0 / cell); x <= int(x1/cell); x++ {
				for y := int(y0 / cell); y <= int(y1/cell); y++ {
					index[[2]int{x, y}] = append(index[[2]int{x, y}], g)
				}
			}
		}
		marks[i] = append(marks[i], mark{0, s.line[0]}, mark{run, s.line[len(s.line)-1]})
	}
	seen := map[[4]float64]bool{}
	for _, g := range all {
		x0, x1 := math.Min(g.a[0], g.b[0]), math.Max(g.a[0], g.b[0])
		y0, y1 := math.Min(g.a[1], g.b[1]), math.Max(g.a[1], g.b[1])
		for x := int(x0 / cell); x <= int(x1/cell); x++ {
			for y := int(y0 / cell); y <= int(y1/cell); y++ {
				for _, o := range index[[2]int{x, y}] {
					if o.stroke <= g.stroke {
						continue
					}
					if s, t, ok := meet(g.a, g.b, o.a, o.b); ok {
						p := orb.Point{g.a[0] + s*(g.b[0]-g.a[0]), g.a[1] + s*(g.b[1]-g.a[1])}
						key := [4]float64{float64(g.stroke), float64(o.stroke), math.Round(p[0]), math.Round(p[1])}
						if seen[key] {
							continue
						}
						seen[key] = true
						marks[g.stroke] = append(marks[g.stroke], mark{g.along + s*hyp(g.a, g.b), p})
						marks[o.stroke] = append(marks[o.stroke], mark{o.along + t*hyp(o.a, o.b), p})
					}
				}
			}
		}
	}
	// A street that ends a little short of another one reaches it.
	const reach = 75.0
	for i, s := range strokes {
		for _, end := range []int{0, len(s.line) - 1} {
			p := s.line[end]
			best, at, on, least := orb.Point{}, 0.0, -1, reach
			for x := int((p[0] - reach) / cell); x <= int((p[0]+reach)/cell); x++ {
				for y := int((p[1] - reach) / cell); y <= int((p[1]+reach)/cell); y++ {
					for _, o := range index[[2]int{x, y}] {
						if o.stroke == i {
							continue
						}
						vx, vy := o.b[0]-o.a[0], o.b[1]-o.a[1]
						n := vx*vx + vy*vy
						if n == 0 {
							continue
						}
						t := math.Max(0, math.Min(1, ((p[0]-o.a[0])*vx+(p[1]-o.a[1])*vy)/n))
						q := orb.Point{o.a[0] + t*vx, o.a[1] + t*vy}
						if d := hyp(p, q); d < least {
							best, at, on, least = q, o.along+t*math.Sqrt(n), o.stroke, d
						}
					}
				}
			}
			if on >= 0 {
				marks[on] = append(marks[on], mark{at, best})
				if end == 0 {
					marks[i][0].p = best
				} else {
					marks[i][1].p = best
				}
			}
		}
	}
	// Crossings within 38 m are one junction.
	var points []orb.Point
	near := map[[2]int][]int32{}
	const merge = 38.0
	node := func(p orb.Point) int32 {
		k := [2]int{int(math.Floor(p[0] / merge)), int(math.Floor(p[1] / merge))}
		best, least := int32(-1), merge
		for dx := -1; dx <= 1; dx++ {
			for dy := -1; dy <= 1; dy++ {
				for _, n := range near[[2]int{k[0] + dx, k[1] + dy}] {
					if d := hyp(points[n], p); d < least {
						best, least = n, d
					}
				}
			}
		}
		if best >= 0 {
			return best
		}
		points = append(points, p)
		near[k] = append(near[k], int32(len(points)-1))
		return int32(len(points) - 1)
	}
	type edge struct {
		a, b   int32
		line   orb.LineString
		stroke int
	}
	var edges []edge
	joined := map[[2]int32]bool{}
	for i, s := range strokes {
		ms := marks[i]
		sort.Slice(ms, func(a, b int) bool { return ms[a].along < ms[b].along })
		last, lastAlong := node(ms[0].p), ms[0].along
		for _, k := range ms[1:] {
			n := node(k.p)
			if n == last {
				continue
			}
			key := [2]int32{min(last, n), max(last, n)}
			if !joined[key] {
				joined[key] = true
				line := orb.LineString{points[last]}
				run := 0.0
				for v := 1; v < len(s.line); v++ {
					if run += hyp(s.line[v-1], s.line[v]); run > lastAlong+15 && run < k.along-15 {
						line = append(line, s.line[v])
					}
				}
				edges = append(edges, edge{last, n, append(line, points[n]), i})
			}
			last, lastAlong = n, k.along
		}
	}
	// Dead ends that are not at the city's edge go, again and again until none is left.
	edgeOf := func(p orb.Point) bool {
		return p[0] < 130 || p[1] < 130 || p[0] > width-130 || p[1] > height-130
	}
	for changed := true; changed; {
		changed = false
		degree := make([]int, len(points))
		for _, e := range edges {
			degree[e.a]++
			degree[e.b]++
		}
		kept := edges[:0]
		for _, e := range edges {
			if degree[e.a] == 1 && !edgeOf(points[e.a]) || degree[e.b] == 1 && !edgeOf(points[e.b]) {
				changed = true
				continue
			}
			kept = append(kept, e)
		}
		edges = kept
	}
	s := &m.c.Streets
	for _, p := range points {
		s.Nodes = append(s.Nodes, city.Node{At: p, Junction: -1})
	}
	for _, e := range edges {
		st := &strokes[e.stroke]
		m.link(e.a, e.b, e.line, st, !st.oneWay)
	}
	m.crossings()
	m.elevated()
	m.prune()
}

// link adds a street from a to b, and back if both ways.
func (m *maker) link(a, b int32, line orb.LineString, st *stroke, both bool) int32 {
	s := &m.c.Streets
	first := int32(len(s.Links))
	mk := func(a, b int32, l orb.LineString) {
		s.Links = append(s.Links, city.Link{From: a, To: b, Line: l, Length: lengthOf(l), Lanes: st.lanes, BusLane: st.bus, Speed: limits[st.class], Class: st.class, Level: st.level, Name: st.name, Reverse: -1})
	}
	mk(a, b, line)
	if both {
		back := make(orb.LineString, len(line))
		for i := range line {
			back[len(line)-1-i] = line[i]
		}
		mk(b, a, back)
		s.Links[first].Reverse, s.Links[first+1].Reverse = first+1, first
	}
	return first
}

// crossings lays six tunnels and two bridges across the river. They land a block behind the quays, as real ones do, so that the
// quays' own traffic is spared.
func (m *maker) crossings() {
	total := lengthOf(m.river)
	for i, share := range []float64{0.13, 0.21, 0.30, 0.38, 0.46, 0.57, 0.68, 0.80} {
		at, dir := pointAt(m.river, share*total)
		n := orb.Point{dir[1], -dir[0]}
		west := m.nearest(orb.Point{at[0] - n[0]*(riverWidth/2+310), at[1] - n[1]*(riverWidth/2+310)}, func(l *city.Link) bool { return l.Class <= city.Secondary && l.Level == 0 })
		east := m.nearest(orb.Point{at[0] + n[0]*(riverWidth/2+310), at[1] + n[1]*(riverWidth/2+310)}, func(l *city.Link) bool { return l.Class <= city.Secondary && l.Level == 0 })
		if west < 0 || east < 0 {
			continue
		}
		st := stroke{class: city.Primary, lanes: 3, level: -1, name: city.Text{En: fmt.Sprintf("%s Tunnel", crossingNames[i].En), Zh: crossingNames[i].Zh + "隧道"}}
		if i == 2 || i == 6 {
			st.level, st.class, st.name = 1, city.Primary, city.Text{En: crossingNames[i].En + " Bridge", Zh: crossingNames[i].Zh + "大桥"}
		}
		a, b := m.c.Streets.Nodes[west].At, m.c.Streets.Nodes[east].At
		l := m.link(west, east, orb.LineString{a, at, b}, &st, true)
		m.c.Streets.Links[l].Bridge, m.c.Streets.Links[l+1].Bridge = true, true // a tunnel is as dry: its mouths lie behind the wall
	}
}

// elevated builds two roads on stilts over the west and one in the east, with ramps to the street below every kilometre.
func (m *maker) elevated() {
	lines := []struct {
		name city.Text
		l    orb.LineString
	}{
		{city.Text{En: "North–South Elevated", Zh: "南北高架"}, spline([]orb.Point{{1750, 60}, {1650, 1500}, {1800, 3200}, {1700, 4900}, {1850, height - 60}}, 12)},
		{city.Text{En: "Middle Elevated", Zh: "中环高架"}, spline([]orb.Point{{60, 3050}, {900, 2950}, {1760, 3000}, {2500, 2900}}, 12)},
		{city.Text{En: "East Elevated", Zh: "东路高架"}, spline([]orb.Point{{5150, 60}, {5700, 1200}, {6500, 2400}, {7000, 3400}, {7740, 3900}}, 12)},
	}
	s := &m.c.Streets
	for _, e := range lines {
		total := lengthOf(e.l)
		st := stroke{class: city.Motorway, lanes: 3, level: 1, name: e.name}
		ramp := stroke{class: city.Trunk, lanes: 1, level: 1, name: city.Text{En: e.name.En + " ramp", Zh: e.name.Zh + "匝道"}}
		n := int(total / 1050)
		last := int32(-1)
		var lastAt float64
		for i := 0; i <= n; i++ {
			at := total * float64(i) / float64(n)
			p, _ := pointAt(e.l, at)
			s.Nodes = append(s.Nodes, city.Node{At: p, Junction: -1})
			here := int32(len(s.Nodes) - 1)
			if last >= 0 {
				line := orb.LineString{s.Nodes[last].At}
				for x := lastAt + 60; x < at-30; x += 60 {
					q, _ := pointAt(e.l, x)
					line = append(line, q)
				}
				m.link(last, here, append(line, p), &st, true)
			}
			if g := m.nearest(orb.Point{p[0] + 90, p[1] + 60}, func(l *city.Link) bool { return l.Level == 0 && l.Class <= city.Secondary }); g >= 0 && hyp(s.Nodes[g].At, p) < 520 {
				m.link(here, g, orb.LineString{p, s.Nodes[g].At}, &ramp, true)
			}
			last, lastAt = here, at
		}
	}
}

// nearest returns the node nearest to p at the end of a link that ok accepts, −1 if there is none.
func (m *maker) nearest(p orb.Point, ok func(*city.Link) bool) int32 {
	best, least := int32(-1), math.Inf(1)
	for i := range m.c.Streets.Links {
		l := &m.c.Streets.Links[i]
		if ok(l) {
			if d := hyp(m.c.Streets.Nodes[l.To].At, p); d < least {
				best, least = l.To, d
			}
		}
	}
	return best
}

// prune keeps the largest part in which every place reaches every other (Tarjan 1972), and numbers it anew.
func (m *maker) prune() {
	s := &m.c.Streets
	out, in := make([][]int32, len(s.Nodes)), make([][]int32, len(s.Nodes))
	for i := range s.Links {
		l := &s.Links[i]
		out[l.From], in[l.To] = append(out[l.From], l.To), append(in[l.To], l.From)
	}
	// From a node in the middle of the west: what it reaches and what reaches it.
	root := m.nearest(orb.Point{1500, 3300}, func(l *city.Link) bool { return l.Level == 0 && l.Class <= city.Secondary })
	reach := func(adj [][]int32) []bool {
		seen := make([]bool, len(s.Nodes))
		seen[root] = true
		for stack := []int32{root}; len(stack) > 0; {
			n := stack[len(stack)-1]
			stack = stack[:len(stack)-1]
			for _, k := range adj[n] {
				if !seen[k] {
					seen[k] = true
					stack = append(stack, k)
				}
			}
		}
		return seen
	}
	f, b := reach(out), reach(in)
	newNode := make([]int32, len(s.Nodes))
	var nodes []city.Node
	for i := range s.Nodes {
		newNode[i] = -1
		if f[i] && b[i] {
			newNode[i] = int32(len(nodes))
			n := s.Nodes[i]
			n.ID = fmt.Sprintf("n%d", len(nodes))
			n.Border = n.At[0] < 130 || n.At[1] < 130 || n.At[0] > width-130 || n.At[1] > height-130
			nodes = append(nodes, n)
		}
	}
	newLink := make([]int32, len(s.Links))
	var links []city.Link
	for i := range s.Links {
		newLink[i] = -1
		l := s.Links[i]
		if newNode[l.From] >= 0 && newNode[l.To] >= 0 {
			newLink[i] = int32(len(links))
			l.From, l.To, l.ID = newNode[l.From], newNode[l.To], fmt.Sprintf("l%d", len(links))
			links = append(links, l)
		}
	}
	for i := range links {
		if links[i].Reverse >= 0 {
			links[i].Reverse = newLink[links[i].Reverse]
		}
	}
	s.Nodes, s.Links = nodes, links
}

// turns lists the permitted turns; round only where a street ends.
func (m *maker) turns() {
	s := &m.c.Streets
	out := make([][]int32, len(s.Nodes))
	for i := range s.Links {
		out[s.Links[i].From] = append(out[s.Links[i].From], int32(i))
	}
	for a := range s.Links {
		l := &s.Links[a]
		k := len(l.Line)
		hin := math.Atan2(l.Line[k-1][0]-l.Line[k-2][0], l.Line[k-1][1]-l.Line[k-2][1])
		for _, b := range out[l.To] {
			o := &s.Links[b]
			if b == l.Reverse && len(out[l.To]) > 1 {
				continue
			}
			d := math.Remainder(math.Atan2(o.Line[1][0]-o.Line[0][0], o.Line[1][1]-o.Line[0][1])-hin, 2*math.Pi)
			t := city.Turn{From: int32(a), To: b, Junction: -1, Movement: -1, Lanes: 1}
			switch {
			case b == l.Reverse:
				t.Kind = city.UTurn
			case d > 0.75:
				t.Kind = city.Right
			case d < -0.75:
				t.Kind = city.Left
			default:
				t.Kind = city.Straight
				t.Lanes = max(1, l.Lanes-l.Lanes/3)
			}
			s.Turns = append(s.Turns, t)
		}
	}
	sort.SliceStable(s.Turns, func(i, k int) bool { return s.Turns[i].From < s.Turns[k].From })
}

// counting is the share of junctions with displays that count green down, an assumption.
const counting = 0.3

// imported is the share of junctions whose controller speaks NTCIP 1202, an assumption.
const imported = 0.08

// signals puts a controller where two streets that matter cross.
func (m *maker) signals() {
	s := &m.c.Streets
	in := make([][]int32, len(s.Nodes))
	for i := range s.Links {
		in[s.Links[i].To] = append(in[s.Links[i].To], int32(i))
	}
	for n := range s.Nodes {
		if s.Nodes[n].Border || len(in[n]) < 3 {
			continue
		}
		names := map[city.Text]bool{}
		ground := 0
		for _, l := range in[n] {
			if link := &s.Links[l]; link.Class <= city.Secondary && link.Class >= city.Primary {
				names[link.Name] = true
				ground++
			}
		}
		if len(names) < 2 || ground < 3 {
			continue
		}
		id := fmt.Sprintf("j%d", len(m.c.Signals))
		j, err := city.DesignJunction(s, []int32{int32(n)}, id, int32(len(m.c.Signals)), m.c.Places)
		if err != nil {
			m.c.Defects = append(m.c.Defects, city.Defect{Element: s.Nodes[n].ID, What: err.Error()})
			continue
		}
		var list []city.Text
		for _, l := range in[n] {
			if nm := s.Links[l].Name; names[nm] {
				list = append(list, nm)
				delete(names, nm)
			}
		}
		j.Name = city.Text{En: list[0].En + " / " + list[1].En, Zh: list[0].Zh + "·" + list[1].Zh}
		j.Countdown = m.draw.Float(uint64(n), 490) < counting
		if _, err := city.NewPlan(&j, j.Reference); err != nil || j.LeastRound() > city.LongestCall {
			j.Countdown = false // its greens are too short to be counted down
		}
		if r := j.LeastRound(); r > city.LongestCall {
			m.c.Defects = append(m.c.Defects, city.Defect{Element: id, What: fmt.Sprintf("its stages take %d s at least: who walks may wait longer than %d s", r, city.LongestCall)})
		}
		j.NTCIP = len(j.Stages) <= 16 && m.draw.Float(uint64(n), 491) < imported
		m.c.Signals = append(m.c.Signals, j)
		for k, l := range city.Approaches(&m.c.Signals[len(m.c.Signals)-1]) {
			switch u := m.draw.Float(uint64(n), uint64(k)+500); {
			case u < 0.30:
				s.Links[l].Detector = city.DetectorNone
			case u < 0.60:
				s.Links[l].Detector = city.DetectorStopLine
			case u < 0.85:
				s.Links[l].Detector = city.DetectorSetback
			default:
				s.Links[l].Detector = city.DetectorEntry
			}
		}
	}
}

func hyp(a, b orb.Point) float64 { return math.Hypot(a[0]-b[0], a[1]-b[1]) }

func lengthOf(l orb.LineString) (sum float64) {
	for i := 1; i < len(l); i++ {
		sum += hyp(l[i-1], l[i])
	}
	return sum
}

// pointAt returns the point at a distance along l and the direction there.
func pointAt(l orb.LineString, at float64) (p, dir orb.Point) {
	for i := 1; i < len(l); i++ {
		d := hyp(l[i-1], l[i])
		if at <= d || i == len(l)-1 {
			t := math.Min(1, at/math.Max(d, 1e-9))
			return orb.Point{l[i-1][0] + t*(l[i][0]-l[i-1][0]), l[i-1][1] + t*(l[i][1]-l[i-1][1])}, orb.Point{(l[i][0] - l[i-1][0]) / d, (l[i][1] - l[i-1][1]) / d}
		}
		at -= d
	}
	return l[0], orb.Point{0, 1}
}

func meet(p, q, r, u orb.Point) (x, y float64, ok bool) {
	dx, dy, ex, ey := q[0]-p[0], q[1]-p[1], u[0]-r[0], u[1]-r[1]
	d := dx*ey - dy*ex
	if math.Abs(d) < 1e-12 {
		return 0, 0, false
	}
	x = ((r[0]-p[0])*ey - (r[1]-p[1])*ex) / d
	y = ((r[0]-p[0])*dy - (r[1]-p[1])*dx) / d
	return x, y, x >= 0 && x <= 1 && y >= 0 && y <= 1
}
