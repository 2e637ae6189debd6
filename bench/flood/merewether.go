package flood

import (
	"context"
	"encoding/csv"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"citybrain/bench"
	"citybrain/city/importer/floodcase"
	"citybrain/flood/surface"
)

// merewetherCase is the flood of June 2007 as the reference folder describes it.
const merewetherCase = `dem: %[1]s/topography1.asc.gz
roughness: {n: 0.04, areas: [{n: 0.02, file: %[1]s/road_polygon.csv}]}
raise: [{by: 3, file: %[1]s/houses.json}]
sources: [{x: 382265, y: 6354280, radius: 10, flow: 19.7}]
boundaries: [{side: north, kind: open}, {side: east, kind: open}]
duration: 1000
report: 100
points:
`

// merewether compares levels at the end with the surveyed ones.
func merewether(ctx context.Context, o Options) ([]bench.Row, error) {
	folder, err := filepath.Abs(filepath.Join(o.Data, "merewether"))
	if err != nil {
		return nil, err
	}
	raw, err := os.ReadFile(filepath.Join(folder, "observation_points.csv"))
	if err != nil {
		return nil, err
	}
	r := csv.NewReader(strings.NewReader(string(raw)))
	r.TrimLeadingSpace = true
	rows, err := r.ReadAll()
	if err != nil {
		return nil, err
	}
	text := fmt.Sprintf(merewetherCase, folder)
	var want []float64
	for _, x := range rows[1:] {
		level, err := strconv.ParseFloat(x[4], 64)
		if err != nil {
			return nil, missing("observation_points.csv", err)
		}
		want = append(want, level)
		text += fmt.Sprintf("  - {name: %q, x: %s, y: %s}\n", x[2], x[0], x[1])
	}
	dir, err := os.MkdirTemp("", "citybrain-merewether-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "merewether.yaml")
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		return nil, err
	}
	c, err := floodcase.Read(path)
	if err != nil {
		return nil, err
	}
	rec, err := surface.Run(ctx, c, surface.Config{Precision: 32, Scheme: surface.Shallow}, nil)
	if err != nil {
		return nil, err
	}
	var sum float64
	for i := range rec.Gauges {
		sum += math.Abs(last(&rec.Gauges[i]) - want[i])
	}
	return []bench.Row{atMost("Merewether, five levels, shallow water: mean absolute error", "m", 0.15, 0.15, sum/float64(len(want)), nil, "TUFLOW 0.118; a dry point counts as its ground")}, nil
}
