package gb20999

import "fmt"

// A PlanStage is one stage of a plan's chain.
type PlanStage struct {
	Stage    uint8
	Seconds  uint16 // with its inter-green
	OnDemand bool   // runs only when asked for; fixed otherwise
}

// A Plan is a signal plan as the controller stores it (9.2).
type Plan struct {
	Number       uint8
	Intersection uint8
	Cycle        uint32 // s
	CoordStage   uint8  // place in the chain whose start the offset refers to
	Offset       uint16 // s
	Stages       []PlanStage
}

const (
	chainSize = 16   // most stages of a plan
	fixed     = 0x10 // 9.2.8
	onDemand  = 0x20
)

// Values is the plan as a set frame or a reply carries it, numbered. Chains are filled from the right, the first stage
// rightmost. More than 16 stages, none, or stage 0 are an error.
func (p Plan) Values() ([]Value, error) {
	if len(p.Stages) == 0 || len(p.Stages) > chainSize {
		return nil, fmt.Errorf("gb20999 plan %d: %d stages; give 1 to %d", p.Number, len(p.Stages), chainSize)
	}
	chain, times, kinds := make([]byte, chainSize), make([]byte, 2*chainSize), make([]byte, chainSize)
	for i, s := range p.Stages {
		if s.Stage == 0 {
			return nil, fmt.Errorf("gb20999 plan %d: stage %d of the chain is 0; stages count from 1", p.Number, i+1)
		}
		at := chainSize - 1 - i
		chain[at], kinds[at] = s.Stage, fixed
		times[2*at], times[2*at+1] = byte(s.Seconds>>8), byte(s.Seconds)
		if s.OnDemand {
			kinds[at] = onDemand
		}
	}
	a := func(attribute uint8) Address { return Address{9, 2, attribute, p.Number} }
	return Number([]Value{
		PutUint(a(2), 1, uint64(p.Intersection)), PutUint(a(3), 4, uint64(p.Cycle)), PutUint(a(4), 1, uint64(p.CoordStage)), PutUint(a(5), 2, uint64(p.Offset)),
		{Address: a(6), Data: chain}, {Address: a(7), Data: times}, {Address: a(8), Data: kinds},
	}), nil
}

// Plans reads plans out of a reply or a set frame. A plan without chain or times, or with times that do not stand under
// the chain, is an error; intersection, coordinated stage and stage types may be missing.
func Plans(values []Value) ([]Plan, error) {
	var out []Plan
	for _, e := range elements(values, 9, 2) {
		p := Plan{Number: e}
		var chain, times, kinds []byte
		for _, v := range values {
			if v.Class != 9 || v.Object != 2 || v.Element != e {
				continue
			}
			n, _ := v.Uint()
			switch v.Attribute {
			case 2:
				p.Intersection = uint8(n)
			case 3:
				p.Cycle = uint32(n)
			case 4:
				p.CoordStage = uint8(n)
			case 5:
				p.Offset = uint16(n)
			case 6:
				chain = v.Data
			case 7:
				times = v.Data
			case 8:
				kinds = v.Data
			}
		}
		if chain == nil || len(times) != 2*len(chain) || kinds != nil && len(kinds) != len(chain) {
			return nil, fmt.Errorf("gb20999 plan %d: chain of %d bytes, times of %d, types of %d; ask for 9.2.6, 9.2.7 and 9.2.8 together", e, len(chain), len(times), len(kinds))
		}
		for at := len(chain) - 1; at >= 0 && chain[at] != 0; at-- {
			s := PlanStage{Stage: chain[at], Seconds: uint16(times[2*at])<<8 | uint16(times[2*at+1])}
			s.OnDemand = kinds != nil && kinds[at] == onDemand
			p.Stages = append(p.Stages, s)
		}
		out = append(out, p)
	}
	return out, nil
}

// A ControlForm is how a controller addresses centre control (class 17). Sources differ; the default was answered by the
// recorded controller, which refused the other with NoSuchValue.
type ControlForm int

// The forms.
const (
	ControlTable   ControlForm = iota // 17.1.2.i stage, 17.1.3.i plan, 17.1.4.i mode of intersection i
	ControlObjects                    // 17.2.0.0, 17.3.0.0, 17.4.0.0, intersection in the frame's head
)

func (c ControlForm) value(attribute, intersection, n uint8) Value {
	a := Address{17, 1, attribute, intersection}
	if c == ControlObjects {
		a = Address{17, attribute, 0, 0}
	}
	return Value{1, a, []byte{n}}
}

// Stage steps to a stage now and holds it. The controller's own limits and conflicts bind; renew it or release it with
// Mode, and read RunState back.
func (c ControlForm) Stage(intersection, stage uint8) Value { return c.value(2, intersection, stage) }

// Plan runs a plan.
func (c ControlForm) Plan(intersection, plan uint8) Value { return c.value(3, intersection, plan) }

// Mode sets the mode: CentreManual for a hold, Local or LocalFixed to give back.
func (c ControlForm) Mode(intersection uint8, m Mode) Value {
	return c.value(4, intersection, uint8(m))
}

// A Control is an order of class 17 in either form. Fields that the frame does not set are nil.
type Control struct {
	Intersection uint8
	Stage, Plan  *uint8
	Mode         *Mode
}

// Controls reads the orders out of a set frame, one for each intersection in order of appearance.
func Controls(f Frame) []Control {
	var out []Control
	for _, v := range f.Values {
		if v.Class != 17 || len(v.Data) != 1 {
			continue
		}
		intersection, what := v.Element, v.Attribute
		if v.Object != 1 {
			intersection, what = f.Intersection, v.Object
		}
		if what < 2 || what > 4 {
			continue
		}
		at := len(out)
		for i := range out {
			if out[i].Intersection == intersection {
				at = i
			}
		}
		if at == len(out) {
			out = append(out, Control{Intersection: intersection})
		}
		n := v.Data[0]
		switch what {
		case 2:
			out[at].Stage = &n
		case 3:
			out[at].Plan = &n
		case 4:
			m := Mode(n)
			out[at].Mode = &m
		}
	}
	return out
}

// A PipeCommand is an order of the command pipe (18.1).
type PipeCommand byte

// The commands.
const (
	PipeCancel  PipeCommand = 0
	PipeFlash   PipeCommand = 1
	PipeAllRed  PipeCommand = 2
	PipeLampsOn PipeCommand = 3
	PipeOff     PipeCommand = 4
	PipeReset   PipeCommand = 5
)

// Pipe is the value of the command pipe with one command for each intersection, from 1, at most 16.
func Pipe(commands ...PipeCommand) (Value, error) {
	if len(commands) > 16 {
		return Value{}, fmt.Errorf("gb20999 command pipe: %d commands; it has 16 places", len(commands))
	}
	d := make([]byte, 16)
	for i, c := range commands {
		d[i] = byte(c)
	}
	return Value{1, Address{18, 1, 0, 0}, d}, nil
}
