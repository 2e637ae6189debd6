package control

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"citybrain/city"
)

// View is how far before a stop line vehicles are seen where Options do not say, m.
const View = 200

// Options are the rules of the place.
type Options struct {
	Yellow    float64 // s, shown by what goes from green to red
	AllRed    float64 // s behind it
	MinGreen  float64 // s that a phase stays once it is green
	Reaction  float64 // s of a driver who follows another over a stop line: with his length it makes the place's saturation flow; 0: 1.05
	View      float64 // m before a stop line within which vehicles are seen; 0: View
	Street    *Street // the rules of a real street; nil: Yellow and AllRed for every change, any phase after any other
	Clearance bool    // a change shows what is green in every phase for Yellow (a CityFlow roadnet's first phase) instead of yellow lamps; that can't be chosen
}

// A Network is what a controller knows beforehand. It is immutable.
type Network struct {
	*city.LaneNet
	Options
	Junctions []Junction // parallel to LaneNet.Lights
	Out, In   [][]int32  // of each lane: connections that leave it, that enter it
	Ahead     []float64  // of each lane: m from its end to the nearest stop line it leads to without passing another: 0 at signals; +Inf: none within View
	Stops     []int32    // of each lane: the junction whose stop line that is, −1
}

// A Junction is one light with the lanes and links that it switches.
type Junction struct {
	ID     string
	Light  int32   // index into LaneNet.Lights
	Links  []int32 // connections that it switches, ascending
	Lanes  []int32 // lanes that end at its stop lines, ascending
	Phases []Phase // to choose from: the green phases of its own program, in its order; with Own its first one, of whatever kind
	Places int     // length of states
	Clear  string  // with Clearance: what a change shows
	Below  []int32 // junctions that it sends vehicles to, ascending
	Own    bool    // nothing is to be chosen: no phase of its program has green and no yellow, and it goes on by itself

	// With Options.Street:
	Crossings []int32    // indexes into its Crossings
	Changes   [][]Change // from each phase to each
	Full      bool       // a round in which walkers call everywhere, and late, takes so long that one of them may wait too long
	Tight     bool       // a round in which walkers call everywhere takes so long that who has just missed his green waits too long
}

// A Phase is one that a controller may choose.
type Phase struct {
	Program  int    // index into the light's Phases
	State    string // a letter of r g G for each place
	Duration float64
}

// NewNetwork derives what controllers need. A light without any phase is an error that names it.
func NewNetwork(n *city.LaneNet, o Options) (*Network, error) {
	if !(o.Yellow >= 0) || !(o.AllRed >= 0) || !(o.MinGreen >= 0) {
		return nil, fmt.Errorf("control network: yellow %g s, all-red %g s, minimum green %g s; none may be negative", o.Yellow, o.AllRed, o.MinGreen)
	}
	if o.Reaction == 0 {
		o.Reaction = reaction
	}
	if o.View == 0 {
		o.View = View
	}
	w := &Network{LaneNet: n, Options: o, Out: make([][]int32, len(n.Lanes)), In: make([][]int32, len(n.Lanes)), Ahead: make([]float64, len(n.Lanes)), Stops: make([]int32, len(n.Lanes))}
	w.Junctions = make([]Junction, len(n.Lights))
	for i := range n.Lights {
		l, j := &n.Lights[i], &w.Junctions[i]
		j.ID, j.Light, j.Places = l.ID, int32(i), l.Places
		if c := common(l); o.Clearance && slices.ContainsFunc(l.Phases, func(p city.LightPhase) bool { return green(p.State) && p.State != c }) {
			j.Clear = c
		}
		for p, ph := range l.Phases {
			if green(ph.State) && !ph.Change && ph.State != j.Clear && !(o.Street != nil && p > 0 && o.Street.clears(int32(i), l.Phases[p-1].State, ph.State)) {
				j.Phases = append(j.Phases, Phase{Program: p, State: ph.State, Duration: ph.Duration})
			}
		}
		if len(l.Phases) == 0 {
			return nil, fmt.Errorf("control network: light %q has no phases; give its program one", l.ID)
		}
		if len(j.Phases) == 0 {
			j.Own, j.Phases = true, []Phase{{State: l.Phases[0].State, Duration: l.Phases[0].Duration}}
		}
	}
	for i := range n.Connections {
		c := &n.Connections[i]
		w.Out[c.From] = append(w.Out[c.From], int32(i))
		w.In[c.To] = append(w.In[c.To], int32(i))
		if c.Light >= 0 {
			j := &w.Junctions[c.Light]
			j.Links = append(j.Links, int32(i))
			if !slices.Contains(j.Lanes, c.From) {
				j.Lanes = append(j.Lanes, c.From)
			}
		}
	}
	w.lookAhead()
	for i := range w.Junctions {
		j := &w.Junctions[i]
		slices.Sort(j.Lanes)
		for _, c := range j.Links {
			to := n.Connections[c].To
			if s := w.Stops[to]; s >= 0 && s != int32(i) && !slices.Contains(j.Below, s) {
				j.Below = append(j.Below, s)
			}
		}
		slices.Sort(j.Below)
		if o.Street != nil {
			w.rule(j)
		}
	}
	return w, nil
}

// common is what is green in every phase of a light, and red elsewhere.
func common(l *city.Light) string {
	s := []byte(strings.Repeat("r", l.Places))
	for i := range s {
		all := len(l.Phases) > 0
		for _, p := range l.Phases {
			all = all && (p.State[i] == 'g' || p.State[i] == 'G')
		}
		if all {
			s[i] = l.Phases[0].State[i]
		}
	}
	return string(s)
}

// green tells whether a state lets anybody go and warns nobody.
func green(state string) bool {
	g := false
	for _, c := range state {
		if c == 'y' {
			return false
		}
		g = g || c == 'g' || c == 'G'
	}
	return g
}

// lookAhead finds for every lane the nearest stop line ahead, backwards from the stop lines over unsignalled connections.
func (w *Network) lookAhead() {
	var queue []int32
	for i := range w.Lanes {
		w.Ahead[i], w.Stops[i] = math.Inf(1), -1
	}
	for i := range w.Junctions {
		for _, l := range w.Junctions[i].Lanes {
			w.Ahead[l], w.Stops[l] = 0, int32(i)
			queue = append(queue, l)
		}
	}
	for len(queue) > 0 { // few lanes: relaxing until nothing changes is enough
		l := queue[0]
		queue = queue[1:]
		for _, c := range w.In[l] {
			k := &w.Connections[c]
			if k.Light >= 0 {
				continue
			}
			if d := w.Ahead[l] + w.Lanes[l].Length + k.Length; d < w.View && d < w.Ahead[k.From] {
				w.Ahead[k.From], w.Stops[k.From] = d, w.Stops[l]
				queue = append(queue, k.From)
			}
		}
	}
}

// Watched tells whether vehicles on lane l may be seen at all: some of it lies within View of a stop line.
func (w *Network) Watched(l int32) bool { return !math.IsInf(w.Ahead[l], 1) }

// Sees tells whether a vehicle on lane l, behind metres before the lane's end, is within View of a stop line.
func (w *Network) Sees(l int32, behind float64) bool { return w.Ahead[l]+behind <= w.View }
