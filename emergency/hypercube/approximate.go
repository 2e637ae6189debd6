package hypercube

import (
	"math"
	"slices"
)

// Approximate solves s for workloads and dispatches with any number of units, and holds itself against Exact on a part.
func Approximate(s *System) (*Solution, error) {
	if err := s.Check(); err != nil {
		return nil, err
	}
	sol := s.approximate()
	part := s.part(min(s.Units(), 12))
	exact, err := Exact(part)
	if err != nil {
		return nil, err
	}
	e := part.approximate().against(exact)
	sol.Error = &e
	return sol, nil
}

// part is the first n units with as many calls as keeps the load a unit.
func (s *System) part(n int) *System {
	q := &System{Mu: s.Mu, Line: s.Line}
	f := float64(n) / float64(s.Units())
	for j, l := range s.Lambda {
		q.Lambda = append(q.Lambda, l*f)
		q.Prefer = append(q.Prefer, slices.DeleteFunc(slices.Clone(s.Prefer[j]), func(u int) bool { return u >= n }))
	}
	return q
}

// against returns the largest differences between two solutions of one system.
func (a *Solution) against(b *Solution) Error {
	e := Error{Units: len(a.Workload)}
	for u := range a.Workload {
		e.Workload = max(e.Workload, math.Abs(a.Workload[u]-b.Workload[u]))
		for j := range a.Dispatch[u] {
			e.Dispatch = max(e.Dispatch, math.Abs(a.Dispatch[u][j]-b.Dispatch[u][j]))
		}
	}
	return e
}

func (s *System) approximate() *Solution {
	n, lambda := s.Units(), s.rate()
	level, queue := s.levels()
	sol := &Solution{Workload: make([]float64, n), Saturation: level[n] + queue, Queue: queue, Dispatch: make([][]float64, n)}
	mean := queue // share of time that a unit is busy, on average
	for k, p := range level {
		mean += p * float64(k) / float64(n)
	}
	// q[i]: how much likelier i given units are busy and another is free than if they were so independently (Larson 1975, by
	// drawing units at random without putting them back).
	q := make([]float64, n)
	for i := range q {
		for k := i; k < n; k++ {
			w := level[k] * float64(n-k) / float64(n-i)
			for x := range i {
				w *= float64(k-x) / float64(n-x) / mean
			}
			q[i] += w
		}
		q[i] /= 1 - mean
	}
	for u := range sol.Workload {
		sol.Workload[u] = mean
	}
	next := make([]float64, n)
	for range 10_000 {
		clear(next)
		for j, l := range s.Lambda {
			busy := 1.0
			for i, u := range s.Prefer[j] {
				next[u] += l / s.Mu * q[i] * busy
				if busy *= sol.Workload[u]; busy < 1e-15 {
					break
				}
			}
		}
		sum := 0.0
		for u, v := range next {
			next[u] = (v + lambda/s.Mu*sol.Saturation/float64(n)*line(s.Line)) / (1 + v)
			sum += next[u]
		}
		change := 0.0
		for u := range next {
			next[u] = min(next[u]*mean*float64(n)/sum, 1)
			change = max(change, math.Abs(next[u]-sol.Workload[u]))
		}
		copy(sol.Workload, next)
		if change < 1e-13 {
			break
		}
	}
	for u := range sol.Dispatch {
		sol.Dispatch[u] = make([]float64, len(s.Lambda))
	}
	for j, l := range s.Lambda {
		busy, sum := 1.0, 0.0
		for i, u := range s.Prefer[j] {
			f := q[i] * busy * (1 - sol.Workload[u])
			sol.Dispatch[u][j] = f
			sum += f
			busy *= sol.Workload[u]
		}
		for u := range sol.Dispatch { // what is served at once is known
			sol.Dispatch[u][j] *= l / lambda * (1 - sol.Saturation) / sum
		}
	}
	return sol
}

func line(on bool) float64 {
	if on {
		return 1
	}
	return 0
}
