package places

import (
	"math"

	"github.com/paulmach/orb"
)

// Median chooses k of the candidate sites one by one, each time the one that lowers the sum of weight times distance to the
// nearest site most (the greedy p-median of Kuehn & Hamburger 1963). Sites already there count. It returns indexes into
// candidates, fewer than k when there are fewer.
func Median(at []orb.Point, weight []float64, there, candidates []orb.Point, k int) []int {
	const far = 50_000.0
	dist := make([]float64, len(at))
	for i, p := range at {
		dist[i] = far
		for _, s := range there {
			dist[i] = math.Min(dist[i], math.Hypot(p[0]-s[0], p[1]-s[1]))
		}
	}
	var chosen []int
	used := make([]bool, len(candidates))
	for range min(k, len(candidates)) {
		best, gain := -1, -1.0
		for c, s := range candidates {
			if used[c] {
				continue
			}
			g := 0.0
			for i, p := range at {
				if d := math.Hypot(p[0]-s[0], p[1]-s[1]); d < dist[i] {
					g += weight[i] * (dist[i] - d)
				}
			}
			if g > gain {
				best, gain = c, g
			}
		}
		if best < 0 {
			break
		}
		used[best] = true
		chosen = append(chosen, best)
		for i, p := range at {
			s := candidates[best]
			dist[i] = math.Min(dist[i], math.Hypot(p[0]-s[0], p[1]-s[1]))
		}
	}
	return chosen
}
