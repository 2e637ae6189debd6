package twin

import (
	"maps"
	"slices"
)

// A typeIndex says which entities are of a type, by the hashes of their ids. A new value changes nothing here, and it is nearly
// all numbers, which the garbage collector passes over.
type typeIndex struct {
	owner *owner
	of    map[string]*hashes
}

// own returns the index for a batch to change.
func (x *typeIndex) own(o *owner) *typeIndex {
	switch {
	case x == nil:
		return &typeIndex{o, map[string]*hashes{}}
	case x.owner == o:
		return x
	}
	return &typeIndex{o, maps.Clone(x.of)}
}

// each yields the entities of all that are of a type. One whose hash another shares may come twice.
func (x *typeIndex) each(typ string, all *node, yield func(*Entity) bool) {
	if x == nil {
		return
	}
	x.of[typ].each(func(h uint64) {
		for _, e := range all.ofHash(h) {
			if slices.Contains(e.Types, typ) {
				yield(e)
			}
		}
	})
}

// gain notes that an entity has types that it had not before.
func (st *state) gain(o *owner, h uint64, types, had []string) {
	for i, t := range types {
		if !slices.Contains(had, t) && !slices.Contains(types[:i], t) {
			st.byType = st.byType.own(o)
			st.byType.of[t] = st.byType.of[t].put(o, h, 0)
		}
	}
}

// lose notes that an entity has no longer types that it had.
func (st *state) lose(o *owner, h uint64, types, has []string) {
	for i, t := range types {
		if !slices.Contains(has, t) && !slices.Contains(types[:i], t) {
			st.byType = st.byType.own(o)
			if st.byType.of[t] = st.byType.of[t].remove(o, h, 0); st.byType.of[t] == nil {
				delete(st.byType.of, t)
			}
		}
	}
}

// hashes holds numbers, equal ones as often as they were put: up to leafHashes in a list, more in 32 parts by five of their bits.
type hashes struct {
	owner *owner
	list  []uint64
	sub   []*hashes
}

const leafHashes = 64

func (n *hashes) own(o *owner) *hashes {
	if n.owner == o {
		return n
	}
	c := &hashes{owner: o, sub: slices.Clone(n.sub)}
	if n.sub == nil {
		c.list = append(make([]uint64, 0, len(n.list)+1), n.list...)
	}
	return c
}

func (n *hashes) put(o *owner, h uint64, shift uint) *hashes {
	if n == nil {
		return &hashes{owner: o, list: []uint64{h}}
	}
	n = n.own(o)
	if n.sub == nil {
		if len(n.list) < leafHashes || shift > lastShift {
			n.list = append(n.list, h)
			return n
		}
		list := n.list
		n.list, n.sub = nil, make([]*hashes, 32)
		for _, x := range list {
			n.put(o, x, shift)
		}
	}
	i := h >> shift & 31
	n.sub[i] = n.sub[i].put(o, h, shift+5)
	return n
}

func (n *hashes) remove(o *owner, h uint64, shift uint) *hashes {
	if n == nil {
		return nil
	}
	n = n.own(o)
	if n.sub != nil {
		i := h >> shift & 31
		if n.sub[i] = n.sub[i].remove(o, h, shift+5); !slices.ContainsFunc(n.sub, func(s *hashes) bool { return s != nil }) {
			return nil
		}
		return n
	}
	if i := slices.Index(n.list, h); i >= 0 {
		n.list = slices.Delete(n.list, i, i+1)
	}
	if len(n.list) == 0 {
		return nil
	}
	return n
}

func (n *hashes) each(yield func(uint64)) {
	if n == nil {
		return
	}
	for _, h := range n.list {
		yield(h)
	}
	for _, s := range n.sub {
		s.each(yield)
	}
}
