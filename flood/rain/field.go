package rain

import "math"

// A Field is a rate in mm/h, or anything else, on a grid of Cols × Rows square cells, row 0 north. NaN: nothing known.
type Field struct {
	Cols, Rows int
	V          []float64
}

// NewField returns a field of zeros.
func NewField(cols, rows int) Field { return Field{cols, rows, make([]float64, cols*rows)} }

// At returns the value at column x and row y between cell centres, bilinearly; NaN outside.
func (f *Field) At(x, y float64) float64 {
	if !(x >= 0 && y >= 0 && x <= float64(f.Cols-1) && y <= float64(f.Rows-1)) {
		return math.NaN()
	}
	c, r := min(int(x), max(f.Cols-2, 0)), min(int(y), max(f.Rows-2, 0))
	a, b := x-float64(c), y-float64(r)
	k := r*f.Cols + c
	right, down := 1, f.Cols
	if f.Cols == 1 {
		right = 0
	}
	if f.Rows == 1 {
		down = 0
	}
	return (1-b)*((1-a)*f.V[k]+a*f.V[k+right]) + b*((1-a)*f.V[k+down]+a*f.V[k+down+right])
}

// Smooth returns f under a Gaussian of sigma cells, by three running means each way; beyond its edges the field is as at them.
func (f *Field) Smooth(sigma float64) Field {
	out := Field{f.Cols, f.Rows, append([]float64(nil), f.V...)}
	// Three boxes of width w have the variance (w²−1)/4.
	w := int(math.Round(math.Sqrt(4*sigma*sigma+1)/2 - 0.5))
	if w < 1 {
		return out
	}
	row := make([]float64, max(f.Cols, f.Rows))
	run := func(get func(i int) *float64, n int) {
		for range 3 {
			sum := 0.0
			at := func(i int) float64 { return *get(min(max(i, 0), n-1)) }
			for i := -w; i <= w; i++ {
				sum += at(i)
			}
			for i := range n {
				row[i] = sum / float64(2*w+1)
				sum += at(i+w+1) - at(i-w)
			}
			for i := range n {
				*get(i) = row[i]
			}
		}
	}
	for r := range f.Rows {
		run(func(i int) *float64 { return &out.V[r*f.Cols+i] }, f.Cols)
	}
	for c := range f.Cols {
		run(func(i int) *float64 { return &out.V[i*f.Cols+c] }, f.Rows)
	}
	for i, v := range out.V {
		if v < 1e-9 && v > -1e-9 { // what running sums leave
			out.V[i] = 0
		}
	}
	return out
}

// half returns f at half the resolution.
func (f *Field) half() Field {
	out := NewField(f.Cols/2, f.Rows/2)
	for r := range out.Rows {
		for c := range out.Cols {
			k := 2*r*f.Cols + 2*c
			out.V[r*out.Cols+c] = (f.V[k] + f.V[k+1] + f.V[k+f.Cols] + f.V[k+f.Cols+1]) / 4
		}
	}
	return out
}
