package twin

import (
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"citybrain/twin/log"
)

// Position is a place in the log: the number of a batch. Positions grow; 0 is before the first.
type Position uint64

// Options is how a twin works.
type Options struct {
	Clock  func() time.Time     // for recordedAt; required
	Retain func(typ string) int // versions of an attribute that history keeps in memory, by entity type; nil: DefaultRetain
	Forget time.Duration        // how long history keeps in memory what is known of an entity or attribute that is gone; 0: for good
	FS     log.FS               // nil: the operating system's

	// CheckpointBytes is how much log may follow a checkpoint before the next is written beside the writers; it is at least
	// the last checkpoint's size. 0: 64 MiB; negative: only Checkpoint writes one.
	CheckpointBytes int64
	SegmentBytes    int64 // size of the log's files; 0: the log's default
}

// DefaultRetain keeps 8 versions of what moves about and 4,000 of all else.
func DefaultRetain(typ string) int {
	if typ == "Vehicle" {
		return 8
	}
	return 4000
}

// Kind says whether a branch is edited and durable, or derived and made again from its recipe.
type Kind uint8

const (
	Edited Kind = iota
	Derived
)

// String returns "edited" or "derived".
func (k Kind) String() string { return [...]string{"edited", "derived"}[k] }

// A Recipe is what a derived branch can be made again from.
type Recipe struct {
	Parent Position        `json:"parent"`
	City   string          `json:"city"` // version of the pack
	Seed   uint64          `json:"seed"`
	Build  string          `json:"build"`
	Inputs []string        `json:"inputs,omitempty"`
	Config json.RawMessage `json:"config,omitempty"`
}

// ForkOptions is what a new branch is.
type ForkOptions struct {
	Kind   Kind
	Recipe Recipe
}

// state is a branch's whole content at one position; immutable.
type state struct {
	all    *node
	byType *typeIndex
	count  int
	fields map[fieldKey]*series
	pos    Position
}

// A Twin is a city's changing state on all its branches. It is safe for concurrent use.
type Twin struct {
	opt  Options
	log  *log.Disk // nil in memory
	main *Branch

	mu       sync.Mutex // guards branches, seq, unlogged
	branches map[string]*Branch
	seq      uint64 // positions of derived branches, which are not the log's
	unlogged uint64 // records that a twin in memory would have in its log: the same run has the same positions with a log and without

	dir   string
	types sync.Map // type to the []string of it alone
	check checkpoints
}

// A Branch is one line of the city's history. Writers take turns; readers never wait.
type Branch struct {
	twin   *Twin
	name   string
	kind   Kind
	recipe Recipe
	base   Snapshot // what it was forked from
	made   time.Time

	write   sync.Mutex
	pending *state // the newest, perhaps not durable yet
	now     atomic.Pointer[state]
	history *history
	watch   watchers
	err     error // a failed log stops the branch for good; so does Drop

	publish sync.Mutex // orders what follows
	flying  []flight   // applied, not yet published; by position
}

// flight is a batch between being ordered and being readable.
type flight struct {
	next     *state
	changes  []Change
	recorded int64
}

// ErrBranch is wrapped by errors about a branch's name.
var ErrBranch = errors.New("branch")

// New makes a twin in memory.
func New(opt Options) *Twin {
	if opt.Clock == nil {
		panic("twin: Options.Clock is required")
	}
	if opt.Retain == nil {
		opt.Retain = DefaultRetain
	}
	t := &Twin{opt: opt, branches: map[string]*Branch{}}
	t.main = t.branch("main", Edited, Snapshot{st: &state{}})
	t.branches["main"] = t.main
	return t
}

func (t *Twin) branch(name string, k Kind, base Snapshot) *Branch {
	b := &Branch{twin: t, name: name, kind: k, base: base, made: t.opt.Clock(), history: newHistory(&t.opt)}
	b.pending = base.st
	b.now.Store(base.st)
	return b
}

// Open opens or makes a durable twin in dir and reads back every branch that was durable.
func Open(dir string, opt Options) (*Twin, error) {
	t := New(opt)
	from, err := t.loadCheckpoint(dir)
	if err != nil {
		return nil, fmt.Errorf("open twin %s: %w", dir, err)
	}
	d, err := log.OpenDisk(filepath.Join(dir, "log"), log.DiskOptions{FS: opt.FS, SegmentBytes: opt.SegmentBytes, Trusted: log.Position(from)})
	if err != nil {
		return nil, fmt.Errorf("open twin %s: %w", dir, err)
	}
	if last := Position(d.Last()); last < from {
		err = fmt.Errorf("the log ends at position %d, before its checkpoint at %d: acknowledged batches are missing; restore the folder from a backup", last, from)
	} else {
		err = t.replay(d, from+1)
	}
	if err != nil {
		return nil, fmt.Errorf("open twin %s: %w", dir, errors.Join(err, d.Close()))
	}
	t.log = d
	return t, nil
}

// replay applies the records of the log from a position on.
func (t *Twin) replay(d *log.Disk, from Position) error {
	r := replayer{t, map[string]string{}, map[string]*owner{}}
	for rec, err := range d.Read(log.Position(from)) {
		if err != nil {
			return err
		}
		if err := r.record(Position(rec.Position), rec.Payload); err != nil {
			return fmt.Errorf("log position %d: %w", rec.Position, err)
		}
	}
	for _, b := range t.branches {
		b.now.Store(b.pending)
	}
	return nil
}

// replayer builds a twin up from the records of a log.
type replayer struct {
	t      *Twin
	intern map[string]string
	owners map[string]*owner // by branch: nobody reads yet, so one owner for the whole replay saves copying paths
}

func (r *replayer) record(pos Position, payload []byte) (err error) {
	t := r.t
	if len(payload) == 0 {
		return nil // the log's own mark of a clean end
	}
	dec := &decoder{b: payload[1:], intern: r.intern}
	switch payload[0] {
	case recordBatch:
		name, recorded, changes, err := decodeBatch(dec)
		if err != nil {
			return err
		}
		b := t.branches[name]
		if b == nil {
			return fmt.Errorf("%w %q was never made", ErrBranch, name)
		}
		if r.owners[name] == nil {
			r.owners[name] = new(owner)
		}
		b.pending = b.applied(b.pending, changes, recorded, pos, r.owners[name])
	case recordField:
		name, key, c, err := decodeField(dec)
		if err != nil {
			return err
		}
		if b := t.branches[name]; b != nil {
			b.pending = b.pending.withField(key, c, pos)
		}
	case recordBranch:
		var bb branchRecord
		if err := json.Unmarshal(dec.b, &bb); err != nil || bb.Kind != Edited {
			return err
		}
		from := t.branches[bb.From]
		if from == nil {
			return fmt.Errorf("%w %q was forked from %q, which was never made", ErrBranch, bb.Name, bb.From)
		}
		delete(r.owners, bb.From) // what is shared now must not be changed in place
		b := t.branch(bb.Name, Edited, Snapshot{st: from.pending, b: from})
		b.recipe, b.made = bb.Recipe, bb.Made
		t.branches[bb.Name] = b
	case recordDrop:
		delete(t.branches, string(dec.b))
		delete(r.owners, string(dec.b))
	default:
		return fmt.Errorf("a record of kind %d; a newer build wrote it", payload[0])
	}
	return nil
}

// Close ends the twin. What was acknowledged is on disk already.
func (t *Twin) Close() error {
	t.mu.Lock()
	for _, b := range t.branches {
		b.watch.close()
	}
	t.mu.Unlock()
	if t.log == nil {
		return nil
	}
	return errors.Join(t.closeCheckpoint(), t.log.Close())
}

// Main returns the live city.
func (t *Twin) Main() *Branch { return t.main }

// Branch returns a branch by name.
func (t *Twin) Branch(name string) (*Branch, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	b, ok := t.branches[name]
	return b, ok
}

// Branches lists the branches by name.
func (t *Twin) Branches() []*Branch {
	t.mu.Lock()
	defer t.mu.Unlock()
	list := make([]*Branch, 0, len(t.branches))
	for _, b := range t.branches {
		list = append(list, b)
	}
	slices.SortFunc(list, func(a, b *Branch) int { return strings.Compare(a.name, b.name) })
	return list
}

type branchRecord struct {
	Name   string    `json:"name"`
	From   string    `json:"from"`
	Kind   Kind      `json:"kind"`
	Made   time.Time `json:"made"`
	Recipe Recipe    `json:"recipe"`
}

// Fork makes a branch that starts as b is now. It costs the same whatever the city's size. An edited branch and a derived
// one's recipe are durable when Fork returns.
func (b *Branch) Fork(name string, opt ForkOptions) (*Branch, error) {
	t := b.twin
	if name == "" || strings.ContainsAny(name, " \n") {
		return nil, fmt.Errorf("%w %q: give a name without blanks", ErrBranch, name)
	}
	if opt.Kind == Edited && b.kind == Derived {
		return nil, fmt.Errorf("%w %q: an edited branch can't stand on the derived branch %s, which may be dropped", ErrBranch, name, b.name)
	}
	b.write.Lock() // the record of the birth must stand in the log where the state is taken
	defer b.write.Unlock()
	if b.err != nil {
		return nil, fmt.Errorf("%w %q: %w", ErrBranch, name, b.err)
	}
	f := t.branch(name, opt.Kind, Snapshot{st: b.pending, b: b})
	f.recipe = opt.Recipe
	if f.recipe.Parent == 0 {
		f.recipe.Parent = b.pending.pos
	}
	t.mu.Lock()
	_, taken := t.branches[name]
	if !taken {
		t.branches[name] = f
	}
	t.mu.Unlock()
	if taken {
		return nil, fmt.Errorf("%w %q exists", ErrBranch, name)
	}
	if t.log != nil {
		body, err := json.Marshal(branchRecord{name, b.name, opt.Kind, f.made, f.recipe})
		if err == nil {
			_, err = t.log.Append(append([]byte{recordBranch}, body...))
		}
		if err != nil {
			t.mu.Lock()
			delete(t.branches, name)
			t.mu.Unlock()
			return nil, fmt.Errorf("%w %q: %w", ErrBranch, name, err)
		}
	} else {
		t.count()
	}
	return f, nil
}

// count returns the position of the next record that a twin in memory does not write.
func (t *Twin) count() Position {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.unlogged++
	return Position(t.unlogged)
}

// Drop ends a branch; main can't be dropped. Its memory goes with its last reader.
func (t *Twin) Drop(name string) error {
	t.mu.Lock()
	b, ok := t.branches[name]
	if ok && b != t.main {
		delete(t.branches, name)
	}
	t.mu.Unlock()
	switch {
	case !ok:
		return fmt.Errorf("%w %q does not exist", ErrBranch, name)
	case b == t.main:
		return fmt.Errorf("%w main is the city itself and can't be dropped", ErrBranch)
	}
	b.watch.close()
	b.write.Lock() // nothing may follow the record of the end
	defer b.write.Unlock()
	if b.err == nil {
		b.err = fmt.Errorf("%w %q was dropped", ErrBranch, name)
	}
	switch {
	case b.kind == Derived:
	case t.log == nil:
		t.count()
	default:
		if _, err := t.log.Append(append([]byte{recordDrop}, name...)); err != nil {
			return fmt.Errorf("%w %q: %w", ErrBranch, name, err)
		}
	}
	return nil
}

// Now returns the time of the twin's clock: the city's, not the wall's.
func (t *Twin) Now() time.Time { return t.opt.Clock() }

// Name returns the branch's name.
func (b *Branch) Name() string { return b.name }

// Kind returns what the branch is.
func (b *Branch) Kind() Kind { return b.kind }

// From returns the position of its parent that it was forked at.
func (b *Branch) From() Position { return b.base.st.pos }

// Made returns when it was forked.
func (b *Branch) Made() time.Time { return b.made }

// Recipe returns what it was made from.
func (b *Branch) Recipe() Recipe { return b.recipe }

// Position returns the position of the newest batch that can be read.
func (b *Branch) Position() Position { return b.now.Load().pos }

// durable reports whether the branch's batches go to the log.
func (b *Branch) durable() bool { return b.twin.log != nil && b.kind == Edited }

// ErrExpected is wrapped by errors about a batch whose expectations did not hold.
var ErrExpected = errors.New("not as expected")

// Apply takes a batch, whole or not at all, and returns its position. On a durable branch it returns when the batch is synced
// to disk; only then can it be read.
func (b *Branch) Apply(changes ...Change) (Position, error) {
	if len(changes) == 0 {
		return b.Position(), nil
	}
	for i := range changes {
		if err := changes[i].Check(); err != nil {
			return 0, fmt.Errorf("apply to %s: %w", b.name, err)
		}
	}
	recorded := nano(b.twin.opt.Clock())
	changes = sorted(changes)
	return b.commit(func() ([]byte, error) {
		if err := b.expect(changes); err != nil || !b.durable() {
			return nil, err
		}
		return encodeBatch(b.name, recorded, changes), nil
	}, func(st *state, pos Position) *state {
		return b.applied(st, changes, recorded, pos, new(owner))
	}, changes, recorded)
}

// commit encodes, orders, applies and publishes one record.
func (b *Branch) commit(encode func() ([]byte, error), apply func(*state, Position) *state, changes []Change, recorded int64) (Position, error) {
	b.write.Lock()
	if b.err != nil {
		defer b.write.Unlock()
		return 0, b.err
	}
	rec, err := encode()
	if err != nil {
		b.write.Unlock()
		return 0, fmt.Errorf("apply to %s: %w", b.name, err)
	}
	var pos Position
	var ticket log.Ticket
	if rec != nil {
		if ticket, err = b.twin.log.Submit(rec); err != nil {
			err = fmt.Errorf("apply to %s: %w", b.name, err)
			b.err = err
			b.write.Unlock()
			return 0, err
		}
		pos = Position(ticket.Position)
	} else if b.kind == Edited {
		pos = b.twin.count()
	} else {
		// A derived branch starts at its parent's place in the log and counts on from there.
		b.twin.mu.Lock()
		b.twin.seq = max(b.twin.seq, uint64(b.pending.pos)) + 1
		pos = Position(b.twin.seq)
		b.twin.mu.Unlock()
	}
	next := apply(b.pending, pos)
	b.pending = next
	b.publish.Lock()
	b.flying = append(b.flying, flight{next, changes, recorded})
	b.publish.Unlock()
	b.write.Unlock()
	if rec != nil {
		if err := ticket.Wait(); err != nil {
			b.write.Lock()
			b.err = fmt.Errorf("apply to %s: %w; open the twin again to go on from what is on disk", b.name, err)
			err = b.err
			b.write.Unlock()
			return 0, err
		}
	}
	b.land(pos)
	b.twin.checkpointIfDue()
	return pos, nil
}

// land makes the batches up to pos readable and tells the watchers, in order: the log is durable from its start, so whoever
// comes first may speak for all before.
func (b *Branch) land(pos Position) {
	b.publish.Lock()
	defer b.publish.Unlock()
	for len(b.flying) > 0 && b.flying[0].next.pos <= pos {
		f := b.flying[0]
		b.flying[0] = flight{}
		b.flying = b.flying[1:]
		b.now.Store(f.next)
		b.watch.send(f.next.pos, f.changes, f.recorded)
	}
}

// applied returns st with changes, and notes them in the history.
func (b *Branch) applied(st *state, changes []Change, recorded int64, pos Position, o *owner) *state {
	next := *st
	next.pos = pos
	var ids idSlab
	b.history.mu.Lock()
	defer b.history.mu.Unlock()
	for i := range changes {
		if i%ahead == 0 {
			next.all.warm(changes[i:min(i+ahead, len(changes))])
		}
		c := &changes[i]
		h := hashOf(c.ID)
		e := next.all.find(h, c.ID)
		if e == nil && c.Op != OpSet {
			continue
		}
		var had []string
		if e != nil {
			had = e.Types
		}
		switch c.Op {
		case OpDelete:
			if b != b.twin.main {
				b.history.intent(historyKey{id: e.ID}, c.Origin)
			}
			next.all, _ = next.all.remove(o, h, 0, e.ID)
			next.count--
			next.lose(o, h, e.Types, nil)
			for k := range e.attrs {
				b.orphan(e, k, recorded)
			}
			continue
		case OpRemove:
			out := e.with(len(e.attrs))
			for k := range c.Attrs {
				if at, ok := e.find(c.Attrs[k].Name, c.Attrs[k].Dataset); ok {
					b.orphan(e, at, recorded)
					if b != b.twin.main {
						b.history.intent(historyKey{e.ID, c.Attrs[k].Name, c.Attrs[k].Dataset}, c.Origin)
					}
				}
				if at, ok := out.find(c.Attrs[k].Name, c.Attrs[k].Dataset); ok {
					out.attrs = slices.Delete(out.attrs, at, at+1)
				}
			}
			e = out
		case OpSet:
			if e == nil {
				e = &Entity{ID: ids.keep(c.ID, len(changes)-i)}
				next.count++
			}
			e = b.set(e, c, recorded)
			next.gain(o, h, e.Types, had)
		}
		next.all, _ = next.all.put(o, h, 0, e)
	}
	b.history.clear(recorded, func(k historyKey) bool { return next.has(k) })
	return &next
}

// has reports whether an entity has an attribute.
func (st *state) has(k historyKey) bool {
	e := st.all.get(k.id)
	if e == nil {
		return false
	}
	_, ok := e.find(k.name, k.dataset)
	return ok
}

// orphan keeps what is known of an attribute that an entity loses.
func (b *Branch) orphan(e *Entity, i int, recorded int64) {
	if b == b.twin.main {
		b.history.lose(e, &e.attrs[i], recorded)
	}
}

// set returns the entity with a change's types, scope and attributes, of which late ones go to the history only.
func (b *Branch) set(e *Entity, c *Change, recorded int64) *Entity {
	n := len(e.attrs)
	for k := range c.Attrs {
		if _, ok := e.find(c.Attrs[k].Name, c.Attrs[k].Dataset); !ok {
			n++
		}
	}
	e = e.with(n)
	if c.Scope != "" {
		e.Scope = c.Scope
	}
	if len(e.Types) == 0 && len(c.Types) > 0 {
		e.Types = b.twin.shared(c.Types)
	}
	for _, t := range c.Types {
		if !slices.Contains(e.Types, t) {
			e.Types = append(slices.Clone(e.Types), t)
			slices.Sort(e.Types)
		}
	}
	for k := range c.Attrs {
		a := &c.Attrs[k]
		var was *held
		i, found := e.find(a.Name, a.Dataset)
		if found {
			was = &e.attrs[i]
		}
		x := a.hold(recorded, was)
		switch {
		case b != b.twin.main:
			b.history.add(e, nil, &x)
			b.history.intent(historyKey{e.ID, a.Name, a.Dataset}, c.Origin) // main is merged into, never from
		case found || b.history.has(e, a):
			b.history.add(e, was, &x)
		}
		if !found {
			e.attrs = slices.Insert(e.attrs, i, x)
		} else if a.observed == 0 || was.observed <= a.observed {
			*was = x
		}
	}
	return e
}

// shared returns types to hold: one slice for all entities of one type, which is read with every change and stays in the cache.
func (t *Twin) shared(types []string) []string {
	if len(types) != 1 {
		return slices.Clone(types)
	}
	known, ok := t.types.Load(types[0])
	if !ok {
		known, _ = t.types.LoadOrStore(types[0], slices.Clone(types))
	}
	return known.([]string)
}

// idSlab holds the ids of new entities, up to 64 in one piece of memory, which goes with the last of them.
type idSlab struct{ b strings.Builder }

// keep returns a copy of id; so many may come, it among them.
func (s *idSlab) keep(id string, come int) string {
	if s.b.Cap()-s.b.Len() < len(id) {
		s.b = strings.Builder{}
		s.b.Grow(len(id) * min(64, come))
	}
	n := s.b.Len()
	s.b.WriteString(id)
	return s.b.String()[n:]
}

// expect checks the expectations of a batch against what is pending.
func (b *Branch) expect(changes []Change) error {
	for i := range changes {
		for k := range changes[i].Expect {
			want := &changes[i].Expect[k]
			e := b.pending.all.get(changes[i].ID)
			var is Attribute
			ok := e != nil
			if ok {
				is, ok = e.Instance(want.Name, want.Dataset)
			}
			if !ok || !is.same(want) {
				return fmt.Errorf("%w: entity %s, attribute %s is %v, not %v", ErrExpected, changes[i].ID, want.Name, is.Any(), want.Any())
			}
		}
	}
	return nil
}
