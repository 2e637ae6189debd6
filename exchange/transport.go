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
	serial int
	next   time.Time
	last   map[string]time.Time // of each terminal: its newest report
}

// parked is how long a terminal must be silent for its vehicle to leave the twin's present; its history stays.
const parked = 5 * time.Minute

func (t *terminals) receive(x *Exchange, f *feed, at time.Time, buf []byte) []byte {
	return x.frames(f, at, buf, jt808.Split, func(b []byte) error {
		frame, err := jt808.Decode(b)
		if err != nil {
			return err
		}
		f.gaps(&t.serial, int(frame.Serial), 0, 65535)
		m, err := frame.Message()
		if err != nil {
			return err
		}
		loc, ok := m.(jt808.Location)
		if !ok {
			return nil // registrations and heartbeats are the gateway's
		}
		id := strings.TrimLeft(frame.Phone, "0")
		p := x.city.Frame.Local(loc.Lon, loc.Lat)
		if loc.Status&jt808.StatusPositioned == 0 {
			return nil
		}
		if b := x.city.Bounds.Pad(500); !b.Contains(p) {
			return fmt.Errorf("terminal %s is at %.5f, %.5f, outside the city", id, loc.Lon, loc.Lat)
		}
		if t.last == nil {
			t.last = map[string]time.Time{}
		}
		t.last[id] = at
		x.observe(f, at, loc.Time, URN("Vehicle", id), "Vehicle", twin.Point("location", loc.Lon, loc.Lat).At(loc.Time), twin.Number("speed", loc.Speed, "KMH", loc.Time), twin.Number("heading", float64(loc.Heading), "DD", loc.Time))
		return nil
	})
}

func (t *terminals) tick(x *Exchange, _ *feed) {
	if x.now.Before(t.next) {
		return
	}
	t.next = x.now.Add(time.Minute)
	for _, id := range sortedKeys(t.last) {
		if x.now.Sub(t.last[id]) > parked {
			delete(t.last, id)
			x.changes = append(x.changes, twin.Delete(URN("Vehicle", id)))
		}
	}
}

func (t *terminals) send(*Exchange, *feed, *Command) (bool, error) { return false, nil }
