package world

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"time"

	"citybrain/city"
	"citybrain/city/chance"
	"citybrain/emergency"
	"citybrain/traffic"
	"github.com/paulmach/orb"
)

// How often something happens, a head and day, people counted as a case's draw does (homes, and 0.3 of jobs). Fires: between China's
// 1.5 turnouts a year on 1,000 people (2022, Fire and Rescue Bureau) and the United States' 4 fires (NFPA 2022). Crashes that need help on
// the spot: US 1.7 million injury crashes of 6.1 million that the police recorded (NHTSA 2021), 14 and 50 a million heads and day; taken in between.
const (
	medicalRate = 260e-6 * 1.25
	fireRate    = 8e-6
	crashRate   = 25e-6
)

// What water does to people is assumed: drivers who are stuck, by link and minute in water deeper than stuckDepth while the street is
// open; owners who ask for a pump, by building and minute with water over the threshold.
const (
	stuckDepth = 0.45 // m: cars float or stall from 0.3 to 0.6 m
	stuckRate  = 0.02
	pumpRate   = 0.0004
	rowing     = 1.5 // m/s of a boat in a street, and of hoses being laid
	waterCalls = 8   // of each kind an hour, at most: more are told to help themselves
)

// drawCases draws the evening's cases: by people and hour, more often in rain, and one for each crash that blocks a street; in the order of
// their ring.
func drawCases(c *city.City, cfg Config, s *storm, crashes []crash) []emergency.Call {
	draw := chance.New(cfg.Seed, "world/calls")
	acc := make([]float64, len(c.Zones)+1)
	for i, z := range c.Zones {
		acc[i+1] = acc[i] + z.Population + 0.3*z.Jobs
	}
	people := acc[len(c.Zones)]
	zone := func(u float64) int32 {
		z := 0
		for z+1 < len(c.Zones) && acc[z+1] <= u*people {
			z++
		}
		return c.Zones[z].Node
	}
	has := map[city.PlaceKind]bool{}
	for i := range c.Places {
		has[c.Places[i].Kind] = has[c.Places[i].Kind] || c.Places[i].Node >= 0
	}
	var calls []emergency.Call
	for m := range uint64(cfg.Hours * 60) {
		rain := s.at(c.Bounds.Center(), float64(m)*60)
		wet := math.Min(1, rain/30)
		rate := people * medicalRate / 1440 * (1 + 0.35*wet)
		for k := range draw.Poisson(m, 0, rate) {
			id := m*100 + uint64(k)
			// Not all at the zone's own node: a walk of a few streets spreads them.
			call := emergency.Call{ID: fmt.Sprintf("C%05d", id), Ring: float64(m)*60 + 60*draw.Float(id, 2), Node: zone(draw.Float(id, 1)), Priority: 1 + min(2, draw.Int(id, 3, 4)),
				OnScene: 600 + 600*draw.Exp(id, 5), Carry: draw.Float(id, 6) < 0.72, Inside: 60, HandOver: 480 + 420*draw.Exp(id, 9)}
			told(&call, 45+50*draw.Float(id, 4))
			if draw.Float(id, 7) < 0.4 {
				call.Inside = 180 + 180*draw.Float(id, 8) // a tower
			}
			calls = append(calls, call)
		}
		if has[city.FireStation] {
			for k := range draw.Poisson(m, 20, people*fireRate/1440) {
				calls = append(calls, fire(draw, m*100+50+uint64(k), m, zone))
			}
		}
		if has[city.PoliceStation] {
			for k := range draw.Poisson(m, 21, people*crashRate/1440*(1+0.7*wet)) {
				calls = append(calls, collision(draw, m*100+70+uint64(k), m, zone(draw.Float(m*100+70+uint64(k), 1)), has[city.FireStation]))
			}
		}
	}
	for i := range crashes {
		if k := &crashes[i]; has[city.PoliceStation] {
			call := collision(draw, 9_000_000+uint64(i), uint64(k.from.Minutes()), c.Streets.Links[k.link].From, has[city.FireStation])
			call.Ring = k.from.Seconds() + 30 + 60*draw.Float(uint64(i), 60)
			calls = append(calls, call)
		}
	}
	sortCalls(calls)
	return calls
}

// told splits the time from ring to the end of triage: who answers at once asks for the place first.
func told(c *emergency.Call, total float64) {
	c.Locate = 0.4 * (total - 5)
	c.Triage = 0.6 * (total - 5)
}

// fire draws a fire: two of five are worth a full first response (three engines, an ambulance, a police car; of the order of NFPA 1710's
// 15 to 17 people to a house), which one of four outgrows.
func fire(draw chance.Source, id, minute uint64, zone func(float64) int32) emergency.Call {
	c := emergency.Call{ID: fmt.Sprintf("F%05d", id), Kind: emergency.Fire, Ring: float64(minute)*60 + 60*draw.Float(id, 2), Node: zone(draw.Float(id, 1)), Priority: 2, OnScene: 900 + 900*draw.Exp(id, 5), Inside: 60, HandOver: 480 + 420*draw.Exp(id, 9)}
	c.Needs[emergency.FireEngine] = 1
	told(&c, 40+35*draw.Float(id, 4))
	if draw.Float(id, 3) < 0.4 {
		c.Priority, c.OnScene = 1, 1800+1800*draw.Exp(id, 5)
		c.Needs[emergency.FireEngine], c.Needs[emergency.Ambulance], c.Needs[emergency.PoliceCar] = 3, 1, 1
		c.Carry = draw.Float(id, 6) < 0.3
	}
	c.Growth.After, c.Growth.Alone = math.Inf(1), 900 // a fire that nobody fights for a quarter of an hour has grown
	c.Growth.Needs[emergency.FireEngine] = 2
	if draw.Float(id, 7) < 0.25 {
		c.Growth.After = 120 + 300*draw.Float(id, 8)
		c.Growth.Needs[emergency.Ambulance] = 1
	}
	return c
}

// collision draws what a crash needs: the police always, an ambulance for whoever is hurt, an engine where one has to be cut out.
func collision(draw chance.Source, id, minute uint64, node int32, engines bool) emergency.Call {
	c := emergency.Call{ID: fmt.Sprintf("K%05d", id), Kind: emergency.Crash, Ring: float64(minute)*60 + 60*draw.Float(id, 2), Node: node, Priority: 2, OnScene: 600 + 600*draw.Exp(id, 5), Inside: 30, HandOver: 480 + 420*draw.Exp(id, 9)}
	c.Needs[emergency.Ambulance], c.Needs[emergency.PoliceCar] = 1, 1
	c.Carry = draw.Float(id, 6) < 0.5
	told(&c, 40+40*draw.Float(id, 4))
	if draw.Float(id, 3) < 0.15 {
		c.Priority = 1
		if engines {
			c.Needs[emergency.FireEngine] = 1
		}
	}
	return c
}

// drown adds the minute's cases that water makes.
func (w *World) drown() {
	if w.now >= w.end() || w.water == nil {
		return
	}
	minute := uint64(w.now / time.Minute)
	hour := int(w.now.Hours())
	if hour != w.waterHour {
		w.waterHour, w.waterCalls = hour, [2]int{}
	}
	for i := range w.wet {
		k := &w.wet[i]
		id := uint64(k.link)
		if k.depth < stuckDepth || w.shut(k.link) || w.waterCalls[0] >= waterCalls || w.hazard.Float(id, minute) >= stuckRate {
			continue
		}
		w.waterCalls[0]++
		node, far := w.shore(traffic.At(&w.city.Streets.Links[k.link], w.city.Streets.Links[k.link].Length/2))
		c := emergency.Call{ID: fmt.Sprintf("W%04d%05d", minute, id), Kind: emergency.Trapped, Ring: w.now.Seconds() + 60*w.hazard.Float(id, minute+1e6), Node: node, Priority: 1,
			Inside: 120 + far/rowing, OnScene: 900 + 600*w.hazard.Exp(id, minute+2e6), Carry: w.hazard.Float(id, minute+3e6) < 0.3, HandOver: 480 + 420*w.hazard.Exp(id, minute+4e6)}
		c.Needs[emergency.RescueBoat], c.Needs[emergency.Ambulance] = 1, 1
		told(&c, 45+50*w.hazard.Float(id, minute+5e6))
		w.arise(c)
	}
	for i := range w.assets {
		a := &w.assets[i]
		id := uint64(i) + 1e6
		if w.hazard.Float(id, minute) >= pumpRate || w.waterCalls[1] >= waterCalls || w.pumped[i] || w.water.DepthAt(a.Cell) <= a.Floor {
			continue
		}
		w.waterCalls[1]++
		w.pumped[i] = true
		node, far := w.shore(w.city.Terrain.Centre(a.Cell))
		c := emergency.Call{ID: fmt.Sprintf("B%04d%05d", minute, i), Kind: emergency.Flooding, Ring: w.now.Seconds() + 60*w.hazard.Float(id, minute+1e6), Node: node, Priority: 3,
			Inside: 300 + far/rowing, OnScene: 1800 + 1800*w.hazard.Exp(id, minute+2e6)}
		c.Needs[emergency.MobilePump] = 1
		told(&c, 60+60*w.hazard.Float(id, minute+5e6))
		w.arise(c)
	}
}

// shore is the node of the streets nearest to p at which no street is under more than shallow metres of water, and how far it is.
func (w *World) shore(p orb.Point) (node int32, metres float64) {
	const shallow = 0.3
	deep := map[int32]bool{}
	for i := range w.wet {
		if k := &w.wet[i]; k.depth > shallow {
			l := &w.city.Streets.Links[k.link]
			deep[l.From], deep[l.To] = true, true
		}
	}
	best, least := int32(0), math.Inf(1)
	for i := range w.city.Streets.Nodes {
		at := w.city.Streets.Nodes[i].At
		if d := math.Hypot(at[0]-p[0], at[1]-p[1]); d < least && !deep[int32(i)] {
			best, least = int32(i), d
		}
	}
	return best, math.Min(least, 1000)
}

// sortCalls puts calls in the order of their ring.
func sortCalls(list []emergency.Call) {
	slices.SortStableFunc(list, func(a, b emergency.Call) int { return cmp.Compare(a.Ring, b.Ring) })
}
