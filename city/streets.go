package city

import "github.com/paulmach/orb"

// Streets is the drivable network: directed links between nodes, and the turns from link to link that are allowed.
type Streets struct {
	LeftHand bool // traffic keeps left
	Nodes    []Node
	Links    []Link
	Turns    []Turn // sorted by (From, To)
}

// A Node is where links meet or end.
type Node struct {
	ID       string // "n123", or the input's own "node/123"
	At       orb.Point
	Junction int32 // index into City.Signals of the signalised junction that it belongs to, -1: none
	Border   bool  // at the edge of the city: trips may start and end here
}

// RoadClass orders links by importance, most important first.
type RoadClass uint8

const (
	Motorway RoadClass = iota // elevated road or motorway
	Trunk
	Primary
	Secondary
	Tertiary
	Local
	Service
)

// A Link is one direction of a street between two nodes.
type Link struct {
	ID       string // stable over builds of the same input
	From, To int32  // nodes
	Line     orb.LineString
	Length   float64 // metres
	Lanes    int8
	BusLane  bool // the kerb lane is for buses and emergency vehicles
	// What few links have is left out of a pack where it is not so.
	Contraflow bool    `json:",omitempty"` // one-way, but buses and emergency vehicles may drive it the other way
	MaxHeight  float64 `json:",omitempty"` // m, of vehicles that pass below what spans it; 0: any
	Speed      float64 // m/s, the limit
	Class      RoadClass
	Level      int8  // 0 ground, 1 and more elevated or bridge, -1 and less tunnel or underpass
	Bridge     bool  // above water at its own level: water on the ground below does not wet it
	Reverse    int32 // the link of the other direction, -1: one-way
	Name       Text
	Detector   Detector // where an approach to a signal is observed; None elsewhere
}

// Wet reports whether surface water at the link's cells stands on its lanes: elevated links and bridges stay dry.
func (l *Link) Wet() bool { return l.Level <= 0 && !l.Bridge }

// FreeTime returns the seconds it takes to drive the link at its limit.
func (l *Link) FreeTime() float64 { return l.Length / l.Speed }

// SaturationFlow is the flow in vehicles/s of one lane over a stop line while it is green and the queue lasts:
// 1,600 pcu/h, the middle of what lanes in Chinese cities carry (1,500–1,700).
const SaturationFlow = 1600.0 / 3600

// JamSpacing is the length in metres of a lane that one standing vehicle takes.
const JamSpacing = 7.5

// Detector is what an approach reports.
type Detector uint8

const (
	DetectorNone     Detector = iota
	DetectorStopLine          // counts and occupancy at the stop line
	DetectorSetback           // 40 m before it
	DetectorEntry             // at the link's entry
)

// TurnKind is the direction of a turn.
type TurnKind uint8

const (
	Straight TurnKind = iota
	Left
	Right
	UTurn
)

// A Turn is a permitted way from one link's end to the next link's start.
type Turn struct {
	From, To int32 // links
	Kind     TurnKind
	Lanes    int8  // lanes of From that may make it
	Junction int32 // index into City.Signals, -1: not signalised
	Movement int32 // index into that junction's Movements, -1
}

// A TurnIndex finds the turns of a link: those of link i are Turns[idx[i]:idx[i+1]].
type TurnIndex []int32

// IndexTurns builds the index; Turns must be sorted by From.
func (s *Streets) IndexTurns() TurnIndex {
	idx := make(TurnIndex, len(s.Links)+1)
	for _, t := range s.Turns {
		idx[t.From+1]++
	}
	for i := range s.Links {
		idx[i+1] += idx[i]
	}
	return idx
}
