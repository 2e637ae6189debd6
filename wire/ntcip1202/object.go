package ntcip1202

import (
	"fmt"
	"slices"
)

// asc is the root of the objects of actuated signal controllers.
var asc = OID{1, 3, 6, 1, 4, 1, 1206, 4, 2, 1}

func under(arcs ...uint32) OID { return append(slices.Clone(asc), arcs...) }

// Phases is a set of phases 1 to 16.
type Phases uint16

// Of returns the set of some phases.
func Of(phases ...int) Phases {
	var s Phases
	for _, p := range phases {
		if p >= 1 && p <= 16 {
			s |= 1 << (p - 1)
		}
	}
	return s
}

// Has reports whether phase p is in the set.
func (s Phases) Has(p int) bool { return p >= 1 && p <= 16 && s&(1<<(p-1)) != 0 }

// A Group is a column of the phase status (1.4) or the phase control group (1.5), of which each row has eight phases.
type Group uint32

// Columns of the status.
const (
	Reds    Group = 2
	Yellows Group = 3
	Greens  Group = 4
	Walks   Group = 7
	Ons     Group = 10 // green, or being cleared
	Nexts   Group = 11
)

// Columns of the control group.
const (
	Omit      Group = 2
	PedOmit   Group = 3
	Hold      Group = 4
	ForceOff  Group = 5
	VehCall   Group = 6
	PedCall   Group = 7
	statusArc       = 4
	orderArc        = 5
)

// Other objects.
var (
	UnitFlash     = under(3, 6, 0)  // unitFlashStatus
	Pattern       = under(4, 10, 0) // coordPatternStatus: the pattern that runs
	SystemPattern = under(4, 14, 0) // systemPatternControl: 0 gives the controller back to itself
	Sequence      = under(2, 5, 1, 0)
)

// Values of UnitFlash (3.6).
const (
	NotFlash     = 2
	FlashByFault = 5 // by the controller's own monitor of faults …
	FlashByMMU   = 6 // … and by the malfunction management unit
	FlashStartup = 7
)

// Status names a row of a column of the phase status, and Order one of the control group. Rows count from 1.
func Status(g Group, row int) OID { return under(1, statusArc, 1, uint32(g), uint32(row)) }
func Order(g Group, row int) OID  { return under(1, orderArc, 1, uint32(g), uint32(row)) }

// RingStatus names what ring r, from 1, does (7.6). Its lowest three bits are one of the states below.
func RingStatus(r int) OID { return under(7, 6, 1, 1, uint32(r)) }

// States of a ring, and the bit that says its last green was forced off.
const (
	RingMinGreen  = 0
	RingGreenRest = 3
	RingYellow    = 4
	RingRedClear  = 5
	RingState     = 7 // mask
	RingForcedOff = 1 << 5
)

// Preempt names the control state of preempt n (6.3), from 1: set to other than 0 it does what the preempt's own input would, and to 0 ends it.
func Preempt(n int) OID { return under(6, 3, 1, 2, uint32(n)) }

// Volume and Occupancy name what detector n, from 1, counted in its last period: vehicles, and half percents (0–200).
func Volume(n int) OID    { return under(2, 5, 4, 1, 1, uint32(n)) }
func Occupancy(n int) OID { return under(2, 5, 4, 1, 2, uint32(n)) }

// Columns of a pattern (4.7) and of a phase's split (4.9).
const (
	cycleTime   = 2
	offsetTime  = 3
	splitNumber = 4
	splitTime   = 3
)

// A Plan is a pattern with its splits.
type Plan struct {
	Number int // 1 to 253, of the pattern and of its split
	Cycle  int // s, at most 255
	Offset int // s
	Splits []int
}

// Ask is a question's variables for some objects.
func Ask(names ...OID) []Var {
	out := make([]Var, len(names))
	for i, n := range names {
		out[i] = Var{Name: n, Empty: true}
	}
	return out
}

// Put is a variable with a number.
func Put(name OID, n int) Var { return Var{Name: name, Number: int64(n)} }

// Vars is the plan as a set carries it, the order to run it last. It is an error if it does not fit the objects' ranges.
func (p Plan) Vars() ([]Var, error) {
	if p.Number < 1 || p.Number > 253 || p.Cycle < 1 || p.Cycle > 255 || p.Offset < 0 || p.Offset > 254 || len(p.Splits) < 1 || len(p.Splits) > 16 {
		return nil, fmt.Errorf("ntcip1202 pattern %d: cycle %d s, offset %d s, %d splits; 1–253, 1–255, 0–254, 1–16", p.Number, p.Cycle, p.Offset, len(p.Splits))
	}
	n := uint32(p.Number)
	out := []Var{Put(under(4, 7, 1, cycleTime, n), p.Cycle), Put(under(4, 7, 1, offsetTime, n), p.Offset), Put(under(4, 7, 1, splitNumber, n), p.Number)}
	for i, s := range p.Splits {
		if s < 0 || s > 255 {
			return nil, fmt.Errorf("ntcip1202 pattern %d: a split of %d s for phase %d; 0 to 255", p.Number, s, i+1)
		}
		out = append(out, Put(under(4, 9, 1, splitTime, n, uint32(i+1)), s))
	}
	return append(out, Put(SystemPattern, p.Number)), nil
}

// ReadPlan reads the plan out of a set's variables, false if there is none.
func ReadPlan(vars []Var) (p Plan, ok bool) {
	for i := range vars {
		v := &vars[i]
		a := below(v.Name)
		switch {
		case v.Bytes != nil || v.Empty || v.Missing || v.Number < 0 || v.Number > 255:
		case len(a) == 5 && a[0] == 4 && a[1] == 7 && a[3] == cycleTime:
			p.Number, p.Cycle, ok = int(a[4]), int(v.Number), true
		case len(a) == 5 && a[0] == 4 && a[1] == 7 && a[3] == offsetTime:
			p.Offset = int(v.Number)
		case len(a) == 6 && a[0] == 4 && a[1] == 9 && a[3] == splitTime && a[5] >= 1 && a[5] <= 16:
			for len(p.Splits) < int(a[5]) {
				p.Splits = append(p.Splits, 0)
			}
			p.Splits[a[5]-1] = int(v.Number)
		}
	}
	return p, ok && len(p.Splits) > 0
}

// below is the arcs of a name below asc, nil if it is none.
func below(o OID) OID {
	if len(o) <= len(asc) || !slices.Equal(o[:len(asc)], asc) {
		return nil
	}
	return o[len(asc):]
}

// Set16 writes a set of phases as a control group's column takes it: two rows of eight.
func Set16(g Group, s Phases) []Var {
	return []Var{Put(Order(g, 1), int(s&0xff)), Put(Order(g, 2), int(s>>8))}
}

// Orders reads a column of the control group out of a set's variables, false if it is not there.
func Orders(vars []Var, g Group) (s Phases, ok bool) { return phases(vars, orderArc, g) }

// States reads a column of the phase status out of a response.
func States(vars []Var, g Group) (s Phases, ok bool) { return phases(vars, statusArc, g) }

func phases(vars []Var, table uint32, g Group) (s Phases, ok bool) {
	for i := range vars {
		v, a := &vars[i], below(vars[i].Name)
		if len(a) == 5 && a[0] == 1 && a[1] == table && a[3] == uint32(g) && (a[4] == 1 || a[4] == 2) && v.Bytes == nil && !v.Empty && !v.Missing {
			s, ok = s|Phases(v.Number&0xff)<<(8*(a[4]-1)), true
		}
	}
	return s, ok
}

// Number returns the number of an object in a response.
func Number(vars []Var, name OID) (int, bool) {
	for i := range vars {
		if v := &vars[i]; slices.Equal(v.Name, name) && v.Bytes == nil && !v.Empty && !v.Missing {
			return int(v.Number), true
		}
	}
	return 0, false
}

// Detector reports which of what detector an object's name asks for: 1 volume, 2 occupancy.
func Detector(o OID) (n, column int, ok bool) {
	a := below(o)
	if len(a) != 6 || !slices.Equal(a[:4], OID{2, 5, 4, 1}) {
		return 0, 0, false
	}
	return int(a[5]), int(a[4]), a[4] == 1 || a[4] == 2
}
