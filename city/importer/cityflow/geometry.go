package cityflow

import (
	"math"

	"github.com/paulmach/orb"
)

func (p point) at() (orb.Point, bool) {
	if p.X == nil || p.Y == nil || math.Abs(*p.X) > 1e9 || math.Abs(*p.Y) > 1e9 {
		return orb.Point{}, false
	}
	return orb.Point{*p.X, *p.Y}, true
}

func lineOf(ps []point) (orb.LineString, bool) {
	line := make(orb.LineString, len(ps))
	for i, p := range ps {
		var ok bool
		if line[i], ok = p.at(); !ok {
			return nil, false
		}
	}
	return line, true
}

func length(line orb.LineString) float64 {
	sum := 0.0
	for i := 1; i < len(line); i++ {
		sum += distance(line[i-1], line[i])
	}
	return sum
}

func distance(a, b orb.Point) float64 { return math.Hypot(b[0]-a[0], b[1]-a[1]) }

// towards returns the unit vector from a to b.
func towards(a, b orb.Point) orb.Point {
	d := distance(a, b)
	return orb.Point{(b[0] - a[0]) / d, (b[1] - a[1]) / d}
}

func along(p, u orb.Point, d float64) orb.Point { return orb.Point{p[0] + u[0]*d, p[1] + u[1]*d} }

// shorten moves the ends of a line inwards along its first and last piece; false where a piece is not longer than that.
func shorten(line orb.LineString, head, tail float64) (orb.LineString, bool) {
	out, n := line.Clone(), len(line)
	first, last := distance(line[0], line[1]), distance(line[n-2], line[n-1])
	if head >= first || tail >= last || n == 2 && head+tail >= first {
		return nil, false
	}
	out[0] = along(line[0], towards(line[0], line[1]), head)
	out[n-1] = along(line[n-1], towards(line[n-1], line[n-2]), tail)
	return out, true
}

// aside returns the line d metres to the right of line; a bend's point lies on the mean direction of its pieces, as CityFlow
// has it (a little nearer than a parallel line's).
func aside(line orb.LineString, d float64) orb.LineString {
	out := make(orb.LineString, len(line))
	for i := range line {
		var u orb.Point
		switch {
		case i == 0:
			u = towards(line[0], line[1])
		case i == len(line)-1:
			u = towards(line[i-1], line[i])
		default:
			a, b := towards(line[i-1], line[i]), towards(line[i], line[i+1])
			if s := (orb.Point{a[0] + b[0], a[1] + b[1]}); s != (orb.Point{}) {
				u = towards(orb.Point{}, s)
			} else {
				u = a // straight back
			}
		}
		out[i] = orb.Point{line[i][0] + u[1]*d, line[i][1] - u[0]*d}
	}
	return out
}

// curve joins the end of one lane to the start of another by a cubic Bézier curve in ten pieces. Its arms are half as long as
// the way between, at least 5 m where the intersection is 5 m wide.
func curve(from, to orb.LineString, width float64) orb.LineString {
	const pieces = 10
	a, b := from[len(from)-1], to[0]
	arm := distance(a, b) / 2
	if arm < 5 && width >= 5 {
		arm = 5
	}
	c := along(a, towards(from[len(from)-2], a), arm)
	d := along(b, towards(b, to[1]), -arm)
	out := make(orb.LineString, pieces+1)
	for i := range out {
		t := float64(i) / pieces
		for k := range 2 {
			out[i][k] = (1-t)*(1-t)*(1-t)*a[k] + 3*(1-t)*(1-t)*t*c[k] + 3*(1-t)*t*t*d[k] + t*t*t*b[k]
		}
	}
	return out
}

// meet reports whether two lines cross.
func meet(a, b orb.LineString) bool {
	side := func(p, q, r orb.Point) float64 { return (q[0]-p[0])*(r[1]-p[1]) - (q[1]-p[1])*(r[0]-p[0]) }
	for i := 1; i < len(a); i++ {
		for k := 1; k < len(b); k++ {
			if side(a[i-1], a[i], b[k-1])*side(a[i-1], a[i], b[k]) < 0 && side(b[k-1], b[k], a[i-1])*side(b[k-1], b[k], a[i]) < 0 {
				return true
			}
		}
	}
	return false
}
