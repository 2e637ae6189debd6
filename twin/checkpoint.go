package twin

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"

	"citybrain/twin/log"
)

// A checkpoint is the content of main and of every edited branch at one position of the log, so that a large twin opens
// without reading the log from its start. The log stays whole. Its file is
//
//	"CBCP" version:u16 0:u16 position:u64 branches SHA-256 of all before
//
// A branch holds its record and its parts: for main the entities, for a fork what differs between main and the state it was
// forked from, and between that and now.
const (
	checkpointMagic   = "CBCP"
	checkpointVersion = 1
	checkpointHead    = 16
	checkpointSuffix  = ".checkpoint"
)

type checkpoints struct {
	mu   sync.Mutex
	size int64 // of the last checkpoint's file
	at   int64 // the log's bytes when it was taken
	busy bool  // one is being written beside the writers
	end  bool
	wg   sync.WaitGroup

	taking sync.Mutex // one at a time
	err    error      // of the last one that was written beside the writers
}

func checkpointName(p Position) string { return fmt.Sprintf("%020d%s", uint64(p), checkpointSuffix) }

func checkpointPosition(name string) (Position, bool) {
	s, ok := strings.CutSuffix(name, checkpointSuffix)
	n, err := strconv.ParseUint(s, 10, 64)
	return Position(n), ok && err == nil
}

// checkpointIfDue writes a checkpoint beside the writers when enough log has come since the last.
func (t *Twin) checkpointIfDue() {
	if t.log == nil || t.opt.CheckpointBytes < 0 {
		return
	}
	c := &t.check
	limit := max(cmp.Or(t.opt.CheckpointBytes, 64<<20), c.lastSize())
	if t.log.Bytes()-c.lastAt() < limit {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.busy || c.end || c.err != nil {
		return
	}
	c.busy = true
	c.wg.Add(1)
	go func() {
		defer c.wg.Done()
		_, err := t.Checkpoint()
		c.mu.Lock()
		c.busy, c.err = false, err
		c.mu.Unlock()
	}()
}

func (c *checkpoints) lastSize() int64 { c.mu.Lock(); defer c.mu.Unlock(); return c.size }
func (c *checkpoints) lastAt() int64   { c.mu.Lock(); defer c.mu.Unlock(); return c.at }

// closeCheckpoint waits for a checkpoint under way and returns its error.
func (t *Twin) closeCheckpoint() error {
	t.check.mu.Lock()
	t.check.end = true
	t.check.mu.Unlock()
	t.check.wg.Wait()
	return t.check.err
}

// captured is a branch as it stands at the checkpoint's position.
type captured struct {
	rec       branchRecord
	base, now *state
	old       []remembered
	by        []intended
}

type remembered struct {
	key historyKey
	v   versions
}

type intended struct {
	key historyKey
	by  Origin
}

// capture stops the writers for the time of copying pointers, not content.
func (t *Twin) capture() (Position, int64, []captured) {
	for {
		list := t.edited()
		for _, b := range list {
			b.write.Lock()
		}
		pos, size := Position(t.log.Submitted()), t.log.Bytes()
		// A fork needs its parent's lock, so the list can't grow any more; it may have until here.
		ok := true
		for _, b := range t.edited() {
			ok = ok && slices.Contains(list, b)
		}
		var all []captured
		if ok {
			for _, b := range list {
				if _, alive := t.Branch(b.name); alive {
					all = append(all, b.captured())
				}
			}
		}
		for _, b := range list {
			b.write.Unlock()
		}
		if ok {
			return pos, size, all
		}
	}
}

// edited lists the durable branches, parents before children.
func (t *Twin) edited() []*Branch {
	list := slices.DeleteFunc(t.Branches(), func(b *Branch) bool { return b.kind != Edited })
	slices.SortStableFunc(list, func(a, b *Branch) int { return cmp.Compare(a.depth(), b.depth()) })
	return list
}

func (b *Branch) depth() int {
	n := 0
	for p := b.base.b; p != nil; p = p.base.b {
		n++
	}
	return n
}

func (b *Branch) captured() captured {
	c := captured{rec: branchRecord{Name: b.name, Kind: b.kind, Made: b.made, Recipe: b.recipe}, base: b.base.st, now: b.pending}
	if b.base.b != nil {
		c.rec.From = b.base.b.name
	}
	b.history.mu.RLock()
	defer b.history.mu.RUnlock()
	for k, v := range b.history.of {
		c.old = append(c.old, remembered{k, *v}) // its bytes never change
	}
	for k, o := range b.history.by {
		c.by = append(c.by, intended{k, o})
	}
	return c
}

func compareKeys(a, b historyKey) int {
	return cmp.Or(strings.Compare(a.id, b.id), strings.Compare(a.name, b.name), strings.Compare(a.dataset, b.dataset))
}

// Checkpoint writes a checkpoint of all that is durable and returns its position. Writers go on meanwhile. It is an error on a
// twin in memory.
func (t *Twin) Checkpoint() (Position, error) {
	if t.log == nil {
		return 0, errors.New("checkpoint: this twin is in memory only; Open one in a folder")
	}
	t.check.taking.Lock()
	defer t.check.taking.Unlock()
	pos, at, all := t.capture()
	if err := t.log.Flush(log.Position(pos)); err != nil {
		return 0, fmt.Errorf("checkpoint at %d: %w", pos, err)
	}
	fs, dir := t.opt.fs(), t.dir
	var size int64
	err := log.WriteFile(fs, dir, checkpointName(pos), func(w io.Writer) error {
		c := &checkpointWriter{w: w, sum: sha256.New()}
		c.b = append(c.b, checkpointMagic...)
		c.b = binary.LittleEndian.AppendUint16(c.b, checkpointVersion)
		c.b = append(c.b, 0, 0)
		c.b = binary.LittleEndian.AppendUint64(c.b, uint64(pos))
		c.u(uint64(len(all)))
		main := all[0].now
		for i := range all {
			c.branch(&all[i], main)
		}
		c.flush(0)
		if c.err != nil {
			return c.err
		}
		size = c.n + sha256.Size
		_, err := w.Write(c.sum.Sum(nil))
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("checkpoint at %d: %w", pos, err)
	}
	t.check.mu.Lock()
	t.check.size, t.check.at = size, at
	t.check.mu.Unlock()
	names, err := fs.List(dir)
	if err != nil {
		return pos, fmt.Errorf("checkpoint at %d: %w", pos, err)
	}
	for _, n := range names {
		p, ok := checkpointPosition(strings.TrimSuffix(n, ".tmp")) // a .tmp is of a crash
		if ok && p < pos {
			if err := fs.Remove(filepath.Join(dir, n)); err != nil {
				return pos, fmt.Errorf("checkpoint at %d: remove the one before: %w", pos, err)
			}
		}
	}
	return pos, nil
}

func (o *Options) fs() log.FS {
	if o.FS == nil {
		return log.OS{}
	}
	return o.FS
}

type checkpointWriter struct {
	encoder
	w   io.Writer
	sum hash.Hash
	n   int64
	err error
}

// flush writes the buffer out when it has grown beyond a limit.
func (c *checkpointWriter) flush(limit int) {
	if len(c.b) <= limit || c.err != nil {
		return
	}
	c.sum.Write(c.b)
	c.n += int64(len(c.b))
	_, c.err = c.w.Write(c.b)
	c.b = c.b[:0]
}

func (c *checkpointWriter) branch(x *captured, main *state) {
	body, err := json.Marshal(x.rec)
	if c.err == nil {
		c.err = err
	}
	c.s(string(body))
	if x.rec.Name == "main" {
		c.state(&state{}, main)
	} else {
		c.state(main, x.base)
		c.state(x.base, x.now)
	}
	slices.SortFunc(x.old, func(a, b remembered) int { return compareKeys(a.key, b.key) })
	c.u(uint64(len(x.old)))
	for i := range x.old {
		r := &x.old[i]
		c.key(r.key)
		c.u(uint64(r.v.keep))
		c.u(uint64(r.v.n))
		for x := range r.v.all() {
			c.held(&x)
		}
		c.flush(1 << 16)
	}
	slices.SortFunc(x.by, func(a, b intended) int { return compareKeys(a.key, b.key) })
	c.u(uint64(len(x.by)))
	for _, i := range x.by {
		c.key(i.key)
		c.byte(byte(i.by))
		c.flush(1 << 16)
	}
}

func (c *checkpointWriter) key(k historyKey) { c.s(k.id); c.s(k.name); c.s(k.dataset) }

func (c *checkpointWriter) held(h *held) {
	c.i(h.recorded)
	a := h.attribute()
	c.attr(&a)
}

// state writes what makes b of a: entities (an empty list of types means gone), then all tiles of fields,
// of which those that a has alike by name only.
func (c *checkpointWriter) state(a, b *state) {
	c.u(uint64(b.pos))
	for x, y := range diffTries(a.all, b.all) {
		if y == nil {
			c.byte(2)
			c.s(x.ID)
			continue
		}
		c.byte(1)
		c.s(y.ID)
		c.u(uint64(len(y.Types)))
		for _, t := range y.Types {
			c.s(t)
		}
		c.s(y.Scope)
		c.u(uint64(len(y.attrs)))
		for i := range y.attrs {
			c.held(&y.attrs[i])
		}
		c.flush(1 << 16)
	}
	c.byte(0)
	var keys []fieldKey
	for k := range b.fields {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b fieldKey) int {
		return cmp.Or(strings.Compare(a.name, b.name), strings.Compare(a.tile, b.tile))
	})
	c.u(uint64(len(keys)))
	for _, k := range keys {
		c.s(k.name)
		c.s(k.tile)
		if a.fields[k] == b.fields[k] {
			c.byte(0)
			continue
		}
		c.byte(1)
		chunks := b.fields[k].chunks
		c.u(uint64(len(chunks)))
		for _, ch := range chunks {
			c.i(ch.at)
			c.u(uint64(len(ch.val)))
			for _, v := range ch.val {
				c.b = binary.LittleEndian.AppendUint32(c.b, math.Float32bits(v))
			}
			c.flush(1 << 16)
		}
	}
}

// loadCheckpoint puts the newest checkpoint of dir into t and returns its position; 0 if there is none.
func (t *Twin) loadCheckpoint(dir string) (Position, error) {
	t.dir = dir
	fs := t.opt.fs()
	names, err := fs.List(dir)
	if errors.Is(err, os.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, err
	}
	name, pos := "", Position(0)
	for _, n := range names {
		if p, ok := checkpointPosition(n); ok && p >= pos {
			name, pos = n, p
		}
	}
	if name == "" {
		return 0, nil
	}
	path := filepath.Join(dir, name)
	b, err := readFile(fs, path)
	if err == nil {
		err = t.decodeCheckpoint(b, pos)
	}
	if err != nil {
		return 0, fmt.Errorf("checkpoint %s: %w; remove the file to open from the log alone", path, err)
	}
	t.check.size = int64(len(b))
	return pos, nil
}

func readFile(fs log.FS, path string) (b []byte, err error) {
	f, err := fs.Open(path, false)
	if err != nil {
		return nil, err
	}
	defer func() {
		if e := f.Close(); err == nil {
			err = e
		}
	}()
	n, err := f.Size()
	if err != nil {
		return nil, err
	}
	b = make([]byte, n)
	_, err = io.ReadFull(io.NewSectionReader(f, 0, n), b)
	return b, err
}

func (t *Twin) decodeCheckpoint(b []byte, pos Position) error {
	if len(b) < checkpointHead+sha256.Size || string(b[:4]) != checkpointMagic {
		return fmt.Errorf("is not a checkpoint (want %q first)", checkpointMagic)
	}
	if v := binary.LittleEndian.Uint16(b[4:]); v != checkpointVersion {
		return fmt.Errorf("has format version %d, this build reads %d", v, checkpointVersion)
	}
	body, sum := b[:len(b)-sha256.Size], b[len(b)-sha256.Size:]
	if is := sha256.Sum256(body); !bytes.Equal(is[:], sum) {
		return errors.New("its SHA-256 does not match")
	}
	if p := Position(binary.LittleEndian.Uint64(body[8:])); p != pos {
		return fmt.Errorf("is of position %d, its name says %d", p, pos)
	}
	r := &checkpointReader{decoder{b: body[checkpointHead:], intern: map[string]string{}}}
	var main *state
	for range r.count(1) {
		if err := r.branch(t, &main); err != nil {
			return err
		}
	}
	if r.err == nil && len(r.b) > 0 {
		return fmt.Errorf("%d bytes behind the last branch", len(r.b))
	}
	return r.err
}

type checkpointReader struct{ decoder }

func (r *checkpointReader) branch(t *Twin, main **state) error {
	var rec branchRecord
	body := r.raw()
	if r.err != nil {
		return r.err
	}
	if err := json.Unmarshal(body, &rec); err != nil {
		return fmt.Errorf("branch record: %w", err)
	}
	var b *Branch
	if rec.Name == "main" {
		b = t.main
		*main = r.state(t, &state{})
		b.pending = *main
	} else {
		parent := t.branches[rec.From]
		if parent == nil || *main == nil {
			// The parent was dropped: the branch lives on, but there is nothing left to merge into.
			parent = &Branch{twin: t, name: rec.From, kind: Edited, history: newHistory(&t.opt), err: fmt.Errorf("%w %q was dropped", ErrBranch, rec.From)}
		}
		if *main == nil {
			return fmt.Errorf("branch %q comes before main", rec.Name)
		}
		base := r.state(t, *main)
		b = t.branch(rec.Name, rec.Kind, Snapshot{st: base, b: parent})
		b.pending = r.state(t, base)
		t.branches[rec.Name] = b
	}
	b.recipe, b.made = rec.Recipe, rec.Made
	for range r.count(5) {
		k := historyKey{r.s(), r.name(), r.name()}
		v := &versions{keep: int32(min(r.u(), math.MaxInt32/2))}
		var last []held
		for range r.count(4) {
			x := r.held(last, len(last)-1)
			if r.err != nil {
				return r.err
			}
			v.add(&x)
			last = append(last[:0], x)
		}
		b.history.of[k] = v
		if b == t.main && t.opt.Forget > 0 && !b.pending.has(k) {
			b.history.note(k, nano(t.opt.Clock())) // when it went is not known any more: rather late than early
		}
	}
	for range r.count(4) {
		k := historyKey{r.s(), r.name(), r.name()}
		b.history.by[k] = Origin(r.byte())
	}
	return r.err
}

// state reads what makes a state of a.
func (r *checkpointReader) state(t *Twin, a *state) *state {
	st := *a
	st.pos = Position(r.u())
	o := new(owner)
	var ids idSlab
	var before []held
	for r.err == nil {
		switch r.byte() {
		case 0:
			r.fields(&st, a)
			return &st
		case 1:
			head := Entity{ID: ids.keep(r.s(), 64)}
			for range r.count(1) {
				head.Types = append(head.Types, r.name())
			}
			head.Types = t.shared(head.Types)
			head.Scope = r.name()
			n := r.count(5)
			e := head.with(n)
			for i := range n {
				e.attrs = append(e.attrs, r.held(before, i))
			}
			before = e.attrs
			if r.err == nil {
				st.replace(o, e.ID, e)
			}
		case 2:
			st.replace(o, r.s(), nil)
		default:
			r.fail()
		}
	}
	return &st
}

// held reads an attribute; its neighbour in the entity or list before, if there is one, probably has the same key.
func (r *checkpointReader) held(before []held, i int) held {
	a := r.attr(r.i(), 0)
	if 0 <= i && i < len(before) {
		return a.hold(a.recorded, &before[i])
	}
	return a.hold(a.recorded, nil)
}

func (r *checkpointReader) fields(st, a *state) {
	n := r.count(3)
	st.fields = make(map[fieldKey]*series, n)
	for range n {
		k := fieldKey{r.name(), r.name()}
		if r.byte() == 0 {
			if st.fields[k] = a.fields[k]; st.fields[k] == nil {
				r.fail()
			}
			continue
		}
		m := r.count(2)
		s := &series{make([]chunk, 0, m)}
		for range m {
			c := chunk{at: r.i()}
			c.val = make([]float32, r.count(4))
			if r.err != nil {
				return
			}
			for i := range c.val {
				c.val[i] = math.Float32frombits(binary.LittleEndian.Uint32(r.b[4*i:]))
			}
			r.b = r.b[4*len(c.val):]
			s.chunks = append(s.chunks, c)
		}
		st.fields[k] = s
	}
}

// replace puts e in the place of id, nil for none.
func (st *state) replace(o *owner, id string, e *Entity) {
	h := hashOf(id)
	var had, has []string
	if old := st.all.find(h, id); old != nil {
		had = old.Types
		st.count--
	}
	if e == nil {
		st.all, _ = st.all.remove(o, h, 0, id)
	} else {
		has = e.Types
		st.all, _ = st.all.put(o, h, 0, e)
		st.count++
	}
	st.lose(o, h, had, has)
	st.gain(o, h, has, had)
}
