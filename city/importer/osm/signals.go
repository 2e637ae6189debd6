package osm

import (
	"cmp"
	"fmt"
	"slices"
)

const (
	approachReach = 60.0 // m from a signal on an approach to the crossing that it stands before
	clusterLink   = 40.0 // m along a street between two crossings of one controller
	clusterSpan   = 90.0 // m across one controller's area, so that chains of crossings don't grow together
)

// signals moves the signals on approaches to the crossings that they stand before: forward along a one-way street, to the
// nearer one of a two-way street unless traffic_signals:direction says which. A signal with no crossing in reach stands at a crossing
// for walkers and is left out.
func (b *builder) signals() {
	lonely := 0
	for i := range b.verts {
		v := &b.verts[i]
		if v.signal == "" || len(b.out[i])+len(b.in[i]) == 0 {
			continue
		}
		if b.neighbours(int32(i)) >= 3 {
			if v.signal == "signals" {
				v.keep = true
			}
			continue
		}
		best, near := int32(-1), approachReach
		for _, e := range b.out[i] {
			if v.towards != 0 && b.edges[e].along != v.towards {
				continue
			}
			if at, d := b.ahead(e, near); at >= 0 {
				best, near = at, d
			}
		}
		if v.signal == "signals" {
			if best >= 0 {
				b.verts[best].keep, b.verts[best].signal = true, "signals"
			} else {
				lonely++
			}
		}
		v.signal = ""
	}
	if lonely > 0 {
		b.defect("signals", "%d signals stand at no crossing of streets within %.0f m (crossings for walkers); left out", lonely, approachReach)
	}
}

// ahead follows edge e over vertices of two neighbours and returns the first crossing within reach metres, −1 for none.
func (b *builder) ahead(e int32, reach float64) (int32, float64) {
	gone := 0.0
	for range 64 {
		x := &b.edges[e]
		gone += x.Length
		if gone > reach {
			return -1, gone
		}
		switch n := b.neighbours(x.To); {
		case n >= 3:
			return x.To, gone
		case n < 2:
			return -1, gone
		}
		next := int32(-1)
		for _, f := range b.out[x.To] {
			if b.edges[f].To != x.From {
				next = f
			}
		}
		if next < 0 {
			return -1, gone
		}
		e = next
	}
	return -1, gone
}

// group joins signalised crossings into controllers' areas: those with a street of at most clusterLink between them, nearest
// first, while the area stays within clusterSpan. A crossing without a signal of its own that lies between two crossings of
// one area, as on a dual carriageway, belongs to it.
func (b *builder) group() []Group {
	type pair struct {
		u, v int32
		d    float64
	}
	var pairs []pair
	parent := make([]int32, len(b.verts))
	members := map[int32][]int32{}
	for i := range parent {
		parent[i] = int32(i)
		if b.signalised(int32(i)) {
			members[int32(i)] = []int32{int32(i)}
		}
	}
	find := func(v int32) int32 {
		for parent[v] != v {
			v = parent[v]
		}
		return v
	}
	merge := func(u, v int32) {
		u, v = find(u), find(v)
		if u == v {
			return
		}
		for _, x := range members[u] {
			for _, y := range members[v] {
				if distance(b.verts[x].at, b.verts[y].at) > clusterSpan {
					return
				}
			}
		}
		u, v = min(u, v), max(u, v)
		parent[v] = u
		members[u] = append(members[u], members[v]...)
		delete(members, v)
	}
	between := map[int32][]pair{} // of crossings without a signal: the signalised ones near them
	for i := range b.verts {
		u := int32(i)
		if b.neighbours(u) < 3 {
			continue
		}
		for _, e := range b.out[u] {
			v, d := b.ahead(e, clusterLink)
			if v < 0 || v == u {
				continue
			}
			if b.signalised(u) && b.signalised(v) {
				pairs = append(pairs, pair{u, v, d})
			}
			if !b.signalised(u) && b.signalised(v) {
				between[u] = append(between[u], pair{u, v, d})
			}
			if b.signalised(u) && !b.signalised(v) {
				between[v] = append(between[v], pair{v, u, d})
			}
		}
	}
	slices.SortFunc(pairs, func(x, y pair) int {
		return cmp.Or(cmp.Compare(x.d, y.d), cmp.Compare(x.u, y.u), cmp.Compare(x.v, y.v))
	})
	for _, p := range pairs {
		merge(p.u, p.v)
	}
	for i := range b.verts {
		u := int32(i)
		near := map[int32]bool{}
		for _, p := range between[u] {
			near[p.v] = true
		}
		if len(near) < 2 {
			continue
		}
		roots := []int32{}
		for v := range near {
			roots = append(roots, find(v))
		}
		slices.Sort(roots)
		for k := 1; k < len(roots); k++ {
			if roots[k] == roots[k-1] { // two crossings of one area: u lies between them
				members[u] = []int32{u}
				merge(u, roots[k])
				if find(u) == u && len(members[u]) == 1 {
					delete(members, u)
				}
				break
			}
		}
	}
	var groups []Group
	for i := range b.verts {
		m := members[int32(i)]
		if len(m) == 0 || find(int32(i)) != int32(i) {
			continue
		}
		slices.Sort(m)
		least := b.verts[m[0]].ref
		for _, v := range m {
			least = min(least, b.verts[v].ref)
		}
		groups = append(groups, Group{fmt.Sprintf("signal/%d", least), m})
		for _, v := range m {
			b.verts[v].group = len(groups)
		}
	}
	return groups
}

func (b *builder) signalised(v int32) bool {
	return b.verts[v].keep && b.verts[v].signal == "signals" && b.neighbours(v) >= 3
}
