package brain

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"citybrain/city"
	"citybrain/emergency"
	"citybrain/exchange"
	"citybrain/twin"
	"github.com/paulmach/orb"
)

// unitSeen is a unit as its centre reports it.
type unitSeen struct {
	id, call string
	kind     emergency.Kind
	status   emergency.UnitStatus
	takes    int  // least urgent priority that its crew takes now, 0: none
	lost     bool // it has stopped reporting
	lent     bool // the neighbour city's
	at       orb.Point
	node     int32
	station  int32  // index into the city's places, -1: not known
	hospital string // to which it is bound
}

// free reports whether the unit may be sent to some call.
func (u *unitSeen) free() bool { return !u.lost && u.status.Free() && u.takes > 0 }

// goes reports whether the unit may be sent to a call of a priority: a crew at its meal leaves for what is life-threatening.
func (u *unitSeen) goes(priority int) bool { return !u.lost && u.takes >= priority }

// late is the seconds before it moves.
func (u *unitSeen) late() float64 {
	if u.status == emergency.AtStation || u.status == emergency.Meal {
		return u.kind.Turnout()
	}
	return 0
}

// turnout is an ambulance's seconds from an order to rolling wheels; lostAfter is how long a unit may be silent, which reports every ten
// seconds, or thirty where it stands at its station.
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
		if name, ok := e.Text("kind"); ok {
			if u.kind, err = emergency.ParseKind(name); err != nil {
				continue
			}
		}
		u.node = b.nearestNode(u.at)
		u.call, _ = e.Text("call")
		u.hospital, _ = e.Text("hospital")
		if name, ok := e.Text("station"); ok {
			u.station, u.lent = b.stationOf(name), name == "neighbour"
		}
		if n, ok := e.Number("takes"); ok {
			u.takes = int(n)
		} else if st.Free() {
			u.takes = 3
		}
		if u.lent && (st == emergency.Returning || st == emergency.Away) && u.lost {
			continue // it has gone home over the border
		}
		list = append(list, u)
	}
	return list
}

// stationOf is the place of a station, -1: none of the city's.
func (b *Brain) stationOf(id string) int32 {
	if p, ok := b.placeOf[id]; ok && b.city.Places[p].Node >= 0 {
		return p
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

// nearestNode returns the node of the streets nearest to p.
func (b *Brain) nearestNode(p orb.Point) int32 { return b.nodes.nearest(p) }

// nodeIndex finds nodes by place: buckets of a grid.
type nodeIndex struct {
	at         []city.Node
	low        orb.Point
	cols, rows int
	first      []int32 // of each bucket, into list
	list       []int32
}

const bucket = 200.0 // m

func newNodeIndex(s *city.Streets) *nodeIndex {
	x := &nodeIndex{at: s.Nodes, cols: 1, rows: 1}
	if len(s.Nodes) > 0 {
		box := orb.Bound{Min: s.Nodes[0].At, Max: s.Nodes[0].At}
		for i := range s.Nodes {
			box = box.Extend(s.Nodes[i].At)
		}
		x.low = box.Min
		x.cols, x.rows = int((box.Max[0]-box.Min[0])/bucket)+1, int((box.Max[1]-box.Min[1])/bucket)+1
	}
	x.first = make([]int32, x.cols*x.rows+1)
	for i := range s.Nodes {
		x.first[x.bucket(s.Nodes[i].At)+1]++
	}
	for k := range x.cols * x.rows {
		x.first[k+1] += x.first[k]
	}
	x.list = make([]int32, len(s.Nodes))
	fill := slices.Clone(x.first)
	for i := range s.Nodes {
		k := x.bucket(s.Nodes[i].At)
		x.list[fill[k]] = int32(i)
		fill[k]++
	}
	return x
}

func (x *nodeIndex) cell(p orb.Point) (col, row int) {
	return max(0, min(x.cols-1, int((p[0]-x.low[0])/bucket))), max(0, min(x.rows-1, int((p[1]-x.low[1])/bucket)))
}

func (x *nodeIndex) bucket(p orb.Point) int {
	col, row := x.cell(p)
	return row*x.cols + col
}

// nearest looks in rings of buckets about p's until none farther out can hold a nearer node; of equals the first.
func (x *nodeIndex) nearest(p orb.Point) int32 {
	best, least := int32(0), math.Inf(1)
	col, row := x.cell(p)
	// What lies beyond the grid is farther from every bucket than its edge is.
	for ring := 0; ring <= max(x.cols, x.rows); ring++ {
		if float64(ring-1)*bucket > least {
			break
		}
		for r := max(0, row-ring); r <= min(x.rows-1, row+ring); r++ {
			for c := max(0, col-ring); c <= min(x.cols-1, col+ring); c++ {
				if max(r-row, row-r, c-col, col-c) != ring {
					continue
				}
				for _, i := range x.list[x.first[r*x.cols+c]:x.first[r*x.cols+c+1]] {
					if d := math.Hypot(x.at[i].At[0]-p[0], x.at[i].At[1]-p[1]); d < least || d == least && i < best {
						best, least = i, d
					}
				}
			}
		}
	}
	return best
}

// unitName is what people call a unit: its station's name and its number there, or the neighbour city's.
func (b *Brain) unitName(id string) city.Text {
	at := strings.LastIndex(id, "-")
	if at < 0 {
		return city.Text{En: id, Zh: id}
	}
	n := id[at+1:]
	if id[:at] == "neighbour" {
		return city.Text{En: "Neighbour city " + n, Zh: "邻市" + n + "车"}
	}
	for i := range b.city.Places {
		p := &b.city.Places[i]
		if p.ID != id[:at] {
			continue
		}
		what := "车"
		if p.Kind == city.RescueStation {
			what = "艇"
		}
		return city.Text{En: p.Name.En + " " + n, Zh: p.Name.Zh + n + what}
	}
	return city.Text{En: id, Zh: id}
}
