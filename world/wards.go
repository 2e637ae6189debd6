package world

import (
	"math"
	"time"

	"citybrain/city/chance"
)

// wards fills the hospitals' bays with those who come by themselves: about half of them in a quiet hour, more when it rains hard, with
// swings of an hour's length about it. Shares are assumptions: emergency departments run near their capacity on many evenings.
type wards struct{ draw chance.Source }

const (
	wardsEvery = 10 * time.Minute
	wardsUsual = 0.5
	wardsStorm = 0.2 // more in 30 mm/h
	wardsSwing = 0.25
)

func (x *wards) tick(w *World) {
	if w.now%wardsEvery != 0 {
		return
	}
	hour, part := math.Modf(w.now.Hours())
	for h := range w.service.Hospitals() {
		a, b := x.draw.Normal(uint64(h), uint64(hour)), x.draw.Normal(uint64(h), uint64(hour)+1)
		swing := (1-part)*a + part*b
		share := wardsUsual + wardsStorm*math.Min(1, w.rainMMH/30) + wardsSwing*swing
		bays := float64(w.service.Hospitals()[h].Bays)
		w.service.Walkers(h, int(math.Round(share*bays+0.5*(x.draw.Float(uint64(h), 1000+uint64(w.now/wardsEvery))-0.5))))
	}
}
