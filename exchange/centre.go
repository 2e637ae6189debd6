package exchange

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"time"

	"citybrain/twin"
	"citybrain/wire/http1"
)

// centre is an emergency centre (medical, fire and rescue, police): calls, units, hospitals and how its call-takers stand pushed as JSON
// over HTTP, orders sent back.
type centre struct {
	asked []*Command
	units map[string]bool // that it has reported
	calls map[string]bool
	rest  bool // it takes orders about what no centre has reported
}

func newCentre(rest bool) *centre {
	return &centre{units: map[string]bool{}, calls: map[string]bool{}, rest: rest}
}

func (a *centre) receive(x *Exchange, f *feed, at time.Time, buf []byte) []byte {
	return x.messages(f, at, buf, &a.asked, func(m http1.Message) error {
		switch m.Target {
		case "/calls":
			return a.call(x, f, at, m.Body)
		case "/units":
			return a.vehicles(x, f, at, m.Body)
		case "/hospitals":
			return a.hospitals(x, f, at, m.Body)
		case "/desk":
			return a.desk(x, f, at, m.Body)
		}
		return fmt.Errorf("nothing is pushed to %s", m.Target)
	})
}

// clocks are a call's times with their attributes; a time that has not come is not in the push.
type clocks struct {
	PickUp, Located, Triaged, Assigned, Rolling, Kerb, Patient, Full, Hospital, Clear time.Time
}

func (c *clocks) attributes(at time.Time) (list []twin.Attribute) {
	for _, k := range [...]struct {
		name string
		at   time.Time
	}{{"pickUp", c.PickUp}, {"located", c.Located}, {"triaged", c.Triaged}, {"assigned", c.Assigned}, {"rolling", c.Rolling}, {"kerb", c.Kerb}, {"atPatient", c.Patient}, {"full", c.Full}, {"hospital", c.Hospital}, {"clear", c.Clear}} {
		if !k.at.IsZero() {
			list = append(list, twin.Number(k.name, float64(k.at.UnixMilli())/1000, "SEC", at))
		}
	}
	return list
}

// A Need is how many units of a kind a call needs, and how many of them nobody has sent.
type Need struct {
	Kind    string `json:"kind"`
	Count   int    `json:"count"`
	Missing int    `json:"missing"`
}

func (a *centre) call(x *Exchange, f *feed, at time.Time, body []byte) error {
	var c struct {
		ID, Kind string
		Ring     time.Time
		Lon, Lat *float64 // none: the caller's place is not known
		Priority int
		State    string
		Unit     string
		Units    []string
		Needs    []Need
		Carry    bool
		Aid      string
		With     string // the call that it was merged with
		clocks
	}
	if err := json.Unmarshal(body, &c); err != nil {
		return err
	}
	if c.ID == "" || c.Priority < 1 || c.Priority > 3 || (c.Lon == nil) != (c.Lat == nil) {
		return fmt.Errorf("call %q: priority %d, and a place needs both lon and lat", c.ID, c.Priority)
	}
	if bad := slices.IndexFunc(c.Needs, func(n Need) bool {
		return n.Kind == "" || n.Count < 0 || n.Count > mostUnits || n.Missing < 0 || n.Missing > n.Count
	}); bad >= 0 {
		return fmt.Errorf("call %q: needs[%d] is %d of %q with %d missing; at most %d are asked for", c.ID, bad, c.Needs[bad].Count, c.Needs[bad].Kind, c.Needs[bad].Missing, mostUnits)
	}
	attrs := []twin.Attribute{twin.Text("status", c.State, at), twin.Number("priority", float64(c.Priority), "C62", at), twin.Number("ring", float64(c.Ring.UnixMilli())/1000, "SEC", at), twin.Text("unit", c.Unit, at), twin.Text("centre", f.Department, at)}
	place := "none"
	if c.Lon != nil {
		if !(math.Abs(*c.Lon) <= 180 && math.Abs(*c.Lat) <= 90) {
			return fmt.Errorf("call %q: it rings at %g, %g", c.ID, *c.Lon, *c.Lat)
		}
		if place = "city"; !x.city.Bounds.Pad(outskirts).Contains(x.city.Frame.Local(*c.Lon, *c.Lat)) {
			place = "outside" // nothing is dropped: it is the neighbour's
		}
		attrs = append(attrs, twin.Point("location", *c.Lon, *c.Lat))
	}
	attrs = append(attrs, twin.Text("place", place, at))
	for _, t := range [...]struct{ name, text string }{{"kind", c.Kind}, {"with", c.With}, {"aid", c.Aid}} {
		if t.text != "" {
			attrs = append(attrs, twin.Text(t.name, t.text, at))
		}
	}
	if c.Needs != nil {
		carry := 0.0
		if c.Carry {
			carry = 1
		}
		attrs = append(attrs, object("needs", c.Needs, at), object("units", append([]string{}, c.Units...), at), twin.Number("carry", carry, "C62", at))
	}
	attrs = append(attrs, c.clocks.attributes(at)...)
	if !c.Kerb.IsZero() {
		attrs = append(attrs, twin.Number("response", c.Kerb.Sub(c.Ring).Seconds(), "SEC", at))
	}
	a.calls[c.ID] = true
	return x.observe(f, at, at, URN("EmergencyCall", c.ID), "EmergencyCall", attrs...)
}

// mostUnits is how many units of one kind a call may ask for.
const mostUnits = 50

func object(name string, v any, at time.Time) twin.Attribute {
	b, err := json.Marshal(v)
	if err != nil {
		panic("exchange: " + err.Error()) // plain data
	}
	return twin.JSON(name, json.RawMessage(b)).At(at)
}

// outskirts is how far in metres beyond its bounds a city still sends its own units.
const outskirts = 2000

func (a *centre) vehicles(x *Exchange, f *feed, at time.Time, body []byte) error {
	var list []struct {
		ID, Kind, Status string
		Lon, Lat         float64
		Call, Station    string
		Takes            *int // none: any priority while its status is free
		ShiftEnd, Until  time.Time
		RangeKM          *float64
		Hospital         string
	}
	if err := json.Unmarshal(body, &list); err != nil {
		return err
	}
	for _, u := range list {
		if u.ID == "" || !x.city.Bounds.Pad(outskirts).Contains(x.city.Frame.Local(u.Lon, u.Lat)) {
			return fmt.Errorf("unit %q at %g, %g", u.ID, u.Lon, u.Lat)
		}
		attrs := []twin.Attribute{twin.Point("location", u.Lon, u.Lat).At(at), twin.Text("status", u.Status, at), twin.Text("call", u.Call, at), twin.Text("station", u.Station, at), twin.Text("hospital", u.Hospital, at)}
		if u.Kind != "" {
			attrs = append(attrs, twin.Text("kind", u.Kind, at), twin.Text("centre", f.Department, at))
		}
		if u.Takes != nil {
			attrs = append(attrs, twin.Number("takes", float64(*u.Takes), "C62", at))
		}
		if !u.ShiftEnd.IsZero() {
			attrs = append(attrs, twin.Number("shiftEnd", float64(u.ShiftEnd.Unix()), "SEC", at))
		}
		until := 0.0 // nothing that ends
		if !u.Until.IsZero() {
			until = float64(u.Until.Unix())
		}
		attrs = append(attrs, twin.Number("until", until, "SEC", at))
		if u.RangeKM != nil {
			attrs = append(attrs, twin.Number("rangeKM", *u.RangeKM, "KMT", at))
		}
		a.units[u.ID] = true
		if err := x.observe(f, at, at, URN("EmergencyVehicle", u.ID), "EmergencyVehicle", attrs...); err != nil {
			return err
		}
	}
	return nil
}

// hospitals takes in how full emergency departments are.
func (a *centre) hospitals(x *Exchange, f *feed, at time.Time, body []byte) error {
	var list []struct {
		ID                   string
		Bays, Taken, Waiting int
		Diverts              bool
		Lon, Lat             float64
	}
	if err := json.Unmarshal(body, &list); err != nil {
		return err
	}
	for _, h := range list {
		if h.ID == "" || h.Bays < 0 || h.Taken < 0 || h.Waiting < 0 {
			return fmt.Errorf("hospital %q: %d bays, %d taken, %d waiting", h.ID, h.Bays, h.Taken, h.Waiting)
		}
		diverts := 0.0
		if h.Diverts {
			diverts = 1
		}
		if err := x.observeAt(f, at, at, URN("Hospital", h.ID), "Hospital", x.city.Frame.Local(h.Lon, h.Lat), twin.Number("bays", float64(h.Bays), "C62", at), twin.Number("taken", float64(h.Taken), "C62", at),
			twin.Number("waiting", float64(h.Waiting), "C62", at), twin.Number("diverts", diverts, "C62", at)); err != nil {
			return err
		}
	}
	return nil
}

// desk takes in how the centre's call-takers stand.
func (a *centre) desk(x *Exchange, f *feed, at time.Time, body []byte) error {
	var d struct {
		Takers, Ringing, Answered, Abandoned, CalledBack int
		LongestS, MeanWaitS                              float64
	}
	if err := json.Unmarshal(body, &d); err != nil {
		return err
	}
	n := func(name string, v int) twin.Attribute { return twin.Number(name, float64(v), "C62", at) }
	return x.observe(f, at, at, URN("CallDesk", f.Department), "CallDesk", n("takers", d.Takers), n("ringing", d.Ringing), n("answered", d.Answered), n("abandoned", d.Abandoned), n("calledBack", d.CalledBack),
		twin.Number("longestS", d.LongestS, "SEC", at), twin.Number("meanWaitS", d.MeanWaitS, "SEC", at))
}

func (a *centre) tick(*Exchange, *feed) {}

// mine reports whether an order about a unit or call of that name is this centre's. What none has reported goes to one of them, whose
// answer says what is wrong.
func (a *centre) mine(x *Exchange, name string, of func(*centre) map[string]bool) bool {
	if of(a)[name] {
		return true
	}
	return a.rest && !slices.ContainsFunc(x.order, func(f *feed) bool {
		o, ok := f.adapter.(*centre)
		return ok && of(o)[name]
	})
}

func (a *centre) send(x *Exchange, f *feed, c *Command) (bool, error) {
	units, calls := func(o *centre) map[string]bool { return o.units }, func(o *centre) map[string]bool { return o.calls }
	switch {
	case c.Dispatch != nil && a.mine(x, c.Dispatch.Unit, units):
		o := map[string]any{"call": c.Dispatch.Call, "unit": c.Dispatch.Unit, "route": c.Dispatch.Route}
		if c.Dispatch.From != "" {
			o["from"] = c.Dispatch.From
		}
		return true, x.post(f, &a.asked, c, "/assign", o)
	case c.Handle != nil && a.mine(x, c.Handle.Call, calls):
		return true, x.post(f, &a.asked, c, "/handle", map[string]string{"call": c.Handle.Call, "path": string(c.Handle.Path), "with": c.Handle.With})
	case c.Station != nil && a.mine(x, c.Station.Unit, units):
		return true, x.post(f, &a.asked, c, "/station", map[string]string{"unit": c.Station.Unit, "station": c.Station.Station})
	case c.Recall != nil && a.mine(x, c.Recall.Unit, units):
		return true, x.post(f, &a.asked, c, "/recall", map[string]string{"call": c.Recall.Call, "unit": c.Recall.Unit})
	case c.Bring != nil && a.mine(x, c.Bring.Unit, units):
		return true, x.post(f, &a.asked, c, "/hospital", map[string]string{"unit": c.Bring.Unit, "hospital": c.Bring.Hospital})
	case c.Aid != nil && f.Department == c.Aid.Centre:
		return true, x.post(f, &a.asked, c, "/aid", map[string]string{"call": c.Aid.Call, "kind": c.Aid.Kind})
	}
	return false, nil
}
