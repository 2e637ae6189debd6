package importer

import (
	"math"
	"slices"

	"citybrain/city"

	"github.com/paulmach/orb"
)

// fine is how many samples a side of a cell a shape is counted by.
const fine = 4

// fill calls add for each cell that polygon p covers, with the share of the cell that it covers in steps of 1/fine².
func fill(g city.Grid, p orb.Polygon, add func(cell int, share float64)) {
	if len(p) == 0 || len(p[0]) < 4 {
		return
	}
	bound := p[0].Bound()
	step := g.Cell / fine
	r0 := max(0, int(math.Floor((g.North-bound.Max[1])/step)))
	r1 := min(g.Rows*fine-1, int(math.Floor((g.North-bound.Min[1])/step)))
	c0 := max(0, int(math.Floor((bound.Min[0]-g.West)/g.Cell)))
	c1 := min(g.Cols-1, int(math.Floor((bound.Max[0]-g.West)/g.Cell)))
	if c0 > c1 {
		return
	}
	count := make([]int, c1-c0+1)
	var xs []float64
	for r := r0; r <= r1; r++ {
		y := g.North - (float64(r)+0.5)*step
		xs = xs[:0]
		for _, ring := range p {
			for i := 0; i+1 < len(ring); i++ {
				a, b := ring[i], ring[i+1]
				if (a[1] > y) != (b[1] > y) {
					xs = append(xs, a[0]+(b[0]-a[0])*(y-a[1])/(b[1]-a[1]))
				}
			}
		}
		slices.Sort(xs)
		for i := 0; i+1 < len(xs); i += 2 {
			// Samples stand in the middle of each quarter cell.
			s0 := max(c0*fine, int(math.Ceil((xs[i]-g.West)/step-0.5)))
			s1 := min((c1+1)*fine-1, int(math.Ceil((xs[i+1]-g.West)/step-0.5))-1)
			for s := s0; s <= s1; s++ {
				count[s/fine-c0]++
			}
		}
		if r%fine == fine-1 || r == r1 {
			for i, n := range count {
				if n > 0 {
					add(r/fine*g.Cols+c0+i, float64(n)/(fine*fine))
					count[i] = 0
				}
			}
		}
	}
}

// along calls add for each cell that a line passes, once a run.
func along(g city.Grid, line orb.LineString, add func(cell int)) {
	last := -1
	for i := 0; i+1 < len(line); i++ {
		a, b := line[i], line[i+1]
		n := int(math.Hypot(b[0]-a[0], b[1]-a[1])/(g.Cell/2)) + 1
		for k := 0; k <= n; k++ {
			t := float64(k) / float64(n)
			if c := g.Index(orb.Point{a[0] + t*(b[0]-a[0]), a[1] + t*(b[1]-a[1])}); c >= 0 && c != last {
				add(c)
				last = c
			}
		}
	}
}

// strip returns the outline of a line of a width in metres.
func strip(line orb.LineString, width float64) orb.Polygon {
	n := len(line)
	ring := make(orb.Ring, 0, 2*n+1)
	side := func(i int, s float64) orb.Point {
		a, b := line[max(i-1, 0)], line[min(i+1, n-1)]
		l := math.Hypot(b[0]-a[0], b[1]-a[1])
		if l == 0 {
			return line[i]
		}
		return orb.Point{line[i][0] + s*(b[1]-a[1])/l, line[i][1] - s*(b[0]-a[0])/l}
	}
	for i := range n {
		ring = append(ring, side(i, width/2))
	}
	for i := n - 1; i >= 0; i-- {
		ring = append(ring, side(i, -width/2))
	}
	return orb.Polygon{append(ring, ring[0])}
}

// reach returns for each cell the distance in metres, along rows, columns and diagonals, to the nearest cell of from.
func reach(g city.Grid, from []bool) []float64 {
	d := make([]float64, g.Cells())
	for i := range d {
		if !from[i] {
			d[i] = math.Inf(1)
		}
	}
	relax := func(i, r, c int, w float64) {
		if r >= 0 && r < g.Rows && c >= 0 && c < g.Cols {
			d[i] = math.Min(d[i], d[r*g.Cols+c]+w)
		}
	}
	diag := g.Cell * math.Sqrt2
	for r := range g.Rows {
		for c := range g.Cols {
			i := r*g.Cols + c
			relax(i, r-1, c-1, diag)
			relax(i, r-1, c, g.Cell)
			relax(i, r-1, c+1, diag)
			relax(i, r, c-1, g.Cell)
		}
	}
	for r := g.Rows - 1; r >= 0; r-- {
		for c := g.Cols - 1; c >= 0; c-- {
			i := r*g.Cols + c
			relax(i, r+1, c+1, diag)
			relax(i, r+1, c, g.Cell)
			relax(i, r+1, c-1, diag)
			relax(i, r, c+1, g.Cell)
		}
	}
	return d
}
