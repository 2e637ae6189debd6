package lisflood

import (
	"bytes"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"citybrain/city"
	"citybrain/city/importer/dem"
	"citybrain/city/water"
)

// lost are keywords whose effect on the water this reader does not carry over.
var lost = map[string]string{
	"sgcwidth": "sub-grid channels", "sgcbank": "sub-grid channels", "sgcbed": "sub-grid channels", "sgcfile": "sub-grid channels", "riverfile": "1D rivers", "multiriverfile": "1D rivers",
	"weirfile": "weirs", "porfile": "porosity", "infilfile": "infiltration", "evaporation": "evaporation", "dynamicrainfile": "netCDF rain",
	"latlong": "degrees", "routing": "rain routing", "checkpoint": "checkpoints", "loadcheck": "checkpoints",
}

// A line is a line of a file that says something.
type line struct {
	no   int
	word []string
}

// lines cuts a file into its lines, without comments and empty ones.
func lines(data []byte) []line {
	var out []line
	for i, l := range strings.Split(string(data), "\n") {
		if k := strings.IndexAny(l, "#!"); k >= 0 {
			l = l[:k]
		}
		if w := strings.Fields(l); len(w) > 0 {
			out = append(out, line{i + 1, w})
		}
	}
	return out
}

// A reader builds a case from a .par file's folder.
type reader struct {
	dir string
	c   *water.Case
	bdy map[string]water.Series
}

// Read reads the case of the .par file at path.
func Read(path string) (*water.Case, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read case: %w", err)
	}
	r := &reader{dir: filepath.Dir(path), c: &water.Case{Name: strings.TrimSuffix(filepath.Base(path), filepath.Ext(path)), Datum: "local", Source: path, Every: time.Hour}, bdy: map[string]water.Series{}}
	if err := r.par(path, data); err != nil {
		return nil, err
	}
	return r.c, nil
}

func number(file string, l line, k int, what string) (float64, error) {
	if k >= len(l.word) {
		return 0, fmt.Errorf("%s: line %d: %s has no value", file, l.no, what)
	}
	v, err := strconv.ParseFloat(l.word[k], 64)
	if err != nil || math.IsNaN(v) || math.IsInf(v, 0) {
		return 0, fmt.Errorf("%s: line %d: %s %q is no number", file, l.no, what, l.word[k])
	}
	return v, nil
}

func (r *reader) par(path string, data []byte) error {
	c := r.c
	said := map[string]line{}
	for _, l := range lines(data) {
		key := strings.ToLower(l.word[0])
		if what := lost[key]; what != "" {
			return fmt.Errorf("%s: line %d: keyword %s: %s are not read from this format; describe the case in a CASE.yaml", path, l.no, l.word[0], what)
		}
		said[key] = l
	}
	file := func(key string) (string, line, bool) {
		l, ok := said[key]
		if !ok || len(l.word) < 2 {
			return "", l, false
		}
		if filepath.IsAbs(l.word[1]) {
			return l.word[1], l, true
		}
		return filepath.Join(r.dir, l.word[1]), l, true
	}
	get := func(key string, to *float64) error {
		l, ok := said[key]
		if !ok {
			return nil
		}
		v, err := number(path, l, 1, l.word[0])
		*to = v
		return err
	}
	name, l, ok := file("demfile")
	if !ok {
		return fmt.Errorf("%s: no DEMfile: name the terrain's .asc", path)
	}
	ground, err := dem.ReadMetres(name)
	if err != nil {
		return fmt.Errorf("%s: line %d: %w", path, l.no, err)
	}
	west, north, cell, z := ground.Placed()
	c.Grid, c.Z = city.Grid{West: west, North: north, Cell: cell, Cols: ground.Cols, Rows: ground.Rows}, z
	sim, step, n, save := math.NaN(), 10.0, 0.06, 3600.0
	for _, x := range []struct {
		key string
		to  *float64
	}{{"sim_time", &sim}, {"initial_tstep", &step}, {"fpfric", &n}, {"massint", &save}, {"cfl", &c.Courant}} {
		if err := get(x.key, x.to); err != nil {
			return err
		}
	}
	if !(sim > 0 && sim < 1e10 && save > 0 && step > 0) {
		return fmt.Errorf("%s: sim_time %g s, massint %g s, initial_tstep %g s: want positive ones", path, sim, save, step)
	}
	c.Duration, c.Every, c.MaxStep = seconds(sim), seconds(max(min(save, sim), sim/1e5)), seconds(min(step, sim))
	c.Manning = make([]float64, len(z))
	for i := range c.Manning {
		c.Manning[i] = n
	}
	if l, ok := said["infiltration"]; ok { // m/s into all wet ground
		v, err := number(path, l, 1, l.word[0])
		if err != nil {
			return err
		}
		if !(v >= 0 && v < 1e-3) {
			return fmt.Errorf("%s: line %d: infiltration of %g m/s is not in 0–0.001: is it given in another unit than m/s?", path, l.no, v)
		}
		c.Soils = []water.Soil{{Conductivity: v}}
	}
	for _, x := range []struct {
		key string
		to  *[]float64
	}{{"manningfile", &c.Manning}, {"startfile", &c.Depth}} {
		name, l, ok := file(x.key)
		if !ok {
			continue
		}
		if *x.to, err = r.raster(name); err != nil {
			return fmt.Errorf("%s: line %d: %w", path, l.no, err)
		}
	}
	if _, ok := said["startelev"]; ok && c.Depth != nil {
		for i := range c.Depth {
			c.Depth[i] = max(0, c.Depth[i]-z[i])
		}
	}
	for i := range c.Depth {
		if math.IsNaN(c.Depth[i]) || math.IsNaN(z[i]) {
			c.Depth[i] = 0
		}
	}
	c.Scheme = "inertial"
	for _, key := range []string{"fv1", "fv2", "dg2", "roe"} {
		if _, ok := said[key]; ok {
			c.Scheme = "swe"
		}
	}
	for _, x := range []struct {
		key  string
		read func(path string, data []byte) error
	}{{"bdyfile", r.boundaries}, {"bcifile", r.conditions}, {"stagefile", r.stages}, {"rainfall", r.rain}} {
		name, l, ok := file(x.key)
		if !ok {
			continue
		}
		data, err := os.ReadFile(name)
		if err != nil {
			return fmt.Errorf("%s: line %d: %w", path, l.no, err)
		}
		if err := x.read(name, data); err != nil {
			return err
		}
	}
	return nil
}

func seconds(s float64) time.Duration { return time.Duration(math.Round(s * 1e9)) }

// raster reads a raster of the terrain's own grid.
func (r *reader) raster(path string) ([]float64, error) {
	x, err := dem.ReadMetres(path)
	if err != nil {
		return nil, err
	}
	if x.Cols != r.c.Cols || x.Rows != r.c.Rows {
		return nil, fmt.Errorf("%s: %d × %d values; the DEM has %d × %d", path, x.Cols, x.Rows, r.c.Cols, r.c.Rows)
	}
	_, _, _, z := x.Placed()
	return z, nil
}

// table reads "count unit" and then count lines of value and time.
func table(path string, ls []line) (water.Series, []line, error) {
	var s water.Series
	if len(ls) == 0 {
		return s, nil, fmt.Errorf("%s: ends where a count and a unit of time should be", path)
	}
	n, err := number(path, ls[0], 0, "the count of values")
	if err != nil {
		return s, nil, err
	}
	unit := "seconds"
	if len(ls[0].word) > 1 {
		unit = strings.ToLower(ls[0].word[1])
	}
	scale := map[string]float64{"seconds": 1, "minutes": 60, "hours": 3600, "days": 86400}[unit]
	if scale == 0 {
		return s, nil, fmt.Errorf("%s: line %d: unit of time %q is not seconds, minutes, hours or days", path, ls[0].no, unit)
	}
	if !(n >= 1 && n == math.Trunc(n)) || int(n) > len(ls)-1 {
		return s, nil, fmt.Errorf("%s: line %d: says %g values, %d lines follow", path, ls[0].no, n, len(ls)-1)
	}
	for _, l := range ls[1 : int(n)+1] {
		v, err := number(path, l, 0, "value")
		if err != nil {
			return s, nil, err
		}
		t, err := number(path, l, 1, "time")
		if err != nil {
			return s, nil, err
		}
		if k := len(s.T); k > 0 && t*scale <= s.T[k-1] {
			if t*scale < s.T[k-1] {
				return s, nil, fmt.Errorf("%s: line %d: time %g goes back", path, l.no, t)
			}
			s.T[k-1], s.V[k-1] = t*scale, v
			continue
		}
		s.T, s.V = append(s.T, t*scale), append(s.V, v)
	}
	return s, ls[int(n)+1:], nil
}

// boundaries reads a .bdy file: a title, then for each boundary its name and its table.
func (r *reader) boundaries(path string, data []byte) error {
	if k := bytes.IndexByte(data, '\n'); k >= 0 {
		data = append([]byte{'\n'}, data[k+1:]...) // the first line is a title
	}
	ls := lines(data)
	for len(ls) > 0 {
		name := ls[0].word[0]
		s, rest, err := table(path, ls[1:])
		if err != nil {
			return fmt.Errorf("boundary %s: %w", name, err)
		}
		r.bdy[strings.ToLower(name)], ls = s, rest
	}
	return nil
}

// conditions reads a .bci file.
func (r *reader) conditions(path string, data []byte) error {
	c := r.c
	for _, l := range lines(data) {
		at := strings.ToUpper(l.word[0])
		side, edge := map[string]water.Side{"N": water.North, "E": water.East, "S": water.South, "W": water.West}[at]
		if !edge && at != "P" || len(l.word) < 4 {
			return fmt.Errorf("%s: line %d: %q is not N, E, S or W with two ends, or P with x and y, and a kind", path, l.no, strings.Join(l.word, " "))
		}
		a, err := number(path, l, 1, "first coordinate")
		if err != nil {
			return err
		}
		b, err := number(path, l, 2, "second coordinate")
		if err != nil {
			return err
		}
		kind := strings.ToUpper(l.word[3])
		var s water.Series
		switch kind {
		case "QVAR", "HVAR":
			if len(l.word) < 5 {
				return fmt.Errorf("%s: line %d: %s names no boundary of the .bdy file", path, l.no, kind)
			}
			var ok bool
			if s, ok = r.bdy[strings.ToLower(l.word[4])]; !ok {
				return fmt.Errorf("%s: line %d: boundary %q is not in the .bdy file", path, l.no, l.word[4])
			}
		case "QFIX", "HFIX":
			v, err := number(path, l, 4, kind)
			if err != nil {
				return err
			}
			s = water.Constant(v)
		case "FREE", "CLOSED":
		default:
			return fmt.Errorf("%s: line %d: kind %q is not CLOSED, FREE, HFIX, HVAR, QFIX or QVAR", path, l.no, l.word[3])
		}
		if !edge {
			if kind != "QFIX" && kind != "QVAR" {
				return fmt.Errorf("%s: line %d: %s at a point is not read; give it QFIX or QVAR, or an edge", path, l.no, kind)
			}
			if c.Index([2]float64{a, b}) < 0 {
				return fmt.Errorf("%s: line %d: point %g, %g is outside the DEM", path, l.no, a, b)
			}
			// m²/s over the width of the point's cell.
			c.Sources = append(c.Sources, water.Source{Name: fmt.Sprintf("P%d", l.no), At: [2]float64{a, b}, Flow: scaled(s, c.Cell)})
			continue
		}
		e := water.Edge{Side: side, From: min(a, b), To: max(a, b)}
		switch kind {
		case "CLOSED":
			e.Kind = water.Wall
		case "FREE":
			e.Kind = water.Open
			if len(l.word) > 4 {
				if e.Gradient, err = number(path, l, 4, "slope"); err != nil {
					return err
				}
				if e.Gradient > 0 {
					e.Kind = water.Slope
				}
			}
		case "HFIX", "HVAR":
			e.Kind, e.Series = water.Level, s
		case "QFIX", "QVAR":
			e.Kind = water.Discharge
			e.Series = scaled(s, r.width(e))
		}
		c.Edges = append(c.Edges, e)
	}
	return nil
}

// width is how many metres of e's side have ground.
func (r *reader) width(e water.Edge) float64 {
	c := r.c
	n := c.Rows
	if e.Side == water.North || e.Side == water.South {
		n = c.Cols
	}
	var w float64
	for i := range n {
		k := map[water.Side]int{water.West: i * c.Cols, water.East: (i+1)*c.Cols - 1, water.North: i, water.South: (c.Rows-1)*c.Cols + i}[e.Side]
		p := c.Centre(k)
		x := p[1]
		if e.Side == water.North || e.Side == water.South {
			x = p[0]
		}
		if x >= e.From && x <= e.To && !math.IsNaN(c.Z[k]) {
			w += c.Cell
		}
	}
	return w
}

func scaled(s water.Series, by float64) water.Series {
	out := water.Series{T: s.T, V: make([]float64, len(s.V)), Steps: s.Steps}
	for i, v := range s.V {
		out.V[i] = v * by
	}
	return out
}

// stages reads a .stage file: a count, then as many points.
func (r *reader) stages(path string, data []byte) error {
	ls := lines(data)
	if len(ls) == 0 {
		return fmt.Errorf("%s: empty; want a count and as many points", path)
	}
	n, err := number(path, ls[0], 0, "the count of points")
	if err != nil {
		return err
	}
	if !(n >= 0 && n == math.Trunc(n)) || int(n) > len(ls)-1 {
		return fmt.Errorf("%s: line %d: says %g points, %d lines follow", path, ls[0].no, n, len(ls)-1)
	}
	for i, l := range ls[1 : int(n)+1] {
		x, err := number(path, l, 0, "x")
		if err != nil {
			return err
		}
		y, err := number(path, l, 1, "y")
		if err != nil {
			return err
		}
		at := [2]float64{x, y}
		if k := r.c.Index(at); k < 0 || math.IsNaN(r.c.Z[k]) {
			return fmt.Errorf("%s: line %d: point %g, %g is outside the DEM's ground", path, l.no, x, y)
		}
		r.c.Gauges = append(r.c.Gauges, water.Gauge{Name: strconv.Itoa(i + 1), At: at})
	}
	return nil
}

// rain reads a rainfall file: a title, then a table in mm/h.
func (r *reader) rain(path string, data []byte) error {
	if k := bytes.IndexByte(data, '\n'); k >= 0 {
		data = append([]byte{'\n'}, data[k+1:]...)
	}
	ls := lines(data)
	s, _, err := table(path, ls)
	if err != nil {
		return err
	}
	for i, v := range s.V {
		if v < 0 || v > 1000 {
			return fmt.Errorf("%s: line %d: rain of %g mm/h; the format's unit is mm/h", path, ls[min(i+1, len(ls)-1)].no, v)
		}
	}
	r.c.Rain.Rate = s
	return nil
}
