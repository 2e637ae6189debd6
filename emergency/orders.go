package emergency

import (
	"fmt"
	"math"
)

// A crew near the end of its shift takes a call only if it is so urgent.
const (
	lateFor3 = 1800.0 // s before the end, from which on no call of priority 3 is taken
	lateFor2 = 900.0
)

// Takes returns the least urgent priority of which unit u takes a call now: 0 none, 1 only what is life-threatening, … 3 all.
func (s *Sim) Takes(u *Unit) int {
	left := u.ShiftEnd - s.st.Now
	switch {
	case u.Status != Meal && !u.Status.Free() || u.Lent() || u.Range < rangeLeast:
		return 0
	case u.Status == Meal || left < lateFor2:
		return 1
	case left < lateFor3:
		return 2
	}
	return 3
}

// Assign sends unit u to call k, by the route that is advised, if any: links that follow one another to the call. It is an error if
// the unit does not take such a call or the call needs none of its kind any more.
func (s *Sim) Assign(u, k int, advice []int32) error {
	if u < 0 || u >= len(s.st.Units) || k < 0 || k >= len(s.st.Calls) {
		return fmt.Errorf("assign: unit %d of %d to call %d of %d", u, len(s.st.Units), k, len(s.st.Calls))
	}
	un, c := &s.st.Units[u], &s.st.Calls[k]
	if t := s.Takes(un); t < c.Priority {
		return fmt.Errorf("assign: unit %s is %v and takes calls of priority 1 to %d, call %s has %d", un.ID, un.Status, t, c.ID, c.Priority)
	}
	if err := c.wants(un); err != nil {
		return err
	}
	s.attach(u, k)
	un.Advice = advice
	if un.Status == Returning { // it is on the road already
		s.roll(un)
	} else {
		un.Status, un.Until = Turnout, s.st.Now+un.Kind.Turnout()
	}
	return nil
}

func (c *CallState) wants(u *Unit) error {
	if c.Missing()[u.Kind] == 0 {
		return fmt.Errorf("assign: call %s needs no further %v than the %d that it has", c.ID, u.Kind, c.Got[u.Kind])
	}
	return nil
}

// roll notes that a unit's wheels roll for its call.
func (s *Sim) roll(u *Unit) {
	c := &s.st.Calls[u.Call]
	u.Status, u.Goal, u.Rolling = ToScene, c.Node, s.st.Now
	s.clocks(c)
}

// Divert sends a unit that is under way to a call on to a more urgent one. The other one needs a unit again.
func (s *Sim) Divert(u, k int, advice []int32) error {
	if u < 0 || u >= len(s.st.Units) || k < 0 || k >= len(s.st.Calls) {
		return fmt.Errorf("divert: unit %d of %d to call %d of %d", u, len(s.st.Units), k, len(s.st.Calls))
	}
	un, c := &s.st.Units[u], &s.st.Calls[k]
	if un.Status != Turnout && un.Status != ToScene || un.Lent() {
		return fmt.Errorf("divert: unit %s is %v, not under way to a call", un.ID, un.Status)
	}
	if old := &s.st.Calls[un.Call]; old.Priority <= c.Priority {
		return fmt.Errorf("divert: unit %s is bound for call %s of priority %d, which is not less urgent than %d", un.ID, old.ID, old.Priority, c.Priority)
	}
	if err := c.wants(un); err != nil {
		return err
	}
	s.st.Counts.Diverted++
	s.detach(u)
	s.attach(u, k)
	un.Advice = advice
	if un.Status == ToScene {
		s.roll(un)
	}
	return nil
}

// Recall calls off a unit that is under way to a call: it is free where it is and goes home. The call needs a unit again.
func (s *Sim) Recall(u int) error {
	if u < 0 || u >= len(s.st.Units) {
		return fmt.Errorf("recall: unit %d of %d", u, len(s.st.Units))
	}
	un := &s.st.Units[u]
	if un.Status != Turnout && un.Status != ToScene {
		return fmt.Errorf("recall: unit %s is %v, not under way to a call", un.ID, un.Status)
	}
	s.st.Counts.Recalled++
	s.detach(u)
	if un.Lent() && un.Status == Turnout {
		un.Status, un.Goal = Away, -1
	} else {
		s.home(un)
	}
	return nil
}

// home lets a unit go where it waits.
func (s *Sim) home(u *Unit) {
	u.Status, u.Goal = Returning, u.Home
	if u.Node == u.Home && u.Link < 0 && !u.Lent() {
		u.Status, u.Goal = AtStation, -1
	}
}

// Station sends a free unit to wait at another station of its kind, an index into the city's places. It is an error if it has a call.
func (s *Sim) Station(u int, place int32) error {
	un := &s.st.Units[u]
	if !un.Status.Free() || un.Lent() {
		return fmt.Errorf("station: unit %s is %v", un.ID, un.Status)
	}
	if p := &s.city.Places[place]; p.Kind != un.Kind.StationKind(s.city) || p.Node < 0 {
		return fmt.Errorf("station: %s is no station for unit %s, a %v", p.ID, un.ID, un.Kind)
	}
	un.Station, un.Home = place, s.city.Places[place].Node
	if un.Node != un.Home || un.Link >= 0 {
		un.Status, un.Goal = Returning, un.Home
	}
	return nil
}

// Bring advises an ambulance with a patient, or soon with one, which hospital to go to, an index into Hospitals. The crew goes there
// unless it turns ambulances away when they leave.
func (s *Sim) Bring(u, hospital int) error {
	if u < 0 || u >= len(s.st.Units) || hospital < 0 || hospital >= len(s.st.Hospitals) {
		return fmt.Errorf("bring: unit %d of %d to hospital %d of %d", u, len(s.st.Units), hospital, len(s.st.Hospitals))
	}
	un := &s.st.Units[u]
	if un.Kind != Ambulance || un.Status != OnScene && un.Status != ToHospital {
		return fmt.Errorf("bring: unit %s is %v", un.ID, un.Status)
	}
	un.Bound = int32(hospital)
	if h := &s.st.Hospitals[hospital]; un.Status == ToHospital && !h.Diverts {
		un.Goal = s.city.Places[h.Place].Node
	}
	return nil
}

// Lend sends a unit of the neighbour city's to call k; it comes over the border after seconds. It is an error if the neighbour has no
// unit of that kind left or the call needs none.
func (s *Sim) Lend(k int, kind Kind, after float64) error {
	if k < 0 || k >= len(s.st.Calls) {
		return fmt.Errorf("lend: call %d of %d", k, len(s.st.Calls))
	}
	c := &s.st.Calls[k]
	for i := range s.st.Units {
		u := &s.st.Units[i]
		if u.Status != Away || u.Kind != kind {
			continue
		}
		if err := c.wants(u); err != nil {
			return err
		}
		best, least := int32(-1), math.Inf(1)
		at := s.city.Streets.Nodes[c.Node].At
		for _, n := range s.border {
			p := s.city.Streets.Nodes[n].At
			if d := math.Hypot(p[0]-at[0], p[1]-at[1]); d < least {
				best, least = n, d
			}
		}
		s.st.Counts.Lent++
		u.Node, u.Home, u.Link = best, best, -1
		s.attach(i, k)
		u.Status, u.Until = Turnout, s.st.Now+after
		return nil
	}
	return fmt.Errorf("lend: the neighbour has no %v to spare", kind)
}
