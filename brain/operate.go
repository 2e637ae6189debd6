package brain

import (
	"context"
	"fmt"
	"math"
	"slices"
	"time"

	"citybrain/city"
	"citybrain/flood"
	"citybrain/flood/operation"
)

// A tactic is how the pumps and gates of one creek and of the basins that drain to it are worked.
type tactic uint8

const (
	local    tactic = 0 // each by its own switch levels: doing nothing
	drawdown tactic = 1 // empty the creek to its lowest permitted level: gates open, boundary pumps on
	sewers   tactic = 2 // empty the basins into the creek: drainage pumps on
	both            = drawdown | sewers
)

// orders returns what tactic t asks of creek k's equipment.
func orders(d *city.Drains, k int, t tactic) []flood.Event {
	var evs []flood.Event
	for i := range d.Pumps {
		p := &d.Pumps[i]
		if int(p.Creek) != k {
			continue
		}
		units := flood.Auto
		if p.Basin < 0 && t&drawdown != 0 || p.Basin >= 0 && t&sewers != 0 {
			units = p.Units
		}
		evs = append(evs, flood.PumpOrder{Pump: i, Units: units})
	}
	for i := range d.Gates {
		if int(d.Gates[i].Creek) == k {
			opening := float64(flood.Auto)
			if t&drawdown != 0 {
				opening = 1
			}
			evs = append(evs, flood.GateOrder{Gate: i, Opening: opening})
		}
	}
	return evs
}

// block is how long an order of a schedule stands at least: longer than any pump must run or rest, so that a schedule asks for two
// starts an hour at most.
const block = 30 * time.Minute

// A schedule is a tactic for each creek in each block from a time on.
type schedule struct {
	from   time.Time
	blocks [][]tactic // creek, block
}

// idle is the schedule that leaves all equipment to itself.
func idle(from time.Time, creeks int, horizon time.Duration) schedule {
	s := schedule{from: from, blocks: make([][]tactic, creeks)}
	for k := range s.blocks {
		s.blocks[k] = make([]tactic, int((horizon+block-1)/block))
	}
	return s
}

// at is creek k's tactic at t: its last one afterwards.
func (s schedule) at(k int, t time.Time) tactic {
	list := s.blocks[k]
	return list[min(max(0, int(t.Sub(s.from)/block)), len(list)-1)]
}

// until is how long creek k's tactic of the start stands.
func (s schedule) until(k int) time.Duration {
	n := 1
	for n < len(s.blocks[k]) && s.blocks[k][n] == s.blocks[k][0] {
		n++
	}
	return time.Duration(n) * block
}

// shifted is what is left of s from t on, its last tactics held.
func (s schedule) shifted(t time.Time) schedule {
	out := schedule{from: t, blocks: make([][]tactic, len(s.blocks))}
	for k := range s.blocks {
		for b := range s.blocks[k] {
			out.blocks[k] = append(out.blocks[k], s.at(k, t.Add(time.Duration(b)*block)))
		}
	}
	return out
}

// What a kilowatt-hour and a cubic metre of sewage in a creek cost, fen: a commercial tariff, and what cleaning it in a works would
// have cost. Both are assumptions, and small beside damage.
const (
	powerFen  = 80
	sewageFen = 150
	lift      = 0.7 // efficiency of a pump with its motor
)

// A schedule must be worth its switching: 3 % less, and more than 10,000 yuan. tail is the share of worst members that count as much
// again as all do, so that a rare disaster counts for more than its share; trials schedules for each block, and the four constant ones, are
// tried at most.
const (
	worthShare = 0.03
	worthFen   = 1e6
	tail       = 0.25
	trials     = 2
)

// operate looks for the schedule of least loss from what is in force, force, on: by creek, whose districts hardly touch. run is the
// ensemble under a schedule. It returns base when nothing is worth an order.
func operate(ctx context.Context, d *city.Drains, force schedule, run func(schedule) ([]outcome, error), base []outcome) (schedule, error) {
	creeks, blocks := len(force.blocks), len(force.blocks[0])
	q := &operation.Problem{Blocks: blocks, Members: len(base), Groups: creeks, Tail: tail, Weight: 0.5, Share: worthShare, Least: worthFen}
	for k := range creeks {
		for part := range 2 { // the creek's own equipment, and what lifts into it
			now := int(force.blocks[k][0]>>part) & 1
			u := operation.Unit{ID: [...]string{"outlets of ", "drainage of "}[part] + d.Creeks[k].ID, Levels: []float64{0, 1}, Group: k, Now: now, Hour: int(time.Hour / block)}
			for i := range d.Pumps {
				if p := &d.Pumps[i]; int(p.Creek) == k && (p.Basin < 0) == (part == 0) {
					u.MinRun, u.MinRest = max(u.MinRun, blocksOf(p.MinRun)), max(u.MinRest, blocksOf(p.MinRest))
					if p.MaxStarts > 0 && (u.MaxStarts == 0 || p.MaxStarts < u.MaxStarts) {
						u.MaxStarts = p.MaxStarts
					}
				}
			}
			q.Units = append(q.Units, u)
		}
	}
	plan := func(s schedule) operation.Plan {
		p := make(operation.Plan, 2*creeks)
		for i := range p {
			for _, t := range s.blocks[i/2] {
				p[i] = append(p[i], uint8(t>>(i%2))&1)
			}
		}
		return p
	}
	scheduleOf := func(p operation.Plan) schedule {
		s := schedule{from: force.from, blocks: make([][]tactic, creeks)}
		for k := range creeks {
			for b := range blocks {
				s.blocks[k] = append(s.blocks[k], tactic(p[2*k][b]|p[2*k+1][b]<<1))
			}
		}
		return s
	}
	q.Model = func(_ context.Context, p operation.Plan) ([][]operation.Loss, error) {
		s, out := scheduleOf(p), base
		if !s.idle() {
			var err error
			if out, err = run(s); err != nil {
				return nil, err
			}
		}
		return losses(out, base), nil
	}
	starts := []operation.Plan{plan(force)}
	for t := range both + 1 {
		s := schedule{force.from, make([][]tactic, creeks)}
		for k := range s.blocks {
			s.blocks[k] = slices.Repeat([]tactic{t}, blocks)
		}
		starts = append(starts, plan(s))
	}
	best, _, err := q.Optimise(ctx, len(starts)-1+trials*blocks, starts...)
	if err != nil {
		return schedule{}, fmt.Errorf("operation: %w", err)
	}
	return scheduleOf(best), nil
}

func blocksOf(seconds float64) int { return int(math.Ceil(seconds / block.Seconds())) }

// idle reports whether s orders nothing.
func (s schedule) idle() bool {
	return !slices.ContainsFunc(s.blocks, func(list []tactic) bool { return slices.ContainsFunc(list, func(t tactic) bool { return t != local }) })
}

// losses are what members lose by creek: sewage is what is released before the rain beyond what would be as things stand.
func losses(out, base []outcome) [][]operation.Loss {
	list := make([][]operation.Loss, len(out))
	for m := range out {
		for k := range out[m].Sewage {
			list[m] = append(list[m], operation.Loss{Damage: out[m].Damage[k], Sewage: sewageFen * max(0, out[m].Sewage[k]-base[m].Sewage[k]), Energy: powerFen * out[m].Energy[k]})
		}
	}
	return list
}
