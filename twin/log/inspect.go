package log

import (
	"fmt"
	"path/filepath"
)

// An Inspection is what reading a log's files found. Nothing was changed.
type Inspection struct {
	Files    []InspectedFile
	Last     Position // of the last whole frame; 0 if there is none
	Declared Position // the highest that a whole frame declares durable
	Torn     int64    // bytes of an unfinished tail, which nothing declares durable: what the next OpenDisk cuts off
	Damage   []*CorruptError
}

// An InspectedFile is one segment.
type InspectedFile struct {
	Name  string
	First Position
	Bytes int64
}

// Inspected is a whole frame and where it stands.
type Inspected struct {
	Record
	File        string // the segment's base name
	Offset, End int64
}

// Inspect reads every frame of the log in dir, checks it and hands it to visit in order. It does not stop at damage: it goes on
// with the next whole frame behind it. It takes no lock and changes nothing, so that it may read beside a writer: a tail that
// is being written counts as Torn. An error is one of reading, or of visit.
func Inspect(fs FS, dir string, visit func(Inspected) error) (Inspection, error) {
	var in Inspection
	names, err := fs.List(dir)
	if err != nil {
		return in, fmt.Errorf("inspect log %s: %w", dir, err)
	}
	for _, n := range names {
		if first, ok := segmentFirst(n); ok {
			in.Files = append(in.Files, InspectedFile{Name: n, First: first})
		}
	}
	next := Position(1)
	for i := range in.Files {
		k := &in.Files[i]
		path := filepath.Join(dir, k.Name)
		if k.First != next {
			in.Damage = append(in.Damage, &CorruptError{path, 0, fmt.Sprintf("segment starts at position %d, want %d: a segment, or the end of the one before, is missing", k.First, next)})
			next = k.First
		}
		b, err := inspectFile(fs, path)
		if err != nil {
			return in, err
		}
		k.Bytes = int64(len(b))
		last := i == len(in.Files)-1
		off := headerLen
		if at, err := parseHeader(b); err != nil || at != k.First {
			if err == nil {
				err = fmt.Errorf("header says position %d, the name %d", at, k.First)
			}
			if last && !declaredSynced(b, k.First) {
				in.Torn = int64(len(b))
				break
			}
			in.Damage = append(in.Damage, &CorruptError{path, 0, err.Error()})
			off = min(off, len(b))
		}
		for off < len(b) {
			fr, reason := parseFrame(b[off:])
			if reason == "" && fr.pos != next {
				reason = fmt.Sprintf("frame has position %d, want %d", fr.pos, next)
			}
			if reason == "" {
				in.Last, in.Declared = fr.pos, max(in.Declared, fr.synced)
				if err := visit(Inspected{Record{fr.pos, fr.payload}, k.Name, int64(off), int64(off + fr.size)}); err != nil {
					return in, err
				}
				next++
				off += fr.size
				continue
			}
			if last && !declaredSynced(b[off:], next) {
				in.Torn = int64(len(b) - off)
				break
			}
			in.Damage = append(in.Damage, &CorruptError{path, int64(off), reason})
			skip, pos := wholeBehind(b[off:], next)
			if skip < 0 {
				break // the next segment says where it goes on
			}
			off += skip
			next = pos
		}
	}
	return in, nil
}

// wholeBehind looks behind damage for the next whole frame of a later position; -1 if there is none.
func wholeBehind(b []byte, want Position) (int, Position) {
	for i := 1; i+frameLen <= len(b); i++ {
		if f, reason := parseFrame(b[i:]); reason == "" && f.pos >= want && f.pos-want < 1<<24 && f.synced < f.pos {
			return i, f.pos
		}
	}
	return -1, 0
}

func inspectFile(fs FS, path string) ([]byte, error) {
	f, err := fs.Open(path, false)
	if err != nil {
		return nil, fmt.Errorf("inspect log: %w", err)
	}
	b, err := readAll(f)
	if e := f.Close(); err == nil {
		err = e
	}
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	return b, nil
}
