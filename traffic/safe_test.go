package traffic

import (
	"errors"
	"strings"
	"testing"

	"github.com/paulmach/orb"

	"citybrain/city"
	"citybrain/city/riverside"
	"citybrain/traffic/safety"
)

// kernel is what of a Signal decides what it shows next, whoever commands it: the wish may be any stage at any second, which
// plans, their transitions, requests, leases and starved movements all amount to.
type kernel struct {
	stage, next, age, left, end, to int16
	rings                           RingSignal
}

// signalMachine is a Signal at junction j for the checker; hasten takes seconds off every inter-green, to see the checker work.
func signalMachine(j *city.Junction, hasten int32) safety.Machine[kernel] {
	const t = 1000
	plan, err := city.NewPlan(j, j.Reference)
	if err != nil {
		panic(err)
	}
	oldest := int32(0)
	var wishes []uint64
	for s := range j.Stages {
		oldest = max(oldest, int32(j.StageMinGreen(s)))
		wishes = append(wishes, uint64(s))
	}
	rules, err := newRules(j)
	if err != nil {
		panic(err)
	}
	signal := func(k kernel) Signal {
		g := newSignal(rules, plan)
		for m := range g.lastGreen {
			g.lastGreen[m] = t
		}
		g.Stage, g.Next, g.Since, g.Until, g.Lease = k.stage, k.next, t-int32(k.age), t+int32(k.left), t+100
		g.Rings, g.To = k.rings, k.to
		if k.end > 0 {
			g.End, g.To = t+int32(k.end)-1, k.to
		}
		return g
	}
	var start []kernel
	for s := range j.Stages {
		k := kernel{stage: int16(s), next: -1, age: int16(oldest)}
		if rules.rings != nil {
			k.age, k.to, k.rings = 0, int16(s), ringsAt(rules.rings, s)
			for r := range rules.rings.Rings() {
				k.rings.Rings[r].Age = int16(rules.rings.Phase(k.rings.phase(rules.rings, r)).Min)
			}
		}
		start = append(start, k)
	}
	m := safety.Machine[kernel]{
		Start:  start,
		Inputs: func(kernel) []uint64 { return wishes },
		Step: func(k kernel, want uint64) kernel {
			g := signal(k)
			g.Want = int16(want)
			begun, was := g.Next < 0, g.Rings
			g.Step(t)
			if begun && g.Next >= 0 {
				g.Until -= hasten
			}
			if rules.rings != nil {
				for r := range rules.rings.Rings() {
					if x := &g.Rings.Rings[r]; was.Rings[r].Clear == 0 && x.Clear > int16(hasten) {
						x.Clear -= int16(hasten)
					}
				}
				return kernel{stage: g.Stage, next: g.Next, to: g.To, rings: g.Rings}
			}
			next := kernel{stage: g.Stage, next: g.Next, age: int16(min(oldest, t+1-g.Since))}
			if g.End > 0 {
				next.end, next.to = int16(g.End-t), g.To
			}
			if g.Next >= 0 {
				next.age, next.left = 0, int16(max(0, g.Until-t-1))
			}
			return next
		},
		Green: func(k kernel) uint64 {
			g := signal(k)
			var set uint64
			for m := range j.Movements {
				if g.Green(m) {
					set |= 1 << m
				}
			}
			return set
		},
	}
	if j.Countdown {
		m.Countdown = func(k kernel) int { return int(k.end) }
	}
	return m
}

// Every controller of the demo city, of either kind, is safe under every sequence of wishes.
func TestNoWishMakesASignalUnsafe(t *testing.T) {
	c := riverside.City(1)
	c.RunRings()
	states, counting, rings := 0, 0, 0
	for j := range c.Signals {
		counting += btoi(c.Signals[j].Countdown)
		if c.Signals[j].Ring != nil {
			rings++
		} else if j%16 != 0 && len(c.Signals[j].Movements) < 24 {
			continue
		}
		r, err := safety.Check(&c.Signals[j], signalMachine(&c.Signals[j], 0))
		if err != nil {
			t.Fatal(err)
		}
		states += r.States
	}
	t.Logf("%d states, %d controllers of rings", states, rings)
	if rings < 5 {
		t.Errorf("%d controllers of rings", rings)
	}
	if counting < len(c.Signals)/5 {
		t.Errorf("%d of %d junctions have countdowns", counting, len(c.Signals))
	}
	if states < 10_000 {
		t.Errorf("only %d states were reached", states)
	}
}

// A controller that cuts a second off its inter-greens is found out, with a way to see it.
func TestTheCheckerFindsAShortIntergreen(t *testing.T) {
	c := riverside.City(1)
	_, err := safety.Check(&c.Signals[0], signalMachine(&c.Signals[0], 1))
	var v *safety.Violation
	if !errors.As(err, &v) || !strings.Contains(v.What, "inter-green") && !strings.Contains(v.What, "yellow") || len(v.Inputs) == 0 {
		t.Fatalf("the checker says %v", err)
	}
}

// A controller that ends a green that it counts down a second early, or holds it, is found out.
func TestTheCheckerFindsABrokenCountdown(t *testing.T) {
	j := crossing()
	j.Countdown = true
	j.Stages = []city.Stage{{Movements: []int32{1, 5}}, {Movements: []int32{3, 7}}, {Movements: []int32{0, 4}}, {Movements: []int32{2, 6}}}
	j.Reference = city.PlanSpec{Stages: []city.StageTime{{Stage: 0, Green: 20}, {Stage: 1, Green: 20}, {Stage: 2, Green: 10}, {Stage: 3, Green: 10}}}
	if r, err := safety.Check(j, signalMachine(j, 0)); err != nil {
		t.Fatal(err)
	} else {
		t.Logf("%d states", r.States)
	}
	for _, off := range []int16{-1, 1} {
		m := signalMachine(j, 0)
		step := m.Step
		m.Step = func(k kernel, want uint64) kernel {
			if k.end == 4 {
				k.end += off
			}
			return step(k, want)
		}
		if _, err := safety.Check(j, m); err == nil {
			t.Errorf("a countdown that is %+d s off is not found", off)
		}
	}
}

// crossing is a crossroads with protected left turns: for each leg a left and a straight movement, opposing legs even and odd.
func crossing() *city.Junction {
	j := &city.Junction{ID: "cross", At: orb.Point{}}
	for range 4 {
		j.Movements = append(j.Movements, city.Movement{Turn: city.Left, MinGreen: 4, Yellow: 3}, city.Movement{Turn: city.Straight, MinGreen: 6, Yellow: 3})
	}
	j.Intergreen = make([][]uint8, 8)
	for a := range 8 {
		j.Intergreen[a] = make([]uint8, 8)
		for b := range 8 {
			la, lb := a/2, b/2
			switch {
			case la == lb:
			case (la+lb)%2 == 1: // across
				j.Intergreen[a][b] = uint8(4 + (a+b)%2)
			case a%2 != b%2: // a left turn and the opposing straight
				j.Intergreen[a][b] = 5
			}
		}
	}
	return j
}

// dual is the crossing's usual plan: left turns lead, each ring has one of the opposing legs' straight movements.
func dual() city.RingSpec {
	spec := city.RingSpec{Rings: [][][]int{{{0, 1}, {4, 5}}, {{2, 3}, {6, 7}}}}
	for _, m := range []int32{0, 5, 4, 1, 2, 7, 6, 3} { // left of leg 0, straight of leg 2; left of leg 2, straight of leg 0; …
		ph := city.RingPhase{Movements: []int32{m}, Min: 4, Max: 6}
		if m%2 == 1 {
			ph.Min, ph.Max = 6, 9
		}
		spec.Phases = append(spec.Phases, ph)
	}
	return spec
}

func ringMachine(p city.RingPlan, hasten int16) safety.Machine[RingSignal] {
	// Calls of all phases, of none, and of each pair; traffic that runs on everywhere, nowhere, or in one ring.
	var inputs []uint64
	for a := range p.Phases() {
		for b := a; b < p.Phases(); b++ {
			for _, extend := range []uint64{0, 0xff, 0x0f} {
				inputs = append(inputs, 1<<a|1<<b|extend<<32)
			}
		}
	}
	for _, extend := range []uint64{0, 0xff, 0x0f, 0xf0} {
		inputs = append(inputs, 0xff|extend<<32, extend<<32)
	}
	return safety.Machine[RingSignal]{
		Start:  []RingSignal{NewRingSignal(p)},
		Inputs: func(RingSignal) []uint64 { return inputs },
		Step: func(g RingSignal, in uint64) RingSignal {
			clear := g.Rings[0].Clear
			g.Step(&p, uint32(in), uint32(in>>32))
			if hasten > 0 && clear == 0 && g.Rings[0].Clear > hasten {
				g.Rings[0].Clear -= hasten
			}
			return g
		},
		Green: func(g RingSignal) uint64 {
			now, next := g.Stage(&p)
			set := lit(&p, now)
			if next >= 0 {
				set &= lit(&p, next)
			}
			return set
		},
		Called: func(in uint64, m int) bool {
			for ph := range p.Phases() {
				if in&(1<<ph) != 0 {
					for _, x := range p.Phase(ph).Movements {
						if int(x) == m {
							return true
						}
					}
				}
			}
			return false
		},
	}
}

// lit is the movements of a stage, as a set.
func lit(p *city.RingPlan, stage int) (set uint64) {
	phases, _ := p.Stage(stage)
	for _, ph := range phases {
		for _, m := range p.Phase(ph).Movements {
			set |= 1 << m
		}
	}
	return set
}

// Whatever calls come, rings show nothing unsafe, and nobody who calls waits longer than the plan says.
func TestRingsAreSafeAndServeEveryCall(t *testing.T) {
	j := crossing()
	p, err := city.NewRingPlan(j, dual())
	if err != nil {
		t.Fatal(err)
	}
	r, err := safety.Check(j, ringMachine(p, 0))
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d states, waits %v of %d s", r.States, r.Waits, p.Longest())
	for m, w := range r.Waits {
		if w > p.Longest() {
			t.Errorf("movement %d may wait %d s, the plan says %d s at most", m, w, p.Longest())
		}
		if w < 10 {
			t.Errorf("movement %d never waits over %d s: the search missed something", m, w)
		}
	}
	if _, err := safety.Check(j, ringMachine(p, 1)); err == nil {
		t.Error("a ring that begins a second early was not found out")
	}
}

// An unsafe ring plan can't be made.
func TestUnsafeRingPlansAreRefused(t *testing.T) {
	for name, c := range map[string]struct {
		spoil func(*city.RingSpec)
		says  string
	}{
		"conflict in a phase":     {func(s *city.RingSpec) { s.Phases[1].Movements = []int32{3, 5} }, "conflict"},
		"conflict across rings":   {func(s *city.RingSpec) { s.Rings[0][0], s.Rings[0][1] = s.Rings[0][1], s.Rings[0][0] }, "may be green together"},
		"short minimum":           {func(s *city.RingSpec) { s.Phases[1].Min = 5 }, "needs 6 s"},
		"maximum below minimum":   {func(s *city.RingSpec) { s.Phases[1].Max = 5 }, "less than its minimum"},
		"a movement without":      {func(s *city.RingSpec) { s.Phases[0].Movements = []int32{4} }, "never green"},
		"a phase in no ring":      {func(s *city.RingSpec) { s.Rings[0][0] = []int{0} }, "is in no ring"},
		"a phase twice":           {func(s *city.RingSpec) { s.Rings[0][0] = []int{0, 1, 1} }, "named twice"},
		"uneven barriers":         {func(s *city.RingSpec) { s.Rings[1] = s.Rings[1][:1] }, "groups between barriers"},
		"an empty group":          {func(s *city.RingSpec) { s.Rings[1][1] = nil }, "no phase behind barrier"},
		"a cycle without an end":  {func(s *city.RingSpec) { s.Phases[3].Max = 170 }, "a cycle takes"},
		"a movement that is none": {func(s *city.RingSpec) { s.Phases[3].Movements = []int32{9} }, "not one of its 8"},
	} {
		spec := dual()
		c.spoil(&spec)
		if _, err := city.NewRingPlan(crossing(), spec); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}
