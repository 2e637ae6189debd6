package policy

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	"citybrain/twin"
)

// A View reads a branch at one position as one principal may for one purpose. What is hidden does not exist in it.
type View struct {
	p    *Policy
	who  Principal
	why  Purpose
	b    *twin.Branch
	snap twin.Snapshot
}

// View returns a branch ("" is main) as it is now. The purpose "" is operation; an analyst's is always analysis.
func (p *Policy) View(who Principal, why Purpose, branch string) (View, error) {
	if who.Role == "" {
		return View{}, &Denied{who, "may read"}
	}
	switch why {
	case "":
		why = Operation
	case Operation, Analysis:
	default:
		return View{}, fmt.Errorf("purpose %q: %w: there are %s and %s", why, ErrInvalid, Operation, Analysis)
	}
	if who.Role == Analyst {
		why = Analysis
	}
	b, err := p.branch(branch)
	if err != nil {
		return View{}, err
	}
	return View{p, who, why, b, b.Snapshot()}, nil
}

// Principal returns who reads.
func (v View) Principal() Principal { return v.who }

// Purpose returns what for.
func (v View) Purpose() Purpose { return v.why }

// Branch returns the name of the branch.
func (v View) Branch() string { return v.b.Name() }

// Position returns the position at which the branch is read.
func (v View) Position() twin.Position { return v.snap.Position() }

// An Entity is a twin's entity without what is hidden from its reader.
type Entity struct {
	ID     string
	Types  []string // sorted
	Scope  string
	e      *twin.Entity
	hidden []string
	b      *twin.Branch // not the View: an entity that is kept must not keep a whole snapshot
}

// see returns an entity as the reader sees it.
func (v *View) see(e *twin.Entity) (Entity, bool) {
	out := Entity{ID: e.ID, Types: e.Types, Scope: e.Scope, e: e, b: v.b}
	for _, t := range e.Types {
		if !seesType(v.who, t) {
			return Entity{}, false
		}
		if list := v.p.hiddenAttrs(v.who, v.why, t); list != nil {
			out.hidden = append(slices.Clip(out.hidden), list...)
		}
	}
	return out, v.who.Role != ""
}

// Type returns the entity's first type.
func (e *Entity) Type() string { return e.e.Type() }

// Attribute returns the default instance of an attribute.
func (e *Entity) Attribute(name string) (twin.Attribute, bool) { return e.Instance(name, "") }

// Instance returns the instance of an attribute with a datasetId.
func (e *Entity) Instance(name, dataset string) (twin.Attribute, bool) {
	if slices.Contains(e.hidden, name) {
		return twin.Attribute{}, false
	}
	return e.e.Instance(name, dataset)
}

// Attributes lists all instances of all attributes, by name and dataset.
func (e *Entity) Attributes() iter.Seq[twin.Attribute] {
	return func(yield func(twin.Attribute) bool) {
		for a := range e.e.Attributes() {
			if !slices.Contains(e.hidden, a.Name) && !yield(a) {
				return
			}
		}
	}
}

// Number returns a numeric attribute's value.
func (e *Entity) Number(name string) (float64, bool) {
	if slices.Contains(e.hidden, name) {
		return 0, false
	}
	return e.e.Number(name)
}

// Text returns a textual attribute's value, or a relationship's object.
func (e *Entity) Text(name string) (string, bool) {
	if slices.Contains(e.hidden, name) {
		return "", false
	}
	return e.e.Text(name)
}

// Location returns the point of the attribute "location" in degrees.
func (e *Entity) Location() (lon, lat float64, ok bool) {
	if slices.Contains(e.hidden, "location") {
		return 0, 0, false
	}
	return e.e.Location()
}

// Created returns when the twin first learnt of an attribute's instance, as far back as its history is kept.
func (e *Entity) Created(a *twin.Attribute) time.Time {
	if a.Dataset == "" && !slices.Contains(e.hidden, a.Name) {
		if list, err := e.b.History(e.ID, a.Name, time.Time{}, time.Time{}, twin.ByRecorded); err == nil && len(list) > 0 && list[0].RecordedAt().Before(a.RecordedAt()) {
			return list[0].RecordedAt()
		}
	}
	return a.RecordedAt()
}

// Get returns an entity by its id.
func (v View) Get(id string) (Entity, bool) {
	e, ok := v.snap.Get(id)
	if !ok {
		return Entity{}, false
	}
	return v.see(&e)
}

// A Query selects entities as twin.Query does, by what is not hidden.
type Query struct {
	Types  []string
	IDs    []string
	Where  func(*Entity) bool
	Near   *twin.Near
	Within [][2]float64
	Offset int
	Limit  int // 0: all
}

// Query yields the entities that q selects, in the order of their ids.
func (v View) Query(q Query) iter.Seq[Entity] {
	tq := twin.Query{Types: q.Types, IDs: q.IDs, Near: q.Near, Within: q.Within, Offset: q.Offset, Limit: q.Limit}
	located := q.Near != nil || len(q.Within) > 0
	tq.Where = func(e *twin.Entity) bool {
		s, ok := v.see(e)
		if !ok || located && slices.Contains(s.hidden, "location") {
			return false
		}
		return q.Where == nil || q.Where(&s)
	}
	return func(yield func(Entity) bool) {
		for e := range v.snap.Query(tq) {
			if s, ok := v.see(&e); ok && !yield(s) {
				return
			}
		}
	}
}

// Count returns how many entities q selects, its offset and limit apart.
func (v View) Count(q Query) int {
	q.Offset, q.Limit = 0, 0
	n := 0
	for range v.Query(q) {
		n++
	}
	return n
}

// Len returns the number of entities.
func (v View) Len() int {
	n := v.snap.Len()
	for e := range v.snap.Query(twin.Query{Types: []string{userType, shelfType}}) {
		if _, ok := v.see(&e); !ok {
			n--
		}
	}
	return n
}

// Types returns the entity types that there are, each with the number of its entities.
func (v View) Types() map[string]int {
	m := map[string]int{}
	for e := range v.Query(Query{}) {
		for _, t := range e.Types {
			m[t]++
		}
	}
	return m
}

// History returns the versions of an attribute, as twin.Branch.History does; none of one that is hidden. What is known of an
// entity that was deleted is shown by the type in its id, since nothing else tells of it.
func (v View) History(id, name string, from, to time.Time, by twin.Clock) ([]twin.Attribute, error) {
	e, ok := v.snap.Get(id)
	if !ok {
		rest, _ := strings.CutPrefix(id, idPrefix)
		typ, _, _ := strings.Cut(rest, ":")
		e = twin.Entity{ID: id, Types: []string{typ}}
	}
	if s, ok := v.see(&e); !ok || slices.Contains(s.hidden, name) {
		return nil, nil
	}
	return v.b.History(id, name, from, to, by)
}

// Field returns the values of a field's tile that hold at a time; fields tell of no person.
func (v View) Field(name, tile string, at time.Time) (values []float32, ok bool) {
	values, _, ok = v.snap.FieldAt(name, tile, at)
	return values, ok && v.who.Role != ""
}

// A Difference is an entity that two views don't have alike; nil where one has none.
type Difference struct{ A, B *Entity }

// Diff yields the entities that differ between two views of one principal. An entity that differs only in what is hidden is
// no difference.
func Diff(a, b View) iter.Seq[Difference] {
	return func(yield func(Difference) bool) {
		for d := range twin.Diff(a.snap, b.snap) {
			var x Difference
			if d.A != nil {
				if s, ok := a.see(d.A); ok {
					x.A = &s
				}
			}
			if d.B != nil {
				if s, ok := b.see(d.B); ok {
					x.B = &s
				}
			}
			if x.A == nil && x.B == nil || x.A != nil && x.B != nil && len(x.A.hidden)+len(x.B.hidden) > 0 && alike(x.A, x.B) {
				continue
			}
			if !yield(x) {
				return
			}
		}
	}
}

// alike reports whether two entities say the same in what can be seen.
func alike(a, b *Entity) bool {
	list := func(e *Entity) []string {
		var l []string
		for x := range e.Attributes() {
			l = append(l, fmt.Sprint(x.Name, x.Dataset, x.Kind, x.Unit, x.Any(), x.Sub, x.ObservedAt()))
		}
		return l
	}
	return a.Scope == b.Scope && slices.Equal(a.Types, b.Types) && slices.Equal(list(a), list(b))
}

// Watch returns the changes of main from now on, of entities that somebody outside the house may ever see; want, if not nil,
// selects among them and must be quick. A reader that is buffer batches behind gets a gap. The events tell whose entities
// changed: what of it a principal may see is for a View to say.
func (p *Policy) Watch(ctx context.Context, buffer int, want func(*twin.Change) bool) <-chan twin.Event {
	return p.twin.Main().Watch(ctx, buffer, func(c *twin.Change) bool {
		for _, t := range c.Types {
			if t == userType || t == shelfType {
				return false
			}
		}
		return !reservedHidden(c.ID) && (want == nil || want(c))
	})
}

func reservedHidden(id string) bool {
	return strings.HasPrefix(id, idPrefix+userType+":") || strings.HasPrefix(id, idPrefix+shelfType+":")
}
