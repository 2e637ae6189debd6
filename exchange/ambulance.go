package exchange

import (
	"encoding/json"
	"fmt"
	"math"
	"time"

	"citybrain/twin"
	"citybrain/wire/http1"
)

// ambulances is the emergency medical centre: calls and units pushed as JSON over HTTP, assignments sent back.
type ambulances struct{ asked []*Command }

func (a *ambulances) receive(x *Exchange, f *feed, at time.Time, buf []byte) []byte {
	return x.messages(f, at, buf, &a.asked, func(m http1.Message) error {
		switch m.Target {
		case "/calls":
			return a.call(x, f, at, m.Body)
		case "/units":
			return a.units(x, f, at, m.Body)
		}
		return fmt.Errorf("nothing is pushed to %s", m.Target)
	})
}

func (a *ambulances) call(x *Exchange, f *feed, at time.Time, body []byte) error {
	var c struct {
		ID       string
		Ring     time.Time
		Lon, Lat *float64 // none: the caller's place is not known
		Priority int
		State    string
		Unit     string
		With     string // the call that it was merged with
		Kerb     time.Time
	}
	if err := json.Unmarshal(body, &c); err != nil {
		return err
	}
	if c.ID == "" || c.Priority < 1 || c.Priority > 3 || (c.Lon == nil) != (c.Lat == nil) {
		return fmt.Errorf("call %q: priority %d, and a place needs both lon and lat", c.ID, c.Priority)
	}
	attrs := []twin.Attribute{twin.Text("status", c.State, at), twin.Number("priority", float64(c.Priority), "C62", at), twin.Number("ring", float64(c.Ring.UnixMilli())/1000, "SEC", at), twin.Text("unit", c.Unit, at)}
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
	if c.With != "" {
		attrs = append(attrs, twin.Text("with", c.With, at))
	}
	if !c.Kerb.IsZero() {
		attrs = append(attrs, twin.Number("response", c.Kerb.Sub(c.Ring).Seconds(), "SEC", at))
	}
	return x.observe(f, at, at, URN("EmergencyCall", c.ID), "EmergencyCall", attrs...)
}

// outskirts is how far in metres beyond its bounds a city still sends its own units.
const outskirts = 2000

func (a *ambulances) units(x *Exchange, f *feed, at time.Time, body []byte) error {
	var list []struct {
		ID, Status    string
		Lon, Lat      float64
		Call, Station string
	}
	if err := json.Unmarshal(body, &list); err != nil {
		return err
	}
	for _, u := range list {
		if u.ID == "" || !x.city.Bounds.Pad(outskirts).Contains(x.city.Frame.Local(u.Lon, u.Lat)) {
			return fmt.Errorf("unit %q at %g, %g", u.ID, u.Lon, u.Lat)
		}
		if err := x.observe(f, at, at, URN("EmergencyVehicle", u.ID), "EmergencyVehicle", twin.Point("location", u.Lon, u.Lat).At(at), twin.Text("status", u.Status, at), twin.Text("call", u.Call, at), twin.Text("station", u.Station, at)); err != nil {
			return err
		}
	}
	return nil
}

func (a *ambulances) tick(*Exchange, *feed) {}

func (a *ambulances) send(x *Exchange, f *feed, c *Command) (bool, error) {
	switch {
	case c.Dispatch != nil:
		return true, x.post(f, &a.asked, c, "/assign", map[string]any{"call": c.Dispatch.Call, "unit": c.Dispatch.Unit, "route": c.Dispatch.Route})
	case c.Handle != nil:
		return true, x.post(f, &a.asked, c, "/handle", map[string]string{"call": c.Handle.Call, "path": string(c.Handle.Path), "with": c.Handle.With})
	case c.Station != nil:
		return true, x.post(f, &a.asked, c, "/station", map[string]string{"unit": c.Station.Unit, "station": c.Station.Station})
	}
	return false, nil
}
