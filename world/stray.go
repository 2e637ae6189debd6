package world

import (
	"encoding/json"
	"fmt"
	"math"

	"citybrain/city"
	"citybrain/city/chance"
	"citybrain/emergency"
	"citybrain/wire/http1"
)

// A stray is a call for which no unit of the city goes: another one for an open case, one from beyond the city, one of which nobody
// knows where it is. The centre's people give it its path after ownPace, unless they are told before.
type stray struct {
	callPush
	ring   float64 // s
	pickup float64 // s until it has been triaged
	lon    float64
	lat    float64
	placed bool
	of     string // the call for the same case, ""
	shown  string // state that was pushed last
}

// How often such calls come, and how soon the centre's people have dealt with one by themselves.
const (
	again   = 0.15 // second callers, a call
	beyond  = 0.8  // an hour, a city
	unknown = 1.2
	ownPace = 150 // s
)

// drawStrays draws an evening's stray calls beside its calls.
func drawStrays(c *city.City, cfg Config, calls []emergency.Call) []stray {
	draw := chance.New(cfg.Seed, "world/strays")
	var list []stray
	add := func(id uint64, ring float64, at [2]float64, placed bool, of string, priority int) {
		s := stray{ring: ring, pickup: 40 + 40*draw.Float(id, 1), placed: placed, of: of}
		s.ID, s.Priority = fmt.Sprintf("S%05d", id), priority
		s.lon, s.lat = c.Frame.WGS84(at)
		list = append(list, s)
	}
	for i := range calls {
		id := uint64(i)
		if draw.Float(id, 0) < again {
			p := c.Streets.Nodes[calls[i].Node].At
			add(id, calls[i].Ring+10+80*draw.Float(id, 2), [2]float64{p[0] + 30*draw.Normal(id, 3), p[1] + 30*draw.Normal(id, 4)}, true, calls[i].ID, calls[i].Priority)
		}
	}
	for h := range uint64(math.Ceil(cfg.Hours)) {
		for kind, rate := range [...]float64{beyond, unknown} {
			for k := range draw.Poisson(h, 10+uint64(kind), rate) {
				id := 90000 + h*100 + uint64(kind)*50 + uint64(k)
				side := c.Bounds.Max[0] + 4000 + 3000*draw.Float(id, 5)
				at := [2]float64{side, draw.Between(id, 6, c.Bounds.Min[1], c.Bounds.Max[1])}
				add(id, (float64(h)+draw.Float(id, 7))*3600, at, kind == 0, "", 1+draw.Int(id, 8, 3))
			}
		}
	}
	return list
}

// tickStray reports a stray call as it stands.
func (c *cad) tickStray(w *World, s *stray) {
	now := w.now.Seconds()
	if s.ring > now {
		return
	}
	switch {
	case s.State == "":
		s.Ring, s.State = w.clock(s.ring), "ringing"
		if s.placed {
			s.place(s.lon, s.lat)
		}
	case s.State == "ringing" && s.ring+s.pickup <= now:
		s.State = "waiting"
	case s.State == "waiting" && s.ring+s.pickup+ownPace <= now:
		switch {
		case s.of != "":
			s.State, s.With = "merged", s.of
		case s.placed:
			s.State = "transferred"
		default:
			s.State = "with_human"
		}
	}
	if s.State != s.shown {
		s.shown = s.State
		c.push(w, "/calls", s.callPush)
	}
}

// handle gives a stray call its path.
func (c *cad) handle(_ *World, body []byte) http1.Message {
	var order struct{ Call, Path, With string }
	if json.Unmarshal(body, &order) != nil || order.Path != "transferred" && order.Path != "with_human" && order.Path != "merged" {
		return http1.Message{Status: 400}
	}
	for i := range c.strays {
		if s := &c.strays[i]; s.ID == order.Call && s.State == "waiting" {
			s.State, s.With = order.Path, order.With
			return http1.Message{Status: 200}
		}
	}
	return http1.Message{Status: 409, Type: "text/plain", Body: []byte("call " + order.Call + " is not one without a path")}
}
