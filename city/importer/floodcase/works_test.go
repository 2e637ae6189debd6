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

const works = `grid: {west: 0, south: 0, cell: 10, cols: 20, rows: 10, level: 1}
duration: 2 h
deep: 3
subgrid: 4
infiltration: {method: green-ampt, conductivity: 10.8, suction: 110, deficit: 0.3, areas: [{sealed: true, polygon: [[0, 0], [50, 0], [50, 100], [0, 100]]}]}
structures:
  - {kind: culvert, name: under the road, from: [85, 55], to: [115, 55], sill: 0.8, width: 2, height: 1.5, length: 30, n: 0.013, one_way: true}
  - {kind: gate, from: [85, 15], to: [115, 15], sill: 1, width: 4, height: 2, time: min, series: [[0, 0], [30, 1]]}
pumps: [{name: lorry, from: [85, 75], to: [115, 75], radius: 12, units: 2, rating: [[0, 0.4], [8, 0.1]], start: 1.4, stop: 1.1, arrives: 40 min, leaves: 3 h}, {from: [45, 45], away: 3.5, flow: 0.5, start: 1.5, stop: 1.2, starts: 3, run: 10 min}]
levees:
  - {line: [[102, 0], [104, 99]], crest: 4, breach: {at: [105, 45], width: 25, sill: 1.2, level: 3.5, duration: 10 min}}
porosity: [{open: 0.4, polygon: [[0, 0], [30, 0], [30, 30], [0, 30]]}]
wind: {speed: 12, from: {time: h, series: [[0, 270], [1, 300]]}}
boundaries:
  - {side: east, kind: tide, mean: 2, parts: [{amplitude: 1.5, period: 12 h, phase: 90}], surge: {time: h, series: [[0, 0], [2, 1]]}}
rain: {unit: mm/h, fields: [{at: 0, file: rain.asc}, {at: 30 min, file: rain.asc}]}
`

const rainGrid = "ncols 2\nnrows 1\nxllcorner 0\nyllcorner 0\ncellsize 100\nNODATA_value -9999\n30 60\n"

func writeWorks(t testing.TB, text, rain string) string {
	t.Helper()
	dir := t.TempDir()
	for name, s := range map[string]string{"rain.asc": rain, "case.yaml": text} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(s), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return filepath.Join(dir, "case.yaml")
}

func TestWorks(t *testing.T) {
	c, err := Read(writeWorks(t, works, rainGrid))
	if err != nil {
		t.Fatal(err)
	}
	if c.Deep != 3 || c.Subgrid != 4 || len(c.Soils) != 1 || math.Abs(c.Soils[0].Conductivity-3e-6) > 1e-18 || c.Soils[0].Suction != 0.11 || c.SoilOf[0] != -1 || c.SoilOf[5] != 0 {
		t.Errorf("deep %g, subgrid %d, soils %+v, %v", c.Deep, c.Subgrid, c.Soils, c.SoilOf[:6])
	}
	s := c.Structures
	if len(s) != 2 || s[0].Kind != water.Culvert || !s[0].OneWay || s[0].B != [2]float64{115, 55} || s[1].Opening.At(900) != 0.5 {
		t.Errorf("structures %+v", s)
	}
	if p := c.Pumps; len(p) != 2 || p[0].Name != "lorry" || p[0].Units != 2 || p[0].From != 2400 || p[0].To != 10800 || p[0].Rating.At(4) != 0.25 || p[0].MaxStarts != 4 || !p[1].Away || p[1].Outfall != 3.5 || p[1].MaxStarts != 3 || p[1].MinRun != 10*time.Minute {
		t.Errorf("pumps %+v", p)
	}
	for r := range 10 {
		if z := c.Z[r*20+10]; z != 4 {
			t.Errorf("row %d: the levee stands at %g m", r, z)
		}
		if z := c.Z[r*20+11]; z != 1 {
			t.Errorf("row %d: ground beside the levee at %g m", r, z)
		}
	}
	if b := c.Breaches; len(b) != 1 || b[0].Level != 3.5 || !math.IsNaN(b[0].Start) || b[0].Duration != 600 {
		t.Errorf("breaches %+v", b)
	}
	if c.Open[9*20] != 0.4 || c.Open[0] != 1 {
		t.Errorf("open ground %v", c.Open)
	}
	if w := c.Wind; w.Speed.At(0) != 12 || w.From.At(1800) != 285 {
		t.Errorf("wind %+v", w)
	}
	// A quarter of a period after the crest comes 3 h in: mean, amplitude and surge.
	if e := c.Edges[0]; e.Kind != water.Level || math.Abs(e.Series.At(0)-2) > 1e-9 || math.Abs(e.Series.At(3600)-(2+1.5*math.Sin(math.Pi/6)+0.5)) > 1e-9 {
		t.Errorf("tide %g, %g", e.Series.At(0), e.Series.At(3600))
	}
	if f := c.Rain.Fields; len(f) != 2 || f[1].At != 30*time.Minute || f[0].MMH[1] != 60 || f[0].Grid.Cell != 100 {
		t.Errorf("rain %+v", f)
	}
}

// A diagonal levee leaves no two cells of its sides touching by an edge.
func TestALeveeIsTight(t *testing.T) {
	text := strings.Replace(works, "[[102, 0], [104, 99]]", "[[3, 2], [188, 97]]", 1)
	text = strings.Replace(text, "breach: {at: [105, 45], width: 25, sill: 1.2, level: 3.5, duration: 10 min}", "", 1)
	text = strings.Replace(text, "crest: 4, }", "crest: 4}", 1)
	c, err := Read(writeWorks(t, text, rainGrid))
	if err != nil {
		t.Fatal(err)
	}
	side := make([]bool, c.Cells()) // reached from the north-west corner
	todo := []int{0}
	side[0] = true
	for len(todo) > 0 {
		i := todo[len(todo)-1]
		todo = todo[:len(todo)-1]
		for _, d := range [4][2]int{{0, 1}, {0, -1}, {1, 0}, {-1, 0}} {
			r, col := i/20+d[0], i%20+d[1]
			if r >= 0 && r < 10 && col >= 0 && col < 20 && c.Z[r*20+col] < 4 && !side[r*20+col] {
				side[r*20+col] = true
				todo = append(todo, r*20+col)
			}
		}
	}
	if side[9*20+10] {
		t.Error("the ground on both sides of the levee is joined")
	}
}

func TestBadWorks(t *testing.T) {
	for _, x := range []struct{ from, to, want string }{
		{"conductivity: 10.8", "conductivity: 3e6", "line 5: conductivity: 3e+06 mm/h is not in 0–1,000"},
		{"deficit: 0.3", "deficit: 30", "line 5: deficit: 30 is not in 0–1"},
		{"suction: 110, ", "", "line 5: infiltration: no suction"},
		{"kind: culvert", "kind: tunnel", `line 7: kind: "tunnel" is not one of`},
		{"to: [115, 55]", "to: [88, 52]", "line 7: structures 1: from and to lie in one cell"},
		{"to: [115, 55]", "to: [1150, 55]", "line 7: to: 1150, 55 has no ground"},
		{"length: 30, ", "", "line 7: structures 1: a culvert needs length"},
		{"[30, 1]", "[30, 7]", "line 8: structures 2: opening 2: 7 is not in 0–1"},
		{"[8, 0.1]", "[8, 0.5]", "line 9: rating: pair 2: the pump curve rises from 0.4 m³/s to 0.5"},
		{"away: 3.5, ", "", "line 9: pumps 2: give either to: [x, y]"},
		{"flow: 0.5", "flow: 500", "line 9: flow: 500 m³/s of one unit is not above 0 and at most 100: is it given in l/s"},
		{"starts: 3", "starts: 12", "line 9: starts: 12 is not in 1–4"},
		{"stop: 1.1", "stop: 1.8", "line 9: stop: the pump stops at 1.8 m and starts at 1.4 m"},
		{"leaves: 3 h", "leaves: 30 min", "line 9: leaves: the pump leaves after 1800 s"},
		{"crest: 4", "crest: 0.5", "line 11: levees 1: its line crosses no ground below its crest"},
		{"[104, 99]]", "[1e300, 99]]", "line 11: line: point 2 at 1e+300, 99 lies far from the ground"},
		{"sill: 1.2, level: 3.5", "sill: 1.2", "line 11: breach: neither time nor level"},
		{"sill: 1.2", "sill: 9", "line 11: sill: 9 m does not lie below the crest"},
		{"open: 0.4", "open: 40", "line 12: open: 40 is not above 0 and at most 1"},
		{"speed: 12", "speed: 430", "line 13: speed: value 1: 430 is not in 0–100"},
		{"mean: 2, ", "", "line 15: boundaries 1: no mean"},
		{"period: 12 h", "period: soon", `line 15: period: "soon" is no time`},
		{"at: 30 min", "at: 0", "line 16: fields 2: at 0s does not follow 0s"},
		{"unit: mm/h, fields", "unit: mm, fields", "line 16: rain: fields are rates"},
		{"deep: 3", "deep: -1", "line 3: deep: deep water from -1 m"},
		{"subgrid: 4", "subgrid: 40", "line 4: subgrid: cells of 40 pixels"},
	} {
		if !strings.Contains(works, x.from) {
			t.Fatalf("the case has no %q", x.from)
		}
		_, err := Read(writeWorks(t, strings.Replace(works, x.from, x.to, 1), rainGrid))
		if err == nil || !strings.Contains(err.Error(), x.want) {
			t.Errorf("%s for %s: %v, want %q", x.to, x.from, err, x.want)
		}
	}
	for rain, want := range map[string]string{
		strings.Replace(rainGrid, "60", "60000", 1):                   "60000 mm/h; rain is 0–3000: is it given in another unit",
		strings.Replace(rainGrid, "xllcorner 0", "xllcorner 9000", 1): "none of the ground: check its coordinates' system",
	} {
		if _, err := Read(writeWorks(t, works, rain)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}
