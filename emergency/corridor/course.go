package corridor

import (
	"math"

	"citybrain/city"
)

// Weights and steps of the search for a course.
const (
	keeps    = 5    // s, the step in which the stage that is green may go on
	through  = 3    // s after a unit's arrival until which its green is meant to last
	mostKept = 60   // s at most
	tooEarly = 0.25 // s of the unit that a second is worth in which its green stands before its time
	stands   = 0.05 // s of the unit that a second of the longest red beyond shortRed is worth
	shortRed = 60   // s
	long     = 30   // s of green that a queue needs for which a part may be given before others are served
	notYet   = 20   // s at most that a red light and what gathers before it cost a unit
)

// A course is what a junction shows until a unit is through and everybody else has been served after it.
type course struct {
	ask    int     // the stage to ask for now
	excess int     // s by which the longest red on it is over what anybody may wait
	cost   float64 // s, to the unit and to those who stand while its green waits for it
}

// played is a junction on its way through stages, in seconds from now.
type played struct {
	at    *city.Junction
	stage int   // that is green
	t     int   // until now
	ended []int // when each movement's green ended; of those in stage it has not
	after []bool
	worst int // longest red that ended

	unit, arrive int // the unit's stage and when it comes
	since        int // when stage became green
	got          int // s of the unit's stage before it comes, but for the last one
}

// then goes on to stage s and keeps it green for so long.
func (x *played) then(s, green int) {
	for _, m := range x.at.Stages[x.stage].Movements {
		x.ended[m] = x.t
	}
	if x.stage == x.unit {
		x.got += max(0, min(x.t, x.arrive)-max(0, x.since)-startLoss)
	}
	start := x.t + x.at.Between(x.stage, s)
	for _, m := range x.at.Stages[s].Movements {
		if !x.at.InStage(x.stage, m) {
			x.worst = max(x.worst, start-x.ended[m])
		}
		x.after[m] = true
	}
	x.stage, x.since, x.t = s, start, start+green
}

// oldest is the movement that has been red longest of those that are neither green now, nor served already, nor in stage but; -1: none.
func (x *played) oldest(but int) int32 {
	best, since := int32(-1), math.MaxInt
	for m := range x.ended {
		if !x.after[m] && x.ended[m] < since && !x.at.InStage(x.stage, int32(m)) && (but < 0 || !x.at.InStage(but, int32(m))) {
			best, since = int32(m), x.ended[m]
		}
	}
	return best
}

func (x *played) copyTo(y *played) {
	ended, after := append(y.ended[:0], x.ended...), append(y.after[:0], x.after...)
	*y = *x
	y.ended, y.after = ended, after
}

// course looks for the best way to have a unit's stage green when it comes in arrive seconds, and for need seconds before. Every course goes on with
// what is green for a while, serves some of the others, each at its least, in any order, then the unit, then whoever has not been served
// since, the longest red first: so it is known beforehand how long anybody would wait. Those come first on which nobody waits too long, then the
// one that costs the unit least.
func (p *Planner) course(at *city.Junction, l *Light, unit int, need, arrive float64) course {
	x := search{at: at, unit: unit, need: need, arrive: arrive, used: make([]bool, len(at.Stages)), best: course{ask: unit, excess: math.MaxInt}}
	for m := range at.Movements {
		x.stage = append(x.stage, p.stageOf(at, int32(m), l))
	}
	now := played{at: at, unit: unit, arrive: int(arrive), stage: l.Stage, ended: make([]int, len(at.Movements)), after: make([]bool, len(at.Movements))}
	for m := range now.ended {
		now.ended[m] = -l.Red[m]
	}
	if l.Next >= 0 {
		for _, m := range at.Stages[l.Next].Movements {
			now.worst = max(now.worst, l.Red[m]+l.Left)
		}
		now.stage, now.since, now.t = l.Next, l.Left, l.Left+at.StageMinGreen(l.Next)
	} else {
		now.t = max(0, at.StageMinGreen(l.Stage)-l.Age)
	}
	x.path = make([]played, len(at.Stages)+1)
	var start played
	for more := 0; more == 0 || float64(now.t+more) <= arrive && more <= mostKept; more += keeps {
		now.copyTo(&start)
		start.t += more
		ask := -1
		if more >= keeps {
			ask = now.stage
		}
		// From afar whole rounds of the others come first.
		for n := 0; ; n++ {
			start.copyTo(&x.path[0])
			clear(x.used)
			x.used[start.stage] = true
			x.from(0, ask)
			clear(start.after)
			m := start.oldest(unit)
			if n == len(at.Stages) || m < 0 || x.stage[m] < 0 {
				break
			}
			start.then(x.stage[m], at.StageMinGreen(x.stage[m]))
			if start.t > int(arrive) {
				break
			}
			if ask < 0 {
				ask = start.stage
			}
		}
	}
	return x.best
}

// search is what a search for a course has in hand.
type search struct {
	at           *city.Junction
	unit         int
	need, arrive float64
	stage        []int    // in which each movement is served behind the unit
	path         []played // after each stage
	used         []bool   // stages on the path
	end          played
	best         course
}

// from tries what may follow path[n]: the unit, or another stage first. ask is the stage to ask for now, -1: the next one.
func (x *search) from(n, ask int) {
	x.finish(&x.path[n], ask)
	if n+1 == len(x.path) {
		return
	}
	for s := range x.at.Stages {
		if x.used[s] || x.at.OnDemand(s) || s == x.unit && (n > 0 || x.need < long) {
			continue
		}
		x.path[n].copyTo(&x.path[n+1])
		x.path[n+1].then(s, x.at.StageMinGreen(s))
		if float64(x.path[n+1].t) > x.arrive+notYet || x.worse(x.path[n+1].worst) {
			continue
		}
		first := ask
		if first < 0 {
			first = s
		}
		x.used[s] = true
		x.from(n+1, first)
		x.used[s] = false
	}
}

// worse reports whether no course with so long a red can be better than the best so far.
func (x *search) worse(red int) bool {
	if excess := max(0, red-(Longest-spare)); excess != x.best.excess {
		return excess > x.best.excess
	}
	return stands*float64(red-shortRed) >= x.best.cost
}

// finish has the unit follow before, then the others, and keeps that course if it is the best.
func (x *search) finish(before *played, ask int) {
	y := &x.end
	before.copyTo(y)
	clear(y.after)
	starts := 0
	if y.stage == x.unit {
		starts = max(0, y.since)
		y.t = max(y.t, int(x.arrive)+through)
		for _, m := range x.at.Stages[x.unit].Movements {
			y.after[m] = true
		}
	} else {
		starts = y.t + x.at.Between(y.stage, x.unit)
		y.then(x.unit, max(x.at.StageMinGreen(x.unit), int(x.arrive)+through-starts))
	}
	for m := y.oldest(-1); m >= 0 && x.stage[m] >= 0; m = y.oldest(-1) {
		y.then(x.stage[m], x.at.StageMinGreen(x.stage[m]))
	}
	c := course{ask: ask, excess: max(0, y.worst-(Longest-spare))}
	if ask < 0 {
		c.ask, ask = x.unit, x.unit
	}
	green := x.arrive - float64(starts)
	c.cost = max(0, x.need-float64(y.got)-max(0, green)) + min(notYet, max(0, -green))
	c.cost += tooEarly * max(0, green-x.need)
	c.cost += stands * float64(max(0, y.worst-shortRed))
	if c.excess < x.best.excess || c.excess == x.best.excess && c.cost < x.best.cost {
		x.best = c
	}
}

// comesRound reports whether the stages of a junction's round, each at its least, can follow each other in some order so that nobody waits too long.
func comesRound(at *city.Junction) bool {
	round := at.Round()
	n := len(round)
	order := make([]int, 0, n)
	used := make([]bool, n)
	var from func() bool
	from = func() bool {
		if len(order) == n {
			return longestRed(at, order) <= Longest-spare
		}
		for i, s := range round {
			if used[i] || len(order) == 0 && i > 0 {
				continue
			}
			used[i], order = true, append(order, s)
			if from() {
				return true
			}
			used[i], order = false, order[:len(order)-1]
		}
		return false
	}
	return from()
}

// longestRed is the longest red of a movement, in seconds, where stages follow each other in an order, each at its least, again and again.
func longestRed(at *city.Junction, order []int) int {
	x := played{at: at, stage: order[len(order)-1], ended: make([]int, len(at.Movements)), after: make([]bool, len(at.Movements))}
	for range 2 {
		x.worst = 0 // the first round has no past
		for _, s := range order {
			x.then(s, at.StageMinGreen(s))
		}
	}
	return x.worst
}
