package server

import (
	"context"
	"fmt"
	"math"
	"net/http"

	"citybrain/brain"
	"citybrain/city"
	"citybrain/exchange"
)

// A junctionInfo is a junction opened: what GET /api/junction answers. Lengths are metres from the junction's middle, east and
// north; times seconds from now.
type junctionInfo struct {
	ID        string         `json:"id"`
	Stage     int            `json:"stage"` // −1: unknown
	Led       bool           `json:"led"`
	Signed    bool           `json:"signed"`    // a responsible engineer has signed its matrix
	Countdown bool           `json:"countdown"` // displays count its greens down
	Flashing  bool           `json:"flashing"`  // its conflict monitor has it flash
	Fallen    bool           `json:"fallen"`    // it went back to its reference plan because its delay left its forecast's band
	Detectors []detectorInfo `json:"detectors"` // those that are left out
	Movements []movementInfo `json:"movements"`
	Stages    []stageInfo    `json:"stages"`
	Greens    []greenInfo    `json:"greens"`
	RunnerUp  *runnerUpInfo  `json:"runnerUp,omitempty"`
	Delay     []modeDelay    `json:"delay"` // of each mode, over the time looked ahead
}

type (
	detectorInfo struct {
		Street city.Text `json:"street"`
		Lanes  city.Text `json:"lanes"`
		State  city.Text `json:"state"`
		Since  int64     `json:"since"` // Unix time
	}
	movementInfo struct {
		Walkers    bool           `json:"walkers"`
		Cyclists   bool           `json:"cyclists"`
		Turn       string         `json:"turn"`
		Street     city.Text      `json:"street"`
		Permissive bool           `json:"permissive"`
		Queue      float64        `json:"queue"` // vehicles, estimated
		Paths      [][][2]float64 `json:"paths"`
		Delay      float64        `json:"delay"`  // s of a vehicle, over the time looked ahead …
		Served     float64        `json:"served"` // … and the vehicles that it is of
	}
	stageInfo struct {
		Movements []int32  `json:"movements"`
		Phases    []int    `json:"phases,omitempty"` // of a controller of rings: one of each, as its equipment counts them, from 1
		More      *float64 `json:"more,omitempty"`   // vehicle-seconds that the best plan which begins with it would cost more than the brain's; absent where it can't be had
	}
	greenInfo struct {
		Stage int `json:"stage"`
		From  int `json:"from"`
		To    int `json:"to"`
	}
	runnerUpInfo struct {
		Stage          int     `json:"stage"`
		VehicleSeconds float64 `json:"vehicleSeconds"` // more, until all who are known of have left
	}
)

var turnNames = [...]string{"straight", "left", "right", "uturn"}

// junction answers what a junction shows, who waits there, what it will show and what the runner-up would have cost.
func (s *Server) junction(w http.ResponseWriter, r *http.Request) {
	id := r.URL.Query().Get("id")
	typ, local, ok := split(id)
	at := -1
	for j := range s.city.Signals {
		if ok && typ == "TrafficSignal" && s.city.Signals[j].ID == local {
			at = j
		}
	}
	if at < 0 {
		http.Error(w, fmt.Sprintf("junction: %q is not %s of one in the city", id, exchange.URN("TrafficSignal", "id")), http.StatusNotFound)
		return
	}
	v, err := s.desk().view(r, "")
	if err != nil {
		fail(w, err)
		return
	}
	if _, seen := v.Get(id); !seen {
		http.Error(w, "junction: the twin has no "+id, http.StatusNotFound)
		return
	}
	type opened struct {
		now   brain.JunctionNow
		ahead func(context.Context) (brain.JunctionAhead, error)
	}
	o, ok := consult(s, w, r, func(b decider) opened {
		now, ahead := b.OpenJunction(at)
		return opened{now, ahead}
	})
	if !ok {
		return
	}
	var ahead brain.JunctionAhead
	if !s.ponder(r.Context(), func() { ahead, err = o.ahead(r.Context()) }) {
		return
	}
	if err != nil {
		http.Error(w, fmt.Sprintf("junction %s: %v", local, err), http.StatusInternalServerError)
		return
	}
	answer(w, s.opened(at, id, o.now, ahead))
}

func (s *Server) opened(at int, id string, now brain.JunctionNow, ahead brain.JunctionAhead) junctionInfo {
	j := &s.city.Signals[at]
	info := junctionInfo{ID: id, Stage: now.Stage, Led: now.Led, Signed: j.Signed, Countdown: j.Countdown, Flashing: now.Flashing, Fallen: now.Fallen, Detectors: []detectorInfo{}, Greens: []greenInfo{}, Delay: modeDelays(ahead.Modes)}
	for _, l := range now.Loops {
		if l.State != brain.LoopSound {
			info.Detectors = append(info.Detectors, detectorInfo{s.city.Streets.Links[l.Link].Name, brain.LanesName(l.Lanes), l.State.Name(), l.Since.Unix()})
		}
	}
	for m := range j.Movements {
		mv := &j.Movements[m]
		x := movementInfo{Walkers: mv.Kind == city.Walkers, Cyclists: mv.Kind == city.Cyclists, Turn: turnNames[mv.Turn], Street: s.city.Streets.Links[mv.From].Name, Permissive: mv.Permissive, Queue: now.Queues[m]}
		if m < len(ahead.Movements) {
			x.Delay, x.Served = ahead.Movements[m].Mean(), ahead.Movements[m].Vehicles
		}
		for _, path := range mv.Paths {
			line := make([][2]float64, len(path))
			for i, p := range path {
				line[i] = [2]float64{p[0] - j.At[0], p[1] - j.At[1]}
			}
			x.Paths = append(x.Paths, line)
		}
		info.Movements = append(info.Movements, x)
	}
	rings, ringed, err := j.Rings()
	for st := range j.Stages {
		x := stageInfo{Movements: j.Stages[st].Movements}
		if ringed && err == nil {
			phases, _ := rings.Stage(st)
			for _, ph := range phases {
				x.Phases = append(x.Phases, ph+1)
			}
		}
		if st < len(ahead.More) && !math.IsNaN(ahead.More[st]) {
			x.More = &ahead.More[st]
		}
		info.Stages = append(info.Stages, x)
	}
	for _, g := range ahead.Greens {
		info.Greens = append(info.Greens, greenInfo(g))
	}
	if ahead.RunnerUp >= 0 {
		info.RunnerUp = &runnerUpInfo{ahead.RunnerUp, ahead.Cost}
	}
	return info
}

// A modeDelay is how long one of a mode waits at lights.
type modeDelay struct {
	Mode    string  `json:"mode"` // car, bus, truck or walk
	Seconds float64 `json:"seconds"`
	Of      float64 `json:"of"` // vehicles; of walkers nobody counts them
}

var modeNames = [...]string{brain.ByCar: "car", brain.ByBus: "bus", brain.ByTruck: "truck", brain.OnFoot: "walk"}

// modeDelays lists the modes that there are.
func modeDelays(of [4]brain.Delay) []modeDelay {
	list := []modeDelay{}
	for m, d := range of {
		if d.Vehicles > 0 {
			x := modeDelay{Mode: modeNames[m], Seconds: d.Mean()}
			if brain.Mode(m) != brain.OnFoot {
				x.Of = d.Vehicles
			}
			list = append(list, x)
		}
	}
	return list
}
