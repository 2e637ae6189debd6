package cch

import "math/bits"

// leafNodes is the size of a piece from which on the least fill is sought node by node.
const leafNodes = 200

// greedy orders the nodes of a small piece by least fill: again and again the node goes whose neighbours lack the fewest edges
// among themselves, the fewest neighbours and the lowest number among equals. Neighbours outside the piece, which go later,
// count: whole is the graph that the piece is of, and inside has the piece's number of each of its nodes plus one, 0 elsewhere.
func greedy(whole [][]int32, nodes []int32, inside []int32) []int32 {
	n := len(nodes)
	if n <= 1 {
		return nodes
	}
	for i, v := range nodes {
		inside[v] = int32(i) + 1
	}
	all := nodes[:n:n]
	for _, v := range nodes {
		for _, u := range whole[v] {
			if inside[u] == 0 {
				all = append(all, u)
				inside[u] = int32(len(all))
			}
		}
	}
	words := (len(all) + 63) / 64
	rows := make([]uint64, len(all)*words)
	row := func(i int32) []uint64 { return rows[int(i)*words : (int(i)+1)*words] }
	for i, v := range nodes {
		for _, u := range whole[v] {
			j := inside[u] - 1
			row(int32(i))[j/64] |= 1 << (j % 64)
			row(j)[i/64] |= 1 << (i % 64)
		}
	}
	for _, v := range all {
		inside[v] = 0
	}
	around := make([]int32, 0, len(all))
	list := func(i int32) []int32 {
		around = around[:0]
		for k, w := range row(i) {
			for ; w != 0; w &= w - 1 {
				around = append(around, int32(64*k+bits.TrailingZeros64(w)))
			}
		}
		return around
	}
	// lack is twice the number of edges that i's neighbours lack, and their number.
	lack := func(i int32) (missing, degree int) {
		mine := row(i)
		near := list(i)
		for _, j := range near {
			for k, w := range row(j) {
				missing += bits.OnesCount64(mine[k] &^ w)
			}
			missing-- // itself
		}
		return missing, len(near)
	}
	type cost struct{ missing, degree int }
	costs := make([]cost, n)
	stale := make([]bool, n)
	for i := range costs {
		stale[i] = true
	}
	order := make([]int32, 0, n)
	left := make([]int32, n)
	for i := range left {
		left[i] = int32(i)
	}
	for len(left) > 0 {
		at := 0
		for k, i := range left {
			if stale[i] {
				m, d := lack(i)
				costs[i], stale[i] = cost{m, d}, false
			}
			a, b := costs[i], costs[left[at]]
			if a.missing < b.missing || a.missing == b.missing && (a.degree < b.degree || a.degree == b.degree && i < left[at]) {
				at = k
			}
		}
		i := left[at]
		left[at] = left[len(left)-1]
		left = left[:len(left)-1]
		order = append(order, nodes[i])
		mine := row(i)
		near := append([]int32(nil), list(i)...)
		for _, j := range near {
			r := row(j)
			for k, w := range mine {
				r[k] |= w
			}
			r[j/64] &^= 1 << (j % 64)
			r[i/64] &^= 1 << (i % 64)
			if int(j) < n {
				stale[j] = true
			}
			if costs := costs[i]; costs.missing > 0 {
				for k, w := range r {
					for ; w != 0; w &= w - 1 {
						if u := 64*k + bits.TrailingZeros64(w); u < n {
							stale[u] = true
						}
					}
				}
			}
		}
	}
	return order
}
