package cityflow

// tidyEvery is how many seconds pass between two orderings of the slots.
const tidyEvery = 16

// spare is memory for putting slots in order.
type spare struct {
	from, to []int32 // the old slot of each new one, and the other way round
	ints     []int32
	floats   []float64
	bools    []bool
	lots     []uint32
}

func newSpare(n int) spare {
	return spare{make([]int32, 0, n), make([]int32, n), make([]int32, n), make([]float64, n), make([]bool, n), make([]uint32, n)}
}

// tidy numbers the slots anew in the order of the ways and of the vehicles on them, so that who is near on the road is near in
// memory. Nothing else changes.
func (s *Sim) tidy() {
	st, p := &s.st, &s.spare
	p.from = p.from[:0]
	for _, v := range st.First {
		for ; v >= 0; v = st.Behind[v] {
			p.to[v] = int32(len(p.from))
			p.from = append(p.from, v)
		}
	}
	n := len(p.from)
	for _, a := range [...][]int32{st.Trip, st.Kind, st.Way, st.Prev, st.Leg, st.Next, st.Ahead, st.Behind, st.Leader, st.Since, st.Blocker, st.Still,
		st.Partner, st.Target, st.Heard, st.TLead, st.TBack} {
		reorder(a, p.ints, p.from)
	}
	for _, a := range [...][]float64{st.Gap, st.Dist, st.Speed, st.Aside, st.TLeadGap, st.TBackGap} {
		reorder(a, p.floats, p.from)
	}
	for _, a := range [...][]bool{st.Shadow, st.Changing, st.Signals} {
		reorder(a, p.bools, p.from)
	}
	reorder(st.Lot, p.lots, p.from)
	for _, a := range [...][]int32{st.Ahead, st.Behind, st.Leader, st.Blocker, st.Partner, st.Heard, st.TLead, st.TBack} {
		s.rename(a[:n])
	}
	s.rename(st.First)
	s.rename(st.Last)
	st.Free = st.Free[:0]
	for v := len(st.Trip) - 1; v >= n; v-- {
		st.Trip[v] = -1
		st.Free = append(st.Free, int32(v))
	}
}

func reorder[T any](a, spare []T, from []int32) {
	for i, v := range from {
		spare[i] = a[v]
	}
	copy(a, spare[:len(from)])
}

// rename puts the new numbers of vehicles for the old ones.
func (s *Sim) rename(refs []int32) {
	for i, v := range refs {
		if v >= 0 {
			refs[i] = s.spare.to[v]
		}
	}
}
