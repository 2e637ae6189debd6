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

// A controller of rings shows each of its phases in one colour, goes to a phase of each ring that is asked for whole, takes a pattern whose rings come to
// the barriers together, and its monitor sees nothing wrong; what is unsafe or makes no sense it refuses.
func TestAnAgentOfRings(t *testing.T) {
	c := *riverside.City(1)
	c.Terrain, c.Drains = nil, city.Drains{}
	j := c.RunRings()[0]
	none := 0.0
	w, err := New(&c, Config{Seed: 4, Start: time.Date(2026, 7, 14, 9, 0, 0, 0, time.UTC), Hours: 0.5, TripsPerHour: 10, Calm: true, Failing: &none})
	if err != nil {
		t.Fatal(err)
	}
	request := int32(0)
	say := func(typ ntcip1202.Type, vars ...ntcip1202.Var) ntcip1202.Message {
		t.Helper()
		w.Send()
		request++
		b, err := ntcip1202.Append(nil, ntcip1202.Message{Community: "asc@" + strconv.Itoa(j+1), Type: typ, Request: request, Vars: vars})
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
				return m
			}
		}
		t.Fatal("no answer")
		return ntcip1202.Message{}
	}
	plan, ok, err := c.Signals[j].Rings()
	if err != nil || !ok {
		t.Fatal(ok, err)
	}
	var all ntcip1202.Phases
	for ph := range plan.Phases() {
		all |= ntcip1202.Of(ph + 1)
	}
	sides := map[int]bool{} // how many rings were seen changing at once
	step := func(d time.Duration) {
		t.Helper()
		for end := w.now + d; w.now < end; {
			if err := w.Step(context.Background(), w.now+5*time.Second); err != nil {
				t.Fatal(err)
			}
			var names []ntcip1202.OID
			for _, g := range [...]ntcip1202.Group{ntcip1202.Reds, ntcip1202.Yellows, ntcip1202.Greens, ntcip1202.Ons, ntcip1202.Nexts} {
				names = append(names, ntcip1202.Status(g, 1))
			}
			m := say(ntcip1202.Get, ntcip1202.Ask(append(names, ntcip1202.RingStatus(1), ntcip1202.RingStatus(2))...)...)
			if m.Error != ntcip1202.NoError || len(m.Vars) != 7 {
				t.Fatalf("%v: %+v", w.now, m)
			}
			of := func(i int) ntcip1202.Phases { return ntcip1202.Phases(m.Vars[i].Number) }
			red, yellow, green, on, next := of(0), of(1), of(2), of(3), of(4)
			if red|yellow|green != all || red&yellow|red&green|yellow&green != 0 || green&^on != 0 || next&^red != 0 {
				t.Fatalf("%v: reds %08b, yellows %08b, greens %08b, on %08b, next %08b", w.now, red, yellow, green, on, next)
			}
			changing := 0
			for r := range plan.Rings() {
				state := int(m.Vars[5+r].Number) & ntcip1202.RingState
				if state == ntcip1202.RingYellow || state == ntcip1202.RingRedClear {
					changing++
				}
			}
			sides[changing] = true
			if changing == 0 && next != 0 {
				t.Fatalf("%v: no ring changes, and %08b come next", w.now, next)
			}
		}
	}
	order := func(want ntcip1202.Phases, call ntcip1202.Phases) int {
		vars := append(ntcip1202.Set16(ntcip1202.Omit, all&^want), ntcip1202.Set16(ntcip1202.Hold, want)...)
		vars = append(append(vars, ntcip1202.Set16(ntcip1202.ForceOff, all&^want)...), ntcip1202.Set16(ntcip1202.VehCall, call)...)
		return say(ntcip1202.Set, vars...).Error
	}
	step(3 * time.Minute)
	for _, s := range []int{0, 2, 1, 0, 3, 1, 4, 6, 5, 4, 7} {
		want := phasesOf(w.streets.Signal(j), s)
		for k := 0; int(w.streets.Signal(j).Stage) != s || w.streets.Signal(j).Next >= 0; k++ {
			if k > 12 { // somebody who waited longer may come first
				t.Fatalf("%v: stage %d was asked for and does not come", w.now, s)
			}
			if e := order(want, want); e != ntcip1202.NoError {
				t.Fatalf("stage %d, phases %08b: error %d", s, want, e)
			}
			step(20 * time.Second)
		}
	}
	if !sides[1] || !sides[2] {
		t.Errorf("rings that were seen changing at once: %v", sides)
	}
	first := phasesOf(w.streets.Signal(j), 0)
	for what, e := range map[string]int{
		"a phase that nobody calls":          order(first, 0),
		"phases of one ring":                 order(ntcip1202.Of(1, 2), ntcip1202.Of(1, 2)),
		"phases on either side of a barrier": order(ntcip1202.Of(1, 8), ntcip1202.Of(1, 8)),
		"one ring alone":                     order(ntcip1202.Of(1), ntcip1202.Of(1)),
	} {
		if e != ntcip1202.BadValue {
			t.Errorf("%s: error %d", what, e)
		}
	}
	good, err := plan.Splits(c.Signals[j].Reference)
	if err != nil {
		t.Fatal(err)
	}
	cycle := good[0] + good[1] + good[2] + good[3]
	for _, x := range []struct {
		what  string
		spoil func(p *ntcip1202.Plan)
		says  int
	}{
		{"the reference plan", func(*ntcip1202.Plan) {}, ntcip1202.NoError},
		{"one left turn longer than the other", func(p *ntcip1202.Plan) {
			p.Splits[4], p.Splits[1], p.Cycle = p.Splits[4]+15, p.Splits[1]+15, p.Cycle+15
		}, ntcip1202.NoError},
		{"rings that come to a barrier apart", func(p *ntcip1202.Plan) { p.Splits[1] += 5 }, ntcip1202.BadValue},
		{"splits that are not the cycle", func(p *ntcip1202.Plan) { p.Cycle++ }, ntcip1202.BadValue},
		{"a green below its minimum", func(p *ntcip1202.Plan) { p.Splits[0], p.Splits[1] = p.Splits[0]+p.Splits[1]-15, 15 }, ntcip1202.BadValue},
	} {
		p := ntcip1202.Plan{Number: 2, Cycle: cycle, Splits: append([]int(nil), good...)}
		x.spoil(&p)
		vars, err := p.Vars()
		if err != nil {
			t.Fatal(err)
		}
		if e := say(ntcip1202.Set, vars...).Error; e != x.says {
			t.Errorf("%s: error %d", x.what, e)
		}
	}
	step(5 * time.Minute)
	if m := w.Monitors(); m.Tripped > 0 {
		t.Errorf("monitors saw something: %+v", m)
	}
}
