package siting

import (
	"cmp"
	"fmt"
	"math"
	"slices"
)

// A Solution is a choice of sites, in rising order, a site with several units as often.
type Solution struct {
	Sites []int
	Value float64
	Bound float64 // Median: no choice is below it; Cover: none above
}

// rounds is how many subgradient steps a bound takes at most.
const rounds = 600

// Median opens n of the sites so that the weighted sum of each point's distance[site][point] to the nearest open one is least.
func Median(weight []float64, distance [][]float64, n int) (*Solution, error) {
	if err := check(weight, distance, n); err != nil {
		return nil, err
	}
	if n > len(distance) {
		return nil, fmt.Errorf("siting: %d of %d sites", n, len(distance))
	}
	value := func(open []int) float64 {
		sum := 0.0
		for i, w := range weight {
			least := math.Inf(1)
			for _, s := range open {
				least = min(least, distance[s][i])
			}
			sum += w * least
		}
		return sum
	}
	open := exchange(len(distance), n, 1, func(a []int) float64 { return -value(a) })
	sol := &Solution{Sites: open, Value: value(open), Bound: math.Inf(-1)}
	// Each point may be served in part by several sites or none, at a price u for what is missing.
	u := make([]float64, len(weight))
	for i := range u {
		two := [2]float64{math.Inf(1), math.Inf(1)} // the nearest and the next open site
		for _, s := range open {
			if d := distance[s][i]; d < two[0] {
				two = [2]float64{d, two[0]}
			} else {
				two[1] = min(two[1], d)
			}
		}
		u[i] = weight[i] * two[0]
	}
	gain := make([]ranked, len(distance))
	served := make([]float64, len(weight))
	pace := pacer{scale: 1.5}
	for range rounds {
		for s, row := range distance {
			g := 0.0
			for i, d := range row {
				g += min(0, weight[i]*d-u[i])
			}
			gain[s] = ranked{s, g}
		}
		rank(gain)
		bound := 0.0
		for _, x := range u {
			bound += x
		}
		clear(served)
		for _, g := range gain[:n] {
			bound += g.cost
			for i, d := range distance[g.index] {
				if weight[i]*d < u[i] {
					served[i]++
				}
			}
		}
		better := bound > sol.Bound
		sol.Bound = max(sol.Bound, bound)
		norm := 0.0
		for _, x := range served {
			norm += (1 - x) * (1 - x)
		}
		step, ok := pace.step(sol.Value-bound, norm, better)
		if !ok || sol.Value-sol.Bound <= 1e-9*math.Abs(sol.Value) {
			break
		}
		for i, x := range served {
			u[i] += step * (1 - x)
		}
	}
	sol.Bound = min(sol.Bound, sol.Value)
	return sol, nil
}

// Cover places n units at sites, at most most at one, so that the weight of the points that covers[site] lists is reached with
// the highest probability, each unit being busy with probability busy on its own.
func Cover(weight []float64, covers [][]int, n, most int, busy float64) (*Solution, error) {
	if err := check(weight, nil, n); err != nil {
		return nil, err
	}
	if !(busy >= 0 && busy < 1) {
		return nil, fmt.Errorf("siting: a busy fraction of %g is not in [0, 1)", busy)
	}
	if most < 1 || n > most*len(covers) {
		return nil, fmt.Errorf("siting: %d units at %d sites, %d at one", n, len(covers), most)
	}
	for s, list := range covers {
		for _, i := range list {
			if i < 0 || i >= len(weight) {
				return nil, fmt.Errorf("siting: site %d covers point %d of %d", s, i, len(weight))
			}
		}
	}
	count := make([]int, len(weight))
	value := func(at []int) float64 {
		clear(count)
		for _, s := range at {
			for _, i := range covers[s] {
				count[i]++
			}
		}
		sum := 0.0
		for i, k := range count {
			sum += weight[i] * (1 - math.Pow(busy, float64(k)))
		}
		return sum
	}
	at := exchange(len(covers), n, most, value)
	sol := &Solution{Sites: at, Value: value(at), Bound: math.Inf(1)}
	// A point pays a price for each unit that covers it, and takes as many as are worth it.
	price := make([]float64, len(weight))
	value(at)
	for i, k := range count {
		price[i] = weight[i] * (1 - busy) * math.Pow(busy, float64(k)) / 2
	}
	gain := make([]ranked, len(covers))
	slack := make([]float64, len(weight))
	pace := pacer{scale: 1.5}
	for range rounds {
		for s, list := range covers {
			g := 0.0
			for _, i := range list {
				g += price[i]
			}
			gain[s] = ranked{s, -g}
		}
		rank(gain)
		bound := 0.0
		clear(slack)
		left := n
		for _, g := range gain {
			k := min(left, most)
			bound -= g.cost * float64(k)
			for _, i := range covers[g.index] {
				slack[i] += float64(k)
			}
			if left -= k; left == 0 {
				break
			}
		}
		for i, w := range weight {
			worth := w * (1 - busy)
			for k := 0; k < n && worth > price[i]; k++ {
				bound += worth - price[i]
				slack[i]--
				worth *= busy
			}
		}
		better := bound < sol.Bound
		sol.Bound = min(sol.Bound, bound)
		norm := 0.0
		for _, x := range slack {
			norm += x * x
		}
		step, ok := pace.step(bound-sol.Value, norm, better)
		if !ok || sol.Bound-sol.Value <= 1e-9*math.Abs(sol.Value) {
			break
		}
		for i, x := range slack {
			price[i] = max(0, price[i]-step*x)
		}
	}
	sol.Bound = max(sol.Bound, sol.Value)
	return sol, nil
}

func check(weight []float64, distance [][]float64, n int) error {
	if n < 1 || len(weight) == 0 {
		return fmt.Errorf("siting: %d to place for %d points", n, len(weight))
	}
	for i, w := range weight {
		if !(w >= 0 && w < 1e300) {
			return fmt.Errorf("siting: point %d has weight %g", i, w)
		}
	}
	for s, row := range distance {
		if len(row) != len(weight) {
			return fmt.Errorf("siting: site %d has %d distances, there are %d points", s, len(row), len(weight))
		}
		for i, d := range row {
			if !(d >= 0 && d < 1e300) {
				return fmt.Errorf("siting: site %d is %g from point %d", s, d, i)
			}
		}
	}
	return nil
}

// exchange chooses n of the sites, each at most most times: the best next one, then the best exchange while one helps.
func exchange(sites, n, most int, value func([]int) float64) []int {
	used := make([]int, sites)
	var at []int
	for range n {
		best, high := -1, math.Inf(-1)
		at = append(at, 0)
		for s := range sites {
			if used[s] == most {
				continue
			}
			at[len(at)-1] = s
			if v := value(at); v > high {
				best, high = s, v
			}
		}
		at[len(at)-1] = best
		used[best]++
	}
	now := value(at)
	for {
		place, site, high := -1, -1, now+1e-12*math.Abs(now)
		for k, old := range at {
			for s := range sites {
				if s == old || used[s] == most {
					continue
				}
				at[k] = s
				if v := value(at); v > high {
					place, site, high = k, s, v
				}
			}
			at[k] = old
		}
		if place < 0 {
			slices.Sort(at)
			return at
		}
		used[at[place]]--
		used[site]++
		at[place], now = site, high
	}
}

// A ranked is a site and what taking it costs.
type ranked struct {
	index int
	cost  float64
}

func rank(list []ranked) {
	slices.SortFunc(list, func(a, b ranked) int {
		if c := cmp.Compare(a.cost, b.cost); c != 0 {
			return c
		}
		return cmp.Compare(a.index, b.index)
	})
}

// A pacer says how far subgradient steps go: shorter when the bound has not moved for a while (Fisher 1981).
type pacer struct {
	scale float64
	stuck int
}

func (p *pacer) step(gap, norm float64, better bool) (float64, bool) {
	if norm == 0 || p.scale < 1e-4 {
		return 0, false
	}
	if better {
		p.stuck = 0
	} else if p.stuck++; p.stuck == 12 {
		p.stuck, p.scale = 0, p.scale/2
	}
	return p.scale * gap / norm, true
}
