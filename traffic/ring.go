package traffic

import "citybrain/city"

// A RingSignal is the rings of a ring-barrier controller at work (Signal Timing Manual 2015, chapters 4 and 5): each serves its phases in order,
// and all cross a barrier together. They keep the plan's minimum greens and clearances whatever is asked. By themselves (Step) they are actuated: a
// green ends when its traffic has passed (gap-out) or at its maximum while others wait. Led (Pass and Turn) they go to the stage, a phase of each
// ring, that is wanted. Values are compared and copied freely; use one of the two ways with a value.
type RingSignal struct {
	Barrier int8  // the group being served
	Since   int16 // s that it has been, while anybody waited; up to the plan's Group time
	Rings   [city.MaxRings]RingState
}

// RingState is one ring of a RingSignal.
type RingState struct {
	At    int8  // place in its group of the phase that is green, or comes
	From  int8  // phase that is being cleared, by number; −1: none
	Age   int16 // s of the green so far, up to the phase's maximum; while clearing 0
	Clear int16 // s of clearance that are left
}

// NewRingSignal starts the first phase of every ring's first group.
func NewRingSignal(p city.RingPlan) RingSignal {
	return ringsAt(&p, 0)
}

// ringsAt begins the greens of a stage.
func ringsAt(p *city.RingPlan, stage int) RingSignal {
	_, barrier := p.Stage(stage)
	g, at := RingSignal{Barrier: int8(barrier)}, p.Places(stage)
	for r := range p.Rings() {
		g.Rings[r] = RingState{At: at[r], From: -1}
	}
	return g
}

// places is the places in their group of the phases that the rings show or lead to.
func (g *RingSignal) places(p *city.RingPlan) (at [city.MaxRings]int8) {
	for r := range p.Rings() {
		at[r] = g.Rings[r].At
	}
	return at
}

// Stage returns the stage that is green or ends, of those that may be green together, and that which the changes under way lead to; −1: there are
// none. Movements of both are green throughout.
func (g *RingSignal) Stage(p *city.RingPlan) (now, next int) {
	to := g.places(p)
	from, barrier, changes := to, int(g.Barrier), false
	for r := range p.Rings() {
		if s := &g.Rings[r]; s.Clear > 0 {
			changes = true
			barrier, from[r] = p.Place(int(s.From))
		}
	}
	if next = p.StageAt(int(g.Barrier), to); !changes {
		return next, -1
	}
	return p.StageAt(barrier, from), next
}

// Pass lets a second pass. began is the rings whose green has come in it.
func (g *RingSignal) Pass(p *city.RingPlan) (began uint8) {
	for r := range p.Rings() {
		s := &g.Rings[r]
		if s.Clear == 0 {
			s.Age = min(s.Age+1, int16(p.Phase(g.phase(p, r)).Min))
		} else if s.Clear--; s.Clear == 0 {
			s.From = -1
			began |= 1 << r
		}
	}
	return began
}

// Turn begins what may begin now on the way to a stage: a ring goes on in its group as soon as its own minimum green is over, and where a barrier has
// to be crossed all do together. ended is the rings whose green ends.
func (g *RingSignal) Turn(p *city.RingPlan, want int) (ended uint8) {
	_, barrier := p.Stage(want)
	at := p.Places(want)
	if now := p.StageAt(int(g.Barrier), g.places(p)); barrier != int(g.Barrier) || p.Back(now, want) {
		if g.Left(p) > 0 {
			return 0
		}
		g.over(p, now, want)
		return 1<<p.Rings() - 1
	}
	for r := range p.Rings() {
		s := &g.Rings[r]
		if now := g.phase(p, r); at[r] != s.At && g.left(p, r) <= 0 {
			g.begin(p, r, now, at[r], p.Clear(now, p.Group(r, barrier)[at[r]]))
			ended |= 1 << r
		}
	}
	return ended
}

// Left returns the seconds until every ring may end its green.
func (g *RingSignal) Left(p *city.RingPlan) (most int32) {
	for r := range p.Rings() {
		most = max(most, g.left(p, r))
	}
	return most
}

// left is the seconds until ring r may end its green, or that which comes.
func (g *RingSignal) left(p *city.RingPlan, r int) int32 {
	s := &g.Rings[r]
	return int32(s.Clear) + int32(p.Phase(g.phase(p, r)).Min) - int32(s.Age)
}

// Done returns when each ring may end what it shows in stage want, on the straightest way there from second t on.
func (g *RingSignal) Done(p *city.RingPlan, want int, t int32) (free [city.MaxRings]int32) {
	to := p.StageAt(int(g.Barrier), g.places(p))
	phases, barrier := p.Stage(want)
	cross, start := barrier != int(g.Barrier) || p.Back(to, want), t+g.Left(p)+int32(p.Between(to, want))
	for r, ph := range phases {
		now := g.phase(p, r)
		switch {
		case cross:
			free[r] = start + int32(p.Phase(ph).Min)
		case now != ph:
			free[r] = t + max(0, g.left(p, r)) + int32(p.Clear(now, ph)+p.Phase(ph).Min)
		default:
			free[r] = t + max(1, g.left(p, r))
		}
	}
	return free
}

// phase returns the number of the phase that ring r shows or leads to.
func (g *RingSignal) phase(p *city.RingPlan, r int) int {
	return p.Group(r, int(g.Barrier))[g.Rings[r].At]
}

// Green returns the phases that are green, as a set by number.
func (g *RingSignal) Green(p *city.RingPlan) uint32 {
	var set uint32
	for r := range p.Rings() {
		if s := &g.Rings[r]; s.Clear == 0 || int(s.From) == g.phase(p, r) {
			set |= 1 << g.phase(p, r)
		}
	}
	return set
}

// Step lets a second pass. calls are the phases that somebody waits for, extend those whose traffic still runs, as sets by
// number: a phase without a call is passed over, one that nobody else waits for stays green.
func (g *RingSignal) Step(p *city.RingPlan, calls, extend uint32) {
	rings, all := p.Rings(), true
	if g.Since = min(g.Since+1, int16(p.GroupTime(int(g.Barrier)))); calls&^g.Green(p) == 0 {
		g.Since = 0
	}
	for r := range rings {
		s := &g.Rings[r]
		if s.Clear > 0 {
			if s.Clear--; s.Clear == 0 {
				s.From = -1
			}
			continue
		}
		s.Age = min(s.Age+1, int16(p.Phase(g.phase(p, r)).Max))
	}
	// Within the group first: a ring goes on to its next called phase. Who has none waits for the barrier, green. A call that comes
	// so late that its phase would hold up the barrier waits for the group's next turn.
	beyond := calls & g.beyond(p)
	for r := range rings {
		s := &g.Rings[r]
		if s.Clear > 0 {
			all = false
			continue
		}
		now := g.phase(p, r)
		next, called := g.after(p, r, calls)
		if !g.done(p, r, extend, called || beyond != 0) {
			all = false
			continue
		}
		if called {
			g.begin(p, r, now, next, p.Clear(now, p.Group(r, int(g.Barrier))[next]))
			all = false
		}
	}
	if all && beyond != 0 {
		g.cross(p, calls)
	}
}

// done reports whether ring r's green may end: others wait, its minimum has passed, and its traffic has or its maximum has.
func (g *RingSignal) done(p *city.RingPlan, r int, extend uint32, waited bool) bool {
	ph := g.phase(p, r)
	b, age := p.Phase(ph), int(g.Rings[r].Age)
	return waited && age >= b.Min && (age >= b.Max || extend&(1<<ph) == 0)
}

// after returns the place of ring r's next called phase in the group that still fits into it.
func (g *RingSignal) after(p *city.RingPlan, r int, calls uint32) (int8, bool) {
	group := p.Group(r, int(g.Barrier))
	for k := int(g.Rings[r].At) + 1; k < len(group); k++ {
		if calls&(1<<group[k]) != 0 && g.fits(p, r, group[k]) {
			return int8(k), true
		}
	}
	return 0, false
}

// fits reports whether ring r can serve phase ph, from its clearance to its own, within the group's time.
func (g *RingSignal) fits(p *city.RingPlan, r, ph int) bool {
	return int(g.Since)+p.Clear(g.phase(p, r), ph)+p.Phase(ph).Max <= p.GroupTime(int(g.Barrier))
}

// beyond is the phases for which the barrier must be crossed: those of other groups, and those of this one that were passed or
// do not fit any more.
func (g *RingSignal) beyond(p *city.RingPlan) uint32 {
	var set uint32
	for r := range p.Rings() {
		for b := range p.Barriers() {
			for k, ph := range p.Group(r, b) {
				if b != int(g.Barrier) || k < int(g.Rings[r].At) || k > int(g.Rings[r].At) && !g.fits(p, r, ph) {
					set |= 1 << ph
				}
			}
		}
	}
	return set
}

func (g *RingSignal) begin(p *city.RingPlan, r, from int, next int8, clear int) {
	s := &g.Rings[r]
	s.At, s.Age, s.From, s.Clear = next, 0, int8(from), int16(clear)
	if clear == 0 {
		s.From = -1
	}
}

// cross ends all greens and leads to the next group with a call; all its first phases begin together, when the slowest of what
// ends is clear of all that begins.
func (g *RingSignal) cross(p *city.RingPlan, calls uint32) {
	now, _ := g.Stage(p)
	g.Since = 0
	for range p.Barriers() {
		g.Barrier = int8((int(g.Barrier) + 1) % p.Barriers())
		if calls&g.group(p) != 0 {
			break
		}
	}
	var first [city.MaxRings]int8
	for r := range p.Rings() {
		group := p.Group(r, int(g.Barrier))
		for k := range group {
			if calls&(1<<group[k]) != 0 {
				first[r] = int8(k)
				break
			}
		}
	}
	g.over(p, now, p.StageAt(int(g.Barrier), first))
}

// over takes all rings from a stage to another over a barrier.
func (g *RingSignal) over(p *city.RingPlan, now, next int) {
	phases, _ := p.Stage(now)
	_, barrier := p.Stage(next)
	g.Barrier = int8(barrier)
	at := p.Places(next)
	for r := range p.Rings() {
		g.begin(p, r, phases[r], at[r], p.Between(now, next))
	}
}

// group is the phases of the group being served.
func (g *RingSignal) group(p *city.RingPlan) uint32 {
	var set uint32
	for r := range p.Rings() {
		for _, ph := range p.Group(r, int(g.Barrier)) {
			set |= 1 << ph
		}
	}
	return set
}
