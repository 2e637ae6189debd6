package importer

import (
	"compress/gzip"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"citybrain/city"
	"citybrain/city/importer/osm"

	"github.com/paulmach/orb"
	"github.com/therootcompany/xz"
)

const (
	storey       = 3.0  // m of one level
	groundFloor  = 0.15 // m of the ground floor above the street, unless the data say otherwise
	maxLevels    = 200
	maxBuildings = 64 << 20 // bytes × 8 of a GeoJSON file after unpacking: half a gigabyte
)

// A damageCost is the replacement cost of a square metre of building by GDP a head: a·GDP^b in euro of 2010 with GDP in US$ of
// 2010, of which depreciation leaves 0.6 and water can damage 0.6 (1 − 0.4 of concrete and masonry that it can't), plus the
// contents as a share of the damageable structure. Huizinga, de Moel & Szewczyk 2017, EUR 28552 EN, tables 3-11 and 4-1.
type damageCost struct{ a, b, content float64 }

var damageCosts = map[city.BuildingUse]damageCost{
	city.Residential: {24.078, 0.3852, 0.5},
	city.Commercial:  {33.642, 0.3574, 1.0},
	city.Industrial:  {30.824, 0.3249, 1.5},
	city.Public:      {33.642, 0.3574, 1.0}, // as commercial: the report has no class of its own
}

// valueFen returns what water can damage in a building of a footprint in m²: the ground floor's structure and contents. In
// hundredths of the country's currency at the prices of 2010.
func (c country) valueFen(use city.BuildingUse, area float64) int64 {
	k := damageCosts[use]
	structure := k.a * math.Pow(c.gdp, k.b) * 0.6 * 0.6
	return int64(math.Round(structure * (1 + k.content) * area * c.perEUR * 100))
}

// buildings takes the buildings of the GeoJSON file, else the extract's.
func (b *build) buildings(context.Context) error {
	add := func(element string, ring orb.Ring, use city.BuildingUse, height, floor float64, basement bool) {
		local := make(orb.Ring, len(ring))
		for i, p := range ring {
			local[i] = b.c.Frame.Local(p[0], p[1])
		}
		if !b.c.Bounds.Contains(local.Bound().Center()) {
			return
		}
		area := ringArea(local)
		if area < 4 {
			return // a kiosk's pole or a drawing error
		}
		b.c.Buildings = append(b.c.Buildings, city.Building{Outline: local, Height: height, Use: use, Floor: floor,
			ValueFen: b.land.valueFen(use, area), Basement: basement})
	}
	if b.opt.Buildings != "" {
		list, defects, err := readGeoJSON(b.opt.Buildings)
		if err != nil {
			return err
		}
		b.defects = append(b.defects, defects...)
		for _, f := range list {
			use := buildingUse(osm.Tags{"building": f.tags["building"], "amenity": f.tags["amenity"]})
			for _, ring := range f.rings {
				height, floor, basement := buildingHeight(f.tags, use)
				add(f.element, ring, use, height, floor, basement)
			}
		}
		if len(b.c.Buildings) == 0 {
			return fmt.Errorf("%s: none of its %d features is a building in the city; is it in WGS 84 and of this place?", b.opt.Buildings, len(list))
		}
		b.c.Attribution = append(b.c.Attribution, "Buildings: "+filepath.Base(b.opt.Buildings))
		return nil
	}
	areas, defects := b.data.Areas(func(t osm.Tags) bool { v := t["building"]; return v != "" && v != "no" })
	b.defects = append(b.defects, b.near(defects)...)
	for _, a := range areas {
		use := buildingUse(a.Tags)
		for _, p := range a.Shape {
			height, floor, basement := buildingHeight(a.Tags, use)
			add(a.Element, p[0], use, height, floor, basement)
		}
	}
	return nil
}

// near leaves out defects of elements that a box cuts off anyway: with a box the rest of the extract is not of interest.
func (b *build) near(list []city.Defect) []city.Defect {
	if b.opt.BBox == nil {
		return list
	}
	var out []city.Defect
	for _, d := range list {
		kind, _, _ := strings.Cut(d.Element, "/")
		if p, ok := b.data.Where(d.Element); ok && b.opt.BBox.Contains(p) || kind != "node" && kind != "way" && kind != "relation" {
			out = append(out, d)
		}
	}
	return out
}

func buildingUse(t osm.Tags) city.BuildingUse {
	switch t["building"] {
	case "commercial", "retail", "office", "supermarket", "hotel", "kiosk", "warehouse_retail", "mall", "shop":
		return city.Commercial
	case "industrial", "warehouse", "factory", "manufacture", "hangar", "works", "storage_tank", "farm_auxiliary", "barn":
		return city.Industrial
	case "school", "university", "hospital", "public", "civic", "government", "church", "cathedral", "chapel", "kindergarten",
		"train_station", "transportation", "college", "fire_station", "stadium", "museum", "mosque", "temple", "synagogue":
		return city.Public
	}
	switch t["amenity"] {
	case "school", "university", "hospital", "clinic", "townhall", "library", "police", "fire_station", "place_of_worship", "courthouse", "kindergarten", "college":
		return city.Public
	case "bank", "restaurant", "cafe", "fast_food", "bar", "cinema", "theatre", "fuel", "marketplace":
		return city.Commercial
	}
	switch {
	case t["shop"] != "" || t["office"] != "" || t["tourism"] == "hotel":
		return city.Commercial
	case t["industrial"] != "" || t["landuse"] == "industrial":
		return city.Industrial
	}
	return city.Residential
}

// buildingHeight returns the height from height, or levels × 3 m, or by use; the floor over the street; and whether there is
// a level below ground.
func buildingHeight(t osm.Tags, use city.BuildingUse) (height, floor float64, basement bool) {
	floor = groundFloor
	if v, err := strconv.ParseFloat(strings.TrimSpace(strings.TrimSuffix(t["height"], "m")), 64); err == nil && v > 1 && v < 900 {
		height = v
	} else if v, err := strconv.ParseFloat(t["building:levels"], 64); err == nil && v >= 1 && v <= maxLevels {
		height = v * storey
	} else {
		height = map[city.BuildingUse]float64{city.Residential: 3 * storey, city.Commercial: 4 * storey, city.Industrial: 7, city.Public: 4 * storey}[use]
	}
	under, err := strconv.ParseFloat(t["building:levels:underground"], 64)
	return height, floor, err == nil && under >= 1 && under < 20 || t["parking"] == "underground"
}

func ringArea(r orb.Ring) float64 {
	sum := 0.0
	for i := 0; i+1 < len(r); i++ {
		sum += (r[i][0]-r[0][0])*(r[i+1][1]-r[0][1]) - (r[i+1][0]-r[0][0])*(r[i][1]-r[0][1])
	}
	return math.Abs(sum) / 2
}

// A feature is one GeoJSON feature: its outer rings and its properties as tags.
type feature struct {
	element string
	rings   []orb.Ring
	tags    osm.Tags
}

// unpacked opens a file, unpacking .xz and .gz.
func unpacked(path string) (io.Reader, func(), error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, nil, err
	}
	var r io.Reader = f
	switch {
	case strings.HasSuffix(path, ".xz"):
		r, err = xz.NewReader(f, xz.DefaultDictMax)
	case strings.HasSuffix(path, ".gz"):
		r, err = gzip.NewReader(f)
	}
	if err != nil {
		f.Close()
		return nil, nil, fmt.Errorf("unpack %s: %w; fetch the file again", path, err)
	}
	return io.LimitReader(r, 8*maxBuildings), func() { f.Close() }, nil
}

// readGeoJSON reads a FeatureCollection of polygons. Coordinates may be nested deeper than GeoJSON allows, as they are in
// the wild: rings are found at any depth, and of a polygon only the outer one counts. Features without a ring, or with one
// that crosses itself, become defects under "feature/N", N counting from 0.
func readGeoJSON(path string) ([]feature, []city.Defect, error) {
	r, done, err := unpacked(path)
	if err != nil {
		return nil, nil, fmt.Errorf("read GeoJSON: %w", err)
	}
	defer done()
	list, defects, err := decodeGeoJSON(r)
	if err != nil {
		return nil, nil, fmt.Errorf("read GeoJSON %s: %w", path, err)
	}
	return list, defects, nil
}

func decodeGeoJSON(r io.Reader) ([]feature, []city.Defect, error) {
	var doc struct {
		Features []struct {
			Geometry *struct {
				Type        string
				Coordinates json.RawMessage
			}
			Properties map[string]any
		}
	}
	if err := json.NewDecoder(r).Decode(&doc); err != nil {
		return nil, nil, fmt.Errorf("%w; the file is cut short or no GeoJSON", err)
	}
	if len(doc.Features) == 0 {
		return nil, nil, fmt.Errorf("no features; want a FeatureCollection of polygons")
	}
	var list []feature
	var defects []city.Defect
	bad := func(i int, format string, args ...any) {
		defects = append(defects, city.Defect{Element: fmt.Sprintf("feature/%d", i), What: fmt.Sprintf(format, args...)})
	}
	for i, f := range doc.Features {
		if f.Geometry == nil || f.Geometry.Type != "Polygon" && f.Geometry.Type != "MultiPolygon" {
			bad(i, "no polygon; left out")
			continue
		}
		var coords any
		if err := json.Unmarshal(f.Geometry.Coordinates, &coords); err != nil {
			bad(i, "coordinates can't be read: %v; left out", err)
			continue
		}
		x := feature{element: fmt.Sprintf("feature/%d", i), tags: osm.Tags{}}
		for k, v := range f.Properties {
			switch v := v.(type) {
			case string:
				x.tags[k] = v
			case float64:
				x.tags[k] = strconv.FormatFloat(v, 'g', -1, 64)
			}
		}
		for _, k := range []string{"Floor", "floor", "levels", "floors"} {
			if v := x.tags[k]; v != "" && x.tags["building:levels"] == "" {
				x.tags["building:levels"] = v
			}
		}
		outer, crossed := outerRings(coords, 0)
		for _, ring := range outer {
			out, ok := osm.Ring(ring)
			switch {
			case !ok:
				crossed++
			case math.Abs(out[0][0]) > 180 || math.Abs(out[0][1]) > 90:
				bad(i, "position %g, %g is not in degrees; left out", out[0][0], out[0][1])
			default:
				x.rings = append(x.rings, out)
			}
		}
		if crossed > 0 {
			bad(i, "%d rings cross themselves or have no area; left out", crossed)
		}
		if len(x.rings) > 0 {
			list = append(list, x)
		}
	}
	return list, defects, nil
}

// outerRings finds the rings in nested coordinates: of sibling rings the first is the outer one and the others are holes.
// It also counts what looks like a ring and is none.
func outerRings(v any, depth int) (rings []orb.Ring, broken int) {
	list, ok := v.([]any)
	if !ok || depth > 8 || len(list) == 0 {
		return nil, 1
	}
	if isRing(list) {
		ring := make(orb.Ring, 0, len(list))
		for _, p := range list {
			xy, ok := p.([]any)
			if !ok || len(xy) < 2 {
				return nil, 1
			}
			x, ok1 := xy[0].(float64)
			y, ok2 := xy[1].(float64)
			if !ok1 || !ok2 {
				return nil, 1
			}
			ring = append(ring, orb.Point{x, y})
		}
		return []orb.Ring{ring}, 0
	}
	if first, ok := list[0].([]any); ok && isRing(first) {
		return outerRings(first, depth+1)
	}
	for _, x := range list {
		r, n := outerRings(x, depth+1)
		rings, broken = append(rings, r...), broken+n
	}
	return rings, broken
}

func isRing(list []any) bool {
	if len(list) == 0 {
		return false
	}
	p, ok := list[0].([]any)
	if !ok || len(p) < 2 {
		return false
	}
	_, ok = p[0].(float64)
	return ok
}
