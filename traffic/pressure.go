package traffic

import "citybrain/city"

// A View is what a controller may know of the streets: what detectors report or an estimate made from it.
type View interface {
	// Waiting returns the vehicles that wait on link l for turns of kind k.
	Waiting(l int32, k city.TurnKind) float64
	// Filled returns the share of link l's storage that is taken, 0–1.
	Filled(l int32) float64
}

// spillGuard is the share of a street's storage from which no more is let into it.
const spillGuard = 0.85

// MaxPressure returns the stage of junction j with the greatest pressure: over its movements, saturation flow × (what waits −
// what already stands in the streets that it leads to) (Varaiya 2013), and no pressure towards a street about to spill back.
// current keeps its stage unless another one's pressure is greater by margin (share), so that yellow is not spent for nothing.
func MaxPressure(c *city.City, j *city.Junction, current int, margin float64, v View) int {
	best, bestP := current, 0.0
	for s := range j.Stages {
		p := StagePressure(c, j, s, v)
		if s == current {
			p *= 1 + margin
		}
		if p > bestP {
			best, bestP = s, p
		}
	}
	return best
}

// StagePressure returns the pressure of stage s in vehicles × vehicles/s.
func StagePressure(c *city.City, j *city.Junction, s int, v View) float64 {
	var p float64
	for _, m := range j.Stages[s].Movements {
		mv := &j.Movements[m]
		if mv.Kind != city.Vehicles || len(mv.Turns) == 0 {
			continue
		}
		wait := v.Waiting(mv.From, mv.Turn)
		open, ahead := 0.0, 0.0
		for _, t := range mv.Turns {
			to := c.Streets.Turns[t].To
			f := v.Filled(to)
			if f < spillGuard {
				open++
			}
			ahead += f * float64(c.Streets.Links[to].Lanes)
		}
		n := float64(len(mv.Turns))
		if open == 0 {
			continue
		}
		flow := city.SaturationFlow * float64(max(mv.Lanes, 1))
		if mv.Permissive {
			flow /= 2
		}
		if gain := wait*open/n - 4*ahead/n; gain > 0 {
			p += flow * gain
		}
	}
	return p
}
