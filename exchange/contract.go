package exchange

import (
	"time"

	"citybrain/city"
	"citybrain/wire"
)

// A Contract is what a department promises of a feed.
type Contract struct {
	ID         string // "water/sl651"
	Department string
	Name       city.Text
	Protocol   string
	Period     time.Duration // between two messages of one source
	Late       time.Duration // an observation older than this on arrival is late
	Silent     time.Duration // without any message for so long the feed is silent
	Commands   bool
}

// contracts are the feeds of the departments that are connected.
var contracts = []Contract{
	{ID: "water/sl651", Department: "water", Name: city.Text{En: "Water Authority", Zh: "水务局"}, Protocol: "SL 651-2014", Period: 5 * time.Minute, Late: 90 * time.Second, Silent: 10 * time.Minute},
	{ID: "water/modbus", Department: "water", Name: city.Text{En: "Water Authority", Zh: "水务局"}, Protocol: "Modbus TCP", Period: 30 * time.Second, Late: 30 * time.Second, Silent: 2 * time.Minute, Commands: true},
	{ID: "meteorology/http", Department: "meteorology", Name: city.Text{En: "Meteorological Service", Zh: "气象局"}, Protocol: "CAP 1.2, CSV grids over HTTP", Period: 5 * time.Minute, Late: 10 * time.Minute, Silent: 15 * time.Minute},
	{ID: "traffic_police/gb20999", Department: "traffic_police", Name: city.Text{En: "Traffic police", Zh: "公安局交警总队"}, Protocol: "GB/T 20999-2017", Period: 15 * time.Second, Late: 10 * time.Second, Silent: time.Minute, Commands: true},
	{ID: "traffic_police/ntcip1202", Department: "traffic_police", Name: city.Text{En: "Traffic police", Zh: "公安局交警总队"}, Protocol: "NTCIP 1202 v03A", Late: 10 * time.Second, Commands: true},
	{ID: "traffic_police/http", Department: "traffic_police", Name: city.Text{En: "Traffic police", Zh: "公安局交警总队"}, Protocol: "HTTP push, JSON", Late: time.Minute, Commands: true},
	{ID: "transport/jt808", Department: "transport", Name: city.Text{En: "Transport Commission", Zh: "交通委"}, Protocol: "JT/T 808-2019", Period: 15 * time.Second, Late: 30 * time.Second, Silent: time.Minute},
	{ID: "ambulance_120/http", Department: "ambulance_120", Name: city.Text{En: "Medical emergency centre 120", Zh: "医疗急救中心120"}, Protocol: "HTTP push, JSON", Period: 10 * time.Second, Late: 10 * time.Second, Silent: time.Minute, Commands: true},
	{ID: "fire_119/http", Department: "fire_119", Name: city.Text{En: "Fire and rescue centre 119", Zh: "消防救援指挥中心119"}, Protocol: "HTTP push, JSON", Period: 30 * time.Second, Late: 10 * time.Second, Silent: 2 * time.Minute, Commands: true},
	{ID: "police_110/http", Department: "police_110", Name: city.Text{En: "Police command centre 110", Zh: "公安指挥中心110"}, Protocol: "HTTP push, JSON", Period: 30 * time.Second, Late: 10 * time.Second, Silent: 2 * time.Minute, Commands: true},
	{ID: "emergency_mgmt/cap", Department: "emergency_mgmt", Name: city.Text{En: "Emergency Management Bureau", Zh: "应急管理局"}, Protocol: "CAP 1.2 over HTTP", Late: time.Minute, Commands: true},
	{ID: "hotline_12345/open311", Department: "hotline_12345", Name: city.Text{En: "Citizen hotline 12345", Zh: "12345市民服务热线"}, Protocol: "Open311 GeoReport v2 over HTTP", Period: time.Minute, Late: 10 * time.Minute, Silent: 5 * time.Minute},
}

// Contracts lists the feeds of the departments that are connected.
func Contracts() []Contract { return append([]Contract(nil), contracts...) }

// A Status is how a feed keeps its contract.
type Status struct {
	Contract
	Received int       // messages
	Rejected int       // messages or pieces of a stream that went to the quarantine
	Overdue  int       // observations that were late
	Lost     int       // messages sent and not received, as far as gaps in each device's own numbering tell
	Last     time.Time // arrival of the last message

	Link *wire.Link // how its connections stand; nil in lockstep, where bytes need none
}

// State is "ok", "stale" when twice its period has passed, or "silent": without a message for longer still, or with its
// connection down, about which Link says more.
func (s *Status) State(now time.Time) string {
	if s.Link != nil && s.Link.Down {
		return "silent"
	}
	if s.Last.IsZero() {
		if s.Period == 0 {
			return "ok" // it speaks only when there is something to say
		}
		return "silent"
	}
	age := now.Sub(s.Last)
	switch {
	case s.Silent > 0 && age > s.Silent:
		return "silent"
	case s.Period > 0 && age > 2*s.Period+s.Late:
		return "stale"
	}
	return "ok"
}

// Refused is a piece of a feed that was not understood.
type Refused struct {
	Feed   string
	At     time.Time
	Reason string
	Bytes  []byte
}
