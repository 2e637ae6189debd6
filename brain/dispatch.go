package brain

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"citybrain/city"
	"citybrain/emergency"
	"citybrain/emergency/ems"
	"citybrain/exchange"
	"citybrain/routing"
	"citybrain/twin"
	"github.com/paulmach/orb"
)

// A DispatchChoice is a unit that could have gone to a call, and what its going would have been worth.
type DispatchChoice struct {
	Unit     string  `json:"unit"`
	ArriveS  float64 `json:"arrive_s"` // from now, along the roads ahead
	EarlyS   float64 `json:"early_s"`  // 5 % and …
	LateS    float64 `json:"late_s"`   // … 95 % of it, by how earlier ones were off
	Outcome  float64 `json:"outcome"`  // for the call, in calls within target
	Coverage float64 `json:"coverage"` // that the calls to come lose, in the same
	CostMore float64 `json:"cost"`     // beside the best, in the same

	route []int32 // links; none where its drive was reckoned by the roads of then
}

// A mission is a unit under way to a call, as the brain knows it.
type mission struct {
	unit, call string
	from       string // the less urgent call that it leaves for this one
	kind       emergency.Kind
	leads      bool // it is of the kind that answers the call
	priority   int
	route      []int32 // links, from where it was when it was sent
	at         int     // index of the link on which it is …
	metres     float64 // … and how far along
	node       int32   // of the call
	sent       time.Time
	eta        time.Time
	seen       bool // its centre has reported it for this call
	urged      bool // a corridor has been noted
	vetoed     bool // no corridor for it
	decision   *Decision
}

// How calls are handled.
const (
	sameWithin  = 120.0            // m between two calls for one case …
	sameFor     = 15 * time.Minute // … and between their rings
	considered  = 6                // units whose drive is reckoned along the forecast
	excludedFor = 10 * time.Minute // a unit that did not answer is not asked again
	deskDelay   = 90               // s from ring to assignment, of a usual call
)

// calls is what the brain has done about the calls that it knows.
type calls struct {
	missions map[string]*mission   // by unit
	aid      map[string]time.Time  // call and kind: when the neighbour was asked
	brought  map[string]string     // unit: the call and hospital that it was told
	silent   map[[2]string]silence // call and unit: it did not answer
	patience [emergency.Kinds]patience
	apart    map[string]bool // calls that their centre would not have merged
	handled  map[string]*exchange.Command
	offs     []float64 // arrivals over what was expected, the newest last
	moves    map[string]int
	shift    int
	lastMove time.Time
}

// A silence is when a unit was taken not to have heard an order, and when that was sent.
type silence struct{ since, sent time.Time }

func newCalls() *calls {
	return &calls{missions: map[string]*mission{}, aid: map[string]time.Time{}, brought: map[string]string{}, silent: map[[2]string]silence{}, apart: map[string]bool{}, handled: map[string]*exchange.Command{}, moves: map[string]int{}}
}

// answerCalls gives each waiting call its path: a unit, the most urgent call first; or the neighbour, a person, the open call that it
// repeats.
func (b *Brain) answerCalls(s twin.Snapshot) error {
	units := b.unitsSeen(s)
	b.missing(units)
	list := b.callsSeen(s)
	b.follow(units, list)
	if b.halted {
		return nil
	}
	for i := range list {
		c := &list[i]
		if c.status == "waiting" {
			if path, with, ok := b.pathOf(c, list); ok {
				b.giveAway(c, path, with)
				continue
			}
		}
		if c.helped() {
			if err := b.serve(c, units, list); err != nil {
				return err
			}
		}
	}
	if err := b.bring(s, units, list); err != nil {
		return err
	}
	return b.redeploy(units)
}

// serve sends what a call misses.
func (b *Brain) serve(c *callSeen, units []unitSeen, list []callSeen) error {
	if c.missing.Any() {
		b.chase(c)
	}
	for k := range emergency.Kinds {
		for want := int(c.missing[k]) - b.unconfirmed(c, k); want > 0; want-- {
			sent, err := b.send(c, k, units, list)
			if err != nil {
				return err
			}
			if !sent {
				b.seekAid(c, k)
				break
			}
		}
	}
	return nil
}

// unconfirmed is how many units of a kind have been sent to a call whose centre has not said so yet.
func (b *Brain) unconfirmed(c *callSeen, k emergency.Kind) (n int) {
	for _, m := range b.calls.missions {
		if m.call == c.id && m.kind == k && !m.seen && !slices.Contains(c.units, m.unit) && c.unit != m.unit {
			n++
		}
	}
	return n
}

// chase gives up on units that do not show for a call that they were sent to.
func (b *Brain) chase(c *callSeen) {
	for _, m := range sortedMissions(b.calls.missions) {
		if m.call != c.id || m.seen || b.now.Sub(m.sent) < b.calls.patience[m.kind].limit() || slices.Contains(c.units, m.unit) || c.unit == m.unit {
			continue
		}
		b.calls.silent[[2]string{c.id, m.unit}] = silence{b.now, m.sent}
		delete(b.calls.missions, m.unit)
		b.note(&Decision{Kind: "unit", Deadline: b.now, Title: city.Text{En: fmt.Sprintf("%s did not answer for call %s", b.unitName(m.unit).En, c.id), Zh: fmt.Sprintf("单位 %s 未应答呼叫 %s", b.unitName(m.unit).Zh, c.id)},
			Why: city.Text{En: fmt.Sprintf("Not seen under way within %.0f s; the next unit is sent.", b.calls.patience[m.kind].limit().Seconds()), Zh: fmt.Sprintf("%.0f秒内未应答，改派下一单位。", b.calls.patience[m.kind].limit().Seconds())}}, c.at)
	}
}

// send sends a unit of a kind to a call; false if there is none.
func (b *Brain) send(c *callSeen, kind emergency.Kind, units []unitSeen, list []callSeen) (bool, error) {
	choices, routes, err := b.rank(c, kind, units)
	if err != nil {
		return false, err
	}
	from, reason, err := b.preempt(c, kind, units, list, &choices, routes)
	if err != nil || len(choices) == 0 {
		return false, err
	}
	best := choices[0]
	u := &units[slices.IndexFunc(units, func(u unitSeen) bool { return u.id == best.Unit })]
	route := routes[best.Unit]
	for i := range choices {
		choices[i].route = routes[choices[i].Unit]
	}
	ids := make([]string, len(route))
	for i, l := range route {
		ids[i] = b.city.Streets.Links[l].ID
	}
	d := &Decision{Kind: "dispatch", Deadline: b.now.Add(time.Minute), Base: b.dispatchBase, With: b.dispatchWith, Choices: choices[:min(3, len(choices))],
		Title:  city.Text{En: fmt.Sprintf("%s to call %s", b.unitName(best.Unit).En, c.id), Zh: fmt.Sprintf("派 %s 赴呼叫 %s", b.unitName(best.Unit).Zh, c.id)},
		IfNot:  city.Text{En: "the centre sends the nearest by free roads", Zh: "中心按畅通路况派最近单位"},
		orders: []exchange.Command{{Dispatch: &exchange.DispatchOrder{Call: c.id, Unit: best.Unit, Route: ids, From: from}, Until: b.now.Add(2 * time.Minute)}}}
	lon, lat := b.city.Frame.WGS84(c.at)
	d.At = &[2]float64{lon, lat}
	d.Why = b.whyUnit(choices)
	d.Why.En, d.Why.Zh = d.Why.En+reason.En, d.Why.Zh+reason.Zh
	m := &mission{unit: best.Unit, call: c.id, from: from, kind: kind, leads: kind == c.kind.Lead(), priority: c.priority, route: route, node: b.nearestNode(c.at), sent: b.now, eta: b.now.Add(time.Duration(best.ArriveS * float64(time.Second))), decision: d}
	d.undo = func(b *Brain, by string) {
		b.calls.silent[[2]string{c.id, best.Unit}] = silence{since: b.now} // it is not chosen again
		if b.calls.missions[best.Unit] != m {
			return
		}
		delete(b.calls.missions, best.Unit)
		if m.seen { // it is on its way
			b.stats.Recalled++
			d.sent = append(d.sent, b.command(exchange.Command{Recall: &exchange.RecallOrder{Unit: best.Unit, Call: c.id}, Decision: d.ID, Principal: by, Until: b.now.Add(2 * time.Minute)}))
		}
	}
	b.calls.missions[best.Unit] = m
	u.status, u.takes = emergency.Turnout, 0
	b.decide(d)
	return true, nil
}

// whyUnit says why the first choice was taken, beside the two next.
func (b *Brain) whyUnit(list []DispatchChoice) city.Text {
	en := fmt.Sprintf("There in %s (%s–%s).", minutes(list[0].ArriveS), minutes(list[0].EarlyS), minutes(list[0].LateS))
	zh := fmt.Sprintf("预计 %s 到达（%s–%s）。", minutes(list[0].ArriveS), minutes(list[0].EarlyS), minutes(list[0].LateS))
	for _, c := range list[1:min(3, len(list))] {
		en += fmt.Sprintf(" %s: %s, would cost %.3f of a call within target more.", b.unitName(c.Unit).En, minutes(c.ArriveS), c.CostMore)
		zh += fmt.Sprintf(" %s：%s，多损失 %.3f 次达标。", b.unitName(c.Unit).Zh, minutes(c.ArriveS), c.CostMore)
	}
	return city.Text{En: en, Zh: zh}
}

func minutes(s float64) string { return fmt.Sprintf("%d:%02d", int(s)/60, int(s)%60) }

// rank returns the free units of a kind for a call, the best first, and the route of each whose drive was reckoned along the forecast.
func (b *Brain) rank(c *callSeen, kind emergency.Kind, units []unitSeen) ([]DispatchChoice, map[string][]int32, error) {
	if !slices.ContainsFunc(units, func(u unitSeen) bool { return u.kind == kind && u.goes(c.priority) }) {
		return nil, map[string][]int32{}, nil
	}
	r, err := b.roadsOf(kind)
	if err != nil {
		return nil, nil, err
	}
	node := b.nearestNode(c.at)
	tree := b.graph.To(node, r.seconds, &b.search)
	type near struct {
		u *unitSeen
		s float64
	}
	var list []near
	var options []ems.Option
	busy := 0
	for i := range units {
		u := &units[i]
		if u.kind != kind || u.lent {
			continue
		}
		if !u.lost && !u.status.Free() {
			busy++
		}
		if t, silent := b.calls.silent[[2]string{c.id, u.id}]; !u.goes(c.priority) || silent && b.now.Sub(t.since) < excludedFor {
			continue
		}
		s := u.late()
		if u.node != node {
			_, d := tree.FromNode(b.leave[u.node], r.seconds)
			s += float64(d)
		}
		if s < float64(routing.Unreachable) && s < float64(routing.Closed) {
			list = append(list, near{u, s})
		}
	}
	routes := map[string][]int32{}
	if len(list) == 0 {
		return nil, routes, nil
	}
	slices.SortFunc(list, func(x, y near) int {
		if k := cmp.Compare(x.s, y.s); k != 0 {
			return k
		}
		return strings.Compare(x.u.id, y.u.id)
	})
	// The nearest by the roads of now are reckoned along those to come.
	for i := range list[:min(considered, len(list))] {
		x := &list[i]
		late := time.Duration(x.u.late() * float64(time.Second))
		if links, s, ok := b.drive(r, x.u.node, node, late); ok {
			x.s, routes[x.u.id] = x.u.late()+s, links
		}
	}
	byValue := b.byValue && b.places != nil && kind == emergency.Ambulance
	for i := range list {
		o := ems.Option{Unit: i, Drive: list[i].s}
		if byValue {
			o.Row = b.places.row(b, list[i].u)
		}
		options = append(options, o)
	}
	var ranked []ems.Choice
	waited := b.now.Sub(c.ring).Seconds()
	if byValue {
		ranked = b.cover(units, busy).Rank(waited, b.target(), options)
	} else {
		for _, o := range options {
			ranked = append(ranked, ems.Choice{Unit: o.Unit, Drive: o.Drive, Outcome: -o.Drive / 3600})
		}
		slices.SortStableFunc(ranked, func(x, y ems.Choice) int { return cmp.Compare(x.Drive, y.Drive) })
	}
	early, late := b.spread()
	var out []DispatchChoice
	for _, k := range ranked {
		out = append(out, DispatchChoice{Unit: list[k.Unit].u.id, ArriveS: k.Drive, EarlyS: k.Drive * early, LateS: k.Drive * late, Outcome: k.Outcome, Coverage: k.Coverage, CostMore: ranked[0].Value() - k.Value()})
	}
	// Whoever goes must know the way.
	if first := &list[ranked[0].Unit]; routes[first.u.id] == nil {
		if links, s, ok := b.drive(r, first.u.node, node, time.Duration(first.u.late()*float64(time.Second))); ok {
			out[0].ArriveS, routes[first.u.id] = first.u.late()+s, links
		}
	}
	return out, routes, nil
}

func (b *Brain) target() float64 {
	if b.city.TargetS > 0 {
		return b.city.TargetS
	}
	return 480
}

// cover is the value of free ambulances as busy as they are now.
func (b *Brain) cover(units []unitSeen, busy int) *ems.Cover {
	n := 0
	for i := range units {
		if units[i].kind == emergency.Ambulance && !units[i].lent {
			n++
		}
	}
	return ems.NewCover(b.places.share, float64(busy)/float64(max(1, n)), b.target()-deskDelay)
}

// spread is the 5 % and 95 % quantiles of arrivals over what was expected; before enough of them are known those of an evening's.
func (b *Brain) spread() (early, late float64) {
	if len(b.calls.offs) < 15 {
		return 0.8, 1.35
	}
	return quantile(b.calls.offs, 0.05), quantile(b.calls.offs, 0.95)
}

// follow keeps the missions as the centre reports them: who is under way for what, where on its route, and who has arrived.
func (b *Brain) follow(units []unitSeen, list []callSeen) {
	call := map[string]*callSeen{}
	for i := range list {
		call[list[i].id] = &list[i]
	}
	known := map[string]bool{}
	for i := range units {
		u := &units[i]
		known[u.id] = true
		m := b.calls.missions[u.id]
		under := u.status == emergency.Turnout || u.status == emergency.ToScene
		switch {
		case u.lost:
			delete(b.calls.missions, u.id)
		case under && u.call != "" && m != nil && m.from == u.call && !m.seen && b.now.Sub(m.sent) < b.calls.patience[u.kind].limit():
			// It has been told to leave that call.
		case under && u.call != "" && (m == nil || m.call != u.call):
			// Its centre has sent it, or it heard of the order after all: its way is not known, but can be guessed.
			if k := [2]string{u.call, u.id}; !b.calls.silent[k].sent.IsZero() {
				b.calls.patience[u.kind].answered(b.now.Sub(b.calls.silent[k].sent))
				delete(b.calls.silent, k)
			}
			c := call[u.call]
			if c == nil || !c.placed {
				continue
			}
			m = &mission{unit: u.id, call: u.call, kind: u.kind, leads: u.kind == c.kind.Lead(), priority: c.priority, node: b.nearestNode(c.at), sent: b.now, seen: true}
			if r, err := b.roadsOf(u.kind); err == nil {
				links, s, _ := b.drive(r, u.node, m.node, time.Duration(u.late()*float64(time.Second)))
				m.route, m.eta = links, b.now.Add(time.Duration((u.late()+s)*float64(time.Second)))
			}
			b.calls.missions[u.id] = m
		case m != nil && under && u.call == m.call:
			if !m.seen {
				b.calls.patience[u.kind].answered(b.now.Sub(m.sent))
			}
			m.seen = true
			m.at, m.metres = b.along(m, u.at)
		case m != nil && u.call == m.call && u.status == emergency.OnScene:
			if want := m.eta.Sub(m.sent).Seconds(); want > 30 {
				b.calls.offs = append(b.calls.offs, b.now.Sub(m.sent).Seconds()/want)
				if n := len(b.calls.offs); n > 100 {
					b.calls.offs = b.calls.offs[n-100:]
				}
			}
			if m.decision != nil {
				m.decision.undo = nil // it is there
			}
			delete(b.calls.missions, u.id)
		case m != nil && (m.seen || b.now.Sub(m.sent) > time.Minute):
			delete(b.calls.missions, u.id) // stood down
		}
	}
	for id := range b.calls.missions {
		if !known[id] {
			delete(b.calls.missions, id)
		}
	}
}

// along is the index of the link of m's route on which p lies, not before the one that it was on, and the metres along it.
func (b *Brain) along(m *mission, p orb.Point) (int, float64) {
	best, metres, least := m.at, m.metres, 60.0
	for i := m.at; i < len(m.route) && i < m.at+12; i++ {
		if d, along, _, _ := project(b.city.Streets.Links[m.route[i]].Line, p); d < least-1 {
			best, metres, least = i, along, d
		}
	}
	return best, metres
}

func sortedMissions(m map[string]*mission) []*mission {
	list := make([]*mission, 0, len(m))
	for _, x := range m {
		list = append(list, x)
	}
	slices.SortFunc(list, func(x, y *mission) int { return strings.Compare(x.unit, y.unit) })
	return list
}
