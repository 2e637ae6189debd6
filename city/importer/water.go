package importer

import (
	"context"
	"strconv"

	"citybrain/city"
	"citybrain/city/importer/osm"

	"github.com/paulmach/orb"
)

// A ground is an area of land use that says how rough and how sealed the ground is.
type ground struct {
	shape      orb.Polygon
	manning    float32
	impervious float32
}

// landUse gives roughness n (Chow 1959, table 5-6; built-up land as in LISFLOOD-FP practice) and sealed share by tag value.
var landUse = map[string]struct{ manning, impervious float32 }{
	"forest": {0.1, 0.05}, "wood": {0.1, 0.05}, "scrub": {0.07, 0.05}, "grass": {0.04, 0.1}, "meadow": {0.04, 0.05},
	"farmland": {0.04, 0.05}, "orchard": {0.06, 0.05}, "vineyard": {0.06, 0.05}, "cemetery": {0.05, 0.2}, "park": {0.045, 0.1},
	"garden": {0.045, 0.1}, "golf_course": {0.04, 0.05}, "pitch": {0.035, 0.3}, "recreation_ground": {0.04, 0.15},
	"residential": {0.035, 0.6}, "commercial": {0.03, 0.85}, "retail": {0.03, 0.85}, "industrial": {0.03, 0.8},
	"railway": {0.04, 0.4}, "construction": {0.04, 0.4}, "parking": {0.02, 0.95}, "village_green": {0.04, 0.1},
	"wetland": {0.06, 0.1}, "bare_rock": {0.04, 0.7}, "scree": {0.05, 0.3}, "grassland": {0.04, 0.05}, "heath": {0.05, 0.05},
}

// width is how many metres wide a water line is that does not say so.
var width = map[string]float64{"river": 20, "canal": 12, "stream": 4, "ditch": 2, "drain": 2}

func isWater(t osm.Tags) bool {
	return t["natural"] == "water" || t["waterway"] == "riverbank" || t["waterway"] == "dock" || t["landuse"] == "reservoir" || t["landuse"] == "basin" ||
		t["natural"] == "bay" && t["water"] != ""
}

// landKey returns the value under which landUse knows the tags, "" if it doesn't.
func landKey(t osm.Tags) string {
	for _, k := range []string{"landuse", "natural", "leisure", "amenity"} {
		if _, ok := landUse[t[k]]; ok {
			return t[k]
		}
	}
	return ""
}

// waters takes water areas and lines, and remembers land use for the terrain.
func (b *build) waters(context.Context) error {
	areas, defects := b.data.Areas(isWater)
	b.defects = append(b.defects, b.near(defects)...)
	for _, a := range areas {
		kind := "lake"
		switch {
		case a.Tags["waterway"] == "riverbank", a.Tags["water"] == "river", a.Tags["water"] == "harbour", a.Tags["waterway"] == "dock", a.Tags["natural"] == "bay":
			kind = "river"
		case a.Tags["water"] == "canal", a.Tags["water"] == "stream":
			kind = "creek"
		}
		for _, p := range a.Shape {
			local := b.localPolygon(p)
			if local.Bound().Intersects(b.c.Bounds) {
				b.c.Waters = append(b.c.Waters, city.Water{Kind: kind, Name: a.Tags.Name(), Outline: local})
			}
		}
	}
	wide := len(b.c.Waters)
	for _, l := range b.data.Lines(func(t osm.Tags) bool { return width[t["waterway"]] > 0 && (t["tunnel"] == "" || t["tunnel"] == "no") }) {
		line := make(orb.LineString, len(l.Line))
		for i, p := range l.Line {
			line[i] = b.c.Frame.Local(p[0], p[1])
		}
		if !line.Bound().Intersects(b.c.Bounds) {
			continue
		}
		kind := "creek"
		if l.Tags["waterway"] == "river" {
			kind = "river"
		}
		mid, held := line[len(line)/2], false
		for i := range b.c.Waters[:wide] {
			w := &b.c.Waters[i]
			if w.Outline.Bound().Contains(mid) && osm.Inside(w.Outline[0], mid) {
				held = true
				if w.Kind == "lake" {
					w.Kind = kind // a river runs through: it is the river's bed
				}
				if len(w.Centre) < len(line) {
					w.Centre, w.Name = line, either(w.Name, l.Tags.Name())
				}
				break
			}
		}
		if held {
			continue
		}
		m := width[l.Tags["waterway"]]
		if v, err := strconv.ParseFloat(l.Tags["width"], 64); err == nil && v > 0.5 && v < 2000 {
			m = v
		}
		b.c.Waters = append(b.c.Waters, city.Water{Kind: kind, Name: l.Tags.Name(), Outline: strip(line, m), Centre: line})
	}
	for i := range b.data.Ways {
		b.sea = b.sea || b.data.Ways[i].Tags["natural"] == "coastline"
	}
	lands, defects := b.data.Areas(func(t osm.Tags) bool { return landKey(t) != "" && !isWater(t) })
	b.defects = append(b.defects, b.near(defects)...)
	for _, a := range lands {
		u := landUse[landKey(a.Tags)]
		for _, p := range a.Shape {
			if local := b.localPolygon(p); local.Bound().Intersects(b.c.Bounds) {
				b.greens = append(b.greens, ground{local, u.manning, u.impervious})
			}
		}
	}
	return nil
}

func either(a, b city.Text) city.Text {
	if a != (city.Text{}) {
		return a
	}
	return b
}

func (b *build) localPolygon(p orb.Polygon) orb.Polygon {
	out := make(orb.Polygon, len(p))
	for i, r := range p {
		out[i] = make(orb.Ring, len(r))
		for k, q := range r {
			out[i][k] = b.c.Frame.Local(q[0], q[1])
		}
	}
	return out
}
