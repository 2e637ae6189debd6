package server

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/http"
	"strconv"
	"time"

	"citybrain/brain"
	"citybrain/city"
	"github.com/paulmach/orb"
)

// A gridInfo is a raster: row 0 in the north, metres of the city's frame from its south-west corner. Values are a byte a cell, base64.
type gridInfo struct {
	Cols   int     `json:"cols"`
	Rows   int     `json:"rows"`
	West   float64 `json:"west"`
	North  float64 `json:"north"`
	Cell   float64 `json:"cell"`
	Values []byte  `json:"values"`
}

func (s *Server) grid(g city.Grid, values []byte) gridInfo {
	return gridInfo{g.Cols, g.Rows, g.West - s.city.Bounds.Min[0], g.North - s.city.Bounds.Min[1], g.Cell, values}
}

// reachStep is the seconds of one step of a reach's values; nowhere is a cell that is not reached.
const (
	reachStep = 10
	nowhere   = 255
)

// reach answers how long a kind of traveller takes from a place to everywhere.
func (s *Server) reach(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	lon, errLon := strconv.ParseFloat(q.Get("lon"), 64)
	lat, errLat := strconv.ParseFloat(q.Get("lat"), 64)
	if errLon != nil || errLat != nil || math.IsNaN(lon+lat) || math.Abs(lon) > 180 || math.Abs(lat) > 85 {
		http.Error(w, fmt.Sprintf("reach: lon=%q lat=%q is no place in degrees", q.Get("lon"), q.Get("lat")), http.StatusBadRequest)
		return
	}
	var when time.Time
	if t := q.Get("t"); t != "" {
		unix, err := strconv.ParseInt(t, 10, 64)
		if err != nil {
			http.Error(w, fmt.Sprintf("reach: t=%q is no time in Unix seconds", t), http.StatusBadRequest)
			return
		}
		when = time.Unix(unix, 0)
	}
	at, kind := s.city.Frame.Local(lon, lat), q.Get("kind")
	if kind == "" {
		kind = "ambulance"
	}
	if !s.city.Bounds.Pad(1000).Contains(at) {
		http.Error(w, fmt.Sprintf("reach: %g, %g lies outside the city", lon, lat), http.StatusNotFound)
		return
	}
	type opened struct {
		f   func(context.Context) (brain.Reach, error)
		err error
	}
	o, ok := consult(s, w, r, func(b decider) opened {
		f, err := b.OpenReach(at, kind, when)
		return opened{f, err}
	})
	if !ok {
		return
	}
	var x brain.Reach
	err := o.err
	if err == nil && !s.ponder(r.Context(), func() { x, err = o.f(r.Context()) }) {
		return
	}
	if err != nil {
		refuse(w, "reach", err)
		return
	}
	values := make([]byte, len(x.Seconds))
	for i, sec := range x.Seconds {
		values[i] = nowhere
		if step := sec / reachStep; step < nowhere {
			values[i] = byte(step)
		}
	}
	answer(w, map[string]any{"kind": kind, "at": s.lonlat(orb.Point(x.From)), "street": x.Street, "roads": x.Roads.Unix(), "step": reachStep, "grid": s.grid(x.Grid, values)})
}

// refuse answers what the brain could not open.
func refuse(w http.ResponseWriter, what string, err error) {
	status := http.StatusInternalServerError
	if errors.Is(err, brain.ErrNoReach) {
		status = http.StatusUnprocessableEntity
	}
	http.Error(w, fmt.Sprintf("%s: %v", what, err), status)
}

// coverageFor is how long a coverage is answered again before it is worked out anew, of the city's time.
const coverageFor = 10 * time.Second

// A coverageInfo is what GET /api/coverage answers.
type coverageInfo struct {
	Made   int64    `json:"made"`
	Target float64  `json:"target"` // s from ring to arrival …
	Desk   float64  `json:"desk"`   // … of which the desk takes so many
	Free   int      `json:"free"`
	Units  int      `json:"units"`
	Mean   float64  `json:"mean"` // of all people and jobs, 0–1
	Grid   gridInfo `json:"grid"` // %; 255: no street leads there
}

// coverage answers the chance everywhere that the next call is reached in time by who is free now.
func (s *Server) coverage(w http.ResponseWriter, r *http.Request) {
	kind := r.URL.Query().Get("kind")
	if kind == "" {
		kind = "ambulance"
	}
	if old := s.covered.Load(); old != nil && old.kind == kind && s.clock().Sub(old.at).Abs() < coverageFor {
		answer(w, old.info)
		return
	}
	type opened struct {
		f   func(context.Context) (brain.Coverage, error)
		err error
	}
	o, ok := consult(s, w, r, func(b decider) opened {
		f, err := b.OpenCoverage(kind)
		return opened{f, err}
	})
	if !ok {
		return
	}
	var c brain.Coverage
	err := o.err
	if err == nil && !s.ponder(r.Context(), func() { c, err = o.f(r.Context()) }) {
		return
	}
	if err != nil {
		refuse(w, "coverage", err)
		return
	}
	info := coverageInfo{c.Made.Unix(), c.Target, c.Desk, c.Free, c.Units, c.Mean, s.grid(c.Grid, c.Chance)}
	s.covered.Store(&covered{kind, c.Made, info})
	answer(w, info)
}

// covered is the coverage last worked out.
type covered struct {
	kind string
	at   time.Time
	info coverageInfo
}
