package server

import (
	"fmt"
	"net/http"
	"slices"
	"sort"
	"strconv"
	"strings"
	"time"

	"citybrain/brain"
	"citybrain/city"
	"citybrain/exchange"
	"citybrain/policy"
)

type entityInfo struct {
	ID         string      `json:"id"`
	Type       string      `json:"type"`
	Name       city.Text   `json:"name"`
	Department city.Text   `json:"department"`
	Feed       string      `json:"feed"`
	Attributes []Attribute `json:"attributes"`
	Order      *orderInfo  `json:"order,omitempty"` // of a junction: the stage that was asked for last, absent while none has been
}

type orderInfo struct {
	State     string `json:"state"`
	Principal string `json:"principal"`
	Reason    string `json:"reason,omitempty"`
	At        int64  `json:"at"` // Unix time of its state
}

// reporters says which feed an entity type comes from.
var reporters = map[string]string{
	"WaterObserved": "water/sl651", "RainfallObserved": "water/sl651", "PumpStation": "water/modbus", "FloodGate": "water/modbus", "WeatherForecast": "meteorology/http", "RainGrid": "meteorology/http", "WeatherAlert": "meteorology/http",
	"TrafficSignal": "traffic_police/gb20999", "TrafficFlowObserved": "traffic_police/gb20999", "RoadClosure": "traffic_police/http", "Vehicle": "transport/jt808",
	"EmergencyCall": "ambulance_120/http", "EmergencyVehicle": "ambulance_120/http", "CitizenRequest": "hotline_12345/open311",
}

// reporter is the feed that an entity comes from: a junction's by what its controller speaks, a call's or a unit's by its centre.
func (s *Server) reporter(e *policy.Entity, typ, local string) string {
	switch typ {
	case "TrafficSignal":
		if slices.ContainsFunc(s.city.Signals, func(j city.Junction) bool { return j.ID == local && j.NTCIP }) {
			return "traffic_police/ntcip1202"
		}
	case "EmergencyCall", "EmergencyVehicle":
		if centre, ok := e.Text("centre"); ok {
			return centre + "/http"
		}
	}
	return reporters[typ]
}

// entity answers what the twin and the city pack know of one thing.
func (s *Server) entity(w http.ResponseWriter, r *http.Request) {
	id := r.URL.Query().Get("id")
	typ, local, ok := split(id)
	if !ok {
		http.Error(w, fmt.Sprintf("entity: %q is not urn:ngsi-ld:Type:id", id), http.StatusBadRequest)
		return
	}
	info := entityInfo{ID: id, Type: typ, Attributes: []Attribute{}}
	known := s.fromPack(&info, typ, local)
	v, err := s.desk().view(r, "")
	if err != nil {
		fail(w, err)
		return
	}
	for _, urn := range related(typ, local) {
		e, ok := v.Get(urn)
		if !ok {
			continue
		}
		known = true
		t, _, _ := split(urn)
		if f := s.reporter(&e, t, local); f != "" {
			info.Feed = f
			for _, c := range exchange.Contracts() {
				if c.ID == f {
					info.Department = c.Name
				}
			}
		}
		for a := range e.Attributes() {
			if a.Name == "location" || a.Name == "order" && typ == "Command" {
				continue
			}
			x := s.said(attribute(a))
			if typ == "TrafficSignal" {
				x.Said = s.signalSaid(local, x)
			}
			info.Attributes = append(info.Attributes, x)
		}
	}
	if !known {
		http.Error(w, "entity: the twin has no "+id, http.StatusNotFound)
		return
	}
	if typ == "TrafficSignal" {
		info.Order = lastStage(v, local)
	}
	answer(w, info)
}

func split(urn string) (typ, local string, ok bool) {
	rest, ok := strings.CutPrefix(urn, "urn:ngsi-ld:")
	if !ok {
		return "", "", false
	}
	return strings.Cut(rest, ":")
}

// related lists the entities under which departments report of a thing.
func related(typ, local string) []string {
	switch typ {
	case "RoadSegment":
		return []string{exchange.URN("TrafficFlowObserved", local), exchange.URN("RoadClosure", local), exchange.URN("RoadSegment", local)}
	case "Place":
		return []string{exchange.URN("WaterObserved", local), exchange.URN("RainfallObserved", local)}
	}
	return []string{exchange.URN(typ, local)}
}

// fromPack adds what the city pack says.
func (s *Server) fromPack(info *entityInfo, typ, local string) bool {
	add := func(name string, v any, unit string) {
		info.Attributes = append(info.Attributes, Attribute{Name: name, Value: v, Unit: unit})
	}
	c := s.city
	switch typ {
	case "RoadSegment":
		for i := range c.Streets.Links {
			if l := &c.Streets.Links[i]; l.ID == local {
				info.Name = l.Name
				add("length", l.Length, "MTR")
				add("lanes", l.Lanes, "")
				add("speedLimit", l.Speed*3.6, "KMH")
				return true
			}
		}
	case "TrafficSignal":
		for i := range c.Signals {
			if j := &c.Signals[i]; j.ID == local {
				info.Name = j.Name
				add("movements", len(j.Movements), "")
				add("stages", len(j.Stages), "")
				add("interGreenSigned", j.Signed, "")
				return true
			}
		}
	case "PumpStation":
		for i := range c.Drains.Pumps {
			if p := &c.Drains.Pumps[i]; p.ID == local {
				info.Name = p.Name
				add("units", p.Units, "")
				add("capacity", p.UnitFlow*float64(p.Units), "MQS")
				return true
			}
		}
	case "FloodGate":
		for i := range c.Drains.Gates {
			if g := &c.Drains.Gates[i]; g.ID == local {
				info.Name = g.Name
				add("width", g.Width, "MTR")
				return true
			}
		}
	case "EmergencyVehicle":
		info.Name = brain.UnitName(c, local)
	case "District":
		for i := range c.Districts {
			if d := &c.Districts[i]; d.ID == local {
				info.Name = d.Name
				add("population", d.Population, "")
				return true
			}
		}
	case "Place", "WaterObserved", "RainfallObserved":
		for i := range c.Places {
			if p := &c.Places[i]; p.ID == local {
				info.Name = p.Name
				add("kind", string(p.Kind), "")
				if p.Capacity > 0 {
					add("capacity", p.Capacity, "")
				}
				if p.Invented {
					add("invented", true, "")
				}
				return true
			}
		}
		for _, in := range city.Instruments(c) {
			if in.ID == local {
				info.Name = in.Name
				add("kind", kindNames[in.Kind], "")
				return true
			}
		}
	}
	return false
}

// frameAt answers the city as it was recorded at a time, or the water that a branch expects then.
func (s *Server) frameAt(w http.ResponseWriter, r *http.Request) {
	unix, err := strconv.ParseInt(r.URL.Query().Get("t"), 10, 64)
	if err != nil {
		http.Error(w, "frame: t is the time in Unix seconds", http.StatusBadRequest)
		return
	}
	at := time.Unix(unix, 0)
	show, ok := shows[r.URL.Query().Get("show")]
	if !ok {
		http.Error(w, fmt.Sprintf("frame: show is %q; there are mean, median, p90 and chance", r.URL.Query().Get("show")), http.StatusBadRequest)
		return
	}
	if show == showsChance && !s.city.Terrain.Assessable() {
		http.Error(w, "frame: the terrain's vertical error is above 0.15 m, and no chance of a depth is shown", http.StatusNotFound)
		return
	}
	w.Header().Set("Content-Type", "application/octet-stream")
	if name := r.URL.Query().Get("branch"); name != "" {
		v, err := s.desk().view(r, name)
		if err != nil {
			w.Header().Del("Content-Type")
			fail(w, err)
			return
		}
		if ratio, ok := v.Field(brain.SpeedRatio, "city", at); ok && len(ratio) == len(s.city.Streets.Links) {
			w.Write(message(msgSpeeds, ratios(ratio)))
		} else if ratio := s.foretold(name, at); ratio != nil {
			w.Write(message(msgSpeeds, ratios(ratio)))
		}
		if show != showsMean {
			if m := s.spread(name, show, at); m != nil {
				w.Write(m)
				return
			} // an older branch has the mean of its members; the message says so
		}
		field, ok := v.Field("waterDepth", "city", at)
		wm := s.ground.Load()
		if g, fits := s.gridOf(len(field)); ok && wm != nil && len(field) == wm.Grid().Cells() {
			w.Write(s.laid(wm, func(c int) float64 { return float64(field[c]) }))
		} else if ok && fits {
			w.Write(water(s.city, g, func(i int) float64 { return float64(field[i]) }))
		}
		return
	}
	s.mu.RLock()
	i := sort.Search(len(s.recorded), func(i int) bool { return s.recorded[i].at.After(at) })
	var f record
	if i > 0 {
		f = s.recorded[i-1]
	}
	s.mu.RUnlock()
	if i == 0 {
		http.Error(w, "frame: nothing is recorded of that time", http.StatusNotFound)
		return
	}
	// An answer that breaks off is one that nobody waits for any more.
	f.write(w, s.seesPlaces(policy.From(r.Context())))
}

// foretold is how fast links are expected to be driven at a time, of their limits, on the branch that the city's own forecast goes on in; nil on others, and
// beyond the hour that is forecast.
func (s *Server) foretold(branch string, at time.Time) []float32 {
	s.mu.RLock()
	fan, f := s.fan, s.speeds
	s.mu.RUnlock()
	if fan == nil || fan.Branch != branch || f == nil {
		return nil
	}
	speed, ok := f.At(at)
	if !ok || len(speed) != len(s.city.Streets.Links) {
		return nil
	}
	ratio := make([]float32, len(speed))
	for l, v := range speed {
		ratio[l] = v / float32(s.city.Streets.Links[l].Speed)
	}
	return ratio
}

// gridOf returns the grid over the city's terrain that has n cells, for any whole coarsening up to 8.
func (s *Server) gridOf(n int) (city.Grid, bool) {
	t := s.city.Terrain
	if t == nil || n == 0 {
		return city.Grid{}, false
	}
	for k := 1; k <= 8; k++ {
		g := city.Grid{West: t.West, North: t.North, Cell: t.Cell * float64(k), Cols: (t.Cols + k - 1) / k, Rows: (t.Rows + k - 1) / k}
		if g.Cells() == n {
			return g, true
		}
	}
	return city.Grid{}, false
}

// lastStage is the newest request for a stage of a junction: all of them go to one entity of the twin, which is not there before the first.
func lastStage(v policy.View, junction string) *orderInfo {
	e, ok := v.Get(exchange.URN("Command", "stage-"+junction))
	if !ok {
		return nil
	}
	var o orderInfo
	o.Principal, _ = e.Text("principal")
	o.Reason, _ = e.Text("reason")
	if a, ok := e.Attribute("state"); ok {
		o.State, _ = e.Text("state")
		o.At = a.ObservedAt().Unix()
	}
	return &o
}
