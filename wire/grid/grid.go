package grid

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"math"
	"slices"
	"strconv"
	"time"
)

// MaxCells is the most cells of a grid: more is taken for a damaged head.
const MaxCells = 1 << 24

// A Grid is a field of rain intensities.
type Grid struct {
	Lon, Lat   float64 // south-western corner, degrees
	DLon, DLat float64 // size of a cell, degrees
	Rows, Cols int
	Issued     time.Time
	Valid      time.Time
	Member     int       // of an ensemble, from 0
	Rain       []float64 // mm/h, row by row from the north, each from the west; NaN is missing
}

var head = []string{"lon", "lat", "dlon", "dlat", "rows", "cols", "issued", "valid", "member", "unit"}

const unit = "mm/h"

// At is the intensity in mm/h at a position; ok is false outside the grid and where the value is missing.
func (g Grid) At(lat, lon float64) (mmh float64, ok bool) {
	col := math.Floor((lon - g.Lon) / g.DLon)
	row := float64(g.Rows-1) - math.Floor((lat-g.Lat)/g.DLat)
	if !(col >= 0 && col < float64(g.Cols) && row >= 0 && row < float64(g.Rows)) {
		return math.NaN(), false
	}
	v := g.Rain[int(row)*g.Cols+int(col)]
	return v, !math.IsNaN(v)
}

func (g Grid) validate() error {
	within := func(v, most float64) bool { return math.Abs(v) <= most }
	switch {
	case g.Rows < 1 || g.Cols < 1 || g.Rows > MaxCells || g.Cols > MaxCells || g.Rows*g.Cols > MaxCells:
		return fmt.Errorf("%d rows, %d cols; give 1 or more each, at most %d cells", g.Rows, g.Cols, MaxCells)
	case !within(g.Lon, 180) || !within(g.Lat, 90):
		return fmt.Errorf("corner %g, %g; write degrees, longitude first", g.Lon, g.Lat)
	case !(g.DLon > 0 && g.DLat > 0) || !within(g.Lon+float64(g.Cols)*g.DLon, 360) || !within(g.Lat+float64(g.Rows)*g.DLat, 90+1e-9):
		return fmt.Errorf("cell %g × %g with %d cols and %d rows; the grid must lie on the earth", g.DLon, g.DLat, g.Cols, g.Rows)
	case g.Valid.Before(g.Issued):
		return fmt.Errorf("valid %s is before issued %s; swap them", g.Valid.Format(time.RFC3339), g.Issued.Format(time.RFC3339))
	case g.Member < 0:
		return fmt.Errorf("member %d; count from 0", g.Member)
	case len(g.Rain) != g.Rows*g.Cols:
		return fmt.Errorf("%d values for %d × %d cells; give one for each", len(g.Rain), g.Rows, g.Cols)
	}
	for i, v := range g.Rain {
		if v < 0 || math.IsInf(v, 0) {
			return fmt.Errorf("row %d, col %d: %g mm/h; give 0 or more, or nothing if missing", i/g.Cols+1, i%g.Cols+1, v)
		}
	}
	return nil
}

// Parse reads one grid. Errors name the line.
func Parse(b []byte) (Grid, error) {
	bad := func(line int, format string, args ...any) (Grid, error) {
		return Grid{}, fmt.Errorf("rain grid: line %d: %s", line, fmt.Sprintf(format, args...))
	}
	r := csv.NewReader(bytes.NewReader(b))
	r.FieldsPerRecord = -1
	r.ReuseRecord = true
	names, err := r.Read()
	if err != nil {
		return bad(1, "%v; send the head first", err)
	}
	if !slices.Equal(names, head) {
		return bad(1, "columns %q; write %q", names, head)
	}
	f, err := r.Read()
	if err != nil || len(f) != len(head) {
		return bad(2, "%d columns (%v); the head has %d", len(f), err, len(head))
	}
	var g Grid
	for i, to := range []*float64{&g.Lon, &g.Lat, &g.DLon, &g.DLat} {
		if *to, err = strconv.ParseFloat(f[i], 64); err != nil {
			return bad(2, "%s %q; write degrees", head[i], f[i])
		}
	}
	for i, to := range []*int{4: &g.Rows, 5: &g.Cols, 8: &g.Member} {
		if to == nil {
			continue
		}
		if *to, err = strconv.Atoi(f[i]); err != nil {
			return bad(2, "%s %q; write a whole number", head[i], f[i])
		}
	}
	for i, to := range []*time.Time{6: &g.Issued, 7: &g.Valid} {
		if to == nil {
			continue
		}
		t, err := time.Parse(time.RFC3339, f[i])
		if err != nil {
			return bad(2, "%s %q; write a time with its offset", head[i], f[i])
		}
		_, offset := t.Zone()
		*to = t.In(time.FixedZone("", offset))
	}
	if f[9] != unit {
		return bad(2, "unit %q; convert to %s", f[9], unit)
	}
	// Each value takes a byte at least, so a damaged head can't ask for more memory than the document's own size.
	if g.Rows < 1 || g.Cols < 1 || g.Rows > len(b) || g.Cols > len(b) || g.Rows*g.Cols > min(MaxCells, len(b)) {
		return bad(2, "%d rows, %d cols in a document of %d bytes; at most %d cells, all of them written", g.Rows, g.Cols, len(b), MaxCells)
	}
	g.Rain = make([]float64, 0, g.Rows*g.Cols)
	for row := range g.Rows {
		f, err := r.Read()
		if err != nil {
			return bad(row+3, "%v; %d rows must follow the head", err, g.Rows)
		}
		if len(f) != g.Cols {
			return bad(row+3, "%d values; the head says %d cols", len(f), g.Cols)
		}
		for col, s := range f {
			v := math.NaN()
			if s != "" {
				if v, err = strconv.ParseFloat(s, 64); err != nil || math.IsNaN(v) {
					return bad(row+3, "col %d: %q; write mm/h or nothing", col+1, s)
				}
			}
			g.Rain = append(g.Rain, v)
		}
	}
	if f, err := r.Read(); err == nil {
		return bad(g.Rows+3, "%d values behind the last row; the head says %d rows", len(f), g.Rows)
	}
	if err := g.validate(); err != nil {
		return Grid{}, fmt.Errorf("rain grid: %w", err)
	}
	return g, nil
}

// Append writes g behind dst. On an error it returns nil. Values keep every digit.
func Append(dst []byte, g Grid) ([]byte, error) {
	if err := g.validate(); err != nil {
		return nil, fmt.Errorf("rain grid: %w", err)
	}
	if g.Cols == 1 {
		for i, v := range g.Rain {
			if math.IsNaN(v) {
				return nil, fmt.Errorf("rain grid: row %d: missing in a grid of one column, which would be an empty line; use two columns", i+1)
			}
		}
	}
	for i, name := range head {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(dst, name...)
	}
	dst = append(dst, '\n')
	for _, v := range []float64{g.Lon, g.Lat, g.DLon, g.DLat} {
		dst = append(strconv.AppendFloat(dst, v, 'f', -1, 64), ',')
	}
	dst = fmt.Appendf(dst, "%d,%d,%s,%s,%d,%s\n", g.Rows, g.Cols, g.Issued.Format(time.RFC3339), g.Valid.Format(time.RFC3339), g.Member, unit)
	for i, v := range g.Rain {
		if !math.IsNaN(v) {
			dst = strconv.AppendFloat(dst, v, 'f', -1, 64)
		}
		if (i+1)%g.Cols == 0 {
			dst = append(dst, '\n')
		} else {
			dst = append(dst, ',')
		}
	}
	return dst, nil
}
