package importer

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"citybrain/city"

	"github.com/paulmach/orb"
)

// shared returns the path of a reference file, and skips the test only when the whole folder is missing.
func shared(t *testing.T, path string) string {
	t.Helper()
	root := os.Getenv("CITYBRAIN_SHARED")
	if root == "" {
		root = filepath.Join("..", "..", "..", "shared", "data")
	}
	root = filepath.Join(root, "city")
	if _, err := os.Stat(root); err != nil {
		t.Skipf("reference data not there: %v (set CITYBRAIN_SHARED to the folder data)", err)
	}
	return filepath.Join(root, path)
}

// counted is what a reference city must have at least and at most.
type counted struct {
	nodes, links, signals, buildings, waters, places [2]int
}

func (want counted) check(t *testing.T, c *city.City) {
	t.Helper()
	for _, x := range []struct {
		what string
		n    int
		in   [2]int
	}{{"nodes", len(c.Streets.Nodes), want.nodes}, {"links", len(c.Streets.Links), want.links}, {"signals", len(c.Signals), want.signals},
		{"buildings", len(c.Buildings), want.buildings}, {"waters", len(c.Waters), want.waters}, {"places", len(c.Places), want.places}} {
		if x.n < x.in[0] || x.n > x.in[1] {
			t.Errorf("%d %s, want %d to %d", x.n, x.what, x.in[0], x.in[1])
		}
	}
}

// sound checks what every pack must be: valid, connected link by link through its turns, with a legal plan at each junction.
func sound(t *testing.T, c *city.City) {
	t.Helper()
	if err := c.Validate(); err != nil {
		t.Error(err)
	}
	s := &c.Streets
	for _, back := range []bool{false, true} {
		next := make([][]int32, len(s.Links))
		for _, x := range s.Turns {
			if back {
				next[x.To] = append(next[x.To], x.From)
			} else {
				next[x.From] = append(next[x.From], x.To)
			}
		}
		seen, n := make([]bool, len(s.Links)), 1
		seen[0] = true
		for queue := []int32{0}; len(queue) > 0; {
			l := queue[0]
			queue = queue[1:]
			for _, x := range next[l] {
				if !seen[x] {
					seen[x], n = true, n+1
					queue = append(queue, x)
				}
			}
		}
		if n != len(s.Links) {
			t.Errorf("%d of %d links are reached from the first (backwards: %v)", n, len(s.Links), back)
		}
	}
	for i := range s.Links {
		if l := &s.Links[i]; l.Reverse >= 0 && (s.Links[l.Reverse].Reverse != int32(i) || s.Links[l.Reverse].From != l.To || s.Links[l.Reverse].To != l.From) {
			t.Errorf("link %s: its reverse %s is not", l.ID, s.Links[l.Reverse].ID)
		}
	}
	for i := range c.Signals {
		j := &c.Signals[i]
		if _, err := city.NewPlan(j, j.Reference); err != nil {
			t.Error(err)
		}
		if j.Signed {
			t.Errorf("junction %s is signed by nobody", j.ID)
		}
	}
	for i := range c.Zones {
		if z := &c.Zones[i]; z.Node < 0 || !(z.Population+z.Jobs > 0) {
			t.Errorf("zone %d: %+v", i, *z)
		}
	}
	ids := map[string]bool{}
	for i := range s.Links {
		if ids[s.Links[i].ID] {
			t.Errorf("two links %s", s.Links[i].ID)
		}
		ids[s.Links[i].ID] = true
	}
	for i := range c.Places {
		if ids[c.Places[i].ID] {
			t.Errorf("two places or links %s", c.Places[i].ID)
		}
		ids[c.Places[i].ID] = true
	}
}

func TestReferenceCities(t *testing.T) {
	pa := func(f string) string { return shared(t, "porto-alegre/"+f) }
	for _, test := range []struct {
		name  string
		opt   Options
		want  counted
		check func(*testing.T, *city.City)
	}{
		{"Monaco", Options{OSM: shared(t, "monaco/monaco-2021.osm.pbf"), DEM: []string{shared(t, "monaco/N43E007.hgt.zip")}},
			counted{[2]int{400, 700}, [2]int{700, 1200}, [2]int{1, 15}, [2]int{1000, 1400}, [2]int{10, 40}, [2]int{20, 100}},
			func(t *testing.T, c *city.City) {
				if c.Terrain.VerticalError != 8 || c.Terrain.Datum != "EGM96" || c.Terrain.Assessable() {
					t.Errorf("terrain over %s, %g m", c.Terrain.Datum, c.Terrain.VerticalError)
				}
			}},
		{"Porto Alegre", Options{OSM: pa("poa_osm.pbf"), DEM: []string{pa("poa_elevation.tif")}, GTFS: []string{pa("poa_eptc.zip"), pa("poa_trensurb.zip")},
			Population: pa("poa_hexgrid.csv"), Places: pa("poa_points_of_interest.csv")},
			counted{[2]int{6000, 10000}, [2]int{15000, 23000}, [2]int{250, 800}, [2]int{0, 500}, [2]int{1, 50}, [2]int{50, 300}},
			func(t *testing.T, c *city.City) {
				if len(named(c, "poa_elevation.tif")) == 0 || !strings.Contains(strings.Join(named(c, "terrain"), "\n"), "covers") {
					t.Error("the gap of the DEM is not told")
				}
				if c.Terrain.Assessable() || c.Currency != "BRL" {
					t.Errorf("error %g m, %s", c.Terrain.VerticalError, c.Currency)
				}
				people := 0.0
				for _, z := range c.Zones {
					people += z.Population
				}
				if people < 600_000 || people > 1_000_000 {
					t.Errorf("%.0f people", people)
				}
				metro := 0
				for _, p := range c.Places {
					if p.Kind == city.MetroEntrance && strings.HasPrefix(p.ID, "stop/") {
						metro++
					}
				}
				if metro != 4 {
					t.Errorf("%d stations of the feed, want 4", metro)
				}
			}},
		{"Shanghai centre", Options{OSM: shared(t, "shanghai-center/shanghai-center-streets.osm.pbf"), Buildings: shared(t, "shanghai-bund/buildings.geojson.xz")},
			counted{[2]int{2500, 5000}, [2]int{6000, 11000}, [2]int{450, 800}, [2]int{10000, 10700}, [2]int{0, 0}, [2]int{50, 300}},
			func(t *testing.T, c *city.City) {
				if c.Streets.LeftHand || c.Currency != "CNY" || c.Terrain != nil {
					t.Errorf("left-hand %v, %s", c.Streets.LeftHand, c.Currency)
				}
				high, both := 0.0, 0
				for i := range c.Buildings {
					high = max(high, c.Buildings[i].Height)
				}
				for i := range c.Streets.Links {
					if n := c.Streets.Links[i].Name; n.En != "" && n.Zh != "" {
						both++
					}
				}
				if high != 118*storey || both < len(c.Streets.Links)/3 {
					t.Errorf("highest building %g m; %d links named in both languages", high, both)
				}
			}},
		{"Andorra", Options{OSM: shared(t, "andorra/andorra.osm.pbf"), DEM: []string{shared(t, "andorra/N42E001.hgt.zip")}},
			counted{[2]int{1000, 2000}, [2]int{2000, 4000}, [2]int{0, 20}, [2]int{250, 320}, [2]int{100, 300}, [2]int{50, 300}},
			func(t *testing.T, c *city.City) {
				if c.Terrain.Cells() > mostCells || c.Terrain.Cell < finestCell {
					t.Errorf("%d cells of %g m", c.Terrain.Cells(), c.Terrain.Cell)
				}
			}},
		{"Krems", Options{OSM: shared(t, "krems/krems.osm.gz")},
			counted{[2]int{300, 700}, [2]int{500, 1400}, [2]int{5, 26}, [2]int{1000, 1300}, [2]int{20, 100}, [2]int{3, 60}}, nil},
		{"Liechtenstein", Options{OSM: shared(t, "liechtenstein/liechtenstein-2015.osm.pbf")},
			counted{[2]int{1000, 5000}, [2]int{2000, 10000}, [2]int{0, 60}, [2]int{8000, 9200}, [2]int{50, 400}, [2]int{10, 300}}, nil},
		{"Baltimore", Options{OSM: shared(t, "baltimore/baltimore-2015.osm.pbf")},
			counted{[2]int{500, 4000}, [2]int{1000, 10000}, [2]int{80, 340}, [2]int{1000, 1800}, [2]int{0, 100}, [2]int{10, 300}}, nil},
		{"Wilmington", Options{OSM: delaware(t), BBox: &orb.Bound{Min: orb.Point{-75.62, 39.70}, Max: orb.Point{-75.48, 39.80}}, InventTerrain: true},
			counted{[2]int{2000, 8000}, [2]int{4000, 20000}, [2]int{50, 500}, [2]int{100, 8000}, [2]int{10, 400}, [2]int{50, 400}},
			func(t *testing.T, c *city.City) {
				d := &c.Drains
				if len(d.Basins) < 20 || len(d.Creeks) < 2 || len(d.Gates) != len(d.Creeks) || len(d.Pumps) != len(d.Basins)+len(d.Creeks) || !c.Terrain.Assessable() {
					t.Errorf("%d basins, %d creeks, %d gates, %d pumps", len(d.Basins), len(d.Creeks), len(d.Gates), len(d.Pumps))
				}
				if c.Name.En != "Wilmington" {
					t.Errorf("named %q", c.Name.En)
				}
			}},
	} {
		t.Run(test.name, func(t *testing.T) {
			start := time.Now()
			c, err := Build(context.Background(), test.opt)
			if err != nil {
				t.Fatal(err)
			}
			t.Logf("%s: %.1f s, %d nodes, %d links, %d turns, %d signals, %d buildings, %d waters, %d places, %d zones, %d districts, %d defects", c.Name.In("en"), time.Since(start).Seconds(),
				len(c.Streets.Nodes), len(c.Streets.Links), len(c.Streets.Turns), len(c.Signals), len(c.Buildings), len(c.Waters), len(c.Places), len(c.Zones), len(c.Districts), len(c.Defects))
			test.want.check(t, c)
			sound(t, c)
			if test.check != nil {
				test.check(t, c)
			}
			if os.Getenv("CITYBRAIN_DEFECTS") != "" {
				for _, d := range c.Defects {
					t.Logf("%s: %s", d.Element, d.What)
				}
			}
		})
	}
}

// delaware returns the extract that the OSM library ships for its own tests.
func delaware(t *testing.T) string {
	t.Helper()
	dir, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/paulmach/osm").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	return filepath.Join(strings.TrimSpace(string(dir)), "testdata", "delaware-latest.osm.pbf")
}

func TestTruncatedExtract(t *testing.T) {
	data, err := os.ReadFile(shared(t, "monaco/monaco-2021.osm.pbf"))
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range []int{0, 1000, len(data) / 3, len(data) / 2, len(data) - 1} {
		path := write(t, "cut.osm.pbf", string(data[:n]))
		if _, err := Build(context.Background(), Options{OSM: path}); err == nil || !strings.Contains(err.Error(), "cut.osm.pbf") {
			t.Errorf("%d of %d bytes: %v", n, len(data), err)
		}
	}
}
