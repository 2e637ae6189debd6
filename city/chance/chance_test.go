package chance

import (
	"math"
	"testing"
)

func TestMoments(t *testing.T) {
	const n = 200000
	s := New(7, "test")
	var u, g, e, p float64
	var gg float64
	for i := range uint64(n) {
		u += s.Float(i, 0)
		x := s.Normal(i, 1)
		g, gg = g+x, gg+x*x
		e += s.Exp(i, 2)
		p += float64(s.Poisson(i, 3, 4.5))
	}
	for _, c := range []struct {
		name      string
		got, want float64
	}{{"uniform mean", u / n, 0.5}, {"normal mean", g / n, 0}, {"normal variance", gg / n, 1}, {"exponential mean", e / n, 1}, {"poisson mean", p / n, 4.5}} {
		if math.Abs(c.got-c.want) > 0.02 {
			t.Errorf("%s: %.4f, want %.4f", c.name, c.got, c.want)
		}
	}
}

// Neighbouring ids, counters, purposes and seeds must not be correlated.
func TestIndependence(t *testing.T) {
	a, b, c := New(1, "a"), New(1, "b"), New(2, "a")
	const n = 100000
	var xy [4]float64
	for i := range uint64(n) {
		x := a.Float(i, 0) - 0.5
		for k, y := range []float64{a.Float(i+1, 0), a.Float(i, 1), b.Float(i, 0), c.Float(i, 0)} {
			xy[k] += x * (y - 0.5)
		}
	}
	for k, v := range xy {
		if r := v / n * 12; math.Abs(r) > 0.02 {
			t.Errorf("pair %d: correlation %.4f", k, r)
		}
	}
}

func TestSameInputSameBits(t *testing.T) {
	if New(3, "x").Sub(9).Bits(4, 5) != New(3, "x").Sub(9).Bits(4, 5) {
		t.Fatal("a draw is not a function of its inputs")
	}
	if New(3, "x").Bits(4, 5) == New(3, "x").Bits(5, 4) {
		t.Fatal("id and counter are interchangeable")
	}
}

func TestDraw32(t *testing.T) {
	s := New(5, "test")
	const n = 100000
	var sum, same, next float64
	for i := range uint64(n) {
		a, b, c := Draw32(s.Bits(1, 0), i), Draw32(s.Bits(2, 0), i), Draw32(s.Bits(1, 0), i+1)
		if a < 0 || a >= 1 {
			t.Fatalf("%g is not in [0, 1)", a)
		}
		sum += float64(a)
		same += float64(a-0.5) * float64(b-0.5)
		next += float64(a-0.5) * float64(c-0.5)
	}
	if math.Abs(sum/n-0.5) > 0.005 || math.Abs(same/n*12) > 0.02 || math.Abs(next/n*12) > 0.02 {
		t.Errorf("mean %.4f, correlation between counters %.4f, between ids %.4f", sum/n, same/n*12, next/n*12)
	}
}
