package traffic

import (
	"fmt"
	"math"
	"sort"
	"time"

	"citybrain/city"
	"citybrain/city/chance"
)

// eveningShare is the demand of each quarter hour from 16:00 on as a share of the peak's, working days.
var eveningShare = [...]float64{.70, .74, .79, .84, .90, .95, .99, 1, 1, .98, .94, .89, .83, .76, .70, .64, .59, .54, .50, .46, .43, .40, .37, .34, .32, .30, .28, .26}

// maxGoals is about how many places trips within the city end at.
const maxGoals = 300

// Goals returns the nodes at which trips end: each zone's node once, then the border nodes that streets lead to.
func Goals(c *city.City) (nodes []int32, ofZone []int16, border []int16) {
	index := map[int32]int16{}
	add := func(n int32) int16 {
		if k, ok := index[n]; ok {
			return k
		}
		index[n] = int16(len(nodes))
		nodes = append(nodes, n)
		return index[n]
	}
	// Route trees cost by goal: where there are many zones, neighbours share the node of the first of them.
	side := 0.0
	if len(c.Zones) > maxGoals {
		b := c.Bounds
		side = math.Sqrt((b.Max[0] - b.Min[0]) * (b.Max[1] - b.Min[1]) / maxGoals)
	}
	shared := map[[2]int]int32{}
	for _, z := range c.Zones {
		n := z.Node
		if side > 0 {
			k := [2]int{int(math.Floor(z.At[0] / side)), int(math.Floor(z.At[1] / side))}
			if _, ok := shared[k]; !ok {
				shared[k] = n
			}
			n = shared[k]
		}
		ofZone = append(ofZone, add(n))
	}
	in := make([]bool, len(c.Streets.Nodes))
	for i := range c.Streets.Links {
		in[c.Streets.Links[i].To] = true
	}
	for i := range c.Streets.Nodes {
		if c.Streets.Nodes[i].Border && in[i] {
			border = append(border, add(int32(i)))
		}
	}
	return nodes, ofZone, border
}

// Demand says how many trips an evening has and where they go.
type Demand struct {
	Seed    uint64
	Start   time.Time
	Hours   float64
	PerHour float64 // trips that begin in the peak hour
	Reach   float64 // m, the distance by which a destination's pull falls to 1/e; 3,500
	Cold    bool    // nobody is under way at the start; else those of the half hour before begin within the first 10 min
	Spread  float64 // each zone's people and jobs are off by up to this share, by the seed
}

// Trips draws the trips of a demand: from work to home within the city by a gravity model with exponential impedance
// (Ortúzar & Willumsen, Modelling Transport, 5.4), and in, out and through over the border; by the hours of a working day's
// evening. It returns them by departure, and the goals that they index.
func (d Demand) Trips(c *city.City) ([]Trip, []int32, error) {
	nodes, ofZone, border := Goals(c)
	if len(nodes) < 2 {
		return nil, nil, fmt.Errorf("demand: city %s has %d places to go to; its pack needs zones", c.Name.En, len(nodes))
	}
	seed, hours, perHour := d.Seed, d.Hours, d.PerHour
	reach := d.Reach
	if reach == 0 {
		reach = 3500
	}
	lo, hi := 1-d.Spread, 1+d.Spread
	draw := chance.New(seed, "demand")
	var pop, jobs float64
	for _, z := range c.Zones {
		pop, jobs = pop+z.Population, jobs+z.Jobs
	}
	if pop <= 0 || jobs <= 0 {
		return nil, nil, fmt.Errorf("demand: city %s has %g people and %g jobs in its zones", c.Name.En, pop, jobs)
	}
	// Cumulative choice of a destination zone for each origin zone: people over impedance.
	weight := make([]float64, len(c.Zones))
	from := make([]float64, len(c.Zones)+1)
	for i, z := range c.Zones {
		weight[i] = z.Population * draw.Between(uint64(i), 100, lo, hi)
		from[i+1] = from[i] + z.Jobs*draw.Between(uint64(i), 101, lo, hi) + 0.15*z.Population
	}
	choice := make([][]float64, len(c.Zones))
	for i := range c.Zones {
		acc := make([]float64, len(c.Zones)+1)
		for k := range c.Zones {
			far := math.Hypot(c.Zones[i].At[0]-c.Zones[k].At[0], c.Zones[i].At[1]-c.Zones[k].At[1])
			w := weight[k] * math.Exp(-far/reach)
			if far < 400 {
				w *= 0.05 // walked
			}
			acc[k+1] = acc[k] + w
		}
		choice[i] = acc
	}
	pick := func(acc []float64, u float64) int {
		k := sort.SearchFloat64s(acc, u*acc[len(acc)-1])
		return min(max(k-1, 0), len(acc)-2)
	}
	var list []Trip
	id := uint64(0)
	// The city is not empty when the scenario starts, unless it is to be: the half hour before counts too, its trips start within the first 10 min.
	for q := -2; q < int(math.Ceil(hours*4)); q++ {
		n := draw.Poisson(uint64(q+10), 1000, perHour/4*d.share(c, q))
		for range n {
			id++
			at := (float64(q) + draw.Float(id, 0)) * 900
			if q < 0 {
				at = 600 * draw.Float(id, 0)
			}
			if at >= hours*3600 || q < 0 && d.Cold {
				continue
			}
			t := Trip{Depart: time.Duration(at) * time.Second}
			switch u := draw.Float(id, 1); {
			case len(border) > 1 && u < 0.06: // through
				a, b := draw.Int(id, 2, len(border)), draw.Int(id, 3, len(border))
				t.From, t.Goal = nodes[border[a]], border[b]
			case len(border) > 0 && u < 0.20: // out
				z := pick(from, draw.Float(id, 2))
				t.From, t.Goal = c.Zones[z].Node, border[draw.Int(id, 3, len(border))]
			case len(border) > 0 && u < 0.30: // in
				z := pick(choice[draw.Int(id, 4, len(choice))], draw.Float(id, 2))
				t.From, t.Goal = nodes[border[draw.Int(id, 3, len(border))]], ofZone[z]
			default:
				z := pick(from, draw.Float(id, 2))
				t.From, t.Goal = c.Zones[z].Node, ofZone[pick(choice[z], draw.Float(id, 3))]
			}
			switch u := draw.Float(id, 5); {
			case u < 0.10:
				t.Kind = Taxi
			case u < 0.14:
				t.Kind = Bus
			case u < 0.20:
				t.Kind = Truck
			}
			if t.From != nodes[t.Goal] {
				list = append(list, t)
			}
		}
	}
	sort.SliceStable(list, func(a, b int) bool { return list[a].Depart < list[b].Depart })
	return list, nodes, nil
}

// share is the demand of the quarter of an hour q after the start, as a share of the peak's.
func (d Demand) share(c *city.City, q int) float64 {
	local := d.Start.Hour()*60 + d.Start.Minute()
	if loc, err := time.LoadLocation(c.TimeZone); err == nil {
		t := d.Start.In(loc)
		local = t.Hour()*60 + t.Minute()
	}
	if k := (local-16*60)/15 + q; k >= 0 && k < len(eveningShare) {
		return eveningShare[k]
	}
	return 0.3
}
