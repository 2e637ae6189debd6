package surface

// The kernels of cells with tables; see kernel.go for their language.

// plainPool is the level e over a cell's lowest ground of water v over its area: of the lines (v + Σ heights)/(parts under water),
// one for each number of parts, the least. thin is how much less than the cell water stands on, at most: e/v.
func plainPool[F Float](n int, s *step[F], e, thin, v, room, s2, s3, s4, s5, s6, s7, s8 []F) {
	e, thin, v, room = e[:n], thin[:n], v[:n], room[:n]
	s2, s3, s4, s5, s6, s7, s8 = s2[:n], s3[:n], s4[:n], s5[:n], s6[:n], s7[:n], s8[:n]
	for i := range n {
		w := v[i] * room[i]
		a := lesser(lesser(w*8, w*4+s2[i]), lesser(w*(8.0/3)+s3[i], w*2+s4[i]))
		b := lesser(lesser(w*(8.0/5)+s5[i], w*(4.0/3)+s6[i]), lesser(w*(8.0/7)+s7[i], w+s8[i]))
		level := lesser(a, b)
		e[i] = level
		thin[i] = level / larger(v[i], 1e-6)
	}
}

// plainPoolEven is pool where the ground of a cell is all at one height.
func plainPoolEven[F Float](n int, s *step[F], e, thin, v, room []F) {
	e, thin, v, room = e[:n], thin[:n], v[:n], room[:n]
	for i := range n {
		e[i] = v[i] * room[i]
		thin[i] = room[i]
	}
}

// plainRelease is the new discharge through faces between cells a and b whose opening has four parts: local inertia over the area of
// the flow, with friction by the conveyance of the parts. Where the flow is too deep for the step, its momentum goes by a shorter one.
func plainRelease[F Float](n int, s *step[F], out, qa, q, qb, ea, eb, thina, thinb, za, zb, width, l1, l2, l3, l4, c1, c2, c3, c4 []F) {
	out, qa, q, qb, ea, eb, thina, thinb, za, zb = out[:n], qa[:n], q[:n], qb[:n], ea[:n], eb[:n], thina[:n], thinb[:n], za[:n], zb[:n]
	width, l1, l2, l3, l4, c1, c2, c3, c4 = width[:n], l1[:n], l2[:n], l3[:n], l4[:n], c1[:n], c2[:n], c3[:n], c4[:n]
	for i := range n {
		dz := zb[i] - za[i]
		top := larger(ea[i], eb[i]+dz)
		fall := dz + (eb[i] - ea[i])
		d1 := larger(top-l1[i], 1e-9)
		d2 := larger(top-l2[i], 1e-9)
		d3 := larger(top-l3[i], 1e-9)
		d4 := larger(top-l4[i], 1e-9)
		area := width[i] * ((d1 + d2) + (d3 + d4))
		y1 := partRoot(d1)
		y2 := partRoot(d2)
		y3 := partRoot(d3)
		y4 := partRoot(d4)
		carry := ((c1[i]*y1)*(d1*d1) + (c2[i]*y2)*(d2*d2)) + ((c3[i]*y3)*(d3*d3) + (c4[i]*y4)*(d4*d4))
		carry = larger(carry, 1e-12)
		// The momentum goes by a share deep/over of the step. Its quadratic, multiplied by what would be divided by:
		over := larger(area*larger(thina[i], thinb[i]), s.deep)
		r := (s.theta*q[i]+s.side*(qa[i]+qb[i]))*over - s.deep*(s.gk*area*fall)
		still := over * carry
		v := 2 * r * carry / (still + sqrt(still*still+(s.gdt4*area)*abs(r)))
		most := area * sqrt(s.g*d1)
		v = larger(lesser(v, most), -most)
		if top-l1[i] < s.dry {
			v = 0
		}
		out[i] = v
	}
}

// plainReleaseEven is release for an opening of one height.
func plainReleaseEven[F Float](n int, s *step[F], out, qa, q, qb, ea, eb, thina, thinb, za, zb, width, l1, c1 []F) {
	out, qa, q, qb, ea, eb, thina, thinb, za, zb = out[:n], qa[:n], q[:n], qb[:n], ea[:n], eb[:n], thina[:n], thinb[:n], za[:n], zb[:n]
	width, l1, c1 = width[:n], l1[:n], c1[:n]
	for i := range n {
		dz := zb[i] - za[i]
		top := larger(ea[i], eb[i]+dz)
		fall := dz + (eb[i] - ea[i])
		d1 := larger(top-l1[i], 1e-9)
		area := width[i] * 4 * d1
		carry := (4 * c1[i]) * partRoot(d1) * (d1 * d1)
		carry = larger(carry, 1e-12)
		// The momentum goes by a share deep/over of the step. Its quadratic, multiplied by what would be divided by:
		over := larger(area*larger(thina[i], thinb[i]), s.deep)
		r := (s.theta*q[i]+s.side*(qa[i]+qb[i]))*over - s.deep*(s.gk*area*fall)
		still := over * carry
		v := 2 * r * carry / (still + sqrt(still*still+(s.gdt4*area)*abs(r)))
		most := area * sqrt(s.g*d1)
		v = larger(lesser(v, most), -most)
		if top-l1[i] < s.dry {
			v = 0
		}
		out[i] = v
	}
}

// partRoot is roughCbrt where there is water, so that plain code takes no root where there is none.
func partRoot[F Float](d F) F {
	y := F(1000) // at 1e-9, the least depth
	if d > 1e-9 {
		y = roughCbrt(d)
	}
	return y
}

// roughCbrt is x^(−1/3) of a positive x to 1e-4: what friction needs.
func roughCbrt[F Float](x F) F {
	y := guessCbrt(x)
	e := 1 - x*y*y*y
	return y + y*e*(1.0/3+e*(2.0/9))
}

// plainShare is the share of what cells with flows w, e, t and b through their faces would give in the step that they hold: at most 1.
func plainShare[F Float](n int, s *step[F], out, v, w, e, t, b []F) {
	out, v, w, e, t, b = out[:n], v[:n], w[:n], e[:n], t[:n], b[:n]
	for i := range n {
		give := larger(e[i], 0) - lesser(w[i], 0) + (larger(b[i], 0) - lesser(t[i], 0))
		out[i] = lesser(s.nearAll*v[i]/larger(s.k*give, 1e-30), 1)
	}
}

// plainGive scales flows q by what the cell that gives them can: a when q is positive, else b.
func plainGive[F Float](n int, s *step[F], out, q, a, b []F) {
	out, q, a, b = out[:n], q[:n], a[:n], b[:n]
	for i := range n {
		f := b[i]
		if q[i] > 0 {
			f = a[i]
		}
		out[i] = q[i] * f
	}
}

// plainGather is fillExact without the largest depth, of rain in m/s.
func plainGather[F Float](n int, s *step[F], v, c, w, e, t, b, rain []F) {
	v, c, w, e, t, b, rain = v[:n], c[:n], w[:n], e[:n], t[:n], b[:n], rain[:n]
	for i := range n {
		add := s.k*((w[i]-e[i])+(t[i]-b[i])) + s.dt*rain[i] + c[i]
		sum := v[i] + add
		back := sum - v[i]
		lost := (v[i] - (sum - back)) + (add - back)
		d := larger(sum, 0)
		v[i] = d
		c[i] = lost + (sum - d)
	}
}

// plainHighest keeps the larger of peak and e.
func plainHighest[F Float](n int, s *step[F], peak, e []F) {
	peak, e = peak[:n], e[:n]
	for i := range n {
		peak[i] = larger(peak[i], e[i])
	}
}
