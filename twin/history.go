package twin

import (
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
}

type historyKey struct{ id, name, dataset string }

type versions struct {
	keep int
	list []Attribute
}

// orphan keeps what is known of attributes that an entity loses.
func (h *history) orphan(e *Entity, attrs []Attribute, whole bool) {
	for i := range attrs {
		if old, ok := e.Instance(attrs[i].Name, attrs[i].Dataset); ok && whole {
			h.versions(e.Type(), e.ID, &old, &old)
		}
	}
}

func newHistory(retain func(string) int) *history {
	return &history{retain: retain, of: map[historyKey]*versions{}, by: map[historyKey]Origin{}}
}

// versions returns the versions of an attribute of an entity; a list made now begins with first, if that is not nil.
func (h *history) versions(typ, id string, a, first *Attribute) *versions {
	k := historyKey{id, a.Name, a.Dataset}
	v := h.of[k]
	if v == nil {
		v = &versions{keep: max(1, h.retain(typ))}
		if first != nil {
			v.list = append(v.list, *first)
		}
		h.of[k] = v
	}
	return v
}

// add notes a version of an attribute of an entity, which was e before. On a branch whose whole history this is, the only
// version of an attribute is the one that its entity has: there is no list until a second comes.
// before are the attributes of the same change that came first: it may give an attribute twice.
func (h *history) add(e *Entity, typ string, a *Attribute, before []Attribute, whole bool) {
	var first *Attribute
	if whole {
		old, ok := e.Instance(a.Name, a.Dataset)
		for i := range before {
			if !ok && before[i].Name == a.Name && before[i].Dataset == a.Dataset {
				old, ok = before[i], true
			}
		}
		if !ok {
			if h.of[historyKey{e.ID, a.Name, a.Dataset}] == nil {
				return
			}
		} else {
			first = &old
		}
	}
	v := h.versions(typ, e.ID, a, first)
	if len(v.list) >= 2*v.keep {
		v.list = slices.Clone(v.list[len(v.list)-v.keep:])
	}
	v.list = append(v.list, *a)
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
		list = slices.Clone(v.list[max(0, len(v.list)-v.keep):])
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
		v := b.history.of[historyKey{id, e.attrs[i].Name, e.attrs[i].Dataset}]
		var list []Attribute
		if v != nil {
			list = v.list
		} else if b == b.twin.main {
			list = e.attrs[i : i+1]
		}
		var best *Attribute
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
