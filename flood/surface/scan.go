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
