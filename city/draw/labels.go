package draw

import (
	"fmt"
	"image"
	"image/color"
	"math"
	"strings"

	"citybrain/city"

	"github.com/paulmach/orb"
	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"
)

// A writer sets labels so that none covers another.
type writer struct {
	d        *drawing
	faces    map[float64]font.Face
	typeface *opentype.Font
	taken    []image.Rectangle
}

// labels writes the districts, the waters, the scale bar and the attribution, which always stands.
func (d *drawing) labels() error {
	f, err := opentype.Parse(goregular.TTF)
	if err != nil {
		return fmt.Errorf("draw %s: typeface: %w", d.c.Name.En, err)
	}
	w := &writer{d: d, faces: map[float64]font.Face{}, typeface: f}
	defer func() {
		for _, face := range w.faces {
			face.Close()
		}
	}()
	size := d.img.Bounds().Size()
	small, big := 11*d.fine, 17*d.fine
	if err := w.foot(size, small); err != nil {
		return err
	}
	for i := range d.c.Waters {
		wt := &d.c.Waters[i]
		n, at := big, orb.Point{}
		if wt.Kind != "river" {
			n = small
		}
		switch {
		case len(wt.Centre) > 1:
			at = wt.Centre[len(wt.Centre)*2/5]
		case len(wt.Outline) > 0 && len(wt.Outline[0]) > 2:
			at = middle(wt.Outline[0])
		default:
			continue
		}
		if err := w.put(wt.Name, at, n, mix(d.look.label, d.look.water, 0.25)); err != nil {
			return err
		}
	}
	for i := range d.c.Districts {
		ds := &d.c.Districts[i]
		if len(ds.Outline) == 0 || len(ds.Outline[0]) < 3 {
			continue
		}
		name := ds.Name
		name.En = strings.ToUpper(name.En)
		if err := w.put(name, middle(ds.Outline[0]), big, d.look.label); err != nil {
			return err
		}
	}
	return nil
}

// foot writes the scale bar and the attribution along the lower edge.
func (w *writer) foot(size image.Point, small float64) error {
	d := w.d
	gap := 12 * d.fine
	// The longest bar of 1, 2 or 5 × 10ⁿ metres within a sixth of the width.
	most := float64(size.X) / 6 / d.scale
	bar := math.Pow(10, math.Floor(math.Log10(most)))
	for _, k := range []float64{5, 2} {
		if bar*k <= most {
			bar *= k
			break
		}
	}
	y, x0, x1 := float64(size.Y)-gap, gap, gap+bar*d.scale
	rect := func(a, b, c, e float64) []orb.Point { return []orb.Point{{a, b}, {c, b}, {c, e}, {a, e}} }
	for _, r := range [][]orb.Point{rect(x0, y-2*d.fine, x1, y), rect(x0, y-7*d.fine, x0+2*d.fine, y), rect(x1-2*d.fine, y-7*d.fine, x1, y)} {
		d.paint(d.look.label, r)
	}
	text := fmt.Sprintf("%g m", bar)
	if bar >= 1000 {
		text = fmt.Sprintf("%g km", bar/1000)
	}
	if err := w.set(text, x0+5*d.fine, y-6*d.fine, small, d.look.label); err != nil {
		return err
	}
	w.taken = append(w.taken, image.Rect(0, int(y-3*small), int(x1+gap), size.Y))
	credit := strings.Join(d.c.Attribution, " · ")
	wide, err := w.width(credit, small)
	if err != nil || credit == "" {
		return err
	}
	x := math.Max(float64(size.X)-gap-wide, 0)
	w.taken = append(w.taken, image.Rect(int(x-gap), int(y-2*small), size.X, size.Y))
	return w.set(credit, x, y, small, d.look.label)
}

func latin(s string) bool {
	for _, r := range s {
		if r >= 0x2e80 {
			return false
		}
	}
	return s != ""
}

func (w *writer) face(size float64) (font.Face, error) {
	if f, ok := w.faces[size]; ok {
		return f, nil
	}
	f, err := opentype.NewFace(w.typeface, &opentype.FaceOptions{Size: size, DPI: 72, Hinting: font.HintingNone})
	if err != nil {
		return nil, fmt.Errorf("draw %s: typeface: %w", w.d.c.Name.En, err)
	}
	w.faces[size] = f
	return f, nil
}

func (w *writer) width(text string, size float64) (float64, error) {
	f, err := w.face(size)
	if err != nil {
		return 0, err
	}
	return float64(font.MeasureString(f, text)) / 64, nil
}

// put writes name centred at a place, unless it would run over another label or off the map.
func (w *writer) put(name city.Text, at orb.Point, size float64, c color.RGBA) error {
	text := name.In(w.d.opt.Lang)
	if !latin(text) {
		text = name.En
	}
	if !latin(text) {
		return nil
	}
	wide, err := w.width(text, size)
	if err != nil {
		return err
	}
	x, y := w.d.pixel(at)
	x, y = x-wide/2, y+size*0.35
	box := image.Rect(int(x-size/2), int(y-size*1.1), int(x+wide+size/2), int(y+size*0.4))
	if !box.In(w.d.img.Bounds()) {
		return nil
	}
	for _, t := range w.taken {
		if t.Overlaps(box) {
			return nil
		}
	}
	w.taken = append(w.taken, box)
	return w.set(text, x, y, size, c)
}

// set writes text with its baseline at y and a halo around it.
func (w *writer) set(text string, x, y, size float64, c color.RGBA) error {
	f, err := w.face(size)
	if err != nil {
		return err
	}
	write := func(dx, dy float64, c color.RGBA) {
		p := font.Drawer{Dst: w.d.img, Src: image.NewUniform(c), Face: f, Dot: fixed.Point26_6{X: fixed.Int26_6((x + dx) * 64), Y: fixed.Int26_6((y + dy) * 64)}}
		p.DrawString(text)
	}
	for i := range 12 {
		t := float64(i) / 12 * 2 * math.Pi
		write(1.5*w.d.fine*math.Cos(t), 1.5*w.d.fine*math.Sin(t), w.d.look.halo)
	}
	write(0, 0, c)
	return nil
}
