package ems

import (
	"math"
	"slices"

	"citybrain/city"
)

// A status is what a unit does.
type status uint8

const (
	standing  status = iota // at its station
	returning               // driving to a station
	toCall
	onScene
	toHospital
	handingOver
)

// A route is a drive: off the road to its first node, along the quickest way to its last, off the road to its end.
type route struct {
	mode        int32
	station     int32 // where it leads, -1: elsewhere
	from, to    int32 // nodes
	start       float64
	onRoad      float64 // s, at the first node
	offRoad     float64 // s, at the last node
	end         float64
	kmIn, kmOut float64 // off the road
	at          int32   // the last node known to be passed …
	atTime      float64 // … and when
	arc         int32   // the arc behind it, -1 at the last node
}

// A unit is one ambulance.
type unit struct {
	status  status
	station int32 // where it stands, drives to, or drove to last
	call    int32 // -1
	until   float64
	route   route
	since   float64 // s, of a unit with a call: when it had none last
	moves   int     // in this shift
}

// A call as a policy may know it: what has been seen of it so far.
type call struct {
	spot     spot
	priority int32
	arrive   float64
	unit     int32 // on its way or there, -1: none
	queued   bool
}

// An Outcome is what became of a call.
type Outcome struct {
	Unit     int     // index, -1: the run ended before one came
	Response float64 // s from its arrival to the unit's
	Bumps    int     // how often its unit was sent elsewhere
	Queued   bool    // had to wait for a unit
}

// A Policy decides. It sees the Sim through the methods of its View.
type Policy interface {
	// Dispatch returns the unit for a call, -1: let it wait.
	Dispatch(v *View, call int32) int32
	// Station returns where a unit goes that is free and has no call.
	Station(v *View, unit int32) int32
	// Review is asked after each event and returns what else to do, until it returns nothing.
	Review(v *View) (Order, bool)
}

// An Order sends a unit to another station (Call -1), or to a call in place of the unit that is on its way there.
type Order struct{ Unit, Station, Call int32 }

// A Sim runs one service through its calls.
type Sim struct {
	m       *Model
	policy  Policy
	future  []city.EMSCall
	calls   []call
	out     []Outcome
	units   []unit
	queue   []int32 // calls that wait for a unit, the next first
	pending []int32 // calls that are being taken, by when they may be dispatched
	next    int     // the next call to come
	now     float64
	warm    float64 // s from which on figures count
	busy    float64 // s that units have spent with calls, those that are over
	view    View
	tally   tally
}

// NewSim prepares a run of calls, which come in order, from start s on.
func NewSim(m *Model, p Policy, calls []city.EMSCall, start float64) *Sim {
	s := &Sim{m: m, policy: p, future: calls, calls: make([]call, 0, len(calls)), out: make([]Outcome, len(calls)), now: start, warm: (math.Floor(start/day) + 1) * day}
	for i := range s.out {
		s.out[i] = Outcome{Unit: -1, Response: math.NaN()}
	}
	for _, st := range m.Units {
		at := m.stations[st]
		s.units = append(s.units, unit{station: st, call: -1, until: math.Inf(1), route: route{station: st, from: at.node, to: at.node, start: start, onRoad: start, offRoad: start, end: start, kmOut: at.km, at: at.node, atTime: start, arc: -1}})
	}
	s.view = View{s: s, home: m.Units}
	s.tally.init(s)
	return s
}

// day is a day in seconds, shift half of it.
const (
	day   = 86400.0
	shift = day / 2
)

// Run simulates to the end: until every call is served and every unit stands.
func (s *Sim) Run() {
	for s.Step() {
	}
}

// Step simulates the next event and reports whether there was one.
func (s *Sim) Step() bool {
	t, what, who := math.Inf(1), 0, int32(-1)
	for i := range s.units {
		if s.units[i].until < t {
			t, what, who = s.units[i].until, 1, int32(i)
		}
	}
	if len(s.pending) > 0 {
		c := s.pending[0]
		if at := s.calls[c].arrive + s.future[c].Delay; at < t {
			t, what, who = at, 2, c
		}
	}
	if s.next < len(s.future) && s.future[s.next].Arrive < t {
		t, what = s.future[s.next].Arrive, 3
	}
	if what == 0 {
		return false
	}
	if math.Floor(t/shift) != math.Floor(s.now/shift) {
		for i := range s.units {
			s.units[i].moves = 0
		}
	}
	s.now = t
	switch what {
	case 1:
		s.unitEvent(who)
	case 2:
		s.pending = s.pending[1:]
		s.dispatch(who)
	case 3:
		s.ring()
	}
	for {
		o, ok := s.policy.Review(&s.view)
		if !ok {
			return true
		}
		s.obey(o)
	}
}

// Progress is the share of calls that have come.
func (s *Sim) Progress() float64 { return float64(s.next) / float64(max(1, len(s.future))) }

func (s *Sim) ring() {
	f := &s.future[s.next]
	c := int32(s.next)
	s.calls = append(s.calls, call{spot: s.m.near.spot(f.X, f.Y), priority: f.Priority, arrive: f.Arrive, unit: -1})
	s.next++
	at := f.Arrive + f.Delay
	k := len(s.pending)
	for k > 0 && s.calls[s.pending[k-1]].arrive+s.future[s.pending[k-1]].Delay > at {
		k--
	}
	s.pending = slices.Insert(s.pending, k, c)
}

// dispatch sends a unit to a call; who it was sent to before gets another one.
func (s *Sim) dispatch(c int32) {
	for c >= 0 {
		u := s.policy.Dispatch(&s.view, c)
		if u < 0 {
			k := len(s.queue)
			for k > 0 && s.before(c, s.queue[k-1]) {
				k--
			}
			s.queue = slices.Insert(s.queue, k, c)
			s.calls[c].queued, s.out[c].Queued = true, true
			return
		}
		bumped := int32(-1)
		if s.units[u].status == toCall {
			bumped = s.units[u].call
			s.calls[bumped].unit = -1
			s.out[bumped].Bumps++
		}
		s.assign(u, c)
		c = bumped
	}
}

// before reports whether call a waits before call b.
func (s *Sim) before(a, b int32) bool {
	x, y := &s.calls[a], &s.calls[b]
	return x.priority < y.priority || x.priority == y.priority && x.arrive < y.arrive
}

func (s *Sim) assign(u, c int32) {
	k := &s.calls[c]
	s.drive(u, s.m.mode(k.priority, s.now), k.spot, -1)
	if s.units[u].call < 0 {
		s.units[u].since = s.now
	}
	s.units[u].status, s.units[u].call = toCall, c
	k.unit, k.queued = u, false
}

// send drives a unit without a call to a station.
func (s *Sim) send(u, station int32) {
	s.drive(u, s.m.quiet(s.now), s.m.stations[station], station)
	x := &s.units[u]
	x.status, x.station, x.call = returning, station, -1
}

// drive gives a unit a new route from where it is.
func (s *Sim) drive(u int32, mode int32, to spot, station int32) {
	x := &s.units[u]
	node, wait, km := s.ahead(x, mode)
	if x.status == returning {
		s.tally.drove(s, x, s.now)
	}
	r := route{mode: mode, station: station, from: node, to: to.node, start: s.now, onRoad: s.now + wait, kmIn: km, kmOut: to.km, at: node, arc: -1}
	r.offRoad = r.onRoad + float64(s.m.times(mode).Between(node, to.node))/1000
	r.end = r.offRoad + s.m.off(mode, to.km)
	r.atTime = r.onRoad
	x.route, x.until = r, r.end
}

func (s *Sim) unitEvent(u int32) {
	x := &s.units[u]
	switch x.status {
	case returning:
		s.tally.drove(s, x, s.now)
		x.status, x.until = standing, math.Inf(1)
	case toCall:
		c := x.call
		s.out[c].Unit, s.out[c].Response = int(u), s.now-s.calls[c].arrive
		x.status, x.until = onScene, s.now+s.future[c].OnScene
	case onScene:
		f := &s.future[x.call]
		if !f.Transport {
			s.free(u)
			return
		}
		h := f.Hospital
		if h < 0 {
			h = s.m.hospitalFor(s.calls[x.call].spot.node, s.now)
		}
		s.drive(u, s.m.quiet(s.now), s.m.hospital[h], -1)
		x.status = toHospital
	case toHospital:
		x.status, x.until = handingOver, s.now+s.future[x.call].HandOver
	case handingOver:
		s.free(u)
	}
}

// hospitalFor returns the hospital nearest to a node by time.
func (m *Model) hospitalFor(node int32, t float64) int32 {
	mode := m.quiet(t)
	l := m.times(mode)
	best, least := int32(0), math.Inf(1)
	for h, p := range m.hospital {
		if d := float64(l.Between(node, p.node))/1000 + m.off(mode, p.km); d < least {
			best, least = int32(h), d
		}
	}
	return best
}

// free gives a unit that has done with its call the next one that waits, or a station.
func (s *Sim) free(u int32) {
	s.busy += s.now - s.units[u].since
	s.units[u].call = -1
	if len(s.queue) > 0 {
		c := s.queue[0]
		s.queue = s.queue[1:]
		s.assign(u, c)
		return
	}
	s.send(u, s.policy.Station(&s.view, u))
}

// obey carries out an order of Review.
func (s *Sim) obey(o Order) {
	if o.Call < 0 {
		s.units[o.Unit].moves++
		s.tally.move(s, o.Unit)
		s.send(o.Unit, o.Station)
		return
	}
	old := s.calls[o.Call].unit
	s.assign(o.Unit, o.Call)
	s.free(old) // where it is
}

// ahead returns the node that a unit comes to next, the seconds until it is there under mode, and the km.
func (s *Sim) ahead(x *unit, mode int32) (node int32, wait, km float64) {
	r := &x.route
	t := s.now
	switch {
	case t >= r.end:
		return r.to, s.m.off(mode, r.kmOut), r.kmOut
	case t >= r.offRoad: // turn back
		part := (t - r.offRoad) / (r.end - r.offRoad)
		return r.to, (t - r.offRoad) * s.m.OffRoadSpeed[r.mode] / s.m.OffRoadSpeed[mode], part * r.kmOut
	case t <= r.onRoad:
		km = r.kmIn
		if d := r.onRoad - r.start; d > 0 {
			km *= (r.onRoad - t) / d
		}
		return r.from, r.onRoad - t, km
	}
	s.walk(r, t)
	ms := float64(s.m.Millis[r.mode][r.arc]) / 1000
	left := max(0, r.atTime+ms-t)
	return s.m.To[r.arc], left, left / ms * s.m.Km[r.arc]
}

// walk brings a route's place to second t, which lies between its first node and its last.
func (s *Sim) walk(r *route, t float64) {
	m := s.m
	ms := m.Millis[r.mode]
	var next []int32
	if r.station >= 0 {
		next = m.tree(r.mode, r.station).next
	}
	for {
		if r.arc < 0 {
			if next != nil {
				r.arc = next[r.at]
			} else {
				l := m.times(r.mode)
				r.arc = m.hop(r.mode, r.at, l.Between(r.at, r.to), func(n int32) uint32 { return l.Between(n, r.to) })
			}
		}
		done := r.atTime + float64(ms[r.arc])/1000
		if done > t || m.To[r.arc] == r.to {
			return
		}
		r.at, r.atTime, r.arc = m.To[r.arc], done, -1
	}
}

// driven returns the km of x's route up to second t, for a route to a station.
func (s *Sim) driven(x *unit, t float64) float64 {
	r := x.route
	tr := s.m.tree(r.mode, r.station)
	switch {
	case t >= r.end:
		return r.kmIn + tr.km[r.from] + r.kmOut
	case t >= r.offRoad:
		return r.kmIn + tr.km[r.from] + r.kmOut*(t-r.offRoad)/(r.end-r.offRoad)
	case t <= r.start:
		return 0
	case t <= r.onRoad:
		return r.kmIn * (t - r.start) / (r.onRoad - r.start)
	}
	if t < r.atTime {
		r.at, r.atTime, r.arc = r.from, r.onRoad, -1
	}
	s.walk(&r, t)
	part := min(1, (t-r.atTime)*1000/float64(s.m.Millis[r.mode][r.arc]))
	return r.kmIn + tr.km[r.from] - tr.km[r.at] + part*s.m.Km[r.arc]
}
