package meso

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"io"
	"math"
	"slices"
	"time"

	"citybrain/city"
	"citybrain/city/chance"
)

// Config is how a Sim computes; its zero value is SUMO's defaults.
type Config struct {
	Seed uint64
	// Headway multiplies every type's desired headway: the saturation flow of the place. 0: 1.
	Headway float64
	// Roads says which roads this Sim drives; nil: all. Another engine drives the others: journeys that begin there are not this one's, who comes
	// from there is given by Take, and who goes there is handed to Hand.
	Roads []bool
	// Hand takes a vehicle on, or reports false where there is no room for it: its journey, the place in its route, when it is there and how
	// fast.
	Hand func(journey int32, place int, at, speed float64) bool
}

// kind is a vehicle type as the engine uses it.
type kind struct {
	class    city.VehicleClass
	top      float32 // m/s
	mean     float32 // of the factor on limits
	dev      float32
	slack    float32 // m/s below its speed that a dawdling driver keeps on average
	lag, gap float32 // s and m behind the vehicle ahead over a stop line; gap holds its own length
	accel    float32 // m/s²
}

// A Sim steps the traffic of one lane net.
type Sim struct {
	lanes  *city.LaneNet
	demand *city.LaneDemand
	net    *network
	kinds  []kind
	own    []float32 // by journey: its driver's factor on limits
	away   []bool    // by road: another engine drives it; nil: none
	hand   func(journey int32, place int, at, speed float64) bool
	times  *times // where travel times are measured
	st     State
}

// State is everything that changes, as plain data.
type State struct {
	Version int
	Now     int32 // s since the scenario's start

	In, Out []uint32  // by lane: vehicles that entered and left since the start
	Queue   []int32   // the lanes' rings: the journey that entered as number k lies at k modulo the ring's length
	Felt    []float32 // the same for departures: s, when the room of number k is felt at the lane's entry
	Next    []float32 // by lane: s, when the next vehicle may cross the stop line
	Gate    []float32 // by lane: s, when the next vehicle may begin its journey there
	Full    []int32   // by lane: the second in which its first vehicle last found no room ahead
	Due     []int32   // by lane: the second in which it is looked at, −1: in none
	Calls   [][]int32 // lanes by second, modulo their number
	Far     []int32   // lanes to be looked at later than that

	Sig     []byte  // what each connection sees: r y g G o, − where there is no signal
	Since   []int32 // s, since when
	Crossed []uint32
	Last    []float32 // by connection: s, when somebody crossed last
	Lights  []Light

	At      []uint16  // by journey: place in its route
	On      []float32 // by journey: s, when it came onto its road
	Ready   []float32 // by journey: s, when it reaches the end of its lane
	Stood   []float32 // by journey: s at stop lines
	Enter   []float32 // s by journey, −1: not yet
	Arrive  []float32
	Came    []float32 // by journey: s, when it came to this engine's roads last
	First   []uint16  // the place in its route where that was
	Lost    []float32 // s lost before
	Door    []int32   // by road: the first journey that waits to enter, −1
	DoorEnd []int32
	Behind  []int32 // by journey: the one behind it there
	Doors   []int32 // roads with somebody waiting, ascending

	NextJourney, Running, Ended, Peak int32
	Taken, Handed                     int32 // vehicles from and to another engine's roads
	Updates                           int64
}

const stateVersion = 3

// wheel is the seconds that the calendar holds one by one.
const wheel = 256

// New prepares an empty net. Journeys must be ordered by departure and routed.
func New(n *city.LaneNet, d *city.LaneDemand, cfg Config) (*Sim, error) {
	if cfg.Headway == 0 {
		cfg.Headway = 1
	}
	if !(cfg.Headway > 0) {
		return nil, fmt.Errorf("meso: headway factor %g must be above 0", cfg.Headway)
	}
	spacing := 0.0
	for i := range d.Journeys {
		j := &d.Journeys[i]
		if i > 0 && j.Depart < d.Journeys[i-1].Depart {
			return nil, fmt.Errorf("meso: journey %q departs before %q; order journeys by departure", j.ID, d.Journeys[i-1].ID)
		}
		if j.Type < 0 || int(j.Type) >= len(d.Types) || len(j.Roads) == 0 || !j.Routed && len(j.Roads) > 1 {
			return nil, fmt.Errorf("meso: journey %q: type %d of %d, %d roads, routed %v; route it first", j.ID, j.Type, len(d.Types), len(j.Roads), j.Routed)
		}
		spacing += d.Types[j.Type].Length + d.Types[j.Type].Gap
	}
	if spacing /= float64(len(d.Journeys)); !(spacing > 0) {
		spacing = city.JamSpacing
	}
	net, err := newNetwork(n, spacing)
	if err != nil {
		return nil, fmt.Errorf("meso: %w", err)
	}
	s := &Sim{lanes: n, demand: d, net: net, hand: cfg.Hand}
	if cfg.Roads != nil {
		if len(cfg.Roads) != len(n.Roads) || cfg.Hand == nil {
			return nil, fmt.Errorf("meso: %d roads are told apart, the net has %d; and somebody must take vehicles on", len(cfg.Roads), len(n.Roads))
		}
		s.away = make([]bool, len(n.Roads))
		for r, own := range cfg.Roads {
			s.away[r] = !own
		}
	}
	for i := range d.Journeys {
		roads := d.Journeys[i].Roads
		for k, r := range roads {
			if r < 0 || int(r) >= len(n.Roads) {
				return nil, fmt.Errorf("meso: journey %q: road %d of %d", d.Journeys[i].ID, r, len(n.Roads))
			}
			if k > 0 && !s.joined(roads[k-1], r) {
				return nil, fmt.Errorf("meso: journey %q: road %q does not lead to road %q", d.Journeys[i].ID, n.Roads[roads[k-1]].ID, n.Roads[r].ID)
			}
		}
	}
	for i := range d.Types {
		t := &d.Types[i]
		if !(t.Accel > 0) || !(t.MaxSpeed > 0) || !(t.SpeedMean > 0) || !(t.Headway > 0) {
			return nil, fmt.Errorf("meso: type %q: acceleration, headway and speeds must be above 0", t.ID)
		}
		s.kinds = append(s.kinds, kind{class: t.Class, top: float32(t.MaxSpeed), mean: float32(t.SpeedMean), dev: float32(t.SpeedDev), slack: float32(t.Sigma * t.Accel / 2),
			lag: float32(t.Headway * cfg.Headway * reaction), gap: float32(t.Length + queueGap), accel: float32(t.Accel)})
	}
	luck := chance.New(cfg.Seed, "meso/driver")
	for i := range d.Journeys {
		s.own = append(s.own, s.kinds[d.Journeys[i].Type].factor(luck.Sub(uint64(i))))
	}
	lanes, conns, js := len(n.Lanes), len(n.Connections), len(d.Journeys)
	rooms := net.room[lanes]
	s.st = State{Version: stateVersion, In: make([]uint32, lanes), Out: make([]uint32, lanes), Queue: make([]int32, rooms), Felt: make([]float32, rooms), Next: make([]float32, lanes),
		Gate: make([]float32, lanes), Full: fill(lanes, int32(-10)), Due: fill(lanes, int32(-1)), Calls: make([][]int32, wheel), Sig: make([]byte, conns), Since: make([]int32, conns), Crossed: make([]uint32, conns),
		Last: fill(conns, float32(-1e6)), Lights: make([]Light, len(n.Lights)), At: make([]uint16, js), On: make([]float32, js), Ready: make([]float32, js), Stood: make([]float32, js),
		Enter: fill(js, float32(-1)), Arrive: fill(js, float32(-1)), Came: fill(js, float32(-1)), First: make([]uint16, js), Lost: make([]float32, js), Door: fill(len(n.Roads), int32(-1)), DoorEnd: fill(len(n.Roads), int32(-1)), Behind: fill(js, int32(-1))}
	for c := range s.st.Sig {
		s.st.Sig[c] = '-'
	}
	for l := range n.Lights {
		s.st.Lights[l] = newLight(&n.Lights[l])
		if ph := n.Lights[l].Phases; len(ph) > 0 {
			s.lamps(int32(l), ph[s.st.Lights[l].Phase].State)
		}
	}
	return s, nil
}

func fill[T any](n int, v T) []T {
	s := make([]T, n)
	for i := range s {
		s[i] = v
	}
	return s
}

func (s *Sim) joined(a, b int32) bool {
	for l := s.net.first[a]; l < s.net.first[a+1]; l++ {
		if s.net.leads(l, b) {
			return true
		}
	}
	return false
}

// Now returns the time reached.
func (s *Sim) Now() time.Duration { return time.Duration(s.st.Now) * time.Second }

// Step computes up to until, in whole seconds. It stops early, between seconds, when ctx ends, and returns ctx's error.
func (s *Sim) Step(ctx context.Context, until time.Duration) error {
	for end := int32(until / time.Second); s.st.Now < end; {
		if err := ctx.Err(); err != nil {
			return err
		}
		s.second()
	}
	return nil
}

func (s *Sim) second() {
	st := &s.st
	s.stepLights()
	s.depart()
	slot := st.Now % wheel
	if slot == 0 {
		far := st.Far
		st.Far = nil
		for _, l := range far {
			st.Due[l] = -1
			s.call(l)
		}
	}
	// Lanes take their turn from another one on each second, so that no street always comes first where two merge. A lane that is called
	// for this same second by another's move is appended, and looked at too.
	list := st.Calls[slot]
	if n := len(list); n > 1 {
		slices.Sort(list)
		k := int(uint32(st.Now) * 2654435761 % uint32(n))
		slices.Reverse(list[:k])
		slices.Reverse(list[k:])
		slices.Reverse(list)
	}
	for i := 0; i < len(st.Calls[slot]); i++ {
		l := st.Calls[slot][i]
		st.Due[l] = -1
		s.discharge(l)
	}
	st.Calls[slot] = st.Calls[slot][:0]
	st.Updates += int64(st.Running)
	st.Peak = max(st.Peak, st.Running)
	st.Now++
}

// Snapshot returns a copy of the state.
func (s *Sim) Snapshot() State { return s.st.clone() }

// Restore puts the Sim into the state of a snapshot of a Sim with the same net and demand.
func (s *Sim) Restore(st State) error {
	if st.Version != stateVersion {
		return fmt.Errorf("restore meso state: version %d, this build reads %d", st.Version, stateVersion)
	}
	if len(st.In) != len(s.st.In) || len(st.At) != len(s.st.At) || len(st.Sig) != len(s.st.Sig) || len(st.Queue) != len(s.st.Queue) {
		return fmt.Errorf("restore meso state: %d lanes, %d connections, %d journeys; this run has %d, %d, %d", len(st.In), len(st.Sig), len(st.At), len(s.st.In), len(s.st.Sig), len(s.st.At))
	}
	s.st = st.clone()
	return nil
}

func (st State) clone() State {
	for _, p := range []*[]int32{&st.Queue, &st.Full, &st.Due, &st.Far, &st.Since, &st.Door, &st.DoorEnd, &st.Behind, &st.Doors} {
		*p = slices.Clone(*p)
	}
	for _, p := range []*[]float32{&st.Felt, &st.Next, &st.Gate, &st.Last, &st.On, &st.Ready, &st.Stood, &st.Enter, &st.Arrive, &st.Came, &st.Lost} {
		*p = slices.Clone(*p)
	}
	st.In, st.Out, st.Crossed = slices.Clone(st.In), slices.Clone(st.Out), slices.Clone(st.Crossed)
	st.Sig, st.Lights, st.At = slices.Clone(st.Sig), slices.Clone(st.Lights), slices.Clone(st.At)
	st.First = slices.Clone(st.First)
	st.Calls = slices.Clone(st.Calls)
	for i := range st.Calls {
		st.Calls[i] = slices.Clone(st.Calls[i])
	}
	return st
}

// Hash returns SHA-256 over the state, hex.
func (s *Sim) Hash() string {
	h := sha256.New()
	st := &s.st
	write := func(x any) { must(binary.Write(h, binary.LittleEndian, x)) }
	for _, x := range []any{st.Now, st.In, st.Out, st.Next, st.Gate, st.Full, st.Due, st.Sig, st.Since, st.Crossed, st.Last, st.At, st.On, st.Ready, st.Stood, st.Enter, st.Arrive, st.Door, st.Behind, st.NextJourney, st.Running, st.Ended, st.Updates} {
		write(x)
	}
	for l := range st.In {
		for k := st.Out[l]; k < st.In[l]; k++ {
			write(st.Queue[s.at(int32(l), k)])
		}
	}
	for _, g := range st.Lights {
		write(g.Phase)
		write(g.Held)
		write(g.Left)
	}
	return hex.EncodeToString(h.Sum(nil))
}

// must keeps the promise of a hash that writing to it never fails.
func must(err error) {
	if err != nil && err != io.EOF {
		panic(err)
	}
}

// factor draws a driver's own factor on speed limits.
func (k *kind) factor(luck chance.Source) float32 {
	if k.dev == 0 {
		return k.mean
	}
	sum := -2.0 // of four even draws: its deviation is 1/√3
	for i := range uint64(4) {
		sum += luck.Float(i, 0)
	}
	return max(0.2, min(2*k.mean, k.mean+k.dev*float32(sum*math.Sqrt(3))))
}
