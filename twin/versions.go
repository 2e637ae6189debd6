package twin

import (
	"encoding/binary"
	"iter"
	"math"
	"slices"
	"unique"
)

// versions are what one attribute was, in the order in which it was recorded, packed: most are a number a few seconds after
// another like it, so that a version takes some ten bytes, in which the garbage collector has nothing to follow. Bytes that are
// written never change: a copy of the struct may be read while versions are added.
//
// A version is a byte of marks; the difference of its recorded time from the one before and of its observed time from its
// recorded one, as varints, in milliseconds where both are whole ones; then as the marks say its number (as a varint if it is
// whole), its second number, its text, the number of its key and of its sub-attributes in the lists beside.
type versions struct {
	keep     int32 // as many are kept, and up to as many more
	n        int32 // in packed
	recorded int64 // of the last
	packed   []byte
	more     *versionLists // nil before the first version
}

type versionLists struct {
	keys []unique.Handle[attrKey] // that versions have had; nearly always one
	subs []*[]Attribute
}

const (
	inNanos    = 1 << iota // times are in nanoseconds
	wholeNum               // the number is a varint
	hasLat                 //
	hasText                //
	hasSub                 //
	anotherKey             // not the first of the keys
	unobserved             // there is no observed time
)

// add appends x, and lets go of the oldest when there are twice as many as are kept.
func (v *versions) add(x *held) {
	if v.n >= 2*v.keep {
		list := slices.Collect(v.all())
		list = list[len(list)-int(v.keep):]
		*v = versions{keep: v.keep, packed: make([]byte, 0, len(v.packed)*3/4)}
		for i := range list {
			v.add(&list[i])
		}
	}
	if v.more == nil {
		v.more = &versionLists{keys: []unique.Handle[attrKey]{x.key}}
	}
	var marks byte
	recorded, observed := x.recorded-v.recorded, x.observed-x.recorded
	if x.observed == 0 {
		observed, marks = 0, marks|unobserved
	}
	if recorded%1e6 == 0 && observed%1e6 == 0 {
		recorded, observed = recorded/1e6, observed/1e6
	} else {
		marks |= inNanos
	}
	whole := int64(x.num)
	if float64(whole) == x.num && whole > -1<<40 && whole < 1<<40 && !(x.num == 0 && math.Signbit(x.num)) {
		marks |= wholeNum
	}
	if x.lat != 0 {
		marks |= hasLat
	}
	if x.text != "" {
		marks |= hasText
	}
	key := slices.Index(v.more.keys, x.key)
	if key < 0 {
		key = len(v.more.keys)
		v.more = &versionLists{keys: append(slices.Clip(v.more.keys), x.key), subs: v.more.subs}
	}
	if key > 0 {
		marks |= anotherKey
	}
	if x.sub != nil {
		marks |= hasSub
	}
	b := append(v.packed, marks)
	b = binary.AppendVarint(b, recorded)
	if marks&unobserved == 0 {
		b = binary.AppendVarint(b, observed)
	}
	if marks&wholeNum != 0 {
		b = binary.AppendVarint(b, whole)
	} else {
		b = binary.LittleEndian.AppendUint64(b, math.Float64bits(x.num))
	}
	if marks&hasLat != 0 {
		b = binary.LittleEndian.AppendUint64(b, math.Float64bits(x.lat))
	}
	if marks&hasText != 0 {
		b = append(binary.AppendUvarint(b, uint64(len(x.text))), x.text...)
	}
	if marks&anotherKey != 0 {
		b = binary.AppendUvarint(b, uint64(key))
	}
	if marks&hasSub != 0 {
		b = binary.AppendUvarint(b, uint64(len(v.more.subs)))
		v.more = &versionLists{keys: v.more.keys, subs: append(slices.Clip(v.more.subs), x.sub)}
	}
	v.packed, v.recorded = b, x.recorded
	v.n++
}

// all unpacks the versions, oldest first.
func (v *versions) all() iter.Seq[held] {
	packed, more := v.packed, v.more
	return func(yield func(held) bool) {
		b, before := packed, int64(0)
		signed := func() int64 {
			x, n := binary.Varint(b)
			b = b[n:]
			return x
		}
		unsigned := func() uint64 {
			x, n := binary.Uvarint(b)
			b = b[n:]
			return x
		}
		float := func() float64 {
			x := math.Float64frombits(binary.LittleEndian.Uint64(b))
			b = b[8:]
			return x
		}
		for len(b) > 0 {
			marks := b[0]
			b = b[1:]
			x := held{key: more.keys[0]}
			unit := int64(1e6)
			if marks&inNanos != 0 {
				unit = 1
			}
			x.recorded = before + signed()*unit
			before = x.recorded
			if marks&unobserved == 0 {
				x.observed = x.recorded + signed()*unit
			}
			if marks&wholeNum != 0 {
				x.num = float64(signed())
			} else {
				x.num = float()
			}
			if marks&hasLat != 0 {
				x.lat = float()
			}
			if marks&hasText != 0 {
				n := unsigned()
				x.text = string(b[:n])
				b = b[n:]
			}
			if marks&anotherKey != 0 {
				x.key = more.keys[unsigned()]
			}
			if marks&hasSub != 0 {
				x.sub = more.subs[unsigned()]
			}
			if !yield(x) {
				return
			}
		}
	}
}
