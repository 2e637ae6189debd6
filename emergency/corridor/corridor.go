package corridor

import (
	"cmp"
	"slices"

	"citybrain/city"
)

// Longest is the longest time in seconds that a corridor lets anybody wait at red.
const Longest = 120

// Bounds of what a corridor asks for, in seconds.
const (
	startLoss = 6   // from green to the first vehicle's discharge at saturation flow, and a second of room before the unit
	mostLead  = 150 // before the unit's arrival, however long the queue
	ahead     = 140 // before a round of the others is due, in which it is begun
	horizon   = 240 // ahead of a unit
	late      = 150 // that a green is held beyond the arrival that was expected when it began
	regain    = 150 // behind a unit, at most
	watch     = 900 // behind a unit, in which nobody may wait longer than Longest
	slack     = 6   // between two plans, and until the controller has the request
	spare     = 3   // s of red that are left when somebody is served
)

// A Passage is a junction before a unit.
type Passage struct {
	Junction int
	Movement int32   // that it makes there
	Arrive   float64 // s from now, if nothing stands in its way
	Queue    float64 // vehicles in its lanes that are before it when it comes
	Lanes    float64 // of them
}

// A Run is a unit on its way to a call.
type Run struct {
	Unit     string
	Priority int // 1 is the most urgent
	Ahead    []Passage
}

// A Light is what a signal shows.
type Light struct {
	Stage, Next int   // green, and the one that the inter-green under way leads to, -1: none
	Age         int   // s that Stage has been green
	Left        int   // s of the inter-green under way
	Coming      int   // what it would show by itself before the next plan: Stage, or the stage that it would begin
	Red         []int // s since each movement was last green
	Waiting     []float64
}

// Falls returns the stage that l's junction goes on to by a plan, if nothing is asked of it from second now for the next seconds.
func (l *Light) Falls(at *city.Junction, plan city.Plan, now, seconds int) int {
	if l.Next >= 0 {
		return l.Next
	}
	for k := max(0, at.StageMinGreen(l.Stage)-l.Age); k <= seconds; k++ {
		if s, _ := plan.At(now + k); s != l.Stage {
			return s
		}
	}
	return l.Stage
}

// Why says what a request is for.
type Why uint8

const (
	Hold   Why = iota // a unit comes
	First             // somebody has waited as long as they may
	Before            // those who would wait too long while a unit comes
	After             // those who waited for a unit
)

func (w Why) String() string { return [...]string{"hold", "first", "before", "after"}[w] }

// A Request asks a junction for a stage, from now until the next plan.
type Request struct {
	Junction, Stage int
	Unit            string // for which, or because of which
	Why             Why
}

// A hold is a junction of which a corridor has asked something.
type hold struct {
	unit   string
	due    int // s, when the unit was expected then
	passed int // s, since when it is behind the unit; -1: it is before it
	asked  int // stage of the recovery, -1
	from   int // s, since when it is asked for
}

// A Planner plans the corridors of one city.
type Planner struct {
	city     *city.City
	signals  []city.Junction
	turns    city.TurnIndex
	movement []int32 // of each turn, -1
	able     []bool  // of each junction: its stages, all at their least, come round within Longest
	held     map[int]*hold
}

// New prepares a city's signals.
func New(c *city.City) *Planner {
	p := &Planner{city: c, signals: c.Signals, turns: c.Streets.IndexTurns(), movement: make([]int32, len(c.Streets.Turns)), held: map[int]*hold{}}
	for t := range p.movement {
		p.movement[t] = -1
	}
	for j := range c.Signals {
		at := &c.Signals[j]
		p.able = append(p.able, comesRound(at))
		for m := range c.Signals[j].Movements {
			for _, t := range c.Signals[j].Movements[m].Turns {
				p.movement[t] = int32(m)
			}
		}
	}
	return p
}

// Drop gives up the corridor of a unit: its junctions are behind it from now on.
func (p *Planner) Drop(unit string, now int) {
	for _, h := range p.held {
		if h.unit == unit && h.passed < 0 {
			h.passed = now
		}
	}
}

// Holds reports whether junction j is held for a unit, and for which.
func (p *Planner) Holds(j int) (unit string, held bool) {
	h := p.held[j]
	if h == nil || h.passed >= 0 {
		return "", false
	}
	return h.unit, true
}

// wish is a unit's claim on a junction.
type wish struct {
	run *Run
	at  *Passage
}

// Plan returns what to ask of the signals at second now, by junction. light reports what junction j shows; false: it is not known,
// and nothing is asked of it.
func (p *Planner) Plan(now int, runs []Run, light func(j int) (Light, bool)) []Request {
	wishes := map[int]wish{}
	for i := range runs {
		r := &runs[i]
		for k := range r.Ahead {
			a := &r.Ahead[k]
			if a.Arrive > horizon {
				break
			}
			if !p.able[a.Junction] {
				continue
			}
			if old, ok := wishes[a.Junction]; !ok || before(r, a, old) {
				wishes[a.Junction] = wish{r, a}
			}
		}
	}
	for j, h := range p.held {
		if w, ok := wishes[j]; h.passed < 0 && (!ok || w.run.Unit != h.unit) {
			h.passed, h.asked = now, -1
		}
	}
	var list []int
	for j := range wishes {
		list = append(list, j)
	}
	for j := range p.held {
		if _, ok := wishes[j]; !ok {
			list = append(list, j)
		}
	}
	slices.Sort(list)
	var out []Request
	for _, j := range list {
		l, ok := light(j)
		if !ok {
			continue
		}
		w, wanted := wishes[j]
		h := p.held[j]
		r, asks := Request{}, false
		if wanted {
			r, asks = p.serve(now, j, w, &l)
		} else if h.passed >= 0 && now-h.passed < regain {
			r, asks = p.after(now, j, h, &l)
		}
		if !asks { // nobody may wait too long by what the plan goes on with, either
			unit := ""
			if wanted {
				unit = w.run.Unit
			} else {
				unit = h.unit
			}
			at := &p.signals[j]
			s := p.barred(at, &l, l.Coming, slack)
			if s < 0 { // nor may the controller itself think so, which by its plan lets people on foot wait less long
				if s = p.due(at, l, l.Coming); s >= 0 {
					if first := p.barred(at, &l, s, slack); first >= 0 {
						s = first
					}
				}
			}
			if s >= 0 {
				r, asks = Request{j, s, unit, First}, true
			}
		}
		if asks {
			out = append(out, r)
		}
		if !wanted && now-h.passed >= watch {
			delete(p.held, j)
		}
	}
	return out
}

// before reports whether run r's passage a comes before wish o.
func before(r *Run, a *Passage, o wish) bool {
	if c := cmp.Compare(r.Priority, o.run.Priority); c != 0 {
		return c < 0
	}
	if c := cmp.Compare(a.Arrive, o.at.Arrive); c != 0 {
		return c < 0
	}
	return r.Unit < o.run.Unit
}

// serve asks for a unit's green once it is time, and before that for the others' greens, so that nobody stands long through it.
func (p *Planner) serve(now, j int, w wish, l *Light) (Request, bool) {
	at := &p.signals[j]
	a := w.at
	stage := p.best(at, a.Movement, l)
	if stage < 0 {
		return Request{}, false
	}
	h := p.held[j]
	if h != nil && h.passed >= 0 {
		h = nil
	}
	need := min(mostLead, startLoss+a.Queue/(city.SaturationFlow*max(1, a.Lanes)))
	if h == nil && a.Arrive-need > float64(p.round(at, l, stage))+ahead {
		return Request{}, false
	}
	if h != nil && now > h.due+late {
		return Request{}, false // it stands somewhere: others go meanwhile, by the plan
	}
	c := p.course(at, l, stage, need, a.Arrive)
	r := Request{j, c.ask, w.run.Unit, Before}
	if c.excess >= spare { // with the unit somebody would wait too long: they come first
		if s := p.barred(at, l, r.Stage, slack); s >= 0 {
			r.Stage, r.Why = s, First
		}
	}
	if r.Stage == stage {
		r.Why = Hold
		if h == nil {
			p.held[j] = &hold{unit: w.run.Unit, due: now + int(a.Arrive), passed: -1, asked: -1}
		}
	}
	return r, true
}

// round is the seconds that all stages but s need, one after the other at their least.
func (p *Planner) round(at *city.Junction, l *Light, s int) int {
	sum, from := slack, l.Stage
	for k := range at.Stages {
		if k != s && !at.OnDemand(k) {
			sum += at.Between(from, k) + at.StageMinGreen(k)
			from = k
		}
	}
	return sum + at.Between(from, s)
}

// change is the seconds until stage s can be green.
func (p *Planner) change(at *city.Junction, l *Light, s int) int {
	if l.Next >= 0 {
		if l.Next == s {
			return l.Left
		}
		return l.Left + at.StageMinGreen(l.Next) + at.Between(l.Next, s)
	}
	if l.Stage == s {
		return 0
	}
	return max(0, at.StageMinGreen(l.Stage)-l.Age) + at.Between(l.Stage, s)
}

// barred returns the stage that has to be served first, where somebody would wait too long if stage s were green for another hold
// seconds, or begun and kept for its minimum; -1: nobody would. Those who wait are served one stage after the other, the longest
// wait first.
func (p *Planner) barred(at *city.Junction, l *Light, s, hold int) int {
	type need struct{ stage, red int }
	var list []need
	for m := range at.Movements {
		if !at.InStage(s, int32(m)) {
			if k := p.stageOf(at, int32(m), l); k >= 0 {
				list = append(list, need{k, l.Red[m]})
			}
		}
	}
	slices.SortStableFunc(list, func(a, b need) int { return b.red - a.red })
	if hold <= slack {
		// Whoever has waited longest comes first in any case.
		most := 0
		for _, m := range at.Stages[s].Movements {
			most = max(most, l.Red[m])
		}
		if len(list) == 0 || most > list[0].red {
			return -1
		}
	}
	wait := p.change(at, l, s)
	if s == l.Stage && l.Next < 0 {
		wait = max(wait, at.StageMinGreen(s)-l.Age)
	} else {
		wait += at.StageMinGreen(s)
	}
	wait = max(wait, hold)
	from := s
	var served []int
	for _, n := range list {
		if slices.Contains(served, n.stage) {
			continue
		}
		wait += at.Between(from, n.stage)
		if n.red+wait > Longest-spare {
			return list[0].stage
		}
		wait += at.StageMinGreen(n.stage)
		from = n.stage
		served = append(served, n.stage)
	}
	return -1
}

// due returns the stage that junction at has to serve before stage, so that nobody who walks or cycles waits longer than city.LongestCall and no vehicle
// longer than Longest where there is no unit; -1: there is none.
func (p *Planner) due(at *city.Junction, l Light, stage int) int {
	l.Red = slices.Clone(l.Red)
	for m := range l.Red {
		if at.Movements[m].Kind != city.Vehicles {
			l.Red[m] += Longest - city.LongestCall
		}
	}
	return p.barred(at, &l, stage, slack)
}

// stageOf is the stage in which movement m is served when it is its turn: the one with the most that waits.
func (p *Planner) stageOf(at *city.Junction, m int32, l *Light) int {
	best, most := -1, -1.0
	for s := range at.Stages {
		if at.InStage(s, m) && !at.OnDemand(s) {
			if d := p.demand(at, s, l); d > most {
				best, most = s, d
			}
		}
	}
	return best
}

// demand is what waits for stage s.
func (p *Planner) demand(at *city.Junction, s int, l *Light) float64 {
	d := 0.0
	for _, m := range at.Stages[s].Movements {
		d += l.Waiting[m]
	}
	return d
}

// best is the stage for a unit that makes movement m: one in which nobody crosses its way, then in which most of its own approach
// drives off, then the one that is green, then with the most that waits.
func (p *Planner) best(at *city.Junction, m int32, l *Light) int {
	best, score := -1, [4]float64{}
	if m < 0 || int(m) >= len(at.Movements) {
		return -1
	}
	for s := range at.Stages {
		if !at.InStage(s, m) || at.OnDemand(s) {
			continue
		}
		k := [4]float64{1, 0, 0, p.demand(at, s, l)}
		for _, o := range at.Stages[s].Movements {
			if at.Intergreen[m][o] > 0 && at.Movements[m].Permissive {
				k[0] = 0
			}
			if at.Movements[o].Kind == city.Vehicles && at.Movements[o].From == at.Movements[m].From {
				k[1]++
			}
		}
		if s == l.Stage && l.Next < 0 || s == l.Next {
			k[2] = 1
		}
		if best < 0 || slices.Compare(k[:], score[:]) > 0 {
			best, score = s, k
		}
	}
	return best
}

// after asks for those who waited while a unit came, the most first.
func (p *Planner) after(now, j int, h *hold, l *Light) (Request, bool) {
	at := &p.signals[j]
	if h.asked >= 0 && now-h.from < at.StageMinGreen(h.asked)+slack && p.barred(at, l, h.asked, slack) < 0 {
		return Request{j, h.asked, h.unit, After}, true
	}
	best, most := -1, 0.0
	for s := range at.Stages {
		if d := p.need(at, s, l); d > most && !at.OnDemand(s) && p.barred(at, l, s, slack) < 0 {
			best, most = s, d
		}
	}
	if best < 0 {
		return Request{}, false
	}
	if best != h.asked {
		h.asked, h.from = best, now
	}
	return Request{j, best, h.unit, After}, true
}

// need is how much stage s is wanted: what waits for it, and who walks, by their wait.
func (p *Planner) need(at *city.Junction, s int, l *Light) float64 {
	d := 0.0
	for _, m := range at.Stages[s].Movements {
		mv := &at.Movements[m]
		w := l.Waiting[m]
		if mv.Kind != city.Vehicles {
			w = float64(l.Red[m]) / 30
		}
		if mv.Permissive {
			w /= 2
		}
		d += w
	}
	if s == l.Stage && l.Next < 0 || s == l.Next {
		d *= 1.6 // a change costs its inter-green
	}
	return d
}
