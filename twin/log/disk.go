package log

import (
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"path/filepath"
	"sync"
)

// DiskOptions configure the embedded log. The zero value is the default.
type DiskOptions struct {
	FS           FS    // nil: the operating system's
	SegmentBytes int64 // a new segment starts beyond this size; 0: 64 MiB

	// Trusted is a position up to which the caller has the content from elsewhere
	// (a checkpoint): full segments that end there are not read at Open, only
	// their headers and sizes; Read checks them when it comes to them.
	Trusted Position
}

// Disk is the embedded log: one writer, any number of readers, one directory.
type Disk struct {
	dir  string
	fs   FS
	size int64 // segment limit

	trusted Position

	mu       sync.Mutex
	wake     *sync.Cond
	next     Position // position of the next Submit
	queue    *group   // what the committer takes next; nil when empty
	err      error    // set once: the log never acknowledges again
	closed   bool
	synced   Position // last durable
	segments []segment
	total    int64 // bytes of all segments, durable

	file    File // the last segment; only the committer writes
	fileLen int64
	lock    io.Closer
	stopped chan struct{}
	cut     int64 // bytes of torn tail removed at Open
}

type segment struct {
	first Position
	size  int64 // durable bytes
}

// group is a set of batches that share one fsync.
type group struct {
	frames []frameRef
	bytes  int
	done   chan struct{}
	err    error
}

type frameRef struct {
	pos     Position
	payload []byte
}

// OpenDisk opens or creates the log in dir, checks every frame and cuts off a
// torn tail. Damage anywhere else is a *CorruptError.
func OpenDisk(dir string, o DiskOptions) (*Disk, error) {
	if o.FS == nil {
		o.FS = OS{}
	}
	if o.SegmentBytes <= 0 {
		o.SegmentBytes = 64 << 20
	}
	d := &Disk{dir: dir, fs: o.FS, size: o.SegmentBytes, trusted: o.Trusted, next: 1, stopped: make(chan struct{})}
	d.wake = sync.NewCond(&d.mu)
	if err := d.fs.MkdirAll(dir); err != nil {
		return nil, fmt.Errorf("open log %s: %w", dir, err)
	}
	lock, err := d.fs.Lock(dir)
	if err != nil {
		return nil, fmt.Errorf("open log %s: %w", dir, err)
	}
	d.lock = lock
	if err := d.recover(); err != nil {
		if d.file != nil {
			_ = d.file.Close() // the recovery error is the one to report
		}
		_ = lock.Close()
		return nil, err
	}
	go d.commit()
	return d, nil
}

func (d *Disk) recover() error {
	names, err := d.fs.List(d.dir)
	if err != nil {
		return fmt.Errorf("open log %s: %w", d.dir, err)
	}
	var segs []Position
	for _, n := range names {
		if first, ok := segmentFirst(n); ok {
			segs = append(segs, first)
		}
	}
	for i, first := range segs {
		path := filepath.Join(d.dir, segmentName(first))
		if first != d.next {
			return &CorruptError{path, 0, fmt.Sprintf("segment starts at position %d, want %d: a segment is missing", first, d.next)}
		}
		if i+1 < len(segs) && segs[i+1] > first && segs[i+1]-1 <= d.trusted {
			if err := d.trustSegment(path, first); err != nil {
				return err
			}
			d.next = segs[i+1]
			continue
		}
		if err := d.recoverSegment(path, first, i == len(segs)-1); err != nil {
			return err
		}
	}
	d.synced = d.next - 1
	return nil
}

// trustSegment takes a full segment by its header.
func (d *Disk) trustSegment(path string, first Position) error {
	f, err := d.fs.Open(path, false)
	if err != nil {
		return fmt.Errorf("open log: %w", err)
	}
	head := make([]byte, headerLen)
	size, err := f.Size()
	if err == nil && size >= headerLen {
		_, err = f.ReadAt(head, 0)
	}
	if e := f.Close(); err == nil {
		err = e
	}
	if err != nil {
		return fmt.Errorf("read %s: %w", path, err)
	}
	if at, err := parseHeader(head); err != nil || at != first {
		return &CorruptError{path, 0, fmt.Sprintf("header of position %d, want %d (%v)", at, first, err)}
	}
	d.segments = append(d.segments, segment{first, size})
	d.total += size
	return nil
}

// recoverSegment checks one segment; the last one may have a torn tail.
func (d *Disk) recoverSegment(path string, first Position, last bool) (err error) {
	f, err := d.fs.Open(path, false)
	if err != nil {
		return fmt.Errorf("open log: %w", err)
	}
	keep := false
	defer func() {
		if !keep {
			if e := f.Close(); err == nil {
				err = e
			}
		}
	}()
	b, err := readAll(f)
	if err != nil {
		return fmt.Errorf("read %s: %w", path, err)
	}
	at, err := parseHeader(b)
	if err == nil && at != first {
		return &CorruptError{path, 0, fmt.Sprintf("header says position %d, the name %d", at, first)}
	}
	if err != nil {
		// A header is synced before any frame behind it is acknowledged.
		if !last || declaredSynced(b, first) {
			return &CorruptError{path, 0, err.Error()}
		}
		d.cut = int64(len(b))
		if err := d.fs.Remove(path); err != nil {
			return fmt.Errorf("remove torn %s: %w", path, err)
		}
		if err := d.fs.SyncDir(d.dir); err != nil {
			return fmt.Errorf("remove torn %s: %w", path, err)
		}
		return nil
	}
	off := int64(headerLen)
	for off < int64(len(b)) {
		fr, reason := parseFrame(b[off:])
		if reason == "" && fr.pos != d.next {
			reason = fmt.Sprintf("frame has position %d, want %d", fr.pos, d.next)
		}
		if reason == "" {
			d.next++
			off += int64(fr.size)
			continue
		}
		if !last || declaredSynced(b[off:], d.next) {
			return &CorruptError{path, off, reason}
		}
		d.cut = int64(len(b)) - off
		if err := f.Truncate(off); err != nil {
			return fmt.Errorf("cut torn tail of %s at %d: %w", path, off, err)
		}
		break
	}
	if last {
		// What was written but not synced before the crash is now read and
		// relied upon, so it has to be durable from here on.
		if err := f.Sync(); err != nil {
			return fmt.Errorf("sync %s: %w", path, err)
		}
		if err := d.fs.SyncDir(d.dir); err != nil {
			return fmt.Errorf("sync %s: %w", d.dir, err)
		}
		d.file, d.fileLen, keep = f, off, true
	}
	d.segments = append(d.segments, segment{first, off})
	d.total += off
	return nil
}

func readAll(f File) ([]byte, error) {
	n, err := f.Size()
	if err != nil {
		return nil, err
	}
	b := make([]byte, n)
	if m, err := f.ReadAt(b, 0); err != nil && !(errors.Is(err, io.EOF) && int64(m) == n) {
		return nil, err
	}
	return b, nil
}

// TornBytes says how much of an unacknowledged tail Open cut off.
func (d *Disk) TornBytes() int64 { return d.cut }

// Bytes is the durable size of the log.
func (d *Disk) Bytes() int64 {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.total
}

// Last implements Log.
func (d *Disk) Last() Position {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.synced
}

// Submitted is the position of the last batch submitted, durable or not.
func (d *Disk) Submitted() Position {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.next - 1
}

// Append implements Log.
func (d *Disk) Append(batch []byte) (Position, error) {
	t, err := d.Submit(batch)
	if err != nil {
		return 0, err
	}
	if err := t.Wait(); err != nil {
		return 0, err
	}
	return t.Position, nil
}

// Submit implements Log.
func (d *Disk) Submit(batch []byte) (Ticket, error) {
	if len(batch) > MaxBatch {
		return Ticket{}, fmt.Errorf("batch of %d bytes: the largest is %d; split it", len(batch), MaxBatch)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return Ticket{}, ErrClosed
	}
	if d.err != nil {
		return Ticket{}, d.err
	}
	if d.queue == nil {
		d.queue = &group{done: make(chan struct{})}
		d.wake.Signal()
	}
	pos := d.next
	d.next++
	d.queue.frames = append(d.queue.frames, frameRef{pos, batch})
	d.queue.bytes += len(batch) + frameLen
	return Ticket{pos, d.queue}, nil
}

// commit is the one writer: it takes all that is queued, writes it with one
// write and one fsync, and acknowledges it.
func (d *Disk) commit() {
	defer close(d.stopped)
	var buf []byte
	for {
		d.mu.Lock()
		for d.queue == nil && !d.closed {
			d.wake.Wait()
		}
		g := d.queue
		d.queue = nil
		err, synced := d.err, d.synced
		d.mu.Unlock()
		if g == nil {
			return
		}
		if err == nil {
			buf = buf[:0]
			for _, fr := range g.frames {
				buf = appendFrame(buf, fr.pos, synced, fr.payload)
			}
			err = d.write(g.frames[0].pos, buf)
		}
		if cap(buf) > 8<<20 {
			buf = nil
		}
		d.mu.Lock()
		if err == nil {
			d.synced = g.frames[len(g.frames)-1].pos
			d.segments[len(d.segments)-1].size = d.fileLen
			d.total += int64(g.bytes)
		} else if d.err == nil {
			d.err = fmt.Errorf("log %s at position %d: %w (%w); free or repair the disk, then reopen", d.dir, g.frames[0].pos, ErrPoisoned, err)
		}
		g.err = d.err
		d.mu.Unlock()
		g.frames = nil
		close(g.done)
	}
}

// write appends buf, whose first frame is at pos, and syncs it.
func (d *Disk) write(pos Position, buf []byte) error {
	if d.file == nil || d.fileLen >= d.size {
		if err := d.rotate(pos); err != nil {
			return err
		}
	}
	if n, err := d.file.Write(buf); err != nil || n != len(buf) {
		if err == nil {
			err = io.ErrShortWrite
		}
		return err
	}
	if err := d.file.Sync(); err != nil {
		return err
	}
	d.fileLen += int64(len(buf))
	return nil
}

// rotate starts a new segment: header, fsync, fsync of the directory.
func (d *Disk) rotate(first Position) error {
	f, err := d.fs.Open(filepath.Join(d.dir, segmentName(first)), true)
	if err != nil {
		return err
	}
	if _, err = f.Write(appendHeader(nil, first)); err == nil {
		if err = f.Sync(); err == nil {
			err = d.fs.SyncDir(d.dir)
		}
	}
	if err != nil {
		_ = f.Close() // the log is poisoned by err already
		return err
	}
	if d.file != nil {
		if err := d.file.Close(); err != nil {
			_ = f.Close()
			return err
		}
	}
	d.file, d.fileLen = f, headerLen
	d.mu.Lock()
	d.segments = append(d.segments, segment{first, headerLen})
	d.total += headerLen
	d.mu.Unlock()
	return nil
}

// Read implements Log.
func (d *Disk) Read(from Position) iter.Seq2[Record, error] {
	d.mu.Lock()
	segs := append([]segment(nil), d.segments...)
	last := d.synced
	d.mu.Unlock()
	return func(yield func(Record, error) bool) {
		for i, s := range segs {
			if i+1 < len(segs) && segs[i+1].first <= from || s.first > last {
				continue
			}
			if !d.readSegment(s, from, last, yield) {
				return
			}
		}
	}
}

func (d *Disk) readSegment(s segment, from, last Position, yield func(Record, error) bool) bool {
	path := filepath.Join(d.dir, segmentName(s.first))
	f, err := d.fs.Open(path, false)
	if err != nil {
		yield(Record{}, fmt.Errorf("read log: %w", err))
		return false
	}
	b := make([]byte, s.size)
	n, err := f.ReadAt(b, 0)
	if e := f.Close(); err == nil {
		err = e
	}
	if err != nil && !(errors.Is(err, io.EOF) && n == len(b)) {
		yield(Record{}, fmt.Errorf("read %s: %w", path, err))
		return false
	}
	pos := s.first
	for off := headerLen; off < len(b) && pos <= last; pos++ {
		fr, reason := parseFrame(b[off:])
		if reason == "" && fr.pos != pos {
			reason = fmt.Sprintf("frame has position %d, want %d", fr.pos, pos)
		}
		if reason != "" {
			yield(Record{}, &CorruptError{path, int64(off), reason})
			return false
		}
		if pos >= from && !yield(Record{pos, fr.payload}, nil) {
			return false
		}
		off += fr.size
	}
	return true
}

// Flush returns when every batch up to pos is durable.
func (d *Disk) Flush(pos Position) error {
	d.mu.Lock()
	if d.synced >= pos || d.err != nil {
		err := d.err
		if d.synced >= pos {
			err = nil
		}
		d.mu.Unlock()
		return err
	}
	d.mu.Unlock()
	// Groups commit in order, so a later batch that is durable proves pos is.
	_, err := d.Append(nil)
	return err
}

// CopyTo writes the durable part of the log into another directory of the same
// file layer, while appends go on, and returns the last position copied.
func (d *Disk) CopyTo(dir string) (Position, error) {
	d.mu.Lock()
	segs := append([]segment(nil), d.segments...)
	last := d.synced
	d.mu.Unlock()
	if err := d.fs.MkdirAll(dir); err != nil {
		return 0, fmt.Errorf("copy log to %s: %w", dir, err)
	}
	for _, s := range segs {
		name := segmentName(s.first)
		if err := CopyFile(d.fs, filepath.Join(d.dir, name), dir, name, s.size); err != nil {
			return 0, err
		}
	}
	return last, nil
}

// CopyFile copies the first size bytes (all when size < 0) of a file to dir/name, durably.
func CopyFile(fs FS, from, dir, name string, size int64) (err error) {
	f, err := fs.Open(from, false)
	if err != nil {
		return fmt.Errorf("copy %s: %w", from, err)
	}
	defer func() {
		if e := f.Close(); err == nil {
			err = e
		}
	}()
	if size < 0 {
		if size, err = f.Size(); err != nil {
			return fmt.Errorf("copy %s: %w", from, err)
		}
	}
	return WriteFile(fs, dir, name, func(w io.Writer) error {
		n, err := io.Copy(w, io.NewSectionReader(f, 0, size))
		if err == nil && n != size {
			err = fmt.Errorf("%s has %d bytes, want %d", from, n, size)
		}
		return err
	})
}

// Close waits for what was submitted and releases the directory. When the last
// batch is durable it is also declared so on disk (an empty batch follows it),
// so that later damage to it is told from a torn tail.
func (d *Disk) Close() error {
	d.mu.Lock()
	if d.closed {
		d.mu.Unlock()
		<-d.stopped
		return nil
	}
	healthy := d.err == nil && d.next > 1
	d.mu.Unlock()
	var err error
	if healthy {
		if err = d.Flush(d.Submitted()); err == nil {
			_, err = d.Append(nil)
		}
	}
	d.mu.Lock()
	d.closed = true
	d.wake.Signal()
	d.mu.Unlock()
	<-d.stopped
	if d.file != nil {
		if e := d.file.Close(); err == nil && !errors.Is(e, os.ErrClosed) {
			err = e
		}
	}
	if e := d.lock.Close(); err == nil {
		err = e
	}
	return err
}
