package traffic

import "citybrain/city"

// A RingSignal is an actuated ring-barrier controller at work (Signal Timing Manual 2015, chapters 4 and 5): each ring serves its
// called phases in order, ends a green when its traffic has passed (gap-out) or at its maximum while others wait, and crosses
// a barrier together with all other rings. It keeps the plan's minimum greens and clearances whatever it is asked. Its zero
// value stands at the start of the first group. Values are compared and copied freely.
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
	var g RingSignal
	for r := range p.Rings() {
		g.Rings[r].From = -1
	}
	return g
}

// phase returns the number of the phase that ring r shows or leads to.
func (g *RingSignal) phase(p *city.RingPlan, r int) int {
	return p.Group(r, int(g.Barrier))[g.Rings[r].At]
}

// Green returns the phases that are green, as a set by number.
func (g *RingSignal) Green(p *city.RingPlan) uint32 {
	var set uint32
	for r := range p.Rings() {
		if g.Rings[r].Clear == 0 {
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
	var from [city.MaxRings]int
	for r := range p.Rings() {
		from[r] = g.phase(p, r)
	}
	g.Since = 0
	for range p.Barriers() {
		g.Barrier = int8((int(g.Barrier) + 1) % p.Barriers())
		if calls&g.group(p) != 0 {
			break
		}
	}
	clear := 0
	var first [city.MaxRings]int8
	for r := range p.Rings() {
		group := p.Group(r, int(g.Barrier))
		for k := range group {
			if calls&(1<<group[k]) != 0 {
				first[r] = int8(k)
				break
			}
		}
		for o := range p.Rings() {
			clear = max(clear, p.Clear(from[o], group[first[r]]))
		}
	}
	for r := range p.Rings() {
		g.begin(p, r, from[r], first[r], clear)
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
