package account

import (
	"context"
	"time"

	"citybrain/brain"
	"citybrain/city"
	"citybrain/exchange"
)

// measured is what departments told of the hour.
type measured struct {
	links     []int32 // counted
	counts    []float64
	passages  []brain.Passage // by turn, of reporting vehicles
	freeSpeed []float64       // by class of road
	queues    []discharge     // with the fill time before it
}

// A counter is one loop as it is read.
type counter struct {
	junction int
	loop     city.Loop
	attr     string
	movement int32 // whose saturation flow it can measure, −1: none
	last     time.Time
	sum      float64
	queue    discharge // since its green began, as long as a queue has stood at the line; zero: none has
	begun    time.Time // of that green
}

// survey runs the evening and reads what came in over the feeds, as the brain believes it.
func survey(ctx context.Context, e Evening, progress func(float64)) (*measured, []city.PlanSpec, error) {
	s, e, err := e.start(ctx)
	if err != nil {
		return nil, nil, err
	}
	defer s.twin.Close()
	c := e.City
	var counters []counter
	first := make([]int, len(c.Signals)+1) // each junction's counters
	lights := make([]greens, len(c.Signals))
	for j := range c.Signals {
		lights[j] = greens{stage: -1, begun: make([]time.Time, len(c.Signals[j].Movements))}
		for _, k := range city.Loops(&c.Streets, &c.Signals[j]) {
			counters = append(counters, counter{junction: j, loop: k, attr: k.Lanes.String(), movement: measurable(c, j, &k)})
		}
		first[j+1] = len(counters)
	}
	out := &measured{}
	var before []brain.Passage
	for t := time.Duration(0); t < fillTime+countTime; t += tick {
		if err := s.run(ctx, t+tick); err != nil {
			return nil, nil, err
		}
		progress(float64(t+tick) / float64(fillTime+countTime))
		if t+tick == fillTime {
			before = s.brain.Passages()
		}
		snap := s.twin.Main().Snapshot()
		for j := range c.Signals {
			lights[j].read(c, j, snap)
			for i := first[j]; i < first[j+1]; i++ {
				x := &counters[i]
				ent, ok := snap.Get(exchange.URN("TrafficFlowObserved", c.Streets.Links[x.loop.Link].ID))
				if !ok {
					continue
				}
				v, has := ent.Number("volume" + x.attr)
				at := ent.ObservedAt("volume" + x.attr)
				if !has || !at.After(x.last) {
					continue
				}
				since := at.Sub(x.last).Seconds()
				x.last = at
				if t >= fillTime {
					x.sum += v
				}
				if x.movement < 0 {
					continue
				}
				if occ, _ := ent.Number("occupancy" + x.attr); occ < standsAll || !free(s.brain, &c.Streets, &x.loop) {
					x.queue = discharge{}
					continue
				}
				v /= float64(max(c.Streets.Turns[x.loop.Turns[0]].Lanes, 1))
				switch begun := lights[j].begun[x.movement]; {
				case x.queue.Green > 0 && since < 1.5*loopPeriod && begun.Equal(x.begun): // no report of a period was lost
					x.queue = discharge{int32(i), x.queue.Green + since, x.queue.Vehicles + v}
				default:
					x.queue, x.begun = discharge{int32(i), lights[j].within(x.movement, at), v}, begun
				}
				if x.queue.Green > 0 {
					out.queues = append(out.queues, x.queue)
				}
			}
		}
	}
	sound := make([]bool, len(counters))
	for j := range c.Signals {
		states := s.brain.Loops(j)
		whole := map[int32]bool{}
		sum := map[int32]float64{}
		var order []int32
		for i := first[j]; i < first[j+1]; i++ {
			x := &counters[i]
			l := x.loop.Link
			if _, known := whole[l]; !known {
				whole[l] = true
				order = append(order, l)
			}
			sound[i] = states[i-first[j]].State == brain.LoopSound && !x.last.IsZero()
			whole[l] = whole[l] && sound[i]
			sum[l] += x.sum
		}
		for _, l := range order {
			if whole[l] {
				out.links, out.counts = append(out.links, l), append(out.counts, sum[l]/countTime.Hours())
			}
		}
	}
	// Of a loop that is left out in the end nothing is used.
	kept := out.queues[:0]
	for _, d := range out.queues {
		if sound[d.Line] {
			kept = append(kept, d)
		}
	}
	out.queues = kept
	out.passages, out.freeSpeed = s.brain.Passages(), s.brain.FreeSpeeds()
	for t := range out.passages {
		out.passages[t] = out.passages[t].Less(before[t])
	}
	return out, e.Plans, nil
}
