package exchange

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"citybrain/city"
	"citybrain/twin"
	"citybrain/wire/ntcip1202"
)

// phases is the traffic police's signal controllers on NTCIP 1202, behind a proxy that tells them apart by the community: asc@12. By stages, each
// is a phase of one ring, in the order of the pack; by rings, phases are numbered as the pack's and a stage is a phase of each ring.
type phases struct {
	next    time.Time
	request int32
	asked   map[int32]question
	loops   map[int][]city.Loop
	rings   map[int]*city.RingPlan // by junction, of those that have rings
	of      []int                  // junctions
	period  map[int]int            // by junction: the number of the counting period last read
}

// question is what a request was about.
type question struct {
	junction int
	command  *Command
	at       time.Time
	bytes    []byte // of an order, which is sent again, the same request, until it is answered or a newer one is given
	sent     int    // times
	answered bool
}

// Orders are sent again after answerIn, twice that, and so on, maxSent times in all: the line may be one of datagrams.
const (
	answerIn = 2 * time.Second
	maxSent  = 4
)

// phasePoll is how often controllers are asked what they show, and pollPatience how long an answer is awaited.
const (
	phasePoll    = 5 * time.Second
	pollPatience = time.Minute
)

func newPhases(c *city.City) *phases {
	p := &phases{asked: map[int32]question{}, loops: map[int][]city.Loop{}, rings: map[int]*city.RingPlan{}, period: map[int]int{}}
	for j := range c.Signals {
		if c.Signals[j].NTCIP {
			p.of = append(p.of, j)
			p.loops[j] = city.Loops(&c.Streets, &c.Signals[j])
			if plan, ok, err := c.Signals[j].Rings(); ok && err == nil { // no engine takes a city whose rings are not right
				p.rings[j] = &plan
			}
		}
	}
	return p
}

// stage is the phases of a junction's stage; none where it lies beyond those that NTCIP 1202 has.
func (p *phases) stage(j, s int) (set ntcip1202.Phases) {
	for _, ph := range p.rings[j].Shows(s) {
		set |= ntcip1202.Of(ph + 1)
	}
	return set
}

func (p *phases) tick(x *Exchange, f *feed) {
	p.again(x, f)
	if x.now.Before(p.next) {
		return
	}
	p.next = x.now.Add(phasePoll)
	for id, q := range p.asked {
		if x.now.Sub(q.at) > pollPatience {
			delete(p.asked, id) // it was lost; what it ordered is sent again by whoever wants it still
		}
	}
	for _, j := range p.of {
		names := []ntcip1202.OID{ntcip1202.Status(ntcip1202.Greens, 1), ntcip1202.Status(ntcip1202.Greens, 2), ntcip1202.Status(ntcip1202.Nexts, 1), ntcip1202.Status(ntcip1202.Nexts, 2),
			ntcip1202.UnitFlash, ntcip1202.Pattern, ntcip1202.Order(ntcip1202.Hold, 1), ntcip1202.Order(ntcip1202.Hold, 2), ntcip1202.Sequence}
		if p.rings[j] != nil {
			for _, g := range [...]ntcip1202.Group{ntcip1202.Yellows, ntcip1202.Reds} {
				names = append(names, ntcip1202.Status(g, 1), ntcip1202.Status(g, 2))
			}
		}
		for n := range p.loops[j] {
			names = append(names, ntcip1202.Volume(n+1), ntcip1202.Occupancy(n+1))
		}
		if err := p.write(x, f, j, ntcip1202.Get, nil, ntcip1202.Ask(names...)); err != nil {
			x.refuse(f, x.now, nil, "own request: "+err.Error())
		}
	}
}

func (p *phases) write(x *Exchange, f *feed, j int, t ntcip1202.Type, c *Command, vars []ntcip1202.Var) error {
	p.request++
	b, err := ntcip1202.Append(nil, ntcip1202.Message{Community: "asc@" + strconv.Itoa(j+1), Type: t, Request: p.request, Vars: vars})
	if err != nil {
		return err
	}
	q := question{junction: j, command: c, at: x.now}
	if t == ntcip1202.Set {
		q.bytes, q.sent = b, 1
		for id, o := range p.asked { // what was ordered before holds no longer, and must not come behind this
			if o.junction == j && o.bytes != nil {
				o.bytes = nil
				p.asked[id] = o
			}
		}
	}
	p.asked[p.request] = q
	x.write(f, b)
	return nil
}

// again repeats orders that nobody has answered.
func (p *phases) again(x *Exchange, f *feed) {
	var late []int32
	for id, q := range p.asked {
		wait := answerIn * (1<<q.sent - 1) // 2, 6, 14 s after the first
		if q.bytes != nil && q.sent < maxSent && x.now.Sub(q.at) >= wait && (q.command == nil || !q.command.ended() && x.now.Before(q.command.Until)) {
			late = append(late, id)
		}
	}
	slices.Sort(late)
	for _, id := range late {
		q := p.asked[id]
		q.sent++
		p.asked[id] = q
		x.write(f, q.bytes)
	}
}

func (p *phases) send(x *Exchange, f *feed, c *Command) (bool, error) {
	switch {
	case c.Stage != nil:
		j := c.Stage.Junction
		if !x.elsewhere(j, false) {
			return false, nil
		}
		if c.Stage.Stage < 0 || c.Stage.Stage >= len(x.city.Signals[j].Stages) {
			return true, fmt.Errorf("no stage %d at junction %d", c.Stage.Stage, j)
		}
		// The phase, or one of each ring, is held, and in rings called, as a hold only keeps what is green; all others are omitted, and forced
		// off where they run.
		want := p.stage(j, c.Stage.Stage)
		if want == 0 {
			return true, fmt.Errorf("junction %s: stage %d has no phase; NTCIP 1202 has %d: give the junction fewer stages", x.city.Signals[j].ID, c.Stage.Stage, city.MaxRingPhases)
		}
		var all ntcip1202.Phases
		for s := range x.city.Signals[j].Stages {
			all |= p.stage(j, s)
		}
		// Preempt n dwells in stage n: it says that the order is an emergency's.
		urgent := 0
		if c.Stage.Urgent {
			urgent = 1
		}
		vars := append(ntcip1202.Set16(ntcip1202.Omit, all&^want), ntcip1202.Set16(ntcip1202.Hold, want)...)
		vars = append(vars, ntcip1202.Set16(ntcip1202.ForceOff, all&^want)...)
		if p.rings[j] != nil {
			vars = append(vars, ntcip1202.Set16(ntcip1202.VehCall, want)...)
		}
		return true, p.write(x, f, j, ntcip1202.Set, c, append(vars, ntcip1202.Put(ntcip1202.Preempt(c.Stage.Stage+1), urgent)))
	case c.Plan != nil:
		j := c.Plan.Junction
		if !x.elsewhere(j, false) {
			return false, nil
		}
		at := &x.city.Signals[j]
		plan, err := city.NewPlan(at, c.Plan.Spec)
		if err != nil {
			return true, err
		}
		splits, err := p.splits(at, j, c.Plan.Spec)
		if err != nil {
			return true, fmt.Errorf("junction %s: %w", at.ID, err)
		}
		w := ntcip1202.Plan{Number: 2, Cycle: plan.Cycle(), Offset: ((c.Plan.Spec.Offset % plan.Cycle()) + plan.Cycle()) % plan.Cycle(), Splits: splits}
		vars, err := w.Vars()
		if err != nil {
			return true, err
		}
		return true, p.write(x, f, j, ntcip1202.Set, c, vars)
	}
	return false, nil
}

func (p *phases) receive(x *Exchange, f *feed, at time.Time, buf []byte) []byte {
	return x.frames(f, at, buf, ntcip1202.Split, func(b []byte) error {
		m, err := ntcip1202.Decode(b)
		if err != nil {
			return err
		}
		q, ok := p.asked[m.Request]
		if m.Type != ntcip1202.Response || !ok || m.Community != "asc@"+strconv.Itoa(q.junction+1) {
			return fmt.Errorf("message %d of %q answers nothing that was asked of it", m.Request, strings.ToValidUTF8(m.Community, "?"))
		}
		if q.answered {
			return nil // the datagram came twice, or both the order and its repetition were answered
		}
		p.asked[m.Request] = question{junction: q.junction, at: q.at, answered: true}
		if q.command != nil {
			if m.Error != ntcip1202.NoError {
				x.acknowledge(q.command, fmt.Errorf("%w: error %d at object %d", errRefused, m.Error, m.ErrorIndex))
				return nil
			}
			x.acknowledge(q.command, nil)
			return nil
		}
		if m.Error != ntcip1202.NoError {
			return fmt.Errorf("controller %s answers error %d at object %d", m.Community, m.Error, m.ErrorIndex)
		}
		return p.state(x, f, at, q.junction, m.Vars)
	})
}

// shown is the stage that phases show, or lead to where some change; −1: they show none.
func (p *phases) shown(at *city.Junction, j int, green, next ntcip1202.Phases) int {
	rings := p.rings[j]
	if rings == nil {
		for _, set := range [...]ntcip1202.Phases{next, green} {
			for s := range at.Stages {
				if set.Has(s + 1) {
					return s
				}
			}
		}
		return -1
	}
	show := make([]int, rings.Rings())
	for r := range show {
		show[r] = -1
		for _, set := range [...]ntcip1202.Phases{green, next} {
			for b := range rings.Barriers() {
				for _, ph := range rings.Group(r, b) {
					if set.Has(ph + 1) {
						show[r] = ph
					}
				}
			}
		}
	}
	return rings.StageOf(show)
}

// splits is what a plan gives each phase, s from the start of its green to that of the next.
func (p *phases) splits(at *city.Junction, j int, spec city.PlanSpec) ([]int, error) {
	if rings := p.rings[j]; rings != nil {
		return rings.Splits(spec)
	}
	splits := make([]int, len(at.Stages))
	for i, st := range spec.Stages {
		if i > 0 && st.Stage <= spec.Stages[i-1].Stage {
			return nil, fmt.Errorf("stage %d after stage %d: a ring's phases come in their order, each once", st.Stage, spec.Stages[i-1].Stage)
		}
		splits[st.Stage] = st.Green + at.Between(st.Stage, spec.Stages[(i+1)%len(spec.Stages)].Stage)
	}
	return splits, nil
}

// state notes what a controller answered to a poll, in the terms of GB/T 20999's modes, which the twin keeps for all junctions.
func (p *phases) state(x *Exchange, f *feed, at time.Time, j int, vars []ntcip1202.Var) error {
	junction := &x.city.Signals[j]
	flash, ok := ntcip1202.Number(vars, ntcip1202.UnitFlash)
	if !ok {
		return fmt.Errorf("junction %s does not say whether it flashes", junction.ID)
	}
	green, _ := ntcip1202.States(vars, ntcip1202.Greens)
	next, _ := ntcip1202.States(vars, ntcip1202.Nexts)
	hold, _ := ntcip1202.Orders(vars, ntcip1202.Hold)
	pattern, _ := ntcip1202.Number(vars, ntcip1202.Pattern)
	yellow, _ := ntcip1202.States(vars, ntcip1202.Yellows)
	red, _ := ntcip1202.States(vars, ntcip1202.Reds)
	if both := green&yellow | green&red | yellow&red; both != 0 {
		return fmt.Errorf("junction %s says of phases %016b that they show two colours", junction.ID, both)
	}
	stage := p.shown(junction, j, green, next)
	mode, fault := float64(0x21), "none"
	switch {
	case flash == ntcip1202.FlashStartup:
		mode = 0x32
	case flash == ntcip1202.FlashByMMU, flash == ntcip1202.FlashByFault:
		mode, fault = 0x31, "conflict"
	case flash != ntcip1202.NotFlash:
		mode = 0x31
	case hold != 0:
		mode = 0x15
	}
	urn := URN("TrafficSignal", junction.ID)
	attrs := []twin.Attribute{twin.Number("mode", mode, "C62", at), twin.Number("plan", float64(pattern), "C62", at)}
	if stage >= 0 {
		attrs = append(attrs, twin.Number("stage", float64(stage), "C62", at))
	}
	was := "none"
	if e, known := x.main.Snapshot().Get(urn); known {
		if v, ok := e.Text("fault"); ok {
			was = v
		}
	}
	if was != fault {
		attrs = append(attrs, twin.Text("fault", fault, at))
	}
	if err := x.observeAt(f, at, at, urn, "TrafficSignal", junction.At, attrs...); err != nil {
		return err
	}
	period, ok := ntcip1202.Number(vars, ntcip1202.Sequence)
	if was, known := p.period[j]; !ok || known && was == period {
		return nil
	}
	p.period[j] = period
	var data []counted
	for n := range p.loops[j] {
		volume, ok1 := ntcip1202.Number(vars, ntcip1202.Volume(n+1))
		half, ok2 := ntcip1202.Number(vars, ntcip1202.Occupancy(n+1))
		if ok1 && ok2 {
			data = append(data, counted{n + 1, volume, float64(half) / 200})
		}
	}
	return x.loops(f, at, j, p.loops[j], data)
}
