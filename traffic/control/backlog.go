package control

// A backlog is what is believed of a queue that is not seen: [n] is the probability that n vehicles stand in it. They come and leave
// by chance, and what is seen of them is weighed by Bayes' rule.
type backlog []float64

func newBacklog() backlog { return backlog{1} }

// come lets one more join with probability f, as far as there is room for most.
func (q *backlog) come(f, most float64) {
	p := *q
	if f <= 0 {
		return
	}
	if float64(len(p)) <= most && p[len(p)-1] > 1e-4 {
		p = append(p, 0)
	}
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
	*q = p
}

// leave lets one leave with probability f, if there is one.
func (q backlog) leave(f float64) {
	if len(q) < 2 || f <= 0 {
		return
	}
	q[0] += f * q[1]
	for n := 1; n < len(q)-1; n++ {
		q[n] += f * (q[n+1] - q[n])
	}
	q[len(q)-1] *= 1 - f
}

// left takes off one who was noticed to leave: full and none are how likely that was of a queue and of none.
func (q backlog) left(full, none float64) {
	q[0] *= none / full
	if !q.norm() {
		q[0] = 1
	}
	q.leave(1)
}

// idle weighs that nobody left: full and none are how likely that was of a queue and of none.
func (q backlog) idle(full, none float64) {
	for n := 1; n < len(q); n++ {
		q[n] *= full / none
	}
	q.norm()
}

// doubt takes it that all that is believed may be wrong, and nobody be there.
func (q backlog) doubt() {
	for n := range q {
		q[n] *= 1 - wrong
	}
	q[0] += wrong
}

const wrong = 0.05

// least takes it that n stand there or more, most that no more do.
func (q *backlog) least(n int) {
	p := *q
	for len(p) <= n {
		p = append(p, 0)
	}
	clear(p[:n])
	*q = p
	if !p.norm() {
		clear(p)
		p[n] = 1
	}
}

func (q backlog) most(n int) {
	if n = max(n, 0); n+1 < len(q) {
		clear(q[n+1:])
		if !q.norm() {
			q[n] = 1
		}
	}
}

// norm makes the probabilities one in all; false: there are none.
func (q backlog) norm() bool {
	sum := 0.0
	for _, p := range q {
		sum += p
	}
	if sum < 1e-9 {
		return false
	}
	for n := range q {
		q[n] /= sum
	}
	return true
}

// beyond is the probability that more than n stand there.
func (q backlog) beyond(n int) float64 {
	sum := 0.0
	for _, p := range q[min(n+1, len(q)):] {
		sum += p
	}
	return sum
}

// mean is how many stand there.
func (q backlog) mean() float64 {
	sum := 0.0
	for n, p := range q {
		sum += float64(n) * p
	}
	return sum
}
