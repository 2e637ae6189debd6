package micro

import "citybrain/city"

const (
	floats    = 0.3  // m of water in which a car floats (Shand et al. 2011, small cars in still water)
	leastWade = 0.2  // m, the least that any can wade
	walkPace  = 1.0  // m/s: who drives in deep water at all
	daring    = 0.1  // share of drivers who drive into water that is too deep (an assumption)
	towTime   = 1800 // s from stalling until a vehicle is towed, at the least; not before the water has gone down (an assumption)
)

// wades is the depth of water in m at which a vehicle's engine dies or it floats (Shand et al. 2011: 0.3 for small cars, 0.5 for large vehicles with
// high ground clearance; two-wheelers an assumption).
func wades(class city.VehicleClass) float32 {
	switch class {
	case city.BusClass, city.TruckClass, city.EmergencyClass, city.TramClass:
		return 0.5
	case city.Motorcycle, city.EBike, city.Bicycle, city.Pedestrian:
		return leastWade
	}
	return floats
}

// waded is what water of a depth leaves of a speed.
func waded(v, depth float32) float32 {
	if depth <= 0 {
		return v
	}
	return max(min(v, walkPace), v*(1-depth/floats))
}

// flood sets the water on lanes from..to−1.
func (s *Sim) flood(from, to int32, depth float32) {
	was := s.wet
	for l := from; l < to; l++ {
		s.Depth[l] = depth
	}
	s.weather()
	if was || s.wet {
		s.lookAgain()
	}
}

// tooDeep reports whether a vehicle's driver stays out of the water on a lane.
func (s *Sim) tooDeep(lane int32, k *kind, id int32) bool {
	return s.wet && s.Depth[lane] >= k.wade && luckOf(s.dare, id) >= daring
}

// passable reports whether a lane is open to k and not under water too deep for it.
func (s *Sim) passable(lane int32, k *kind) bool {
	return s.open(lane, k.class) && !(s.wet && s.Depth[lane] >= k.wade)
}

// inWater stalls a vehicle on a lane, or behind it in the junction, whose water is too deep for it, and has it towed when its time has come.
func (s *Sim) inWater(c *Car, seg, lane int32, k *kind, h *hand) {
	if c.Bits&stalled != 0 {
		if s.towable(c, lane) {
			h.off = append(h.off, seg)
		}
	} else if s.Depth[lane] >= k.wade {
		c.Bits |= stalled
		s.Dwell[c.ID] = s.Second + towTime
		h.stalls++
	}
}

func (s *Sim) towable(c *Car, lane int32) bool {
	return c.Bits&stalled != 0 && s.Second >= s.Dwell[c.ID] && s.Depth[lane] < s.kinds[c.Kind].wade
}
