package exchange

import (
	"bytes"
	"fmt"
	"sort"
	"time"

	"citybrain/city"
	"citybrain/twin"
	"citybrain/wire/cap"
	"citybrain/wire/grid"
	"citybrain/wire/http1"
)

// weather is the weather service: radar, ensemble and warnings, asked for every five minutes.
type weather struct {
	next    time.Time
	asked   []string
	centres [][2]float64 // longitude and latitude of the rain cells
}

// rainCell is the size in metres of the cells on which rain fields are kept.
const rainCell = 1000

func (m *weather) tick(x *Exchange, f *feed) {
	if x.now.Before(m.next) {
		return
	}
	m.next = x.now.Truncate(5 * time.Minute).Add(5 * time.Minute)
	for _, target := range []string{"/radar", "/ensemble", "/warnings"} {
		b, err := http1.Append(nil, http1.Message{Method: "GET", Target: target})
		if err != nil {
			x.refuse(f, x.now, nil, "own request: "+err.Error())
			return
		}
		m.asked = append(m.asked, target)
		x.write(f, b)
	}
}

func (m *weather) send(*Exchange, *feed, *Command) (bool, error) { return false, nil }

func (m *weather) receive(x *Exchange, f *feed, at time.Time, buf []byte) []byte {
	return x.frames(f, at, buf, http1.Split, func(b []byte) error {
		r, err := http1.Decode(b)
		if err != nil {
			return err
		}
		if len(m.asked) == 0 {
			return fmt.Errorf("an answer %d to nothing that was asked", r.Status)
		}
		target := m.asked[0]
		m.asked = m.asked[1:]
		if r.Status != 200 {
			return fmt.Errorf("%s: status %d", target, r.Status)
		}
		switch target {
		case "/radar":
			return m.radar(x, f, at, r.Body)
		case "/ensemble":
			return m.ensemble(x, f, at, r.Body)
		}
		return m.warnings(x, f, at, r.Body)
	})
}

// local resamples a geographic grid to the city's rain cells, by the value at each cell's centre; missing is dry.
func (m *weather) local(c *city.City, g *grid.Grid) (city.Grid, []float32) {
	b := c.Bounds
	out := city.Grid{West: b.Min[0] - rainCell, North: b.Max[1] + rainCell, Cell: rainCell, Cols: int((b.Max[0]-b.Min[0])/rainCell) + 3, Rows: int((b.Max[1]-b.Min[1])/rainCell) + 3}
	if m.centres == nil {
		m.centres = make([][2]float64, out.Cells())
		for i := range m.centres {
			m.centres[i][0], m.centres[i][1] = c.Frame.WGS84(out.Centre(i))
		}
	}
	mmh := make([]float32, out.Cells())
	for i, at := range m.centres {
		if v, ok := g.At(at[1], at[0]); ok {
			mmh[i] = float32(v)
		}
	}
	return out, mmh
}

func (m *weather) radar(x *Exchange, f *feed, at time.Time, body []byte) error {
	g, err := grid.Parse(body)
	if err != nil {
		return err
	}
	lg, mmh := m.local(x.city, &g)
	x.radar = Radar{At: g.Valid, Grid: lg, MMH: mmh}
	var mean float64
	for _, v := range mmh {
		mean += float64(v) / float64(len(mmh))
	}
	if err := x.observe(f, at, g.Valid, URN("RainGrid", "radar"), "RainGrid", twin.Number("rainfallRate", mean, "MMH", g.Valid)); err != nil {
		return err
	}
	return x.main.SetField("rainRadar", "city", g.Valid, mmh)
}

func (m *weather) ensemble(x *Exchange, f *feed, at time.Time, body []byte) error {
	type key struct{ member, frame int }
	fields := map[key][]float32{}
	var r RainForecast
	var valid []time.Time
	members := 0
	for _, doc := range bytes.Split(bytes.TrimSpace(body), []byte("\n\n")) {
		g, err := grid.Parse(append(bytes.TrimSpace(doc), '\n'))
		if err != nil {
			return fmt.Errorf("ensemble: %w", err)
		}
		if len(fields) == 0 {
			r.Issue = g.Issued
		}
		if !g.Issued.Equal(r.Issue) || g.Member < 0 || g.Member > 999 {
			return fmt.Errorf("ensemble: member %d issued %v among those of %v", g.Member, g.Issued, r.Issue)
		}
		if g.Member == 0 {
			valid = append(valid, g.Valid)
		}
		fr := sort.Search(len(valid), func(i int) bool { return !valid[i].Before(g.Valid) })
		if fr == len(valid) || !valid[fr].Equal(g.Valid) {
			return fmt.Errorf("ensemble: member %d has a frame of %v that member 0 has not", g.Member, g.Valid)
		}
		lg, mmh := m.local(x.city, &g)
		r.Grid = lg
		fields[key{g.Member, fr}] = mmh
		members = max(members, g.Member+1)
	}
	if len(valid) < 2 || len(fields) != members*len(valid) {
		return fmt.Errorf("ensemble: %d fields for %d members and %d frames", len(fields), members, len(valid))
	}
	r.Step = valid[1].Sub(valid[0])
	for k := range members {
		var list [][]float32
		for fr := range valid {
			list = append(list, fields[key{k, fr}])
		}
		r.Members = append(r.Members, list)
	}
	x.rain = r
	return x.observe(f, at, r.Issue, URN("WeatherForecast", "ensemble"), "WeatherForecast", twin.Number("members", float64(members), "C62", r.Issue))
}

func (m *weather) warnings(x *Exchange, f *feed, at time.Time, body []byte) error {
	list, err := cap.ParseFeed(body)
	if err != nil {
		return err
	}
	for _, e := range list.Entries {
		if e.Alert == nil {
			continue
		}
		for i := range e.Alert.Infos {
			in := &e.Alert.Infos[i]
			err := x.observe(f, at, e.Alert.Sent.Time, URN("WeatherAlert", e.Alert.Identifier), "WeatherAlert", twin.Text("severity", in.Severity, e.Alert.Sent.Time), twin.Text("status", e.Alert.Status, e.Alert.Sent.Time), twin.Text("headline_"+in.Language, in.Headline, e.Alert.Sent.Time))
			if err != nil {
				return err
			}
		}
	}
	return nil
}

// alerts is the emergency management bureau, which receives drafts of public alerts as CAP 1.2.
type alerts struct{ asked []*Command }

func (a *alerts) tick(*Exchange, *feed) {}

func (a *alerts) receive(x *Exchange, f *feed, at time.Time, buf []byte) []byte {
	return x.messages(f, at, buf, &a.asked, func(m http1.Message) error { return fmt.Errorf("nothing is pushed to %s", m.Target) })
}

func (a *alerts) send(x *Exchange, f *feed, c *Command) (bool, error) {
	o := c.Alert
	if o == nil {
		return false, nil
	}
	var ring cap.Polygon
	for _, p := range o.Area {
		ring = append(ring, cap.Point{Lat: p[1], Lon: p[0]})
	}
	info := func(lang string) cap.Info {
		tag := map[string]string{"zh": "zh-CN", "en": "en"}[lang]
		event := city.Text{En: "Urban flooding", Zh: "城市内涝"}
		return cap.Info{Language: tag, Categories: []string{"Met", "Infra"}, Event: event.In(lang), ResponseTypes: []string{"Avoid"}, Urgency: o.Urgency, Severity: o.Severity, Certainty: o.Certainty,
			Onset: cap.At(o.Onset), Expires: cap.At(o.Expires), Headline: o.Headline.In(lang), Description: o.Text.In(lang), Instruction: o.Instruction.In(lang), Areas: []cap.Area{{Desc: o.AreaName.In(lang), Polygons: []cap.Polygon{ring}}}}
	}
	// A statutory warning is a draft for the body that may issue it, and never more than an exercise here.
	doc, err := cap.Marshal(cap.Alert{Identifier: c.ID, Sender: "brain@city", Sent: *cap.At(x.now), Status: "Exercise", MsgType: "Alert", Scope: "Restricted", Restriction: "draft for the issuing body", Infos: []cap.Info{info("zh"), info("en")}})
	if err != nil {
		return true, err
	}
	b, err := http1.Append(nil, http1.Message{Method: "POST", Target: "/drafts", Type: cap.MediaType, Body: doc})
	if err != nil {
		return true, err
	}
	a.asked = append(a.asked, c)
	x.write(f, b)
	return true, nil
}
