// Package fire911 reads Seattle's Real Time Fire 911 Calls as its open data portal exports them.
//
// In: CSV with the columns Datetime, Latitude, Longitude and Incident Number, plain or .gz; two forms of date, in one of which
// the hour after midnight is written as 24. Out: incidents in order of time, each number once. Times are as written, local.
package fire911

import (
	"cmp"
	"compress/gzip"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"
)

// An Incident is one call that was attended to.
type Incident struct {
	Number   string
	At       time.Time // local, written as UTC
	Lon, Lat float64   // NaN: no position is given
}

// Load reads a file.
func Load(path string) ([]Incident, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", path, err)
	}
	defer f.Close()
	var r io.Reader = f
	if strings.HasSuffix(path, ".gz") {
		z, err := gzip.NewReader(f)
		if err != nil {
			return nil, fmt.Errorf("read %s: gzip: %w", path, err)
		}
		defer z.Close()
		r = z
	}
	return Read(path, r)
}

// Read reads incidents; errors name the file as file, line and field.
func Read(file string, r io.Reader) ([]Incident, error) {
	c := csv.NewReader(io.LimitReader(r, 1<<30))
	c.FieldsPerRecord = -1
	head, err := c.Read()
	if err != nil {
		return nil, fmt.Errorf("read %s: line 1: %w", file, err)
	}
	var col [4]int
	for i, name := range []string{"Incident Number", "Datetime", "Latitude", "Longitude"} {
		if col[i] = slices.Index(head, name); col[i] < 0 {
			return nil, fmt.Errorf("read %s: line 1: field %q: the column is missing", file, name)
		}
	}
	seen := map[string]bool{}
	var list []Incident
	for {
		row, err := c.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("read %s: %w", file, err)
		}
		line, _ := c.FieldPos(0)
		if len(row) < len(head)-1 || len(row) <= slices.Max(col[:]) {
			return nil, fmt.Errorf("read %s: line %d: field %d: %d fields, want %d", file, line, len(row), len(row), len(head))
		}
		x := Incident{Number: row[col[0]]}
		if seen[x.Number] {
			continue
		}
		seen[x.Number] = true
		if x.At, err = date(strings.TrimSpace(row[col[1]])); err != nil {
			return nil, fmt.Errorf("read %s: line %d: field %q: %w", file, line, "Datetime", err)
		}
		for i, to := range []*float64{&x.Lat, &x.Lon} {
			if row[col[2]] == "" && row[col[3]] == "" {
				*to = math.NaN()
				continue
			}
			v, err := strconv.ParseFloat(row[col[2+i]], 64)
			if err != nil || !(v >= -180 && v <= 180) {
				return nil, fmt.Errorf("read %s: line %d: field %q: %q is no position", file, line, head[col[2+i]], row[col[2+i]])
			}
			*to = v
		}
		list = append(list, x)
	}
	slices.SortFunc(list, func(a, b Incident) int {
		if k := a.At.Compare(b.At); k != 0 {
			return k
		}
		return cmp.Compare(a.Number, b.Number)
	})
	return list, nil
}

// date reads both forms.
func date(s string) (time.Time, error) {
	if t, err := time.Parse("01/02/2006 03:04:05 PM -0700", s); err == nil {
		return t, nil
	}
	// Hour 24 is the one after midnight of the day that is written.
	if day, clock, ok := strings.Cut(s, "T"); ok && strings.HasPrefix(clock, "24:") {
		s = day + "T00" + clock[2:]
	}
	t, err := time.Parse("2006-01-02T15:04:05-0700", s)
	if err != nil {
		return t, fmt.Errorf("%q is neither MM/DD/YYYY hh:mm:ss PM +0000 nor YYYY-MM-DDThh:mm:ss+0000", s)
	}
	return t, nil
}
