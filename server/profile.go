package server

import (
	"encoding/binary"
	"fmt"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"citybrain/brain"
	"citybrain/city"
	"citybrain/exchange"
	"citybrain/policy"
	"github.com/paulmach/orb"
)

// A profileInfo is what GET /api/profile answers: the long profile of a street, a creek or a line. Levels are metres above Datum, depths
// metres, Along metres from the start. A list that nothing is known for is empty.
type profileInfo struct {
	Name   city.Text    `json:"name"`
	Datum  string       `json:"datum"`
	Time   int64        `json:"time"`   // of the water; after Issued it is the forecast's
	Issued int64        `json:"issued"` // 0: no forecast
	Length float64      `json:"length"`
	Line   [][2]float64 `json:"line"`
	Along  []float64    `json:"along"`
	Ground []*float64   `json:"ground"` // null: outside the terrain
	Over   []bool       `json:"over"`   // the street lies above the ground there
	Now    []float64    `json:"now"`    // depth by the brain's estimate
	Median []float64    `json:"median"` // depth forecast for Time: of the members the median …
	P90    []float64    `json:"p90"`    // … and what nine of ten don't exceed
	Peak   []float64    `json:"peak"`   // the largest median from now on
	Sewers []sewerInfo  `json:"sewers"` // the drains below, by pumping district
	Creek  *creekInfo   `json:"creek,omitempty"`
	Marks  []markInfo   `json:"marks"`
}

type (
	// A levelInfo is a level as reported and as forecast for the profile's time.
	levelInfo struct {
		Now    *float64 `json:"now"`
		Median *float64 `json:"median"`
		Q05    *float64 `json:"q05"`
		Q95    *float64 `json:"q95"`
	}
	sewerInfo struct {
		Name   city.Text `json:"name"`
		From   float64   `json:"from"`
		To     float64   `json:"to"`
		Invert float64   `json:"invert"`
		Top    float64   `json:"top"` // full
		levelInfo
	}
	creekInfo struct {
		Bed    float64 `json:"bed"`
		Normal float64 `json:"normal"`
		Low    float64 `json:"low"`
		Bank   float64 `json:"bank"`
		levelInfo
	}
	markInfo struct {
		ID    string    `json:"id"`
		Name  city.Text `json:"name"`
		Kind  string    `json:"kind"` // signal, pump or gate
		Along float64   `json:"along"`
	}
)

// Bounds of a profile.
const (
	profileStep = 15.0 // m between its points at least …
	profileMost = 500  // … and no more of them
	profileLong = 40e3 // m
	lineMost    = 100  // points of a line
	besideCreek = 300  // m, of its pumps and gates
)

// profile answers the long profile of a street, a creek or a chosen line.
func (s *Server) profile(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	if !s.city.Terrain.Assessable() {
		http.Error(w, "profile: the terrain's vertical error is above 0.15 m, and no depth is shown", http.StatusNotFound)
		return
	}
	at := s.clock()
	if t := q.Get("t"); t != "" {
		unix, err := strconv.ParseInt(t, 10, 64)
		if err != nil {
			http.Error(w, fmt.Sprintf("profile: t=%q is no time in Unix seconds", t), http.StatusBadRequest)
			return
		}
		at = time.Unix(unix, 0)
	}
	v, err := s.desk().view(r, "")
	if err != nil {
		fail(w, err)
		return
	}
	x := profileInfo{Datum: s.city.Terrain.Datum, Time: at.Unix(), Sewers: []sewerInfo{}, Marks: []markInfo{}}
	var line orb.LineString
	var over []bool // of the line's segments
	id, creek := q.Get("id"), -1
	switch typ, local, _ := split(id); {
	case q.Get("line") != "":
		if line, err = s.parseLine(q.Get("line")); err != nil {
			http.Error(w, "profile: "+err.Error(), http.StatusBadRequest)
			return
		}
		over = make([]bool, len(line))
	case typ == "RoadSegment" && s.linkOf(id) >= 0:
		l := s.linkOf(id)
		chain, _ := s.city.Streets.Chain(s.turns, l, streetReach)
		x.Name = s.city.Streets.Links[l].Name
		line, over = s.course(chain)
		passages, _ := s.passages(chain)
		for _, p := range passages {
			j := &s.city.Signals[p.junction]
			x.Marks = append(x.Marks, markInfo{exchange.URN("TrafficSignal", j.ID), j.Name, "signal", p.along})
		}
	case typ == "WaterObserved" || typ == "Place":
		if creek = slices.IndexFunc(s.city.Drains.Creeks, func(k city.Creek) bool { return k.ID == local && len(k.Line) > 1 }); creek < 0 {
			http.Error(w, fmt.Sprintf("profile: %q is no creek's gauge", id), http.StatusNotFound)
			return
		}
		k := &s.city.Drains.Creeks[creek]
		line, x.Name = k.Line, k.Name
		over = make([]bool, len(line))
	default:
		http.Error(w, fmt.Sprintf("profile: give line=lon,lat~lon,lat or the id of a street or of a creek's gauge, not %q", id), http.StatusNotFound)
		return
	}
	s.sample(&x, line, over, at)
	if creek >= 0 {
		s.creekOf(&x, v, creek, at)
	} else {
		s.sewersOf(&x, v, line, at)
	}
	answer(w, x)
}

// parseLine reads lon,lat~lon,lat…, as metres of the city's frame.
func (s *Server) parseLine(text string) (orb.LineString, error) {
	parts := strings.Split(text, "~")
	if len(parts) < 2 || len(parts) > lineMost {
		return nil, fmt.Errorf("a line has 2 to %d points, not %d", lineMost, len(parts))
	}
	var line orb.LineString
	metres := 0.0
	for i, p := range parts {
		a, b, ok := strings.Cut(p, ",")
		lon, errLon := strconv.ParseFloat(a, 64)
		lat, errLat := strconv.ParseFloat(b, 64)
		if !ok || errLon != nil || errLat != nil || !(math.Abs(lon) <= 180 && math.Abs(lat) <= 85) {
			return nil, fmt.Errorf("point %d of the line, %q, is no lon,lat in degrees", i+1, p)
		}
		line = append(line, s.city.Frame.Local(lon, lat))
		if i > 0 {
			metres += math.Hypot(line[i][0]-line[i-1][0], line[i][1]-line[i-1][1])
		}
	}
	if !(metres > 1 && metres <= profileLong) {
		return nil, fmt.Errorf("the line is %.0f m long; 1 to %.0f m are drawn", metres, profileLong)
	}
	return line, nil
}

// course is a chain of links as one line, and which of its segments lie above the ground.
func (s *Server) course(chain []int32) (line orb.LineString, over []bool) {
	for i, l := range chain {
		link := &s.city.Streets.Links[l]
		for k, p := range link.Line {
			if i > 0 && k == 0 {
				continue
			}
			line, over = append(line, p), append(over, !link.Wet())
		}
	}
	return line, over
}

// sample goes along a line and notes ground and water; over tells of the segment that ends at each of its points.
func (s *Server) sample(x *profileInfo, line orb.LineString, over []bool, at time.Time) {
	t := s.city.Terrain
	for i := 1; i < len(line); i++ {
		x.Length += math.Hypot(line[i][0]-line[i-1][0], line[i][1]-line[i-1][1])
	}
	for _, p := range line {
		x.Line = append(x.Line, s.lonlat(p))
	}
	step := math.Max(profileStep, x.Length/(profileMost-1))
	now := s.depthsNow()
	median, p90, peak := s.depthsAhead(x, at)
	add := func(along float64, p orb.Point, above bool) {
		i := t.Index(p)
		var ground *float64
		if i >= 0 && !math.IsNaN(float64(t.Z[i])) {
			z := math.Round(float64(t.Z[i])*1000) / 1000
			ground = &z
		}
		x.Along, x.Ground, x.Over = append(x.Along, math.Round(along*10)/10), append(x.Ground, ground), append(x.Over, above)
		x.Now = append(x.Now, now[i])
		if median != nil {
			x.Median, x.P90, x.Peak = append(x.Median, median[i]), append(x.P90, p90[i]), append(x.Peak, peak[i])
		}
	}
	walk(line, step, func(i int, along float64, p orb.Point) { add(along, p, over[i]) })
	add(x.Length, line[len(line)-1], over[len(over)-1])
	for _, list := range []*[]float64{&x.Median, &x.P90, &x.Peak} {
		*list = nonNil(*list)
	}
}

// depthsNow is the water on the ground as the live stream has it: m by cell of the terrain, dry ones left out.
func (s *Server) depthsNow() map[int]float64 {
	f := s.now.Load()
	of := map[int]float64{}
	if f == nil || len(f.water) < 28 {
		return of
	}
	n := int(binary.LittleEndian.Uint32(f.water[24:]))
	for i := range n {
		of[int(binary.LittleEndian.Uint32(f.water[28+4*i:]))] = float64(f.water[28+4*n+i]) / 100
	}
	return of
}

// depthsAhead is the water of the newest forecast at a time, and the largest median from then on; nil without a forecast.
func (s *Server) depthsAhead(x *profileInfo, at time.Time) (median, p90, peak map[int]float64) {
	s.mu.RLock()
	fan, list := s.fan, s.spreads
	s.mu.RUnlock()
	if fan == nil {
		return nil, nil, nil
	}
	k := slices.IndexFunc(list, func(sp *brain.Spread) bool { return sp.Branch == fan.Branch })
	if k < 0 {
		return nil, nil, nil
	}
	sp := list[k]
	f := sp.At(at)
	if f < 0 {
		return nil, nil, nil
	}
	x.Issued = fan.Issued
	wet := func(list ...[]uint8) map[int]float64 {
		of := map[int]float64{}
		for _, cells := range list {
			for i, cm := range cells {
				if cm > 0 {
					of[i] = math.Max(of[i], float64(cm)/100)
				}
			}
		}
		return of
	}
	return wet(sp.Median[f]), wet(sp.P90[f]), wet(sp.Median[max(0, sp.At(s.clock())):]...)
}

// level is what the station of a kind and index reports, and its forecast for a time.
func (s *Server) level(v policy.View, kind city.InstrumentKind, index int, at time.Time) levelInfo {
	var l levelInfo
	i := slices.IndexFunc(s.instruments, func(in city.Instrument) bool { return in.Kind == kind && in.Index == index })
	if i < 0 {
		return l
	}
	if e, ok := v.Get(exchange.URN("WaterObserved", s.instruments[i].ID)); ok {
		if n, ok := e.Number("waterLevel"); ok {
			l.Now = &n
		}
	}
	s.mu.RLock()
	fan, list := s.fan, s.hydrographs
	s.mu.RUnlock()
	if fan == nil || i >= len(list) || len(list[i].Median) == 0 || fan.Step <= 0 {
		return l
	}
	h := &list[i]
	k := min(max(0, int(math.Round(float64(at.Unix()-fan.Issued)/fan.Step))-1), len(h.Median)-1)
	l.Median, l.Q05, l.Q95 = &h.Median[k], &h.Q05[k], &h.Q95[k]
	return l
}

// sewersOf adds the drains below a line, by the pumping districts that it crosses.
func (s *Server) sewersOf(x *profileInfo, v policy.View, line orb.LineString, at time.Time) {
	t, d := s.city.Terrain, &s.city.Drains
	if len(t.Basin) == 0 {
		return
	}
	walk(line, profileStep, func(_ int, along float64, p orb.Point) {
		i := t.Index(p)
		if i < 0 || t.Basin[i] < 0 || int(t.Basin[i]) >= len(d.Basins) {
			return
		}
		b := &d.Basins[t.Basin[i]]
		if n := len(x.Sewers); n > 0 && x.Sewers[n-1].Name == b.Name && along-x.Sewers[n-1].To < 2*profileStep {
			x.Sewers[n-1].To = along
			return
		}
		x.Sewers = append(x.Sewers, sewerInfo{b.Name, along, along, b.Invert, b.Ground, s.level(v, city.SewerInstrument, int(t.Basin[i]), at)})
	})
}

// creekOf adds a creek's bed, banks and level, and the pumps and gates beside it.
func (s *Server) creekOf(x *profileInfo, v policy.View, k int, at time.Time) {
	d := &s.city.Drains
	c := &d.Creeks[k]
	x.Creek = &creekInfo{c.Bed, c.Normal, c.Low, c.Bank, s.level(v, city.CreekInstrument, k, at)}
	mark := func(kind, id string, name city.Text, p orb.Point) {
		best, off := 0.0, math.Inf(1)
		walk(c.Line, 5, func(_ int, along float64, q orb.Point) {
			if o := math.Hypot(p[0]-q[0], p[1]-q[1]); o < off {
				best, off = along, o
			}
		})
		if off <= besideCreek {
			x.Marks = append(x.Marks, markInfo{id, name, kind, best})
		}
	}
	for i := range d.Pumps {
		if p := &d.Pumps[i]; int(p.Creek) == k {
			mark("pump", exchange.URN("PumpStation", p.ID), p.Name, p.At)
		}
	}
	for i := range d.Gates {
		if g := &d.Gates[i]; int(g.Creek) == k {
			mark("gate", exchange.URN("FloodGate", g.ID), g.Name, g.At)
		}
	}
}

// walk calls f every step metres along a line, with the segment that leads to its point i.
func walk(line orb.LineString, step float64, f func(i int, along float64, p orb.Point)) {
	done, next := 0.0, 0.0
	for i := 1; i < len(line); i++ {
		a, b := line[i-1], line[i]
		d := math.Hypot(b[0]-a[0], b[1]-a[1])
		for ; next < done+d && d > 0; next += step {
			g := (next - done) / d
			f(i, next, orb.Point{a[0] + (b[0]-a[0])*g, a[1] + (b[1]-a[1])*g})
		}
		done += d
	}
}
