package swmm

import (
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"citybrain/city/water"
)

// A curve is a section CURVES's, in the file's units.
type curve struct {
	kind string
	x, y []float64
	at   row
	rows []int // the line of each point
}

func (r *reader) readCurves() error {
	kinds := []string{"STORAGE", "SHAPE", "DIVERSION", "TIDAL", "RATING", "CONTROL", "PUMP1", "PUMP2", "PUMP3", "PUMP4", "PUMP5", "WEIR"}
	for _, w := range r.rows["CURVES"] {
		name := strings.ToUpper(w.f[0])
		c := r.curves[name]
		k := 1
		if c == nil {
			c = &curve{at: w}
			r.curves[name] = c
		}
		if up := strings.ToUpper(r.word(w, 1)); in(kinds, up) {
			c.kind, k = up, 2
		}
		if c.kind == "" {
			return r.errorf(w, "type", "%q is none of %s", short(r.word(w, 1)), strings.Join(kinds, ", "))
		}
		if (len(w.f)-k)%2 != 0 {
			return r.errorf(w, "y", "missing after x %s", short(w.f[len(w.f)-1]))
		}
		for ; k < len(w.f); k += 2 {
			x, err := r.number(w, k, "x", must)
			if err != nil {
				return err
			}
			y, err := r.number(w, k+1, "y", must)
			if err != nil {
				return err
			}
			if n := len(c.x); n > 0 && x <= c.x[n-1] {
				return r.errorf(w, "x", "%g does not follow %g: sort the points", x, c.x[n-1])
			}
			c.x, c.y, c.rows = append(c.x, x), append(c.y, y), append(c.rows, w.line)
		}
	}
	return nil
}

// find returns the curve that field k of w names, scaled, of one of the kinds.
func (r *reader) find(w row, k int, sx, sy float64, kinds ...string) (*curve, water.Curve, error) {
	name := r.word(w, k)
	c := r.curves[strings.ToUpper(name)]
	if c == nil || len(c.x) == 0 {
		return nil, water.Curve{}, r.errorf(w, "curve", "no curve %q in [CURVES]", short(name))
	}
	if !in(kinds, c.kind) {
		return nil, water.Curve{}, r.errorf(w, "curve", "curve %q (line %d) is of type %s; want %s", name, c.at.line, c.kind, strings.Join(kinds, " or "))
	}
	out := water.Curve{X: make([]float64, len(c.x)), Y: make([]float64, len(c.y))}
	for i := range c.x {
		out.X[i], out.Y[i] = c.x[i]*sx, c.y[i]*sy
	}
	return c, out, nil
}

// A table is a time series: seconds since the start, in the file's units.
type table struct {
	t, v []float64
	day  time.Time
	at   row
}

func (r *reader) readSeries() error {
	for _, w := range r.rows["TIMESERIES"] {
		name := strings.ToUpper(w.f[0])
		s := r.series[name]
		if s == nil {
			s = &table{at: w}
			r.series[name] = s
		}
		if strings.EqualFold(r.word(w, 1), "FILE") {
			if err := r.seriesFile(w, s); err != nil {
				return err
			}
			continue
		}
		if err := r.points(w, w.f[1:], s); err != nil {
			return err
		}
	}
	return nil
}

// points reads [date] time value …
func (r *reader) points(w row, f []string, s *table) error {
	for k := 0; k < len(f); {
		if d, err := date(f[k]); err == nil {
			s.day = d
			k++
		}
		if k+1 >= len(f) {
			return r.errorf(w, "value", "missing after %s", short(f[len(f)-1]))
		}
		span, err := r.span(w, f[k])
		if err != nil {
			return err
		}
		v, err := strconv.ParseFloat(f[k+1], 64)
		if err != nil || !(math.Abs(v) < 1e12) {
			return r.errorf(w, "value", "%q is no number", short(f[k+1]))
		}
		t := span.Seconds()
		if !s.day.IsZero() {
			t = s.day.Add(span).Sub(r.start).Seconds()
		}
		if n := len(s.t); n > 0 && t <= s.t[n-1] {
			return r.errorf(w, "time", "%s does not follow the one before it", f[k])
		}
		s.t, s.v = append(s.t, t), append(s.v, v)
		k += 2
	}
	return nil
}

func (r *reader) seriesFile(w row, s *table) error {
	name := r.word(w, 2)
	if name == "" {
		return r.errorf(w, "file", "missing")
	}
	path := name
	if !filepath.IsAbs(path) {
		path = filepath.Join(filepath.Dir(r.path), filepath.FromSlash(strings.ReplaceAll(name, `\`, "/")))
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return r.errorf(w, "file", "%v", err)
	}
	for k, line := range strings.Split(string(data), "\n") {
		if i := strings.IndexByte(line, ';'); i >= 0 {
			line = line[:i]
		}
		if f := strings.Fields(line); len(f) > 0 {
			if err := r.points(row{w.line, w.section, w.f}, f, s); err != nil {
				return r.errorf(w, "file", "%s: line %d: %v", name, k+1, err)
			}
		}
	}
	return nil
}

// over returns the series that name says, times scale.
func (r *reader) over(w row, name string, scale float64) (water.Series, error) {
	s := r.series[strings.ToUpper(name)]
	if s == nil || len(s.t) == 0 {
		return water.Series{}, r.errorf(w, "time series", "no series %q in [TIMESERIES]", short(name))
	}
	out := water.Series{T: append([]float64(nil), s.t...), V: make([]float64, len(s.v))}
	for i, v := range s.v {
		out.V[i] = v * scale
	}
	return out, nil
}

// A transect is a surveyed cross-section.
type transect struct {
	at             row
	ground         []water.Survey
	nl, nr, nc     float64
	left, right    float64
	wide, lift     float64
	want           int
	lengthModifier float64
}

func (r *reader) readTransects() error {
	var nl, nr, nc float64
	var t *transect
	for _, w := range r.rows["TRANSECTS"] {
		switch strings.ToUpper(w.f[0]) {
		case "NC":
			var a, b, c float64
			if err := r.numbers(w, 1, "left,right,channel", 0, &a, &b, &c); err != nil {
				return err
			}
			for _, x := range []struct {
				v  float64
				to *float64
			}{{a, &nl}, {b, &nr}, {c, &nc}} {
				if x.v > 0 {
					*x.to = x.v
				}
			}
		case "X1":
			t = &transect{at: w, nl: nl, nr: nr, nc: nc}
			var count, a, b float64
			if err := r.numbers(w, 2, "stations,left bank,right bank", must, &count, &t.left, &t.right); err != nil {
				return err
			}
			if err := r.numbers(w, 5, "-,-,meander,width factor,offset", 0, &a, &b, &t.lengthModifier, &t.wide, &t.lift); err != nil {
				return err
			}
			if t.wide == 0 {
				t.wide = 1
			}
			t.want = int(count)
			r.transects[strings.ToUpper(r.word(w, 1))] = t
		case "GR":
			if t == nil {
				return r.errorf(w, "", "stations before any X1 line")
			}
			for k := 1; k < len(w.f); k += 2 {
				z, err := r.number(w, k, "elevation", must)
				if err != nil {
					return err
				}
				y, err := r.number(w, k+1, "station", must)
				if err != nil {
					return err
				}
				if n := len(t.ground); n > 0 && y*t.wide*r.length < t.ground[n-1].Y {
					return r.errorf(w, "station", "%g lies left of the one before it", y)
				}
				t.ground = append(t.ground, water.Survey{Y: y * t.wide * r.length, Z: (z + t.lift) * r.length})
			}
		default:
			return r.errorf(w, "", "%q is none of NC, X1, GR", short(w.f[0]))
		}
	}
	return nil
}
