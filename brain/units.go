package brain

import (
	"fmt"
	"math"
	"strings"
	"time"

	"citybrain/city"
	"citybrain/emergency"
	"citybrain/exchange"
	"citybrain/twin"
	"github.com/paulmach/orb"
)

// unitSeen is an ambulance as its centre reports it.
type unitSeen struct {
	id, call string
	status   emergency.UnitStatus
	lost     bool // it has stopped reporting
	at       orb.Point
	node     int32
	station  int32 // index into the city's places, -1: not known
}

// free reports whether the unit may be sent.
func (u *unitSeen) free() bool { return !u.lost && u.status.Free() }

// late is the seconds before it moves.
func (u *unitSeen) late() float64 {
	if u.status == emergency.AtStation {
		return turnout
	}
	return 0
}

// turnout is the seconds from an order to rolling wheels; lostAfter is how long a unit, which reports every ten seconds, may be silent.
const (
	turnout   = 60
	lostAfter = time.Minute
)

// unitsSeen lists the units by what was last heard of them.
func (b *Brain) unitsSeen(s twin.Snapshot) []unitSeen {
	var list []unitSeen
	for e := range s.Query(twin.Query{Types: []string{"EmergencyVehicle"}}) {
		id, ours := strings.CutPrefix(e.ID, exchange.URN("EmergencyVehicle", ""))
		lon, lat, ok := e.Location()
		status, _ := e.Text("status")
		st, err := emergency.ParseStatus(status)
		if !ok || !ours || err != nil {
			continue
		}
		u := unitSeen{id: id, status: st, at: b.city.Frame.Local(lon, lat), station: -1, lost: b.now.Sub(e.ObservedAt("status")) > lostAfter}
		u.node = b.nearestNode(u.at)
		u.call, _ = e.Text("call")
		if name, ok := e.Text("station"); ok {
			u.station = b.stationOf(name)
		}
		list = append(list, u)
	}
	return list
}

func (b *Brain) stationOf(id string) int32 {
	for i := range b.city.Places {
		if p := &b.city.Places[i]; p.ID == id && p.Kind == city.AmbulanceStation && p.Node >= 0 {
			return int32(i)
		}
	}
	return -1
}

// missing notes which units have fallen silent, and which are heard again: in the twin, where everybody sees it, and in the log of decisions.
func (b *Brain) missing(units []unitSeen) {
	for i := range units {
		u := &units[i]
		if u.lost == b.lost[u.id] {
			continue
		}
		b.lost[u.id] = u.lost
		state := "heard"
		if u.lost {
			state = "lost"
		}
		ch := twin.Set(exchange.URN("EmergencyVehicle", u.id), "EmergencyVehicle", twin.Text("contact", state, b.now))
		ch.Origin = twin.Edit
		_, unkept := b.main.Apply(ch)
		d := &Decision{Kind: "unit", Deadline: b.now}
		if u.lost {
			d.Title = city.Text{En: fmt.Sprintf("Unit %s is lost", u.id), Zh: fmt.Sprintf("单位 %s 失联", b.unitName(u.id).Zh)}
			d.Why = city.Text{En: fmt.Sprintf("Nothing was heard of it for %.0f s; it is not sent anywhere.", lostAfter.Seconds()), Zh: fmt.Sprintf("已%.0f秒无上报，不再派遣。", lostAfter.Seconds())}
		} else {
			d.Title = city.Text{En: fmt.Sprintf("Unit %s is heard again", u.id), Zh: fmt.Sprintf("单位 %s 恢复上报", b.unitName(u.id).Zh)}
			d.Why = city.Text{En: "It reports; it may be sent.", Zh: "已恢复上报，可以派遣。"}
		}
		if unkept != nil {
			d.Why.En += " The twin did not take it: " + unkept.Error() + "."
			d.Why.Zh += "孪生体未记录：" + unkept.Error() + "。"
		}
		b.note(d, u.at)
	}
}

// note records what was done or seen at once, at a place.
func (b *Brain) note(d *Decision, at orb.Point) {
	lon, lat := b.city.Frame.WGS84(at)
	d.At = &[2]float64{lon, lat}
	b.decide(d)
	if d.State == string(exchange.Proposed) || len(d.orders) == 0 {
		d.State = string(exchange.Seen)
		b.record(d)
	}
}

// nearestNode returns the node of the ground streets nearest to p.
func (b *Brain) nearestNode(p orb.Point) int32 {
	best, least := int32(0), math.Inf(1)
	for i := range b.city.Streets.Nodes {
		n := &b.city.Streets.Nodes[i]
		if d := math.Hypot(n.At[0]-p[0], n.At[1]-p[1]); d < least {
			best, least = int32(i), d
		}
	}
	return best
}

// unitName is what people call a unit: its station's name and its number there.
func (b *Brain) unitName(id string) city.Text {
	if at := strings.LastIndex(id, "-"); at >= 0 {
		for i := range b.city.Places {
			if p := &b.city.Places[i]; p.ID == id[:at] {
				return city.Text{En: p.Name.En + " " + id[at+1:], Zh: p.Name.Zh + id[at+1:] + "车"}
			}
		}
	}
	return city.Text{En: id, Zh: id}
}
