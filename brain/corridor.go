package brain

import (
	"fmt"
	"time"

	"citybrain/city"
	"citybrain/emergency/corridor"
	"citybrain/exchange"
)

// corridorPriority is the least urgent priority for which lights are held; for those who only help whoever leads, the first alone.
const corridorPriority = 2

// lights follows what each junction shows, second by second as its reports allow, for the corridors.
type lights struct {
	stage  []int
	before []int // the stage before, -1
	since  []int // s since the start, when the change to stage began
	green  [][]int
}

func newLights(c *city.City) *lights {
	k := &lights{stage: make([]int, len(c.Signals)), before: make([]int, len(c.Signals)), since: make([]int, len(c.Signals)), green: make([][]int, len(c.Signals))}
	for j := range c.Signals {
		k.stage[j], k.before[j] = -1, -1
		k.green[j] = make([]int, len(c.Signals[j].Movements))
	}
	return k
}

// tick takes in the stages reported at second now. A controller reports the stage that it goes to as soon as the inter-green begins.
func (k *lights) tick(c *city.City, now int, stage []int) {
	for j, s := range stage {
		if s < 0 {
			continue
		}
		if s != k.stage[j] {
			k.before[j], k.stage[j], k.since[j] = k.stage[j], s, now
			if k.before[j] < 0 {
				k.since[j] = now - 60 // it has been so for as long as anybody knows
			}
		}
		at := &c.Signals[j]
		clearing := k.before[j] >= 0 && now-k.since[j] < at.Between(k.before[j], s)
		for _, m := range at.Stages[s].Movements {
			if !clearing || at.InStage(k.before[j], m) {
				k.green[j][m] = now
			}
		}
	}
}

// light is what junction j shows at second now.
func (b *Brain) light(j, now int) (corridor.Light, bool) {
	k, at := b.lights, &b.city.Signals[j]
	s := k.stage[j]
	if s < 0 || b.flashing[j] {
		return corridor.Light{}, false
	}
	l := corridor.Light{Stage: s, Next: -1, Age: now - k.since[j], Coming: s}
	if p := k.before[j]; p >= 0 {
		if between := at.Between(p, s); now-k.since[j] < between {
			l.Stage, l.Next, l.Left, l.Age = p, s, between-(now-k.since[j]), at.StageMinGreen(p)
		} else {
			l.Age -= between
		}
	}
	seen := 5
	if at.Countdown { // what its plan will have it show is decided so long before
		seen += city.CountdownTime
		if l.Next < 0 {
			// Green ends nine seconds after it is asked to at the soonest: as if so much of its least were left.
			l.Age = max(0, min(l.Age, at.StageMinGreen(l.Stage)-city.CountdownTime))
		}
	}
	for m := range at.Movements {
		l.Red = append(l.Red, now-k.green[j][m])
		w := 0.0
		if mv := &at.Movements[m]; mv.Kind == city.Vehicles {
			w = b.est.Waiting(mv.From, mv.Turn)
		}
		l.Waiting = append(l.Waiting, w)
	}
	if w := &b.wants[j]; b.now.Sub(w.at) < leaseOf {
		l.Coming = w.stage
	} else {
		l.Coming = l.Falls(at, b.plans[j], now, seen)
	}
	return l, true
}

// leaseOf is how long a controller keeps to what it was asked.
const leaseOf = 45 * time.Second

// openCorridors asks the lights before units under way to urgent calls for their stages, in time.
func (b *Brain) openCorridors() {
	now := int(b.now.Sub(b.cfg.Start) / time.Second)
	b.lights.tick(b.city, now, b.est.stage)
	clear(b.held)
	if b.halted || b.cfg.NoSignals {
		return
	}
	var runs []corridor.Run
	for _, m := range sortedMissions(b.calls.missions) {
		if !m.seen || m.vetoed || m.priority > corridorPriority || m.priority > 1 && !m.leads || m.at >= len(m.route) {
			continue
		}
		wait := 0.0
		if m.at == 0 {
			wait = max(0, m.sent.Add(time.Duration(m.kind.Turnout())*time.Second).Sub(b.now).Seconds())
		}
		ahead := b.corridor.Ahead(m.route[m.at:], m.metres, wait, b.streets.SirenFree, b.queueFor)
		if len(ahead) == 0 {
			continue
		}
		if !m.urged {
			m.urged = true
			b.stats.Corridors++
			b.noteCorridor(m, len(ahead))
		}
		runs = append(runs, corridor.Run{Unit: m.unit, Priority: m.priority, Ahead: ahead})
	}
	for _, r := range b.corridor.Plan(now, runs, func(j int) (corridor.Light, bool) { return b.light(j, now) }) {
		b.held[r.Junction] = true
		w := &b.wants[r.Junction]
		if w.stage == r.Stage && b.now.Sub(w.at) < renew {
			continue
		}
		*w = stageWish{r.Stage, b.now}
		b.stats.CorridorLights++
		b.command(exchange.Command{Stage: &exchange.StageOrder{Junction: r.Junction, Stage: r.Stage, Urgent: true}, Until: b.now.Add(2 * time.Minute)})
	}
}

// queueFor is what is in the lanes of a link's turn to the next: those who wait by the detectors, those who drive by the brain's traffic.
func (b *Brain) queueFor(l, to int32) (vehicles, lanes float64) {
	all, stand, lanes := b.streets.Bound(l, to)
	if b.city.Streets.Nodes[b.city.Streets.Links[l].To].Junction < 0 {
		return all, lanes
	}
	turns := b.turns
	for t := turns[l]; t < turns[l+1]; t++ {
		if turn := &b.city.Streets.Turns[t]; turn.To == to {
			return b.est.Waiting(l, turn.Kind) + all - stand, lanes
		}
	}
	return all, lanes
}

// noteCorridor records that lights are held for a unit; whoever may can stop it.
func (b *Brain) noteCorridor(m *mission, lights int) {
	d := &Decision{Kind: "corridor", Deadline: m.eta, Base: b.dispatchBase, With: b.dispatchWith, IfNot: city.Text{En: "the unit passes the lights as they are", Zh: "单位按现有灯色通行"},
		Title: city.Text{En: fmt.Sprintf("Green corridor for %s to call %s", b.unitName(m.unit).En, m.call), Zh: fmt.Sprintf("%s 赴呼叫 %s 绿波护送", b.unitName(m.unit).Zh, m.call)},
		Why:   city.Text{En: fmt.Sprintf("%d lights ahead; nobody waits more than %d s for it.", lights, corridor.Longest), Zh: fmt.Sprintf("前方%d处信号；任何方向等待不超过%d秒。", lights, corridor.Longest)}}
	d.undo = func(b *Brain, _ string) {
		m.vetoed = true
		b.corridor.Drop(m.unit, int(b.now.Sub(b.cfg.Start)/time.Second))
	}
	b.note(d, b.city.Streets.Nodes[m.node].At)
}
