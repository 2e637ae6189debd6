package twin

import (
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"sort"
	"time"
)

// fieldKey names a field's tile: values on cells, links or paths that change over time.
type fieldKey struct{ name, tile string }

// chunk is a tile's values at one time; immutable.
type chunk struct {
	at  int64
	val []float32
}

// series is a tile's chunks in the order of time; immutable.
type series struct{ chunks []chunk }

// SetField sets the values of a field's tile at a time. The slice must not be written to afterwards. On a durable branch it
// returns when the values are synced to disk.
func (b *Branch) SetField(name, tile string, at time.Time, values []float32) error {
	if name == "" {
		return fmt.Errorf("field of %s: it has no name", b.name)
	}
	key, c := fieldKey{name, tile}, chunk{nano(at), values}
	_, err := b.commit(func() ([]byte, error) {
		if !b.durable() {
			return nil, nil
		}
		return encodeField(b.name, key, c), nil
	}, func(st *state, pos Position) *state { return st.withField(key, c, pos) }, nil, 0)
	return err
}

func (st *state) withField(key fieldKey, c chunk, pos Position) *state {
	next := *st
	next.pos = pos
	next.fields = make(map[fieldKey]*series, len(st.fields)+1)
	for k, v := range st.fields {
		next.fields[k] = v
	}
	var old []chunk
	if s := next.fields[key]; s != nil {
		old = s.chunks
	}
	i := sort.Search(len(old), func(i int) bool { return old[i].at >= c.at })
	if i < len(old) && old[i].at == c.at {
		old = slices.Clone(old)
		old[i] = c
	} else {
		old = slices.Insert(slices.Clone(old), i, c)
	}
	if len(old) > maxChunks {
		old = old[len(old)-maxChunks:]
	}
	next.fields[key] = &series{old}
	return &next
}

// maxChunks is how many times of a tile stay in memory.
const maxChunks = 512

// FieldAt returns the values of a field's tile that hold at a time: the newest not after it, or the first of all. Don't write
// to them.
func (s Snapshot) FieldAt(name, tile string, at time.Time) (values []float32, of time.Time, ok bool) {
	f := s.st.fields[fieldKey{name, tile}]
	if f == nil || len(f.chunks) == 0 {
		return nil, time.Time{}, false
	}
	i := sort.Search(len(f.chunks), func(i int) bool { return f.chunks[i].at > nano(at) })
	c := f.chunks[max(0, i-1)]
	return c.val, fromNano(c.at), true
}

func encodeField(branch string, key fieldKey, c chunk) []byte {
	e := encoder{make([]byte, 0, 64+4*len(c.val))}
	e.byte(recordField)
	e.s(branch)
	e.s(key.name)
	e.s(key.tile)
	e.i(c.at)
	e.u(uint64(len(c.val)))
	for _, v := range c.val {
		e.b = binary.LittleEndian.AppendUint32(e.b, math.Float32bits(v))
	}
	return e.b
}

func decodeField(d *decoder) (branch string, key fieldKey, c chunk, err error) {
	branch, key.name, key.tile, c.at = d.name(), d.name(), d.name(), d.i()
	n := d.count(4)
	if d.err != nil || len(d.b) != 4*n {
		d.fail()
		return "", key, c, d.err
	}
	c.val = make([]float32, n)
	for i := range c.val {
		c.val[i] = math.Float32frombits(binary.LittleEndian.Uint32(d.b[4*i:]))
	}
	return branch, key, c, nil
}
