package brain

import (
	"math"
	"time"

	"citybrain/city"
	"citybrain/traffic"
	"citybrain/traffic/horizon"
)

// lead is how the junctions of the street are led.
type lead struct {
	net     *horizon.Network
	planner *horizon.Planner
	state   *horizon.State
	want    []int
	stage   []int                // by junction, as of the last look, −1
	before  []int                // the stage before that, −1
	since   []int                // s, when its green began, or will
	free    [][city.MaxRings]int // s, when each of its rings may end its green
	lamps   []lamp
	last    [][]int // of each junction: s, when each movement's green last ended
}

func newLead(c *city.City, net *horizon.Network) *lead {
	n := len(c.Signals)
	k := &lead{net: net, planner: horizon.NewPlanner(net, horizon.Width), state: horizon.NewState(net), want: make([]int, n), stage: make([]int, n), before: make([]int, n), since: make([]int, n), free: make([][city.MaxRings]int, n), last: make([][]int, n), lamps: make([]lamp, n)}
	for j := range k.stage {
		k.stage[j], k.before[j] = -1, -1
		k.last[j] = make([]int, len(c.Signals[j].Movements))
	}
	return k
}

// look follows the greens: controllers report stages, and what was asked of them tells when within the time between two reports they changed.
func (b *Brain) look(now int) {
	k := b.lead
	for j, s := range b.est.stage {
		k.lamps[j] = lamp{stage: s, green: horizon.Tick, before: -1, from: -1}
		if now-horizon.Tick < k.since[j] {
			k.lamps[j].from = k.before[j]
		}
		if s < 0 || s == k.stage[j] {
			k.lamps[j].green = float64(max(0, min(horizon.Tick, now-k.since[j])))
			continue
		}
		at := &b.city.Signals[j]
		// Reports tell of a change up to reportEvery seconds after it began; when it was asked for, and could be granted, says more.
		told, between := int(b.est.changed[j].Sub(b.cfg.Start)/time.Second), 0
		begun := told - reportEvery/2
		if was := k.stage[j]; was >= 0 {
			between = at.Between(was, s)
			if w := &b.wants[j]; w.stage == s {
				asked := int(w.at.Sub(b.cfg.Start) / time.Second)
				begun = max(told-reportEvery, min(max(asked, k.net.Ready(j, was, s, &k.free[j]))+noticeOf(at), told))
			}
		}
		if was := k.stage[j]; was >= 0 {
			for _, m := range at.Stages[was].Movements {
				k.last[j][m] = begun
			}
		}
		k.lamps[j].before, k.lamps[j].over = k.stage[j], float64(max(0, now-begun))
		k.net.Changed(j, k.stage[j], s, begun+between, &k.free[j])
		k.before[j], k.stage[j], k.since[j] = k.stage[j], s, begun+between
		k.lamps[j].from = k.before[j]
		k.lamps[j].green = float64(max(0, min(2*horizon.Tick, now-k.since[j])))
	}
}

// greenAt is when one of link l's turns last had green, as far as is known; now, if it has.
func (b *Brain) greenAt(l int32) time.Time {
	q := b.est.queues
	j := q.junction[l]
	if j < 0 {
		return time.Time{}
	}
	last, stage := -1, b.lead.stage[j]
	for _, m := range q.serves[l] {
		if m < 0 {
			continue
		}
		if stage >= 0 && b.city.Signals[j].InStage(stage, m) && !b.now.Before(b.cfg.Start.Add(time.Duration(b.lead.since[j])*time.Second)) {
			return b.now
		}
		last = max(last, b.lead.last[j][m])
	}
	return b.cfg.Start.Add(time.Duration(last) * time.Second)
}

// reportEvery is how often controllers tell what has changed, s.
const reportEvery = 5

func noticeOf(j *city.Junction) int {
	if j.Countdown {
		return city.CountdownTime
	}
	return 0
}

// believe fills a state with what the feeds tell of the streets.
func (b *Brain) believe(st *horizon.State) {
	now, q, e := int(b.now.Sub(b.cfg.Start)/time.Second), b.est.queues, b.est
	st.Now, st.Flow = now, city.SaturationFlow
	links := b.city.Streets.Links
	var expected [(horizon.Ahead + block5 - 1) / block5]float64
	for t := range st.Share {
		st.Share[t] = float32(q.shareOf(int32(t)))
	}
	for l := range links {
		st.Room[l], st.Gain[l] = float32(math.Inf(1)), 0
		if f := e.Filled(int32(l)); f > crowded {
			room := links[l].Length * float64(links[l].Lanes) / city.JamSpacing
			st.Room[l], st.Gain[l] = float32(room*(1-f)), gainOf*float32(links[l].Lanes)
		}
	}
	for _, l := range q.links {
		rate := q.arriving[l]
		// Of those who come some are announced by the lights upstream; the others come at any time.
		scale := q.platoons.scale(l, rate)
		if scale > 0 {
			st.Scale[l], st.Rate[l] = float32(scale), float32((1-platooned)*rate/scale)
		} else {
			st.Scale[l], st.Rate[l] = 1, float32(rate)
		}
		free, beyond := int(math.Round(links[l].FreeTime())), rate
		if scale > 0 {
			beyond = (1 - platooned) * rate
		}
		for blocks := range expected {
			expected[blocks] = q.platoons.ahead(l, rate, scale, blocks+1)
		}
		for k := range 3 {
			slot := int(l)*3 + k
			st.Waiting[slot] = float32(q.waiting[l][k])
			share := q.share(l, k)
			if q.one(l) {
				share = float64(btoi(k == 1))
			}
			coming := st.Coming[slot*horizon.Ahead : (slot+1)*horizon.Ahead]
			for t := range coming {
				v := expected[t/block5]
				if t >= free { // State.Rate tells of the others
					v -= beyond
				}
				coming[t] = float32(share * max(0, v))
			}
		}
	}
	for j := range st.Lights {
		at, light, w := &b.city.Signals[j], &st.Lights[j], &b.wants[j]
		light.Stage, light.Since, light.Free = b.lead.stage[j], b.lead.since[j], b.lead.free[j]
		if e.stage[j] < 0 || b.flashing[j] {
			light.Stage = -1
		} else if n := noticeOf(at); n > 0 && w.stage != light.Stage && b.now.Sub(w.at) < time.Duration(n+2*horizon.Tick)*time.Second {
			light.Stage = -1 // its green's end is fixed
		}
		copy(light.Last, b.lead.last[j])
		if light.Stage >= 0 {
			for _, m := range at.Stages[light.Stage].Movements {
				light.Last[m] = now
			}
		}
	}
}

// Streets filled to more than crowded have room for what is left of them, and for gainOf vehicles/s and lane more.
const (
	crowded = 0.6
	gainOf  = 0.2
)

// A simLead leads simulated streets as the junctions of the street are led, all of which it sees.
type simLead struct {
	city    *city.City
	planner *horizon.Planner
	state   *horizon.State
	want    []int
	seen    int // s, when it last looked
	entered []uint32
	crossed []uint32
	taken   []float32
}

// newSimLead prepares one for a copy of the streets as they are now.
func (b *Brain) newSimLead(s *traffic.Sim) *simLead {
	return newSimLead(b.city, b.lead.net, s)
}

func newSimLead(c *city.City, net *horizon.Network, s *traffic.Sim) *simLead {
	k := &simLead{city: c, planner: horizon.NewPlanner(net, horizon.Width), state: horizon.NewState(net), want: make([]int, len(c.Signals)), entered: make([]uint32, len(c.Streets.Links)), taken: make([]float32, len(c.Streets.Turns))}
	k.crossed = append(k.crossed, s.Crossed()...)
	k.seen = int(s.Now()/time.Second) - horizon.Tick
	seconds := max(s.Now().Seconds(), 1)
	for l := range k.entered {
		k.entered[l] = s.Counts(int32(l)).Entered
	}
	in := make([]uint32, len(k.entered))
	for t, n := range k.crossed {
		k.taken[t] = float32(float64(n) / seconds)
		in[c.Streets.Turns[t].To] += n
	}
	for l, n := range k.entered {
		k.state.Rate[l] = float32(float64(n-min(n, in[l])) / seconds)
	}
	k.state.Flow = city.SaturationFlow
	return k
}

// simMemory is the seconds over which flows are remembered.
const simMemory = 600

// ask asks each junction that can change within every seconds, when it is called next, for its stage.
func (k *simLead) ask(s *traffic.Sim, every int) error {
	k.see(s)
	for j := range k.want {
		k.want[j] = -1
	}
	k.planner.Decide(k.state, every, k.want)
	for j, want := range k.want {
		if want < 0 {
			continue
		}
		if err := s.Input(s.Now(), traffic.StageRequest{Junction: j, Stage: want, Lease: leaseOf}); err != nil {
			return err
		}
	}
	return nil
}

// see fills the state.
func (k *simLead) see(s *traffic.Sim) {
	c, st := k.city, k.state
	st.Now = int(s.Now() / time.Second)
	clear(st.Waiting)
	clear(st.Coming)
	passed := float32(max(1, st.Now-k.seen))
	k.seen = st.Now
	of := passed / simMemory
	in, sum := make([]uint32, len(k.entered)), make([]float32, len(k.entered))
	for t, n := range s.Crossed() {
		turn := &c.Streets.Turns[t]
		d := n - k.crossed[t]
		k.crossed[t] = n
		in[turn.To] += d
		k.taken[t] += of * (float32(d)/passed - k.taken[t])
		sum[turn.From] += k.taken[t] + fewTurns
	}
	for t := range k.taken {
		st.Share[t] = (k.taken[t] + fewTurns) / sum[c.Streets.Turns[t].From]
	}
	for l := range c.Streets.Links {
		link := &c.Streets.Links[l]
		n := s.Counts(int32(l)).Entered
		st.Rate[l] += 4 * of * (float32(n-k.entered[l]-in[l])/passed - st.Rate[l])
		k.entered[l] = n
		st.Room[l], st.Gain[l] = float32(math.Inf(1)), 0
		if on, room := s.On(int32(l)), s.Storage(int32(l)); float64(on) > crowded*float64(room) {
			st.Room[l], st.Gain[l] = float32(room-on), gainOf*float32(link.Lanes)
		}
		for v := range s.BoundOn(int32(l)) {
			slot := int(horizon.Slot(link, int32(l), c.Streets.Turns[v.Turn].Kind))
			if v.Left <= 0 {
				st.Waiting[slot]++
			} else if v.Left < horizon.Ahead {
				st.Coming[slot*horizon.Ahead+int(v.Left)]++
			}
		}
	}
	for j := range c.Signals {
		g, light := s.Signal(j), &st.Lights[j]
		switch light.Stage, light.Since = int(g.Stage), int(g.Since); {
		case g.Mode != traffic.Lit || g.End > 0:
			light.Stage = -1
		case g.Next >= 0:
			light.Stage, light.Since = int(g.Next), int(g.Until)
		}
		for r, t := range g.Free(int32(st.Now)) {
			light.Free[r] = int(t)
		}
		for m := range light.Last {
			light.Last[m] = st.Now - int(g.Red(m, int32(st.Now)))
		}
	}
}

// fewTurns is what a turn that nobody has made yet is taken to have, vehicles/s.
const fewTurns = 1e-4

// soonBy is how many seconds sooner than it is believed a junction may be free to change, as reports tell.
const soonBy = 4
