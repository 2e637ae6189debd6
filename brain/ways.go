package brain

import (
	"math"
	"time"

	"citybrain/city"
	"citybrain/emergency/corridor"
	"citybrain/exchange"
	"citybrain/traffic"
	"github.com/paulmach/orb"
)

// A Way is a unit under way to a call, with what is left of its way.
type Way struct {
	Unit, Call       string
	Name             city.Text // of the unit, as people say it
	Kind             string
	Priority         int
	Sent             time.Time
	Eta, Early, Late float64 // s from now: expected, and the 5 % and 95 % by how earlier arrivals were off
	Line             orb.LineString
	Lights           []LightAhead // by when it comes to them
}

// What a light shows a unit that comes.
const (
	ShowsUnknown = iota
	ShowsRed
	ShowsGreen
	ShowsChange // the inter-green to its green
)

// A LightAhead is a signal before a unit.
type LightAhead struct {
	Junction int
	Arrive   float64 // s from now, if nothing stands in its way
	Shows    uint8
	Held     bool // a corridor holds it for this unit
	Queue    float64
}

// Ways lists the units under way to calls. Read it between ticks.
func (b *Brain) Ways() []Way {
	early, late := b.spread()
	now := int(b.now.Sub(b.cfg.Start) / time.Second)
	var list []Way
	for _, m := range sortedMissions(b.calls.missions) {
		w := Way{Unit: m.unit, Call: m.call, Name: b.unitName(m.unit), Kind: b.unitKind(m.unit), Priority: m.priority, Sent: m.sent, Eta: max(0, m.eta.Sub(b.now).Seconds())}
		if m.at < len(m.route) {
			wait := 0.0
			if m.at == 0 {
				wait = max(0, m.sent.Add(turnout*time.Second).Sub(b.now).Seconds())
			}
			w.Line = b.course(m.route[m.at:], m.metres)
			if r := b.driven; r != nil {
				w.Eta = wait
				for i, l := range m.route[m.at:] {
					share := 1.0
					if i == 0 {
						share = max(0, 1-m.metres/b.city.Streets.Links[l].Length)
					}
					if s := float64(r.seconds[l]); s < float64(wayClosed) {
						w.Eta += s * share
					}
				}
			}
			if !m.vetoed && !b.cfg.NoSignals {
				for _, p := range b.corridor.Ahead(m.route[m.at:], m.metres, wait, b.streets.SirenFree, b.queueFor) {
					w.Lights = append(w.Lights, b.lightAhead(m.unit, p, now))
				}
			}
		}
		w.Early, w.Late = w.Eta*early, w.Eta*late
		list = append(list, w)
	}
	return list
}

// wayClosed is the seconds of a link from which it has been closed since the unit was sent.
const wayClosed = 3600

func (b *Brain) lightAhead(unit string, p corridor.Passage, now int) LightAhead {
	x := LightAhead{Junction: p.Junction, Arrive: p.Arrive, Queue: p.Queue}
	if who, held := b.corridor.Holds(p.Junction); held {
		x.Held = who == unit
	}
	l, ok := b.light(p.Junction, now)
	if !ok {
		return x
	}
	at := &b.city.Signals[p.Junction]
	x.Shows = ShowsRed
	switch here, next := at.InStage(l.Stage, p.Movement), l.Next >= 0 && at.InStage(l.Next, p.Movement); {
	case here && (l.Next < 0 || next):
		x.Shows = ShowsGreen
	case next:
		x.Shows = ShowsChange
	}
	return x
}

// course is the line of links that follow one another, from so many metres along the first.
func (b *Brain) course(links []int32, metres float64) orb.LineString {
	var line orb.LineString
	for i, l := range links {
		link := &b.city.Streets.Links[l]
		pass := 0.0
		if i == 0 {
			pass = metres
			line = append(line, traffic.At(link, metres))
		}
		for k := 1; k < len(link.Line); k++ {
			if pass -= math.Hypot(link.Line[k][0]-link.Line[k-1][0], link.Line[k][1]-link.Line[k-1][1]); pass < 0 {
				line = append(line, link.Line[k])
			}
		}
	}
	return line
}

// unitKind is the kind that a unit's centre reports; ambulances need not say so.
func (b *Brain) unitKind(id string) string {
	if e, ok := b.main.Snapshot().Get(exchange.URN("EmergencyVehicle", id)); ok {
		if k, ok := e.Text("kind"); ok && k != "" {
			return k
		}
	}
	return "ambulance"
}

// UnitName is what people of a city call a unit.
func UnitName(c *city.City, id string) city.Text { return (&Brain{city: c}).unitName(id) }
