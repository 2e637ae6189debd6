package ems

import "math"

// InTime is the chance that the next call at a place is served within the cover's target, of the drives of the free units to it in
// ascending order, s: the nearest comes unless it is away by then, else the next one; a drive's length is not certain.
func (c *Cover) InTime(drives []float64) float64 {
	p := 0.0
	for k, share := range c.comes {
		if k == len(drives) {
			break
		}
		p += share * 0.5 * math.Erfc((drives[k]-c.target)/(c.set.Spread*math.Sqrt2))
	}
	return p
}
