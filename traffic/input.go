package traffic

import (
	"fmt"
	"slices"
	"time"

	"citybrain/city"
)

// An Event is an input to a Sim: PlanDownload, StageRequest, Malfunction, Flash, LinkState, Blockage, Weather, SirenRoute or SirenEnd.
type Event interface{ check(s *Sim) error }

// A PlanDownload gives junction Junction a new plan.
type PlanDownload struct {
	Junction int
	Plan     city.Plan
}

// A StageRequest asks junction Junction for Stage, until Lease from then.
type StageRequest struct {
	Junction, Stage int
	Lease           time.Duration
	Urgent          bool // for an emergency: people on foot may wait for it as long as vehicles
}

// A LinkState sets what drivers can do on link Link: Speed in m/s (below 0.5 nothing moves), or shut to entry.
type LinkState struct {
	Link  int32
	Speed float64
	Shut  bool
}

// A Blockage takes Lanes of link Link's lanes away at its end, until a new one says otherwise; 0: all are free.
type Blockage struct {
	Link  int32
	Lanes int
}

type timed struct {
	At time.Duration
	Ev Event
}

// Input gives events to take effect at time at, which must not be before Now. Events of one time act in the order given.
func (s *Sim) Input(at time.Duration, evs ...Event) error {
	if at < s.Now() {
		return fmt.Errorf("traffic input for %v: the run is at %v already", at, s.Now())
	}
	for _, ev := range evs {
		if err := ev.check(s); err != nil {
			return err
		}
	}
	i := len(s.st.Pending)
	for i > 0 && s.st.Pending[i-1].At > at {
		i--
	}
	add := make([]timed, len(evs))
	for k, ev := range evs {
		add[k] = timed{at, ev}
	}
	s.st.Pending = slices.Insert(s.st.Pending, i, add...)
	return nil
}

func (s *Sim) applyDue() {
	n := 0
	for n < len(s.st.Pending) && s.st.Pending[n].At <= s.Now() {
		switch e := s.st.Pending[n].Ev.(type) {
		case PlanDownload:
			s.st.Signals[e.Junction].Plan = e.Plan
		case StageRequest:
			g := &s.st.Signals[e.Junction]
			g.Want, g.Lease, g.Urgent = int16(e.Stage), s.st.Now+int32(e.Lease/time.Second), e.Urgent
		case Malfunction:
			g := &s.st.Signals[e.Junction]
			g.Fault, g.Bad = e.Fault, int16(e.Movement)
		case Flash:
			s.st.Signals[e.Junction].flash(e.On, s.st.Now)
		case LinkState:
			was := s.st.Shut[e.Link] || s.st.Speed[e.Link] < 0.5
			s.st.Speed[e.Link], s.st.Shut[e.Link] = float32(e.Speed), e.Shut
			if is := e.Shut || e.Speed < 0.5; is != was {
				if !slices.Contains(s.st.Changed, e.Link) {
					s.st.Changed = append(s.st.Changed, e.Link)
				}
			}
		case Blockage:
			s.st.Passable[e.Link] = passable(int(s.city.Streets.Links[e.Link].Lanes), e.Lanes)
		case Weather:
			s.st.Weather = e
		case SirenRoute:
			s.setRoute(e)
		case SirenEnd:
			s.endRoute(e.ID)
		}
		n++
	}
	s.st.Pending = s.st.Pending[n:]
}

func (p PlanDownload) check(s *Sim) error {
	if p.Junction < 0 || p.Junction >= len(s.st.Signals) || p.Plan.Cycle() == 0 {
		return fmt.Errorf("plan download: junction %d, cycle %d s; make the plan with city.NewPlan", p.Junction, p.Plan.Cycle())
	}
	for _, st := range p.Plan.Spec().Stages {
		if st.Stage >= len(s.city.Signals[p.Junction].Stages) {
			return fmt.Errorf("plan download: junction %s has no stage %d: the plan is another junction's", s.city.Signals[p.Junction].ID, st.Stage)
		}
	}
	return nil
}

func (r StageRequest) check(s *Sim) error {
	if r.Junction < 0 || r.Junction >= len(s.st.Signals) || r.Stage < 0 || r.Stage >= len(s.city.Signals[r.Junction].Stages) || r.Lease < 0 {
		return fmt.Errorf("stage request: junction %d, stage %d, lease %v", r.Junction, r.Stage, r.Lease)
	}
	return nil
}

// passable is the share of a link's capacity that is left where blocked of its lanes are not to be used: the fewer lanes, the more
// the others are slowed by what stands beside them (HCM 2000, exhibit 22-6, for two to four lanes). The one lane of a link is passed
// in turns with those who come the other way: a quarter, an assumption.
func passable(lanes, blocked int) float32 {
	if blocked <= 0 {
		return 1
	}
	left := [...][]float32{1: {0.25}, 2: {0.35, 0}, 3: {0.49, 0.17, 0}, 4: {0.58, 0.25, 0.13, 0}}
	of := left[min(lanes, len(left)-1)]
	return of[min(blocked, len(of))-1]
}

func (b Blockage) check(s *Sim) error {
	if b.Link < 0 || int(b.Link) >= len(s.st.Shut) || b.Lanes < 0 || b.Lanes > int(s.city.Streets.Links[b.Link].Lanes) {
		return fmt.Errorf("blockage: link %d, %d lanes", b.Link, b.Lanes)
	}
	return nil
}

func (l LinkState) check(s *Sim) error {
	if l.Link < 0 || int(l.Link) >= len(s.st.Count) || !(l.Speed >= 0 && l.Speed < 100) {
		return fmt.Errorf("link state: link %d, speed %g m/s", l.Link, l.Speed)
	}
	return nil
}

func (w Weather) check(*Sim) error {
	if !(w.RainMMH >= 0 && w.RainMMH < 1000) {
		return fmt.Errorf("weather: rain of %g mm/h", w.RainMMH)
	}
	return nil
}
