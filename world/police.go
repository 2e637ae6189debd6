package world

import (
	"fmt"
	"time"

	"citybrain/city"
	"citybrain/city/chance"
	"citybrain/traffic"
	"citybrain/wire/gb20999"
)

// controllers is the traffic police's signal controllers on GB/T 20999-2017, on one line through their concentrator.
type controllers struct {
	line
	buf      []byte
	serials  []uint8       // of each controller: its messages so far
	loops    [][]city.Loop // of each controller
	counted  [][]uint32    // vehicles over each loop at the last statistics
	broken   []bool        // by junction: its detectors report nothing
	faults   [][]LoopFault // of each loop
	wear     chance.Source
	periods  []int // of each controller that is asked for them: how many are over …
	newest   [][]gb20999.DetectorData
	monitors []*conflictMonitor
	cabinets []cabinet
	occupied [][]int // seconds of the last period in which each loop was covered
	shown    []int16
	stored   []city.PlanSpec // plan 2 of each controller: the one that the centre downloads
}

// detectorPeriod is the time over which controllers count.
const detectorPeriod = 15 * time.Second

// setback is how far before the stop line such detectors lie, m.
const setback = 40

func newControllers(w *World) *controllers {
	p := &controllers{line: newLine(w.cfg.Seed, "traffic_police/gb20999", 0.2, 0.002, 0), loops: make([][]city.Loop, len(w.city.Signals)), counted: make([][]uint32, len(w.city.Signals)), occupied: make([][]int, len(w.city.Signals)),
		serials: make([]uint8, len(w.city.Signals)), broken: make([]bool, len(w.city.Signals)), shown: make([]int16, len(w.city.Signals)), stored: make([]city.PlanSpec, len(w.city.Signals)), faults: make([][]LoopFault, len(w.city.Signals)), wear: chance.New(w.cfg.Seed, "world/loops/wear"), periods: make([]int, len(w.city.Signals)), newest: make([][]gb20999.DetectorData, len(w.city.Signals))}
	p.cabinets = drawCabinets(w.city, w.cfg)
	draw := chance.New(w.cfg.Seed, "world/detectors")
	for j := range p.broken {
		p.broken[j] = draw.Float(uint64(j), 0) < 0.02
		p.shown[j] = -1
		p.monitors = append(p.monitors, newConflictMonitor(&w.city.Signals[j]))
		p.loops[j] = city.Loops(&w.city.Streets, &w.city.Signals[j])
		p.faults[j] = drawFaults(w.cfg, j, p.loops[j])
		p.counted[j], p.occupied[j] = make([]uint32, len(p.loops[j])), make([]int, len(p.loops[j]))
	}
	return p
}

func (p *controllers) tick(w *World) {
	// Whether a loop is covered is looked at every 5 s; a queue that reaches it covers it.
	for j := range p.loops {
		for n := range p.loops[j] {
			if p.covered(w, &p.loops[j][n]) {
				p.occupied[j][n] += 5
			}
		}
	}
	for j := range w.city.Signals {
		g := w.streets.Signal(j)
		if w.city.Signals[j].NTCIP {
			// It speaks when it is asked.
		} else if state := g.Stage<<3 | int16(g.Mode)<<1 | int16(btoi(g.Next >= 0)); state != p.shown[j] || w.now%time.Minute == time.Duration(j%12)*5*time.Second {
			p.shown[j] = state
			p.event(w, j, p.runState(w, j).Values())
		}
		if w.now%detectorPeriod == time.Duration(j%3)*5*time.Second && !p.broken[j] {
			list := p.statistics(w, j)
			if w.city.Signals[j].NTCIP {
				p.periods[j], p.newest[j] = p.periods[j]+1, list
				continue
			}
			var values []gb20999.Value
			for _, d := range list {
				values = append(values, d.Values()...)
			}
			if len(values) > 0 {
				p.event(w, j, values)
			}
		}
	}
}

func (p *controllers) runState(w *World, j int) gb20999.RunState {
	g := w.streets.Signal(j)
	mode := gb20999.LocalFixed
	if w.now.Seconds() < float64(g.Lease) {
		mode = gb20999.CentreManual
	}
	switch g.Mode {
	case traffic.Flashing:
		mode = gb20999.SpecialFlash
	case traffic.Starting:
		mode = gb20999.SpecialAllRed
	}
	stage := g.Stage
	if g.Next >= 0 {
		stage = g.Next
	}
	return gb20999.RunState{Intersection: 1, Mode: mode, Plan: 1, Stage: uint8(stage) + 1}
}

// covered reports whether a queue stands on loop k.
func (p *controllers) covered(w *World, k *city.Loop) bool {
	link := &w.city.Streets.Links[k.Link]
	if link.Detector == city.DetectorEntry {
		return float64(w.standing(k.Link))*city.JamSpacing/float64(link.Lanes) > link.Length-20
	}
	first := &w.city.Streets.Turns[k.Turns[0]]
	standing := w.streets.Queue(k.Link, first.Kind)
	if link.Detector == city.DetectorStopLine {
		return standing > 0
	}
	return float64(standing)*city.JamSpacing/float64(max(first.Lanes, 1)) > setback
}

// passed returns the vehicles that went over loop k since the start.
func (p *controllers) passed(w *World, k *city.Loop) uint32 {
	if w.city.Streets.Links[k.Link].Detector == city.DetectorEntry {
		return w.streets.Counts(k.Link).Entered
	}
	var n uint32
	for _, t := range k.Turns {
		n += w.streets.Crossed()[t]
	}
	return n
}

// statistics is the volume and occupancy of each loop in the period that ends now.
func (p *controllers) statistics(w *World, j int) []gb20999.DetectorData {
	var list []gb20999.DetectorData
	for n := range p.loops[j] {
		k := &p.loops[j][n]
		now := p.passed(w, k)
		volume := now - p.counted[j][n]
		p.counted[j][n] = now
		// Loops miss about one vehicle in fifty.
		for i := volume; i > 0; i-- {
			if p.draw.Float(uint64(k.Turns[0])<<32|uint64(w.now/time.Second), uint64(i)+10) < 0.02 {
				volume--
			}
		}
		period := int(detectorPeriod / time.Second)
		says, covered := p.faults[j][n].says(p.wear, w.now, int(volume), min(p.occupied[j][n], period), period)
		list = append(list, gb20999.DetectorData{Detector: uint8(n + 1), Volume: uint16(says), Occupancy: uint8(covered * 100 / period)})
		p.occupied[j][n] = 0
	}
	return list
}

func (p *controllers) event(w *World, j int, values []gb20999.Value) {
	p.serials[j]++
	p.write(w, gb20999.Frame{Version: gb20999.Version100, Center: 1, Controller: uint32(j + 1), Intersection: 1, Serial: p.serials[j], Type: gb20999.Event, Values: gb20999.Number(values)}, false)
}

func (p *controllers) write(w *World, f gb20999.Frame, reply bool) {
	b, err := gb20999.AppendEscaped(nil, f)
	if err != nil {
		panic(fmt.Sprintf("world: a controller composed a frame that its own protocol refuses: %v", err))
	}
	p.send(w, b, reply)
}

// receive obeys set frames as a controller does: a stage to hold, a plan to store and run, back to local.
func (p *controllers) receive(w *World, b []byte) {
	p.buf = append(p.buf, b...)
	for {
		raw, _, n := gb20999.Split(p.buf)
		p.buf = p.buf[n:]
		if raw == nil {
			return
		}
		f, err := gb20999.DecodeEscaped(raw)
		if err != nil || f.Type != gb20999.Set || f.Controller < 1 || int(f.Controller) > len(w.city.Signals) || w.city.Signals[f.Controller-1].NTCIP {
			continue
		}
		p.write(w, f.Answer(p.obey(w, int(f.Controller)-1, f)), true)
	}
}

func (p *controllers) obey(w *World, j int, f gb20999.Frame) bool {
	junction := &w.city.Signals[j]
	if plans, err := gb20999.Plans(f.Values); err == nil && len(plans) == 1 {
		spec := city.PlanSpec{Offset: int(plans[0].Offset)}
		for i, st := range plans[0].Stages {
			// A stage's time on the wire has its inter-green in it.
			next := plans[0].Stages[(i+1)%len(plans[0].Stages)].Stage
			if st.Stage < 1 || int(st.Stage) > len(junction.Stages) || next < 1 || int(next) > len(junction.Stages) {
				return false
			}
			spec.Stages = append(spec.Stages, city.StageTime{Stage: int(st.Stage) - 1, Green: int(st.Seconds) - junction.Between(int(st.Stage)-1, int(next)-1)})
		}
		return p.store(w, j, spec)
	}
	good := false
	for _, c := range gb20999.Controls(f) {
		stage, lease := int(w.streets.Signal(j).Stage), time.Duration(0)
		if c.Stage != nil {
			stage, lease = int(*c.Stage)-1, wishLease
		}
		if good = p.ask(w, j, stage, lease, c.Mode != nil && *c.Mode == gb20999.CentreManual); !good {
			return false
		}
	}
	return good
}

// wishLease is how long a controller keeps to a stage that it was asked for.
const wishLease = 45 * time.Second

// ask has junction j's controller go to a stage, in its own time, what the centre asks by hand with the urgency of an emergency; false: it does not take orders, or there is no such stage.
func (p *controllers) ask(w *World, j, stage int, lease time.Duration, urgent bool) bool {
	if w.streets.Signal(j).Mode == traffic.Flashing || stage < 0 || stage >= len(w.city.Signals[j].Stages) {
		return false // its monitor has it flash, and nobody takes that back from afar
	}
	return w.streets.Input(w.now, traffic.StageRequest{Junction: j, Stage: stage, Lease: lease, Urgent: urgent}) == nil
}

// store has junction j's controller run a plan; false: its own guard refuses it, or it does not take orders.
func (p *controllers) store(w *World, j int, spec city.PlanSpec) bool {
	plan, err := city.NewPlan(&w.city.Signals[j], spec)
	return err == nil && w.streets.Signal(j).Mode != traffic.Flashing && w.streets.Input(w.now, traffic.PlanDownload{Junction: j, Plan: plan}) == nil
}

// standing is the number of vehicles that stand on link l.
func (w *World) standing(l int32) int {
	n := 0
	for v := range w.streets.OnLink(l) {
		if v.Waiting {
			n++
		}
	}
	return n
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}

// Waiting returns the vehicles that stand before junction j's lights. Only the account and tests may read it.
func (w *World) Waiting(j int) int {
	n := 0
	for _, l := range city.Approaches(&w.city.Signals[j]) {
		n += w.standing(l)
	}
	return n
}
