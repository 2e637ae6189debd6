package forecast

import (
	"fmt"
	"math"
	"slices"
)

// A Comparison is how the model did against the baseline on slots that neither was fitted to.
type Comparison struct {
	Gain    float64 // log-likelihood over the baseline's, nats
	Within  float64 // share of counts in intervals of 90 % …
	Claimed float64 // … and what the model's own distribution says that should be: counts are whole, so more than 90 %
	Counts  int
}

// Compare fits both on the first train slots and tells each of the rest slot by slot, the model learning its level on the way.
func Compare(h *History, train int) (*Comparison, error) {
	if err := h.check(); err != nil {
		return nil, err
	}
	if train < 1 || train >= h.Slots() {
		return nil, fmt.Errorf("forecast: %d of %d slots to fit to", train, h.Slots())
	}
	past := *h
	past.Counts = h.Counts[:train*h.Cells]
	if h.Covariates != nil {
		past.Covariates = h.Covariates[:train]
	}
	past.Events = slices.DeleteFunc(slices.Clone(h.Events), func(e Event) bool { return e.From >= train })
	m, err := Fit(&past)
	if err != nil {
		return nil, err
	}
	b, err := NewBaseline(&past)
	if err != nil {
		return nil, err
	}
	m.Plan(slices.DeleteFunc(slices.Clone(h.Events), func(e Event) bool { return e.From < train }))
	c := &Comparison{Counts: (h.Slots() - train) * h.Cells}
	own, base := make([]float64, h.Cells), make([]float64, h.Cells)
	for i := train; i < h.Slots(); i++ {
		var x []float64
		if h.Covariates != nil {
			x = h.Covariates[i]
		}
		m.Mean(i, x, own)
		b.Mean(i, base)
		counts := h.Counts[i*h.Cells : (i+1)*h.Cells]
		for k, n := range counts {
			c.Gain += m.LogLikelihood(n, own[k]) - LogPoisson(n, base[k])
			low, high := m.Interval(own[k], 0.9)
			for v := low; v <= high; v++ {
				c.Claimed += math.Exp(m.LogLikelihood(int32(v), own[k]))
			}
			if int(n) >= low && int(n) <= high {
				c.Within++
			}
		}
		m.Observe(i, x, counts)
	}
	c.Within, c.Claimed = c.Within/float64(c.Counts), c.Claimed/float64(c.Counts)
	return c, nil
}
