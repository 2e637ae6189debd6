package importer

import (
	"context"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"citybrain/city"

	"github.com/paulmach/orb"
)

func write(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func named(c *city.City, element string) []string {
	var out []string
	for _, d := range c.Defects {
		if d.Element == element {
			out = append(out, d.What)
		}
	}
	return out
}

const town = "osm/testdata/town.osm"

func TestBuildTown(t *testing.T) {
	population := write(t, "people.csv", "id,lon,lat,population,jobs\na,121.4995,31.2005,100,20\nb,121.5,91,5,5\nc,122.5,31.2,7,7\nd,121.5005,31.1995,x,1\n")
	points := write(t, "points.csv", "id,lat,lon\ncity_hospital,31.2001,121.5001\nold_tree,31.2,121.5\nfar_school,32.2,121.5\n")
	buildings := write(t, "b.geojson", `{"type":"FeatureCollection","features":[
		{"type":"Feature","geometry":{"type":"Polygon","coordinates":[[[121.4991,31.2011],[121.4993,31.2011],[121.4993,31.2013],[121.4991,31.2013],[121.4991,31.2011]]]},"properties":{"Floor":7}},
		{"type":"Feature","geometry":{"type":"Polygon","coordinates":[[[[121.5011,31.2011],[121.5013,31.2011],[121.5013,31.2013],[121.5011,31.2011]]]]},"properties":{"Floor":2}},
		{"type":"Feature","geometry":{"type":"Polygon","coordinates":[[[121.4991,31.2011],[121.4993,31.2013],[121.4993,31.2011],[121.4991,31.2013],[121.4991,31.2011]]]},"properties":{}},
		{"type":"Feature","geometry":{"type":"Point","coordinates":[121.5,31.2]},"properties":{}}]}`)
	opt := Options{OSM: town, Population: population, Places: points, Buildings: buildings, InventTerrain: true}
	c, err := Build(context.Background(), opt)
	if err != nil {
		t.Fatal(err)
	}
	if err := c.Validate(); err != nil {
		t.Error(err)
	}
	if len(c.Buildings) != 2 || c.Buildings[0].Height != 21 || c.Buildings[1].Height != 6 || c.Buildings[0].ValueFen <= 0 {
		t.Errorf("buildings %+v", c.Buildings)
	}
	for _, e := range []string{"feature/2", "feature/3", "cell/b", "cell/d", "place/old_tree", "place/far_school", "way/17", "terrain"} {
		if len(named(c, e)) == 0 {
			t.Errorf("no defect of %s", e)
		}
	}
	if len(c.Zones) != 1 || c.Zones[0].Population != 100 || c.Zones[0].Node < 0 || c.Zones[0].District < 0 {
		t.Errorf("zones %+v", c.Zones)
	}
	hospitals, invented := 0, 0
	for _, p := range c.Places {
		if p.Kind == city.Hospital {
			hospitals++
			if p.Invented {
				t.Errorf("%+v invented although one is named", p)
			}
		}
		if p.Invented {
			invented++
			if !strings.Contains(p.Name.En, "invented") || !strings.Contains(p.Name.Zh, "虚构") {
				t.Errorf("%+v is not marked", p)
			}
		}
	}
	if hospitals != 1 || invented < 3 {
		t.Errorf("%d hospitals, %d invented places", hospitals, invented)
	}
	if !c.Terrain.Assessable() || c.Terrain.Source != city.TerrainInvented || len(c.Drains.Creeks) == 0 || len(c.Drains.Gates) == 0 {
		t.Errorf("terrain %s, error %g, %d creeks", c.Terrain.Source, c.Terrain.VerticalError, len(c.Drains.Creeks))
	}
	again, err := Build(context.Background(), opt)
	if err != nil {
		t.Fatal(err)
	}
	if a, err := c.Hash(); err != nil {
		t.Error(err)
	} else if b, _ := again.Hash(); a != b {
		t.Errorf("two builds differ: %s, %s", a, b)
	}
	// Without a terrain there is no flood domain, and the pack says so.
	opt.InventTerrain = false
	if c, err = Build(context.Background(), opt); err != nil || c.Terrain != nil || len(named(c, "terrain")) == 0 {
		t.Errorf("terrain %v, %v", c.Terrain, err)
	}
}

func TestTerrainFromGrid(t *testing.T) {
	// The west half only, with a hole; degrees.
	asc := write(t, "dem.asc", "ncols 4\nnrows 6\nxllcorner 121.496\nyllcorner 31.197\ncellsize 0.001\nNODATA_value -9999\n"+
		"5 5 5 5\n5 5 5 5\n5 5 -9999 5\n5 5 5 5\n5 5 5 5\n5 5 5 5\n")
	c, err := Build(context.Background(), Options{OSM: town, DEM: []string{asc}, Datum: "Wusong", DEMError: 0.1})
	if err != nil {
		t.Fatal(err)
	}
	if c.Terrain.Datum != "Wusong" || c.Terrain.VerticalError != 0.1 || c.Terrain.Source != city.TerrainGiven {
		t.Errorf("%s, %g, %s", c.Terrain.Datum, c.Terrain.VerticalError, c.Terrain.Source)
	}
	text := strings.Join(named(c, "terrain"), "\n")
	if !strings.Contains(text, "covers") || !strings.Contains(text, "holes") {
		t.Errorf("defects %q", text)
	}
	c, err = Build(context.Background(), Options{OSM: town, DEM: []string{asc}})
	if err != nil || c.Terrain.VerticalError != 8 || c.Terrain.Assessable() || c.Terrain.Datum != "EGM96" {
		t.Errorf("%v, %+v", err, c.Terrain.VerticalError)
	}
	far := write(t, "far.asc", "ncols 1\nnrows 1\nxllcorner 7\nyllcorner 43\ncellsize 1\n5\n")
	if _, err = Build(context.Background(), Options{OSM: town, DEM: []string{far}}); err == nil || !strings.Contains(err.Error(), "covers nothing") {
		t.Errorf("a DEM of another place: %v", err)
	}
}

func TestRefusals(t *testing.T) {
	for _, x := range []struct {
		opt  Options
		want string
	}{
		{Options{}, "--osm"},
		{Options{OSM: "nothing.osm.pbf"}, "nothing.osm.pbf"},
		{Options{OSM: town, BBox: &orb.Bound{Min: orb.Point{7, 43}, Max: orb.Point{8, 44}}}, "outside the box"},
		{Options{OSM: town, BBox: &orb.Bound{Min: orb.Point{8, 43}, Max: orb.Point{7, 44}}}, "west,south,east,north"},
		{Options{OSM: town, DEM: []string{"x.tif"}, InventTerrain: true}, "exclude"},
		{Options{OSM: town, GTFS: []string{town}}, "zip"},
		{Options{OSM: town, Buildings: town}, "GeoJSON"},
		{Options{OSM: town, Population: town}, "no column"},
		{Options{OSM: town, DEMError: -1}, "vertical error"},
	} {
		if _, err := Build(context.Background(), x.opt); err == nil || !strings.Contains(err.Error(), x.want) {
			t.Errorf("%+v: %v, want %q", x.opt, err, x.want)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Build(ctx, Options{OSM: town}); err == nil {
		t.Error("a cancelled build ended well")
	}
}

func TestCountryAt(t *testing.T) {
	for _, x := range []struct {
		lon, lat float64
		currency string
		left     bool
	}{{121.47, 31.23, "CNY", false}, {-51.2, -30.03, "BRL", false}, {7.42, 43.73, "EUR", false}, {-75.5, 39.75, "USD", false}, {114.17, 22.30, "HKD", true},
		{-0.1, 51.5, "GBP", true}, {139.7, 35.7, "JPY", true}, {77.2, 28.6, "INR", true}, {-30, -50, "USD", false}} {
		if c := countryAt(orb.Point{x.lon, x.lat}); c.currency != x.currency || c.leftHand != x.left {
			t.Errorf("%g, %g: %s, left %v", x.lon, x.lat, c.currency, c.leftHand)
		}
	}
	// Table of the report for China: 333.5, 491.6, 428.2 euro of 2010 a m².
	china := countryAt(orb.Point{116.4, 39.9})
	for use, want := range map[city.BuildingUse]float64{city.Residential: 333.5, city.Commercial: 491.6, city.Industrial: 428.2} {
		if got := float64(china.valueFen(use, 1000)) / 1000 / 100 / china.perEUR; got < want-1 || got > want+1 {
			t.Errorf("use %d: %.1f euro a m², want %.1f", use, got, want)
		}
	}
}

func TestFill(t *testing.T) {
	g := city.Grid{West: 0, North: 40, Cell: 10, Cols: 4, Rows: 4}
	got := map[int]float64{}
	fill(g, orb.Bound{Min: orb.Point{5, 5}, Max: orb.Point{30, 20}}.ToPolygon(), func(c int, s float64) { got[c] += s })
	if want := map[int]float64{8: 0.5, 9: 1, 10: 1, 12: 0.25, 13: 0.5, 14: 0.5}; !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func FuzzGeoJSON(f *testing.F) {
	f.Add(`{"features":[{"geometry":{"type":"Polygon","coordinates":[[[[1,2],[3,4],[5,1],[1,2]]]]},"properties":{"Floor":3}}]}`)
	f.Add(`{"features":[{"geometry":{"type":"MultiPolygon","coordinates":[1,[],[[2]],null]},"properties":null}]}`)
	f.Fuzz(func(t *testing.T, s string) {
		list, _, err := decodeGeoJSON(strings.NewReader(s))
		if err != nil {
			return
		}
		for _, x := range list {
			for _, r := range x.rings {
				if len(r) < 4 || r[0] != r[len(r)-1] {
					t.Fatalf("ring %v", r)
				}
			}
		}
	})
}
