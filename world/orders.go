package world

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"time"

	"citybrain/city"
	"citybrain/emergency"
	"citybrain/wire/http1"
)

func (c *centre) receive(w *World, b []byte) {
	c.buf = c.requests(w, c.buf, b, func(m http1.Message) http1.Message {
		w.advised = w.now
		var o order
		if json.Unmarshal(m.Body, &o) != nil {
			return http1.Message{Status: 400}
		}
		var err error
		switch m.Target {
		case "/assign":
			return c.assign(w, &o)
		case "/handle":
			err = c.handle(w, &o)
		case "/station":
			err = c.station(w, &o)
		case "/recall":
			err = c.recall(w, &o)
		case "/hospital":
			err = c.bring(w, &o)
		case "/aid":
			err = c.askAid(w, &o)
		default:
			return http1.Message{Status: 404}
		}
		switch {
		case err == errUnknown:
			return http1.Message{Status: 404}
		case err == errBad:
			return http1.Message{Status: 400}
		case err != nil:
			return http1.Message{Status: 409, Type: "text/plain", Body: []byte(err.Error())}
		}
		return http1.Message{Status: 200}
	})
}

// order is what the centres' requests have, each what it needs.
type order struct {
	Call, Unit, From string
	Route            []string
	Path, With       string
	Station          string
	Hospital         string
	Kind             string
}

var errUnknown, errBad = fmt.Errorf("unknown"), fmt.Errorf("bad")

// call is the index of the call that is handled under a number, -1: none.
func (w *World) call(id string) int {
	return slices.IndexFunc(w.service.Calls(), func(x emergency.CallState) bool { return x.ID == id })
}

// unit is the index of a unit of this centre's, -1: none.
func (c *centre) unit(w *World, id string) int {
	return slices.IndexFunc(w.service.Units(), func(x emergency.Unit) bool { return x.ID == id && serving[x.Kind] == c.which })
}

// assign sends a unit to a call; one that is under way to a less urgent call only where the order names that one.
func (c *centre) assign(w *World, o *order) http1.Message {
	k, u := w.call(o.Call), c.unit(w, o.Unit)
	if k < 0 || u < 0 {
		return http1.Message{Status: 404}
	}
	if c.draw.Float(uint64(k), uint64(u)) < unheard {
		c.deaf[[2]int{k, u}] = true
		return http1.Message{Status: 202}
	}
	advice := w.route(o.Route, w.service.Calls()[k].Node)
	err := error(nil)
	if o.From == "" {
		err = w.service.Assign(u, k, advice)
	} else if bound := w.service.Units()[u].Call; bound < 0 || w.service.Calls()[bound].ID != o.From {
		err = fmt.Errorf("unit %s is not bound for call %s", o.Unit, o.From)
	} else {
		err = w.service.Divert(u, k, advice)
	}
	if err != nil {
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

// handle gives a call for which no unit goes its path.
func (c *centre) handle(w *World, o *order) error {
	if o.Path != "transferred" && o.Path != "with_human" && o.Path != "merged" {
		return errBad
	}
	for i := range w.phones.records {
		r := &w.phones.records[i]
		if holder, held := w.phones.holder[r.of]; r.ID == o.Call && r.centre == c.which && r.State == "waiting" && !(held && holder == i) {
			r.State, r.With = o.Path, o.With
			return nil
		}
	}
	return fmt.Errorf("call %s is not one without a path", o.Call)
}

// station sends a free unit to wait at another station.
func (c *centre) station(w *World, o *order) error {
	u := c.unit(w, o.Unit)
	p := slices.IndexFunc(w.city.Places, func(x city.Place) bool { return x.ID == o.Station })
	if u < 0 || p < 0 {
		return errUnknown
	}
	return w.service.Station(u, int32(p))
}

// recall calls off a unit that is under way to a call.
func (c *centre) recall(w *World, o *order) error {
	u := c.unit(w, o.Unit)
	if u < 0 {
		return errUnknown
	}
	if bound := w.service.Units()[u].Call; bound < 0 || w.service.Calls()[bound].ID != o.Call {
		return fmt.Errorf("unit %s is not bound for call %s", o.Unit, o.Call)
	}
	return w.service.Recall(u)
}

// bring tells an ambulance where to take its patient.
func (c *centre) bring(w *World, o *order) error {
	u := c.unit(w, o.Unit)
	h := slices.IndexFunc(w.service.Hospitals(), func(x emergency.Hospital) bool { return w.city.Places[x.Place].ID == o.Hospital })
	if u < 0 || h < 0 {
		return errUnknown
	}
	return w.service.Bring(u, h)
}

// askAid asks the neighbour city for a unit.
func (c *centre) askAid(w *World, o *order) error {
	k := w.call(o.Call)
	kind, err := emergency.ParseKind(o.Kind)
	if k < 0 || err != nil || serving[kind] != c.which {
		return errUnknown
	}
	return w.aid.ask(w, k, kind)
}

// dispatchLocally does what the centres' people do by themselves, by free-flow road time: it assigns what waits, and asks the neighbour
// for what is missing for long.
func (w *World) dispatchLocally(now time.Duration) {
	wait := time.Duration(0)
	if now-w.advised < advisedBy {
		wait = grace
	}
	calls := w.service.Calls()
	var none [emergency.Kinds][4]bool // nobody of a kind takes calls of a priority
	for k := range calls {
		x := &calls[k]
		if !(math.Max(x.Triaged, x.Since)+wait.Seconds() <= now.Seconds()) { // NaN: not triaged
			continue
		}
		missing := x.Missing()
		for kind := range emergency.Kinds {
			for n := missing[kind]; n > 0; n-- {
				if none[kind][x.Priority] {
					w.aid.late(w, k, kind, now)
					break
				}
				list := w.service.Candidates(kind, x.Priority)
				u := -1
				if slices.ContainsFunc(list, func(c emergency.Candidate) bool { return c.Free }) {
					u, _ = w.localCAD.Nearest(list, x.Node, w.freeRoads)
				} else {
					none[kind][x.Priority] = true
				}
				if u < 0 {
					w.aid.late(w, k, kind, now)
					break // all are out
				}
				if err := w.service.Assign(u, k, nil); err != nil {
					panic("world: " + err.Error())
				}
			}
		}
	}
}
