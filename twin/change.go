package twin

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
)

// Origin says where a change comes from. Merge carries commands and edits only.
type Origin uint8

const (
	Observed  Origin = iota // a department reported it
	Simulated               // an engine computed it
	Edit                    // somebody decided it
	Command                 // an order and what became of it
)

// Op is what a change does.
type Op uint8

const (
	OpSet    Op = iota // attributes added or replaced; the entity is made if need be
	OpDelete           // the entity goes
	OpRemove           // the named attributes go
)

// A Change is one entity's part of a batch.
type Change struct {
	Op     Op
	Origin Origin
	ID     string
	Types  []string // sorted; added to what the entity has
	Scope  string   // "": unchanged
	Attrs  []Attribute
	// Expect, if not nil, holds the attributes that must be so for the batch to be taken (by name and value).
	Expect []Attribute
}

// Set makes a change that sets attributes of an entity of a type.
func Set(id, typ string, attrs ...Attribute) Change {
	return Change{ID: id, Types: []string{typ}, Attrs: attrs}
}

// Delete makes a change that removes an entity.
func Delete(id string) Change { return Change{Op: OpDelete, ID: id} }

// Check says what Apply would refuse the change for; one refused change would take its whole batch with it.
func (c *Change) Check() error {
	if c.ID == "" || strings.ContainsAny(c.ID, " <>\"") {
		return fmt.Errorf("entity id %q: not a URI", c.ID)
	}
	for i := range c.Attrs {
		if err := c.Attrs[i].check(); err != nil {
			return fmt.Errorf("entity %s: %w", c.ID, err)
		}
	}
	return nil
}

// A record in the log is one byte for its kind and a body.
const (
	recordBatch  = 1 // branch, recordedAt, changes
	recordField  = 2 // branch, name, tile, time, values
	recordBranch = 3 // a branch's birth: its name, kind, parent position, recipe
	recordDrop   = 4 // a branch's end
)

var errShort = errors.New("record ends early")

type encoder struct{ b []byte }

func (e *encoder) u(v uint64)  { e.b = binary.AppendUvarint(e.b, v) }
func (e *encoder) i(v int64)   { e.b = binary.AppendVarint(e.b, v) }
func (e *encoder) f(v float64) { e.b = binary.LittleEndian.AppendUint64(e.b, math.Float64bits(v)) }
func (e *encoder) s(v string)  { e.u(uint64(len(v))); e.b = append(e.b, v...) }
func (e *encoder) byte(v byte) { e.b = append(e.b, v) }

func (e *encoder) attr(a *Attribute) {
	e.s(a.Name)
	flags := byte(0)
	if a.Dataset != "" {
		flags |= 1
	}
	if a.Unit != "" {
		flags |= 2
	}
	if len(a.Sub) > 0 {
		flags |= 4
	}
	e.byte(flags<<5 | byte(a.kind))
	e.byte(byte(a.Kind))
	if flags&1 != 0 {
		e.s(a.Dataset)
	}
	if flags&2 != 0 {
		e.s(a.Unit)
	}
	switch a.kind {
	case valueNumber:
		e.f(a.num)
	case valueBool:
		e.byte(byte(a.num))
	case valuePoint:
		e.f(a.num)
		e.f(a.lat)
	default:
		e.s(a.text)
	}
	e.i(a.observed)
	if flags&4 != 0 {
		e.u(uint64(len(a.Sub)))
		for i := range a.Sub {
			e.attr(&a.Sub[i])
		}
	}
}

func encodeBatch(branch string, recorded int64, changes []Change) []byte {
	e := encoder{make([]byte, 0, 64+96*len(changes))}
	e.byte(recordBatch)
	e.s(branch)
	e.i(recorded)
	e.u(uint64(len(changes)))
	for i := range changes {
		c := &changes[i]
		e.byte(byte(c.Op)<<4 | byte(c.Origin))
		e.s(c.ID)
		e.u(uint64(len(c.Types)))
		for _, t := range c.Types {
			e.s(t)
		}
		e.s(c.Scope)
		e.u(uint64(len(c.Attrs)))
		for k := range c.Attrs {
			e.attr(&c.Attrs[k])
		}
	}
	return e.b
}

type decoder struct {
	b      []byte
	err    error
	intern map[string]string // names and types come again and again
}

func (d *decoder) fail() {
	if d.err == nil {
		d.err = errShort
	}
}

func (d *decoder) u() uint64 {
	v, n := binary.Uvarint(d.b)
	if n <= 0 {
		d.fail()
		return 0
	}
	d.b = d.b[n:]
	return v
}

func (d *decoder) i() int64 {
	v, n := binary.Varint(d.b)
	if n <= 0 {
		d.fail()
		return 0
	}
	d.b = d.b[n:]
	return v
}

func (d *decoder) f() float64 {
	if len(d.b) < 8 {
		d.fail()
		return 0
	}
	v := math.Float64frombits(binary.LittleEndian.Uint64(d.b))
	d.b = d.b[8:]
	return v
}

func (d *decoder) byte() byte {
	if len(d.b) == 0 {
		d.fail()
		return 0
	}
	v := d.b[0]
	d.b = d.b[1:]
	return v
}

func (d *decoder) raw() []byte {
	n := d.u()
	if n > uint64(len(d.b)) {
		d.fail()
		return nil
	}
	v := d.b[:n]
	d.b = d.b[n:]
	return v
}

func (d *decoder) s() string { return string(d.raw()) }

func (d *decoder) name() string {
	b := d.raw()
	if s, ok := d.intern[string(b)]; ok {
		return s
	}
	s := string(b)
	if d.intern != nil {
		d.intern[s] = s
	}
	return s
}

// count reads a number of things of at least size bytes each.
func (d *decoder) count(size int) int {
	n := d.u()
	if n > uint64(len(d.b)/size) {
		d.fail()
		return 0
	}
	return int(n)
}

func (d *decoder) attr(recorded int64, depth int) Attribute {
	a := Attribute{Name: d.name(), recorded: recorded}
	head := d.byte()
	flags := head >> 5
	a.kind, a.Kind = valueKind(head&31), AttributeKind(d.byte())
	if a.kind > valueJSON || a.Kind > ListRelationship || depth > 8 {
		d.fail()
		return a
	}
	if flags&1 != 0 {
		a.Dataset = d.name()
	}
	if flags&2 != 0 {
		a.Unit = d.name()
	}
	switch a.kind {
	case valueNumber:
		a.num = d.f()
	case valueBool:
		a.num = float64(d.byte())
	case valuePoint:
		a.num, a.lat = d.f(), d.f()
	default:
		a.text = d.s()
	}
	a.observed = d.i()
	if flags&4 != 0 {
		for range d.count(4) {
			a.Sub = append(a.Sub, d.attr(recorded, depth+1))
		}
	}
	return a
}

// decodeBatch reads the body of a recordBatch behind its first byte.
func decodeBatch(d *decoder) (branch string, recorded int64, changes []Change, err error) {
	branch, recorded = d.name(), d.i()
	n := d.count(5)
	changes = make([]Change, 0, n)
	for range n {
		head := d.byte()
		c := Change{Op: Op(head >> 4), Origin: Origin(head & 15), ID: d.s()}
		if c.Op > OpRemove || c.Origin > Command {
			d.fail()
		}
		for range d.count(1) {
			c.Types = append(c.Types, d.name())
		}
		c.Scope = d.name()
		k := d.count(4)
		c.Attrs = make([]Attribute, 0, k)
		for range k {
			c.Attrs = append(c.Attrs, d.attr(recorded, 0))
		}
		if d.err != nil {
			return "", 0, nil, d.err
		}
		changes = append(changes, c)
	}
	if len(d.b) > 0 {
		return "", 0, nil, fmt.Errorf("%d bytes behind the batch", len(d.b))
	}
	return branch, recorded, changes, d.err
}

// sorted returns changes with types sorted; the caller's slices are not written to.
func sorted(changes []Change) []Change {
	own := false
	for i := range changes {
		if types := changes[i].Types; !slices.IsSorted(types) {
			if !own {
				changes, own = slices.Clone(changes), true
			}
			changes[i].Types = slices.Sorted(slices.Values(types))
		}
	}
	return changes
}

// stamp returns a copy of changes with recordedAt set.
func stamp(changes []Change, recorded int64) []Change {
	n := 0
	for i := range changes {
		n += len(changes[i].Attrs)
	}
	out, attrs := slices.Clone(changes), make([]Attribute, 0, n)
	for i := range out {
		from := len(attrs)
		attrs = append(attrs, out[i].Attrs...)
		out[i].Attrs = attrs[from:len(attrs):len(attrs)]
	}
	for i := range attrs {
		attrs[i].recorded = recorded
	}
	return out
}
