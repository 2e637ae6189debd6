package surface

import "math"

//go:generate go run ./internal/vector kernel.go kernelshallow.go kernelpool.go kernelfilm.go

// Float is a precision to compute in.
type Float interface{ float32 | float64 }

// The kernels below do a run of cells of one row, with no dependence between cells. They are written in what internal/vector
// can turn into vector instructions with the same bits: assignments, arithmetic, min, max, sqrt, abs, and conditions that only
// set a variable.

// A step holds what is the same for every cell of a step.
type step[F Float] struct {
	g        F // m/s²
	dt       F // s
	k        F // dt/dx
	gk       F // g·dt/dx
	gn4      F // g·dt/4, for twice Manning's n
	gnHalf   F // g·dt/2
	gnTimes4 F // 4·g·dt
	theta    F
	side     F // (1−theta)/2
	dry      F
	ease     F // 4/(g·dx)
	rain     F // of a row's weight, to m a step
	deep     F // m: the depth whose waves the step just carries
	gdt4     F // 4·g·dt·deep
	nearAll  F // a little less than 1: what a cell may give of its water
}

func sqrt[F Float](x F) F { return F(math.Sqrt(float64(x))) }

func abs[F Float](x F) F { return F(math.Abs(float64(x))) }

// larger and lesser are max and min as the vector instructions have them, without the care for NaN that costs plain code dear.
func larger[F Float](a, b F) F {
	if a > b {
		return a
	}
	return b
}

func lesser[F Float](a, b F) F {
	if a < b {
		return a
	}
	return b
}

const cbrtGuess = 1419920000 // bits of the guess at x^(−1/3) for bits of x that are 0, least worst from 1 to 8

// guessCbrt is x^(−1/3) of a positive x to 3.5 %, by a third of its exponent.
func guessCbrt[F Float](x F) F {
	bits := float32(int32(math.Float32bits(float32(x))))
	third := bits * float32(1.0/3)
	return F(math.Float32frombits(uint32(int32(cbrtGuess - third))))
}

// inverseCbrt is x^(−1/3) of a positive x to 1e-9 or the precision's rounding: a guess from the exponent's third, then two steps
// of third order.
func inverseCbrt[F Float](x F) F {
	y := guessCbrt(x)
	e := 1 - x*y*y*y
	y = y + y*e*(1.0/3+e*(2.0/9))
	e = 1 - x*y*y*y
	return y + y*e*(1.0/3+e*(2.0/9))
}

// plainFaceSpeed is the velocity through faces between cells a and b, from their discharge: 0 where the flow depth is dry.
func plainFaceSpeed[F Float](n int, s *step[F], u, q, ha, hb, za, zb []F) {
	u, q, ha, hb, za, zb = u[:n], q[:n], ha[:n], hb[:n], za[:n], zb[:n]
	for i := range n {
		dz := zb[i] - za[i]
		depth := max(ha[i]-max(dz, 0), hb[i]+min(dz, 0))
		speed := q[i] / max(depth, s.dry)
		if depth < s.dry {
			speed = 0
		}
		u[i] = speed
	}
}

// plainFaceFlow is the new discharge through faces between cells a and b: eq. 11 of de Almeida et al. 2012 with friction at the new
// discharge and without advection. qa, q and qb are the old discharges behind, at and past the face, ta … td the four across it.
func plainFaceFlow[F Float](n int, s *step[F], out, qa, q, qb, ta, tb, tc, td, ha, hb, za, zb, na, nb []F) {
	ta, tb, tc, td = ta[:n], tb[:n], tc[:n], td[:n]
	out, qa, q, qb, ha, hb, za, zb, na, nb = out[:n], qa[:n], q[:n], qb[:n], ha[:n], hb[:n], za[:n], zb[:n], na[:n], nb[:n]
	for i := range n {
		dz := zb[i] - za[i]
		// The higher level over the higher ground, without adding a level to a depth: no rounding at the datum's size.
		depth := max(ha[i]-max(dz, 0), hb[i]+min(dz, 0))
		d := max(depth, s.dry)
		y := inverseCbrt(d)
		y3 := y * y * y
		// Momentum of deep water goes by a share of the step: its waves are slower, its steady flow is the same.
		part := min(s.deep*y3, 1)
		r := s.theta*q[i] + s.side*(qa[i]+qb[i]) - part*(s.gk*d*(dz+(hb[i]-ha[i])))
		rough := na[i] + nb[i]
		f := part * s.gn4 * rough * rough * (y3 * y3 * y)
		// Friction opposes the whole flow. What comes across is taken as in the last step; along the face it is implicit.
		t := ((ta[i] + tb[i]) + (tc[i] + td[i])) * 0.25
		t = t + f*t*sqrt(q[i]*q[i]+t*t)
		v := 2 * r / (1 + sqrt(1+4*f*sqrt(r*r+t*t)))
		top := d * sqrt(s.g*d)
		v = max(min(v, top), -top)
		if depth < s.dry {
			v = 0
		}
		out[i] = v
	}
}

// plainFaceFlowAdvected is faceFlow with the advection of momentum, upwind: ua, u and ub are the velocities that belong to qa, q and qb, ul
// and ur those of the faces beside, where ta and tb, and tc and td, come from.
func plainFaceFlowAdvected[F Float](n int, s *step[F], out, qa, q, qb, ua, u, ub, ul, ur, ta, tb, tc, td, ha, hb, za, zb, na, nb []F) {
	out, qa, q, qb, ua, u, ub, ul, ur = out[:n], qa[:n], q[:n], qb[:n], ua[:n], u[:n], ub[:n], ul[:n], ur[:n]
	ta, tb, tc, td = ta[:n], tb[:n], tc[:n], td[:n]
	ha, hb, za, zb, na, nb = ha[:n], hb[:n], za[:n], zb[:n], na[:n], nb[:n]
	for i := range n {
		dz := zb[i] - za[i]
		depth := max(ha[i]-max(dz, 0), hb[i]+min(dz, 0))
		d := max(depth, s.dry)
		into := (qa[i] + q[i]) * 0.5
		past := (q[i] + qb[i]) * 0.5
		// Upwind, and not in the form of fluxes: where a flow spreads, what it loses aside carries its momentum with it.
		t := ((ta[i] + tb[i]) + (tc[i] + td[i])) * 0.25
		moved := max(into, 0)*(u[i]-ua[i]) + min(past, 0)*(ub[i]-u[i]) + (max(t, 0)*(u[i]-ul[i]) + min(t, 0)*(ur[i]-u[i]))
		// Old flows are smoothed by what their convergence differs on the face's two sides (divergence damping; Skamarock & Klemp
		// 1992): it stills waves of two cells and is nothing where the flow is steady, however it spreads.
		spread := ((qb[i] - q[i]) - (q[i] - qa[i])) + ((td[i] - tb[i]) - (tc[i] - ta[i]))
		w := min(0.5*s.side+0.3*s.k*abs(u[i]), 0.12)
		y := inverseCbrt(d)
		y3 := y * y * y
		part := min(s.deep*y3, 1)
		r := q[i] + w*spread - part*(s.gk*d*(dz+(hb[i]-ha[i]))+s.k*moved)
		rough := na[i] + nb[i]
		f := part * s.gn4 * rough * rough * (y3 * y3 * y)
		// Friction opposes the whole flow. What comes across is taken as in the last step; along the face it is implicit.
		t = t + f*t*sqrt(q[i]*q[i]+t*t)
		v := 2 * r / (1 + sqrt(1+4*f*sqrt(r*r+t*t)))
		top := 2 * d * sqrt(s.g*d)
		v = max(min(v, top), -top)
		if depth < s.dry {
			v = 0
		}
		out[i] = v
	}
}

// plainShortage is, for cells with flows w and e through their west and east faces and t and b through their north and south ones,
// what they would give in the step beyond what they hold, m: at most 0 where no limit is needed.
func plainShortage[F Float](n int, s *step[F], out, h, w, e, t, b []F) {
	out, h, w, e, t, b = out[:n], h[:n], w[:n], e[:n], t[:n], b[:n]
	for i := range n {
		give := max(e[i], 0) - min(w[i], 0) + (max(b[i], 0) - min(t[i], 0))
		out[i] = s.k*give - s.nearAll*h[i]
	}
}

// fill adds what flows in and the rain to depths h.
func plainFill[F Float](n int, s *step[F], h, peak, w, e, t, b, rain []F) {
	h, peak, w, e, t, b, rain = h[:n], peak[:n], w[:n], e[:n], t[:n], b[:n], rain[:n]
	for i := range n {
		d := max(h[i]+(s.k*((w[i]-e[i])+(t[i]-b[i]))+s.rain*rain[i]), 0)
		h[i] = d
		peak[i] = max(peak[i], d)
	}
}

// plainFillExact is fill with c carrying what h's rounding lost, by Knuth's sum.
func plainFillExact[F Float](n int, s *step[F], h, c, peak, w, e, t, b, rain []F) {
	h, c, peak, w, e, t, b, rain = h[:n], c[:n], peak[:n], w[:n], e[:n], t[:n], b[:n], rain[:n]
	for i := range n {
		add := s.k*((w[i]-e[i])+(t[i]-b[i])) + s.rain*rain[i] + c[i]
		sum := h[i] + add
		back := sum - h[i]
		lost := (h[i] - (sum - back)) + (add - back)
		d := max(sum, 0)
		h[i] = d
		c[i] = lost + (sum - d)
		peak[i] = max(peak[i], d)
	}
}
