//go:build goexperiment.simd && amd64

package surface

import "testing"

// The vector twins must give the bits of the plain kernels.
func TestVectorTwins(t *testing.T) {
	if !vectors {
		t.Skip("this processor has no AVX2")
	}
	had := wide
	defer func() { vectors, wide = true, had }()
	every(t, func(t *testing.T, cfg Config) {
		for k := range 4 {
			cfg.NoAdvection = k%2 == 1
			vectors, wide = true, had && k < 2
			a := mustNew(t, hills(70, 45), cfg)
			mustStep(t, a, 150)
			vectors = false
			b := mustNew(t, hills(70, 45), cfg)
			mustStep(t, b, 150)
			x, y := a.Snapshot(), b.Snapshot()
			for k := range x.Fields {
				for i := range x.Fields[k] {
					if x.Fields[k][i] != y.Fields[k][i] {
						t.Fatalf("field %d, place %d: %v by vectors, %v plain", k, i, x.Fields[k][i], y.Fields[k][i])
					}
				}
			}
		}
	})
}
