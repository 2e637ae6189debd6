package rain

import (
	"math"
	"sort"

	"citybrain/city/chance"
)

// A forest is a mean by boosted regression trees (Friedman 2001): each tree of a few leaves is fitted to what the ones before it left,
// and counts a part.
type forest struct {
	base  float64
	trees []tree
}

// A tree's inner node k sends what is at most cut to 2k+1, the rest to 2k+2.
type tree struct {
	feature [inner]int8
	cut     [inner]float64
	leaf    [inner + 1]float64
}

const (
	deep   = 4
	inner  = 1<<deep - 1
	trees  = 60
	rate   = 0.12 // of each tree
	slots  = 64   // that a feature's values are sorted into for a cut
	fewest = 150  // pairs in a leaf
)

func (f *forest) at(x *[features]float64) float64 {
	v := f.base
	for i := range f.trees {
		v += f.trees[i].at(x)
	}
	return v
}

func (t *tree) at(x *[features]float64) float64 {
	k := 0
	for k < inner {
		if x[t.feature[k]] <= t.cut[k] {
			k = 2*k + 1
		} else {
			k = 2*k + 2
		}
	}
	return t.leaf[k-inner]
}

// grow fits a forest to y over x.
func grow(x [][features]float64, y []float64, seed uint64) forest {
	n := len(x)
	draw := chance.New(seed, "rain/forest")
	// Each feature's values by slot, whose edges are quantiles of a sample.
	var edge [features][]float64
	slot := make([][features]uint8, n)
	for f := range features {
		v := make([]float64, 0, 4096)
		for k := range 4096 {
			v = append(v, x[draw.Int(uint64(k), uint64(f), n)][f])
		}
		sort.Float64s(v)
		for k := 1; k < slots; k++ {
			if e := v[k*len(v)/slots]; len(edge[f]) == 0 || e > edge[f][len(edge[f])-1] {
				edge[f] = append(edge[f], e)
			}
		}
		for i := range x {
			slot[i][f] = uint8(sort.SearchFloat64s(edge[f], x[i][f]))
		}
	}
	var out forest
	for _, v := range y {
		out.base += v / float64(n)
	}
	left := make([]float64, n)
	for i := range y {
		left[i] = y[i] - out.base
	}
	node := make([]int32, n)
	for range trees {
		var t tree
		clear(node)
		for level := range deep {
			first, count := 1<<level-1, 1<<level
			sum := make([][features][slots + 1]float64, count)
			num := make([][features][slots + 1]float64, count)
			for i := range x {
				k := int(node[i]) - first
				for f := range features {
					s := slot[i][f]
					sum[k][f][s] += left[i]
					num[k][f][s]++
				}
			}
			for k := range count {
				at := first + k
				t.cut[at] = math.Inf(1)
				var total, have float64
				for s := range slots + 1 {
					total += sum[k][0][s]
					have += num[k][0][s]
				}
				best := 1e-12
				for f := range features {
					var a, c float64
					for s := range edge[f] {
						a += sum[k][f][s]
						c += num[k][f][s]
						if c < fewest || have-c < fewest {
							continue
						}
						if gain := a*a/c + (total-a)*(total-a)/(have-c) - total*total/have; gain > best {
							best, t.feature[at], t.cut[at] = gain, int8(f), edge[f][s]
						}
					}
				}
			}
			for i := range x {
				k := node[i]
				if x[i][t.feature[k]] <= t.cut[k] {
					node[i] = 2*k + 1
				} else {
					node[i] = 2*k + 2
				}
			}
		}
		var sum, num [inner + 1]float64
		for i := range x {
			sum[node[i]-inner] += left[i]
			num[node[i]-inner]++
		}
		for k := range t.leaf {
			if num[k] > 0 {
				t.leaf[k] = rate * sum[k] / num[k]
			}
		}
		for i := range x {
			left[i] -= t.leaf[node[i]-inner]
		}
		out.trees = append(out.trees, t)
	}
	return out
}
