package brain

import (
	"fmt"
	"math"
	"time"

	"citybrain/city"
	"citybrain/exchange"
	"citybrain/flood/operation"
	"citybrain/twin"
)

// An alert is drafted for a district when more than alertDepth metres on a street of it are this likely.
const (
	alertDepth  = 0.3
	alertChance = 0.6
)

// floods returns, for each pumping district, the largest chance of more than alertDepth at one of its street gauges.
func (b *Brain) floods(out []outcome) []float64 {
	worst := make([]float64, len(b.model.gauges))
	for basin, list := range b.model.gauges {
		for _, w := range list {
			worst[basin] = math.Max(worst[basin], probability(out, w, len(out[0].Watched), alertDepth))
		}
	}
	return worst
}

// warnOf is what an alert warns of: the deepest water to come at a basin's street gauges, over the members.
func (b *Brain) warnOf(out []outcome, basin int) *Effect {
	deepest := make([]float64, len(out))
	for m := range out {
		for _, w := range b.model.gauges[basin] {
			for k := range out[m].Watched {
				deepest[m] = math.Max(deepest[m], float64(out[m].Watched[k][w]))
			}
		}
	}
	return &Effect{Unit: "m", Mean: mean(deepest), P05: quantile(deepest, 0.05), P95: quantile(deepest, 0.95)}
}

// reported is the deepest water that a basin's street gauges reported from a time on; nil if they were silent.
func (b *Brain) reported(basin int, from time.Time) *Effect {
	var e *Effect
	for _, w := range b.model.gauges[basin] {
		// A gauge without a history was silent.
		list, err := b.main.History(exchange.URN("WaterObserved", b.city.Places[b.model.places[w]].ID), "waterDepth", from, b.now, twin.ByObserved)
		for i := range list {
			if v, ok := list[i].Any().(float64); err == nil && ok && (e == nil || v > e.Mean) {
				e = &Effect{"m", v, v, v}
			}
		}
	}
	return e
}

// warn words the alert of a basin whose streets flood with the chance likely: by the grade that enough members reach, with each street of it,
// its chance and its time.
func (b *Brain) warn(out []outcome, basin int, likely float64) *exchange.AlertOrder {
	name, frames := b.city.Drains.Basins[basin].Name, len(out[0].Watched)
	deepest := make([][]float64, len(out))
	for m := range out {
		deepest[m] = make([]float64, frames)
		for _, w := range b.model.gauges[basin] {
			for k := range frames {
				deepest[m][k] = math.Max(deepest[m][k], float64(out[m].Watched[k][w]))
			}
		}
	}
	o := &exchange.AlertOrder{Headline: city.Text{En: "Street flooding expected: " + name.En, Zh: "道路积水预警：" + name.Zh}, Severity: "Moderate", Certainty: "Likely", Urgency: "Expected", Onset: b.now, Expires: b.now.Add(b.cfg.Horizon),
		Text: city.Text{En: fmt.Sprintf("A chance of %.0f %% of over 30 cm on a street there within %.2g h.", likely*100, b.cfg.Horizon.Hours()), Zh: fmt.Sprintf("%.2g小时内道路积水超过30厘米的概率为%.0f%%。", b.cfg.Horizon.Hours(), likely*100)}}
	if g := operation.Warn(name, deepest, frame, alertChance); g != nil {
		o.Instruction, o.Urgency = g.Instruction, g.Urgency
		if o.Onset = b.now.Add(g.Onset); g.Depth >= alertDepth {
			o.Severity = g.Severity
		}
	}
	for _, w := range b.model.gauges[basin] {
		for k := range frames {
			if probability(out, w, k+1, alertDepth) < 0.5 {
				continue
			}
			street, chance, minutes := b.city.Places[b.model.places[w]].Name, 100*probability(out, w, frames, alertDepth), (time.Duration(k+1) * frame).Minutes()
			o.Text.En += fmt.Sprintf(" %s: %.0f %%, within %.0f min.", street.En, chance, minutes)
			o.Text.Zh += fmt.Sprintf("%s：概率%.0f%%，%.0f分钟内。", street.Zh, chance, minutes)
			break
		}
	}
	return o
}

// decideAlerts drafts an alert for each pumping district in which a gauge is expected to stand in more than 30 cm.
func (b *Brain) decideAlerts(out []outcome, asIs, with string) {
	if !b.city.Terrain.Assessable() {
		return
	}
	worst := b.floods(out)
	for k := range b.city.Drains.Basins {
		basin := &b.city.Drains.Basins[k]
		likely := worst[k]
		if likely < alertChance || b.now.Sub(b.alerted[basin.ID]) < 2*time.Hour {
			continue
		}
		b.alerted[basin.ID] = b.now
		lon, lat := b.city.Frame.WGS84(basin.At)
		const r = 0.008
		w := b.warn(out, k, likely)
		d := &Decision{Kind: "alert", Deadline: b.now.Add(15 * time.Minute), Base: asIs, With: with, At: &[2]float64{lon, lat}, Expected: b.warnOf(out, k), after: b.now.Add(b.cfg.Horizon),
			Title: city.Text{En: "Draft an alert for " + basin.Name.En, Zh: "拟发预警：" + basin.Name.Zh}, Why: w.Text,
			IfNot: city.Text{En: "no draft goes to the issuing body", Zh: "不向发布单位提交草案"}}
		w.AreaName, w.Area = basin.Name, [][2]float64{{lon - r, lat - r}, {lon + r, lat - r}, {lon + r, lat + r}, {lon - r, lat + r}, {lon - r, lat - r}}
		d.orders = []exchange.Command{{Until: b.now.Add(time.Hour), Alert: w}}
		since := b.now
		d.judge = func(b *Brain, _ twin.Snapshot) *Effect { return b.reported(k, since) }
		b.decide(d)
	}
}
