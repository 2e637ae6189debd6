package twin

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"
)

var t0 = time.Date(2026, 7, 14, 9, 0, 0, 0, time.UTC)

// clock returns a clock that moves a second at every look.
func clock() func() time.Time {
	now := t0
	var mu sync.Mutex
	return func() time.Time {
		mu.Lock()
		defer mu.Unlock()
		now = now.Add(time.Second)
		return now
	}
}

func apply(t testing.TB, b *Branch, cs ...Change) Position {
	t.Helper()
	p, err := b.Apply(cs...)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// Branches behave as maps that are copied at every fork, whatever is written, deleted, forked and compared.
func TestBranchesAgainstMaps(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		tw := New(Options{Clock: clock()})
		models := []map[string]float64{{}}
		branches := []*Branch{tw.Main()}
		for range rapid.IntRange(1, 60).Draw(rt, "ops") {
			i := rapid.IntRange(0, len(branches)-1).Draw(rt, "branch")
			id := fmt.Sprintf("urn:ngsi-ld:T:%d", rapid.IntRange(0, 40).Draw(rt, "id"))
			switch rapid.IntRange(0, 9).Draw(rt, "op") {
			case 0:
				f, err := branches[i].Fork(fmt.Sprintf("b%d", len(branches)), ForkOptions{})
				if err != nil {
					rt.Fatal(err)
				}
				branches, models = append(branches, f), append(models, maps.Clone(models[i]))
			case 1, 2:
				if _, err := branches[i].Apply(Delete(id)); err != nil {
					rt.Fatal(err)
				}
				delete(models[i], id)
			default:
				v := float64(rapid.IntRange(0, 5).Draw(rt, "value"))
				if _, err := branches[i].Apply(Set(id, "T", Number("v", v, "", time.Time{}))); err != nil {
					rt.Fatal(err)
				}
				models[i][id] = v
			}
		}
		for i, b := range branches {
			s := b.Snapshot()
			if s.Len() != len(models[i]) {
				rt.Fatalf("branch %d has %d entities, want %d", i, s.Len(), len(models[i]))
			}
			got := map[string]float64{}
			for e := range s.Query(Query{Types: []string{"T"}}) {
				got[e.ID], _ = e.Number("v")
			}
			if !maps.Equal(got, models[i]) {
				rt.Fatalf("branch %d holds %v, want %v", i, got, models[i])
			}
			for k, o := range branches {
				differ := map[string]bool{}
				for d := range Diff(s, o.Snapshot()) {
					e := d.A
					if e == nil {
						e = d.B
					}
					differ[e.ID] = true
				}
				for n := range 41 {
					id := fmt.Sprintf("urn:ngsi-ld:T:%d", n)
					a, inA := models[i][id]
					b, inB := models[k][id]
					if (inA != inB || a != b) != differ[id] {
						rt.Fatalf("branches %d and %d, %s: in the difference: %v", i, k, id, differ[id])
					}
				}
			}
		}
	})
}

func TestALateValueEntersHistoryOnly(t *testing.T) {
	b := New(Options{Clock: clock()}).Main()
	id := "urn:ngsi-ld:WaterObserved:g1"
	for _, v := range []struct {
		level float64
		at    int
	}{{1, 10}, {3, 30}, {2, 20}} {
		apply(t, b, Set(id, "WaterObserved", Number("level", v.level, "MTR", t0.Add(time.Duration(v.at)*time.Minute))))
	}
	s := b.Snapshot()
	if e, _ := s.Get(id); e.ObservedAt("level") != t0.Add(30*time.Minute) {
		t.Errorf("the current value is of %v", e.ObservedAt("level"))
	}
	values := func(by Clock) (out []float64) {
		h, err := b.History(id, "level", time.Time{}, time.Time{}, by)
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range h {
			out = append(out, a.Any().(float64))
		}
		return out
	}
	if got := values(ByObserved); !slices.Equal(got, []float64{1, 2, 3}) {
		t.Errorf("by observation %v", got)
	}
	if got := values(ByRecorded); !slices.Equal(got, []float64{1, 3, 2}) {
		t.Errorf("by record %v", got)
	}
	// What did we know before the late one came, and what do we now know to have been at minute 25?
	if e, ok := b.AsOf(id, t0.Add(25*time.Minute), ByObserved); !ok {
		t.Error("nothing as of minute 25")
	} else if v, _ := e.Number("level"); v != 2 {
		t.Errorf("at minute 25 it was %g", v)
	}
	h, _ := b.History(id, "level", time.Time{}, time.Time{}, ByRecorded)
	if e, _ := b.AsOf(id, h[1].RecordedAt(), ByRecorded); func() float64 { v, _ := e.Number("level"); return v }() != 3 {
		t.Error("the late value was known before it came")
	}
}

func TestMergeCarriesDecisionsOnly(t *testing.T) {
	tw := New(Options{Clock: clock()})
	m := tw.Main()
	apply(t, m, Set("urn:a:1", "Pump", Number("order", 0, "", t0), Number("level", 1, "", t0)))
	idea, err := m.Fork("idea", ForkOptions{})
	if err != nil {
		t.Fatal(err)
	}
	order := Set("urn:a:1", "Pump", Number("order", 2, "", t0))
	order.Origin = Command
	simulated := Set("urn:a:1", "Pump", Number("level", 9, "", t0.Add(time.Hour)))
	simulated.Origin = Simulated
	plan := Set("urn:a:2", "Plan", Text("what", "draw down", t0))
	plan.Origin = Edit
	apply(t, idea, order, simulated, plan)
	if _, err := Merge(idea, m); err != nil {
		t.Fatal(err)
	}
	s := m.Snapshot()
	e, _ := s.Get("urn:a:1")
	if v, _ := e.Number("order"); v != 2 {
		t.Errorf("the order is %g", v)
	}
	if v, _ := e.Number("level"); v != 1 {
		t.Errorf("a simulated level of %g reached main", v)
	}
	if _, ok := s.Get("urn:a:2"); !ok {
		t.Error("the edit did not arrive")
	}
}

func TestMergeCarriesRemovals(t *testing.T) {
	tw := New(Options{Clock: clock()})
	m := tw.Main()
	apply(t, m, Set("urn:a:1", "Pump", Number("kept", 0, "", t0), Number("gone", 1, "", t0), Number("faded", 2, "", t0), Number("changed", 3, "", t0)))
	idea, err := m.Fork("idea", ForkOptions{})
	if err != nil {
		t.Fatal(err)
	}
	remove := func(b *Branch, name string, o Origin) {
		apply(t, b, Change{Op: OpRemove, ID: "urn:a:1", Attrs: []Attribute{{Name: name}}, Origin: o})
	}
	remove(idea, "gone", Edit)
	remove(idea, "faded", Simulated)
	if _, err := Merge(idea, m); err != nil {
		t.Fatal(err)
	}
	e, _ := m.Snapshot().Get("urn:a:1")
	for name, want := range map[string]bool{"kept": true, "gone": false, "faded": true, "changed": true} {
		if _, ok := e.Attribute(name); ok != want {
			t.Errorf("%s is there: %v", name, ok)
		}
	}
	remove(idea, "changed", Edit)
	apply(t, m, Set("urn:a:1", "Pump", Number("changed", 4, "", t0)))
	var c *ConflictError
	if _, err := Merge(idea, m); !errors.As(err, &c) || len(c.Conflicts) != 1 || c.Conflicts[0].Ours != 4.0 || c.Conflicts[0].Theirs != nil {
		t.Errorf("removed here, changed there: %v", err)
	}
}

func TestMergeRefusesConflictsWithBothValues(t *testing.T) {
	tw := New(Options{Clock: clock()})
	m := tw.Main()
	apply(t, m, Set("urn:a:1", "Pump", Number("order", 0, "", t0)))
	idea, _ := m.Fork("idea", ForkOptions{})
	theirs := Set("urn:a:1", "Pump", Number("order", 2, "", t0))
	theirs.Origin = Edit
	apply(t, idea, theirs)
	apply(t, m, Set("urn:a:1", "Pump", Number("order", 1, "", t0)))
	before := m.Position()
	_, err := Merge(idea, m)
	var c *ConflictError
	if !errors.As(err, &c) || len(c.Conflicts) != 1 || c.Conflicts[0].Ours != 1.0 || c.Conflicts[0].Theirs != 2.0 || c.Conflicts[0].Base != 0.0 {
		t.Fatalf("%v", err)
	}
	if m.Position() != before {
		t.Error("a refused merge changed main")
	}
}

func TestReopenedTwinIsTheSame(t *testing.T) {
	dir := t.TempDir()
	tw, err := Open(dir, Options{Clock: clock()})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 300 {
		apply(t, tw.Main(), Set(fmt.Sprint("urn:a:", i%70), "A", Number("v", float64(i), "C62", t0.Add(time.Duration(i)*time.Second)), Text("s", "x", t0), Point("location", 121.5, 31.2), JSON("j", map[string]int{"n": i})))
	}
	apply(t, tw.Main(), Delete("urn:a:3"))
	ed, err := tw.Main().Fork("edited", ForkOptions{Recipe: Recipe{City: "c1"}})
	if err != nil {
		t.Fatal(err)
	}
	c := Set("urn:b:1", "B", Bool("yes", true, t0))
	c.Origin = Edit
	apply(t, ed, c)
	if _, err := tw.Main().Fork("derived", ForkOptions{Kind: Derived}); err != nil {
		t.Fatal(err)
	}
	apply(t, tw.Main(), Set("urn:a:1", "A", Number("v", -1, "C62", t0.Add(time.Hour))))
	if err := tw.Main().SetField("depth", "city", t0, []float32{1, 2.5}); err != nil {
		t.Fatal(err)
	}
	mainHash, edHash, pos := Hash(tw.Main().Snapshot()), Hash(ed.Snapshot()), tw.Main().Position()
	hist, _ := tw.Main().History("urn:a:1", "v", time.Time{}, time.Time{}, ByRecorded)
	if err := tw.Close(); err != nil {
		t.Fatal(err)
	}
	re, err := Open(dir, Options{Clock: clock()})
	if err != nil {
		t.Fatal(err)
	}
	defer re.Close()
	if Hash(re.Main().Snapshot()) != mainHash || re.Main().Position() != pos {
		t.Error("main differs after reopening")
	}
	got, ok := re.Branch("edited")
	if !ok || Hash(got.Snapshot()) != edHash {
		t.Error("the edited branch differs after reopening")
	}
	if _, ok := re.Branch("derived"); ok {
		t.Error("a derived branch came back with state that was never logged")
	}
	if h, _ := re.Main().History("urn:a:1", "v", time.Time{}, time.Time{}, ByRecorded); len(h) != len(hist) || h[0].RecordedAt() != hist[0].RecordedAt() {
		t.Errorf("%d versions after reopening, %d before", len(h), len(hist))
	}
	if _, err := Merge(got, re.Main()); err != nil {
		t.Errorf("the edited branch can't be merged after reopening: %v", err)
	}
}

// Whatever was acknowledged before the end of the file was torn off is there afterwards.
func TestTornTailLosesNothingAcknowledged(t *testing.T) {
	dir := t.TempDir()
	tw, err := Open(dir, Options{Clock: clock()})
	if err != nil {
		t.Fatal(err)
	}
	for i := range 50 {
		apply(t, tw.Main(), Set(fmt.Sprint("urn:a:", i), "A", Number("v", float64(i), "", t0)))
	}
	tw.Close()
	segs, _ := filepath.Glob(filepath.Join(dir, "log", "*"))
	f, err := os.OpenFile(segs[len(segs)-1], os.O_APPEND|os.O_WRONLY, 0)
	for _, s := range segs {
		if st, _ := os.Stat(s); st.Size() > 1000 {
			f, err = os.OpenFile(s, os.O_APPEND|os.O_WRONLY, 0)
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	f.Write([]byte{200, 0, 0, 0, 1, 2, 3}) // a frame that the power failed in
	f.Close()
	re, err := Open(dir, Options{Clock: clock()})
	if err != nil {
		t.Fatal(err)
	}
	defer re.Close()
	if n := re.Main().Snapshot().Len(); n != 50 {
		t.Errorf("%d of 50 acknowledged entities", n)
	}
}

func TestReadersSeeWholeBatches(t *testing.T) {
	tw, err := Open(t.TempDir(), Options{Clock: clock()})
	if err != nil {
		t.Fatal(err)
	}
	defer tw.Close()
	ctx, stop := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			for ctx.Err() == nil {
				s := tw.Main().Snapshot()
				var first float64
				for i := range 20 {
					e, ok := s.Get(fmt.Sprint("urn:a:", i))
					v, _ := e.Number("v")
					if i == 0 {
						first = v
					} else if ok && v != first {
						t.Errorf("a reader saw %g and %g in one batch", first, v)
						return
					}
				}
			}
		})
	}
	for n := range 200 {
		var batch []Change
		for i := range 20 {
			batch = append(batch, Set(fmt.Sprint("urn:a:", i), "A", Number("v", float64(n), "", time.Time{})))
		}
		apply(t, tw.Main(), batch...)
	}
	stop()
	wg.Wait()
}

func TestASlowReaderGetsAGap(t *testing.T) {
	b := New(Options{Clock: clock()}).Main()
	ctx, stop := context.WithCancel(context.Background())
	ch := b.Watch(ctx, 2, func(c *Change) bool { return c.Types[0] == "A" })
	for i := range 10 {
		apply(t, b, Set("urn:a:1", "A", Number("v", float64(i), "", time.Time{})), Set("urn:b:1", "B"))
	}
	first := <-ch
	<-ch
	apply(t, b, Set("urn:a:1", "A", Number("v", 99, "", time.Time{})))
	gap, last := <-ch, <-ch
	if first.Gap() || len(first.Changes) != 1 || !gap.Gap() || last.Gap() {
		t.Errorf("first %+v, gap %+v, last %+v", first, gap, last)
	}
	stop()
	for range ch {
	}
}

func TestBadChangesAreRefusedWhole(t *testing.T) {
	b := New(Options{Clock: clock()}).Main()
	nan := Number("v", 0, "", t0)
	nan.num = nan.num / nan.num
	for name, c := range map[string]Change{"no id": Set("", "A"), "blank in id": Set("a b", "A"), "NaN": Set("urn:a:2", "A", nan), "far point": Set("urn:a:2", "A", Point("location", 200, 0)), "not JSON": Set("urn:a:2", "A", JSON("j", make(chan int)))} {
		if _, err := b.Apply(Set("urn:a:1", "A"), c); err == nil {
			t.Errorf("%s was taken", name)
		}
	}
	if n := b.Snapshot().Len(); n != 0 {
		t.Errorf("%d entities of refused batches", n)
	}
	apply(t, b, Set("urn:a:1", "A", Number("v", 1, "", t0)))
	c := Set("urn:a:1", "A", Number("v", 2, "", t0))
	c.Expect = []Attribute{Number("v", 5, "", t0)}
	if _, err := b.Apply(c); !errors.Is(err, ErrExpected) {
		t.Errorf("an edit on a wrong expectation: %v", err)
	}
}

func TestQuery(t *testing.T) {
	b := New(Options{Clock: clock()}).Main()
	for i := range 10 {
		apply(t, b, Set(fmt.Sprintf("urn:g:%d", i), "Gauge", Number("level", float64(i), "MTR", t0.Add(time.Duration(i)*time.Minute)), Point("location", 121.5+0.01*float64(i), 31.2)))
	}
	above, err := Compare("level", ">", 6.0)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name string
		q    Query
		want int
	}{
		{"type", Query{Types: []string{"Gauge"}}, 10},
		{"other type", Query{Types: []string{"Pump"}}, 0},
		{"where", Query{Types: []string{"Gauge"}, Where: above}, 3},
		{"near", Query{Near: &Near{Lon: 121.5, Lat: 31.2, Max: 2000}}, 3}, // 953 m apart
		{"within", Query{Within: [][2]float64{{121.495, 31}, {121.525, 31}, {121.525, 32}, {121.495, 32}}}, 3},
		{"since", Query{Since: t0.Add(8 * time.Minute)}, 2},
		{"page", Query{Types: []string{"Gauge"}, Offset: 8, Limit: 5}, 2},
		{"ids", Query{IDs: []string{"urn:g:1", "urn:g:77"}}, 1},
	} {
		n := 0
		for range b.Snapshot().Query(c.q) {
			n++
		}
		if n != c.want {
			t.Errorf("%s: %d entities, want %d", c.name, n, c.want)
		}
	}
	if _, err := Compare("level", "~", 1.0); err == nil {
		t.Error("an unknown operator was taken")
	}
}

func TestFields(t *testing.T) {
	b := New(Options{Clock: clock()}).Main()
	for i := range 3 {
		if err := b.SetField("depth", "city", t0.Add(time.Duration(i)*time.Hour), []float32{float32(i)}); err != nil {
			t.Fatal(err)
		}
	}
	f, _ := b.Fork("f", ForkOptions{Kind: Derived})
	if err := f.SetField("depth", "city", t0.Add(time.Hour), []float32{7}); err != nil {
		t.Fatal(err)
	}
	if v, at, ok := b.Snapshot().FieldAt("depth", "city", t0.Add(90*time.Minute)); !ok || v[0] != 1 || at != t0.Add(time.Hour) {
		t.Errorf("%v of %v", v, at)
	}
	d := DiffFields(b.Snapshot(), f.Snapshot())
	if len(d) != 1 || d[0].A[0] != 1 || d[0].B[0] != 7 {
		t.Errorf("difference %+v", d)
	}
}

func FuzzDecodeBatch(f *testing.F) {
	f.Add(encodeBatch("main", 5, []Change{Set("urn:a:1", "A", Number("v", 1, "C62", t0), Text("s", "x", t0), Point("location", 1, 2), JSON("j", []int{1}), Bool("b", true, t0)), Delete("urn:a:2")})[1:])
	f.Fuzz(func(t *testing.T, b []byte) {
		name, recorded, changes, err := decodeBatch(&decoder{b: b})
		if err != nil {
			return
		}
		again := encodeBatch(name, recorded, changes)
		n2, r2, c2, err := decodeBatch(&decoder{b: again[1:]})
		if err != nil || n2 != name || r2 != recorded || len(c2) != len(changes) {
			t.Fatalf("came back as %q %d %d %v", n2, r2, len(c2), err)
		}
	})
}

func BenchmarkApply100(b *testing.B) {
	m := New(Options{Clock: clock()}).Main()
	n := 0
	for b.Loop() {
		var batch []Change
		for range 100 {
			batch = append(batch, Set(fmt.Sprint("urn:ngsi-ld:A:", n%100000), "A", Number("v", float64(n), "C62", t0)))
			n++
		}
		if _, err := m.Apply(batch...); err != nil {
			b.Fatal(err)
		}
	}
}

// The same run has the same positions in memory and with a log: an account must not depend on where its twin was kept.
func TestPositionsDoNotDependOnTheLog(t *testing.T) {
	clock := func() time.Time { return time.Unix(1000, 0) }
	run := func(tw *Twin) (list []Position) {
		set := func(b *Branch) {
			p, err := b.Apply(Set("urn:ngsi-ld:Pump:1", "Pump", Number("level", float64(len(list)), "", clock())))
			if err != nil {
				t.Fatal(err)
			}
			list = append(list, p)
		}
		set(tw.Main())
		for _, kind := range []Kind{Derived, Edited} {
			f, err := tw.Main().Fork(fmt.Sprint("b", kind), ForkOptions{Kind: kind})
			if err != nil {
				t.Fatal(err)
			}
			if kind == Edited {
				set(f)
			} else if _, err := f.Apply(Set("urn:ngsi-ld:Pump:2", "Pump")); err != nil {
				t.Fatal(err)
			}
			set(tw.Main())
			if err := tw.Drop(f.Name()); err != nil {
				t.Fatal(err)
			}
			set(tw.Main())
		}
		return list
	}
	memory := New(Options{Clock: clock})
	defer memory.Close()
	disk, err := Open(t.TempDir(), Options{Clock: clock})
	if err != nil {
		t.Fatal(err)
	}
	defer disk.Close()
	if a, b := run(memory), run(disk); !slices.Equal(a, b) {
		t.Errorf("in memory %v, with a log %v", a, b)
	}
}
