package server

import (
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"slices"
	"time"

	"citybrain/brain"
	"citybrain/city"
	"citybrain/exchange"
	"citybrain/flood"
	"citybrain/policy"
	"citybrain/twin"
	"github.com/paulmach/orb/geojson"
)

// What a message of water shows of a forecast's members, its second byte.
const (
	showsMean   = 0 // or, of the present and the past, the brain's estimate
	showsMedian = 1
	showsP90    = 2 // what nine of ten members don't exceed
	showsChance = 3 // of more than 0.3 m: the bytes of its cells are %
)

// leastChance is the chance in % from which a cell is sent.
const leastChance = 5

// shows lists what GET /api/frame takes as show.
var shows = map[string]byte{"": showsMean, "mean": showsMean, "median": showsMedian, "p90": showsP90, "chance": showsChance}

// spread is the water of a branch as show asks for it, nil where the branch's spread is not kept any more.
func (s *Server) spread(branch string, show byte, at time.Time) []byte {
	s.mu.RLock()
	list := s.spreads
	s.mu.RUnlock()
	k := slices.IndexFunc(list, func(x *brain.Spread) bool { return x.Branch == branch })
	if k < 0 {
		return nil
	}
	sp := list[k]
	f := sp.At(at)
	if f < 0 {
		return nil
	}
	values, least := [][][]uint8{showsMedian: sp.Median, showsP90: sp.P90, showsChance: sp.Chance}[show][f], uint8(3)
	if show == showsChance {
		least = leastChance
	}
	g, ok := s.gridOf(len(values))
	if !ok {
		return nil
	}
	m := cells(s.city, g, func(i int) (uint8, bool) { return values[i], values[i] >= least })
	m[1] = show
	return m
}

// laid packs water as it lies on the city's own terrain, of which the mean depths of the computing cells are given: the hollow of
// a street stands deeper than its block does on average.
func (s *Server) laid(wm *flood.Sim, mean func(c int) float64) []byte {
	levels := make([]float64, wm.Grid().Cells())
	for c := range levels {
		levels[c] = math.Inf(-1)
		if d := mean(c); d >= 0.001 { // less is nowhere worth drawing
			levels[c] = wm.LevelFrom(c, d)
		}
	}
	t := s.city.Terrain
	return water(s.city, t.Grid, func(i int) float64 {
		l := levels[wm.CellOf(i)]
		if t.River[i] || math.IsInf(l, -1) {
			return 0
		}
		return wm.DepthUnder(i, l)
	})
}

// A hydrograph is what GET /api/hydrograph answers: the forecast of a station, and what was forecast of it at least half an hour
// before. Metres of water on a street, else the level above the terrain's datum; times in Unix seconds.
type hydrograph struct {
	ID     string     `json:"id"`
	Kind   string     `json:"kind"` // street, sewer, creek or tide
	Attr   string     `json:"attr"` // under which the station reports
	Datum  string     `json:"datum,omitempty"`
	Issued int64      `json:"issued"` // 0: no forecast yet
	Step   float64    `json:"step"`
	Median []float64  `json:"median"` // at issued + step and on
	Q05    []float64  `json:"q05"`
	Q95    []float64  `json:"q95"`
	Past   []foretold `json:"past"`
}

type foretold struct {
	T      int64   `json:"t"`
	Median float64 `json:"median"`
	Q05    float64 `json:"q05"`
	Q95    float64 `json:"q95"`
}

var kindNames = map[city.InstrumentKind]string{city.StreetInstrument: "street", city.SewerInstrument: "sewer", city.CreekInstrument: "creek", city.TideInstrument: "tide"}

func (s *Server) hydrograph(w http.ResponseWriter, r *http.Request) {
	id := r.URL.Query().Get("id")
	typ, local, ok := split(id)
	at := -1
	if ok && (typ == "WaterObserved" || typ == "Place") && s.city.Terrain != nil {
		at = slices.IndexFunc(s.instruments, func(in city.Instrument) bool { return in.ID == local && in.Kind != city.RainInstrument })
	}
	if at < 0 {
		http.Error(w, fmt.Sprintf("hydrograph: %q is not %s of a station in the city", id, exchange.URN("WaterObserved", "id")), http.StatusNotFound)
		return
	}
	in := &s.instruments[at]
	if in.Kind == city.StreetInstrument && !s.city.Terrain.Assessable() {
		http.Error(w, "hydrograph: the terrain's vertical error is above 0.15 m, and no depth is shown", http.StatusNotFound)
		return
	}
	v, err := s.desk().view(r, "")
	if err != nil {
		fail(w, err)
		return
	}
	urn := exchange.URN("WaterObserved", local)
	if _, seen := v.Get(urn); !seen {
		http.Error(w, "hydrograph: the twin has no "+urn+" yet", http.StatusNotFound)
		return
	}
	h := hydrograph{ID: urn, Kind: kindNames[in.Kind], Attr: "waterLevel", Datum: s.city.Terrain.Datum, Median: []float64{}, Q05: []float64{}, Q95: []float64{}, Past: []foretold{}}
	if in.Kind == city.StreetInstrument {
		h.Attr, h.Datum = "waterDepth", ""
	}
	s.mu.RLock()
	fan, list := s.fan, s.hydrographs
	s.mu.RUnlock()
	if at < len(list) && fan != nil && len(list[at].Median) > 0 {
		x := &list[at]
		h.Issued, h.Step, h.Median, h.Q05, h.Q95 = fan.Issued, fan.Step, x.Median, x.Q05, x.Q95
		for _, p := range x.Past {
			h.Past = append(h.Past, foretold{p.At.Unix(), p.Median, p.Q05, p.Q95})
		}
	}
	answer(w, h)
}

// A workplan is what GET /api/workplan answers of a pumping station or a gate: what it is ordered, until when, by whom, how often
// it was started within the hour, and by which levels it works of itself.
type workplan struct {
	ID        string    `json:"id"`
	Order     *float64  `json:"order"` // units or opening 0–1 in force by the last command; null: by its own levels
	Until     int64     `json:"until,omitempty"`
	By        string    `json:"by,omitempty"`
	Decision  string    `json:"decision,omitempty"`
	State     string    `json:"state,omitempty"` // of that command
	Starts    int       `json:"starts"`          // of its units, in the last hour
	MayStart  int       `json:"mayStart"`        // starts an hour of all its units; 0: a gate
	Start     float64   `json:"start,omitempty"` // m: level at which the first unit starts by itself
	Stop      float64   `json:"stop,omitempty"`
	MinRun    float64   `json:"minRun,omitempty"` // s
	MinRest   float64   `json:"minRest,omitempty"`
	Sill      float64   `json:"sill,omitempty"` // m, of a gate
	From      city.Text `json:"from"`           // what it empties
	FromGauge string    `json:"fromGauge,omitempty"`
	To        city.Text `json:"to"` // none: the river
}

func (s *Server) workplan(w http.ResponseWriter, r *http.Request) {
	id := r.URL.Query().Get("id")
	typ, local, _ := split(id)
	p := workplan{ID: id}
	d, known := &s.city.Drains, false
	creek := func(k int32) (city.Text, string) {
		if k < 0 || int(k) >= len(d.Creeks) {
			return city.Text{}, ""
		}
		return d.Creeks[k].Name, exchange.URN("WaterObserved", d.Creeks[k].ID)
	}
	for i := range d.Pumps {
		if x := &d.Pumps[i]; typ == "PumpStation" && x.ID == local {
			known = true
			p.MayStart, p.Start, p.Stop, p.MinRun, p.MinRest = x.MaxStarts*x.Units, x.Start, x.Stop, x.MinRun, x.MinRest
			if x.Basin >= 0 {
				p.From, p.FromGauge = d.Basins[x.Basin].Name, exchange.URN("WaterObserved", d.Basins[x.Basin].ID)
				p.To, _ = creek(x.Creek)
			} else {
				p.From, p.FromGauge = creek(x.Creek)
			}
		}
	}
	for i := range d.Gates {
		if x := &d.Gates[i]; typ == "FloodGate" && x.ID == local {
			known = true
			p.Sill = x.Sill
			p.From, p.FromGauge = creek(x.Creek)
		}
	}
	if !known {
		http.Error(w, fmt.Sprintf("workplan: %q is neither a pumping station nor a gate of the city", id), http.StatusNotFound)
		return
	}
	v, err := s.desk().view(r, "")
	if err != nil {
		fail(w, err)
		return
	}
	now := s.clock()
	if p.Starts, err = starts(v, id, now); err != nil {
		fail(w, err)
		return
	}
	lastOrder(v, &p, typ, local, now)
	answer(w, p)
}

// clock is the city's time now.
func (s *Server) clock() time.Time {
	if f := s.now.Load(); f != nil {
		return f.at
	}
	return s.cfg.Start
}

// starts counts how often units of a pumping station were started within the hour before now.
func starts(v policy.View, id string, now time.Time) (int, error) {
	hist, err := v.History(id, "unitsRunning", time.Time{}, now.Add(time.Nanosecond), twin.ByObserved)
	if err != nil {
		return 0, err
	}
	n, was := 0, -1.0
	for i := range hist {
		is, ok := hist[i].Any().(float64)
		if !ok {
			continue
		}
		if was >= 0 && is > was && hist[i].ObservedAt().After(now.Add(-time.Hour)) {
			n += int(is - was)
		}
		was = is
	}
	return n, nil
}

// lastOrder finds the command of latest end that was sent to a pumping station or gate and holds still.
func lastOrder(v policy.View, p *workplan, typ, local string, now time.Time) {
	for e := range v.Query(policy.Query{Types: []string{"Command"}}) {
		a, ok := e.Attribute("order")
		if !ok {
			continue
		}
		body, ok := a.Any().(json.RawMessage)
		var c exchange.Command
		if !ok || json.Unmarshal(body, &c) != nil || !c.Until.After(now) || c.Until.Unix() < p.Until {
			continue
		}
		var order *float64
		switch {
		case typ == "PumpStation" && c.Pump != nil && c.Pump.ID == local:
			if units := float64(c.Pump.Units); !c.Pump.Local {
				order = &units
			}
		case typ == "FloodGate" && c.Gate != nil && c.Gate.ID == local:
			if !c.Gate.Local {
				order = &c.Gate.Opening
			}
		default:
			continue
		}
		state, _ := e.Text("state")
		switch exchange.CommandState(state) {
		case exchange.Sent, exchange.Acknowledged, exchange.Seen, exchange.Approved:
			p.Order, p.Until, p.By, p.Decision, p.State = order, c.Until.Unix(), c.Principal, c.Decision, state
		}
	}
}

// districtsJSON outlines the city's districts.
func (s *Server) districtsJSON() []byte {
	fc := geojson.NewFeatureCollection()
	for i := range s.city.Districts {
		d := &s.city.Districts[i]
		f := geojson.NewFeature(s.outline(d.Outline))
		f.ID, f.Properties = i, geojson.Properties{"id": exchange.URN("District", d.ID), "name": d.Name, "people": d.Population}
		fc.Append(f)
	}
	return marshal(fc)
}
