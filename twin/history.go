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
	keep  int
	alone bool // the entity has lost the attribute since: only this remembers it
	list  []Attribute
}

// orphan notes that an entity loses attributes.
func (h *history) orphan(e *Entity, attrs []Attribute) {
	for i := range attrs {
		if v := h.of[historyKey{e.ID, attrs[i].Name, attrs[i].Dataset}]; v != nil {
			v.alone = true
		}
	}
}

func newHistory(retain func(string) int) *history {
	return &history{retain: retain, of: map[historyKey]*versions{}, by: map[historyKey]Origin{}}
}

func (h *history) add(typ, id string, a *Attribute) {
	k := historyKey{id, a.Name, a.Dataset}
	v := h.of[k]
	if v == nil {
		v = &versions{keep: max(1, h.retain(typ))}
		h.of[k] = v
	}
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
		if v == nil {
			continue
		}
		var best *Attribute
		for k := range v.list {
			a := &v.list[k]
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
