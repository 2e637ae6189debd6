package floodcase

import (
	"bytes"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"time"

	"citybrain/city"
	"citybrain/city/importer/dem"
	"citybrain/city/water"

	"go.yaml.in/yaml/v3"
)

// mostRain is the largest rate taken for rain, mm/h: a third more than the heaviest minutes on record (Barot, Guadeloupe 1970:
// 38 mm in a minute) would be.
const mostRain = 3000

// mostReports is how many reports a run may have: each holds every gauge's values.
const mostReports = 1_000_000

// Read reads the case at path.
func Read(path string) (*water.Case, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read case: %w", err)
	}
	return decode(path, data)
}

// A reader builds a case.
type reader struct {
	dir string
	c   *water.Case
	doc node
}

func decode(path string, data []byte) (*water.Case, error) {
	var root yaml.Node
	if err := yaml.NewDecoder(bytes.NewReader(data)).Decode(&root); err != nil && err != io.EOF {
		return nil, fmt.Errorf("%s: %s", path, strings.TrimPrefix(err.Error(), "yaml: "))
	}
	if len(root.Content) == 0 {
		return nil, fmt.Errorf("%s: line 1: empty; want at least dem and duration", path)
	}
	r := &reader{dir: filepath.Dir(path), doc: node{path, "case", root.Content[0]}, c: &water.Case{Name: strings.TrimSuffix(filepath.Base(path), filepath.Ext(path)), Datum: "local", Source: path}}
	if err := r.doc.keys("name", "dem", "grid", "fill", "datum", "roughness", "raise", "porosity", "initial", "boundaries", "rain", "sources", "drains", "points", "infiltration", "structures", "pumps", "levees", "wind", "duration", "report", "solver", "courant", "max_step", "deep", "subgrid"); err != nil {
		return nil, err
	}
	for _, part := range []func() error{r.run, r.ground, r.roughness, r.raise, r.porosity, r.levees, r.initial, r.boundaries, r.rain, r.infiltration, r.sources, r.network, r.structures, r.pumps, r.wind, r.points} {
		if err := part(); err != nil {
			return nil, err
		}
	}
	if err := r.c.Domain.Check(); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return r.c, nil
}

func (r *reader) run() error {
	c := r.c
	for key, to := range map[string]*string{"name": &c.Name, "datum": &c.Datum, "solver": &c.Scheme} {
		if v := r.doc.get(key); v.there() {
			s, err := v.text()
			if err != nil {
				return err
			}
			*to = s
		}
	}
	if c.Scheme != "" && c.Scheme != "inertial" && c.Scheme != "swe" {
		return r.doc.get("solver").errorf("%q is not inertial or swe", c.Scheme)
	}
	d := r.doc.get("duration")
	if !d.there() {
		return r.doc.errorf("no duration, e.g. duration: 6 h")
	}
	for _, x := range []struct {
		key string
		to  *time.Duration
	}{{"duration", &c.Duration}, {"report", &c.Every}, {"max_step", &c.MaxStep}} {
		if v := r.doc.get(x.key); v.there() {
			s, err := v.span()
			if err != nil {
				return err
			}
			*x.to = time.Duration(math.Round(s * 1e9))
		}
	}
	if c.Every == 0 {
		c.Every = max(c.Duration/200, time.Second)
	}
	if c.Every < 1 || c.Duration/c.Every > mostReports {
		return r.doc.get("report").errorf("%v is shorter than a %dth of the run's %v", c.Every, mostReports, c.Duration)
	}
	if v := r.doc.get("courant"); v.there() {
		if err := v.numberOr(&c.Courant); err != nil {
			return err
		}
		if !(c.Courant > 0 && c.Courant <= 1) {
			return v.errorf("%g is not in 0–1", c.Courant)
		}
	}
	if v := r.doc.get("deep"); v.there() {
		if err := v.numberOr(&c.Deep); err != nil {
			return err
		}
		if !(c.Deep >= 0.1 && c.Deep <= 1000) {
			return v.errorf("deep water from %g m: want 0.1–1,000", c.Deep)
		}
	}
	if v := r.doc.get("subgrid"); v.there() {
		k, err := v.number()
		if err != nil {
			return err
		}
		if c.Subgrid = int(k); float64(c.Subgrid) != k || k < 1 || k > 8 {
			return v.errorf("cells of %g pixels of the DEM: want 1 to 8", k)
		}
		if c.Scheme == "swe" {
			return v.errorf("the full equations have no tables below the cell: take solver inertial")
		}
	}
	return nil
}

func (r *reader) path(name string) string {
	if filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(r.dir, name)
}

// raster reads a raster of the ground's own grid.
func (r *reader) raster(d node) ([]float64, error) {
	name, err := d.text()
	if err != nil {
		return nil, err
	}
	x, err := dem.ReadMetres(r.path(name))
	if err != nil {
		return nil, d.errorf("%v", err)
	}
	if x.Cols != r.c.Cols || x.Rows != r.c.Rows {
		return nil, d.errorf("%s has %d × %d values; the ground has %d × %d: cut it to the DEM's grid", name, x.Cols, x.Rows, r.c.Cols, r.c.Rows)
	}
	_, _, _, z := x.Placed()
	return z, nil
}

func (r *reader) ground() error {
	c := r.c
	if g := r.doc.get("grid"); g.there() {
		if err := g.keys("west", "south", "cell", "cols", "rows", "level"); err != nil {
			return err
		}
		var west, south, cell, cols, rows, level float64
		for key, to := range map[string]*float64{"west": &west, "south": &south, "cell": &cell, "cols": &cols, "rows": &rows, "level": &level} {
			if err := g.get(key).numberOr(to); err != nil {
				return err
			}
		}
		if !(cell > 0 && cols >= 1 && rows >= 1 && cols*rows <= 1<<28 && cols == math.Trunc(cols) && rows == math.Trunc(rows)) {
			return g.errorf("%g × %g cells of %g m; want positive whole numbers of columns and rows, at most %d cells, and their size in metres", cols, rows, cell, 1<<28)
		}
		c.Grid = city.Grid{West: west, North: south + rows*cell, Cell: cell, Cols: int(cols), Rows: int(rows)}
		c.Z = make([]float64, c.Cells())
		for i := range c.Z {
			c.Z[i] = level
		}
		return nil
	}
	d := r.doc.get("dem")
	if !d.there() {
		return r.doc.errorf("no dem: name the terrain's .asc or .tif, or give a flat grid")
	}
	name, err := d.text()
	if err != nil {
		return err
	}
	x, err := dem.ReadMetres(r.path(name))
	if err != nil {
		return d.errorf("%v", err)
	}
	west, north, cell, z := x.Placed()
	c.Grid, c.Z = city.Grid{West: west, North: north, Cell: cell, Cols: x.Cols, Rows: x.Rows}, z
	switch {
	case x.Zone > 0:
		c.EPSG = 32600 + x.Zone
	case x.Zone < 0:
		c.EPSG = 32700 - x.Zone
	}
	if f := r.doc.get("fill"); f.there() {
		v, err := f.number()
		if err != nil {
			return err
		}
		for i := range z {
			if math.IsNaN(z[i]) {
				z[i] = v
			}
		}
	}
	for i, h := range z {
		if h < -11000 || h > 9000 || h == -9999 { // beyond the deepest sea and the highest land; NaN is outside
			return d.errorf("%s has %g m in row %d, column %d: if this marks cells without data, name it NODATA_value in the raster's header; else check that heights are in metres", name, h, i/c.Cols+1, i%c.Cols+1)
		}
	}
	if hole, n := inner(c.Grid, z); n > 0 {
		p := c.Centre(hole)
		return d.errorf("%s has %d cells without data inside, the first in row %d, column %d at %g, %g: fill them (gdal_fillnodata.py), or give them a level with fill", name, n, hole/c.Cols+1, hole%c.Cols+1, p[0], p[1])
	}
	return nil
}

// inner finds cells without data that no path of such cells joins to the grid's edge: holes, not the outside.
func inner(g city.Grid, z []float64) (first, n int) {
	outside := make([]bool, len(z))
	var todo []int
	push := func(i int) {
		if math.IsNaN(z[i]) && !outside[i] {
			outside[i] = true
			todo = append(todo, i)
		}
	}
	for c := range g.Cols {
		push(c)
		push((g.Rows-1)*g.Cols + c)
	}
	for r := range g.Rows {
		push(r * g.Cols)
		push(r*g.Cols + g.Cols - 1)
	}
	for len(todo) > 0 {
		i := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		r, c := i/g.Cols, i%g.Cols
		if r > 0 {
			push(i - g.Cols)
		}
		if r+1 < g.Rows {
			push(i + g.Cols)
		}
		if c > 0 {
			push(i - 1)
		}
		if c+1 < g.Cols {
			push(i + 1)
		}
	}
	for i := range z {
		if math.IsNaN(z[i]) && !outside[i] {
			if n == 0 {
				first = i
			}
			n++
		}
	}
	return first, n
}

func (r *reader) roughness() error {
	c, d := r.c, r.doc.get("roughness")
	c.Manning = make([]float64, c.Cells())
	set := func(n float64, at node) error {
		if !(n > 0 && n < 1) {
			return at.errorf("Manning's n %g is not in 0–1 s·m^(−1/3); Strickler's k is 1/n", n)
		}
		for i := range c.Manning {
			c.Manning[i] = n
		}
		return nil
	}
	if !d.there() {
		return set(0.035, r.doc)
	}
	if d.n.Kind == yaml.ScalarNode {
		n, err := d.number()
		if err != nil {
			return err
		}
		return set(n, d)
	}
	if err := d.keys("n", "raster", "areas"); err != nil {
		return err
	}
	if v := d.get("n"); v.there() {
		n, err := v.number()
		if err != nil {
			return err
		}
		if err := set(n, v); err != nil {
			return err
		}
	}
	if v := d.get("raster"); v.there() {
		m, err := r.raster(v)
		if err != nil {
			return err
		}
		for i, n := range m {
			if !math.IsNaN(c.Z[i]) && !(n > 0 && n < 1) {
				return v.errorf("row %d, column %d: Manning's n %g is not in 0–1", i/c.Cols+1, i%c.Cols+1, n)
			}
		}
		c.Manning = m
	}
	areas, err := d.get("areas").list()
	if err != nil {
		return err
	}
	for _, a := range areas {
		if err := a.keys("n", "file", "polygon"); err != nil {
			return err
		}
		n, err := a.get("n").numberOrFail(a, "n")
		if err != nil {
			return err
		}
		if !(n > 0 && n < 1) {
			return a.get("n").errorf("Manning's n %g is not in 0–1 s·m^(−1/3); Strickler's k is 1/n", n)
		}
		rings, err := r.rings(a)
		if err != nil {
			return err
		}
		if err := r.within(a, rings, func(i int) { c.Manning[i] = n }); err != nil {
			return err
		}
	}
	return nil
}

func (r *reader) raise() error {
	items, err := r.doc.get("raise").list()
	if err != nil {
		return err
	}
	for _, a := range items {
		if err := a.keys("by", "file", "polygon"); err != nil {
			return err
		}
		by, err := a.get("by").numberOrFail(a, "by")
		if err != nil {
			return err
		}
		rings, err := r.rings(a)
		if err != nil {
			return err
		}
		done := make([]bool, len(r.c.Z))
		if err := r.within(a, rings, func(i int) {
			if !done[i] {
				r.c.Z[i] += by
				done[i] = true
			}
		}); err != nil {
			return err
		}
	}
	return nil
}

func (d node) numberOrFail(parent node, key string) (float64, error) {
	if !d.there() {
		return 0, parent.errorf("no %s", key)
	}
	return d.number()
}

func (r *reader) initial() error {
	c, d := r.c, r.doc.get("initial")
	if !d.there() || d.n.Kind == yaml.ScalarNode && d.n.Value == "dry" {
		return nil
	}
	if err := d.keys("level", "depth"); err != nil {
		return err
	}
	c.Depth = make([]float64, c.Cells())
	if v := d.get("level"); v.there() {
		level, err := v.number()
		if err != nil {
			return err
		}
		for i, z := range c.Z {
			if h := level - z; h > 0 {
				c.Depth[i] = h
			}
		}
	}
	if v := d.get("depth"); v.there() {
		m, err := r.raster(v)
		if err != nil {
			return err
		}
		for i, h := range m {
			c.Depth[i] = 0
			if h > 0 && !math.IsNaN(c.Z[i]) {
				c.Depth[i] = h
			}
		}
	}
	return nil
}
