package world

import (
	"encoding/json"
	"math"
	"time"

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
	pushed  []callPush
	advised time.Duration // when an assignment last came over the wire
}

// grace is how long the centre waits for an advised assignment of a call that has been triaged, while advice keeps coming.
const (
	grace     = 15 * time.Second
	advisedBy = 10 * time.Minute
)

type callPush struct {
	ID       string    `json:"id"`
	Ring     time.Time `json:"ring"`
	Lon      float64   `json:"lon"`
	Lat      float64   `json:"lat"`
	Priority int       `json:"priority"`
	State    string    `json:"state"` // ringing, waiting, assigned, on_scene, closed
	Unit     string    `json:"unit,omitempty"`
	Kerb     time.Time `json:"kerb,omitzero"`
}

type unitPush struct {
	ID     string  `json:"id"`
	Status string  `json:"status"`
	Lon    float64 `json:"lon"`
	Lat    float64 `json:"lat"`
	Call   string  `json:"call,omitempty"`
}

func newCAD(w *World) *cad {
	return &cad{line: newLine(w.cfg.Seed, "ambulance_120/http", 0.3, 0, 0), advised: -advisedBy}
}

func (c *cad) tick(w *World) {
	for i, k := range w.service.Calls() {
		p := callPush{ID: k.ID, Ring: w.clock(k.Ring), Priority: k.Priority, State: "ringing"}
		p.Lon, p.Lat = w.city.Frame.WGS84(w.city.Streets.Nodes[k.Node].At)
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
		if c.pushed[i] != p {
			c.pushed[i] = p
			c.push(w, "/calls", p)
		}
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

func (c *cad) receive(w *World, b []byte) {
	c.buf = c.requests(w, c.buf, b, func(m http1.Message) http1.Message {
		var order struct{ Call, Unit string }
		if m.Target != "/assign" || json.Unmarshal(m.Body, &order) != nil {
			return http1.Message{Status: 400}
		}
		c.advised = w.now
		for k := range w.service.Calls() {
			if w.service.Calls()[k].ID != order.Call {
				continue
			}
			for u := range w.service.Units() {
				if w.service.Units()[u].ID == order.Unit {
					if err := w.service.Assign(u, k); err != nil {
						return http1.Message{Status: 409, Type: "text/plain", Body: []byte(err.Error())}
					}
					return http1.Message{Status: 200}
				}
			}
		}
		return http1.Message{Status: 404}
	})
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
		if err := w.service.Assign(u, k); err != nil {
			panic("world: " + err.Error())
		}
		candidates[u].Free = false
	}
}
