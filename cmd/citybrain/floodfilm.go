package main

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/gif"
	"os"
	"path/filepath"

	"citybrain/city/water"
	"citybrain/flood/surface"
)

// mostFrames is how many pictures a film has at most; reports between them are left out.
const mostFrames = 120

// A floodFilm gathers pictures of a run as an animated GIF.
type floodFilm struct {
	c       *water.Case
	every   int // reports from one picture to the next
	seen    int
	depth   []float64
	palette color.Palette
	index   map[color.RGBA]uint8
	out     gif.GIF
}

func newFloodFilm(c *water.Case) *floodFilm {
	f := &floodFilm{c: c, depth: make([]float64, c.Cells()), index: map[color.RGBA]uint8{}}
	f.every = max(1, (int(c.Duration/c.Every)+mostFrames-1)/mostFrames)
	f.palette = append(f.palette, color.RGBA{255, 255, 255, 255}, color.RGBA{0, 0, 0, 255})
	for _, d := range depthColours {
		f.palette = append(f.palette, d.c)
	}
	for grey := 120; grey <= 250; grey += 2 {
		f.palette = append(f.palette, color.RGBA{uint8(grey), uint8(grey), uint8(grey - grey/16), 255})
	}
	return f
}

// add takes the picture of a report if it is due; the last one of a run always is.
func (f *floodFilm) add(rec *surface.Record) {
	f.seen++
	now := rec.Sim.Now()
	if f.seen%f.every != 0 && now < f.c.Duration {
		return
	}
	rec.Sim.Depths(f.depth)
	img := drawFlood(f.c.Grid, f.c.Z, f.depth, now.String())
	frame := image.NewPaletted(img.Bounds(), f.palette)
	for i := range frame.Pix {
		p := color.RGBA{img.Pix[4*i], img.Pix[4*i+1], img.Pix[4*i+2], img.Pix[4*i+3]}
		k, ok := f.index[p]
		if !ok {
			k = uint8(f.palette.Index(p))
			f.index[p] = k
		}
		frame.Pix[i] = k
	}
	f.out.Image, f.out.Delay = append(f.out.Image, frame), append(f.out.Delay, 12) // hundredths of a second
}

// write writes flood.gif to dir; its last picture stays for two seconds.
func (f *floodFilm) write(dir string) error {
	n := len(f.out.Delay)
	if n == 0 {
		return nil
	}
	f.out.Delay[n-1] = 200
	var b bytes.Buffer
	if err := gif.EncodeAll(&b, &f.out); err != nil {
		return fmt.Errorf("flood.gif: %w", err)
	}
	return os.WriteFile(filepath.Join(dir, "flood.gif"), b.Bytes(), 0o644)
}
