package floodcase

import (
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"citybrain/city/water"
)

const ground = "ncols 4\nnrows 3\nxllcorner 100\nyllcorner 200\ncellsize 10\nNODATA_value -9999\n5 5 5 5\n5 %s 4 5\n5 5 5 -9999\n"

// write puts a case and its ground into a folder and returns the case's path.
func write(t testing.TB, middle, text string) string {
	t.Helper()
	dir := t.TempDir()
	for name, s := range map[string]string{"dem.asc": strings.Replace(ground, "%s", middle, 1), "case.yaml": text, "q.csv": "min,q\n0,0\n10,3\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(s), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return filepath.Join(dir, "case.yaml")
}

const whole = `name: test
dem: dem.asc
datum: Wusong
roughness: {n: 0.04, areas: [{n: 0.02, polygon: [[100, 200], [110, 200], [110, 230], [100, 230]]}]}
raise: [{by: 3, polygon: [[120, 200], [140, 200], [140, 210], [120, 210]]}]
initial: {level: 4.5}
boundaries:
  - {side: west, from: 205, to: 225, kind: discharge, file: q.csv, time: min}
  - {side: east, kind: slope, slope: 0.001}
  - {side: north, kind: level, time: h, series: [[0, 5], [2, 6]]}
rain: {unit: mm, time: min, series: [[0, 10], [30, 0]]}
sources: [{name: burst, x: 115, y: 215, radius: 12, flow: 0.5}]
drains: [{x: 105, y: 205, capacity: 0.1}]
points: [{name: a, x: 125, y: 215, level: 4.2}]
duration: 2 h
report: 5 min
solver: swe
`

func TestWholeCase(t *testing.T) {
	c, err := Read(write(t, "5", whole))
	if err != nil {
		t.Fatal(err)
	}
	if c.Cols != 4 || c.Rows != 3 || c.West != 100 || c.North != 230 || c.Datum != "Wusong" || c.Duration != 2*time.Hour || c.Every != 5*time.Minute || c.Scheme != "swe" {
		t.Errorf("%+v", c)
	}
	if !math.IsNaN(c.Z[11]) || c.Z[10] != 8 || c.Manning[0] != 0.02 || c.Manning[1] != 0.04 || c.Depth[6] != 0.5 || c.Depth[5] != 0 {
		t.Errorf("z %v n %v depth %v", c.Z, c.Manning, c.Depth)
	}
	e := c.Edges
	if len(e) != 3 || e[0].Kind != water.Discharge || e[0].Series.At(300) != 1.5 || e[1].Gradient != 0.001 || e[2].Series.At(3600) != 5.5 {
		t.Errorf("edges %+v", e)
	}
	if c.Rain.Rate.At(60) != 20 || c.Rain.Rate.At(1800) != 0 {
		t.Errorf("10 mm in half an hour are %g mm/h", c.Rain.Rate.At(60))
	}
	if len(c.Sources) != 2 || c.Sources[1].Flow.At(0) != -0.1 || c.Sources[1].Name != "drain 1" || len(c.Gauges) != 1 {
		t.Errorf("%+v %+v", c.Sources, c.Gauges)
	}
}

func TestRefusalsNameLineAndRemedy(t *testing.T) {
	for _, x := range []struct{ name, middle, old, new, want string }{
		{"hole", "-9999", "", "", "line 2: dem: dem.asc has 1 cells without data inside, the first in row 2, column 2 at 115, 215: fill them"},
		{"word in the DEM", "x", "", "", `line 8: value 6: "x" is no number`},
		{"unknown key", "5", "datum:", "datumm:", `line 3: case: unknown key "datumm"`},
		{"rain in the wrong unit", "5", "{unit: mm, time: min, series: [[0, 10], [30, 0]]}", "{unit: m/s, series: [[0, 50], [900, 0]]}", "line 11: rain: value 1 is 1.8e+08 mm/h"},
		{"rain without a unit", "5", "{unit: mm, time: min,", "{time: min,", "line 11: rain: no unit"},
		{"mm without an end", "5", "series: [[0, 10], [30, 0]]}", "series: [[0, 10], [30, 4]]}", "has no end"},
		{"boundary backwards", "5", "from: 205, to: 225", "from: 225, to: 205", "line 8: from: the boundary runs from 225 to 205; give the lesser coordinate first"},
		{"time goes back", "5", "[[0, 5], [2, 6]]", "[[3, 5], [2, 6]]", "line 10: series 2: time 7200 s does not follow 10800 s"},
		{"gauge under ground", "5", "level: 4.2", "level: 3.2", "line 14: level: the gauge stands at 3.2 m, 0.80 m under the ground"},
		{"gauge outside", "5", "x: 125, y: 215, level: 4.2", "x: 31.2, y: 121.4", "line 14: points 1: 31.2, 121.4 is outside the DEM"},
		{"gauge on no ground", "5", "x: 125, y: 215, level: 4.2", "x: 135, y: 205", "is on a cell without ground"},
		{"Strickler for Manning", "5", "{n: 0.04,", "{n: 40,", "line 4: n: Manning's n 40 is not in 0–1"},
		{"no series", "5", "file: q.csv, time: min", "time: min", "line 8: boundaries 1: no value, series or file"},
		{"unit of time", "5", "time: h", "time: hours", `line 10: time: "hours" is not s, min, h or d`},
		{"no duration", "5", "duration: 2 h\n", "", "no duration"},
		{"not YAML", "5", "name: test", "name: [", "line"},
	} {
		_, err := Read(write(t, x.middle, strings.Replace(whole, x.old, x.new, 1)))
		if err == nil || !strings.Contains(err.Error(), x.want) {
			t.Errorf("%s: got %v, want %q", x.name, err, x.want)
		}
	}
}

func TestDegreesAreRefused(t *testing.T) {
	path := write(t, "5", whole)
	deg := strings.NewReplacer("xllcorner 100", "xllcorner 121", "yllcorner 200", "yllcorner 31", "cellsize 10", "cellsize 0.0003", "%s", "5").Replace(ground)
	if err := os.WriteFile(filepath.Join(filepath.Dir(path), "dem.asc"), []byte(deg), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := Read(path); err == nil || !strings.Contains(err.Error(), "are degrees; water needs metres") {
		t.Errorf("got %v", err)
	}
}

func FuzzDecode(f *testing.F) {
	f.Add([]byte(whole))
	f.Add([]byte("grid: {cell: 5, cols: 3, rows: 2}\nduration: 60\nrain: {unit: mm/h, rate: 50}\n"))
	f.Add([]byte("a: &a [*a]\n"))
	f.Add([]byte(works))
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 1<<12 {
			return
		}
		if strings.Contains(string(data), "cols") && strings.Contains(string(data), "000") {
			return // a large grid is not what is tried here
		}
		c, err := decode(filepath.Join(t.TempDir(), "case.yaml"), data)
		if err == nil && (c.Duration <= 0 || c.Domain.Check() != nil) {
			t.Errorf("an unusable case without an error: %+v", c)
		}
	})
}

// What would do nothing, or something else than it says, is refused by its line.
func TestSlipsOfThePen(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		t.Helper()
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		return path
	}
	write("unmarked.asc", "ncols 2\nnrows 2\nxllcorner 0\nyllcorner 0\ncellsize 5\n1 1\n1 -9999\n")
	write("spike.asc", "ncols 2\nnrows 2\nxllcorner 0\nyllcorner 0\ncellsize 5\n1 1\n1e30 1\n")
	const flat = "grid: {west: 0, south: 0, cell: 5, cols: 10, rows: 10, level: 1}\nduration: 60\n"
	for want, text := range map[string]string{
		"line 1: empty; want at least dem and duration":              "",
		"line 4: case: a second rain; the first is in line 3":        flat + "rain: {unit: mm/h, rate: 5}\nrain: {unit: mm/h, rate: 6}\n",
		"line 3: raise 1: polygon 1 has 2 corners":                   flat + "raise: [{by: 1, polygon: [[5, 5], [20, 20]]}]\n",
		"line 3: raise 1: its polygons lie outside the DEM":          flat + "raise: [{by: 1, polygon: [[500, 500], [520, 500], [520, 520]]}]\n",
		"line 3: n: Manning's n 33 is not in 0–1":                    flat + "roughness: {areas: [{n: 33, polygon: [[5, 5], [20, 5], [20, 20]]}]}\n",
		"line 3: courant: 5 is not in 0–1":                           flat + "courant: 5\n",
		"line 3: report: 1ns is shorter than":                        flat + "report: 1e-9\n",
		"line 3: radius: -2 m is negative":                           flat + "sources: [{x: 20, y: 20, radius: -2, flow: 1}]\n",
		"line 1: grid: 0 × 10 cells of 5 m; want positive":           "grid: {west: 0, south: 0, cell: 5, cols: 0, rows: 10, level: 1}\nduration: 60\n",
		"line 1: dem: unmarked.asc has -9999 m in row 2, column 2":   "dem: unmarked.asc\nduration: 60\n",
		"line 1: dem: spike.asc has 1.0000000150474662e+30 m in row": "dem: spike.asc\nduration: 60\n",
	} {
		_, err := Read(write("case.yaml", text))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("want %q, got %v", want, err)
		}
	}
}
