package flood

import (
	"math"
	"time"
)

// PumpState is the state of one pump station.
type PumpState struct {
	Order int     // units asked for, or Auto
	Flow  float64 // m³/s delivered in the last step
	Moved float64 // m³ since the start
	Units []UnitState
}

// UnitState is one pump unit.
type UnitState struct {
	On     bool
	Since  time.Duration    // when it was last switched
	Starts [4]time.Duration // its last starts as time+1, newest first; 0: none yet
}

// GateState is the state of one gate.
type GateState struct {
	Order   float64 // opening asked for, 0–1, or Auto
	Opening float64 // what it has
	Flow    float64 // m³/s to the river in the last step
}

// Running returns how many units run.
func (p *PumpState) Running() int {
	n := 0
	for i := range p.Units {
		if p.Units[i].On {
			n++
		}
	}
	return n
}

const (
	tideLock     = 0.05 // m that the creek must be higher than the river for a gate to open
	weirFactor   = 1.7  // m^0.5/s, broad-crested weir
	creekReserve = 0.1  // m below its bank at which a creek takes no more from drainage pumps
)

// drain moves water between surface, basins, creeks and river for dt seconds.
func (s *Sim) drain(dt float64) {
	s.inlets(dt)
	s.pump(dt)
	s.gates(dt)
	s.banks(dt)
}

// inlets lets street water into the sewer basins, each within its room.
func (s *Sim) inlets(dt float64) {
	basins := s.city.Drains.Basins
	if len(basins) == 0 {
		return
	}
	net, w, cell := s.net, s.w, s.net.Grid.Cell*s.net.Grid.Cell
	clear(s.asked)
	for i, rate := range net.inlet {
		if v := w[i] + s.film(i); rate > 0 && v > 0 {
			s.asked[net.basin[i]] += min(v*cell, rate*dt)
		}
	}
	for b := range basins {
		room := math.Max(0, basins[b].Volume-s.st.Basins[b])
		if want := s.asked[b]; want > room {
			s.asked[b] = room / want
		} else {
			s.asked[b] = 1
		}
	}
	for i, rate := range net.inlet {
		if v := w[i] + s.film(i); rate > 0 && v > 0 {
			b := net.basin[i]
			v = s.asked[b] * min(v*cell, rate*dt)
			s.take(i, v/cell)
			s.st.Basins[b] += v
		}
	}
}

// pump runs the stations: the units that the order or the local programme asks for, within the equipment's limits.
func (s *Sim) pump(dt float64) {
	now := s.st.Time
	for i := range s.st.Pumps {
		p, st := &s.city.Drains.Pumps[i], &s.st.Pumps[i]
		var level, has float64
		blocked := false
		if p.Basin >= 0 {
			level, has = s.BasinLevel(int(p.Basin)), s.st.Basins[p.Basin]
			k := &s.city.Drains.Creeks[p.Creek]
			blocked = s.CreekLevel(int(p.Creek)) > k.Bank-creekReserve
		} else {
			k := &s.city.Drains.Creeks[p.Creek]
			level = s.CreekLevel(int(p.Creek))
			has = math.Max(0, (level-k.Low)*k.Area)
		}
		want := st.Order
		if want == Auto {
			want = st.Running()
			if level <= p.Stop {
				want = 0
			} else if level >= p.Start {
				want = max(want, min(p.Units, 1+int((level-p.Start)/0.15)))
			}
		}
		if blocked || has <= 0 {
			want = 0
		}
		st.switchTo(want, now, time.Duration(p.MinRun*float64(time.Second)), time.Duration(p.MinRest*float64(time.Second)), p.MaxStarts)
		run := st.Running()
		if blocked || has <= 0 {
			run = 0 // idling against a closed valve until its minimum run is over
		}
		v := math.Min(float64(run)*p.UnitFlow*dt, has)
		if p.Basin < 0 {
			if k := &s.city.Drains.Creeks[p.Creek]; k.Drop > 0 {
				v = math.Min(v, k.Drop*k.Area*dt)
			}
		}
		st.Flow = 0
		if v > 0 {
			st.Flow = v / dt
			st.Moved += v
			if p.Basin >= 0 {
				s.st.Basins[p.Basin] -= v
				s.st.Creeks[p.Creek] += v
			} else {
				s.st.Creeks[p.Creek] -= v
				s.st.Mass.River += v
			}
		}
	}
}

// switchTo brings the number of running units to want as far as minimum run, minimum rest and starts an hour permit.
func (p *PumpState) switchTo(want int, now, minRun, minRest time.Duration, maxStarts int) {
	run := p.Running()
	for u := range p.Units {
		un := &p.Units[u]
		if run < want && !un.On && now-un.Since >= minRest && un.startsInHour(now) < maxStarts {
			un.On, un.Since = true, now
			copy(un.Starts[1:], un.Starts[:])
			un.Starts[0] = now + 1
			run++
		}
	}
	for u := len(p.Units) - 1; u >= 0; u-- {
		un := &p.Units[u]
		if run > want && un.On && now-un.Since >= minRun {
			un.On, un.Since = false, now
			run--
		}
	}
}

func (u *UnitState) startsInHour(now time.Duration) int {
	n := 0
	for _, at := range u.Starts {
		if at != 0 && at-1 > now-time.Hour {
			n++
		}
	}
	return n
}

// gates lets creeks flow to the river by gravity behind the tide lock.
func (s *Sim) gates(dt float64) {
	tide := s.TideLevel(s.st.Time)
	for i := range s.st.Gates {
		g, st := &s.city.Drains.Gates[i], &s.st.Gates[i]
		k := &s.city.Drains.Creeks[g.Creek]
		level := s.CreekLevel(int(g.Creek))
		want := st.Order
		if want == Auto {
			// The local programme opens above the normal level and shuts 5 cm below it.
			switch {
			case level > k.Normal:
				want = 1
			case level < k.Normal-0.05:
				want = 0
			default:
				want = st.Opening
			}
		}
		if level <= tide+tideLock {
			want = 0
		}
		st.Opening, st.Flow = want, 0
		if want <= 0 || level <= g.Sill || level <= k.Low {
			continue
		}
		// Drowned flow below the gate, free flow over the sill when the river is low (broad-crested weir at its limit).
		head := level - g.Sill
		q := want * g.Width * math.Min(weirFactor*head*math.Sqrt(head), 0.9*head*math.Sqrt(2*gravity*(level-math.Max(tide, g.Sill-1))))
		v := math.Min(q*dt, (level-k.Low)*k.Area)
		// One step does not overshoot the river's level.
		v = math.Min(v, math.Max(0, level-tide)*k.Area/2)
		if k.Drop > 0 {
			v = math.Min(v, k.Drop*k.Area*dt)
		}
		st.Flow = v / dt
		s.st.Creeks[g.Creek] -= v
		s.st.Mass.River += v
	}
}

// banks exchanges water over the creeks' banks with the cells beside them.
func (s *Sim) banks(dt float64) {
	net, cell := s.net, s.net.Grid.Cell*s.net.Grid.Cell
	for i := range s.city.Drains.Creeks {
		k := &s.city.Drains.Creeks[i]
		for _, at := range net.banks[i] {
			c := int(at)
			w := s.water(c)
			level, land := s.CreekLevel(i), net.Level(c, w)
			crest := math.Max(k.Bank, net.Base(c))
			if level <= crest && land <= crest {
				continue
			}
			head := math.Max(level, land) - crest
			v := weirFactor * net.Grid.Cell * head * math.Sqrt(head) * dt
			// Half of what would level both in one step keeps the exchange from swinging.
			v = math.Min(v, 0.5*math.Abs(level-land)/(1/k.Area+1/net.area[c]))
			if land > level {
				s.st.Creeks[i] -= s.give(c, -math.Min(v, w*cell))
			} else {
				s.st.Creeks[i] -= s.give(c, v)
			}
		}
	}
}
