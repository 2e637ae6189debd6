package traffic

import (
	"context"
	"os/exec"
	"strings"
	"testing"
)

func TestReadTrips(t *testing.T) {
	trips, err := readTrips(strings.NewReader(`<tripinfos><tripinfo id="a" duration="12.00" arrival="40.00"/><tripinfo id="b" duration="3" arrival="-1"><x/></tripinfo></tripinfos>`))
	if err != nil || len(trips) != 2 || trips["a"] != (peerTrip{12, 40}) || trips["b"].Arrival != -1 {
		t.Errorf("%v, %v", trips, err)
	}
	if _, err := readTrips(strings.NewReader(`<tripinfos><tripinfo id="a" duration="x"/></tripinfos>`)); err == nil {
		t.Error("a duration of x was read")
	}
}

// Both sides must drive the same vehicles on the same roads: our grid's and netgenerate's are of one shape.
func TestSpeedGrid(t *testing.T) {
	if _, err := exec.LookPath("netgenerate"); err != nil {
		t.Skip("netgenerate is not installed")
	}
	n, d, err := speedGrid(context.Background(), t.TempDir(), 2)
	if err != nil {
		t.Fatal(err)
	}
	if len(n.Lights) != gridSide*gridSide || len(d.Journeys) != 2*gridRate {
		t.Errorf("%d lights, %d journeys", len(n.Lights), len(d.Journeys))
	}
	if _, totals, err := ownRun(context.Background(), n, d, 1, 60); err != nil || totals.Entered != 2*gridRate {
		t.Errorf("%+v, %v", totals, err)
	}
}

func TestWithoutData(t *testing.T) {
	rows, err := Agree(context.Background(), t.TempDir(), t.TempDir(), 1)
	if err != nil || len(rows) != len(scenarios) {
		t.Fatal(rows, err)
	}
	for _, r := range rows {
		if r.Value != nil || r.OK || !strings.Contains(r.Note, "not below") {
			t.Errorf("%+v", r)
		}
	}
}
