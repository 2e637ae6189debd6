package exchange

import (
	"fmt"
	"strings"
	"time"

	"citybrain/twin"
	"citybrain/wire/jt808"
)

// terminals is the transport commission's vehicle terminals on JT/T 808-2019.
type terminals struct {
	next  time.Time
	known map[string]*terminal // by number
}

// terminal is what is known of one.
type terminal struct {
	serials sequence
	last    time.Time // its newest message
	shown   bool      // its vehicle is in the twin
}

// parked is how long a terminal must be silent for its vehicle to leave the twin's present; its history stays.
const parked = 5 * time.Minute

func (t *terminals) receive(x *Exchange, f *feed, at time.Time, buf []byte) []byte {
	return x.frames(f, at, buf, jt808.Split, func(b []byte) error {
		frame, err := jt808.Decode(b)
		if err != nil {
			return err
		}
		id := strings.TrimLeft(frame.Phone, "0")
		k := t.known[id]
		if k == nil {
			if t.known == nil {
				t.known = map[string]*terminal{}
			}
			k = &terminal{}
			t.known[id] = k
		}
		k.last = at
		f.Lost += k.serials.arrive(int(frame.Serial), 0, 65536)
		m, err := frame.Message()
		if err != nil {
			return err
		}
		loc, ok := m.(jt808.Location)
		if !ok {
			return nil // registrations and heartbeats are the gateway's
		}
		p := x.city.Frame.Local(loc.Lon, loc.Lat)
		if loc.Status&jt808.StatusPositioned == 0 {
			return nil
		}
		if b := x.city.Bounds.Pad(500); !b.Contains(p) {
			return fmt.Errorf("terminal %s is at %.5f, %.5f, outside the city", id, loc.Lon, loc.Lat)
		}
		k.shown = true
		return x.observe(f, at, loc.Time, URN("Vehicle", id), "Vehicle", twin.Point("location", loc.Lon, loc.Lat).At(loc.Time), twin.Number("speed", loc.Speed, "KMH", loc.Time), twin.Number("heading", float64(loc.Heading), "DD", loc.Time))
	})
}

func (t *terminals) tick(x *Exchange, _ *feed) {
	if x.now.Before(t.next) {
		return
	}
	t.next = x.now.Add(time.Minute)
	for _, id := range sortedKeys(t.known) {
		k := t.known[id]
		if x.now.Sub(k.last) <= parked {
			continue
		}
		delete(t.known, id)
		if k.shown {
			x.changes = append(x.changes, twin.Delete(URN("Vehicle", id)))
		}
	}
}

func (t *terminals) send(*Exchange, *feed, *Command) (bool, error) { return false, nil }
