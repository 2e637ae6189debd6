package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"time"

	"citybrain/bench/traffic"
	"citybrain/city/importer/floodcase"
	"citybrain/city/importer/lisflood"
	"citybrain/city/water"
	"citybrain/flood/surface"
)

// floodVerb runs what stands behind `citybrain flood`.
func floodVerb(ctx context.Context, args []string, out io.Writer) error {
	return oneOf(ctx, "flood", map[string]part{"run": floodRunVerb}, args, out)
}

// floodReport is what a run of a case says.
type floodReport struct {
	Cells        int          `json:"cells"`
	ActiveCells  int64        `json:"active_cells"` // most in one step
	Steps        int          `json:"steps"`
	CellUpdates  int64        `json:"cell_updates"`
	UpdatesPerS  float64      `json:"updates_per_cpu_s"`
	WallS        float64      `json:"wall_s"`
	RainM3       float64      `json:"rain_m3"`
	InflowM3     float64      `json:"inflow_m3"`
	OutflowM3    float64      `json:"outflow_m3"`
	StoredM3     float64      `json:"stored_m3"`
	MassErrorRel float64      `json:"mass_error_rel"` // the largest at a report
	SoakedM3     float64      `json:"infiltration_m3"`
	MaxDepthM    float64      `json:"max_depth_m"`
	Gauges       []floodGauge `json:"gauges"`
}

type floodGauge struct {
	Name        string   `json:"name"`
	X           float64  `json:"x"`
	Y           float64  `json:"y"`
	GroundM     float64  `json:"ground_m"`
	MaxDepthM   float64  `json:"max_depth_m"`
	MaxLevelM   float64  `json:"max_level_m"`
	MaxSpeedMS  float64  `json:"max_speed_m_s"`
	FinalDepthM float64  `json:"final_depth_m"`
	FinalLevelM float64  `json:"final_level_m"`
	ArrivalS    *float64 `json:"arrival_s"` // of 0.02 m; null: never
}

// floodRunVerb runs a case.
func floodRunVerb(ctx context.Context, args []string, out io.Writer) error {
	const example = "citybrain flood run case.yaml --solver inertial --out out/case --json"
	f := flags("flood run CASE.yaml|CASE.par", example, out)
	threads := f.Int("threads", 1, "to compute on; the result is the same bits")
	precision := f.Int("precision", 64, "bits of the arithmetic: 32 or 64")
	solver := f.String("solver", "", "inertial or swe; empty: what the case says, else inertial")
	dir := f.String("out", "", "folder for depth maxima (GeoTIFF), time series (CSV) and a picture")
	courant := f.Float64("courant", 0, "Courant number; 0: the case's or the solver's own")
	plain := f.Bool("no-advection", false, "inertial: leave the advection of momentum out")
	subgrid := f.Int("subgrid", 0, "inertial: pixels of the DEM across a computing cell, with tables of what lies below its size, 2–8; 0: what the case says, else the DEM's own cells")
	film := f.Bool("film", false, "write flood.gif too, a picture a report")
	asJSON := f.Bool("json", false, "print JSON")
	var file string
	if len(args) > 0 && !strings.HasPrefix(args[0], "-") { // the case may stand before its flags
		file, args = args[0], args[1:]
	}
	if err := parse(f, args); err != nil {
		return err
	}
	switch {
	case file == "" && f.NArg() == 1:
		file = f.Arg(0)
	case file == "" || f.NArg() > 0:
		return fmt.Errorf("%w: one case to run, got %q", errUsage, strings.Join(append([]string{file}, f.Args()...), " "))
	case *precision != 32 && *precision != 64:
		return fmt.Errorf("%w: --precision %d is not 32 or 64", errUsage, *precision)
	case *threads < 1:
		return fmt.Errorf("%w: --threads %d", errUsage, *threads)
	case *film && *dir == "":
		return fmt.Errorf("%w: --film needs --out", errUsage)
	case *subgrid < 0 || *subgrid > 8:
		return fmt.Errorf("%w: --subgrid %d is not 1 to 8", errUsage, *subgrid)
	}
	c, err := readFloodCase(file)
	if err != nil {
		return err
	}
	cfg := surface.Config{Precision: *precision, Threads: *threads, Courant: *courant, NoAdvection: *plain, Subgrid: *subgrid}
	if *solver == "" {
		*solver = c.Scheme
	}
	switch *solver {
	case "", "inertial":
	case "swe":
		cfg.Scheme = surface.Shallow
	default:
		return fmt.Errorf("%w: --solver %q is not inertial or swe", errUsage, *solver)
	}
	if *dir != "" {
		if err := os.MkdirAll(*dir, 0o755); err != nil {
			return err
		}
	}
	began, spent := time.Now(), traffic.ProcessorTime()
	var pictures *floodFilm
	var each func(*surface.Record)
	if *film {
		pictures = newFloodFilm(c)
		each = pictures.add
	}
	rec, err := surface.Run(ctx, c, cfg, each)
	var unstable *surface.Unstable
	if err != nil && !(errors.As(err, &unstable) && rec != nil) {
		return err
	}
	report := reportFlood(c, rec, time.Since(began), traffic.ProcessorTime()-spent)
	if *dir != "" {
		if err := writeFlood(*dir, c, rec); err != nil {
			return err
		}
		if pictures != nil {
			if err := pictures.write(*dir); err != nil {
				return err
			}
		}
		if unstable != nil {
			return fmt.Errorf("%w; %s holds it", err, *dir)
		}
	}
	if err != nil {
		return err
	}
	if *asJSON {
		enc := json.NewEncoder(out)
		enc.SetIndent("", "  ")
		return enc.Encode(report)
	}
	_, err = fmt.Fprintf(out, "%s: %v in %.1f s, %d steps of up to %d of %d cells, %.1f million cell updates a processor second\nrain %.1f, in %.1f, out %.1f, stored %.1f m³; mass error %.1e; deepest %.3f m\n",
		c.Name, c.Duration, report.WallS, report.Steps, report.ActiveCells, report.Cells, report.UpdatesPerS/1e6, report.RainM3, report.InflowM3, report.OutflowM3, report.StoredM3, report.MassErrorRel, report.MaxDepthM)
	for _, g := range report.Gauges {
		fmt.Fprintf(out, "  %-12s peak %.4f m at level %.4f, at the end %.4f m at %.4f\n", g.Name, g.MaxDepthM, g.MaxLevelM, g.FinalDepthM, g.FinalLevelM)
	}
	return err
}

// readFloodCase reads a case by its file's ending.
func readFloodCase(file string) (*water.Case, error) {
	switch strings.ToLower(filepath.Ext(file)) {
	case ".par":
		return lisflood.Read(file)
	case ".yaml", ".yml":
		return floodcase.Read(file)
	}
	return nil, fmt.Errorf("%w: %s is neither a .yaml nor a .par file", errUsage, file)
}

func reportFlood(c *water.Case, rec *surface.Record, wall, spent time.Duration) floodReport {
	s := rec.Sim
	m, st := s.Mass(), s.Stats()
	r := floodReport{Cells: c.Cells(), ActiveCells: st.MaxCells, Steps: st.Steps, CellUpdates: st.CellUpdates, WallS: wall.Seconds(), RainM3: m.Rain, InflowM3: m.Inflow, OutflowM3: m.Outflow, SoakedM3: m.Soaked,
		StoredM3: s.Stored(), MassErrorRel: rec.Error, Gauges: []floodGauge{}}
	if spent > 0 {
		r.UpdatesPerS = float64(st.CellUpdates) / spent.Seconds()
	}
	peak := make([]float64, c.Cells())
	s.Peaks(peak)
	for _, h := range peak {
		r.MaxDepthM = max(r.MaxDepthM, h)
	}
	for _, g := range rec.Gauges {
		last := g.Depth[len(g.Depth)-1]
		x := floodGauge{Name: g.Name, X: g.At[0], Y: g.At[1], GroundM: g.Ground, MaxDepthM: peak[g.Cell], MaxLevelM: g.Ground + peak[g.Cell], FinalDepthM: last, FinalLevelM: g.Ground + last}
		for _, v := range g.Speed {
			x.MaxSpeedMS = max(x.MaxSpeedMS, v)
		}
		if !math.IsNaN(g.Arrival) {
			x.ArrivalS = &g.Arrival
		}
		r.Gauges = append(r.Gauges, x)
	}
	return r
}
