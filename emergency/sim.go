package emergency

import (
	"fmt"
	"math"
	"slices"
	"time"

	"citybrain/city"
	"citybrain/routing"
)

// A Call is one request for an ambulance.
type Call struct {
	ID       string
	Ring     float64 // s
	Node     int32
	Priority int     // 1 life-threatening … 3
	Pickup   float64 // s from ring to the end of triage
	Inside   float64 // s from the kerb to the patient (towers add minutes)
	OnScene  float64 // s with the patient before leaving
	Carry    bool    // goes on to a hospital
}

// Clocks are a call's times in seconds since the scenario's start; NaN while they have not come.
type Clocks struct{ Answered, Assigned, Rolling, Kerb, Patient, Hospital, Clear float64 }

// CallState is a call and what became of it.
type CallState struct {
	Call
	Clocks
	Unit int // -1: none yet
}

// UnitStatus is what a unit does.
type UnitStatus uint8

const (
	AtStation UnitStatus = iota
	Turnout              // assigned, not rolling yet
	ToScene
	OnScene
	ToHospital
	HandOver
	Returning
)

var statusNames = [...]string{"at_station", "turnout", "to_scene", "on_scene", "to_hospital", "hand_over", "returning"}

func (s UnitStatus) String() string { return statusNames[s] }

// ParseStatus returns the status of a name that String gave.
func ParseStatus(name string) (UnitStatus, error) {
	if i := slices.Index(statusNames[:], name); i >= 0 {
		return UnitStatus(i), nil
	}
	return 0, fmt.Errorf("unit status %q is none of %v", name, statusNames)
}

// Free reports whether a unit in this status can be assigned.
func (s UnitStatus) Free() bool { return s == AtStation || s == Returning }

// A Unit is one ambulance.
type Unit struct {
	ID      string
	Station int32 // index into City.Places
	Home    int32 // node
	Status  UnitStatus
	Call    int     // index of its call, -1
	Node    int32   // where it stands, or the node that it came from last
	Link    int32   // on which it drives, -1: it stands at Node
	Along   float64 // m from Link's start
	Route   []int32 // from Link on; never written once it is set
	Advice  []int32 // the route that its centre gave it, followed while it can be
	Until   float64 // s, end of what it does at a place
	Goal    int32   // node
}

// turnout is the seconds from assignment to wheels rolling; handOver those at a hospital.
const (
	turnout  = 60
	handOver = 900
)

// State is everything that changes.
type State struct {
	Now   float64
	Units []Unit
	Calls []CallState
}

// A Sim steps one city's emergency service.
type Sim struct {
	city      *city.City
	graph     *routing.Graph
	leave     [][]int32
	hospitals []int32
	st        State
	trees     map[int32]*routing.Tree
	treesAt   float64
	search    routing.Search
}

// New puts the units of each ambulance station (its capacity, at least one) at home.
func New(c *city.City) (*Sim, error) {
	s := &Sim{city: c, graph: routing.NewGraph(&c.Streets), leave: routing.LeaveBy(&c.Streets), trees: map[int32]*routing.Tree{}, treesAt: math.Inf(-1)}
	for i := range c.Places {
		p := &c.Places[i]
		if p.Node < 0 {
			continue
		}
		switch p.Kind {
		case city.Hospital:
			s.hospitals = append(s.hospitals, int32(i))
		case city.AmbulanceStation:
			for k := range max(1, min(p.Capacity, 8)) {
				s.st.Units = append(s.st.Units, Unit{ID: fmt.Sprintf("%s-%d", p.ID, k+1), Station: int32(i), Home: p.Node, Node: p.Node, Call: -1, Link: -1, Goal: -1})
			}
		}
	}
	if len(s.st.Units) == 0 {
		return nil, fmt.Errorf("emergency: city %s has no ambulance station on its streets", c.Name.En)
	}
	return s, nil
}

// Snapshot returns a copy of the state.
func (s *Sim) Snapshot() State {
	st := s.st
	st.Units, st.Calls = slices.Clone(st.Units), slices.Clone(st.Calls)
	return st
}

// Reset puts the Sim into the state of a snapshot.
func (s *Sim) Reset(st State) {
	st.Units, st.Calls = slices.Clone(st.Units), slices.Clone(st.Calls)
	s.st, s.treesAt = st, math.Inf(-1)
}

// Units returns the units, as the engine's own slice: read it before the next Step.
func (s *Sim) Units() []Unit { return s.st.Units }

// Calls returns the calls so far in the order of their ring, as the engine's own slice.
func (s *Sim) Calls() []CallState { return s.st.Calls }

// Ring adds a call. Calls come in order of time.
func (s *Sim) Ring(c Call) {
	nan := math.NaN()
	s.st.Calls = append(s.st.Calls, CallState{Call: c, Clocks: Clocks{c.Ring + c.Pickup, nan, nan, nan, nan, nan, nan}, Unit: -1})
}

// Assign sends unit u to call k, by the route that is advised, if any: links that follow one another to the call. It is an error if
// the unit is not free or the call has one.
func (s *Sim) Assign(u, k int, advice []int32) error {
	if u < 0 || u >= len(s.st.Units) || k < 0 || k >= len(s.st.Calls) {
		return fmt.Errorf("assign: unit %d of %d to call %d of %d", u, len(s.st.Units), k, len(s.st.Calls))
	}
	un, c := &s.st.Units[u], &s.st.Calls[k]
	if !un.Status.Free() {
		return fmt.Errorf("assign: unit %s is %v", un.ID, un.Status)
	}
	if c.Unit >= 0 {
		return fmt.Errorf("assign: call %s has unit %s", c.ID, s.st.Units[c.Unit].ID)
	}
	c.Unit, c.Assigned = u, s.st.Now
	un.Call, un.Advice = k, advice
	if un.Status == AtStation {
		un.Status, un.Until = Turnout, s.st.Now+turnout
	} else { // it is on the road already
		un.Status, un.Goal, c.Rolling = ToScene, c.Node, s.st.Now
	}
	return nil
}

// Station sends a free unit to wait at another station, an index into the city's places. It is an error if it has a call.
func (s *Sim) Station(u int, place int32) error {
	un := &s.st.Units[u]
	if !un.Status.Free() {
		return fmt.Errorf("station: unit %s is %v", un.ID, un.Status)
	}
	un.Station, un.Home = place, s.city.Places[place].Node
	if un.Node != un.Home || un.Link >= 0 {
		un.Status, un.Goal = Returning, un.Home
	}
	return nil
}

// Step computes up to until, in whole seconds, on roads.
func (s *Sim) Step(until time.Duration, roads Roads) {
	for end := until.Seconds(); s.st.Now < end; s.st.Now++ {
		for u := range s.st.Units {
			if s.st.Units[u].Status != AtStation {
				s.stepUnit(u, roads)
			}
		}
	}
}

func (s *Sim) stepUnit(i int, roads Roads) {
	u := &s.st.Units[i]
	now := s.st.Now
	switch u.Status {
	case Turnout, OnScene, HandOver:
		if now < u.Until {
			return
		}
		var c *CallState
		if u.Call >= 0 {
			c = &s.st.Calls[u.Call]
		}
		switch u.Status {
		case Turnout:
			c.Rolling = now
			u.Status, u.Goal = ToScene, c.Node
		case OnScene:
			if h := s.nearestHospital(u.Node, roads); c.Carry && h >= 0 {
				u.Status, u.Goal = ToHospital, h
			} else {
				s.clear(u, now)
			}
		case HandOver:
			s.clear(u, now)
		}
	}
	switch u.Status {
	case ToScene, ToHospital, Returning:
		if !s.drive(i, roads) {
			return
		}
		switch u.Status {
		case ToScene:
			c := &s.st.Calls[u.Call]
			c.Kerb, c.Patient = now, now+c.Inside
			u.Status, u.Until = OnScene, now+c.Inside+c.OnScene
		case ToHospital:
			s.st.Calls[u.Call].Hospital = now
			u.Status, u.Until = HandOver, now+handOver
		case Returning:
			u.Status, u.Goal = AtStation, -1
		}
	}
}

func (s *Sim) clear(u *Unit, now float64) {
	s.st.Calls[u.Call].Clear = now
	u.Call, u.Status, u.Goal = -1, Returning, u.Home
}

// drive looks where unit i is, sends it on, and reports whether it stands at its goal.
func (s *Sim) drive(i int, roads Roads) bool {
	u := &s.st.Units[i]
	if u.Link >= 0 {
		link, along, done := roads.Where(i, s.st.Now)
		entered := link != u.Link
		u.Link, u.Along = link, along
		if !done {
			// At each new street, and each minute, it is seen whether there is a better way on.
			if s.turned(u) || entered || math.Mod(s.st.Now, 60) == 0 {
				if route := s.way(u, roads.Weights()); !slices.Equal(route, u.Route) {
					u.Route = route
					roads.Drive(i, route, u.Status != Returning)
				}
			}
			return false
		}
		u.Node, u.Link = s.city.Streets.Links[link].To, -1
	}
	if u.Node == u.Goal {
		roads.Park(i)
		u.Route, u.Advice = nil, nil
		return true
	}
	u.Route = s.way(u, roads.Weights())
	if len(u.Route) == 0 {
		return false // shut in; it tries again in the next second
	}
	u.Link, u.Along = u.Route[0], 0
	roads.Drive(i, u.Route, u.Status != Returning)
	return false
}

// turned reports whether u's route leads elsewhere than to its goal.
func (s *Sim) turned(u *Unit) bool {
	n := len(u.Route)
	return n == 0 || s.city.Streets.Links[u.Route[n-1]].To != u.Goal
}

// way is u's way to its goal, from the link on which it is, or from its node: as its centre advised while nothing on it is closed,
// else the quickest. It ends before a closed link, and where no turn is permitted: from there any street will do.
func (s *Sim) way(u *Unit, w []float32) []int32 {
	links := s.city.Streets.Links
	if rest := s.advised(u); len(rest) > 0 && !slices.ContainsFunc(rest, func(l int32) bool { return l != u.Link && w[l] >= routing.Closed }) {
		return rest
	}
	tree := s.tree(u.Goal, w)
	l := u.Link
	if l < 0 {
		if l, _ = tree.FromNode(s.leave[u.Node], w); l < 0 || w[l] >= routing.Closed {
			return nil
		}
	}
	route := []int32{l}
	for links[l].To != u.Goal && len(route) < len(links) {
		if l = tree.Next(l); l < 0 || w[l] >= routing.Closed {
			break
		}
		route = append(route, l)
	}
	return route
}

// advised is what is left of u's advice from where it is, nil if it is not on it.
func (s *Sim) advised(u *Unit) []int32 {
	links := s.city.Streets.Links
	if n := len(u.Advice); u.Status != ToScene || n == 0 || links[u.Advice[n-1]].To != u.Goal {
		return nil
	}
	for i, l := range u.Advice {
		if u.Link == l || u.Link < 0 && links[l].From == u.Node {
			return u.Advice[i:]
		}
	}
	return nil
}

// tree returns the ways to goal, at most a minute old.
func (s *Sim) tree(goal int32, w []float32) *routing.Tree {
	if s.st.Now-s.treesAt >= 60 {
		clear(s.trees)
		s.treesAt = math.Floor(s.st.Now/60) * 60
	}
	t := s.trees[goal]
	if t == nil {
		t = s.graph.To(goal, w, &s.search)
		s.trees[goal] = t
	}
	return t
}

func (s *Sim) nearestHospital(node int32, roads Roads) int32 {
	best, least := int32(-1), routing.Unreachable
	w := roads.Weights()
	for _, h := range s.hospitals {
		n := s.city.Places[h].Node
		if n == node {
			return n
		}
		if _, d := s.tree(n, w).FromNode(s.leave[node], w); d < least {
			best, least = n, d
		}
	}
	return best
}

// At returns where unit u is, as a link and the metres along it, or link -1 while it stands at its node.
func (s *Sim) At(u *Unit) (link int32, along float64) { return u.Link, u.Along }
