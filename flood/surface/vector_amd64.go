//go:build goexperiment.simd && amd64

package surface

import (
	"simd/archsimd"
	"unsafe"
)

// vectors says whether this processor has what the twins need.
var vectors = archsimd.X86.AVX2()

// wide says whether it has them for twice as many values at once.
var wide = vectors && archsimd.X86.AVX512()

// Constants of the twins.
var (
	unsigned32 = archsimd.BroadcastInt32x8(0x7fffffff)
	unsigned64 = archsimd.BroadcastInt64x4(0x7fffffffffffffff)
	guess8     = archsimd.BroadcastFloat32x8(cbrtGuess)
	third8     = archsimd.BroadcastFloat32x8(1.0 / 3)
	guess4     = archsimd.BroadcastFloat32x4(cbrtGuess)
	third4     = archsimd.BroadcastFloat32x4(1.0 / 3)
)

// Constants of the wide twins, set where they can be.
var (
	unsigned32Wide archsimd.Int32x16
	unsigned64Wide archsimd.Int64x8
	guess16        archsimd.Float32x16
	third16        archsimd.Float32x16
)

func init() {
	if wide {
		unsigned32Wide, unsigned64Wide = archsimd.BroadcastInt32x16(0x7fffffff), archsimd.BroadcastInt64x8(0x7fffffffffffffff)
		guess16, third16 = archsimd.BroadcastFloat32x16(cbrtGuess), archsimd.BroadcastFloat32x16(1.0/3)
	}
}

// largest returns the largest of v, a whole number of tiles.
func largest[F Float](v []F) F {
	if !vectors {
		return plainLargest(v)
	}
	_ = v[tile-1]
	if unsafe.Sizeof(v[0]) == 4 {
		p := unsafe.Pointer(&v[0])
		m := archsimd.LoadFloat32x8((*[8]float32)(p))
		for i := 32; i < 4*len(v); i += 32 {
			m = archsimd.LoadFloat32x8((*[8]float32)(unsafe.Add(p, i))).Max(m)
		}
		var out [8]float32
		m.Store(&out)
		return F(plainLargest(out[:]))
	}
	p := unsafe.Pointer(&v[0])
	m := archsimd.LoadFloat64x4((*[4]float64)(p))
	for i := 32; i < 8*len(v); i += 32 {
		m = archsimd.LoadFloat64x4((*[4]float64)(unsafe.Add(p, i))).Max(m)
	}
	var out [4]float64
	m.Store(&out)
	return F(plainLargest(out[:]))
}

// fastest returns the largest magnitude of v, a whole number of tiles.
func fastest[F Float](v []F) F {
	if !vectors {
		return plainFastest(v)
	}
	_ = v[tile-1]
	if unsafe.Sizeof(v[0]) == 4 {
		p := unsafe.Pointer(&v[0])
		m := archsimd.BroadcastFloat32x8(0)
		for i := 0; i < 4*len(v); i += 32 {
			m = archsimd.LoadFloat32x8((*[8]float32)(unsafe.Add(p, i))).AsInt32x8().And(unsigned32).AsFloat32x8().Max(m)
		}
		var out [8]float32
		m.Store(&out)
		return F(plainLargest(out[:]))
	}
	p := unsafe.Pointer(&v[0])
	m := archsimd.BroadcastFloat64x4(0)
	for i := 0; i < 8*len(v); i += 32 {
		m = archsimd.LoadFloat64x4((*[4]float64)(unsafe.Add(p, i))).AsInt64x4().And(unsigned64).AsFloat64x4().Max(m)
	}
	var out [4]float64
	m.Store(&out)
	return F(plainLargest(out[:]))
}

// wetBits has a bit for each cell of tile v that is dry metres deep at least.
func wetBits[F Float](v []F, dry F) uint16 {
	if !wide {
		return plainWetBits(v, dry)
	}
	_ = v[tile-1]
	p := unsafe.Pointer(&v[0])
	var bits uint16
	if unsafe.Sizeof(dry) == 4 {
		bits = archsimd.LoadFloat32x16((*[16]float32)(p)).GreaterEqual(archsimd.BroadcastFloat32x16(float32(dry))).ToBits()
	} else {
		d := archsimd.BroadcastFloat64x8(float64(dry))
		bits = uint16(archsimd.LoadFloat64x8((*[8]float64)(p)).GreaterEqual(d).ToBits()) |
			uint16(archsimd.LoadFloat64x8((*[8]float64)(unsafe.Add(p, 64))).GreaterEqual(d).ToBits())<<8
	}
	archsimd.ClearAVXUpperBits()
	return bits
}
