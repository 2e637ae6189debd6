package cityflow

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"hash"
	"math"
	"slices"

	"citybrain/city"
)

// stateVersion is that of State's layout.
const stateVersion = 1

// State is all that a simulation remembers between two steps. Slots are those of vehicles on the road, shadows included.
type State struct {
	Version int
	Now     int32 // s
	NextDue int32 // the first journey that isn't due yet

	// By slot. References to vehicles are slots, −1: none.
	Trip         []int32 // −1: a free slot
	Kind         []int32 // its vehicle type
	Way, Prev    []int32 // where it is, and was before
	Leg          []int32 // its place in the route: the road that it is on or has last left
	Next         []int32 // the link that it will take from its lane, −1: none
	Ahead        []int32 // on its way
	Behind       []int32
	Leader       []int32 // on its way or beyond
	Gap          []float64
	Dist, Speed  []float64 // m from its way's start to its front; m/s
	Since        []int32   // s, when it went into its link; outside: it is on none
	Blocker      []int32   // whom it gives way to
	Lot          []uint32  // its priority where all else is equal
	Still        []int32   // s that it has stood without a break
	Partner      []int32   // its shadow, or what it is the shadow of
	Shadow       []bool
	Changing     []bool
	Aside        []float64 // m that it has moved over, ±
	Target       []int32   // the lane that it wants or changes to, −1
	Signals      []bool    // it has spoken this step
	Heard        []int32   // whose wish it heeds
	TLead, TBack []int32   // who is ahead and behind in the target lane
	TLeadGap     []float64
	TBackGap     []float64
	Free         []int32 // free slots, used from the end

	// By way.
	First, Last []int32
	Count       []int32

	Open  []bool  // by link
	Phase []int32 // by light

	// By lane: who waits to enter, a queue of journeys.
	QueueHead, QueueTail []int32
	Queued               []int32 // the lanes with a queue, ascending
	QueueNext            []int32 // by journey

	// By journey.
	Due, Entered, Ended []int32 // s, −1: not yet
	Loss                []float64
	// By journey and road of its route: when its vehicle was first seen on it, and first seen off it; s, −1: not yet.
	Seen, Left    []int32
	Updates       int64 // vehicles by seconds
	Running, Peak int32
	LongestStill  int32

	// By crossing entry: who is near it on its link.
	NoteAt   []int32 // s, when
	NoteWho  []int32
	NoteDist []float64 // m to go, negative: passed
}

func newState(net *city.LaneNet, demand *city.LaneDemand, w *network) State {
	trips, ways, lanes := len(demand.Journeys), len(w.length), len(net.Lanes)
	// What the lanes can hold bounds who is on the road; one in eight may be a shadow.
	room := 64.0
	for _, l := range w.length {
		room += l/2 + 2
	}
	slots := trips
	if room < float64(slots) {
		slots = int(room)
	}
	slots += slots/8 + 64
	st := State{Version: stateVersion}
	for _, p := range []*[]int32{&st.Trip, &st.Kind, &st.Way, &st.Prev, &st.Leg, &st.Next, &st.Ahead, &st.Behind, &st.Leader, &st.Since, &st.Blocker,
		&st.Still, &st.Partner, &st.Target, &st.Heard, &st.TLead, &st.TBack} {
		*p = filled(slots, -1)
	}
	for _, p := range []*[]float64{&st.Gap, &st.Dist, &st.Speed, &st.Aside, &st.TLeadGap, &st.TBackGap} {
		*p = make([]float64, slots)
	}
	st.Lot, st.Shadow, st.Changing, st.Signals = make([]uint32, slots), make([]bool, slots), make([]bool, slots), make([]bool, slots)
	st.Free = make([]int32, slots)
	for i := range st.Free {
		st.Free[i] = int32(slots - 1 - i)
	}
	st.First, st.Last, st.Count = filled(ways, -1), filled(ways, -1), make([]int32, ways)
	st.Open = make([]bool, ways-lanes)
	for k := range st.Open {
		l := net.Connections[k].Light
		st.Open[k] = l < 0
		if l >= 0 {
			c := net.Lights[l].Phases[0].State[net.Connections[k].Index]
			st.Open[k] = c == 'g' || c == 'G'
		}
	}
	st.Phase = make([]int32, len(net.Lights))
	st.QueueHead, st.QueueTail = filled(lanes, -1), filled(lanes, -1)
	st.Queued = make([]int32, 0, lanes)
	st.QueueNext = filled(trips, -1)
	st.Due, st.Entered, st.Ended = filled(trips, -1), filled(trips, -1), filled(trips, -1)
	st.Loss = make([]float64, trips)
	st.Seen, st.Left = filled(int(w.legs[trips]), -1), filled(int(w.legs[trips]), -1)
	st.NoteAt, st.NoteWho, st.NoteDist = filled(len(w.at), -1), filled(len(w.at), -1), make([]float64, len(w.at))
	return st
}

func filled(n int, v int32) []int32 {
	s := make([]int32, n)
	for i := range s {
		s[i] = v
	}
	return s
}

func (st *State) ints() []*[]int32 {
	return []*[]int32{&st.Trip, &st.Kind, &st.Way, &st.Prev, &st.Leg, &st.Next, &st.Ahead, &st.Behind, &st.Leader, &st.Since, &st.Blocker, &st.Still,
		&st.Partner, &st.Target, &st.Heard, &st.TLead, &st.TBack, &st.Free, &st.First, &st.Last, &st.Count, &st.Phase, &st.QueueHead, &st.QueueTail,
		&st.Queued, &st.QueueNext, &st.Due, &st.Entered, &st.Ended, &st.Seen, &st.Left, &st.NoteAt, &st.NoteWho}
}

func (st *State) floats() []*[]float64 {
	return []*[]float64{&st.Gap, &st.Dist, &st.Speed, &st.Aside, &st.TLeadGap, &st.TBackGap, &st.Loss, &st.NoteDist}
}

func (st *State) bools() []*[]bool { return []*[]bool{&st.Shadow, &st.Changing, &st.Signals, &st.Open} }

// clone copies st; slices that grow keep their capacity, so that a restored run allocates no more than the first.
func (st *State) clone() State {
	c := *st
	for _, p := range c.ints() {
		*p = append(make([]int32, 0, cap(*p)), *p...)
	}
	for _, p := range c.floats() {
		*p = slices.Clone(*p)
	}
	for _, p := range c.bools() {
		*p = slices.Clone(*p)
	}
	c.Lot = slices.Clone(c.Lot)
	return c
}

// Snapshot returns a copy of the state.
func (s *Sim) Snapshot() State { return s.st.clone() }

// Restore continues from a snapshot of a simulation of the same net, demand and seed, bit for bit; any number of threads.
func Restore(net *city.LaneNet, demand *city.LaneDemand, cfg Config, st State) (*Sim, error) {
	if st.Version != stateVersion {
		return nil, fmt.Errorf("cityflow: a snapshot of version %d; this build reads %d", st.Version, stateVersion)
	}
	s, err := New(net, demand, cfg)
	if err != nil {
		return nil, err
	}
	for _, n := range [][2]int{{len(st.Trip), len(s.st.Trip)}, {len(st.First), len(s.st.First)}, {len(st.Due), len(s.st.Due)},
		{len(st.Seen), len(s.st.Seen)}, {len(st.NoteAt), len(s.st.NoteAt)}, {len(st.Phase), len(s.st.Phase)}} {
		if n[0] != n[1] {
			return nil, fmt.Errorf("cityflow: the snapshot is of another net or demand")
		}
	}
	s.st = st.clone()
	return s, nil
}

// Hash returns the SHA-256 of what will decide the rest of the run and of what it has yielded so far: vehicles in the order of
// their ways, queues, phases, and the trips' times.
func (s *Sim) Hash() [32]byte {
	h, st := sha256.New(), &s.st
	put(h, uint64(st.Now), uint64(st.NextDue), uint64(st.Updates))
	for way, v := range st.First {
		for ; v >= 0; v = st.Behind[v] {
			put(h, uint64(way), uint64(st.Trip[v]), math.Float64bits(st.Dist[v]), math.Float64bits(st.Speed[v]), math.Float64bits(st.Aside[v]),
				uint64(st.Lot[v]), uint64(uint32(st.Since[v])))
		}
	}
	for lane, j := range st.QueueHead {
		for ; j >= 0; j = st.QueueNext[j] {
			put(h, uint64(lane), uint64(j))
		}
	}
	for _, p := range st.Phase {
		put(h, uint64(p))
	}
	for i := range st.Ended {
		put(h, uint64(uint32(st.Entered[i])), uint64(uint32(st.Ended[i])))
	}
	for i := range st.Seen {
		put(h, uint64(uint32(st.Seen[i])), uint64(uint32(st.Left[i])))
	}
	return [32]byte(h.Sum(nil))
}

func put(h hash.Hash, vs ...uint64) {
	var b [8]byte
	for _, v := range vs {
		binary.LittleEndian.PutUint64(b[:], v)
		h.Write(b[:])
	}
}
