package lisflood

import (
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"citybrain/city/water"
)

var files = map[string]string{
	"case.par":   "# a case\nDEMfile  dem.asc\nresroot res\ndirroot out\nsim_time 7200.0\ninitial_tstep 2\nmassint 60\nsaveint 600\nfpfric 0.05\nbcifile c.bci\nbdyfile c.bdy\nstagefile c.stage\ninfiltration 2e-6\nrainfall c.rain\nstartfile start.asc\nacceleration\nelevoff\n",
	"dem.asc":    "ncols 3\nnrows 2\nxllcorner 0\nyllcorner 0\ncellsize 10\nNODATA_value -9999\n1 2 3\n4 5 6\n",
	"start.asc":  "ncols 3\nnrows 2\nxllcorner 0\nyllcorner 0\ncellsize 10\nNODATA_value -9999\n0.5 0 0\n0 0 0\n",
	"c.bci":      "W 0 20 QVAR in\nE 0 20 FREE\nN 0 10 HFIX 4.5\nS 0 30 CLOSED\nP 15 5 QFIX 0.2\n",
	"c.bdy":      "title line\nin\n3 hours\n0 0\n0.5 1\n0 2\n",
	"c.stage":    "1\n25 15\n",
	"c.rain":     "# rain\n2 minutes\n50 0\n0 30\n",
	"unused.txt": "",
}

func write(t testing.TB, change map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		if s, ok := change[name]; ok {
			text = s
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return filepath.Join(dir, "case.par")
}

func TestCase(t *testing.T) {
	c, err := Read(write(t, nil))
	if err != nil {
		t.Fatal(err)
	}
	if c.Cols != 3 || c.Rows != 2 || c.Cell != 10 || c.North != 20 || c.Duration != 2*time.Hour || c.Every != time.Minute || c.MaxStep != 2*time.Second || c.Scheme != "inertial" {
		t.Errorf("%+v", c)
	}
	if c.Depth[0] != 0.5 || c.Manning[5] != 0.05 {
		t.Errorf("depth %v, n %v", c.Depth, c.Manning)
	}
	// 0.5 m²/s over two cells of 10 m after one hour.
	if e := c.Edges[0]; e.Kind != water.Discharge || math.Abs(e.Series.At(1800)-5) > 1e-12 {
		t.Errorf("inflow %+v", e)
	}
	if c.Edges[1].Kind != water.Open || c.Edges[2].Kind != water.Level || c.Edges[2].Series.At(9) != 4.5 || c.Edges[3].Kind != water.Wall {
		t.Errorf("edges %+v", c.Edges)
	}
	if s := c.Sources[0]; s.Flow.At(0) != 2 || s.At != [2]float64{15, 5} {
		t.Errorf("source %+v", s)
	}
	if len(c.Soils) != 1 || c.Soils[0].Conductivity != 2e-6 {
		t.Errorf("soils %+v", c.Soils)
	}
	if len(c.Gauges) != 1 || c.Rain.Rate.At(0) != 50 || c.Rain.Rate.At(900) != 25 {
		t.Errorf("gauges %+v, rain %+v", c.Gauges, c.Rain)
	}
}

func TestRefusals(t *testing.T) {
	for _, x := range []struct{ file, text, want string }{
		{"case.par", "sim_time 10\n", "no DEMfile"},
		{"case.par", "DEMfile dem.asc\nsim_time ten\n", `line 2: sim_time "ten" is no number`},
		{"case.par", "DEMfile dem.asc\nsim_time 10\nSGCwidth w.asc\n", "line 3: keyword SGCwidth: sub-grid channels are not read"},
		{"case.par", "DEMfile dem.asc\nsim_time 10\ninfiltration 7.2\n", "line 3: infiltration of 7.2 m/s is not in 0–0.001"},
		{"c.bci", "W 0 20 QVAR out\n", `line 1: boundary "out" is not in the .bdy file`},
		{"c.bci", "\nW 0 20 WEIR 3\n", `line 2: kind "WEIR"`},
		{"c.bci", "P 150 5 QFIX 0.2\n", "line 1: point 150, 5 is outside the DEM"},
		{"c.bdy", "title\nin\n3 fortnights\n0 0\n", `line 3: unit of time "fortnights"`},
		{"c.bdy", "title\nin\n3 hours\n0 0\n", "line 3: says 3 values, 1 lines follow"},
		{"c.stage", "1\n400 3\n", "line 2: point 400, 3 is outside the DEM's ground"},
		{"c.rain", "rain in m/s?\n1 hours\n5000 0\n", "rain of 5000 mm/h"},
		{"start.asc", strings.Replace(files["dem.asc"], "ncols 3\nnrows 2", "ncols 2\nnrows 3", 1), "2 × 3 values; the DEM has 3 × 2"},
	} {
		_, err := Read(write(t, map[string]string{x.file: x.text}))
		if err == nil || !strings.Contains(err.Error(), x.want) {
			t.Errorf("%s %q: got %v, want %q", x.file, x.text, err, x.want)
		}
	}
}

func FuzzCase(f *testing.F) {
	f.Add(files["c.bci"], files["c.bdy"], files["c.stage"], files["c.rain"])
	f.Add("P 1 1 QFIX 1e999", "x\ny\n1", "-1", "a\n1e9 days\n")
	f.Fuzz(func(t *testing.T, bci, bdy, stage, rain string) {
		c, err := Read(write(t, map[string]string{"c.bci": bci, "c.bdy": bdy, "c.stage": stage, "c.rain": rain}))
		if err == nil && c.Cells() != 6 {
			t.Errorf("%+v", c)
		}
	})
}
