package traffic

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"time"

	"citybrain/city"
	"citybrain/city/chance"
	"citybrain/routing"
)

// Config is how a Sim computes.
type Config struct {
	Seed    uint64
	Replan  time.Duration // how often one of the two groups of informed drivers gets new routes, alternating; 0: never
	Habit   float64       // share of drivers who keep to their habit, 0.4
	Threads int           // for the route trees; the result does not depend on it
	// Saturation is the flow of a lane over its stop line while it is green and a queue lasts, vehicles/s; 0: city.SaturationFlow.
	Saturation float64
}

// A Trip is one vehicle's journey.
type Trip struct {
	Depart time.Duration
	From   int32 // node
	Goal   int16 // index into the goals
	Kind   VehicleKind
}

// VehicleKind is what a vehicle is.
type VehicleKind uint8

const (
	Car VehicleKind = iota
	Taxi
	Bus
	Truck
)

// A Sim steps one city's traffic.
type Sim struct {
	city  *city.City
	cfg   Config
	net   *network
	trips []Trip       // by departure
	goals []int32      // nodes
	taste [3][]float32 // by driver group and link: the factor of their own idea of it
	st    State
}

// Graph is the streets prepared for search, which all that search the same city may share.
func (s *Sim) Graph() *routing.Graph { return s.net.graph }

// news is the seconds after which drivers hear of streets that opened or closed.
const news = 60

// queues is the number of queues of a link: left and U-turns, straight, right, and those whose journey ends on the link.
const (
	queues   = 4
	exitLane = 3
)

// State is everything that changes. It is plain data but for the route trees, which are immutable and shared.
type State struct {
	Version int
	Now     int32 // s since the scenario's start

	// One value for each vehicle slot.
	Trip  []int32 // index into the trips, -1: a free slot
	Link  []int32
	Enter []float32 // s, when it entered its link
	Ready []float32 // s, when it reaches the end of the link at free speed
	Turn  []int32   // the turn it will take, -1: its journey ends here
	Next  []int32   // the vehicle behind it in its queue
	Free  []int32   // free slots

	// One value for each queue of each link: link·queues + queue.
	Head, Tail []int32
	Length     []int16
	Credit     []float32 // vehicles that may still cross
	Blocked    []int32   // s, since when the head waits for room ahead; 0: it does not

	// One value for each link.
	Count     []int16   // vehicles on it
	Holes     []int16   // departures whose room is not felt at the entry yet
	Departed  []uint8   // ring of departures by second, waves long
	Gate      []float32 // entries that may still happen
	Speed     []float32 // m/s, as of now
	Shut      []bool
	Passable  []float32 // share of its capacity that nothing blocks
	Travel    []float32 // s, smoothed travel time of late
	Entered   []uint32  // vehicles since the start
	Left      []uint32
	WaitHead  []int32 // trips that wait to enter, first and last
	WaitTail  []int32
	LastCross []int32  // s, of each movement (see network.movement)
	Crossed   []uint32 // vehicles that made each turn since the start
	NodeCross []int32  // s, when the last vehicle of the most important class crossed each node

	Signals  []Signal
	Held     []int32 // s, of each junction: until when an emergency vehicle that passes at red holds cross traffic up
	Sirens   []Siren // by id
	NextTrip int32
	WaitNext []int32 // of each trip: the one that waits behind it
	Arrived  []float32
	Weather  Weather
	Trees    [3][]*routing.Tree
	Replans  int32
	Changed  []int32 // links that opened or closed and that drivers do not know of yet
	Finished int32
	Running  int32
	Waiting  int32
	Metres   float64 // driven by all vehicles since the start
	Seconds  float64 // spent on the streets by all vehicles since the start
	Pending  []timed
}

const stateVersion = 6

// Weather is what rain does to drivers: factors on speed and on saturation flow (HCM 2010, exhibit 10-15: heavy rain takes
// 6–7 % of free speed and about 14 % of capacity). The zero Weather is dry.
type Weather struct{ RainMMH float64 }

func (w Weather) speed() float64 {
	return 1 - 0.07*math.Min(1, w.RainMMH/25)
}

func (w Weather) capacity() float64 {
	return 1 - 0.14*math.Min(1, w.RainMMH/25)
}

// New prepares an empty city: trips must be ordered by departure, and their goals index nodes.
func New(c *city.City, trips []Trip, goals []int32, cfg Config) (*Sim, error) {
	if cfg.Habit == 0 {
		cfg.Habit = 0.4
	}
	if cfg.Threads == 0 {
		cfg.Threads = 1
	}
	if cfg.Saturation == 0 {
		cfg.Saturation = city.SaturationFlow
	}
	for i, t := range trips {
		if i > 0 && t.Depart < trips[i-1].Depart {
			return nil, fmt.Errorf("traffic: trip %d departs before trip %d; sort them by departure", i, i-1)
		}
		if t.From < 0 || int(t.From) >= len(c.Streets.Nodes) || t.Goal < 0 || int(t.Goal) >= len(goals) {
			return nil, fmt.Errorf("traffic: trip %d goes from node %d to goal %d; the city has %d nodes and %d goals", i, t.From, t.Goal, len(c.Streets.Nodes), len(goals))
		}
	}
	net, err := newNetwork(c)
	if err != nil {
		return nil, err
	}
	s := &Sim{city: c, cfg: cfg, net: net, trips: trips, goals: goals}
	n := len(c.Streets.Links)
	st := &s.st
	*st = State{Version: stateVersion,
		Head: fill[int32](n*queues, -1), Tail: fill[int32](n*queues, -1), Length: make([]int16, n*queues), Credit: make([]float32, n*queues), Blocked: make([]int32, n*queues),
		Count: make([]int16, n), Holes: make([]int16, n), Departed: make([]uint8, n*waves), Gate: make([]float32, n), Speed: make([]float32, n), Shut: make([]bool, n), Passable: fill[float32](n, 1),
		Travel: make([]float32, n), Entered: make([]uint32, n), Left: make([]uint32, n), WaitHead: fill[int32](n, -1), WaitTail: fill[int32](n, -1),
		LastCross: fill[int32](len(net.movementYields), -100), NodeCross: fill[int32](len(c.Streets.Nodes), -100),
		Crossed: make([]uint32, len(c.Streets.Turns)), WaitNext: fill[int32](len(trips), -1), Arrived: fill[float32](len(trips), -1), Signals: make([]Signal, len(c.Signals)), Held: make([]int32, len(c.Signals)),
	}
	for l := range n {
		st.Speed[l] = float32(c.Streets.Links[l].Speed)
		st.Travel[l] = net.free[l]
	}
	for j := range c.Signals {
		p, err := city.NewPlan(&c.Signals[j], c.Signals[j].Reference)
		if err != nil {
			return nil, fmt.Errorf("traffic: %w", err)
		}
		st.Signals[j] = newSignal(net.rules[j], p)
	}
	taste := chance.New(cfg.Seed, "route/taste")
	for k := range st.Trees {
		of := taste.Sub(uint64(k))
		s.taste[k] = make([]float32, n)
		for l := range s.taste[k] {
			s.taste[k][l] = float32(of.Between(uint64(l), 0, 0.85, 1.15))
		}
		st.Trees[k] = make([]*routing.Tree, len(goals))
		s.plan(k, nil)
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

// Snapshot returns a copy of the state.
func (s *Sim) Snapshot() State { return s.st.clone() }

// Fork returns a Sim that goes on from s's state on its own; it shares the streets and the trips.
func (s *Sim) Fork() *Sim {
	f := *s
	f.st = s.st.clone()
	return &f
}

// Redraw makes the trips that are still to come more or fewer by factor: each is kept, left out, or made once more within the
// same five minutes, by the chance of seed. Trips that have begun stay.
func (s *Sim) Redraw(factor float64, seed uint64) {
	st := &s.st
	draw := chance.New(seed, "traffic/redraw")
	trips := slices.Clone(s.trips[:st.NextTrip])
	for i, t := range s.trips[st.NextTrip:] {
		n := int(factor + draw.Float(uint64(i), 0))
		for k := range n {
			again := t
			if k > 0 {
				again.Depart += time.Duration(draw.Between(uint64(i), uint64(k), 0, 300)) * time.Second
			}
			trips = append(trips, again)
		}
	}
	slices.SortStableFunc(trips[st.NextTrip:], func(a, b Trip) int { return cmp.Compare(a.Depart, b.Depart) })
	s.trips = trips
	more := len(trips) - int(st.NextTrip)
	st.WaitNext = append(st.WaitNext[:st.NextTrip:st.NextTrip], fill[int32](more, -1)...)
	st.Arrived = append(st.Arrived[:st.NextTrip:st.NextTrip], fill[float32](more, -1)...)
}

// Reset puts the Sim into the state of a snapshot of a Sim with the same city and trips.
func (s *Sim) Reset(st State) error {
	if st.Version != stateVersion {
		return fmt.Errorf("restore traffic state: version %d, this build reads %d", st.Version, stateVersion)
	}
	if len(st.Count) != len(s.st.Count) || len(st.Arrived) != len(s.trips) || len(st.Signals) != len(s.st.Signals) {
		return fmt.Errorf("restore traffic state: %d links, %d trips, %d signals; this run has %d, %d, %d", len(st.Count), len(st.Arrived), len(st.Signals), len(s.st.Count), len(s.trips), len(s.st.Signals))
	}
	s.st = st.clone()
	return nil
}

// Restore continues from a snapshot, bit for bit.
func Restore(c *city.City, trips []Trip, goals []int32, cfg Config, st State) (*Sim, error) {
	s, err := New(c, trips, goals, cfg)
	if err != nil {
		return nil, err
	}
	return s, s.Reset(st)
}

func (st State) clone() State {
	for _, p := range []*[]int32{&st.Trip, &st.Link, &st.Turn, &st.Next, &st.Free, &st.Head, &st.Tail, &st.Blocked, &st.WaitHead, &st.WaitTail, &st.LastCross, &st.NodeCross, &st.WaitNext, &st.Held} {
		*p = slices.Clone(*p)
	}
	for _, p := range []*[]float32{&st.Enter, &st.Ready, &st.Credit, &st.Gate, &st.Speed, &st.Passable, &st.Travel, &st.Arrived} {
		*p = slices.Clone(*p)
	}
	for _, p := range []*[]int16{&st.Length, &st.Count, &st.Holes} {
		*p = slices.Clone(*p)
	}
	st.Departed, st.Shut = slices.Clone(st.Departed), slices.Clone(st.Shut)
	st.Entered, st.Left, st.Crossed = slices.Clone(st.Entered), slices.Clone(st.Left), slices.Clone(st.Crossed)
	st.Signals = slices.Clone(st.Signals)
	for j := range st.Signals {
		st.Signals[j].lastGreen, st.Signals[j].longest = slices.Clone(st.Signals[j].lastGreen), slices.Clone(st.Signals[j].longest)
	}
	st.Pending, st.Changed, st.Sirens = slices.Clone(st.Pending), slices.Clone(st.Changed), slices.Clone(st.Sirens)
	for k := range st.Trees {
		st.Trees[k] = slices.Clone(st.Trees[k])
	}
	return st
}

// Now returns the time reached.
func (s *Sim) Now() time.Duration { return time.Duration(s.st.Now) * time.Second }

// Step computes up to until, in whole seconds. It stops early, between steps, when ctx ends, and returns ctx's error.
func (s *Sim) Step(ctx context.Context, until time.Duration) error {
	for end := int32(until / time.Second); s.st.Now < end; {
		if err := ctx.Err(); err != nil {
			return err
		}
		s.applyDue()
		if every := int32(s.cfg.Replan / time.Second); every > 0 {
			if s.st.Now > 0 && s.st.Now%every == 0 {
				s.st.Replans++
				s.plan(1+int(s.st.Replans%2), nil)
			}
			if len(s.st.Changed) > 0 && s.st.Now%news == 0 {
				for k := range s.st.Trees {
					s.plan(k, s.st.Changed)
				}
				s.st.Changed = nil
			}
		}
		s.stepSignals()
		s.due()
		s.move()
		s.sirens()
		s.st.Seconds += float64(s.st.Running)
		s.st.Now++
	}
	s.applyDue()
	return nil
}
