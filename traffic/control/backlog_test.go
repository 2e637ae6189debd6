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
	q := newBacklog(rate)
	for s := range red + green {
		q.come(1, 1, most)
		if s >= red {
			q.leave(goes)
		}
	}
	if sum := q.beyond(-1); math.Abs(sum-1) > 1e-9 {
		t.Errorf("all its probabilities are %g", sum)
	}
	for n := range 10 {
		if d := math.Abs(q.at(n) - truth[n]); d > 0.015 {
			t.Errorf("%d stand there: %.3f is believed, %.3f is true", n, q.at(n), truth[n])
		}
	}
}

// Lanes to which one of several rates comes, and of which one vehicle in ten tells that it came and at which place it stands. What is believed of their rates and queues
// is held against those of four hundred lanes of which the same was heard: it must be true on the mean, and nearer than what was supposed.
func TestBacklogLearnsTheRate(t *testing.T) {
	const lanes, share, cycles, red, green, goes, most, mean = 400, 0.1, 12, 40, 20, 0.5, 28, 0.08
	luck := chance.New(2, "rates")
	var off, supposed, believed, truth, queues, waits float64
	for k := range uint64(lanes) {
		u, rate := luck.Float(k, 1), rates[0]
		prior := newBacklog(rates...)
		prior.drift(1, mean)
		for m, r := range rates { // drawn from what is supposed
			if u -= prior.there[m][0]; u >= 0 {
				rate = r
			} else {
				rate = r
				break
			}
		}
		q, n, draw := prior, 0, chance.New(k, "lane")
		for s := range uint64(cycles * (red + green)) {
			heard, place := 0, 0
			if draw.Float(s, 0) < rate && n < most {
				if n++; draw.Float(s, 1) < share {
					heard, place = 1, n
				}
			}
			q.come(1-share, 1, most)
			q.heard(heard, share, 1)
			if heard > 0 {
				q.join(most)
				q.least(place)
				q.most(place)
			}
			if s%(red+green) >= red {
				if n > 0 && draw.Float(s, 2) < goes {
					n--
				}
				q.leave(goes)
			}
		}
		off, supposed = off+math.Abs(q.rate()-rate), supposed+math.Abs(mean-rate)
		believed, truth = believed+q.rate(), truth+rate
		queues, waits = queues+q.mean(), waits+float64(n)
	}
	t.Logf("rates: %.4f/s believed on the mean, %.4f/s true, %.4f off where what was supposed is %.4f; queues: %.2f, %.2f", believed/lanes, truth/lanes, off/lanes, supposed/lanes, queues/lanes, waits/lanes)
	if math.Abs(believed-truth) > 0.07*truth {
		t.Errorf("%.4f/s are believed to come, %.4f/s do", believed/lanes, truth/lanes)
	}
	if off > 0.6*supposed {
		t.Errorf("rates are %.4f/s off, before anything was heard %.4f/s", off/lanes, supposed/lanes)
	}
	if math.Abs(queues-waits) > 0.15*waits {
		t.Errorf("%.2f are believed to wait, %.2f do", queues/lanes, waits/lanes)
	}
}

func TestBacklogLearns(t *testing.T) {
	filled := func() backlog {
		q := newBacklog(0.2)
		for range 40 {
			q.come(1, 1, 30)
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
	if q.join(30); math.Abs(q.mean()-13) > 1e-9 {
		t.Errorf("and one more came: %v", q)
	}
	q = filled()
	before := q.mean()
	if q.left(0.5, 0); q.mean() > before-0.9 || q.mean() < before-1.1 {
		t.Errorf("one of %.2f left: %.2f", before, q.mean())
	}
	q = filled()
	for range 6 {
		q.doubt()
		q.idle(0.4, 1)
	}
	if q.beyond(0) > 0.4 {
		t.Errorf("nobody uses its green: somebody is there with %.2f", q.beyond(0))
	}
	q = newBacklog(0.2)
	q.leave(1)
	q.most(-3)
	if q.left(0.5, 0); q.places() != 1 || q.mean() != 0 {
		t.Errorf("none left of none: %v", q)
	}
	// A longer queue than was supposed tells that more come.
	q = newBacklog(0.02, 0.2)
	for range 40 {
		q.come(1, 1, 30)
	}
	few := q.rate()
	if q.least(8); q.rate() < 1.5*few || math.Abs(q.beyond(-1)-1) > 1e-9 {
		t.Errorf("eight stand there after 40 s: %.3f/s come, %.3f were supposed", q.rate(), few)
	}
	if q.empty(); q.mean() != 0 || q.rate() < 1.5*few {
		t.Errorf("and have left: %.3f/s come, %v", q.rate(), q)
	}
}
