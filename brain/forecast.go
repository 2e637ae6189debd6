package brain

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"time"

	"citybrain/city"
	"citybrain/exchange"
	"citybrain/flood"
	"citybrain/traffic"
	"citybrain/twin"
)

// A Fan is the newest forecast for the time bar: the deepest water at the street gauges, by quantile of the members.
type Fan struct {
	Issued                     time.Time
	Branch                     string
	Step                       time.Duration
	Median, Q05, Q25, Q75, Q95 []float64    // m
	Rain                       []float64    // mm/h, mean over city and members
	Damage                     *Effect      // expected over the horizon as things stand; nil where it is not assessable
	Districts                  []Effect     // the same by the city's districts; nil where it is not assessable
	Spreads                    []*Spread    // of the water on the ground, by branch
	Hydrographs                []Hydrograph // by city.Instruments; of rain gauges without values
}

// Fan returns the newest forecast, nil before the first. Don't write to it.
func (b *Brain) Fan() *Fan { return b.fan }

// forecastCheck is what a forecast said of the street gauges at a time, to be held against what they report then.
type forecastCheck struct {
	at    time.Time
	depth []float64 // by watched place, mean of the members
}

// A programme is what an ensemble of the water leads to.
type programme struct {
	base   []outcome // as things stand, by member
	best   []outcome // with what was chosen
	chosen schedule
	runs   int
}

// An outlook is what a forecast starts from: copies, so that the brain may go on meanwhile.
type outlook struct {
	moment
	water  *flood.Sim
	force  schedule // in force
	model  *waterModel
	issue  exchange.RainForecast
	coarse int // cells of the terrain across the forecast's
}

func (b *Brain) outlook(issue exchange.RainForecast) *outlook {
	return &outlook{b.moment(), b.water.Fork(), b.force.shifted(b.now), b.model, issue, b.cfg.Coarsen}
}

// rain is the issue's first members.
func (o *outlook) rain(members int) *rainForecast {
	r := rainForecast(o.issue)
	r.Members = r.Members[:min(len(r.Members), members)]
	return &r
}

// plan runs the ensemble of the first members of the issue as things stand, looks for a better schedule, and says on the terrain's own cells what
// both are worth.
func (o *outlook) plan(ctx context.Context, members int) (p programme, err error) {
	rain := o.rain(members)
	all := make([]int, len(rain.Members))
	for i := range all {
		all[i] = i
	}
	dry := rain.dry(o.at)
	if dry {
		all = all[:1] // without rain to come the members are one and the same
	}
	run := func(plan schedule) ([]outcome, error) {
		p.runs += len(all)
		out, err := o.model.ensemble(ctx, o.water, o.at, rain, all, plan)
		if err != nil {
			return nil, fmt.Errorf("forecast: %w", err)
		}
		return out, nil
	}
	p.chosen = idle(o.at, len(o.force.blocks), o.model.horizon) // every creek by its own programme
	if p.base, err = run(p.chosen); err != nil {
		return p, err
	}
	p.best = p.base
	if dry || quantile(totals(p.base), 0.9) <= 0 {
		return p, nil
	}
	if len(p.chosen.blocks) > 0 {
		chosen, err := operate(ctx, &o.model.city.Drains, o.force, run, p.base)
		if err != nil {
			return p, err
		}
		if !chosen.idle() {
			best, err := run(chosen)
			if err != nil {
				return p, err
			}
			if loss(totals(best)) < loss(totals(p.base)) {
				p.best, p.chosen = best, chosen
			}
		}
	}
	if o.coarse > 1 {
		err = o.cascade(ctx, rain, &p)
	}
	return p, err
}

// forecast decides on water, streets and alerts by a new issue of the weather service's ensemble.
func (b *Brain) forecast(ctx context.Context, issue exchange.RainForecast) error {
	o := b.outlook(issue)
	var p, beside programme
	more := b.cfg.Members + b.cfg.Beside
	twice := b.cfg.Beside > 0 && len(issue.Members) >= more
	think := func(ctx context.Context) (err error) {
		if p, err = o.plan(ctx, b.cfg.Members); err == nil && twice {
			beside, err = o.plan(ctx, more)
		}
		return err
	}
	return b.ponder(ctx, thought{"forecast", think, func() error {
		b.stats.Forecasts++
		b.stats.Branches += p.runs
		if twice {
			b.compare(p, beside)
		}
		return b.conclude(ctx, o, p)
	}})
}

// conclude acts on a forecast.
func (b *Brain) conclude(ctx context.Context, o *outlook, p programme) error {
	asIs, brain, err := b.waterBranches(o.moment, p.base, p.best)
	if err != nil {
		return err
	}
	b.setFan(o, p, asIs, brain)
	b.decideWater(p, asIs, brain)
	if err := b.decideStreets(ctx, o.at, p.best, asIs, brain); err != nil {
		return err
	}
	b.decideAlerts(p.best, asIs, brain)
	for _, lead := range []int{6, 12} { // 30 and 60 minutes
		if lead <= len(p.best[0].Watched) {
			k := forecastCheck{at: o.at.Add(time.Duration(lead) * frame), depth: make([]float64, len(b.model.watched))}
			for i := range k.depth {
				for m := range p.best {
					k.depth[i] += float64(p.best[m].Watched[lead-1][i]) / float64(len(p.best))
				}
			}
			b.checked = append(b.checked, k)
		}
	}
	b.checkForecasts()
	return nil
}

// compare counts the choices on which two programmes for the same state agree: what each creek is ordered now, each underpass to close and
// each district to warn, where one of the two wants something.
func (b *Brain) compare(p, beside programme) {
	count := func(one, other bool) {
		if one || other {
			b.stats.Compared++
			if one == other {
				b.stats.Agreed++
			}
		}
	}
	for k := range p.chosen.blocks {
		if one, other := p.chosen.blocks[k][0], beside.chosen.blocks[k][0]; one != local || other != local {
			b.stats.Compared++
			if one == other {
				b.stats.Agreed++
			}
		}
	}
	for w, at := range b.model.places {
		if b.city.Places[at].Kind == city.Underpass {
			count(filling(p.best, w) >= closeChance, filling(beside.best, w) >= closeChance)
		}
	}
	one, other := b.floods(p.best), b.floods(beside.best)
	for k := range one {
		count(one[k] >= alertChance, other[k] >= alertChance)
	}
}

func totals(o []outcome) []float64 {
	t := make([]float64, len(o))
	for i := range o {
		t[i] = o[i].Total()
	}
	return t
}

// A moment is when a thought came up: the city's time and the place in main's log.
type moment struct {
	at  time.Time
	pos twin.Position
}

func (b *Brain) moment() moment { return moment{b.now, b.main.Position()} }

// recipe is what a derived branch can be made again from.
func (b *Brain) recipe(m moment, what string) twin.Recipe {
	cfg, err := json.Marshal(map[string]any{"what": what, "members": b.cfg.Members, "horizon_s": b.cfg.Horizon.Seconds(), "coarsen": b.cfg.Coarsen, "at": m.at})
	if err != nil {
		panic("brain: " + err.Error())
	}
	return twin.Recipe{Parent: m.pos, City: b.city.Version, Seed: b.cfg.Seed, Build: b.cfg.Build, Config: cfg}
}

// waterBranches names the two sides of a forecast and writes their depths and damages to them.
func (b *Brain) waterBranches(m moment, base, best []outcome) (string, string, error) {
	asIs, with, err := b.branches(m, "water", map[string]float64{"damageCNY": mean(totals(base)) / 100}, map[string]float64{"damageCNY": mean(totals(best)) / 100})
	if err != nil {
		return "", "", err
	}
	for i, name := range []string{asIs, with} {
		out := [][]outcome{base, best}[i]
		br, ok := b.twin.Branch(name)
		if !ok {
			return "", "", fmt.Errorf("brain: branch %s is gone", name)
		}
		for f := range out[0].Depths {
			field := make([]float32, len(out[0].Depths[f]))
			for m := range out {
				for i, v := range out[m].Depths[f] {
					field[i] += v / float32(len(out))
				}
			}
			if err := br.SetField("waterDepth", "city", m.at.Add(time.Duration(f+1)*keep*frame), field); err != nil {
				return "", "", fmt.Errorf("brain: branch %s: %w", name, err)
			}
		}
	}
	return asIs, with, nil
}

func (b *Brain) setFan(o *outlook, p programme, asIs, branch string) {
	rain, out := o.rain(b.cfg.Members), p.best
	f := &Fan{Issued: o.at, Branch: branch, Step: frame}
	deepest := make([]float64, len(out))
	for k := range out[0].Watched {
		for m := range out {
			deepest[m] = 0
			for _, d := range out[m].Watched[k] {
				deepest[m] = math.Max(deepest[m], float64(d))
			}
		}
		f.Median = append(f.Median, quantile(deepest, 0.5))
		f.Q05, f.Q25 = append(f.Q05, quantile(deepest, 0.05)), append(f.Q25, quantile(deepest, 0.25))
		f.Q75, f.Q95 = append(f.Q75, quantile(deepest, 0.75)), append(f.Q95, quantile(deepest, 0.95))
		var mmh, n float64
		for m := range rain.Members {
			for _, v := range rain.field(m, o.at.Add(time.Duration(k)*frame)).MMH {
				mmh, n = mmh+float64(v), n+1
			}
		}
		f.Rain = append(f.Rain, mmh/math.Max(1, n))
	}
	if b.city.Priced() {
		f.Damage = damageOf(totals(out))
		of := make([]float64, len(out))
		for k := range b.city.Districts {
			for m := range out {
				of[m] = out[m].Districts[k]
			}
			f.Districts = append(f.Districts, *damageOf(of))
		}
	}
	f.Spreads = []*Spread{b.model.spread(o.water, branch, o.at, p.best)}
	if &p.base[0] == &p.best[0] { // nothing to do: both sides are the same water
		same := *f.Spreads[0]
		same.Branch = asIs
		f.Spreads = append(f.Spreads, &same)
	} else {
		f.Spreads = append(f.Spreads, b.model.spread(o.water, asIs, o.at, p.base))
	}
	f.Hydrographs = b.hydrographs(b.fan, o.at, out)
	b.fan = f
}

// damageOf is what members' damages in fen expect, with the curves' own uncertainty in the interval.
func damageOf(d []float64) *Effect {
	return &Effect{Unit: "fen", Mean: mean(d), P05: quantile(d, 0.05) / flood.DamageUncertainty, P95: quantile(d, 0.95) * flood.DamageUncertainty}
}

// orderHold is how long an order of a forecast holds: until the next forecasts have had their say, and a while longer.
const orderHold = 20 * time.Minute

// decideWater orders what the chosen tactics ask, and gives back what they no longer need.
func (b *Brain) decideWater(p programme, asIs, with string) {
	base, best := p.base, p.best
	b.force = p.chosen
	for k := range p.chosen.blocks {
		was, chosen := b.ordering[k], p.chosen.at(k, b.now)
		b.ordering[k] = chosen
		if chosen == was && (was == local || b.now.Sub(b.ordered(k)) < orderHold/2) {
			continue
		}
		creek := &b.city.Drains.Creeks[k]
		var orders []exchange.Command
		for _, ev := range commands(b.city, k, chosen) {
			ev.Until = b.now.Add(orderHold)
			orders = append(orders, ev)
		}
		if len(orders) == 0 {
			continue
		}
		if chosen == was { // the same again: renewed without a new decision
			if b.level("water") == Act && !b.halted {
				for _, o := range orders {
					b.command(o)
				}
			}
			b.setOrdered(k)
			continue
		}
		b.setOrdered(k)
		side := func(o []outcome) []float64 {
			d := make([]float64, len(o))
			for i := range o {
				d[i] = o[i].Damage[k]
			}
			return d
		}
		d := &Decision{Kind: "water", Deadline: b.now.Add(10 * time.Minute), Base: asIs, With: with, orders: orders, after: b.now.Add(b.cfg.Horizon)}
		if b.city.Priced() {
			d.Expected = effect("fen", side(base), side(best))
		}
		if len(creek.Line) > 0 {
			lon, lat := b.city.Frame.WGS84(creek.Line[len(creek.Line)/2])
			d.At = &[2]float64{lon, lat}
		}
		names := map[tactic]city.Text{
			local:    {En: "back to switch levels", Zh: "恢复就地水位控制"},
			drawdown: {En: "draw the creek down", Zh: "河道预降"},
			sewers:   {En: "empty the sewers ahead", Zh: "管网预排"},
			both:     {En: "draw down creek and sewers", Zh: "河网预降预排"},
		}
		d.Title = city.Text{En: creek.Name.En + ": " + names[chosen].En, Zh: creek.Name.Zh + "：" + names[chosen].Zh}
		before, after, stands, within := mean(side(base))/1e6, mean(side(best))/1e6, p.chosen.until(k).Minutes(), b.cfg.Horizon.Hours()
		d.Why = city.Text{En: fmt.Sprintf("For %.0f min to begin with. %d members: mean damage in its districts ¥%.0f k → %.0f k within %.2g h.", stands, len(base), 10*before, 10*after, within), Zh: fmt.Sprintf("先执行%.0f分钟。%d个成员：%.2g小时内所辖片区平均损失 %.1f → %.1f 万元。", stands, len(base), within, before, after)}
		if !b.city.Priced() { // no money; how much less it is all the same
			less := 0.0
			if before > 0 {
				less = 100 * (before - after) / before
			}
			d.Why = city.Text{En: fmt.Sprintf("For %.0f min to begin with. %d members: %.0f %% less mean damage in its districts within %.2g h.", stands, len(base), less, within), Zh: fmt.Sprintf("先执行%.0f分钟。%d个成员：%.2g小时内所辖片区平均损失减少%.0f%%。", stands, len(base), within, less)}
		}
		d.IfNot = city.Text{En: "pumps and gates follow their own switch levels", Zh: "泵闸按就地水位自动运行"}
		expected, startDamage := mean(side(base)), b.damageSoFar(k)
		d.judge = func(b *Brain, _ twin.Snapshot) *Effect {
			if !b.city.Priced() {
				return nil
			}
			// What the stations' levels say the water did, against what was expected without the order.
			came := b.damageSoFar(k) - startDamage
			return &Effect{Unit: "fen", Mean: expected - came, P05: expected/flood.DamageUncertainty - came*flood.DamageUncertainty, P95: expected*flood.DamageUncertainty - came/flood.DamageUncertainty}
		}
		b.decide(d)
	}
}

// commands turns a creek's tactic into commands.
func commands(c *city.City, k int, t tactic) []exchange.Command {
	var list []exchange.Command
	for _, ev := range orders(&c.Drains, k, t) {
		switch e := ev.(type) {
		case flood.PumpOrder:
			list = append(list, exchange.Command{Pump: &exchange.PumpOrder{ID: c.Drains.Pumps[e.Pump].ID, Units: max(e.Units, 0), Local: e.Units == flood.Auto}})
		case flood.GateOrder:
			list = append(list, exchange.Command{Gate: &exchange.GateOrder{ID: c.Drains.Gates[e.Gate].ID, Opening: math.Max(e.Opening, 0), Local: e.Opening == flood.Auto}})
		}
	}
	return list
}

func (b *Brain) ordered(k int) time.Time { return b.orderedAt[k] }
func (b *Brain) setOrdered(k int) {
	if b.orderedAt == nil {
		b.orderedAt = map[int]time.Time{}
	}
	b.orderedAt[k] = b.now
}

// damageSoFar is the damage in creek k's districts by the largest depths of the brain's estimate, fen.
func (b *Brain) damageSoFar(k int) float64 {
	var sum float64
	for i := range b.model.assets {
		if b.model.owner[i] != k {
			continue
		}
		a := &b.model.assets[i]
		if f := flood.DamageFraction(a.Use, b.water.PeakAt(a.Cell)-a.Floor); f > 0 {
			sum += f * float64(a.ValueFen)
		}
	}
	return sum
}

// closeDepth is the depth in metres above which an underpass is closed, reopenAt the one below which it is opened again; closeIn
// is how far ahead it is looked for, and closeChance the probability that it takes.
const (
	closeDepth  = 0.24
	reopenAt    = 0.08
	closeIn     = 45 * time.Minute
	closeChance = 0.5
)

// kernel is the standard deviation in metres of what forecast and gauge differ by in shallow water.
const kernel = 0.1

// probability returns how likely it is that watched place w has more than depth metres within the frames to come: each member stands
// for a normal distribution about its deepest water, so that a member more or less does not tip a decision (ensemble dressing;
// Roulston & Smith 2003).
func probability(out []outcome, w, frames int, depth float64) float64 {
	var sum float64
	for m := range out {
		deepest := 0.0
		for k := range min(frames, len(out[m].Watched)) {
			deepest = math.Max(deepest, float64(out[m].Watched[k][w]))
		}
		sum += 0.5 * math.Erfc((depth-deepest)/(kernel*math.Sqrt2))
	}
	return sum / float64(len(out))
}

// filling is how likely watched place w, an underpass, is to fill within closeIn.
func filling(out []outcome, w int) float64 {
	return probability(out, w, int(closeIn/frame), closeDepth)
}

// fills returns the times until watched place w has more than closeDepth, of the members in which it has within closeIn, in order.
func fills(out []outcome, w int) []time.Duration {
	var times []time.Duration
	for m := range out {
		for k := range min(int(closeIn/frame), len(out[m].Watched)) {
			if float64(out[m].Watched[k][w]) > closeDepth {
				times = append(times, time.Duration(k+1)*frame)
				break
			}
		}
	}
	slices.Sort(times)
	return times
}

// decideStreets proposes to close underpasses that the members expect to fill, before they do.
func (b *Brain) decideStreets(ctx context.Context, at time.Time, out []outcome, asIs, with string) error {
	for w, place := range b.model.places {
		p := &b.city.Places[place]
		if p.Kind != city.Underpass || len(p.Links) == 0 || b.closed[b.city.Streets.Links[p.Links[0]].ID] || b.openOn(p.ID) {
			continue
		}
		likely, times := filling(out, w), fills(out, w)
		if likely < closeChance || len(times) == 0 {
			continue
		}
		if err := b.tryClosure(ctx, at, p, likely, times, asIs, with); err != nil {
			return err
		}
	}
	return nil
}

// proposeClosure asks to close underpass p, which is likely to fill, at the earliest at first; who is asked has two minutes at least.
func (b *Brain) proposeClosure(p *city.Place, likely float64, first time.Time, gain *Effect, asIs, with string) {
	lon, lat := b.city.Frame.WGS84(p.At)
	if least := b.now.Add(2 * time.Minute); first.Before(least) {
		first = least
	}
	left := first.Sub(b.now)
	d := &Decision{Kind: "closure", Deadline: first, Base: asIs, With: with, At: &[2]float64{lon, lat}, Expected: gain, after: b.now.Add(time.Hour)}
	d.Title = city.Text{En: "Close " + p.Name.En, Zh: "封闭" + p.Name.Zh}
	d.Why = city.Text{En: fmt.Sprintf("A chance of %.0f %% that it has over 24 cm within 45 min, in %.0f min at the earliest.", likely*100, left.Minutes()), Zh: fmt.Sprintf("45分钟内积水超过24厘米的概率为%.0f%%，最早%.0f分钟后。", likely*100, left.Minutes())}
	d.IfNot = city.Text{En: "drivers may be caught in water", Zh: "车辆可能涉水被困"}
	for _, l := range p.Links {
		d.orders = append(d.orders, exchange.Command{Closure: &exchange.ClosureOrder{Link: b.city.Streets.Links[l].ID, Closed: true}, Until: b.now.Add(30 * time.Minute)})
	}
	// What a closure did to travel can't be read from the feeds alone: it has an expectation and no outcome.
	d.subject = p.ID
	b.decide(d)
}

// openOn reports whether a decision on subject is open or under way.
func (b *Brain) openOn(subject string) bool {
	for _, d := range b.decisions {
		if d.subject != subject {
			continue
		}
		switch exchange.CommandState(d.State) {
		case exchange.Proposed, exchange.Approved, exchange.Sent, exchange.Acknowledged:
			return true
		case exchange.Rejected, exchange.Expired:
			if b.now.Sub(d.Made) < 20*time.Minute {
				return true // asked and answered: not again at once
			}
		}
	}
	return false
}

// tryClosure compares half an hour of traffic in which water fills the links with one in which they are closed before: for each
// variant of the demand with another member's water, from the earliest to the latest. fills are the times until it comes, by
// member, in order.
func (b *Brain) tryClosure(ctx context.Context, at time.Time, p *city.Place, likely float64, fills []time.Duration, asIs, with string) error {
	late := b.now.Sub(at) // the forecast's thinking took so long
	t := b.pairs(func(ctx context.Context, shut bool, variant int, s *traffic.Sim) (float64, error) {
		start := s.Now()
		fill := max(0, fills[(2*variant+1)*len(fills)/(2*len(demandVariants))]-late)
		for _, l := range p.Links {
			if shut {
				if err := s.Input(start, traffic.LinkState{Link: l, Speed: b.city.Streets.Links[l].Speed, Shut: true}); err != nil {
					return 0, err
				}
			}
			if err := s.Input(start+fill, traffic.LinkState{Link: l, Speed: 0, Shut: shut}); err != nil {
				return 0, err
			}
		}
		before := s.Totals()
		if err := s.Step(ctx, start+30*time.Minute); err != nil {
			return 0, err
		}
		return (s.Totals().Seconds - before.Seconds) / 60, nil
	})
	return b.ponder(ctx, thought{"closure of " + p.ID, t.run, func() error {
		b.stats.Branches += t.runs()
		if b.openOn(p.ID) || b.closed[b.city.Streets.Links[p.Links[0]].ID] { // asked or closed meanwhile
			return nil
		}
		b.proposeClosure(p, likely, at.Add(fills[0]), effect("min", t.base, t.with), asIs, with)
		return nil
	}})
}

// reopen opens underpasses that are dry again, and notes which the police report as closed.
func (b *Brain) reopen(s twin.Snapshot) {
	for i := range b.city.Places {
		p := &b.city.Places[i]
		if p.Kind != city.Underpass {
			continue
		}
		for _, l := range p.Links {
			id := b.city.Streets.Links[l].ID
			e, ok := s.Get(exchange.URN("RoadClosure", id))
			if !ok {
				continue
			}
			v, _ := e.Number("closed")
			b.closed[id] = v == 1
			depth, known := 0.0, false
			if g, ok := s.Get(exchange.URN("WaterObserved", p.ID)); ok {
				depth, known = g.Number("waterDepth")
			}
			if v != 1 || !known || depth > reopenAt || b.now.Sub(e.ObservedAt("closed")) < 30*time.Minute || b.openOn("open "+id) || b.expectsWater(p) {
				continue
			}
			lon, lat := b.city.Frame.WGS84(p.At)
			b.decide(&Decision{Kind: "closure", subject: "open " + id, Deadline: b.now.Add(10 * time.Minute), At: &[2]float64{lon, lat},
				Title: city.Text{En: "Open " + p.Name.En + " again", Zh: "恢复通行：" + p.Name.Zh}, Why: city.Text{En: fmt.Sprintf("Its gauge reports %.0f cm.", depth*100), Zh: fmt.Sprintf("测站水深%.0f厘米。", depth*100)},
				IfNot:  city.Text{En: "it stays closed", Zh: "保持封闭"},
				orders: []exchange.Command{{Closure: &exchange.ClosureOrder{Link: id, Closed: false}, Until: b.now.Add(30 * time.Minute)}}})
		}
	}
}

// expectsWater reports whether the newest forecast fills the underpass within 45 minutes.
func (b *Brain) expectsWater(p *city.Place) bool {
	if len(b.checked) == 0 {
		return false
	}
	k := &b.checked[len(b.checked)-1]
	for w, at := range b.model.places {
		if &b.city.Places[at] == p {
			return k.depth[w] > closeDepth
		}
	}
	return false
}

// checkForecasts holds forecasts whose time has come against what the street gauges report.
func (b *Brain) checkForecasts() {
	kept := b.checked[:0]
	for _, k := range b.checked {
		if k.at.After(b.now) {
			kept = append(kept, k)
			continue
		}
		w := 0
		for i := range b.est.gauges {
			g := &b.est.gauges[i]
			if g.Kind != city.StreetInstrument {
				continue
			}
			if !math.IsNaN(g.value) && g.same < stuckAfter && b.now.Sub(g.at) < 6*time.Minute {
				e := k.depth[w] - g.value
				n := float64(b.stats.RMSECount)
				b.stats.RMSE = math.Sqrt((b.stats.RMSE*b.stats.RMSE*n + e*e) / (n + 1))
				b.stats.RMSECount++
			}
			w++
		}
	}
	b.checked = kept
}
