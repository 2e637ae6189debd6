package cityflow

import (
	"context"
	"fmt"
	"math"
	"sync"
	"time"

	"citybrain/city"
	"citybrain/city/chance"
)

const (
	turnSpeed  = 8.3333 // m/s, at most on the way into a turn
	yieldSpace = 5.0    // m that are kept before a crossing path
	slow       = 0.1    // m/s; below it a vehicle counts as waiting
	outside    = int32(math.MaxInt32)
)

// Config is what a run may choose.
type Config struct {
	Seed       uint64
	Threads    int  // 0: 1
	LaneChange bool // vehicles may change lanes
}

// A Sim is a running simulation.
type Sim struct {
	net    *city.LaneNet
	demand *city.LaneDemand
	cfg    Config
	w      *network
	types  []kind
	st     State

	firstLane, priority chance.Source

	// What a step works out before it is applied, by vehicle slot.
	nSpeed, nDist []float64
	nWay, nLeg    []int32 // nWay −1: it leaves the net
	nBlocker      []int32
	fate          []fate
	shift         []float64 // m, its new offset while it changes lanes

	moved []int32
	spare spare
	part  []lot // by thread
	do    passes
	block int32 // how many ways a thread takes at a time
	stale bool  // leaders must be found again after vehicles were put in
}

// A fate is what becomes of a vehicle in a step.
type fate uint8

const (
	stays   fate = iota
	moves        // to another way
	ends         // its trip
	becomes      // its shadow, which goes on in its place
	aborts       // a shadow that came to the lane's end too early
)

// passes are the parts of a step that go over all ways; they are made once, since a method value is an allocation.
type passes struct{ wish, lead, note, decide, commit pass }

// A pass handles the ways from lo up to hi for one thread; it may write only what belongs to them and to the thread's lot.
type pass func(part int, lo, hi int32)

// lot is one thread's part of a step's findings.
type lot struct{ gone, planners []int32 }

// kind is a vehicle type in the engine's terms.
type kind struct{ length, gap, top, accel, usual, decel, brake, headway, look float64 }

// New makes a simulation at time 0; it fails for a net or a demand that contradicts itself, naming the element.
func New(net *city.LaneNet, demand *city.LaneDemand, cfg Config) (*Sim, error) {
	w, err := newNetwork(net)
	if err != nil {
		return nil, fmt.Errorf("cityflow: %w", err)
	}
	cfg.Threads = max(1, cfg.Threads)
	s := &Sim{net: net, demand: demand, cfg: cfg, w: w, firstLane: chance.New(cfg.Seed, "cityflow/first lane"),
		priority: chance.New(cfg.Seed, "cityflow/priority"), part: make([]lot, cfg.Threads)}
	s.block = 256
	s.do = passes{s.wish, s.lead, s.note, s.decide, s.commit}
	for _, t := range demand.Types {
		k := kind{length: t.Length, gap: t.Gap, top: t.MaxSpeed, accel: t.Accel, usual: t.UsualAccel, decel: t.Decel, brake: t.Brake, headway: t.Headway}
		if k.usual == 0 {
			k.usual = k.accel
		}
		if !(k.length > 0 && k.top > 0 && k.accel > 0 && k.decel > 0 && k.brake > 0) {
			return nil, fmt.Errorf("cityflow: vehicle type %s: length, greatest speed, acceleration and both decelerations must be positive", t.ID)
		}
		k.look = k.top*k.top/k.decel/2 + k.top*2
		s.types = append(s.types, k)
	}
	for i := range demand.Journeys {
		j := &demand.Journeys[i]
		if i > 0 && j.Depart < demand.Journeys[i-1].Depart {
			return nil, fmt.Errorf("cityflow: vehicle %s: journeys must be ordered by departure", j.ID)
		}
		if len(j.Roads) < 2 || !j.Routed {
			return nil, fmt.Errorf("cityflow: vehicle %s: it needs a whole route of at least two roads", j.ID)
		}
		if j.Type < 0 || int(j.Type) >= len(s.types) {
			return nil, fmt.Errorf("cityflow: vehicle %s: type %d of %d", j.ID, j.Type, len(s.types))
		}
		for _, r := range j.Roads {
			if r < 0 || int(r) >= len(net.Roads) {
				return nil, fmt.Errorf("cityflow: vehicle %s: road %d of %d", j.ID, r, len(net.Roads))
			}
		}
		if s.lanesTo(j.Roads[0], j.Roads[1]) == 0 {
			return nil, fmt.Errorf("cityflow: vehicle %s: no lane leads from road %s to road %s", j.ID, net.Roads[j.Roads[0]].ID, net.Roads[j.Roads[1]].ID)
		}
	}
	w.legs = make([]int32, len(demand.Journeys)+1)
	for i := range demand.Journeys {
		w.legs[i+1] = w.legs[i] + int32(len(demand.Journeys[i].Roads))
	}
	s.st = newState(net, demand, w)
	n := len(s.st.Trip)
	s.nSpeed, s.nDist, s.shift = make([]float64, n), make([]float64, n), make([]float64, n)
	s.nWay, s.nLeg, s.nBlocker, s.fate = make([]int32, n), make([]int32, n), make([]int32, n), make([]fate, n)
	s.spare = newSpare(n)
	s.moved = make([]int32, 0, n)
	for i := range s.part {
		s.part[i] = lot{make([]int32, 0, n), make([]int32, 0, n)}
	}
	return s, nil
}

// lanesTo counts the lanes of road from that lead to road to.
func (s *Sim) lanesTo(from, to int32) int {
	n := 0
	for l := s.net.Roads[from].First; l < s.net.Roads[from].First+s.net.Roads[from].Lanes; l++ {
		if s.w.leads(l, to) {
			n++
		}
	}
	return n
}

// startLane draws the lane on which a journey begins among those that lead on.
func (s *Sim) startLane(trip int32) int32 {
	j := &s.demand.Journeys[trip]
	r := &s.net.Roads[j.Roads[0]]
	k := s.firstLane.Int(uint64(trip), 0, s.lanesTo(j.Roads[0], j.Roads[1]))
	for l := r.First; ; l++ {
		if s.w.leads(l, j.Roads[1]) {
			if k == 0 {
				return l
			}
			k--
		}
	}
}

// Now is the time since the scenario's start.
func (s *Sim) Now() time.Duration { return time.Duration(s.st.Now) * time.Second }

// SetPhase puts a light into a phase of its program at once.
func (s *Sim) SetPhase(light, phase int) error {
	if light < 0 || light >= len(s.net.Lights) {
		return fmt.Errorf("cityflow: light %d of %d", light, len(s.net.Lights))
	}
	l := &s.net.Lights[light]
	if phase < 0 || phase >= len(l.Phases) {
		return fmt.Errorf("cityflow: light %s: phase %d of %d", l.ID, phase, len(l.Phases))
	}
	s.st.Phase[light] = int32(phase)
	s.apply(light)
	return nil
}

// apply opens and closes a light's links as its phase has it.
func (s *Sim) apply(light int) {
	state := s.net.Lights[light].Phases[s.st.Phase[light]].State
	for _, k := range s.w.litLinks[s.w.lit[light]:s.w.lit[light+1]] {
		c := state[s.net.Connections[k].Index]
		s.st.Open[k] = c == 'g' || c == 'G'
	}
}

// Step goes on to time until, in whole seconds; cancelled, it stops between two of them.
func (s *Sim) Step(ctx context.Context, until time.Duration) error {
	for s.Now() < until {
		if err := ctx.Err(); err != nil {
			return err
		}
		s.second()
	}
	return nil
}

// second is one step.
func (s *Sim) second() {
	st := &s.st
	s.stale = false
	s.enter()
	if s.cfg.LaneChange {
		s.each(s.do.wish)
		s.change()
		if s.stale {
			s.each(s.do.lead)
		}
	}
	s.each(s.do.note)
	s.each(s.do.decide)
	s.each(s.do.commit)
	s.settle()
	s.each(s.do.lead)
	if st.Now++; st.Now%tidyEvery == 0 {
		s.tidy()
	}
}

// each runs a pass over all ways, in parts by thread.
func (s *Sim) each(do pass) {
	if s.cfg.Threads == 1 {
		do(0, 0, int32(len(s.w.length)))
		return
	}
	s.share(do)
}

func (s *Sim) share(do pass) {
	ways, block := int32(len(s.w.length)), s.block
	run := func(part int) {
		for lo := int32(part) * block; lo < ways; lo += block * int32(s.cfg.Threads) {
			do(part, lo, min(lo+block, ways))
		}
	}
	var wg sync.WaitGroup
	for p := 1; p < s.cfg.Threads; p++ {
		wg.Go(func() { run(p) })
	}
	run(0)
	wg.Wait()
}
