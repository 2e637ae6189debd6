package importer

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"citybrain/city"
	"citybrain/city/importer/gtfs"
	"citybrain/city/importer/osm"

	"github.com/paulmach/orb"
)

// Options name the files and choices that a pack is built from. Only OSM is needed.
type Options struct {
	Name          city.Text  // "": the largest place in the extract, else the file's name
	OSM           string     // .pbf, .osm, .osm.gz, .osm.bz2
	DEM           []string   // .hgt, .hgt.zip, .tif, .asc; earlier files win where they overlap
	Datum         string     // vertical datum of the DEM, "": what the file says, else EGM96
	DEMError      float64    // metres, one standard deviation; 0: what the format implies, else 8 m
	GTFS          []string   // .zip
	Population    string     // .csv with columns lon, lat, population and, if it has them, id, jobs
	Buildings     string     // GeoJSON, also .xz or .gz; else the extract's
	Places        string     // .csv with columns id, lat, lon and, if it has them, kind, name
	BBox          *orb.Bound // WGS 84
	InventTerrain bool       // without a DEM: make one up, with drains
	Progress      func(stage string, done float64)
}

// maxDefects is how many defects of one kind of sentence a pack lists; the rest is counted.
const maxDefects = 200

// A build is a pack under work.
type build struct {
	opt     Options
	data    *osm.Data
	land    country
	c       *city.City
	nodes   *nearest
	groups  []osm.Group
	greens  []ground
	sea     bool // the extract holds a coastline
	defects []city.Defect
}

func (b *build) defect(element, format string, args ...any) {
	b.defects = append(b.defects, city.Defect{Element: element, What: fmt.Sprintf(format, args...)})
}

// Build builds a city from files. It stops between stages when ctx ends.
func Build(ctx context.Context, opt Options) (*city.City, error) {
	if opt.OSM == "" {
		return nil, fmt.Errorf("build city: no OSM file; give one with --osm")
	}
	if box := opt.BBox; box != nil && !(box.Min[0] < box.Max[0] && box.Min[1] < box.Max[1] && box.Min[0] >= -180 && box.Max[0] <= 180 && box.Min[1] >= -85 && box.Max[1] <= 85) {
		return nil, fmt.Errorf("build city: box %g,%g,%g,%g is none; want west,south,east,north in degrees", box.Min[0], box.Min[1], box.Max[0], box.Max[1])
	}
	if len(opt.DEM) > 0 && opt.InventTerrain {
		return nil, fmt.Errorf("build city: a DEM and an invented terrain exclude each other; give one of --dem and --invent-terrain")
	}
	if !(opt.DEMError >= 0 && opt.DEMError < 1000) {
		return nil, fmt.Errorf("build city: vertical error %g m; want 0 or more", opt.DEMError)
	}
	if opt.Progress == nil {
		opt.Progress = func(string, float64) {}
	}
	b := &build{opt: opt, c: &city.City{TargetS: 480}}
	stages := []struct {
		name string
		run  func(context.Context) error
	}{
		{"read map", b.read},
		{"streets", b.streets},
		{"buildings", b.buildings},
		{"water", b.waters},
		{"terrain", b.terrain},
		{"people", b.people},
		{"places", b.places},
		{"signals", b.signals}, // places say where people walk slowly
		{"instruments", b.instruments},
	}
	for i, s := range stages {
		if err := ctx.Err(); err != nil {
			return nil, fmt.Errorf("build city: %s: %w", s.name, err)
		}
		opt.Progress(s.name, float64(i)/float64(len(stages)))
		if err := s.run(ctx); err != nil {
			return nil, fmt.Errorf("build city: %s: %w", s.name, err)
		}
	}
	b.c.Defects = shorten(b.defects)
	opt.Progress("done", 1)
	return b.c, nil
}

// read reads the extract and settles the frame, the country and the name.
func (b *build) read(ctx context.Context) error {
	d, err := osm.Read(ctx, b.opt.OSM)
	if err != nil {
		return err
	}
	b.data = d
	area := d.Bounds
	if b.opt.BBox != nil {
		area = *b.opt.BBox
		if !area.Intersects(d.Bounds) {
			return fmt.Errorf("%s: its streets lie in %.3f,%.3f,%.3f,%.3f, outside the box; check --bbox west,south,east,north",
				b.opt.OSM, d.Bounds.Min[0], d.Bounds.Min[1], d.Bounds.Max[0], d.Bounds.Max[1])
		}
	}
	mid := area.Center()
	if math.Abs(area.Max[0]-area.Min[0]) > 1.5 || math.Abs(area.Max[1]-area.Min[1]) > 1.5 {
		return fmt.Errorf("%s: streets reach over %.1f° by %.1f°; a city is at most 1.5° across: choose a part with --bbox west,south,east,north",
			b.opt.OSM, area.Max[0]-area.Min[0], area.Max[1]-area.Min[1])
	}
	c := b.c
	c.Frame = city.Frame{Lon0: math.Round(mid[0]*1e4) / 1e4, Lat0: math.Round(mid[1]*1e4) / 1e4}
	b.land = countryAt(mid)
	c.Currency, c.GDPPerHead, c.TimeZone = b.land.currency, b.land.gdp, b.land.zone
	if b.land.name == "" {
		b.defect("country", "%.3f, %.3f lies in no country that is known here: right-hand traffic, prices in US$ and UTC assumed", mid[0], mid[1])
	}
	c.Attribution = []string{"© OpenStreetMap contributors (ODbL 1.0)"}
	c.Name = b.opt.Name
	if c.Name == (city.Text{}) {
		c.Name = b.placeName(area)
	}
	return nil
}

// placeName returns the name of the most important settlement in the area, else the file's.
func (b *build) placeName(area orb.Bound) city.Text {
	rank := map[string]float64{"city": 3e9, "town": 2e9, "village": 1e9}
	best, top := city.Text{}, 0.0
	for i := range b.data.Tagged {
		n := &b.data.Tagged[i]
		r := rank[n.Tags["place"]]
		if r == 0 || !area.Contains(n.At) || n.Tags.Name() == (city.Text{}) {
			continue
		}
		if p, err := strconv.ParseFloat(n.Tags["population"], 64); err == nil && p > 0 {
			r += math.Min(p, 9e8)
		}
		if r > top {
			best, top = n.Tags.Name(), r
		}
	}
	if top == 0 {
		name, _, _ := strings.Cut(filepath.Base(b.opt.OSM), ".")
		best.En = name
	}
	return best
}

// streets makes the network and the city's bounds.
func (b *build) streets(context.Context) error {
	opt := osm.NetworkOptions{Frame: b.c.Frame, Box: b.opt.BBox, LeftHand: b.land.leftHand}
	for i, v := range b.land.speeds {
		opt.Speeds[i] = v / 3.6
	}
	left, right := 0, 0
	for i := range b.data.Ways {
		switch b.data.Ways[i].Tags["driving_side"] {
		case "left":
			left++
		case "right":
			right++
		}
	}
	for i := range b.data.Relations {
		if r := &b.data.Relations[i]; r.Tags["admin_level"] == "2" {
			switch r.Tags["driving_side"] {
			case "left":
				left += 1000
			case "right":
				right += 1000
			}
		}
	}
	if left >= 10 && left > right {
		opt.LeftHand = true
	} else if right >= 10 && right > left {
		opt.LeftHand = false
	}
	n, err := osm.BuildNetwork(b.data, opt)
	if err != nil {
		return fmt.Errorf("%s: %w", b.opt.OSM, err)
	}
	b.c.Streets = n.Streets
	b.defects = append(b.defects, b.near(n.Defects)...)
	bound := b.c.Streets.Nodes[0].At.Bound()
	for i := range b.c.Streets.Links {
		bound = bound.Union(b.c.Streets.Links[i].Line.Bound())
	}
	b.c.Bounds = bound.Pad(100)
	if b.opt.BBox != nil {
		box := *b.opt.BBox
		c := b.c.Frame.Local(box.Min[0], box.Min[1]).Bound()
		for _, p := range []orb.Point{{box.Max[0], box.Min[1]}, box.Max, {box.Min[0], box.Max[1]}} {
			c = c.Extend(b.c.Frame.Local(p[0], p[1]))
		}
		b.c.Bounds = c
	}
	b.nodes = newNearest(&b.c.Streets)
	b.groups = n.Groups
	return nil
}

// transit reads the feeds: stops out of town become defects, rail stops the entrances of stations.
func (b *build) transit() ([]city.Place, error) {
	var list []city.Place
	seen := map[string]bool{}
	for _, path := range b.opt.GTFS {
		f, err := gtfs.Read(path)
		if err != nil {
			return nil, err
		}
		b.defects = append(b.defects, f.Defects...)
		name := filepath.Base(path)
		inside, outside, never, rail := 0, 0, 0, 0
		for _, s := range f.Stops {
			p := b.c.Frame.Local(s.At[0], s.At[1])
			if math.Abs(s.At[0]-b.c.Frame.Lon0) > 2 || math.Abs(s.At[1]-b.c.Frame.Lat0) > 2 || !b.c.Bounds.Contains(p) {
				outside++
				b.defect("stop/"+s.ID, "lies outside the city at %.5f, %.5f; left out (%s)", s.At[0], s.At[1], name)
				continue
			}
			inside++
			if s.Visits == 0 && s.Kind == 0 {
				never++
			}
			if s.Rail && !seen[s.Name] {
				seen[s.Name] = true
				rail++
				list = append(list, city.Place{ID: "stop/" + s.ID, Kind: city.MetroEntrance, Name: city.Text{En: s.Name}, At: p})
			}
		}
		trips := 0.0
		var headways []float64
		for _, r := range f.Routes {
			trips += float64(r.Trips)
			if r.HeadwayS > 0 {
				headways = append(headways, r.HeadwayS)
			}
		}
		slices.Sort(headways)
		median := 0.0
		if len(headways) > 0 {
			median = headways[len(headways)/2]
		}
		b.defect(name, "%d routes, %d trips, median headway %.0f min; %d stops in town (%d never served), %d outside; %d rail stations taken",
			len(f.Routes), f.Trips, median/60, inside, never, outside, rail)
		b.c.Attribution = append(b.c.Attribution, "Transit: "+name)
	}
	return list, nil
}

// shorten keeps the first maxDefects defects of one kind of element and counts the others.
func shorten(list []city.Defect) []city.Defect {
	kind := func(d city.Defect) string {
		k, _, ok := strings.Cut(d.Element, "/")
		if !ok {
			return ""
		}
		return k + "/" + strings.Map(func(r rune) rune {
			if r >= '0' && r <= '9' || r == '.' || r == '-' {
				return -1
			}
			return r
		}, d.What[:min(len(d.What), 40)])
	}
	count, last := map[string]int{}, map[string]string{}
	var out []city.Defect
	for _, d := range list {
		k := kind(d)
		if k != "" {
			count[k]++
			last[k] = d.What
		}
		if k == "" || count[k] <= maxDefects {
			out = append(out, d)
		}
	}
	var over []string
	for k, n := range count {
		if n > maxDefects {
			over = append(over, k)
		}
	}
	slices.SortFunc(over, cmp.Compare)
	for _, k := range over {
		element, _, _ := strings.Cut(k, "/")
		out = append(out, city.Defect{Element: element, What: fmt.Sprintf("%d more like %q", count[k]-maxDefects, last[k])})
	}
	return out
}
