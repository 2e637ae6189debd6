package world

import (
	"context"
	"strconv"
	"testing"
	"time"

	"citybrain/city"
	"citybrain/city/riverside"
	"citybrain/wire"
	"citybrain/wire/ntcip1202"
)

// An agent's own guard refuses what is unsafe or makes no sense, whole; what it does not know has no such name, and who has the wrong
// community is not answered.
func TestAgentsGuardThemselves(t *testing.T) {
	c := *riverside.City(1)
	c.Terrain, c.Drains = nil, city.Drains{}
	j := 0
	for !c.Signals[j].NTCIP || c.Signals[j].Ring != nil {
		j++
	}
	w, err := New(&c, Config{Seed: 4, Start: time.Date(2026, 7, 14, 9, 0, 0, 0, time.UTC), Hours: 0.1, TripsPerHour: 10, Calm: true})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Step(context.Background(), time.Minute); err != nil {
		t.Fatal(err)
	}
	w.Send()
	name := "asc@" + strconv.Itoa(j+1)
	say := func(community string, typ ntcip1202.Type, vars ...ntcip1202.Var) (ntcip1202.Message, bool) {
		t.Helper()
		b, err := ntcip1202.Append(nil, ntcip1202.Message{Community: community, Type: typ, Request: 7, Vars: vars})
		if err != nil {
			t.Fatal(err)
		}
		if err := w.Receive(wire.Packet{Feed: "traffic_police/ntcip1202", Bytes: b}); err != nil {
			t.Fatal(err)
		}
		for _, p := range w.Send() {
			if p.Feed == "traffic_police/ntcip1202" {
				m, err := ntcip1202.Decode(p.Bytes)
				if err != nil {
					t.Fatal(err)
				}
				return m, true
			}
		}
		return ntcip1202.Message{}, false
	}
	at := &c.Signals[j]
	plan := ntcip1202.Plan{Number: 2, Splits: make([]int, len(at.Stages))}
	round := at.Round()
	for i, s := range round {
		plan.Splits[s] = at.StageMinGreen(s) + at.Between(s, round[(i+1)%len(round)]) + 2
		plan.Cycle += plan.Splits[s]
	}
	set := func(p ntcip1202.Plan) int {
		vars, err := p.Vars()
		if err != nil {
			t.Fatal(err)
		}
		m, ok := say(name, ntcip1202.Set, vars...)
		if !ok || m.Type != ntcip1202.Response || m.Request != 7 {
			t.Fatalf("answered %+v", m)
		}
		return m.Error
	}
	if e := set(plan); e != ntcip1202.NoError {
		t.Errorf("a good plan: error %d", e)
	}
	short := plan
	short.Splits = append([]int(nil), plan.Splits...)
	short.Splits[0], short.Cycle = short.Splits[0]-5, short.Cycle-5
	uneven := plan
	uneven.Cycle++
	missing := plan
	missing.Splits = plan.Splits[:1]
	missing.Cycle = plan.Splits[0]
	for what, p := range map[string]ntcip1202.Plan{"a green cut below its minimum": short, "splits that are not the cycle": uneven, "stages that never come": missing} {
		if e := set(p); e != ntcip1202.BadValue {
			t.Errorf("%s: error %d", what, e)
		}
	}
	both := append(ntcip1202.Set16(ntcip1202.Hold, ntcip1202.Of(1, 2)), ntcip1202.Set16(ntcip1202.ForceOff, 0)...)
	if m, _ := say(name, ntcip1202.Set, both...); m.Error != ntcip1202.BadValue {
		t.Errorf("two phases held at once: error %d", m.Error)
	}
	// A stage is an emergency's where its preempt is set with it, and no longer.
	for _, urgent := range []int{1, 0} {
		order := append(ntcip1202.Set16(ntcip1202.Omit, ntcip1202.Of(1)), ntcip1202.Set16(ntcip1202.Hold, ntcip1202.Of(2))...)
		order = append(append(order, ntcip1202.Set16(ntcip1202.ForceOff, ntcip1202.Of(1))...), ntcip1202.Put(ntcip1202.Preempt(2), urgent))
		if m, _ := say(name, ntcip1202.Set, order...); m.Error != ntcip1202.NoError {
			t.Fatalf("a stage with preempt %d: error %d", urgent, m.Error)
		}
		if err := w.Step(context.Background(), w.now+10*time.Second); err != nil {
			t.Fatal(err)
		}
		m, _ := say(name, ntcip1202.Get, ntcip1202.Ask(ntcip1202.Preempt(1), ntcip1202.Preempt(2))...)
		if w.streets.Signal(j).Urgent != (urgent == 1) || len(m.Vars) != 2 || m.Vars[0].Number != 0 || m.Vars[1].Number != int64(urgent) {
			t.Errorf("preempt %d: urgent %v, read back %+v", urgent, w.streets.Signal(j).Urgent, m.Vars)
		}
	}
	if m, _ := say(name, ntcip1202.Get, ntcip1202.Ask(ntcip1202.UnitFlash, ntcip1202.Volume(99))...); m.Error != ntcip1202.NoSuchName || m.ErrorIndex != 2 {
		t.Errorf("an object that is not there: %+v", m)
	}
	// An order that comes twice, as datagrams do, is answered twice and obeyed once; the same again later is a new one.
	hold := append(ntcip1202.Set16(ntcip1202.Hold, ntcip1202.Of(1)), ntcip1202.Set16(ntcip1202.ForceOff, ntcip1202.Of(2))...)
	lease := func() int32 { return w.streets.Signal(j).Lease }
	if m, _ := say(name, ntcip1202.Set, hold...); m.Error != ntcip1202.NoError {
		t.Fatalf("an order: error %d", m.Error)
	}
	step := func(d time.Duration) {
		t.Helper()
		if err := w.Step(context.Background(), w.now+d); err != nil {
			t.Fatal(err)
		}
		w.Send()
	}
	step(5 * time.Second)
	was := lease()
	for _, after := range []time.Duration{10 * time.Second, 50 * time.Second} {
		step(after)
		if m, ok := say(name, ntcip1202.Set, hold...); !ok || m.Error != ntcip1202.NoError || m.Request != 7 {
			t.Errorf("%v later: answered %v, %+v", after, ok, m)
		}
		step(5 * time.Second)
		if again := lease() != was; again != (after > 10*time.Second) {
			t.Errorf("%v later: the lease was %d, is %d", after, was, lease())
		}
	}
	if _, ok := say("public", ntcip1202.Get, ntcip1202.Ask(ntcip1202.UnitFlash)...); ok {
		t.Error("a stranger is answered")
	}
}
