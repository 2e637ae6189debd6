package brain

import (
	"fmt"
	"math"

	"citybrain/city"
)

// How a junction's delay is forecast, cycle by cycle: between what it was in the last cycle and its level of late, with bounds
// that hold nine of ten of all junctions' cycles, whatever the evening is like: they widen when too many are outside (adaptive conformal
// inference, Gibbs and Candès 2021). Fallen is how many cycles in a row beyond the band take the brain's hand off a junction, and as many within give
// it back.
const (
	delayLast  = 0.5  // weight of the last cycle
	delayLevel = 0.15 // of a cycle in the level
	delayLeast = 75.0 // vehicle-seconds: one reporting vehicle that stands through one look
	bandStep   = 0.02 // of the bounds, for each cycle
	bandShare  = 0.05 // of cycles beyond either bound
	ownStep    = 0.6  // of a junction's own upper bound beside that of all: some scatter more than others, and some only at times
	fallen     = 3
)

// delayWatch holds the delay that reporting vehicles tell of, by junction, against what was forecast of it.
type delayWatch struct {
	approaches [][]int32
	looks      []int // of a junction's cycle
	seen       []int // in the cycle under way
	sum        []float64
	last       []float64
	level      []float64
	cycles     []int // that are over
	out        []int // in a row above the band, while led
	in         []int // in a row within it
	down       []bool
	past       [][fallen]float64 // the newest cycles' delays, vehicle-seconds
	bound      []float64         // that the cycle under way is not to exceed
	low        float64           // the bounds, in roots of the forecast
	high       float64
	own        []float64 // by junction: what its own upper bound has more
	held, of   int       // cycles within the bounds, of how many
}

func newDelayWatch(c *city.City, plans []city.Plan) *delayWatch {
	n := len(c.Signals)
	w := &delayWatch{looks: make([]int, n), seen: make([]int, n), sum: make([]float64, n), last: make([]float64, n), level: make([]float64, n), cycles: make([]int, n), out: make([]int, n), in: make([]int, n),
		down: make([]bool, n), past: make([][fallen]float64, n), bound: make([]float64, n), own: make([]float64, n), low: 1.6, high: 2.4}
	for j := range c.Signals {
		w.approaches = append(w.approaches, city.Approaches(&c.Signals[j]))
		w.looks[j] = max(1, int(math.Round(float64(plans[j].Cycle())/probeEvery.Seconds())))
		w.bound[j] = math.Inf(1)
	}
	return w
}

// look takes in how many stand on each link now; changed lists the junctions that are to be let go of, or taken back. led says which the
// brain leads.
func (w *delayWatch) look(standing []float64, led func(j int) bool) (changed []int) {
	for j, list := range w.approaches {
		for _, l := range list {
			w.sum[j] += standing[l] * probeEvery.Seconds()
		}
		if w.seen[j]++; w.seen[j] < w.looks[j] {
			continue
		}
		d := w.sum[j]
		w.sum[j], w.seen[j] = 0, 0
		was := w.down[j]
		if w.cycles[j] > fallen {
			w.weigh(j, d, led(j))
		}
		copy(w.past[j][:], w.past[j][1:])
		w.past[j][fallen-1] = d
		w.last[j] = d
		if w.cycles[j]++; w.cycles[j] == 1 {
			w.level[j] = d
		}
		w.level[j] += delayLevel * (d - w.level[j])
		f := w.forecast(j)
		w.bound[j] = f + (w.high+w.own[j])*spreadOf(f)
		if w.down[j] != was {
			changed = append(changed, j)
		}
	}
	return changed
}

// forecast is what the coming cycle's delay is expected to be, vehicle-seconds.
func (w *delayWatch) forecast(j int) float64 { return delayLast*w.last[j] + (1-delayLast)*w.level[j] }

// spreadOf is how much a delay differs from its forecast f: few vehicles stand for many, as in counting them.
func spreadOf(f float64) float64 { return math.Sqrt(delayLeast * (f + delayLeast)) }

// weigh holds a cycle's delay against its forecast.
func (w *delayWatch) weigh(j int, d float64, led bool) {
	f := w.forecast(j)
	over, under := d > f+(w.high+w.own[j])*spreadOf(f), d < f-w.low*spreadOf(f)
	w.of++
	if !over && !under {
		w.held++
	}
	w.own[j] = math.Max(0, w.own[j]+ownStep*(float64(btoi(over))-bandShare))
	w.high = math.Max(0.5, w.high+bandStep*(float64(btoi(over))-bandShare))
	w.low = math.Max(0.2, w.low+bandStep*(float64(btoi(under))-bandShare))
	switch {
	case over:
		w.in[j] = 0
		if led || w.down[j] {
			w.out[j]++
		}
	default: // less than expected is nothing to fear
		w.out[j] = 0
		w.in[j]++
	}
	switch {
	case !w.down[j] && led && w.out[j] >= fallen:
		w.down[j] = true
	case w.down[j] && w.in[j] >= fallen:
		w.down[j] = false
	}
}

// watchDelays lets junctions go back to their plans where the delay is not what was expected of leading them, and takes them back.
func (b *Brain) watchDelays() {
	w := b.delays
	if w == nil || b.now.Sub(b.cfg.Start)%probeEvery != 0 {
		return
	}
	for _, j := range w.look(b.est.standing, func(j int) bool { return b.ruling && !b.halted && !b.flashing[j] }) {
		at := &b.city.Signals[j]
		name := city.Text{En: orElse(at.Name.In("en"), at.ID), Zh: orElse(at.Name.In("zh"), "路口")}
		p := w.past[j]
		d := &Decision{Kind: "fallback", Deadline: b.now,
			Title: city.Text{En: "Back to its reference plan: " + name.En, Zh: "恢复基准配时：" + name.Zh},
			Why: city.Text{En: fmt.Sprintf("For %d cycles its delay left the 90%% band of its forecast: %.1f, %.1f and %.1f vehicle-minutes a cycle.", fallen, p[0]/60, p[1]/60, p[2]/60),
				Zh: fmt.Sprintf("连续%d个周期延误超出预测的九成区间：每周期%.1f、%.1f、%.1f车分钟。", fallen, p[0]/60, p[1]/60, p[2]/60)},
			IfNot: city.Text{En: "it would be led on by what no longer foretells its delay", Zh: "将继续按已失准的预测控制"}}
		if !w.down[j] {
			d.Title = city.Text{En: "Lead it again: " + name.En, Zh: "恢复协调控制：" + name.Zh}
			d.Why = city.Text{En: fmt.Sprintf("Its delay has kept within the band of its forecast for %d cycles.", fallen), Zh: fmt.Sprintf("连续%d个周期延误回到预测区间内。", fallen)}
			d.IfNot = city.Text{En: "it keeps its reference plan", Zh: "继续执行基准配时"}
		} else {
			b.stats.Fallbacks++
		}
		b.note(d, at.At)
	}
}

// Fallen reports whether junction j has been given back to its plan.
func (b *Brain) Fallen(j int) bool { return b.delays.down[j] }
