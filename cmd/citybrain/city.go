package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"

	"citybrain/city"
	"citybrain/city/draw"
	"citybrain/city/importer"
	"citybrain/city/riverside"
	"github.com/paulmach/orb"
)

func cityVerb(ctx context.Context, args []string, out io.Writer) error {
	return oneOf(ctx, "city", map[string]part{"generate": cityGenerate, "build": cityBuild, "info": cityInfo, "draw": cityDraw, "calibrate": cityCalibrate, "speeds": citySpeeds}, args, out)
}

func cityGenerate(_ context.Context, args []string, out io.Writer) error {
	f := flags("city generate", "citybrain city generate --seed 1 --out out/demo", out)
	seed := f.Uint64("seed", demoSeed, "the same seed gives the same city")
	dir := f.String("out", "", "`folder` to write the pack to")
	if err := parse(f, args); err != nil {
		return err
	}
	if *dir == "" || f.NArg() > 0 {
		return fmt.Errorf("%w: give --out and flags only", errUsage)
	}
	c := riverside.City(*seed)
	if err := city.Save(*dir, c); err != nil {
		return err
	}
	fmt.Fprintf(out, "%s: %s, version %.12s\n", *dir, c.Name.En, c.Version)
	return nil
}

// info is what `city info --json` prints.
type info struct {
	Name        city.Text      `json:"name"`
	Version     string         `json:"version"`
	AreaKM2     float64        `json:"area_km2"`
	Nodes       int            `json:"nodes"`
	Links       int            `json:"links"`
	LaneKM      float64        `json:"lane_km"`
	Signals     int            `json:"signals"`
	Signed      int            `json:"signed"`
	Buildings   int            `json:"buildings"`
	Places      map[string]int `json:"places"`
	Invented    int            `json:"invented_places"`
	Population  float64        `json:"population"`
	Terrain     string         `json:"terrain"`
	Cells       int            `json:"cells"`
	Datum       string         `json:"datum,omitempty"`
	VerticalM   *float64       `json:"vertical_error_m"`
	Assessable  bool           `json:"flood_assessable"`
	Calibrated  bool           `json:"calibrated"`
	Lacks       string         `json:"uncalibrated,omitempty"` // why
	Basins      int            `json:"basins"`
	Creeks      int            `json:"creeks"`
	Pumps       int            `json:"pumps"`
	Attribution []string       `json:"attribution"`
	Defects     []city.Defect  `json:"defects"`
}

func cityInfo(_ context.Context, args []string, out io.Writer) error {
	f := flags("city info", "citybrain city info out/demo --json", out)
	asJSON := f.Bool("json", false, "print JSON")
	// The folder may stand before the flags.
	dir := ""
	if len(args) > 0 && args[0] != "" && args[0][0] != '-' {
		dir, args = args[0], args[1:]
	}
	if err := parse(f, args); err != nil {
		return err
	}
	if dir == "" && f.NArg() == 1 {
		dir = f.Arg(0)
	} else if dir == "" || f.NArg() > 0 {
		return fmt.Errorf("%w: give the pack's folder", errUsage)
	}
	c, err := city.Load(dir)
	if err != nil {
		return err
	}
	i := info{Name: c.Name, Version: c.Version, Nodes: len(c.Streets.Nodes), Links: len(c.Streets.Links), Signals: len(c.Signals), Buildings: len(c.Buildings), Places: map[string]int{}, Terrain: string(city.TerrainNone), Basins: len(c.Drains.Basins), Creeks: len(c.Drains.Creeks), Pumps: len(c.Drains.Pumps), Attribution: c.Attribution, Defects: c.Defects, Assessable: c.Terrain.Assessable(), Calibrated: c.Calibrated(), Lacks: c.Calibration.Lacks()}
	i.AreaKM2 = (c.Bounds.Max[0] - c.Bounds.Min[0]) * (c.Bounds.Max[1] - c.Bounds.Min[1]) / 1e6
	for k := range c.Streets.Links {
		i.LaneKM += c.Streets.Links[k].Length * float64(c.Streets.Links[k].Lanes) / 1000
	}
	for k := range c.Signals {
		if c.Signals[k].Signed {
			i.Signed++
		}
	}
	for k := range c.Places {
		i.Places[string(c.Places[k].Kind)]++
		if c.Places[k].Invented {
			i.Invented++
		}
	}
	for _, z := range c.Zones {
		i.Population += z.Population
	}
	if t := c.Terrain; t != nil {
		i.Terrain, i.Datum, i.VerticalM = string(t.Source), t.Datum, &t.VerticalError
		for k := range t.Cells() {
			if !t.River[k] && t.Z[k] == t.Z[k] {
				i.Cells++
			}
		}
	}
	if *asJSON {
		enc := json.NewEncoder(out)
		enc.SetIndent("", "  ")
		return enc.Encode(i)
	}
	fmt.Fprintf(out, "%s (%s), version %.12s, %.1f km²\n  streets   %d nodes, %d links, %.0f lane-km\n  signals   %d, of which signed %d (unsigned ones are for simulation only)\n  people    %.0f\n  buildings %d\n  places    %v, %d of them invented\n", i.Name.En, i.Name.Zh, i.Version, i.AreaKM2, i.Nodes, i.Links, i.LaneKM, i.Signals, i.Signed, i.Population, i.Buildings, i.Places, i.Invented)
	switch {
	case c.Terrain == nil:
		fmt.Fprintln(out, "  terrain   none: no flood domain; build with --dem or --invent-terrain")
	case !i.Assessable:
		fmt.Fprintf(out, "  terrain   %s, %d cells, datum %s, vertical error %g m: flood damage is not assessable\n", i.Terrain, i.Cells, i.Datum, *i.VerticalM)
	default:
		fmt.Fprintf(out, "  terrain   %s, %d cells, datum %s, vertical error %g m; %d basins, %d creeks, %d pumping stations\n", i.Terrain, i.Cells, i.Datum, *i.VerticalM, i.Basins, i.Creeks, i.Pumps)
	}
	for _, d := range i.Defects {
		fmt.Fprintf(out, "  defect    %s: %s\n", d.Element, d.What)
	}
	for _, a := range i.Attribution {
		fmt.Fprintf(out, "  data      %s\n", a)
	}
	return nil
}

// several collects a flag that may be given more than once.
type several []string

func (s *several) String() string     { return strings.Join(*s, ",") }
func (s *several) Set(v string) error { *s = append(*s, v); return nil }

func cityBuild(ctx context.Context, args []string, out io.Writer) error {
	f := flags("city build", "citybrain city build --osm town.osm.pbf --dem N43E007.hgt.zip --out out/town", out)
	osm := f.String("osm", "", "OpenStreetMap `file`: .pbf, .osm, .osm.gz, .osm.bz2")
	var dem, gtfs several
	f.Var(&dem, "dem", "elevation `file`, .hgt, .hgt.zip, GeoTIFF or ASCII grid; may be given again")
	f.Var(&gtfs, "gtfs", "transit feed `file`, .zip; may be given again")
	datum := f.String("datum", "", "vertical datum of the elevations; empty: what the format says (SRTM: EGM96)")
	demError := f.Float64("dem-error", 0, "their vertical error in `metres`; 0: what the format says (SRTM: 8)")
	population := f.String("population", "", "`file` of people by cell")
	buildings := f.String("buildings", "", "GeoJSON `file` of footprints")
	places := f.String("places", "", "`file` of points of interest")
	bbox := f.String("bbox", "", "W,S,E,N in degrees")
	invent := f.Bool("invent-terrain", false, "invent a terrain, labelled as such, so that water can be simulated")
	name := f.String("name", "", "the city's name; empty: the file's")
	dir := f.String("out", "", "`folder` to write the pack to")
	if err := parse(f, args); err != nil {
		return err
	}
	if *osm == "" || *dir == "" || f.NArg() > 0 {
		return fmt.Errorf("%w: give --osm and --out, and flags only", errUsage)
	}
	opt := importer.Options{Name: city.Text{En: *name}, OSM: *osm, DEM: dem, Datum: *datum, DEMError: *demError, GTFS: gtfs, Population: *population, Buildings: *buildings, Places: *places, InventTerrain: *invent}
	if *bbox != "" {
		var w, s, e, n float64
		if k, err := fmt.Sscanf(*bbox, "%g,%g,%g,%g", &w, &s, &e, &n); k != 4 || err != nil || !(w < e && s < n) {
			return fmt.Errorf("%w: --bbox %q is not W,S,E,N", errUsage, *bbox)
		}
		opt.BBox = &orb.Bound{Min: orb.Point{w, s}, Max: orb.Point{e, n}}
	}
	p := newProgress()
	opt.Progress = p.show
	c, err := importer.Build(ctx, opt)
	p.done()
	if err != nil {
		return err
	}
	if err := city.Save(*dir, c); err != nil {
		return err
	}
	fmt.Fprintf(out, "%s: %s, %d links, %d signals, version %.12s, %d defects (citybrain city info %s)\n", *dir, c.Name.En, len(c.Streets.Links), len(c.Signals), c.Version, len(c.Defects), *dir)
	return nil
}

func cityDraw(_ context.Context, args []string, out io.Writer) (err error) {
	f := flags("city draw", "citybrain city draw out/demo -o map.png", out)
	file := f.String("o", "map.png", "`file` to write")
	width := f.Int("width", 1600, "pixels")
	light := f.Bool("light", false, "light colours")
	dir := ""
	if len(args) > 0 && args[0] != "" && args[0][0] != '-' {
		dir, args = args[0], args[1:]
	}
	if err := parse(f, args); err != nil {
		return err
	}
	if dir == "" || f.NArg() > 0 {
		return fmt.Errorf("%w: give the pack's folder first", errUsage)
	}
	c, err := city.Load(dir)
	if err != nil {
		return err
	}
	w, err := os.Create(*file)
	if err != nil {
		return err
	}
	defer func() {
		if e := w.Close(); err == nil {
			err = e
		}
	}()
	return draw.PNG(w, c, draw.Options{Width: *width, Light: *light})
}
