package twin

import (
	"context"
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// A query by type finds what a look at every entity finds, on a snapshot that
// batches came after.
func TestTypesAgainstAScan(t *testing.T) {
	defer func() { hashMask = ^uint64(0) }()
	rapid.Check(t, func(rt *rapid.T) {
		hashMask = rapid.SampledFrom([]uint64{^uint64(0), 0xff, 0}).Draw(rt, "mask")
		tw := New(Options{Clock: clock()})
		most := rapid.SampledFrom([]int{20, 300}).Draw(rt, "ids")
		name := func(i int) string { return fmt.Sprint("urn:x:", i) }
		var first []Change
		for i := range most {
			first = append(first, Set(name(i), "T0"))
		}
		apply(t, tw.Main(), first...)
		branches := []*Branch{tw.Main()}
		var kept []Snapshot
		for range rapid.IntRange(1, 20).Draw(rt, "batches") {
			b := branches[rapid.IntRange(0, len(branches)-1).Draw(rt, "branch")]
			var batch []Change
			for range rapid.IntRange(1, 10).Draw(rt, "changes") {
				c := Set(name(rapid.IntRange(0, most).Draw(rt, "id")), fmt.Sprint("T", rapid.IntRange(0, 7).Draw(rt, "type")))
				if rapid.IntRange(0, 2).Draw(rt, "op") == 0 {
					c = Delete(c.ID)
				}
				batch = append(batch, c)
			}
			if rapid.IntRange(0, 9).Draw(rt, "empty") == 0 {
				for i := range most {
					batch = append(batch, Delete(name(i)))
				}
			}
			apply(t, b, batch...)
			kept = append(kept, b.Snapshot())
			if rapid.IntRange(0, 5).Draw(rt, "fork") == 0 {
				f, err := b.Fork(fmt.Sprint(len(branches)), ForkOptions{Kind: Derived})
				if err != nil {
					rt.Fatal(err)
				}
				branches = append(branches, f)
			}
		}
		for _, s := range kept {
			for i := range 8 {
				types := []string{fmt.Sprint("T", i), fmt.Sprint("T", i/2), "none"}
				var got, want []string
				for e := range s.Query(Query{Types: types}) {
					got = append(got, e.ID)
				}
				for e := range s.Query(Query{}) {
					if slices.ContainsFunc(types, func(t string) bool { return slices.Contains(e.Types, t) }) {
						want = append(want, e.ID)
					}
				}
				if !slices.Equal(got, want) {
					rt.Fatalf("%v: %v, want %v", types, got, want)
				}
			}
		}
	})
}

// An event tells when its changes were recorded, and is the reader's own: what the writer does with its slices is not seen.
func TestAnEventIsACopy(t *testing.T) {
	tw := New(Options{Clock: clock()})
	ch := tw.Main().Watch(context.Background(), 1, nil)
	batch := []Change{{ID: "urn:x:1", Types: []string{"B", "A"}, Attrs: []Attribute{Number("v", 1, "", t0)}}}
	apply(t, tw.Main(), batch...)
	batch[0].Attrs[0] = Number("v", 2, "", t0)
	if !slices.Equal(batch[0].Types, []string{"B", "A"}) || !batch[0].Attrs[0].RecordedAt().IsZero() {
		t.Errorf("the writer's batch is now %v", batch)
	}
	batch[0].ID = "urn:x:2"
	c := (<-ch).Changes[0]
	if a := c.Attrs[0]; c.ID != "urn:x:1" || a.Any() != 1.0 || a.RecordedAt().IsZero() || !slices.Equal(c.Types, []string{"A", "B"}) {
		t.Errorf("the event is %v", c)
	}
}
