package world

import (
	"encoding/json"
	"time"

	"citybrain/wire/http1"
)

// patrols is the traffic police's duty room: it shuts and opens streets when told to, some minutes after, tells of crashes,
// and has signals mended.
type patrols struct {
	line
	buf    []byte
	orders []closure
	closed map[int32]bool
}

type closure struct {
	due  time.Duration
	link int32
	shut bool
}

// patrolTime is how long a patrol takes to stand at a street; underpasses have gates that fall at once.
const (
	patrolTime = 4 * time.Minute
	gateTime   = 20 * time.Second
)

func newPatrols(w *World) *patrols {
	return &patrols{line: newLine(w.cfg.Seed, "traffic_police/http", 0.5, 0, 0), closed: map[int32]bool{}}
}

func (p *patrols) tick(w *World) {
	p.crashes(w)
	for len(p.orders) > 0 && p.orders[0].due <= w.now {
		o := p.orders[0]
		p.orders = p.orders[1:]
		p.closed[o.link] = o.shut
		depth := 0.0
		for i := range w.wet {
			if w.wet[i].link == o.link {
				depth = w.wet[i].depth
			}
		}
		if err := w.linkState(o.link, depth); err != nil {
			panic("world: " + err.Error())
		}
		p.push(w, "/closures", map[string]any{"link": w.city.Streets.Links[o.link].ID, "closed": o.shut})
	}
}

func (p *patrols) receive(w *World, b []byte) {
	p.buf = p.requests(w, p.buf, b, func(m http1.Message) http1.Message {
		var order struct {
			Link, Junction string
			Closed         bool
		}
		if m.Target == "/repairs" && json.Unmarshal(m.Body, &order) == nil {
			if !w.signals.repair(w, order.Junction) {
				return http1.Message{Status: 404}
			}
			return http1.Message{Status: 202}
		}
		if m.Target != "/closures" || json.Unmarshal(m.Body, &order) != nil {
			return http1.Message{Status: 400}
		}
		l, ok := w.linkByID[order.Link]
		if !ok {
			return http1.Message{Status: 404}
		}
		due := w.now + patrolTime
		if w.city.Streets.Links[l].Level < 0 {
			due = w.now + gateTime
		}
		i := len(p.orders)
		for i > 0 && p.orders[i-1].due > due {
			i--
		}
		p.orders = append(p.orders[:i], append([]closure{{due, l, order.Closed}}, p.orders[i:]...)...)
		return http1.Message{Status: 202}
	})
}

// shut reports whether the police have closed link l.
func (w *World) shut(l int32) bool { return w.patrols != nil && w.patrols.closed[l] }
