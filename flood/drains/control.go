package drains

import (
	"fmt"
	"math"
	"time"

	"citybrain/city/water"
)

// Auto leaves a pump or gate to its local programme.
const Auto = -1.0

const (
	tideLock = 0.05 // m that the inner water must be higher than the outer for a gate to open
	nearness = 0.02 // m over which a gate is brought to a creek's lowest level
)

// StationState is the state of one pump station.
type StationState struct{ Units []UnitState }

// UnitState is one pump unit.
type UnitState struct {
	On     bool
	Since  time.Duration    // when it was last switched
	Starts [4]time.Duration // its last starts as time + 1, newest first; 0: none yet
	Count  int
}

// starts returns how many of its starts lie within the last hour; it remembers four.
func (u *UnitState) starts(now time.Duration) int {
	n := 0
	for _, at := range u.Starts {
		if at != 0 && at-1 > now-time.Hour {
			n++
		}
	}
	return n
}

// Order asks link i for units of a pump or an opening of a gate, orifice, weir or outlet (0 shut … 1 open), or leaves it to its local programme
// (Auto). The equipment's limits still hold.
func (s *Sim) Order(i int, want float64) error {
	if i < 0 || i >= len(s.net.Links) {
		return fmt.Errorf("order: no link %d; the network has %d", i, len(s.net.Links))
	}
	l := &s.net.Links[i]
	most := 1.0
	switch l.Kind {
	case water.Pump:
		most = float64(l.Station.Units)
	case water.GateLink, water.Orifice, water.WeirLink, water.Outlet:
	default:
		return fmt.Errorf("order: %s %s can't be operated", l.Kind, l.ID)
	}
	if want != Auto && !(want >= 0 && want <= most) {
		return fmt.Errorf("order: %s %s: %g is not in 0–%g", l.Kind, l.ID, want, most)
	}
	s.st.Orders[i] = want
	return nil
}

// Starts returns how often pump i's units have been started.
func (s *Sim) Starts(i int) int {
	n := 0
	for _, u := range s.st.Stations[i].Units {
		n += u.Count
	}
	return n
}

// Running returns how many units of pump i run.
func (s *Sim) Running(i int) int { return s.running(int32(i)) }

func (s *Sim) running(i int32) int {
	n := 0
	for u := range s.st.Stations[i].Units {
		if s.st.Stations[i].Units[u].On {
			n++
		}
	}
	return n
}

func (s *Sim) opening(i int32) float64 { return s.st.Openings[i] }

// control switches pumps and gates for the coming step, feeders in the order of the links, and sets how far creeks let them go.
func (s *Sim) control() {
	now := s.Now()
	s.rules()
	for k := range s.others {
		s.throttle[k] = 1
		if s.others[k].link < 0 {
			continue
		}
		i := s.others[k].link
		switch l := &s.net.Links[i]; l.Kind {
		case water.Pump:
			s.station(int(i), l, now)
			// A drainage pump stops before the creek that it feeds is over its ceiling, and idles out its minimum run.
			if c := s.nodes[l.To].creek; c != nil && s.st.Level[l.To] >= c.Ceiling {
				s.throttle[k] = 0
			}
		case water.GateLink:
			s.st.Openings[i] = s.gate(int(i), l)
		default:
			if o := s.st.Orders[i]; o != Auto {
				s.throttle[k] = o
			}
		}
	}
	s.drawdown()
}

// station brings the running units to what order or level ask for, as far as its limits permit.
func (s *Sim) station(i int, l *water.Link, now time.Duration) {
	p, units := &l.Station, s.st.Stations[i].Units
	if math.IsNaN(p.StartAt) && s.st.Orders[i] == Auto && p.Feeder < 0 && p.Down == 0 {
		return // always as it began
	}
	run := s.running(int32(i))
	level := s.st.Level[l.From]
	want := run
	if o := s.st.Orders[i]; o != Auto {
		want = int(o)
	} else if !math.IsNaN(p.StartAt) {
		if level <= p.StopAt {
			want = 0
		} else if level >= p.StartAt {
			stagger := p.Stagger
			if stagger <= 0 {
				stagger = 0.15
			}
			want = max(want, 1+int((level-p.StartAt)/stagger))
		}
	}
	if c := s.nodes[l.From].creek; c != nil && level <= c.Low {
		want = 0
	}
	if c := s.nodes[l.To].creek; c != nil && s.st.Level[l.To] >= c.Ceiling {
		want = 0
	}
	able := max(len(units)-p.Down, 0)
	if p.Feeder >= 0 {
		able = min(able, max(s.net.Feeders[p.Feeder].Units-s.load(p.Feeder, int32(i)), 0))
	}
	want = min(want, able)
	most := p.MaxStarts
	if most > len(units[0].Starts) {
		most = len(units[0].Starts)
	}
	for u := range units {
		un := &units[u]
		if run < want && !un.On && u < len(units)-p.Down && now-un.Since >= p.MinRest && (most == 0 || un.starts(now) < most) {
			un.On, un.Since = true, now
			copy(un.Starts[1:], un.Starts[:])
			un.Starts[0] = now + 1
			un.Count++
			run++
		}
	}
	for u := len(units) - 1; u >= 0; u-- {
		un := &units[u]
		if un.On && (run > want && now-un.Since >= p.MinRun || u >= len(units)-p.Down || run > able) {
			un.On, un.Since = false, now
			run--
		}
	}
}

// load returns how many units of other stations run on feeder f.
func (s *Sim) load(f, but int32) int {
	n := 0
	for i := range s.net.Links {
		if l := &s.net.Links[i]; l.Kind == water.Pump && l.Station.Feeder == f && int32(i) != but {
			n += s.running(int32(i))
		}
	}
	return n
}

// gate returns the opening of a gate: shut by the tide lock and at its creek's lowest level.
func (s *Sim) gate(i int, l *water.Link) float64 {
	inner, outer := s.st.Level[l.From], s.st.Level[l.To]
	want := s.st.Orders[i]
	if want == Auto {
		want = 1
		if c := s.nodes[l.From].creek; c != nil {
			// The local programme keeps the level that the creek had at the start.
			switch rest := s.nodes[l.From].low + s.net.Nodes[l.From].Depth; {
			case inner > rest:
			case inner < rest-0.05:
				want = 0
			default:
				want = s.st.Openings[i]
			}
		}
	}
	if inner <= outer+tideLock {
		return 0
	}
	if c := s.nodes[l.From].creek; c != nil {
		want *= math.Min(math.Max((inner-c.Low)/nearness, 0), 1)
	}
	return want
}

// drawdown holds each creek's fall to its fastest by a share of all that its pumps and gates would take.
func (s *Sim) drawdown() {
	for i := range s.net.Nodes {
		c := s.nodes[i].creek
		if c == nil || c.Drop <= 0 {
			continue
		}
		_, area := s.volume(i, s.st.Level[i])
		var out, in float64
		for k := range s.others {
			o := &s.others[k]
			if o.link < 0 {
				continue
			}
			q := s.flow(k, s.st.Level[o.from], s.st.Level[o.to])
			if int(o.from) == i && q > 0 {
				out += q
			} else if int(o.to) == i && q > 0 {
				in += q
			}
		}
		for j := range s.reaches {
			r := &s.reaches[j]
			if int(r.to) == i {
				in += s.st.Flow[j]
			} else if int(r.from) == i {
				in -= s.st.Flow[j]
			}
		}
		for k := range s.net.Nodes[i].Inflow {
			in += s.net.Nodes[i].Inflow[k].At(s.st.T)
		}
		may := math.Max(in, 0) + c.Drop*area
		if out > may {
			for k := range s.others {
				if o := &s.others[k]; o.link >= 0 && int(o.from) == i {
					s.throttle[k] *= may / out
				}
			}
		}
	}
}
