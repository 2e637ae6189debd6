package main

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math"
	"os"
	"strings"

	"citybrain/city/water"
	"citybrain/flood/drains"

	"golang.org/x/image/font"
	"golang.org/x/image/font/basicfont"
	"golang.org/x/image/math/fixed"
)

// way returns the conduits from one node to another downstream, as few as can be; empty when there is none. An empty from is the
// node with the longest way to an outfall.
func way(n *water.Network, from, to string) []int {
	next := make([][]int, len(n.Nodes))
	for i := range n.Links {
		next[n.Links[i].From] = append(next[n.Links[i].From], i)
	}
	search := func(start int32) []int {
		by := make([]int, len(n.Nodes))
		for i := range by {
			by[i] = -2
		}
		by[start] = -1
		for todo := []int32{start}; len(todo) > 0; todo = todo[1:] {
			at := todo[0]
			if at != start && (n.Nodes[at].ID == to || to == "" && n.Nodes[at].Kind == water.Outfall) {
				var list []int
				for i := by[at]; i >= 0; i = by[at] {
					list = append([]int{i}, list...)
					at = n.Links[i].From
				}
				return list
			}
			for _, i := range next[at] {
				if k := n.Links[i].To; by[k] == -2 {
					by[k] = i
					todo = append(todo, k)
				}
			}
		}
		return nil
	}
	var best []int
	for i := range n.Nodes {
		if from != "" && n.Nodes[i].ID != from {
			continue
		}
		if w := search(int32(i)); len(w) > len(best) {
			best = w
		}
		if len(n.Nodes) > 3000 && len(best) > 0 {
			break
		}
	}
	return best
}

// writeProfile draws the ground, the pipes, the highest and the last level along a way through the network.
func writeProfile(path string, n *water.Network, rec *drains.Record, along string) error {
	from, to, _ := strings.Cut(along, ",")
	links := way(n, from, to)
	if len(links) == 0 {
		if along != "" {
			return fmt.Errorf("no way from node %q to %q", from, to)
		}
		return nil
	}
	type point struct{ x, invert, crown, level, peak, ground float64 }
	var list []point
	x := 0.0
	for _, i := range links {
		l := &n.Links[i]
		a, b := &n.Nodes[l.From], &n.Nodes[l.To]
		pa, pb := rec.Sim.PeakLevel(int(l.From)), rec.Sim.PeakLevel(int(l.To))
		length := math.Max(l.Length, 5)
		ga, gb := a.Ground, b.Ground
		if b.Kind == water.Outfall {
			gb = ga - (l.In - l.Out)
		}
		some := false
		rec.Sim.Profile(i, func(d, invert, crown, level float64) {
			f := d / length
			list = append(list, point{x + d, invert, crown, level, pa + (pb-pa)*f, ga + (gb-ga)*f})
			some = true
		})
		if !some {
			z := l.In
			list = append(list, point{x, z, z, rec.Sim.Level(int(l.From)), pa, ga}, point{x + length, z, z, rec.Sim.Level(int(l.To)), pb, gb})
		}
		x += length
	}
	lo, hi := math.Inf(1), math.Inf(-1)
	for _, p := range list {
		lo, hi = min(lo, p.invert), max(hi, p.ground, p.peak, p.crown)
	}
	const wide, high, left, top = 1000, 420, 60, 30
	img := image.NewRGBA(image.Rect(0, 0, wide, high))
	for i := range img.Pix {
		img.Pix[i] = 255
	}
	px := func(v float64) float64 { return left + v/max(x, 1)*(wide-left-20) }
	py := func(z float64) float64 { return top + (hi-z)/max(hi-lo, 0.1)*(high-top-40) }
	stroke := func(c color.RGBA, thick int, z func(p point) float64) {
		for k := 1; k < len(list); k++ {
			x0, y0, x1, y1 := px(list[k-1].x), py(z(list[k-1])), px(list[k].x), py(z(list[k]))
			steps := int(max(math.Abs(x1-x0), math.Abs(y1-y0))) + 1
			for s := range steps + 1 {
				f := float64(s) / float64(steps)
				for d := range thick {
					img.SetRGBA(int(x0+(x1-x0)*f), int(y0+(y1-y0)*f)+d, c)
				}
			}
		}
	}
	fill := color.RGBA{200, 222, 240, 255}
	for k := 1; k < len(list); k++ { // water in the pipe at the end
		a, b := list[k-1], list[k]
		for c := int(px(a.x)); c <= int(px(b.x)); c++ {
			f := 0.0
			if d := px(b.x) - px(a.x); d > 0 {
				f = min(max((float64(c)-px(a.x))/d, 0), 1)
			}
			z, level := a.invert+(b.invert-a.invert)*f, min(a.level+(b.level-a.level)*f, a.crown+(b.crown-a.crown)*f)
			for r := int(py(level)); r <= int(py(z)); r++ {
				img.SetRGBA(c, r, fill)
			}
		}
	}
	ink := []struct {
		name  string
		c     color.RGBA
		thick int
		z     func(point) float64
	}{
		{"ground", color.RGBA{120, 90, 50, 255}, 2, func(p point) float64 { return p.ground }},
		{"pipe", color.RGBA{60, 60, 60, 255}, 1, func(p point) float64 { return p.invert }},
		{"", color.RGBA{60, 60, 60, 255}, 1, func(p point) float64 { return p.crown }},
		{"level at the end", color.RGBA{49, 130, 189, 255}, 2, func(p point) float64 { return max(p.level, p.invert) }},
		{"highest level", color.RGBA{200, 40, 40, 255}, 2, func(p point) float64 { return max(p.peak, p.invert) }},
	}
	write := func(x, y int, c color.Color, s string) {
		(&font.Drawer{Dst: img, Src: image.NewUniform(c), Face: basicfont.Face7x13, Dot: fixed.P(x, y)}).DrawString(s)
	}
	at := left
	for _, k := range ink {
		stroke(k.c, k.thick, k.z)
		if k.name != "" {
			write(at, 16, k.c, k.name)
			at += 7*len(k.name) + 24
		}
	}
	for k := range 5 {
		z := lo + (hi-lo)*float64(k)/4
		write(4, int(py(z))+5, color.Black, fmt.Sprintf("%.2f m", z))
		write(int(px(x*float64(k)/4))-20, high-10, color.Black, fmt.Sprintf("%.0f m", x*float64(k)/4))
	}
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		return err
	}
	return os.WriteFile(path, b.Bytes(), 0o644)
}
