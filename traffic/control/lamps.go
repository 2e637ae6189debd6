package control

// Lamps is the state machine of every junction's transitions: what goes from green to red shows yellow first, then all-red where
// the place has it; a phase stays green for its minimum; a wish that comes in the middle of a change waits until then.
type Lamps struct {
	n       *Network
	now     float64
	at      []lamp
	changed []bool
}

type lamp struct {
	phase  int     // shown, or coming
	next   int     // −1
	since  float64 // when phase became, or becomes, green
	yellow float64 // end of yellow
	red    float64 // end of all-red; < 0: no change runs
	state  []byte
}

// NewLamps starts every junction in its first phase, free to change at once.
func NewLamps(n *Network) *Lamps {
	s := &Lamps{n: n, at: make([]lamp, len(n.Junctions)), changed: make([]bool, len(n.Junctions))}
	for j := range s.at {
		s.at[j] = lamp{red: -1, since: -n.MinGreen, state: []byte(n.Junctions[j].Phases[0].State)}
		s.changed[j] = true
	}
	return s
}

// Fill writes what is shown into an observation.
func (s *Lamps) Fill(o *Observation) {
	for j := range s.at {
		l := &s.at[j]
		o.Signals[j] = Signal{Phase: l.phase, Since: l.since, Changing: l.red >= 0, Free: l.since + s.n.MinGreen}
	}
}

// Step brings every junction to now and begins the changes that are wished and allowed. want[j] out of range is no wish.
func (s *Lamps) Step(now float64, want []int) {
	s.now = now
	for j := range s.at {
		l, ph := &s.at[j], s.n.Junctions[j].Phases
		before := string(l.state)
		if l.red >= 0 && now >= l.red {
			copy(l.state, ph[l.phase].State)
			l.red = -1
		} else if l.red >= 0 && now >= l.yellow {
			for i, c := range l.state {
				if c == 'y' {
					l.state[i] = 'r'
				}
			}
		}
		if w := want[j]; l.red < 0 && w >= 0 && w < len(ph) && w != l.phase && now >= l.since+s.n.MinGreen {
			s.begin(l, j, w, now)
		}
		s.changed[j] = s.changed[j] || string(l.state) != before
	}
}

// begin starts the change of junction j to phase w.
func (s *Lamps) begin(l *lamp, j, w int, now float64) {
	to := s.n.Junctions[j].Phases[w].State
	l.phase = w
	if s.n.Clearance {
		copy(l.state, s.n.Junctions[j].Clear)
		l.yellow = now + s.n.Yellow
	} else {
		ends := false
		for i := range to {
			if to[i] == 'r' && l.state[i] != 'r' {
				l.state[i], ends = 'y', true
			}
		}
		if !ends { // nobody is stopped: the others may join at once
			copy(l.state, to)
			l.since = now
			return
		}
		l.yellow = now + s.n.Yellow
	}
	l.red = l.yellow + s.n.AllRed
	l.since = l.red
	if l.red <= now {
		copy(l.state, to)
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
