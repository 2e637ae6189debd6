package places

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"strconv"
	"strings"

	"citybrain/city"

	"github.com/paulmach/orb"
)

// A Row is a row of a table of population or of points of interest.
type Row struct {
	ID, Kind, Name string
	At             orb.Point // longitude, latitude
	Population     float64
	Jobs           float64
}

// A Table is what ReadTable returns.
type Table struct {
	Rows    []Row
	HasJobs bool
	Defects []city.Defect
}

// ReadTable reads a CSV file with a header. Columns lon and lat are needed (also x, y, lng, longitude, latitude), those in
// need too; id, kind (or type), name, population, jobs are read where they are. Bad rows become defects under "cell/ID".
func ReadTable(path string, need ...string) (*Table, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("read table: %w", err)
	}
	defer f.Close()
	t, err := DecodeTable(f, need...)
	if err != nil {
		return nil, fmt.Errorf("read table %s: %w", path, err)
	}
	return t, nil
}

var columns = map[string]string{"x": "lon", "lng": "lon", "longitude": "lon", "y": "lat", "latitude": "lat", "pop": "population", "type": "kind"}

// DecodeTable is ReadTable from r.
func DecodeTable(r io.Reader, need ...string) (*Table, error) {
	c := csv.NewReader(r)
	c.FieldsPerRecord, c.LazyQuotes = -1, true
	head, err := c.Read()
	if err != nil {
		return nil, fmt.Errorf("header: %w", err)
	}
	col := map[string]int{}
	for i, h := range head {
		h = strings.ToLower(strings.TrimSpace(strings.TrimPrefix(h, "\ufeff")))
		if known, ok := columns[h]; ok {
			h = known
		}
		if _, twice := col[h]; !twice {
			col[h] = i
		}
	}
	for _, n := range append([]string{"lon", "lat"}, need...) {
		if _, ok := col[n]; !ok {
			return nil, fmt.Errorf("no column %s; the header is %q", n, strings.Join(head, ","))
		}
	}
	_, jobs := col["jobs"]
	t := &Table{HasJobs: jobs}
	for {
		rec, err := c.Read()
		if errors.Is(err, io.EOF) {
			return t, nil
		}
		if err != nil {
			return nil, err
		}
		line, _ := c.FieldPos(0)
		get := func(name string) string {
			if i, ok := col[name]; ok && i < len(rec) {
				return strings.TrimSpace(rec[i])
			}
			return ""
		}
		row := Row{ID: get("id"), Kind: get("kind"), Name: get("name")}
		if row.ID == "" {
			row.ID = fmt.Sprintf("line %d", line)
		}
		bad := ""
		num := func(name string, least, most float64, must bool) float64 {
			s := get(name)
			if s == "" && !must || s == "NA" && !must {
				return 0
			}
			v, err := strconv.ParseFloat(s, 64)
			if err != nil || !(v >= least && v <= most) || math.IsInf(v, 0) {
				bad = fmt.Sprintf("%s %q is no number from %g to %g; row left out", name, s, least, most)
			}
			return v
		}
		row.At = orb.Point{num("lon", -180, 180, true), num("lat", -90, 90, true)}
		row.Population, row.Jobs = num("population", 0, 1e7, false), num("jobs", 0, 1e7, false)
		if bad != "" {
			t.Defects = append(t.Defects, city.Defect{Element: "cell/" + row.ID, What: bad})
			continue
		}
		t.Rows = append(t.Rows, row)
	}
}
