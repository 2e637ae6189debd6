package ems

import (
	"fmt"
	"math"

	"citybrain/city"
)

// A Roadway is how fast a pack's links are from a second on: m/s with lights and sirens and without, by link; 0 where it is shut.
type Roadway struct {
	Start         float64
	Urgent, Quiet []float64
}

// FromCity makes a service of a city pack: its ambulance stations with their units, hospitals and streets (turns cost nothing
// here), its zones as demand of daily calls shared out over priorities, all with the city's target. Delay is what is expected
// to pass from a call to wheels rolling.
func FromCity(c *city.City, roads []Roadway, daily, delay float64, priorities []float64) (*city.EMS, error) {
	lon, _ := c.Frame.WGS84([2]float64{1000, 0})
	_, north := c.Frame.WGS84([2]float64{0, 1000})
	e := &city.EMS{ScaleX: 1 / (lon - c.Frame.Lon0), ScaleY: 1 / (north - c.Frame.Lat0), OffRoadSpeed: make([]float64, 2*len(roads))}
	for i := range c.Streets.Nodes {
		x, y := c.Frame.WGS84(c.Streets.Nodes[i].At)
		e.NodeX, e.NodeY, e.OffRoad = append(e.NodeX, x), append(e.NodeY, y), append(e.OffRoad, true)
	}
	e.Millis = make([][]uint32, 2*len(roads))
	for i := range c.Streets.Links {
		l := &c.Streets.Links[i]
		e.From, e.To, e.Km = append(e.From, l.From), append(e.To, l.To), append(e.Km, l.Length/1000)
		for k, r := range roads {
			for j, v := range []float64{r.Urgent[i], r.Quiet[i]} {
				ms := never
				if v > 0 {
					ms = uint32(min(float64(never), max(1, math.Round(l.Length/v*1000))))
				}
				e.Millis[2*k+j] = append(e.Millis[2*k+j], ms)
			}
		}
	}
	for k := range e.OffRoadSpeed {
		e.OffRoadSpeed[k] = 0.004 // a slow street's 4 m/s
	}
	for k, r := range roads {
		p := city.EMSPeriod{Start: r.Start, Choose: make([]int32, len(priorities))}
		for i := range priorities {
			p.Choose[i] = int32(2 * k)
		}
		// The last priority drives without siren, and so do units without a call.
		p.Choose[len(priorities)-1] = int32(2*k + 1)
		e.Modes = append(e.Modes, p)
	}
	for i := range c.Places {
		p := &c.Places[i]
		if p.Node < 0 {
			continue
		}
		x, y := c.Frame.WGS84(p.At)
		switch p.Kind {
		case city.Hospital:
			e.Hospitals = append(e.Hospitals, city.EMSPlace{X: x, Y: y, Name: p.Name.En})
		case city.AmbulanceStation:
			for range max(1, min(p.Capacity, 8)) {
				e.Units = append(e.Units, int32(len(e.Stations)))
			}
			e.Stations = append(e.Stations, city.EMSPlace{X: x, Y: y, Name: p.Name.En})
		}
	}
	if len(e.Stations) == 0 || len(e.Hospitals) == 0 {
		return nil, fmt.Errorf("ems: city %s has %d ambulance stations and %d hospitals on its streets, one of each is needed", c.Name.En, len(e.Stations), len(e.Hospitals))
	}
	e.Divert = make([][]bool, len(priorities))
	p := city.EMSPeriod{}
	for i, share := range priorities {
		e.Priorities = append(e.Priorities, city.EMSPriority{Name: fmt.Sprint("priority ", i+1), Target: c.TargetS, Cover: c.TargetS - delay, Drive: int32(i)})
		e.Demand.Rates, p.Choose = append(e.Demand.Rates, daily*share), append(p.Choose, int32(i))
		e.Divert[i] = make([]bool, len(priorities))
		e.Divert[i][0] = i > 0
	}
	e.Demand.Modes = []city.EMSPeriod{p}
	e.Demand.Rows, e.Demand.Cols = 1, 1
	for _, z := range c.Zones {
		x, y := c.Frame.WGS84(z.At)
		e.Demand.X, e.Demand.Y, e.Demand.Weight = append(e.Demand.X, x), append(e.Demand.Y, y), append(e.Demand.Weight, z.Population+0.3*z.Jobs)
	}
	return e, nil
}
