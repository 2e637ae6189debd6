package rain

import (
	"fmt"
	"math"
)

// An Updater corrects a forecast ensemble by what was seen, from issue to issue. Its zero value is ready.
type Updater struct {
	// factor is by how much the members' variance about their mean is too small to explain how far off they were, a running mean;
	// weight is how much it rests on.
	factor, weight float64
}

// What radar and gauges together are off by, of the logarithm's scale and at least; and how much an issue counts in the running mean.
const (
	seenError = 0.25
	newest    = 0.2
)

// Update corrects members, fields by frame, by what was seen, of which guess is what each member says: an ensemble transform Kalman
// filter (Hunt et al. 2007) on the logarithm of rates, whose weights, found at the time seen, hold for all frames: what is wrong now,
// in place or amount, goes on being wrong in the way in which the members' errors go together. All fields have one size; seen may have
// gaps. The members' spread is taken as large as past errors say (adaptive inflation). It writes to members; fewer than two stay.
func (u *Updater) Update(members [][]Field, guess []Field, seen Field) error {
	n := len(members)
	if len(guess) != n {
		return fmt.Errorf("update rain: %d members, guesses of %d", n, len(guess))
	}
	for m := range members {
		if len(members[m]) != len(members[0]) || len(guess[m].V) != len(seen.V) {
			return fmt.Errorf("update rain: member %d: %d frames, %d cells; want %d, %d", m+1, len(members[m]), len(guess[m].V), len(members[0]), len(seen.V))
		}
		for f := range members[m] {
			if len(members[m][f].V) != len(seen.V) {
				return fmt.Errorf("update rain: member %d, frame %d: %d cells, seen are %d", m+1, f+1, len(members[m][f].V), len(seen.V))
			}
		}
	}
	if n < 2 {
		return nil
	}
	// Departures of members from their mean where something was seen, and of what was seen from it.
	var y [][]float64 // by cell, by member
	var d []float64
	for i, v := range seen.V {
		if math.IsNaN(v) {
			continue
		}
		row, mean, wet := make([]float64, n), 0.0, v > 0
		for m := range row {
			row[m] = math.Log1p(guess[m].V[i])
			mean += row[m] / float64(n)
			wet = wet || row[m] > 0
		}
		if !wet {
			continue
		}
		for m := range row {
			row[m] = (row[m] - mean) / seenError
		}
		y, d = append(y, row), append(d, (math.Log1p(v)-mean)/seenError)
	}
	if len(d) == 0 {
		return nil
	}
	var square, spread float64
	for k := range d {
		square += d[k] * d[k] / float64(len(d))
		for _, v := range y[k] {
			spread += v * v / float64((n-1)*len(d))
		}
	}
	if spread < 1e-6 {
		return nil // the members agree: nothing tells how they may be wrong
	}
	now := math.Min(math.Max((square-1)/spread, 0.5), 6)
	w := math.Max(newest, 1/(u.weight+1))
	u.factor += w * (now - u.factor)
	u.weight++
	// (n−1)/factor on the diagonal and the departures' products.
	a, b := make([]float64, n*n), make([]float64, n)
	for i := range n {
		a[i*n+i] = float64(n-1) / u.factor
	}
	for k := range d {
		for i := range n {
			b[i] += y[k][i] * d[k]
			for j := range n {
				a[i*n+j] += y[k][i] * y[k][j]
			}
		}
	}
	vec, val := eigen(a, n)
	// w̄ = A⁻¹b and W = √((n−1)·A⁻¹).
	mean, turn := make([]float64, n), make([]float64, n*n)
	for e := range n {
		var along float64
		for i := range n {
			along += vec[i*n+e] * b[i]
		}
		root := math.Sqrt(float64(n-1) / val[e])
		for i := range n {
			mean[i] += vec[i*n+e] * along / val[e]
			for j := range n {
				turn[i*n+j] += vec[i*n+e] * root * vec[j*n+e]
			}
		}
	}
	x, out := make([]float64, n), make([]float64, n)
	for f := range members[0] {
		for i := range seen.V {
			sum := 0.0
			for m := range n {
				x[m] = math.Log1p(members[m][f].V[i])
				sum += x[m]
			}
			if sum == 0 {
				continue
			}
			sum /= float64(n)
			for m := range n {
				out[m] = sum
			}
			for k := range n {
				p := x[k] - sum
				for m := range n {
					out[m] += p * (mean[k] + turn[k*n+m])
				}
			}
			for m := range n {
				members[m][f].V[i] = math.Max(math.Expm1(out[m]), 0)
			}
		}
	}
	return nil
}

// eigen returns the eigenvectors of a symmetric n × n matrix, as columns, and its eigenvalues, by Jacobi's rotations. It overwrites a.
func eigen(a []float64, n int) (vec, val []float64) {
	vec, val = make([]float64, n*n), make([]float64, n)
	for i := range n {
		vec[i*n+i] = 1
	}
	for range 30 {
		var off, all float64
		for i := range n {
			for j := range n {
				if all += a[i*n+j] * a[i*n+j]; i != j {
					off += a[i*n+j] * a[i*n+j]
				}
			}
		}
		if off <= 1e-22*all {
			break
		}
		for p := range n {
			for q := p + 1; q < n; q++ {
				if a[p*n+q] == 0 {
					continue
				}
				theta := (a[q*n+q] - a[p*n+p]) / (2 * a[p*n+q])
				t := math.Copysign(1/(math.Abs(theta)+math.Sqrt(theta*theta+1)), theta)
				c := 1 / math.Sqrt(t*t+1)
				s := t * c
				for k := range n {
					x, y := a[k*n+p], a[k*n+q]
					a[k*n+p], a[k*n+q] = c*x-s*y, s*x+c*y
				}
				for k := range n {
					x, y := a[p*n+k], a[q*n+k]
					a[p*n+k], a[q*n+k] = c*x-s*y, s*x+c*y
				}
				for k := range n {
					x, y := vec[k*n+p], vec[k*n+q]
					vec[k*n+p], vec[k*n+q] = c*x-s*y, s*x+c*y
				}
			}
		}
	}
	for i := range n {
		val[i] = a[i*n+i]
	}
	return vec, val
}
