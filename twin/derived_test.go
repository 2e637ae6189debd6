package twin

import "testing"

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
