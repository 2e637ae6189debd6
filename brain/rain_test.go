package brain

import (
	"math"
	"testing"
	"time"

	"citybrain/city"
	"citybrain/exchange"
)

// A radar that is a third short is set right by gauges that report late, by what both had over the same minutes, while the rain rises; what a
// single image is off by is not taken for the radar's error.
func TestGaugesSetTheRadarRight(t *testing.T) {
	b, _ := newBrain(t, 1)
	bounds := b.city.Bounds
	g := city.Grid{West: bounds.Min[0] - 1000, North: bounds.Max[1] + 1000, Cell: 1000, Cols: int((bounds.Max[0]-bounds.Min[0])/1000) + 3, Rows: int((bounds.Max[1]-bounds.Min[1])/1000) + 3}
	rate := func(s float64) float64 { return 20 + s/60 } // mm/h at second s
	image := func(s float64) exchange.Radar {
		r := exchange.Radar{At: start.Add(time.Duration(s) * time.Second), Grid: g, MMH: make([]float32, g.Cells())}
		for i := range r.MMH {
			r.MMH[i] = float32(rate(s) * 2 / 3)
		}
		return r
	}
	var seen exchange.Radar
	for s := 0.0; s <= 3600; s += 300 {
		b.now = start.Add(time.Duration(s+20) * time.Second)
		for i := range b.est.gauges {
			if x := &b.est.gauges[i]; x.Kind == city.RainInstrument && s > 0 {
				end := s - 120 // of what it reports
				x.value, x.at = rate(end-150)/12, start.Add(time.Duration(end)*time.Second)
			}
		}
		var err error
		if seen, err = b.merge(image(s)); err != nil {
			t.Fatal(err)
		}
	}
	for i := range b.est.gauges {
		x := &b.est.gauges[i]
		if x.Kind != city.RainInstrument {
			continue
		}
		if v := float64(seen.MMH[g.Index(x.At)]); math.Abs(v-rate(3600)) > 0.05*rate(3600) {
			t.Fatalf("%s: %.1f mm/h over it, %.1f fall", x.ID, v, rate(3600))
		}
	}
	// An image that is half of it: half is what is seen.
	b.now = b.now.Add(5 * time.Minute)
	half := image(3900)
	for i := range half.MMH {
		half.MMH[i] /= 2
	}
	after, err := b.merge(half)
	if err != nil {
		t.Fatal(err)
	}
	for i := range b.est.gauges {
		if x := &b.est.gauges[i]; x.Kind == city.RainInstrument {
			if k := g.Index(x.At); math.Abs(float64(after.MMH[k])/float64(seen.MMH[k])-0.5*rate(3900)/rate(3600)) > 0.05 {
				t.Fatalf("%s: %.1f mm/h after %.1f", x.ID, after.MMH[k], seen.MMH[k])
			}
		}
	}
}
