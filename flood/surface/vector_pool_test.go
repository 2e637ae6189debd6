//go:build goexperiment.simd && amd64

package surface

import (
	"context"
	"slices"
	"testing"
	"time"
)

// The twins of cells with tables give the bits of the plain kernels, narrow and wide.
func TestVectorTwinsOfTables(t *testing.T) {
	if !vectors {
		t.Skip("this processor has no AVX2")
	}
	had := wide
	defer func() { vectors, wide = true, had }()
	for _, p := range precisions {
		for _, ratio := range []int{1, 4} {
			run := func(v, w bool) State {
				vectors, wide = v, w
				d := hills(70, 45)
				d.Edges, d.Sources = nil, nil
				b := mustBatch(t, d, ratio, 1, Config{Precision: p})
				b.SetRain(0, everywhere(80))
				mustRun(t, b, 300)
				g, cells := b.grid, b.grid.Grid.Cells()
				field := func(v float64) []float64 { return slices.Repeat([]float64{v}, cells) }
				cover := &Cover{Soak: field(1e-5), Inlet: field(2e-5), Full: field(0.05), Slope: field(0.3), Still: field(1e-3), Basin: make([]int32, cells), Size: 1}
				x, err := b.Crowd(1, p, 1, cover)
				if err != nil {
					t.Fatal(err)
				}
				room, took, n := []float64{0}, []float64{0}, 0
				err = x.Run(context.Background(), 900*time.Second, 20*time.Second, func(_ int, _, dt float64) error {
					n++
					room[0] = float64(n%7) * 0.02 * g.Grid.Cell * g.Grid.Cell
					if n < 20 {
						x.Fall(0, field(2e-5))
					} else {
						x.Fall(0, nil)
					}
					x.Shed(0, dt, room, took)
					return nil
				})
				if err != nil {
					t.Fatal(err)
				}
				return x.Snapshot(0)
			}
			plain := run(false, false)
			for _, w := range []bool{false, had} {
				x := run(true, w)
				for k := range plain.Fields {
					if !slices.Equal(plain.Fields[k], x.Fields[k]) {
						t.Fatalf("%d bits, cells of %d, wide %v: field %d differs", p, ratio, w, k)
					}
				}
			}
		}
	}
}
