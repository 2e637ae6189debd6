package micro

import (
	"fmt"
	"slices"
	"time"
)

// An Event is an input to a Sim: Phase, Lamps, Closure, Block, Rain, Water or LaneWater.
type Event interface{ check(s *Sim) error }

// A Phase commands a light from outside: it shows Phase, after Yellow s of yellow for the connections that lose their green (0: 3 s), until the
// next command. A negative Phase gives the light back to its program.
type Phase struct {
	Light  int32
	Phase  int
	Yellow int
}

// Lamps sets what a light shows, letter by letter as in a phase's State, until the next command or Phase: for who has transitions of his own.
type Lamps struct {
	Light int32
	State string
}

// A Closure closes a lane to those who are not on it yet, or opens it.
type Closure struct {
	Lane int32
	Shut bool
}

// A Block puts something on a lane for a while that nobody passes on that lane: an accident, a stalled vehicle, a delivery.
type Block struct {
	Lane   int32
	At     float64 // m along the lane to its front
	Length float64 // m
	For    time.Duration
}

// Rain is the rain on the whole net, mm/h: it takes up to 7 % of speed and 14 % of saturation flow (HCM 2010, exhibit 10-15).
type Rain struct{ MMH float64 }

// Water is the depth of water on a road, m: speed falls linearly to a walking pace at 0.3 m, the depth at which cars float (Pregnolato et al. 2017 for
// the fall). Where it is as deep as a vehicle can wade its engine dies, and it stands in the way until it is towed; nine of ten drivers
// stop before such water or go round it.
type Water struct {
	Road  int32
	Depth float64
}

// LaneWater is the same for one lane: the kerb's is under water first.
type LaneWater struct {
	Lane  int32
	Depth float64
}

type timed struct {
	At time.Duration
	Ev Event
}

type obstacle struct {
	lane   int32
	length float32
	until  int32
}

func (e Closure) check(s *Sim) error {
	return s.checkLane(e.Lane)
}

func (e Block) check(s *Sim) error {
	if err := s.checkLane(e.Lane); err != nil {
		return err
	}
	if !(e.Length > 0) || !(e.At >= e.Length) || e.At > float64(s.net.length[e.Lane]) || e.For <= 0 {
		return fmt.Errorf("micro: block on lane %q at %g m, %g m long, for %v: it must lie on the lane's %g m and last", s.lanes.Lanes[e.Lane].ID, e.At, e.Length, e.For, s.net.length[e.Lane])
	}
	return nil
}

func (e Rain) check(*Sim) error {
	if !(e.MMH >= 0) {
		return fmt.Errorf("micro: rain of %g mm/h", e.MMH)
	}
	return nil
}

func (e Water) check(s *Sim) error {
	if e.Road < 0 || int(e.Road) >= len(s.On) || !(e.Depth >= 0) {
		return fmt.Errorf("micro: water of %g m on road %d of %d", e.Depth, e.Road, len(s.On))
	}
	return nil
}

func (e LaneWater) check(s *Sim) error {
	if !(e.Depth >= 0) {
		return fmt.Errorf("micro: water of %g m on lane %d", e.Depth, e.Lane)
	}
	return s.checkLane(e.Lane)
}

func (s *Sim) checkLane(l int32) error {
	if l < 0 || int(l) >= s.net.lanes {
		return fmt.Errorf("micro: lane %d of %d", l, s.net.lanes)
	}
	return nil
}

// Input gives events to take effect at time at, which must not be before Now. Events of one time act in the order given.
func (s *Sim) Input(at time.Duration, evs ...Event) error {
	if at < s.Now() {
		return fmt.Errorf("micro: input for %v: the run is at %v already", at, s.Now())
	}
	for _, ev := range evs {
		if err := ev.check(s); err != nil {
			return err
		}
	}
	i := len(s.Pending)
	for i > 0 && s.Pending[i-1].At > at {
		i--
	}
	for k, ev := range evs {
		s.Pending = slices.Insert(s.Pending, i+k, timed{at, ev})
	}
	return nil
}

func (s *Sim) applyDue() error {
	s.clearBlocks()
	n := 0
	for n < len(s.Pending) && s.Pending[n].At <= s.Now() {
		switch e := s.Pending[n].Ev.(type) {
		case Phase:
			if err := s.command(e); err != nil {
				return err
			}
		case Lamps:
			s.setLamps(e)
		case Closure:
			s.Shut[e.Lane] = e.Shut
			s.closed = slices.Contains(s.Shut, true)
			s.lookAgain()
		case Block:
			s.block(e)
		case Rain:
			s.Rain = e.MMH
			s.weather()
		case Water:
			s.flood(s.net.first[e.Road], s.net.first[e.Road+1], float32(e.Depth))
		case LaneWater:
			s.flood(e.Lane, e.Lane+1, float32(e.Depth))
		}
		n++
	}
	if n > 0 {
		s.Pending = slices.Delete(s.Pending, 0, n)
	}
	return nil
}

// weather sets what rain and water leave of limits and headways.
func (s *Sim) weather() {
	n := s.net
	f := float32(1 - 0.07*min(1, s.Rain/25))
	for l := range n.lanes {
		s.Limit[l] = waded(n.free[l]*f, s.Depth[l])
	}
	for c := range n.conns {
		s.Limit[n.lanes+c] = waded(n.free[n.lanes+c]*f, max(s.Depth[n.from[c]], s.Depth[n.to[c]]))
	}
	s.closed = slices.Contains(s.Shut, true)
	s.wet = slices.ContainsFunc(s.Depth, func(d float32) bool { return d >= leastWade })
	headway := s.cfg.Headway / (1 - 0.14*min(1, s.Rain/25))
	for i := range s.kinds {
		s.kinds[i] = newKind(&s.demand.Types[i], headway, s.dry[i].idm)
	}
}

// lookAgain lets every vehicle find its lanes again, after a new way where its own is closed.
func (s *Sim) lookAgain() {
	for seg := range s.Segments {
		for i := range s.Segments[seg] {
			c := &s.Segments[seg][i]
			if c.Bits&blocked != 0 {
				continue
			}
			s.detour(c, int32(seg))
			if seg < s.net.lanes {
				s.look(c, int32(seg))
			}
		}
	}
}

// informed reports whether a driver hears of closed roads.
func (s *Sim) informed(id int32) bool {
	return s.cfg.Informed == 1 || luckOf(s.hear, id) < float32(s.cfg.Informed)
}

// roundAbout has those who came to a road and see that the next of their way is closed look for another way.
func (s *Sim) roundAbout() {
	if len(s.facing) == 0 {
		return
	}
	slices.Sort(s.facing)
	for _, l := range slices.Compact(s.facing) {
		for i := range s.Segments[l] {
			if c := &s.Segments[l][i]; c.Bits&blocked == 0 && !s.informed(c.ID) {
				s.detour(c, l)
				s.look(c, l)
			}
		}
	}
	s.facing = s.facing[:0]
}

// detour gives a vehicle a new way from the road that it is on, or comes to from its connection, where a road of its own way is closed and there
// is another; its stops stay on it.
func (s *Sim) detour(c *Car, seg int32) {
	if s.net.away != nil {
		return
	}
	k := &s.kinds[c.Kind]
	route, at := s.route(c.ID), int(s.At[c.ID])
	keep := at // the last road that it can't avoid any more
	if seg >= int32(s.net.lanes) {
		keep++
	}
	sight := len(route)
	if !s.informed(c.ID) {
		sight = min(sight, keep+2)
	}
	shut := false
	for i := keep + 1; i < sight; i++ {
		shut = shut || !s.enterable(route[i], k)
	}
	if !shut {
		return
	}
	r := &s.router
	r.found = append(r.found[:0], route[at:keep+1]...)
	from := route[keep]
	stops := s.demand.Journeys[c.ID].Stops
	for n := int(s.Stop[c.ID]); n <= len(stops); n++ {
		to := route[len(route)-1]
		if n < len(stops) {
			to = s.net.road[stops[n].Lane]
		}
		if !s.quickest(from, to, k, c.Factor) {
			return
		}
		from = to
	}
	s.keepRoute(c.ID)
	s.At[c.ID] = 0
}

// block puts an obstacle on its lane where it overlaps nobody, or as soon behind as it doesn't.
func (s *Sim) block(e Block) {
	id := int32(len(s.Obstacles))
	s.Obstacles = append(s.Obstacles, obstacle{e.Lane, float32(e.Length), s.Second + int32(e.For/time.Second)})
	at := float32(e.At)
	for _, c := range s.Segments[e.Lane] {
		if tail := c.Pos - s.lengthOf(&c); tail < at && c.Pos > at-float32(e.Length) {
			at = tail // behind that one
		}
	}
	s.put(e.Lane, Car{Pos: max(at, 0.1), ID: id, Conn: noConn, Bits: blocked, Next: far})
	s.On[s.net.road[e.Lane]]++
}

func (s *Sim) blockLength(id int32) float32 { return s.Obstacles[id].length }

// clearBlocks takes obstacles away whose time is over.
func (s *Sim) clearBlocks() {
	for id := range s.Obstacles {
		o := &s.Obstacles[id]
		if o.until < 0 || o.until > s.Second {
			continue
		}
		o.until = -1
		cars := s.Segments[o.lane]
		if i := slices.IndexFunc(cars, func(c Car) bool { return c.Bits&blocked != 0 && c.ID == int32(id) }); i >= 0 {
			s.Segments[o.lane] = slices.Delete(cars, i, i+1)
			s.On[s.net.road[o.lane]]--
		}
	}
}
