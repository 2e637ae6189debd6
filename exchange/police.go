package exchange

import (
	"encoding/json"
	"fmt"
	"time"

	"citybrain/city"
	"citybrain/twin"
	"citybrain/wire/gb20999"
	"citybrain/wire/http1"
)

// controllers is the traffic police's signal controllers on GB/T 20999-2017.
type controllers struct {
	serials []sequence // of each controller: what it sent of itself
	serial  uint8
	asked   map[controllerAsk]*Command
	loops   [][]city.Loop  // of each junction: its detectors
	faulty  []bool         // by junction: its twin has a fault that its controller reported
	zone    *time.Location // of the controllers' clocks
}

// controllerAsk is what tells the answer to an order.
type controllerAsk struct {
	junction int
	serial   uint8
}

func newControllers(c *city.City) *controllers {
	p := &controllers{serials: make([]sequence, len(c.Signals)), asked: map[controllerAsk]*Command{}, faulty: make([]bool, len(c.Signals)), zone: time.UTC}
	if z, err := time.LoadLocation(c.TimeZone); err == nil {
		p.zone = z
	}
	for j := range c.Signals {
		p.loops = append(p.loops, city.Loops(&c.Streets, &c.Signals[j]))
	}
	return p
}

func (p *controllers) receive(x *Exchange, f *feed, at time.Time, buf []byte) []byte {
	return x.frames(f, at, buf, gb20999.Split, func(b []byte) error {
		m, err := gb20999.DecodeEscaped(b)
		if err != nil {
			return err
		}
		j := int(m.Controller) - 1
		if j < 0 || j >= len(x.city.Signals) {
			return fmt.Errorf("controller %d is not in the city pack", m.Controller)
		}
		switch m.Type {
		case gb20999.Event:
			f.Lost += p.serials[j].arrive(int(m.Serial), 0, 256)
			return p.event(x, f, at, j, m)
		case gb20999.SetDone, gb20999.SetFailed:
			key := controllerAsk{j, m.Serial}
			c := p.asked[key]
			delete(p.asked, key)
			if m.Type == gb20999.SetFailed {
				x.acknowledge(c, errRefused)
			} else {
				x.acknowledge(c, nil)
			}
		}
		return nil
	})
}

func (p *controllers) event(x *Exchange, f *feed, at time.Time, j int, m gb20999.Frame) error {
	id := x.city.Signals[j].ID
	for _, k := range gb20999.Faults(m.Values, p.zone) {
		seen := k.At
		if seen.IsZero() {
			seen = at
		}
		p.faulty[j] = true
		if err := x.observeAt(f, at, seen, URN("TrafficSignal", id), "TrafficSignal", x.city.Signals[j].At, twin.Text("fault", faultName(k.Type), seen)); err != nil {
			return err
		}
	}
	for _, r := range gb20999.RunStates(m.Values) {
		stage := int(r.Stage) - 1
		if stage < 0 || stage >= len(x.city.Signals[j].Stages) {
			return fmt.Errorf("junction %s runs stage %d, its pack has %d", id, r.Stage, len(x.city.Signals[j].Stages))
		}
		err := x.observeAt(f, at, at, URN("TrafficSignal", id), "TrafficSignal", x.city.Signals[j].At, twin.Number("stage", float64(stage), "C62", at), twin.Number("mode", float64(r.Mode), "C62", at),
			twin.Number("plan", float64(r.Plan), "C62", at))
		if err == nil && p.faulty[j] && r.Mode < gb20999.Special {
			p.faulty[j] = false
			err = x.observe(f, at, at, URN("TrafficSignal", id), "TrafficSignal", twin.Text("fault", "none", at))
		}
		if err != nil {
			return err
		}
	}
	data := make([]counted, 0, 8)
	for _, d := range gb20999.Detectors(m.Values) {
		data = append(data, counted{int(d.Detector), int(d.Volume), float64(d.Occupancy) / 100})
	}
	return x.loops(f, at, j, p.loops[j], data)
}

// counted is what a detector, numbered from 1, says of a period: vehicles, and the share of it that it was covered.
type counted struct {
	detector, volume int
	covered          float64
}

// loops notes what detectors of junction j counted. An approach is one entity; what loops of a group of its lanes say has that group's name:
// volumeLeft, occupancyRight.
func (x *Exchange) loops(f *feed, at time.Time, j int, of []city.Loop, data []counted) error {
	id := x.city.Signals[j].ID
	var attrs []twin.Attribute
	for i, d := range data {
		n := d.detector - 1
		if n < 0 || n >= len(of) {
			return fmt.Errorf("junction %s: detector %d of %d", id, d.detector, len(of))
		}
		if d.covered < 0 || d.covered > 1 || d.volume < 0 || d.volume > 200 {
			return fmt.Errorf("junction %s: detector %d reports %d vehicles and %g %% occupancy", id, d.detector, d.volume, 100*d.covered)
		}
		k := &of[n]
		attrs = append(attrs, twin.Number("volume"+k.Lanes.String(), float64(d.volume), "C62", at), twin.Number("occupancy"+k.Lanes.String(), d.covered, "P1", at))
		if i+1 < len(data) {
			if next := data[i+1].detector - 1; next >= 0 && next < len(of) && of[next].Link == k.Link {
				continue
			}
		}
		if err := x.observe(f, at, at, URN("TrafficFlowObserved", x.city.Streets.Links[k.Link].ID), "TrafficFlowObserved", attrs...); err != nil {
			return err
		}
		attrs = nil
	}
	return nil
}

// faultName is a type of the controllers' fault log (GB/T 20999, table A.14) in a word.
func faultName(kind uint8) string {
	switch {
	case kind == 0x10:
		return "conflict"
	case kind == 0x11:
		return "clearance"
	case kind >= 0x20 && kind < 0x30:
		return "lamp"
	case kind >= 0x30 && kind < 0x40:
		return "link"
	}
	return "other"
}

func (p *controllers) tick(*Exchange, *feed) {}

// elsewhere reports whether junction j's controller is none of this feed.
func (x *Exchange) elsewhere(j int, ntcip bool) bool {
	return j >= 0 && j < len(x.city.Signals) && x.city.Signals[j].NTCIP != ntcip
}

func (p *controllers) send(x *Exchange, f *feed, c *Command) (bool, error) {
	if c.Stage != nil && x.elsewhere(c.Stage.Junction, false) || c.Plan != nil && x.elsewhere(c.Plan.Junction, false) {
		return false, nil
	}
	var j int
	var values []gb20999.Value
	switch {
	case c.Stage != nil:
		j = c.Stage.Junction
		if j < 0 || j >= len(x.city.Signals) || c.Stage.Stage < 0 || c.Stage.Stage >= len(x.city.Signals[j].Stages) {
			return true, fmt.Errorf("no stage %d at junction %d", c.Stage.Stage, j)
		}
		var form gb20999.ControlForm
		mode := gb20999.CentreAdaptive
		if c.Stage.Urgent {
			mode = gb20999.CentreManual
		}
		values = []gb20999.Value{form.Stage(1, uint8(c.Stage.Stage+1)), form.Mode(1, mode)}
	case c.Plan != nil:
		j = c.Plan.Junction
		if j < 0 || j >= len(x.city.Signals) {
			return true, fmt.Errorf("no junction %d", j)
		}
		plan, err := city.NewPlan(&x.city.Signals[j], c.Plan.Spec)
		if err != nil {
			return true, err
		}
		w := gb20999.Plan{Number: 2, Intersection: 1, Cycle: uint32(plan.Cycle()), CoordStage: 1, Offset: uint16(((c.Plan.Spec.Offset % plan.Cycle()) + plan.Cycle()) % plan.Cycle())}
		for i, st := range c.Plan.Spec.Stages {
			next := c.Plan.Spec.Stages[(i+1)%len(c.Plan.Spec.Stages)].Stage
			w.Stages = append(w.Stages, gb20999.PlanStage{Stage: uint8(st.Stage + 1), Seconds: uint16(st.Green + x.city.Signals[j].Between(st.Stage, next))})
		}
		if values, err = w.Values(); err != nil {
			return true, err
		}
	default:
		return false, nil
	}
	p.serial++
	b, err := gb20999.AppendEscaped(nil, gb20999.Frame{Version: gb20999.Version100, Center: 1, Controller: uint32(j + 1), Intersection: 1, Serial: p.serial, Type: gb20999.Set, Values: gb20999.Number(values)})
	if err != nil {
		return true, err
	}
	p.asked[controllerAsk{j, p.serial}] = c
	x.write(f, b)
	return true, nil
}

// closures is the traffic police's duty room: closures ordered and reported, crashes reported, and repairs of signals asked for,
// as JSON over HTTP.
type closures struct{ asked []*Command }

func (k *closures) receive(x *Exchange, f *feed, at time.Time, buf []byte) []byte {
	return x.messages(f, at, buf, &k.asked, func(m http1.Message) error {
		var r struct {
			ID, Link string
			Closed   bool
			Lanes    int
		}
		if err := json.Unmarshal(m.Body, &r); err != nil {
			return err
		}
		l, ok := x.links[r.Link]
		if !ok {
			return fmt.Errorf("link %q is not in the city pack", r.Link)
		}
		if m.Target == "/incidents" {
			link := &x.city.Streets.Links[l]
			if r.ID == "" || r.Lanes < 0 || r.Lanes > int(link.Lanes) {
				return fmt.Errorf("incident %q takes %d lanes of link %s, which has %d", r.ID, r.Lanes, r.Link, link.Lanes)
			}
			return x.observeAt(f, at, at, URN("RoadAccident", r.ID), "RoadAccident", link.Line[len(link.Line)-1], twin.Text("link", r.Link, at), twin.Number("lanesBlocked", float64(r.Lanes), "C62", at))
		}
		closed := 0.0
		if r.Closed {
			closed = 1
		}
		return x.observe(f, at, at, URN("RoadClosure", r.Link), "RoadClosure", twin.Number("closed", closed, "C62", at))
	})
}

func (k *closures) tick(*Exchange, *feed) {}

func (k *closures) send(x *Exchange, f *feed, c *Command) (bool, error) {
	if c.Repair != nil {
		return true, x.post(f, &k.asked, c, "/repairs", map[string]any{"junction": c.Repair.Junction})
	}
	if c.Closure == nil {
		return false, nil
	}
	if _, ok := x.links[c.Closure.Link]; !ok {
		return true, fmt.Errorf("no street %q", c.Closure.Link)
	}
	return true, x.post(f, &k.asked, c, "/closures", map[string]any{"link": c.Closure.Link, "closed": c.Closure.Closed})
}

// post writes a command as a JSON request and remembers that its answer is awaited: answers come in the order of requests.
func (x *Exchange) post(f *feed, asked *[]*Command, c *Command, target string, v any) error {
	body, err := json.Marshal(v)
	if err != nil {
		return err
	}
	b, err := http1.Append(nil, http1.Message{Method: "POST", Target: target, Type: "application/json", Body: body})
	if err != nil {
		return err
	}
	*asked = append(*asked, c)
	x.write(f, b)
	return nil
}

// messages cuts HTTP messages: pushes go to use, answers to the commands that await them.
func (x *Exchange) messages(f *feed, at time.Time, buf []byte, asked *[]*Command, use func(http1.Message) error) []byte {
	return x.frames(f, at, buf, http1.Split, func(b []byte) error {
		m, err := http1.Decode(b)
		if err != nil {
			return err
		}
		if m.Method != "" {
			return use(m)
		}
		if len(*asked) == 0 {
			return fmt.Errorf("an answer %d to nothing that was asked", m.Status)
		}
		c := (*asked)[0]
		*asked = (*asked)[1:]
		switch {
		case m.Status == 504:
			// It may have arrived: what the feed shows decides, or the order's end.
		case m.Status >= 300:
			x.acknowledge(c, fmt.Errorf("%w: %d %s", errRefused, m.Status, m.Body))
		default:
			x.acknowledge(c, nil)
		}
		return nil
	})
}
