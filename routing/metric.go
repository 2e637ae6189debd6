package routing

import "citybrain/routing/cch"

// never is the time of what can't be entered, ms: two of them and a turn add up without overflow.
const never = uint32(1) << 30

// A Metric is the weights of a moment, made ready for many searches. It is immutable and safe for concurrent use.
type Metric struct {
	g     *Graph
	enter []uint32    // ms of each link, never when it can't be entered
	ways  *cch.Metric // nil: of a single search, not customized
}

// Metric prepares weights, the seconds that each link takes: it pays from about five goals on.
func (g *Graph) Metric(weights []float32) *Metric {
	m := &Metric{g: g, enter: make([]uint32, g.Links)}
	turns := make([]uint32, len(g.in))
	for to := range g.Links {
		w := millis(weights[to])
		m.enter[to] = w
		for i := g.first[to]; i < g.first[to+1]; i++ {
			turns[i] = cch.Unreachable
			if w != never {
				turns[i] = w + g.in[i].cost
			}
		}
	}
	m.ways = g.order.Metric(turns, 1)
	return m
}

// Trees returns the shortest ways to each of goals.
func (m *Metric) Trees(goals []int32) []*Tree {
	trees, sets, left := make([]*Tree, len(goals)), make([][]int32, len(goals)), make([][]uint32, len(goals))
	for k, goal := range goals {
		trees[k] = &Tree{Goal: goal, metric: m, left: make([]uint32, m.g.Links)}
		sets[k], left[k] = m.g.ends[goal], trees[k].left
	}
	m.ways.ToSets(sets, left)
	for _, l := range left {
		for i := range l {
			l[i] = min(l[i], never)
		}
	}
	return trees
}

// Stale reports whether t, made under an earlier metric, leads over one of links that can't be entered any more, or misses one
// of them that can be and would be shorter.
func (m *Metric) Stale(t *Tree, links []int32) bool {
	g := m.g
	for _, l := range links {
		for _, in := range g.in[g.first[l]:g.first[l+1]] {
			if m.enter[l] == never {
				if t.Next(in.from) == l {
					return true
				}
			} else if m.enter[l]+in.cost+t.left[l] < t.left[in.from] {
				return true
			}
		}
	}
	return false
}
