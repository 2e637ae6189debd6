package main

import (
	"bufio"
	"cmp"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"

	"github.com/parquet-go/parquet-go"
	"github.com/paulmach/orb"

	"citybrain/city"
	"citybrain/traffic/trips"
)

// A trackRow is where one vehicle is at one moment, as `--trajectories` writes it.
type trackRow struct {
	Time     float64 `parquet:"time_s,zstd"` // on the scenario's clock
	Vehicle  string  `parquet:"vehicle,dict,zstd"`
	Type     string  `parquet:"type,dict,zstd"`
	Lane     string  `parquet:"lane,dict,zstd"`   // that it is on, or from which it came into the junction
	Junction bool    `parquet:"in_junction,zstd"` // it is in the junction behind the lane
	Along    float64 `parquet:"along_m,zstd"`     // of its front, on the lane or on its way through the junction
	Speed    float64 `parquet:"speed_m_per_s,zstd"`
	X        float64 `parquet:"x_m,zstd"` // of its front, in the net's frame
	Y        float64 `parquet:"y_m,zstd"`
}

// columns are their names, for CSV.
const columns = "time_s,vehicle,type,lane,in_junction,along_m,speed_m_per_s,x_m,y_m\n"

// tracks is a file of trajectories being written.
type tracks struct {
	path   string
	file   *os.File
	buf    *bufio.Writer
	table  *parquet.GenericWriter[trackRow] // nil: CSV
	net    *city.LaneNet
	demand *city.LaneDemand
	begin  float64   // s that the scenario's clock shows at its start
	drawn  []float64 // m of each lane's line, then of each connection's, where they were asked for; 0: not yet
	rows   []trackRow
	line   []byte
}

// trackEnds are the endings by which a file's format is told.
var trackEnds = []string{".parquet", ".csv"}

// newTracks creates the file; its ending says the format.
func newTracks(path string, net *city.LaneNet, demand *city.LaneDemand, begin float64) (*tracks, error) {
	file, err := os.Create(path)
	if err != nil {
		return nil, fmt.Errorf("write trajectories: %w", err)
	}
	t := &tracks{path: path, file: file, buf: bufio.NewWriterSize(file, 1<<18), net: net, demand: demand, begin: begin, drawn: make([]float64, len(net.Lanes)+len(net.Connections))}
	if filepath.Ext(path) == ".parquet" {
		t.table = parquet.NewGenericWriter[trackRow](t.buf, parquet.MaxRowsPerRowGroup(1<<20))
	} else if _, err := t.buf.WriteString(columns); err != nil {
		t.drop()
		return nil, fmt.Errorf("write trajectories: %w", err)
	}
	return t, nil
}

// add writes where vehicles are at a moment, s since the start, in the order of journeys.
func (t *tracks) add(at float64, list []trips.Place) error {
	slices.SortFunc(list, func(a, b trips.Place) int { return cmp.Compare(a.Journey, b.Journey) })
	t.rows = t.rows[:0]
	for _, p := range list {
		j := &t.demand.Journeys[p.Journey]
		x := t.at(p)
		t.rows = append(t.rows, trackRow{at + t.begin, j.ID, t.demand.Types[j.Type].ID, t.net.Lanes[p.Lane].ID, p.Connection >= 0, round2(p.Along), round2(p.Speed), round2(x[0]), round2(x[1])})
	}
	var err error
	if t.table != nil {
		_, err = t.table.Write(t.rows)
	} else {
		for i := range t.rows {
			if _, err = t.buf.Write(t.text(&t.rows[i])); err != nil {
				break
			}
		}
	}
	if err != nil {
		return fmt.Errorf("write trajectories: %w", err)
	}
	return nil
}

// text is a row of CSV.
func (t *tracks) text(r *trackRow) []byte {
	b := t.line[:0]
	number := func(x float64) {
		b = strconv.AppendFloat(append(b, ','), x, 'f', -1, 64)
	}
	b = strconv.AppendFloat(b, r.Time, 'f', -1, 64)
	b = quoted(append(b, ','), r.Vehicle)
	b = quoted(append(b, ','), r.Type)
	b = quoted(append(b, ','), r.Lane)
	b = strconv.AppendBool(append(b, ','), r.Junction)
	number(r.Along)
	number(r.Speed)
	number(r.X)
	number(r.Y)
	t.line = append(b, '\n')
	return t.line
}

// quoted appends a field of CSV (RFC 4180).
func quoted(b []byte, s string) []byte {
	plain := true
	for i := 0; i < len(s) && plain; i++ {
		plain = s[i] != ',' && s[i] != '"' && s[i] != '\n' && s[i] != '\r'
	}
	if plain {
		return append(b, s...)
	}
	b = append(b, '"')
	for i := 0; i < len(s); i++ {
		if s[i] == '"' {
			b = append(b, '"')
		}
		b = append(b, s[i])
	}
	return append(b, '"')
}

// at is where a vehicle's front is in the net's frame; a lane's metres are not always those of its drawn line.
func (t *tracks) at(p trips.Place) orb.Point {
	k, line, metres := int(p.Lane), t.net.Lanes[p.Lane].Line, t.net.Lanes[p.Lane].Length
	if p.Connection >= 0 {
		c := &t.net.Connections[p.Connection]
		if len(c.Path) > 0 {
			k, line, metres = len(t.net.Lanes)+int(p.Connection), c.Path, c.Length
		} else if p.Along = metres; len(line) == 0 { // nothing is known of its way: the end of its lane
			return orb.Point{math.NaN(), math.NaN()}
		}
	}
	if len(line) == 0 {
		return orb.Point{math.NaN(), math.NaN()}
	}
	if t.drawn[k] == 0 {
		for i := 1; i < len(line); i++ {
			t.drawn[k] += math.Hypot(line[i][0]-line[i-1][0], line[i][1]-line[i-1][1])
		}
	}
	d := p.Along / metres * t.drawn[k]
	for i := 1; i < len(line); i++ {
		a, b := line[i-1], line[i]
		long := math.Hypot(b[0]-a[0], b[1]-a[1])
		if d <= long && long > 0 {
			f := max(d, 0) / long
			return orb.Point{a[0] + (b[0]-a[0])*f, a[1] + (b[1]-a[1])*f}
		}
		d -= long
	}
	return line[len(line)-1]
}

// close completes the file.
func (t *tracks) close() error {
	var err error
	if t.table != nil {
		err = t.table.Close()
	}
	if err == nil {
		err = t.buf.Flush()
	}
	if err == nil {
		err = t.file.Close()
	}
	if err != nil {
		t.drop()
		return fmt.Errorf("write trajectories: %w", err)
	}
	return nil
}

// drop takes an incomplete file away.
func (t *tracks) drop() {
	t.file.Close()
	os.Remove(t.path)
}
