package riverside

import (
	"math"

	"github.com/paulmach/orb"
)

// The city's size and its river, m.
const (
	width, height = 7800.0, 6600.0
	riverWidth    = 440.0
)

// bend is the river's course: from the south up to the sharp bend and away to the east, wandering a little with the seed.
func bend(n *noise) orb.LineString {
	knots := []orb.Point{{4300, -600}, {4150, 500}, {3800, 1500}, {3350, 2400}, {3150, 3300}, {3400, 4150}, {4150, 4650}, {5050, 4600}, {5900, 4350}, {6900, 4500}, {8600, 4900}}
	for i := range knots {
		knots[i][0] += 60 * n.at(float64(i)*2.3, 1)
		knots[i][1] += 60 * n.at(float64(i)*1.7, 9)
	}
	return spline(knots, 9)
}

// spline is a Catmull–Rom curve through knots with k points a span.
func spline(p []orb.Point, k int) orb.LineString {
	var out orb.LineString
	at := func(i int) orb.Point { return p[min(max(i, 0), len(p)-1)] }
	for i := 0; i+1 < len(p); i++ {
		a, b, c, d := at(i-1), at(i), at(i+1), at(i+2)
		for s := range k {
			t := float64(s) / float64(k)
			var q orb.Point
			for x := range 2 {
				q[x] = 0.5 * (2*b[x] + (c[x]-a[x])*t + (2*a[x]-5*b[x]+4*c[x]-d[x])*t*t + (3*b[x]-a[x]-3*c[x]+d[x])*t*t*t)
			}
			out = append(out, q)
		}
	}
	return append(out, p[len(p)-1])
}

// offset is a line at d metres to the right of l.
func offset(l orb.LineString, d float64) orb.LineString {
	out := make(orb.LineString, len(l))
	for i := range l {
		a, b := l[max(0, i-1)], l[min(len(l)-1, i+1)]
		n := math.Hypot(b[0]-a[0], b[1]-a[1])
		out[i] = orb.Point{l[i][0] + (b[1]-a[1])/n*d, l[i][1] - (b[0]-a[0])/n*d}
	}
	return out
}

// ribbon is the area within half a width of a line.
func ribbon(l orb.LineString, w float64) orb.Polygon {
	ring := orb.Ring(offset(l, w/2))
	back := offset(l, -w/2)
	for i := len(back) - 1; i >= 0; i-- {
		ring = append(ring, back[i])
	}
	return orb.Polygon{append(ring, ring[0])}
}

// away returns the distance of p from l, and on which side p lies (positive: right).
func away(l orb.LineString, p orb.Point) (dist, side float64) {
	least := math.Inf(1)
	for i := 1; i < len(l); i++ {
		a, b := &l[i-1], &l[i]
		vx, vy := b[0]-a[0], b[1]-a[1]
		px, py := p[0]-a[0], p[1]-a[1]
		t := (px*vx + py*vy) / (vx*vx + vy*vy)
		if t > 1 {
			t = 1
		} else if !(t > 0) {
			t = 0
		}
		dx, dy := px-t*vx, py-t*vy
		if d := dx*dx + dy*dy; d < least {
			least, side = d, vy*dx-vx*dy
		}
	}
	return math.Sqrt(least), side
}

// noise is smooth value noise in two dimensions, in −1…1.
type noise struct{ draw func(x, y int) float64 }

func (n *noise) at(x, y float64) float64 {
	ix, iy := math.Floor(x), math.Floor(y)
	fx, fy := x-ix, y-iy
	sx, sy := fx*fx*(3-2*fx), fy*fy*(3-2*fy)
	v := func(dx, dy int) float64 { return n.draw(int(ix)+dx, int(iy)+dy) }
	return (v(0, 0)*(1-sx)+v(1, 0)*sx)*(1-sy) + (v(0, 1)*(1-sx)+v(1, 1)*sx)*sy
}
