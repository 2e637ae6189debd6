package control

const (
	longPause = 10.0 // s between decisions from which junctions agree twice: their neighbours' old plans say little
	turns     = 8.0  // decisions after which one who stands is long overdue
	afterEnd  = 15.0 // s that one still waits whom a plan doesn't serve
	regard    = 0.7  // of a second's waiting at the next stop line what it counts at this one: the guess is worse
)

// An outlook is what one vehicle more would wait at a road's end, by the second in which it gets there, as the plan of the
// junction there has it.
type outlook struct {
	start float64 // s, the time of the first
	s     []float32
}

// A prospect is an outlook seen from the junction before: by the second, from now, in which a vehicle leaves there.
type prospect struct {
	s     []float32
	shift int
}

// at returns the seconds to be waited by who leaves t s from now; none where nothing is known.
func (p prospect) at(t float64) float64 {
	if len(p.s) == 0 {
		return 0
	}
	return float64(p.s[min(len(p.s)-1, max(0, int(t)+p.shift))])
}

// prospect looks at the end of the road of lane e, if all of it is seen and it ends at a light.
func (b *brain) prospect(e int32, now float64) prospect {
	l := &b.n.Lanes[e]
	w := &b.ends[l.Road]
	if b.n.Ahead[e] > 0 || !b.n.Sees(e, l.Length) || len(w.s) == 0 {
		return prospect{}
	}
	return prospect{w.s, int(now - w.start + l.Length/l.Speed)}
}

// foresee works out for the roads that end at junction i what one vehicle more would wait there under the plan that path
// describes: it goes behind all that come before it, when its lane is open. Lanes count by how many take them.
func (b *brain) foresee(i int, now float64, path []int) {
	r := &b.at[i]
	x, s := r.x, r.s
	rows := make([][]byte, b.far)
	phase, t := s.nodes[path[0]].phase, 0
	for _, p := range path[1:] {
		nd := &s.nodes[p]
		if nd.phase != phase {
			y := x.yel[phase][nd.phase]
			for ; y != nil && t < min(nd.since, b.far); t++ {
				rows[t] = y
			}
			phase = nd.phase
		}
		for ; t < min(nd.t, b.far); t++ {
			rows[t] = x.rows[phase]
		}
	}
	for ; t < b.far; t++ {
		rows[t] = x.rows[phase]
	}
	for _, lane := range x.lanes {
		w := &b.ends[b.n.Lanes[lane].Road]
		w.start, w.s = now, append(w.s[:0], make([]float32, b.far)...)
	}
	for l, lane := range x.lanes {
		road := b.n.Lanes[lane].Road
		if share := b.share(lane); share > 0 {
			b.foreseeLane(r, l, rows, b.ends[road].s, share)
		}
	}
}

// share is the part of a road's vehicles that takes one of its lanes at its end.
func (b *brain) share(lane int32) float64 {
	r := &b.n.Roads[b.n.Lanes[lane].Road]
	mine, all := 0.0, 0.0
	for l := r.First; l < r.First+r.Lanes; l++ {
		for _, c := range b.n.Out[l] {
			if all += b.taken[c]; l == lane {
				mine += b.taken[c]
			}
		}
	}
	if all == 0 {
		return 0
	}
	return mine / all
}

func (b *brain) foreseeLane(r *crossing, l int, rows [][]byte, wait []float32, share float64) {
	list, come, links := r.s.list[l], r.s.come[l], r.x.of[l]
	head, m, next := 0, 0, r.in.free[l]
	was := true
	for t := range rows {
		open := false
		for _, k := range links {
			open = open || rows[t][k] == 'G' || rows[t][k] == 'g'
		}
		if open && !was {
			next = max(next, float64(t)+startLoss)
		}
		was = open
		for turn := 0; turn < 2 && head < len(list) && next < float64(t+1) && list[head].at < float64(t+1); turn++ {
			if c := rows[t][list[head].link]; c != 'G' && c != 'g' {
				break
			}
			next = max(next, list[head].at, float64(t)) + list[head].head
			head++
		}
		for ; open && m <= t && int(come[m]) <= head && next < float64(t+1); m++ {
			wait[m] += float32(regard * share * max(0, max(next, float64(t))-float64(m)))
		}
	}
	for ; m < len(rows); m++ {
		wait[m] += float32(regard * share * (float64(len(rows)-m) + afterEnd))
	}
}
