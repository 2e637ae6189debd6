package world

import (
	"citybrain/wire/cap"
	"citybrain/wire/http1"
)

// bureau is the emergency management bureau: it takes drafts of alerts and answers whether they are good CAP.
type bureau struct {
	line
	buf    []byte
	drafts []cap.Alert
}

func newBureau(w *World) *bureau {
	return &bureau{line: newLine(w.cfg.Seed, "emergency_mgmt/cap", 0.5, 0, 0)}
}

func (d *bureau) tick(*World) {}

func (d *bureau) receive(w *World, b []byte) {
	d.buf = d.requests(w, d.buf, b, func(m http1.Message) http1.Message {
		a, err := cap.Parse(m.Body)
		if err != nil {
			return http1.Message{Status: 422, Type: "text/plain", Body: []byte(err.Error())}
		}
		d.drafts = append(d.drafts, a)
		return http1.Message{Status: 201}
	})
}
