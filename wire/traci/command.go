package traci

import (
	"encoding/binary"
	"fmt"
	"math"
)

// A Domain is a kind of SUMO's objects; the commands to it are built on its number.
type Domain byte

// The domains.
const (
	Detector   Domain = 0x0
	Light      Domain = 0x2
	Lane       Domain = 0x3
	Vehicle    Domain = 0x4
	VehicleTyp Domain = 0x5
	Route      Domain = 0x6
	Junction   Domain = 0x9
	Edge       Domain = 0xA
	Simulation Domain = 0xB
	Person     Domain = 0xE
)

// Commands of control.
const (
	cmdVersion = 0x00
	cmdStep    = 0x02
	cmdOrder   = 0x03
	cmdClose   = 0x7F
)

// Variables that this program uses, by domain where they differ.
const (
	IDs             = 0x00
	Time            = 0x66 // of the simulation, s
	Departed        = 0x74 // ids of vehicles inserted in the last step
	Loaded          = 0x72 // ids of vehicles that were read, or made by a flow, in the last step
	Pending         = 0x94 // ids of vehicles that are due and wait to enter
	Arrived         = 0x7A
	Collisions      = 0x80 // number of collisions of the last step, 1.15: VAR_COLLIDING_VEHICLES_NUMBER
	Teleports       = 0x75 // started in the last step
	Expected        = 0x7D // vehicles on the road or waiting to enter
	Speed           = 0x40
	Length          = 0x44
	LanePosition    = 0x56
	VehicleLane     = 0x51
	Edges           = 0x54 // of a vehicle's route
	VehicleTypeName = 0x4F
	VehicleClass    = 0x49
	LaneVehicles    = 0x10 // number on a lane
	LaneHalting     = 0x14
	State           = 0x20 // a light's lamps
	Program         = 0x23
	EdgePersons     = 0x1A // ids of the persons on an edge
	NextEdge        = 0xC1 // of a person's walk
)

// Get asks for a variable of an object.
func Get(d Domain, variable byte, id string) Command {
	return Command{0xA0 | byte(d), text([]byte{variable}, id)}
}

// Set changes a variable of an object.
func Set(d Domain, variable byte, id string, v Value) (Command, error) {
	b, err := v.Append(text([]byte{variable}, id))
	return Command{0xC0 | byte(d), b}, err
}

// Step asks for the simulation to go on to time to, s; 0: one step.
func Step(to float64) Command {
	return Command{cmdStep, binary.BigEndian.AppendUint64(nil, math.Float64bits(to))}
}

// Subscribe asks for variables of an object with every step from now on; no variables end it.
func Subscribe(d Domain, id string, variables ...byte) Command {
	b := span(nil)
	b = text(b, id)
	b = append(b, byte(len(variables)))
	return Command{0xD0 | byte(d), append(b, variables...)}
}

// SubscribeAround asks for variables of all objects of domain of within range metres of an object.
func SubscribeAround(d Domain, id string, of Domain, within float64, variables ...byte) Command {
	b := text(span(nil), id)
	b = append(b, 0xA0|byte(of))
	b = binary.BigEndian.AppendUint64(b, math.Float64bits(within))
	b = append(b, byte(len(variables)))
	return Command{0x80 | byte(d), append(b, variables...)}
}

// span is a subscription's begin and end: always.
func span(b []byte) []byte {
	b = binary.BigEndian.AppendUint64(b, math.Float64bits(-1073741824))
	return binary.BigEndian.AppendUint64(b, math.Float64bits(1073741824))
}

// A Result is the answer to Get.
type Result struct {
	Domain   Domain
	Variable byte
	Object   string
	Value    Value
}

// Result reads a command as the answer to Get.
func (c Command) Result() (Result, error) {
	if c.ID&0xF0 != 0xB0 {
		return Result{}, fmt.Errorf("traci result: command %#02x is none", c.ID)
	}
	r := reader{b: c.Content}
	out := Result{Domain: Domain(c.ID & 0xF), Variable: r.byte(), Object: r.text()}
	out.Value = r.value(0)
	return out, r.end("result")
}

// A Subscription is what a step brings for one object: its variables, or why one could not be had.
type Subscription struct {
	Domain    Domain
	Object    string
	Variables []Variable
	// Around holds the objects of a context subscription; nil for a plain one.
	Around []Subscription
}

// A Variable is one value of a subscription.
type Variable struct {
	ID    byte
	Value Value
	Fault string // not empty: why there is no value
}

// Get returns a variable's value; false if it is not there.
func (s *Subscription) Get(id byte) (Value, bool) {
	for i := range s.Variables {
		if s.Variables[i].ID == id && s.Variables[i].Fault == "" {
			return s.Variables[i].Value, true
		}
	}
	return Value{}, false
}

// Subscription reads a command as the result of a plain or a context subscription.
func (c Command) Subscription() (Subscription, error) {
	r := reader{b: c.Content}
	s := Subscription{Domain: Domain(c.ID & 0xF), Object: r.text()}
	switch c.ID & 0xF0 {
	case 0xE0:
		s.Variables = r.variables(int(r.byte()))
	case 0x90:
		of := Domain(r.byte() & 0xF)
		vars := int(r.byte())
		n := r.count(4)
		s.Around = make([]Subscription, 0, n)
		for i := 0; i < n && r.err == nil; i++ {
			o := Subscription{Domain: of, Object: r.text()}
			o.Variables = r.variables(vars)
			s.Around = append(s.Around, o)
		}
	default:
		return s, fmt.Errorf("traci subscription: command %#02x is none", c.ID)
	}
	return s, r.end("subscription")
}

func (r *reader) variables(n int) []Variable {
	var out []Variable
	for i := 0; i < n && r.err == nil; i++ {
		v := Variable{ID: r.byte()}
		code := r.byte()
		v.Value = r.value(0)
		if code != Done {
			v.Fault = v.Value.Text
			if v.Fault == "" {
				v.Fault = "refused"
			}
		}
		out = append(out, v)
	}
	return out
}
