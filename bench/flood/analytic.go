package flood

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"citybrain/bench"
	"citybrain/city"
	"citybrain/flood/surface"
)

// A solution is a table of depths in closed form and its parameters.
type solution struct {
	column map[string][]float64
	par    map[string]any
}

func readSolution(data, name string) (*solution, error) {
	s := &solution{column: map[string][]float64{}}
	raw, err := os.ReadFile(filepath.Join(data, "analytic", name+".json"))
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(raw, &s.par); err != nil {
		return nil, missing(name, err)
	}
	f, err := os.Open(filepath.Join(data, "analytic", name+".csv"))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		return nil, missing(name, err)
	}
	for _, r := range rows[1:] {
		for i, v := range r {
			x, err := strconv.ParseFloat(v, 64)
			if err != nil {
				return nil, missing(name, err)
			}
			s.column[rows[0][i]] = append(s.column[rows[0][i]], x)
		}
	}
	return s, nil
}

func (s *solution) num(key string) float64 {
	v, _ := s.par[key].(float64)
	return v
}

// along is column name over x, of the rows of time at; of all rows if at is negative.
func (s *solution) along(name string, at float64) surface.Series {
	var out surface.Series
	for i, x := range s.column["x"] {
		if at < 0 || s.column["t"][i] == at {
			out.T, out.V = append(out.T, x), append(out.V, s.column[name][i])
		}
	}
	return out
}

// channel is one row of n cells.
func channel(n int, dx, manning float64) *surface.Domain {
	d := &surface.Domain{Grid: city.Grid{North: dx, Cell: dx, Cols: n, Rows: 1}, Z: make([]float64, n), Manning: make([]float64, n), Depth: make([]float64, n)}
	for i := range n {
		d.Manning[i] = manning
	}
	return d
}

// depths runs d for seconds and returns its depths.
func depths(ctx context.Context, d *surface.Domain, cfg surface.Config, seconds float64) (*surface.Sim, []float64, error) {
	s, err := surface.New(d, cfg)
	if err != nil {
		return nil, nil, err
	}
	if err := s.Step(ctx, time.Duration(seconds*1e9)); err != nil {
		return nil, nil, err
	}
	h := make([]float64, d.Cells())
	s.Depths(h)
	return s, h, nil
}

// off is the mean absolute difference of h from exact in per cent of the mean exact depth.
func off(h []float64, exact func(i int) float64) float64 {
	var diff, sum float64
	for i := range h {
		e := exact(i)
		diff += math.Abs(h[i] - e)
		sum += e
	}
	return percent(diff, sum)
}

var full = surface.Config{Scheme: surface.Shallow}

func damBreak(ctx context.Context, data, name string, at float64) (float64, error) {
	s, err := readSolution(data, name)
	if err != nil {
		return 0, err
	}
	const dx = 2
	d := channel(int(s.num("L")/dx), dx, 0)
	for i := range d.Depth {
		d.Depth[i] = s.num("h_left")
		if (float64(i)+0.5)*dx > s.num("x0") {
			d.Depth[i] = s.num("h_right")
		}
	}
	_, h, err := depths(ctx, d, full, at)
	if err != nil {
		return 0, err
	}
	exact := s.along("h", at)
	return off(h, func(i int) float64 { return exact.At((float64(i) + 0.5) * dx) }), nil
}

func macDonald(ctx context.Context, data string, cfg surface.Config) (float64, error) {
	s, err := readSolution(data, "macdonald_subcritical_1000")
	if err != nil {
		return 0, err
	}
	const dx = 5
	d := channel(int(s.num("L")/dx), dx, s.num("manning_n"))
	bed, exact := s.along("z", -1), s.along("h", -1)
	for i := range d.Z {
		d.Z[i] = bed.At((float64(i) + 0.5) * dx)
	}
	d.Edges = []surface.Edge{{Side: surface.West, To: dx, Kind: surface.Discharge, Series: surface.Constant(s.num("q_upstream") * dx)}, {Side: surface.East, To: dx, Kind: surface.Level, Series: surface.Constant(s.num("h_downstream"))}}
	_, h, err := depths(ctx, d, cfg, 3000)
	if err != nil {
		return 0, err
	}
	return off(h, func(i int) float64 { return exact.At((float64(i) + 0.5) * dx) }), nil
}

// thacker is the plane of water that turns in a paraboloid, after one period on n × n cells.
func thacker(ctx context.Context, data string, n int) (float64, error) {
	s, err := readSolution(data, "thacker_2d_planar_section")
	if err != nil {
		return 0, err
	}
	a, h0, eta, size := s.num("a"), s.num("h0"), s.num("eta"), s.num("L")
	d := &surface.Domain{Grid: city.Grid{North: size, Cell: size / float64(n), Cols: n, Rows: n}}
	k := d.Cells()
	d.Z, d.Manning, d.Depth, d.U, d.V = make([]float64, k), make([]float64, k), make([]float64, k), make([]float64, k), make([]float64, k)
	for i := range k {
		c := d.Centre(i)
		x, y := c[0]-size/2, c[1]-size/2
		d.Z[i] = -h0 * (1 - (x*x+y*y)/(a*a))
		d.Depth[i] = max(0, eta*h0/(a*a)*(2*x-eta)-d.Z[i])
		if d.Depth[i] > 0 {
			d.V[i] = -eta * s.num("omega") // south is positive
		}
	}
	_, h, err := depths(ctx, d, full, s.num("period"))
	if err != nil {
		return 0, err
	}
	return off(h, func(i int) float64 { return d.Depth[i] }), nil
}

func movingFront(ctx context.Context, data string) (float64, error) {
	s, err := readSolution(data, "hunter_flat_u1_n03")
	if err != nil {
		return 0, err
	}
	const dx, end = 25, 3600
	n, u := s.num("manning_n"), s.num("u")
	d := channel(200, dx, n)
	var q surface.Series
	for t := 0.0; t <= end; t += 5 {
		q.T, q.V = append(q.T, t), append(q.V, dx*u*math.Pow(7.0/3*n*n*u*u*u*t, 3.0/7))
	}
	d.Edges = []surface.Edge{{Side: surface.West, To: dx, Kind: surface.Discharge, Series: q}}
	_, h, err := depths(ctx, d, surface.Config{}, end)
	if err != nil {
		return 0, err
	}
	exact := s.along("h", end)
	return off(h, func(i int) float64 { return exact.At((float64(i) + 0.5) * dx) }), nil
}

// lake is the largest speed in an hour of a lake at rest on rough ground with dry banks.
func lake(ctx context.Context) (float64, error) {
	d := &surface.Domain{Grid: city.Grid{North: 300, Cell: 5, Cols: 60, Rows: 60}}
	k := d.Cells()
	d.Z, d.Manning, d.Depth = make([]float64, k), make([]float64, k), make([]float64, k)
	for i := range k {
		d.Z[i] = 30 + 4*math.Sin(float64(i*i%977)) + 3*math.Cos(float64(i))
		d.Manning[i] = 0.03
		d.Depth[i] = max(0, 31.7-d.Z[i])
	}
	s, h, err := depths(ctx, d, full, 3600)
	if err != nil {
		return 0, err
	}
	x, y := make([]float64, k), make([]float64, k)
	s.Discharges(x, y)
	var top float64
	for i := range h {
		if h[i] > 1e-3 {
			top = max(top, math.Hypot(x[i], y[i])/h[i])
		}
	}
	return top, nil
}

func analytic(ctx context.Context, o Options) ([]bench.Row, error) {
	wet, err1 := damBreak(ctx, o.Data, "dambreak_wet_2000m", 30)
	dry, err2 := damBreak(ctx, o.Data, "dambreak_dry_2000m", 20)
	mac, err3 := macDonald(ctx, o.Data, full)
	plane, err4 := thacker(ctx, o.Data, 100)
	front, err5 := movingFront(ctx, o.Data)
	inertial, err6 := macDonald(ctx, o.Data, surface.Config{})
	still, err7 := lake(ctx)
	return []bench.Row{
		atMost("shallow water: dam break, wet, 30 s", "%", 0.3, 0.1, wet, err1, ""),
		atMost("shallow water: dam break, dry, 20 s", "%", 0.3, 0.1, dry, err2, ""),
		atMost("shallow water: MacDonald subcritical", "%", 0.5, 0.1, mac, err3, ""),
		atMost("shallow water: Thacker's plane, 100 × 100", "%", 5, 1, plane, err4, ""),
		atMost("local inertial: moving front", "%", 1.5, 0.5, front, err5, ""),
		atMost("local inertial: MacDonald subcritical", "%", 1, 0.3, inertial, err6, "with advection of momentum; the equations without it differ from the table by 1.8 %"),
		atMost("lake at rest, 1 h: largest speed", "m/s", 1e-10, 1e-14, still, err7, ""),
	}, nil
}
