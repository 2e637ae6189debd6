package surface

// The kernels of the full equations; see kernel.go for their language.

const (
	wall    = 1e8   // m: ground above it is outside the grid
	opening = 1.5e9 // m: ground above it is outside an edge that water passes
)

// vanLeer is his limiter: the harmonic mean of two slopes of one sign, else 0.
func vanLeer[F Float](a, b F) F {
	m := 2 * a * b / (a + b)
	if a*b <= 0 {
		m = 0
	}
	return m
}

// plainPrimitive is velocity and level of cells; ho is a copy of the depth, ease how little friction a cell's width has: 4 h^(4/3)/(g n² dx).
func plainPrimitive[F Float](n int, s *step[F], ho, u, v, e, ease, h, qx, qy, z, nn []F) {
	ho, u, v, e, ease, h, qx, qy, z, nn = ho[:n], u[:n], v[:n], e[:n], ease[:n], h[:n], qx[:n], qy[:n], z[:n], nn[:n]
	for i := range n {
		d := h[i]
		deep := max(d, s.dry)
		x := qx[i] / deep
		y := qy[i] / deep
		if d < s.dry {
			x = 0
			y = 0
		}
		ho[i] = d
		u[i] = x
		v[i] = y
		e[i] = z[i] + d
		c := inverseCbrt(deep)
		ease[i] = s.ease * (d * d) * (c * c) / max(nn[i], 1e-12)
	}
}

// plainSlopes is half the difference of depth, velocities and level across cells between neighbours a and b. Beside dry
// ground the level has none; at a wall nothing has, and beyond an opening all goes on as inside.
func plainSlopes[F Float](n int, s *step[F], hx, ux, vx, ex, ha, h, hb, ua, u, ub, va, v, vb, ea, e, eb, ease []F) {
	hx, ux, vx, ex, ha, h, hb = hx[:n], ux[:n], vx[:n], ex[:n], ha[:n], h[:n], hb[:n]
	ease = ease[:n]
	ua, u, ub, va, v, vb, ea, e, eb = ua[:n], u[:n], ub[:n], va[:n], v[:n], vb[:n], ea[:n], e[:n], eb[:n]
	for i := range n {
		h1 := h[i] - ha[i]
		h2 := hb[i] - h[i]
		e1 := e[i] - ea[i]
		e2 := eb[i] - e[i]
		u1 := u[i] - ua[i]
		u2 := ub[i] - u[i]
		v1 := v[i] - va[i]
		v2 := vb[i] - v[i]
		rise1 := e1 - h1
		rise2 := e2 - h2
		if ha[i] < s.dry {
			e1 = 0
		}
		if hb[i] < s.dry {
			e2 = 0
		}
		if ea[i] > wall {
			rise1 = 0
			h1 = 0
			e1 = 0
			u1 = 0
			v1 = 0
		}
		if eb[i] > wall {
			rise2 = 0
			h2 = 0
			e2 = 0
			u2 = 0
			v2 = 0
		}
		if ea[i] > opening {
			h1 = h2
			u1 = u2
			v1 = v2
			e1 = e2
		}
		if eb[i] > opening {
			h2 = h1
			u2 = u1
			v2 = v1
			e2 = e1
		}
		// A film that friction holds and that is thinner than four steps of the ground beside it is of first order.
		thin := h[i]
		if ea[i] < wall {
			thin = min(thin, ha[i])
		}
		if eb[i] < wall {
			thin = min(thin, hb[i])
		}
		ground := max(abs(rise1), abs(rise2))
		half := 0.5 * min(max(0.25*thin/max(ground, s.dry), ease[i]), 1)
		if h[i] < s.dry {
			half = 0
		}
		hx[i] = vanLeer(h1, h2) * half
		ex[i] = vanLeer(e1, e2) * half
		ux[i] = vanLeer(u1, u2) * half
		vx[i] = vanLeer(v1, v2) * half
	}
}

// plainPredict takes cells half a step on, in place: depth, velocities and level by their slopes, with friction.
func plainPredict[F Float](n int, s *step[F], h, u, v, e, hx, ux, vx, ex, hy, uy, vy, ey, nn []F) {
	h, u, v, e, nn = h[:n], u[:n], v[:n], e[:n], nn[:n]
	hx, ux, vx, ex, hy, uy, vy, ey = hx[:n], ux[:n], vx[:n], ex[:n], hy[:n], uy[:n], vy[:n], ey[:n]
	for i := range n {
		d := h[i]
		x := u[i]
		y := v[i]
		c := inverseCbrt(max(d, s.dry))
		rub := 1 + s.gnHalf*nn[i]*(c*c)*(c*c)*sqrt(x*x+y*y)
		next := max(d-s.k*((x*hx[i]+d*ux[i])+(y*hy[i]+d*vy[i])), 0)
		if d < s.dry {
			next = 0
		}
		e[i] = e[i] + (next - d)
		h[i] = next
		u[i] = (x - s.k*((x*ux[i]+y*uy[i])+s.g*ex[i])) / rub
		v[i] = (y - s.k*((x*vx[i]+y*vy[i])+s.g*ey[i])) / rub
	}
}

// plainFlux is HLLC's between the east (south) sides of cells a and the west (north) sides of cells b; u is along the flux, v across.
// mass is that of water; ma and mb that of momentum, less the pressure of the water that stands at a's and b's side; across
// that of momentum across.
func plainFlux[F Float](n int, s *step[F], mass, ma, mb, across, ha, ua, va, ea, hax, uax, vax, eax, hb, ub, vb, eb, hbx, ubx, vbx, ebx []F) {
	mass, ma, mb, across = mass[:n], ma[:n], mb[:n], across[:n]
	ha, ua, va, ea, hax, uax, vax, eax = ha[:n], ua[:n], va[:n], ea[:n], hax[:n], uax[:n], vax[:n], eax[:n]
	hb, ub, vb, eb, hbx, ubx, vbx, ebx = hb[:n], ub[:n], vb[:n], eb[:n], hbx[:n], ubx[:n], vbx[:n], ebx[:n]
	for i := range n {
		ho := max(ha[i]+hax[i], 0)
		uo := ua[i] + uax[i]
		vo := va[i] + vax[i]
		eo := ea[i] + eax[i]
		hi := max(hb[i]-hbx[i], 0)
		ui := ub[i] - ubx[i]
		vi := vb[i] - vbx[i]
		ei := eb[i] - ebx[i]
		zo := eo - ho
		zi := ei - hi
		// A wall mirrors.
		if zi > wall {
			zi = zo
			ei = eo
			hi = ho
			ui = -uo
			vi = vo
		}
		if zo > wall {
			zo = zi
			eo = ei
			ho = hi
			uo = -ui
			vo = vi
		}
		ground := max(zo, zi)
		h1 := max(eo-ground, 0)
		h2 := max(ei-ground, 0)
		c1 := sqrt(s.g * h1)
		c2 := sqrt(s.g * h2)
		us := (uo+ui)*0.5 + (c1 - c2)
		cs := (c1+c2)*0.5 + (uo-ui)*0.25
		left := min(uo-c1, us-cs)
		right := max(ui+c2, us+cs)
		if h1 <= 0 {
			left = ui - 2*c2
		}
		if h2 <= 0 {
			right = uo + 2*c1
		}
		left = min(left, 0)
		right = max(right, 0)
		q1 := h1 * uo
		q2 := h2 * ui
		rise := s.g * 0.5 * ((h2 - h1) * (h2 + h1))
		over := left * right
		wide := max(right-left, 1e-12)
		f := (right*q1 - left*q2 + over*(h2-h1)) / wide
		m := (right*(q1*uo) - left*(q2*ui+rise) + over*(q2-q1)) / wide
		carried := vi
		if f > 0 {
			carried = vo
		}
		mass[i] = f
		ma[i] = m
		mb[i] = m - rise
		across[i] = f * carried
	}
}

// plainPush moves the momentum of cells, whose depth h is the new one, by the fluxes m of momentum and a across through their west,
// east, north and south sides, the slopes of their levels at depth hp, and friction; fast is the speed of their waves.
func plainPush[F Float](n int, s *step[F], qx, qy, fast, h, nn, hp, ex, ey, mw, me, mt, mb, aw, ae, at, ab []F) {
	h, qx, qy, fast, nn, hp, ex, ey = h[:n], qx[:n], qy[:n], fast[:n], nn[:n], hp[:n], ex[:n], ey[:n]
	mw, me, mt, mb = mw[:n], me[:n], mt[:n], mb[:n]
	aw, ae, at, ab = aw[:n], ae[:n], at[:n], ab[:n]
	for i := range n {
		d := h[i]
		fall := 2 * s.g * hp[i]
		x := qx[i] + s.k*((mw[i]-me[i]-fall*ex[i])+(at[i]-ab[i]))
		y := qy[i] + s.k*((mt[i]-mb[i]-fall*ey[i])+(aw[i]-ae[i]))
		deep := max(d, s.dry)
		c := inverseCbrt(deep)
		c3 := c * c * c
		rub := 2 / (1 + sqrt(1+s.gnTimes4*nn[i]*(c3*c3*c)*sqrt(x*x+y*y)))
		x = x * rub
		y = y * rub
		if d < s.dry {
			x = 0
			y = 0
		}
		qx[i] = x
		qy[i] = y
		fast[i] = max(abs(x), abs(y))/deep + sqrt(s.g*d)
	}
}
