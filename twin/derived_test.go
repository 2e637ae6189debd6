package twin

import (
	"slices"
	"testing"
	"time"
)

// A derived branch of a durable twin is forked high up in the log and counts on from there: what is applied to it can be read.
func TestADerivedBranchOfADurableTwinCanBeRead(t *testing.T) {
	tw, err := Open(t.TempDir(), Options{Clock: clock()})
	if err != nil {
		t.Fatal(err)
	}
	defer tw.Close()
	for range 5 {
		apply(t, tw.Main(), Set("urn:x:1", "Link", Text("state", "open", clock()())))
	}
	f, err := tw.Main().Fork("forecast", ForkOptions{Kind: Derived})
	if err != nil {
		t.Fatal(err)
	}
	at := f.Position()
	pos := apply(t, f, Set("urn:x:2", "Link", Text("state", "shut", clock()())))
	if _, ok := f.Snapshot().Get("urn:x:2"); !ok || pos <= at {
		t.Fatalf("applied at %d on a branch at %d: can't be read", pos, at)
	}
}

// An attribute that a change gives twice, and one that is deleted and made again, has all its versions in history.
func TestHistoryHasEveryVersion(t *testing.T) {
	tw := New(Options{Clock: clock()})
	m := tw.Main()
	versions := func() (list []any) {
		h, err := m.History("urn:x:1", "v", time.Time{}, time.Time{}, ByRecorded)
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range h {
			list = append(list, a.Any())
		}
		return list
	}
	for i, step := range []struct {
		change Change
		want   []any
	}{
		{Set("urn:x:1", "X", Number("v", 1, "", t0), Number("v", 2, "", t0.Add(1))), []any{1.0, 2.0}},
		{Delete("urn:x:1"), []any{1.0, 2.0}},
		{Set("urn:x:1", "X", Number("v", 3, "", t0.Add(2))), []any{1.0, 2.0, 3.0}},
		{Change{Op: OpRemove, ID: "urn:x:1", Attrs: []Attribute{{Name: "v"}}}, []any{1.0, 2.0, 3.0}},
		{Set("urn:x:1", "X", Number("v", 4, "", t0.Add(3))), []any{1.0, 2.0, 3.0, 4.0}},
	} {
		apply(t, m, step.change)
		if got := versions(); !slices.Equal(got, step.want) {
			t.Errorf("step %d: %v, want %v", i, got, step.want)
		}
	}
	apply(t, m, Set("urn:x:2", "X", Number("v", 1, "", t0)))
	if h, err := m.History("urn:x:2", "v", time.Time{}, time.Time{}, ByObserved); err != nil || len(h) != 1 {
		t.Errorf("%v, %v: want the only version", h, err)
	}
}
