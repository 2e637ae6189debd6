package brain

import (
	"context"
	"fmt"
	"math"
	"time"

	"citybrain/city"
	"citybrain/city/chance"
	"citybrain/emergency"
	"citybrain/emergency/ems"
	"citybrain/exchange"
	"citybrain/routing"
	"citybrain/traffic"
	"github.com/paulmach/orb"
)

// places stands for where calls come from, with the drives there from everywhere as the roads were when it was made.
type places struct {
	made     time.Time
	share    []float64
	seconds  []float32 // of links
	trees    []*routing.Tree
	stations []int32     // of the city's places
	rows     [][]float64 // from each station
}

// placesEvery is how often the drives to places are reckoned anew.
const placesEvery = 5 * time.Minute

// survey makes places of the roads as they are.
func (b *Brain) survey() error {
	r, err := b.roadsNow()
	if err != nil {
		return err
	}
	nodes, ofZone, _ := traffic.Goals(b.city)
	share := make([]float64, len(nodes))
	for i, z := range b.city.Zones {
		share[ofZone[i]] += z.Population + 0.3*z.Jobs
	}
	p := &places{made: b.now, seconds: r.seconds}
	var goals []int32
	for i, n := range nodes {
		if share[i] > 0 {
			goals, p.share = append(goals, n), append(p.share, share[i])
		}
	}
	p.trees = b.graph.Metric(r.seconds).Trees(goals)
	for i := range b.city.Places {
		if x := &b.city.Places[i]; x.Kind == city.AmbulanceStation && x.Node >= 0 {
			p.stations = append(p.stations, int32(i))
			p.rows = append(p.rows, p.from(b, x.Node, turnout))
		}
	}
	b.places = p
	return nil
}

// from is the seconds from a node to each place, wait seconds before it is left.
func (p *places) from(b *Brain, node int32, wait float64) []float64 {
	row := make([]float64, len(p.trees))
	for i, t := range p.trees {
		row[i] = wait
		if t.Goal != node {
			_, s := t.FromNode(b.leave[node], p.seconds)
			row[i] += math.Min(float64(s), 7200)
		}
	}
	return row
}

// row is the seconds from where u waits or will wait: on its way home it counts as there.
func (p *places) row(b *Brain, u *unitSeen) []float64 {
	for i, s := range p.stations {
		if s == u.station {
			return p.rows[i]
		}
	}
	return p.from(b, u.node, turnout)
}

// A shift is 12 hours from midnight and noon; settled is how long after one move another one is looked for.
const (
	shift   = 12 * time.Hour
	settled = 2 * time.Minute
)

// redeploy moves a free unit to the station where it is missed more, as the policy that the trial has chosen does.
func (b *Brain) redeploy(units []unitSeen) error {
	if b.places == nil || !b.byValue || b.now.Sub(b.calls.lastMove) < settled {
		return nil
	}
	if k := int(b.now.Unix() / int64(shift.Seconds())); k != b.calls.shift {
		b.calls.shift = k
		clear(b.calls.moves)
	}
	var rows [][]float64
	var may []bool
	var free []*unitSeen
	busy := 0
	for i := range units {
		u := &units[i]
		if u.kind != emergency.Ambulance || u.lent {
			continue
		}
		if !u.lost && !u.status.Free() {
			busy++
		}
		if u.free() && u.station >= 0 {
			free, rows = append(free, u), append(rows, b.places.row(b, u))
			may = append(may, b.calls.moves[u.id] < ems.DefaultSettings.PerUnit)
		}
	}
	if len(free) == 0 {
		return nil
	}
	key := len(free)*1000 + busy
	if key == b.freeThen {
		return nil // nothing has changed
	}
	b.freeThen = key
	c := b.cover(units, busy)
	m, ok := c.Best(rows, may, b.places.rows, func(u, s int) float64 {
		p := b.city.Places[b.places.stations[s]].At
		return 1.3 * math.Hypot(free[u].at[0]-p[0], free[u].at[1]-p[1]) / 1000
	})
	if !ok || b.places.stations[m.Station] == free[m.Unit].station {
		return nil
	}
	u, to := free[m.Unit], &b.city.Places[b.places.stations[m.Station]]
	b.calls.moves[u.id]++
	b.calls.lastMove = b.now
	d := &Decision{Kind: "dispatch", Deadline: b.now.Add(time.Minute), Base: b.dispatchBase, With: b.dispatchWith,
		Title:  city.Text{En: fmt.Sprintf("Unit %s waits at %s", u.id, to.Name.En), Zh: fmt.Sprintf("%s 移驻%s", b.unitName(u.id).Zh, to.Name.Zh)},
		Why:    city.Text{En: fmt.Sprintf("The next calls gain %.3f of a call within target; %d units are free.", m.Gain, len(free)), Zh: fmt.Sprintf("后续呼叫达标期望增加 %.3f；空闲单位 %d。", m.Gain, len(free))},
		IfNot:  city.Text{En: "it goes back to its station", Zh: "返回原站"},
		orders: []exchange.Command{{Station: &exchange.StationOrder{Unit: u.id, Station: to.ID}, Until: b.now.Add(2 * time.Minute)}}}
	lon, lat := b.city.Frame.WGS84(to.At)
	d.At = &[2]float64{lon, lat}
	b.decide(d)
	return nil
}

// The trial of the dispatch policy: so many drawn stretches of so long.
const (
	trialDraws = 24
	trialHours = 2.0
)

// tryDispatch compares, on two branches of the service as the roads are, sending the nearest unit and always going home with the brain's
// policy, on drawn calls, and lets the better one rule.
func (b *Brain) tryDispatch(ctx context.Context) error {
	r, err := b.roadsNow()
	if err != nil || len(b.city.Zones) == 0 {
		return err
	}
	road := ems.Roadway{}
	for l := range b.city.Streets.Links {
		k, s := &b.city.Streets.Links[l], float64(r.seconds[l])
		v := 0.0
		if s < float64(routing.Closed) {
			v = k.Length / math.Max(s, 0.1)
		}
		road.Urgent, road.Quiet = append(road.Urgent, v), append(road.Quiet, v*0.75)
	}
	people := 0.0
	for _, z := range b.city.Zones {
		people += z.Population + 0.3*z.Jobs
	}
	daily, c, seed := people*callsPerHead, b.city, b.cfg.Seed+uint64(b.streets.Now())
	var base, with []float64 // mean response of each draw
	var within [2]float64
	var untried error
	m := b.moment()
	return b.ponder(ctx, thought{"trial of dispatch", func(ctx context.Context) error {
		e, err := ems.FromCity(c, []ems.Roadway{road}, daily, deskDelay+turnout, []float64{0.25, 0.25, 0.5})
		if err != nil {
			untried = err // no stations or hospitals on its streets
			return nil
		}
		model, err := ems.New(e)
		if err != nil {
			untried = err // streets under water part it
			return nil
		}
		for k := range trialDraws {
			if err := ctx.Err(); err != nil {
				return err
			}
			drawn := b.drawCalls(c, daily, seed+uint64(k))
			for i, p := range []ems.Policy{ems.Static{}, ems.NewBrainWith(model, ems.DefaultSettings)} {
				s := ems.NewSim(model, p, drawn, 0)
				s.Run()
				n, sum, in := 0.0, 0.0, 0.0
				for _, o := range s.Outcomes() {
					n, sum = n+1, sum+o.Response
					if o.Response <= c.TargetS {
						in++
					}
				}
				if n > 0 {
					within[i] += in / n / trialDraws
					if i == 0 {
						base = append(base, sum/n)
					} else {
						with = append(with, sum/n)
					}
				}
			}
		}
		return nil
	}, func() error {
		if b.noteUntried(untried); len(base) == 0 {
			return nil
		}
		b.stats.Branches += 2
		var err error
		b.dispatchBase, b.dispatchWith, err = b.branches(m, "dispatch", map[string]float64{"responseS": mean(base), "within": within[0]}, map[string]float64{"responseS": mean(with), "within": within[1]})
		if err != nil {
			return err
		}
		rule := mean(with) < mean(base) && within[1] >= within[0]
		if rule == b.byValue {
			return nil
		}
		b.byValue = rule
		d := &Decision{Kind: "dispatch", Deadline: b.now, Base: b.dispatchBase, With: b.dispatchWith, Expected: effect("s", base, with)}
		d.Why = city.Text{En: fmt.Sprintf("On %d drawn stretches of %g h: %.0f s and %.1f %% in time, with the nearest unit %.0f s and %.1f %%.", trialDraws, trialHours, mean(with), 100*within[1], mean(base), 100*within[0]),
			Zh: fmt.Sprintf("在%d段%g小时抽样呼叫上：平均%.0f秒、达标%.1f%%；派最近单位为%.0f秒、%.1f%%。", trialDraws, trialHours, mean(with), 100*within[1], mean(base), 100*within[0])}
		if rule {
			d.Title = city.Text{En: "Send units by what the next calls lose, too", Zh: "派车兼顾后续呼叫的覆盖"}
		} else {
			d.Title = city.Text{En: "Send the nearest unit", Zh: "派最近单位"}
		}
		d.IfNot = city.Text{En: "the policy in force goes on", Zh: "继续现行派车策略"}
		b.note(d, b.city.Bounds.Center())
		return nil
	}})
}

// noteUntried records why the trial could not be made, once until it can again.
func (b *Brain) noteUntried(err error) {
	reason := ""
	if err != nil {
		reason = err.Error()
	}
	if reason == b.untried {
		return
	}
	if b.untried = reason; reason == "" {
		return
	}
	b.note(&Decision{Kind: "dispatch", Deadline: b.now, Title: city.Text{En: "No trial of the dispatch policy", Zh: "派车策略试算未成"}, IfNot: city.Text{En: "the policy in force goes on", Zh: "继续现行派车策略"},
		Why: city.Text{En: "The city's roads make no service to try it on: " + reason + ".", Zh: "当前路网无法组成可试算的急救服务，继续现行派车策略。"}}, b.city.Bounds.Center())
}

// callsPerHead is how many ambulance calls a head a day has, by the centre's books.
const callsPerHead = 260e-6 * 1.25

// drawCalls draws calls of a stretch from people and jobs.
func (b *Brain) drawCalls(c *city.City, daily float64, seed uint64) []city.EMSCall {
	draw := chance.New(seed, "brain/dispatch/calls")
	acc := make([]float64, len(c.Zones)+1)
	for i, z := range c.Zones {
		acc[i+1] = acc[i] + z.Population + 0.3*z.Jobs
	}
	var list []city.EMSCall
	t := 0.0
	for id := uint64(1); ; id++ {
		if t += draw.Exp(id, 0) / daily * 86400; t > trialHours*3600 {
			return list
		}
		u, z := draw.Float(id, 1)*acc[len(acc)-1], 0
		for z+1 < len(c.Zones) && acc[z+1] <= u {
			z++
		}
		x, y := c.Frame.WGS84(orb.Point(c.Zones[z].At))
		k := city.EMSCall{X: x, Y: y, Arrive: t, Delay: draw.Between(id, 2, 45, 95) + turnout, OnScene: 660 + 600*draw.Exp(id, 3), Hospital: -1, Transport: draw.Float(id, 4) < 0.72, Priority: 2}
		if k.Transport {
			k.HandOver = 900
		}
		if p := draw.Float(id, 5); p < 0.5 {
			k.Priority = int32(p / 0.25)
		}
		list = append(list, k)
	}
}
