package server

import (
	"context"
	"fmt"
	"math"
	"net/http"
	"strconv"
	"strings"

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
	Fixed     bool           `json:"fixed"`     // its green's end is announced: what comes next is decided
	Flashing  bool           `json:"flashing"`  // its conflict monitor has it flash
	Fallen    bool           `json:"fallen"`    // it went back to its reference plan because its delay left its forecast's band
	Detectors []detectorInfo `json:"detectors"` // those that are left out
	Movements []movementInfo `json:"movements"`
	Stages    []stageInfo    `json:"stages"`
	Greens    []greenInfo    `json:"greens"`
	Begins    *int           `json:"begins,omitempty"` // the stage that the plan followed begins with; absent where the brain chooses none now
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
		Phases    []int    `json:"phases,omitempty"`   // of a controller of rings: one of each, as its equipment counts them, from 1
		OnDemand  bool     `json:"onDemand,omitempty"` // no plan runs it
		More      *float64 `json:"more,omitempty"`     // vehicle-seconds that the best plan which begins with it would cost more than the brain's; absent where it can't be had
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
	info := junctionInfo{ID: id, Stage: now.Stage, Led: now.Led, Signed: j.Signed, Countdown: j.Countdown, Fixed: now.Fixed, Flashing: now.Flashing, Fallen: now.Fallen, Detectors: []detectorInfo{}, Greens: []greenInfo{}, Delay: modeDelays(ahead.Modes)}
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
				line[i] = [2]float64{cm(p[0] - j.At[0]), cm(p[1] - j.At[1])}
			}
			x.Paths = append(x.Paths, line)
		}
		info.Movements = append(info.Movements, x)
	}
	for st := range j.Stages {
		x := stageInfo{Movements: j.Stages[st].Movements, Phases: phases(j, st), OnDemand: j.OnDemand(st)}
		if st < len(ahead.More) && !math.IsNaN(ahead.More[st]) {
			x.More = &ahead.More[st]
		}
		info.Stages = append(info.Stages, x)
	}
	for _, g := range ahead.Greens {
		info.Greens = append(info.Greens, greenInfo(g))
	}
	if ahead.More != nil {
		info.Begins = &ahead.Begins
	}
	if ahead.RunnerUp >= 0 {
		info.RunnerUp = &runnerUpInfo{ahead.RunnerUp, ahead.Cost}
	}
	return info
}

// phases is what a stage of a controller of rings is to its equipment: one phase of each ring, from 1; nil where it has no rings.
func phases(j *city.Junction, stage int) (list []int) {
	rings, ringed, err := j.Rings()
	if !ringed || err != nil {
		return nil
	}
	of, _ := rings.Stage(stage)
	for _, ph := range of {
		list = append(list, ph+1)
	}
	return list
}

// controlModes says how a controller runs, by GB/T 20999-2017's numbers, which the twin keeps for every controller.
var controlModes = map[float64]city.Text{
	0x10: {En: "by the centre", Zh: "中心控制"}, 0x11: {En: "centre: timetable", Zh: "中心日计划控制"}, 0x12: {En: "centre: optimised", Zh: "中心优化控制"},
	0x13: {En: "centre: coordinated", Zh: "中心协调控制"}, 0x14: {En: "centre: adaptive", Zh: "中心自适应控制"}, 0x15: {En: "centre: stage by stage", Zh: "中心手动控制（逐阶段）"},
	0x20: {En: "local", Zh: "本地控制"}, 0x21: {En: "local: fixed time", Zh: "本地定周期控制"}, 0x22: {En: "local: actuated", Zh: "本地感应控制"},
	0x23: {En: "local: coordinated", Zh: "本地协调控制"}, 0x24: {En: "local: adaptive", Zh: "本地自适应控制"}, 0x25: {En: "local: by hand", Zh: "本地手动控制"},
	0x30: {En: "special", Zh: "特殊控制"}, 0x31: {En: "flashing", Zh: "黄闪"}, 0x32: {En: "all red", Zh: "全红"}, 0x33: {En: "off", Zh: "关灯"},
}

// signalSaid is a signal's attribute in words, where it is a code: its mode, and its stage as its equipment counts it.
func (s *Server) signalSaid(local string, a Attribute) *city.Text {
	v, ok := a.Value.(float64)
	if !ok {
		return a.Said
	}
	switch a.Name {
	case "mode":
		if words, ok := controlModes[v]; ok {
			return &words
		}
	case "stage":
		for i := range s.city.Signals {
			j, n := &s.city.Signals[i], int(v)
			if j.ID != local || n < 0 || n >= len(j.Stages) {
				continue
			}
			if list := phases(j, n); list != nil {
				words := strings.ReplaceAll(strings.Trim(fmt.Sprint(list), "[]"), " ", "+")
				return &city.Text{En: "phases " + words, Zh: "相位" + words}
			}
			words := strconv.Itoa(n + 1)
			return &city.Text{En: words, Zh: words}
		}
	}
	return a.Said
}

// cm rounds metres to centimetres.
func cm(x float64) float64 { return math.Round(x*100) / 100 }

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
