package cityflow

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"

	"citybrain/city"
)

// mostJourneys bounds what one flow file may ask for: a wrong interval should be an error, not a full memory.
const mostJourneys = 20_000_000

type (
	flow struct {
		Vehicle  vehicle  `json:"vehicle"`
		Route    []string `json:"route"`
		Interval *float64 `json:"interval"`
		Start    float64  `json:"startTime"`
		End      *float64 `json:"endTime"`
	}
	vehicle struct {
		Length      float64 `json:"length"`
		Width       float64 `json:"width"`
		MaxPosAcc   float64 `json:"maxPosAcc"`
		MaxNegAcc   float64 `json:"maxNegAcc"`
		UsualPosAcc float64 `json:"usualPosAcc"`
		UsualNegAcc float64 `json:"usualNegAcc"`
		MinGap      float64 `json:"minGap"`
		MaxSpeed    float64 `json:"maxSpeed"`
		HeadwayTime float64 `json:"headwayTime"`
	}
)

// check returns what is wrong with the vehicle, or an empty string.
func (v *vehicle) check() string {
	for _, x := range []struct {
		name  string
		v     float64
		least float64
	}{{"length", v.Length, 0.1}, {"maxPosAcc", v.MaxPosAcc, 0.01}, {"maxNegAcc", v.MaxNegAcc, 0.01}, {"usualPosAcc", v.UsualPosAcc, 0.01},
		{"usualNegAcc", v.UsualNegAcc, 0.01}, {"maxSpeed", v.MaxSpeed, 0.1}, {"minGap", v.MinGap, 0}, {"headwayTime", v.HeadwayTime, 0}} {
		if !(x.v >= x.least && x.v < 1000) {
			return fmt.Sprintf("vehicle: %s is %g; it must be at least %g and below 1000", x.name, x.v, x.least)
		}
	}
	return ""
}

// A planner joins the roads of a route that don't touch.
type planner struct {
	net  *city.LaneNet
	next [][]int32 // the roads that follow each road, in order
}

// ReadFlow reads a flow over net; name is the file's, for errors. Vehicles due at horizon (s) or later are left out.
func ReadFlow(in io.Reader, name string, net *city.LaneNet, horizon float64) (*city.LaneDemand, error) {
	roads := make(map[string]int32, len(net.Roads))
	for i := range net.Roads {
		roads[net.Roads[i].ID] = int32(i)
	}
	p := planner{net: net, next: make([][]int32, len(net.Roads))}
	for i := range net.Connections {
		c := &net.Connections[i]
		a, b := net.Lanes[c.From].Road, net.Lanes[c.To].Road
		if !slices.Contains(p.next[a], b) {
			p.next[a] = append(p.next[a], b)
		}
	}
	d := &city.LaneDemand{}
	types := map[vehicle]int32{}
	text := &lines{r: in}
	dec := json.NewDecoder(text)
	err := elements(dec, func(i int) (err error) {
		var f flow
		line, err := text.next(dec, &f)
		defer func() {
			if err != nil {
				err = fmt.Errorf("line %d: %w", line, err)
			}
		}()
		if err != nil {
			return fmt.Errorf("flow[%d]: %w", i, err)
		}
		if wrong := f.Vehicle.check(); wrong != "" {
			return fmt.Errorf("flow[%d]: %s", i, wrong)
		}
		if !(f.Start >= 0) {
			return fmt.Errorf("flow[%d]: startTime %g s is before the scenario's start", i, f.Start)
		}
		kind, ok := types[f.Vehicle]
		if !ok {
			kind = int32(len(d.Types))
			types[f.Vehicle] = kind
			d.Types = append(d.Types, typeOf(int(kind), f.Vehicle))
		}
		route := make([]int32, len(f.Route))
		for k, id := range f.Route {
			if route[k], ok = roads[id]; !ok {
				return fmt.Errorf("flow[%d]: route[%d]: road %q does not exist", i, k, id)
			}
		}
		route, err = p.join(route)
		if err != nil {
			return fmt.Errorf("flow[%d]: route: %w", i, err)
		}
		end, every := f.Start, 0.0
		if f.Interval == nil {
			return fmt.Errorf("flow[%d]: interval is missing", i)
		}
		if every = *f.Interval; f.End != nil && *f.End != f.Start {
			if end = min(*f.End, horizon); *f.End == -1 { // CityFlow: no end
				end = horizon
			} else if *f.End < f.Start {
				return fmt.Errorf("flow[%d]: endTime %g s is before startTime %g s", i, *f.End, f.Start)
			}
			if !(every >= 0.01) {
				return fmt.Errorf("flow[%d]: interval %g s; it must be at least 0.01", i, every)
			}
		} else if f.End == nil {
			if end = horizon; !(every >= 0.01) {
				return fmt.Errorf("flow[%d]: interval %g s; it must be at least 0.01", i, every)
			}
		}
		for k := 0; ; k++ {
			at := f.Start + float64(k)*every
			if at > end || at >= horizon || k > 0 && end == f.Start {
				return nil
			}
			if len(d.Journeys) == mostJourneys {
				return fmt.Errorf("flow[%d]: more than %d vehicles: is its interval of %g s meant?", i, mostJourneys, every)
			}
			d.Journeys = append(d.Journeys, city.Journey{ID: fmt.Sprintf("flow_%d_%d", i, k), Depart: at, Type: kind, Roads: route, Routed: true})
		}
	})
	if err != nil {
		return nil, fmt.Errorf("%s: read flow: %w", name, err)
	}
	slices.SortStableFunc(d.Journeys, func(a, b city.Journey) int {
		if a.Depart < b.Depart {
			return -1
		} else if a.Depart > b.Depart {
			return 1
		}
		return 0
	})
	return d, nil
}

func typeOf(i int, v vehicle) city.VehicleType {
	return city.VehicleType{ID: fmt.Sprintf("cityflow_%d", i), Class: city.PassengerCar, Length: v.Length, Gap: v.MinGap, MaxSpeed: v.MaxSpeed,
		Accel: v.MaxPosAcc, UsualAccel: v.UsualPosAcc, Decel: v.UsualNegAcc, Brake: v.MaxNegAcc, Headway: v.HeadwayTime,
		SpeedMean: 1, People: 1.3, LaneChange: true}
}

// join returns the route with what lies between roads that don't touch, the shortest way by length. A route needs two roads.
func (p *planner) join(route []int32) ([]int32, error) {
	if len(route) < 2 {
		return nil, fmt.Errorf("%d roads; it needs at least two", len(route))
	}
	whole := true
	for i := 1; i < len(route); i++ {
		whole = whole && slices.Contains(p.next[route[i-1]], route[i])
	}
	if whole {
		return route, nil
	}
	out := route[:1:1]
	for _, to := range route[1:] {
		from := out[len(out)-1]
		if from == to {
			continue
		}
		way := p.shortest(from, to)
		if way == nil {
			return nil, fmt.Errorf("there is no way from road %s to road %s", p.net.Roads[from].ID, p.net.Roads[to].ID)
		}
		out = append(out, way...)
	}
	if len(out) < 2 {
		return nil, fmt.Errorf("it ends on the road %s where it begins", p.net.Roads[out[0]].ID)
	}
	return out, nil
}

// shortest returns the roads after from up to to, nil if there is no way (Dijkstra 1959; few routes need it).
func (p *planner) shortest(from, to int32) []int32 {
	cost, back, done := map[int32]float64{from: 0}, map[int32]int32{}, map[int32]bool{}
	for open := []int32{from}; len(open) > 0; {
		best := 0
		for i, r := range open {
			if cost[r] < cost[open[best]] {
				best = i
			}
		}
		r := open[best]
		open[best] = open[len(open)-1]
		open = open[:len(open)-1]
		if done[r] {
			continue
		}
		if done[r] = true; r == to {
			var way []int32
			for ; r != from; r = back[r] {
				way = append(way, r)
			}
			slices.Reverse(way)
			return way
		}
		for _, n := range p.next[r] {
			if c := cost[r] + p.net.Roads[n].Length; !done[n] {
				if old, seen := cost[n]; !seen || c < old {
					cost[n], back[n] = c, r
					open = append(open, n)
				}
			}
		}
	}
	return nil
}
