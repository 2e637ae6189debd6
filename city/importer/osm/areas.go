package osm

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"citybrain/city"

	"github.com/paulmach/orb"
)

// An Area is a closed way or a multipolygon, in WGS 84 degrees.
type Area struct {
	Element string // "way/123", "relation/45"
	Tags    Tags
	Shape   orb.MultiPolygon // outer rings counter-clockwise, inner clockwise
}

// A Line is a way that is no area, in WGS 84 degrees.
type Line struct {
	Element string
	Tags    Tags
	Line    orb.LineString
}

// Areas returns the areas whose tags want accepts, ascending by id, ways first. Areas with missing nodes, rings that don't
// close and rings that cross themselves are left out, each with a defect.
func (d *Data) Areas(want func(Tags) bool) ([]Area, []city.Defect) {
	var list []Area
	var defects []city.Defect
	bad := func(element, format string, args ...any) {
		defects = append(defects, city.Defect{Element: element, What: fmt.Sprintf(format, args...)})
	}
	for i := range d.Ways {
		w := &d.Ways[i]
		if len(w.Refs) < 2 || w.Tags["area"] == "no" || !want(w.Tags) {
			continue
		}
		element := fmt.Sprintf("way/%d", w.ID)
		if w.Refs[0] != w.Refs[len(w.Refs)-1] {
			continue // a line
		}
		if len(w.Refs) < 4 {
			bad(element, "area of %d nodes left out", len(w.Refs))
			continue
		}
		ring, missing := d.line(w.Refs)
		if missing > 0 {
			bad(element, "%d of its %d nodes are not in the file; area left out", missing, len(w.Refs))
			continue
		}
		if r, ok := Ring(orb.Ring(ring)); ok {
			list = append(list, Area{element, w.Tags, orb.MultiPolygon{{r}}})
		} else {
			bad(element, "outline crosses itself; area left out")
		}
	}
	for i := range d.Relations {
		r := &d.Relations[i]
		if t := r.Tags["type"]; t != "multipolygon" && t != "boundary" || !want(r.Tags) {
			continue
		}
		element := fmt.Sprintf("relation/%d", r.ID)
		var outer, inner [][]int64
		absent := 0
		for _, m := range r.Members {
			if m.Type != "way" {
				continue
			}
			w := d.way(m.Ref)
			if w == nil {
				absent++
				continue
			}
			if m.Role == "inner" {
				inner = append(inner, w.Refs)
			} else {
				outer = append(outer, w.Refs)
			}
		}
		if absent > 0 {
			bad(element, "%d of its ways are not in the file; area left out", absent)
			continue
		}
		outs, open1 := d.rings(outer)
		ins, open2 := d.rings(inner)
		if open1+open2 > 0 {
			bad(element, "%d of its rings do not close or cross themselves; they are left out", open1+open2)
		}
		var shape orb.MultiPolygon
		for _, o := range outs {
			p := orb.Polygon{o}
			for _, in := range ins {
				if Inside(o, in[0]) {
					hole := slices.Clone(in)
					slices.Reverse(hole)
					p = append(p, hole)
				}
			}
			shape = append(shape, p)
		}
		if len(shape) > 0 {
			list = append(list, Area{element, r.Tags, shape})
		}
	}
	return list, defects
}

// Lines returns the ways whose tags want accepts, cut at nodes that the file lacks.
func (d *Data) Lines(want func(Tags) bool) []Line {
	var list []Line
	for i := range d.Ways {
		w := &d.Ways[i]
		if !want(w.Tags) {
			continue
		}
		if line, _ := d.line(w.Refs); len(line) > 1 {
			list = append(list, Line{fmt.Sprintf("way/%d", w.ID), w.Tags, line})
		}
	}
	return list
}

// Centre returns the middle of a way's nodes, for what is mapped as an outline but wanted as a point.
func (d *Data) Centre(w *Way) (orb.Point, bool) {
	line, _ := d.line(w.Refs)
	if len(line) == 0 {
		return orb.Point{}, false
	}
	return line.Bound().Center(), true
}

func (d *Data) line(refs []int64) (line orb.LineString, missing int) {
	for _, id := range refs {
		p, ok := d.At(id)
		if !ok {
			missing++
			continue
		}
		if n := len(line); n == 0 || line[n-1] != p {
			line = append(line, p)
		}
	}
	return line, missing
}

// rings joins ways end to end into rings; it returns how many stay open or cross themselves.
func (d *Data) rings(ways [][]int64) (out []orb.Ring, bad int) {
	used := make([]bool, len(ways))
	for i := range ways {
		if used[i] || len(ways[i]) < 2 {
			continue
		}
		used[i] = true
		refs := slices.Clone(ways[i])
		for grown := true; grown && refs[0] != refs[len(refs)-1]; {
			grown = false
			for k, w := range ways {
				if used[k] || len(w) < 2 {
					continue
				}
				end := refs[len(refs)-1]
				switch end {
				case w[0]:
					refs = append(refs, w[1:]...)
				case w[len(w)-1]:
					back := slices.Clone(w[:len(w)-1])
					slices.Reverse(back)
					refs = append(refs, back...)
				default:
					continue
				}
				used[k], grown = true, true
				break
			}
		}
		line, missing := d.line(refs)
		if r, ok := Ring(orb.Ring(line)); ok && missing == 0 && refs[0] == refs[len(refs)-1] {
			out = append(out, r)
		} else {
			bad++
		}
	}
	return out, bad
}

// Ring returns r closed, counter-clockwise and without repeated points, and whether it has an area and does not cross
// itself. Rings of more than 4,000 points are not checked for crossings.
func Ring(r orb.Ring) (orb.Ring, bool) {
	out := make(orb.Ring, 0, len(r)+1)
	for _, p := range r {
		if n := len(out); n == 0 || out[n-1] != p {
			out = append(out, p)
		}
	}
	if len(out) > 0 && out[0] != out[len(out)-1] {
		out = append(out, out[0])
	}
	n := len(out) - 1
	if n < 3 {
		return nil, false
	}
	area := 0.0
	for i := range n {
		p, q, o := out[i], out[i+1], out[0]
		area += (p[0]-o[0])*(q[1]-o[1]) - (q[0]-o[0])*(p[1]-o[1])
	}
	if area == 0 || area != area {
		return nil, false
	}
	if area < 0 {
		slices.Reverse(out)
	}
	if n > 4000 {
		return out, true
	}
	for i := range n {
		for k := i + 2; k < n; k++ {
			if i == 0 && k == n-1 {
				continue
			}
			if cross(out[i], out[i+1], out[k], out[k+1]) {
				return nil, false
			}
		}
	}
	return out, true
}

// cross reports whether two segments cross at a point inside both.
func cross(a, b, c, d orb.Point) bool {
	if max(a[0], b[0]) < min(c[0], d[0]) || max(c[0], d[0]) < min(a[0], b[0]) || max(a[1], b[1]) < min(c[1], d[1]) || max(c[1], d[1]) < min(a[1], b[1]) {
		return false
	}
	side := func(p, q, r orb.Point) float64 { return (q[0]-p[0])*(r[1]-p[1]) - (q[1]-p[1])*(r[0]-p[0]) }
	return side(a, b, c)*side(a, b, d) < 0 && side(c, d, a)*side(c, d, b) < 0
}

// Inside reports whether p lies in ring r (even–odd rule).
func Inside(r orb.Ring, p orb.Point) bool {
	in := false
	for i := 0; i+1 < len(r); i++ {
		a, b := r[i], r[i+1]
		if (a[1] > p[1]) != (b[1] > p[1]) && p[0] < (b[0]-a[0])*(p[1]-a[1])/(b[1]-a[1])+a[0] {
			in = !in
		}
	}
	return in
}

// way returns the way with an id, nil if the file lacks it.
func (d *Data) way(id int64) *Way {
	i, ok := slices.BinarySearchFunc(d.Ways, id, func(w Way, id int64) int { return cmp.Compare(w.ID, id) })
	if !ok {
		return nil
	}
	return &d.Ways[i]
}

// Where returns a position of the element with an id like "way/123": a node of it, or of a member.
func (d *Data) Where(element string) (orb.Point, bool) {
	kind, num, _ := strings.Cut(element, "/")
	id, err := strconv.ParseInt(num, 10, 64)
	if err != nil {
		return orb.Point{}, false
	}
	switch kind {
	case "node":
		return d.At(id)
	case "way":
		w := d.way(id)
		if w == nil {
			return orb.Point{}, false
		}
		for _, r := range w.Refs {
			if p, ok := d.At(r); ok {
				return p, true
			}
		}
	case "relation":
		i, ok := slices.BinarySearchFunc(d.Relations, id, func(r Relation, id int64) int { return cmp.Compare(r.ID, id) })
		if !ok {
			return orb.Point{}, false
		}
		for _, m := range d.Relations[i].Members {
			if m.Type == "relation" {
				continue
			}
			if p, ok := d.Where(fmt.Sprintf("%s/%d", m.Type, m.Ref)); ok {
				return p, true
			}
		}
	}
	return orb.Point{}, false
}
