package world

import (
	"fmt"
	"time"

	"citybrain/city/chance"
	"citybrain/emergency"
)

// neighbour is the next city's centre: it is asked for units, answers after some minutes, and sends what it can spare.
type neighbour struct {
	draw  chance.Source
	asked []aidRequest
}

// aidRequest is one request for a unit for a call.
type aidRequest struct {
	call  int
	kind  emergency.Kind
	due   time.Duration // when it is answered
	state string        // asked, coming, refused
}

// spare is what the neighbour can send at once at most; answers come after one to three minutes, and who is sent needs six to fourteen to
// the border: assumptions.
var spare = emergency.Needs{emergency.Ambulance: 3, emergency.FireEngine: 4, emergency.PoliceCar: 2, emergency.RescueBoat: 2, emergency.MobilePump: 2}

// lateAid is how long a centre's people look for a unit of their own before they ask, and again how long after they asked.
const (
	lateAid  = 3 * time.Minute
	aidAgain = 10 * time.Minute
)

func newNeighbour(cfg Config) *neighbour {
	return &neighbour{draw: chance.New(cfg.Seed, "world/neighbour")}
}

// ask files a request, unless one for the same is open.
func (n *neighbour) ask(w *World, call int, kind emergency.Kind) error {
	if w.service.Calls()[call].Missing()[kind] == 0 {
		return fmt.Errorf("call %s needs no further %v", w.service.Calls()[call].ID, kind)
	}
	for i := range n.asked {
		r := &n.asked[i]
		if r.call == call && r.kind == kind && (r.state == "asked" || w.now-r.due < aidAgain) {
			return fmt.Errorf("the neighbour is asked for call %s already", w.service.Calls()[call].ID)
		}
	}
	after := time.Duration(60+120*n.draw.Float(uint64(len(n.asked)), 0)) * time.Second
	n.asked = append(n.asked, aidRequest{call, kind, w.now + after, "asked"})
	return nil
}

// late asks for what a call has missed for long; an open request stands.
func (n *neighbour) late(w *World, call int, kind emergency.Kind, now time.Duration) {
	if now.Seconds()-w.service.Calls()[call].Triaged >= lateAid.Seconds() {
		_ = n.ask(w, call, kind) // it has been asked before
	}
}

// tick answers what is due.
func (n *neighbour) tick(w *World) {
	for i := range n.asked {
		r := &n.asked[i]
		if r.state != "asked" || r.due > w.now {
			continue
		}
		r.state = "coming"
		if w.service.Lend(r.call, r.kind, 360+480*n.draw.Float(uint64(i), 1)) != nil {
			r.state = "refused"
		}
	}
}

// state is how the last request for a call stands, "" without one.
func (n *neighbour) state(call int) string {
	for i := len(n.asked) - 1; i >= 0; i-- {
		if n.asked[i].call == call {
			return n.asked[i].state
		}
	}
	return ""
}
