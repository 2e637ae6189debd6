package twin

import (
	"iter"
	"math/bits"
	"slices"
)

// node is a node of a hash trie, 32 ways a level; immutable once its batch is over. An entity stands in the first node on its
// way that it has a place of its own in, so a trie's shape depends on its hashes only. Entities and sub-tries lie in two dense
// lists (the CHAMP of Steindorfer and Vinju 2015): half the memory of one list of either, and copies are what a write costs.
// Below the last bits of the hash, a node is a plain list of entities.
type node struct {
	owner *owner // the batch that may still change it
	ents  uint32 // which places hold an entity
	subs  uint32 // which hold a node
	e     []*Entity
	sub   []*node
}

// owner marks the nodes that a batch made itself and may change in place.
type owner struct{ _ byte }

// hashMask is all ones, but for tests of colliding hashes.
var hashMask = ^uint64(0)

// hashOf mixes eight bytes at a time by the high and low halves of a product, the same on every machine.
func hashOf(id string) uint64 {
	const k0, k1 = 0x9e3779b97f4a7c15, 0xd6e8feb86659fd93
	h := uint64(len(id)) * k0
	s := id
	for ; len(s) >= 8; s = s[8:] {
		h = fold(h^word(s), k1)
	}
	var tail uint64
	for i := 0; i < len(s); i++ {
		tail |= uint64(s[i]) << (8 * i)
	}
	return fold(fold(h^tail, k0), k1) & hashMask
}

func word(s string) uint64 {
	_ = s[7]
	return uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24 | uint64(s[4])<<32 | uint64(s[5])<<40 | uint64(s[6])<<48 | uint64(s[7])<<56
}

func fold(a, b uint64) uint64 {
	hi, lo := bits.Mul64(a^b, b|1)
	return a ^ hi ^ lo
}

const lastShift = 60 // from here on a node is a list

func place(h uint64, shift uint) uint32 { return 1 << (h >> shift & 31) }

// rank is the place's index among those set.
func rank(set, bit uint32) int { return bits.OnesCount32(set & (bit - 1)) }

func (n *node) list(id string) int {
	return slices.IndexFunc(n.e, func(e *Entity) bool { return e.ID == id })
}

func (n *node) get(id string) *Entity { return n.find(hashOf(id), id) }

func (n *node) find(h uint64, id string) *Entity {
	for shift := uint(0); n != nil; shift += 5 {
		if shift > lastShift {
			if i := n.list(id); i >= 0 {
				return n.e[i]
			}
			return nil
		}
		bit := place(h, shift)
		if n.ents&bit != 0 {
			if e := n.e[rank(n.ents, bit)]; e.ID == id {
				return e
			}
			return nil
		}
		if n.subs&bit == 0 {
			return nil
		}
		n = n.sub[rank(n.subs, bit)]
	}
	return nil
}

// ofHash returns the entities of a hash that some entity is known to have; below the last bits, of others too.
func (n *node) ofHash(h uint64) []*Entity {
	for shift := uint(0); n != nil && shift <= lastShift; shift += 5 {
		bit := place(h, shift)
		if n.ents&bit != 0 {
			i := rank(n.ents, bit)
			return n.e[i : i+1]
		}
		if n.subs&bit == 0 {
			return nil
		}
		n = n.sub[rank(n.subs, bit)]
	}
	return n.e
}

// ahead is how many changes are looked up side by side.
const ahead = 128

// warm brings the entities of up to ahead changes, and what is on the way to them, into the cache. One find after the other
// waits for memory at every step; side by side, the waits are one. With a million entities, waiting is most of what a find is.
// The result says nothing: it keeps the reads from being left out.
func (n *node) warm(changes []Change) (sum int) {
	if n == nil || len(changes) < 2 {
		return 0
	}
	var hashRoom [ahead]uint64
	var nodeRoom [ahead]*node
	var foundRoom [ahead]*Entity
	hashes, nodes, found := hashRoom[:len(changes)], nodeRoom[:len(changes)], foundRoom[:0]
	for i := range changes {
		hashes[i], nodes[i] = hashOf(changes[i].ID), n
	}
	for shift := uint(0); len(nodes) > 0 && shift <= lastShift; shift += 5 {
		for _, n := range nodes {
			sum += int(n.ents)
		}
		left := 0
		for i, n := range nodes {
			bit := place(hashes[i], shift)
			if n.ents&bit != 0 {
				found = append(found, n.e[rank(n.ents, bit)])
			} else if n.subs&bit != 0 {
				hashes[left], nodes[left] = hashes[i], n.sub[rank(n.subs, bit)]
				left++
			}
		}
		nodes = nodes[:left]
	}
	for _, e := range found {
		sum += len(e.ID)
	}
	for _, e := range found {
		if e.ID != "" {
			sum += int(e.ID[0])
		}
		for i := range e.attrs {
			sum += int(e.attrs[i].recorded)
		}
	}
	return sum
}

// own returns the node for a batch to change, with room for more entities and sub-tries.
func (n *node) own(o *owner, ents, subs int) *node {
	if n == nil {
		n = &node{}
	} else if n.owner == o {
		return n
	}
	ents += len(n.e)
	subs += len(n.sub)
	var c *node
	switch { // the shapes that nearly all nodes have are one piece of memory with their lists
	case subs == 0 && ents <= 4:
		x := new(struct {
			node
			room [4]*Entity
		})
		c, x.e = &x.node, x.room[:0]
	case ents > 4 && ents <= 16 && subs > 4 && subs <= 12:
		x := new(struct {
			node
			room [16]*Entity
			more [12]*node
		})
		c, x.e, x.sub = &x.node, x.room[:0], x.more[:0]
	case ents == 0 && subs > 24:
		x := new(struct {
			node
			room [32]*node
		})
		c, x.sub = &x.node, x.room[:0]
	default:
		c = new(node)
		if ents > 0 {
			c.e = make([]*Entity, 0, ents)
		}
		if subs > 0 {
			c.sub = make([]*node, 0, subs)
		}
	}
	c.owner, c.ents, c.subs = o, n.ents, n.subs
	c.e, c.sub = append(c.e, n.e...), append(c.sub, n.sub...)
	return c
}

// put returns the trie with e in the place of its id; grew tells whether it is new.
func (n *node) put(o *owner, h uint64, shift uint, e *Entity) (_ *node, grew bool) {
	if shift > lastShift {
		n = n.own(o, 1, 0)
		if i := n.list(e.ID); i >= 0 {
			n.e[i] = e
			return n, false
		}
		n.e = append(n.e, e)
		return n, true
	}
	bit := place(h, shift)
	switch {
	case n != nil && n.subs&bit != 0:
		i := rank(n.subs, bit)
		sub, grew := n.sub[i].put(o, h, shift+5, e)
		n = n.own(o, 0, 0)
		n.sub[i] = sub
		return n, grew
	case n == nil || n.ents&bit == 0:
		n = n.own(o, 1, 0)
		n.e = slices.Insert(n.e, rank(n.ents, bit), e)
		n.ents |= bit
		return n, true
	}
	i := rank(n.ents, bit)
	old := n.e[i]
	if old.ID == e.ID {
		n = n.own(o, 0, 0)
		n.e[i] = e
		return n, false
	}
	// Two entities in one place: both go a level down.
	var sub *node
	sub, _ = sub.put(o, hashOf(old.ID), shift+5, old)
	sub, _ = sub.put(o, h, shift+5, e)
	n = n.own(o, 0, 1)
	n.e = slices.Delete(n.e, i, i+1)
	n.ents &^= bit
	n.sub = slices.Insert(n.sub, rank(n.subs, bit), sub)
	n.subs |= bit
	return n, true
}

// remove returns the trie without id, and whether it was there. A node that is left with one entity gives it to the one above.
func (n *node) remove(o *owner, h uint64, shift uint, id string) (*node, bool) {
	if n == nil {
		return nil, false
	}
	bit := uint32(0)
	i := -1
	if shift > lastShift {
		i = n.list(id)
	} else if bit = place(h, shift); n.ents&bit != 0 {
		if k := rank(n.ents, bit); n.e[k].ID == id {
			i = k
		}
	}
	if i >= 0 {
		n = n.own(o, 0, 0)
		n.e = slices.Delete(n.e, i, i+1)
		n.ents &^= bit
		return n, true
	}
	if shift > lastShift || n.subs&bit == 0 {
		return n, false
	}
	i = rank(n.subs, bit)
	sub, ok := n.sub[i].remove(o, h, shift+5, id)
	if !ok {
		return n, false
	}
	n = n.own(o, 1, 0)
	n.sub[i] = sub
	if len(sub.sub) == 0 && len(sub.e) <= 1 {
		n.sub = slices.Delete(n.sub, i, i+1)
		n.subs &^= bit
		if len(sub.e) == 1 {
			n.e = slices.Insert(n.e, rank(n.ents, bit), sub.e[0])
			n.ents |= bit
		}
	}
	return n, true
}

// each yields all entities in an order that depends on their hashes; false when the reader has enough.
func (n *node) each(yield func(*Entity) bool) bool {
	if n == nil {
		return true
	}
	for _, e := range n.e {
		if !yield(e) {
			return false
		}
	}
	for _, s := range n.sub {
		if !s.each(yield) {
			return false
		}
	}
	return true
}

// diffTries yields the entities that differ, as (in a, in b), nil where one has none. What both share is not walked.
func diffTries(a, b *node) iter.Seq2[*Entity, *Entity] {
	return func(yield func(a, b *Entity) bool) { walkDiff(a, b, 0, yield) }
}

func walkDiff(a, b *node, shift uint, yield func(a, b *Entity) bool) bool {
	switch {
	case a == b:
		return true
	case a == nil:
		return b.each(func(e *Entity) bool { return yield(nil, e) })
	case b == nil:
		return a.each(func(e *Entity) bool { return yield(e, nil) })
	case shift > lastShift:
		return diffLists(a.e, b.e, yield)
	case a.ents == b.ents && a.subs == b.subs: // as nearly always: the lists match place by place
		for i, x := range a.e {
			if y := b.e[i]; x != y && !diffLists(a.e[i:i+1], b.e[i:i+1], yield) {
				return false
			}
		}
		for i, x := range a.sub {
			if y := b.sub[i]; x != y && !walkDiff(x, y, shift+5, yield) {
				return false
			}
		}
		return true
	}
	for set := a.ents | a.subs | b.ents | b.subs; set != 0; set &= set - 1 {
		bit := set & -set
		if x, y := a.at(bit), b.at(bit); a.subs&b.subs&bit != 0 {
			if !walkDiff(x, y, shift+5, yield) {
				return false
			}
		} else if !diffLists(x.all(), y.all(), yield) { // an entity or nothing on one side: little on the other
			return false
		}
	}
	return true
}

// at returns the sub-trie of a place; for an entity a node of it alone.
func (n *node) at(bit uint32) *node {
	switch {
	case n.subs&bit != 0:
		return n.sub[rank(n.subs, bit)]
	case n.ents&bit != 0:
		i := rank(n.ents, bit)
		return &node{e: n.e[i : i+1]}
	}
	return nil
}

func (n *node) all() []*Entity {
	var list []*Entity
	n.each(func(e *Entity) bool { list = append(list, e); return true })
	return list
}

// diffLists compares a few entities by id.
func diffLists(a, b []*Entity, yield func(a, b *Entity) bool) bool {
	find := func(list []*Entity, id string) *Entity {
		for _, e := range list {
			if e.ID == id {
				return e
			}
		}
		return nil
	}
	for _, x := range a {
		if y := find(b, x.ID); y != x && !yield(x, y) {
			return false
		}
	}
	for _, y := range b {
		if find(a, y.ID) == nil && !yield(nil, y) {
			return false
		}
	}
	return true
}
