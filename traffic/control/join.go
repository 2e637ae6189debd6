package control

import (
	"cmp"
	"math"
	"slices"

	"citybrain/city"
)

// A Joint is a net as those see it who control it: a road that leads nowhere but into one other, which is entered from nowhere else, is one
// road with it, unless one turns back there, if each lane goes on as one, or if the second is so short that nobody can stand on it (where an approach fans out at its
// stop line). Without that, files cut approaches into pieces, and who waits for a light stands a lane before the one that ends at it.
type Joint struct {
	Net   *city.LaneNet
	Lane  []int32   // of each lane of the net before: its lane here
	Short []float64 // of each lane of the net before: m from its end to the end of its lane here
	Road  []int32   // of each road of the net before: its road here
	Last  []int32   // of each road here: the one of the net before that ends where it does
	Conn  []int32   // of each connection of the net before: its connection here (the first, where lanes before it became several), −1: it lies within a lane
}

// tooShort is the length of road, m, on which no car can stand.
const tooShort = 7.5

// Join makes the joint of a net. Crosswalks are left out, as lights' crossings are a Street's.
func Join(n *city.LaneNet) *Joint {
	j := &Joint{Net: &city.LaneNet{LeftHand: n.LeftHand, Nodes: n.Nodes, Lights: n.Lights, Roads: slices.Clone(n.Roads), Lanes: slices.Clone(n.Lanes), Connections: slices.Clone(n.Connections)}}
	j.Short = make([]float64, len(n.Lanes))
	for l := range n.Lanes {
		j.Lane = append(j.Lane, int32(l))
	}
	for r := range n.Roads {
		j.Road, j.Last = append(j.Road, int32(r)), append(j.Last, int32(r))
	}
	for c := range n.Connections {
		j.Conn = append(j.Conn, int32(c))
	}
	for j.round() {
	}
	return j
}

// round joins pairs of roads that have no road in common; false: there is none left.
func (j *Joint) round() bool {
	n := j.Net
	out, in := make([][]int32, len(n.Lanes)), make([][]int32, len(n.Lanes))
	for i := range n.Connections {
		c := &n.Connections[i]
		out[c.From], in[c.To] = append(out[c.From], int32(i)), append(in[c.To], int32(i))
	}
	into, taken := make([]int32, len(n.Roads)), make([]bool, len(n.Roads)) // of each road: the one before it that takes it up
	some := false
	for r := range into {
		into[r] = -1
	}
	for u := range n.Roads {
		if s := after(n, int32(u), out, in); s >= 0 && !taken[u] && !taken[s] {
			into[s], taken[u], taken[s], some = int32(u), true, true, true
		}
	}
	if some {
		j.merge(into, in)
	}
	return some
}

// after is the road that road u is to be joined with, −1: none.
func after(n *city.LaneNet, u int32, out, in [][]int32) int32 {
	s, even := int32(-1), true
	for l := n.Roads[u].First; l < n.Roads[u].First+n.Roads[u].Lanes; l++ {
		for _, c := range out[l] {
			k := &n.Connections[c]
			to := n.Lanes[k.To].Road
			if k.Light >= 0 || k.Turn == city.UTurn || to == u || s >= 0 && to != s {
				return -1
			}
			s = to
		}
		even = even && len(out[l]) <= 1
	}
	if s < 0 {
		return -1
	}
	for l := n.Roads[s].First; l < n.Roads[s].First+n.Roads[s].Lanes; l++ {
		for _, c := range in[l] {
			if n.Lanes[n.Connections[c].From].Road != u {
				return -1
			}
		}
		if len(in[l]) == 0 && len(out[l]) > 0 {
			return -1 // there one comes by changing lanes
		}
		even = even && len(in[l]) <= 1
	}
	if !even && n.Roads[s].Length >= tooShort {
		return -1
	}
	return s
}

// merge makes the net in which road s, where into[s] is not −1, is the end of that road.
func (j *Joint) merge(into []int32, in [][]int32) {
	n := j.Net
	w := &city.LaneNet{LeftHand: n.LeftHand, Nodes: n.Nodes, Lights: n.Lights}
	part := make([]int32, len(n.Lanes))    // of each lane: the one whose end it is, or itself
	more := make([]float64, len(n.Lanes))  // m by which it grows …
	longest := make([]int32, len(n.Lanes)) // … by this connection
	ends := make([]int32, len(n.Roads))    // of each road: its last part
	for r := range n.Roads {
		u := into[r]
		if ends[r] = int32(r); u < 0 {
			continue
		}
		ends[u] = int32(r)
	}
	for l := range n.Lanes {
		u := into[n.Lanes[l].Road]
		if part[l] = int32(l); u < 0 {
			continue
		}
		part[l] = n.Roads[u].First
		for _, c := range in[l] {
			k := &n.Connections[c]
			part[l] = k.From
			if m := k.Length + n.Lanes[l].Length; m > more[k.From] {
				more[k.From], longest[k.From] = m, c
			}
		}
	}
	road, lane := make([]int32, len(n.Roads)), make([]int32, len(n.Lanes))
	var last []int32
	for r, x := range n.Roads {
		if into[r] >= 0 {
			continue
		}
		road[r] = int32(len(w.Roads))
		first, most := int32(len(w.Lanes)), 0.0
		for l := x.First; l < x.First+x.Lanes; l++ {
			y := n.Lanes[l]
			if y.Road, lane[l] = road[r], int32(len(w.Lanes)); more[l] > 0 {
				c := &n.Connections[longest[l]]
				y.Length, y.Line, most = y.Length+more[l], slices.Concat(y.Line, c.Path, n.Lanes[c.To].Line), math.Max(most, more[l])
			}
			w.Lanes = append(w.Lanes, y)
		}
		x.First, x.Length, x.To = first, x.Length+most, n.Roads[ends[r]].To
		w.Roads, last = append(w.Roads, x), append(last, j.Last[ends[r]])
	}
	conn := make([][]int32, len(n.Connections)) // of each connection: those that it becomes
	for i, c := range n.Connections {
		from, to := n.Lanes[c.From].Road, n.Lanes[c.To].Road
		if into[to] == from {
			continue
		}
		before := []int32{c.From}
		if into[from] >= 0 {
			before = before[:0]
			for _, a := range in[c.From] {
				if k := n.Connections[a].From; !slices.Contains(before, k) {
					before = append(before, k)
				}
			}
		}
		for _, l := range before {
			k := c
			k.From, k.To = lane[l], lane[part[c.To]]
			conn[i] = append(conn[i], int32(len(w.Connections)))
			w.Connections = append(w.Connections, k)
		}
	}
	order := make([]int32, len(w.Connections))
	for i := range order {
		order[i] = int32(i)
	}
	slices.SortStableFunc(order, func(a, b int32) int {
		x, y := &w.Connections[a], &w.Connections[b]
		return cmp.Or(cmp.Compare(x.From, y.From), cmp.Compare(x.To, y.To))
	})
	place, sorted := make([]int32, len(order)), make([]city.Connection, len(order))
	for i, k := range order {
		place[k], sorted[i] = int32(i), w.Connections[k]
	}
	for _, list := range conn {
		for i, k := range list {
			list[i] = place[k]
		}
	}
	now := func(list []int32) (out []int32) {
		for _, k := range list {
			out = append(out, conn[k]...)
		}
		slices.Sort(out)
		return out
	}
	for i := range sorted {
		sorted[i].Yields, sorted[i].Foes = now(sorted[i].Yields), now(sorted[i].Foes)
	}
	w.Connections = sorted
	for l, was := range j.Lane {
		j.Lane[l], j.Short[l] = lane[part[was]], j.Short[l]+more[was]
	}
	for r, was := range j.Road {
		if into[was] >= 0 {
			was = into[was]
		}
		j.Road[r] = road[was]
	}
	for c, was := range j.Conn {
		if was < 0 || len(conn[was]) == 0 {
			j.Conn[c] = -1
		} else {
			j.Conn[c] = conn[was][0]
		}
	}
	j.Net, j.Last = w, last
}
