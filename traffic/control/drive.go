package control

import (
	"context"
	"fmt"
	"time"
)

// An Engine is a simulation that may run under a controller, in steps of whole seconds.
type Engine interface {
	Now() time.Duration
	// Look fills Seen, Count and Halted of an observation that is empty.
	Look(o *Observation)
	// Show has a light show a state, letter by letter, until it is told another.
	Show(light int32, state []byte) error
	Step(ctx context.Context, until time.Duration) error
}

// A Listener is an engine in which people walk: each second it tells which crossings are called.
type Listener interface {
	// Hear fills the Calls of an observation.
	Hear(o *Observation)
}

// A Drive runs an engine under a controller, one second after the other.
type Drive struct {
	engine Engine
	net    *Network
	ctl    Controller
	guard  *orderly // of a Street: it looks each second
	lamps  *Lamps
	every  time.Duration
	obs    *Observation
	want   []int
}

// NewDrive lets c choose the phases of e's lights every so many whole seconds.
func NewDrive(e Engine, n *Network, c Controller, every int) *Drive {
	guard, ok := c.(*orderly)
	if ok {
		guard.late = 0
	}
	d := &Drive{guard: guard, engine: e, net: n, ctl: c, lamps: NewLamps(n), every: time.Duration(max(1, every)) * time.Second, obs: NewObservation(n), want: make([]int, len(n.Junctions))}
	for j := range d.want {
		d.want[j] = -1
	}
	return d
}

// Step goes on to time until; cancelled, it stops between two seconds.
func (d *Drive) Step(ctx context.Context, until time.Duration) error {
	for d.engine.Now() < until {
		now := d.engine.Now()
		if l, ok := d.engine.(Listener); ok && d.obs.Calls != nil {
			l.Hear(d.obs)
		}
		if d.obs.Time = now.Seconds(); now%d.every == 0 {
			d.obs.Clear()
			d.engine.Look(d.obs)
			d.lamps.Fill(d.obs)
			d.ctl.Decide(d.obs, d.want)
		} else if d.guard != nil {
			d.lamps.Fill(d.obs)
			d.guard.keep(d.obs, d.want, false)
		}
		d.lamps.Step(now.Seconds(), d.want, d.obs.Calls)
		for j := range d.net.Junctions {
			if d.lamps.Changed(j) {
				if err := d.engine.Show(d.net.Junctions[j].Light, d.lamps.State(j)); err != nil {
					return fmt.Errorf("junction %s at %v: %w", d.net.Junctions[j].ID, now, err)
				}
			}
		}
		if err := d.engine.Step(ctx, now+time.Second); err != nil {
			return err
		}
	}
	return nil
}
