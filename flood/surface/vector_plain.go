//go:build !goexperiment.simd || !amd64

package surface

func largest[F Float](v []F) F { return plainLargest(v) }

func fastest[F Float](v []F) F { return plainFastest(v) }

func wetBits[F Float](v []F, dry F) uint16 { return plainWetBits(v, dry) }
