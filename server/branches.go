package server

import (
	"fmt"
	"net/http"
	"reflect"

	"citybrain/policy"
	"citybrain/twin"
)

// A Branch is what GET /api/branches says of one.
type Branch struct {
	Name     string        `json:"name"`
	Kind     string        `json:"kind"`
	From     twin.Position `json:"from"`
	Made     int64         `json:"made"`
	Position twin.Position `json:"position"`
	Entities int           `json:"entities"`
	By       string        `json:"by,omitempty"` // the person who forked it; none: the house
	Recipe   twin.Recipe   `json:"recipe"`
}

func (d desk) branches(w http.ResponseWriter, r *http.Request) {
	list := []Branch{}
	for _, b := range d.twin.Branches() {
		v, err := d.view(r, b.Name())
		if err != nil {
			if _, ok := d.twin.Branch(b.Name()); !ok {
				continue // it was dropped meanwhile
			}
			fail(w, err)
			return
		}
		list = append(list, Branch{b.Name(), b.Kind().String(), b.From(), b.Made().Unix(), v.Position(), v.Len(), policy.ForkedBy(b), b.Recipe()})
	}
	answer(w, list)
}

// A Fork is what POST /api/branches takes: a new branch's name, where it comes from (none: main), and its kind (none: edited).
type Fork struct {
	Name string `json:"name"`
	From string `json:"from"`
	Kind string `json:"kind"`
}

func (d desk) fork(w http.ResponseWriter, r *http.Request) {
	var q Fork
	if !read(w, r, &q) {
		return
	}
	kind, ok := map[string]twin.Kind{"": twin.Edited, "edited": twin.Edited, "derived": twin.Derived}[q.Kind]
	if !ok {
		http.Error(w, fmt.Sprintf("branch %q: kind %q; there are edited and derived", q.Name, q.Kind), http.StatusBadRequest)
		return
	}
	who := policy.From(r.Context())
	b, err := d.policy.Fork(who, q.Name, q.From, kind)
	if err != nil {
		fail(w, err)
		return
	}
	d.log.Info("branch forked", "branch", q.Name, "from", q.From, "by", who.Name)
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(http.StatusCreated)
	w.Write(marshal(map[string]any{"name": b.Name(), "from": b.From()}))
}

func (d desk) drop(w http.ResponseWriter, r *http.Request) {
	who, name := policy.From(r.Context()), r.URL.Query().Get("name")
	err := d.policy.Drop(who, name)
	if b, ok := d.twin.Branch(name); err != nil && d.alone && ok && b.Kind() == twin.Derived {
		err = d.twin.Drop(name) // the brain, whose it is, does not run
	}
	if err != nil {
		fail(w, err)
		return
	}
	d.log.Info("branch dropped", "branch", name, "by", who.Name)
	w.WriteHeader(http.StatusNoContent)
}

// A Difference is one entity that two branches don't have alike: only in A, only in B, or with attributes that differ.
type Difference struct {
	ID         string                `json:"id"`
	Only       string                `json:"only,omitempty"` // "a" or "b"
	Attributes []AttributeDifference `json:"attributes,omitempty"`
}

// An AttributeDifference is an attribute's value on two branches; null where there is none.
type AttributeDifference struct {
	Name    string `json:"name"`
	Dataset string `json:"dataset,omitempty"`
	A       any    `json:"a"`
	B       any    `json:"b"`
}

func (d desk) diff(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	if q.Get("a") == "" || q.Get("b") == "" {
		http.Error(w, "diff: give two branches, a and b", http.StatusBadRequest)
		return
	}
	a, err := d.view(r, q.Get("a"))
	if err != nil {
		fail(w, err)
		return
	}
	b, err := d.view(r, q.Get("b"))
	if err != nil {
		fail(w, err)
		return
	}
	list := []Difference{}
	for x := range policy.Diff(a, b) {
		switch {
		case x.A == nil:
			list = append(list, Difference{ID: x.B.ID, Only: "b"})
		case x.B == nil:
			list = append(list, Difference{ID: x.A.ID, Only: "a"})
		default:
			// What only one of its times differs in is no difference to people.
			if attrs := differing(x.A, x.B); len(attrs) > 0 {
				list = append(list, Difference{ID: x.A.ID, Attributes: attrs})
			}
		}
	}
	answer(w, list)
}

func differing(a, b *policy.Entity) []AttributeDifference {
	var list []AttributeDifference
	for x := range a.Attributes() {
		y, ok := b.Instance(x.Name, x.Dataset)
		switch {
		case !ok:
			list = append(list, AttributeDifference{x.Name, x.Dataset, x.Any(), nil})
		case !reflect.DeepEqual(x.Any(), y.Any()):
			list = append(list, AttributeDifference{x.Name, x.Dataset, x.Any(), y.Any()})
		}
	}
	for y := range b.Attributes() {
		if _, ok := a.Instance(y.Name, y.Dataset); !ok {
			list = append(list, AttributeDifference{y.Name, y.Dataset, nil, y.Any()})
		}
	}
	return list
}

// A Merge is what POST /api/merge takes, and with a position what it answers. Into none is main.
type Merge struct {
	From     string        `json:"from"`
	Into     string        `json:"into"`
	Position twin.Position `json:"position,omitempty"`
}

func (d desk) merge(w http.ResponseWriter, r *http.Request) {
	var q Merge
	if !read(w, r, &q) {
		return
	}
	if q.From == "" {
		http.Error(w, "merge: from is the branch to merge", http.StatusBadRequest)
		return
	}
	if q.Into == "" {
		q.Into = d.twin.Main().Name()
	}
	who := policy.From(r.Context())
	var err error
	if q.Position, err = d.policy.Merge(who, q.From, q.Into); err != nil {
		fail(w, err)
		return
	}
	d.log.Info("branch merged", "branch", q.From, "into", q.Into, "position", q.Position, "by", who.Name)
	answer(w, q)
}
