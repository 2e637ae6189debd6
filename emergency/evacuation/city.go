package evacuation

import (
	"math"

	"citybrain/city"
	"github.com/paulmach/orb"
)

// Water is the depth in metres that a forecast expects at a place of the city's frame, seconds from now.
type Water func(at orb.Point, seconds float64) float64

// Assumptions are what a city's evacuation is planned by.
type Assumptions struct {
	Reached  float64 // m of water from which a block must be empty
	Passable float64 // m from which a road is closed
	Dry      float64 // m up to which a shelter is one
	Share    float64 // of a block's people who live where the water comes: ground floors, basements, whoever needs help
	LaneFlow float64 // people a second and lane
	Slow     float64 // of a road's limit, in rain and traffic
	Look     float64 // s between two looks at the water
	Step     float64 // s
	Horizon  float64 // s
}

// Usual serves where nobody knows better: people lose their footing at 0.5 m (Shand et al. 2011) and cars at 0.3 m (Pregnolato et al.
// 2017); a lane under signals carries 900 vehicles an hour with two people each. A road takes whole steps, which is slower than its pace:
// full roads in rain are.
var Usual = Assumptions{Reached: 0.3, Passable: 0.3, Dry: 0.1, Share: 0.15, LaneFlow: 0.5, Slow: 0.6, Look: 300, Step: 60, Horizon: 5400}

// sample is how far apart in metres a block is looked at, within halfBlock of its middle.
const (
	sample    = 75.0
	halfBlock = 150.0
	within    = 3000.0 // m from a block, in which its roads and shelters are looked for
)

// A Case is a city's problem with what its blocks, shelters and roads are of the pack.
type Case struct {
	Problem
	Zones  []int   // of each block
	Places []int   // of each shelter
	Links  []int32 // of each road
}

// Of makes the problem of the zones that water will reach within the horizon; none if it reaches none. Shelters are the schools that stay
// dry, with room for as many as they have pupils.
func Of(c *city.City, w Water, a Assumptions) *Case {
	k := &Case{Problem: Problem{Nodes: len(c.Streets.Nodes), Step: a.Step, Horizon: a.Horizon}}
	when := func(points []orb.Point, depth float64) float64 {
		for s := 0.0; s <= a.Horizon; s += a.Look {
			for _, p := range points {
				if w(p, s) >= depth {
					return max(0, s-a.Look) // it may have come right after the look before
				}
			}
		}
		return math.Inf(1)
	}
	var middles []orb.Point
	for i, z := range c.Zones {
		if z.Node < 0 || z.Population <= 0 {
			continue
		}
		var points []orb.Point
		for x := -halfBlock; x <= halfBlock; x += sample {
			for y := -halfBlock; y <= halfBlock; y += sample {
				points = append(points, orb.Point{z.At[0] + x, z.At[1] + y})
			}
		}
		if t := when(points, a.Reached); !math.IsInf(t, 1) {
			k.Blocks = append(k.Blocks, Block{Name: name(c, i), Node: z.Node, People: math.Round(z.Population * a.Share), By: t})
			k.Zones = append(k.Zones, i)
			middles = append(middles, z.At)
		}
	}
	if len(k.Blocks) == 0 {
		return k
	}
	near := func(p orb.Point) bool {
		for _, m := range middles {
			if math.Hypot(p[0]-m[0], p[1]-m[1]) < within {
				return true
			}
		}
		return false
	}
	for i := range c.Places {
		p := &c.Places[i]
		if p.Kind == city.School && p.Node >= 0 && p.Capacity > 0 && near(p.At) && math.IsInf(when([]orb.Point{p.At}, a.Dry), 1) {
			k.Shelters = append(k.Shelters, Shelter{p.Name.En, p.Node, float64(p.Capacity)})
			k.Places = append(k.Places, i)
		}
	}
	for l := range c.Streets.Links {
		link := &c.Streets.Links[l]
		if !near(c.Streets.Nodes[link.From].At) {
			continue
		}
		until := math.Inf(1)
		if link.Wet() {
			var points []orb.Point
			for s := 0; s < len(link.Line); s++ {
				points = append(points, link.Line[s])
				if s > 0 {
					points = append(points, orb.Point{(link.Line[s][0] + link.Line[s-1][0]) / 2, (link.Line[s][1] + link.Line[s-1][1]) / 2})
				}
			}
			until = when(points, a.Passable)
		}
		k.Roads = append(k.Roads, Road{link.From, link.To, link.Length / (link.Speed * a.Slow), float64(link.Lanes) * a.LaneFlow, until})
		k.Links = append(k.Links, int32(l))
	}
	return k
}

// name names a zone: by its district where it has one.
func name(c *city.City, i int) string {
	if d := c.Zones[i].District; d >= 0 && int(d) < len(c.Districts) {
		return c.Districts[d].Name.En
	}
	return ""
}
