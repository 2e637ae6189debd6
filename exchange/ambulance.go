package exchange

import (
	"encoding/json"
	"fmt"
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
		Lon, Lat float64
		Priority int
		State    string
		Unit     string
		Kerb     time.Time
	}
	if err := json.Unmarshal(body, &c); err != nil {
		return err
	}
	if c.ID == "" || c.Priority < 1 || c.Priority > 3 || !x.city.Bounds.Pad(2000).Contains(x.city.Frame.Local(c.Lon, c.Lat)) {
		return fmt.Errorf("call %q: priority %d at %g, %g", c.ID, c.Priority, c.Lon, c.Lat)
	}
	attrs := []twin.Attribute{twin.Point("location", c.Lon, c.Lat), twin.Text("status", c.State, at), twin.Number("priority", float64(c.Priority), "C62", at), twin.Number("ring", float64(c.Ring.UnixMilli())/1000, "SEC", at), twin.Text("unit", c.Unit, at)}
	if !c.Kerb.IsZero() {
		attrs = append(attrs, twin.Number("response", c.Kerb.Sub(c.Ring).Seconds(), "SEC", at))
	}
	return x.observe(f, at, at, URN("EmergencyCall", c.ID), "EmergencyCall", attrs...)
}

func (a *ambulances) units(x *Exchange, f *feed, at time.Time, body []byte) error {
	var list []struct {
		ID, Status string
		Lon, Lat   float64
		Call       string
	}
	if err := json.Unmarshal(body, &list); err != nil {
		return err
	}
	for _, u := range list {
		if u.ID == "" || !x.city.Bounds.Pad(2000).Contains(x.city.Frame.Local(u.Lon, u.Lat)) {
			return fmt.Errorf("unit %q at %g, %g", u.ID, u.Lon, u.Lat)
		}
		if err := x.observe(f, at, at, URN("EmergencyVehicle", u.ID), "EmergencyVehicle", twin.Point("location", u.Lon, u.Lat).At(at), twin.Text("status", u.Status, at), twin.Text("call", u.Call, at)); err != nil {
			return err
		}
	}
	return nil
}

func (a *ambulances) tick(*Exchange, *feed) {}

func (a *ambulances) send(x *Exchange, f *feed, c *Command) (bool, error) {
	if c.Dispatch == nil {
		return false, nil
	}
	return true, x.post(f, &a.asked, c, "/assign", map[string]string{"call": c.Dispatch.Call, "unit": c.Dispatch.Unit})
}
