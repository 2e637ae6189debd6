package twin

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"citybrain/twin/log"
)

// filled opens a twin in dir with some branches and a checkpoint in the middle.
func filled(t *testing.T, dir string) *Twin {
	t.Helper()
	tw, err := Open(dir, Options{Clock: clock(), CheckpointBytes: -1, SegmentBytes: 4000})
	if err != nil {
		t.Fatal(err)
	}
	put := func(b *Branch, i int) {
		if _, err := b.Apply(Set(fmt.Sprintf("urn:ngsi-ld:T:%d", i%40), "T", Number("a", float64(i), "", t0.Add(time.Duration(i)*time.Second)), Text("b", strings.Repeat("x", i%50), t0))); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 100 {
		put(tw.Main(), i)
	}
	idea, err := tw.Main().Fork("idea", ForkOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 50 {
		put(idea, 3*i)
	}
	if _, err := tw.Checkpoint(); err != nil {
		t.Fatal(err)
	}
	for i := range 100 {
		put(tw.Main(), 2*i)
	}
	if err := tw.Main().SetField("depth", "a", t0, []float32{1, 2, 3}); err != nil {
		t.Fatal(err)
	}
	return tw
}

func closed(t *testing.T, tw *Twin) {
	t.Helper()
	if err := tw.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestABackupIsTheFolder(t *testing.T) {
	dir, copied := filepath.Join(t.TempDir(), "data"), filepath.Join(t.TempDir(), "copy")
	tw := filled(t, dir)
	want := contents(t, tw)
	// While the twin is written to: the backup holds at least what was acknowledged before it began.
	acknowledged := tw.Main().Position()
	var b bytes.Buffer
	var wg sync.WaitGroup
	stop := make(chan struct{})
	wg.Go(func() {
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			default:
			}
			if _, err := tw.Main().Apply(Set("urn:ngsi-ld:T:later", "T", Number("a", float64(i), "", t0))); err != nil {
				t.Error(err)
				return
			}
		}
	})
	for tw.Main().Position() < acknowledged+20 {
		time.Sleep(time.Millisecond)
	}
	m, err := Backup(dir, &b)
	close(stop)
	wg.Wait()
	if err != nil {
		t.Fatal(err)
	}
	if m.Position < acknowledged || len(m.Parts) < 3 {
		t.Errorf("up to %d, %d was acknowledged; parts %v", m.Position, acknowledged, m.Parts)
	}
	got, err := Restore(bytes.NewReader(b.Bytes()), copied)
	if err != nil || got.Position != m.Position {
		t.Fatalf("%+v %v", got, err)
	}
	c, err := Check(copied)
	if err != nil || len(c.Damage) > 0 || c.Position != m.Position || c.Checkpoint == nil || !c.Checkpoint.Agrees || c.Torn != 0 {
		t.Fatalf("%+v %v", c, err)
	}
	again, err := Open(copied, Options{Clock: clock()})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := again.Main().Apply(Delete("urn:ngsi-ld:T:later")); err != nil {
		t.Fatal(err)
	}
	for k, v := range contents(t, again) {
		if strings.HasPrefix(k, "idea") && v != want[k] {
			t.Errorf("%s: %s, want %s", k, v, want[k])
		}
	}
	e, ok := again.Main().Snapshot().Get("urn:ngsi-ld:T:6")
	v, _ := e.Number("a")
	w, _ := tw.Main().Snapshot().Get("urn:ngsi-ld:T:6")
	if is, _ := w.Number("a"); !ok || v != is {
		t.Errorf("entity 6 has %g, want %g", v, is)
	}
	closed(t, again)
	if _, err := Check(dir); err == nil || !strings.Contains(err.Error(), "held by another process") {
		t.Errorf("a folder in use was checked: %v", err)
	}
	if _, err := Open(dir, Options{Clock: clock()}); err == nil || !strings.Contains(err.Error(), "held by another process") {
		t.Errorf("a folder in use was opened: %v", err)
	}
	closed(t, tw)

	// Any byte of a part counts, and any byte that is missing.
	for _, at := range []int{600, b.Len() / 3, b.Len() / 2} {
		bad := bytes.Clone(b.Bytes())
		bad[at] ^= 1
		if _, err := Restore(bytes.NewReader(bad), filepath.Join(t.TempDir(), "x")); err == nil {
			t.Errorf("a changed byte at %d was restored", at)
		}
		if _, err := Restore(bytes.NewReader(b.Bytes()[:at]), filepath.Join(t.TempDir(), "x")); err == nil {
			t.Errorf("the first %d bytes were restored", at)
		}
	}
	if _, err := Restore(bytes.NewReader(b.Bytes()), copied); err == nil {
		t.Error("a folder was overwritten")
	}
}

func TestCheckFindsDamage(t *testing.T) {
	flip := func(t *testing.T, path string, at int64) {
		t.Helper()
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if at < 0 {
			at += int64(len(b))
		}
		b[at] ^= 0x10
		if err := os.WriteFile(path, b, 0o640); err != nil {
			t.Fatal(err)
		}
	}
	segments := func(t *testing.T, dir string) []string {
		t.Helper()
		list, err := filepath.Glob(filepath.Join(dir, "log", "*.log"))
		if err != nil || len(list) < 3 {
			t.Fatalf("%v %v", list, err)
		}
		return list
	}
	checkpoint := func(t *testing.T, dir string) string {
		t.Helper()
		list, err := filepath.Glob(filepath.Join(dir, "*.checkpoint"))
		if err != nil || len(list) != 1 {
			t.Fatalf("%v %v", list, err)
		}
		return list[0]
	}
	for _, c := range []struct {
		name    string
		damage  func(t *testing.T, dir string)
		places  int
		file    string // of the first place
		reason  string
		records bool // all whole records behind it are read
	}{
		{"none", func(*testing.T, string) {}, 0, "", "", true},
		{"two records", func(t *testing.T, dir string) { flip(t, segments(t, dir)[1], 60); flip(t, segments(t, dir)[2], 700) }, 2, ".log", "checksum", true},
		{"a segment's header", func(t *testing.T, dir string) { flip(t, segments(t, dir)[1], 9) }, 1, ".log", "header checksum", true},
		{"a segment is gone", func(t *testing.T, dir string) {
			if err := os.Remove(segments(t, dir)[1]); err != nil {
				t.Fatal(err)
			}
		}, 1, ".log", "missing", false},
		{"the checkpoint", func(t *testing.T, dir string) { flip(t, checkpoint(t, dir), 500) }, 1, ".checkpoint", "SHA-256", true},
		{"the log's end is gone", func(t *testing.T, dir string) {
			for _, s := range segments(t, dir)[1:] {
				if err := os.Remove(s); err != nil {
					t.Fatal(err)
				}
			}
		}, 1, "log", "before its checkpoint", false},
		{"a torn tail", func(t *testing.T, dir string) {
			list := segments(t, dir)
			f, err := os.OpenFile(list[len(list)-1], os.O_APPEND|os.O_WRONLY, 0)
			if err == nil {
				_, err = f.Write([]byte("half a frame"))
			}
			if err != nil {
				t.Fatal(err)
			}
			f.Close()
		}, 0, "", "", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "data")
			tw := filled(t, dir)
			closed(t, tw)
			clean, err := Check(dir)
			if err != nil || len(clean.Damage) > 0 || clean.State == "" || !clean.Checkpoint.Agrees {
				t.Fatalf("before: %+v %v", clean, err)
			}
			if want := fmt.Sprintf("%x", Hash(tw.Main().Snapshot())); clean.State != want {
				t.Fatalf("state %s, want %s", clean.State, want)
			}
			c.damage(t, dir)
			r, err := Check(dir)
			if err != nil {
				t.Fatal(err)
			}
			if len(r.Damage) != c.places {
				t.Fatalf("damage %+v", r.Damage)
			}
			if c.places > 0 && (!strings.HasSuffix(r.Damage[0].File, c.file) || !strings.Contains(r.Damage[0].Reason, c.reason) || r.Damage[0].Remedy == "") {
				t.Errorf("%+v", r.Damage[0])
			}
			if c.records && clean.Records-r.Records > c.places {
				t.Errorf("%d of %d records read", r.Records, clean.Records)
			}
			if (c.name == "a torn tail") != (r.Torn > 0) {
				t.Errorf("torn %d", r.Torn)
			}
			if c.places == 0 && r.State != clean.State {
				t.Errorf("state %s, was %s", r.State, clean.State)
			}
			// Opening agrees with the verdict: what is sound opens.
			if again, err := Open(dir, Options{Clock: clock()}); err == nil {
				closed(t, again)
			} else if c.places == 0 {
				t.Error(err)
			}
		})
	}
}

// A checkpoint that is whole but says something else than the log is damage.
func TestCheckComparesTheCheckpointWithTheLog(t *testing.T) {
	dir, other := filepath.Join(t.TempDir(), "a"), filepath.Join(t.TempDir(), "b")
	closed(t, filled(t, dir))
	tw, err := Open(other, Options{Clock: clock(), CheckpointBytes: -1})
	if err != nil {
		t.Fatal(err)
	}
	name, err := newestCheckpoint(log.OS{}, dir)
	if err != nil {
		t.Fatal(err)
	}
	pos, _ := checkpointPosition(name)
	for i := range pos {
		if _, err := tw.Main().Apply(Set("urn:ngsi-ld:T:1", "T", Number("a", float64(i), "", t0))); err != nil {
			t.Fatal(err)
		}
	}
	if at, err := tw.Checkpoint(); err != nil || at != pos {
		t.Fatalf("%d %v", at, err)
	}
	closed(t, tw)
	b, err := os.ReadFile(filepath.Join(other, name))
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, name), b, 0o640)
	}
	if err != nil {
		t.Fatal(err)
	}
	c, err := Check(dir)
	if err != nil || len(c.Damage) != 1 || c.Checkpoint.Agrees {
		t.Fatalf("%+v %v", c, err)
	}
}
