package zone

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/paulmach/orb"

	"citybrain/city"
	"citybrain/traffic/control"
	"citybrain/traffic/meso"
	"citybrain/traffic/micro"
	"citybrain/traffic/trips"
)

// In returns the nodes of a net that lie in a rectangle, its edge included.
func In(n *city.LaneNet, area orb.Bound) []bool {
	in := make([]bool, len(n.Nodes))
	for i := range n.Nodes {
		in[i] = area.Contains(n.Nodes[i].At)
	}
	return in
}

// To returns the nodes to which roads lead, by the roads' names; a name that the net has not is an error.
func To(n *city.LaneNet, roads []string) ([]bool, error) {
	at := make(map[string]int, len(n.Roads))
	for r := range n.Roads {
		at[n.Roads[r].ID] = r
	}
	in := make([]bool, len(n.Nodes))
	for _, id := range roads {
		r, ok := at[id]
		if !ok {
			return nil, fmt.Errorf("zone: the net has no road %q", id)
		}
		in[n.Roads[r].To] = true
	}
	return in, nil
}

// A Sim steps the traffic of one lane net.
type Sim struct {
	demand *city.LaneDemand
	net    *city.LaneNet
	inside []bool // by road
	micro  *micro.Sim
	meso   *meso.Sim
	seam
	came []micro.Passage // scratch
	peak int
}

// seam is who is between the engines.
type seam struct {
	In  []micro.Passage // to microscopic roads, by road in order of time
	Out []micro.Passage // to queues
}

// New prepares an empty net, microscopic at the nodes that are inside. Settings other than the roads are each engine's own. Journeys must be ordered by
// departure and routed; an area in which no road ends, or all do, is an error.
func New(n *city.LaneNet, d *city.LaneDemand, inside []bool, a micro.Config, b meso.Config) (*Sim, error) {
	if len(inside) != len(n.Nodes) {
		return nil, fmt.Errorf("zone: %d nodes are told apart, the net has %d", len(inside), len(n.Nodes))
	}
	s := &Sim{demand: d, net: n, inside: make([]bool, len(n.Roads))}
	around, count := make([]bool, len(n.Roads)), 0
	for r := range n.Roads {
		s.inside[r] = inside[n.Roads[r].To]
		around[r] = !s.inside[r]
		if s.inside[r] {
			count++
		}
	}
	if count == 0 || count == len(n.Roads) {
		return nil, fmt.Errorf("zone: %d of %d roads lead to junctions of the area; choose an area with some, or one engine for all", count, len(n.Roads))
	}
	a.Roads, a.Room = s.inside, s.roomAround
	b.Roads, b.Hand = around, s.hand
	var err error
	if s.micro, err = micro.New(n, d, a); err != nil {
		return nil, err
	}
	if s.meso, err = meso.New(n, d, b); err != nil {
		return nil, err
	}
	return s, nil
}

// roomAround says how many more the queues can take in where a journey comes to them, those who wait for room there not counted.
func (s *Sim) roomAround(journey int32, place int) int {
	road := s.demand.Journeys[journey].Roads[place]
	free := s.meso.Free(journey, place)
	for i := range s.Out {
		if s.road(&s.Out[i]) == road {
			free--
		}
	}
	return free
}

// hand takes a vehicle that comes from the queues to a microscopic road, if there is room for it behind those that are on their way there.
func (s *Sim) hand(journey int32, place int, at, speed float64) bool {
	p := micro.Passage{Journey: journey, Place: place, At: at, Speed: speed}
	road, free := s.road(&p), s.micro.Free(journey, place)
	for i := range s.seam.In {
		if s.road(&s.seam.In[i]) == road {
			free--
		}
	}
	if free <= 0 {
		return false
	}
	s.seam.In = append(s.seam.In, p)
	return true
}

func (s *Sim) road(p *micro.Passage) int32 { return s.demand.Journeys[p.Journey].Roads[p.Place] }

// Inside reports whether a road is microscopic.
func (s *Sim) Inside(road int32) bool { return s.inside[road] }

// Now returns the time reached.
func (s *Sim) Now() time.Duration { return s.micro.Now() }

// Step computes up to until, in whole seconds. It stops early, between seconds, when ctx ends, and returns ctx's error.
func (s *Sim) Step(ctx context.Context, until time.Duration) error {
	for s.Now()+time.Second <= until {
		if err := ctx.Err(); err != nil {
			return err
		}
		next := s.Now() + time.Second
		if err := s.micro.Step(context.WithoutCancel(ctx), next); err != nil {
			return err
		}
		if err := s.meso.Step(context.WithoutCancel(ctx), next); err != nil {
			return err
		}
		s.exchange()
	}
	return nil
}

// exchange brings those whose time has come from each engine to the other, in order of time and on each road one behind the other.
func (s *Sim) exchange() {
	now := s.Now().Seconds()
	order := func(a, b micro.Passage) int {
		return cmp.Or(cmp.Compare(a.At, b.At), cmp.Compare(a.Journey, b.Journey))
	}
	s.came = s.micro.Left(s.came[:0])
	s.Out = append(s.Out, s.came...)
	slices.SortFunc(s.Out, order)
	s.Out = s.pass(s.Out, now, func(p micro.Passage) bool { return s.meso.Take(p.Journey, p.Place, p.At) })
	slices.SortFunc(s.seam.In, order)
	s.seam.In = s.pass(s.seam.In, now, s.micro.Take)
	s.peak = max(s.peak, s.Totals().Running)
}

// pass lets those in who are there and find room; nobody overtakes on the same road.
func (s *Sim) pass(list []micro.Passage, now float64, take func(micro.Passage) bool) []micro.Passage {
	keep := list[:0]
	for i := range list {
		p := list[i]
		held := p.At > now
		for k := 0; k < len(keep) && !held; k++ {
			held = s.road(&keep[k]) == s.road(&p)
		}
		if held || !take(p) {
			keep = append(keep, p)
		}
	}
	return keep
}

// Census returns how many vehicles are in the microscopic engine, in the queues, and between the two.
func (s *Sim) Census() (inside, around, between int) {
	return s.micro.Totals().Running, s.meso.Totals().Running, len(s.seam.In) + len(s.Out)
}

// Places appends where every microscopic vehicle is and returns the list.
func (s *Sim) Places(list []trips.Place) []trips.Place { return s.micro.Places(list) }

// Totals returns the figures of the run so far.
func (s *Sim) Totals() trips.Totals {
	a, b := s.micro.Totals(), s.meso.Totals()
	return trips.Totals{Due: max(a.Due, b.Due), Entered: a.Entered + b.Entered, Running: a.Running + b.Running + len(s.seam.In) + len(s.Out), Finished: a.Finished + b.Finished, Peak: s.peak,
		Updates: a.Updates + b.Updates, Towed: a.Towed}
}

// Trips returns what came of the journeys that were due.
func (s *Sim) Trips() []trips.Trip {
	a, b := s.micro.Trips(), s.meso.Trips()
	if len(b) > len(a) {
		a, b = b, a
	}
	for i := range b {
		x, y := &a[i], &b[i]
		if math.IsNaN(x.Enter) {
			x.Enter, x.EntryDelay = y.Enter, y.EntryDelay
		}
		if math.IsNaN(x.Arrive) {
			x.Arrive = y.Arrive
		}
		x.Loss += y.Loss
		x.Waiting += y.Waiting
		x.Running = !math.IsNaN(x.Enter) && math.IsNaN(x.Arrive)
	}
	return a
}

// Route returns the roads of a journey; the slice is the demand's own.
func (s *Sim) Route(journey int) []int32 { return s.demand.Journeys[journey].Roads }

// Walked returns what came of the walkers who were due.
func (s *Sim) Walked() []trips.Walk { return s.micro.Walked() }

// Figures sums up the run so far.
func (s *Sim) Figures() trips.Figures { return trips.Sum(s.Trips(), s.Now().Seconds()) }

// State is everything that changes, as plain data.
type State struct {
	Micro   micro.State
	Meso    meso.State
	In, Out []micro.Passage // who is between: to microscopic roads, to queues
	Peak    int
}

// Snapshot returns a copy of the state.
func (s *Sim) Snapshot() State {
	return State{s.micro.Snapshot(), s.meso.Snapshot(), slices.Clone(s.seam.In), slices.Clone(s.Out), s.peak}
}

// Restore puts the Sim into the state of a snapshot of a Sim with the same net, demand and area.
func (s *Sim) Restore(st State) error {
	if err := s.micro.Reset(st.Micro); err != nil {
		return err
	}
	if err := s.meso.Restore(st.Meso); err != nil {
		return err
	}
	s.seam.In, s.Out, s.peak = slices.Clone(st.In), slices.Clone(st.Out), st.Peak
	return nil
}

// Hash returns SHA-256 over both engines' states and who is between, hex.
func (s *Sim) Hash() string {
	h := sha256.New()
	fmt.Fprint(h, s.micro.Hash(), s.meso.Hash(), s.seam.In, s.Out)
	return hex.EncodeToString(h.Sum(nil))
}

// Controlled is a Sim whose lights a control.Drive switches.
type Controlled struct {
	*Sim
	Net  *control.Network
	a, b *control.Observation
	foot *micro.Controlled
}

// Look implements control.Engine: each lane as its engine shows it.
func (c *Controlled) Look(o *control.Observation) {
	if c.a == nil {
		c.a, c.b = control.NewObservation(c.Net), control.NewObservation(c.Net)
	}
	c.a.Clear()
	c.b.Clear()
	(&micro.Controlled{Sim: c.micro, Net: c.Net}).Look(c.a)
	(&meso.Controlled{Sim: c.meso, Net: c.Net}).Look(c.b)
	for l := range c.net.Lanes {
		from := c.b
		if c.inside[c.net.Lanes[l].Road] {
			from = c.a
		}
		o.Seen[l] = append(o.Seen[l], from.Seen[l]...)
		o.Count[l], o.Halted[l] = from.Count[l], from.Halted[l]
	}
}

// Hear implements control.Listener: people walk in the microscopic area.
func (c *Controlled) Hear(o *control.Observation) {
	if c.foot == nil {
		c.foot = &micro.Controlled{Sim: c.micro, Net: c.Net}
	}
	c.foot.Hear(o)
}

// Show implements control.Engine.
func (c *Controlled) Show(light int32, state []byte) error {
	if err := (&micro.Controlled{Sim: c.micro, Net: c.Net}).Show(light, state); err != nil {
		return err
	}
	return c.meso.Show(light, state)
}
