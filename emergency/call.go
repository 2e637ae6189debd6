package emergency

import (
	"math"
	"slices"
)

// A Call is one case that needs units.
type Call struct {
	ID       string
	Kind     CallKind
	Ring     float64 // s, of whoever rang first
	Node     int32
	Priority int // 1 life-threatening … 3
	Needs    Needs
	Locate   float64 // s from pick-up until its place is known
	Triage   float64 // s from then to the end of triage
	Inside   float64 // s from the kerb to the patient (towers add minutes)
	OnScene  float64 // s with the patient, or on the scene, before leaving
	Carry    bool    // somebody goes on to a hospital, with the first ambulance
	HandOver float64 // s at the hospital, from when a bay is free
	Growth   Growth
}

// A Growth is what an incident needs besides once it has turned out worse: After seconds after the first unit that leads came, or
// when none has come Alone seconds after the ring.
type Growth struct {
	Needs        Needs
	After, Alone float64
}

// Clocks are a call's times in seconds since the scenario's start; NaN while they have not come. Assigned to Patient are those of the
// unit that leads; Full is when all units had come that the call needed at first.
type Clocks struct {
	PickUp, Located, Triaged, Assigned, Rolling, Kerb, Patient, Full, Hospital, Clear float64
}

// CallState is a call and what became of it.
type CallState struct {
	Call
	Clocks
	Units   []int32 // under way to it, there, or with its patient, in order of assignment; never written once it is set
	Got     Needs   // assigned and not called off
	Came    Needs   // have reached the kerb
	Carried bool    // its patient has left with an ambulance
	Grown   bool
	First   Needs   // what it needed before it grew
	Since   float64 // s: when it last began to miss a unit that it had, or to need more
}

// Missing is what the call needs and has not.
func (c *CallState) Missing() (n Needs) {
	if !math.IsNaN(c.Clear) {
		return n
	}
	for k := range n {
		n[k] = c.Needs[k] - min(c.Needs[k], c.Got[k])
	}
	return n
}

// Unit returns the unit of the kind that leads which was assigned first, else the first one of any kind, -1: none.
func (s *Sim) Unit(c *CallState) int {
	for _, u := range c.Units {
		if s.st.Units[u].Kind == c.Kind.Lead() {
			return int(u)
		}
	}
	if len(c.Units) > 0 {
		return int(c.Units[0])
	}
	return -1
}

// Ring adds a call. Nobody has picked up yet. Calls come in order of time.
func (s *Sim) Ring(c Call) {
	n := math.NaN()
	if !c.Needs.Any() {
		c.Needs[c.Kind.Lead()] = 1
	}
	s.st.Calls = append(s.st.Calls, CallState{Call: c, Clocks: Clocks{n, n, n, n, n, n, n, n, n, n}, First: c.Needs})
}

// PickUp notes that somebody at the centre speaks from second at on with whoever rings for call k, under the number id.
func (s *Sim) PickUp(k int, id string, at float64) {
	c := &s.st.Calls[k]
	c.ID, c.PickUp = id, at
	c.Located = at + c.Locate
	c.Triaged = c.Located + c.Triage
}

// attach gives unit i to call k.
func (s *Sim) attach(i, k int) {
	u, c := &s.st.Units[i], &s.st.Calls[k]
	c.Units = append(slices.Clone(c.Units), int32(i))
	c.Got[u.Kind]++
	u.Call, u.Assigned, u.Rolling = k, s.st.Now, math.NaN()
	s.clocks(c)
}

// detach takes unit i off its call, before it has come.
func (s *Sim) detach(i int) {
	u := &s.st.Units[i]
	c := &s.st.Calls[u.Call]
	c.Units = slices.DeleteFunc(slices.Clone(c.Units), func(x int32) bool { return int(x) == i })
	c.Got[u.Kind]--
	c.Since = s.st.Now
	u.Call, u.Advice = -1, nil
	s.clocks(c)
}

// clocks sets the clocks of a call to which nobody has come to those of the first unit that leads.
func (s *Sim) clocks(c *CallState) {
	if !math.IsNaN(c.Kerb) {
		return
	}
	c.Assigned, c.Rolling = math.NaN(), math.NaN()
	if u := s.Unit(c); u >= 0 && s.st.Units[u].Kind == c.Kind.Lead() {
		c.Assigned, c.Rolling = s.st.Units[u].Assigned, s.st.Units[u].Rolling
	}
}

// come notes that unit i stands at its call's kerb.
func (s *Sim) come(i int) {
	u, now := &s.st.Units[i], s.st.Now
	c := &s.st.Calls[u.Call]
	c.Came[u.Kind]++
	if u.Kind == c.Kind.Lead() && math.IsNaN(c.Kerb) {
		c.Assigned, c.Rolling, c.Kerb, c.Patient = u.Assigned, u.Rolling, now, now+c.Inside
	}
	if math.IsNaN(c.Full) {
		all := true
		for k := range c.First {
			all = all && c.Came[k] >= c.First[k]
		}
		if all {
			c.Full = now
		}
	}
	u.Status, u.Until = OnScene, now+c.Inside+c.OnScene
}

// grow lets incidents become worse that are due to.
func (s *Sim) grow() {
	for i := range s.st.Calls {
		c := &s.st.Calls[i]
		if c.Grown || !c.Growth.Needs.Any() || !math.IsNaN(c.Clear) {
			continue
		}
		due := c.Ring + c.Growth.Alone
		if !math.IsNaN(c.Kerb) {
			due = c.Kerb + c.Growth.After
		}
		if s.st.Now >= due {
			c.Grown, c.Since = true, s.st.Now
			c.Needs = c.Needs.Plus(c.Growth.Needs)
		}
	}
}
