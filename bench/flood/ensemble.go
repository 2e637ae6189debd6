package flood

import (
	"context"
	"fmt"
	"math"
	"time"

	"citybrain/bench"
	"citybrain/bench/traffic"
	"citybrain/city"
	"citybrain/flood/surface"
)

// members is the ensemble as one batch, and cells of 20 m over tables of 5 m beside cells of 5 m.
func members(ctx context.Context, o Options) ([]bench.Row, error) {
	batch, err := ensemble(ctx)
	if err != nil {
		return nil, err
	}
	rows, err := tables(ctx)
	if err != nil {
		return nil, err
	}
	return append([]bench.Row{batch}, rows...), nil
}

// uniform is rain of one rate over all of d.
func uniform(d *surface.Domain, mmh float64) *surface.RainField {
	side := d.Cell * float64(max(d.Cols, d.Rows))
	return &surface.RainField{Grid: city.Grid{West: d.West, North: d.North, Cell: side, Cols: 1, Rows: 1}, MMH: []float32{float32(mmh)}}
}

// wideDemo is 8 × 5 km of the demo city's ground on cells of 5 m, mirrored where it ends.
func wideDemo() *surface.Domain {
	src := demo()
	d := &surface.Domain{Grid: city.Grid{North: 5000, Cell: 5, Cols: 1600, Rows: 1000}}
	d.Z, d.Manning = make([]float64, d.Cells()), make([]float64, d.Cells())
	mirror := func(i, n int) int {
		if i %= 2 * n; i >= n {
			i = 2*n - 1 - i
		}
		return i
	}
	for i := range d.Z {
		j := mirror(i/d.Cols, src.Rows)*src.Cols + mirror(i%d.Cols, src.Cols)
		d.Z[i], d.Manning[i] = src.Z[j], src.Manning[j]
	}
	return d
}

// ensemble times 50 members with 60 mm in 2 h each, the peak at another time and as high as another factor in each.
func ensemble(ctx context.Context) (bench.Row, error) {
	const count, threads, slots = 50, 2, 24
	d := wideDemo()
	g, err := surface.NewSubgrid(d, 4, nil)
	if err != nil {
		return bench.Row{}, err
	}
	b, err := surface.NewBatch(g, surface.Config{Precision: 32, Threads: threads}, count)
	if err != nil {
		return bench.Row{}, err
	}
	storm := make([][slots]float64, count)
	for m := range storm {
		peak, sharp, sum := 0.2+0.6*float64(m)/count, 2+float64(m%5), 0.0
		for k := range slots {
			x := (float64(k)+0.5)/slots - peak
			storm[m][k] = 1 / (1 + sharp*sharp*8*x*x)
			sum += storm[m][k]
		}
		for k := range slots {
			storm[m][k] *= 60 / sum * 12 // mm in 5 minutes as mm/h
		}
	}
	spent, began := traffic.ProcessorTime(), time.Now()
	for k := range slots {
		for m := range count {
			b.SetRain(m, uniform(d, storm[m][k]))
		}
		if err := b.Step(ctx, time.Duration(k+1)*5*time.Minute); err != nil {
			return bench.Row{}, err
		}
	}
	wall, cpu := time.Since(began).Seconds(), (traffic.ProcessorTime() - spent).Seconds()
	var worst float64
	for m := range count {
		worst = max(worst, b.MassError(m))
	}
	note := fmt.Sprintf("wall time; %.0f s of processor time; %d cells, %d steps, %.0f million cell updates a processor second; mass error %.0e",
		cpu, g.Grid.Cells(), b.Steps(), float64(b.Steps())*float64(g.Grid.Cells())*count/cpu/1e6, worst)
	return atMost("50 members × 2 h × 40 km², 20 m cells, 2 threads", "s", 90, 25, wall, nil, note), nil
}

// tables compares an hour of 50 mm on the demo city by cells of 20 m over tables of 5 m with the full grid.
func tables(ctx context.Context) ([]bench.Row, error) {
	const end = time.Hour
	d := demo()
	s, err := surface.New(d, single)
	if err != nil {
		return nil, err
	}
	spent := traffic.ProcessorTime()
	if err := s.Step(ctx, end); err != nil {
		return nil, err
	}
	full := (traffic.ProcessorTime() - spent).Seconds()
	want := make([]float64, d.Cells())
	s.Peaks(want)
	g, err := surface.NewSubgrid(d, 4, nil)
	if err != nil {
		return nil, err
	}
	b, err := surface.NewBatch(g, single, 1)
	if err != nil {
		return nil, err
	}
	b.SetRain(0, uniform(d, 50))
	spent = traffic.ProcessorTime()
	if err := b.Step(ctx, end); err != nil {
		return nil, err
	}
	coarse := (traffic.ProcessorTime() - spent).Seconds()
	var sum, off float64
	n := 0
	for i := range want {
		if h := b.Peak(0, i); h > 0.1 || want[i] > 0.1 {
			sum += (h - want[i]) * (h - want[i])
			off += h - want[i]
			n++
		}
	}
	return []bench.Row{
		atMost("subgrid 20 m against full 5 m: depth RMSE", "m", 0.12, 0.06, math.Sqrt(sum/float64(n)), nil,
			fmt.Sprintf("largest depths where either is over 0.1 m, %d pixels; %+.3f m on average", n, off/float64(n))),
		atLeast("subgrid 20 m: times faster than full 5 m", "×", 25, 40, full/coarse, "full 5 m, local inertial, single", fmt.Sprintf("processor time; %.1f s and %.2f s for an hour", full, coarse)),
	}, nil
}
