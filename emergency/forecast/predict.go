package forecast

import "math"

// Mean sets to, of each cell, to the calls expected in a slot, counted on from the history's first; x is the slot's covariates.
func (m *Model) Mean(slot int, x []float64, to []float64) {
	k, p := m.week(slot)
	mu := math.Exp(min(20, dot(m.beta, m.features(slot, x, make([]float64, 0, len(m.beta)))))) * m.slots[k] * m.seen / m.expected
	for c := range to {
		to[c] = mu * m.share[p][c]
		for _, kind := range m.events[[2]int{slot, c}] {
			if kind < len(m.kinds) {
				to[c] *= m.kinds[kind]
			}
		}
	}
}

// Observe takes in what came in a slot; slots come in order.
func (m *Model) Observe(slot int, x []float64, counts []int32) {
	means := make([]float64, m.cells)
	m.Mean(slot, x, means)
	total := 0.0
	for _, c := range counts {
		total += float64(c)
	}
	m.observe(slot, x, total, means)
}

func (m *Model) observe(slot int, x []float64, total float64, means []float64) {
	mu := 0.0
	for _, v := range means {
		mu += v
	}
	mu *= m.expected / m.seen // without the level
	m.seen, m.expected = m.discount*m.seen+(1-m.discount)*few*4+total, m.discount*m.expected+(1-m.discount)*few*4+mu
}

// LogLikelihood returns the logarithm of the probability of count k under mean mu.
func (m *Model) LogLikelihood(k int32, mu float64) float64 { return logNB(float64(k), mu, m.size) }

func logNB(k, mu, size float64) float64 {
	if mu <= 0 {
		if k == 0 {
			return 0
		}
		return math.Inf(-1)
	}
	a, _ := math.Lgamma(k + size)
	b, _ := math.Lgamma(size)
	c, _ := math.Lgamma(k + 1)
	return a - b - c - size*math.Log1p(mu/size) + k*(math.Log(mu)-math.Log(mu+size))
}

// Interval returns the counts between which a cell of mean mu stays with a probability of at least p, as much of the rest below
// as above.
func (m *Model) Interval(mu, p float64) (low, high int) {
	below, k := 0.0, 0
	low = -1
	for {
		below += math.Exp(logNB(float64(k), mu, m.size))
		if low < 0 && below > (1-p)/2 {
			low = k
		}
		if below >= 1-(1-p)/2 || k > 1_000_000 {
			return max(0, low), k
		}
		k++
	}
}

// A Baseline is the mean of each hour of the week, smoothed over its neighbours, shared out over the cells.
type Baseline struct {
	step, start float64
	slots       []float64
	share       []float64
}

// NewBaseline fits the baseline.
func NewBaseline(h *History) (*Baseline, error) {
	if err := h.check(); err != nil {
		return nil, err
	}
	b := &Baseline{step: h.Step, start: h.Start, slots: make([]float64, max(1, int(week/h.Step))), share: make([]float64, h.Cells)}
	seen := make([]float64, len(b.slots))
	sum := 0.0
	for i := range h.Slots() {
		k := int(math.Mod(h.Start+float64(i)*h.Step, week) / h.Step)
		seen[k]++
		for c, n := range h.Counts[i*h.Cells : (i+1)*h.Cells] {
			b.slots[k] += float64(n)
			b.share[c] += float64(n)
			sum += float64(n)
		}
	}
	for c := range b.share {
		b.share[c] = (b.share[c] + 0.5) / (sum + 0.5*float64(h.Cells))
	}
	raw := make([]float64, len(b.slots))
	for k := range raw {
		raw[k] = b.slots[k] / max(1, seen[k])
	}
	wide := int(3600 / h.Step) // an hour to each side; a day's slots are not smoothed
	for k := range b.slots {
		b.slots[k] = 0
		for d := -wide; d <= wide; d++ {
			b.slots[k] += raw[((k+d)%len(raw)+len(raw))%len(raw)] / float64(2*wide+1)
		}
	}
	return b, nil
}

// Mean sets to, of each cell, to the calls expected in a slot.
func (b *Baseline) Mean(slot int, to []float64) {
	k := int(math.Mod(b.start+float64(slot)*b.step, week) / b.step)
	for c := range to {
		to[c] = max(b.slots[k]*b.share[c], 1e-9)
	}
}

// LogPoisson returns the logarithm of the probability of count k under mean mu.
func LogPoisson(k int32, mu float64) float64 {
	f, _ := math.Lgamma(float64(k) + 1)
	return float64(k)*math.Log(mu) - mu - f
}
