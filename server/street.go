package server

import (
	"context"
	"fmt"
	"math"
	"net/http"
	"slices"
	"time"

	"citybrain/brain"
	"citybrain/city"
	"citybrain/exchange"
	"citybrain/policy"
	"citybrain/twin"
	"github.com/paulmach/orb"
)

// A streetInfo is what GET /api/street answers: a street's time–space diagram. Metres are along the street in its direction, seconds
// from now, negative for what has been.
type streetInfo struct {
	ID      string         `json:"id"`
	Name    city.Text      `json:"name"`
	Other   string         `json:"other,omitempty"` // the same street in the other direction
	At      float64        `json:"at"`              // m, of the link that was asked for
	Length  float64        `json:"length"`
	Now     int64          `json:"now"`
	Past    float64        `json:"past"`
	Ahead   float64        `json:"ahead"`
	Line    [][2]float64   `json:"line"`
	Signals []streetSignal `json:"signals"`
	Trails  []trailInfo    `json:"trails"` // reported of late
	Plays   []playInfo     `json:"plays"`  // as it will be led, then the other way
	Pace    []paceInfo     `json:"pace"`   // of the stretch before each signal: how long it takes at its limit
}

type (
	streetSignal struct {
		ID     string    `json:"id"`
		Name   city.Text `json:"name"`
		Along  float64   `json:"along"`
		Led    bool      `json:"led"`
		Known  int       `json:"known"`  // s from now, negative: since when its stage is known; 0: it is not
		Greens [][2]int  `json:"greens"` // that the street's own movement has had
	}
	trailInfo struct {
		Mode  string       `json:"mode"`
		Along [][2]float64 `json:"along"` // s, m
	}
	playInfo struct {
		Led    bool        `json:"led"`
		Greens [][][2]int  `json:"greens"` // by signal
		Trails []trailInfo `json:"trails"`
		Delay  float64     `json:"delay"` // s of a vehicle along the street
		Of     float64     `json:"of"`
		Modes  []modeDelay `json:"modes"` // of all that come to its signals
	}
	paceInfo struct {
		From    float64 `json:"from"`
		To      float64 `json:"to"`
		Seconds float64 `json:"seconds"`
	}
)

// How much of a street is shown.
const (
	streetReach = 2000.0 // m either way from the link that was asked for
	streetPast  = 300 * time.Second
	streetAhead = 180.0 // s, as the brain plays it
	nearStreet  = 25.0  // m
	mostTrails  = 300
)

// A passage is a signal on a street.
type passage struct {
	junction int
	turn     int32
	movement int32
	along    float64 // m, of its stop line
}

// passages lists the signals through which a chain of links leads, and how long each stretch before one takes at the limit.
func (s *Server) passages(chain []int32) (list []passage, pace []paceInfo) {
	along, from, seconds := 0.0, 0.0, 0.0
	pace = []paceInfo{}
	for i, l := range chain {
		along += s.city.Streets.Links[l].Length
		seconds += s.city.Streets.Links[l].FreeTime()
		if i+1 == len(chain) {
			break
		}
		for t := s.turns[l]; t < s.turns[l+1]; t++ {
			if x := &s.city.Streets.Turns[t]; x.To == chain[i+1] && x.Junction >= 0 && x.Movement >= 0 {
				list, pace = append(list, passage{int(x.Junction), t, x.Movement, along}), append(pace, paceInfo{from, along, seconds})
				from, seconds = along, 0
			}
		}
	}
	return list, pace
}

// linkOf is the link that a street's id names, −1 if none does.
func (s *Server) linkOf(id string) int32 {
	typ, local, ok := split(id)
	if !ok || typ != "RoadSegment" {
		return -1
	}
	return int32(slices.IndexFunc(s.city.Streets.Links, func(l city.Link) bool { return l.ID == local }))
}

// street answers a street's time–space diagram: what its signals have shown and will, and who drives along it.
func (s *Server) street(w http.ResponseWriter, r *http.Request) {
	id := r.URL.Query().Get("id")
	l := s.linkOf(id)
	if l < 0 {
		http.Error(w, fmt.Sprintf("street: %q is not %s of a street in the city", id, exchange.URN("RoadSegment", "id")), http.StatusNotFound)
		return
	}
	v, err := s.desk().view(r, "")
	if err != nil {
		fail(w, err)
		return
	}
	links := s.city.Streets.Links
	chain, k := s.city.Streets.Chain(s.turns, l, streetReach)
	now := s.clock()
	x := streetInfo{ID: id, Name: links[l].Name, Now: now.Unix(), Past: streetPast.Seconds(), Ahead: streetAhead, Signals: []streetSignal{}, Pace: []paceInfo{}, Line: [][2]float64{}}
	if back := links[l].Reverse; back >= 0 {
		x.Other = exchange.URN("RoadSegment", links[back].ID)
	}
	for i, c := range chain {
		if i == k {
			x.At = x.Length
		}
		x.Length += links[c].Length
		x.Line = append(x.Line, s.line(links[c].Line)...)
	}
	list, pace := s.passages(chain)
	x.Pace = pace
	var junctions []int
	var turns []int32
	for _, p := range list {
		j := &s.city.Signals[p.junction]
		greens, known, led, err := s.shown(v, p, now)
		if err != nil {
			fail(w, err)
			return
		}
		x.Signals = append(x.Signals, streetSignal{exchange.URN("TrafficSignal", j.ID), j.Name, p.along, led, known, greens})
		junctions, turns = append(junctions, p.junction), append(turns, p.turn)
	}
	x.Trails = s.reported(v, chain, now)
	f, ok := consult(s, w, r, func(b decider) func(context.Context) ([2]brain.StreetPlay, error) {
		return b.OpenStreet(chain, junctions, turns)
	})
	if !ok {
		return
	}
	var plays [2]brain.StreetPlay
	if !s.ponder(r.Context(), func() { plays, err = f(r.Context()) }) {
		return
	}
	if err != nil {
		http.Error(w, fmt.Sprintf("street %s: %v", id, err), http.StatusInternalServerError)
		return
	}
	for i := range plays {
		x.Plays = append(x.Plays, s.play(&plays[i], list))
	}
	answer(w, x)
}

func (s *Server) play(p *brain.StreetPlay, list []passage) playInfo {
	x := playInfo{Led: p.Led, Greens: [][][2]int{}, Trails: []trailInfo{}, Delay: p.Along.Mean(), Of: p.Along.Vehicles, Modes: modeDelays(p.Delay)}
	for i, of := range p.Greens {
		greens := [][2]int{}
		j, was := &s.city.Signals[list[i].junction], false
		for _, g := range of {
			is := j.InStage(g.Stage, list[i].movement)
			switch {
			case is && was: // it stays green from one stage to the next
				greens[len(greens)-1][1] = g.To
			case is:
				greens = append(greens, [2]int{g.From, g.To})
			}
			was = is
		}
		x.Greens = append(x.Greens, greens)
	}
	for _, t := range p.Trails {
		of := trailInfo{Mode: modeNames[t.Mode]}
		for i, m := range t.Along {
			of.Along = append(of.Along, [2]float64{float64(t.From + i*brain.TrailStep), math.Round(m)})
		}
		if len(of.Along) > 1 {
			x.Trails = append(x.Trails, of)
		}
	}
	return x
}

// shown is when a street's movement has been green of late, by the stages that its controller reported, since when these are known, and
// whether the brain leads it.
func (s *Server) shown(v policy.View, p passage, now time.Time) (greens [][2]int, known int, led bool, err error) {
	j := &s.city.Signals[p.junction]
	id := exchange.URN("TrafficSignal", j.ID)
	greens = [][2]int{}
	e, ok := v.Get(id)
	if !ok {
		return greens, 0, false, nil
	}
	if mode, ok := e.Number("mode"); ok {
		led = mode >= 0x10 && mode < 0x20
	}
	hist, err := v.History(id, "stage", now.Add(-streetPast-3*time.Minute), now, twin.ByObserved)
	if err != nil {
		return nil, 0, false, err
	}
	stage, open := -1, math.Inf(1) // since when it is green, s from now
	end := func(t float64) {
		if open < t && t > -streetPast.Seconds() {
			greens = append(greens, [2]int{int(math.Round(math.Max(open, -streetPast.Seconds()))), int(math.Round(t))})
		}
		open = math.Inf(1)
	}
	for i := range hist {
		n, ok := hist[i].Any().(float64)
		next := int(n)
		if !ok || next < 0 || next >= len(j.Stages) || next == stage {
			continue
		}
		t := hist[i].ObservedAt().Sub(now).Seconds()
		if stage < 0 {
			known = int(math.Round(math.Max(t, -streetPast.Seconds())))
		}
		was := stage >= 0 && j.InStage(stage, p.movement)
		is := j.InStage(next, p.movement)
		switch {
		case was && !is:
			end(t)
		case !was && is:
			if open = t; stage >= 0 { // it is reported as soon as the inter-green to it begins
				open += float64(j.Between(stage, next))
			}
		}
		stage = next
	}
	end(0)
	return greens, known, led, nil
}

// reported is where the vehicles that tell their place have been along a street of late.
func (s *Server) reported(v policy.View, chain []int32, now time.Time) []trailInfo {
	trails := []trailInfo{}
	box := orb.Bound{Min: orb.Point{math.Inf(1), math.Inf(1)}, Max: orb.Point{math.Inf(-1), math.Inf(-1)}}
	for _, l := range chain {
		for _, p := range s.city.Streets.Links[l].Line {
			box = box.Extend(p)
		}
	}
	box = box.Pad(nearStreet)
	for e := range v.Query(policy.Query{Types: []string{"Vehicle"}, Where: func(e *policy.Entity) bool {
		lon, lat, ok := e.Location()
		return ok && box.Contains(s.city.Frame.Local(lon, lat))
	}}) {
		if len(trails) == mostTrails {
			break
		}
		hist, err := v.History(e.ID, "location", now.Add(-streetPast), now, twin.ByObserved)
		if err != nil {
			continue // whoever may not know where it was has no trail of it
		}
		of, last := trailInfo{Mode: "car"}, math.Inf(-1)
		for i := range hist {
			p, ok := hist[i].Any().([2]float64)
			if !ok {
				continue
			}
			along, off := s.onChain(chain, s.city.Frame.Local(p[0], p[1]))
			if off > nearStreet || along < last-5 { // it goes the other way
				if along < last-5 {
					of.Along = nil
				}
				continue
			}
			last = along
			of.Along = append(of.Along, [2]float64{math.Round(hist[i].ObservedAt().Sub(now).Seconds()), math.Round(along)})
		}
		if n := len(of.Along); n > 1 && of.Along[n-1][1] > of.Along[0][1]+10 {
			trails = append(trails, of)
		}
	}
	return trails
}

// onChain is how far along a chain of links a point lies, and how far off.
func (s *Server) onChain(chain []int32, p orb.Point) (along, off float64) {
	off = math.Inf(1)
	offset := 0.0
	for _, l := range chain {
		link := &s.city.Streets.Links[l]
		at := offset
		for i := 1; i < len(link.Line); i++ {
			a, b := link.Line[i-1], link.Line[i]
			dx, dy := b[0]-a[0], b[1]-a[1]
			d := math.Hypot(dx, dy)
			f := 0.0
			if d > 0 {
				f = math.Min(1, math.Max(0, ((p[0]-a[0])*dx+(p[1]-a[1])*dy)/(d*d)))
			}
			if o := math.Hypot(a[0]+f*dx-p[0], a[1]+f*dy-p[1]); o < off {
				along, off = at+f*d, o
			}
			at += d
		}
		offset += link.Length
	}
	return along, off
}
