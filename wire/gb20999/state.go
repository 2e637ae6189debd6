package gb20999

import "time"

// A Mode is who runs an intersection and how (13.2.2, 17.1.4).
type Mode byte

// The modes.
const (
	Centre            Mode = 0x10
	CentreTimetable   Mode = 0x11
	CentreOptimised   Mode = 0x12
	CentreCoordinated Mode = 0x13
	CentreAdaptive    Mode = 0x14
	CentreManual      Mode = 0x15
	Local             Mode = 0x20
	LocalFixed        Mode = 0x21
	LocalActuated     Mode = 0x22
	LocalCoordinated  Mode = 0x23
	LocalAdaptive     Mode = 0x24
	LocalManual       Mode = 0x25
	Special           Mode = 0x30
	SpecialFlash      Mode = 0x31
	SpecialAllRed     Mode = 0x32
	SpecialOff        Mode = 0x33
)

// A Lamp is the colour of a lamp group (3.3.1).
type Lamp byte

// The colours.
const (
	Dark            Lamp = 0x01
	Red             Lamp = 0x10
	RedFlash        Lamp = 0x11
	RedFastFlash    Lamp = 0x12
	Green           Lamp = 0x20
	GreenFlash      Lamp = 0x21
	GreenFastFlash  Lamp = 0x22
	Yellow          Lamp = 0x30
	YellowFlash     Lamp = 0x31
	YellowFastFlash Lamp = 0x32
	RedYellow       Lamp = 0x40
)

// RunState is what an intersection does now (13.2).
type RunState struct {
	Intersection uint8
	Mode         Mode
	Plan         uint8
	Stage        uint8
}

// AskRunState asks for the run state of intersections.
func AskRunState(intersections ...uint8) []Value {
	return ask(13, 2, []uint8{1, 2, 3, 4}, intersections)
}

func ask(class, object uint8, attributes, elements []uint8) []Value {
	var out []Address
	for _, e := range elements {
		for _, a := range attributes {
			out = append(out, Address{class, object, a, e})
		}
	}
	return Ask(out...)
}

// RunStates reads the run states out of a reply or event. A state with a missing part is left out.
func RunStates(values []Value) []RunState {
	var out []RunState
	for _, e := range elements(values, 13, 2) {
		mode, ok1 := find(values, Address{13, 2, 2, e})
		plan, ok2 := find(values, Address{13, 2, 3, e})
		stage, ok3 := find(values, Address{13, 2, 4, e})
		if ok1 && ok2 && ok3 {
			out = append(out, RunState{e, Mode(mode), uint8(plan), uint8(stage)})
		}
	}
	return out
}

// Values is the run state as a controller reports it, numbered.
func (s RunState) Values() []Value {
	e := s.Intersection
	return Number([]Value{
		PutUint(Address{13, 2, 1, e}, 1, uint64(e)), PutUint(Address{13, 2, 2, e}, 1, uint64(s.Mode)),
		PutUint(Address{13, 2, 3, e}, 1, uint64(s.Plan)), PutUint(Address{13, 2, 4, e}, 1, uint64(s.Stage)),
	})
}

// StageState is how far a stage has run (6.3).
type StageState struct {
	Stage uint8
	State uint8  // StageOff, StageRuns or StageChanges
	Run   uint32 // s since its start
	Left  uint32 // s to its end
}

// States of a stage.
const (
	StageOff     = 0x10
	StageRuns    = 0x20
	StageChanges = 0x30 // the inter-green after it
)

// StageStates reads the stages' states out of a reply. A state with a missing part is left out.
func StageStates(values []Value) []StageState {
	var out []StageState
	for _, e := range elements(values, 6, 3) {
		state, ok1 := find(values, Address{6, 3, 2, e})
		run, ok2 := find(values, Address{6, 3, 3, e})
		left, ok3 := find(values, Address{6, 3, 4, e})
		if ok1 && ok2 && ok3 {
			out = append(out, StageState{e, uint8(state), uint32(run), uint32(left)})
		}
	}
	return out
}

// Values is the stage's state as a controller reports it, with seconds of 2 bytes as recorded in the field, numbered.
func (s StageState) Values() []Value {
	return Number([]Value{
		PutUint(Address{6, 3, 2, s.Stage}, 1, uint64(s.State)),
		PutUint(Address{6, 3, 3, s.Stage}, 2, uint64(s.Run)), PutUint(Address{6, 3, 4, s.Stage}, 2, uint64(s.Left)),
	})
}

// LampState is the colour of a group now.
type LampState struct {
	Group uint8
	Lamp  Lamp
}

// Lamps reads the groups' colours out of a reply.
func Lamps(values []Value) []LampState {
	var out []LampState
	for _, e := range elements(values, 3, 3) {
		if n, ok := find(values, Address{3, 3, 1, e}); ok {
			out = append(out, LampState{e, Lamp(n)})
		}
	}
	return out
}

// Value is the colour as a controller reports it.
func (s LampState) Value() Value { return PutUint(Address{3, 3, 1, s.Group}, 1, uint64(s.Lamp)) }

// DetectorData is a detector's statistics of its last period (14.2).
type DetectorData struct {
	Detector  uint8
	Volume    uint16 // vehicles in the volume period (5.2.3)
	Occupancy uint8  // % of the occupancy period (5.2.4)
	Speed     uint16 // mean, km/h
	HasSpeed  bool   // not every detector measures it
}

// Detectors reads the statistics out of a reply or event. A detector without volume or occupancy is left out.
func Detectors(values []Value) []DetectorData {
	var out []DetectorData
	for _, e := range elements(values, 14, 2) {
		volume, ok1 := find(values, Address{14, 2, 2, e})
		occupancy, ok2 := find(values, Address{14, 2, 3, e})
		speed, ok3 := find(values, Address{14, 2, 4, e})
		if ok1 && ok2 {
			out = append(out, DetectorData{e, uint16(volume), uint8(occupancy), uint16(speed), ok3})
		}
	}
	return out
}

// Values is the statistics as a controller reports them, numbered.
func (d DetectorData) Values() []Value {
	out := []Value{PutUint(Address{14, 2, 2, d.Detector}, 2, uint64(d.Volume)), PutUint(Address{14, 2, 3, d.Detector}, 1, uint64(d.Occupancy))}
	if d.HasSpeed {
		out = append(out, PutUint(Address{14, 2, 4, d.Detector}, 2, uint64(d.Speed)))
	}
	return Number(out)
}

// A Fault is an entry of the fault log (16.2).
type Fault struct {
	Number uint8
	Type   uint8     // 10 green conflict, 11 red-green conflict, 20 to 22 lamps, 30 link … (table A.14), hexadecimal
	At     time.Time // in the zone given to Faults; zero if the frame has no or no good time
	Action uint8     // 0 none, 10 flash, 20 off, 30 all red, 40 fixed time, 50 coordinated, 60 actuated, hexadecimal
}

// Faults reads faults out of a reply or event, times in the controller's local zone. An entry without a type is left out.
func Faults(values []Value, zone *time.Location) []Fault {
	var out []Fault
	for _, e := range elements(values, 16, 2) {
		kind, ok := find(values, Address{16, 2, 2, e})
		if !ok {
			continue
		}
		f := Fault{Number: e, Type: uint8(kind)}
		if action, ok := find(values, Address{16, 2, 4, e}); ok {
			f.Action = uint8(action)
		}
		for _, v := range values {
			if v.Address == (Address{16, 2, 3, e}) {
				f.At, _ = v.Time(zone)
			}
		}
		out = append(out, f)
	}
	return out
}

// Values is the fault as a controller reports it, numbered.
func (f Fault) Values() []Value {
	e := f.Number
	return Number([]Value{PutUint(Address{16, 2, 2, e}, 1, uint64(f.Type)), PutTime(Address{16, 2, 3, e}, f.At), PutUint(Address{16, 2, 4, e}, 1, uint64(f.Action))})
}
