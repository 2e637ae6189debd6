package forecast

import (
	"slices"
	"sort"
)

// levels is how many steps an input is cut into.
const levels = 32

// A table is rows of inputs, each cut into steps, with what came and its weight.
type table struct {
	cuts [inputs][]float32 // by input: where a step ends
	rows [][inputs]uint8
	y, w []float32
}

// step cuts x into steps.
func (t *table) step(x *[inputs]float32) (q [inputs]uint8) {
	for k, v := range x {
		q[k] = uint8(sort.Search(len(t.cuts[k]), func(i int) bool { return t.cuts[k][i] >= v }))
	}
	return q
}

// newTable cuts each input at the quantiles of its values.
func newTable(x [][inputs]float32, y, w []float32) *table {
	t := &table{y: y, w: w, rows: make([][inputs]uint8, len(x))}
	for k := range inputs {
		v := make([]float32, 0, 8192)
		for i := 0; i < len(x); i += max(1, len(x)/8000) {
			v = append(v, x[i][k])
		}
		slices.Sort(v)
		for b := 1; b < levels; b++ {
			if c := v[b*len(v)/levels]; len(t.cuts[k]) == 0 || c > t.cuts[k][len(t.cuts[k])-1] {
				t.cuts[k] = append(t.cuts[k], c)
			}
		}
	}
	for i := range x {
		t.rows[i] = t.step(&x[i])
	}
	return t
}

// A node of a tree: rows whose input is at most at step Cut go left. A leaf has no Left.
type node struct {
	Input       uint8
	Cut         uint8
	Left, Right int16
	Value       float32
}

type tree []node

func (t tree) at(q *[inputs]uint8) float32 {
	k := int16(0)
	for t[k].Left > 0 {
		if q[t[k].Input] <= t[k].Cut {
			k = t[k].Left
		} else {
			k = t[k].Right
		}
	}
	return t[k].Value
}

// Of a boosted sum of trees.
const (
	depth     = 6
	rate      = 0.1
	leafShare = 0.0008 // of the whole weight that a leaf must have at least
	ballast   = 0.0001 // of the whole weight, that pulls a leaf to nought
	clip      = 1      // what a row is off counts linearly from here on (Huber's loss)
)

// boost returns rounds trees whose sum misses the table's rows least.
func (t *table) boost(rounds int) []tree {
	n := len(t.rows)
	rest, at := slices.Clone(t.y), make([]int16, n)
	var all float64
	for _, w := range t.w {
		all += float64(w)
	}
	least, pull := all*leafShare, all*ballast
	type sum struct{ rest, weight float64 }
	var trees []tree
	for range rounds {
		grown := tree{{}}
		clear(at)
		from := 0 // the nodes of this level are from there on
		for range depth {
			wide := len(grown) - from
			sums := make([][inputs][levels]sum, wide)
			for i := range n {
				if k := int(at[i]) - from; k >= 0 {
					h, r, w := &sums[k], float64(t.w[i]*min(max(rest[i], -clip), clip)), float64(t.w[i])
					for f, q := range t.rows[i] {
						h[f][q].rest += r
						h[f][q].weight += w
					}
				}
			}
			next := len(grown)
			for k := range wide {
				var whole sum
				for _, s := range sums[k][0] {
					whole.rest, whole.weight = whole.rest+s.rest, whole.weight+s.weight
				}
				best, input, cut := 0.0, -1, 0
				for f := range inputs {
					var left sum
					for b := range levels - 1 {
						left.rest, left.weight = left.rest+sums[k][f][b].rest, left.weight+sums[k][f][b].weight
						right := sum{whole.rest - left.rest, whole.weight - left.weight}
						if left.weight < least || right.weight < least {
							continue
						}
						if g := left.rest*left.rest/left.weight + right.rest*right.rest/right.weight - whole.rest*whole.rest/whole.weight; g > best {
							best, input, cut = g, f, b
						}
					}
				}
				if input >= 0 {
					grown[from+k] = node{uint8(input), uint8(cut), int16(len(grown)), int16(len(grown) + 1), 0}
					grown = append(grown, node{}, node{})
				}
			}
			for i := range n {
				if k := &grown[at[i]]; k.Left > 0 {
					if at[i] = k.Right; t.rows[i][k.Input] <= k.Cut {
						at[i] = k.Left
					}
				}
			}
			if from = next; from == len(grown) {
				break
			}
		}
		leaves := make([]sum, len(grown))
		for i := range n {
			s := &leaves[at[i]]
			w := t.w[i]
			if far := max(rest[i], -rest[i]); far > clip {
				w *= clip / far // towards the median of those that are far off
			}
			s.rest, s.weight = s.rest+float64(w*rest[i]), s.weight+float64(w)
		}
		for k := range grown {
			if leaves[k].weight > 0 {
				grown[k].Value = float32(rate * leaves[k].rest / (leaves[k].weight + pull))
			}
		}
		for i := range n {
			rest[i] -= grown[at[i]].Value
		}
		trees = append(trees, grown)
	}
	return trees
}
