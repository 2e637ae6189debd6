package emergency

import (
	"math"
	"sort"

	"citybrain/city"
	"citybrain/city/chance"
	"citybrain/emergency/ems"
)

// An evening runs from 15 to 22 o'clock; its figures are of the calls from 16 to 21.
const (
	hour        = 3600.0
	eveningFrom = 15 * hour
	countFrom   = 16 * hour
	countTo     = 21 * hour
	eveningTo   = 22 * hour
)

// What happens on an evening, as the demo city's world has it: calls by people, more of them in rain; pick-up and turnout.
const (
	perHead   = 260e-6 * 1.25 // calls a head and day
	inRain    = 1.35
	turnout   = 60.0
	rushFrom  = 16.5 * hour
	rushTo    = 19 * hour
	stormLast = 1.5 * hour
	stormKM   = 1.8 // radius in which streets are under water
	shutKM    = 3.0 // and underpasses shut
)

// profile is calls of an hour of the day beside the mean.
var profile = map[int]float64{15: 1.05, 16: 1.1, 17: 1.25, 18: 1.3, 19: 1.25, 20: 1.15, 21: 1.05}

// evening draws one evening of c: the service under its roads, and its calls.
func evening(c *city.City, seed uint64) (*city.EMS, []city.EMSCall, error) {
	draw := chance.New(seed, "bench/emergency/evening")
	begin := draw.Between(0, 0, 16.5*hour, 18.5*hour)
	centre := c.Zones[draw.Int(0, 1, len(c.Zones))].At
	under := map[int32]bool{}
	for i := range c.Places {
		if p := &c.Places[i]; p.Kind == city.Underpass && math.Hypot(p.At[0]-centre[0], p.At[1]-centre[1]) < shutKM*1000 {
			for _, l := range p.Links {
				under[l] = true
			}
		}
	}
	roadway := func(t float64) ems.Roadway {
		r := ems.Roadway{Start: t}
		rush, wet := t >= rushFrom && t < rushTo, t >= begin && t < begin+stormLast
		for i := range c.Streets.Links {
			l := &c.Streets.Links[i]
			slow := 1.0
			if rush && l.Class <= city.Secondary {
				slow = 0.5
			} else if rush {
				slow = 0.7
			}
			at := c.Streets.Nodes[l.To].At
			if wet && math.Hypot(at[0]-centre[0], at[1]-centre[1]) < stormKM*1000 {
				slow *= 0.5
			}
			if wet && under[int32(i)] {
				slow = 0
			}
			// Junctions cost time, too: two thirds of the limit with siren, half without.
			r.Urgent, r.Quiet = append(r.Urgent, l.Speed*slow*2/3), append(r.Quiet, l.Speed*slow/2)
		}
		return r
	}
	times := []float64{0, rushFrom, rushTo, begin, begin + stormLast}
	sort.Float64s(times)
	var roads []ems.Roadway
	for i, t := range times {
		if i == 0 || t > times[i-1] {
			roads = append(roads, roadway(t))
		}
	}
	people := 0.0
	acc := make([]float64, len(c.Zones)+1)
	for i, z := range c.Zones {
		people += z.Population + 0.3*z.Jobs
		acc[i+1] = people
	}
	shares := []float64{0.25, 0.25, 0.5}
	e, err := ems.FromCity(c, roads, people*perHead, 70+turnout, shares)
	if err != nil {
		return nil, nil, err
	}
	var calls []city.EMSCall
	most := people * perHead / 24 / hour * 1.3 * inRain
	t := eveningFrom
	for id := uint64(1); ; id++ { // thinned from the highest rate
		if t += draw.Exp(id, 1) / most; t >= eveningTo {
			return e, calls, nil
		}
		rate := people * perHead / 24 / hour * profile[int(t/hour)]
		if t >= begin && t < begin+stormLast {
			rate *= inRain
		}
		if draw.Float(id, 2) > rate/most {
			continue
		}
		z := c.Zones[min(sort.Search(len(c.Zones), func(i int) bool { return acc[i+1] > draw.Float(id, 3)*people }), len(c.Zones)-1)]
		x, y := c.Frame.WGS84([2]float64{z.At[0] + draw.Between(id, 4, -150, 150), z.At[1] + draw.Between(id, 5, -150, 150)})
		k := city.EMSCall{X: x, Y: y, Arrive: t, Delay: draw.Between(id, 6, 45, 95) + turnout, OnScene: 660 + 600*draw.Exp(id, 7), Hospital: -1, Transport: draw.Float(id, 8) < 0.72}
		if draw.Float(id, 9) < 0.4 { // a tower: the way up is time on the scene
			k.OnScene += draw.Between(id, 10, 120, 300)
		}
		if k.Transport {
			k.HandOver = 900
		}
		switch u := draw.Float(id, 11); {
		case u >= 0.5:
			k.Priority = 2
		case u >= 0.25:
			k.Priority = 1
		}
		calls = append(calls, k)
	}
}

// Evenings returns, for each seed, how many points more of an evening's calls the brain reaches within target than static.
func Evenings(c *city.City, from uint64, n int) (gains []float64, static float64, err error) {
	for k := range n {
		e, calls, err := evening(c, from+uint64(k))
		if err != nil {
			return nil, 0, err
		}
		m, err := ems.New(e)
		if err != nil {
			return nil, 0, err
		}
		var share [2]float64
		for i, p := range []ems.Policy{ems.Static{}, ems.NewBrainWith(m, ems.DefaultSettings)} {
			s := ems.NewSim(m, p, calls, eveningFrom)
			s.Run()
			in, all := 0.0, 0.0
			for j, o := range s.Outcomes() {
				if calls[j].Arrive < countFrom || calls[j].Arrive >= countTo {
					continue
				}
				all++
				if o.Response <= c.TargetS {
					in++
				}
			}
			share[i] = 100 * in / all
		}
		gains, static = append(gains, share[1]-share[0]), static+share[0]/float64(n)
	}
	return gains, static, nil
}

// interval returns the mean of v and half of its 95 % interval by the normal distribution.
func interval(v []float64) (mean, half float64) {
	for _, x := range v {
		mean += x / float64(len(v))
	}
	ss := 0.0
	for _, x := range v {
		ss += (x - mean) * (x - mean)
	}
	if len(v) < 2 {
		return mean, math.Inf(1)
	}
	return mean, 1.96 * math.Sqrt(ss/float64(len(v)-1)/float64(len(v)))
}
