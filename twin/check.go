package twin

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"citybrain/twin/log"
)

// A Checkup is what Check found in a twin's folder.
type Checkup struct {
	Position   Position         `json:"position"` // of the last whole record
	Records    int              `json:"records"`
	Files      int              `json:"files"` // of the log
	Bytes      int64            `json:"bytes"`
	Torn       int64            `json:"torn_bytes"` // of a tail that was never acknowledged; the next opening cuts it off
	State      string           `json:"state_hash"` // of main at Position, from the log alone; "" if damage hides it
	Checkpoint *CheckedSnapshot `json:"checkpoint"` // nil: there is none
	Damage     []Damage         `json:"damage"`
}

// A CheckedSnapshot is a checkpoint compared with the log that it stands for.
type CheckedSnapshot struct {
	File     string   `json:"file"`
	Position Position `json:"position"`
	State    string   `json:"state_hash"` // of main
	Agrees   bool     `json:"agrees"`
}

// Damage is one place where a folder is not what was acknowledged.
type Damage struct {
	File   string `json:"file"`
	Offset int64  `json:"offset"`
	Reason string `json:"reason"`
	Remedy string `json:"remedy"`
}

// The remedies.
const (
	fromBackup = "restore the folder from a backup"
	noShortcut = "remove this file: the log alone has all of it"
)

// Check reads a twin's folder to the last byte: the checksum of every record, that each can be applied, and that the checkpoint
// holds on every edited branch the state that the log leads to. What history keeps in memory is not compared. It changes nothing,
// and holds the folder's lock meanwhile: a folder in use is an error. An error means that it could not be read; damage is in
// the Checkup.
func Check(dir string) (c *Checkup, err error) {
	fs := log.OS{}
	logs := filepath.Join(dir, "log")
	lock, err := lockFolder(fs, dir)
	if err != nil {
		return nil, fmt.Errorf("check %s: %w", dir, err)
	}
	defer func() {
		if e := lock.Close(); err == nil {
			err = e
		}
	}()
	c = &Checkup{Damage: []Damage{}}
	clock := func() time.Time { return time.Time{} }
	// The checkpoint first: when the log has come to its position, its branches' states are compared.
	short := New(Options{Clock: clock})
	name, err := newestCheckpoint(fs, dir)
	if err != nil {
		return nil, fmt.Errorf("check %s: %w", dir, err)
	}
	sound := false
	if name != "" {
		path := filepath.Join(dir, name)
		pos, _ := checkpointPosition(name)
		c.Checkpoint = &CheckedSnapshot{File: path, Position: pos}
		if _, err := short.loadCheckpoint(dir); err != nil {
			c.Damage = append(c.Damage, Damage{path, 0, err.Error(), noShortcut})
		} else {
			sound = true
			c.Checkpoint.State = stateHash(short.main)
		}
	}
	long := New(Options{Clock: clock, Retain: func(string) int { return 1 }})
	r := replayer{long, map[string]string{}, map[string]*owner{}}
	whole := true // the log has no damage so far
	compare := func(at Position) {
		if sound && whole && c.Checkpoint.Position == at {
			if why := differ(long, short); why != "" {
				c.Damage = append(c.Damage, Damage{c.Checkpoint.File, 0, why, noShortcut})
			} else {
				c.Checkpoint.Agrees = true
			}
			short = nil
		}
	}
	compare(0)
	in, err := log.Inspect(fs, logs, func(f log.Inspected) error {
		c.Records++
		if whole && Position(f.Position) != c.Position+1 {
			whole = false
		}
		c.Position = Position(f.Position)
		if !whole {
			return nil
		}
		if err := r.record(c.Position, f.Payload); err != nil {
			whole = false
			c.Damage = append(c.Damage, Damage{filepath.Join(logs, f.File), f.Offset, fmt.Sprintf("record at position %d can't be applied: %v", f.Position, err), fromBackup})
		}
		compare(c.Position)
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("check %s: %w", dir, err)
	}
	c.Files, c.Torn = len(in.Files), in.Torn
	for _, f := range in.Files {
		c.Bytes += f.Bytes
	}
	for _, d := range in.Damage {
		c.Damage = append(c.Damage, Damage{d.File, d.Offset, d.Reason, fromBackup})
	}
	if c.Checkpoint != nil && c.Position < c.Checkpoint.Position {
		c.Damage = append(c.Damage, Damage{logs, 0, fmt.Sprintf("the log ends at position %d, before its checkpoint at %d", c.Position, c.Checkpoint.Position), fromBackup})
	}
	if whole && len(in.Damage) == 0 {
		c.State = stateHash(long.main)
	}
	return c, nil
}

func stateHash(b *Branch) string { return fmt.Sprintf("%x", Hash(Snapshot{st: b.pending, b: b})) }

// differ says how the edited branches of two twins differ, "" if they don't.
func differ(long, short *Twin) string {
	list := short.edited()
	if n := len(long.edited()); n != len(list) {
		return fmt.Sprintf("it holds %d branches, the log makes %d", len(list), n)
	}
	for _, b := range list {
		l := long.branches[b.name]
		if l == nil || l.kind != Edited {
			return fmt.Sprintf("it holds branch %q, which the log does not make", b.name)
		}
		if is, want := stateHash(b), stateHash(l); is != want {
			return fmt.Sprintf("its state of branch %s has hash %s, the log leads to %s", b.name, is, want)
		}
	}
	return ""
}

// lockFolder keeps others from a twin's folder; what is no such folder is an error.
func lockFolder(fs log.FS, dir string) (io.Closer, error) {
	logs := filepath.Join(dir, "log")
	if _, err := fs.List(logs); err != nil {
		if errors.Is(err, os.ErrNotExist) {
			return nil, fmt.Errorf("there is no log in %s; give the folder of a run with --data", dir)
		}
		return nil, err
	}
	return fs.Lock(logs)
}

// newestCheckpoint returns the name of dir's newest checkpoint, "" if there is none.
func newestCheckpoint(fs log.FS, dir string) (string, error) {
	names, err := fs.List(dir)
	if err != nil {
		return "", err
	}
	name, pos := "", Position(0)
	for _, n := range names {
		if p, ok := checkpointPosition(n); ok && p >= pos {
			name, pos = n, p
		}
	}
	return name, nil
}
