package drains

import (
	"context"
	"fmt"
	"math"
	"time"

	"citybrain/city/water"
)

const (
	shortest   = 1e-3 // s
	patience   = 0.05 // s: a step this short is taken as it is
	tangents   = 24
	edgesClose = 3 // times that where the edges' tangents are taken anew
	iterations = 40
	reason     = 2.0  // m that a level moves in one go
	closes     = 1e-6 // m³ that a node's balance may be off, beside a tenth of a millimetre on its plan, before flows set it right
	closely    = 1e-4 // m
)

// begin sets the state at time 0.
func (s *Sim) begin() {
	n := s.net
	st := &s.st
	st.Step = s.cfg.MaxStep.Seconds()
	st.Stations = make([]StationState, len(n.Links))
	st.Openings, st.Orders = make([]float64, len(n.Links)), make([]float64, len(n.Links))
	st.PeakFlow, st.Peak = make([]float64, len(n.Links)), make([]float64, len(n.Nodes))
	k := 0
	for i := range n.Links {
		st.Orders[i] = Auto
		if s.first[i] < 0 {
			s.first[i] = int32(-1 - k)
			k++
		}
		if n.Links[i].Kind == water.Pump {
			st.Stations[i].Units = make([]UnitState, n.Links[i].Station.Units)
			for u := range st.Stations[i].Units {
				x := &st.Stations[i].Units[u]
				x.Since = -time.Hour
				x.On = !n.Links[i].Station.Off && math.IsNaN(n.Links[i].Station.StartAt)
			}
		}
	}
	for i := range n.Nodes {
		st.Level[i] = n.Nodes[i].Invert + n.Nodes[i].Depth
	}
	s.outside(0)
	// A conduit's own water at the start: at the levels of its ends, or at the depth of its given flow.
	for j := range s.reaches {
		r := &s.reaches[j]
		l := &n.Links[r.link]
		if int(r.to) >= len(n.Nodes) {
			// Both ends wet: a straight line between them. One: a level pool as far as it reaches.
			low := s.nodes[r.to].low
			a, b := st.Level[l.From], st.Level[l.To]
			wetA, wetB := a > l.In, b > l.Out
			f := float64(int32(j)-s.first[r.link]+1) / float64(s.last[r.link]-s.first[r.link]+1)
			switch {
			case wetA && wetB:
				st.Level[r.to] = math.Max(low, a+(b-a)*f)
			case wetA:
				st.Level[r.to] = math.Max(low, math.Min(a, l.In)) // what stands above the inlet's sill has not run in yet
			case wetB:
				st.Level[r.to] = math.Max(low, b)
			default:
				st.Level[r.to] = low
			}
		}
	}
	for i := range s.nodes {
		if !s.nodes[i].fixed {
			st.Level[i] = math.Max(st.Level[i], s.nodes[i].low)
			st.Volume[i], _ = s.volume(i, st.Level[i])
		}
	}
	for _, i := range s.street {
		st.Level[i], st.Volume[i] = s.nodes[i].low, 0
	}
	for i := range n.Nodes {
		st.Peak[i] = s.Level(i)
	}
	st.Grounds = make([]ground, len(n.Catchments))
	st.Mass.Initial = s.Stored()
}

// outside sets the levels that stand outside outfalls at t seconds.
func (s *Sim) outside(t float64) {
	for i := range s.net.Nodes {
		if !s.nodes[i].fixed {
			continue
		}
		d := &s.net.Nodes[i]
		s.st.Level[i] = d.Invert
		if d.End == water.GivenLevel {
			s.st.Level[i] = d.Level.At(t)
		}
	}
}

// Step computes up to until. It stops early, between steps, when ctx ends, and returns ctx's error.
func (s *Sim) Step(ctx context.Context, until time.Duration) error {
	end := until.Seconds()
	for s.st.T < end {
		if err := ctx.Err(); err != nil {
			return err
		}
		s.control()
		left := end - s.st.T
		dt := math.Min(s.st.Step, s.cfg.MaxStep.Seconds())
		if left < 2*dt {
			dt = math.Min(left, math.Max(left/2, math.Min(left, dt)))
		}
		cut := false
		for !s.try(dt) {
			s.st.Stats.Halved++
			cut = true
			if dt /= 2; dt < shortest {
				if dt = 4 * shortest; !s.tryHeld(dt) {
					return s.unstable()
				}
				break
			}
		}
		if dt == left {
			s.st.T = end
		} else {
			s.st.T += dt
		}
		s.st.Step = s.longest()
		if cut { // the way back to long steps is slow
			s.st.Step = math.Min(s.st.Step, 1.5*dt)
		}
	}
	return nil
}

// unstable names where the last try was furthest from closing.
func (s *Sim) unstable() error {
	worst := 0
	for i := range s.res {
		if !(math.Abs(s.res[i]) <= math.Abs(s.res[worst])) && !s.nodes[i].fixed {
			worst = i
		}
	}
	name := "between two nodes of a conduit"
	if worst < len(s.net.Nodes) {
		name = s.net.Nodes[worst].ID
	} else {
		for _, r := range s.reaches {
			if int(r.to) == worst {
				name = "in conduit " + s.net.Links[r.link].ID
			}
		}
	}
	return fmt.Errorf("drains at %v: no balance at %s (off by %g m³ at level %g m): look for a conduit far too short or wide there, or a datum mixed up", s.Now(), name, s.res[worst], s.eta[worst])
}

// longest is the step that the water's speed lets the next one have.
func (s *Sim) longest() float64 {
	dt := s.cfg.MaxStep.Seconds()
	for j, u := range s.st.Speed {
		if u = math.Abs(u); u*dt > 0.9*s.reaches[j].length {
			dt = 0.9 * s.reaches[j].length / u
		}
	}
	return math.Max(dt, 0.1)
}

// tryHeld takes a step of dt in which structures keep the flows of its start, as far as a quarter of what there is goes: the last
// resort where flows between small volumes have no tangent that helps.
func (s *Sim) tryHeld(dt float64) bool {
	s.held, s.holdFor = true, dt
	ok := s.try(dt)
	s.held = false
	return ok
}

// try takes a step of dt, and reports whether the levels closed; if not, the state is as it was.
func (s *Sim) try(dt float64) bool {
	st := &s.st
	copy(s.eta, st.Level)
	s.supply(dt)
	s.outside(st.T + dt)
	for i := range s.net.Nodes {
		if s.nodes[i].fixed {
			s.eta[i] = st.Level[i]
		}
	}
	s.prepare(dt)
	closed := false
	for k := 0; k < tangents && !(s.held && closed); k++ {
		if k > 2 { // two sets of tangents may call for each other: half-way between them
			for i := range s.eta {
				s.eta[i] = (s.eta[i] + s.touch[i]) / 2
			}
		}
		copy(s.touch, s.eta)
		s.linear(dt)
		if k > 0 && s.balance(dt, false) <= edgesClose {
			s.commit(dt)
			return true
		}
		if closed = s.levels(dt); !closed {
			// Tangents taken at a level far off may want more than there is: from the bottoms on, anew.
			for i := range s.eta {
				s.eta[i] = math.Max(s.eta[i], s.nodes[i].low)
			}
		}
	}
	if dt > patience && !s.held || !closed {
		return false
	}
	// So short a step may keep to the last tangents: they balance, and a valve that flutters changes the next ones.
	s.commit(dt)
	return true
}

// levels finds the levels at which all volumes balance under the reaches' tangents and the structures' own flows.
func (s *Sim) levels(dt float64) bool {
	copy(s.from, s.eta)
	off := s.balance(dt, false)
	for range iterations {
		if off <= 1 {
			return true
		}
		s.newton()
		copy(s.at, s.eta)
		// The whole way, within reason, or as far as it brings the sum of the misfits down.
		was, f := s.misfit, 1.0
		for range 8 {
			for i, d := range s.solver.rhs {
				if !s.nodes[i].fixed {
					s.eta[i] = s.at[i] + f*math.Min(math.Max(d, -reason), reason)
				}
			}
			s.structures()
			if off = s.balance(dt, false); s.misfit < was {
				break
			}
			f /= 2
		}
		if !(s.misfit < was) {
			break
		}
	}
	// A volume is one function that bends up less another that does (widening less narrowing). The inner iteration finds the levels
	// with the latter's tangent, from which the outer one comes up to the answer without ever passing it.
	for i := range s.nodes {
		s.eta[i] = math.Min(s.from[i], s.nodes[i].widest)
	}
	for range iterations {
		for i := range s.nodes {
			if !s.nodes[i].fixed {
				s.lost[i], s.narrow[i] = s.narrowing(i, s.eta[i])
				s.at[i] = s.eta[i]
			}
		}
		closed := false
		for range iterations {
			s.structures()
			if off = s.balance(dt, true); off <= 0.1 {
				closed = true
				break
			} else if math.IsInf(off, 1) {
				break
			}
			s.newton()
			for i, d := range s.solver.rhs {
				if !s.nodes[i].fixed {
					s.eta[i] += d
				}
			}
		}
		if !closed {
			return false
		}
		if s.balance(dt, false) <= 1 {
			return true
		}
	}
	return false
}

// supply sets what each node would hold after dt by its volume now and what is given to it.
func (s *Sim) supply(dt float64) {
	st := &s.st
	copy(s.base, st.Volume)
	for i := range s.net.Nodes {
		d := &s.net.Nodes[i]
		v := 0.0
		for k := range d.Inflow {
			v += d.Inflow[k].Mean(st.T, st.T+dt) * dt
		}
		// A negative inflow takes no more than is there.
		s.inflow[i] = math.Max(v, -math.Max(st.Volume[i], 0))
		s.base[i] += s.inflow[i]
	}
	if !s.cfg.Dry {
		s.runoff(dt)
	}
}

// spilling is the flow over node i's rim at level eta, and its slope.
func (s *Sim) spilling(i int, eta float64) (q, slope float64) {
	h := eta - s.nodes[i].spill
	if h <= 0 {
		return 0, 0
	}
	q = weirShape * spillRim * h * math.Sqrt(h)
	return q, 1.5 * q / h
}

// balance sets up the equations at the present levels and returns the largest misfit over what it may be; nested: with the tangents of what
// narrowing takes off the volumes.
func (s *Sim) balance(dt float64, nested bool) float64 {
	s.st.Stats.Iterations++
	m := s.solver
	m.clear()
	for i := range s.nodes {
		if s.nodes[i].fixed {
			continue
		}
		v, w := s.volume(i, s.eta[i])
		if nested {
			a, b := s.narrowing(i, s.eta[i])
			v += a - s.lost[i] - s.narrow[i]*(s.eta[i]-s.at[i])
			w += b - s.narrow[i]
		}
		q, slope := s.spilling(i, s.eta[i])
		s.res[i] = v - math.Max(s.base[i], 0) + q*dt // what rounding owes a dry node is settled by what comes next
		m.diag[i] = math.Max(w, 1e-7) + slope*dt
		s.slack[i] = closes + closely*w
	}
	for e := range s.spots {
		x := &s.spots[e]
		q := s.q0[e] + s.qi[e]*s.eta[x.a] + s.qk[e]*s.eta[x.b]
		s.res[x.a] += q * dt
		s.res[x.b] -= q * dt
		m.diag[x.a] += s.qi[e] * dt
		m.diag[x.b] -= s.qk[e] * dt
		if x.coupling {
			if x.abUpper {
				m.u[x.ab] += s.qk[e] * dt
				m.l[x.ab] -= s.qi[e] * dt
			} else {
				m.l[x.ab] += s.qk[e] * dt
				m.u[x.ab] -= s.qi[e] * dt
			}
		}
	}
	worst := 0.0
	s.misfit = 0
	for i := range s.nodes {
		if s.nodes[i].fixed {
			continue
		}
		r := math.Abs(s.res[i])
		if !(r <= 1e12) {
			s.misfit = math.Inf(1)
			return s.misfit
		}
		s.misfit += r
		worst = math.Max(worst, r/s.slack[i])
	}
	return worst
}

// newton leaves in the solver's rhs how far the linear equations would move each level.
func (s *Sim) newton() {
	m := s.solver
	for i := range s.nodes {
		m.rhs[i] = -s.res[i]
	}
	m.solve()
}

// commit takes the flows at the levels found into the state.
func (s *Sim) commit(dt float64) {
	st := &s.st
	for i := range s.net.Nodes {
		st.Mass.Inflow += s.inflow[i]
	}
	for i := range s.nodes {
		if s.nodes[i].fixed {
			continue
		}
		q, _ := s.spilling(i, s.eta[i])
		st.Mass.Spilled += q * dt
		st.Volume[i] = s.base[i] - q*dt
	}
	inlets := len(s.reaches) + len(s.others) - len(s.net.Inlets)
	for e := range s.spots {
		x := &s.spots[e]
		q := s.q0[e] + s.qi[e]*s.eta[x.a] + s.qk[e]*s.eta[x.b]
		st.Flow[e] = q
		if e < len(s.reaches) {
			st.Speed[e] = 0
			if s.area[e] > 0 {
				st.Speed[e] = q / s.area[e]
			}
		}
		v := q * dt
		if s.nodes[x.a].fixed {
			st.Mass.Outfalls -= v
		} else {
			st.Volume[x.a] -= v
		}
		if s.nodes[x.b].fixed {
			st.Mass.Outfalls += v
		} else {
			st.Volume[x.b] += v
		}
		if e >= inlets {
			st.Mass.Street += v
		}
	}
	copy(st.Level, s.eta)
	for i := range s.net.Nodes {
		st.Peak[i] = math.Max(st.Peak[i], s.Level(i))
	}
	for i := range s.net.Links {
		st.PeakFlow[i] = math.Max(st.PeakFlow[i], math.Abs(s.Flow(i)))
	}
	if !s.cfg.Dry {
		s.settle()
	}
	st.Stats.Steps++
}
