package twin

import (
	"cmp"
	"maps"
	"math"
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
	forget int64 // ns for which what is known of an entity that is gone is kept; 0: for good
	mu     sync.RWMutex
	of     map[historyKey]*versions
	// by says which origin last touched an attribute (name "": the whole entity) with intent; kept for Merge on forks.
	by   map[historyKey]Origin
	gone []gone               // by time
	lost map[historyKey]int64 // of what is gone: when last
}

type historyKey struct{ id, name, dataset string }

// gone is an attribute that its entity lost, and when.
type gone struct {
	key historyKey
	at  int64
}

func newHistory(o *Options) *history {
	return &history{retain: o.Retain, forget: int64(o.Forget), of: map[historyKey]*versions{}, by: map[historyKey]Origin{}, lost: map[historyKey]int64{}}
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
		v = &versions{keep: int32(min(max(1, h.retain(e.Type())), math.MaxInt32/2))}
		if was != nil {
			v.add(was)
		}
		h.of[k] = v
	}
	if a != nil {
		v.add(a)
	}
}

// lose notes that an entity lost an attribute at a time. Its versions go when Options.Forget has passed, unless the entity has
// been given it again.
func (h *history) lose(e *Entity, a *held, at int64) {
	h.add(e, a, nil)
	if h.forget > 0 {
		key := a.key.Value()
		h.note(historyKey{e.ID, key.name, key.dataset}, at)
	}
}

// note keeps in mind that an attribute was lost at a time.
func (h *history) note(k historyKey, at int64) {
	h.gone = append(h.gone, gone{k, at})
	h.lost[k] = at
}

// clear lets go of what was lost so long ago that it is to be forgotten, unless it is there again.
func (h *history) clear(now int64, there func(historyKey) bool) {
	if h.forget == 0 {
		return
	}
	n := 0
	for ; n < len(h.gone) && h.gone[n].at+h.forget <= now; n++ {
		k := h.gone[n].key
		if h.lost[k] != h.gone[n].at {
			continue // it came back and went again
		}
		delete(h.lost, k)
		if !there(k) {
			delete(h.of, k)
		}
	}
	if h.gone = h.gone[n:]; len(h.gone) == 0 {
		h.gone = nil // with the memory behind it
	}
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
		skip := int(v.n - v.keep)
		for x := range v.all() {
			if skip--; skip < 0 {
				list = append(list, x.attribute())
			}
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
		var best *held
		consider := func(a *held) {
			if by == ByRecorded && a.recorded > nano(at) || by == ByObserved && a.observed > nano(at) {
				return
			}
			if best == nil || a.observed >= best.observed {
				x := *a
				best = &x
			}
		}
		if v != nil {
			for x := range v.all() {
				consider(&x)
			}
		} else if b == b.twin.main {
			consider(&e.attrs[i])
		}
		if best != nil {
			out.attrs = append(out.attrs, *best)
		}
	}
	return out, len(out.attrs) > 0
}
