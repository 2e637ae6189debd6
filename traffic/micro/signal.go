package micro

import (
	"fmt"
	"math"

	"citybrain/city"
)

// A Light is the state of a signal: its program's phase, or one commanded from outside.
type Light struct {
	Phase  int16   // that shows, or that comes after the yellow
	Held   bool    // commanded from outside; the program does not go on
	Yellow int16   // s of yellow that are left before Phase shows
	Since  int32   // s since the start when Phase began to show, yellow before it not counted
	Left   int32   // s until the program goes on
	From   int16   // the phase that the yellow ends
	Lamps  string  // what it was told to show, letter by letter
	Late   float64 // s by which the program will go on later than it says
}

// yellowTime is the yellow of a commanded change, s, where the command gives none.
const yellowTime = 3

func newLight(l *city.Light) Light {
	if len(l.Phases) == 0 {
		return Light{}
	}
	phase, left, ok := l.Start()
	if !ok {
		return Light{Held: true}
	}
	g := Light{Phase: int16(phase)}
	g.Left, g.Late = city.Lasts(left)
	g.Since = g.Left - int32(math.Ceil(l.Phases[phase].Duration))
	return g
}

// stepLights moves every signal on by a second.
func (s *Sim) stepLights() {
	if s.Second == 0 {
		return
	}
	for i := range s.Lights {
		g := &s.Lights[i]
		if g.Yellow > 0 {
			if g.Yellow--; g.Yellow == 0 {
				g.Since = s.Second
				s.show(int32(i))
			}
			continue
		}
		if g.Held || len(s.lanes.Lights[i].Phases) < 2 {
			continue
		}
		if g.Left--; g.Left <= 0 {
			g.Phase = (g.Phase + 1) % int16(len(s.lanes.Lights[i].Phases))
			g.Left, g.Late = city.Lasts(s.lanes.Lights[i].Phases[g.Phase].Duration - g.Late)
			g.Since = s.Second
			s.show(int32(i))
		}
	}
}

// show sets what the connections of a light see.
func (s *Sim) show(l int32) {
	g := &s.Lights[l]
	ph := s.lanes.Lights[l].Phases
	if len(ph) == 0 {
		return
	}
	to := ph[g.Phase].State
	g.Lamps = ""
	for _, c := range s.net.controlled[l] {
		p := s.net.place[c]
		x := byte('o')
		if int(p) < len(to) {
			x = to[p]
		}
		if g.Yellow > 0 {
			was := ph[g.From].State[p]
			if (was == 'g' || was == 'G') && x != 'g' && x != 'G' {
				x = 'y'
			} else if was != 'g' && was != 'G' {
				x = 'r' // who comes next waits for the yellow
			} else {
				x = was
			}
		}
		s.Sig[c] = lamp(x)
	}
	for _, x := range s.net.litWalks[l] { // who walks does not start in yellow
		y := to[s.net.walks[x].place]
		if g.Yellow > 0 && ph[g.From].State[s.net.walks[x].place] != y {
			y = 'r'
		}
		s.Lit[x] = lamp(y)
	}
}

// lamp reduces a letter of a light's state to what drivers do.
func lamp(x byte) byte {
	switch x {
	case 'u', 's': // red and yellow; a stop on red
		return 'r'
	case 'Y':
		return 'y'
	case 'O':
		return 'G'
	}
	return x
}

// setLamps shows a state from outside.
func (s *Sim) setLamps(e Lamps) {
	g := &s.Lights[e.Light]
	g.Held, g.Yellow = true, 0
	if g.Lamps != e.State {
		g.Lamps, g.Since = e.State, s.Second
	}
	for _, c := range s.net.controlled[e.Light] {
		s.Sig[c] = lamp(e.State[s.net.place[c]])
	}
	for _, x := range s.net.litWalks[e.Light] {
		s.Lit[x] = lamp(e.State[s.net.walks[x].place])
	}
}

func (e Lamps) check(s *Sim) error {
	if e.Light < 0 || int(e.Light) >= len(s.Lights) {
		return fmt.Errorf("micro: light %d of %d", e.Light, len(s.Lights))
	}
	if l := &s.lanes.Lights[e.Light]; len(e.State) != l.Places {
		return fmt.Errorf("micro: light %q: state %q has %d letters for %d places", l.ID, e.State, len(e.State), l.Places)
	}
	return nil
}

// sinceGreen is the s since the light of a connection last changed.
func (s *Sim) sinceGreen(conn int32) int32 {
	l := s.net.light[conn]
	if l < 0 {
		return 1 << 20
	}
	return s.Second - s.Lights[l].Since
}

// command sets a light's phase from outside; see Phase.
func (s *Sim) command(e Phase) error {
	g := &s.Lights[e.Light]
	ph := s.lanes.Lights[e.Light].Phases
	if e.Phase < 0 {
		g.Held = false
		g.Left, g.Late = city.Lasts(ph[g.Phase].Duration)
		return nil
	}
	g.Held = true
	if int16(e.Phase) == g.Phase && g.Lamps == "" {
		return nil
	}
	yellow := int16(e.Yellow)
	if yellow == 0 {
		yellow = yellowTime
	}
	if g.Yellow == 0 {
		g.From = g.Phase
	}
	g.Phase = int16(e.Phase)
	g.Since = s.Second
	if g.Yellow == 0 {
		g.Yellow = yellow
		if s.Second > 0 {
			g.Yellow++ // this second's count is still to come
		}
	}
	s.show(e.Light)
	return nil
}

func (e Phase) check(s *Sim) error {
	if e.Light < 0 || int(e.Light) >= len(s.Lights) {
		return fmt.Errorf("micro: light %d of %d", e.Light, len(s.Lights))
	}
	if n := len(s.lanes.Lights[e.Light].Phases); n == 0 || e.Phase >= n || e.Yellow < 0 || e.Yellow > 30 {
		return fmt.Errorf("micro: light %q: phase %d of %d with %d s of yellow; yellow may be 0 (for 3) to 30", s.lanes.Lights[e.Light].ID, e.Phase, n, e.Yellow)
	}
	return nil
}
