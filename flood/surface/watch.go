package surface

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"citybrain/city/water"
)

// ArrivalDepth is the depth in metres at which water counts as having come to a gauge.
const ArrivalDepth = 0.02

// A GaugeRecord is what a gauge saw. Its slices hold a value a report.
type GaugeRecord struct {
	water.Gauge
	Cell    int
	Ground  float64
	Depth   []float64 // m
	Speed   []float64 // m/s
	Arrival float64   // s, NaN if water never came
}

// A Record is a case that was run.
type Record struct {
	Times  []float64 // s
	Gauges []GaugeRecord
	Mass   []Mass // a report
	Stored []float64
	Sim    *Sim
	Error  float64 // largest mass error at a report
}

// Configure returns cfg with what the case asks for where cfg says nothing itself.
func Configure(c *water.Case, cfg Config) Config {
	if cfg.Courant == 0 {
		cfg.Courant = c.Courant
	}
	if cfg.MaxStep == 0 {
		cfg.MaxStep = c.MaxStep
	}
	if cfg.Deep == 0 {
		cfg.Deep = c.Deep
	}
	if cfg.Subgrid == 0 {
		cfg.Subgrid = c.Subgrid
	}
	return cfg
}

// Run runs a case to its end and calls each, which may be nil, after every report. On an *Unstable error, or when ctx ends, the
// Record holds what came before.
func Run(ctx context.Context, c *water.Case, cfg Config, each func(*Record)) (*Record, error) {
	if c.Duration <= 0 || c.Every <= 0 {
		return nil, fmt.Errorf("case %s: duration %v, report every %v", c.Name, c.Duration, c.Every)
	}
	s, err := New(&c.Domain, Configure(c, cfg))
	if err != nil {
		return nil, err
	}
	r := &Record{Sim: s}
	for _, g := range c.Gauges {
		i := c.Index(g.At)
		if i < 0 || math.IsNaN(c.Z[i]) {
			return nil, fmt.Errorf("case %s: gauge %s at %g, %g is not on the ground", c.Name, g.Name, g.At[0], g.At[1])
		}
		r.Gauges = append(r.Gauges, GaugeRecord{Gauge: g, Cell: i, Ground: c.Z[i], Arrival: math.NaN()})
	}
	r.report()
	for at := time.Duration(0); at < c.Duration; {
		at = min(at+c.Every, c.Duration)
		if err := s.Step(ctx, at); err != nil {
			var u *Unstable
			if errors.As(err, &u) || ctx.Err() != nil {
				return r, err
			}
			return nil, err
		}
		r.report()
		if each != nil {
			each(r)
		}
	}
	return r, nil
}

func (r *Record) report() {
	s := r.Sim
	r.Times = append(r.Times, s.t)
	r.Mass = append(r.Mass, s.mass)
	r.Stored = append(r.Stored, s.Stored())
	r.Error = max(r.Error, s.MassError())
	for k := range r.Gauges {
		g := &r.Gauges[k]
		h, speed := s.eng.look(g.Cell)
		if n := len(g.Depth); math.IsNaN(g.Arrival) && h > ArrivalDepth {
			g.Arrival = s.t
			if n > 0 {
				before := g.Depth[n-1]
				g.Arrival = r.Times[n-1] + (s.t-r.Times[n-1])*(ArrivalDepth-before)/(h-before)
			}
		}
		g.Depth, g.Speed = append(g.Depth, h), append(g.Speed, speed)
	}
}

// look returns the depth and speed in cell i.
func (c *core[F]) look(i int) (depth, speed float64) {
	k := c.at(i/c.cols, i%c.cols)
	depth = float64(c.h[k])
	if c.c != nil {
		depth += float64(c.c[k])
	}
	x, y := float64(c.qx[k]), float64(c.qy[k])
	if c.cfg.Scheme == Inertial {
		x, y = (x+float64(c.qx[k+1]))/2, (y+float64(c.qy[k+c.stride]))/2
	}
	if depth >= c.cfg.Dry {
		speed = math.Hypot(x, y) / depth
	}
	return depth, speed
}
