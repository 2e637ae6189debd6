package flood

import (
	"math"
	"testing"
	"time"

	"citybrain/city"
)

// bumpy is flat land of pixels of 28 m with streets 12 cm lower and a deep underpass, drained by inlets as the demo city is.
func bumpy() *city.City {
	g := city.Grid{North: 60 * 28, Cell: 28, Cols: 60, Rows: 60}
	n := g.Cells()
	t := &city.Terrain{Grid: g, Z: make([]float32, n), Manning: make([]float32, n), Built: make([]float32, n), Impervious: make([]float32, n), River: make([]bool, n), Basin: make([]int16, n), Datum: "local", Source: city.TerrainGenerated}
	for i := range n {
		r, c := i/60, i%60
		t.Z[i] = float32(3.2 + 0.1*math.Sin(float64(r)/9)*math.Cos(float64(c)/7) + 0.03*math.Sin(float64(i*i%977)))
		t.Manning[i], t.Impervious[i] = 0.05, 0.8
		if r%5 == 2 || c%4 == 1 {
			t.Z[i] -= 0.12
			t.Manning[i] = 0.018
		}
	}
	t.Z[32*60+29] -= 3.6
	return &city.City{Terrain: t, Drains: city.Drains{Basins: []city.Basin{{ID: "b", Inlet: 1e-5, Volume: 4e4, Invert: 0, Ground: 3}}}}
}

// Wide cells say of streets and of an underpass what the terrain's own cells say.
func TestWideCellsAgreeWithNarrowOnes(t *testing.T) {
	c := bumpy()
	for _, mmh := range []float32{40, 90} {
		runs := map[int]*Sim{}
		for _, k := range []int{1, 2, 3} {
			s := newTest(t, c, Config{Coarsen: k})
			s.Input(0, RainField{Grid: city.Grid{North: 1e4, West: -1e4, Cell: 3e4, Cols: 1, Rows: 1}, MMH: []float32{mmh}})
			runs[k] = s
			for _, at := range []time.Duration{20 * time.Minute, time.Hour} {
				step(t, s, at)
				if e := s.MassError(); e > 1e-9 {
					t.Errorf("%g mm/h, cells of %d: mass error %.2g", mmh, k, e)
				}
			}
		}
		for _, k := range []int{2, 3} {
			var sum float64
			n := 0
			for i := range c.Terrain.Z {
				if r := i / 60; r%5 == 2 && i != 32*60+29 {
					d := runs[k].DepthAt(i) - runs[1].DepthAt(i)
					sum += d * d
					n++
				}
			}
			if rms := math.Sqrt(sum / float64(n)); rms > 0.04 {
				t.Errorf("%g mm/h, cells of %d: streets %.3f m off", mmh, k, rms)
			}
			if a, b := runs[k].DepthAt(32*60+29), runs[1].DepthAt(32*60+29); math.Abs(a-b) > 0.5*b+0.1 {
				t.Errorf("%g mm/h, cells of %d: underpass %.3f m, %.3f on the terrain's own cells", mmh, k, a, b)
			}
		}
	}
}
