package emergency

import (
	"fmt"
	"math"
	"slices"
	"time"

	"citybrain/city"
	"citybrain/routing"
)

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
	Blocked     // at a hospital without a free bay
	Meal        // at its station
	Refuel      // at its station
	ShiftChange // at its station
	Away        // a neighbour's unit, at home
)

var statusNames = [...]string{"at_station", "turnout", "to_scene", "on_scene", "to_hospital", "hand_over", "returning", "blocked", "meal", "refuelling", "shift_change", "away"}

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

// A Unit is one vehicle with its crew.
type Unit struct {
	ID      string
	Kind    Kind
	Station int32 // index into City.Places, -1: the neighbour city's
	Home    int32 // node
	Status  UnitStatus
	Call    int     // index of its call, -1
	Node    int32   // where it stands, or the node that it came from last
	Link    int32   // on which it drives, -1: it stands at Node
	Along   float64 // m from Link's start
	Route   []int32 // from Link on; never written once it is set
	Advice  []int32 // the route that its centre gave it, followed while it can be
	Until   float64 // s, end of what it does at a place; while Blocked: since when
	Goal    int32   // node
	Bound   int32   // hospital that it is advised to, or goes to, index into Hospitals, -1

	Assigned, Rolling float64 // s, of its call
	ShiftEnd          float64 // s
	Meal              float64 // s when the crew's next meal is due, +Inf: none in this shift
	Range             float64 // m that its fuel lasts
}

// Lent reports whether a unit is the neighbour city's.
func (u *Unit) Lent() bool { return u.Station < 0 }

// Config is how a service begins.
type Config struct {
	DaySecond float64                // s from midnight to the scenario's start
	Range     func(unit int) float64 // share of a full tank that each unit has, nil: full
	Aid       Needs                  // units that the neighbour city can spare
}

// Counts is what happened so far.
type Counts struct {
	Diverted   int // units sent on to a more urgent call
	Recalled   int
	Lent       int     // units that the neighbour sent
	TurnedAway int     // patients for whom the nearest hospital had no room
	Blocked    int     // ambulances that had to wait for a bay, …
	BlockedS   float64 // … and how long those did that have one
}

// State is everything that changes.
type State struct {
	Now       float64
	Units     []Unit
	Calls     []CallState
	Hospitals []Hospital
	Counts    Counts
}

// A Sim steps one city's emergency service.
type Sim struct {
	city    *city.City
	graph   *routing.Graph
	leave   [][]int32
	border  []int32 // nodes at which a neighbour's units come in
	st      State
	trees   map[way]*routing.Tree
	treesAt float64
	search  routing.Search
}

// way is what a tree of ways is for.
type way struct {
	goal int32
	high bool
}

// New puts the units of each station (its capacity, at least one) at home, kind by kind.
func New(c *city.City, cfg Config) (*Sim, error) {
	s := &Sim{city: c, graph: routing.NewGraph(&c.Streets), leave: routing.LeaveBy(&c.Streets), trees: map[way]*routing.Tree{}, treesAt: math.Inf(-1)}
	count := make([]int, len(c.Places)) // units by place
	for k := range Kinds {
		of, n := k.StationKind(c), 0
		for i := range c.Places {
			p := &c.Places[i]
			if p.Node < 0 || p.Kind != of {
				continue
			}
			units := max(1, min(p.Capacity, most[k]))
			if of == city.FireStation && k != FireEngine { // a brigade without a station of its own for them
				units = 0
				if n%3 == 0 {
					units = 1
				}
			}
			for j := range units {
				count[i]++
				u := Unit{ID: fmt.Sprintf("%s-%d", p.ID, count[i]), Kind: k, Station: int32(i), Home: p.Node, Node: p.Node, Call: -1, Link: -1, Goal: -1, Bound: -1}
				u.begin(cfg.DaySecond, n, j)
				if cfg.Range != nil {
					u.Range = rangeFull * cfg.Range(len(s.st.Units))
				}
				s.st.Units = append(s.st.Units, u)
			}
			n++
		}
	}
	if !slices.ContainsFunc(s.st.Units, func(u Unit) bool { return u.Kind == Ambulance }) {
		return nil, fmt.Errorf("emergency: city %s has no ambulance station on its streets", c.Name.En)
	}
	for i := range c.Places {
		if p := &c.Places[i]; p.Kind == city.Hospital && p.Node >= 0 {
			s.st.Hospitals = append(s.st.Hospitals, Hospital{Place: int32(i), Bays: max(3, p.Capacity/bedsPerBay)})
		}
	}
	for i := range c.Streets.Nodes {
		if c.Streets.Nodes[i].Border && len(s.leave[i]) > 0 {
			s.border = append(s.border, int32(i))
		}
	}
	if len(s.border) > 0 {
		n := 0
		for k, spare := range cfg.Aid {
			for range spare {
				n++
				s.st.Units = append(s.st.Units, Unit{ID: fmt.Sprintf("neighbour-%d", n), Kind: Kind(k), Station: -1, Home: -1, Node: s.border[0], Call: -1, Link: -1, Goal: -1, Bound: -1, Status: Away,
					ShiftEnd: math.Inf(1), Meal: math.Inf(1), Range: rangeFull})
			}
		}
	}
	return s, nil
}

// Snapshot returns a copy of the state.
func (s *Sim) Snapshot() State {
	st := s.st
	st.Units, st.Calls, st.Hospitals = slices.Clone(st.Units), slices.Clone(st.Calls), slices.Clone(st.Hospitals)
	return st
}

// Reset puts the Sim into the state of a snapshot.
func (s *Sim) Reset(st State) {
	st.Units, st.Calls, st.Hospitals = slices.Clone(st.Units), slices.Clone(st.Calls), slices.Clone(st.Hospitals)
	s.st, s.treesAt = st, math.Inf(-1)
}

// Units returns the units, as the engine's own slice: read it before the next Step.
func (s *Sim) Units() []Unit { return s.st.Units }

// Calls returns the calls so far in the order of their ring, as the engine's own slice.
func (s *Sim) Calls() []CallState { return s.st.Calls }

// Counts returns what happened so far.
func (s *Sim) Counts() Counts { return s.st.Counts }

// Step computes up to until, in whole seconds, on roads.
func (s *Sim) Step(until time.Duration, roads Roads) {
	for end := until.Seconds(); s.st.Now < end; s.st.Now++ {
		s.grow()
		s.admit()
		for u := range s.st.Units {
			switch s.st.Units[u].Status {
			case AtStation:
				s.rest(u)
			case Away, Blocked:
			default:
				s.stepUnit(u, roads)
			}
		}
	}
}

func (s *Sim) stepUnit(i int, roads Roads) {
	u := &s.st.Units[i]
	now := s.st.Now
	switch u.Status {
	case Turnout, OnScene, HandOver, Meal, Refuel, ShiftChange:
		if now < u.Until {
			return
		}
		switch u.Status {
		case Turnout:
			s.roll(u)
		case OnScene:
			c := &s.st.Calls[u.Call]
			h := int32(-1)
			if u.Kind == Ambulance && c.Carry && !c.Carried {
				h = s.hospitalFor(u, roads)
			}
			if h < 0 {
				s.clear(i, now)
				break
			}
			c.Carried = true
			u.Status, u.Bound, u.Goal = ToHospital, h, s.city.Places[s.st.Hospitals[h].Place].Node
		case HandOver:
			s.st.Hospitals[u.Bound].Inside--
			s.clear(i, now)
		default:
			u.rested(now)
			return
		}
	}
	switch u.Status {
	case ToScene, ToHospital, Returning:
		if !s.drive(i, roads) {
			return
		}
		switch u.Status {
		case ToScene:
			s.come(i)
		case ToHospital:
			s.deliver(i)
		case Returning:
			u.Status, u.Goal = AtStation, -1
			if u.Lent() {
				u.Status = Away
			}
		}
	}
}

// clear ends unit i's part in its call; the call is over when whoever leads has been there and nobody is left.
func (s *Sim) clear(i int, now float64) {
	u := &s.st.Units[i]
	c := &s.st.Calls[u.Call]
	c.Units = slices.DeleteFunc(slices.Clone(c.Units), func(x int32) bool { return int(x) == i })
	if len(c.Units) == 0 && !math.IsNaN(c.Kerb) {
		c.Clear = now
	}
	u.Call, u.Bound, u.Status, u.Goal = -1, -1, Returning, u.Home
}

// drive looks where unit i is, sends it on, and reports whether it stands at its goal.
func (s *Sim) drive(i int, roads Roads) bool {
	u := &s.st.Units[i]
	if u.Link >= 0 {
		link, along, done := roads.Where(i, s.st.Now)
		entered := link != u.Link
		u.Range -= s.driven(u, link, along)
		u.Link, u.Along = link, along
		if !done {
			// At each new street, and each minute, it is seen whether there is a better way on.
			if s.turned(u) || entered || math.Mod(s.st.Now, 60) == 0 {
				if route := s.way(u, roads.Weights(u.Kind)); !slices.Equal(route, u.Route) {
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
	u.Route = s.way(u, roads.Weights(u.Kind))
	if len(u.Route) == 0 {
		return false // shut in; it tries again in the next second
	}
	u.Link, u.Along = u.Route[0], 0
	roads.Drive(i, u.Route, u.Status != Returning)
	return false
}

// driven is the metres that u has come since it was last looked for.
func (s *Sim) driven(u *Unit, link int32, along float64) float64 {
	if link == u.Link {
		return along - u.Along
	}
	links := s.city.Streets.Links
	m := links[u.Link].Length - u.Along + along
	for k := 1; k < len(u.Route) && u.Route[k] != link; k++ {
		m += links[u.Route[k]].Length
	}
	return m
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
	tree := s.tree(u.Goal, u.Kind, w)
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

// tree returns the ways to goal of units of a kind, at most a minute old.
func (s *Sim) tree(goal int32, k Kind, w []float32) *routing.Tree {
	if s.st.Now-s.treesAt >= 60 {
		clear(s.trees)
		s.treesAt = math.Floor(s.st.Now/60) * 60
	}
	of := way{goal, k.High()}
	t := s.trees[of]
	if t == nil {
		t = s.graph.To(goal, w, &s.search)
		s.trees[of] = t
	}
	return t
}

// At returns where unit u is, as a link and the metres along it, or link -1 while it stands at its node.
func (s *Sim) At(u *Unit) (link int32, along float64) { return u.Link, u.Along }
