package world

import (
	"time"

	"citybrain/traffic"
	"citybrain/wire/ntcip1202"
)

// phasesOf is the phases of a stage.
func phasesOf(g *traffic.Signal, stage int) (set ntcip1202.Phases) {
	for _, ph := range g.RingPlan().Shows(stage) {
		set |= ntcip1202.Of(ph + 1)
	}
	return set
}

// allPhases is all that junction j's controller has.
func allPhases(w *World, j int) (set ntcip1202.Phases) {
	g := w.streets.Signal(j)
	for s := range w.city.Signals[j].Stages {
		set |= phasesOf(g, s)
	}
	return set
}

// phaseStatus is which phases of junction j's controller are in a column of its status.
func phaseStatus(w *World, j int, group ntcip1202.Group) ntcip1202.Phases {
	g := w.streets.Signal(j)
	all := allPhases(w, j)
	if g.Mode != traffic.Lit {
		if g.Mode == traffic.Starting && group == ntcip1202.Reds {
			return all
		}
		return 0
	}
	now := phasesOf(g, int(g.Stage))
	green, next := now, ntcip1202.Phases(0)
	if g.Next >= 0 {
		to := phasesOf(g, int(g.Next))
		green, next = now&to, to&^now
	}
	yellow := ntcip1202.Phases(0)
	for ph := 1; ph <= 16; ph++ {
		if (now &^ green).Has(ph) && amber(w, j, ph-1) {
			yellow |= ntcip1202.Of(ph)
		}
	}
	switch group {
	case ntcip1202.Greens:
		return green
	case ntcip1202.Yellows:
		return yellow
	case ntcip1202.Reds:
		return all &^ green &^ yellow
	case ntcip1202.Ons:
		return now
	}
	return next
}

// amber reports whether a phase, from 0, shows yellow to anybody.
func amber(w *World, j, phase int) bool {
	g := w.streets.Signal(j)
	var movements []int32
	if p := g.RingPlan(); p != nil {
		movements = p.Phase(phase).Movements
	} else {
		movements = w.city.Signals[j].Stages[phase].Movements
	}
	for _, m := range movements {
		if g.Lamp(int(m), int32(w.now/time.Second)) == traffic.YellowLamp {
			return true
		}
	}
	return false
}

// ringStatus is what ring r, from 0, of junction j's controller does.
func ringStatus(w *World, j, r int) int {
	g := w.streets.Signal(j)
	p, s := g.RingPlan(), &g.Rings.Rings[r]
	if s.From < 0 {
		if ph := p.Group(r, int(g.Rings.Barrier))[s.At]; int(s.Age) < p.Phase(ph).Min {
			return ntcip1202.RingMinGreen
		}
		return ntcip1202.RingGreenRest
	}
	if amber(w, j, int(s.From)) {
		return ntcip1202.RingYellow | ntcip1202.RingForcedOff
	}
	return ntcip1202.RingRedClear | ntcip1202.RingForcedOff
}
