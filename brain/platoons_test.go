package brain

import (
	"math"
	"testing"

	"citybrain/city"
)

// followed is a queue estimate of the demo city, and an approach that vehicles come to from lights upstream after a while, with the turn by which they do.
func followed(t *testing.T) (q *queues, turn, link int32, after int) {
	t.Helper()
	c := demo()
	q = newQueues(c)
	for from, list := range q.platoons.next {
		for _, o := range list {
			if len(o.via) == 0 && o.after >= 4 && !q.one(int32(from/3)) {
				return q, o.turn, o.link, o.after
			}
		}
	}
	t.Fatal("no approach follows on lights")
	return
}

// Those who are let go at lights come to the next ones a link's time later, those who were brought back do not, and in the mean as many come as
// the link's own detector tells.
func TestPlatoonsComeLater(t *testing.T) {
	q, turn, link, after := followed(t)
	from := q.city.Streets.Turns[turn]
	k := kindOf(from.Kind)
	const rate = 0.2
	sum, peak, blocks := 0.0, 0, 3000
	for b := range blocks {
		q.platoons.tick(q)
		if b%20 < 4 {
			q.platoons.leave(q, from.From, k, 4)
		} else if b%20 == 4 {
			q.platoons.correct(q, from.From, k, 2) // by the counts there were some more two blocks ago
		}
		if b < blocks/2 {
			continue
		}
		v := q.platoons.now(link, rate)
		sum += v
		if v > 1.5*rate && b%20 == after%20 {
			peak++
		}
	}
	if n := blocks / 40; peak < n-1 {
		t.Errorf("%d platoons of %d came %d blocks after they were let go", peak, n, after)
	}
	if got := sum / float64(blocks/2); math.Abs(got-rate) > 0.2*rate {
		t.Errorf("%.3f vehicles/s come, the detector tells of %.3f", got, rate)
	}
}

// Whom the estimate let go after their stage's end, told late, wait again.
func TestLateReportsBringBack(t *testing.T) {
	c := demo()
	q := newQueues(c)
	j := &c.Signals[0]
	l := city.Approaches(j)[0]
	stage, other := -1, -1
	for s := range j.Stages {
		switch m := q.serves[l][1]; {
		case m < 0:
		case j.InStage(s, m):
			stage = s
		default:
			other = s
		}
	}
	if stage < 0 || other < 0 {
		t.Fatal("the first approach of the first junction has no straight stage of its own")
	}
	lamps := make([]lamp, len(c.Signals))
	for i := range lamps {
		lamps[i] = lamp{-1, 0, -1, 0, -1}
	}
	q.waiting[l][1] = 20
	lamps[0] = lamp{stage, 5, -1, 0, -1}
	empty := func(int32) float64 { return 0 }
	q.tick(5, lamps, empty)
	before := q.waiting[l][1]
	q.tick(5, lamps, empty)
	if before >= 20 || q.waiting[l][1] >= before {
		t.Fatalf("green lets nobody go: %.1f, %.1f", before, q.waiting[l][1])
	}
	lamps[0] = lamp{other, 0, stage, 5, -1}
	q.tick(5, lamps, empty)
	if math.Abs(q.waiting[l][1]-before) > 0.01 {
		t.Errorf("%.2f wait; the stage had ended before the last %.2f left", q.waiting[l][1], before-q.waiting[l][1])
	}
}
