package twin

import (
	"cmp"
	"maps"
	"slices"
	"sync"
	"time"
)

// Clock names which of a value's two times a question is about.
type Clock uint8

const (
	ByRecorded Clock = iota // when the twin learnt of it: what did we know then?
	ByObserved              // when it was so: what was it then?
)

// history keeps the versions of a branch's attributes in the order in which they were recorded.
type history struct {
	retain func(string) int
	mu     sync.RWMutex
	of     map[historyKey]*versions
	// by says which origin last touched an attribute (name "": the whole entity) with intent; kept for Merge on forks.
	by map[historyKey]Origin
	// fresh are versions to come, made many at a time: none goes before the branch does.
	fresh []shortVersions
}

type historyKey struct{ id, name, dataset string }

type versions struct {
	keep int
	list []held
}

// shortVersions has room for two versions, as most lists stay short.
type shortVersions struct {
	versions
	room [2]held
}

func newHistory(retain func(string) int) *history {
	return &history{retain: retain, of: map[historyKey]*versions{}, by: map[historyKey]Origin{}}
}

// add notes versions of an attribute of an entity: was, which it had until now (nil: none that this branch's history is of),
// before all others, and a (nil: none) after them. The only version of an attribute is the one that its entity has: there is no
// list until a second comes or the entity loses it.
func (h *history) add(e *Entity, was, a *held) {
	k := historyKey{id: e.ID}
	if x := cmp.Or(a, was); x != nil {
		key := x.key.Value()
		k.name, k.dataset = key.name, key.dataset
	}
	v := h.of[k]
	if v == nil {
		if len(h.fresh) == 0 {
			h.fresh = make([]shortVersions, min(64, 1+len(h.of)))
		}
		x := &h.fresh[0]
		h.fresh = h.fresh[1:]
		v = &x.versions
		v.keep, v.list = max(1, h.retain(e.Type())), x.room[:0]
		if was != nil {
			v.list = append(v.list, *was)
		}
		h.of[k] = v
	}
	if a == nil {
		return
	}
	if len(v.list) >= 2*v.keep {
		v.list = slices.Clone(v.list[len(v.list)-v.keep:])
	}
	v.list = append(v.list, *a)
}

// has reports whether there is a list of versions of an attribute.
func (h *history) has(e *Entity, a *Attribute) bool {
	return h.of[historyKey{e.ID, a.Name, a.Dataset}] != nil
}

// intent notes that a change of an attribute was deliberate, or that a later one was not.
func (h *history) intent(k historyKey, o Origin) {
	if o == Edit || o == Command {
		h.by[k] = o
	} else {
		delete(h.by, k)
	}
}

// deliberate returns the attributes that commands and edits set last on this branch.
func (b *Branch) deliberate() map[historyKey]Origin {
	b.history.mu.RLock()
	defer b.history.mu.RUnlock()
	return maps.Clone(b.history.by)
}

// History returns the versions of an attribute from and to a time by a clock, both inclusive and unbounded when zero, ordered
// by that clock. On a forked branch it holds what was written there; what came before is its parent's.
func (b *Branch) History(id, name string, from, to time.Time, by Clock) ([]Attribute, error) {
	h := b.history
	h.mu.RLock()
	var list []Attribute
	if v := h.of[historyKey{id, name, ""}]; v != nil {
		for i := max(0, len(v.list)-v.keep); i < len(v.list); i++ {
			list = append(list, v.list[i].attribute())
		}
	} else if b == b.twin.main {
		if e := b.now.Load().all.get(id); e != nil {
			if a, ok := e.Attribute(name); ok {
				list = append(list, a)
			}
		}
	}
	h.mu.RUnlock()
	when := func(a *Attribute) int64 {
		if by == ByObserved && a.observed != 0 {
			return a.observed
		}
		return a.recorded
	}
	slices.SortStableFunc(list, func(x, y Attribute) int {
		switch a, b := when(&x), when(&y); {
		case a < b:
			return -1
		case a > b:
			return 1
		}
		return 0
	})
	return slices.DeleteFunc(list, func(a Attribute) bool {
		t := when(&a)
		return !from.IsZero() && t < nano(from) || !to.IsZero() && t > nano(to)
	}), nil
}

// AsOf returns an entity as it was at a time: by ByRecorded as the twin had it then, by ByObserved as it is now known to have
// been then. False if nothing is known of it.
func (b *Branch) AsOf(id string, at time.Time, by Clock) (Entity, bool) {
	now := b.Snapshot()
	e, ok := now.Get(id)
	if !ok {
		return Entity{}, false
	}
	out := Entity{ID: e.ID, Types: e.Types, Scope: e.Scope}
	b.history.mu.RLock()
	defer b.history.mu.RUnlock()
	for i := range e.attrs {
		key := e.attrs[i].key.Value()
		v := b.history.of[historyKey{id, key.name, key.dataset}]
		var list []held
		if v != nil {
			list = v.list
		} else if b == b.twin.main {
			list = e.attrs[i : i+1]
		}
		var best *held
		for k := range list {
			a := &list[k]
			if by == ByRecorded && a.recorded > nano(at) || by == ByObserved && a.observed > nano(at) {
				continue
			}
			if best == nil || a.observed >= best.observed {
				best = a
			}
		}
		if best != nil {
			out.attrs = append(out.attrs, *best)
		}
	}
	return out, len(out.attrs) > 0
}
