package control

// Actuation are the settings of tuned actuation.
type Actuation struct {
	Gap     float64 `json:"gap_s"`     // a vehicle this close to the line, in time, still extends its green
	Longest float64 `json:"longest_s"` // green, while somebody waits elsewhere
	Skip    bool    `json:"skip"`      // phases that nobody waits for are left out
	Recall  float64 `json:"recall_s"`  // least green of a phase in which somebody goes first whose lane has no detector: it has no other way to end in time
}

// Where no tuned settings are given, s.
const (
	plainGap     = 3.0
	plainLongest = 45.0
)

// plainActuation is used there.
func plainActuation() Actuation { return Actuation{Gap: plainGap, Longest: plainLongest, Skip: true} }

// actuated shows the program's phases in turn: each goes on while vehicles come within the gap, to its maximum.
type actuated struct {
	*brain
	set Actuation
}

func newActuated(n *Network, s Settings) Controller {
	c := &actuated{newBrain(n, s), plainActuation()}
	if s.Plan != nil && s.Plan.Actuation != nil {
		c.set = *s.Plan.Actuation
	}
	return c
}

// Decide implements Controller.
func (c *actuated) Decide(o *Observation, want []int) {
	c.learn(o)
	for i := range c.at {
		c.gather(i, o)
		x, sig := c.at[i].x, o.Signals[i]
		want[i] = sig.Phase
		if sig.Changing || o.Time < sig.Free {
			continue
		}
		extend := o.Time-sig.Since < c.set.Recall && c.recalled(o, i, sig.Phase)
		calls := make([]bool, len(x.links))
		for _, list := range c.at[i].in.list {
			for _, a := range list {
				if a.far > View {
					continue
				}
				letter := x.rows[sig.Phase][a.link]
				extend = extend || letter == 'G' && a.at <= c.set.Gap || letter == 'g' && len(x.links[a.link].foes) == 0 && a.at <= c.set.Gap
				calls[a.link] = calls[a.link] || letter != 'G' && a.at <= c.set.Gap
			}
		}
		called := func(p int) bool {
			if c.n.Street != nil && c.n.called(o, i, p) {
				return true
			}
			for k, letter := range x.rows[p][:len(x.links)] {
				if calls[k] && (letter == 'G' || letter == 'g' && x.rows[sig.Phase][k] == 'r') {
					return true
				}
			}
			return false
		}
		if extend && o.Time-sig.Since < c.set.Longest {
			continue
		}
		for d := 1; d < len(x.rows); d++ {
			if p := (sig.Phase + d) % len(x.rows); !c.set.Skip || called(p) {
				want[i] = p
				break
			}
		}
	}
}

// recalled tells whether phase p of junction i is the turn of a lane without a detector.
func (c *actuated) recalled(o *Observation, i, p int) bool {
	x := c.at[i].x
	for k := range x.links {
		if l := x.lanes[x.links[k].lane]; o.dead(l) && c.at[i].own(p, k) {
			return true
		}
	}
	return false
}
