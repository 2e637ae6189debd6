package main

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math"
	"os"
	"path/filepath"

	"citybrain/city"
	"citybrain/city/water"
	"citybrain/flood/surface"

	"golang.org/x/image/font"
	"golang.org/x/image/font/basicfont"
	"golang.org/x/image/math/fixed"
)

// writeFlood writes max_depth.tif, gauges.csv, account.csv and flood.png to dir.
func writeFlood(dir string, c *water.Case, rec *surface.Record) error {
	peak := make([]float64, c.Cells())
	rec.Sim.Peaks(peak)
	picture, err := floodPicture(c.Grid, c.Z, peak)
	if err != nil {
		return fmt.Errorf("flood.png: %w", err)
	}
	for _, f := range []struct {
		name string
		data []byte
	}{{"max_depth.tif", geoTIFF(c, peak)}, {"gauges.csv", gaugeCSV(rec)}, {"account.csv", accountCSV(rec)}, {"flood.png", picture}} {
		if err := os.WriteFile(filepath.Join(dir, f.name), f.data, 0o644); err != nil {
			return err
		}
	}
	return nil
}

// gaugeCSV has a line a report: the time, then depth, level and speed of each gauge.
func gaugeCSV(rec *surface.Record) []byte {
	var b bytes.Buffer
	w := bufio.NewWriter(&b)
	fmt.Fprint(w, "time_s")
	for _, g := range rec.Gauges {
		fmt.Fprintf(w, ",%q,%q,%q", g.Name+" depth_m", g.Name+" level_m", g.Name+" speed_m_s")
	}
	for i, t := range rec.Times {
		fmt.Fprintf(w, "\n%g", t)
		for _, g := range rec.Gauges {
			fmt.Fprintf(w, ",%.6f,%.6f,%.6f", g.Depth[i], g.Ground+g.Depth[i], g.Speed[i])
		}
	}
	fmt.Fprintln(w)
	w.Flush()
	return b.Bytes()
}

func accountCSV(rec *surface.Record) []byte {
	var b bytes.Buffer
	fmt.Fprintln(&b, "time_s,rain_m3,inflow_m3,outflow_m3,infiltration_m3,stored_m3,error_m3")
	for i, t := range rec.Times {
		m := rec.Mass[i]
		fmt.Fprintf(&b, "%g,%.9g,%.9g,%.9g,%.9g,%.9g,%.3g\n", t, m.Rain, m.Inflow, m.Outflow, m.Soaked, rec.Stored[i], rec.Stored[i]+m.Outflow+m.Soaked-m.Initial-m.Rain-m.Inflow)
	}
	return b.Bytes()
}

// geoTIFF writes v as a GeoTIFF of float32 (TIFF 6.0, GeoTIFF 1.1), NaN where there is no ground.
func geoTIFF(c *water.Case, v []float64) []byte {
	le := binary.LittleEndian
	pixels := make([]byte, 0, 4*len(v))
	for i, x := range v {
		if math.IsNaN(c.Z[i]) {
			x = math.NaN()
		}
		pixels = le.AppendUint32(pixels, math.Float32bits(float32(x)))
	}
	type entry struct {
		tag, kind uint16
		n         int
		raw       []byte
	}
	short := func(tag uint16, v ...int) entry {
		var b []byte
		for _, x := range v {
			b = le.AppendUint16(b, uint16(x))
		}
		return entry{tag, 3, len(v), b}
	}
	long := func(tag uint16, v int) entry { return entry{tag, 4, 1, le.AppendUint32(nil, uint32(v))} }
	double := func(tag uint16, v ...float64) entry {
		var b []byte
		for _, x := range v {
			b = le.AppendUint64(b, math.Float64bits(x))
		}
		return entry{tag, 12, len(v), b}
	}
	epsg := c.EPSG
	if epsg == 0 {
		epsg = 32767 // user-defined: metres of a local grid
	}
	list := []entry{long(256, c.Cols), long(257, c.Rows), short(258, 32), short(259, 1), short(262, 1), long(273, 8), short(277, 1), long(278, c.Rows), long(279, len(pixels)), short(339, 3),
		double(33550, c.Cell, c.Cell, 0), double(33922, 0, 0, 0, c.West, c.North, 0),
		short(34735, 1, 1, 0, 4, 1024, 0, 1, 1, 1025, 0, 1, 1, 3072, 0, 1, epsg, 3076, 0, 1, 9001), {42113, 2, 4, []byte("nan\x00")}}
	dir := 8 + len(pixels)
	out := le.AppendUint32(append([]byte("II"), 42, 0), uint32(dir))
	out = append(out, pixels...)
	out = le.AppendUint16(out, uint16(len(list)))
	extra := dir + 2 + 12*len(list) + 4
	var tail []byte
	for _, e := range list {
		out = le.AppendUint32(le.AppendUint16(le.AppendUint16(out, e.tag), e.kind), uint32(e.n))
		if len(e.raw) <= 4 {
			out = append(out, append(e.raw, make([]byte, 4-len(e.raw))...)...)
		} else {
			out = le.AppendUint32(out, uint32(extra+len(tail)))
			tail = append(tail, e.raw...)
		}
	}
	return append(le.AppendUint32(out, 0), tail...)
}

// depthColours are the classes of the picture: from each depth in metres on.
var depthColours = []struct {
	from float64
	c    color.RGBA
}{{0.02, color.RGBA{198, 219, 239, 255}}, {0.15, color.RGBA{158, 202, 225, 255}}, {0.3, color.RGBA{107, 174, 214, 255}}, {0.5, color.RGBA{49, 130, 189, 255}}, {1, color.RGBA{8, 81, 156, 255}}, {2, color.RGBA{60, 20, 110, 255}}}

// floodPicture is drawFlood's image as PNG.
func floodPicture(g city.Grid, z, depth []float64) ([]byte, error) {
	var b bytes.Buffer
	if err := png.Encode(&b, drawFlood(g, z, depth, "")); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// drawFlood draws depths over shaded ground, with a legend and a line of text below it.
func drawFlood(g city.Grid, z, depth []float64, text string) *image.RGBA {
	scale := max(1, 800/max(g.Cols, g.Rows))
	shrink := max(1, (max(g.Cols, g.Rows)+1999)/2000)
	wide, high := g.Cols*scale/shrink, g.Rows*scale/shrink
	wide, high = max(wide, 1), max(high, 20)
	const legend = 120
	img := image.NewRGBA(image.Rect(0, 0, wide+legend, max(high, 20*(len(depthColours)+1))))
	for i := range img.Pix {
		img.Pix[i] = 255
	}
	ground := func(r, c int) float64 {
		return z[min(max(r, 0), g.Rows-1)*g.Cols+min(max(c, 0), g.Cols-1)]
	}
	for y := range high {
		for x := range wide {
			r, c := min(y*shrink/scale, g.Rows-1), min(x*shrink/scale, g.Cols-1)
			i := r*g.Cols + c
			if math.IsNaN(z[i]) {
				continue
			}
			// Light from the north-west on the slope, Horn's hillshade simplified to two differences.
			s := (ground(r+1, c+1) - ground(r-1, c-1)) / (2 * g.Cell)
			grey := uint8(min(max(225-400*s, 120), 250))
			if math.IsNaN(s) {
				grey = 225
			}
			p := color.RGBA{grey, grey, grey - grey/16, 255}
			for _, k := range depthColours {
				if depth[i] >= k.from {
					p = k.c
				}
			}
			img.SetRGBA(x, y, p)
		}
	}
	for k, d := range depthColours {
		for y := 20*k + 8; y < 20*k+20; y++ {
			for x := wide + 8; x < wide+28; x++ {
				img.SetRGBA(x, y, d.c)
			}
		}
		t := font.Drawer{Dst: img, Src: image.Black, Face: basicfont.Face7x13, Dot: fixed.P(wide+34, 20*k+19)}
		t.DrawString(fmt.Sprintf("from %g m", d.from))
	}
	t := font.Drawer{Dst: img, Src: image.Black, Face: basicfont.Face7x13, Dot: fixed.P(wide+8, 20*len(depthColours)+19)}
	t.DrawString(text)
	return img
}
