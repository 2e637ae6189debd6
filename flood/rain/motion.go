package rain

import "math"

// A Motion is an affine field of displacement in cells from one image to the next: at column x and row y it is
// (U + Ux·x + Uy·y, V + Vx·x + Vy·y), x and y from the grid's middle.
type Motion struct {
	U, Ux, Uy, V, Vx, Vy float64
	cols, rows           int
}

// At returns the displacement at column x and row y.
func (m *Motion) At(x, y float64) (u, v float64) {
	x -= float64(m.cols-1) / 2
	y -= float64(m.rows-1) / 2
	return m.U + m.Ux*x + m.Uy*y, m.V + m.Vx*x + m.Vy*y
}

// Back follows the motion back for n images from column x and row y.
func (m *Motion) Back(x, y, n float64) (float64, float64) {
	for n > 0 {
		step := math.Min(n, 1)
		u, v := m.At(x, y)
		u2, v2 := m.At(x-u*step/2, y-v*step/2)
		x, y = x-u2*step, y-v2*step
		n -= step
	}
	return x, y
}

// fastest is the most cells that rain moves from one image to the next: 60 m/s on cells of 1 km in 5 minutes.
const fastest = 18

// Track finds the motion between successive images of one size, the last ones counting most. Images without rain give no motion.
func Track(images []Field) Motion {
	n := len(images)
	if n == 0 {
		return Motion{}
	}
	full := Motion{cols: images[n-1].Cols, rows: images[n-1].Rows}
	// A pyramid of logarithms, smoothed, so that a core does not outvote the rest.
	var levels [][]Field
	var list []Field
	for _, f := range images {
		g := NewField(f.Cols, f.Rows)
		for i, v := range f.V {
			if v > 0 {
				g.V[i] = math.Log1p(v)
			}
		}
		list = append(list, g.Smooth(1.5))
	}
	levels = append(levels, list)
	for len(levels) < 4 && list[0].Cols >= 32 && list[0].Rows >= 32 {
		next := make([]Field, n)
		for i := range list {
			next[i] = list[i].half()
		}
		levels, list = append(levels, next), next
	}
	scale := 1 << (len(levels) - 1)
	coarse := levels[len(levels)-1]
	m := Motion{cols: coarse[0].Cols, rows: coarse[0].Rows}
	m.U, m.V = shift(coarse, min(fastest/scale, coarse[0].Cols/4, coarse[0].Rows/4))
	for k := len(levels) - 1; k >= 0; k-- {
		l := levels[k]
		m.cols, m.rows = l[0].Cols, l[0].Rows
		for range 6 {
			m = refine(l, m, k == 0)
		}
		if k > 0 {
			m.U *= 2
			m.V *= 2
		}
	}
	m.cols, m.rows = full.cols, full.rows
	return m
}

// shift finds the whole-cell displacement up to reach at which successive images differ least.
func shift(images []Field, reach int) (u, v float64) {
	best := math.Inf(1)
	reach = max(reach, 1)
	for dy := -reach; dy <= reach; dy++ {
		for dx := -reach; dx <= reach; dx++ {
			var sum, norm float64
			for k := 1; k < len(images); k++ {
				a, b := &images[k-1], &images[k]
				for r := range b.Rows {
					for c := range b.Cols {
						x, y := 0.0, b.V[r*b.Cols+c] // from outside comes what is not known: as a miss
						if r-dy >= 0 && r-dy < a.Rows && c-dx >= 0 && c-dx < a.Cols {
							x = a.V[(r-dy)*a.Cols+c-dx]
						}
						sum += (x - y) * (x - y)
						norm += x*x + y*y
					}
				}
			}
			if norm > 0 {
				// At equal fit the lesser displacement holds.
				if s := sum/norm + 1e-6*float64(dx*dx+dy*dy); s < best {
					best, u, v = s, float64(dx), float64(dy)
				}
			}
		}
	}
	return u, v
}

// refine takes one Gauss–Newton step of the motion's six parameters, of which only two until affine.
func refine(images []Field, m Motion, affine bool) Motion {
	var a [36]float64
	var b [6]float64
	params := 2
	if affine {
		params = 6
	}
	weight := 1.0
	for k := len(images) - 1; k >= 1; k-- {
		p, q := &images[k-1], &images[k]
		for r := 1; r < q.Rows-1; r++ {
			for c := 1; c < q.Cols-1; c++ {
				x, y := float64(c), float64(r)
				u, v := m.At(x, y)
				was := p.At(x-u, y-v)
				if math.IsNaN(was) {
					continue
				}
				i := r*q.Cols + c
				// The later image's slope stands for both.
				gx, gy := (q.V[i+1]-q.V[i-1])/2, (q.V[i+q.Cols]-q.V[i-q.Cols])/2
				if gx == 0 && gy == 0 {
					continue
				}
				d := was - q.V[i] // moving on by du changes it by −g·du … and brings it down
				// Growth and decay are no motion: large misfits count little.
				w := weight / (1 + d*d/0.05)
				sx, sy := x-float64(m.cols-1)/2, y-float64(m.rows-1)/2
				j := [6]float64{gx, gy, gx * sx / 50, gx * sy / 50, gy * sx / 50, gy * sy / 50}
				for s := range params {
					b[s] += w * j[s] * d
					for t := range params {
						a[s*6+t] += w * j[s] * j[t]
					}
				}
			}
		}
		weight *= 0.8
	}
	trace := a[0] + a[7]
	if trace <= 1e-9 {
		return m
	}
	for s := range params {
		a[s*6+s] += 1e-4 * trace // where nothing says otherwise, no change
		if s >= 2 {
			a[s*6+s] += 0.02 * trace
		}
	}
	d, ok := solve(a[:], b[:], params, 6)
	if !ok {
		return m
	}
	lim := func(v, most float64) float64 { return math.Min(math.Max(v, -most), most) }
	m.U += lim(d[0], 2)
	m.V += lim(d[1], 2)
	if affine {
		m.Ux = lim(m.Ux+d[2]/50, 0.02)
		m.Uy = lim(m.Uy+d[3]/50, 0.02)
		m.Vx = lim(m.Vx+d[4]/50, 0.02)
		m.Vy = lim(m.Vy+d[5]/50, 0.02)
	}
	return m
}

// solve solves the symmetric positive system a·x = b of n unknowns, rows of stride apart, by Cholesky's method.
func solve(a, b []float64, n, stride int) ([]float64, bool) {
	l := make([]float64, n*n)
	x := make([]float64, n)
	for i := range n {
		for j := range i + 1 {
			s := a[i*stride+j]
			for k := range j {
				s -= l[i*n+k] * l[j*n+k]
			}
			if i == j {
				if !(s > 0) {
					return nil, false
				}
				l[i*n+i] = math.Sqrt(s)
			} else {
				l[i*n+j] = s / l[j*n+j]
			}
		}
	}
	for i := range n {
		s := b[i]
		for k := range i {
			s -= l[i*n+k] * x[k]
		}
		x[i] = s / l[i*n+i]
	}
	for i := n - 1; i >= 0; i-- {
		s := x[i]
		for k := i + 1; k < n; k++ {
			s -= l[k*n+i] * x[k]
		}
		x[i] = s / l[i*n+i]
	}
	return x, true
}
