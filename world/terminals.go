package world

import (
	"fmt"
	"math"
	"time"

	"citybrain/city/chance"
	"citybrain/traffic"
	"citybrain/wire/jt808"
)

// terminals is the transport commission's gateway: the vehicles that must report (taxis, buses, trucks) on JT/T 808-2019.
type terminals struct {
	line
	noise   chance.Source
	serials []uint16 // of each trip's terminal: its messages so far
}

// reportEvery is the period of a terminal's position reports.
const reportEvery = 15 * time.Second

func newTerminals(w *World) *terminals {
	return &terminals{line: newLine(w.cfg.Seed, "transport/jt808", 0.8, 0.005, 0.002), noise: chance.New(w.cfg.Seed, "world/gnss")}
}

func (t *terminals) receive(*World, []byte) {} // the gateway has answered the terminals already

func (t *terminals) tick(w *World) {
	list := w.streets.Trips()
	for len(t.serials) < len(list) {
		t.serials = append(t.serials, 0)
	}
	for v := range w.streets.Vehicles() {
		kind := list[v.Trip].Kind
		if kind == traffic.Car || (w.now/(5*time.Second)+time.Duration(v.Trip))%(reportEvery/(5*time.Second)) != 0 {
			continue
		}
		link := &w.city.Streets.Links[v.Link]
		at := traffic.At(link, v.Along)
		ahead := traffic.At(link, math.Min(link.Length, v.Along+3))
		behind := traffic.At(link, math.Max(0, v.Along-3))
		heading := math.Mod(math.Atan2(ahead[0]-behind[0], ahead[1]-behind[1])*180/math.Pi+360, 360)
		id, now := uint64(v.Trip), uint64(w.now/time.Second)
		at[0] += 4 * t.noise.Normal(id, 2*now) // satellite positions scatter by some metres between towers
		at[1] += 4 * t.noise.Normal(id, 2*now+1)
		loc := jt808.Location{Status: jt808.StatusIgnition | jt808.StatusPositioned, Speed: math.Round(v.Speed*36) / 10, Heading: uint16(heading), Time: w.at(w.now).In(beijing)}
		loc.Lon, loc.Lat = w.city.Frame.WGS84(at)
		t.serials[v.Trip]++
		f, err := jt808.Compose(jt808.Header{Version: jt808.V2019, Phone: fmt.Sprintf("%020d", Terminal(kind, v.Trip)), Serial: t.serials[v.Trip]}, loc)
		var b []byte
		if err == nil {
			b, err = jt808.Append(nil, f)
		}
		if err != nil {
			panic("world: a terminal composed a frame that its own protocol refuses: " + err.Error())
		}
		t.send(w, b, false)
	}
}

// Terminal returns the number of a vehicle's terminal: its first digit after 1390 says the kind, as registered.
func Terminal(kind traffic.VehicleKind, trip int32) int64 {
	return 13900000000 + int64(kind)*10000000 + int64(trip)
}

// Reporting returns how many of the vehicles that came so far must report their place.
func (w *World) Reporting() int {
	n := 0
	for _, t := range w.streets.Trips() {
		if t.Depart < w.now && t.Kind != traffic.Car {
			n++
		}
	}
	return n
}
