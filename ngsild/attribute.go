package ngsild

import (
	"bytes"
	"encoding/json"
	"math"
	"slices"
	"sort"
	"time"

	"citybrain/policy"
	"citybrain/twin"
)

// null stands for "take it away" where a JSON null can't (clause 4.5.0).
const null = "urn:ngsi-ld:null"

// maxDepth bounds attributes of attributes; the twin's log reads 8.
const maxDepth = 4

// kinds are the attribute types with the member that holds the value.
var kinds = []struct {
	name, member string
	kind         twin.AttributeKind
}{
	{"Property", "value", twin.Property},
	{"GeoProperty", "value", twin.GeoProperty},
	{"Relationship", "object", twin.Relationship},
	{"LanguageProperty", "languageMap", twin.LanguageProperty},
	{"JsonProperty", "json", twin.JSONProperty},
	{"VocabProperty", "vocab", twin.VocabProperty},
	{"ListProperty", "valueList", twin.ListProperty},
	{"ListRelationship", "objectList", twin.ListRelationship},
}

func kindOf(k twin.AttributeKind) (name, member string) {
	for i := range kinds {
		if kinds[i].kind == k {
			return kinds[i].name, kinds[i].member
		}
	}
	return "Property", "value"
}

// object reads a JSON object.
func object(raw []byte, what string) (map[string]json.RawMessage, error) {
	var m map[string]json.RawMessage
	if err := json.Unmarshal(raw, &m); err != nil {
		if _, syntax := err.(*json.SyntaxError); syntax {
			return nil, badRequest("%s: %v", what, err)
		}
		return nil, badData("%s is not a JSON object", what)
	}
	if m == nil {
		return nil, badData("%s is null; give a JSON object", what)
	}
	return m, nil
}

// attributes reads one attribute of an entity: one instance, or an array of instances with different datasetIds. gone lists
// those instances whose value is the NGSI-LD null.
func (t terms) attributes(name string, raw json.RawMessage) (list, gone []twin.Attribute, err error) {
	expanded, err := t.expand(name)
	if err != nil {
		return nil, nil, err
	}
	instances := []json.RawMessage{raw}
	if raw[0] == '[' {
		if err := json.Unmarshal(raw, &instances); err != nil || len(instances) == 0 {
			return nil, nil, badData("attribute %s: an array that holds no instance", name)
		}
	}
	for _, r := range instances {
		a, isNull, err := t.attribute(expanded, r, 0)
		if err != nil {
			return nil, nil, err
		}
		if slices.ContainsFunc(slices.Concat(list, gone), func(x twin.Attribute) bool { return x.Dataset == a.Dataset }) {
			return nil, nil, badData("attribute %s: two instances with datasetId %q", name, a.Dataset)
		}
		if isNull {
			gone = append(gone, a)
		} else {
			list = append(list, a)
		}
	}
	return list, gone, nil
}

// attribute reads one instance, in the normalized or the concise form. isNull tells that its value is the NGSI-LD null.
func (t terms) attribute(name string, raw json.RawMessage, depth int) (a twin.Attribute, isNull bool, err error) {
	bad := func(format string, args ...any) (twin.Attribute, bool, error) {
		return twin.Attribute{}, false, badData("attribute "+name+": "+format, args...)
	}
	if depth > maxDepth {
		return bad("attributes of attributes lie more than %d deep", maxDepth)
	}
	if raw[0] != '{' { // concise: the bare value of a Property
		raw = slices.Concat([]byte(`{"value":`), raw, []byte("}"))
	}
	m, err := object(raw, "attribute "+name)
	if err != nil {
		return twin.Attribute{}, false, err
	}
	var typ string
	if r, ok := m["type"]; ok {
		if json.Unmarshal(r, &typ) != nil {
			return bad("its type is not a string")
		}
		if shape := geometryNames[typ]; shape && m["coordinates"] != nil { // concise: a geometry in the place of a GeoProperty
			m, typ = map[string]json.RawMessage{"value": raw}, "GeoProperty"
		}
	}
	kind := -1
	for i := range kinds {
		_, has := m[kinds[i].member]
		switch {
		case typ == kinds[i].name:
			kind = i
			if !has {
				return bad("a %s without %s", typ, kinds[i].member)
			}
		case typ == "" && has && kind < 0:
			kind = i
		}
	}
	switch {
	case kind < 0 && typ != "":
		return bad("type %q is no attribute type of NGSI-LD", typ)
	case kind < 0:
		return bad("it has neither type nor value, object, languageMap, json, vocab, valueList or objectList")
	case typ == "" && kinds[kind].name == "Property" && isGeometry(m["value"]):
		kind++ // concise GeoProperty
	}
	k := kinds[kind]
	value := bytes.TrimSpace(m[k.member])
	var text string
	isText := json.Unmarshal(value, &text) == nil && len(value) > 0 && value[0] == '"'
	isNull = isText && text == null
	switch {
	case bytes.Equal(value, []byte("null")) && k.kind != twin.JSONProperty:
		return bad("null is no value; %q takes an attribute away", null)
	case isNull:
	case k.kind == twin.GeoProperty:
		s, err := readShape(value)
		if err != nil {
			return bad("%v", err)
		}
		a = raw2json(value)
		if lon, lat, ok := s.single(); ok {
			a = twin.Point(name, lon, lat)
		}
	case k.kind == twin.Relationship || k.kind == twin.VocabProperty:
		if !isText && !areTexts(value) {
			return bad("its %s is neither a string nor an array of strings", k.member)
		}
		if a = twin.Text(name, text, time.Time{}); !isText {
			a = raw2json(value)
		}
		if k.kind == twin.Relationship && isText && !uri.MatchString(text) {
			return bad("its object %q is not a URI", text)
		}
	case k.kind == twin.LanguageProperty:
		var langs map[string]any
		if json.Unmarshal(value, &langs) != nil {
			return bad("its languageMap is not an object")
		}
		a = raw2json(value)
	case k.kind == twin.ListProperty || k.kind == twin.ListRelationship:
		if value[0] != '[' {
			return bad("its %s is not an array", k.member)
		}
		a = raw2json(value)
	case k.kind == twin.JSONProperty:
		a = raw2json(value)
	default:
		var v any
		if err := json.Unmarshal(value, &v); err != nil {
			return bad("%v", err)
		}
		switch v := v.(type) {
		case float64:
			a = twin.Number(name, v, "", time.Time{})
		case string:
			a = twin.Text(name, v, time.Time{})
		case bool:
			a = twin.Bool(name, v, time.Time{})
		default:
			a = raw2json(value)
		}
	}
	a.Name, a.Kind = name, k.kind
	for member, r := range m {
		switch member {
		case "type", k.member, "createdAt", "modifiedAt": // the last two are ours to say
		case "observedAt":
			at, err := readTime(r)
			if err != nil {
				return bad("observedAt %v", err)
			}
			a = a.At(at)
		case "unitCode", "datasetId":
			var s string
			if json.Unmarshal(r, &s) != nil || s == "" {
				return bad("its %s is not a string", member)
			}
			if member == "unitCode" {
				a.Unit = s
			} else if a.Dataset = s; !uri.MatchString(s) || depth > 0 {
				return bad("datasetId %q: give a URI, and on attributes of entities only", s)
			}
		case "value", "object", "languageMap", "json", "vocab", "valueList", "objectList", "objectType", "previousValue", "entity", "entityList":
			return bad("a %s has no %s here", k.name, member)
		default:
			sub, err := t.expand(member)
			if err != nil {
				return twin.Attribute{}, false, err
			}
			if len(r) > 0 && r[0] == '[' {
				return bad("%s: attributes of attributes have one instance", member)
			}
			s, subNull, err := t.attribute(sub, r, depth+1)
			if err != nil {
				return twin.Attribute{}, false, err
			}
			if !subNull {
				a.Sub = append(a.Sub, s)
			}
		}
	}
	sort.Slice(a.Sub, func(i, j int) bool { return a.Sub[i].Name < a.Sub[j].Name })
	return a, isNull, nil
}

func raw2json(value []byte) twin.Attribute { return twin.JSON("", json.RawMessage(value)) }

func areTexts(raw []byte) bool {
	var list []string
	return json.Unmarshal(raw, &list) == nil && len(list) > 0
}

// readTime reads a DateTime (clause 4.6.3): RFC 3339 in UTC, within what the twin's clock holds.
func readTime(raw json.RawMessage) (time.Time, error) {
	var s string
	if json.Unmarshal(raw, &s) != nil {
		return time.Time{}, badData("is not a string")
	}
	t, err := time.Parse(time.RFC3339Nano, s)
	if err != nil || t.Year() < 1700 || t.Year() > 2250 {
		return time.Time{}, badData("%q is not a time like 2026-07-14T10:05:00Z between 1700 and 2250", s)
	}
	return t.UTC(), nil
}

const timeFormat = "2006-01-02T15:04:05.999999Z07:00"

// representation is how entities are answered.
type representation struct {
	keyValues, sysAttrs bool
	attrs               []string // nil: all
}

func value(a *twin.Attribute) any {
	if p, ok := a.Any().([2]float64); ok {
		return map[string]any{"type": "Point", "coordinates": p}
	}
	return a.Any()
}

// simplified is an attribute's value alone, as keyValues have it.
func simplified(a *twin.Attribute) any {
	if _, member := kindOf(a.Kind); a.Kind == twin.LanguageProperty || a.Kind == twin.JSONProperty || a.Kind == twin.VocabProperty {
		return map[string]any{member: value(a)}
	}
	return value(a)
}

func (r *representation) normalized(e *policy.Entity, a *twin.Attribute) map[string]any {
	name, member := kindOf(a.Kind)
	m := map[string]any{"type": name, member: value(a)}
	if a.Unit != "" {
		m["unitCode"] = a.Unit
	}
	if a.Dataset != "" {
		m["datasetId"] = a.Dataset
	}
	if t := a.ObservedAt(); !t.IsZero() {
		m["observedAt"] = t.Format(timeFormat)
	}
	if r.sysAttrs && e != nil {
		m["createdAt"], m["modifiedAt"] = e.Created(a).Format(timeFormat), a.RecordedAt().Format(timeFormat)
	}
	for i := range a.Sub {
		m[a.Sub[i].Name] = r.normalized(nil, &a.Sub[i])
	}
	return m
}

// entity returns an entity as JSON has it. ok is false if attributes were asked for and it has none of them.
func (r *representation) entity(e *policy.Entity) (m map[string]any, ok bool) {
	m = map[string]any{"id": e.ID, "type": e.Types}
	if len(e.Types) == 1 {
		m["type"] = e.Types[0]
	}
	if e.Scope != "" {
		m["scope"] = e.Scope
	}
	created, modified := time.Unix(0, math.MaxInt64), time.Time{}
	for a := range e.Attributes() {
		if r.sysAttrs {
			if c := e.Created(&a); c.Before(created) {
				created = c
			}
			if a.RecordedAt().After(modified) {
				modified = a.RecordedAt()
			}
		}
		if r.attrs != nil && !slices.Contains(r.attrs, a.Name) {
			continue
		}
		ok = true
		if r.keyValues {
			r.addSimplified(m, &a)
			continue
		}
		n := r.normalized(e, &a)
		switch was := m[a.Name].(type) {
		case nil:
			m[a.Name] = n
		case []any:
			m[a.Name] = append(was, n)
		default:
			m[a.Name] = []any{was, n}
		}
	}
	if r.sysAttrs && !modified.IsZero() {
		m["createdAt"], m["modifiedAt"] = created.UTC().Format(timeFormat), modified.Format(timeFormat)
	}
	return m, ok || r.attrs == nil
}

// addSimplified adds a value; several instances go into a member dataset, the default one as @none (clause 4.5.4).
func (r *representation) addSimplified(m map[string]any, a *twin.Attribute) {
	if was, there := m[a.Name]; there {
		if w, isMap := was.(datasets); isMap {
			w["dataset"][a.Dataset] = simplified(a)
		} else {
			m[a.Name] = datasets{"dataset": {"@none": was, a.Dataset: simplified(a)}}
		}
	} else if a.Dataset != "" {
		m[a.Name] = datasets{"dataset": {a.Dataset: simplified(a)}}
	} else {
		m[a.Name] = simplified(a)
	}
}

type datasets map[string]map[string]any
