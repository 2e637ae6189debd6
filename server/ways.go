package server

import (
	"bytes"
	"encoding/json"
	"math"
	"strings"

	"citybrain/brain"
	"citybrain/city"
	"citybrain/exchange"
	"citybrain/twin"
	"github.com/paulmach/orb"
)

// A wayInfo is a unit under way to a call: what a message of ways lists. Seconds are from the message's time.
type wayInfo struct {
	Unit     string       `json:"unit"`
	Name     city.Text    `json:"name"`
	Kind     string       `json:"kind"`
	Call     string       `json:"call"`
	Priority int          `json:"priority"`
	Eta      float64      `json:"eta"`
	Early    float64      `json:"early"` // 5 % and …
	Late     float64      `json:"late"`  // … 95 % of arrivals by how earlier ones were off
	Line     [][2]float64 `json:"line"`  // what is left of its way, lon, lat
	Lights   []lightInfo  `json:"lights"`
}

type lightInfo struct {
	ID     string     `json:"id"`
	Name   city.Text  `json:"name"`
	At     [2]float64 `json:"at"`
	Arrive float64    `json:"arrive"`
	Shows  string     `json:"shows"` // the unit: red, green, change (to green) or unknown
	Held   bool       `json:"held"`  // for it
	Queue  float64    `json:"queue"`
}

var showNames = [...]string{brain.ShowsUnknown: "unknown", brain.ShowsRed: "red", brain.ShowsGreen: "green", brain.ShowsChange: "change"}

// ways is the message of the units under way; old where nothing has changed.
func (s *Server) ways(b *brain.Brain, old []byte) []byte {
	list := []wayInfo{}
	for _, w := range b.Ways() {
		x := wayInfo{Unit: exchange.URN("EmergencyVehicle", w.Unit), Name: w.Name, Kind: w.Kind, Call: exchange.URN("EmergencyCall", w.Call), Priority: w.Priority,
			Eta: math.Round(w.Eta), Early: math.Round(w.Early), Late: math.Round(w.Late), Line: s.line(w.Line), Lights: []lightInfo{}}
		for _, l := range w.Lights {
			j := &s.city.Signals[l.Junction]
			x.Lights = append(x.Lights, lightInfo{exchange.URN("TrafficSignal", j.ID), j.Name, s.lonlat(j.At), math.Round(l.Arrive), showNames[l.Shows], l.Held, math.Round(l.Queue)})
		}
		list = append(list, x)
	}
	m := message(msgWays, marshal(list))
	if bytes.Equal(m, old) {
		return old
	}
	return m
}

// line is a course as lon, lat, to a decimetre.
func (s *Server) line(of orb.LineString) [][2]float64 {
	list := [][2]float64{}
	for _, p := range of {
		q := s.lonlat(p)
		list = append(list, [2]float64{math.Round(q[0]*1e6) / 1e6, math.Round(q[1]*1e6) / 1e6})
	}
	return list
}

// unit is what a status says of one.
func (s *Server) unit(e *twin.Entity, at [2]float64, status string) unitInfo {
	_, local, _ := split(e.ID)
	u := unitInfo{ID: e.ID, Name: brain.UnitName(s.city, local), Kind: "ambulance", At: at, Status: status}
	if k, ok := e.Text("kind"); ok && k != "" {
		u.Kind = k
	}
	if c, ok := e.Text("call"); ok && c != "" {
		u.Call = exchange.URN("EmergencyCall", c)
	}
	if c, _ := e.Text("contact"); c == "lost" {
		u.Lost = true
	}
	return u
}

// said adds what people say for an attribute's value that names a unit or a place.
func (s *Server) said(a Attribute) Attribute {
	var units []string
	if list, ok := a.Value.(json.RawMessage); ok && a.Name == "units" && json.Unmarshal(list, &units) == nil {
		var en, zh []string
		for _, u := range units {
			name := brain.UnitName(s.city, u)
			en, zh = append(en, name.En), append(zh, name.Zh)
		}
		a.Said = &city.Text{En: strings.Join(en, ", "), Zh: strings.Join(zh, "、")}
		return a
	}
	id, ok := a.Value.(string)
	if !ok || id == "" {
		return a
	}
	switch a.Name {
	case "unit":
		name := brain.UnitName(s.city, id)
		a.Said = &name
	case "centre":
		for _, c := range exchange.Contracts() {
			if c.Department == id {
				a.Said = &c.Name
			}
		}
	case "station", "hospital", "shelter":
		for i := range s.city.Places {
			if p := &s.city.Places[i]; p.ID == id {
				a.Said = &p.Name
			}
		}
	}
	return a
}
