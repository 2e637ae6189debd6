package twin

import (
	"fmt"
	"maps"
	"testing"

	"pgregory.net/rapid"
)

// A trie is a map, whatever the hashes: with all their bits, with a few, with none, when every node down to the last is shared.
// Its versions stay as they were, and two tries of the same entities have the same nodes' shape.
func TestTrieAgainstMaps(t *testing.T) {
	defer func() { hashMask = ^uint64(0) }()
	for _, mask := range []uint64{^uint64(0), 0xff, 0x3, 0, 0xf << 60} {
		hashMask = mask
		rapid.Check(t, func(rt *rapid.T) {
			type version struct {
				root  *node
				model map[string]*Entity
			}
			all := []version{{nil, map[string]*Entity{}}}
			o := new(owner)
			for range rapid.IntRange(1, 60).Draw(rt, "ops") {
				v := all[len(all)-1]
				id := fmt.Sprint("urn:x:", rapid.IntRange(0, 20).Draw(rt, "id"))
				before := v.model[id]
				switch rapid.IntRange(0, 3).Draw(rt, "op") {
				case 0:
					root, ok := v.root.remove(o, hashOf(id), 0, id)
					if ok != (before != nil) {
						rt.Fatalf("remove %s: %v", id, ok)
					}
					all[len(all)-1].root = root
					delete(v.model, id)
				case 1: // the batch ends
					all = append(all, version{v.root, maps.Clone(v.model)})
					o = new(owner)
				default:
					e := &Entity{ID: id}
					root, grew := v.root.put(o, hashOf(id), 0, e)
					if grew != (before == nil) {
						rt.Fatalf("put %s: %v", id, grew)
					}
					all[len(all)-1].root = root
					v.model[id] = e
				}
			}
			check := func(v version) {
				n := 0
				v.root.each(func(e *Entity) bool {
					if v.model[e.ID] != e {
						rt.Fatalf("%s is not what was put", e.ID)
					}
					n++
					return true
				})
				if n != len(v.model) {
					rt.Fatalf("%d entities, want %d", n, len(v.model))
				}
				for id, e := range v.model {
					if v.root.get(id) != e {
						rt.Fatalf("get %s", id)
					}
				}
			}
			for _, v := range all {
				check(v)
			}
			a, b := all[rapid.IntRange(0, len(all)-1).Draw(rt, "a")], all[rapid.IntRange(0, len(all)-1).Draw(rt, "b")]
			left := maps.Clone(a.model)
			for x, y := range diffTries(a.root, b.root) {
				if x == y {
					rt.Fatal("a difference that is none")
				}
				if x != nil {
					if left[x.ID] != x {
						rt.Fatalf("%s is not in a", x.ID)
					}
					delete(left, x.ID)
				}
				if y != nil {
					left[y.ID] = y
				}
			}
			if !maps.Equal(left, b.model) {
				rt.Fatal("a and the difference are not b")
			}
		})
	}
}
