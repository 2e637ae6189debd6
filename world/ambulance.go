package world

import (
	"encoding/json"
	"math"
	"slices"
	"time"

	"citybrain/city"
	"citybrain/city/chance"
	"citybrain/emergency"
	"citybrain/wire/http1"
	"github.com/paulmach/orb"

	"citybrain/traffic"
)

// cad is the ambulance centre's own dispatch computer: it pushes calls and units over HTTP, takes assignments, and assigns by
// itself (the nearest free unit by free-flow road time) what nobody has assigned in time.
type cad struct {
	line
	buf     []byte
	draw    chance.Source
	pushed  []callPush
	strays  []stray
	advised time.Duration   // when an order last came over the wire
	deaf    map[[2]int]bool // calls and units whose crew did not answer the order
}

// unheard is the share of orders that a crew does not acknowledge: out of the vehicle, or out of coverage.
const unheard = 0.02

// grace is how long the centre waits for an advised assignment of a call that has been triaged, while advice keeps coming: as long as
// the brain takes to see that a first unit does not answer and to send a second.
const (
	grace     = 30 * time.Second
	advisedBy = 30 * time.Minute
)

type callPush struct {
	ID       string    `json:"id"`
	Ring     time.Time `json:"ring"`
	Lon      *float64  `json:"lon,omitempty"`
	Lat      *float64  `json:"lat,omitempty"`
	Priority int       `json:"priority"`
	State    string    `json:"state"` // ringing, waiting, assigned, on_scene, closed; transferred, with_human, merged
	Unit     string    `json:"unit,omitempty"`
	With     string    `json:"with,omitempty"`
	Kerb     time.Time `json:"kerb,omitzero"`
}

type unitPush struct {
	ID      string  `json:"id"`
	Status  string  `json:"status"`
	Lon     float64 `json:"lon"`
	Lat     float64 `json:"lat"`
	Call    string  `json:"call,omitempty"`
	Station string  `json:"station"`
}

func newCAD(w *World) *cad {
	return &cad{line: newLine(w.cfg.Seed, "ambulance_120/http", 0.3, 0, 0), draw: chance.New(w.cfg.Seed, "world/cad"), strays: drawStrays(w.city, w.cfg, w.calls), advised: -advisedBy, deaf: map[[2]int]bool{}}
}

func (c *cad) tick(w *World) {
	for i, k := range w.service.Calls() {
		p := callPush{ID: k.ID, Ring: w.clock(k.Ring), Priority: k.Priority, State: "ringing"}
		p.place(w.city.Frame.WGS84(w.city.Streets.Nodes[k.Node].At))
		now := w.now.Seconds()
		switch {
		case !math.IsNaN(k.Clear):
			p.State = "closed"
		case !math.IsNaN(k.Kerb):
			p.State = "on_scene"
		case k.Unit >= 0:
			p.State = "assigned"
		case k.Answered <= now:
			p.State = "waiting"
		}
		if k.Unit >= 0 {
			p.Unit = w.service.Units()[k.Unit].ID
		}
		if !math.IsNaN(k.Kerb) {
			p.Kerb = w.clock(k.Kerb)
		}
		if i == len(c.pushed) {
			c.pushed = append(c.pushed, callPush{})
		}
		if !c.pushed[i].same(p) {
			c.pushed[i] = p
			c.push(w, "/calls", p)
		}
	}
	for i := range c.strays {
		c.tickStray(w, &c.strays[i])
	}
	if w.now%(10*time.Second) == 0 {
		units := make([]unitPush, len(w.service.Units()))
		for i := range units {
			u := &w.service.Units()[i]
			units[i] = unitPush{ID: u.ID, Status: u.Status.String()}
			units[i].Lon, units[i].Lat = w.city.Frame.WGS84(w.unitAt(u))
			if u.Call >= 0 {
				units[i].Call = w.service.Calls()[u.Call].ID
			}
			units[i].Station = w.city.Places[u.Station].ID
		}
		c.push(w, "/units", units)
	}
}

func (w *World) unitAt(u *emergency.Unit) orb.Point {
	if l, along := w.service.At(u); l >= 0 {
		return traffic.At(&w.city.Streets.Links[l], along)
	}
	return w.city.Streets.Nodes[u.Node].At
}

// clock turns seconds since the start into time, to the millisecond as the centre's computer keeps it.
func (w *World) clock(s float64) time.Time {
	return w.cfg.Start.Add(time.Duration(s*1000) * time.Millisecond)
}

func (l *line) push(w *World, target string, v any) {
	body, err := json.Marshal(v)
	if err != nil {
		panic("world: " + err.Error())
	}
	l.message(w, http1.Message{Method: "POST", Target: target, Type: "application/json", Body: body}, false)
}

func (l *line) message(w *World, m http1.Message, reply bool) {
	b, err := http1.Append(nil, m)
	if err != nil {
		panic("world: " + err.Error())
	}
	l.send(w, b, reply)
}

// requests hands the requests that are complete in buf to handle and sends its answers.
func (l *line) requests(w *World, buf, b []byte, handle func(http1.Message) http1.Message) []byte {
	buf = append(buf, b...)
	for {
		frame, _, n := http1.Split(buf)
		buf = buf[n:]
		if frame == nil {
			return buf
		}
		m, err := http1.Decode(frame)
		if err != nil {
			l.message(w, http1.Message{Status: 400}, true)
		} else if m.Method != "" {
			l.message(w, handle(m), true)
		}
	}
}

// place sets where the call comes from.
func (p *callPush) place(lon, lat float64) { p.Lon, p.Lat = &lon, &lat }

// same reports whether p says what o says; a call's place does not change.
func (p callPush) same(o callPush) bool {
	p.Lon, p.Lat, o.Lon, o.Lat = nil, nil, nil, nil
	return p == o
}

func (c *cad) receive(w *World, b []byte) {
	c.buf = c.requests(w, c.buf, b, func(m http1.Message) http1.Message {
		c.advised = w.now
		switch m.Target {
		case "/assign":
			return c.assign(w, m.Body)
		case "/handle":
			return c.handle(w, m.Body)
		case "/station":
			return c.station(w, m.Body)
		}
		return http1.Message{Status: 404}
	})
}

// assign passes an assignment on to the unit's crew, with the route that it is to take. It says that it has done so, not that the
// crew goes: that the call's next report says.
func (c *cad) assign(w *World, body []byte) http1.Message {
	var order struct {
		Call, Unit string
		Route      []string
	}
	if json.Unmarshal(body, &order) != nil {
		return http1.Message{Status: 400}
	}
	k := slices.IndexFunc(w.service.Calls(), func(x emergency.CallState) bool { return x.ID == order.Call })
	u := slices.IndexFunc(w.service.Units(), func(x emergency.Unit) bool { return x.ID == order.Unit })
	if k < 0 || u < 0 {
		return http1.Message{Status: 404}
	}
	if c.draw.Float(uint64(k), uint64(u)) < unheard {
		c.deaf[[2]int{k, u}] = true
		return http1.Message{Status: 202}
	}
	if err := w.service.Assign(u, k, w.route(order.Route, w.service.Calls()[k].Node)); err != nil {
		return http1.Message{Status: 409, Type: "text/plain", Body: []byte(err.Error())}
	}
	return http1.Message{Status: 200}
}

// route is the links of ids, nil unless they follow one another to node: a crew with a wrong map finds its own way.
func (w *World) route(ids []string, node int32) []int32 {
	links := w.city.Streets.Links
	var route []int32
	for i, id := range ids {
		l, ok := w.linkByID[id]
		if !ok || i > 0 && links[l].From != links[route[i-1]].To {
			return nil
		}
		route = append(route, l)
	}
	if n := len(route); n == 0 || links[route[n-1]].To != node {
		return nil
	}
	return route
}

// station sends a free unit to wait at another station.
func (c *cad) station(w *World, body []byte) http1.Message {
	var order struct{ Unit, Station string }
	if json.Unmarshal(body, &order) != nil {
		return http1.Message{Status: 400}
	}
	u := slices.IndexFunc(w.service.Units(), func(x emergency.Unit) bool { return x.ID == order.Unit })
	p := slices.IndexFunc(w.city.Places, func(x city.Place) bool {
		return x.ID == order.Station && x.Kind == city.AmbulanceStation && x.Node >= 0
	})
	if u < 0 || p < 0 {
		return http1.Message{Status: 404}
	}
	if err := w.service.Station(u, int32(p)); err != nil {
		return http1.Message{Status: 409, Type: "text/plain", Body: []byte(err.Error())}
	}
	return http1.Message{Status: 200}
}

// dispatchLocally assigns what waits, by free-flow road time.
func (w *World) dispatchLocally(now time.Duration) {
	var candidates []emergency.Candidate
	wait := time.Duration(0)
	if now-w.centre.advised < advisedBy {
		wait = grace
	}
	calls := w.service.Calls()
	for k := range calls {
		if calls[k].Unit >= 0 || calls[k].Answered+wait.Seconds() > now.Seconds() {
			continue
		}
		if candidates == nil {
			candidates = w.service.Candidates()
		}
		u, _ := w.localCAD.Nearest(candidates, calls[k].Node, w.freeRoads)
		if u < 0 {
			return // all are out; whoever waits longest is next
		}
		if err := w.service.Assign(u, k, nil); err != nil {
			panic("world: " + err.Error())
		}
		candidates[u].Free = false
	}
}
