package brain

import (
	"citybrain/city"
	"citybrain/traffic"
)

// A Delay is the time that some spend waiting at lights over the time looked ahead.
type Delay struct {
	Seconds  float64 // vehicle-seconds
	Vehicles float64 // that passed, or wait still
}

// Mean is the seconds of one of them.
func (d Delay) Mean() float64 {
	if d.Vehicles <= 0 {
		return 0
	}
	return d.Seconds / d.Vehicles
}

// A Mode is who is delayed.
type Mode uint8

const (
	ByCar Mode = iota // and taxi
	ByBus
	ByTruck
	OnFoot // who comes at any moment of the time looked ahead: nobody counts walkers
	modes
)

func modeOf(k traffic.VehicleKind) Mode {
	switch k {
	case traffic.Bus:
		return ByBus
	case traffic.Truck:
		return ByTruck
	}
	return ByCar
}

// delays adds up who waits at junctions of simulated streets, second by second.
type delays struct {
	city      *city.City
	junctions []int
	turns     [][][2]int32 // of each junction: its turns and their movements
	started   []uint32     // vehicles that had made each turn
	waited    []float64    // vehicle-seconds before each turn
	seen      [modes]map[int32]bool
	mode      [modes]float64
	red       [][]int // of each junction's walkers' movements: s of the red that runs
	foot      Delay
	last      []int32 // waiting for each turn
}

func newDelays(c *city.City, s *traffic.Sim, junctions []int) *delays {
	d := &delays{city: c, junctions: junctions, started: append([]uint32(nil), s.Crossed()...), waited: make([]float64, len(c.Streets.Turns)), last: s.WaitingFor()}
	for i := range d.seen {
		d.seen[i] = map[int32]bool{}
	}
	for _, j := range junctions {
		var of [][2]int32
		for m := range c.Signals[j].Movements {
			for _, t := range c.Signals[j].Movements[m].Turns {
				of = append(of, [2]int32{t, int32(m)})
			}
		}
		d.turns = append(d.turns, of)
		d.red = append(d.red, make([]int, len(c.Signals[j].Movements)))
	}
	return d
}

// second takes in the streets a second on.
func (d *delays) second(s *traffic.Sim) {
	d.last = s.WaitingFor()
	trips := s.Trips()
	for i, j := range d.junctions {
		at, g := &d.city.Signals[j], s.Signal(j)
		for _, t := range d.turns[i] {
			d.waited[t[0]] += float64(d.last[t[0]])
		}
		for _, l := range city.Approaches(at) {
			for v := range s.OnLink(l) {
				m := modeOf(trips[v.Trip].Kind)
				if d.seen[m][v.Trip] = true; v.Waiting {
					d.mode[m]++
				}
			}
		}
		for m := range at.Movements {
			if at.Movements[m].Kind != city.Walkers {
				continue
			}
			// Whoever comes in this second of red waits for what is left of it: each second of it adds one to all who came before.
			d.foot.Vehicles++
			if g.Green(m) {
				d.red[i][m] = 0
			} else {
				d.red[i][m]++
				d.foot.Seconds += float64(d.red[i][m])
			}
		}
	}
}

// byMovement is each movement's delay at the i-th junction.
func (d *delays) byMovement(s *traffic.Sim, i int) []Delay {
	list := make([]Delay, len(d.city.Signals[d.junctions[i]].Movements))
	for _, t := range d.turns[i] {
		x, m := d.of(s, t[0]), &list[t[1]]
		m.Seconds, m.Vehicles = m.Seconds+x.Seconds, m.Vehicles+x.Vehicles
	}
	return list
}

// of is the delay of turn t.
func (d *delays) of(s *traffic.Sim, t int32) Delay {
	return Delay{d.waited[t], float64(s.Crossed()[t]-d.started[t]) + float64(d.last[t])}
}

// byMode is the delay of each mode at all the junctions.
func (d *delays) byMode() [modes]Delay {
	var list [modes]Delay
	for m := range list {
		list[m] = Delay{d.mode[m], float64(len(d.seen[m]))}
	}
	list[OnFoot] = d.foot
	return list
}
