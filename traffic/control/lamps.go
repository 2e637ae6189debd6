package control

import "math"

// Lamps is the state machine of every junction's transitions: what goes from green to red shows yellow first, then all-red where the place
// has it; a phase stays green for its minimum; a wish that comes in the middle of a change waits until then. Walkers who have called get
// their green in a phase that lets them go, and no change begins before they are over the road; until then the wish may be taken back.
type Lamps struct {
	n       *Network
	now     float64
	at      []lamp
	changed []bool
}

type lamp struct {
	phase  int     // shown, or coming
	since  float64 // when phase became, or becomes, green
	yellow float64 // end of yellow
	red    float64 // end of all-red; < 0: no change runs
	state  []byte
	walks  []walk // of each crossing of the junction
}

// walk is what a crossing shows.
type walk struct {
	on    bool
	until float64 // end of green
	clear float64 // s, when the slowest is over
}

// NewLamps starts every junction in its first phase, free to change at once.
func NewLamps(n *Network) *Lamps {
	s := &Lamps{n: n, at: make([]lamp, len(n.Junctions)), changed: make([]bool, len(n.Junctions))}
	for j := range s.at {
		x := &n.Junctions[j]
		s.at[j] = lamp{red: -1, since: -n.MinGreen, state: []byte(x.Phases[0].State), walks: make([]walk, len(x.Crossings))}
		s.at[j].hush(n, x)
		s.changed[j] = !x.Own
	}
	return s
}

// Fill writes what is shown into an observation.
func (s *Lamps) Fill(o *Observation) {
	for j := range s.at {
		l := &s.at[j]
		o.Signals[j] = Signal{Phase: l.phase, Since: l.since, Changing: l.red >= 0, Free: l.since + s.n.MinGreen}
		for k := range l.walks {
			o.Signals[j].Clear = max(o.Signals[j].Clear, l.walks[k].clear)
		}
	}
}

// hush shows red to the walkers of a state just taken over, until they call.
func (l *lamp) hush(n *Network, x *Junction) {
	for k, c := range x.Crossings {
		if !l.walks[k].on {
			l.state[n.Street.Crossings[c].Place] = 'r'
		}
	}
}

// cleared tells whether the walkers whom phase w would stop at junction j are over the road.
func (s *Lamps) cleared(l *lamp, j, w int, now float64) bool {
	x := &s.n.Junctions[j]
	for k, c := range x.Crossings {
		if x.Phases[w].State[s.n.Street.Crossings[c].Place] == 'r' && now < l.walks[k].clear {
			return false
		}
	}
	return true
}

// halt ends the greens of walkers that are over.
func (s *Lamps) halt(l *lamp, j int, now float64) {
	for k, c := range s.n.Junctions[j].Crossings {
		if w := &l.walks[k]; w.on && now >= w.until {
			w.on = false
			l.state[s.n.Street.Crossings[c].Place] = 'r'
		}
	}
}

// attend ends the greens of walkers that are over and begins those that have been called for: where a round is full and another phase is wished for
// only those that prolong this one no more than all who called at its start would have, and where it is tight all of a phase's with one.
func (s *Lamps) attend(l *lamp, j int, now float64, calls []float64, wished bool) {
	x := &s.n.Junctions[j]
	s.halt(l, j, now)
	if l.red >= 0 {
		return
	}
	end := math.Inf(1)
	if wished && x.Full {
		end = l.since + s.n.longestWalk(j, l.phase)
	}
	may := func(k int) bool {
		cross := &s.n.Street.Crossings[x.Crossings[k]]
		return x.Phases[l.phase].State[cross.Place] != 'r' && now+walkTime+cross.clears() <= end
	}
	all := false
	for k, c := range x.Crossings {
		all = all || x.Tight && calls[c] >= 0 && !l.walks[k].on && may(k)
	}
	for k, c := range x.Crossings {
		w, cross := &l.walks[k], &s.n.Street.Crossings[c]
		if (all || calls[c] >= 0 && !w.on) && may(k) {
			w.on, w.until = true, now+walkTime
			w.clear = w.until + cross.clears()
			l.state[cross.Place] = 'G'
		}
	}
}

// NotYet is the wish that a change that is under way should show its last lamps a little longer, as somebody is still inside the junction.
const NotYet = -2

// longerRed is how much longer at most, s.
const longerRed = 20.0

// Step brings every junction to now and begins the changes that are wished and allowed. want[j] out of range is no wish; calls are those of an
// Observation.
func (s *Lamps) Step(now float64, want []int, calls []float64) {
	s.now = now
	for j := range s.at {
		if s.n.Junctions[j].Own {
			continue
		}
		l, ph := &s.at[j], s.n.Junctions[j].Phases
		before := string(l.state)
		switch {
		case l.red < 0:
		case now >= l.red && want[j] == NotYet && now < l.red+longerRed:
			l.since = now + 1
		case now >= l.red:
			copy(l.state, ph[l.phase].State)
			l.hush(s.n, &s.n.Junctions[j])
			l.red = -1
		case now >= l.yellow:
			for i, c := range l.state {
				if c == 'y' {
					l.state[i] = 'r'
				}
			}
		}
		leaving := false
		if w := want[j]; l.red < 0 && w >= 0 && w < len(ph) && w != l.phase && now >= l.since+s.n.MinGreen {
			if leaving = !s.cleared(l, j, w, now); !leaving {
				s.begin(l, j, w, now)
			}
		}
		if !leaving {
			s.attend(l, j, now, calls, want[j] >= 0 && want[j] < len(ph) && want[j] != l.phase)
		} else {
			s.halt(l, j, now)
		}
		s.changed[j] = s.changed[j] || string(l.state) != before
	}
}

// warn shows yellow to what is red in state to.
func (l *lamp) warn(to string) {
	for i := range to {
		if to[i] == 'r' && l.state[i] != 'r' {
			l.state[i] = 'y'
		}
	}
}

// begin starts the change of junction j to phase w.
func (s *Lamps) begin(l *lamp, j, w int, now float64) {
	x := &s.n.Junctions[j]
	to := x.Phases[w].State
	c := s.n.Change(j, l.phase, w)
	if s.n.Clearance {
		copy(l.state, x.Clear)
	} else {
		ends := false
		for i := range to {
			ends = ends || to[i] == 'r' && x.Phases[l.phase].State[i] != 'r'
		}
		if !ends { // nobody is stopped: the others may join at once
			copy(l.state, to)
			l.hush(s.n, x)
			l.phase, l.since = w, now
			return
		}
		l.warn(to)
	}
	l.phase = w
	l.yellow = now + c.Yellow
	l.red = l.yellow + c.AllRed
	l.since = l.red
	if l.red <= now {
		copy(l.state, to)
		l.hush(s.n, x)
		l.red = -1
	}
}

// State returns what junction j shows; it is valid until the next Step.
func (s *Lamps) State(j int) []byte { return s.at[j].state }

// Changed tells whether junction j shows something else than when Changed was last asked, and forgets it.
func (s *Lamps) Changed(j int) bool {
	c := s.changed[j]
	s.changed[j] = false
	return c
}
