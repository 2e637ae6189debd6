package traffic

import (
	"fmt"

	"citybrain/city"
)

// A Mode is whether a controller works.
type Mode uint8

const (
	Lit      Mode = iota
	Flashing      // yellow to all: everybody gives way
	Starting      // red to all, for startUp seconds after flashing
)

// startUp is the red to all, in seconds, with which a controller begins again.
const startUp = 6

// A Fault is what is wrong in a controller's cabinet. What its lamps show then is not what its logic decides.
type Fault uint8

const (
	NoFault     Fault = iota
	StuckGreen        // a movement's lamp stays green: a welded contact
	CutClear          // its inter-greens end cutBy seconds early
	ShortYellow       // its yellow ends cutBy seconds early
)

// cutBy is what a fault takes off a clearance or a yellow, s.
const cutBy = 2

// A Lamp is what a controller shows a movement.
type Lamp uint8

const (
	RedLamp Lamp = iota
	YellowLamp
	GreenLamp
	DarkLamp // or flashing
)

// A Signal is one controller at work. Whoever commands it, it keeps inter-greens, minimum greens and pedestrian clearances, serves walkers
// and cyclists within city.LongestCall of their call and vehicles within city.LongestRed, in an emergency all within that, as far as the minimum greens of the others let it,
// and falls back on its plan when a request's lease ends. Where it has countdowns, no green ends that was not announced city.CountdownTime before.
//
// It is of one of two kinds. By stages, a change from Stage to Next is one inter-green after the stage's least green. By rings, stages are the sets of
// phases that may be green together; each ring changes on its own as soon as it may, and Stage and Next sum up what all of them do.
type Signal struct {
	Plan      city.Plan
	Rings     RingSignal
	Stage     int16 // green now, or ending
	Next      int16 // the stage that its inter-green leads to, -1: none under way
	Since     int32 // s, when Stage's green began, of rings the newest phase's
	Until     int32 // s, end of the inter-green, of rings the last one's, or of the start-up, under way
	Want      int16 // stage asked for
	Lease     int32 // s, until when Want counts
	Urgent    bool  // Want is for an emergency
	End       int32 // s, when a green that is counted down ends; 0: none is
	To        int16 // the stage that comes then; of rings the one that they are on their way to, or show
	Mode      Mode
	Fault     Fault
	Bad       int16 // the movement whose lamp sticks
	rules     *rules
	lastGreen []int32
	longest   []uint16 // s, of each movement: its longest red so far
}

func newSignal(r *rules, p city.Plan) Signal {
	stage, _ := p.At(0)
	n := len(r.junction.Movements)
	g := Signal{Plan: p, rules: r, lastGreen: make([]int32, n), longest: make([]uint16, n)}
	g.start(stage, 0)
	return g
}

// start begins stage's green at second t, whatever was shown before.
func (g *Signal) start(stage int, t int32) {
	g.Stage, g.Next, g.Since = int16(stage), -1, t
	if p := g.rules.rings; p != nil {
		g.Rings, g.To = ringsAt(p, stage), int16(stage)
	}
}

// RingPlan returns what its rings run; nil: it is no controller of rings.
func (g *Signal) RingPlan() *city.RingPlan { return g.rules.rings }

// Green reports whether movement m shows green.
func (g *Signal) Green(m int) bool {
	if g.Mode != Lit {
		return false
	}
	return g.rules.in[g.Stage][m] && (g.Next < 0 || g.rules.in[g.Next][m]) || g.Fault == StuckGreen && int(g.Bad) == m
}

// Lamp returns what movement m shows in second t, which the controller has been stepped to.
func (g *Signal) Lamp(m int, t int32) Lamp {
	switch {
	case g.Mode == Flashing:
		return DarkLamp
	case g.Green(m):
		return GreenLamp
	case g.Mode == Lit && g.Next >= 0 && g.rules.in[g.Stage][m]:
		yellow := int32(g.rules.junction.Movements[m].Yellow)
		if g.Fault == ShortYellow {
			yellow -= cutBy
		}
		if t-g.lastGreen[m] < yellow {
			return YellowLamp
		}
	}
	return RedLamp
}

// clearance is the seconds from the end of the stage's green to the start of stage s's, as this controller keeps it.
func (g *Signal) clearance(s int) int32 {
	between := g.rules.between[g.Stage][s]
	if g.Fault == CutClear && between > cutBy {
		between -= cutBy
	}
	return between
}

// Red returns the seconds since movement m was last green, at second t.
func (g *Signal) Red(m int, t int32) int32 { return t - g.lastGreen[m] }

// Longest returns the longest red in seconds that movement m has had.
func (g *Signal) Longest(m int) int { return int(g.longest[m]) }

// Free returns the seconds from when each ring may end its green, at second t; of a controller by stages none.
func (g *Signal) Free(t int32) (at [city.MaxRings]int32) {
	if p := g.rules.rings; p != nil {
		for r := range p.Rings() {
			at[r] = t + g.Rings.left(p, r)
		}
	}
	return at
}

// Step advances the controller to second t.
func (g *Signal) Step(t int32) {
	if g.Mode != Lit {
		g.special(t)
		return
	}
	if g.rules.rings != nil {
		if g.Rings.Pass(g.rules.rings) != 0 {
			g.Since = t
		}
		g.sum(t)
		g.note(t)
		g.turn(t)
		return
	}
	if g.Next >= 0 && t >= g.Until {
		g.Stage, g.Next, g.Since = g.Next, -1, t
	}
	g.note(t)
	if g.Next >= 0 {
		return
	}
	if g.End > 0 {
		if t >= g.End {
			g.End = 0
			g.change(int(g.To), t)
		}
		return
	}
	notice := g.rules.notice
	if t+notice-g.Since < g.rules.least[g.Stage] {
		return
	}
	want := g.wish(t)
	if first := g.before(t, want); first >= 0 {
		want = first
	}
	switch {
	case want == int(g.Stage):
	case notice > 0:
		g.End, g.To = t+notice, int16(want)
	default:
		g.change(want, t)
	}
}

// note keeps when each movement was last green.
func (g *Signal) note(t int32) {
	now, then := g.rules.in[g.Stage], g.rules.in[g.Stage]
	if g.Next >= 0 {
		then = g.rules.in[g.Next]
	}
	for m := range g.lastGreen {
		if now[m] && then[m] || g.Fault == StuckGreen && int(g.Bad) == m {
			g.lastGreen[m] = t
		} else if red := t - g.lastGreen[m]; red > int32(g.longest[m]) {
			g.longest[m] = uint16(min(red, 1<<16-1))
		}
	}
}

// wish is what is asked for, or the plan's stage.
func (g *Signal) wish(t int32) int {
	if t < g.Lease {
		return int(g.Want)
	}
	want, _ := g.Plan.At(int(t + g.rules.notice))
	return want
}

// turn has the rings begin what they may on their way to what is wanted.
func (g *Signal) turn(t int32) {
	p, from := g.rules.rings, int(g.Stage)
	if g.Next >= 0 {
		from = int(g.Next)
	}
	want := int(g.To)
	if want == from { // else a ring has still to follow: what was begun is for all who are green in it
		want = g.wish(t)
		if starved := g.starved(t, from, t+g.Rings.Left(p), want, g.Rings.Done(p, want, t)); starved >= 0 {
			want = starved
		}
	}
	ended := g.Rings.Turn(p, want)
	if ended != 0 {
		g.To = int16(want)
	}
	for r := range p.Rings() {
		if s := &g.Rings.Rings[r]; ended&(1<<r) != 0 && g.Fault == CutClear && s.Clear > cutBy {
			s.Clear -= cutBy
		}
	}
	if ended != 0 {
		g.sum(t)
	}
}

// sum makes Stage, Next and Until what the rings show.
func (g *Signal) sum(t int32) {
	stage, next := g.Rings.Stage(g.rules.rings)
	g.Stage, g.Next = int16(stage), int16(next)
	if next >= 0 {
		g.Until = t
		for r := range g.rules.rings.Rings() {
			g.Until = max(g.Until, t+int32(g.Rings.Rings[r].Clear))
		}
	}
}

// special passes a second in which the controller does not work.
func (g *Signal) special(t int32) {
	for m := range g.lastGreen {
		g.lastGreen[m] = t // nobody is shown red for long
	}
	if g.Mode == Starting && t >= g.Until {
		stage, _ := g.Plan.At(int(t))
		g.Mode = Lit
		g.start(stage, t)
	}
}

// change begins the change to stage want.
func (g *Signal) change(want int, t int32) {
	if want == int(g.Stage) {
		return
	}
	g.Next, g.Until = int16(want), t+g.clearance(want)
	if g.Until == t {
		g.Stage, g.Next, g.Since = g.Next, -1, t
	}
}

// before returns the stage that a controller by stages has to change to, lest somebody wait longer than may be, were want to go on for another second, or to
// come first; -1: want may. It may where the plan's round fits behind it (see city.Round).
func (g *Signal) before(t int32, want int) int {
	r, from, leave := g.rules, int(g.Stage), t+g.rules.notice
	var memory [64]int32
	due := memory[:0]
	for m, last := range g.lastGreen {
		if r.in[from][m] {
			last = leave
		}
		due = append(due, last+g.limit(int32(m), t))
	}
	end, late := leave+1, false
	if want != from {
		start := leave + r.between[from][want]
		end = start + r.least[want]
		for _, m := range r.junction.Stages[want].Movements {
			late = late || start > due[m] && !r.in[from][m]
		}
	}
	if !late {
		if _, worst := r.round.Late(want, end, due); worst <= 0 {
			return -1
		}
	}
	first, _ := r.round.Late(from, leave, due)
	return first
}

// limit is the seconds that movement m may wait.
func (g *Signal) limit(m, t int32) int32 {
	if g.Urgent && t < g.Lease {
		return max(city.LongestRed, g.rules.limit[m])
	}
	return g.rules.limit[m]
}

// starved returns the stage that rings have to lead to before want, lest somebody wait longer than may be, were want to go on for another second, or to
// come first; -1: there is none. The stage from is shown, or led to, and may be left at second left; rings may end what they show in want at seconds free.
func (g *Signal) starved(t int32, from int, left int32, want int, free [city.MaxRings]int32) int {
	// Each stage's time by which it has to be green: that of whoever waits for it and for no stage before it.
	const unasked = 1 << 30
	r := g.rules
	var due [city.MaxStages]int32
	n := min(len(r.in), city.MaxStages)
	for s := range n {
		due[s] = unasked
	}
	soonest := int32(unasked)
	wanted, by := int32(unasked), want // when want has to be green, and which stage would do as well
	for m, last := range g.lastGreen {
		limit := g.limit(int32(m), t)
		if r.in[from][m] {
			last = left // it is green by then
		}
		if r.in[want][m] {
			if until := last + limit; until < wanted {
				wanted, by = until, int(r.first[m])
			}
		} else if s := r.first[m]; s >= 0 {
			due[s] = min(due[s], last+limit)
			soonest = min(soonest, last+limit)
		}
	}
	before, at := want, free[0]
	for _, f := range free[1:r.rings.Rings()] {
		at = max(at, f)
	}
	if want != from {
		start := int32(0)
		for k := range r.rings.Rings() {
			if r.moves[from][want]&(1<<k) != 0 {
				start = max(start, free[k]-r.minimum[want][k])
			}
		}
		if start > wanted {
			return by // over the barrier it comes later than by itself
		}
	}
	if soonest-at > min(farOff, r.longest) {
		return -1
	}
	// One after the other in the order in which they are due, each at its least: does each come in time?
	first := -1
	for range n {
		s := -1
		for k := range n {
			if due[k] < unasked && (s < 0 || due[k] < due[s]) {
				s = k
			}
		}
		if s < 0 {
			return -1
		}
		if first < 0 {
			first = s
		}
		moves, start := r.moves[before][s], int32(0)
		for k := range r.rings.Rings() {
			if moves&(1<<k) != 0 {
				start = max(start, free[k]+r.between[before][s])
			}
		}
		if start > due[s] {
			if want != from && wanted <= soonest {
				return by // whoever comes first
			}
			return first
		}
		for k := range r.rings.Rings() {
			if moves&(1<<k) != 0 {
				free[k] = start + r.minimum[s][k]
			}
		}
		due[s], before = unasked, s
	}
	return -1
}

// farOff is within how many seconds somebody has to be due for anybody to be looked for.
const farOff = 200

func (s *Sim) stepSignals() {
	for j := range s.st.Signals {
		s.st.Signals[j].Step(s.st.Now)
	}
}

// Signal returns the controller of junction j as it is now.
func (s *Sim) Signal(j int) *Signal { return &s.st.Signals[j] }

// A Malfunction puts a fault into junction Junction's controller, at Movement where the fault is one movement's; NoFault: it is mended.
type Malfunction struct {
	Junction int
	Fault    Fault
	Movement int
}

// A Flash has junction Junction flash, or begin again with red to all.
type Flash struct {
	Junction int
	On       bool
}

func (m Malfunction) check(s *Sim) error {
	if m.Junction < 0 || m.Junction >= len(s.st.Signals) || m.Fault > ShortYellow || m.Movement < 0 || m.Movement >= len(s.city.Signals[m.Junction].Movements) {
		return fmt.Errorf("malfunction: junction %d, fault %d, movement %d", m.Junction, m.Fault, m.Movement)
	}
	return nil
}

func (f Flash) check(s *Sim) error {
	if f.Junction < 0 || f.Junction >= len(s.st.Signals) {
		return fmt.Errorf("flash: junction %d of %d", f.Junction, len(s.st.Signals))
	}
	return nil
}

// flash applies a Flash.
func (g *Signal) flash(on bool, t int32) {
	g.Next, g.End, g.Lease = -1, 0, 0
	if g.Mode = Starting; on {
		g.Mode = Flashing
	}
	g.Until = t + startUp
}

// flashGap and flashFlow are how a junction that flashes is passed: in turns, when nobody whose way one crosses came within the gap (s), at
// a share of the saturation flow. HCM 2000, chapter 17, has about 4 to 7 s between departures of an all-way stop; shares are an assumption.
const (
	flashGap  = 3
	flashFlow = 0.6
)

// passes reports whether a vehicle may go at movement m of junction j while it flashes.
func (s *Sim) passes(j int32, m int) bool {
	for k, t := range s.city.Signals[j].Intergreen[m] {
		if t > 0 && s.st.Now-s.st.LastCross[int(s.net.first[j])+k] < flashGap {
			return false
		}
	}
	return true
}
