package city

import (
	"math"

	"github.com/paulmach/orb"
)

// A LaneNet is streets at the level of lanes: what a microscopic engine drives on and a signal controller switches. It is made
// from a SUMO network, a CityFlow roadnet or a city's own streets, and is immutable once made.
type LaneNet struct {
	LeftHand    bool
	Nodes       []LaneNode
	Roads       []Road
	Lanes       []Lane       // those of a road lie together
	Connections []Connection // sorted by (From, To)
	Lights      []Light
	Crosswalks  []Crosswalk
}

// A LaneNode is where roads meet or end.
type LaneNode struct {
	ID    string
	At    orb.Point
	Width float64 // m, what a CityFlow roadnet cuts off the roads that end here; 0 elsewhere
	Light int32   // index into Lights, −1: no signal
}

// A Road is one direction of a street between two nodes.
type Road struct {
	ID       string
	From, To int32   // nodes
	First    int32   // its first lane in LaneNet.Lanes
	Lanes    int32   // how many; counted from the kerb to the middle
	Length   float64 // m, stop line included
	Speed    float64 // m/s, the limit
	Priority int32   // higher goes first where neither signal nor sign says otherwise
}

// A Lane is one lane of a road.
type Lane struct {
	ID            string
	Road          int32
	Length, Speed float64        // m, m/s
	Line          orb.LineString // along its middle
	Allow         VehicleClass   // classes that may drive on it, as a set
}

// A VehicleClass is a set of classes of road users.
type VehicleClass uint16

// The classes of road users.
const (
	PassengerCar VehicleClass = 1 << iota
	TaxiClass
	BusClass
	TruckClass
	TramClass
	Motorcycle
	EBike
	Bicycle
	Pedestrian
	EmergencyClass

	MotorVehicles = PassengerCar | TaxiClass | BusClass | TruckClass | Motorcycle | EmergencyClass
	EveryClass    = MotorVehicles | TramClass | EBike | Bicycle | Pedestrian
)

// A Connection is a permitted way from the end of one lane to the start of another.
type Connection struct {
	From, To      int32 // lanes
	Turn          TurnKind
	Node          int32
	Path          orb.LineString // through the node
	Length, Speed float64        // of the path: m, m/s
	Light         int32          // index into Lights, −1: not signalised
	Index         int32          // its place in the light's states, −1
	// Yields lists the connections of the node to which this one gives way, by index into LaneNet.Connections, where both may go;
	// Foes those whose paths cross or merge with its own, Yields among them.
	Yields, Foes []int32
	// KeepClear: who can't leave the junction on its other side waits before it.
	KeepClear bool
	// Wait is the metres of the path after which a vehicle that gives way may wait inside the junction; 0: it waits before it.
	Wait float64
	// Stop: a vehicle stops before it goes, whatever it sees (a stop sign).
	Stop bool
}

// A Crosswalk is a way for walkers over a road at a node.
type Crosswalk struct {
	ID           string
	Node         int32
	Light, Index int32   // where it stands in a light's states; −1: there is none, vehicles let walkers go first
	Length       float64 // m
	Over         []Over
	Line         orb.LineString // from its start to its end
	Clear        float64        // s from the end of its green until the slowest is over it; 0: Length at 1 m/s
	Road         int32          // of a city: that it crosses at the road's end
}

// An Over is where a crosswalk and the path of a connection cross.
type Over struct {
	Connection int32
	Path, Walk float64 // m along the connection's path, m along the crosswalk
}

// A Light is a signal as its program writes it: a state for each of the places that connections name.
type Light struct {
	ID     string
	Offset float64 // s
	Places int     // length of each phase's State
	Phases []LightPhase
}

// Start is the phase that a light's program shows at the scenario's start, as its offset is when its cycle begins, and the s that are left
// of it; false for a light without a program.
func (l *Light) Start() (phase int, left float64, ok bool) {
	cycle := 0.0
	for _, p := range l.Phases {
		cycle += p.Duration
	}
	if cycle <= 0 {
		return 0, 0, false
	}
	t := math.Mod(-l.Offset, cycle)
	if t < 0 {
		t += cycle
	}
	for i, p := range l.Phases {
		if t < p.Duration {
			return i, p.Duration - t, true
		}
		t -= p.Duration
	}
	return 0, l.Phases[0].Duration, true // rounding has carried t to the cycle's end
}

// Lasts is the whole seconds, one at least, for which an engine that steps by seconds shows a phase that is to end in left s, and the s that it ends too
// late, by which the next phase is shorter: a cycle keeps its length whatever fractions its phases have.
func Lasts(left float64) (seconds int32, late float64) {
	n := math.Max(1, math.Ceil(left-1e-9))
	return int32(n), n - left
}

// A LightPhase is one row of a signal's program.
type LightPhase struct {
	State    string  // one of r y g G for each place: red, yellow, green that gives way, green that goes first; o: off, give way
	Duration float64 // s
	Least    float64 // s, of an actuated program; 0: Duration
	Most     float64 // s; 0: Duration
	Change   bool    // it belongs to the change from one stage to the next, whatever stays green in it
}

// A VehicleType is what vehicles of a kind have in common.
type VehicleType struct {
	ID         string
	Class      VehicleClass
	Length     float64 // m
	Gap        float64 // m, to the one ahead when standing
	MaxSpeed   float64 // m/s
	Accel      float64 // m/s², greatest
	UsualAccel float64 // m/s², comfortable; 0: Accel
	Decel      float64 // m/s², comfortable; positive
	Brake      float64 // m/s², in an emergency; positive
	Headway    float64 // s, desired (Krauss's tau, IDM's T)
	Sigma      float64 // Krauss's dawdling, 0 to 1
	SpeedMean  float64 // factor on the limit
	SpeedDev   float64 // its standard deviation
	People     float64 // on board, mean
	TurnsHeed  bool    // speed is held to what curves allow
	LaneChange bool
}

// A Journey is one vehicle's way through a LaneNet.
type Journey struct {
	ID     string
	Depart float64 // s since the scenario's start
	Type   int32   // index into the demand's types
	Roads  []int32 // the whole route, or where Routed is false its two ends and the roads that it passes by
	Routed bool
	Stops  []JourneyStop
	Start  *Start // nil: at a stand, at the beginning of its first road, on the lane that the engine takes
}

// A Start is how a vehicle comes onto its first road.
type Start struct {
	Lane  int     // from the kerb, or one of the rules below
	Speed float64 // m/s; Fastest: what the lane and those ahead allow
	At    float64 // m along the lane, of its front; 0: the beginning, AtRandom: anywhere
}

// Rules of a Start.
const (
	FirstLane  = -1 - iota // the one nearest to the kerb that it may use
	BestLane               // of those on which it gets farthest without a change the emptiest
	FreeLane               // the emptiest
	RandomLane             // any
)

// What a Start leaves to the traffic and to chance.
const (
	Fastest  = -1.0
	AtRandom = -1.0
)

// A JourneyStop is where a vehicle halts on its way: a bus at a stop.
type JourneyStop struct {
	Lane       int32
	Start, End float64 // m along the lane
	Duration   float64 // s at least
	Until      float64 // s since the scenario's start, not before
	// Off says that it halts beside its lane, in a bay or a parking place, and for how many s it stands in the way on the lane as it leaves it and again as it
	// comes back; 0: it halts on the lane.
	Off float64
}

// A Walker is a person's way on foot, as far as it crosses roads.
type Walker struct {
	ID            string
	Depart, Speed float64 // s since the scenario's start, m/s
	Legs          []WalkLeg
	Rest          float64 // m behind the last crosswalk
}

// A WalkLeg is a part of a way on foot: metres along sidewalks and a crosswalk at their end.
type WalkLeg struct {
	Before    float64 // m
	Crosswalk int32
	Back      bool // from the crosswalk's end to its start
}

// LaneDemand is who drives and walks on a LaneNet; Journeys and Walkers are ordered by departure.
type LaneDemand struct {
	Types    []VehicleType
	Journeys []Journey
	Walkers  []Walker
}
