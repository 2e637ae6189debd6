package grid

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"github.com/paulmach/orb"

	"citybrain/city"
	"citybrain/city/chance"
)

// A Town is how a grid is laid out.
type Town struct {
	Side   int     // junctions along each side
	Block  float64 // m between junctions, and of the roads that lead out of the town
	Lanes  int     // a road and direction
	Speed  float64 // m/s
	Signal bool    // signals; without them the roads along x give way
}

const (
	laneWidth = 3.2 // m
	corner    = 4.0 // m between the outermost lane's edge and the stop line of the road beside it
	green     = 41.0
	yellow    = 4.0
	wait      = 5.0 // m into the junction at which left turns wait for a gap
	inside    = 4.0 // m/s² sideways that a turn may take, by which its speed is set
)

// headings of roads: east, north, west, south
var heading = [4][2]float64{{1, 0}, {0, 1}, {-1, 0}, {0, -1}}

// A Net is a town and where its roads are.
type Net struct {
	city.LaneNet
	Town Town
	road map[[3]int]int32
}

// Road returns the index of the road that leaves junction (x, y), counted from 1, in a heading (0 east, 1 north, 2 west, 3 south); the junctions
// with a coordinate of 0 or Side+1 are the ends outside the town. −1: there is none.
func (n *Net) Road(x, y, heading int) int32 {
	if r, ok := n.road[[3]int{x, y, heading}]; ok {
		return r
	}
	return -1
}

// New lays out a town. Fewer than one junction or lane, or a block shorter than its junctions, is an error.
func New(t Town) (*Net, error) {
	radius := float64(t.Lanes)*laneWidth + corner
	if t.Side < 1 || t.Lanes < 1 || t.Lanes > 8 || t.Block <= 2*radius+10 || t.Speed <= 0 {
		return nil, fmt.Errorf("grid: %d junctions a side, %d lanes, blocks of %g m, %g m/s: there must be one junction and one lane at least, 8 lanes at most, and blocks longer than %g m",
			t.Side, t.Lanes, t.Block, t.Speed, 2*radius+10)
	}
	n := &Net{Town: t, road: map[[3]int]int32{}}
	node := map[[2]int]int32{}
	end := func(x, y int) bool { return x < 1 || y < 1 || x > t.Side || y > t.Side }
	for x := 0; x <= t.Side+1; x++ {
		for y := 0; y <= t.Side+1; y++ {
			if (x < 1 || x > t.Side) && (y < 1 || y > t.Side) {
				continue
			}
			light := int32(-1)
			if !end(x, y) && t.Signal {
				light = int32(len(n.Lights))
				n.Lights = append(n.Lights, city.Light{ID: fmt.Sprintf("%d/%d", x, y)})
			}
			node[[2]int{x, y}] = int32(len(n.Nodes))
			n.Nodes = append(n.Nodes, city.LaneNode{ID: fmt.Sprintf("%d/%d", x, y), At: orb.Point{float64(x) * t.Block, float64(y) * t.Block}, Light: light})
		}
	}
	type arm struct{ x, y, h int }
	var arms []arm // by road
	for x := 0; x <= t.Side+1; x++ {
		for y := 0; y <= t.Side+1; y++ {
			from, ok := node[[2]int{x, y}]
			if !ok {
				continue
			}
			for h, d := range heading {
				u, v := x+int(d[0]), y+int(d[1])
				to, ok := node[[2]int{u, v}]
				if !ok || end(x, y) && end(u, v) {
					continue
				}
				length := t.Block
				if !end(x, y) {
					length -= radius
				}
				if !end(u, v) {
					length -= radius
				}
				r := int32(len(n.Roads))
				n.road[[3]int{x, y, h}] = r
				id := fmt.Sprintf("%d/%d>%d", x, y, h)
				n.Roads = append(n.Roads, city.Road{ID: id, From: from, To: to, First: int32(len(n.Lanes)), Lanes: int32(t.Lanes), Length: length, Speed: t.Speed, Priority: int32(1 + h%2)})
				arms = append(arms, arm{x, y, h})
				for l := range t.Lanes {
					n.Lanes = append(n.Lanes, city.Lane{ID: fmt.Sprintf("%s_%d", id, l), Road: r, Length: length, Speed: t.Speed, Allow: city.EveryClass &^ (city.TramClass | city.Pedestrian)})
				}
			}
		}
	}
	form := movements(t, radius)
	// where each road's connections begin before they are put in order
	begin := make([]int32, len(n.Roads)+1)
	for r, a := range arms {
		begin[r+1] = begin[r]
		if d := heading[a.h]; !end(a.x+int(d[0]), a.y+int(d[1])) {
			begin[r+1] += int32(len(form.by))
		}
	}
	n.Connections = make([]city.Connection, 0, begin[len(n.Roads)])
	for r, a := range arms {
		d := heading[a.h]
		x, y := a.x+int(d[0]), a.y+int(d[1])
		if end(x, y) {
			continue
		}
		at := n.Nodes[n.Roads[r].To].At
		into := [4]int32{} // roads into the junction by heading
		for h := range 4 {
			into[h] = n.Road(x-int(heading[h][0]), y-int(heading[h][1]), h)
		}
		name := func(h, m int) int32 { return begin[into[h]] + int32(m) }
		for m := range form.by {
			f := &form.by[m]
			g := &form.of[a.h][m]
			to := n.Road(x, y, (a.h+f.turn)%4)
			c := city.Connection{From: n.Roads[r].First + int32(f.from), To: n.Roads[to].First + int32(f.to), Turn: f.kind, Node: n.Roads[r].To,
				Length: f.length, Speed: min(t.Speed, f.speed), Light: n.Nodes[n.Roads[r].To].Light, Index: -1, KeepClear: true, Wait: f.wait}
			if c.Light >= 0 {
				c.Index = int32(a.h*len(form.by) + m)
			}
			c.Path = make(orb.LineString, len(g.path))
			for i, p := range g.path {
				c.Path[i] = orb.Point{at[0] + p[0], at[1] + p[1]}
			}
			c.Foes, c.Yields = make([]int32, 0, len(g.foes)), make([]int32, 0, g.yields)
			for _, o := range g.foes {
				c.Foes = append(c.Foes, name(o.h, o.m))
				if o.yield {
					c.Yields = append(c.Yields, name(o.h, o.m))
				}
			}
			n.Connections = append(n.Connections, c)
		}
	}
	n.order()
	phases := form.phases()
	for l := range n.Lights {
		n.Lights[l].Places, n.Lights[l].Phases = 4*len(form.by), phases
	}
	return n, nil
}

// order sorts the connections by lane from and lane to.
func (n *Net) order() {
	perm := make([]int32, len(n.Connections))
	for i := range perm {
		perm[i] = int32(i)
	}
	slices.SortFunc(perm, func(a, b int32) int {
		x, y := &n.Connections[a], &n.Connections[b]
		return cmp.Or(cmp.Compare(x.From, y.From), cmp.Compare(x.To, y.To))
	})
	now := make([]int32, len(perm))
	for i, p := range perm {
		now[p] = int32(i)
	}
	for i := range n.Connections {
		for _, list := range [][]int32{n.Connections[i].Foes, n.Connections[i].Yields} {
			for k := range list {
				list[k] = now[list[k]]
			}
			slices.Sort(list)
		}
	}
	// place by place along the permutation's cycles: a second copy of a big city's junctions would be its largest part
	for i := range perm {
		first, at := n.Connections[i], int32(i)
		for perm[at] >= 0 {
			from := perm[at]
			perm[at] = -1
			if from == int32(i) {
				n.Connections[at] = first
				break
			}
			n.Connections[at] = n.Connections[from]
			at = from
		}
	}
}

// A movement is one connection of an approach, the same for all four headings.
type movement struct {
	from, to      int // lanes
	turn          int // quarter turns to the left
	kind          city.TurnKind
	length, speed float64
	wait          float64
}

type rival struct {
	h, m  int
	yield bool
}

type shape struct {
	path   orb.LineString // about the junction's middle
	foes   []rival
	yields int
}

type form struct {
	by []movement
	of [4][]shape
}

// movements sets which turns there are and which cross: right turns from the lane at the kerb, left turns from that in the middle.
func movements(t Town, radius float64) *form {
	f := &form{}
	for l := range t.Lanes {
		if l == 0 {
			f.by = append(f.by, movement{from: 0, to: 0, turn: 3, kind: city.Right})
		}
		f.by = append(f.by, movement{from: l, to: l, kind: city.Straight})
		if l == t.Lanes-1 {
			f.by = append(f.by, movement{from: l, to: l, turn: 1, kind: city.Left, wait: wait})
		}
	}
	slices.SortStableFunc(f.by, func(a, b movement) int { return a.from - b.from })
	for h := range 4 {
		f.of[h] = make([]shape, len(f.by))
		for m := range f.by {
			f.of[h][m].path = path(t, radius, h, &f.by[m])
		}
	}
	for m := range f.by {
		x := &f.by[m]
		x.speed = t.Speed
		for i := 1; i < len(f.of[0][m].path); i++ {
			a, b := f.of[0][m].path[i-1], f.of[0][m].path[i]
			x.length += math.Hypot(b[0]-a[0], b[1]-a[1])
		}
		if x.turn != 0 {
			x.speed = math.Sqrt(inside * x.length / (math.Pi / 2))
		}
	}
	for h := range 4 {
		for m := range f.by {
			for g := range 4 {
				for o := range f.by {
					if g == h || !f.meet(h, m, g, o) {
						continue
					}
					yield := f.rank(h, m) < f.rank(g, o) || f.rank(h, m) == f.rank(g, o) && (h-g+4)%4 != 2 && h%2 < g%2
					f.of[h][m].foes = append(f.of[h][m].foes, rival{g, o, yield})
					if yield {
						f.of[h][m].yields++
					}
				}
			}
		}
	}
	return f
}

// rank orders movements by who goes first: along y before along x, straight on before turns.
func (f *form) rank(h, m int) int {
	r := 10 * (h % 2)
	switch f.by[m].kind {
	case city.Straight:
		r += 2
	case city.Right:
		r++
	}
	return r
}

// meet reports whether two movements cross or lead to the same lane.
func (f *form) meet(h, m, g, o int) bool {
	if (h+f.by[m].turn)%4 == (g+f.by[o].turn)%4 {
		return f.by[m].to == f.by[o].to
	}
	a, b := f.of[h][m].path, f.of[g][o].path
	for i := 1; i < len(a); i++ {
		for j := 1; j < len(b); j++ {
			if crosses(a[i-1], a[i], b[j-1], b[j]) {
				return true
			}
		}
	}
	return false
}

func crosses(a, b, c, d orb.Point) bool {
	side := func(p, q, r orb.Point) float64 { return (q[0]-p[0])*(r[1]-p[1]) - (q[1]-p[1])*(r[0]-p[0]) }
	return side(a, b, c)*side(a, b, d) <= 0 && side(c, d, a)*side(c, d, b) <= 0
}

// path is the way of a movement about the junction's middle; turns are quarter circles of five points.
func path(t Town, radius float64, h int, m *movement) orb.LineString {
	// offset of a lane from the road's middle to its right
	off := func(l int) float64 { return (float64(t.Lanes-l) - 0.5) * laneWidth }
	d := heading[h]
	right := [2]float64{d[1], -d[0]}
	a := orb.Point{-d[0]*radius + right[0]*off(m.from), -d[1]*radius + right[1]*off(m.from)}
	e := heading[(h+m.turn)%4]
	side := [2]float64{e[1], -e[0]}
	b := orb.Point{e[0]*radius + side[0]*off(m.to), e[1]*radius + side[1]*off(m.to)}
	if m.turn == 0 {
		return orb.LineString{a, b}
	}
	// the corner of the two lines of travel, and the curve of Bézier through it
	c := orb.Point{a[0], b[1]}
	if h%2 == 0 {
		c = orb.Point{b[0], a[1]}
	}
	out := orb.LineString{}
	for i := 0; i <= 4; i++ {
		u := float64(i) / 4
		p, q, r := (1-u)*(1-u), 2*u*(1-u), u*u
		out = append(out, orb.Point{p*a[0] + q*c[0] + r*b[0], p*a[1] + q*c[1] + r*b[1]})
	}
	return out
}

// phases is the program of every signal: first the roads along y.
func (f *form) phases() []city.LightPhase {
	state := func(axis int, left, rest byte) string {
		s := make([]byte, 4*len(f.by))
		for h := range 4 {
			for m := range f.by {
				x := byte('r')
				if h%2 == axis {
					x = rest
					if f.by[m].kind == city.Left {
						x = left
					}
				}
				s[h*len(f.by)+m] = x
			}
		}
		return string(s)
	}
	var out []city.LightPhase
	for _, axis := range []int{1, 0} {
		out = append(out, city.LightPhase{State: state(axis, 'g', 'G'), Duration: green}, city.LightPhase{State: state(axis, 'y', 'y'), Duration: yellow})
	}
	return out
}

// Car is the vehicle of the speed grid's demand.
var Car = city.VehicleType{ID: "car", Class: city.PassengerCar, Length: 5, Gap: 2.5, MaxSpeed: 16.67, Accel: 2, Decel: 4.5, Brake: 9, Headway: 1.5, Sigma: 0.5,
	SpeedMean: 1, SpeedDev: 0.1, People: 1.3, TurnsHeed: true, LaneChange: true}

// block is the number of roads that routes are laid out together in.
const block = 1 << 18

// Demand draws rate vehicles a second for some seconds between junctions at least apart blocks from each other, by one axis and then the other.
func (n *Net) Demand(rate float64, seconds, apart int, seed uint64) (*city.LaneDemand, error) {
	side := n.Town.Side
	if apart > 2*(side-1) || apart < 1 {
		return nil, fmt.Errorf("grid: no two of %d × %d junctions are %d blocks apart", side, side, apart)
	}
	d := &city.LaneDemand{Types: []city.VehicleType{Car}}
	draw := chance.New(seed, "grid/demand")
	count := int(rate * float64(seconds))
	d.Journeys = make([]city.Journey, 0, count)
	var room []int32 // routes lie in blocks of it
	for k := range count {
		var o, e [2]int
		for try := uint64(0); ; try += 4 {
			id := uint64(k)
			o = [2]int{1 + draw.Int(id, try, side), 1 + draw.Int(id, try+1, side)}
			e = [2]int{1 + draw.Int(id, try+2, side), 1 + draw.Int(id, try+3, side)}
			if abs(o[0]-e[0])+abs(o[1]-e[1]) >= apart {
				break
			}
		}
		if cap(room)-len(room) < 2*side {
			room = make([]int32, 0, max(2*side, min(count*side, block)))
		}
		first := draw.Sub(1).Int(uint64(k), 0, 2)
		from := len(room)
		at := o
		for _, axis := range [2]int{first, 1 - first} {
			for at[axis] != e[axis] {
				h, step := axis, 1
				if e[axis] < at[axis] {
					h, step = axis+2, -1
				}
				room = append(room, n.Road(at[0], at[1], h))
				at[axis] += step
			}
		}
		d.Journeys = append(d.Journeys, city.Journey{ID: fmt.Sprint(k), Depart: math.Floor(float64(k) / rate), Roads: room[from:len(room):len(room)], Routed: true})
	}
	return d, nil
}

func abs(x int) int {
	if x < 0 {
		return -x
	}
	return x
}
