package cch

import (
	"math/rand/v2"
	"testing"
)

// Labels say what searches say, which are held against Dijkstra, for every pair: also in parts that nothing joins, and one way only.
func TestLabelsSayWhatSearchesSay(t *testing.T) {
	for seed := range uint64(12) {
		s := streets(3+int(seed), seed)
		if seed >= 9 {
			s = tangle(200+40*int(seed-9), 260+90*int(seed-9), seed)
		}
		if seed == 5 {
			s = &sample{n: 7}
			s.add(1, 2, 5)
		}
		r := rand.New(rand.NewPCG(seed, 9))
		order := Order(s.n, s.tail, s.head, nil, 1)
		if seed%3 == 2 {
			r.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
		}
		h, err := New(s.n, s.tail, s.head, order)
		if err != nil {
			t.Fatal(err)
		}
		m := h.Metric(s.weight, 1)
		l, q := m.Labels(), m.Query()
		for a := range int32(s.n) {
			for b := range int32(s.n) {
				if got, want := l.Between(a, b), q.Distance(a, b); got != want {
					t.Fatalf("seed %d: from %d to %d %d, want %d", seed, a, b, got, want)
				}
			}
		}
	}
}
