package cityflow

import (
	"context"
	"time"

	"citybrain/city"
	"citybrain/traffic/control"
)

// Yellow is how long a change shows phase 0 in what is published for CityFlow, s.
const Yellow = 5

// Network is what controllers know of a scenario in the protocol of what is published: whole roads are observed, a change shows
// phase 0 for Yellow, and greens have no minimum.
func Network(net *city.LaneNet, demand *city.LaneDemand) (*control.Network, error) {
	const gap = 0.2 // s: the controllers' model adds a standing gap to the reaction, the rules here have it in the headway
	o := control.Options{Yellow: Yellow, Clearance: true, View: 1e6}
	for _, t := range demand.Types {
		o.Reaction += max(0.5, t.Headway-gap) / float64(len(demand.Types))
	}
	return control.NewNetwork(net, o)
}

// Controlled is a Sim whose lights a control.Drive switches.
type Controlled struct {
	*Sim
	net  *control.Network
	seen []Vehicle
	wait []int32 // of each journey: s that it has stood on its lane
	lane []int32 // and which that is
}

// NewDrive lets ctl choose the phases of sim's lights, every so many seconds.
func NewDrive(sim *Sim, net *control.Network, ctl control.Controller, every int) *control.Drive {
	n := len(sim.demand.Journeys)
	return control.NewDrive(&Controlled{Sim: sim, net: net, wait: make([]int32, n), lane: filled(n, -1)}, net, ctl, every)
}

// Step goes on to time until; cancelled, it stops between two seconds.
func (c *Controlled) Step(ctx context.Context, until time.Duration) error {
	for c.Now() < until {
		if err := ctx.Err(); err != nil {
			return err
		}
		c.second()
		c.stand()
	}
	return nil
}

// stand counts the seconds that vehicles stand.
func (c *Controlled) stand() {
	for l := range c.net.Lanes {
		if c.st.Count[l] == 0 {
			continue
		}
		c.seen = c.OnWay(c.seen[:0], l)
		for _, v := range c.seen {
			if c.lane[v.Trip] != int32(l) {
				c.lane[v.Trip], c.wait[v.Trip] = int32(l), 0
			}
			if v.Speed < slow {
				c.wait[v.Trip]++
			}
		}
	}
}

// Look implements control.Engine.
func (c *Controlled) Look(o *control.Observation) {
	for l := range c.net.Lanes {
		if c.st.Count[l] == 0 {
			continue
		}
		c.seen = c.OnWay(c.seen[:0], l)
		for _, v := range c.seen {
			behind := c.net.Lanes[l].Length - v.Dist
			if !c.net.Sees(int32(l), behind) {
				continue
			}
			j, next := &c.demand.Journeys[v.Trip], int32(-1)
			if int(v.Leg)+1 < len(j.Roads) {
				next = j.Roads[v.Leg+1]
			}
			o.Seen[l] = append(o.Seen[l], control.Vehicle{ID: v.Trip, Behind: behind, Speed: v.Speed, Length: c.types[j.Type].length, Waited: float64(c.wait[v.Trip]), Next: next})
		}
		o.Count[l], o.Halted[l] = c.st.Count[l], int32(c.LaneWaiting(l))
	}
}

// Show implements control.Engine: the phase that shows state is noted.
func (c *Controlled) Show(light int32, state []byte) error {
	c.show(int(light), state)
	return nil
}

// show sets a light to what its lamps say.
func (s *Sim) show(light int, state []byte) {
	for p := range s.net.Lights[light].Phases {
		if s.net.Lights[light].Phases[p].State == string(state) {
			s.st.Phase[light] = int32(p)
			break
		}
	}
	for _, k := range s.w.litLinks[s.w.lit[light]:s.w.lit[light+1]] {
		c := state[s.net.Connections[k].Index]
		s.st.Open[k] = c == 'g' || c == 'G'
	}
}
