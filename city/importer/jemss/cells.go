package jemss

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"citybrain/city"
)

// parseCells reads lines "longitude latitude density" of cells' middles. The size of a cell is the least step between them.
func parseCells(file, text string, d *city.EMSDemand) error {
	n := strings.Count(text, "\n") + 1
	d.X, d.Y, d.Weight = make([]float64, 0, n), make([]float64, 0, n), make([]float64, 0, n)
	fields := [3]string{"longitude", "latitude", "density"}
	sum := 0.0
	for line := 1; len(text) > 0; line++ {
		var row string
		if i := strings.IndexByte(text, '\n'); i >= 0 {
			row, text = text[:i], text[i+1:]
		} else {
			row, text = text, ""
		}
		rest := strings.TrimSpace(row)
		if rest == "" {
			continue
		}
		var v [3]float64
		for k := range v {
			w := rest
			if i := strings.IndexAny(rest, " \t"); i >= 0 {
				w, rest = rest[:i], strings.TrimLeft(rest[i:], " \t")
			} else {
				rest = ""
			}
			x, err := strconv.ParseFloat(w, 64)
			if err != nil || math.IsInf(x, 0) || math.IsNaN(x) || k == 2 && x < 0 || math.Abs(x) > [3]float64{180, 90, 1e15}[k] {
				return fmt.Errorf("read %s: line %d: field %q: %q is no %[3]s", file, line, fields[k], w)
			}
			v[k] = x
		}
		if rest != "" {
			return fmt.Errorf("read %s: line %d: field 4: %q follows, want three fields", file, line, rest)
		}
		if v[2] == 0 {
			continue
		}
		sum += v[2]
		d.X, d.Y, d.Weight = append(d.X, v[0]), append(d.Y, v[1]), append(d.Weight, v[2])
	}
	if !(sum > 0) {
		return fmt.Errorf("read %s: field %q: no cell has any", file, "density")
	}
	d.CellX, d.CellY = step(d.X), step(d.Y)
	return nil
}

// step returns the least difference between distinct values, 0 if there is one value only. Values are printed to about 1e-7.
func step(v []float64) float64 {
	s := slices.Clone(v)
	slices.Sort(s)
	least := math.Inf(1)
	for i := 1; i < len(s); i++ {
		if d := s[i] - s[i-1]; d > 1e-6 {
			least = min(least, d)
		}
	}
	if math.IsInf(least, 1) {
		return 0
	}
	return least
}
