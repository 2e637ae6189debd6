// Package faultfs is a file layer in memory that fails as disks do, for tests and benchmarks of the log.
//
// In: the calls of log.FS, and when the power is to fail, a sync to fail, the disk to be full. Out: what a disk would hold
// afterwards: Reboot forgets every byte and every directory entry that was not synced, or keeps a torn part of the bytes, as
// a disk may. A failed sync loses the bytes it was for, and later syncs that succeed don't bring them back (Rebello et al.,
// USENIX ATC 2020).
package faultfs

import (
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"syscall"

	"citybrain/twin/log"
)

// ErrCut is what every call returns once the power has failed.
var ErrCut = errors.New("power failed")

// ErrSync is what a sync that is to fail returns.
var ErrSync = errors.New("input/output error")

// FS is a disk in memory. The zero value is not one; see New.
type FS struct {
	mu      sync.Mutex
	entries map[string]*inode // as a process sees them
	lasting map[string]*inode // as the disk holds them
	dirs    map[string]bool
	locked  map[string]bool

	off   bool
	cutIn int // mutating calls until the power fails; 0: never
	ops   int
	syncs int // syncs until one fails; 0: never
	free  int64
	full  bool // free counts
}

type inode struct {
	data    []byte
	lasting []byte
	lost    bool // a sync failed: what was not lasting never will be
}

// New returns an empty disk.
func New() *FS {
	return &FS{entries: map[string]*inode{}, lasting: map[string]*inode{}, dirs: map[string]bool{}, locked: map[string]bool{}}
}

// CutAfter lets the power fail at the n-th mutating call from now (n ≥ 1).
func (f *FS) CutAfter(n int) { f.mu.Lock(); f.cutIn = n; f.mu.Unlock() }

// FailSync lets the n-th sync of a file from now fail (n ≥ 1).
func (f *FS) FailSync(n int) { f.mu.Lock(); f.syncs = n; f.mu.Unlock() }

// Full leaves room for so many bytes more.
func (f *FS) Full(bytes int64) { f.mu.Lock(); f.free, f.full = bytes, true; f.mu.Unlock() }

// Ops counts the mutating calls so far.
func (f *FS) Ops() int { f.mu.Lock(); defer f.mu.Unlock(); return f.ops }

// Reboot ends this disk's process, as a power cut does, and returns the disk as the next one finds it.
func (f *FS) Reboot(rng *rand.Rand) *FS {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.off = true
	next := New()
	maps.Copy(next.dirs, f.dirs)
	tear := rng.IntN(2) == 0
	for _, name := range slices.Sorted(maps.Keys(f.lasting)) {
		in := f.lasting[name]
		b := slices.Clone(in.lasting)
		if n := len(in.data) - len(b); tear && n > 0 && !in.lost {
			// Some of what was written got there, the last of it half, blocks of it not at all.
			tail := slices.Clone(in.data[len(b):][:rng.IntN(n+1)])
			if len(tail) > 0 && rng.IntN(2) == 0 {
				tail[rng.IntN(len(tail))] ^= 1 << rng.IntN(8)
			}
			if len(tail) > 512 && rng.IntN(2) == 0 {
				at := rng.IntN(len(tail)-511) &^ 511
				clear(tail[at : at+512])
			}
			b = append(b, tail...)
		}
		n := &inode{data: b, lasting: b[:len(b):len(b)]}
		next.entries[name], next.lasting[name] = n, n
	}
	return next
}

// change counts a mutating call; the lock is held.
func (f *FS) change() error {
	if f.off {
		return ErrCut
	}
	f.ops++
	if f.cutIn > 0 {
		if f.cutIn--; f.cutIn == 0 {
			f.off = true
			return ErrCut
		}
	}
	return nil
}

// Open implements log.FS.
func (f *FS) Open(name string, create bool) (log.File, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	in := f.entries[name]
	switch {
	case f.off:
		return nil, ErrCut
	case in == nil && !create:
		return nil, fmt.Errorf("open %s: %w", name, os.ErrNotExist)
	case in != nil && create:
		return nil, fmt.Errorf("create %s: %w", name, os.ErrExist)
	}
	if create {
		if err := f.change(); err != nil {
			return nil, err
		}
		in = &inode{}
		f.entries[name] = in
	}
	return &file{f, in}, nil
}

// Rename implements log.FS.
func (f *FS) Rename(from, to string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := f.change(); err != nil {
		return err
	}
	in := f.entries[from]
	if in == nil {
		return fmt.Errorf("rename %s: %w", from, os.ErrNotExist)
	}
	delete(f.entries, from)
	f.entries[to] = in
	return nil
}

// Remove implements log.FS.
func (f *FS) Remove(name string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := f.change(); err != nil {
		return err
	}
	if f.entries[name] == nil {
		return fmt.Errorf("remove %s: %w", name, os.ErrNotExist)
	}
	delete(f.entries, name)
	return nil
}

// List implements log.FS.
func (f *FS) List(dir string) ([]string, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.off {
		return nil, ErrCut
	}
	if !f.dirs[filepath.Clean(dir)] {
		return nil, fmt.Errorf("list %s: %w", dir, os.ErrNotExist)
	}
	var names []string
	for name := range f.entries {
		if filepath.Dir(name) == filepath.Clean(dir) {
			names = append(names, filepath.Base(name))
		}
	}
	slices.Sort(names)
	return names, nil
}

// MkdirAll implements log.FS.
func (f *FS) MkdirAll(dir string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := f.change(); err != nil {
		return err
	}
	for d := filepath.Clean(dir); !f.dirs[d]; d = filepath.Dir(d) {
		f.dirs[d] = true
	}
	return nil
}

// SyncDir implements log.FS.
func (f *FS) SyncDir(dir string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if err := f.change(); err != nil {
		return err
	}
	in := func(name string) bool { return filepath.Dir(name) == filepath.Clean(dir) }
	maps.DeleteFunc(f.lasting, func(name string, _ *inode) bool { return in(name) })
	for name, i := range f.entries {
		if in(name) {
			f.lasting[name] = i
		}
	}
	return nil
}

type unlock struct {
	f   *FS
	dir string
}

func (u unlock) Close() error {
	u.f.mu.Lock()
	defer u.f.mu.Unlock()
	delete(u.f.locked, u.dir)
	return nil
}

// Lock implements log.FS.
func (f *FS) Lock(dir string) (io.Closer, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.locked[dir] {
		return nil, fmt.Errorf("%s is held by another process", dir)
	}
	f.locked[dir] = true
	return unlock{f, dir}, nil
}

type file struct {
	fs *FS
	in *inode
}

func (x *file) ReadAt(p []byte, off int64) (int, error) {
	x.fs.mu.Lock()
	defer x.fs.mu.Unlock()
	if x.fs.off {
		return 0, ErrCut
	}
	if off >= int64(len(x.in.data)) {
		return 0, io.EOF
	}
	n := copy(p, x.in.data[off:])
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

func (x *file) Write(p []byte) (int, error) {
	x.fs.mu.Lock()
	defer x.fs.mu.Unlock()
	off := x.fs.off
	if err := x.fs.change(); err != nil {
		if !off { // the power failed while writing: some of it may have got there
			x.in.data = append(x.in.data, p...)
		}
		return 0, err
	}
	if x.fs.full && int64(len(p)) > x.fs.free {
		n := int(max(0, x.fs.free))
		x.in.data = append(x.in.data, p[:n]...)
		x.fs.free = 0
		return n, syscall.ENOSPC
	}
	x.fs.free -= int64(len(p))
	x.in.data = append(x.in.data, p...)
	return len(p), nil
}

func (x *file) Sync() error {
	x.fs.mu.Lock()
	defer x.fs.mu.Unlock()
	if err := x.fs.change(); err != nil {
		return err
	}
	if x.fs.syncs > 0 {
		if x.fs.syncs--; x.fs.syncs == 0 {
			x.in.lost = true
			return ErrSync
		}
	}
	if !x.in.lost {
		x.in.lasting = x.in.data[:len(x.in.data):len(x.in.data)]
	}
	return nil
}

func (x *file) Truncate(size int64) error {
	x.fs.mu.Lock()
	defer x.fs.mu.Unlock()
	if err := x.fs.change(); err != nil {
		return err
	}
	x.in.data = slices.Clone(x.in.data[:size]) // what lasts until the next sync stays as it is
	return nil
}

func (x *file) Size() (int64, error) {
	x.fs.mu.Lock()
	defer x.fs.mu.Unlock()
	return int64(len(x.in.data)), nil
}

func (x *file) Close() error { return nil }
