package traffic

import (
	"cmp"
	"math"
	"slices"
	"strconv"

	"github.com/paulmach/orb"

	"citybrain/city"
)

// laneTypes are the kinds of vehicles as a microscopic engine drives them, by VehicleKind: lengths and greatest accelerations as SUMO's
// vehicle class defaults have them, people on board as in protocol SUMO-2 where it names them.
var laneTypes = [...]city.VehicleType{
	Car:   {ID: "car", Class: city.PassengerCar, Length: 4.8, Gap: 2.5, MaxSpeed: 50, Accel: 2.6, Decel: 4.5, Brake: 9, Headway: 1, Sigma: 0.5, SpeedMean: 1, SpeedDev: 0.1, People: 1.3, TurnsHeed: true, LaneChange: true},
	Taxi:  {ID: "taxi", Class: city.TaxiClass, Length: 4.8, Gap: 2.5, MaxSpeed: 50, Accel: 2.6, Decel: 4.5, Brake: 9, Headway: 1, Sigma: 0.5, SpeedMean: 1, SpeedDev: 0.1, People: 1.3, TurnsHeed: true, LaneChange: true},
	Bus:   {ID: "bus", Class: city.BusClass, Length: 12, Gap: 2.5, MaxSpeed: 23.6, Accel: 1.2, Decel: 4, Brake: 7, Headway: 1, Sigma: 0.5, SpeedMean: 1, SpeedDev: 0.1, People: 25, TurnsHeed: true, LaneChange: true},
	Truck: {ID: "truck", Class: city.TruckClass, Length: 7.1, Gap: 2.5, MaxSpeed: 36, Accel: 1.3, Decel: 4, Brake: 7, Headway: 1, Sigma: 0.5, SpeedMean: 1, SpeedDev: 0.1, People: 1, TurnsHeed: true, LaneChange: true},
}

// LaneDemand makes trips between nodes into journeys between roads of c.Lanes(), whose roads are the city's links: from the link out of
// the origin that ends nearest to the goal, to the link into the goal that begins nearest to the origin. A trip without either is left
// out.
func LaneDemand(c *city.City, trips []Trip, goals []int32) *city.LaneDemand {
	d := &city.LaneDemand{Types: laneTypes[:]}
	s := &c.Streets
	out, in := make([][]int32, len(s.Nodes)), make([][]int32, len(s.Nodes))
	for i := range s.Links {
		l := &s.Links[i]
		out[l.From], in[l.To] = append(out[l.From], int32(i)), append(in[l.To], int32(i))
	}
	nearest := func(links []int32, end func(*city.Link) int32, to orb.Point) int32 {
		best, least := int32(-1), math.Inf(1)
		for _, l := range links {
			p := s.Nodes[end(&s.Links[l])].At
			if far := math.Hypot(p[0]-to[0], p[1]-to[1]); far < least {
				best, least = l, far
			}
		}
		return best
	}
	for i, t := range trips {
		goal := goals[t.Goal]
		first := nearest(out[t.From], func(l *city.Link) int32 { return l.To }, s.Nodes[goal].At)
		last := nearest(in[goal], func(l *city.Link) int32 { return l.From }, s.Nodes[t.From].At)
		if t.From == goal || first < 0 || last < 0 {
			continue
		}
		roads := []int32{first, last}
		if first == last {
			roads = roads[:1]
		}
		d.Journeys = append(d.Journeys, city.Journey{ID: "t" + strconv.Itoa(i), Depart: t.Depart.Seconds(), Type: int32(t.Kind), Roads: roads})
	}
	slices.SortStableFunc(d.Journeys, func(a, b city.Journey) int { return cmp.Compare(a.Depart, b.Depart) })
	return d
}
