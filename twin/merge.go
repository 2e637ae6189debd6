package twin

import (
	"fmt"
	"iter"
	"strings"
)

// A Conflict is an attribute that both branches changed since the fork, to different values.
type Conflict struct {
	ID, Attribute      string
	Base, Ours, Theirs any
}

// ConflictError refuses a merge; nothing was merged.
type ConflictError struct{ Conflicts []Conflict }

func (e *ConflictError) Error() string {
	var b strings.Builder
	fmt.Fprintf(&b, "merge refused: %d conflicts", len(e.Conflicts))
	for i, c := range e.Conflicts {
		if i == 5 {
			b.WriteString("; …")
			break
		}
		fmt.Fprintf(&b, "; %s %s was %v, is %v here and %v there", c.ID, c.Attribute, c.Base, c.Ours, c.Theirs)
	}
	return b.String()
}

// Merge brings the commands and deliberate edits of branch from into branch into, attributes that were removed among them: never
// what was observed or simulated. Types and a scope come along with an attribute of theirs, not alone. It is three-way from the fork point; where both sides changed an attribute to different values it is refused with both.
func Merge(from, into *Branch) (Position, error) {
	if from.base.b != into {
		return 0, fmt.Errorf("%w: %s was not forked from %s", ErrBranch, from.name, into.name)
	}
	theirs, ours, base := from.Snapshot(), into.Snapshot(), from.base
	deliberate := from.deliberate()
	var batch []Change
	var conflicts []Conflict
	value := func(e *Entity, a *Attribute) any {
		if e == nil {
			return nil
		}
		if x, ok := e.Instance(a.Name, a.Dataset); ok {
			return x.Any()
		}
		return nil
	}
	for d := range Diff(base, theirs) {
		if d.B == nil {
			if origin, ok := deliberate[historyKey{id: d.A.ID}]; ok {
				if o := ours.st.all.get(d.A.ID); o != nil && o.equal(d.A) {
					batch = append(batch, Change{Op: OpDelete, ID: d.A.ID, Origin: origin})
				} else if o != nil {
					conflicts = append(conflicts, Conflict{ID: d.A.ID, Base: "present", Ours: "changed", Theirs: "deleted"})
				}
			}
			continue
		}
		mine := ours.st.all.get(d.B.ID)
		c := Change{ID: d.B.ID, Types: d.B.Types, Scope: d.B.Scope}
		for i := range d.B.attrs {
			is := d.B.attrs[i].attribute()
			a := &is
			origin, ok := deliberate[historyKey{d.B.ID, a.Name, a.Dataset}]
			if !ok {
				continue
			}
			if was, ok := instance(d.A, a); ok && was.same(a) {
				continue
			}
			now, has := instance(mine, a)
			was, had := instance(d.A, a)
			if has && now.same(a) {
				continue // both sides did the same
			}
			if has != had || has && !now.same(&was) {
				conflicts = append(conflicts, Conflict{d.B.ID, a.Name, value(d.A, a), value(mine, a), a.Any()})
				continue
			}
			c.Origin = origin
			c.Attrs = append(c.Attrs, *a)
		}
		if len(c.Attrs) > 0 {
			batch = append(batch, c)
		}
		gone := Change{Op: OpRemove, ID: d.B.ID}
		for a := range d.A.all() {
			if _, there := instance(d.B, &a); there {
				continue
			}
			origin, ok := deliberate[historyKey{d.B.ID, a.Name, a.Dataset}]
			now, has := instance(mine, &a)
			switch {
			case !ok || !has:
			case !now.same(&a):
				conflicts = append(conflicts, Conflict{d.B.ID, a.Name, a.Any(), now.Any(), nil})
			default:
				gone.Origin = origin
				gone.Attrs = append(gone.Attrs, Attribute{Name: a.Name, Dataset: a.Dataset})
			}
		}
		if len(gone.Attrs) > 0 {
			batch = append(batch, gone)
		}
	}
	if len(conflicts) > 0 {
		return 0, &ConflictError{conflicts}
	}
	return into.Apply(batch...)
}

// all yields the attributes of an entity, of none if there is none.
func (e *Entity) all() iter.Seq[Attribute] {
	if e == nil {
		return func(func(Attribute) bool) {}
	}
	return e.Attributes()
}

func instance(e *Entity, a *Attribute) (Attribute, bool) {
	if e == nil {
		return Attribute{}, false
	}
	return e.Instance(a.Name, a.Dataset)
}
