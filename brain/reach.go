package brain

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"citybrain/city"
	"citybrain/emergency/ems"
	"citybrain/routing"
	"citybrain/traffic"
	"github.com/paulmach/orb"
)

// ErrNoReach is why nothing can be said of what is reached from a place; who asked can do something about it.
var ErrNoReach = errors.New("no reach")

// A Reach is how long it takes from a place to everywhere.
type Reach struct {
	city.Grid
	Seconds []float32 // by cell: on the streets and the last metres on foot; routing.Unreachable where none leads
	From    orb.Point // on the street where it starts
	Street  city.Text
	Roads   time.Time // of which the roads are
}

// travellers are those for whom a reach can be asked. The seconds of emergency vehicles are the brain's own (see siren), so that their
// profiles say only where they fit and how deep they wade.
var travellers = map[string]routing.Profile{
	"ambulance":   unitProfile,
	"fire_engine": {Name: "fire engine", Height: routing.FireEngine.Height, Wades: routing.FireEngine.Wades},
	"police":      {Name: "police", Wades: routing.Car.Wades},
	"rescue_boat": {Name: "rescue boat", Height: routing.FireEngine.Height, Wades: routing.FireEngine.Wades},
	"mobile_pump": {Name: "mobile pump", Height: routing.FireEngine.Height, Wades: routing.FireEngine.Wades},
	"car":         routing.Car,
	"walk":        routing.Pedestrian,
}

// Travellers lists for whom a reach can be asked.
func Travellers() []string {
	var list []string
	for k := range travellers {
		list = append(list, k)
	}
	slices.Sort(list)
	return list
}

// farthest is how far from a street a reach may start, m.
const farthest = 500

// openRoads are the roads that reaches and coverage are asked of, at most a minute old.
type openRoads struct {
	at          time.Time
	siren, cars []float32
	depth       []float32
	ground      *ground
}

// openedRoads are the roads of now. What they hold does not change any more.
func (b *Brain) openedRoads() *openRoads {
	if o := b.opened; o != nil && b.now.Sub(o.at) < time.Minute && !o.at.After(b.now) {
		return o
	}
	o := &openRoads{at: b.now, siren: b.siren(), cars: slices.Clone(b.weights())}
	if b.opened != nil {
		o.ground = b.opened.ground
	} else {
		o.ground = newGround(b.city)
	}
	if b.water != nil {
		o.depth = b.depths(func(p [2]float64) float64 {
			if c := b.city.Terrain.Index(p); c >= 0 {
				return b.water.DepthAt(c)
			}
			return 0
		})
	}
	for l := range o.cars {
		if b.closed[b.city.Streets.Links[l].ID] {
			o.cars[l] = routing.Closed
		}
	}
	b.opened = o
	return o
}

// conditions are the roads of a moment for a kind of traveller, and the moment that they are of.
func (b *Brain) conditions(kind string, when time.Time) (routing.Conditions, time.Time, error) {
	o := b.openedRoads()
	lead := when.Sub(b.now)
	if lead < -time.Minute || lead > moments[len(moments)-1]+time.Minute {
		return routing.Conditions{}, when, fmt.Errorf("%w: the roads are known from now, %s, to an hour ahead, not at %s", ErrNoReach, b.now.UTC().Format("15:04"), when.UTC().Format("15:04"))
	}
	best, off := -1, lead.Abs()
	if a := b.ahead; a != nil {
		for i, m := range moments {
			if d := (a.made.Add(m).Sub(when)).Abs(); d < off {
				best, off = i, d
			}
		}
	}
	c := routing.Conditions{Seconds: o.siren, Depth: o.depth}
	switch kind {
	case "car":
		c.Seconds = o.cars
	case "walk":
		c.Seconds = nil
	}
	if best < 0 {
		return c, o.at, nil
	}
	a := b.ahead
	c.Depth = a.depth[best]
	if kind == "car" {
		return c, when, fmt.Errorf("%w: cars' times are known of now only; ask for an emergency vehicle's", ErrNoReach)
	}
	if kind != "walk" {
		c.Seconds = slices.Clone(a.seconds[best])
		for l := range c.Seconds {
			if b.closed[b.city.Streets.Links[l].ID] {
				c.Seconds[l] = routing.Closed
			}
		}
	}
	return c, a.made.Add(moments[best]), nil
}

// OpenReach returns a function that works out how long a kind of traveller takes from a place of the city's frame to everywhere, by the
// roads of now or those expected within the hour: on copies, so that it may be called beside the ticks.
func (b *Brain) OpenReach(at orb.Point, kind string, when time.Time) (func(context.Context) (Reach, error), error) {
	p, ok := travellers[kind]
	if !ok {
		return nil, fmt.Errorf("%w: kind %q is none of %s", ErrNoReach, kind, strings.Join(Travellers(), ", "))
	}
	if when.IsZero() {
		when = b.now
	}
	c, of, err := b.conditions(kind, when)
	if err != nil {
		return nil, err
	}
	from, ok := b.roads.Nearest(at, p)
	if !ok || from.Off > farthest {
		return nil, fmt.Errorf("%w: no street for it within %d m of the place", ErrNoReach, farthest)
	}
	g, roads, link := b.opened.ground, b.roads, &b.city.Streets.Links[from.Link]
	return func(context.Context) (Reach, error) {
		w := roads.Weigh(p, c)
		r := Reach{Grid: g.Grid, Seconds: g.times(roads, w, from), From: traffic.At(link, from.Along*link.Length), Street: link.Name, Roads: of}
		for i := range r.Seconds { // from the place to its street on foot
			r.Seconds[i] += float32(from.Off / onFoot)
		}
		return r, nil
	}, nil
}

// A Coverage is the chance everywhere that the next call is reached within the target by who is free now.
type Coverage struct {
	city.Grid
	Chance []uint8 // %, by cell; NoStreet where there is none
	Free   int     // units
	Units  int
	Target float64 // s from ring to arrival …
	Desk   float64 // … of which the desk takes so many
	Mean   float64 // of all people and jobs, 0–1
	Made   time.Time
}

// NoStreet is a cell of a coverage that no street leads to.
const NoStreet = 255

// OpenCoverage returns a function that works out the coverage of a kind of unit, on copies.
func (b *Brain) OpenCoverage(kind string) (func(context.Context) (Coverage, error), error) {
	p, ok := travellers[kind]
	if !ok || kind == "car" || kind == "walk" {
		return nil, fmt.Errorf("%w: kind %q is no unit's", ErrNoReach, kind)
	}
	o := b.openedRoads()
	var from []routing.Place
	var wait []float64
	c := Coverage{Grid: o.ground.Grid, Target: b.target(), Desk: deskDelay, Made: b.now}
	busy := 0
	for _, u := range b.unitsSeen(b.main.Snapshot()) {
		if b.unitKind(u.id) != kind {
			continue
		}
		c.Units++
		if !u.lost && !u.status.Free() {
			busy++
		}
		if !u.free() {
			continue
		}
		if place, ok := b.roads.Nearest(u.at, p); ok && place.Off <= farthest {
			c.Free++
			from, wait = append(from, place), append(wait, u.late())
		}
	}
	cover := b.coverOf(busy, c.Units)
	roads, g, conditions, town := b.roads, o.ground, routing.Conditions{Seconds: o.siren, Depth: o.depth}, b.city
	return func(ctx context.Context) (Coverage, error) {
		w := roads.Weigh(p, conditions)
		times := make([][]float32, len(from))
		for i := range from {
			if err := ctx.Err(); err != nil {
				return c, err
			}
			times[i] = g.times(roads, w, from[i])
		}
		c.Chance = make([]uint8, g.Cells())
		drives := make([]float64, 0, len(from))
		for k := range c.Chance {
			if c.Chance[k] = NoStreet; !g.near[k] {
				continue
			}
			drives = drives[:0]
			for i := range times {
				drives = append(drives, float64(times[i][k])+wait[i])
			}
			slices.Sort(drives)
			c.Chance[k] = uint8(math.Round(100 * cover.InTime(drives)))
		}
		people, served := 0.0, 0.0
		for _, z := range town.Zones {
			if k := g.Index(z.At); k >= 0 && c.Chance[k] != NoStreet {
				n := z.Population + 0.3*z.Jobs
				people, served = people+n, served+n*float64(c.Chance[k])/100
			}
		}
		if people > 0 {
			c.Mean = served / people
		}
		return c, nil
	}, nil
}

// coverOf is the value of units of which so many have calls.
func (b *Brain) coverOf(busy, units int) *ems.Cover {
	return ems.NewCover([]float64{1}, float64(busy)/float64(max(1, units)), b.target()-deskDelay)
}
