package emergency

import (
	"fmt"
	"slices"

	"citybrain/city"
)

// Kind is what a unit is.
type Kind uint8

const (
	Ambulance Kind = iota
	FireEngine
	PoliceCar
	RescueBoat // on its carrier
	MobilePump
	Kinds // how many there are
)

var kindNames = [Kinds]string{"ambulance", "fire_engine", "police", "rescue_boat", "mobile_pump"}

func (k Kind) String() string { return kindNames[k] }

// ParseKind returns the kind of a name that String gave.
func ParseKind(name string) (Kind, error) {
	if i := slices.Index(kindNames[:], name); i >= 0 {
		return Kind(i), nil
	}
	return 0, fmt.Errorf("unit kind %q is none of %v", name, kindNames)
}

// turnouts are seconds from assignment to wheels rolling: 60 s for medical and 80 s for fire units are NFPA 1710 (2020), 4.1.2.1; the
// others are assumptions: a police crew sits in its car, a boat is hitched, a pump's crew is called together.
var turnouts = [Kinds]float64{60, 80, 30, 120, 300}

// Turnout returns the seconds from assignment to wheels rolling at a station.
func (k Kind) Turnout() float64 { return turnouts[k] }

// Wades returns the depth of water in metres through which a unit of this kind drives: an assumption, of the wheel's hub for vans
// and cars and of the air intake's margin for lorries.
func (k Kind) Wades() float64 {
	if k.High() {
		return 0.7
	}
	return 0.4
}

// High reports whether units of this kind are lorries, which wade deeper.
func (k Kind) High() bool { return k == FireEngine || k == RescueBoat || k == MobilePump }

// stationOf says where units of each kind stand; fire brigades keep boats and pumps where a city names no station of their own.
var stationOf = [Kinds]city.PlaceKind{city.AmbulanceStation, city.FireStation, city.PoliceStation, city.RescueStation, city.PumpDepot}

// most is how many units of a kind one station has at most: a station's capacity counts people and rooms, too.
var most = [Kinds]int{8, 4, 3, 2, 3}

// StationKind returns the kind of place at which units of this kind stand in c.
func (k Kind) StationKind(c *city.City) city.PlaceKind {
	own := stationOf[k]
	if k != RescueBoat && k != MobilePump || slices.ContainsFunc(c.Places, func(p city.Place) bool { return p.Kind == own && p.Node >= 0 }) {
		return own
	}
	return city.FireStation
}

// Needs is how many units of each kind a call needs.
type Needs [Kinds]uint8

// Plus is both together.
func (n Needs) Plus(o Needs) Needs {
	for k := range n {
		n[k] += o[k]
	}
	return n
}

// Any reports whether anything is needed.
func (n Needs) Any() bool { return n != Needs{} }

// CallKind is what a call is about.
type CallKind uint8

const (
	Medical CallKind = iota
	Fire
	Crash
	Trapped  // by water, in a car or a room
	Flooding // of a building
	CallKinds
)

var callKindNames = [CallKinds]string{"medical", "fire", "crash", "trapped", "flooding"}

func (k CallKind) String() string { return callKindNames[k] }

// ParseCallKind returns the kind of a name that String gave.
func ParseCallKind(name string) (CallKind, error) {
	if i := slices.Index(callKindNames[:], name); i >= 0 {
		return CallKind(i), nil
	}
	return 0, fmt.Errorf("call kind %q is none of %v", name, callKindNames)
}

// Lead returns the kind of unit whose coming answers a call of this kind: its response time counts.
func (k CallKind) Lead() Kind {
	return [CallKinds]Kind{Ambulance, FireEngine, Ambulance, RescueBoat, MobilePump}[k]
}

// Target returns the seconds from ring to kerb that count as in time, where calls for ambulances and engines have city seconds. For
// boats and pumps there is no standard: 20 and 60 min are assumptions.
func (k CallKind) Target(city float64) float64 {
	switch k {
	case Trapped:
		return 1200
	case Flooding:
		return 3600
	}
	return city
}
