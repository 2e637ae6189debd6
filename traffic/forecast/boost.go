package forecast

import (
	"slices"
	"sort"

	"citybrain/city/chance"
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
	clip      = 1      // what a row is off counts linearly from here on (Huber's loss): what few report scatters evenly, its median does not tell
	bag       = 0.5    // of the rows that a tree is grown on
)

// A part is what is left over of rows, and their weight.
type part struct{ rest, weight float64 }

// parts are sums by input and step.
type parts [inputs][levels]part

// A span is the rows that came to one node.
type span struct {
	node, from, to int
	sums           *parts
}

// boost returns rounds trees whose sum misses the table's rows least. Each is grown on rows drawn anew (Friedman 2002, Stochastic gradient boosting).
func (t *table) boost(rounds int, draw chance.Source) []tree {
	n := len(t.rows)
	rest, push := slices.Clone(t.y), make([]float32, n)
	order, other := make([]int32, 0, n), make([]int32, n)
	var pool []*parts
	fresh := func() *parts {
		if k := len(pool); k > 0 {
			p := pool[k-1]
			pool = pool[:k-1]
			*p = parts{}
			return p
		}
		return new(parts)
	}
	var trees []tree
	limit := uint64(bag * (1 << 53))
	for round := range rounds {
		order = order[:0]
		var all float64
		for i := range n {
			if draw.Bits(uint64(round), uint64(i))>>11 < limit {
				order = append(order, int32(i))
				push[i] = t.w[i] * min(max(rest[i], -clip), clip)
				all += float64(t.w[i])
			}
		}
		least, pull := all*leafShare, all*ballast
		fill := func(s *span) {
			s.sums = fresh()
			for _, i := range order[s.from:s.to] {
				r, w := float64(push[i]), float64(t.w[i])
				for f, q := range t.rows[i] {
					p := &s.sums[f][q]
					p.rest += r
					p.weight += w
				}
			}
		}
		grown := tree{{}}
		level := []span{{0, 0, len(order), nil}}
		fill(&level[0])
		var leaves []span
		for d := range depth {
			var next []span
			for _, s := range level {
				input, cut := s.sums.best(least)
				if input < 0 {
					leaves = append(leaves, s)
					pool = append(pool, s.sums)
					continue
				}
				l, k := s.from, 0
				for _, i := range order[s.from:s.to] {
					if int(t.rows[i][input]) <= cut {
						order[l] = i
						l++
					} else {
						other[k] = i
						k++
					}
				}
				copy(order[l:s.to], other[:k])
				grown[s.node] = node{uint8(input), uint8(cut), int16(len(grown)), int16(len(grown) + 1), 0}
				a, b := span{len(grown), s.from, l, nil}, span{len(grown) + 1, l, s.to, nil}
				grown = append(grown, node{}, node{})
				if d+1 < depth {
					small, big := &a, &b
					if b.to-b.from < a.to-a.from {
						small, big = &b, &a
					}
					fill(small)
					s.sums.less(small.sums)
					big.sums = s.sums
				} else {
					pool = append(pool, s.sums)
				}
				next = append(next, a, b)
			}
			level = next
		}
		for _, s := range append(leaves, level...) {
			var v part
			for _, i := range order[s.from:s.to] {
				w := t.w[i]
				if far := max(rest[i], -rest[i]); far > clip {
					w *= clip / far // towards the median of those that are far off
				}
				v.rest, v.weight = v.rest+float64(w*rest[i]), v.weight+float64(w)
			}
			if v.weight > 0 {
				grown[s.node].Value = unpackLeaf(packLeaf(float32(rate * v.rest / (v.weight + pull)))) // as the file keeps it
			}
		}
		for i := range n {
			rest[i] -= grown.at(&t.rows[i])
		}
		trees = append(trees, grown)
	}
	return trees
}

// less takes away what a part of the rows has.
func (p *parts) less(o *parts) {
	for f := range p {
		for b := range p[f] {
			p[f][b].rest -= o[f][b].rest
			p[f][b].weight -= o[f][b].weight
		}
	}
}

// best is the cut that tells most apart, with least weight on each side; input is −1 where there is none.
func (p *parts) best(least float64) (input, cut int) {
	gain := 0.0
	var whole part
	for _, s := range p[0] {
		whole.rest, whole.weight = whole.rest+s.rest, whole.weight+s.weight
	}
	input = -1
	for f := range p {
		var left part
		for b := range levels - 1 {
			left.rest, left.weight = left.rest+p[f][b].rest, left.weight+p[f][b].weight
			right := part{whole.rest - left.rest, whole.weight - left.weight}
			if left.weight < least || right.weight < least {
				continue
			}
			if g := left.rest*left.rest/left.weight + right.rest*right.rest/right.weight - whole.rest*whole.rest/whole.weight; g > gain {
				gain, input, cut = g, f, b
			}
		}
	}
	return input, cut
}
