package server

import (
	"fmt"
	"net/http"

	"citybrain/brain"
	"citybrain/city"
	"citybrain/exchange"
	"citybrain/policy"
	"github.com/paulmach/orb"
)

// A detailInfo is what GET /api/detail answers of a decision: what it rests on, to be drawn.
type detailInfo struct {
	ID      string       `json:"id"`
	Choices []choiceInfo `json:"choices"`
	Leaving *leavingInfo `json:"leaving,omitempty"`
}

type (
	choiceInfo struct {
		brain.DispatchChoice
		Unit string       `json:"unit"`
		Name city.Text    `json:"name"`
		Kind string       `json:"kind"`
		Line [][2]float64 `json:"line"` // empty where only its time was reckoned
	}
	leavingInfo struct {
		Blocks   []blockInfo   `json:"blocks"`
		Shelters []shelterInfo `json:"shelters"`
		Roads    []roadInfo    `json:"roads"` // the busiest first, at most mostRoads
	}
	blockInfo struct {
		Name     city.Text   `json:"name"`
		Outline  orb.Polygon `json:"outline"`
		People   float64     `json:"people"`
		First    int64       `json:"first"` // departure
		Last     int64       `json:"last"`
		Shelters []int       `json:"shelters"`
	}
	shelterInfo struct {
		Name     city.Text  `json:"name"`
		At       [2]float64 `json:"at"`
		People   float64    `json:"people"`
		Capacity int        `json:"capacity"`
		Last     int64      `json:"last"` // arrival
	}
	roadInfo struct {
		Name   city.Text    `json:"name"`
		Line   [][2]float64 `json:"line"`
		People float64      `json:"people"`
	}
)

// mostRoads bounds an evacuation's answer.
const mostRoads = 2000

// detail answers what a decision rests on: the units that could have gone and their ways; who leaves for where by which road. Only to
// whoever may know where calls come from: a way leads there.
func (s *Server) detail(w http.ResponseWriter, r *http.Request) {
	id := r.URL.Query().Get("id")
	if id == "" || len(id) > 200 {
		http.Error(w, "detail: id is a decision's", http.StatusBadRequest)
		return
	}
	v, err := s.desk().view(r, "")
	if err != nil {
		fail(w, err)
		return
	}
	if _, seen := v.Get(exchange.URN("Decision", id)); !seen {
		http.Error(w, fmt.Sprintf("detail: there is no decision %q", id), http.StatusNotFound)
		return
	}
	type opened struct {
		d  brain.Detail
		ok bool
	}
	o, ok := consult(s, w, r, func(b decider) opened {
		d, ok := b.Detail(id)
		return opened{d, ok}
	})
	if !ok {
		return
	}
	if !o.ok {
		http.Error(w, fmt.Sprintf("detail: the brain does not keep decision %q any more", id), http.StatusNotFound)
		return
	}
	places := s.seesPlaces(policy.From(r.Context()))
	info := detailInfo{ID: id, Choices: []choiceInfo{}}
	for _, c := range o.d.Choices {
		x := choiceInfo{c.DispatchChoice, exchange.URN("EmergencyVehicle", c.Unit), c.Name, c.Kind, [][2]float64{}}
		if places {
			x.Line = s.line(c.Line)
		}
		info.Choices = append(info.Choices, x)
	}
	if l := o.d.Leaving; l != nil {
		info.Leaving = s.leaving(l)
	}
	answer(w, info)
}

func (s *Server) leaving(l *brain.LeavingDetail) *leavingInfo {
	x := &leavingInfo{Blocks: []blockInfo{}, Shelters: []shelterInfo{}, Roads: []roadInfo{}}
	const half = brain.Block / 2
	for _, b := range l.Blocks {
		p := b.At
		ring := orb.Polygon{{{p[0] - half, p[1] - half}, {p[0] + half, p[1] - half}, {p[0] + half, p[1] + half}, {p[0] - half, p[1] + half}, {p[0] - half, p[1] - half}}}
		x.Blocks = append(x.Blocks, blockInfo{b.Name, s.outline(ring), b.People, b.First.Unix(), b.Last.Unix(), nonNil(b.Shelters)})
	}
	for _, t := range l.Shelters {
		x.Shelters = append(x.Shelters, shelterInfo{t.Name, s.lonlat(t.At), t.People, t.Capacity, t.Last.Unix()})
	}
	for _, road := range l.Roads[:min(len(l.Roads), mostRoads)] {
		link := &s.city.Streets.Links[road.Link]
		x.Roads = append(x.Roads, roadInfo{link.Name, s.line(link.Line), road.People})
	}
	return x
}
