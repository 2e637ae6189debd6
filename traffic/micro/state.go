package micro

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math"
	"slices"

	"citybrain/city"
	"citybrain/city/chance"
)

// A Car is what a step reads and writes of one vehicle, 52 bytes. A segment holds its vehicles as one run of these from the front to the
// rear, so that a step streams through memory and a leader is the neighbour.
type Car struct {
	Pos, V float32 // m along the segment to its front bumper, m/s
	Next   float32 // m/s: the speed planned; between steps the limit that a neighbour who wants in asks for
	Factor float32 // its own factor on speed limits
	Until  float32 // m from the lane's start that it gets without a change, at most its horizon
	Loss   float32 // s lost against its own speed on free road
	Gain   float32 // how much a faster lane tempts it, to the left positive
	Free   float32 // how long the lane towards the kerb was free, in the measure of Gain
	ID     int32   // index of its journey
	Conn   int32   // the connection that it takes at the lane's end, or on the connection itself: there
	Left   uint16  // Until on the lane to the left, whole m; 0: there is none for it
	Right  uint16
	Waited uint16 // s at a stand
	Still  uint8  // s at a stand without a break
	Memory uint8  // speed of late that its foresight has, quarters of m/s
	Kind   uint8
	Aim    int8  // lanes that it must change, to the left positive
	Turn   int8  // the change decided, −1, 0, 1
	Bits   uint8 // see below
}

// bits of a car
const (
	halts   = 1 << iota // it has a stop on this road
	dwells              // it stands at it
	blocked             // it is no vehicle but what blocks the lane
	gains               // it gained speed in the last second
	fresh               // it came to its lane in this second and knows nothing of it
	parks               // it leaves its lane for its stop, or with halts gone comes back onto it
	stalled             // its engine died in water

	stands = blocked | dwells | stalled
)

const (
	noConn   = -1 // the lane does not lead on to the route
	arriving = -2 // the journey ends on this road
	far      = 1e9
)

// State is everything that changes, as plain data.
type State struct {
	Version        int
	Second         int32 // since the scenario's start
	Segments       [][]Car
	On             []int32 // vehicles on each road and the connections out of it
	Inside         []int32 // those of them on the connections
	Sig            []byte  // what each connection sees: r y g G o
	Lights         []Light
	NextJourney    int32
	Queue          []int32   // by road: the first journey that waits to enter, −1
	QueueEnd       []int32   // the last
	Behind         []int32   // by journey: the one behind it
	Waiting        []uint64  // a bit for each road with a queue
	At             []uint16  // by journey: the place in its route
	Stop           []uint8   // by journey: stops made
	Dwell          []int32   // by journey: s when it may go on from its stop
	Enter, Arrive  []int32   // s, by journey; −1: not yet
	Lost           []float32 // s, by journey, when it arrived
	Stood          []uint16  // s at a stand until the vehicle came to its lane; in all, when it has arrived
	Path           []int32   // by journey: where its computed route begins in Paths, −1: none
	PathEnd        []int32
	Paths          []int32
	Shut           []bool    // by lane
	Depth          []float32 // m of water, by lane
	Rain           float64   // mm/h
	Limit          []float32 // m/s by segment, as the weather has it
	Speeds         []float32 // m/s, mean of late by road, as of second Seen
	Seen           []int32
	Obstacles      []obstacle
	Lot            []aside // who stands beside his lane
	Stalls, Towed  int32   // vehicles that stalled in water, and of those the ones that were taken away
	Pending        []timed
	Running, Ended int32
	Unroutable     int32
	Came, Gone     int32 // vehicles from and to another engine's roads
	Peak           int32
	Updates        int64
	Crossed        []uint32 // vehicles since the start by connection
	Walks
}

type state = State

const stateVersion = 4

func newState(s *Sim) State {
	n, roads, js := s.net, len(s.lanes.Roads), len(s.demand.Journeys)
	st := State{Version: stateVersion, Segments: make([][]Car, n.segments()), On: make([]int32, roads), Inside: make([]int32, roads), Sig: bytes.Repeat([]byte{'-'}, n.conns),
		Lights: make([]Light, len(s.lanes.Lights)), Queue: fill(roads, int32(-1)), QueueEnd: fill(roads, int32(-1)), Behind: fill(js, int32(-1)),
		Waiting: make([]uint64, (roads+chunk-1)/chunk), At: make([]uint16, js), Stop: make([]uint8, js), Dwell: make([]int32, js),
		Enter: fill(js, int32(-1)), Arrive: fill(js, int32(-1)), Lost: make([]float32, js), Stood: make([]uint16, js), Path: fill(js, int32(-1)), PathEnd: make([]int32, js),
		Shut: make([]bool, n.lanes), Depth: make([]float32, n.lanes), Limit: slices.Clone(n.free), Seen: fill(roads, int32(-1)), Speeds: make([]float32, roads), Crossed: make([]uint32, n.conns), Walks: newWalks(len(n.walks), len(s.demand.Walkers))}
	room := make([]Car, 3*n.lanes+n.conns) // most segments never hold more; others move to larger room once
	for i := range st.Segments {
		k := 3
		if i >= n.lanes {
			k = 1
		}
		st.Segments[i], room = room[:0:k], room[k:]
	}
	for r := range st.Speeds {
		st.Speeds[r] = n.free[n.first[r]]
	}
	for l := range st.Lights {
		st.Lights[l] = newLight(&s.lanes.Lights[l])
	}
	return st
}

func fill[T any](n int, v T) []T {
	s := make([]T, n)
	for i := range s {
		s[i] = v
	}
	return s
}

func (st State) clone() State {
	cars := 0
	for _, seg := range st.Segments {
		cars += len(seg)
	}
	room := make([]Car, 0, cars)
	segs := make([][]Car, len(st.Segments))
	for i, seg := range st.Segments {
		k := len(room)
		room = append(room, seg...)
		segs[i] = room[k:len(room):len(room)]
	}
	st.Segments = segs
	for _, p := range []*[]int32{&st.On, &st.Inside, &st.Queue, &st.QueueEnd, &st.Behind, &st.Dwell, &st.Enter, &st.Arrive, &st.Path, &st.PathEnd, &st.Paths, &st.Seen} {
		*p = slices.Clone(*p)
	}
	for _, p := range []*[]float32{&st.Lost, &st.Depth, &st.Limit, &st.Speeds} {
		*p = slices.Clone(*p)
	}
	st.Sig, st.Lights, st.Waiting, st.At, st.Stop = slices.Clone(st.Sig), slices.Clone(st.Lights), slices.Clone(st.Waiting), slices.Clone(st.At), slices.Clone(st.Stop)
	st.Stood, st.Shut, st.Obstacles, st.Pending, st.Crossed, st.Lot = slices.Clone(st.Stood), slices.Clone(st.Shut), slices.Clone(st.Obstacles), slices.Clone(st.Pending), slices.Clone(st.Crossed), slices.Clone(st.Lot)
	st.Walks = st.Walks.clone()
	return st
}

// Snapshot returns a copy of the state.
func (s *Sim) Snapshot() State { return s.state.clone() }

// Reset puts the Sim into the state of a snapshot of a Sim with the same net and demand.
func (s *Sim) Reset(st State) error {
	if st.Version != stateVersion {
		return fmt.Errorf("restore micro state: version %d, this build reads %d", st.Version, stateVersion)
	}
	if len(st.Segments) != len(s.Segments) || len(st.Arrive) != len(s.Arrive) || len(st.Lights) != len(s.Lights) {
		return fmt.Errorf("restore micro state: %d segments, %d journeys, %d lights; this run has %d, %d, %d",
			len(st.Segments), len(st.Arrive), len(st.Lights), len(s.Segments), len(s.Arrive), len(s.Lights))
	}
	s.state = st.clone()
	s.weather()
	return nil
}

// Restore continues from a snapshot, bit for bit.
func Restore(n *city.LaneNet, d *city.LaneDemand, cfg Config, st State) (*Sim, error) {
	s, err := New(n, d, cfg)
	if err != nil {
		return nil, err
	}
	return s, s.Reset(st)
}

// Hash returns the SHA-256 over where every vehicle is, what every signal shows and who arrived when.
func (s *Sim) Hash() string {
	h := sha256.New()
	var b []byte
	put := func(v ...uint32) {
		for _, x := range v {
			b = binary.LittleEndian.AppendUint32(b, x)
		}
	}
	f := math.Float32bits
	put(uint32(s.Second), uint32(s.NextJourney))
	for i, seg := range s.Segments {
		if len(seg) > 0 {
			put(uint32(i), uint32(len(seg)))
		}
		for j := range seg {
			c := &seg[j]
			put(f(c.Pos), f(c.V), f(c.Next), f(c.Factor), f(c.Until), f(c.Loss), f(c.Gain), f(c.Free), uint32(c.Left)|uint32(c.Right)<<16, uint32(c.ID), uint32(c.Conn),
				uint32(c.Waited)|uint32(c.Still)<<16|uint32(c.Memory)<<24, uint32(c.Kind)|uint32(uint8(c.Aim))<<8|uint32(c.Bits)<<16)
		}
		h.Write(b)
		b = b[:0]
	}
	for i := range s.Lot {
		a := &s.Lot[i]
		put(uint32(a.Car.ID), uint32(a.Lane), uint32(a.Until), f(a.Car.Loss))
	}
	h.Write(b)
	b = b[:0]
	h.Write(s.Sig)
	h.Write(s.Lit)
	for i := range s.WalkDone {
		put(uint32(s.WalkLeg[i]), f(s.WalkAt[i]), f(s.WalkOn[i]), f(s.WalkWaited[i]), f(s.WalkDone[i]))
	}
	for i := range s.Arrive {
		put(uint32(s.Enter[i]), uint32(s.Arrive[i]))
		if len(b) > 1<<16 {
			h.Write(b)
			b = b[:0]
		}
	}
	h.Write(b)
	return hex.EncodeToString(h.Sum(nil))
}

// luckOf turns a second's bits and a vehicle into a number in [0, 1): one round of the mixing of package chance.
func luckOf(tick uint64, id int32) float32 {
	return chance.Draw32(tick, uint64(id))
}
