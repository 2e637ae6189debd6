package world

import (
	"fmt"
	"strings"
	"time"

	"citybrain/city"
	"citybrain/city/chance"
	"citybrain/wire/http1"
	"citybrain/wire/open311"
)

// hotline is 12345: people report water in their street on the phone, and its system lists the requests (Open311).
type hotline struct {
	line
	buf  []byte
	draw chance.Source
	list []request
	told map[int]bool // places somebody has reported
}

type request struct {
	ID, Code, Text, Address string
	At                      time.Time
	Lon, Lat                float64
}

func newHotline(w *World) *hotline {
	return &hotline{line: newLine(w.cfg.Seed, "hotline_12345/open311", 0.4, 0, 0), draw: chance.New(w.cfg.Seed, "world/hotline"), told: map[int]bool{}}
}

func (h *hotline) tick(w *World) {
	if w.water == nil || w.now%time.Minute != 0 {
		return
	}
	// Whoever stands in more than 10 cm of water rings after some minutes, with a chance of one in ten a minute.
	for i := range w.city.Places {
		p := &w.city.Places[i]
		switch p.Kind {
		case city.School, city.MetroEntrance, city.CareHome, city.Hospital, city.StreetGauge:
		default:
			continue
		}
		if h.told[i] || w.streetDepth(i) < 0.10 || h.draw.Float(uint64(i), uint64(w.now/time.Minute)) > 0.1 {
			continue
		}
		h.told[i] = true
		r := request{ID: fmt.Sprintf("R%05d", len(h.list)+1), Code: "ponding", At: w.at(w.now), Address: p.Name.In("zh"), Text: fmt.Sprintf("%s门口积水", p.Name.In("zh"))}
		r.Lon, r.Lat = w.city.Frame.WGS84([2]float64{p.At[0] + 25*h.draw.Normal(uint64(i), 1<<41), p.At[1] + 25*h.draw.Normal(uint64(i), 1<<42)})
		h.list = append(h.list, r)
	}
}

func (h *hotline) receive(w *World, b []byte) {
	h.buf = h.requests(w, h.buf, b, func(m http1.Message) http1.Message {
		if !strings.HasPrefix(m.Target, "/requests.json") {
			return http1.Message{Status: 404}
		}
		var list []open311.Request
		for _, r := range h.list {
			if w.now-r.At.Sub(w.cfg.Start) < time.Hour {
				list = append(list, open311.Request{ID: r.ID, Status: "open", ServiceName: "积水", ServiceCode: r.Code, Description: r.Text, Address: r.Address, Requested: r.At.In(beijing), Lat: r.Lat, Lon: r.Lon, Located: true})
			}
		}
		body, err := open311.MarshalRequests(list)
		if err != nil {
			panic("world: " + err.Error())
		}
		return http1.Message{Status: 200, Type: "application/json", Body: body}
	})
}
