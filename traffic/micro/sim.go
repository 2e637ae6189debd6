package micro

import (
	"context"
	"fmt"
	"math/bits"
	"slices"
	"time"

	"citybrain/city"
	"citybrain/city/chance"
)

// Config is how a Sim computes; its zero value is SUMO's defaults, dry, one thread.
type Config struct {
	Seed    uint64
	Threads int // the result does not depend on it
	// Depart says on which lane vehicles enter.
	Depart DepartLane
	// Headway multiplies every type's desired headway: the saturation flow of the place. 0: 1. With the default car 1 gives about
	// 1,900 vehicles/h on a lane, 1.35 about 1,600.
	Headway float64
	// MinorGap is the time in s that a driver who gives way leaves, beside the time for its own crossing. 0: 1.
	MinorGap float64
	// IDM is the set of classes that follow by the intelligent driver model; the others follow Krauss's.
	IDM city.VehicleClass
	// Roads says which roads this Sim drives; nil: all. Another engine drives the others: journeys that begin there are not this one's, who comes
	// from there is given by Take in, and who goes there is told of by Left. Every journey must be routed then, and nobody goes round a closed road.
	Roads []bool
	// Room says how many vehicles the other engine can still take in where a journey comes to a place of its route, those on their way there
	// not counted. It is called by several threads at once. nil: any number.
	Room func(journey int32, place int) int
	// Informed is the share of drivers who hear of a closed or flooded road on their way and look for another way at once; the others see it
	// when they come to the road before it. 0: all hear of it.
	Informed float64
	// Impatient: who has stood for half a minute because there is no room behind the junction, or because nobody lets him into his lane, takes another
	// way from the lane that he is on; who must change lanes squeezes into a fifth of the least gaps; and who has stood for a minute at a
	// junction without a signal counts on others to slow down for him. Otherwise all wait on, as SUMO's drivers do.
	Impatient bool
	// EmptyStreets: routes count travel times at the limits, otherwise those of the last minutes before departure.
	EmptyStreets bool
}

// DepartLane is a rule by which an entering vehicle takes its lane.
type DepartLane uint8

// The rules.
const (
	FirstLane DepartLane = iota // the one nearest to the kerb that it may use
	BestLane                    // of those on which it gets farthest without a change the emptiest
)

// A Sim steps the traffic of one lane net.
type Sim struct {
	cfg    Config
	lanes  *city.LaneNet
	demand *city.LaneDemand
	net    *network
	kinds  []kind // as the weather has them
	dry    []kind
	gap    float32
	luck   chance.Source // dawdling
	spot   chance.Source // where vehicles start that start anywhere
	learns bool          // roads' speeds of late are kept for routes
	state

	over   []uint64 // a bit for each road on which vehicles stand beyond the end of their lane
	turns  []uint64 // a bit for each road on which lanes are changed
	tick   uint64   // of this second's dawdling
	crew   *crew
	off    []int32   // segments off which vehicles are to be taken
	stuck  []int32   // lanes on which somebody looks for another way
	facing []int32   // lanes to which somebody came who sees that the next road of his way is closed
	closed bool      // some lane is
	wet    bool      // some lane is under water that somebody can't wade
	hear   uint64    // who hears of closed roads
	dare   uint64    // who drives into it all the same
	left   []Passage // who went to another engine's roads and was not told of yet
	router router
}

// chunk is the number of roads that a thread takes at a time, and of the bits in a word of marks.
const chunk = 64

// New prepares an empty net. Journeys must be ordered by departure; their roads, types and stops must be in the net and the demand.
func New(n *city.LaneNet, d *city.LaneDemand, cfg Config) (*Sim, error) {
	if cfg.Threads < 1 {
		cfg.Threads = 1
	}
	if cfg.Headway == 0 {
		cfg.Headway = 1
	}
	if cfg.MinorGap == 0 {
		cfg.MinorGap = 1
	}
	if cfg.Informed == 0 {
		cfg.Informed = 1
	}
	if !(cfg.Informed > 0) || cfg.Informed > 1 {
		return nil, fmt.Errorf("micro: a share of %g of drivers is informed; it is above 0 and at most 1", cfg.Informed)
	}
	if !(cfg.Headway > 0) || !(cfg.MinorGap > 0) {
		return nil, fmt.Errorf("micro: headway factor %g and gap %g s must be above 0", cfg.Headway, cfg.MinorGap)
	}
	if err := checkDemand(n, d); err != nil {
		return nil, fmt.Errorf("micro: %w", err)
	}
	net, err := newNetwork(n)
	if err != nil {
		return nil, fmt.Errorf("micro: %w", err)
	}
	if err := net.checkRoutes(n, d); err != nil {
		return nil, fmt.Errorf("micro: %w", err)
	}
	if err := net.limit(n, d, cfg.Roads); err != nil {
		return nil, fmt.Errorf("micro: %w", err)
	}
	s := &Sim{cfg: cfg, lanes: n, demand: d, net: net, gap: float32(cfg.MinorGap), luck: chance.New(cfg.Seed, "micro/dawdle"), spot: chance.New(cfg.Seed, "micro/start"), dare: chance.New(cfg.Seed, "micro/water").Bits(0, 0),
		hear: chance.New(cfg.Seed, "micro/news").Bits(0, 0)}
	for i := range d.Types {
		s.dry = append(s.dry, newKind(&d.Types[i], cfg.Headway, cfg.IDM&d.Types[i].Class != 0))
	}
	if !cfg.EmptyStreets {
		s.learns = slices.ContainsFunc(d.Journeys, func(j city.Journey) bool { return !j.Routed })
	}
	s.kinds = append([]kind(nil), s.dry...)
	chunks := (len(n.Roads) + chunk - 1) / chunk
	if chunks > chunkMask {
		return nil, fmt.Errorf("micro: %d roads; there may be %d", len(n.Roads), chunk*chunkMask)
	}
	s.over, s.turns = make([]uint64, chunks), make([]uint64, chunks)
	s.crew = newCrew(cfg.Threads, chunks)
	s.state = newState(s)
	s.router = newRouter(len(n.Roads))
	for l := range n.Lights {
		s.show(int32(l))
	}
	return s, nil
}

func checkDemand(n *city.LaneNet, d *city.LaneDemand) error {
	for i := range d.Types {
		t := &d.Types[i]
		if !(t.Length > 0) || !(t.Accel > 0) || !(t.Decel > 0) || !(t.Headway > 0) || !(t.MaxSpeed > 0) || !(t.SpeedMean > 0) || t.Gap < 0 {
			return fmt.Errorf("type %q: length, accelerations, headway and speeds must be above 0", t.ID)
		}
	}
	if len(d.Types) > 255 {
		return fmt.Errorf("%d vehicle types; there may be 255", len(d.Types))
	}
	for i := range d.Journeys {
		j := &d.Journeys[i]
		if i > 0 && j.Depart < d.Journeys[i-1].Depart {
			return fmt.Errorf("journey %q departs before %q; order journeys by departure", j.ID, d.Journeys[i-1].ID)
		}
		if j.Type < 0 || int(j.Type) >= len(d.Types) {
			return fmt.Errorf("journey %q: type %d of %d", j.ID, j.Type, len(d.Types))
		}
		if len(j.Roads) == 0 {
			return fmt.Errorf("journey %q has no roads", j.ID)
		}
		for _, r := range j.Roads {
			if r < 0 || int(r) >= len(n.Roads) {
				return fmt.Errorf("journey %q: road %d of %d", j.ID, r, len(n.Roads))
			}
		}
		if x := j.Start; x != nil && (x.Lane < city.RandomLane || x.Lane >= int(n.Roads[j.Roads[0]].Lanes) || !(x.Speed >= city.Fastest) || !(x.At >= city.AtRandom)) {
			return fmt.Errorf("journey %q: start on lane %d of %d at %g m with %g m/s", j.ID, x.Lane, n.Roads[j.Roads[0]].Lanes, x.At, x.Speed)
		}
		for _, p := range j.Stops {
			if !(p.Off >= 0) {
				return fmt.Errorf("journey %q: a stop leaves its lane in %g s", j.ID, p.Off)
			}
			if p.Lane < 0 || int(p.Lane) >= len(n.Lanes) {
				return fmt.Errorf("journey %q: stop on lane %d of %d", j.ID, p.Lane, len(n.Lanes))
			}
		}
	}
	return checkWalkers(n, d)
}

// checkRoutes finds a journey whose roads don't follow each other.
func (w *network) checkRoutes(n *city.LaneNet, d *city.LaneDemand) error {
	for i := range d.Journeys {
		j := &d.Journeys[i]
		if !j.Routed {
			continue
		}
		for k := 1; k < len(j.Roads); k++ {
			from, to := j.Roads[k-1], j.Roads[k]
			if !slices.ContainsFunc(w.next[w.nextAt[from]:w.nextAt[from+1]], func(x step) bool { return x.road == to }) {
				return fmt.Errorf("journey %q: road %q does not lead to road %q; leave it unrouted to have a way found", j.ID, n.Roads[from].ID, n.Roads[to].ID)
			}
		}
	}
	return nil
}

// Now returns the time reached.
func (s *Sim) Now() time.Duration { return time.Duration(s.Second) * time.Second }

// Step computes up to until, in whole seconds. It stops early, between seconds, when ctx ends, and returns ctx's error.
func (s *Sim) Step(ctx context.Context, until time.Duration) error {
	end := int32(until / time.Second)
	if s.Second >= end {
		return s.applyDue()
	}
	defer s.crew.stop()
	for s.Second < end {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := s.applyDue(); err != nil {
			return err
		}
		s.crew.muster(s)
		s.second()
	}
	return s.applyDue()
}

// second is one step: all plan from what was, then all move, vehicles cross from segment to segment, change lanes, and enter.
func (s *Sim) second() {
	s.stepLights()
	s.stepWalkers()
	s.tick = s.luck.Bits(uint64(s.Second), 0)
	s.each(planRoads)
	s.each(moveRoads)
	s.each(gatherRoads)
	for s.again() { // who passed a short lane whole
		s.each(passRoads)
		s.each(gatherRoads)
	}
	s.roundAbout()
	s.otherWays()
	s.takeOff()
	s.each(wishRoads)
	s.each(changeRoads)
	for w, m := range s.turns {
		for ; m != 0; m &= m - 1 {
			s.changeLanes(int32(w*chunk+bits.TrailingZeros64(m)), false)
		}
	}
	s.comeBack()
	s.enterDue()
	s.Updates += int64(s.Running) - int64(len(s.Lot))
	s.Peak = max(s.Peak, s.Running)
	s.Second++
}

// again takes together what the threads counted and reports whether vehicles stand beyond the end of their lane.
func (s *Sim) again() bool {
	any := false
	for i := range s.crew.hands {
		h := &s.crew.hands[i]
		s.Running -= h.ended + int32(len(h.left))
		s.Ended += h.ended
		s.Gone += int32(len(h.left))
		s.left = append(s.left, h.left...)
		s.off = append(s.off, h.off...)
		s.Stalls += h.stalls
		s.facing = append(s.facing, h.facing...)
		s.stuck = append(s.stuck, h.stuck...)
		h.facing, h.stuck = h.facing[:0], h.stuck[:0]
		any = any || h.again
		h.ended, h.stalls, h.again, h.left, h.off = 0, 0, false, h.left[:0], h.off[:0]
	}
	return any
}

// A phase is a part of a step that roads do side by side.
type phase uint8

const (
	planRoads phase = iota
	moveRoads
	gatherRoads
	passRoads
	wishRoads
	changeRoads
)

// chunkOf does a phase on the roads of one chunk. A road's lanes are written by the thread that has it alone, and so are the connections out of
// it, but in gathering, where those into it are. What others read is not written in the phase.
func (s *Sim) chunkOf(p phase, w int, h *hand) {
	from := int32(w * chunk)
	to := min(from+chunk, int32(len(s.On)))
	switch p {
	case planRoads:
		for r := from; r < to; r++ {
			if s.On[r] != 0 {
				s.planRoad(r)
			}
		}
	case moveRoads:
		for r := from; r < to; r++ {
			if s.On[r] != 0 {
				s.moveRoad(r, h)
				if s.learns {
					s.learn(r)
				}
			}
		}
	case gatherRoads:
		m := uint64(0)
		for i := range s.crew.hands {
			o := &s.crew.hands[i]
			m |= o.came[w]
			o.came[w] = 0
		}
		s.over[w] = 0
		for ; m != 0; m &= m - 1 {
			if b := bits.TrailingZeros64(m); s.gather(from+int32(b), h) {
				s.over[w] |= 1 << b
				h.again = true
			}
		}
	case passRoads:
		for m := s.over[w]; m != 0; m &= m - 1 {
			s.passLanes(from+int32(bits.TrailingZeros64(m)), h)
		}
	case wishRoads:
		t := uint64(0)
		for r := from; r < to; r++ {
			if s.On[r] != 0 && s.wishRoad(r) {
				t |= 1 << (r - from)
			}
		}
		s.turns[w] = t
	case changeRoads:
		left := uint64(0)
		for m := s.turns[w]; m != 0; m &= m - 1 {
			if b := bits.TrailingZeros64(m); s.changeLanes(from+int32(b), true) {
				left |= 1 << b
			}
		}
		s.turns[w] = left
	}
}
