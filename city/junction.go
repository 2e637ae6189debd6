package city

import (
	"fmt"
	"math"
	"slices"
	"sort"

	"github.com/paulmach/orb"
)

// The figures that inter-green times are computed with unless a pack says otherwise.
const (
	yellowTime     = 3.0  // s
	vehicleLength  = 6.0  // m
	clearingSpeed  = 10.0 // m/s of vehicles
	entrySpeed     = 11.1 // m/s of vehicles
	walkingSpeed   = 1.0  // m/s
	slowWalking    = 0.8  // m/s, near schools, hospitals and care homes
	nearSlow       = 200  // m from the junction to those, an assumption
	cyclingSpeed   = 4.0  // m/s of bicycles that clear
	cycleLength    = 2.0  // m
	cycleTime      = 6    // s of green for cyclists
	walkTime       = 7    // s of green for walkers
	laneWidth      = 3.5  // m
	stopLineBefore = 14.0 // m from the junction's centre to the stop lines of a two-lane street
)

// facing is how far apart, in rad, the way of one street and the way back of one that it faces may be.
const facing = 50 * math.Pi / 180

// DesignJunction makes the controller of a signalised junction from the streets that meet in nodes: a movement for each
// approach and turn kind, for cyclists straight on from each leg where a way leads, and for walkers across each leg, the inter-green
// matrix by the worst conflict point, stages and a reference plan. Near those of places where people walk slowly their clearance is
// longer. It writes the turns' and nodes' references to index, the junction's place in City.Signals.
//
// Inter-green (RiLSA's form): yellow run-on + (clearing path + vehicle length)/clearing speed − entry time, rounded up to
// whole seconds. The matrix is unsigned: for simulation only.
//
// It is an error if fewer than two streets lead in or no safe plan exists; nothing is written then.
func DesignJunction(s *Streets, nodes []int32, id string, index int32, places []Place) (Junction, error) {
	j := Junction{ID: id, Nodes: nodes}
	inside := map[int32]bool{}
	for _, n := range nodes {
		inside[n] = true
		j.At[0] += s.Nodes[n].At[0] / float64(len(nodes))
		j.At[1] += s.Nodes[n].At[1] / float64(len(nodes))
	}
	var legs []leg
	turnIdx := s.IndexTurns()
	for l := range s.Links {
		link := &s.Links[l]
		if inside[link.To] && !inside[link.From] && turnIdx[l+1] > turnIdx[l] {
			k := len(link.Line)
			legs = append(legs, leg{link: int32(l), heading: heading(link.Line[k-2], link.Line[k-1]), lanes: int(link.Lanes), major: link.Class <= Secondary})
		}
	}
	if len(legs) < 2 {
		return j, fmt.Errorf("junction %s: %d streets lead in; a signal needs 2", id, len(legs))
	}
	sort.Slice(legs, func(a, b int) bool { return legs[a].heading < legs[b].heading })
	radius := stopLineBefore
	for i := range legs {
		radius = math.Max(radius, stopLineBefore+float64(legs[i].lanes-2)*laneWidth)
	}
	type ref struct{ turn, movement int32 }
	var refs []ref
	for a := range legs {
		g := &legs[a]
		for _, kind := range []TurnKind{Left, Straight, Right} {
			m := Movement{Kind: Vehicles, Turn: kind, From: g.link, MinGreen: 10, Yellow: uint8(yellowTime)}
			if kind != Straight {
				m.MinGreen = 6
			}
			for t := turnIdx[g.link]; t < turnIdx[g.link+1]; t++ {
				turn := &s.Turns[t]
				if turn.Kind == kind || kind == Left && turn.Kind == UTurn {
					m.Turns = append(m.Turns, t)
					m.Paths = append(m.Paths, pathThrough(s, j.At, radius, g.link, turn.To))
					m.Lanes = max(m.Lanes, turn.Lanes)
					refs = append(refs, ref{t, int32(len(j.Movements))})
				}
			}
			if len(m.Turns) == 0 {
				continue
			}
			m.Permissive = kind == Right
			g.movements = append(g.movements, int32(len(j.Movements)))
			j.Movements = append(j.Movements, m)
		}
	}
	// Cyclists ride along the kerb with those who drive straight on; who turns by bicycle goes with those who turn, or on foot. Their green
	// ends before the stage's, so that the last of them is across when it ends.
	for a := range legs {
		g := &legs[a]
		for _, k := range g.movements {
			m := j.Movements[k]
			if m.Turn != Straight || s.Links[g.link].Class == Motorway {
				continue
			}
			c := Movement{Kind: Cyclists, From: g.link, MinGreen: cycleTime}
			for _, path := range m.Paths {
				c.Paths = append(c.Paths, aside(path, float64(g.lanes)*laneWidth/2+1.5, s.LeftHand))
				c.Clearance = max(c.Clearance, uint8(math.Ceil((length(c.Paths[len(c.Paths)-1])+cycleLength)/cyclingSpeed)))
			}
			g.movements = append(g.movements, int32(len(j.Movements)))
			j.Movements = append(j.Movements, c)
			break
		}
	}
	walking, paved := WalkingSpeed(places, j.At), len(j.Movements)
	// Where all stages at their least take longer than people on foot may wait, wide streets are crossed in two goes with an island between
	// them, then left turns give way instead of having a stage of their own; where it is still a tenth more, others of the streets are the first to look for one
	// that faces them. Not before, as stages that suit walkers may be those that let fewer drive.
	vehicles := append([]Movement(nil), j.Movements...)
	best := j
	for k := range 4 * len(legs) {
		x := j
		x.Movements = append([]Movement(nil), vehicles...)
		for a := range legs {
			g := &legs[a]
			across := float64(2*g.lanes) * laneWidth
			u := orb.Point{math.Sin(g.heading), math.Cos(g.heading)}
			mid := orb.Point{j.At[0] - u[0]*(radius-4), j.At[1] - u[1]*(radius-4)}
			side := orb.Point{-u[1] * across / 2, u[0] * across / 2}
			w := Movement{Kind: Walkers, From: g.link, Paths: []orb.LineString{{{mid[0] - side[0], mid[1] - side[1]}, {mid[0] + side[0], mid[1] + side[1]}}}, MinGreen: walkTime}
			if k&1 == 1 && g.lanes >= 2 {
				w.Island, across = true, across/2
			}
			w.Clearance = uint8(math.Ceil(across / walking))
			g.walk = int32(paved + a)
			x.Movements = append(x.Movements, w)
		}
		x.Intergreen = intergreens(s, x.Movements)
		x.design(legs, k&2 == 0, k/4)
		if k == 0 || x.LeastRound() < best.LeastRound() {
			best = x
		}
		if least := best.LeastRound(); least <= LongestCall || k >= 3 && least <= LongestCall*11/10 {
			break
		}
	}
	j = best
	if err := j.referencePlan(); err != nil {
		return j, err
	}
	j.onDemand(legs)
	for _, r := range refs {
		s.Turns[r.turn].Junction, s.Turns[r.turn].Movement = index, r.movement
	}
	for _, n := range nodes {
		s.Nodes[n].Junction = index
	}
	return j, nil
}

// WalkingSpeed is the speed in m/s at which walkers clear a crossing at a point: slower near schools, hospitals and care homes.
func WalkingSpeed(places []Place, at orb.Point) float64 {
	for i := range places {
		switch p := &places[i]; p.Kind {
		case School, Hospital, CareHome:
			if dist(p.At, at) < nearSlow {
				return slowWalking
			}
		}
	}
	return walkingSpeed
}

// aside is a line moved by off metres to the side on which traffic keeps.
func aside(line orb.LineString, off float64, left bool) orb.LineString {
	if left {
		off = -off
	}
	out := make(orb.LineString, len(line))
	for i := range line {
		a, b := line[max(i-1, 0)], line[min(i+1, len(line)-1)]
		d := math.Max(dist(a, b), 1e-9)
		out[i] = orb.Point{line[i][0] + off*(b[1]-a[1])/d, line[i][1] - off*(b[0]-a[0])/d}
	}
	return out
}

// leg is one street into a junction.
type leg struct {
	link      int32
	heading   float64 // rad from north, of traffic that comes in
	lanes     int
	major     bool
	movements []int32
	walk      int32
}

func heading(a, b orb.Point) float64 { return math.Atan2(b[0]-a[0], b[1]-a[1]) }

// pathThrough is a vehicle's way from the stop line of link in to the start of link out, lanes to the right of the centre line.
func pathThrough(s *Streets, centre orb.Point, radius float64, in, out int32) orb.LineString {
	side := 1.0
	if s.LeftHand {
		side = -1
	}
	a, b := &s.Links[in], &s.Links[out]
	k := len(a.Line)
	ha, hb := heading(a.Line[k-2], a.Line[k-1]), heading(b.Line[0], b.Line[1])
	at := func(h, along float64, lanes int8) orb.Point {
		right := side * laneWidth * float64(lanes) / 2
		return orb.Point{centre[0] + math.Sin(h)*along + math.Cos(h)*right, centre[1] + math.Cos(h)*along - math.Sin(h)*right}
	}
	p, q := at(ha, -radius, a.Lanes), at(hb, radius, b.Lanes)
	// A quadratic curve towards where both directions meet; straight on they don't, and the middle does.
	c := orb.Point{(p[0] + q[0]) / 2, (p[1] + q[1]) / 2}
	if d := math.Sin(hb - ha); math.Abs(d) > 0.2 {
		t := ((q[0]-p[0])*math.Cos(hb) - (q[1]-p[1])*math.Sin(hb)) / (math.Sin(ha)*math.Cos(hb) - math.Cos(ha)*math.Sin(hb))
		if t > 0 && t < 3*radius {
			c = orb.Point{p[0] + math.Sin(ha)*t, p[1] + math.Cos(ha)*t}
		}
	}
	var path orb.LineString
	for i := range 9 {
		t := float64(i) / 8
		x, y := (1-t)*(1-t), 2*t*(1-t)
		path = append(path, orb.Point{x*p[0] + y*c[0] + t*t*q[0], x*p[1] + y*c[1] + t*t*q[1]})
	}
	return path
}

// intergreens computes the matrix: for each pair that conflicts the time by its worst conflict point.
func intergreens(s *Streets, ms []Movement) [][]uint8 {
	out := make([][]uint8, len(ms))
	for m := range ms {
		out[m] = make([]uint8, len(ms))
		for n := range ms {
			if m == n || ms[m].From == ms[n].From && ms[m].Kind == Vehicles && ms[n].Kind == Vehicles || ms[m].Kind == Walkers && ms[n].Kind == Walkers || sameWay(&ms[m], &ms[n]) {
				continue
			}
			if t, ok := Intergreen(&ms[m], &ms[n], exits(s, &ms[m]), exits(s, &ms[n])); ok {
				out[m][n] = t
			} else if walksAcross(&ms[m], &ms[n]) || walksAcross(&ms[n], &ms[m]) {
				out[m][n] = yellowTime + 1 // a sharp turn leaves the drawing before the crossing, no vehicle the street
			}
		}
	}
	return out
}

// walksAcross reports whether a is of those who walk across the street from which b drives.
func walksAcross(a, b *Movement) bool {
	return a.Kind == Walkers && b.Kind == Vehicles && a.From == b.From
}

// sameWay reports whether one of two movements is of cyclists beside whom the other drives straight on.
func sameWay(a, b *Movement) bool {
	return a.From == b.From && a.Turn == Straight && b.Turn == Straight && (a.Kind == Cyclists && b.Kind == Vehicles || a.Kind == Vehicles && b.Kind == Cyclists)
}

// exits are the links that a movement's paths lead to, none for walkers and cyclists.
func exits(s *Streets, m *Movement) (links []int32) {
	for _, t := range m.Turns {
		links = append(links, s.Turns[t].To)
	}
	return links
}

// Intergreen returns the seconds from the end of clearing's green to the start of entering's, by the worst of the points where
// any of their paths meet, and false if none do. exitsA and exitsB are where each path leads to, or nil: two paths into one exit meet at its start.
func Intergreen(clearing, entering *Movement, exitsA, exitsB []int32) (uint8, bool) {
	worst, meet := 0.0, false
	consider := func(a, b float64) {
		meet = true
		var t float64
		if clearing.Kind != Vehicles {
			t = 1 // their clearance runs inside their stage
		} else {
			t = yellowTime + (a+vehicleLength)/clearingSpeed
		}
		if entering.Kind == Vehicles {
			t -= b / entrySpeed
		}
		worst = math.Max(worst, t)
	}
	for i, a := range clearing.Paths {
		for k, b := range entering.Paths {
			meetings(a, b, consider)
			if i < len(exitsA) && k < len(exitsB) && exitsA[i] == exitsB[k] {
				consider(length(a), length(b))
			}
		}
	}
	return uint8(math.Max(1, math.Ceil(worst-1e-9))), meet
}

// meetings calls each with how far along a and b, in metres, they cross.
func meetings(a, b orb.LineString, each func(alongA, alongB float64)) {
	var alongA float64
	for i := 1; i < len(a); i++ {
		p, q := a[i-1], a[i]
		la := dist(p, q)
		var alongB float64
		for k := 1; k < len(b); k++ {
			r, u := b[k-1], b[k]
			lb := dist(r, u)
			if x, y, ok := crossing(p, q, r, u); ok {
				each(alongA+x*la, alongB+y*lb)
			}
			alongB += lb
		}
		alongA += la
	}
}

func dist(a, b orb.Point) float64 { return math.Hypot(a[0]-b[0], a[1]-b[1]) }

func length(l orb.LineString) (sum float64) {
	for i := 1; i < len(l); i++ {
		sum += dist(l[i-1], l[i])
	}
	return sum
}

// crossing returns where segments pq and ru meet, as shares of each.
func crossing(p, q, r, u orb.Point) (x, y float64, ok bool) {
	dx, dy, ex, ey := q[0]-p[0], q[1]-p[1], u[0]-r[0], u[1]-r[1]
	d := dx*ey - dy*ex
	if math.Abs(d) < 1e-12 {
		return 0, 0, false
	}
	x = ((r[0]-p[0])*ey - (r[1]-p[1])*ex) / d
	y = ((r[0]-p[0])*dy - (r[1]-p[1])*dx) / d
	return x, y, x >= 0 && x <= 1 && y >= 0 && y <= 1
}

// design makes the stages: opposing legs go together; where either is a main street of two lanes or more, its left turns have
// a stage of their own if they are to be protected; walkers cross a leg while the legs across it go. first is the leg that is looked at first.
func (j *Junction) design(legs []leg, protected bool, first int) {
	used := make([]bool, len(legs))
	for i := range legs {
		a := (first + i) % len(legs)
		if used[a] {
			continue
		}
		group := []int{a}
		used[a] = true
		best, least := -1, facing
		for b := range legs {
			if d := math.Abs(math.Remainder(legs[b].heading-legs[a].heading-math.Pi, 2*math.Pi)); !used[b] && b != a && d < least {
				best, least = b, d
			}
		}
		if best >= 0 {
			group, used[best] = append(group, best), true
		}
		protect := false
		for _, g := range group {
			protect = protect || protected && len(group) == 2 && legs[g].major && legs[g].lanes >= 2
		}
		var through, left []int32
		for _, g := range group {
			for _, m := range legs[g].movements {
				mv := &j.Movements[m]
				switch {
				case mv.Turn == Left && protect:
					left = append(left, m)
				case mv.Turn == Left && len(group) == 2:
					mv.Permissive = true
					through = append(through, m)
				default:
					through = append(through, m)
				}
				if mv.Turn == Right && protect {
					left = append(left, m) // right turns go with either
				}
			}
		}
		for b := range legs {
			if !contains(group, b) && j.fits(through, legs[b].walk) {
				through = append(through, legs[b].walk)
			}
		}
		j.addStage(through)
		if hasLeft(j, left) {
			j.addStage(left)
		}
	}
	// Whoever no stage serves yet gets one: walkers across a leg that nothing faces, and lefts that meet each other.
	for m := range j.Movements {
		served := false
		for s := range j.Stages {
			served = served || j.InStage(s, int32(m))
		}
		if served {
			continue
		}
		placed := false
		for s := range j.Stages {
			if j.fits(j.Stages[s].Movements, int32(m)) {
				j.Stages[s].Movements = insert(j.Stages[s].Movements, int32(m))
				placed = true
				break
			}
		}
		if !placed {
			j.addStage([]int32{int32(m)})
		}
	}
}

// onDemand adds stages that no plan runs but whoever leads the junction may ask for: each leg alone, with its left turns unopposed; left turns of legs that
// face each other, without those who drive straight on; and such legs themselves where the plan has either go with another one. With them goes whoever
// else may drive. Nobody walks in them: they would last as long as crossing takes.
func (j *Junction) onDemand(legs []leg) {
	add := func(ms []int32, but func(m int32) bool) {
		var take []int32
		for _, m := range ms {
			if j.fits(take, m) {
				take = insert(take, m)
			}
		}
		for m := range int32(len(j.Movements)) {
			if j.Movements[m].Kind == Vehicles && !but(m) && !slices.Contains(take, m) && j.fits(take, m) {
				take = insert(take, m)
			}
		}
		if len(j.Stages) < MaxStages && !slices.ContainsFunc(j.Stages, func(s Stage) bool { return within(take, s.Movements) }) {
			j.Stages = append(j.Stages, Stage{take})
		}
	}
	drives := func(t TurnKind) func(m int32) bool {
		return func(m int32) bool { return j.Movements[m].Kind == Vehicles && j.Movements[m].Turn == t }
	}
	straight, left := drives(Straight), drives(Left)
	for a := range legs {
		add(legs[a].movements, func(int32) bool { return false })
	}
	for a := range legs {
		for b := range legs[:a] {
			if math.Abs(math.Remainder(legs[b].heading-legs[a].heading-math.Pi, 2*math.Pi)) > facing {
				continue
			}
			both := append(slices.Clone(legs[a].movements), legs[b].movements...)
			if lefts := only(both, left); len(lefts) == 2 && j.fits(lefts[:1], lefts[1]) {
				add(lefts, straight)
			}
			if through := only(both, straight); len(through) == 2 && !slices.ContainsFunc(j.Stages, func(s Stage) bool { return within(through, s.Movements) }) {
				add(slices.DeleteFunc(both, left), func(int32) bool { return false })
			}
		}
	}
}

// only lists those of ms for which is holds, ascending.
func only(ms []int32, is func(m int32) bool) (list []int32) {
	for _, m := range ms {
		if is(m) {
			list = insert(list, m)
		}
	}
	return list
}

// within reports whether all of a, ascending, are among b.
func within(a, b []int32) bool {
	for _, x := range a {
		if _, ok := slices.BinarySearch(b, x); !ok {
			return false
		}
	}
	return true
}

// LeastRound returns the seconds that all stages, of rings those of a round, take one after the other, each at its least. Where it is over
// LongestCall somebody on foot may have to wait longer than that.
func (j *Junction) LeastRound() int {
	sum, round := 0, j.Round()
	for i, s := range round {
		sum += j.StageMinGreen(s) + j.Between(s, round[(i+1)%len(round)])
	}
	return sum
}

// Round returns stages that serve every movement, in the order of service: all of them, but where rings have more.
func (j *Junction) Round() []int {
	if p, ok, err := j.Rings(); ok && err == nil {
		return p.Round()
	}
	if len(j.Reference.Stages) > 0 {
		list := make([]int, len(j.Reference.Stages))
		for i, st := range j.Reference.Stages {
			list[i] = st.Stage
		}
		return list
	}
	list := make([]int, len(j.Stages))
	for s := range list {
		list[s] = s
	}
	return list
}

func hasLeft(j *Junction, ms []int32) bool {
	for _, m := range ms {
		if j.Movements[m].Turn == Left {
			return true
		}
	}
	return false
}

func contains(list []int, v int) bool {
	for _, x := range list {
		if x == v {
			return true
		}
	}
	return false
}

func insert(ms []int32, m int32) []int32 {
	ms = append(ms, m)
	sort.Slice(ms, func(a, b int) bool { return ms[a] < ms[b] })
	return ms
}

// addStage adds a stage of what of ms goes together, in order; what conflicts with one before it is left for another stage.
func (j *Junction) addStage(ms []int32) {
	var take []int32
	for _, m := range ms {
		if j.fits(take, m) {
			take = insert(take, m)
		}
	}
	if len(take) > 0 {
		j.Stages = append(j.Stages, Stage{take})
	}
}

// fits reports whether m may be green with all of ms.
func (j *Junction) fits(ms []int32, m int32) bool {
	for _, o := range ms {
		if !j.Together(o, m) {
			return false
		}
	}
	return true
}

// Together reports whether two movements may be green at once: they don't meet, or one of them gives way to the other: a
// permissive turn to vehicles, any turn to walkers on the street that it leads to. Who comes from the street that they cross would drive at them from the line.
func (j *Junction) Together(a, b int32) bool {
	if j.Intergreen[a][b] == 0 && j.Intergreen[b][a] == 0 {
		return true
	}
	x, y := &j.Movements[a], &j.Movements[b]
	if x.Kind == Walkers {
		x, y = y, x
	}
	if y.Kind == Walkers {
		return x.Kind == Vehicles && x.Turn != Straight && !walksAcross(y, x)
	}
	return x.Permissive || y.Permissive
}

// referencePlan gives main stages 30 s and turns 14 s, or what they need, and shortens until the cycle is legal.
func (j *Junction) referencePlan() error {
	for base := 30; base >= 10; base -= 4 {
		spec := PlanSpec{}
		for _, s := range j.Round() {
			g := 14
			for _, m := range j.Stages[s].Movements {
				if mv := &j.Movements[m]; mv.Kind == Vehicles && mv.Turn == Straight {
					g = base
				}
			}
			spec.Stages = append(spec.Stages, StageTime{s, max(g, j.StageMinGreen(s))})
		}
		if p, err := NewPlan(j, spec); err == nil && (p.Cycle() <= 140 || base == 10) {
			j.Reference = spec
			return nil
		} else if base == 10 {
			return err
		}
	}
	return fmt.Errorf("junction %s: no plan", j.ID)
}
