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

// A Drive runs a simulation under a signal controller, one second after the other.
type Drive struct {
	sim   *Sim
	net   *control.Network
	ctl   control.Controller
	lamps *control.Lamps
	every int32
	obs   *control.Observation
	want  []int
	seen  []Vehicle
	wait  []int32 // of each journey: s that it has stood on its lane
	lane  []int32 // and which that is
}

// NewDrive lets ctl choose the phases of sim's lights, every so many seconds.
func NewDrive(sim *Sim, net *control.Network, ctl control.Controller, every int) *Drive {
	d := &Drive{sim: sim, net: net, ctl: ctl, lamps: control.NewLamps(net), every: int32(max(1, every)), obs: control.NewObservation(net),
		want: make([]int, len(net.Junctions)), wait: make([]int32, len(sim.demand.Journeys)), lane: filled(len(sim.demand.Journeys), -1)}
	for j := range d.want {
		d.want[j] = -1
	}
	return d
}

// Step goes on to time until; cancelled, it stops between two seconds.
func (d *Drive) Step(ctx context.Context, until time.Duration) error {
	for d.sim.Now() < until {
		if err := ctx.Err(); err != nil {
			return err
		}
		now := d.sim.st.Now
		d.look()
		if now%d.every == 0 {
			d.lamps.Fill(d.obs)
			d.ctl.Decide(d.obs, d.want)
		}
		d.lamps.Step(float64(now), d.want)
		for j := range d.net.Junctions {
			if d.lamps.Changed(j) {
				d.sim.show(int(d.net.Junctions[j].Light), d.lamps.State(j))
			}
		}
		d.sim.second()
	}
	return nil
}

// look fills the observation. How long a vehicle has stood is kept each second, the rest is only needed at decisions.
func (d *Drive) look() {
	s, st := d.sim, &d.sim.st
	full := st.Now%d.every == 0
	if full {
		d.obs.Clear()
		d.obs.Time = float64(st.Now)
	}
	for l := range d.net.Lanes {
		if st.Count[l] == 0 {
			continue
		}
		d.seen = s.OnWay(d.seen[:0], l)
		for _, v := range d.seen {
			if d.lane[v.Trip] != int32(l) {
				d.lane[v.Trip], d.wait[v.Trip] = int32(l), 0
			}
			if v.Speed < slow {
				d.wait[v.Trip]++
			}
			if behind := d.net.Lanes[l].Length - v.Dist; full && d.net.Sees(int32(l), behind) {
				next := int32(-1)
				if r := d.sim.demand.Journeys[v.Trip].Roads; int(v.Leg)+1 < len(r) {
					next = r[v.Leg+1]
				}
				d.obs.Seen[l] = append(d.obs.Seen[l], control.Vehicle{ID: v.Trip, Behind: behind, Speed: v.Speed,
					Length: s.types[s.demand.Journeys[v.Trip].Type].length, Waited: float64(d.wait[v.Trip]), Next: next})
			}
		}
		if full {
			d.obs.Count[l], d.obs.Halted[l] = st.Count[l], int32(s.LaneWaiting(l))
		}
	}
}

// show sets a light to what its lamps say; the phase that says so is noted.
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
