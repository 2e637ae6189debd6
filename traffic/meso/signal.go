package meso

import (
	"fmt"

	"citybrain/city"
)

// A Light is the state of a signal: its program's phase, or a state held from outside.
type Light struct {
	Phase int16
	Held  bool
	Left  int32   // s until the program goes on
	Late  float64 // s by which it will go on later than it says
}

func newLight(l *city.Light) Light {
	phase, left, ok := l.Start()
	g := Light{Phase: int16(phase), Held: !ok}
	g.Left, g.Late = city.Lasts(left)
	return g
}

// stepLights moves every program on by a second.
func (s *Sim) stepLights() {
	for i := range s.st.Lights {
		g := &s.st.Lights[i]
		ph := s.lanes.Lights[i].Phases
		if g.Held || len(ph) < 2 || s.st.Now == 0 {
			continue
		}
		if g.Left--; g.Left <= 0 {
			g.Phase = (g.Phase + 1) % int16(len(ph))
			g.Left, g.Late = city.Lasts(ph[g.Phase].Duration - g.Late)
			s.lamps(int32(i), ph[g.Phase].State)
		}
	}
}

// Show has a light show a state from now on, letter by letter, until it is told another.
func (s *Sim) Show(light int32, state []byte) error {
	if light < 0 || int(light) >= len(s.st.Lights) {
		return fmt.Errorf("meso: light %d of %d", light, len(s.st.Lights))
	}
	if l := &s.lanes.Lights[light]; len(state) != l.Places {
		return fmt.Errorf("meso: light %q: state %q has %d letters for %d places", l.ID, state, len(state), l.Places)
	}
	s.st.Lights[light].Held = true
	s.lamps(light, string(state))
	return nil
}

// lamps sets what the connections of a light see, and wakes the lanes whose first vehicle has waited for it.
func (s *Sim) lamps(light int32, state string) {
	st, n := &s.st, s.net
	for _, c := range n.controlled[light] {
		x := byte('o')
		if p := n.place[c]; p >= 0 && int(p) < len(state) {
			x = state[p]
		}
		switch x {
		case 'u', 's':
			x = 'r'
		case 'Y':
			x = 'y'
		case 'O':
			x = 'G'
		}
		was := st.Sig[c]
		if was == x {
			continue
		}
		st.Sig[c] = x
		st.Since[c] = st.Now
		l := n.from[c]
		if st.Due[l] >= 0 || st.In[l] == st.Out[l] || x == 'r' {
			continue
		}
		if at := s.ready(l); was == 'r' && at <= float32(st.Now) {
			st.Next[l] = max(st.Next[l], float32(st.Now)+startLoss)
		}
		s.call(l)
	}
}
