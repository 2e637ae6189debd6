package control

import (
	"math"
	"slices"
)

// A backlog is what is believed of a queue that is not seen, and of how many come to it: there[m][n] is the probability that rates[m]
// vehicles/s come and n vehicles stand in it. They come and leave by chance, and what is seen of them is weighed by Bayes' rule, so that a queue that
// turns out longer than was supposed also tells that more come.
type backlog struct {
	rates []float64
	there [][]float64 // all rows as long
}

// newBacklog is an empty queue to which each of the rates may come, all as likely.
func newBacklog(rates ...float64) backlog {
	q := backlog{rates: slices.Clone(rates)}
	for range rates {
		q.there = append(q.there, []float64{1 / float64(len(rates))})
	}
	return q
}

// places is how many places of the queue are thought of, the empty one counted.
func (q *backlog) places() int { return len(q.there[0]) }

// grow makes room for at least n places.
func (q *backlog) grow(n int) {
	for m := range q.there {
		for len(q.there[m]) < n {
			q.there[m] = append(q.there[m], 0)
		}
	}
}

// come lets time s pass in which a share of those who come join, as far as there is room for most.
func (q *backlog) come(share, time, most float64) {
	if last := q.places() - 1; float64(last) < most && q.at(last) > 1e-4 {
		q.grow(last + 2)
	}
	for m, p := range q.there {
		f := min(q.rates[m]*share*time, 1)
		for n := len(p) - 1; n > 0; n-- {
			if n == len(p)-1 {
				p[n] += f * p[n-1]
			} else {
				p[n] += f * (p[n-1] - p[n])
			}
		}
		if len(p) > 1 {
			p[0] -= f * p[0]
		}
	}
}

// join lets one come for certain, if there is room for most.
func (q *backlog) join(most float64) {
	if float64(q.places()-1) < most {
		q.grow(q.places() + 1)
	}
	for _, p := range q.there {
		last := len(p) - 1
		if last == 0 {
			continue
		}
		p[last] += p[last-1]
		copy(p[1:last], p[:last-1])
		p[0] = 0
	}
}

// leave lets one leave with probability f, if there is one.
func (q *backlog) leave(f float64) {
	if f <= 0 || q.places() < 2 {
		return
	}
	for _, p := range q.there {
		p[0] += f * p[1]
		for n := 1; n < len(p)-1; n++ {
			p[n] += f * (p[n+1] - p[n])
		}
		p[len(p)-1] *= 1 - f
	}
}

// left takes off one who was noticed to leave: full is how likely that was in a second of a queue; where there is none it is as likely as that one comes, and
// besides those of the rates known vehicles/s do.
func (q *backlog) left(full, known float64) {
	for m, p := range q.there {
		p[0] *= max(q.rates[m]+known, leastFlow) / full
	}
	if !q.norm() {
		for m := range q.there {
			q.there[m][0] = 1
		}
		q.norm()
	}
	q.leave(1)
}

// idle weighs that nobody was noticed to leave in time s: full is how likely that was of a queue; where there is none it is as likely as that nobody came of
// the share who would be noticed. shareTime is share × time.
func (q *backlog) idle(full, shareTime float64) {
	for m, p := range q.there {
		none := max(1-q.rates[m]*shareTime, 0.01)
		p[0] *= none
		for n := 1; n < len(p); n++ {
			p[n] *= full
		}
	}
	q.norm()
}

// heard weighs how many of those who come came in time s, where only a share of them tells.
func (q *backlog) heard(came int, share, time float64) {
	for m, p := range q.there {
		by := math.Exp(-q.rates[m]*share*time) * math.Pow(q.rates[m]/q.rates[len(q.rates)-1], float64(came))
		for n := range p {
			p[n] *= by
		}
	}
	q.norm()
}

// drift takes it that how many come may have changed, with probability by, to what is supposed beforehand: mean vehicles/s, give or take.
func (q *backlog) drift(by, mean float64) {
	prior, sum := make([]float64, len(q.rates)), 0.0
	for m, rate := range q.rates { // a gamma distribution; the rates are evenly spread by their logarithms
		prior[m] = math.Pow(rate/mean, scatter) * math.Exp(-scatter*rate/mean)
		sum += prior[m]
	}
	for n := range q.places() {
		all := q.at(n)
		for m := range q.there {
			q.there[m][n] += by * (all*prior[m]/sum - q.there[m][n])
		}
	}
}

// doubt takes it that all that is believed may be wrong, and nobody be there.
func (q *backlog) doubt() {
	for m, all := range q.shares() {
		p := q.there[m]
		for n := range p {
			p[n] *= 1 - wrong
		}
		p[0] += wrong * all
	}
}

// empty takes it that nobody stands there.
func (q *backlog) empty() {
	for m, all := range q.shares() {
		q.there[m] = append(q.there[m][:0], all)
	}
}

// least takes it that n stand there or more, most that no more do.
func (q *backlog) least(n int) {
	q.grow(n + 1)
	q.rule(0, n, n)
}

func (q *backlog) most(n int) {
	if n = max(n, 0); n+1 < q.places() {
		q.rule(n+1, q.places(), n)
	}
}

// rule takes it that as many as from and fewer than to do not stand there; where nothing else was thought of, at do.
func (q *backlog) rule(from, to, at int) {
	was := q.shares()
	for _, p := range q.there {
		clear(p[from:to])
	}
	if !q.norm() {
		for m, p := range q.there {
			p[at] = was[m]
		}
		q.norm()
	}
}

// shares is how likely each of the rates is.
func (q *backlog) shares() []float64 {
	all := make([]float64, len(q.rates))
	for m, p := range q.there {
		for _, x := range p {
			all[m] += x
		}
	}
	return all
}

// norm makes the probabilities one in all; false: there are none.
func (q *backlog) norm() bool {
	sum := 0.0
	for _, p := range q.there {
		for _, x := range p {
			sum += x
		}
	}
	if sum < 1e-9 {
		return false
	}
	for _, p := range q.there {
		for n := range p {
			p[n] /= sum
		}
	}
	return true
}

// at is the probability that n stand there.
func (q *backlog) at(n int) (sum float64) {
	for _, p := range q.there {
		sum += p[n]
	}
	return sum
}

// beyond is the probability that more than n stand there.
func (q *backlog) beyond(n int) (sum float64) {
	for k := n + 1; k < q.places(); k++ {
		sum += q.at(k)
	}
	return sum
}

// mean is how many stand there.
func (q *backlog) mean() (sum float64) {
	for n := range q.places() {
		sum += float64(n) * q.at(n)
	}
	return sum
}

// rate is how many vehicles/s come.
func (q *backlog) rate() (sum float64) {
	for m, all := range q.shares() {
		sum += q.rates[m] * all
	}
	return sum
}

const (
	wrong   = 0.05
	scatter = 2.0 // the shape of what is supposed of a lane's rate: lanes of a junction differ by 70 % of their mean
)
