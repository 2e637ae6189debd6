package brain

import (
	"math"
	"time"

	"citybrain/city"
)

// queues estimates the vehicles that wait at signals, by approach and turn. A loop counts a group of lanes or the whole approach,
// and three approaches in ten have none; but only a turn that has green can have left, so that the stages that controllers
// report share out the counts: arrivals by the turns that reporting vehicles make, departures by green, held against each count,
// each loop's occupancy and the vehicles that are seen to stand.
type queues struct {
	city     *city.City
	index    city.TurnIndex
	links    []int32      // approaches of all junctions, by junction
	junction []int32      // of each link's end, −1
	waiting  [][3]float64 // vehicles, by link and kind: left and U-turns, straight, right; one-lane links have all in straight
	turns    [][3]float64 // of vehicles seen to turn, by kind: shares of them
	lanes    [][3]float64
	serves   [][3]int32 // the movement of each kind, −1: none
	arriving []float64  // vehicles/s, of late
	left     [][3]float64
	green    [][3]float64 // s of green since the last count
	red      [][3]float64 // s since each kind last had green
	greens   [][3]float64 // s of green since the start, as far as there was room ahead
	looked   [][3]float64 // greens when the reporting vehicles were last looked at
	counted  []time.Time  // when each link's detector was last read
	crossed  []float64    // vehicles by the reporting ones, since the last look
	platoons *platoons
	part     []float64                 // of each turn: see parts
	most     [][3]float64              // that can wait, as the last reading said
	past     [][3][2]float64           // vehicles let go in the last block and the one before
	stood    []float64                 // vehicles that stood on each link by the reporting ones
	told     []float64                 // vehicles/s that come onto it by the same
	believed func(l int32, k int) bool // whether what the loop of kind k at link l says is used
	blind    func(l int32) bool        // whether link l has no loop that is
}

const (
	seenTurns   = 6.0               // turns of reporting vehicles that the geometry's guess is worth
	longestWait = 150 * time.Second // of red that is told apart
	likeness    = 1.0               // shape of the gamma law by which queues differ
	standTrust  = 0.25              // weight of who is seen to stand, and where no loop tells of the queue
	blindTrust  = 0.5
)

func kindOf(k city.TurnKind) int {
	switch k {
	case city.Left, city.UTurn:
		return 0
	case city.Right:
		return 2
	}
	return 1
}

func newQueues(c *city.City) *queues {
	n := len(c.Streets.Links)
	q := &queues{city: c, index: c.Streets.IndexTurns(), junction: make([]int32, n), waiting: make([][3]float64, n), turns: make([][3]float64, n), lanes: make([][3]float64, n), serves: make([][3]int32, n),
		arriving: make([]float64, n), left: make([][3]float64, n), green: make([][3]float64, n), red: make([][3]float64, n), greens: make([][3]float64, n), looked: make([][3]float64, n), counted: make([]time.Time, n), crossed: make([]float64, n), platoons: newPlatoons(c), part: parts(&c.Streets), past: make([][3][2]float64, n), most: make([][3]float64, n), stood: make([]float64, n), told: make([]float64, n),
		believed: func(int32, int) bool { return true }, blind: func(l int32) bool { return c.Streets.Links[l].Detector == city.DetectorNone }}
	for l := range n {
		q.junction[l] = -1
		q.serves[l] = [3]int32{-1, -1, -1}
		q.most[l] = [3]float64{math.Inf(1), math.Inf(1), math.Inf(1)}
	}
	// Until turns are seen a queue is shared out by the lanes that its turns have.
	for _, t := range c.Streets.Turns {
		k := kindOf(t.Kind)
		lanes := float64(max(t.Lanes, 1))
		q.lanes[t.From][k] = math.Max(q.lanes[t.From][k], lanes)
		q.turns[t.From][k] = math.Max(q.turns[t.From][k], [3]float64{0.6, 1, 0.5}[k]*lanes)
	}
	for l := range q.turns {
		if sum := q.turns[l][0] + q.turns[l][1] + q.turns[l][2]; sum > 0 {
			for k := range 3 {
				q.turns[l][k] *= seenTurns / sum
			}
		}
	}
	for j := range c.Signals {
		for _, l := range city.Approaches(&c.Signals[j]) {
			q.links = append(q.links, l)
			q.junction[l] = int32(j)
		}
		for m := range c.Signals[j].Movements {
			mv := &c.Signals[j].Movements[m]
			if mv.Kind == city.Vehicles && len(mv.Turns) > 0 {
				k := kindOf(mv.Turn)
				q.serves[mv.From][k] = int32(m)
				q.lanes[mv.From][k] = float64(max(mv.Lanes, 1))
			}
		}
	}
	return q
}

// share returns the share of link l's vehicles that turn by kind k.
func (q *queues) share(l int32, k int) float64 {
	t := &q.turns[l]
	if sum := t[0] + t[1] + t[2]; sum > 0 {
		return t[k] / sum
	}
	return 0
}

// one reports whether link l has one lane, in which all wait behind each other.
func (q *queues) one(l int32) bool { return q.city.Streets.Links[l].Lanes == 1 }

// A lamp is what is known of a junction's stage in the seconds that passed.
type lamp struct {
	stage  int     // −1: not known
	green  float64 // s of it
	before int     // the stage before it, whose end is known only now: over seconds ago; −1: nothing has changed
	over   float64
	from   int // the stage that a change led from which was under way in them, −1: who is green in both went on
}

// tick lets seconds pass: vehicles arrive, and leave where lamps let them. filled is the share of a link's storage that is taken.
func (q *queues) tick(seconds float64, lamps []lamp, filled func(int32) float64) {
	q.platoons.tick(q)
	for _, l := range q.links {
		j, lamp := &q.city.Signals[q.junction[l]], &lamps[q.junction[l]]
		s := lamp.stage
		if s < 0 {
			continue
		}
		if lamp.before >= 0 {
			q.recall(l, lamp)
		}
		var open [3]float64 // the share of each kind that may go
		green := [3]float64{lamp.green, lamp.green, lamp.green}
		for k, m := range q.serves[l] {
			if m < 0 || !j.InStage(s, m) {
				continue
			}
			open[k] = 1
			if lamp.from >= 0 && j.InStage(lamp.from, m) {
				green[k] = seconds
			}
			if j.Movements[m].Permissive && k == 0 {
				open[k] = 0.5
			}
			room := false
			for _, t := range j.Movements[m].Turns {
				room = room || filled(q.city.Streets.Turns[t].To) < 0.95
			}
			if !room {
				open[k] *= 0.2
			}
		}
		if q.one(l) {
			all := open[0]*q.share(l, 0) + open[1]*q.share(l, 1) + open[2]*q.share(l, 2)
			q.pass(l, 1, 1, all, 1, seconds, green[1])
			continue
		}
		for k := range 3 {
			q.pass(l, k, q.share(l, k), open[k], q.lanes[l][k], seconds, green[k])
		}
	}
}

func (q *queues) pass(l int32, k int, share, open, lanes, seconds, green float64) {
	w := &q.waiting[l][k]
	*w += q.platoons.now(l, q.arriving[l]) * share * seconds
	q.red[l][k] = math.Min(q.red[l][k]+seconds, longestWait.Seconds())
	*w = math.Min(*w, q.city.Streets.Links[l].Length/city.JamSpacing*q.lanes[l][k])
	q.past[l][k][1], q.past[l][k][0] = q.past[l][k][0], 0
	if open > 0 && green > 0 {
		q.red[l][k] = 0
		go1 := math.Min(*w, city.SaturationFlow*lanes*open*green)
		*w -= go1
		q.past[l][k][0] = go1
		q.left[l][k] += go1
		q.platoons.leave(q, l, k, go1)
		q.green[l][k] += open * green
		q.greens[l][k] += open * green
	}
}

// recall brings back those who were let go from link l after their stage's end.
func (q *queues) recall(l int32, lamp *lamp) {
	j := &q.city.Signals[q.junction[l]]
	for k, m := range q.serves[l] {
		if m < 0 || !j.InStage(lamp.before, m) || j.InStage(lamp.stage, m) || q.one(l) && k != 1 {
			continue
		}
		p, blocks := &q.past[l][k], lamp.over/block5
		back := p[0]*math.Min(1, blocks) + p[1]*math.Max(0, math.Min(1, blocks-1))
		q.waiting[l][k] += back
		q.left[l][k] = math.Max(0, q.left[l][k]-back)
		q.green[l][k] = math.Max(0, q.green[l][k]-math.Min(lamp.over, 2*block5))
		q.greens[l][k] -= math.Min(lamp.over, 2*block5)
		q.platoons.correct(q, l, k, -back)
	}
}

// A reading is what one loop said of a period: vehicles, and the share of it that the loop was covered. NaN: it said nothing.
type reading struct{ volume, occupied float64 }

// all reports whether link l has one loop for all its lanes.
func (q *queues) all(l int32) bool {
	return q.one(l) || q.city.Streets.Links[l].Detector == city.DetectorEntry
}

// count takes in what the loops of link l's groups of lanes said of the period that ended at.
func (q *queues) count(l int32, at time.Time, of [3]reading) {
	link := &q.city.Streets.Links[l]
	sum, missing := 0.0, 0.0
	for k, r := range of {
		if math.IsNaN(r.volume) {
			if !q.believed(l, k) {
				missing += q.share(l, k)
			}
			continue
		}
		sum += r.volume
		// What leaves tells how the approach's vehicles turn, every one of them.
		q.turns[l][k] = 0.99*q.turns[l][k] + 0.2*r.volume
		q.leave(l, k, r.volume)
		w, full := &q.waiting[l][k], setback/city.JamSpacing*q.lanes[l][k]
		q.most[l][k] = math.Inf(1)
		switch {
		case link.Detector == city.DetectorStopLine && r.occupied < 0.02:
			*w, q.most[l][k] = 0, 1
		case link.Detector == city.DetectorStopLine:
			*w = math.Max(*w, 1)
		case r.occupied < 0.02:
			*w, q.most[l][k] = math.Min(*w, full), full
		case r.occupied > 0.6:
			*w = math.Max(*w, full)
		}
	}
	// What a loop that is left out would have counted is what its turns' share says.
	missing = math.Min(missing, 0.7)
	for k := range of {
		if missing > 0 && !q.believed(l, k) {
			q.turns[l][k] = 0.99*q.turns[l][k] + 0.2*sum/(1-missing)*q.share(l, k)
		}
	}
	q.arriving[l] += 0.12 * (sum/(1-missing)/detectorPeriod - q.arriving[l])
	q.left[l], q.green[l], q.counted[l] = [3]float64{}, [3]float64{}, at
}

// leave holds the vehicles that left from link l for turns of kind k against what the stages let go.
func (q *queues) leave(l int32, k int, volume float64) {
	w, left, able := &q.waiting[l][k], q.left[l][k], city.SaturationFlow*q.lanes[l][k]*q.green[l][k]
	q.platoons.correct(q, l, k, volume-left)
	if volume > left {
		// More left than were thought to wait; at full flow there are more behind them.
		*w = math.Max(0, *w-(volume-left))
		if volume > 0.8*able {
			*w = math.Max(*w, 2*q.lanes[l][k])
		}
	} else if able > 2 && volume < 0.4*able {
		// Green and hardly anyone left: nobody waits there, or the way out is full.
		*w = math.Min(*w, 1)
	}
}

// countAll takes in what the one loop of link l said of the period that ended at.
func (q *queues) countAll(l int32, at time.Time, r reading) {
	link := &q.city.Streets.Links[l]
	pace := 0.12
	if link.Detector == city.DetectorEntry {
		pace = 0.3 // it sees arrivals themselves
	} else {
		q.leave(l, 1, r.volume)
	}
	q.arriving[l] += pace * (r.volume/detectorPeriod - q.arriving[l])
	total, full := q.total(l), setback/city.JamSpacing
	switch link.Detector {
	case city.DetectorStopLine:
		if r.occupied < 0.02 {
			q.scale(l, 0)
		} else {
			q.raise(l, 1)
		}
	case city.DetectorEntry:
		full = math.Max(1, (link.Length-20)/city.JamSpacing*float64(link.Lanes))
		fallthrough
	case city.DetectorSetback:
		if r.occupied > 0.6 && (link.Detector != city.DetectorEntry || q.stood[l] > 0) {
			q.raise(l, full) // of a queue that fills its street some report; else the loop is stuck
		} else if r.occupied < 0.02 && total > full {
			q.scale(l, full)
		}
	}
	q.left[l], q.green[l], q.counted[l] = [3]float64{}, [3]float64{}, at
}

// setback is how far before the stop line such detectors lie, m.
const setback = 40

func (q *queues) total(l int32) float64 {
	return q.waiting[l][0] + q.waiting[l][1] + q.waiting[l][2]
}

// scale brings link l's queues down to to vehicles in all.
func (q *queues) scale(l int32, to float64) {
	if sum := q.total(l); sum > to {
		for k := range 3 {
			q.waiting[l][k] *= to / sum
		}
	}
}

// raise adds vehicles to link l's queues until there are to in all.
func (q *queues) raise(l int32, to float64) {
	add := to - q.total(l)
	if add <= 0 {
		return
	}
	if q.one(l) {
		q.waiting[l][1] += add
		return
	}
	// Who waits came while it was red: each kind's part is its share of arrivals times its red, as far as its loop has not said that
	// there are fewer.
	for range 2 {
		var part [3]float64
		sum := 0.0
		for k := range 3 {
			if q.waiting[l][k] < q.most[l][k] {
				part[k] = q.share(l, k) * (q.red[l][k] + 2)
				sum += part[k]
			}
		}
		rest := 0.0
		for k := range 3 {
			if sum > 0 {
				more := add * part[k] / sum
				fits := math.Min(more, math.Max(0, q.most[l][k]-q.waiting[l][k]))
				q.waiting[l][k] += fits
				rest += more - fits
			}
		}
		if add = rest; add < 0.1 {
			return
		}
	}
}

// A stander is a reporting vehicle that stands on a link: metres before the stop line now and where it was first seen to stand, queues.greens of
// the link then, and the greens since it last reported.
type stander struct {
	back, stood   float64
	since, lately [3]float64
}

// belongs says how likely a vehicle that stands on link l waits for turns of each kind: not where it could have left since it came to stand. Of
// one that may have left since it reported they are 0.
func (q *queues) belongs(l int32, v stander) (of [3]float64) {
	gone := func(k int) bool {
		return v.lately[k] > 0 && city.SaturationFlow*v.lately[k] > v.back/city.JamSpacing
	}
	if q.one(l) {
		return [3]float64{1: float64(btoi(!gone(1)))}
	}
	ahead := v.stood/city.JamSpacing + unsureAhead
	for range 2 {
		sum, left := 0.0, 0.0
		for k := range of {
			of[k] = 0
			if q.serves[l][k] < 0 {
				continue
			}
			likely := q.share(l, k) * (1 + 2*q.waiting[l][k]/(q.total(l)+1)) // no more, lest a wrong belief keep itself up
			switch {
			case city.SaturationFlow*(q.greens[l][k]-v.since[k]) > ahead:
			case gone(k):
				left += likely
			default:
				of[k] = likely
				sum += likely
			}
		}
		if sum+left > 0 {
			for k := range of {
				of[k] /= sum + left
			}
			return of
		}
		ahead = math.Inf(1) // the street ahead may be full
	}
	return of
}

// unsureAhead is how many vehicles more than its place tells may stand before one.
const unsureAhead = 3

// stand takes in the reporting vehicles seen to stand on link l, by the kind of turn that they wait for, and how far back from the stop
// line the last one of each stands, m.
func (q *queues) stand(l int32, seen, back [3]float64) {
	q.stood[l] = (seen[0] + seen[1] + seen[2]) / probeShare
	trust := standTrust
	if q.blind(l) || q.city.Streets.Links[l].Detector == city.DetectorEntry {
		trust = blindTrust
	}
	for k := range 3 {
		m := q.waiting[l][k]
		if m == 0 && seen[k] == 0 {
			continue
		}
		// Of queues whose lengths differ as much as their mean (a gamma law of shape likeness) those that show so many reporting vehicles have this
		// many others on average.
		likely := seen[k] + (1-probeShare)*m*(seen[k]+likeness)/(probeShare*m+likeness)
		w := m + trust*(likely-m)
		// Whoever stands has a queue before it, in one lane at least.
		if back[k] > 0 {
			w = math.Max(w, back[k]/city.JamSpacing+1)
		}
		if w > m {
			w = math.Max(m, math.Min(w, q.most[l][k]))
		}
		q.waiting[l][k] = w
	}
}

// turned takes in a reporting vehicle that went from link a to link b.
func (q *queues) turned(a, b int32) {
	for i := q.index[a]; i < q.index[a+1]; i++ {
		if t := &q.city.Streets.Turns[i]; t.To == b {
			k := kindOf(t.Kind)
			q.turns[a][k]++
			// Old turns fade: what people did an hour ago tells less.
			if sum := q.turns[a][0] + q.turns[a][1] + q.turns[a][2]; sum > 60 {
				for k := range 3 {
					q.turns[a][k] *= 0.98
				}
			}
			return
		}
	}
}
