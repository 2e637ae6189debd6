package brain

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
	"time"

	"citybrain/city"
	"citybrain/emergency"
	"citybrain/emergency/ems"
	"citybrain/exchange"
	"citybrain/routing"
)

// urgency is what a call in time is worth beside one that is life-threatening, by priority: an assumption, which the centre's doctors
// would set.
var urgency = [...]float64{0, 1, 0.5, 0.2}

// leastGain is what sending a unit on from another call must gain, in life-threatening calls within target: crews that turn round
// for little lose their way and their trust.
const leastGain = 0.1

// outcome is what a response of r seconds is worth.
func (b *Brain) outcome(r float64) float64 {
	set := ems.DefaultSettings
	return 0.5*math.Erfc((r-b.target())/(set.Spread*math.Sqrt2)) - set.Hour*r/3600
}

// preempt looks for a unit that is still under way to a less urgent call and would gain a life-threatening one more than the other
// loses, which gets the next free unit. If there is one it comes first among the choices, and the call that it leaves is returned.
func (b *Brain) preempt(c *callSeen, kind emergency.Kind, units []unitSeen, list []callSeen, choices *[]DispatchChoice, routes map[string][]int32) (from string, why city.Text, err error) {
	if c.priority != 1 {
		return "", why, nil
	}
	var under []*unitSeen
	for i := range units {
		u := &units[i]
		m := b.calls.missions[u.id]
		if _, silent := b.calls.silent[[2]string{c.id, u.id}]; u.kind == kind && !u.lost && !u.lent && !silent && m != nil && m.seen && m.call != c.id && m.priority > c.priority {
			under = append(under, u)
		}
	}
	if len(under) == 0 {
		return "", why, nil
	}
	r, err := b.roadsOf(kind)
	if err != nil {
		return "", why, err
	}
	waited := b.now.Sub(c.ring).Seconds()
	now := -2.0 // nobody comes for hours
	if len(*choices) > 0 {
		now = b.outcome(waited + (*choices)[0].ArriveS)
	}
	node := b.nearestNode(c.at)
	tree := b.graph.To(node, r.seconds, &b.search)
	type option struct {
		u    *unitSeen
		m    *mission
		s    float64
		gain float64
	}
	var best *option
	for _, u := range under {
		o := option{u: u, m: b.calls.missions[u.id]}
		if u.status == emergency.Turnout {
			o.s = math.Max(0, o.m.sent.Add(time.Duration(kind.Turnout())*time.Second).Sub(b.now).Seconds())
		}
		if u.node != node {
			_, d := tree.FromNode(b.leave[u.node], r.seconds)
			o.s += float64(d)
		}
		if o.s >= float64(routing.Closed) {
			continue
		}
		other := slices.IndexFunc(list, func(x callSeen) bool { return x.id == o.m.call })
		if other < 0 {
			continue
		}
		// Most cannot gain enough whatever the other call loses.
		if o.gain = urgency[1] * (b.outcome(waited+o.s) - now); o.gain < leastGain {
			continue
		}
		o.gain -= b.leaves(&list[other], o.m, kind, units, *choices, r)
		if o.gain >= leastGain && (best == nil || o.gain > best.gain) {
			best = &o
		}
	}
	if best == nil {
		return "", why, nil
	}
	links, s, ok := b.drive(r, best.u.node, node, 0)
	if !ok {
		return "", why, nil
	}
	routes[best.u.id] = links
	early, late := b.spread()
	s = math.Max(s, best.s)
	*choices = append([]DispatchChoice{{Unit: best.u.id, ArriveS: s, EarlyS: s * early, LateS: s * late, Outcome: b.outcome(waited + s)}}, *choices...)
	for i := range (*choices)[1:] {
		x := &(*choices)[i+1]
		x.CostMore = math.Max(x.CostMore, best.gain)
	}
	slices.SortStableFunc((*choices)[1:], func(x, y DispatchChoice) int { return cmp.Compare(x.CostMore, y.CostMore) })
	b.stats.Diverted++
	why = city.Text{En: fmt.Sprintf(" It leaves call %s of priority %d, which gets the next unit: %.3f of a call within target gained.", best.m.call, best.m.priority, best.gain),
		Zh: fmt.Sprintf(" 该单位原赴 %d 级呼叫 %s，改由下一单位前往；达标期望增加 %.3f。", best.m.priority, best.m.call, best.gain)}
	from = best.m.call
	if best.m.decision != nil {
		best.m.decision.undo = nil // there is nothing to call off any more
	}
	return from, why, nil
}

// leaves is what a call loses whose unit goes elsewhere: the next free one comes, other than the one that would have gone there.
func (b *Brain) leaves(c *callSeen, m *mission, kind emergency.Kind, units []unitSeen, choices []DispatchChoice, r *roadsNow) float64 {
	waited := b.now.Sub(c.ring).Seconds()
	next := 2 * 3600.0
	tree := b.graph.To(m.node, r.seconds, &b.search)
	for i := range units {
		u := &units[i]
		if u.kind != kind || u.lent || !u.goes(c.priority) {
			continue
		}
		s := u.late()
		if u.node != m.node {
			_, d := tree.FromNode(b.leave[u.node], r.seconds)
			s += float64(d)
		}
		next = math.Min(next, s)
	}
	return urgency[min(3, max(1, c.priority))] * (b.outcome(waited+math.Max(0, m.eta.Sub(b.now).Seconds())) - b.outcome(waited+next))
}

// How mutual aid is asked for: at once for what is life-threatening, else when a call has found no unit for patience.
const (
	aidPatience = 3 * time.Minute
	aidAgain    = 15 * time.Minute
)

// centreOf is the department that orders units of a kind.
var centreOf = [emergency.Kinds]string{"ambulance_120", "fire_119", "police_110", "fire_119", "fire_119"}

// kindNames are units' kinds as people say them.
var kindNames = [emergency.Kinds]city.Text{{En: "ambulance", Zh: "救护车"}, {En: "fire engine", Zh: "消防车"}, {En: "police car", Zh: "警车"}, {En: "rescue boat", Zh: "救援艇"}, {En: "mobile pump", Zh: "移动泵车"}}

// seekAid has the neighbour city asked for a unit that the city does not have.
func (b *Brain) seekAid(c *callSeen, k emergency.Kind) {
	key := strings.Join([]string{c.id, k.String()}, " ")
	if c.priority > 1 && b.now.Sub(c.ring) < aidPatience || c.aid == "asked" {
		return
	}
	if at, ok := b.calls.aid[key]; ok && b.now.Sub(at) < aidAgain {
		return
	}
	b.calls.aid[key] = b.now
	b.stats.Aid++
	d := &Decision{Kind: "dispatch", Deadline: b.now.Add(2 * time.Minute), Base: b.dispatchBase, With: b.dispatchWith, IfNot: city.Text{En: "the call waits until a unit of the city's is free", Zh: "等待本市单位空闲"},
		Title:  city.Text{En: fmt.Sprintf("Ask the neighbour for a %s for call %s", kindNames[k].En, c.id), Zh: fmt.Sprintf("请邻市支援%s赴呼叫 %s", kindNames[k].Zh, c.id)},
		Why:    city.Text{En: fmt.Sprintf("No %s of the city's can go.", kindNames[k].En), Zh: fmt.Sprintf("本市无可派%s。", kindNames[k].Zh)},
		orders: []exchange.Command{{Aid: &exchange.AidOrder{Centre: centreOf[k], Call: c.id, Kind: k.String()}, Until: b.now.Add(2 * time.Minute)}}}
	lon, lat := b.city.Frame.WGS84(c.at)
	d.At = &[2]float64{lon, lat}
	b.decide(d)
}
