package log_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"citybrain/bench/twin/faultfs"
	"citybrain/twin/log"
)

func open(t testing.TB, fs log.FS) *log.Disk {
	t.Helper()
	d, err := log.OpenDisk("/d", log.DiskOptions{FS: fs, SegmentBytes: 2000})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func read(t testing.TB, d *log.Disk, from log.Position) map[log.Position]string {
	t.Helper()
	got := map[log.Position]string{}
	next := from
	for r, err := range d.Read(from) {
		if err != nil {
			t.Fatal(err)
		}
		if r.Position != next {
			t.Fatalf("position %d, want %d", r.Position, next)
		}
		next++
		got[r.Position] = string(r.Payload)
	}
	return got
}

func TestWhatIsAppendedIsReadBackAcrossSegmentsAndReopening(t *testing.T) {
	fs := faultfs.New()
	d := open(t, fs)
	var mu sync.Mutex
	want := map[log.Position]string{}
	var wg sync.WaitGroup
	for w := range 4 {
		wg.Go(func() {
			for i := range 50 {
				s := fmt.Sprintf("batch %d of %d", i, w)
				p, err := d.Append([]byte(s))
				if err != nil {
					t.Error(err)
					return
				}
				mu.Lock()
				want[p] = s
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	check := func(d *log.Disk) {
		t.Helper()
		got := read(t, d, 1)
		for p, s := range want {
			if got[p] != s {
				t.Fatalf("position %d: %q, want %q", p, got[p], s)
			}
		}
		if got := read(t, d, 150); len(got) < 51 || got[150] != want[150] {
			t.Fatalf("from 150: %d batches", len(got))
		}
	}
	check(d)
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := d.Append(nil); !errors.Is(err, log.ErrClosed) {
		t.Errorf("append after close: %v", err)
	}
	d = open(t, fs)
	if names, _ := fs.List("/d"); len(names) < 3 {
		t.Errorf("segments %v: want several", names)
	}
	check(d)
	d.Close()
	d, err := log.OpenDisk("/d", log.DiskOptions{FS: fs, SegmentBytes: 2000, Trusted: 190})
	if err != nil {
		t.Fatal(err)
	}
	check(d)
	d.Close()
}

// Whenever the power fails, what was acknowledged is there afterwards, and what is there is a prefix of what was submitted.
func TestPowerCutsLoseNothingAcknowledged(t *testing.T) {
	for seed := range uint64(400) {
		rng := rand.New(rand.NewPCG(seed, 1))
		fs := faultfs.New()
		acked := map[log.Position]string{}
		for boot := range 4 {
			fs.CutAfter(1 + rng.IntN(60))
			if d, err := log.OpenDisk("/d", log.DiskOptions{FS: fs, SegmentBytes: 3000}); err == nil {
				for i := range 60 {
					a := fmt.Sprintf("%d-%d-%s", boot, i, strings.Repeat("x", rng.IntN(900)))
					t1, err1 := d.Submit([]byte(a))
					t2, err2 := d.Submit([]byte(a + "+"))
					if err1 == nil && t1.Wait() == nil {
						acked[t1.Position] = a
					}
					if err2 == nil && t2.Wait() == nil {
						acked[t2.Position] = a + "+"
					}
				}
				d.Close()
			} else if !errors.Is(err, faultfs.ErrCut) {
				t.Fatalf("seed %d boot %d: %v", seed, boot, err)
			}
			fs = fs.Reboot(rng)
		}
		d := open(t, fs)
		got := read(t, d, 1)
		for p, s := range acked {
			if got[p] != s {
				t.Fatalf("seed %d: position %d was acknowledged and is lost", seed, p)
			}
		}
		d.Close()
	}
}

func TestAFailedSyncEndsAcknowledgement(t *testing.T) {
	fs := faultfs.New()
	d := open(t, fs)
	if _, err := d.Append([]byte("good")); err != nil {
		t.Fatal(err)
	}
	fs.FailSync(1)
	for range 3 {
		if _, err := d.Append([]byte("bad")); !errors.Is(err, log.ErrPoisoned) || !errors.Is(err, faultfs.ErrSync) {
			t.Fatalf("append after a failed sync: %v", err)
		}
	}
	if got := read(t, d, 1); len(got) != 1 {
		t.Errorf("%d batches can be read, want the acknowledged one", len(got))
	}
	d.Close()
	d = open(t, fs.Reboot(rand.New(rand.NewPCG(1, 1))))
	if got := read(t, d, 1); len(got) != 1 || got[1] != "good" {
		t.Errorf("after reboot: %v", got)
	}
	d.Close()
}

func TestAFullDiskIsSaidAndLosesNothing(t *testing.T) {
	fs := faultfs.New()
	d := open(t, fs)
	fs.Full(500)
	n := 0
	for {
		if _, err := d.Append([]byte(strings.Repeat("y", 80))); err != nil {
			if !errors.Is(err, syscall.ENOSPC) {
				t.Fatal(err)
			}
			break
		}
		n++
	}
	d.Close()
	fs.Full(1 << 30)
	d = open(t, fs)
	if d.TornBytes() == 0 {
		t.Error("the batch that did not fit was not cut off")
	}
	if got := read(t, d, 1); n == 0 || len(got) != n {
		t.Errorf("%d batches, %d were acknowledged", len(got), n)
	}
	if _, err := d.Append([]byte("again")); err != nil {
		t.Error(err)
	}
	d.Close()
}

// Damage to what was acknowledged is an error with file and offset; damage to the last unacknowledged write is cut off.
func TestDamageIsToldFromATornTail(t *testing.T) {
	dir := t.TempDir()
	d, err := log.OpenDisk(dir, log.DiskOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 5 {
		if _, err := d.Append([]byte(fmt.Sprintf("batch %d", i))); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := log.OpenDisk(dir, log.DiskOptions{}); err == nil {
		t.Error("two processes may write one log")
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "00000000000000000001.log")
	sound, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	const frame = 24 + len("batch 0")
	for i := range 5 {
		b := append([]byte(nil), sound...)
		at := 32 + i*frame
		b[at+frame-1] ^= 4
		if err := os.WriteFile(path, b, 0o640); err != nil {
			t.Fatal(err)
		}
		_, err := log.OpenDisk(dir, log.DiskOptions{})
		var c *log.CorruptError
		if !errors.As(err, &c) || c.File != path || c.Offset != int64(at) {
			t.Errorf("batch %d damaged: %v", i, err)
		}
	}
	if err := os.WriteFile(path, append(append([]byte(nil), sound...), 9, 9, 9), 0o640); err != nil {
		t.Fatal(err)
	}
	d, err = log.OpenDisk(dir, log.DiskOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if d.TornBytes() != 3 || len(read(t, d, 1)) != 6 {
		t.Errorf("%d bytes cut, want 3", d.TornBytes())
	}
	d.Close()
}

// FuzzOpen opens a log with any bytes behind a sound batch: the batch is there or the damage is named, and nothing panics.
func FuzzOpen(f *testing.F) {
	f.Add([]byte{})
	f.Add([]byte{200, 0, 0, 0, 1, 2, 3})
	f.Add(make([]byte, 64))
	f.Fuzz(func(t *testing.T, tail []byte) {
		fs := faultfs.New()
		d := open(t, fs)
		if _, err := d.Append([]byte("sound")); err != nil {
			t.Fatal(err)
		}
		d.Close()
		x, err := fs.Open("/d/00000000000000000001.log", false)
		if err != nil {
			t.Fatal(err)
		}
		x.Write(tail)
		d, err = log.OpenDisk("/d", log.DiskOptions{FS: fs, SegmentBytes: 2000})
		if err != nil {
			var c *log.CorruptError
			if !errors.As(err, &c) {
				t.Fatal(err)
			}
			return
		}
		if got := read(t, d, 1); got[1] != "sound" {
			t.Fatalf("%v", got)
		}
		d.Close()
	})
}
