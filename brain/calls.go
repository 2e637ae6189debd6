package brain

import (
	"cmp"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"citybrain/city"
	"citybrain/emergency"
	"citybrain/exchange"
	"citybrain/twin"
	"github.com/paulmach/orb"
)

// callSeen is an open call as its centre reports it.
type callSeen struct {
	id, status, unit, place string
	kind                    emergency.CallKind
	missing                 emergency.Needs // that nobody has been sent for
	units                   []string        // that have been
	filed                   bool            // its centre says what it needs
	carry                   bool            // somebody goes on to a hospital
	aid                     string          // of the neighbour city: asked, coming, refused
	priority                int
	ring                    time.Time
	at                      orb.Point
	placed                  bool
}

// open reports whether somebody still has to be helped for it.
func (c *callSeen) open() bool {
	return c.status == "ringing" || c.status == "waiting" || c.status == "assigned" || c.status == "on_scene"
}

// needs takes in what the call needs. A centre that does not say so needs one unit for a call that waits.
func (c *callSeen) needs(e *twin.Entity) {
	if name, ok := e.Text("kind"); ok {
		if k, err := emergency.ParseCallKind(name); err == nil {
			c.kind = k
		}
	}
	if carry, ok := e.Number("carry"); ok {
		c.carry = carry > 0
	}
	var needs []exchange.Need
	if !object(e, "needs", &needs) {
		if c.status == "waiting" {
			c.missing[c.kind.Lead()] = 1
		}
		return
	}
	c.filed = true
	for _, n := range needs {
		if k, err := emergency.ParseKind(n.Kind); err == nil {
			c.missing[k] = uint8(min(n.Missing, 255))
		}
	}
	object(e, "units", &c.units)
}

// helped reports whether units are sent to the call.
func (c *callSeen) helped() bool {
	return c.status == "waiting" || c.status == "assigned" || c.status == "on_scene"
}

func (b *Brain) callsSeen(s twin.Snapshot) []callSeen {
	var list []callSeen
	for e := range s.Query(twin.Query{Types: []string{"EmergencyCall"}}) {
		id, ours := strings.CutPrefix(e.ID, exchange.URN("EmergencyCall", ""))
		if !ours {
			continue
		}
		c := callSeen{id: id, priority: 3}
		c.status, _ = e.Text("status")
		c.unit, _ = e.Text("unit")
		c.place, _ = e.Text("place")
		c.aid, _ = e.Text("aid")
		if c.helped() {
			c.needs(&e)
		}
		if p, ok := e.Number("priority"); ok {
			c.priority = int(p)
		}
		if sec, ok := e.Number("ring"); ok {
			c.ring = time.UnixMilli(int64(sec * 1000))
		}
		if lon, lat, ok := e.Location(); ok {
			c.at, c.placed = b.city.Frame.Local(lon, lat), true
		}
		list = append(list, c)
	}
	slices.SortFunc(list, func(x, y callSeen) int {
		if c := cmp.Compare(x.priority, y.priority); c != 0 {
			return c
		}
		if c := x.ring.Compare(y.ring); c != 0 {
			return c
		}
		return strings.Compare(x.id, y.id)
	})
	return list
}

// pathOf returns the path of a call to which no unit of the city goes.
func (b *Brain) pathOf(c *callSeen, list []callSeen) (exchange.CallPath, string, bool) {
	switch {
	case !c.placed || c.place == "none":
		return exchange.ToHuman, "", true
	case c.place == "outside":
		return exchange.ToNeighbour, "", true
	case b.calls.apart[c.id]:
		return "", "", false
	}
	for i := range list {
		o := &list[i]
		// Of two the earlier is the case, unless the centre has the later one on file already: whoever rang first may have hung up and been
		// called back.
		first := o.ring.Before(c.ring) || o.ring.Equal(c.ring) && o.id < c.id
		if o.filed != c.filed || o.status == "assigned" || o.status == "on_scene" {
			first = o.filed || o.status == "assigned" || o.status == "on_scene"
		}
		if o.id != c.id && o.kind == c.kind && o.open() && o.placed && first && c.ring.Sub(o.ring).Abs() < sameFor && math.Hypot(o.at[0]-c.at[0], o.at[1]-c.at[1]) <= sameWithin {
			return exchange.Merged, o.id, true
		}
	}
	return "", "", false
}

// giveAway orders a call's path once. A centre that refuses to merge has two cases.
func (b *Brain) giveAway(c *callSeen, path exchange.CallPath, with string) {
	if cmd := b.calls.handled[c.id]; cmd != nil {
		if st, _ := cmd.State(); path == exchange.Merged && st == exchange.Rejected {
			b.calls.apart[c.id] = true
		}
		return
	}
	d := &Decision{Kind: "dispatch", Deadline: b.now.Add(2 * time.Minute), Base: b.dispatchBase, With: b.dispatchWith, IfNot: city.Text{En: "the centre's people find its path", Zh: "由中心人工处置"}}
	switch path {
	case exchange.ToNeighbour:
		d.Title = city.Text{En: fmt.Sprintf("Call %s to the neighbour city", c.id), Zh: fmt.Sprintf("呼叫 %s 转邻市", c.id)}
		d.Why = city.Text{En: "It rings outside the city.", Zh: "呼叫地点在市域之外。"}
	case exchange.ToHuman:
		d.Title = city.Text{En: fmt.Sprintf("Call %s to a person: where is it?", c.id), Zh: fmt.Sprintf("呼叫 %s 转人工核位", c.id)}
		d.Why = city.Text{En: "It has no position.", Zh: "呼叫无位置。"}
	case exchange.Merged:
		d.Title = city.Text{En: fmt.Sprintf("Call %s merged with %s", c.id, with), Zh: fmt.Sprintf("呼叫 %s 并入 %s", c.id, with)}
		d.Why = city.Text{En: fmt.Sprintf("An open call within %.0f m, %.0f min at most before.", sameWithin, sameFor.Minutes()), Zh: fmt.Sprintf("%.0f米内、%.0f分钟内已有未结呼叫。", sameWithin, sameFor.Minutes())}
	}
	d.orders = []exchange.Command{{Handle: &exchange.HandleOrder{Call: c.id, Path: path, With: with}, Until: b.now.Add(2 * time.Minute)}}
	if c.placed {
		lon, lat := b.city.Frame.WGS84(c.at)
		d.At = &[2]float64{lon, lat}
	}
	b.decide(d)
	if len(d.sent) > 0 {
		b.calls.handled[c.id] = d.sent[0]
	} else {
		b.calls.handled[c.id] = &exchange.Command{} // a person has it
	}
}

// object reads a JSON attribute into v; false if there is none that fits.
func object(e *twin.Entity, name string, v any) bool {
	a, ok := e.Attribute(name)
	if !ok {
		return false
	}
	raw, ok := a.Any().(json.RawMessage)
	return ok && json.Unmarshal(raw, v) == nil
}
