package twin

import (
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// Whatever an attribute was, its versions unpack to what was put in, and the newest are kept.
func TestVersionsUnpackToWhatWentIn(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		v := versions{keep: int32(rapid.IntRange(1, 5).Draw(t, "keep"))}
		var put []held
		for range rapid.IntRange(1, 30).Draw(t, "n") {
			a := Attribute{Name: "a", Unit: rapid.SampledFrom([]string{"", "MTR"}).Draw(t, "unit"), text: rapid.String().Draw(t, "text"),
				num: rapid.OneOf(rapid.Float64(), rapid.Map(rapid.IntRange(-1<<41, 1<<41), func(i int) float64 { return float64(i) })).Draw(t, "num"),
				lat: rapid.Float64Range(-90, 90).Draw(t, "lat"), observed: rapid.Int64().Draw(t, "observed") / 4}
			if rapid.Bool().Draw(t, "sub") {
				a.Sub = []Attribute{Text("s", "x", time.Time{})}
			}
			recorded := rapid.Int64().Draw(t, "recorded") / 4
			if rapid.Bool().Draw(t, "whole") {
				a.observed, recorded = a.observed/1e6*1e6, recorded/1e6*1e6
			}
			x := a.hold(recorded, nil)
			put = append(put, x)
			v.add(&x)
		}
		got := slices.Collect(v.all())
		if len(got) < min(len(put), int(v.keep)) || len(got) > 2*int(v.keep) {
			t.Fatalf("%d versions of %d are left, %d are to be kept", len(got), len(put), v.keep)
		}
		want := put[len(put)-len(got):]
		for i := range got {
			if !got[i].equal(&want[i]) || got[i].recorded != want[i].recorded {
				t.Fatalf("version %d is %+v, put in as %+v", i, got[i], want[i])
			}
		}
	})
}

// What is known of things that are gone is kept for as long as it is wanted, and no longer; what comes back has its past.
func TestHistoryForgetsWhatIsGone(t *testing.T) {
	now := t0
	tw := New(Options{Clock: func() time.Time { return now }, Forget: time.Hour})
	put := func(id string, v float64) {
		t.Helper()
		if _, err := tw.Main().Apply(Set(id, "Vehicle", Number("speed", v, "KMH", now))); err != nil {
			t.Fatal(err)
		}
	}
	del := func(id string) {
		t.Helper()
		if _, err := tw.Main().Apply(Delete(id)); err != nil {
			t.Fatal(err)
		}
	}
	known := func(id string) int {
		list, err := tw.Main().History(id, "speed", time.Time{}, time.Time{}, ByRecorded)
		if err != nil {
			t.Fatal(err)
		}
		return len(list)
	}
	for _, id := range []string{"urn:a", "urn:b"} {
		put(id, 1)
		now = now.Add(time.Minute)
		put(id, 2)
		del(id)
	}
	put("urn:b", 3)
	now = now.Add(30 * time.Minute)
	put("urn:c", 1)
	if n := known("urn:a"); n != 2 {
		t.Errorf("half an hour after it went %d versions are known, not 2", n)
	}
	now = now.Add(31 * time.Minute)
	put("urn:c", 2)
	if n := known("urn:a"); n != 0 {
		t.Errorf("an hour after it went %d versions are still held", n)
	}
	if n := known("urn:b"); n != 3 {
		t.Errorf("of what came back %d versions are known, not 3", n)
	}
	// What goes, comes back and goes again is known from the last time on.
	put("urn:d", 1)
	del("urn:d")
	now = now.Add(50 * time.Minute)
	put("urn:d", 2)
	del("urn:d")
	now = now.Add(20 * time.Minute)
	put("urn:c", 3)
	if n := known("urn:d"); n != 2 {
		t.Errorf("of what went for the second time 20 minutes ago %d versions are known, not 2", n)
	}
	now = now.Add(45 * time.Minute)
	put("urn:c", 4)
	if n := known("urn:d"); n != 0 {
		t.Errorf("of what went for the second time over an hour ago %d versions are held", n)
	}
}
