// Package chance makes every draw a function of what it is for, never of what was drawn before:
//
//	value = f(seed, purpose, id, counter)
//
// so a decision in one branch of the twin can't reshuffle the luck of another, and two branches can be compared pair by pair.
// In: a 64-bit seed, a purpose such as "rain/cell", the id of the thing the draw is about, and a counter (a second, a trip number).
// Out: bits, or a variate of a named distribution. All functions are pure and safe for concurrent use.
//
// The mixing function is the finaliser of SplitMix64 (Steele, Lea & Flood 2014), applied once for each input.
package chance

import "math"

// A Source is the family of draws of one (seed, purpose).
type Source struct{ key uint64 }

// New returns the draws of purpose under seed.
func New(seed uint64, purpose string) Source {
	h := uint64(14695981039346656037) // FNV-1a
	for i := 0; i < len(purpose); i++ {
		h = (h ^ uint64(purpose[i])) * 1099511628211
	}
	return Source{mix(mix(seed+0x9e3779b97f4a7c15) ^ h)}
}

// Sub returns an independent family below this one, for a purpose with many parts.
func (s Source) Sub(part uint64) Source { return Source{mix(s.key ^ mix(part+0x632be59bd9b4e019))} }

// Bits returns 64 uniform bits for (id, counter).
func (s Source) Bits(id, counter uint64) uint64 {
	return mix(mix(s.key^mix(id+0x9e3779b97f4a7c15)) + counter*0xd1342543de82ef95)
}

// Float returns a uniform number in [0, 1).
func (s Source) Float(id, counter uint64) float64 {
	return float64(s.Bits(id, counter)>>11) * (1.0 / (1 << 53))
}

// Between returns a uniform number in [lo, hi).
func (s Source) Between(id, counter uint64, lo, hi float64) float64 {
	return lo + (hi-lo)*s.Float(id, counter)
}

// Int returns a uniform integer in [0, n); n must be positive.
func (s Source) Int(id, counter uint64, n int) int {
	return int(s.Float(id, counter) * float64(n))
}

// Normal returns a standard normal variate (Box & Muller 1958, the cosine half).
func (s Source) Normal(id, counter uint64) float64 {
	b := s.Bits(id, counter)
	u := (float64(b>>11) + 0.5) * (1.0 / (1 << 53))
	v := float64(mix(b)>>11) * (1.0 / (1 << 53))
	return math.Sqrt(-2*math.Log(u)) * math.Cos(2*math.Pi*v)
}

// Exp returns an exponential variate with mean 1.
func (s Source) Exp(id, counter uint64) float64 {
	u := (float64(s.Bits(id, counter)>>11) + 0.5) * (1.0 / (1 << 53))
	return -math.Log(u)
}

// Poisson returns a Poisson variate by multiplication (Knuth 1969, 3.4.1) for mean ≤ 30, else by the rounded normal approximation.
func (s Source) Poisson(id, counter uint64, mean float64) int {
	if mean <= 0 {
		return 0
	}
	if mean > 30 {
		return max(0, int(math.Round(mean+math.Sqrt(mean)*s.Normal(id, counter))))
	}
	b, limit, p, n := s.Bits(id, counter), math.Exp(-mean), 1.0, -1
	for p > limit {
		p *= (float64(b>>11) + 0.5) * (1.0 / (1 << 53))
		b = mix(b + 0x9e3779b97f4a7c15)
		n++
	}
	return n
}

func mix(z uint64) uint64 {
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb
	return z ^ (z >> 31)
}

// Draw32 returns a uniform number in [0, 1) for id from bits that a Source gave for a counter: one round of mixing, for steps that draw for
// very many ids under the same counter.
func Draw32(bits, id uint64) float32 {
	return float32(mix(bits^(id+1)*0x9e3779b97f4a7c15)>>40) * (1.0 / (1 << 24))
}
