package surface

// plainLargest returns the largest of v, a whole number of tiles.
func plainLargest[F Float](v []F) F {
	m := v[0]
	for _, x := range v {
		if x > m {
			m = x
		}
	}
	return m
}

// plainFastest returns the largest magnitude of v.
func plainFastest[F Float](v []F) F {
	var m F
	for _, x := range v {
		if x < 0 {
			x = -x
		}
		if x > m {
			m = x
		}
	}
	return m
}

// plainWetBits has a bit for each cell of tile v that is dry metres deep at least.
func plainWetBits[F Float](v []F, dry F) uint16 {
	var bits uint16
	for i, x := range v[:tile] {
		if x >= dry {
			bits |= 1 << i
		}
	}
	return bits
}
