package rain

import (
	"math"
	"strings"
	"testing"

	"citybrain/city/chance"
)

// drift is a cell of rain of top mm/h that moves east, on 20 × 16 cells, at frame f.
func drift(f int, dx, dy, top float64) Field {
	out := NewField(20, 16)
	for i := range out.V {
		x, y := float64(i%20)-6-0.8*float64(f)-dx, float64(i/20)-8-dy
		if v := top * math.Exp(-(x*x+y*y)/18); v >= 0.1 {
			out.V[i] = v
		}
	}
	return out
}

// Members that are off in place and amount, more and more, by errors that go on, are corrected by what is seen now, at all leads; where
// they are sure of themselves or nothing is known, they stay.
func TestUpdate(t *testing.T) {
	const members, frames = 30, 8
	var raw, updated [frames]float64
	inside, all := 0.0, 0.0
	for seed := range uint64(12) {
		d := chance.New(seed, "update")
		var u Updater
		for issue := range 6 {
			c := d.Sub(uint64(issue))
			shared := [3]float64{d.Normal(0, 0), d.Normal(1, 0), d.Normal(2, 0)} // goes on from issue to issue
			at := func(e [3]float64, f int) Field {
				grow := math.Sqrt(0.1 + float64(f)/8)
				return drift(issue+f, grow*(1.5*e[0]), grow*(1.5*e[1]), 40*math.Exp(grow*0.3*e[2]))
			}
			var list, before [][]Field
			var guess []Field
			for m := range uint64(members) {
				e := [3]float64{shared[0] + c.Normal(m, 0), shared[1] + c.Normal(m, 1), shared[2] + c.Normal(m, 2)}
				var a, b []Field
				for f := range frames {
					a, b = append(a, at(e, f)), append(b, at(e, f))
				}
				list, before, guess = append(list, a), append(before, b), append(guess, a[0])
			}
			seen := drift(issue, 0, 0, 40)
			for i := range seen.V {
				seen.V[i] *= math.Exp(0.2 * c.Normal(uint64(i), 9))
				if i%7 == 3 {
					seen.V[i] = math.NaN()
				}
			}
			if err := u.Update(list, guess, seen); err != nil {
				t.Fatal(err)
			}
			x, y := make([]float64, members), make([]float64, members)
			for f := range frames {
				came := drift(issue+f, 0, 0, 40)
				for i, v := range came.V {
					low, high := math.Inf(1), 0.0
					for m := range x {
						x[m], y[m] = before[m][f].V[i], list[m][f].V[i]
						low, high = min(low, y[m]), max(high, y[m])
						if !(y[m] >= 0) {
							t.Fatalf("%g mm/h", y[m])
						}
					}
					raw[f] += FairCRPS(x, v)
					updated[f] += FairCRPS(y, v)
					if v > 1 {
						all++
						if v >= low && v <= high {
							inside++
						}
					}
				}
			}
		}
	}
	for f := range frames {
		if ratio := updated[f] / raw[f]; ratio > 0.6 {
			t.Errorf("frame %d: CRPS %.2f of what it was", f, ratio)
		}
	}
	if inside/all < 0.7 {
		t.Errorf("only %.0f %% of what came lies among the members", 100*inside/all)
	}
}

func TestUpdateLeavesWhatItCannotTell(t *testing.T) {
	var u Updater
	same := func() ([][]Field, []Field) {
		var list [][]Field
		var guess []Field
		for range 4 {
			f := drift(0, 0, 0, 30)
			list, guess = append(list, []Field{f}), append(guess, f)
		}
		return list, guess
	}
	list, guess := same()
	if err := u.Update(list, guess, drift(0, 3, 0, 30)); err != nil || list[0][0].V[166] != drift(0, 0, 0, 30).V[166] {
		t.Errorf("members that agree changed: %v", err)
	}
	list[1][0] = drift(0, 1, 0, 30)
	nothing := NewField(20, 16)
	for i := range nothing.V {
		nothing.V[i] = math.NaN()
	}
	if err := u.Update(list, guess, nothing); err != nil || list[1][0].V[166] != drift(0, 1, 0, 30).V[166] {
		t.Errorf("nothing was seen, and members changed: %v", err)
	}
	if err := u.Update(list, guess[1:], nothing); err == nil || !strings.Contains(err.Error(), "4 members, guesses of 3") {
		t.Error(err)
	}
	if err := u.Update(list, guess, NewField(3, 3)); err == nil || !strings.Contains(err.Error(), "want") {
		t.Error(err)
	}
}

func TestEigen(t *testing.T) {
	const n = 12
	d := chance.New(1, "eigen")
	a := make([]float64, n*n)
	for i := range n {
		for j := range i + 1 {
			a[i*n+j] = d.Normal(uint64(i), uint64(j))
			a[j*n+i] = a[i*n+j]
		}
	}
	vec, val := eigen(append([]float64(nil), a...), n)
	for i := range n {
		for j := range n {
			var sum, dot float64
			for e := range n {
				sum += vec[i*n+e] * val[e] * vec[j*n+e]
				dot += vec[e*n+i] * vec[e*n+j]
			}
			want := 0.0
			if i == j {
				want = 1
			}
			if math.Abs(sum-a[i*n+j]) > 1e-10 || math.Abs(dot-want) > 1e-10 {
				t.Fatalf("%d, %d: %g for %g; %g", i, j, sum, a[i*n+j], dot)
			}
		}
	}
}
