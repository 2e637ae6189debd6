package riverside

import (
	_ "embed"

	"citybrain/city"
)

// learnt is what evenings of the demo city's own world taught of its streets' speeds, as `citybrain city speeds --city demo --out
// city/riverside/speeds.bin` writes it.
//
//go:embed speeds.bin
var learnt []byte

// teach gives the city that model where its streets are those that the calibration names as well.
func teach(c *city.City) {
	if len(learnt) > 0 && c.Calibration != nil {
		c.Speeds = learnt
	}
}
