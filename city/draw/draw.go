package draw

import (
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io"
	"math"
	"slices"

	"citybrain/city"

	"github.com/paulmach/orb"
)

// Options say how a map looks.
type Options struct {
	Width int  // pixels, 0: 1600; the height follows from the city's bounds
	Dark  bool // as on the console
	// Lang is the language that labels should have. A name without a Latin form is left out: see the package comment.
	Lang string
}

// MaxWidth is the widest map in pixels.
const MaxWidth = 12000

// A palette is the colours of one look.
type palette struct {
	land, green, water, creek, casing, tunnel, label, halo, signal, gate, pump color.RGBA
	street                                                                     [7]color.RGBA // by RoadClass
	low, tall                                                                  color.RGBA    // buildings of no height and of 250 m and more
	shade                                                                      float64       // strength of the relief
}

func rgb(hex uint32) color.RGBA {
	return color.RGBA{uint8(hex >> 16), uint8(hex >> 8), uint8(hex), 255}
}

var (
	darkLook = palette{land: rgb(0x0b1220), green: rgb(0x0f1c22), water: rgb(0x10335f), creek: rgb(0x164277), casing: rgb(0x070c16), tunnel: rgb(0x7f6bb8),
		label: rgb(0xd6e2f5), halo: rgb(0x0b1220), signal: rgb(0x38d39f), gate: rgb(0xffb347), pump: rgb(0x6fe3ff),
		street: [7]color.RGBA{rgb(0x9b6fd0), rgb(0x7b86d8), rgb(0x4f86e8), rgb(0x3e68b8), rgb(0x31507f), rgb(0x283f63), rgb(0x22344f)},
		low:    rgb(0x1c2c4a), tall: rgb(0x9db8dc), shade: 0.25}
	lightLook = palette{land: rgb(0xf2efe9), green: rgb(0xe3ecd8), water: rgb(0xa9cbe6), creek: rgb(0x9cc2e0), casing: rgb(0xc2b8a6), tunnel: rgb(0xa58fc4),
		label: rgb(0x2b3340), halo: rgb(0xfaf8f4), signal: rgb(0x138a5c), gate: rgb(0xc86400), pump: rgb(0x00718f),
		street: [7]color.RGBA{rgb(0xe2a06f), rgb(0xf0bd7d), rgb(0xf7d58c), rgb(0xfbe9b4), rgb(0xffffff), rgb(0xffffff), rgb(0xffffff)},
		low:    rgb(0xdcd3c5), tall: rgb(0x8d7f70), shade: 0.12}
)

// PNG draws c on w. It is an error if the city has no extent or the width is out of range.
func PNG(w io.Writer, c *city.City, opt Options) error {
	img, err := Image(c, opt)
	if err != nil {
		return err
	}
	if err := png.Encode(w, img); err != nil {
		return fmt.Errorf("draw %s: %w", c.Name.En, err)
	}
	return nil
}

// Image draws c as a picture in memory; errors as for PNG.
func Image(c *city.City, opt Options) (*image.RGBA, error) {
	if opt.Width == 0 {
		opt.Width = 1600
	}
	wide, high := c.Bounds.Max[0]-c.Bounds.Min[0], c.Bounds.Max[1]-c.Bounds.Min[1]
	if !(wide > 0) || !(high > 0) {
		return nil, fmt.Errorf("draw %s: its bounds are %g m × %g m; a map needs an extent", c.Name.En, wide, high)
	}
	tall := math.Ceil(float64(opt.Width) * high / wide)
	if opt.Width < 64 || opt.Width > MaxWidth || tall > 2*MaxWidth {
		return nil, fmt.Errorf("draw %s: a width of %d pixels; give 64 to %d, and a city not taller than twice that", c.Name.En, opt.Width, MaxWidth)
	}
	k := &lightLook
	if opt.Dark {
		k = &darkLook
	}
	b := newBoard(opt.Width, max(1, int(tall)), float64(opt.Width)/wide, c.Bounds)
	d := drawing{board: b, c: c, look: k, opt: opt}
	d.ground()
	d.waters()
	d.streets(func(l *city.Link) bool { return l.Level < 0 }, true)
	d.buildings()
	d.streets(func(l *city.Link) bool { return l.Level == 0 && !l.Bridge }, false)
	d.streets(func(l *city.Link) bool { return l.Level > 0 || l.Level == 0 && l.Bridge }, false)
	d.points()
	if err := d.labels(); err != nil {
		return nil, err
	}
	return b.img, nil
}

type drawing struct {
	*board
	c    *city.City
	look *palette
	opt  Options
}

// ground paints the land, greener where little of it is sealed, with a relief lit from the north-west.
func (d *drawing) ground() {
	d.all(d.look.land)
	t := d.c.Terrain
	if t == nil || len(t.Z) != t.Cells() || len(t.Impervious) != len(t.Z) {
		return
	}
	z := func(x, y int) float64 {
		return float64(t.Z[min(max(y, 0), t.Rows-1)*t.Cols+min(max(x, 0), t.Cols-1)])
	}
	box := d.img.Bounds()
	for y := range box.Dy() {
		for x := range box.Dx() {
			i := t.Index(d.world(x, y))
			if i < 0 || math.IsNaN(float64(t.Z[i])) {
				continue
			}
			// Open ground below a runoff share of 0.7 turns to the colour of green.
			col := mix(d.look.land, d.look.green, min(max((0.75-float64(t.Impervious[i]))*4, 0), 1))
			cx, cy := i%t.Cols, i/t.Cols
			slope := z(cx-1, cy-1) - z(cx+1, cy+1)
			if !math.IsNaN(slope) {
				s := d.look.shade * min(max(-slope, -1), 1)
				to := color.RGBA{255, 255, 255, 255}
				if s < 0 {
					to, s = color.RGBA{0, 0, 0, 255}, -s
				}
				col = mix(col, to, s*0.5)
			}
			d.img.SetRGBA(x, y, col)
		}
	}
}

func (d *drawing) waters() {
	for i := range d.c.Waters {
		w := &d.c.Waters[i]
		col := d.look.water
		if w.Kind == "creek" {
			col = d.look.creek
		}
		if len(w.Outline) > 0 {
			d.fill(col, w.Outline...)
		} else {
			d.line(w.Centre, 15*d.scale, col)
		}
	}
}

func (d *drawing) buildings() {
	for i := range d.c.Buildings {
		b := &d.c.Buildings[i]
		// By the square root: between three floors and ten there is more to see than between fifty and sixty.
		col := mix(d.look.low, d.look.tall, math.Sqrt(min(max(b.Height, 0)/250, 1)))
		d.fill(col, b.Outline)
	}
}

// laneWidth is what a lane is drawn at, m; narrow ones would vanish on a map of a whole city, so no line is under minWidth pixels.
const laneWidth = 3.5

var minWidth = [7]float64{2.4, 2.2, 2.0, 1.5, 1.0, 0.8, 0.6} // by RoadClass

// streets draws the links that pick takes, casings first, the least important below.
func (d *drawing) streets(pick func(*city.Link) bool, tunnel bool) {
	var ids []int
	links := d.c.Streets.Links
	for i := range links {
		l := &links[i]
		// One line for both directions, where both are drawn at all.
		if pick(l) && !(l.Reverse >= 0 && int(l.Reverse) < i && int(l.Reverse) < len(links) && pick(&links[l.Reverse])) {
			ids = append(ids, i)
		}
	}
	slices.SortStableFunc(ids, func(a, b int) int { return int(links[b].Class) - int(links[a].Class) })
	width := func(l *city.Link) float64 {
		lanes := float64(l.Lanes)
		if l.Reverse >= 0 && int(l.Reverse) < len(links) {
			lanes += float64(links[l.Reverse].Lanes)
		}
		return math.Max(lanes*laneWidth*d.scale, minWidth[min(int(l.Class), len(minWidth)-1)]*d.fine)
	}
	if tunnel {
		for _, i := range ids {
			d.dashes(links[i].Line, 1.6*d.fine, 6*d.fine, d.look.tunnel)
		}
		return
	}
	for _, i := range ids {
		d.line(links[i].Line, width(&links[i])+1.4*d.fine, d.look.casing)
	}
	for _, i := range ids {
		l := &links[i]
		d.line(l.Line, width(l), d.look.street[min(int(l.Class), len(d.look.street)-1)])
	}
}

func (d *drawing) points() {
	for i := range d.c.Signals {
		d.disc(d.c.Signals[i].At, 2.6*d.fine, d.look.casing)
		d.disc(d.c.Signals[i].At, 1.9*d.fine, d.look.signal)
	}
	for i := range d.c.Drains.Pumps {
		d.square(d.c.Drains.Pumps[i].At, 3*d.fine, d.look.halo)
		d.square(d.c.Drains.Pumps[i].At, 2.2*d.fine, d.look.pump)
	}
	for i := range d.c.Drains.Gates {
		d.square(d.c.Drains.Gates[i].At, 3.8*d.fine, d.look.halo)
		d.square(d.c.Drains.Gates[i].At, 3*d.fine, d.look.gate)
	}
}

func mix(a, b color.RGBA, t float64) color.RGBA {
	m := func(x, y uint8) uint8 { return uint8(math.Round(float64(x) + (float64(y)-float64(x))*t)) }
	return color.RGBA{m(a.R, b.R), m(a.G, b.G), m(a.B, b.B), 255}
}

// middle returns the centroid of a ring's area, or the mean of its points if it has none.
func middle(r orb.Ring) orb.Point {
	var a, x, y, mx, my float64
	for i, p := range r {
		q := r[(i+1)%len(r)]
		w := p[0]*q[1] - q[0]*p[1]
		a, x, y = a+w, x+(p[0]+q[0])*w, y+(p[1]+q[1])*w
		mx, my = mx+p[0]/float64(len(r)), my+p[1]/float64(len(r))
	}
	if math.Abs(a) < 1e-6 {
		return orb.Point{mx, my}
	}
	return orb.Point{x / (3 * a), y / (3 * a)}
}
