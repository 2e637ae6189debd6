package world

import (
	"bytes"
	"slices"
	"strconv"
	"strings"
	"time"

	"citybrain/city"
	"citybrain/traffic"
	"citybrain/wire/ntcip1202"
)

// agents is those of the traffic police's controllers that speak NTCIP 1202, behind one proxy: the community says which is meant. What they show,
// count and obey is what the others do; here it is asked for and set object by object.
type agents struct {
	line
	buf  []byte
	done map[int][]obeyed // of each junction: the orders of late, oldest first
}

// obeyed is an order and what was answered. It is the same request when it comes again within sameFor: a datagram may come twice, and who got no answer sends it
// again. It is answered again and not obeyed again.
type obeyed struct {
	order, answer []byte
	at            time.Duration
}

const (
	sameFor  = 30 * time.Second
	keepLast = 8 // orders of a junction
)

func newAgents(w *World) *agents {
	return &agents{done: map[int][]obeyed{}, line: newLine(w.cfg.Seed, "traffic_police/ntcip1202", 0.1, 0, 0)}
}

func (a *agents) tick(*World) {}

func (a *agents) receive(w *World, b []byte) {
	a.buf = append(a.buf, b...)
	for {
		raw, _, n := ntcip1202.Split(a.buf)
		a.buf = a.buf[n:]
		if raw == nil {
			return
		}
		m, err := ntcip1202.Decode(raw)
		if err != nil {
			continue
		}
		name, ok := strings.CutPrefix(m.Community, "asc@")
		k, err := strconv.Atoi(name)
		if !ok || err != nil || k < 1 || k > len(w.city.Signals) || !w.city.Signals[k-1].NTCIP || m.Type == ntcip1202.Response {
			continue // who does not know the community gets no answer (RFC 1157, 4.1)
		}
		if m.Type == ntcip1202.Set {
			if out := a.again(w, k-1, raw); out != nil {
				a.send(w, out, true)
				continue
			}
		}
		order := bytes.Clone(raw)
		out, err := ntcip1202.Append(nil, a.answer(w, k-1, m))
		if err != nil {
			panic("world: an agent composed a message that its own protocol refuses: " + err.Error())
		}
		if m.Type == ntcip1202.Set {
			list := append(a.done[k-1], obeyed{order, bytes.Clone(out), w.now})
			a.done[k-1] = list[max(0, len(list)-keepLast):]
		}
		a.send(w, out, true)
	}
}

// again is the answer to an order that has been obeyed, nil if it has not been.
func (a *agents) again(w *World, j int, raw []byte) []byte {
	for _, o := range a.done[j] {
		if w.now-o.at <= sameFor && bytes.Equal(o.order, raw) {
			return bytes.Clone(o.answer)
		}
	}
	return nil
}

func (a *agents) answer(w *World, j int, m ntcip1202.Message) ntcip1202.Message {
	switch m.Type {
	case ntcip1202.Get:
		for i := range m.Vars {
			n, ok := a.object(w, j, m.Vars[i].Name)
			if !ok {
				return m.Answer(ntcip1202.NoSuchName, i+1, m.Vars...)
			}
			m.Vars[i] = ntcip1202.Put(m.Vars[i].Name, n)
		}
		return m.Answer(ntcip1202.NoError, 0, m.Vars...)
	case ntcip1202.Set:
		if a.set(w, j, m.Vars) {
			return m.Answer(ntcip1202.NoError, 0, m.Vars...)
		}
		return m.Answer(ntcip1202.BadValue, 1, m.Vars...)
	}
	return m.Answer(ntcip1202.GenErr, 0, m.Vars...)
}

// object is what an object of junction j's controller holds.
func (a *agents) object(w *World, j int, name ntcip1202.OID) (int, bool) {
	g := w.streets.Signal(j)
	leased := w.now.Seconds() < float64(g.Lease)
	is := func(o ntcip1202.OID) bool { return slices.Equal(o, name) }
	for row := range 2 {
		of := func(s ntcip1202.Phases) int { return int(s>>(8*row)) & 0xff }
		for _, group := range [...]ntcip1202.Group{ntcip1202.Reds, ntcip1202.Yellows, ntcip1202.Greens, ntcip1202.Ons, ntcip1202.Nexts} {
			if is(ntcip1202.Status(group, row+1)) {
				return of(phaseStatus(w, j, group)), true
			}
		}
		held := ntcip1202.Phases(0)
		if leased && g.Mode == traffic.Lit {
			held = phasesOf(g, int(g.Want))
		}
		switch {
		case is(ntcip1202.Order(ntcip1202.Hold, row+1)), g.RingPlan() != nil && is(ntcip1202.Order(ntcip1202.VehCall, row+1)):
			return of(held), true
		case is(ntcip1202.Order(ntcip1202.Omit, row+1)), is(ntcip1202.Order(ntcip1202.ForceOff, row+1)):
			if held == 0 {
				return 0, true
			}
			return of(allPhases(w, j) &^ held), true
		}
	}
	if p := g.RingPlan(); p != nil {
		for r := range p.Rings() {
			if is(ntcip1202.RingStatus(r + 1)) {
				return ringStatus(w, j, r), true
			}
		}
	}
	for s := range w.city.Signals[j].Stages {
		if is(ntcip1202.Preempt(s + 1)) {
			if leased && g.Urgent && int(g.Want) == s {
				return 1, true
			}
			return 0, true
		}
	}
	switch {
	case is(ntcip1202.UnitFlash):
		return map[traffic.Mode]int{traffic.Lit: ntcip1202.NotFlash, traffic.Flashing: ntcip1202.FlashByMMU, traffic.Starting: ntcip1202.FlashStartup}[g.Mode], true
	case is(ntcip1202.Pattern), is(ntcip1202.SystemPattern):
		return 1, true
	case is(ntcip1202.Sequence):
		return w.signals.periods[j] % 256, true
	}
	n, column, ok := ntcip1202.Detector(name)
	if !ok || n < 1 || n > len(w.signals.loops[j]) {
		return 0, false
	}
	if n > len(w.signals.newest[j]) {
		return 0, true // nothing is counted yet
	}
	d := &w.signals.newest[j][n-1]
	if column == 1 {
		return int(d.Volume), true
	}
	return 2 * int(d.Occupancy), true
}

// set obeys a set as a whole or not at all. Of the control group it takes one phase, of a controller of rings one of each that may be green together,
// held, not omitted and, in rings, called, which it goes to in its own time, forcing off whatever else runs, and with the preempt of that stage set as
// for an emergency; no phase held gives it back to its pattern. It keeps to either for wishLease, as after its backup time.
func (a *agents) set(w *World, j int, vars []ntcip1202.Var) bool {
	if p, ok := ntcip1202.ReadPlan(vars); ok {
		return a.store(w, j, p)
	}
	hold, ok := ntcip1202.Orders(vars, ntcip1202.Hold)
	if !ok {
		return false
	}
	if hold == 0 {
		return w.signals.ask(w, j, int(w.streets.Signal(j).Stage), 0, false)
	}
	omit, _ := ntcip1202.Orders(vars, ntcip1202.Omit)
	off, forced := ntcip1202.Orders(vars, ntcip1202.ForceOff)
	calls, _ := ntcip1202.Orders(vars, ntcip1202.VehCall)
	g := w.streets.Signal(j)
	for s := range w.city.Signals[j].Stages {
		if hold == phasesOf(g, s) {
			preempt, _ := ntcip1202.Number(vars, ntcip1202.Preempt(s+1))
			return omit&hold == 0 && forced && off&hold == 0 && (g.RingPlan() == nil || calls&hold == hold) && w.signals.ask(w, j, s, wishLease, preempt != 0)
		}
	}
	return false
}

// store takes a pattern whose splits make up its cycle and are as long as its own guard asks.
func (a *agents) store(w *World, j int, p ntcip1202.Plan) bool {
	if rings := w.streets.Signal(j).RingPlan(); rings != nil {
		spec, err := rings.Pattern(p.Offset, p.Splits)
		cycle := 0
		for i, st := range spec.Stages {
			cycle += st.Green + rings.Between(st.Stage, spec.Stages[(i+1)%len(spec.Stages)].Stage)
		}
		return err == nil && cycle == p.Cycle && w.signals.store(w, j, spec)
	}
	at, sum := &w.city.Signals[j], 0
	spec := city.PlanSpec{Offset: p.Offset}
	for s, t := range p.Splits {
		if sum += t; t > 0 && s < len(at.Stages) {
			spec.Stages = append(spec.Stages, city.StageTime{Stage: s, Green: t})
		} else if t > 0 {
			return false
		}
	}
	for i := range spec.Stages {
		spec.Stages[i].Green -= at.Between(spec.Stages[i].Stage, spec.Stages[(i+1)%len(spec.Stages)].Stage)
	}
	return sum == p.Cycle && w.signals.store(w, j, spec)
}
