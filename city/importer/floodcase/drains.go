package floodcase

import (
	"math"

	"citybrain/city/importer/swmm"
	"citybrain/city/water"

	"go.yaml.in/yaml/v3"
)

// What a manhole's inlets are where a case does not say: two gullies of 0.45 × 0.75 m beside each other, a third of them blocked.
const (
	gratePerimeter = 2.4  // m
	grateOpening   = 0.30 // m²
	grateBlocked   = 1.0 / 3
)

// network reads `drains: FILE.inp`, or `drains: {file, perimeter, opening, blocked, uphill}`, and gives each junction on the ground its
// inlets. The rain falls on the ground: the file's catchments are left out.
func (r *reader) network() error {
	d := r.doc.get("drains")
	if !d.there() || d.n.Kind == yaml.SequenceNode {
		return nil
	}
	in := water.Inlet{Perimeter: gratePerimeter, Opening: grateOpening, Blocked: grateBlocked}
	file := d
	var opt swmm.Options
	if d.n.Kind == yaml.MappingNode {
		if err := d.keys("file", "perimeter", "opening", "blocked", "uphill"); err != nil {
			return err
		}
		for key, to := range map[string]*float64{"perimeter": &in.Perimeter, "opening": &in.Opening, "blocked": &in.Blocked} {
			v := d.get(key)
			if err := v.numberOr(to); err != nil {
				return err
			}
			if !(*to >= 0) || key == "blocked" && *to > 1 {
				return v.errorf("%g: want metres, square metres, or a share of 0–1 blocked", *to)
			}
		}
		opt.Uphill = d.get("uphill").there() && d.get("uphill").n.Value == "true"
		if file = d.get("file"); !file.there() {
			return d.errorf("no file")
		}
	}
	name, err := file.text()
	if err != nil {
		return err
	}
	n, err := swmm.Read(r.path(name), opt)
	if err != nil {
		return file.errorf("%v", err)
	}
	c := r.c
	outside := 0
	for i := range n.Nodes {
		x := &n.Nodes[i]
		if x.Kind != water.Junction {
			continue
		}
		cell := -1
		if x.Placed {
			cell = c.Index(x.At)
		}
		if cell < 0 || math.IsNaN(c.Z[cell]) {
			outside++
			continue
		}
		z := c.Z[cell]
		if z <= x.Invert {
			return file.errorf("node %s: its invert at %.3f m is not under the street at %.3f m: are both over the same datum (%s)?", x.ID, x.Invert, z, c.Datum)
		}
		inlet := in
		inlet.Node, inlet.Cell, inlet.Level, inlet.Plan = int32(i), int32(cell), z, c.Cell*c.Cell
		n.Inlets = append(n.Inlets, inlet)
	}
	if len(n.Inlets) == 0 {
		return file.errorf("%s: none of its %d nodes without coordinates or outside the DEM can take water: give [COORDINATES] in the DEM's frame", name, outside)
	}
	n.Datum = c.Datum
	c.Drains = n
	return nil
}
