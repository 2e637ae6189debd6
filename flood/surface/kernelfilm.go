package surface

// The kernels of rain on cells with a Cover; see kernel.go for their language.

// plainShed lets net rain fall on films and the ground take what it can of what stands, the film first; ask is what inlets want of the
// rest. What v loses to its rounding is not carried.
func plainShed[F Float](n int, s *step[F], film, v, ask, net, soak, inlet []F) {
	film, v, ask, net, soak, inlet = film[:n], v[:n], ask[:n], net[:n], soak[:n], inlet[:n]
	for i := range n {
		f := film[i] + s.dt*net[i]
		out := lesser(f+v[i], s.dt*soak[i])
		thin := lesser(f, out)
		f = f - thin
		w := larger(v[i]-(out-thin), 0)
		film[i] = f
		v[i] = w
		ask[i] = lesser(f+w, s.dt*inlet[i])
	}
}

// plainSeep takes what inlets got, the film first, and lets what is left of the film run down by Manning's law to where water stands,
// but for what is too thin to flow; all of it where water stands everywhere.
func plainSeep[F Float](n int, s *step[F], film, v, ask, full, slope, room, still []F) {
	film, v, ask, full, slope, room, still = film[:n], v[:n], ask[:n], full[:n], slope[:n], room[:n], still[:n]
	for i := range n {
		thin := lesser(film[i], ask[i])
		f := film[i] - thin
		w := larger(v[i]-(ask[i]-thin), 0)
		d := larger(f*room[i], 1e-9)
		fall := 1 + s.dt*slope[i]*(d*partRoot(d))
		left := lesser(larger(f/(fall*sqrt(fall)), still[i]), f)
		if w >= full[i] {
			left = 0
		}
		film[i] = left
		v[i] = w + (f - left)
	}
}
