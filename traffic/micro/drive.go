package micro

import (
	"context"
	"fmt"
	"math"
	"slices"
	"time"

	"citybrain/traffic/control"
)

// A Drive lets a signal controller rule a Sim's lights: what it sees is what control.Observation allows, what the street shows comes from
// control.Lamps.
type Drive struct {
	sim   *Sim
	net   *control.Network
	ctl   control.Controller
	every int
	lamps *control.Lamps
	obs   *control.Observation
	want  []int
	seen  []Seen
}

// NewDrive lets ctl decide every so many seconds on the lights of n, the controllers' view of the net on which s drives.
func NewDrive(s *Sim, n *control.Network, ctl control.Controller, every int) (*Drive, error) {
	if len(n.Lanes) != s.net.lanes || len(n.Lights) != len(s.Lights) {
		return nil, fmt.Errorf("micro: a controller's network of %d lanes and %d lights for a net of %d and %d", len(n.Lanes), len(n.Lights), s.net.lanes, len(s.Lights))
	}
	if every < 1 {
		return nil, fmt.Errorf("micro: decisions every %d s; 1 s is the least", every)
	}
	return &Drive{sim: s, net: n, ctl: ctl, every: every, lamps: control.NewLamps(n), obs: control.NewObservation(n), want: make([]int, len(n.Junctions))}, nil
}

// Step computes up to until, deciding and showing on the way.
func (d *Drive) Step(ctx context.Context, until time.Duration) error {
	for s := d.sim; s.Now() < until; {
		now := s.Now().Seconds()
		if int(now)%d.every == 0 {
			d.look(now)
			d.ctl.Decide(d.obs, d.want)
		}
		d.lamps.Step(now, d.want)
		for j := range d.net.Junctions {
			if d.lamps.Changed(j) {
				e := Lamps{Light: d.net.Junctions[j].Light, State: string(d.lamps.State(j))}
				if err := s.Input(s.Now(), e); err != nil {
					return err
				}
			}
		}
		if err := s.Step(ctx, s.Now()+time.Second); err != nil {
			return err
		}
	}
	return nil
}

// look fills the observation.
func (d *Drive) look(now float64) {
	o := d.obs
	o.Clear()
	o.Time = now
	d.lamps.Fill(o)
	for l := range d.net.Lanes {
		lane := int32(l)
		on, standing := d.sim.Count(lane)
		o.Count[l], o.Halted[l] = int32(on), int32(standing)
		if !d.net.Watched(lane) {
			continue
		}
		d.seen = d.sim.See(lane, control.View, d.seen[:0])
		for _, v := range d.seen {
			if !d.net.Sees(lane, v.Behind) {
				break
			}
			o.Seen[l] = append(o.Seen[l], control.Vehicle{ID: v.ID, Behind: v.Behind, Speed: v.Speed, Length: v.Length, Waited: v.Waited, Next: v.Next, People: v.People})
		}
	}
}

// Figures are what a run comes to, as the field prints them. Times are s.
type Figures struct {
	Vehicles, Finished, NeverInserted int
	MeanTravel                        float64 // of every trip due, the wait to enter in it, unfinished ones until the end
	P95Travel                         float64
	MeanDelay                         float64 // time loss and wait to enter; of who never entered all of its time
	MaxDelay, MaxWait                 float64 // the longest, and the longest at a stand, the wait to enter in it
}

// Figures sums up the run so far.
func (s *Sim) Figures() Figures {
	trips := s.Trips()
	f := Figures{Vehicles: len(trips), Finished: int(s.Ended)}
	if len(trips) == 0 {
		return f
	}
	travels := make([]float64, 0, len(trips))
	for _, t := range trips {
		travel, delay, wait := float64(s.Second)-t.Depart, t.EntryDelay+t.Loss, t.EntryDelay+t.Waiting
		switch {
		case !math.IsNaN(t.Arrive):
			travel = t.Arrive - t.Depart
		case math.IsNaN(t.Enter):
			f.NeverInserted++
		}
		travels = append(travels, travel)
		f.MeanTravel += travel
		f.MeanDelay += delay
		f.MaxDelay, f.MaxWait = max(f.MaxDelay, delay), max(f.MaxWait, wait)
	}
	n := float64(len(trips))
	f.MeanTravel /= n
	f.MeanDelay /= n
	slices.Sort(travels)
	f.P95Travel = travels[(len(travels)*95+99)/100-1]
	return f
}
