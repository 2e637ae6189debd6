package micro

import (
	"math"

	"citybrain/city"
)

// A kind is a vehicle type with what its model works out from it once. The step is one second long, so that speeds are also metres a step
// and decelerations speeds lost in a step.
type kind struct {
	length, gap, top  float32
	accel, decel      float32
	brake, sigma, tau float32
	invB, inv2B       float32 // 1/decel, 1/(2·decel)
	shift, shift2     float32 // tau − ½ and its square
	class             city.VehicleClass
	wade              float32 // m of water in which it stalls
	idm, changes      bool
	heed              bool
	mean, dev         float32
}

func newKind(t *city.VehicleType, headway float64, idm bool) kind {
	b := float32(t.Decel)
	tau := float32(t.Headway * headway)
	return kind{length: float32(t.Length), gap: float32(t.Gap), top: float32(t.MaxSpeed), accel: float32(t.Accel), decel: b, brake: float32(max(t.Brake, t.Decel)),
		sigma: float32(t.Sigma), tau: tau, invB: 1 / b, inv2B: 1 / (2 * b), shift: tau - 0.5, shift2: (tau - 0.5) * (tau - 0.5), class: t.Class, wade: wades(t.Class), idm: idm,
		changes: t.LaneChange, heed: t.TurnsHeed, mean: float32(t.SpeedMean), dev: float32(t.SpeedDev)}
}

func root(x float32) float32 { return float32(math.Sqrt(float64(x))) }

// braking is the way in m that a vehicle at v m/s still makes when each second takes b m/s from it, the first at once.
func braking(v, b, invB float32) float32 {
	n := float32(int32(v * invB))
	return n*v - b*n*(n+1)*0.5
}

// halt is the greatest speed from which k comes to a stand within g m, when it brakes only after its reaction time: the inverse of
// v·tau + braking(v). With v = n·b + r, 0 ≤ r < b, that way is r(tau+n) + n·b·tau + b·n(n−1)/2 (Krauss 1998, discrete in time).
func (k *kind) halt(g float32) float32 {
	if g <= 0 {
		return 0
	}
	n := float32(int32(root(k.shift2+2*g*k.invB) - k.shift))
	r := (g - n*k.decel*(k.tau+(n-1)*0.5)) / (n + k.tau)
	return n*k.decel + r
}

// before is the greatest speed at which k can still stop within g m before a line, with a second to see it.
func (k *kind) before(g float32) float32 {
	if g <= 0 {
		return 0
	}
	n := float32(int32(root(0.25+2*g*k.invB) - 0.5))
	r := (g - n*k.decel*(1+(n-1)*0.5)) / (n + 1)
	return n*k.decel + r
}

// follow is the greatest safe speed behind a leader at vl m/s that can brake with bl, gap m away beyond the least gap (Krauss 1998).
func (k *kind) follow(gap, vl, bl float32) float32 {
	b := max(k.decel, bl)
	n := float32(int32(vl / b))
	return k.halt(gap + n*vl - b*n*(n+1)*0.5)
}

// secure is the gap beyond the least one that a vehicle at v keeps to one at vl ahead.
func (k *kind) secure(v, vl, bl float32) float32 {
	b := max(k.decel, bl)
	n := float32(int32(vl / b))
	return max(0, v*k.tau+braking(v, k.decel, k.invB)-(n*vl-b*n*(n+1)*0.5))
}

// slow is the greatest speed now from which k, losing b each second, is down to to m/s when it has made d m: the way is
// (v²−to²)/(2b) + (v−to)/2.
func (k *kind) slow(d, to float32) float32 {
	if d <= 0 {
		return to
	}
	h := k.decel * 0.5
	return root((h+to)*(h+to)+2*k.decel*d) - h
}

// need is a way within which a vehicle at v can't ignore what is ahead: reaction and braking, rounded up.
func (k *kind) need(v float32) float32 { return v*(max(k.tau, 1)+v*k.inv2B) + k.gap + 0.5 }

// sight is how far ahead what there is matters to a vehicle at v: the intelligent driver model keeps its distance from afar.
func (k *kind) sight(v float32) float32 {
	if k.idm {
		return 2 * k.need(v)
	}
	return k.need(v)
}

// idmSteps are the parts of a second in which the intelligent driver model is integrated; the leader's speed is held.
const idmSteps = 4

// intelligent is the speed after a second behind a leader at vl, gap m away beyond the least gap, wanting want m/s
// (Treiber, Hennecke & Helbing 2000), never above what is safe in Krauss's sense, as a second is long for a model in continuous time.
func (k *kind) intelligent(gap, v, vl, want, bl float32) float32 {
	if want <= 0 {
		return 0
	}
	safe := k.follow(gap, vl, bl)
	ab := 2 * root(k.accel*k.decel)
	for range idmSteps {
		r := v / want
		r *= r
		r *= r
		a := k.accel * (1 - r)
		if gap < 1e6 {
			star := k.gap + max(0, v*k.tau+v*(v-vl)/ab)
			q := star / max(gap+k.gap, 0.1)
			a = k.accel * (1 - r - q*q)
		}
		w := max(0, v+a/idmSteps)
		gap += (vl - (v+w)/2) / idmSteps
		v = w
	}
	return min(v, safe)
}

// during is the time in s in which a vehicle at v, gaining a m/s² up to top, makes x m.
func during(x, v, a, top float32) float32 {
	if x <= 0 {
		return 0
	}
	top = max(top, v, 0.1)
	if q := v*v + 2*a*x; q <= top*top {
		return (root(q) - v) / a
	}
	return (top-v)/a + (x-(top*top-v*v)/(2*a))/top
}
