package exchange

import (
	"errors"
	"fmt"
	"time"

	"citybrain/twin"
	"citybrain/wire/http1"
	"citybrain/wire/open311"
)

// hotline is the citizens' hotline 12345: its list of requests is asked for every minute.
type hotline struct {
	next  time.Time
	known map[string]bool
}

func (h *hotline) tick(x *Exchange, f *feed) {
	if x.now.Before(h.next) {
		return
	}
	h.next = x.now.Add(time.Minute)
	b, err := http1.Append(nil, http1.Message{Method: "GET", Target: "/requests.json?status=open&service_code=ponding"})
	if err != nil {
		x.refuse(f, x.now, nil, "own request: "+err.Error())
		return
	}
	x.write(f, b)
}

func (h *hotline) send(*Exchange, *feed, *Command) (bool, error) { return false, nil }

func (h *hotline) receive(x *Exchange, f *feed, at time.Time, buf []byte) []byte {
	if h.known == nil {
		h.known = map[string]bool{}
	}
	return x.frames(f, at, buf, http1.Split, func(b []byte) error {
		m, err := http1.Decode(b)
		if err != nil {
			return err
		}
		if m.Status != 200 {
			return fmt.Errorf("requests: status %d", m.Status)
		}
		list, bad := open311.ParseRequests(m.Body)
		for _, r := range list {
			if h.known[r.ID] || !r.Located || !x.city.Bounds.Pad(1000).Contains(x.city.Frame.Local(r.Lon, r.Lat)) {
				continue
			}
			h.known[r.ID] = true
			err := x.observe(f, at, r.Requested, URN("CitizenRequest", r.ID), "CitizenRequest", twin.Point("location", r.Lon, r.Lat), twin.Text("status", r.Status, r.Requested), twin.Text("service", r.ServiceCode, r.Requested), twin.Text("address", r.Address, r.Requested))
			bad = errors.Join(bad, err)
		}
		return bad
	})
}
