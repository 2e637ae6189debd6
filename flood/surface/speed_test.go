package surface

import (
	"context"
	"testing"
	"time"

	"citybrain/city"
)

// plain is 951 × 611 cells of 5 m, gently rolling, all wet under 50 mm/h.
func wetPlain() *Domain {
	d := &Domain{Grid: city.Grid{North: 611 * 5, Cell: 5, Cols: 951, Rows: 611}}
	d.Z, d.Manning, d.Depth = make([]float64, d.Cells()), make([]float64, d.Cells()), make([]float64, d.Cells())
	for i := range d.Z {
		r, c := i/d.Cols, i%d.Cols
		d.Z[i] = 3 + 0.002*float64(c) + 0.01*float64((r*7+c*13)%31)
		d.Manning[i] = 0.02 + 0.005*float64((r/9+c/11)%5)
		d.Depth[i] = 0.05
	}
	d.Rain.Rate = Constant(50)
	return d
}

func BenchmarkAllWet(b *testing.B) {
	for _, scheme := range []Scheme{Inertial, Shallow} {
		for _, p := range precisions {
			for _, plain := range []bool{false, true} {
				if plain && scheme == Shallow {
					continue
				}
				name := scheme.String()
				if plain {
					name += "NoAdvection"
				}
				b.Run(name+map[int]string{32: "32", 64: "64"}[p], func(b *testing.B) {
					s := mustNew(b, wetPlain(), Config{Scheme: scheme, Precision: p, NoAdvection: plain})
					mustStep(b, s, 5)
					before := s.Stats().CellUpdates
					b.ResetTimer()
					for range b.N {
						if err := s.Step(context.Background(), s.Now()+5*time.Second); err != nil {
							b.Fatal(err)
						}
					}
					b.ReportMetric(float64(s.Stats().CellUpdates-before)/b.Elapsed().Seconds()/1e6, "M/s")
				})
			}
		}
	}
}
