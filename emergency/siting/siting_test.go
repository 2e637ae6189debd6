package siting

import (
	"math"
	"testing"

	"citybrain/city/chance"
)

// plain is points and sites on a square.
func plain(seed uint64, points, sites int) (weight []float64, distance [][]float64) {
	draw := chance.New(seed, "siting")
	at := func(id uint64) (x, y float64) { return draw.Float(id, 0), draw.Float(id, 1) }
	for i := range points {
		weight = append(weight, draw.Exp(uint64(i), 2))
	}
	for s := range sites {
		var row []float64
		x, y := at(uint64(1000 + s))
		for i := range points {
			u, v := at(uint64(i))
			row = append(row, math.Hypot(x-u, y-v))
		}
		distance = append(distance, row)
	}
	return weight, distance
}

// each calls f with every choice of n of sites, a site as often as it likes if again.
func each(sites, n int, again bool, f func([]int)) {
	at := make([]int, n)
	var down func(k, from int)
	down = func(k, from int) {
		if k == n {
			f(at)
			return
		}
		for s := from; s < sites; s++ {
			at[k] = s
			next := s + 1
			if again {
				next = s
			}
			down(k+1, next)
		}
	}
	down(0, 0)
}

func TestMedianAgainstEveryChoice(t *testing.T) {
	for seed := range uint64(8) {
		weight, distance := plain(seed, 40, 12)
		best := math.Inf(1)
		each(12, 4, false, func(at []int) {
			sum := 0.0
			for i, w := range weight {
				least := math.Inf(1)
				for _, s := range at {
					least = min(least, distance[s][i])
				}
				sum += w * least
			}
			best = min(best, sum)
		})
		sol, err := Median(weight, distance, 4)
		if err != nil {
			t.Fatal(err)
		}
		if sol.Value < best-1e-9 || sol.Bound > best+1e-9 {
			t.Errorf("seed %d: value %g, bound %g, best %g", seed, sol.Value, sol.Bound, best)
		}
		if sol.Value > best*1.02 || sol.Bound < best*0.97 {
			t.Errorf("seed %d: value %g, bound %g are far from the best, %g", seed, sol.Value, sol.Bound, best)
		}
	}
}

func TestCoverAgainstEveryChoice(t *testing.T) {
	for seed := range uint64(8) {
		weight, distance := plain(seed, 40, 9)
		covers := make([][]int, len(distance))
		for s, row := range distance {
			for i, d := range row {
				if d < 0.3 {
					covers[s] = append(covers[s], i)
				}
			}
		}
		for _, busy := range []float64{0, 0.4} {
			best := 0.0
			each(9, 4, true, func(at []int) {
				count := make([]int, len(weight))
				for _, s := range at {
					for _, i := range covers[s] {
						count[i]++
					}
				}
				sum := 0.0
				for i, k := range count {
					sum += weight[i] * (1 - math.Pow(busy, float64(k)))
				}
				best = max(best, sum)
			})
			sol, err := Cover(weight, covers, 4, 4, busy)
			if err != nil {
				t.Fatal(err)
			}
			if sol.Value > best+1e-9 || sol.Bound < best-1e-9 {
				t.Errorf("seed %d, busy %g: value %g, bound %g, best %g", seed, busy, sol.Value, sol.Bound, best)
			}
			if sol.Value < best*0.98 || sol.Bound > best*1.05 {
				t.Errorf("seed %d, busy %g: value %g, bound %g are far from the best, %g", seed, busy, sol.Value, sol.Bound, best)
			}
		}
	}
}

func TestWrongProblems(t *testing.T) {
	weight, distance := plain(1, 5, 3)
	if _, err := Median(weight, distance, 4); err == nil {
		t.Error("more sites than there are")
	}
	if _, err := Median(weight[:4], distance, 2); err == nil {
		t.Error("distances to points that are not there")
	}
	if _, err := Cover(weight, [][]int{{5}}, 1, 1, 0); err == nil {
		t.Error("a point that is not there")
	}
	if _, err := Cover(weight, [][]int{{0}}, 2, 1, 0); err == nil {
		t.Error("too many units")
	}
	if _, err := Cover(weight, [][]int{{0}}, 1, 1, 1); err == nil {
		t.Error("always busy")
	}
}
