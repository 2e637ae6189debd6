package brain

import (
	"math"
	"time"

	"citybrain/emergency"
	"citybrain/exchange"
	"citybrain/twin"
	"github.com/paulmach/orb"
)

// unitSeen is an ambulance as its centre reports it.
type unitSeen struct {
	emergency.Candidate
	id string
}

func (b *Brain) unitsSeen(s twin.Snapshot) []unitSeen {
	var list []unitSeen
	for e := range s.Query(twin.Query{Types: []string{"EmergencyVehicle"}}) {
		lon, lat, ok := e.Location()
		status, _ := e.Text("status")
		st, err := emergency.ParseStatus(status)
		if !ok || err != nil || b.now.Sub(e.ObservedAt("status")) > time.Minute {
			continue
		}
		u := unitSeen{Candidate: emergency.Candidate{Unit: len(list), Free: st.Free(), Node: b.nearestNode(b.city.Frame.Local(lon, lat))}, id: e.ID[len(exchange.URN("EmergencyVehicle", "")):]}
		if st == emergency.AtStation {
			u.Late = 60
		}
		list = append(list, u)
	}
	return list
}

func candidates(units []unitSeen) []emergency.Candidate {
	list := make([]emergency.Candidate, len(units))
	for i := range units {
		list[i] = units[i].Candidate
	}
	return list
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
