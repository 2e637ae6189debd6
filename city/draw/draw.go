// Package draw pictures a city pack as a PNG map: water, blocks, buildings by height, streets by class, signals, names.
//
// In: a city, a width in pixels. Out: a PNG with a scale bar and the pack's attribution. Labels are in Latin letters: no font
// for Chinese ships with the binary.
package draw

import (
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"io"
	"math"
	"strings"

	"citybrain/city"
	"github.com/paulmach/orb"
	"golang.org/x/image/font"
	"golang.org/x/image/font/basicfont"
	"golang.org/x/image/math/fixed"
	"golang.org/x/image/vector"
)

// Options is how a map looks.
type Options struct {
	Width int // pixels, 200–8000; the height follows from the city
	Light bool
}

type palette struct{ land, water, creek, low, tall, casing, local, main, fast, signal, text, halo color.RGBA }

var (
	dark  = palette{rgb(0x0b1220), rgb(0x12335c), rgb(0x164272), rgb(0x1d2b44), rgb(0x6f9bd0), rgb(0x0b1220), rgb(0x24344f), rgb(0x4a6a9f), rgb(0x7f8fd8), rgb(0x37c88b), rgb(0xc4cfdf), rgb(0x0b1220)}
	light = palette{rgb(0xf3f2ee), rgb(0xa9cbe6), rgb(0xb6d5ea), rgb(0xdfdcd4), rgb(0x9aa4b8), rgb(0xcfcbc2), rgb(0xffffff), rgb(0xfdf6e3), rgb(0xf2cf7a), rgb(0x0d8050), rgb(0x333a45), rgb(0xf7f6f2)}
)

func rgb(v uint32) color.RGBA { return color.RGBA{uint8(v >> 16), uint8(v >> 8), uint8(v), 255} }

// PNG writes a picture of c to w. It is an error if the city has no extent or the width is out of range.
func PNG(w io.Writer, c *city.City, opt Options) error {
	if opt.Width < 200 || opt.Width > 8000 {
		return fmt.Errorf("draw: a width of %d pixels; give 200 to 8000", opt.Width)
	}
	b := c.Bounds
	if !(b.Max[0] > b.Min[0] && b.Max[1] > b.Min[1]) {
		return fmt.Errorf("draw: city %s has no extent", c.Name.En)
	}
	scale := float64(opt.Width) / (b.Max[0] - b.Min[0])
	height := max(1, int((b.Max[1]-b.Min[1])*scale))
	m := &canvas{img: image.NewRGBA(image.Rect(0, 0, opt.Width, height)), scale: scale, west: b.Min[0], north: b.Max[1], r: vector.NewRasterizer(opt.Width, height)}
	p := dark
	if opt.Light {
		p = light
	}
	draw.Draw(m.img, m.img.Bounds(), image.NewUniform(p.land), image.Point{}, draw.Src)
	for i := range c.Waters {
		col := p.creek
		if c.Waters[i].Kind == "river" {
			col = p.water
		}
		m.fill(c.Waters[i].Outline, col)
	}
	streets := func(ok func(*city.Link) bool, col color.RGBA, extra float64) {
		for i := range c.Streets.Links {
			l := &c.Streets.Links[i]
			if ok(l) && !(l.Reverse >= 0 && int(l.Reverse) < i) {
				m.stroke(l.Line, math.Max(0.8, (float64(l.Lanes)*5+extra)*scale), col)
			}
		}
	}
	ground := func(l *city.Link) bool { return l.Level <= 0 }
	streets(func(l *city.Link) bool { return ground(l) && l.Class >= city.Tertiary }, p.local, 0)
	streets(func(l *city.Link) bool { return ground(l) && l.Class < city.Tertiary }, p.casing, 8)
	streets(func(l *city.Link) bool { return ground(l) && l.Class < city.Tertiary }, p.main, 0)
	for i := range c.Buildings {
		t := math.Min(1, c.Buildings[i].Height/200)
		m.fill(orb.Polygon{c.Buildings[i].Outline}, mix(p.low, p.tall, math.Sqrt(t)))
	}
	streets(func(l *city.Link) bool { return l.Level > 0 }, p.casing, 12)
	streets(func(l *city.Link) bool { return l.Level > 0 }, p.fast, 0)
	for i := range c.Signals {
		m.dot(c.Signals[i].At, math.Max(1.2, 9*scale), p.signal)
	}
	for i := range c.Districts {
		d := &c.Districts[i]
		if len(d.Outline) > 0 {
			m.text(d.Outline.Bound().Center(), strings.ToUpper(d.Name.In("en")), p.text, p.halo, true)
		}
	}
	step := nice((b.Max[0] - b.Min[0]) / 6)
	y := float64(height-14)/scale - b.Max[1]
	m.stroke(orb.LineString{{b.Min[0] + 12/scale, -y}, {b.Min[0] + 12/scale + step, -y}}, 3, p.text)
	m.text(orb.Point{b.Min[0] + 12/scale, -y + 16/scale}, fmt.Sprintf("%g m", step), p.text, p.halo, false)
	m.text(orb.Point{b.Min[0] + 12/scale + step + 16/scale, -y}, strings.Map(latin, strings.Join(c.Attribution, ", ")), p.text, p.halo, false)
	return png.Encode(w, m.img)
}

// latin keeps what the built-in font can draw.
func latin(r rune) rune {
	switch {
	case r == '©':
		return 'c'
	case r < 128:
		return r
	}
	return -1
}

// nice rounds a length down to 1, 2 or 5 times a power of ten.
func nice(v float64) float64 {
	p := math.Pow(10, math.Floor(math.Log10(v)))
	for _, k := range []float64{5, 2, 1} {
		if k*p <= v {
			return k * p
		}
	}
	return p
}

func mix(a, b color.RGBA, t float64) color.RGBA {
	f := func(x, y uint8) uint8 { return uint8(float64(x) + t*(float64(y)-float64(x))) }
	return color.RGBA{f(a.R, b.R), f(a.G, b.G), f(a.B, b.B), 255}
}

type canvas struct {
	img         *image.RGBA
	r           *vector.Rasterizer
	scale       float64
	west, north float64
}

func (m *canvas) at(p orb.Point) (x, y float64) {
	return (p[0] - m.west) * m.scale, (m.north - p[1]) * m.scale
}

// paint fills rings given in pixels, drawing only the box that they cover.
func (m *canvas) paint(rings [][][2]float64, col color.RGBA) {
	x0, y0, x1, y1 := math.Inf(1), math.Inf(1), math.Inf(-1), math.Inf(-1)
	for _, r := range rings {
		for _, q := range r {
			x0, y0, x1, y1 = math.Min(x0, q[0]), math.Min(y0, q[1]), math.Max(x1, q[0]), math.Max(y1, q[1])
		}
	}
	box := image.Rect(int(x0), int(y0), int(x1)+2, int(y1)+2).Intersect(m.img.Bounds())
	if box.Empty() {
		return
	}
	m.r.Reset(box.Dx(), box.Dy())
	for _, r := range rings {
		for i, q := range r {
			x, y := float32(q[0])-float32(box.Min.X), float32(q[1])-float32(box.Min.Y)
			if i == 0 {
				m.r.MoveTo(x, y)
			} else {
				m.r.LineTo(x, y)
			}
		}
		m.r.ClosePath()
	}
	m.r.Draw(m.img, box, image.NewUniform(col), image.Point{})
}

func (m *canvas) fill(p orb.Polygon, col color.RGBA) {
	var rings [][][2]float64
	for _, r := range p {
		var out [][2]float64
		for _, q := range r {
			x, y := m.at(q)
			out = append(out, [2]float64{x, y})
		}
		rings = append(rings, out)
	}
	m.paint(rings, col)
}

func (m *canvas) stroke(l orb.LineString, width float64, col color.RGBA) {
	for i := 1; i < len(l); i++ {
		ax, ay := m.at(l[i-1])
		bx, by := m.at(l[i])
		n := math.Hypot(bx-ax, by-ay)
		if n == 0 {
			continue
		}
		dx, dy := (bx-ax)/n*width/2, (by-ay)/n*width/2
		m.paint([][][2]float64{{{ax - dy, ay + dx}, {bx - dy, by + dx}, {bx + dy, by - dx}, {ax + dy, ay - dx}}}, col)
	}
	if width > 2 {
		for _, p := range l {
			m.dot(p, width/2, col)
		}
	}
}

func (m *canvas) dot(p orb.Point, radius float64, col color.RGBA) {
	x, y := m.at(p)
	var ring [][2]float64
	for i := range 12 {
		a := float64(i) * math.Pi / 6
		ring = append(ring, [2]float64{x + radius*math.Cos(a), y + radius*math.Sin(a)})
	}
	m.paint([][][2]float64{ring}, col)
}

func (m *canvas) text(p orb.Point, s string, col, halo color.RGBA, centred bool) {
	x, y := m.at(p)
	d := &font.Drawer{Dst: m.img, Face: basicfont.Face7x13}
	if centred {
		x -= float64(d.MeasureString(s).Round()) / 2
	}
	for _, o := range [][3]float64{{-1, 0, 0}, {1, 0, 0}, {0, -1, 0}, {0, 1, 0}, {0, 0, 1}} {
		d.Src = image.NewUniform(halo)
		if o[2] == 1 {
			d.Src = image.NewUniform(col)
		}
		d.Dot = fixed.P(int(x+o[0]), int(y+o[1])+4)
		d.DrawString(s)
	}
}
