package ngsild

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"citybrain/policy"
	"citybrain/twin"
)

// A fragment is what a body says of an entity.
type fragment struct {
	id    string
	types []string
	scope string
	set   []twin.Attribute
	gone  []twin.Attribute // whose value is the NGSI-LD null
}

// maxAttributes bounds the instances of attributes that one request brings.
const maxAttributes = 1000

func readFragment(m map[string]json.RawMessage, t terms) (*fragment, error) {
	f := &fragment{}
	for _, k := range slices.Sorted(maps.Keys(m)) {
		raw := m[k]
		switch k {
		case "id", "@id":
			if json.Unmarshal(raw, &f.id) != nil || !uri.MatchString(f.id) || len(f.id) > 1024 {
				return nil, badData("id %s is not a URI of up to 1024 bytes", raw)
			}
		case "type", "@type":
			list := []string{""}
			if json.Unmarshal(raw, &list[0]) != nil && json.Unmarshal(raw, &list) != nil || len(list) == 0 {
				return nil, badData("type is neither a string nor an array of strings")
			}
			for _, typ := range list {
				x, err := t.expand(typ)
				if err != nil {
					return nil, err
				}
				f.types = append(f.types, x)
			}
			slices.Sort(f.types)
			f.types = slices.Compact(f.types)
		case "scope":
			list := []string{""}
			if json.Unmarshal(raw, &list[0]) != nil && json.Unmarshal(raw, &list) != nil || len(list) != 1 || !strings.HasPrefix(list[0], "/") {
				return nil, badData("scope: give one, like /district/north")
			}
			f.scope = list[0]
		case "createdAt", "modifiedAt":
		default:
			set, gone, err := t.attributes(k, raw)
			if err != nil {
				return nil, err
			}
			f.set, f.gone = append(f.set, set...), append(f.gone, gone...)
		}
	}
	if len(f.set)+len(f.gone) > maxAttributes {
		return nil, badData("%d attributes; up to %d are taken at once", len(f.set)+len(f.gone), maxAttributes)
	}
	seen := map[[2]string]bool{}
	for _, a := range slices.Concat(f.set, f.gone) {
		k := [2]string{a.Name, a.Dataset}
		if seen[k] {
			return nil, badData("attribute %s is given twice, under two names for it", a.Name)
		}
		seen[k] = true
	}
	return f, nil
}

func (a *API) createEntity(q *request) error {
	if err := q.only(); err != nil {
		return err
	}
	m, t, err := q.body()
	if err != nil {
		return err
	}
	f, err := readFragment(m, t)
	switch {
	case err != nil:
		return err
	case f.id == "" || len(f.types) == 0:
		return badData("an entity needs id and type")
	case len(f.gone) > 0:
		return badData("attribute %s: %q takes away, and there is nothing yet", f.gone[0].Name, null)
	}
	_, err = a.policy.Write(q.who, q.branch, func(v policy.View) ([]twin.Change, error) {
		if _, ok := v.Get(f.id); ok {
			return nil, newProblem(http.StatusConflict, "AlreadyExists", "there is an entity %s; POST to its attrs", f.id)
		}
		return []twin.Change{{ID: f.id, Types: f.types, Scope: f.scope, Attrs: f.set}}, nil
	})
	if err != nil {
		return err
	}
	a.wrote(q, f.id)
	q.w.Header().Set("Location", "/ngsi-ld/v1/entities/"+url.PathEscape(f.id))
	q.w.WriteHeader(http.StatusCreated)
	return nil
}

// wrote notes who wrote: the twin's log has what and when.
func (a *API) wrote(q *request, id string) {
	a.cfg.Log.Info("ngsi-ld write", "by", q.who.Name, "role", q.who.Role, "method", q.Method, "entity", id, "branch", q.branch)
}

func (a *API) retrieveEntity(q *request) error {
	if err := q.only("attrs", "options", "format", "type"); err != nil {
		return err
	}
	t, err := linkContext(q.Header.Values("Link"))
	if err != nil {
		return err
	}
	r, err := q.representation(t)
	if err != nil {
		return err
	}
	v, err := a.view(q)
	if err != nil {
		return err
	}
	id := q.PathValue("id")
	e, ok := v.Get(id)
	if !ok {
		return notFound("there is no entity %s", id)
	}
	m, ok := r.entity(&e)
	if !ok {
		return notFound("entity %s has none of the attributes %s", id, strings.Join(r.attrs, ", "))
	}
	return q.answer(http.StatusOK, m)
}

func (a *API) deleteEntity(q *request) error {
	if err := q.only("type"); err != nil {
		return err
	}
	id := q.PathValue("id")
	_, err := a.policy.Write(q.who, q.branch, func(v policy.View) ([]twin.Change, error) {
		if _, ok := v.Get(id); !ok {
			return nil, notFound("there is no entity %s", id)
		}
		return []twin.Change{twin.Delete(id)}, nil
	})
	if err != nil {
		return err
	}
	a.wrote(q, id)
	return q.done()
}

// notDone says why an attribute was left as it is (clause 5.2.18).
type notDone struct {
	Attribute string `json:"attributeName"`
	Reason    string `json:"reason"`
}

// patch reads a fragment and applies what choose lets through.
func (a *API) patch(q *request, choose func(e *policy.Entity, f *fragment) ([]twin.Change, []notDone)) error {
	m, t, err := q.body()
	if err != nil {
		return err
	}
	f, err := readFragment(m, t)
	if err != nil {
		return err
	}
	id := q.PathValue("id")
	if f.id != "" && f.id != id {
		return badData("the body is about %s, the address about %s", f.id, id)
	}
	var left []notDone
	updated := []string{}
	_, err = a.policy.Write(q.who, q.branch, func(v policy.View) ([]twin.Change, error) {
		e, ok := v.Get(id)
		if !ok {
			return nil, notFound("there is no entity %s", id)
		}
		var changes []twin.Change
		changes, left = choose(&e, f)
		for i := range changes {
			changes[i].ID = id
			for _, x := range changes[i].Attrs {
				updated = append(updated, x.Name)
			}
		}
		return changes, nil
	})
	if err != nil {
		return err
	}
	a.wrote(q, id)
	if len(left) > 0 {
		return q.answer(http.StatusMultiStatus, map[string]any{"updated": updated, "notUpdated": left})
	}
	return q.done()
}

// appendAttributes adds attributes and replaces those that there are, unless noOverwrite is asked for.
func (a *API) appendAttributes(q *request) error {
	if err := q.only("options"); err != nil {
		return err
	}
	keep := q.query.Get("options") == "noOverwrite"
	if o := q.query.Get("options"); o != "" && !keep {
		return badRequest("options %q: there is noOverwrite", o)
	}
	return a.patch(q, func(e *policy.Entity, f *fragment) (changes []twin.Change, left []notDone) {
		c := twin.Change{Types: f.types, Scope: f.scope}
		for _, x := range f.set {
			if _, there := e.Instance(x.Name, x.Dataset); there && keep {
				left = append(left, notDone{x.Name, "it is there already, and noOverwrite was asked for"})
				continue
			}
			c.Attrs = append(c.Attrs, x)
		}
		for _, x := range f.gone {
			left = append(left, notDone{x.Name, null + " takes attributes away with PATCH, not with POST"})
		}
		return nonEmpty(c), left
	})
}

// updateAttributes replaces attributes that there are.
func (a *API) updateAttributes(q *request) error {
	if err := q.only(); err != nil {
		return err
	}
	return a.patch(q, func(e *policy.Entity, f *fragment) (changes []twin.Change, left []notDone) {
		c, r := twin.Change{Types: f.types, Scope: f.scope}, twin.Change{Op: twin.OpRemove}
		pick := func(list []twin.Attribute, into *twin.Change) {
			for _, x := range list {
				if _, there := e.Instance(x.Name, x.Dataset); there {
					into.Attrs = append(into.Attrs, x)
				} else {
					left = append(left, notDone{x.Name, "the entity does not have it"})
				}
			}
		}
		pick(f.set, &c)
		pick(f.gone, &r)
		if changes = nonEmpty(c); len(r.Attrs) > 0 {
			changes = append(changes, r)
		}
		return changes, left
	})
}

func nonEmpty(c twin.Change) []twin.Change {
	if len(c.Attrs) == 0 && len(c.Types) == 0 && c.Scope == "" {
		return nil
	}
	return []twin.Change{c}
}

// updateAttribute changes members of one instance of an attribute; the others stay.
func (a *API) updateAttribute(q *request) error {
	if err := q.only(); err != nil {
		return err
	}
	m, t, err := q.body()
	if err != nil {
		return err
	}
	name, err := t.expand(q.PathValue("attr"))
	if err != nil {
		return err
	}
	var dataset string
	if raw, ok := m["datasetId"]; ok && json.Unmarshal(raw, &dataset) != nil {
		return badData("datasetId is not a string")
	}
	id := q.PathValue("id")
	_, err = a.policy.Write(q.who, q.branch, func(v policy.View) ([]twin.Change, error) {
		e, ok := v.Get(id)
		if !ok {
			return nil, notFound("there is no entity %s", id)
		}
		was, ok := e.Instance(name, dataset)
		if !ok {
			return nil, notFound("entity %s has no attribute %s with datasetId %q", id, name, dataset)
		}
		old, err := json.Marshal((&representation{}).normalized(nil, &was))
		if err != nil {
			return nil, err
		}
		all, err := object(old, "attribute "+name)
		if err != nil {
			return nil, err
		}
		for k, raw := range m {
			if k == "type" && string(raw) != string(all["type"]) {
				return nil, badData("attribute %s is a %s and stays one, not %s", name, all["type"], raw)
			}
			if string(raw) == `"`+null+`"` && k != "value" && k != "object" {
				delete(all, k)
				continue
			}
			all[k] = raw
		}
		merged, err := json.Marshal(all)
		if err != nil {
			return nil, err
		}
		x, isNull, err := t.attribute(name, merged, 0)
		if err != nil {
			return nil, err
		}
		c := twin.Change{ID: id, Attrs: []twin.Attribute{x}}
		if isNull {
			c.Op = twin.OpRemove
		}
		return []twin.Change{c}, nil
	})
	if err != nil {
		return err
	}
	a.wrote(q, id)
	return q.done()
}

func (a *API) deleteAttribute(q *request) error {
	if err := q.only("datasetId", "deleteAll", "type"); err != nil {
		return err
	}
	t, err := linkContext(q.Header.Values("Link"))
	if err != nil {
		return err
	}
	name, err := t.expand(q.PathValue("attr"))
	if err != nil {
		return err
	}
	every, dataset := q.query.Get("deleteAll") == "true", q.query.Get("datasetId")
	id := q.PathValue("id")
	_, err = a.policy.Write(q.who, q.branch, func(v policy.View) ([]twin.Change, error) {
		e, ok := v.Get(id)
		if !ok {
			return nil, notFound("there is no entity %s", id)
		}
		c := twin.Change{Op: twin.OpRemove, ID: id}
		for x := range e.Attributes() {
			if x.Name == name && (every || x.Dataset == dataset) {
				c.Attrs = append(c.Attrs, x)
			}
		}
		if len(c.Attrs) == 0 {
			return nil, notFound("entity %s has no attribute %s with datasetId %q", id, name, dataset)
		}
		return []twin.Change{c}, nil
	})
	if err != nil {
		return err
	}
	a.wrote(q, id)
	return q.done()
}
