package rain

import (
	"encoding/csv"
	"math"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"
)

// Depths and storms are the ones of the reference table.
func TestShanghaiStorms(t *testing.T) {
	for _, x := range []struct {
		file string
		min  int
	}{{"shanghai_idf_depth_mm.csv", 0}, {"shanghai_chicago_120min_5min_mm.csv", 120}, {"shanghai_chicago_180min_5min_mm.csv", 180}} {
		b, err := os.ReadFile("../../../shared/data/flood/rain/" + x.file)
		if os.IsNotExist(err) {
			t.Skip("no ../shared/data/flood/rain")
		} else if err != nil {
			t.Fatal(err)
		}
		rows, err := csv.NewReader(strings.NewReader(string(b))).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		for col, head := range rows[0][1:] {
			years, _ := strconv.ParseFloat(head[1:], 64)
			var storm []float64
			if x.min > 0 {
				if storm, err = Shanghai.Chicago(years, time.Duration(x.min)*time.Minute, 5*time.Minute); err != nil {
					t.Fatal(err)
				}
			}
			for k, row := range rows[1:] {
				at, _ := strconv.ParseFloat(row[0], 64)
				want, _ := strconv.ParseFloat(row[col+1], 64)
				got := Shanghai.Depth(years, at)
				if x.min > 0 {
					got = storm[k]
				}
				if math.Abs(got-want) > 6e-4 {
					t.Errorf("%s, %s, %g min: %.4f mm, want %.4f", x.file, head, at, got, want)
				}
			}
		}
	}
	if _, err := Shanghai.Chicago(0.5, time.Hour, time.Minute); err == nil {
		t.Error("a return period of half a year is taken")
	}
	if _, err := Shanghai.Chicago(5, time.Hour, 7*time.Minute); err == nil {
		t.Error("steps that do not fill the storm are taken")
	}
}

// blob is a field of two moving Gaussians.
func blobs(size int, t, u, v float64) Field {
	f := NewField(size, size)
	for i := range f.V {
		x, y := float64(i%size), float64(i/size)
		for _, c := range [2][4]float64{{20, 25, 4, 20}, {34, 30, 6, 8}} {
			dx, dy := x-c[0]-u*t, y-c[1]-v*t
			f.V[i] += c[3] * math.Exp(-(dx*dx+dy*dy)/(2*c[2]*c[2]))
		}
	}
	return f
}

func TestTrack(t *testing.T) {
	for _, w := range [][2]float64{{0, 0}, {1.6, -0.7}, {-3.3, 2.4}, {0.3, 4.8}} {
		var images []Field
		for k := range 4 {
			images = append(images, blobs(64, float64(k)-1, w[0], w[1]))
		}
		m := Track(images)
		u, v := m.At(30, 28)
		if math.Hypot(u-w[0], v-w[1]) > 0.08 {
			t.Errorf("motion %v: found %.3f, %.3f", w, u, v)
		}
	}
	dry := []Field{NewField(40, 40), NewField(40, 40)}
	if m := Track(dry); m.U != 0 || m.V != 0 {
		t.Errorf("dry images move by %g, %g", m.U, m.V)
	}
}

func TestMerge(t *testing.T) {
	truth := blobs(48, 0, 0, 0)
	radar := NewField(48, 48)
	for i, v := range truth.V { // a third too little, worse to the east
		radar.V[i] = v * (0.8 - 0.01*float64(i%48))
	}
	var gauges []Gauge
	for _, p := range [][2]int{{18, 24}, {24, 30}, {30, 22}, {36, 30}, {12, 20}, {40, 40}} {
		gauges = append(gauges, Gauge{float64(p[0]), float64(p[1]), truth.V[p[1]*48+p[0]]})
	}
	got, err := Merge(radar, gauges, 12)
	if err != nil {
		t.Fatal(err)
	}
	for _, g := range gauges {
		if v := got.At(g.X, g.Y); math.Abs(v-g.Rate) > 1e-3*(1+g.Rate) {
			t.Errorf("at a gauge of %.3f mm/h the field has %.3f", g.Rate, v)
		}
	}
	var before, after float64
	for i, v := range truth.V {
		before += (radar.V[i] - v) * (radar.V[i] - v)
		after += (got.V[i] - v) * (got.V[i] - v)
	}
	if after > before/6 {
		t.Errorf("squared error %.1f, the radar's is %.1f", after, before)
	}
	if _, err := Merge(radar, []Gauge{{1, 1, 2000}}, 10); err == nil || !strings.Contains(err.Error(), "gauge 1: 2000 mm/h") {
		t.Errorf("2000 mm/h: %v", err)
	}
	if _, err := Merge(radar, []Gauge{{60, 1, 2}}, 10); err == nil || !strings.Contains(err.Error(), "off the radar's field") {
		t.Errorf("off the field: %v", err)
	}
}

// pulses are cells that come and go on one wind.
func pulses(seed, count int) []Field {
	var images []Field
	for k := range count {
		f := NewField(32, 32)
		for c := range 40 {
			h := float64((seed*7919+c*104729)%9973) / 9973
			g := float64((seed*1299709+c*15485863)%9949) / 9949
			age := (float64(k) - float64(count)*h*1.1 + 6) / 12
			if age <= 0 || age >= 1 {
				continue
			}
			x, y := 32*g+0.8*float64(k)-8, 32*math.Mod(h*17, 1)
			for i := range f.V {
				dx, dy := float64(i%32)-x, float64(i/32)-y
				f.V[i] += 20 * math.Sin(math.Pi*age) * math.Exp(-(dx*dx+dy*dy)/8)
			}
		}
		images = append(images, f)
	}
	return images
}

func TestNowcast(t *testing.T) {
	var storms [][]Field
	for k := range 4 {
		storms = append(storms, pulses(k, 30))
	}
	cfg := Config{Leads: 4, Members: 12, Seed: 3}
	archive, err := NewArchive(storms)
	if err != nil {
		t.Fatal(err)
	}
	model, err := archive.Train(cfg)
	if err != nil {
		t.Fatal(err)
	}
	images := pulses(99, 30)
	fc, err := model.Nowcast(images[:20])
	if err != nil {
		t.Fatal(err)
	}
	a, b := fc.Members(), fc.Members()
	same := func(x, y []float64) bool {
		return slices.EqualFunc(x, y, func(a, b float64) bool { return math.Float64bits(a) == math.Float64bits(b) })
	}
	if !same(a[3][0].V, b[3][0].V) || same(a[0][2].V, a[1][2].V) {
		t.Error("members are not one each, the same each time")
	}
	// A cell's members have the distribution that was learnt.
	var off, n float64
	for i := range a[0][0].V {
		q := fc.Quantiles(1, i)
		if q == nil {
			if !math.IsNaN(a[0][0].V[i]) {
				t.Fatal("a cell unseen has rain")
			}
			continue
		}
		var have, want float64
		for m := range a {
			have += a[m][0].V[i] / float64(len(a))
		}
		for _, v := range q {
			want += v / float64(len(q))
		}
		off += have - want
		n += want
	}
	if math.Abs(off) > 0.15*n {
		t.Errorf("members rain %.0f %% off what they should", 100*off/n)
	}
	if _, err := model.Nowcast(images[:3]); err == nil {
		t.Error("three images are enough")
	}
	if _, err := NewArchive([][]Field{images[:5]}); err == nil {
		t.Error("a storm of five images is enough")
	}
}
