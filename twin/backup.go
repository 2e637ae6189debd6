package twin

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"citybrain/twin/log"
)

// A backup is a tar file: the parts of a twin's folder up to one position of the log, then manifest.json with the position and
// the SHA-256 of every part. Because the manifest is the last entry, a file that was cut off has none and is refused.
const (
	manifestName    = "manifest.json"
	manifestVersion = 1
)

// A Manifest is what a backup holds.
type Manifest struct {
	Version  int      `json:"version"`
	Position Position `json:"position"` // all that was acknowledged up to it
	Parts    []Part   `json:"parts"`
}

// A Part is one file of a backup.
type Part struct {
	Name   string `json:"name"` // below the folder, with slashes
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"`
}

// Backup writes all of the folder dir that is durable to w: the log, the checkpoint and what else lies there, such as accounts.
// It only reads, and may run beside the server that writes: it ends at the last position that the log's own files say is
// acknowledged, or, when nobody has the folder, at the log's end. A damaged log is an error: a backup of it would be one too.
func Backup(dir string, w io.Writer) (m *Manifest, err error) {
	disk := log.OS{}
	logs := filepath.Join(dir, "log")
	if _, err := disk.List(logs); err != nil {
		if errors.Is(err, os.ErrNotExist) {
			err = fmt.Errorf("there is no log in it; give the folder of a run with --data")
		}
		return nil, fmt.Errorf("back up %s: %w", dir, err)
	}
	// Whoever has the lock writes; without one, the whole log counts, as it does for Open.
	lock, busy := disk.Lock(logs)
	if busy == nil {
		defer func() {
			if e := lock.Close(); err == nil {
				err = e
			}
		}()
	}
	check, name, err := openCheckpoint(disk, dir)
	if err != nil {
		return nil, fmt.Errorf("back up %s: %w", dir, err)
	}
	if check != nil {
		defer check.Close() // it was only read
	}
	type end struct {
		pos Position
		off int64
	}
	ends := map[string][]end{} // of each segment: where frames end, from the last one known durable on
	in, err := log.Inspect(disk, logs, func(f log.Inspected) error {
		ends[f.File] = append(ends[f.File], end{Position(f.Position), f.End})
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("back up %s: %w", dir, err)
	}
	if len(in.Damage) > 0 {
		return nil, fmt.Errorf("back up %s: %w; citybrain fsck lists all damage", dir, in.Damage[0])
	}
	upTo := Position(in.Last)
	if busy != nil {
		upTo = Position(in.Declared)
		if p, ok := checkpointPosition(name); ok {
			upTo = max(upTo, p) // it is written only when the log is durable up to there
		}
	}
	if p, _ := checkpointPosition(name); p > Position(in.Last) {
		return nil, fmt.Errorf("back up %s: the log ends at position %d, before its checkpoint at %d: acknowledged batches are missing", dir, in.Last, p)
	}
	b := &archive{tar: tar.NewWriter(w), m: &Manifest{Version: manifestVersion, Position: upTo}}
	if check != nil {
		size, err := check.Size()
		if err != nil {
			return nil, fmt.Errorf("back up %s: %w", name, err)
		}
		b.add(name, io.NewSectionReader(check, 0, size), size)
	}
	for _, k := range in.Files {
		size := int64(-1)
		for _, e := range ends[k.Name] {
			if e.pos <= upTo {
				size = e.off
			}
		}
		if size > 0 {
			b.file(dir, "log/"+k.Name, size)
		}
	}
	b.others(dir)
	if err := b.finish(); err != nil {
		return nil, fmt.Errorf("back up %s: %w", dir, err)
	}
	return b.m, nil
}

// openCheckpoint opens the newest checkpoint; nil if there is none. Once open, it may be replaced: its bytes stay.
func openCheckpoint(disk log.FS, dir string) (log.File, string, error) {
	for {
		name, err := newestCheckpoint(disk, dir)
		if err != nil || name == "" {
			return nil, "", err
		}
		f, err := disk.Open(filepath.Join(dir, name), false)
		if errors.Is(err, os.ErrNotExist) {
			continue // a newer one has just taken its place
		}
		return f, name, err
	}
}

// archive writes parts; the first error stays.
type archive struct {
	tar *tar.Writer
	m   *Manifest
	err error
}

func (b *archive) add(name string, r io.Reader, size int64) {
	if b.err != nil {
		return
	}
	b.err = b.tar.WriteHeader(&tar.Header{Name: name, Mode: 0o640, Size: size, Typeflag: tar.TypeReg, Format: tar.FormatPAX})
	if b.err != nil {
		return
	}
	sum := sha256.New()
	if _, err := io.CopyN(io.MultiWriter(b.tar, sum), r, size); err != nil {
		b.err = fmt.Errorf("%s: %w", name, err)
		return
	}
	b.m.Parts = append(b.m.Parts, Part{name, size, hex.EncodeToString(sum.Sum(nil))})
}

// file adds the first size bytes of a file below dir, all when size is negative.
func (b *archive) file(dir, name string, size int64) {
	if b.err != nil {
		return
	}
	f, err := os.Open(filepath.Join(dir, filepath.FromSlash(name)))
	if err != nil {
		b.err = err
		return
	}
	defer f.Close() // it was only read
	if size < 0 {
		st, err := f.Stat()
		if err != nil {
			b.err = err
			return
		}
		size = st.Size()
	}
	b.add(name, f, size)
}

// others adds what is neither log nor checkpoint nor half-written.
func (b *archive) others(dir string) {
	if b.err != nil {
		return
	}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(dir, path)
		if err != nil {
			return err
		}
		if d.IsDir() {
			if rel == "log" {
				return filepath.SkipDir
			}
			return nil
		}
		_, check := checkpointPosition(d.Name())
		if check || rel == manifestName || !d.Type().IsRegular() || strings.HasSuffix(rel, ".tmp") || strings.HasSuffix(rel, ".part") {
			return nil
		}
		b.file(dir, filepath.ToSlash(rel), -1)
		return nil
	})
	if b.err == nil {
		b.err = err
	}
}

func (b *archive) finish() error {
	if b.err != nil {
		return b.err
	}
	body, err := json.MarshalIndent(b.m, "", " ")
	if err != nil {
		return err
	}
	if err := b.tar.WriteHeader(&tar.Header{Name: manifestName, Mode: 0o640, Size: int64(len(body)), Typeflag: tar.TypeReg, Format: tar.FormatPAX}); err != nil {
		return err
	}
	if _, err := b.tar.Write(body); err != nil {
		return err
	}
	return b.tar.Close()
}

// Restore makes the folder dir from a backup. It refuses a folder that holds anything, and a backup of which one byte is not as
// it was written; in both cases dir stays as it was. The folder appears whole or not at all, also when the power fails.
func Restore(r io.Reader, dir string) (m *Manifest, err error) {
	dir = filepath.Clean(dir)
	disk := log.OS{}
	entries, err := os.ReadDir(dir)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("restore to %s: %w", dir, err)
	}
	there := err == nil
	if len(entries) > 0 {
		return nil, fmt.Errorf("restore to %s: it is not empty (%s lies in it); give a new folder", dir, entries[0].Name())
	}
	work := dir + ".restoring"
	if _, err := os.Lstat(work); err == nil {
		return nil, fmt.Errorf("restore to %s: %s was left by a restore that was interrupted; remove it", dir, work)
	}
	if err := disk.MkdirAll(work); err != nil {
		return nil, fmt.Errorf("restore to %s: %w", dir, err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.RemoveAll(work))
		}
	}()
	m, err = unpack(disk, r, work)
	if err != nil {
		return nil, fmt.Errorf("restore to %s: %w", dir, err)
	}
	if there {
		if err := os.Remove(dir); err != nil {
			return nil, fmt.Errorf("restore to %s: %w", dir, err)
		}
	}
	if err = os.Rename(work, dir); err == nil {
		err = disk.SyncDir(filepath.Dir(dir))
	}
	if err != nil {
		return nil, fmt.Errorf("restore to %s: %w", dir, err)
	}
	return m, nil
}

// unpack writes a backup's parts below dir, durably, and compares them with its manifest.
func unpack(disk log.OS, r io.Reader, dir string) (*Manifest, error) {
	type part struct {
		bytes int64
		sum   string
	}
	got := map[string]part{}
	var m *Manifest
	t := tar.NewReader(r)
	for {
		h, err := t.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("the backup is no whole tar file behind %d parts: %w; take another backup", len(got), err)
		}
		if m != nil {
			return nil, fmt.Errorf("%s stands behind the manifest; take another backup", h.Name)
		}
		if h.Name == manifestName {
			body, err := io.ReadAll(io.LimitReader(t, 64<<20))
			if err != nil {
				return nil, fmt.Errorf("manifest: %w", err)
			}
			m = &Manifest{}
			d := json.NewDecoder(bytes.NewReader(body))
			if err := d.Decode(m); err != nil {
				return nil, fmt.Errorf("manifest: %w; take another backup", err)
			}
			if m.Version != manifestVersion {
				return nil, fmt.Errorf("manifest: format version %d, this build reads %d", m.Version, manifestVersion)
			}
			continue
		}
		if _, twice := got[h.Name]; twice || h.Typeflag != tar.TypeReg || !filepath.IsLocal(filepath.FromSlash(h.Name)) {
			return nil, fmt.Errorf("part %q is no file that a backup holds; take another backup", h.Name)
		}
		path := filepath.Join(dir, filepath.FromSlash(h.Name))
		if err := disk.MkdirAll(filepath.Dir(path)); err != nil {
			return nil, err
		}
		sum := sha256.New()
		err = log.WriteFile(disk, filepath.Dir(path), filepath.Base(path), func(w io.Writer) error {
			_, err := io.Copy(io.MultiWriter(w, sum), t)
			return err
		})
		if err != nil {
			return nil, err
		}
		got[h.Name] = part{h.Size, hex.EncodeToString(sum.Sum(nil))}
	}
	if m == nil {
		return nil, fmt.Errorf("the backup has no manifest behind its %d parts: it was cut off, or is no backup; take another", len(got))
	}
	for _, p := range m.Parts {
		g, ok := got[p.Name]
		switch {
		case !ok:
			return nil, fmt.Errorf("part %s is missing; take another backup", p.Name)
		case g.bytes != p.Bytes || g.sum != p.SHA256:
			return nil, fmt.Errorf("part %s has %d bytes and SHA-256 %s, the manifest says %d and %s; take another backup", p.Name, g.bytes, g.sum, p.Bytes, p.SHA256)
		}
		delete(got, p.Name)
	}
	for name := range got {
		return nil, fmt.Errorf("part %s is not in the manifest; take another backup", name)
	}
	return m, nil
}

// BackupFile writes a backup of dir to a new file, which appears when it is whole. A file that is there stays.
func BackupFile(dir, file string) (m *Manifest, err error) {
	if _, err := os.Lstat(file); err == nil {
		return nil, fmt.Errorf("back up to %s: it exists; give another name", file)
	}
	// The file may lie in the folder that it is a copy of; then it must not find itself.
	if rel, err := filepath.Rel(dir, file); err == nil && filepath.IsLocal(rel) {
		return nil, fmt.Errorf("back up to %s: it lies in the folder %s itself; give a place outside", file, dir)
	}
	err = log.WriteFile(log.OS{}, filepath.Dir(file), filepath.Base(file), func(w io.Writer) error {
		m, err = Backup(dir, w)
		return err
	})
	return m, err
}
