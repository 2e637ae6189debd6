package operation

import (
	"fmt"
	"math"
	"slices"
	"sort"
)

// A Unit is something that can be ordered.
type Unit struct {
	ID     string
	Levels []float64 // what it may be ordered to, rising: units of a pump, opening of a gate, a creek's target, the site of a mobile pump
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
	Model   func(p Plan, member int) Loss
	Tail    float64 // share of worst members in the CVaR, 0.1
	Weight  float64 // of the CVaR, 0–1
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

// Score returns what p costs over the ensemble.
func (q *Problem) Score(p Plan) Score {
	loss := make([]float64, q.Members)
	for m := range loss {
		loss[m] = q.Model(p, m).Total()
	}
	return score(loss, q.Tail, q.Weight)
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

// Optimise looks for the plan of least value from the starts given and from Hold, within budget evaluations of a plan: it changes one
// unit over a stretch of blocks at a time, long stretches first, as long as that helps. Every plan that it tries keeps the limits; a start
// that does not is refused.
func (q *Problem) Optimise(budget int, starts ...Plan) (Plan, Score, error) {
	if q.Blocks < 1 || q.Members < 1 || q.Model == nil || !(q.Weight >= 0 && q.Weight <= 1) {
		return nil, Score{}, fmt.Errorf("plan: %d blocks, %d members, weight %g of the risk", q.Blocks, q.Members, q.Weight)
	}
	for i := range q.Units {
		u := &q.Units[i]
		if len(u.Levels) == 0 || len(u.Levels) > 255 || u.Now < 0 || u.Now >= len(u.Levels) {
			return nil, Score{}, fmt.Errorf("plan: %s: %d levels, now at %d", u.ID, len(u.Levels), u.Now)
		}
	}
	starts = append(starts, q.Hold())
	var best Plan
	var value Score
	for i, p := range starts {
		if err := q.Check(p); err != nil {
			if i == len(starts)-1 && best != nil {
				continue // what runs now is over a limit, but a start given is not
			}
			return nil, Score{}, err
		}
		if s := q.Score(p); best == nil || s.Value < value.Value {
			best, value = p.Clone(), s
		}
		budget--
	}
	try := func(i, from, to, level int) bool {
		p := best[i]
		same := true
		for b := from; b < to; b++ {
			same = same && int(p[b]) == level
		}
		if same || budget <= 0 {
			return false
		}
		was := slices.Clone(p)
		for b := from; b < to; b++ {
			p[b] = uint8(level)
		}
		if q.Check(best) == nil {
			budget--
			if s := q.Score(best); s.Value < value.Value {
				value = s
				return true
			}
		}
		copy(p, was)
		return false
	}
	for better := true; better && budget > 0; {
		better = false
		for length := q.Blocks; length >= 1; length = length / 2 {
			for i := range q.Units {
				if q.Units[i].Once && length < q.Blocks {
					continue
				}
				for from := 0; from < q.Blocks; from += max(1, length/2) {
					for level := range q.Units[i].Levels {
						if try(i, from, min(from+length, q.Blocks), level) {
							better = true
						}
					}
					if from+length >= q.Blocks {
						break
					}
				}
			}
		}
	}
	return best, value, nil
}
