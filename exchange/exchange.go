package exchange

import (
	"fmt"
	"maps"
	"sort"
	"time"

	"citybrain/city"
	"citybrain/twin"
	"citybrain/wire"
	"github.com/paulmach/orb"
)

// URN returns the id in the twin of the city's thing id, seen as an entity of type typ.
func URN(typ, id string) string { return "urn:ngsi-ld:" + typ + ":" + id }

// An Exchange is the departments' side of one city's main branch. One goroutine at a time may use it.
type Exchange struct {
	city     *city.City
	main     *twin.Branch
	now      time.Time
	feeds    map[string]*feed
	order    []*feed
	refused  []Refused
	changes  []twin.Change
	out      []wire.Packet
	seq      uint64
	stations map[string]*city.Instrument
	links    map[string]int32
	commands map[string]*Command
	open     []*Command
	rain     RainForecast
	radar    Radar
	sockets  *Sockets // nil in lockstep
}

// feed is one feed at work: its contract, its counters and the bytes of a frame that has not all come yet.
type feed struct {
	Status
	adapter
	buf []byte
}

// adapter is a protocol's way in and out.
type adapter interface {
	// receive takes what the stream holds and returns what is left of it.
	receive(x *Exchange, f *feed, at time.Time, buf []byte) []byte
	// tick asks and renews what is due.
	tick(x *Exchange, f *feed)
	// send writes a command; false if this feed does not carry its kind.
	send(x *Exchange, f *feed, c *Command) (bool, error)
}

// New connects the departments to main, the twin's main branch.
func New(c *city.City, main *twin.Branch) *Exchange {
	x := &Exchange{city: c, main: main, feeds: map[string]*feed{}, stations: map[string]*city.Instrument{}, links: map[string]int32{}, commands: map[string]*Command{}}
	list := city.Instruments(c)
	for i := range list {
		x.stations[list[i].Station] = &list[i]
	}
	for l := range c.Streets.Links {
		x.links[c.Streets.Links[l].ID] = int32(l)
	}
	for _, k := range contracts {
		if a := adapterOf(c, k.ID); a != nil {
			f := &feed{Status: Status{Contract: k}, adapter: a}
			x.feeds[k.ID] = f
			x.order = append(x.order, f)
		}
	}
	return x
}

func adapterOf(c *city.City, id string) adapter {
	switch id {
	case "water/sl651":
		if c.Terrain != nil {
			return &telemetry{}
		}
	case "water/modbus":
		if c.Terrain != nil {
			return newPLCs(c)
		}
	case "meteorology/http":
		return &weather{}
	case "traffic_police/gb20999":
		return newControllers(c)
	case "traffic_police/ntcip1202":
		return newPhases(c)
	case "traffic_police/http":
		return &closures{}
	case "transport/jt808":
		return &terminals{}
	case "ambulance_120/http":
		return newCentre(true)
	case "fire_119/http", "police_110/http":
		return newCentre(false)
	case "emergency_mgmt/cap":
		return &alerts{}
	case "hotline_12345/open311":
		return &hotline{}
	}
	return nil
}

// Receive takes a packet of a department. Its observations are in the twin after the next Commit. What is not understood goes
// to the quarantine; an error means that no such feed is connected.
func (x *Exchange) Receive(p wire.Packet) error {
	f := x.feeds[p.Feed]
	if f == nil {
		return fmt.Errorf("exchange: no department is connected as feed %q", p.Feed)
	}
	f.Last = p.At
	f.buf = f.receive(x, f, p.At, append(f.buf, p.Bytes...))
	return nil
}

// Tick asks what is due at now, renews orders, and moves commands on. Call it a few times a minute or more.
func (x *Exchange) Tick(now time.Time) error {
	x.now = now
	for _, f := range x.order {
		f.tick(x, f)
	}
	return x.followUp()
}

// Commit writes what came in since the last call to the twin, in one durable batch.
func (x *Exchange) Commit() (twin.Position, error) {
	if len(x.changes) == 0 {
		return x.main.Position(), nil
	}
	pos, err := x.main.Apply(x.changes...)
	if err != nil {
		return pos, fmt.Errorf("exchange: %d observations: %w", len(x.changes), err)
	}
	x.changes = x.changes[:0]
	return pos, nil
}

// Release lets go of the orders to equipment that stand in a principal's name: they are not renewed, and end with their watchdogs.
func (x *Exchange) Release(principal string) {
	for _, f := range x.order {
		if p, ok := f.adapter.(*plcs); ok {
			maps.DeleteFunc(p.orders, func(_ uint8, c *Command) bool { return c.Principal == principal })
		}
	}
}

// Send returns what is to be sent to the departments since the last call.
func (x *Exchange) Send() []wire.Packet {
	out := x.out
	x.out = nil
	return out
}

// Feeds returns how the feeds keep their contracts, in the order of the contracts.
func (x *Exchange) Feeds() []Status {
	list := make([]Status, len(x.order))
	for i, f := range x.order {
		list[i] = f.Status
		if x.sockets != nil {
			list[i].Link = x.sockets.link(f.ID)
		}
	}
	return list
}

// Quarantine returns the newest refused pieces, at most a thousand.
func (x *Exchange) Quarantine() []Refused { return x.refused }

// ahead is how far a department's clock may be ahead of ours.
const ahead = 5 * time.Minute

// observe notes what a department reported of an entity, seen at time seen. An error is about what the twin can't hold, such as
// an id that is none: the piece goes to the quarantine and the rest of the batch is written.
func (x *Exchange) observe(f *feed, at, seen time.Time, id, typ string, attrs ...twin.Attribute) error {
	if seen.After(at.Add(ahead)) {
		return fmt.Errorf("%s: it was observed at %s, %v after it came: a value from ahead would stand before all that follow", id, seen.UTC().Format(time.RFC3339), seen.Sub(at))
	}
	c := twin.Set(id, typ, attrs...)
	if err := c.Check(); err != nil {
		return err
	}
	if f.Late > 0 && at.Sub(seen) > f.Late {
		f.Overdue++
	}
	x.changes = append(x.changes, c)
	return nil
}

// observeAt is observe for what stands where it stands: its place is written only where the twin does not have it.
func (x *Exchange) observeAt(f *feed, at, seen time.Time, id, typ string, place orb.Point, attrs ...twin.Attribute) error {
	e, known := x.main.Snapshot().Get(id)
	if known {
		_, _, known = e.Location()
	}
	if !known {
		lon, lat := x.city.Frame.WGS84(place)
		attrs = append(attrs, twin.Point("location", lon, lat))
	}
	return x.observe(f, at, seen, id, typ, attrs...)
}

// refuse puts bytes into the quarantine.
func (x *Exchange) refuse(f *feed, at time.Time, b []byte, reason string) {
	f.Rejected++
	if len(x.refused) >= 1000 {
		x.refused = append(x.refused[:0], x.refused[500:]...)
	}
	x.refused = append(x.refused, Refused{f.ID, at, reason, append([]byte(nil), b...)})
}

func (x *Exchange) write(f *feed, b []byte) {
	x.seq++
	x.out = append(x.out, wire.Packet{Feed: f.ID, At: x.now, Seq: x.seq, Bytes: b})
}

// frames cuts buf into frames and hands each to use; garbage and what use refuses go to the quarantine.
func (x *Exchange) frames(f *feed, at time.Time, buf []byte, split func([]byte) ([]byte, []byte, int), use func(frame []byte) error) []byte {
	for {
		frame, garbage, n := split(buf)
		if len(garbage) > 0 {
			x.refuse(f, at, garbage, "no frame of "+f.Protocol)
		}
		buf = buf[n:]
		if frame == nil {
			return append([]byte(nil), buf...)
		}
		f.Received++
		if err := use(frame); err != nil {
			x.refuse(f, at, frame, err.Error())
		}
	}
}

// RainForecast is the newest ensemble of the weather service.
type RainForecast struct {
	Issue   time.Time
	Step    time.Duration
	Grid    city.Grid
	Members [][][]float32 // member, frame, cell: mm/h
}

// Radar is the newest rain field by radar.
type Radar struct {
	At   time.Time
	Grid city.Grid
	MMH  []float32
}

// Rain returns the newest ensemble and radar field; zero values until they have come. Don't write to them.
func (x *Exchange) Rain() (RainForecast, Radar) { return x.rain, x.radar }

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	return keys
}
