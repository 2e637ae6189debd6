package ems

import (
	"bufio"
	"compress/gzip"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"citybrain/city"
	"citybrain/city/importer/jemss"
)

// shared returns the path of a reference file, and skips the test only when the whole folder is missing.
func shared(t testing.TB, path string) string {
	t.Helper()
	root := os.Getenv("CITYBRAIN_SHARED")
	if root == "" {
		root = filepath.Join("..", "..", "..", "shared", "data")
	}
	root = filepath.Join(root, "emergency")
	if _, err := os.Stat(root); err != nil {
		t.Skipf("reference data not there: %v (set CITYBRAIN_SHARED to the folder data)", err)
	}
	return filepath.Join(root, path)
}

// reference reads units and response times.
func reference(t testing.TB, path string) (unit []int, response []float64) {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	sc := bufio.NewScanner(z)
	sc.Scan()
	for sc.Scan() {
		w := strings.Split(sc.Text(), ",")
		u, err := strconv.Atoi(w[1])
		if err != nil {
			t.Fatal(err)
		}
		r, err := strconv.ParseFloat(w[2], 64)
		if err != nil {
			t.Fatal(err)
		}
		unit, response = append(unit, u-1), append(response, r)
	}
	return unit, response
}

func load(t testing.TB, name string) (*Model, []city.EMSCall, float64) {
	t.Helper()
	dir := shared(t, "jemss/"+name)
	e, err := jemss.Load(dir)
	if err != nil {
		t.Fatal(err)
	}
	if err := jemss.LoadDemand(dir, e); err != nil {
		t.Fatal(err)
	}
	calls, start, err := jemss.LoadCalls(filepath.Join(dir, "calls_101days_seed1.csv.gz"), e)
	if err != nil {
		t.Fatal(err)
	}
	m, err := New(e)
	if err != nil {
		t.Fatal(err)
	}
	return m, calls, start
}

func TestReference(t *testing.T) {
	for _, x := range []struct {
		city, file   string
		mean, within float64
	}{{"auckland", "ref_static_0.00.csv.gz", 639.48, 56.379}, {"auckland", "ref_dmexclp_0.25.csv.gz", 623.20, 58.749},
		{"edmonton", "ref_static_0.00.csv.gz", 490.03, 68.072}, {"edmonton", "ref_dmexclp_0.25.csv.gz", 474.17, 70.197}} {
		m, calls, start := load(t, x.city)
		var p Policy = Static{}
		if strings.Contains(x.file, "dmexclp") {
			p = NewDMEXCLP(m, 0.25)
		}
		s := NewSim(m, p, calls, start)
		s.Run()
		f := s.Figures()
		if math.Abs(f.Mean/x.mean-1) > 0.003 || math.Abs(f.Within-x.within) > 0.3 {
			t.Errorf("%s %s: mean %.2f s, within %.3f %%; want %.2f, %.3f", x.city, x.file, f.Mean, f.Within, x.mean, x.within)
		}
		unit, response := reference(t, shared(t, "jemss/"+x.city+"/"+x.file))
		same, close := 0, 0
		for i, o := range s.Outcomes() {
			if o.Unit == unit[i] {
				same++
			}
			if math.Abs(o.Response-response[i]) < 0.01 {
				close++
			}
		}
		t.Logf("%s %s: %+v; same unit %d, same response %d of %d", x.city, x.file, f, same, close, len(unit))
	}
}
