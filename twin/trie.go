package twin

import (
	"iter"
	"math/bits"
)

// node is an inner node of a hash trie, 32 ways a level; immutable once its batch is over. A slot holds a node or a leaf.
type node struct {
	owner *owner // the batch that may still change it
	bits  uint32
	slots []slot
}

type slot struct {
	sub  *node
	leaf *leaf
}

// leaf holds an entity; next are others of the same hash, as good as never any.
type leaf struct {
	hash uint64
	e    *Entity
	next *leaf
}

func (l *leaf) get(id string) *Entity {
	for ; l != nil; l = l.next {
		if l.e.ID == id {
			return l.e
		}
	}
	return nil
}

// without returns the list without id; what it shares is not changed.
func (l *leaf) without(id string) *leaf {
	if l == nil {
		return nil
	}
	if l.e.ID == id {
		return l.next
	}
	return &leaf{l.hash, l.e, l.next.without(id)}
}

// owner marks the nodes that a batch made itself and may change in place.
type owner struct{ _ byte }

func hashOf(id string) uint64 {
	h := uint64(14695981039346656037)
	for i := 0; i < len(id); i++ {
		h = (h ^ uint64(id[i])) * 1099511628211
	}
	h ^= h >> 32 // FNV's low bits are the better ones: mix the high ones in
	return h
}

func (n *node) get(id string) *Entity {
	h := hashOf(id)
	for shift := uint(0); n != nil; shift += 5 {
		bit := uint32(1) << (h >> shift & 31)
		if n.bits&bit == 0 {
			return nil
		}
		s := &n.slots[bits.OnesCount32(n.bits&(bit-1))]
		if s.leaf != nil {
			if s.leaf.hash == h {
				return s.leaf.get(id)
			}
			return nil
		}
		n = s.sub
	}
	return nil
}

func (n *node) own(o *owner) *node {
	if n == nil {
		return &node{owner: o}
	}
	if n.owner == o {
		return n
	}
	return &node{owner: o, bits: n.bits, slots: append(make([]slot, 0, len(n.slots)+1), n.slots...)}
}

// put returns the trie with e in the place of its id; grew tells whether it is new.
func (n *node) put(o *owner, h uint64, shift uint, e *Entity) (_ *node, grew bool) {
	n = n.own(o)
	bit := uint32(1) << (h >> shift & 31)
	i := bits.OnesCount32(n.bits & (bit - 1))
	if n.bits&bit == 0 {
		n.bits |= bit
		n.slots = append(n.slots, slot{})
		copy(n.slots[i+1:], n.slots[i:])
		n.slots[i] = slot{leaf: &leaf{hash: h, e: e}}
		return n, true
	}
	s := &n.slots[i]
	if s.sub != nil {
		s.sub, grew = s.sub.put(o, h, shift+5, e)
		return n, grew
	}
	if s.leaf.hash == h {
		rest, known := s.leaf.next, s.leaf.get(e.ID) != nil
		if s.leaf.e.ID != e.ID {
			rest = s.leaf.without(e.ID)
		}
		s.leaf = &leaf{h, e, rest}
		return n, !known
	}
	// Two hashes in one slot: push the old leaf a level down and try there.
	sub := &node{owner: o, bits: 1 << (s.leaf.hash >> (shift + 5) & 31), slots: []slot{{leaf: s.leaf}}}
	sub, _ = sub.put(o, h, shift+5, e)
	*s = slot{sub: sub}
	return n, true
}

// remove returns the trie without id; it may leave empty nodes, which cost little and stay correct.
func (n *node) remove(o *owner, h uint64, shift uint, id string) (*node, bool) {
	if n == nil {
		return nil, false
	}
	bit := uint32(1) << (h >> shift & 31)
	if n.bits&bit == 0 {
		return n, false
	}
	i := bits.OnesCount32(n.bits & (bit - 1))
	if sub := n.slots[i].sub; sub != nil {
		next, ok := sub.remove(o, h, shift+5, id)
		if !ok {
			return n, false
		}
		n = n.own(o)
		n.slots[i].sub = next
		return n, true
	}
	l := n.slots[i].leaf
	if l.hash != h || l.get(id) == nil {
		return n, false
	}
	n = n.own(o)
	if l = l.without(id); l != nil {
		n.slots[i].leaf = l
		return n, true
	}
	n.bits &^= bit
	n.slots = append(n.slots[:i], n.slots[i+1:]...)
	return n, true
}

// each yields all entities in the order of their hashes; false when the reader has enough.
func (n *node) each(yield func(*Entity) bool) bool {
	if n == nil {
		return true
	}
	for i := range n.slots {
		if s := &n.slots[i]; s.sub != nil {
			if !s.sub.each(yield) {
				return false
			}
		} else {
			for l := s.leaf; l != nil; l = l.next {
				if !yield(l.e) {
					return false
				}
			}
		}
	}
	return true
}

// diffTries yields the entities that differ, as (in a, in b), nil where one has none. What both share is not walked.
func diffTries(a, b *node) iter.Seq2[*Entity, *Entity] {
	return func(yield func(a, b *Entity) bool) { walkDiff(slot{sub: a}, slot{sub: b}, 0, yield) }
}

func walkDiff(a, b slot, shift uint, yield func(a, b *Entity) bool) bool {
	if a == b {
		return true
	}
	if (a.sub != nil || a.leaf == nil) && (b.sub != nil || b.leaf == nil) {
		if a.sub != nil && b.sub != nil && a.sub.bits == b.sub.bits {
			for i, x := range a.sub.slots { // mostly shared: compared, not looked up
				if y := b.sub.slots[i]; x != y && !walkDiff(x, y, shift+5, yield) {
					return false
				}
			}
			return true
		}
		for w := range uint32(32) {
			if !walkDiff(a.sub.at(w), b.sub.at(w), shift+5, yield) {
				return false
			}
		}
		return true
	}
	if a.leaf != nil && b.leaf != nil && a.leaf.next == nil && b.leaf.next == nil && a.leaf.e.ID == b.leaf.e.ID {
		return a.leaf.e == b.leaf.e || yield(a.leaf.e, b.leaf.e)
	}
	// A leaf on one side: few entities; match them by id.
	left, right := a.entities(), b.entities()
	for _, x := range left {
		var other *Entity
		for _, y := range right {
			if y.ID == x.ID {
				other = y
			}
		}
		if other != x && !yield(x, other) {
			return false
		}
	}
next:
	for _, y := range right {
		for _, x := range left {
			if x.ID == y.ID {
				continue next
			}
		}
		if !yield(nil, y) {
			return false
		}
	}
	return true
}

func (n *node) at(w uint32) slot {
	if n == nil || n.bits&(1<<w) == 0 {
		return slot{}
	}
	return n.slots[bits.OnesCount32(n.bits&(1<<w-1))]
}

func (s slot) entities() []*Entity {
	var all []*Entity
	for l := s.leaf; l != nil; l = l.next {
		all = append(all, l.e)
	}
	s.sub.each(func(e *Entity) bool { all = append(all, e); return true })
	return all
}
