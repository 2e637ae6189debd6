package twin

import (
	"bytes"
	"encoding/json"
	"fmt"
	"iter"
	"math"
	"slices"
	"strings"
	"time"
	"unique"
)

// AttributeKind is what an attribute is in NGSI-LD.
type AttributeKind uint8

const (
	Property AttributeKind = iota
	GeoProperty
	Relationship
	LanguageProperty
	JSONProperty
	VocabProperty
	ListProperty
	ListRelationship
)

// valueKind is how a value is held.
type valueKind uint8

const (
	valueNumber valueKind = iota
	valueText
	valueBool
	valuePoint
	valueJSON // anything else, as its JSON text: geometries, arrays, language maps, null
)

// An Attribute is one instance of an attribute of an entity. Its zero Kind is a Property. Attributes are immutable.
type Attribute struct {
	Name    string
	Dataset string // datasetId, "" for the default instance
	Kind    AttributeKind
	kind    valueKind // beside Kind: it costs no room there
	Unit    string    // unitCode
	Sub     []Attribute

	num, lat float64 // a number; a point's longitude and latitude
	text     string  // text, or JSON
	observed int64   // Unix ns; 0: none
	recorded int64
}

func nano(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixNano()
}

func fromNano(n int64) time.Time {
	if n == 0 {
		return time.Time{}
	}
	return time.Unix(0, n).UTC()
}

// Number makes a property with a number; NaN and infinities have no place in JSON and are refused by Apply.
func Number(name string, v float64, unit string, observed time.Time) Attribute {
	return Attribute{Name: name, Unit: unit, num: v, observed: nano(observed)}
}

// Text makes a property with a string.
func Text(name, v string, observed time.Time) Attribute {
	return Attribute{Name: name, kind: valueText, text: v, observed: nano(observed)}
}

// Bool makes a property with a truth value.
func Bool(name string, v bool, observed time.Time) Attribute {
	a := Attribute{Name: name, kind: valueBool, observed: nano(observed)}
	if v {
		a.num = 1
	}
	return a
}

// Point makes a GeoProperty with a point in degrees.
func Point(name string, lon, lat float64) Attribute {
	return Attribute{Name: name, Kind: GeoProperty, kind: valuePoint, num: lon, lat: lat}
}

// Rel makes a relationship to the entity id.
func Rel(name, id string) Attribute {
	return Attribute{Name: name, Kind: Relationship, kind: valueText, text: id}
}

// JSON makes a JsonProperty of v, which json.Marshal must take; a value that it doesn't take is refused by Apply.
func JSON(name string, v any) Attribute {
	b, err := json.Marshal(v)
	if err != nil {
		b = nil
	}
	return Attribute{Name: name, Kind: JSONProperty, kind: valueJSON, text: string(b)}
}

// At returns the attribute as observed at t.
func (a Attribute) At(t time.Time) Attribute {
	a.observed = nano(t)
	return a
}

// ObservedAt returns when the value was so; zero if that is not known.
func (a *Attribute) ObservedAt() time.Time { return fromNano(a.observed) }

// RecordedAt returns when the twin learnt of it.
func (a *Attribute) RecordedAt() time.Time { return fromNano(a.recorded) }

// Any returns the value: float64, string, bool, a point as [2]float64 (lon, lat), or json.RawMessage.
func (a *Attribute) Any() any {
	switch a.kind {
	case valueText:
		return a.text
	case valueBool:
		return a.num == 1
	case valuePoint:
		return [2]float64{a.num, a.lat}
	case valueJSON:
		return json.RawMessage(a.text)
	}
	return a.num
}

// same reports whether two attributes say the same, times apart.
func (a *Attribute) same(b *Attribute) bool {
	if a.Kind != b.Kind || a.kind != b.kind || a.num != b.num || a.lat != b.lat || a.Name != b.Name || a.Dataset != b.Dataset || a.Unit != b.Unit || a.text != b.text || len(a.Sub) != len(b.Sub) {
		return false
	}
	for i := range a.Sub {
		if !a.Sub[i].same(&b.Sub[i]) {
			return false
		}
	}
	return true
}

func (a *Attribute) check() error {
	if a.Name == "" || strings.ContainsAny(a.Name, "<>\"'=;()") {
		return fmt.Errorf("attribute %q: not a name", a.Name)
	}
	if math.IsNaN(a.num) || math.IsInf(a.num, 0) || a.kind == valuePoint && !(math.Abs(a.num) <= 180 && math.Abs(a.lat) <= 90) {
		return fmt.Errorf("attribute %s: %g, %g is not a value", a.Name, a.num, a.lat)
	}
	if a.kind == valueJSON && !json.Valid([]byte(a.text)) {
		return fmt.Errorf("attribute %s: its value is not JSON", a.Name)
	}
	for i := range a.Sub {
		if err := a.Sub[i].check(); err != nil {
			return fmt.Errorf("attribute %s: %w", a.Name, err)
		}
	}
	return nil
}

// held is an attribute as entities and histories hold it: what many have alike in one place for all of them. It is half as
// large as an Attribute, and has few pointers: with millions of them, what the garbage collector must follow is what costs.
type held struct {
	key      unique.Handle[attrKey]
	num, lat float64
	text     string
	observed int64
	recorded int64
	sub      *[]Attribute // nil: none
}

type attrKey struct {
	name, dataset, unit string
	Kind                AttributeKind
	kind                valueKind
}

// hold returns the attribute as it is held; like, if not nil, is one that probably has the same key.
func (a *Attribute) hold(recorded int64, like *held) held {
	h := held{num: a.num, lat: a.lat, text: a.text, observed: a.observed, recorded: recorded}
	if len(a.Sub) > 0 {
		sub := a.Sub
		h.sub = &sub
	}
	k := attrKey{a.Name, a.Dataset, a.Unit, a.Kind, a.kind}
	if like != nil && like.key.Value() == k {
		h.key = like.key
	} else {
		h.key = unique.Make(k)
	}
	return h
}

func (h *held) attribute() Attribute {
	k := h.key.Value()
	a := Attribute{Name: k.name, Dataset: k.dataset, Kind: k.Kind, kind: k.kind, Unit: k.unit,
		num: h.num, lat: h.lat, text: h.text, observed: h.observed, recorded: h.recorded}
	if h.sub != nil {
		a.Sub = *h.sub
	}
	return a
}

// equal reports whether two attributes say the same of the same time.
func (h *held) equal(o *held) bool {
	if h.key != o.key || h.num != o.num || h.lat != o.lat || h.observed != o.observed || h.text != o.text {
		return false
	}
	if h.sub == nil || o.sub == nil {
		return h.sub == o.sub
	}
	return slices.EqualFunc(*h.sub, *o.sub, func(x, y Attribute) bool { return x.same(&y) })
}

// An Entity is one thing at one moment. Entities are immutable and may be kept.
type Entity struct {
	ID    string
	Types []string // sorted
	Scope string
	attrs []held // sorted by name, then dataset
}

// with returns e with room for n attributes, for which few make one piece of memory with it.
func (e *Entity) with(n int) *Entity {
	var out *Entity
	switch {
	case n <= 1:
		x := new(struct {
			Entity
			room [1]held
		})
		out, x.attrs = &x.Entity, x.room[:0]
	case n <= 2:
		x := new(struct {
			Entity
			room [2]held
		})
		out, x.attrs = &x.Entity, x.room[:0]
	case n <= 4:
		x := new(struct {
			Entity
			room [4]held
		})
		out, x.attrs = &x.Entity, x.room[:0]
	case n <= 6:
		x := new(struct {
			Entity
			room [6]held
		})
		out, x.attrs = &x.Entity, x.room[:0]
	default:
		out = &Entity{attrs: make([]held, 0, n)}
	}
	out.ID, out.Types, out.Scope = e.ID, e.Types, e.Scope
	out.attrs = append(out.attrs, e.attrs...)
	return out
}

// Type returns the entity's first type.
func (e *Entity) Type() string {
	if len(e.Types) == 0 {
		return ""
	}
	return e.Types[0]
}

// find returns where an attribute is or belongs.
func (e *Entity) find(name, dataset string) (int, bool) {
	lo, hi := 0, len(e.attrs)
	for lo < hi {
		mid := (lo + hi) / 2
		k := e.attrs[mid].key.Value()
		c := strings.Compare(k.name, name)
		if c == 0 {
			c = strings.Compare(k.dataset, dataset)
		}
		switch {
		case c == 0:
			return mid, true
		case c < 0:
			lo = mid + 1
		default:
			hi = mid
		}
	}
	return lo, false
}

// is returns the default instance of an attribute as it is held, and whether its value is of a kind.
func (e *Entity) is(name string, kind valueKind) (*held, bool) {
	i, ok := e.find(name, "")
	if !ok {
		return &held{}, false
	}
	return &e.attrs[i], e.attrs[i].key.Value().kind == kind
}

// Attribute returns the default instance of an attribute.
func (e *Entity) Attribute(name string) (Attribute, bool) { return e.Instance(name, "") }

// Instance returns the instance of an attribute with a datasetId.
func (e *Entity) Instance(name, dataset string) (Attribute, bool) {
	i, ok := e.find(name, dataset)
	if !ok {
		return Attribute{}, false
	}
	return e.attrs[i].attribute(), true
}

// Attributes lists all instances of all attributes, by name and dataset.
func (e *Entity) Attributes() iter.Seq[Attribute] {
	list := e.attrs
	return func(yield func(Attribute) bool) {
		for i := range list {
			if !yield(list[i].attribute()) {
				return
			}
		}
	}
}

// Number returns a numeric attribute's value.
func (e *Entity) Number(name string) (float64, bool) {
	a, ok := e.is(name, valueNumber)
	return a.num, ok
}

// Text returns a textual attribute's value, or a relationship's object.
func (e *Entity) Text(name string) (string, bool) {
	a, ok := e.is(name, valueText)
	return a.text, ok
}

// Bool returns a truth value.
func (e *Entity) Bool(name string) (v, ok bool) {
	a, ok := e.is(name, valueBool)
	return a.num == 1, ok
}

// ObservedAt returns when an attribute's value was so; zero if it has none or that is not known.
func (e *Entity) ObservedAt(name string) time.Time {
	a, _ := e.Attribute(name)
	return a.ObservedAt()
}

// Location returns the point of the attribute "location" in degrees.
func (e *Entity) Location() (lon, lat float64, ok bool) {
	a, ok := e.is("location", valuePoint)
	return a.num, a.lat, ok
}

func (e *Entity) equal(o *Entity) bool {
	if len(e.attrs) != len(o.attrs) || e.ID != o.ID || e.Scope != o.Scope || !slices.Equal(e.Types, o.Types) {
		return false
	}
	for i := range e.attrs {
		if !e.attrs[i].equal(&o.attrs[i]) {
			return false
		}
	}
	return true
}

// canonical writes what two equal entities have in common whatever the clock on the wall said: recordedAt is left out.
func (e *Entity) canonical(w *bytes.Buffer) {
	fmt.Fprintf(w, "%q %q %q\n", e.ID, e.Types, e.Scope)
	for i := range e.attrs {
		a := e.attrs[i].attribute()
		a.canonical(w)
	}
}

func (a *Attribute) canonical(w *bytes.Buffer) {
	fmt.Fprintf(w, " %q %q %d %q %d %x %x %q %d\n", a.Name, a.Dataset, a.Kind, a.Unit, a.kind, math.Float64bits(a.num), math.Float64bits(a.lat), a.text, a.observed)
	for i := range a.Sub {
		w.WriteByte(' ')
		a.Sub[i].canonical(w)
	}
}
