package world

import (
	"bytes"
	"fmt"
	"math"
	"time"

	"citybrain/city"
	"citybrain/city/chance"
	"citybrain/wire/cap"
	"citybrain/wire/grid"
	"citybrain/wire/http1"
)

// meteorology is the weather service: a radar field and an ensemble every five minutes, and warnings, asked for over HTTP.
type meteorology struct {
	line
	buf    []byte
	noise  chance.Source
	issued time.Duration // of the ensemble in text
	text   []byte
}

// The ensemble: members, and a frame every five minutes to two hours and a half.
const (
	ensembleMembers = 40
	frames          = 31
	frameStep       = 5 * time.Minute
	coarseCell      = 1000.0 // m
)

func newMeteorology(w *World) *meteorology {
	return &meteorology{line: newLine(w.cfg.Seed, "meteorology/http", 1, 0, 0), noise: chance.New(w.cfg.Seed, "world/radar"), issued: -1}
}

func (m *meteorology) tick(*World) {}

func (m *meteorology) receive(w *World, b []byte) {
	m.buf = m.requests(w, m.buf, b, func(q http1.Message) http1.Message {
		switch q.Target {
		case "/radar":
			return http1.Message{Status: 200, Type: "text/csv", Body: m.radar(w)}
		case "/ensemble":
			return http1.Message{Status: 200, Type: "text/csv", Body: m.ensemble(w)}
		case "/warnings":
			return http1.Message{Status: 200, Type: "application/atom+xml", Body: m.warnings(w)}
		}
		return http1.Message{Status: 404}
	})
}

// degrees returns the geographic grid that covers a local one.
func degrees(c *city.City, g city.Grid) grid.Grid {
	lon, lat := c.Frame.WGS84([2]float64{g.West, g.North - float64(g.Rows)*g.Cell})
	east, north := c.Frame.WGS84([2]float64{g.West + float64(g.Cols)*g.Cell, g.North})
	return grid.Grid{Lon: lon, Lat: lat, DLon: (east - lon) / float64(g.Cols), DLat: (north - lat) / float64(g.Rows), Rows: g.Rows, Cols: g.Cols}
}

// radar is the rain as the radar sees it: right in place, off by a factor that wanders from cell to cell.
func (m *meteorology) radar(w *World) []byte {
	g := w.storm.rainGrid(coarseCell)
	out := degrees(w.city, g)
	out.Issued, out.Valid = w.at(w.now).In(beijing), w.at(w.now).In(beijing)
	for i := range g.Cells() {
		v := 0.0
		if w.now < w.end() {
			v = w.storm.at(g.Centre(i), w.now.Seconds()) * math.Exp(0.2*m.noise.Normal(uint64(i), uint64(w.now/time.Minute)))
		}
		out.Rain = append(out.Rain, math.Round(v*10)/10)
	}
	b, err := grid.Append(nil, out)
	if err != nil {
		panic("world: " + err.Error())
	}
	return b
}

// ensemble is the newest issue, made every five minutes: one document for each member and frame, a blank line between them.
func (m *meteorology) ensemble(w *World) []byte {
	issue := w.now.Truncate(5 * time.Minute)
	if m.issued == issue {
		return m.text
	}
	g := w.storm.rainGrid(coarseCell)
	out := degrees(w.city, g)
	out.Issued = w.at(issue).In(beijing)
	out.Rain = make([]float64, g.Cells())
	var docs [][]byte
	for k := range ensembleMembers {
		for f := range frames {
			t := issue + time.Duration(f)*frameStep
			e := w.weather.member(issue.Seconds(), k, (time.Duration(f) * frameStep).Seconds())
			for i := range out.Rain {
				out.Rain[i] = 0
				if t < w.end() {
					out.Rain[i] = math.Round(w.storm.with(g.Centre(i), t.Seconds(), e)*10) / 10
				}
			}
			out.Valid, out.Member = w.at(t).In(beijing), k
			b, err := grid.Append(nil, out)
			if err != nil {
				panic("world: " + err.Error())
			}
			docs = append(docs, b)
		}
	}
	m.issued, m.text = issue, bytes.Join(docs, []byte("\n"))
	return m.text
}

// warnings lists the rain warning in force by the national signals, from what the service's own forecast mean says.
func (m *meteorology) warnings(w *World) []byte {
	var mm float64
	for q := range 12 {
		t := w.now.Seconds() + float64(q)*900
		if t < w.end().Seconds() {
			mm += w.storm.with(w.city.Bounds.Center(), t, w.weather.member(w.now.Truncate(5*time.Minute).Seconds(), 0, float64(q)*900)) / 4
		}
	}
	feed := cap.Feed{ID: "urn:citybrain:meteorology", Title: "气象预警 Weather warnings", Author: "气象局 Meteorological Service", Updated: w.at(w.now).In(beijing)}
	colour, severity := city.Text{}, ""
	switch {
	case mm >= 100:
		colour, severity = city.Text{En: "red", Zh: "红色"}, "Extreme"
	case mm >= 50:
		colour, severity = city.Text{En: "orange", Zh: "橙色"}, "Severe"
	}
	if severity != "" {
		b := w.city.Bounds
		var ring cap.Polygon
		for _, p := range [][2]float64{b.Min, {b.Max[0], b.Min[1]}, b.Max, {b.Min[0], b.Max[1]}, b.Min} {
			lon, lat := w.city.Frame.WGS84(p)
			ring = append(ring, cap.Point{Lat: lat, Lon: lon})
		}
		info := func(lang, event, headline, area string) cap.Info {
			return cap.Info{Language: lang, Categories: []string{"Met"}, Event: event, Urgency: "Expected", Severity: severity, Certainty: "Likely", Headline: headline,
				Onset: cap.At(w.at(w.now).In(beijing)), Expires: cap.At(w.at(w.now + 3*time.Hour).In(beijing)), Areas: []cap.Area{{Desc: area, Polygons: []cap.Polygon{ring}}}}
		}
		a := cap.Alert{Identifier: fmt.Sprintf("MET-%d-%s", w.cfg.Seed, colour.En), Sender: "weather@city", Sent: *cap.At(w.at(w.now).In(beijing)), Status: "Exercise", MsgType: "Alert", Scope: "Public",
			Infos: []cap.Info{info("zh-CN", "暴雨", "暴雨"+colour.Zh+"预警", w.city.Name.Zh), info("en", "Rainstorm", "Rainstorm warning, "+colour.En, w.city.Name.En)}}
		feed.Entries = append(feed.Entries, cap.Entry{ID: "urn:citybrain:" + a.Identifier, Title: a.Infos[0].Headline, Updated: w.at(w.now).In(beijing), Alert: &a})
	}
	b, err := cap.MarshalFeed(feed)
	if err != nil {
		panic("world: " + err.Error())
	}
	return b
}
