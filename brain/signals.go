package brain

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"citybrain/city"
	"citybrain/exchange"
	"citybrain/traffic"
	"citybrain/traffic/horizon"
	"citybrain/twin"
)

// stageWish is what was last asked of a junction.
type stageWish struct {
	stage int
	at    time.Time
}

// renew is how often a wish is sent again before the controller's lease of 45 s ends.
const renew = 30 * time.Second

// leadSignals asks each junction for the stage with which its best plan begins, once the policy has proved itself on a branch.
func (b *Brain) leadSignals() {
	if !b.ruling || b.halted || b.cfg.NoSignals {
		return
	}
	for j := range b.lead.want {
		b.lead.want[j] = -1
	}
	b.believe(b.lead.state)
	b.lead.planner.Decide(b.lead.state, horizon.Tick+soonBy, b.lead.want)
	for j, want := range b.lead.want {
		now, w := b.est.stage[j], &b.wants[j]
		if now < 0 || b.held[j] || b.flashing[j] || b.delays.down[j] {
			continue
		}
		if want < 0 {
			if w.stage != now || b.now.Sub(w.at) < renew {
				continue // it can't change yet
			}
			want = now
		}
		if w.stage == want && b.now.Sub(w.at) < renew {
			continue
		}
		*w = stageWish{want, b.now}
		b.command(exchange.Command{Stage: &exchange.StageOrder{Junction: j, Stage: want}, Until: b.now.Add(2 * time.Minute)})
	}
}

// trial is how long a signal policy is tried on a branch.
const trial = 20 * time.Minute

// trialEvery is how often stages are decided on a trial's branches: half as often as in the street, for it costs as much as half an hour of it.
const trialEvery = 10 * time.Second

// The share of the minutes under the plans below which leading rules, and how far from it one variant of the demand leaves no doubt.
const (
	better = 0.99
	doubt  = 0.04
)

// trySignals compares, on two branches of the estimated traffic, leaving the signals to their plans with leading them, and lets the better one rule.
func (b *Brain) trySignals(ctx context.Context) error {
	if b.cfg.NoSignals || len(b.city.Signals) == 0 {
		return nil
	}
	var streets [2][len(demandVariants)]float64 // minutes, without those spent waiting to get onto a street, which no feed tells of
	var shots [2]footage                        // of the middle variant
	t := b.pairs(func(ctx context.Context, lead bool, variant int, s *traffic.Sim) (float64, error) {
		before, start := s.Totals(), s.Now()
		policy := b.newSimLead(s)
		spent := 0.0
		for t := time.Duration(0); t < trial; t += 5 * time.Second {
			if lead && t%trialEvery == 0 {
				if err := policy.ask(s, int(trialEvery/time.Second)); err != nil {
					return 0, err
				}
			}
			if err := s.Step(ctx, start+t+5*time.Second); err != nil {
				return 0, err
			}
			spent += float64(s.Totals().Waiting) * 5
			if (t+5*time.Second)%footageEvery == 0 && variant == usual {
				shots[btoi(lead)].shoot(b, s)
			}
		}
		driven := (s.Totals().Seconds - before.Seconds) / 60
		streets[btoi(lead)][variant] = driven
		return driven + spent/60, nil
	})
	// What rules and does well beyond doubt need not be tried under all variants.
	ruling := b.ruling
	enough := func(plans, led float64) bool {
		return ruling && led < (better-doubt)*plans || !ruling && led > (better+doubt)*plans
	}
	think := func(ctx context.Context) error { return t.runUnless(ctx, enough) }
	return b.ponder(ctx, thought{"trial of signals", think, func() error {
		b.stats.Branches += t.runs()
		return b.ruleSignals(t, streets, shots)
	}})
}

// ruleSignals takes the policy that did better on a trial's branches, by the minutes that vehicles spent in each; streets are those of
// them that feeds can tell of.
func (b *Brain) ruleSignals(t *comparison, streets [2][len(demandVariants)]float64, shots [2]footage) error {
	plans, led := t.base, t.with
	base, with, err := b.branches(t.moment, "signals", map[string]float64{"vehicleMinutes": mean(plans)}, map[string]float64{"vehicleMinutes": mean(led)})
	if err != nil {
		return err
	}
	for i, name := range [2]string{base, with} {
		if err := b.keepFootage(name, t.at, shots[i]); err != nil {
			return err
		}
	}
	rule := mean(led) < better*mean(plans)
	if rule == b.ruling {
		return nil
	}
	b.ruling = rule
	without, chosen := plans, led
	if !rule {
		without, chosen = led, plans
	}
	d := &Decision{Kind: "signals", Deadline: b.now.Add(trial), Base: base, With: with, Expected: effect("min", without, chosen), after: b.now.Add(trial)}
	gain, before := d.Expected.Mean, b.est.minutes
	d.judge = func(b *Brain, _ twin.Snapshot) *Effect {
		// What the reporting vehicles say was spent, against what was expected without the change.
		came, expected := b.est.minutes-before, streets[btoi(!rule)][:]
		return &Effect{Unit: "min", Mean: mean(expected) - came, P05: quantile(expected, 0.05) - came, P95: quantile(expected, 0.95) - came}
	}
	if rule {
		d.Title = city.Text{En: "Lead the signals by rolling plans", Zh: "按滚动优化方案控制信号"}
		d.Why = city.Text{En: fmt.Sprintf("On a branch of the next 20 minutes vehicles spend %.0f minutes less than with the plans in force.", gain), Zh: fmt.Sprintf("在未来20分钟的分支上，车辆总耗时比现行方案少%.0f分钟。", gain)}
		d.IfNot = city.Text{En: "the plans in force go on", Zh: "继续执行现行方案"}
	} else {
		d.Title = city.Text{En: "Give the signals back to their plans", Zh: "信号恢复既有方案"}
		d.Why = city.Text{En: "Rolling plans no longer do better on a branch of the next 20 minutes.", Zh: "在未来20分钟的分支上，滚动优化不再更优。"}
		d.IfNot = city.Text{En: "the junctions stay led by rolling plans", Zh: "继续按滚动优化控制"}
	}
	b.decide(d)
	d.State = string(exchange.Seen) // a policy is in force at once; its stage requests are commands of their own
	b.record(d)
	return nil
}

// branches makes the two named branches of a comparison and writes what each expects of the city as a whole.
func (b *Brain) branches(m moment, what string, base, with map[string]float64) (string, string, error) {
	var names [2]string
	for i, side := range []struct {
		name   string
		values map[string]float64
	}{{"as-is", base}, {"brain", with}} {
		names[i] = fmt.Sprintf("forecast/%s/%s/%s", b.now.UTC().Format("0102T1504"), what, side.name)
		if _, taken := b.twin.Branch(names[i]); taken { // a late ensemble comes in the minute of the next
			names[i] += fmt.Sprint("-", b.stats.Ticks)
		}
		br, err := b.main.Fork(names[i], twin.ForkOptions{Kind: twin.Derived, Recipe: b.recipe(m, side.name)})
		if err != nil {
			return "", "", fmt.Errorf("brain: %w", err)
		}
		b.forked = append(b.forked, names[i])
		var attrs []twin.Attribute
		for _, k := range slices.Sorted(maps.Keys(side.values)) {
			attrs = append(attrs, twin.Number(k, side.values[k], "C62", b.now))
		}
		ch := twin.Set(exchange.URN("Forecast", what), "Forecast", attrs...)
		ch.Origin = twin.Simulated
		if _, err := br.Apply(ch); err != nil {
			return "", "", fmt.Errorf("brain: branch %s: %w", names[i], err)
		}
	}
	return names[0], names[1], nil
}

func btoi(b bool) int {
	if b {
		return 1
	}
	return 0
}
