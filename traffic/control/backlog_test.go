package control

import (
	"math"
	"testing"

	"citybrain/city/chance"
)

// What a backlog says of a queue is held against ten thousand queues that come and leave by the same chances.
func TestBacklogIsTheQueue(t *testing.T) {
	const runs, red, green, rate, goes, most = 10000, 30, 12, 0.2, 0.4, 20
	luck := chance.New(1, "backlog")
	var truth [most + 2]float64
	for k := range uint64(runs) {
		n := 0
		for s := range uint64(red + green) {
			if luck.Float(k, 2*s) < rate && n < most {
				n++
			}
			if s >= red && n > 0 && luck.Float(k, 2*s+1) < goes {
				n--
			}
		}
		truth[n] += 1.0 / runs
	}
	q := newBacklog()
	for s := range red + green {
		q.come(rate, most)
		if s >= red {
			q.leave(goes)
		}
	}
	if sum := q.beyond(-1); math.Abs(sum-1) > 1e-9 {
		t.Errorf("all its probabilities are %g", sum)
	}
	for n := range 10 {
		if d := math.Abs(q[n] - truth[n]); d > 0.015 {
			t.Errorf("%d stand there: %.3f is believed, %.3f is true", n, q[n], truth[n])
		}
	}
}

func TestBacklogLearns(t *testing.T) {
	filled := func() backlog {
		q := newBacklog()
		for range 40 {
			q.come(0.2, 30)
		}
		return q
	}
	q := filled()
	if q.least(12); q.beyond(11) < 1-1e-9 || q.mean() < 12 {
		t.Errorf("one stands at the twelfth place: %v", q)
	}
	if q.most(12); math.Abs(q.mean()-12) > 1e-9 {
		t.Errorf("and is the last: %v", q)
	}
	q = filled()
	before := q.mean()
	if q.left(0.5, 0.2); q.mean() > before-0.9 || q.mean() < before-1.1 {
		t.Errorf("one of %.2f left: %.2f", before, q.mean())
	}
	q = filled()
	for range 6 {
		q.doubt()
		q.idle(0.4, 0.8)
	}
	if q.beyond(0) > 0.4 {
		t.Errorf("nobody uses its green: somebody is there with %.2f", q.beyond(0))
	}
	q = newBacklog()
	q.leave(1)
	q.most(-3)
	if q.left(0.5, 0); len(q) != 1 || q.mean() != 0 {
		t.Errorf("none left of none: %v", q)
	}
}
