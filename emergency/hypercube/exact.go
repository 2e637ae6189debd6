package hypercube

import (
	"fmt"
	"math"
	"math/bits"
	"slices"
)

// Exact solves s for its steady state to about 1e-14 a state.
func Exact(s *System) (*Solution, error) {
	if err := s.Check(); err != nil {
		return nil, err
	}
	n := s.Units()
	if n > MaxExact {
		return nil, fmt.Errorf("field \"pref\": %d units have %g states, exact is up to %d units", n, math.Exp2(float64(n)), MaxExact)
	}
	level, queue := s.levels()
	groups := s.groups()
	full := uint32(1)<<n - 1
	// States by the number of busy units: those of one level depend on the levels beside it alone.
	order := make([]uint32, full+1)
	first := make([]int, n+2)
	for b := range order {
		first[bits.OnesCount32(uint32(b))+1]++
	}
	for k := range n + 1 {
		first[k+1] += first[k]
	}
	put := slices.Clone(first)
	for b := range order {
		k := bits.OnesCount32(uint32(b))
		order[put[k]] = uint32(b)
		put[k]++
	}
	// rate[at[b]+i]: calls that make b of the state without its i-th busy unit, in the order in which sweeps read them.
	at := make([]int32, full+1)
	size := int32(0)
	for _, b := range order {
		at[b] = size
		size += int32(bits.OnesCount32(b))
	}
	rate := make([]float64, size)
	for c := uint32(0); c < full; c++ {
		for _, g := range groups {
			for _, u := range g.prefer {
				if c>>u&1 == 0 {
					rate[at[c|1<<u]+int32(bits.OnesCount32(c&(1<<u-1)))] += g.lambda
					break
				}
			}
		}
	}
	p := make([]float64, full+1)
	for k := range n + 1 {
		states := order[first[k]:first[k+1]]
		for _, b := range states {
			p[b] = level[k] / float64(len(states))
		}
	}
	lambda := s.rate()
	sweep := func(k int) float64 {
		states := order[first[k]:first[k+1]]
		sum := 0.0
		out := float64(k) * s.Mu
		if k < n {
			out += lambda
		}
		change := 0.0
		for _, b := range states {
			in, free := 0.0, 0.0
			r := rate[at[b]:]
			for x, i := b, 0; x != 0; x, i = x&(x-1), i+1 {
				in += p[b&^(x&-x)] * r[i]
			}
			for x := full &^ b; x != 0; x &= x - 1 {
				free += p[b|x&-x]
			}
			v := (in + free*s.Mu) / out
			change = max(change, math.Abs(v-p[b]))
			p[b] = v
			sum += v
		}
		// How much a level holds is known from the M/M/N queue.
		if sum > 0 {
			f := level[k] / sum
			for _, b := range states {
				p[b] *= f
			}
		}
		return change
	}
	for range 100_000 {
		change := 0.0
		for k := 1; k < n; k++ {
			change = max(change, sweep(k))
		}
		for k := n - 2; k > 0; k-- {
			sweep(k)
		}
		if change < 1e-15 {
			break
		}
	}
	sol := &Solution{P: p, Workload: make([]float64, n), Saturation: p[full] + queue, Queue: queue, Dispatch: make([][]float64, n)}
	for u := range sol.Dispatch {
		sol.Dispatch[u] = make([]float64, len(s.Lambda))
	}
	for b, v := range p {
		for x := uint32(b); x != 0; x &= x - 1 {
			sol.Workload[bits.TrailingZeros32(x)] += v
		}
	}
	for u := range sol.Workload {
		sol.Workload[u] += queue
	}
	for _, g := range groups {
		share := make([]float64, n)
		for b := uint32(0); b < full; b++ {
			for _, u := range g.prefer {
				if b>>u&1 == 0 {
					share[u] += p[b]
					break
				}
			}
		}
		for _, j := range g.atoms {
			for u := range share {
				sol.Dispatch[u][j] = s.Lambda[j] / lambda * share[u]
			}
		}
	}
	return sol, nil
}

// A group is the atoms that prefer alike.
type group struct {
	prefer []int
	lambda float64
	atoms  []int
}

func (s *System) groups() []group {
	var list []group
	index := map[string]int{}
	for j, p := range s.Prefer {
		key := fmt.Sprint(p)
		k, ok := index[key]
		if !ok {
			k = len(list)
			index[key] = k
			list = append(list, group{prefer: p})
		}
		list[k].lambda += s.Lambda[j]
		list[k].atoms = append(list[k].atoms, j)
	}
	return list
}
