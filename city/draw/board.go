package draw

import (
	"image"
	"image/color"
	idraw "image/draw"
	"math"

	"github.com/paulmach/orb"
	"golang.org/x/image/vector"
)

// A board is a picture with the city's frame on it: shapes go on in metres, widths in pixels.
type board struct {
	img    *image.RGBA
	scale  float64 // pixels a metre
	fine   float64 // pixels of a hairline: 1 at 1600 pixels of width
	bounds orb.Bound
	pen    *vector.Rasterizer
}

func newBoard(w, h int, scale float64, bounds orb.Bound) *board {
	return &board{img: image.NewRGBA(image.Rect(0, 0, w, h)), scale: scale, fine: math.Max(float64(w)/1600, 0.5), bounds: bounds, pen: vector.NewRasterizer(1, 1)}
}

func (b *board) pixel(p orb.Point) (x, y float64) {
	return (p[0] - b.bounds.Min[0]) * b.scale, (b.bounds.Max[1] - p[1]) * b.scale
}

// world returns the local position of the middle of pixel x, y.
func (b *board) world(x, y int) orb.Point {
	return orb.Point{b.bounds.Min[0] + (float64(x)+0.5)/b.scale, b.bounds.Max[1] - (float64(y)+0.5)/b.scale}
}

func (b *board) all(c color.RGBA) {
	idraw.Draw(b.img, b.img.Bounds(), image.NewUniform(c), image.Point{}, idraw.Src)
}

// paint fills closed outlines in pixels by the non-zero rule. Only the box around them is worked on, so that ten thousand small
// ones cost no more than their area.
func (b *board) paint(c color.RGBA, outlines ...[]orb.Point) {
	x0, y0, x1, y1 := math.Inf(1), math.Inf(1), math.Inf(-1), math.Inf(-1)
	for _, o := range outlines {
		for _, p := range o {
			if math.IsNaN(p[0]) || math.IsNaN(p[1]) {
				return
			}
			x0, y0, x1, y1 = math.Min(x0, p[0]), math.Min(y0, p[1]), math.Max(x1, p[0]), math.Max(y1, p[1])
		}
	}
	// Compared as floats: a far-off point must not overflow an int.
	size := b.img.Bounds().Size()
	if !(x0 < float64(size.X) && y0 < float64(size.Y) && x1 > 0 && y1 > 0) {
		return
	}
	left, top := int(math.Floor(math.Max(x0, 0))), int(math.Floor(math.Max(y0, 0)))
	right, low := int(math.Ceil(math.Min(x1, float64(size.X)))), int(math.Ceil(math.Min(y1, float64(size.Y))))
	if right <= left || low <= top {
		return
	}
	b.pen.Reset(right-left, low-top)
	for _, o := range outlines {
		if len(o) < 3 {
			continue
		}
		for i, p := range o {
			x, y := float32(p[0]-float64(left)), float32(p[1]-float64(top))
			if i == 0 {
				b.pen.MoveTo(x, y)
			} else {
				b.pen.LineTo(x, y)
			}
		}
		b.pen.ClosePath()
	}
	b.pen.Draw(b.img, image.Rect(left, top, right, low), image.NewUniform(c), image.Point{})
}

// fill fills rings in metres; the inner ones of a polygon run the other way round and stay empty.
func (b *board) fill(c color.RGBA, rings ...orb.Ring) {
	out := make([][]orb.Point, len(rings))
	for i, r := range rings {
		out[i] = b.pixels(orb.LineString(r))
	}
	b.paint(c, out...)
}

func (b *board) pixels(l orb.LineString) []orb.Point {
	out := make([]orb.Point, len(l))
	for i, p := range l {
		x, y := b.pixel(p)
		out[i] = orb.Point{x, y}
	}
	return out
}

// line draws a line in metres, width in pixels, with round joins and ends.
func (b *board) line(l orb.LineString, width float64, c color.RGBA) {
	p := b.pixels(l)
	for i := 1; i < len(p); i++ {
		b.stick(p[i-1], p[i], width, c)
	}
}

// dashes draws a broken line, on and off for the same number of pixels.
func (b *board) dashes(l orb.LineString, width, dash float64, c color.RGBA) {
	p := b.pixels(l)
	gone := 0.0 // along the line
	for i := 1; i < len(p); i++ {
		d := math.Hypot(p[i][0]-p[i-1][0], p[i][1]-p[i-1][1])
		if !(d > 0) || d > 1e6 {
			continue
		}
		for from := 0.0; from < d; {
			k := math.Floor((gone+from)/dash + 1e-9)
			to := math.Min(d, math.Max((k+1)*dash-gone, from+1e-3))
			if int(k)%2 == 0 {
				at := func(s float64) orb.Point {
					return orb.Point{p[i-1][0] + (p[i][0]-p[i-1][0])*s/d, p[i-1][1] + (p[i][1]-p[i-1][1])*s/d}
				}
				b.stick(at(from), at(to), width, c)
			}
			from = to
		}
		gone += d
	}
}

// stick fills a straight piece with round ends as one outline, so that no seam shows.
func (b *board) stick(p, q orb.Point, width float64, c color.RGBA) {
	r, a := width/2, math.Atan2(q[1]-p[1], q[0]-p[0])
	n := min(max(int(width), 4), 16) // corners of a half circle
	out := make([]orb.Point, 0, 2*n+2)
	for end, at := range []orb.Point{q, p} {
		for i := range n + 1 {
			t := a + math.Pi*(float64(end)-0.5+float64(i)/float64(n))
			out = append(out, orb.Point{at[0] + r*math.Cos(t), at[1] + r*math.Sin(t)})
		}
	}
	b.paint(c, out)
}

func (b *board) disc(at orb.Point, r float64, c color.RGBA) {
	x, y := b.pixel(at)
	out := make([]orb.Point, 16)
	for i := range out {
		t := float64(i) / 16 * 2 * math.Pi
		out[i] = orb.Point{x + r*math.Cos(t), y + r*math.Sin(t)}
	}
	b.paint(c, out)
}

func (b *board) square(at orb.Point, r float64, c color.RGBA) {
	x, y := b.pixel(at)
	b.paint(c, []orb.Point{{x - r, y - r}, {x + r, y - r}, {x + r, y + r}, {x - r, y + r}})
}
