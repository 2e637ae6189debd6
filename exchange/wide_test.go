package exchange

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"citybrain/city"
	"citybrain/twin"
	"citybrain/wire"
	"citybrain/wire/gb20999"
	"citybrain/wire/modbus"
)

// wide is a city that has more signals and pump stations than one byte can number.
func wide(t *testing.T) (*city.City, *Exchange) {
	t.Helper()
	c := *demo()
	c.Signals = slices.Clone(c.Signals)
	c.Drains.Pumps, c.Drains.Gates = slices.Clone(c.Drains.Pumps), slices.Clone(c.Drains.Gates)
	for len(c.Drains.Pumps) < 300 {
		p := c.Drains.Pumps[0]
		p.ID = fmt.Sprintf("wide%d", len(c.Drains.Pumps))
		c.Drains.Pumps = append(c.Drains.Pumps, p)
	}
	tw := twin.New(twin.Options{Clock: func() time.Time { return start }})
	t.Cleanup(func() { tw.Close() })
	return &c, New(&c, tw.Main())
}

// What one controller answers is not taken for another's answer, however many there are.
func TestManyControllersAreToldApart(t *testing.T) {
	c, x := wide(t)
	one := 0
	for c.Signals[one].NTCIP || c.Signals[one+256].NTCIP {
		one++
	}
	cmd := &Command{ID: "far", Principal: "test", Until: start.Add(time.Hour), Stage: &StageOrder{Junction: one + 256, Stage: 1}}
	if err := x.Order(start, cmd); err != nil {
		t.Fatal(err)
	}
	if _, err := x.Commit(); err != nil {
		t.Fatal(err)
	}
	var asked gb20999.Frame
	for _, p := range x.Send() {
		if p.Feed == "traffic_police/gb20999" {
			raw, _, _ := gb20999.Split(p.Bytes)
			var err error
			if asked, err = gb20999.DecodeEscaped(raw); err != nil {
				t.Fatal(err)
			}
		}
	}
	if int(asked.Controller) != one+257 {
		t.Fatalf("asked %+v", asked)
	}
	answer := func(controller int) {
		t.Helper()
		b, err := gb20999.AppendEscaped(nil, gb20999.Frame{Version: gb20999.Version100, Center: 1, Controller: uint32(controller), Intersection: 1, Serial: asked.Serial, Type: gb20999.SetDone, Values: asked.Values})
		if err != nil {
			t.Fatal(err)
		}
		if err := x.Receive(wire.Packet{Feed: "traffic_police/gb20999", At: start.Add(time.Second), Bytes: b}); err != nil {
			t.Fatal(err)
		}
	}
	if answer(one + 1); state(cmd) != Sent {
		t.Errorf("controller %d answers, and the order to controller %d is %s", one+1, one+257, state(cmd))
	}
	if answer(one + 257); state(cmd) != Acknowledged {
		t.Errorf("it answers itself, and the order is %s", state(cmd))
	}
}

// A stage that has no phase of its own in NTCIP 1202 is refused, instead of leaving the junction without any.
func TestAStageBeyondThePhasesIsRefused(t *testing.T) {
	c, x := wide(t)
	j := len(c.Signals) - 1
	for len(c.Signals[j].Stages) < 18 {
		c.Signals[j].Stages = append(slices.Clone(c.Signals[j].Stages), c.Signals[j].Stages[0])
	}
	c.Signals[j].NTCIP, c.Signals[j].Ring = true, nil
	x = New(c, x.main)
	for stage, want := range map[int]CommandState{15: Sent, 16: Rejected} {
		cmd := &Command{ID: fmt.Sprint("s", stage), Principal: "test", Until: start.Add(time.Hour), Stage: &StageOrder{Junction: j, Stage: stage}}
		if err := x.Order(start, cmd); err != nil {
			t.Fatal(err)
		}
		if is, why := cmd.State(); is != want || want == Rejected && !strings.Contains(why, "16") {
			t.Errorf("stage %d is %s %s", stage, is, why)
		}
	}
}

// An order to a pump station that has no unit on the bus is refused: it does not reach a gate.
func TestAPumpBeyondTheBusIsRefused(t *testing.T) {
	c, x := wide(t)
	for i, want := range map[int]CommandState{city.MaxPumps - 1: Sent, city.MaxPumps: Rejected} {
		cmd := &Command{ID: fmt.Sprint("p", i), Principal: "test", Until: start.Add(time.Hour), Pump: &PumpOrder{ID: c.Drains.Pumps[i].ID, Units: 1}}
		if err := x.Order(start, cmd); err != nil {
			t.Fatal(err)
		}
		if is, why := cmd.State(); is != want {
			t.Errorf("pump %d is %s %s", i, is, why)
		}
	}
	if err := x.Tick(start.Add(time.Minute)); err != nil {
		t.Fatal(err)
	}
	if _, err := x.Commit(); err != nil {
		t.Fatal(err)
	}
	pumps := 0
	for _, p := range x.Send() {
		if p.Feed != "water/modbus" {
			continue
		}
		for b := p.Bytes; len(b) > 0; {
			raw, _, n := modbus.Split(b)
			f, err := modbus.Decode(raw)
			if err != nil {
				t.Fatal(err)
			}
			if b = b[n:]; f.Unit < city.GateUnit {
				pumps++
			} else if int(f.Unit) >= city.GateUnit+len(c.Drains.Gates) {
				t.Errorf("unit %d is asked, which is neither", f.Unit)
			}
		}
	}
	if pumps == 0 {
		t.Error("no pump station is asked")
	}
}
