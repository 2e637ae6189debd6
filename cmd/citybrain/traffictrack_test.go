package main

import (
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"
	"github.com/paulmach/orb"

	"citybrain/city"
	"citybrain/traffic/trips"
)

// Both formats say the same: places on lanes and inside junctions, in the order of journeys.
func TestTracks(t *testing.T) {
	net := &city.LaneNet{
		Lanes:       []city.Lane{{ID: `a,"1`, Length: 200, Line: orb.LineString{{0, 0}, {0, 50}, {50, 50}}}, {ID: "b_0", Length: 10, Line: orb.LineString{{60, 50}, {70, 50}}}},
		Connections: []city.Connection{{From: 0, To: 1, Length: 10, Path: orb.LineString{{50, 50}, {60, 50}}}},
	}
	demand := &city.LaneDemand{Types: []city.VehicleType{{ID: "car"}, {ID: "bus"}}, Journeys: []city.Journey{{ID: "x"}, {ID: "y", Type: 1}}}
	want := []trackRow{
		{Time: 1001, Vehicle: "x", Type: "car", Lane: `a,"1`, Along: 150, Speed: 3.5, X: 25, Y: 50}, // half as long drawn as it is
		{Time: 1001, Vehicle: "y", Type: "bus", Lane: `a,"1`, Junction: true, Along: 4, Speed: 1, X: 54, Y: 50},
		{Time: 1002, Vehicle: "x", Type: "car", Lane: "b_0", Along: 10, Speed: 0, X: 70, Y: 50},
	}
	for _, end := range trackEnds {
		path := filepath.Join(t.TempDir(), "t"+end)
		f, err := newTracks(path, net, demand, 1000)
		if err != nil {
			t.Fatal(err)
		}
		if err := f.add(1, []trips.Place{{Journey: 1, Lane: 0, Connection: 0, Along: 4, Speed: 1}, {Journey: 0, Lane: 0, Connection: -1, Along: 150, Speed: 3.5}}); err != nil {
			t.Fatal(err)
		}
		if err := f.add(2, []trips.Place{{Journey: 0, Lane: 1, Connection: -1, Along: 10}}); err != nil {
			t.Fatal(err)
		}
		if err := f.close(); err != nil {
			t.Fatal(err)
		}
		if end == ".parquet" {
			rows, err := parquet.ReadFile[trackRow](path)
			if err != nil {
				t.Fatal(err)
			}
			if len(rows) != len(want) {
				t.Fatalf("%d rows", len(rows))
			}
			for i := range want {
				if rows[i] != want[i] {
					t.Errorf("row %d is %+v, want %+v", i, rows[i], want[i])
				}
			}
			continue
		}
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if got := string(text); got != columns+`1001,x,car,"a,""1",false,150,3.5,25,50`+"\n"+`1001,y,bus,"a,""1",true,4,1,54,50`+"\n1002,x,car,b_0,false,10,0,70,50\n" {
			t.Errorf("CSV:\n%s", got)
		}
	}
	f, err := newTracks(filepath.Join(t.TempDir(), "x.csv"), &city.LaneNet{Lanes: make([]city.Lane, 1)}, demand, 0)
	if err != nil {
		t.Fatal(err)
	}
	if p := f.at(trips.Place{Connection: -1}); !math.IsNaN(p[0]) {
		t.Errorf("a lane that is not drawn has its vehicles at %v", p)
	}
	f.drop()
	if _, err := os.Stat(f.path); err == nil {
		t.Error("an incomplete file is left")
	}
	if _, err := newTracks(filepath.Join(t.TempDir(), "none", "x.csv"), net, demand, 0); err == nil || !strings.Contains(err.Error(), "write trajectories") {
		t.Errorf("no folder: %v", err)
	}
}
