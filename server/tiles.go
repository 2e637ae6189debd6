package server

import (
	"fmt"
	"net/http"
	"strconv"
	"sync"

	"citybrain/city"
	"github.com/paulmach/orb"
	"github.com/paulmach/orb/encoding/mvt"
	"github.com/paulmach/orb/geojson"
	"github.com/paulmach/orb/maptile"
	"github.com/paulmach/orb/simplify"
)

// tiles makes vector tiles of a city pack on demand and keeps them. A city never changes, so neither does a tile.
type tiles struct {
	layers []tileLayer
	cache  sync.Map // maptile.Tile → []byte, gzipped
}

type tileLayer struct {
	name     string
	minZoom  maptile.Zoom
	features []tileFeature
}

type tileFeature struct {
	bound   orb.Bound
	minZoom maptile.Zoom
	feature *geojson.Feature
}

func newTiles(c *city.City) *tiles {
	ll := func(p orb.Point) orb.Point {
		lon, lat := c.Frame.WGS84(p)
		return orb.Point{lon, lat}
	}
	line := func(l orb.LineString) orb.LineString {
		out := make(orb.LineString, len(l))
		for i, p := range l {
			out[i] = ll(p)
		}
		return out
	}
	polygon := func(p orb.Polygon) orb.Polygon {
		out := make(orb.Polygon, len(p))
		for i, r := range p {
			out[i] = orb.Ring(line(orb.LineString(r)))
		}
		return out
	}
	feature := func(g orb.Geometry, minZoom maptile.Zoom, id any, props map[string]any) tileFeature {
		f := geojson.NewFeature(g)
		f.ID, f.Properties = id, props
		return tileFeature{g.Bound(), minZoom, f}
	}
	named := func(props map[string]any, t city.Text) map[string]any {
		if t.En != "" {
			props["name"] = t.En
		}
		if t.Zh != "" {
			props["name_zh"] = t.Zh
		}
		return props
	}
	water, streets, buildings := tileLayer{name: "water"}, tileLayer{name: "streets"}, tileLayer{name: "buildings", minZoom: 12}
	places, labels := tileLayer{name: "places", minZoom: 13}, tileLayer{name: "labels"}
	for i := range c.Waters {
		w := &c.Waters[i]
		if len(w.Outline) > 0 {
			water.features = append(water.features, feature(polygon(w.Outline), 0, nil, named(map[string]any{"kind": w.Kind}, w.Name)))
			at := w.Outline.Bound().Center()
			if len(w.Centre) > 0 {
				at = w.Centre[len(w.Centre)/2]
			}
			labels.features = append(labels.features, feature(ll(at), 11, nil, named(map[string]any{"kind": "water"}, w.Name)))
		}
	}
	for i := range c.Streets.Links {
		l := &c.Streets.Links[i]
		zoom := maptile.Zoom(0)
		if l.Class >= city.Local {
			zoom = 13
		}
		streets.features = append(streets.features, feature(line(l.Line), zoom, i,
			named(map[string]any{"class": int(l.Class), "level": int(l.Level), "id": "urn:ngsi-ld:RoadSegment:" + l.ID}, l.Name)))
	}
	for i := range c.Buildings {
		b := &c.Buildings[i]
		buildings.features = append(buildings.features, feature(polygon(orb.Polygon{b.Outline}), 0, nil, map[string]any{"height": b.Height}))
	}
	for i := range c.Places {
		p := &c.Places[i]
		places.features = append(places.features, feature(ll(p.At), 0, nil, named(map[string]any{"kind": string(p.Kind), "id": "urn:ngsi-ld:Place:" + p.ID}, p.Name)))
	}
	for i := range c.Districts {
		d := &c.Districts[i]
		if len(d.Outline) > 0 {
			labels.features = append(labels.features, feature(ll(d.Outline.Bound().Center()), 0, nil, named(map[string]any{"kind": "district"}, d.Name)))
		}
	}
	return &tiles{layers: []tileLayer{water, streets, buildings, places, labels}}
}

// tile returns the gzipped vector tile t; an empty one where the city has nothing.
func (ts *tiles) tile(t maptile.Tile) ([]byte, error) {
	if b, ok := ts.cache.Load(t); ok {
		return b.([]byte), nil
	}
	bound := t.Bound(1.0 / 16)
	var layers mvt.Layers
	for _, l := range ts.layers {
		if t.Z < l.minZoom {
			continue
		}
		fc := geojson.NewFeatureCollection()
		for i := range l.features {
			f := &l.features[i]
			if t.Z >= f.minZoom && f.bound.Intersects(bound) {
				// The encoder works in place: each tile gets its own geometry.
				g := geojson.NewFeature(orb.Clone(f.feature.Geometry))
				g.ID, g.Properties = f.feature.ID, f.feature.Properties
				fc.Append(g)
			}
		}
		layer := mvt.NewLayer(l.name, fc)
		layer.Version = 2
		layer.ProjectToTile(t)
		layer.Clip(mvt.MapboxGLDefaultExtentBound)
		if l.name != "buildings" && t.Z < 15 {
			layer.Simplify(simplify.DouglasPeucker(1))
		}
		layer.RemoveEmpty(1, 1)
		layers = append(layers, layer)
	}
	b, err := mvt.MarshalGzipped(layers)
	if err != nil {
		return nil, fmt.Errorf("tile %d/%d/%d: %w", t.Z, t.X, t.Y, err)
	}
	ts.cache.Store(t, b)
	return b, nil
}

// ServeHTTP answers /tiles/{z}/{x}/{y}.
func (ts *tiles) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var v [3]uint64
	for i, name := range []string{"z", "x", "y"} {
		n, err := strconv.ParseUint(r.PathValue(name), 10, 32)
		if err != nil {
			http.Error(w, fmt.Sprintf("tile: %s is %q, not a number", name, r.PathValue(name)), http.StatusBadRequest)
			return
		}
		v[i] = n
	}
	if v[0] > 20 || v[1]>>v[0] != 0 || v[2]>>v[0] != 0 {
		http.Error(w, "tile: outside the world", http.StatusNotFound)
		return
	}
	b, err := ts.tile(maptile.New(uint32(v[1]), uint32(v[2]), maptile.Zoom(v[0])))
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/vnd.mapbox-vector-tile")
	w.Header().Set("Content-Encoding", "gzip")
	w.Header().Set("Cache-Control", "private, max-age=3600")
	w.Write(b)
}
