package surface

import (
	"context"
	"encoding/csv"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"citybrain/city"
)

const shared = "../../../shared/data/flood"

// table reads an analytic table by column.
func table(t *testing.T, name string) map[string][]float64 {
	t.Helper()
	path := filepath.Join(shared, "analytic", name+".csv")
	f, err := os.Open(path)
	if os.IsNotExist(err) {
		t.Skipf("reference data %s is not there", path)
	}
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	m := map[string][]float64{}
	for _, r := range rows[1:] {
		for i, v := range r {
			x, err := strconv.ParseFloat(v, 64)
			if err != nil {
				t.Fatal(err)
			}
			m[rows[0][i]] = append(m[rows[0][i]], x)
		}
	}
	return m
}

// channel is one row of n cells over bed z(x).
func channel(n int, dx, manning float64, z func(x float64) float64) *Domain {
	d := &Domain{Grid: city.Grid{North: dx, Cell: dx, Cols: n, Rows: 1}, Z: make([]float64, n), Manning: make([]float64, n), Depth: make([]float64, n)}
	for i := range n {
		d.Z[i], d.Manning[i] = z((float64(i)+0.5)*dx), manning
	}
	return d
}

func runTo(t testing.TB, d *Domain, cfg Config, seconds float64) (*Sim, []float64) {
	t.Helper()
	s, err := New(d, cfg)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Step(context.Background(), time.Duration(seconds*1e9)); err != nil {
		t.Fatal(err)
	}
	h := make([]float64, d.Cells())
	s.Depths(h)
	return s, h
}

// meanError is the mean absolute difference of h from the exact depth at the cells' centres over the mean exact depth.
func meanError(h []float64, dx float64, exact func(x float64) float64) float64 {
	var diff, sum float64
	for i := range h {
		e := exact((float64(i) + 0.5) * dx)
		diff += math.Abs(h[i] - e)
		sum += e
	}
	return diff / sum
}

// along interpolates column y over x of the rows of time at, all rows if at < 0.
func along(m map[string][]float64, y string, at float64) func(x float64) float64 {
	var xs, ys []float64
	for i, x := range m["x"] {
		if at < 0 || m["t"][i] == at {
			xs, ys = append(xs, x), append(ys, m[y][i])
		}
	}
	return Series{T: xs, V: ys}.At
}

var precisions = []int{64, 32}

func within(t *testing.T, what string, percent, limit float64) {
	t.Helper()
	t.Logf("%s: %.4f %%", what, percent)
	if !(percent <= limit) {
		t.Errorf("%s: %.4f %% of the mean depth is more than %g %%", what, percent, limit)
	}
}

func TestMovingFront(t *testing.T) {
	m := table(t, "hunter_flat_u1_n03")
	const n, u = 0.03, 1.0
	d := channel(200, 25, n, func(float64) float64 { return 0 })
	var q Series
	for k := range 721 {
		at := float64(k) * 5
		q.T = append(q.T, at)
		q.V = append(q.V, 25*u*math.Pow(7.0/3*n*n*u*u*u*at, 3.0/7))
	}
	d.Edges = []Edge{{Side: West, To: 25, Kind: Discharge, Series: q}}
	for _, p := range precisions {
		_, h := runTo(t, d, Config{Precision: p}, 3600)
		within(t, "moving front, inertial", 100*meanError(h, 25, along(m, "h", 3600)), 1.4)
	}
}

func TestMacDonald(t *testing.T) {
	m := table(t, "macdonald_subcritical_1000")
	d := channel(200, 5, 0.033, along(m, "z", -1))
	d.Edges = []Edge{{Side: West, To: 5, Kind: Discharge, Series: Constant(10)}, {Side: East, To: 5, Kind: Level, Series: Constant(0.7483235583183894)}}
	for _, p := range precisions {
		_, h := runTo(t, d, Config{Precision: p}, 3000)
		within(t, "inertial", 100*meanError(h, 5, along(m, "h", -1)), 0.3)
		_, h = runTo(t, d, Config{Scheme: Shallow, Precision: p}, 3000)
		within(t, "shallow", 100*meanError(h, 5, along(m, "h", -1)), 0.05)
	}
}

func TestDamBreaks(t *testing.T) {
	for _, x := range []struct {
		name      string
		right, at float64
	}{{"dambreak_wet_2000m", 1, 30}, {"dambreak_dry_2000m", 0, 20}} {
		m := table(t, x.name)
		d := channel(1000, 2, 0, func(float64) float64 { return 0 })
		for i := range d.Depth {
			d.Depth[i] = x.right
			if i < 500 {
				d.Depth[i] = 10
			}
		}
		for _, p := range precisions {
			_, h := runTo(t, d, Config{Scheme: Shallow, Precision: p}, x.at)
			within(t, x.name, 100*meanError(h, 2, along(m, "h", x.at)), 0.1)
		}
	}
}

// paraboloid is Thacker's rotating plane of water on n × n cells, at rest in its own frame (Delestre et al. 2013, sec. 4.2.2).
func paraboloid(n int) *Domain {
	const a, h0, eta, size = 1.0, 0.1, 0.5, 4.0
	d := &Domain{Grid: city.Grid{North: size, Cell: size / float64(n), Cols: n, Rows: n}}
	k := d.Cells()
	d.Z, d.Manning, d.Depth, d.U, d.V = make([]float64, k), make([]float64, k), make([]float64, k), make([]float64, k), make([]float64, k)
	omega := math.Sqrt(2*gravity*h0) / a
	for i := range k {
		c := d.Centre(i)
		x, y := c[0]-size/2, c[1]-size/2
		d.Z[i] = -h0 * (1 - (x*x+y*y)/(a*a))
		d.Depth[i] = max(0, eta*h0/(a*a)*(2*x-eta)-d.Z[i])
		if d.Depth[i] > 0 {
			d.V[i] = -eta * omega // south is positive
		}
	}
	return d
}

func TestThackerAfterOnePeriod(t *testing.T) {
	const n = 60
	d := paraboloid(n)
	s, h := runTo(t, d, Config{Scheme: Shallow}, 4.485701465466374)
	var diff, sum float64
	for i := range h {
		diff += math.Abs(h[i] - d.Depth[i])
		sum += d.Depth[i]
	}
	within(t, "plane in a paraboloid", 100*diff/sum, 4)
	if e := s.MassError(); e > 1e-12 {
		t.Errorf("mass error %.2g", e)
	}
}
