//go:build goexperiment.simd && amd64

package surface

import (
	"slices"
	"testing"
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
				mustRun(t, b, 900)
				return b.Snapshot(0)
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
