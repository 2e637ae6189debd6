package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"citybrain/flood/rain"

	"golang.org/x/image/font"
	"golang.org/x/image/font/basicfont"
	"golang.org/x/image/math/fixed"
)

// floodStormVerb prints a design storm.
func floodStormVerb(_ context.Context, args []string, out io.Writer) error {
	f := flags("flood storm", "citybrain flood storm --years 5 --duration 2h --out storm.png", out)
	years := f.Float64("years", 5, "return period")
	d := f.Duration("duration", 2*time.Hour, "of the storm")
	step := f.Duration("step", 5*time.Minute, "of the hyetograph")
	path := f.String("out", "", "picture of the hyetograph (.png)")
	asJSON := f.Bool("json", false, "print JSON")
	if err := parse(f, args); err != nil {
		return err
	}
	if err := noArgs(f); err != nil {
		return err
	}
	if *path != "" && !strings.EqualFold(filepath.Ext(*path), ".png") {
		return fmt.Errorf("%w: --out %s: the picture is a .png", errUsage, *path)
	}
	mm, err := rain.Shanghai.Chicago(*years, *d, *step)
	if err != nil {
		return fmt.Errorf("%w: %v", errUsage, err)
	}
	total := 0.0
	for _, v := range mm {
		total += v
	}
	if *path != "" {
		b, err := stormPicture(mm, *step, fmt.Sprintf("Shanghai, %g years, %v: %.1f mm", *years, *d, total))
		if err != nil {
			return err
		}
		if err := os.WriteFile(*path, b, 0o644); err != nil {
			return err
		}
	}
	if *asJSON {
		return json.NewEncoder(out).Encode(map[string]any{"years": *years, "duration_s": d.Seconds(), "step_s": step.Seconds(), "mm": mm, "total_mm": total})
	}
	fmt.Fprintln(out, "t_end_min,mm")
	for k, v := range mm {
		fmt.Fprintf(out, "%g,%.4f\n", float64(k+1)*step.Minutes(), v)
	}
	return nil
}

func stormPicture(mm []float64, step time.Duration, title string) ([]byte, error) {
	const wide, high, left, base = 800, 320, 60, 280
	img := image.NewRGBA(image.Rect(0, 0, wide, high))
	draw.Draw(img, img.Bounds(), image.White, image.Point{}, draw.Src)
	most := 0.0
	for _, v := range mm {
		most = max(most, v*60/step.Minutes())
	}
	each := float64(wide-left-20) / float64(len(mm))
	for k, v := range mm {
		h := int(v * 60 / step.Minutes() / most * (base - 40))
		r := image.Rect(left+int(float64(k)*each), base-h, left+int(float64(k+1)*each)-1, base)
		draw.Draw(img, r, image.NewUniform(color.RGBA{49, 130, 189, 255}), image.Point{}, draw.Src)
	}
	write := func(x, y int, s string) {
		(&font.Drawer{Dst: img, Src: image.Black, Face: basicfont.Face7x13, Dot: fixed.P(x, y)}).DrawString(s)
	}
	write(left, 18, title)
	for k := range 5 {
		f := float64(k) / 4
		write(4, base-int(f*(base-40))+4, fmt.Sprintf("%.0f mm/h", f*most))
		write(left+int(f*float64(wide-left-20))-14, base+20, fmt.Sprintf("%.0f min", f*float64(len(mm))*step.Minutes()))
	}
	var b bytes.Buffer
	err := png.Encode(&b, img)
	return b.Bytes(), err
}
