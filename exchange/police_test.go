package exchange

import (
	"fmt"
	"testing"
	"time"
)

// A crash that the police report is an entity with the lanes that it takes; one that can't be is quarantined with the reason.
func TestCrashesAreReported(t *testing.T) {
	c, tw, x := connect(t)
	link := &c.Streets.Links[0]
	send := func(at time.Duration, body string) {
		t.Helper()
		push(t, x, "traffic_police/http", "/incidents", body, start.Add(at))
		if _, err := x.Commit(); err != nil {
			t.Fatal(err)
		}
	}
	lanes := func() (float64, bool) {
		e, ok := tw.Main().Snapshot().Get(URN("RoadAccident", "A001"))
		if !ok {
			return 0, false
		}
		if id, _ := e.Text("link"); id != link.ID {
			t.Errorf("on link %q", id)
		}
		if _, _, ok := e.Location(); !ok {
			t.Error("without a place")
		}
		return e.Number("lanesBlocked")
	}
	for _, bad := range []string{fmt.Sprintf(`{"id":"A001","link":%q,"lanes":%d}`, link.ID, link.Lanes+1), fmt.Sprintf(`{"id":"A001","link":%q,"lanes":-1}`, link.ID), fmt.Sprintf(`{"link":%q,"lanes":1}`, link.ID), `{"id":"A001","link":"nowhere","lanes":1}`} {
		send(time.Minute, bad)
	}
	if n, ok := lanes(); ok {
		t.Fatalf("%g lanes taken by a report that can't be", n)
	}
	send(2*time.Minute, fmt.Sprintf(`{"id":"A001","link":%q,"lanes":1}`, link.ID))
	if n, _ := lanes(); n != 1 {
		t.Errorf("%g lanes, want 1", n)
	}
	send(30*time.Minute, fmt.Sprintf(`{"id":"A001","link":%q,"lanes":0}`, link.ID))
	if n, ok := lanes(); !ok || n != 0 {
		t.Errorf("%g lanes after it was cleared", n)
	}
}
