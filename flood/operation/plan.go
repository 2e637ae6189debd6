package operation

import (
	"context"
	"fmt"
	"math"
	"slices"
	"sort"
)

// A Unit is something that can be ordered.
type Unit struct {
	ID     string
	Levels []float64 // what it may be ordered to, rising: units of a pump, opening of a gate, a creek's target, the site of a mobile pump
	Group  int       // of those that can be planned apart, 0 … Groups − 1
	Once   bool      // one order for the whole time, as of a mobile pump that is sent to a site
	Now    int       // index into Levels of what it does at the start
	// Limits of a pump, in blocks of the plan. Level 0 is off.
	MinRun, MinRest int
	MaxStarts       int // within Hour blocks; 0: no limit
	Hour            int
	Feeder          int     // of those whose units' sum is limited, 0: none
	MostDown        float64 // largest fall of the order from one block to the next (a creek's drawdown); 0: none
}

// A Plan is an index into Levels for each unit and block.
type Plan [][]uint8

// Clone returns a copy.
func (p Plan) Clone() Plan {
	out := make(Plan, len(p))
	for i := range p {
		out[i] = slices.Clone(p[i])
	}
	return out
}

// A Loss is what a plan costs in one member, fen.
type Loss struct {
	Damage float64
	Sewage float64 // released by drawing creeks down before the rain
	Energy float64
	Delay  float64 // of traffic
}

// Total is the sum.
func (l Loss) Total() float64 { return l.Damage + l.Sewage + l.Energy + l.Delay }

// A Problem is what to plan for.
type Problem struct {
	Units   []Unit
	Blocks  int
	Feeders map[int]float64 // most of the sum of the orders on each
	Members int
	Groups  int // of units that hardly touch what another group loses: one evaluation tells of a change in each; 0: one
	// Model is what a plan costs each member, by group. All members are asked for at once, so that they can be one batch.
	Model  func(ctx context.Context, p Plan) ([][]Loss, error)
	Tail   float64 // share of worst members in the CVaR, 0.1
	Weight float64 // of the CVaR, 0–1
	// What a change must be worth: more than this share of what is lost without it, and more fen than Least.
	Share, Least float64
}

// A Score is what a plan is expected to cost, fen.
type Score struct{ Mean, CVaR, Value float64 }

// Check returns why p breaks a unit's limits, nil if it keeps them.
func (q *Problem) Check(p Plan) error {
	if len(p) != len(q.Units) {
		return fmt.Errorf("plan: %d units; want %d", len(p), len(q.Units))
	}
	for i := range q.Units {
		if err := q.Units[i].check(p[i], q.Blocks); err != nil {
			return fmt.Errorf("plan: %s: %w", q.Units[i].ID, err)
		}
	}
	for b := range q.Blocks {
		load := map[int]float64{}
		for i := range q.Units {
			if u := &q.Units[i]; u.Feeder != 0 {
				load[u.Feeder] += u.Levels[p[i][b]]
				if most, ok := q.Feeders[u.Feeder]; ok && load[u.Feeder] > most+1e-9 {
					return fmt.Errorf("plan: %s: block %d: feeder %d carries %g, at most %g", u.ID, b+1, u.Feeder, load[u.Feeder], most)
				}
			}
		}
	}
	return nil
}

func (u *Unit) check(p []uint8, blocks int) error {
	if len(p) != blocks {
		return fmt.Errorf("%d blocks; want %d", len(p), blocks)
	}
	on := u.Now > 0
	since := math.MaxInt / 2 // blocks that it has been as it is, unknown at the start: long enough
	var starts []int
	before := u.Levels[u.Now]
	for b, k := range p {
		if int(k) >= len(u.Levels) {
			return fmt.Errorf("block %d: level %d of %d", b+1, k, len(u.Levels))
		}
		if u.Once && k != p[0] {
			return fmt.Errorf("block %d: it is ordered once", b+1)
		}
		v := u.Levels[k]
		if u.MostDown > 0 && before-v > u.MostDown+1e-9 {
			return fmt.Errorf("block %d: falls by %g, at most %g", b+1, before-v, u.MostDown)
		}
		before = v
		if run := k > 0; run != on {
			if run && since < u.MinRest {
				return fmt.Errorf("block %d: starts after a rest of %d blocks; at least %d", b+1, since, u.MinRest)
			}
			if !run && since < u.MinRun {
				return fmt.Errorf("block %d: stops after a run of %d blocks; at least %d", b+1, since, u.MinRun)
			}
			if run {
				starts = append(starts, b)
				if n := len(starts); u.MaxStarts > 0 && n > u.MaxStarts && b-starts[n-1-u.MaxStarts] < u.Hour {
					return fmt.Errorf("block %d: more than %d starts in %d blocks", b+1, u.MaxStarts, u.Hour)
				}
			}
			on, since = run, 0
		}
		since++
	}
	return nil
}

// Hold is the plan in which every unit goes on as it is.
func (q *Problem) Hold() Plan {
	p := make(Plan, len(q.Units))
	for i := range p {
		p[i] = slices.Repeat([]uint8{uint8(q.Units[i].Now)}, q.Blocks)
	}
	return p
}

// Score returns what p costs each group over the ensemble.
func (q *Problem) Score(ctx context.Context, p Plan) ([]Score, error) {
	losses, err := q.Model(ctx, p)
	if err != nil {
		return nil, err
	}
	if len(losses) != q.Members {
		return nil, fmt.Errorf("plan: losses of %d members; want %d", len(losses), q.Members)
	}
	out, of := make([]Score, max(q.Groups, 1)), make([]float64, q.Members)
	for g := range out {
		for m := range of {
			if len(losses[m]) != len(out) {
				return nil, fmt.Errorf("plan: member %d: losses of %d groups; want %d", m+1, len(losses[m]), len(out))
			}
			of[m] = losses[m][g].Total()
		}
		out[g] = score(of, q.Tail, q.Weight)
	}
	return out, nil
}

func score(loss []float64, tail, weight float64) Score {
	var s Score
	if tail <= 0 {
		tail = 0.1
	}
	for _, v := range loss {
		s.Mean += v / float64(len(loss))
	}
	sort.Float64s(loss)
	// The mean of the worst share, the member on its edge in part.
	left := tail * float64(len(loss))
	for i := len(loss) - 1; i >= 0 && left > 0; i-- {
		w := math.Min(left, 1)
		s.CVaR += w * loss[i]
		left -= w
	}
	s.CVaR /= math.Min(tail, 1) * float64(len(loss))
	s.Value = (1-weight)*s.Mean + weight*s.CVaR
	return s
}

// Optimise looks for the plan of least value from the starts given and from Hold, within budget evaluations of a plan, and returns what
// it expects each group to lose: it changes one unit of each group over a stretch of blocks at a time, long stretches first, as long as
// that helps. Every plan that it tries keeps the limits; a start that does not is refused. The first start is what is in force: others
// must be worth the change.
func (q *Problem) Optimise(ctx context.Context, budget int, starts ...Plan) (Plan, []Score, error) {
	if q.Blocks < 1 || q.Members < 1 || q.Model == nil || !(q.Weight >= 0 && q.Weight <= 1) {
		return nil, nil, fmt.Errorf("plan: %d blocks, %d members, weight %g of the risk", q.Blocks, q.Members, q.Weight)
	}
	groups := make([]group, max(q.Groups, 1))
	for i := range q.Units {
		u := &q.Units[i]
		if len(u.Levels) == 0 || len(u.Levels) > 255 || u.Now < 0 || u.Now >= len(u.Levels) || u.Group < 0 || u.Group >= len(groups) {
			return nil, nil, fmt.Errorf("plan: %s: %d levels, now at %d, group %d of %d", u.ID, len(u.Levels), u.Now, u.Group, len(groups))
		}
		groups[u.Group].units = append(groups[u.Group].units, i)
	}
	for g := range groups {
		groups[g].length, groups[g].tried = q.Blocks, map[string]bool{}
	}
	starts = append(starts, q.Hold())
	var best Plan
	var value []Score
	// take keeps what of p is better than best, group by group.
	take := func(p Plan) error {
		s, err := q.Score(ctx, p)
		if err != nil {
			return err
		}
		if budget--; best == nil {
			best, value = p.Clone(), s
			return nil
		}
		was := best.Clone()
		for g := range groups {
			if !q.worth(value[g].Value, s[g].Value) {
				continue
			}
			for _, i := range groups[g].units {
				best[i] = slices.Clone(p[i])
			}
			if q.Check(best) != nil { // a feeder that groups share
				copy(best, was)
				continue
			}
			copy(was, best)
			value[g], groups[g].better = s[g], true
		}
		return nil
	}
	for i, p := range starts {
		if err := q.Check(p); err != nil {
			if i == len(starts)-1 && best != nil {
				continue // what runs now is over a limit, but a start given is not
			}
			return nil, nil, err
		}
		if i > 0 && (budget <= 0 || slices.ContainsFunc(starts[:i], func(o Plan) bool { return o.equal(p) })) {
			continue
		}
		for g := range groups {
			groups[g].mark(p)
		}
		if err := take(p); err != nil {
			return nil, nil, err
		}
	}
	for budget > 0 {
		p := best.Clone()
		changed := false
		for g := range groups {
			if groups[g].next(q, best, p) {
				changed = true
			}
		}
		if !changed {
			break
		}
		if err := take(p); err != nil {
			return nil, nil, err
		}
	}
	return best, value, nil
}

func (p Plan) equal(o Plan) bool {
	return slices.EqualFunc(p, o, func(a, b []uint8) bool { return slices.Equal(a, b) })
}

// worth says whether to lose after instead of before is worth a change.
func (q *Problem) worth(before, after float64) bool {
	return after < (1-q.Share)*before && before-after > q.Least
}

// A group is units that are planned apart, and how far the search for them has come.
type group struct {
	units  []int
	length int // of the stretches that are changed now
	at     int // number of the next change of this length
	done   bool
	better bool            // since the longest stretches were last begun with
	tried  map[string]bool // plans of these units
}

// mark notes what of p is the group's, and whether it is new.
func (g *group) mark(p Plan) bool {
	var key []byte
	for _, i := range g.units {
		key = append(key, p[i]...)
	}
	if g.tried[string(key)] {
		return false
	}
	g.tried[string(key)] = true
	return true
}

// next makes the next change of what is best so far in p, which has not been tried yet and keeps the limits, and reports whether there is one:
// the first blocks first.
func (g *group) next(q *Problem, best, p Plan) bool {
	for !g.done {
		n := 0
		hop := max(1, g.length/2)
		for from := 0; ; from += hop {
			for _, i := range g.units {
				u := &q.Units[i]
				if u.Once && g.length < q.Blocks {
					continue
				}
				for level := range u.Levels {
					if n++; n <= g.at {
						continue
					}
					g.at = n
					for b := range p[i] {
						if p[i][b] = best[i][b]; b >= from && b < from+g.length {
							p[i][b] = uint8(level)
						}
					}
					if g.mark(p) && q.Check(p) == nil {
						return true
					}
					copy(p[i], best[i])
				}
			}
			if from+g.length >= q.Blocks {
				break
			}
		}
		g.at = 0
		if g.length /= 2; g.length >= 1 {
			continue
		}
		g.length, g.done, g.better = q.Blocks, !g.better, false
	}
	return false
}
