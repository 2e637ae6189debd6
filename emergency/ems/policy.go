package ems

import "math"

// A View is what a policy may see: the roads, the units, and calls that have come. What will become of a call it learns when it
// has become of it.
type View struct {
	s    *Sim
	home []int32
}

// free reports whether u may be sent to a call of that priority.
func (v *View) free(u int32, priority int32) bool {
	x := &v.s.units[u]
	switch x.status {
	case standing, returning:
		return true
	case toCall:
		return v.s.m.Divert[v.s.calls[x.call].priority][priority]
	}
	return false
}

// eta is the seconds that u needs from now to call c.
func (v *View) eta(u, c int32) float64 {
	k := &v.s.calls[c]
	mode := v.s.m.mode(k.priority, v.s.now)
	node, wait, _ := v.s.ahead(&v.s.units[u], mode)
	return wait + float64(v.s.m.times(mode).Between(node, k.spot.node))/1000 + v.s.m.off(mode, k.spot.km)
}

// nearest returns the unit that reaches call c first, the lowest number among equals; -1 if none may be sent.
func (v *View) nearest(c int32) int32 {
	best, least := int32(-1), math.Inf(1)
	for u := range v.s.units {
		if v.free(int32(u), v.s.calls[c].priority) {
			if t := v.eta(int32(u), c); t < least {
				best, least = int32(u), t
			}
		}
	}
	return best
}

// Static sends the nearest unit by network time and every unit home.
type Static struct{}

// Dispatch is Policy's.
func (Static) Dispatch(v *View, c int32) int32 { return v.nearest(c) }

// Station is Policy's.
func (Static) Station(v *View, u int32) int32 { return v.home[u] }

// Review is Policy's.
func (Static) Review(*View) (Order, bool) { return Order{}, false }
