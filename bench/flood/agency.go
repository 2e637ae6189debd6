package flood

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"time"

	"citybrain/bench"
	"citybrain/city"
	"citybrain/city/importer/dem"
	"citybrain/city/water"
	"citybrain/flood/surface"
)

// eaFile is a case file of the folder ea.
type eaFile struct {
	Dx           float64      `json:"dx"`
	Lx           float64      `json:"lx"`
	Ly           float64      `json:"ly"`
	N            float64      `json:"manning_n"`
	InitialLevel *float64     `json:"initial_level"`
	Duration     float64      `json:"duration_s"`
	Points       [][2]float64 `json:"points"`
	Boundary     *struct {
		TMin  []float64 `json:"t_min"`
		Level []float64 `json:"level"`
	} `json:"boundary"`
	Inflow *struct {
		Line   [2][2]float64 `json:"line"`
		TMin   []float64     `json:"t_min"`
		TS     []float64     `json:"t_s"`
		Q      []float64     `json:"q_m3s"`
		Volume float64       `json:"volume_m3"`
	} `json:"inflow"`
}

type eaReference struct {
	Cases map[string]struct {
		Peak    []float64  `json:"peak_depth"`
		Final   []float64  `json:"final_level"`
		Arrival []*float64 `json:"arrival_s_above_0.02m"`
	} `json:"cases"`
}

// eaCase builds the case of that name.
func eaCase(data, name string, every float64) (*water.Case, *eaFile, error) {
	var f eaFile
	raw, err := os.ReadFile(filepath.Join(data, "ea", name+".json"))
	if err != nil {
		return nil, nil, err
	}
	if err := json.Unmarshal(raw, &f); err != nil {
		return nil, nil, missing(name, err)
	}
	c := &water.Case{Name: name, Duration: seconds(f.Duration), Every: seconds(every)}
	if path := filepath.Join(data, "ea", name+"_dem.asc"); f.Lx == 0 {
		r, err := dem.ReadMetres(path)
		if err != nil {
			return nil, nil, err
		}
		west, north, cell, z := r.Placed()
		c.Grid, c.Z = city.Grid{West: west, North: north, Cell: cell, Cols: r.Cols, Rows: r.Rows}, z
	} else {
		c.Grid = city.Grid{North: f.Ly, Cell: f.Dx, Cols: int(f.Lx / f.Dx), Rows: int(f.Ly / f.Dx)}
		c.Z = make([]float64, c.Cells())
		for _, side := range []water.Side{water.East, water.North, water.South} { // as in the published run
			c.Edges = append(c.Edges, water.Edge{Side: side, To: 1e9, Kind: water.Open})
		}
	}
	c.Manning, c.Depth = make([]float64, c.Cells()), make([]float64, c.Cells())
	for i := range c.Manning {
		c.Manning[i] = f.N
		if f.InitialLevel != nil {
			c.Depth[i] = max(0, *f.InitialLevel-c.Z[i])
		}
	}
	minutes := func(t []float64) []float64 {
		out := make([]float64, len(t))
		for i := range t {
			out[i] = 60 * t[i]
		}
		return out
	}
	if b := f.Boundary; b != nil {
		c.Edges = append(c.Edges, water.Edge{Side: water.West, From: -1e9, To: 1e9, Kind: water.Level, Series: water.Series{T: minutes(b.TMin), V: b.Level}})
	}
	if q := f.Inflow; q != nil {
		t := q.TS
		if t == nil {
			t = minutes(q.TMin)
		}
		c.Edges = append(c.Edges, water.Edge{Side: water.West, From: q.Line[0][1], To: q.Line[1][1], Kind: water.Discharge, Series: water.Series{T: t, V: q.Q}})
	}
	for i, p := range f.Points {
		c.Gauges = append(c.Gauges, water.Gauge{Name: fmt.Sprint(i + 1), At: p})
	}
	return c, &f, nil
}

func seconds(s float64) time.Duration { return time.Duration(math.Round(s * 1e9)) }

func (r eaReference) check(name string, points int) error {
	if k, ok := r.Cases[name]; !ok || len(k.Peak) < points {
		return fmt.Errorf("reference.json has no %s with %d points", name, points)
	}
	return nil
}

// peaks returns the largest depth at each gauge.
func peaks(rec *surface.Record, cells int) []float64 {
	all := make([]float64, cells)
	rec.Sim.Peaks(all)
	var out []float64
	for _, g := range rec.Gauges {
		out = append(out, all[g.Cell])
	}
	return out
}

func last(g *surface.GaugeRecord) float64 { return g.Ground + g.Depth[len(g.Depth)-1] }

func agency(ctx context.Context, o Options) ([]bench.Row, error) {
	var ref eaReference
	raw, err := os.ReadFile(filepath.Join(o.Data, "ea", "reference.json"))
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(raw, &ref); err != nil {
		return nil, missing("reference.json", err)
	}
	var rows []bench.Row
	for _, part := range []func(context.Context, string, eaReference) ([]bench.Row, error){case4, case3, case1, case2} {
		r, err := part(ctx, o.Data, ref)
		if err != nil {
			return nil, err
		}
		rows = append(rows, r...)
	}
	return rows, nil
}

var single = surface.Config{Precision: 32}

func case4(ctx context.Context, data string, ref eaReference) ([]bench.Row, error) {
	c, _, err := eaCase(data, "ea4", 20)
	if err != nil {
		return nil, err
	}
	if err := ref.check("ea4_dg2_5m_published", 6); err != nil {
		return nil, err
	}
	var rows []bench.Row
	for _, cfg := range []surface.Config{single, {Precision: 32, Scheme: surface.Shallow}} {
		rec, err := surface.Run(ctx, c, cfg, nil)
		if err != nil {
			return nil, err
		}
		var worst, late float64
		for i, p := range peaks(rec, c.Cells()) {
			worst = max(worst, math.Abs(percent(p, ref.Cases["ea4_dg2_5m_published"].Peak[i])-100))
			if a := ref.Cases["ea4_acc"].Arrival[i]; a != nil {
				late = max(late, math.Abs(rec.Gauges[i].Arrival-*a))
			}
		}
		rows = append(rows, atMost("EA case 4, six peaks against DG2, "+cfg.Scheme.String(), "%", 1, 0.3, worst, nil, ""))
		if cfg.Scheme == surface.Inertial {
			rows = append(rows, atMost("EA case 4, arrivals of 0.02 m against ea4_acc, inertial", "s", 60, 20, late, nil, "the reference is written every 20 s"))
		}
	}
	return rows, nil
}

func case3(ctx context.Context, data string, ref eaReference) ([]bench.Row, error) {
	c, _, err := eaCase(data, "ea3", 5)
	if err != nil {
		return nil, err
	}
	if err := ref.check("ea3_fv1", 2); err != nil {
		return nil, err
	}
	rec, err := surface.Run(ctx, c, full, nil)
	if err != nil {
		return nil, err
	}
	var worst float64
	for i := range rec.Gauges {
		worst = max(worst, 1000*math.Abs(last(&rec.Gauges[i])-ref.Cases["ea3_fv1"].Final[i]))
	}
	return []bench.Row{atMost("EA case 3, shallow water: final levels against ea3_fv1", "mm", 20, 5, worst, nil, "")}, nil
}

func case1(ctx context.Context, data string, _ eaReference) ([]bench.Row, error) {
	c, f, err := eaCase(data, "ea1", 60)
	if err != nil {
		return nil, err
	}
	// The levels that follow from the case itself: the held one, and the highest cell between the boundary and the points.
	held, crest := math.Inf(-1), math.Inf(-1)
	for _, v := range f.Boundary.Level {
		held = max(held, v)
	}
	for i := range c.Cols {
		if x := (float64(i) + 0.5) * c.Cell; x < f.Points[0][0] {
			crest = max(crest, c.Z[i])
		}
	}
	var rows []bench.Row
	for _, cfg := range []surface.Config{{}, full} {
		rec, err := surface.Run(ctx, c, cfg, nil)
		if err != nil {
			return nil, err
		}
		var top, end float64
		for i, p := range peaks(rec, c.Cells()) {
			g := &rec.Gauges[i]
			top, end = max(top, 1000*math.Abs(g.Ground+p-held)), max(end, 1000*math.Abs(last(g)-crest))
		}
		rows = append(rows, atMost("case 1, peak "+fmt.Sprintf("%g m, %s", held, cfg.Scheme), "mm", 6, 2, top, nil, ""), atMost("case 1, end "+fmt.Sprintf("%g m, %s", crest, cfg.Scheme), "mm", 6, 2, end, nil, ""))
	}
	return rows, nil
}

// sills of the own bed of case 2, m, as the issue states them, by point.
var sills = map[int]float64{2: 8.919, 3: 9.252, 4: 9.586, 8: 9.419}

func case2(ctx context.Context, data string, _ eaReference) ([]bench.Row, error) {
	c, f, err := eaCase(data, "ea2", 600)
	if err != nil {
		return nil, err
	}
	rec, err := surface.Run(ctx, c, full, nil)
	if err != nil {
		return nil, err
	}
	var worst, wet float64
	for i := range rec.Gauges {
		g := &rec.Gauges[i]
		if sill, ok := sills[i+1]; ok {
			worst = max(worst, 1000*math.Abs(last(g)-sill))
		}
	}
	p := peaks(rec, c.Cells())
	for _, i := range []int{5, 6, 9, 10, 11, 12, 13, 14, 15, 16} {
		wet = max(wet, 1000*p[i-1])
	}
	kept := math.Abs(rec.Sim.Stored()/f.Inflow.Volume - 1)
	c3, f3, err := eaCase(data, "ea3", 30)
	if err != nil {
		return nil, err
	}
	inertial, err := surface.Run(ctx, c3, surface.Config{}, nil)
	if err != nil {
		return nil, err
	}
	made := math.Abs(inertial.Sim.Stored()/f3.Inflow.Volume - 1)
	return []bench.Row{
		atMost("case 2, shallow water: points 2, 3, 4, 8 end at their sill", "mm", 6, 2, worst, nil, ""),
		atMost("case 2, shallow water: depth at points 5, 6, 9–16", "mm", 6, 2, wet, nil, ""),
		atMost("case 2, shallow water: 97,200 m³ kept", "rel", 1e-9, 1e-12, kept, nil, ""),
		atMost("case 3, local inertial: volume kept", "rel", 1e-9, 1e-9, made, nil, ""),
	}, nil
}

// mass is the largest mass error of both solvers in case 3, which dries and wets all the time.
func mass(ctx context.Context, o Options) ([]bench.Row, error) {
	c, _, err := eaCase(o.Data, "ea3", 5)
	if err != nil {
		return nil, err
	}
	worst := map[int]float64{}
	for _, cfg := range []surface.Config{{Precision: 64}, {Precision: 64, Scheme: surface.Shallow}, single, {Precision: 32, Scheme: surface.Shallow}} {
		r, err := surface.Run(ctx, c, cfg, nil)
		if err != nil {
			return nil, err
		}
		worst[cfg.Precision] = max(worst[cfg.Precision], r.Error)
	}
	return []bench.Row{atMost("mass error, double", "rel", 1e-9, 1e-12, worst[64], nil, ""), atMost("mass error, single", "rel", 1e-5, 1e-6, worst[32], nil, "")}, nil
}
