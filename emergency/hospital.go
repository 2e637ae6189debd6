package emergency

import (
	"math"

	"citybrain/routing"
)

// A Hospital is an emergency department as ambulances find it. It turns them away (diversion) from when all its bays are taken until two
// are free again; who comes all the same waits for a bay with its patient.
type Hospital struct {
	Place   int32 // index into City.Places
	Bays    int
	Walk    int // bays that patients have who came by themselves: set from outside
	Inside  int // ambulances that hand over
	Waiting int // ambulances that wait for a bay
	Diverts bool
}

// bedsPerBay is the beds of a hospital for each bay at which its emergency department takes over patients: an assumption.
const bedsPerBay = 120

// Hospitals returns the hospitals, as the engine's own slice.
func (s *Sim) Hospitals() []Hospital { return s.st.Hospitals }

// Walkers sets how many bays of hospital h are taken by patients who came by themselves.
func (s *Sim) Walkers(h, bays int) {
	x := &s.st.Hospitals[h]
	x.Walk = max(0, min(bays, x.Bays))
}

// admit lets those in who wait, the longest first, and says which hospitals turn ambulances away.
func (s *Sim) admit() {
	for h := range s.st.Hospitals {
		x := &s.st.Hospitals[h]
		for x.Waiting > 0 && x.Walk+x.Inside < x.Bays {
			first := -1
			for i := range s.st.Units {
				if u := &s.st.Units[i]; u.Status == Blocked && int(u.Bound) == h && (first < 0 || u.Until < s.st.Units[first].Until) {
					first = i
				}
			}
			u := &s.st.Units[first]
			s.st.Counts.BlockedS += s.st.Now - u.Until
			u.Status, u.Until = HandOver, s.st.Now+s.st.Calls[u.Call].HandOver
			x.Waiting--
			x.Inside++
		}
		switch taken := x.Walk + x.Inside + x.Waiting; {
		case taken >= x.Bays:
			x.Diverts = true
		case taken <= max(0, x.Bays-2):
			x.Diverts = false
		}
	}
}

// deliver lets unit i hand over its patient, or wait for it.
func (s *Sim) deliver(i int) {
	u := &s.st.Units[i]
	h := &s.st.Hospitals[u.Bound]
	if c := &s.st.Calls[u.Call]; math.IsNaN(c.Hospital) {
		c.Hospital = s.st.Now
	}
	if h.Walk+h.Inside < h.Bays && h.Waiting == 0 {
		h.Inside++
		u.Status, u.Until = HandOver, s.st.Now+s.st.Calls[u.Call].HandOver
		return
	}
	h.Waiting++
	s.st.Counts.Blocked++
	u.Status, u.Until = Blocked, s.st.Now
}

// hospitalFor is where unit u takes its patient: where its centre advised, if that takes it, else the nearest that does not turn it away,
// else the nearest; -1: none can be reached.
func (s *Sim) hospitalFor(u *Unit, roads Roads) int32 {
	if b := u.Bound; b >= 0 && !s.st.Hospitals[b].Diverts {
		return b
	}
	w := roads.Weights(u.Kind)
	best, open := int32(-1), int32(-1)
	least, leastOpen := float32(math.Inf(1)), float32(math.Inf(1))
	for h := range s.st.Hospitals {
		n := s.city.Places[s.st.Hospitals[h].Place].Node
		d := float32(0)
		if n != u.Node {
			if _, d = s.tree(n, u.Kind, w).FromNode(s.leave[u.Node], w); d >= routing.Unreachable {
				continue
			}
		}
		if d < least {
			best, least = int32(h), d
		}
		if d < leastOpen && !s.st.Hospitals[h].Diverts {
			open, leastOpen = int32(h), d
		}
	}
	if open >= 0 {
		if open != best {
			s.st.Counts.TurnedAway++
		}
		return open
	}
	return best
}
