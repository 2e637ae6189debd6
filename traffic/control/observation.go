package control

import "slices"

// A Vehicle is one that is seen.
type Vehicle struct {
	ID     int32   // the driver's own number for it, the same as long as it is on the road
	Behind float64 // m from its front to the end of its lane; more than the lane's length where it is still inside the junction before it
	Speed  float64 // m/s
	Length float64 // m
	Waited float64 // s that it has stood (below 0.1 m/s) on its way over this lane so far
	Next   int32   // the road that it takes behind this one; −1: it ends on this one, or its wish is not known
	People float64 // on board; 0: not known, taken as 1
}

// An Observation is what may be known at one moment.
type Observation struct {
	Time    float64     // s since the scenario's start
	Seen    [][]Vehicle // of each lane: who is within View of a stop line, nearest to the lane's end first, those inside the junction before it among them; empty where nothing is watched
	Count   []int32     // of each lane: the vehicles on it, wherever they are; −1: not known
	Halted  []int32     // those of them below 0.1 m/s; −1: not known
	Signals []Signal    // of each junction, by Lamps.Fill
	Dead    []bool      // of each lane: its detectors are known to be broken, so that Seen and Count say nothing; nil: none
	Calls   []float64   // of each crossing of Options.Street: s, since when a walker waits for green; −1: none does
	Blind   bool        // detectors count vehicles and do not know their ways: Next is never known
	Share   float64     // of vehicles that report themselves, where only they are seen; 0: all are seen
}

// A Signal is what a junction shows.
type Signal struct {
	Phase    int     // index into the junction's Phases; during a change the one that comes
	Since    float64 // s, when Phase became green, or will
	Changing bool    // yellow, all-red or clearance is being shown
	Free     float64 // s, the earliest time at which a change from Phase can begin
	Clear    float64 // s, the earliest time at which it can go on to yellow, as walkers are over the road by then
}

// NewObservation makes an empty one for a network.
func NewObservation(n *Network) *Observation {
	o := &Observation{Seen: make([][]Vehicle, len(n.Lanes)), Count: make([]int32, len(n.Lanes)), Halted: make([]int32, len(n.Lanes)), Signals: make([]Signal, len(n.Junctions))}
	if n.Street != nil {
		o.Calls = slices.Repeat([]float64{-1}, len(n.Street.Crossings))
	}
	return o
}

// Clear empties it for the next moment, keeping its memory.
func (o *Observation) Clear() {
	for i := range o.Seen {
		o.Seen[i] = o.Seen[i][:0]
	}
	clear(o.Count)
	clear(o.Halted)
}

// dead tells whether nothing is seen on lane l.
func (o *Observation) dead(l int32) bool { return o.Dead != nil && o.Dead[l] }
