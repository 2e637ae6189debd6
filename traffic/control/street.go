package control

import (
	"math"

	"github.com/paulmach/orb"

	"citybrain/city"
)

// Street is what holds on a real street and not in a benchmark of phases alone: walkers cross, each change has the yellow that the light's
// program shows for it and the all-red that its paths need, and stages come in the program's order; one is left out only when nobody
// has called for it. Whoever walks is served within a limit of the call.
type Street struct {
	Crossings []Crossing
}

// A Crossing is a walkers' crossing that a light switches.
type Crossing struct {
	Light, Place int32
	Line         orb.LineString // m, from kerb to kerb
	Clear        float64        // s from the end of the walkers' green until the slowest is over; 0: at 1 m/s
}

// clears is the s from the end of the walkers' green until the slowest is over.
func (c *Crossing) clears() float64 {
	if c.Clear > 0 {
		return c.Clear
	}
	return math.Ceil(metres(c.Line) / walkPace)
}

// StreetOf is the rules of a net whose lights switch crosswalks; nil where none does.
func StreetOf(n *city.LaneNet) *Street {
	s := &Street{}
	for i := range n.Crosswalks {
		if w := &n.Crosswalks[i]; w.Light >= 0 {
			s.Crossings = append(s.Crossings, Crossing{Light: w.Light, Place: w.Index, Line: w.Line, Clear: w.Clear})
		}
	}
	if len(s.Crossings) == 0 {
		return nil
	}
	return s
}

// A Change is what a light shows between two phases, s.
type Change struct{ Yellow, AllRed float64 }

// Total is the s from the end of the one phase's green to the start of the other's.
func (c Change) Total() float64 { return c.Yellow + c.AllRed }

// The street's limits.
const (
	walkTime   = 7.0   // s of green for walkers
	walkPace   = 1.0   // m/s, at which the slow ones clear a crossing
	walkLimit  = 90.0  // s from a walker's call to green, …
	walkMargin = 5.0   // … aimed at so much earlier
	redLimit   = 120.0 // s from when a phase was last shown, after which who waits for it is served next
)

// clears tells whether state b is state a in which nothing but crossings has ended: the walkers' clearance of a stage, not a stage.
func (s *Street) clears(light int32, a, b string) bool {
	some := false
	for i := range a {
		if a[i] == b[i] {
			continue
		}
		if b[i] != 'r' || !s.crosses(light, i) {
			return false
		}
		some = true
	}
	return some
}

func (s *Street) crosses(light int32, place int) bool {
	for i := range s.Crossings {
		if s.Crossings[i].Light == light && int(s.Crossings[i].Place) == place {
			return true
		}
	}
	return false
}

// rule finds a junction's crossings and derives its changes.
func (w *Network) rule(j *Junction) {
	for k := range w.Street.Crossings {
		if w.Street.Crossings[k].Light == j.Light {
			j.Crossings = append(j.Crossings, int32(k))
		}
	}
	for p := range j.Phases {
		var to []Change
		for q := range j.Phases {
			to = append(to, w.between(j, p, q))
		}
		j.Changes = append(j.Changes, to)
	}
	round, n := 0.0, len(j.Phases)
	for p := range j.Phases {
		round += j.Changes[p][(p+1)%n].Total() + w.longestWalk(int(j.Light), p)
	}
	j.Full = round+float64(n)*max(0, w.MinGreen-1)+walkMargin > walkLimit
	j.Tight = round+walkMargin > walkLimit
}

// between is the change from phase p to phase q: the yellow that the program shows after p, and as much all-red as the inter-green of the worst pair of paths asks for (city.Intergreen).
func (w *Network) between(j *Junction, p, q int) Change {
	var c Change
	if p == q {
		return c
	}
	from, to := j.Phases[p].State, j.Phases[q].State
	ends := func(place int32) bool { return from[place] != 'r' && to[place] == 'r' }
	begins := func(place int32) bool { return from[place] == 'r' && to[place] != 'r' }
	for _, a := range j.Links {
		if !ends(w.Connections[a].Index) {
			continue
		}
		if c.Yellow == 0 {
			c.Yellow = w.yellowAfter(j, p)
		}
		left := w.movement(a)
		for _, b := range j.Links {
			if begins(w.Connections[b].Index) {
				w.hold(&c, &left, w.movement(b), []int32{w.Connections[a].To}, []int32{w.Connections[b].To})
			}
		}
		for _, k := range j.Crossings {
			if x := &w.Street.Crossings[k]; begins(x.Place) {
				w.hold(&c, &left, city.Movement{Kind: city.Walkers, Paths: []orb.LineString{x.Line}}, []int32{w.Connections[a].To}, nil)
			}
		}
	}
	return c
}

func (w *Network) movement(c int32) city.Movement {
	return city.Movement{Kind: city.Vehicles, Paths: []orb.LineString{w.Connections[c].Path}}
}

// hold lengthens a change's all-red to what one movement needs to clear the way of another.
func (w *Network) hold(c *Change, clearing *city.Movement, entering city.Movement, exitsA, exitsB []int32) {
	if s, meet := city.Intergreen(clearing, &entering, exitsA, exitsB); meet {
		c.AllRed = math.Max(c.AllRed, float64(s)-c.Yellow)
	}
}

// yellowAfter is how long the program shows yellow after phase p; Yellow where it shows none.
func (w *Network) yellowAfter(j *Junction, p int) float64 {
	ph := w.Lights[j.Light].Phases
	for d := 1; d < len(ph); d++ {
		x := &ph[(j.Phases[p].Program+d)%len(ph)]
		for _, c := range x.State {
			if c == 'y' || c == 'Y' {
				return x.Duration
			}
		}
		if d > 1 && green(x.State) {
			break
		}
	}
	return w.Yellow
}

func metres(l orb.LineString) (sum float64) {
	for i := 1; i < len(l); i++ {
		sum += math.Hypot(l[i][0]-l[i-1][0], l[i][1]-l[i-1][1])
	}
	return sum
}

// Change returns what junction j shows between phases p and q.
func (w *Network) Change(j, p, q int) Change {
	if c := w.Junctions[j].Changes; c != nil {
		return c[p][q]
	}
	return Change{w.Yellow, w.AllRed}
}

// longestWalk is the s that phase p of junction j stays green if walkers call at each of its crossings.
func (w *Network) longestWalk(j, p int) float64 {
	least, x := w.MinGreen, &w.Junctions[j]
	for _, k := range x.Crossings {
		if c := &w.Street.Crossings[k]; x.Phases[p].State[c.Place] != 'r' {
			least = math.Max(least, walkTime+c.clears())
		}
	}
	return least
}

// leastGreen is the s that phase p of junction j will stay green: longer with walkers who have called for it.
func (w *Network) leastGreen(o *Observation, j, p int) float64 {
	least, x := w.MinGreen, &w.Junctions[j]
	for _, k := range x.Crossings {
		if c := &w.Street.Crossings[k]; o.Calls[k] >= 0 && x.Tight && x.Phases[p].State[c.Place] != 'r' {
			return w.longestWalk(j, p)
		} else if o.Calls[k] >= 0 && x.Phases[p].State[c.Place] != 'r' {
			least = math.Max(least, walkTime+c.clears())
		}
	}
	return least
}

// orderly keeps a controller to the street's order of stages and to the limits of waiting.
type orderly struct {
	Controller
	n     *Network
	shown [][]float64 // of each junction and phase: s, when it was last green
	late  float64     // s by which the next look may be too late
}

func newOrderly(c Controller, n *Network) *orderly {
	l := &orderly{Controller: c, n: n}
	for j := range n.Junctions {
		l.shown = append(l.shown, make([]float64, len(n.Junctions[j].Phases)))
	}
	return l
}

// Decide implements Controller.
func (l *orderly) Decide(o *Observation, want []int) {
	l.Controller.Decide(o, want)
	l.keep(o, want, true)
}

// keep corrects wishes; between decisions only where somebody must not wait any longer.
func (l *orderly) keep(o *Observation, want []int, decided bool) {
	for j := range l.n.Junctions {
		sig := o.Signals[j]
		l.shown[j][sig.Phase] = o.Time
		n := len(l.n.Junctions[j].Phases)
		if sig.Changing || n < 2 {
			want[j] = sig.Phase
			continue
		}
		if (want[j] == sig.Phase || !decided) && !l.overdue(o, j) {
			continue
		}
		to := want[j]
		if to == sig.Phase {
			to = (sig.Phase + n - 1) % n
		}
		want[j] = sig.Phase
		for d := 1; d < n; d++ {
			if p := (sig.Phase + d) % n; p == to || l.n.called(o, j, p) {
				want[j] = p
				break
			}
		}
	}
}

// overdue tells whether somebody at junction j must not wait for the phase's end any longer.
func (l *orderly) overdue(o *Observation, j int) bool {
	x, sig := &l.n.Junctions[j], o.Signals[j]
	n := len(x.Phases)
	until := math.Max(sig.Free, sig.Clear) - o.Time
	if least := l.n.longestWalk(j, sig.Phase); least > l.n.MinGreen {
		until = math.Max(until, least) // walkers may begin to cross the next moment
	}
	until = math.Max(0, until)
	for d := 1; d < n; d++ {
		p, before := (sig.Phase+d)%n, (sig.Phase+d-1)%n
		until += l.n.Change(j, before, p).Total()
		for _, k := range x.Crossings {
			c := &l.n.Street.Crossings[k]
			if since := o.Calls[k]; since >= 0 && x.Phases[p].State[c.Place] != 'r' && x.Phases[sig.Phase].State[c.Place] == 'r' && o.Time-since+until+walkMargin+l.late >= walkLimit {
				return true
			}
		}
		if o.Time-l.shown[j][p]+until+l.late >= redLimit && l.n.called(o, j, p) {
			return true
		}
		until += l.n.longestWalk(j, p) // somebody may call on the way
	}
	return false
}

// called tells whether somebody waits at junction j for phase p who has no green now. A lane without a detector calls always.
func (w *Network) called(o *Observation, j, p int) bool {
	x := &w.Junctions[j]
	now, state := x.Phases[o.Signals[j].Phase].State, x.Phases[p].State
	for _, c := range x.Links {
		k := &w.Connections[c]
		if state[k.Index] == 'r' || now[k.Index] == 'G' || now[k.Index] == 'g' && state[k.Index] != 'G' {
			continue
		}
		if o.dead(k.From) || len(o.Seen[k.From]) > 0 && o.Seen[k.From][0].Behind < detectorAt+5 {
			return true
		}
	}
	for _, k := range x.Crossings {
		place := w.Street.Crossings[k].Place
		if o.Calls[k] >= 0 && state[place] != 'r' && now[place] == 'r' {
			return true
		}
	}
	return false
}

// detectorAt is where a setback detector lies, m before the stop line.
const detectorAt = 40.0
