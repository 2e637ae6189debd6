package ngsild

import (
	"encoding/json"
	"fmt"
	"math"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"citybrain/policy"
	"citybrain/twin"
)

var geometryNames = map[string]bool{"Point": true, "MultiPoint": true, "LineString": true, "MultiLineString": true, "Polygon": true, "MultiPolygon": true}

type point = [2]float64

// A shape is a geometry of GeoJSON (RFC 7946) in degrees: points, lines and areas, each of which may be many.
type shape struct {
	points []point
	lines  [][]point
	areas  [][][]point // rings of each; the first is the outline
}

func isGeometry(raw json.RawMessage) bool {
	var g struct {
		Type        string
		Coordinates json.RawMessage
	}
	return json.Unmarshal(raw, &g) == nil && geometryNames[g.Type] && g.Coordinates != nil
}

func readShape(raw []byte) (*shape, error) {
	var g struct {
		Type        string
		Coordinates json.RawMessage
	}
	if err := json.Unmarshal(raw, &g); err != nil {
		return nil, fmt.Errorf("no GeoJSON geometry: %v", err)
	}
	return makeShape(g.Type, g.Coordinates)
}

// makeShape reads coordinates. A third one, altitude, may stand behind each pair and is not looked at.
func makeShape(typ string, raw json.RawMessage) (*shape, error) {
	s := &shape{}
	var err error
	into := func(v any) bool {
		if e := json.Unmarshal(raw, v); e != nil {
			err = fmt.Errorf("coordinates of a %s: %v", typ, e)
		}
		return err == nil
	}
	pair := func(c []float64) point {
		if len(c) < 2 || len(c) > 3 || !(math.Abs(c[0]) <= 180 && math.Abs(c[1]) <= 90) {
			err = fmt.Errorf("coordinates of a %s: %v is not longitude, latitude in degrees", typ, c)
			return point{}
		}
		return point{c[0], c[1]}
	}
	line := func(list [][]float64, least int) []point {
		l := make([]point, len(list))
		for i := range list {
			l[i] = pair(list[i])
		}
		if len(l) < least && err == nil {
			err = fmt.Errorf("coordinates of a %s: %d points, at least %d are needed", typ, len(l), least)
		}
		return l
	}
	area := func(rings [][][]float64) [][]point {
		if len(rings) == 0 && err == nil {
			err = fmt.Errorf("coordinates of a %s: no ring", typ)
		}
		var out [][]point
		for _, r := range rings {
			l := line(r, 4)
			if err == nil && l[0] != l[len(l)-1] {
				err = fmt.Errorf("coordinates of a %s: a ring ends at %v, not where it begins, at %v", typ, l[len(l)-1], l[0])
			}
			out = append(out, l)
		}
		return out
	}
	switch typ {
	case "Point":
		if v := []float64(nil); into(&v) {
			s.points = []point{pair(v)}
		}
	case "MultiPoint":
		if v := [][]float64(nil); into(&v) {
			s.points = line(v, 1)
		}
	case "LineString":
		if v := [][]float64(nil); into(&v) {
			s.lines = [][]point{line(v, 2)}
		}
	case "MultiLineString":
		if v := [][][]float64(nil); into(&v) {
			for _, l := range v {
				s.lines = append(s.lines, line(l, 2))
			}
		}
	case "Polygon":
		if v := [][][]float64(nil); into(&v) {
			s.areas = [][][]point{area(v)}
		}
	case "MultiPolygon":
		if v := [][][][]float64(nil); into(&v) {
			for _, a := range v {
				s.areas = append(s.areas, area(a))
			}
		}
	default:
		return nil, fmt.Errorf("geometry %q: there are Point, MultiPoint, LineString, MultiLineString, Polygon, MultiPolygon", typ)
	}
	if err == nil && len(s.points)+len(s.lines)+len(s.areas) == 0 {
		err = fmt.Errorf("coordinates of a %s: there are none", typ)
	}
	return s, err
}

// single returns the coordinates of a shape that is one point.
func (s *shape) single() (lon, lat float64, ok bool) {
	if len(s.points) != 1 || len(s.lines)+len(s.areas) > 0 {
		return 0, 0, false
	}
	return s.points[0][0], s.points[0][1], true
}

// paths lists the lines and the outlines of the areas.
func (s *shape) paths() [][]point {
	list := s.lines
	for _, a := range s.areas {
		list = append(list[:len(list):len(list)], a...)
	}
	return list
}

// vertices lists the points and the points of all paths.
func (s *shape) vertices() []point {
	list := s.points
	for _, p := range s.paths() {
		list = append(list[:len(list):len(list)], p...)
	}
	return list
}

// cross is twice the signed area of a triangle; 0 where the three are in line.
func cross(a, b, c point) float64 {
	return (b[0]-a[0])*(c[1]-a[1]) - (b[1]-a[1])*(c[0]-a[0])
}

func onSegment(p, a, b point) bool {
	return cross(a, b, p) == 0 && min(a[0], b[0]) <= p[0] && p[0] <= max(a[0], b[0]) && min(a[1], b[1]) <= p[1] && p[1] <= max(a[1], b[1])
}

func opposite(x, y float64) bool { return x > 0 && y < 0 || x < 0 && y > 0 }

// crossing reports whether two segments pass through each other; touching is not crossing.
func crossing(a, b, c, d point) bool {
	return opposite(cross(a, b, c), cross(a, b, d)) && opposite(cross(c, d, a), cross(c, d, b))
}

// covers reports whether a point is in the shape or on its border.
func (s *shape) covers(p point) bool {
	for _, q := range s.points {
		if p == q {
			return true
		}
	}
	for _, l := range s.paths() {
		for i := 1; i < len(l); i++ {
			if onSegment(p, l[i-1], l[i]) {
				return true
			}
		}
	}
	for _, a := range s.areas {
		in := false // by the even-odd rule over all rings, so that holes are outside
		for _, r := range a {
			for i := 1; i < len(r); i++ {
				u, v := r[i-1], r[i]
				if (u[1] > p[1]) != (v[1] > p[1]) && p[0] < (v[0]-u[0])*(p[1]-u[1])/(v[1]-u[1])+u[0] {
					in = !in
				}
			}
		}
		if in {
			return true
		}
	}
	return false
}

func (s *shape) crosses(o *shape) bool {
	for _, l := range s.paths() {
		for i := 1; i < len(l); i++ {
			for _, m := range o.paths() {
				for k := 1; k < len(m); k++ {
					if crossing(l[i-1], l[i], m[k-1], m[k]) {
						return true
					}
				}
			}
		}
	}
	return false
}

func (s *shape) intersects(o *shape) bool {
	for _, p := range s.vertices() {
		if o.covers(p) {
			return true
		}
	}
	for _, p := range o.vertices() {
		if s.covers(p) {
			return true
		}
	}
	return s.crosses(o)
}

// within reports whether all of s is in the areas of o: its vertices are, no side passes through o's border, and the middle
// of no side is outside, which a side along a notch or through touching vertices would be.
func (s *shape) within(o *shape) bool {
	for _, p := range s.vertices() {
		if !o.covers(p) {
			return false
		}
	}
	for _, l := range s.paths() {
		for i := 1; i < len(l); i++ {
			if !o.covers(point{(l[i-1][0] + l[i][0]) / 2, (l[i-1][1] + l[i][1]) / 2}) {
				return false
			}
		}
	}
	if s.crosses(o) {
		return false
	}
	for _, a := range s.areas { // a hole of o inside s would be outside o
		inside, border := &shape{areas: [][][]point{a}}, &shape{lines: a}
		for _, b := range o.areas {
			for _, p := range slices.Concat(b[1:]...) {
				if inside.covers(p) && !border.covers(p) {
					return false
				}
			}
		}
	}
	return true
}

func (s *shape) equals(o *shape) bool {
	return fmt.Sprint(*s) == fmt.Sprint(*o)
}

// distance is in metres: of points on a sphere of 6,371,008.8 m, of lines in the plane that touches the sphere at p.
func (s *shape) distance(p point) float64 {
	const r, rad = 6371008.8, math.Pi / 180
	if len(s.areas) > 0 && s.covers(p) {
		return 0
	}
	best := math.Inf(1)
	for _, q := range s.vertices() {
		a, b := math.Sin((q[1]-p[1])*rad/2), math.Sin((q[0]-p[0])*rad/2)
		best = min(best, 2*r*math.Asin(math.Sqrt(a*a+math.Cos(p[1]*rad)*math.Cos(q[1]*rad)*b*b)))
	}
	k := math.Cos(p[1] * rad)
	for _, l := range s.paths() {
		for i := 1; i < len(l); i++ {
			ax, ay := (l[i-1][0]-p[0])*rad*r*k, (l[i-1][1]-p[1])*rad*r
			bx, by := (l[i][0]-p[0])*rad*r*k, (l[i][1]-p[1])*rad*r
			dx, dy := bx-ax, by-ay
			if n := dx*dx + dy*dy; n > 0 {
				t := -(ax*dx + ay*dy) / n
				if t > 0 && t < 1 {
					best = min(best, math.Hypot(ax+t*dx, ay+t*dy))
				}
			}
		}
	}
	return best
}

// A geoQuery is clause 4.10: a relation of an entity's geo property to a reference.
type geoQuery struct {
	Property         string
	relation         string
	reference        *shape
	nearest, longest float64 // metres, of near; longest is infinite if not given
}

// geoFrom reads the four parameters of a geo query; nil if there are none.
func geoFrom(q url.Values, t terms) (*geoQuery, error) {
	if q.Get("georel") == "" {
		for _, k := range []string{"geometry", "coordinates", "geoproperty"} {
			if q.Has(k) {
				return nil, badData("%s is given, georel is not", k)
			}
		}
		return nil, nil
	}
	return newGeoQuery(q.Get("georel"), q.Get("geometry"), json.RawMessage(q.Get("coordinates")), q.Get("geoproperty"), t)
}

func newGeoQuery(georel, geometry string, coordinates json.RawMessage, property string, t terms) (*geoQuery, error) {
	if len(coordinates) > 100_000 {
		return nil, newProblem(403, "TooComplexQuery", "coordinates of %d bytes; up to 100,000 are looked at", len(coordinates))
	}
	ref, err := makeShape(geometry, coordinates)
	if err != nil {
		return nil, badData("geo query: %v", err)
	}
	g := &geoQuery{Property: "location", reference: ref, longest: math.Inf(1)}
	if property != "" {
		if g.Property, err = t.expand(property); err != nil {
			return nil, err
		}
	}
	rel, rest, _ := strings.Cut(georel, ";")
	g.relation = rel
	switch rel {
	case "near":
		if _, _, ok := ref.single(); !ok {
			return nil, badData("geo query: near takes a Point, not a %s", geometry)
		}
		for part := range strings.SplitSeq(rest, ";") {
			key, text, ok := strings.Cut(part, "==")
			v, err := strconv.ParseFloat(text, 64)
			if !ok || err != nil || !(v >= 0) || math.IsInf(v, 0) {
				return nil, badData("geo query: %q: give near;maxDistance==METRES or near;minDistance==METRES", georel)
			}
			switch key {
			case "maxDistance":
				g.longest = v
			case "minDistance":
				g.nearest = v
			default:
				return nil, badData("geo query: near knows maxDistance and minDistance, not %q", key)
			}
		}
		return g, nil
	case "within":
		if len(ref.areas) == 0 {
			return nil, badData("geo query: within takes a Polygon or MultiPolygon, not a %s", geometry)
		}
	case "intersects", "disjoint", "equals":
	default:
		return nil, badData("geo query: georel %q: there are near, within, intersects, disjoint and equals here", rel)
	}
	if rest != "" {
		return nil, badData("geo query: %s takes nothing behind it, not %q", rel, rest)
	}
	return g, nil
}

func (g *geoQuery) matches(e *policy.Entity) bool {
	a, ok := e.Attribute(g.Property)
	if !ok || a.Kind != twin.GeoProperty {
		return false
	}
	s := &shape{}
	switch v := a.Any().(type) {
	case [2]float64:
		s.points = []point{v}
	case json.RawMessage:
		var err error
		if s, err = readShape(v); err != nil {
			return false
		}
	default:
		return false
	}
	switch g.relation {
	case "near":
		d := s.distance(g.reference.points[0])
		return d >= g.nearest && d <= g.longest
	case "within":
		return s.within(g.reference)
	case "intersects":
		return s.intersects(g.reference)
	case "disjoint":
		return !s.intersects(g.reference)
	}
	return s.equals(g.reference)
}
