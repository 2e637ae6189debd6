package flood

import (
	"context"
	"fmt"
	"math"
	"slices"
	"sync"
	"time"

	"citybrain/bench"
	"citybrain/bench/traffic"
	"citybrain/city"
	"citybrain/city/riverside"
	"citybrain/flood/surface"
)

// What was measured beside each other when the peer's figures were taken: million updates a processor second of LISFLOOD-FP 8.1
// on one core, and of the plain Go stencil on 2000 × 2000 cells, median of three runs.
const (
	peerDouble  = 12.0
	peerSingle  = 14.5
	peerVolume  = 8.0
	peerPartly  = 46.0 // case ea2, over all cells
	stencilThen = 649.0
)

// stencil is the speed of o = a·c + b·(l + r + u + d) on 2000 × 2000 cells in single precision, million updates a processor
// second: how fast the machine is this minute.
func stencil() float64 {
	const n = 2000
	in, out := make([]float32, n*n), make([]float32, n*n)
	for i := range in {
		in[i] = float32(i%97) / 97
	}
	began := traffic.ProcessorTime()
	const rounds = 12
	for range rounds {
		for y := 1; y < n-1; y++ {
			o, c, u, d := out[y*n+1:y*n+n-1], in[y*n:y*n+n], in[(y-1)*n+1:y*n-1], in[(y+1)*n+1:(y+2)*n-1]
			for x := range o {
				o[x] = 0.6*c[x+1] + 0.1*(c[x]+c[x+2]+u[x]+d[x])
			}
		}
		in, out = out, in
	}
	return rounds * float64((n-2)*(n-2)) / (traffic.ProcessorTime() - began).Seconds() / 1e6
}

// demo is the demo city's ground on 951 × 611 cells of 5 m, bilinear between its own.
func demo() *surface.Domain {
	t := riverside.City(1).Terrain
	d := &surface.Domain{Grid: city.Grid{West: t.West, North: t.North, Cell: 5, Cols: 951, Rows: 611}}
	d.Z, d.Manning = make([]float64, d.Cells()), make([]float64, d.Cells())
	at := func(r, c int) float64 {
		z := float64(t.Z[min(max(r, 0), t.Rows-1)*t.Cols+min(max(c, 0), t.Cols-1)])
		if math.IsNaN(z) {
			return 0
		}
		return z
	}
	for i := range d.Z {
		p := d.Centre(i)
		x, y := (p[0]-t.West)/t.Cell-0.5, (t.North-p[1])/t.Cell-0.5
		c, r := int(math.Floor(x)), int(math.Floor(y))
		fx, fy := x-float64(c), y-float64(r)
		d.Z[i] = (1-fy)*((1-fx)*at(r, c)+fx*at(r, c+1)) + fy*((1-fx)*at(r+1, c)+fx*at(r+1, c+1))
		d.Manning[i] = 0.03
		if j := t.Index(p); j >= 0 && t.Manning[j] > 0 {
			d.Manning[i] = float64(t.Manning[j])
		}
	}
	d.Rain.Rate = surface.Constant(50)
	return d
}

// updates runs d for seconds and returns million cell updates a processor second and the wall time.
func updates(ctx context.Context, d *surface.Domain, cfg surface.Config, seconds float64) (s *surface.Sim, rate, wall float64, err error) {
	if s, err = surface.New(d, cfg); err != nil {
		return nil, 0, 0, err
	}
	spent, began := traffic.ProcessorTime(), time.Now()
	if err = s.Step(ctx, time.Duration(seconds*1e9)); err != nil {
		return nil, 0, 0, err
	}
	wall = time.Since(began).Seconds()
	return s, float64(s.Stats().CellUpdates) / (traffic.ProcessorTime() - spent).Seconds() / 1e6, wall, nil
}

func speed(ctx context.Context, o Options) ([]bench.Row, error) {
	d := demo()
	var rows []bench.Row
	for _, x := range []struct {
		row        string
		cfg        surface.Config
		peer       float64
		limit, aim float64
	}{
		{"speed, local inertial, single", surface.Config{Precision: 32, NoAdvection: true}, peerSingle, 5, 15},
		{"speed, local inertial, double", surface.Config{NoAdvection: true}, peerDouble, 4, 10},
		{"speed, shallow water, second order, single", surface.Config{Precision: 32, Scheme: surface.Shallow}, peerVolume, 3, 8},
	} {
		before := stencil()
		_, rate, _, err := updates(ctx, d, x.cfg, 900)
		if err != nil {
			return nil, err
		}
		scale := (before + stencil()) / 2 / stencilThen
		note := fmt.Sprintf("%.1f million cell updates a processor second; stencil at %.2f of then", rate, scale)
		if x.cfg.Scheme == surface.Inertial {
			full := x.cfg
			full.NoAdvection = false
			_, with, _, err := updates(ctx, d, full, 900)
			if err != nil {
				return nil, err
			}
			note += fmt.Sprintf("; the published scheme, as the peer; with advection %.1f", with)
		}
		rows = append(rows, atLeast(x.row, "×", x.limit, x.aim, rate/(x.peer*scale), "LISFLOOD-FP 8.1", note))
	}
	c, _, err := eaCase(o.Data, "ea2", 600)
	if err != nil {
		return nil, err
	}
	before := stencil()
	s, _, _, err := updates(ctx, &c.Domain, surface.Config{Precision: 32, NoAdvection: true}, 20000)
	if err != nil {
		return nil, err
	}
	again := traffic.ProcessorTime()
	if s, _, _, err = updates(ctx, &c.Domain, surface.Config{Precision: 32, NoAdvection: true}, 20000); err != nil {
		return nil, err
	}
	spent := (traffic.ProcessorTime() - again).Seconds()
	rate := float64(s.Stats().Steps) * float64(c.Cells()) / spent / 1e6
	scale := (before + stencil()) / 2 / stencilThen
	rows = append(rows, atLeast("speed, case ea2, over all cells", "×", 5, 20, rate/(peerPartly*scale), "LISFLOOD-FP 8.1", fmt.Sprintf("%.0f million a processor second", rate)))
	r, err := pairs(ctx, d)
	if err != nil {
		return nil, err
	}
	return append(rows, r), nil
}

// pairs compares two threads with one, in turns, by the shortest wall time of each: what other work on the machine took is no part of
// either. Two runs that share nothing, side by side, say what the machine's second core is worth this minute: no thread can do better.
func pairs(ctx context.Context, d *surface.Domain) (bench.Row, error) {
	const one, two, apart = 0, 1, 2
	best, work, same := [3]float64{}, [3]float64{}, true
	for k := range best {
		best[k], work[k] = math.Inf(1), math.Inf(1)
	}
	var first surface.State
	for k := range 15 {
		way := k % 3
		list := make([]*surface.Sim, 1+way/apart)
		for i := range list {
			s, err := surface.New(d, surface.Config{Precision: 32, Threads: 1 + way%apart})
			if err != nil {
				return bench.Row{}, err
			}
			if err := s.Step(ctx, 200*time.Second); err != nil { // until steps are as long as they stay
				return bench.Row{}, err
			}
			list[i] = s
		}
		errs := make([]error, len(list))
		began, spent := time.Now(), traffic.ProcessorTime()
		var both sync.WaitGroup
		for i, s := range list {
			both.Go(func() { errs[i] = s.Step(ctx, 900*time.Second) })
		}
		both.Wait()
		best[way] = min(best[way], time.Since(began).Seconds())
		work[way] = min(work[way], (traffic.ProcessorTime() - spent).Seconds())
		for i, s := range list {
			if errs[i] != nil {
				return bench.Row{}, errs[i]
			}
			st := s.Snapshot()
			if k == 0 {
				first = st
			}
			for f := range st.Fields {
				same = same && slices.Equal(st.Fields[f], first.Fields[f])
			}
		}
	}
	r := atLeast("2 threads against 1, bit-identical", "×", 1.7, 1.9, best[one]/best[two], "1 thread", fmt.Sprintf(
		"bits the same: %v; wall time, the shortest of 5 in turns; processor time of both together %.2f of one's; two runs that share nothing side by side reach %.2f ×, the ceiling here and now",
		same, work[two]/work[one], 2*best[one]/best[apart]))
	r.OK = r.OK && same
	return r, nil
}
