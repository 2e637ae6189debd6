package drains

import (
	"container/heap"
	"slices"
)

// solver holds a matrix with the pattern of a graph, both halves of it, and solves it by elimination without pivoting in an order
// of least degree fixed at the start: nearly no fill in nets that are nearly trees. Such matrices are dominated by their diagonals
// column by column, since what leaves one node comes to another, so that no pivot is needed.
type solver struct {
	order []int32 // nodes by their turn
	start []int32 // of each turn in later and entry
	later []int32 // neighbours with a later turn
	entry []int32 // place of (node, later) in u and l
	pair  []int32 // for each turn the places of its later neighbours with one another, row by row; −1−place if the other way round
	pairs []int32 // start of each turn in pair
	diag  []float64
	rhs   []float64
	u, l  []float64 // entry of the earlier one's row, of the later one's
	place map[[2]int32]int32
	turn  []int32
}

type degrees struct{ deg, node []int32 }

func (h *degrees) Len() int { return len(h.deg) }
func (h *degrees) Less(i, j int) bool {
	return h.deg[i] < h.deg[j] || h.deg[i] == h.deg[j] && h.node[i] < h.node[j]
}
func (h *degrees) Swap(i, j int) {
	h.deg[i], h.deg[j], h.node[i], h.node[j] = h.deg[j], h.deg[i], h.node[j], h.node[i]
}
func (h *degrees) Push(x any) {
	p := x.([2]int32)
	h.deg, h.node = append(h.deg, p[0]), append(h.node, p[1])
}
func (h *degrees) Pop() any {
	n := len(h.deg) - 1
	p := [2]int32{h.deg[n], h.node[n]}
	h.deg, h.node = h.deg[:n], h.node[:n]
	return p
}

// newSolver prepares for n nodes joined by edges; nodes of which free is false have no row.
func newSolver(n int, edges [][2]int32, free []bool) *solver {
	s := &solver{diag: make([]float64, n), rhs: make([]float64, n), place: map[[2]int32]int32{}, turn: make([]int32, n)}
	near := make([][]int32, n)
	join := func(a, b int32) {
		if i, ok := slices.BinarySearch(near[a], b); !ok {
			near[a] = slices.Insert(near[a], i, b)
		}
	}
	for _, e := range edges {
		if e[0] != e[1] && free[e[0]] && free[e[1]] {
			join(e[0], e[1])
			join(e[1], e[0])
		}
	}
	h := &degrees{}
	for i := range n {
		if free[i] {
			h.deg, h.node = append(h.deg, int32(len(near[i]))), append(h.node, int32(i))
		}
	}
	heap.Init(h)
	done := make([]bool, n)
	for h.Len() > 0 {
		p := heap.Pop(h).([2]int32)
		v := p[1]
		if done[v] || int(p[0]) != len(near[v]) {
			continue
		}
		done[v] = true
		s.turn[v] = int32(len(s.order))
		s.order = append(s.order, v)
		s.start = append(s.start, int32(len(s.later)))
		for _, a := range near[v] {
			s.entry = append(s.entry, s.put(v, a))
			s.later = append(s.later, a)
			i, _ := slices.BinarySearch(near[a], v)
			near[a] = slices.Delete(near[a], i, i+1)
		}
		for i, a := range near[v] {
			for _, b := range near[v][i+1:] {
				join(a, b)
				join(b, a)
			}
		}
		for _, a := range near[v] {
			heap.Push(h, [2]int32{int32(len(near[a])), a})
		}
	}
	s.start = append(s.start, int32(len(s.later)))
	for t := range s.order {
		s.pairs = append(s.pairs, int32(len(s.pair)))
		list := s.later[s.start[t]:s.start[t+1]]
		for i, a := range list {
			for _, b := range list[i+1:] {
				if s.turn[a] < s.turn[b] {
					s.pair = append(s.pair, s.put(a, b))
				} else {
					s.pair = append(s.pair, -1-s.put(b, a))
				}
			}
		}
	}
	s.u, s.l = make([]float64, len(s.place)), make([]float64, len(s.place))
	return s
}

func (s *solver) put(a, b int32) int32 {
	k := [2]int32{a, b}
	p, ok := s.place[k]
	if !ok {
		p = int32(len(s.place))
		s.place[k] = p
	}
	return p
}

// find returns where the entry of row a, column b is, and whether in u (else l).
func (s *solver) find(a, b int32) (place int32, upper bool) {
	if s.turn[a] < s.turn[b] {
		return s.place[[2]int32{a, b}], true
	}
	return s.place[[2]int32{b, a}], false
}

func (s *solver) clear() {
	clear(s.diag)
	clear(s.u)
	clear(s.l)
}

// solve replaces rhs by the solution.
func (s *solver) solve() {
	for t, p := range s.order {
		d := s.diag[p]
		k := int(s.pairs[t])
		list, at := s.later[s.start[t]:s.start[t+1]], s.entry[s.start[t]:s.start[t+1]]
		for i, a := range list {
			up, lo := s.u[at[i]], s.l[at[i]]/d
			s.diag[a] -= lo * up
			s.rhs[a] -= lo * s.rhs[p]
			for j := i + 1; j < len(list); j++ {
				upB, loB := s.u[at[j]], s.l[at[j]]/d
				if q := s.pair[k]; q >= 0 {
					s.u[q] -= lo * upB
					s.l[q] -= loB * up
				} else {
					s.l[-1-q] -= lo * upB
					s.u[-1-q] -= loB * up
				}
				k++
			}
		}
	}
	for t := len(s.order) - 1; t >= 0; t-- {
		p := s.order[t]
		sum := s.rhs[p]
		for i := s.start[t]; i < s.start[t+1]; i++ {
			sum -= s.u[s.entry[i]] * s.rhs[s.later[i]]
		}
		s.rhs[p] = sum / s.diag[p]
	}
}
