package twin

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"citybrain/bench/twin/faultfs"
	"citybrain/twin/log"
)

// contents is all that can be asked of the durable branches of a twin.
func contents(t rapid.TB, tw *Twin) map[string]string {
	t.Helper()
	all := map[string]string{}
	for _, b := range tw.Branches() {
		if b.kind != Edited {
			continue
		}
		s := b.Snapshot()
		all[b.name] = fmt.Sprintf("%d %x from %d", s.Len(), Hash(s), b.From())
		if b != tw.Main() { // the log does not say when main was made
			all[b.name] += fmt.Sprint(b.Made(), b.Recipe())
		}
		n := 0
		for d := range Diff(b.base, s) {
			_ = d
			n++
		}
		all[b.name+" diff"] = fmt.Sprint(n, len(DiffFields(b.base, s)), len(b.deliberate()))
		for i := range 30 {
			id := fmt.Sprintf("urn:ngsi-ld:T:%d", i)
			for _, name := range []string{"a", "b"} {
				h, err := b.History(id, name, time.Time{}, time.Time{}, ByRecorded)
				if err != nil {
					t.Fatal(err)
				}
				for _, a := range h {
					all[b.name+" history"] += fmt.Sprintln(id, name, a.Any(), a.observed, a.recorded)
				}
			}
			e, ok := b.AsOf(id, t0.Add(30*time.Second), ByObserved)
			all[b.name+" as of"] += fmt.Sprintln(ok, e.ID, slices.Collect(e.Attributes()))
		}
		for _, typ := range []string{"T", "U"} {
			for e := range s.Query(Query{Types: []string{typ}}) {
				all[b.name+" "+typ] += e.ID + " "
			}
		}
	}
	return all
}

// A twin opened from a checkpoint and the log behind it is the twin opened from the log alone, in all that can be asked of it.
func TestACheckpointIsTheLogItStandsFor(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		fs := faultfs.New()
		opt := Options{Clock: clock(), FS: fs, CheckpointBytes: -1, SegmentBytes: 500}
		tw, err := Open("/t", opt)
		if err != nil {
			rt.Fatal(err)
		}
		made := 0
		for range rapid.IntRange(1, 80).Draw(rt, "ops") {
			all := tw.Branches()
			b := all[rapid.IntRange(0, len(all)-1).Draw(rt, "branch")]
			id := fmt.Sprintf("urn:ngsi-ld:T:%d", rapid.IntRange(0, 29).Draw(rt, "id"))
			var err error
			switch op := rapid.IntRange(0, 11).Draw(rt, "op"); op {
			case 0:
				made++
				_, err = b.Fork(fmt.Sprint("f", made), ForkOptions{Recipe: Recipe{Seed: uint64(made)}})
			case 1:
				_, err = b.Apply(Delete(id))
			case 2:
				_, err = b.Apply(Change{Op: OpRemove, ID: id, Attrs: []Attribute{{Name: "a"}}})
			case 3:
				if b != tw.Main() {
					err = tw.Drop(b.Name())
				}
			case 4:
				err = b.SetField("depth", fmt.Sprint("tile", len(id)), t0.Add(time.Duration(made)*time.Second), []float32{1, float32(made)})
			case 5:
				if b.base.b != nil {
					if _, err = Merge(b, b.base.b); err != nil {
						var c *ConflictError
						if errors.As(err, &c) || b.base.b.err != nil || strings.Contains(err.Error(), "not forked") {
							err = nil
						}
					}
				}
			case 6:
				_, err = tw.Checkpoint()
			default:
				at := t0.Add(time.Duration(rapid.IntRange(0, 60).Draw(rt, "at")) * time.Second)
				c := Set(id, []string{"T", "U"}[op%2], Number("a", float64(op), "MTR", at), Text("b", id, at))
				c.Origin = Origin(rapid.IntRange(0, 3).Draw(rt, "origin"))
				_, err = b.Apply(c)
			}
			if err != nil {
				rt.Fatal(err)
			}
		}
		want := contents(rt, tw)
		if err := tw.Close(); err != nil {
			rt.Fatal(err)
		}
		for _, how := range []string{"with its checkpoint", "from the log alone"} {
			re, err := Open("/t", opt)
			if err != nil {
				rt.Fatal(err)
			}
			if got := contents(rt, re); !reflect.DeepEqual(got, want) {
				for k := range want {
					if got[k] != want[k] {
						rt.Errorf("%s: %s is\n%s\nwant\n%s", how, k, got[k], want[k])
					}
				}
				rt.Fatalf("%s: %d things, want %d", how, len(got), len(want))
			}
			if err := re.Close(); err != nil {
				rt.Fatal(err)
			}
			names, err := fs.List("/t")
			if err != nil {
				rt.Fatal(err)
			}
			for _, n := range names {
				if err := fs.Remove(filepath.Join("/t", n)); err != nil {
					rt.Fatal(err)
				}
			}
		}
	})
}

// Whenever the power fails, be it in a batch, a new segment or a checkpoint, what was acknowledged is there afterwards.
func TestPowerCutsLoseNothingOfATwin(t *testing.T) {
	for seed := range uint64(150) {
		rng := rand.New(rand.NewPCG(seed, 2))
		fs := faultfs.New()
		var mu sync.Mutex
		acked := map[string]bool{}
		for boot := range 3 {
			fs.CutAfter(1 + rng.IntN(120))
			tw, err := Open("/t", Options{Clock: clock(), FS: fs, CheckpointBytes: 2000, SegmentBytes: 1500})
			if err == nil {
				var wg sync.WaitGroup
				for w := range 3 {
					wg.Go(func() {
						for i := range 40 {
							a, b := fmt.Sprintf("urn:x:%d-%d-%d", boot, w, i), fmt.Sprintf("urn:y:%d-%d-%d", boot, w, i)
							if _, err := tw.Main().Apply(Set(a, "X", Number("v", 1, "", t0)), Set(b, "X", Number("v", 2, "", t0))); err != nil {
								return
							}
							mu.Lock()
							acked[a], acked[b] = true, true
							mu.Unlock()
						}
					})
				}
				wg.Wait()
				tw.Close()
			} else if !errors.Is(err, faultfs.ErrCut) {
				t.Fatalf("seed %d boot %d: %v", seed, boot, err)
			}
			fs = fs.Reboot(rng)
		}
		tw, err := Open("/t", Options{Clock: clock(), FS: fs})
		if err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
		s := tw.Main().Snapshot()
		for id := range acked {
			if _, ok := s.Get(id); !ok {
				t.Fatalf("seed %d: %s was acknowledged and is lost", seed, id)
			}
		}
		if s.Len()%2 != 0 {
			t.Fatalf("seed %d: %d entities: half a batch", seed, s.Len())
		}
		tw.Close()
	}
}

func TestAFailedSyncStopsTheTwin(t *testing.T) {
	fs := faultfs.New()
	tw, err := Open("/t", Options{Clock: clock(), FS: fs})
	if err != nil {
		t.Fatal(err)
	}
	apply(t, tw.Main(), Set("urn:x:1", "X", Number("v", 1, "", t0)))
	fs.FailSync(1)
	for range 2 {
		if _, err := tw.Main().Apply(Set("urn:x:2", "X", Number("v", 1, "", t0))); !errors.Is(err, log.ErrPoisoned) {
			t.Fatalf("%v", err)
		}
	}
	if n := tw.Main().Snapshot().Len(); n != 1 {
		t.Errorf("%d entities can be read, one is durable", n)
	}
}

// A damaged checkpoint is named; without it the log still has everything.
func TestADamagedCheckpointIsNamed(t *testing.T) {
	fs := faultfs.New()
	tw, err := Open("/t", Options{Clock: clock(), FS: fs})
	if err != nil {
		t.Fatal(err)
	}
	apply(t, tw.Main(), Set("urn:x:1", "X", Number("v", 1, "", t0)))
	pos, err := tw.Checkpoint()
	if err != nil {
		t.Fatal(err)
	}
	tw.Close()
	path := filepath.Join("/t", checkpointName(pos))
	f, err := fs.Open(path, false)
	if err != nil {
		t.Fatal(err)
	}
	f.Write([]byte{1})
	if _, err := Open("/t", Options{Clock: clock(), FS: fs}); err == nil || !strings.Contains(err.Error(), path) {
		t.Fatalf("%v", err)
	}
	fs.Remove(path)
	re, err := Open("/t", Options{Clock: clock(), FS: fs})
	if err != nil || re.Main().Snapshot().Len() != 1 {
		t.Fatalf("%v", err)
	}
	re.Close()
}

// Nothing is taken on a dropped branch: a batch behind the record of its end would keep the twin from opening.
func TestADroppedBranchTakesNothing(t *testing.T) {
	fs := faultfs.New()
	tw, err := Open("/t", Options{Clock: clock(), FS: fs})
	if err != nil {
		t.Fatal(err)
	}
	f, err := tw.Main().Fork("idea", ForkOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if err := tw.Drop("idea"); err != nil {
		t.Fatal(err)
	}
	if _, err := f.Apply(Set("urn:x:1", "X", Number("v", 1, "", t0))); !errors.Is(err, ErrBranch) {
		t.Errorf("apply: %v", err)
	}
	if _, err := f.Fork("child", ForkOptions{}); !errors.Is(err, ErrBranch) {
		t.Errorf("fork: %v", err)
	}
	tw.Close()
	re, err := Open("/t", Options{Clock: clock(), FS: fs})
	if err != nil {
		t.Fatal(err)
	}
	re.Close()
}
