package server

import (
	"encoding/json"

	"citybrain/city"
	"citybrain/exchange"
	"github.com/paulmach/orb"
	"github.com/paulmach/orb/geojson"
)

func (s *Server) lonlat(p orb.Point) [2]float64 {
	lon, lat := s.city.Frame.WGS84(p)
	return [2]float64{lon, lat}
}

func (s *Server) outline(p orb.Polygon) orb.Polygon {
	out := make(orb.Polygon, len(p))
	for i, ring := range p {
		for _, q := range ring {
			out[i] = append(out[i], s.lonlat(q))
		}
	}
	return out
}

func (s *Server) cityJSON() []byte {
	c := s.city
	b := c.Bounds
	terrain := city.TerrainNone
	if c.Terrain != nil {
		terrain = c.Terrain.Source
	}
	zone := c.TimeZone
	if zone == "" {
		zone = "UTC"
	}
	return marshal(map[string]any{
		"name": c.Name, "width": b.Max[0] - b.Min[0], "height": b.Max[1] - b.Min[1], "zone": zone, "attribution": nonNil(c.Attribution), "exercise": s.cfg.Exercise,
		"corners": [][2]float64{s.lonlat(b.Min), s.lonlat(orb.Point{b.Max[0], b.Min[1]}), s.lonlat(b.Max), s.lonlat(orb.Point{b.Min[0], b.Max[1]})},
		"terrain": terrain, "assessable": c.Terrain.Assessable(), "calibrated": c.Calibrated(), "lacks": c.Calibration.Lack(), "start": s.cfg.Start.Unix(), "end": s.cfg.End.Unix(), "build": s.cfg.Build, "version": c.Version,
	})
}

// marshal makes JSON of our own plain data, which can't fail.
func marshal(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic("server: " + err.Error())
	}
	return b
}

func (s *Server) signalsJSON() []byte {
	fc := geojson.NewFeatureCollection()
	for j := range s.city.Signals {
		f := geojson.NewFeature(orb.Point(s.lonlat(s.city.Signals[j].At)))
		f.ID, f.Properties = j, geojson.Properties{"id": exchange.URN("TrafficSignal", s.city.Signals[j].ID)}
		fc.Append(f)
	}
	return marshal(fc)
}

// equipmentJSON lists what can be clicked besides streets and places: pumps, gates, gauges.
func (s *Server) equipmentJSON() []byte {
	fc := geojson.NewFeatureCollection()
	add := func(kind, id string, at orb.Point) {
		f := geojson.NewFeature(orb.Point(s.lonlat(at)))
		f.Properties = geojson.Properties{"kind": kind, "id": id}
		fc.Append(f)
	}
	if s.city.Terrain != nil {
		for i := range s.city.Drains.Pumps {
			add("pump", exchange.URN("PumpStation", s.city.Drains.Pumps[i].ID), s.city.Drains.Pumps[i].At)
		}
		for i := range s.city.Drains.Gates {
			add("gate", exchange.URN("FloodGate", s.city.Drains.Gates[i].ID), s.city.Drains.Gates[i].At)
		}
		for _, in := range city.Instruments(s.city) {
			typ := "WaterObserved"
			if in.Kind == city.RainInstrument {
				typ = "RainfallObserved"
			}
			add("gauge", exchange.URN(typ, in.ID), in.At)
		}
	}
	return marshal(fc)
}

// searchable lists what can be found by name: each street once, places, junctions, equipment.
func (s *Server) searchable() []found {
	var list []found
	seen := map[city.Text]bool{}
	for i := range s.city.Streets.Links {
		l := &s.city.Streets.Links[i]
		if l.Name != (city.Text{}) && !seen[l.Name] && len(l.Line) > 0 {
			seen[l.Name] = true
			list = append(list, found{exchange.URN("RoadSegment", l.ID), l.Name, "RoadSegment", s.lonlat(l.Line[len(l.Line)/2])})
		}
	}
	for i := range s.city.Places {
		p := &s.city.Places[i]
		list = append(list, found{exchange.URN("Place", p.ID), p.Name, string(p.Kind), s.lonlat(p.At)})
	}
	for i := range s.city.Signals {
		j := &s.city.Signals[i]
		list = append(list, found{exchange.URN("TrafficSignal", j.ID), j.Name, "TrafficSignal", s.lonlat(j.At)})
	}
	for i := range s.city.Drains.Pumps {
		p := &s.city.Drains.Pumps[i]
		list = append(list, found{exchange.URN("PumpStation", p.ID), p.Name, "PumpStation", s.lonlat(p.At)})
	}
	for i := range s.city.Drains.Gates {
		g := &s.city.Drains.Gates[i]
		list = append(list, found{exchange.URN("FloodGate", g.ID), g.Name, "FloodGate", s.lonlat(g.At)})
	}
	return list
}
