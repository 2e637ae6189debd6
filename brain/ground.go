package brain

import (
	"math"

	"citybrain/city"
	"citybrain/routing"
	"citybrain/traffic"
)

// A ground is a grid over the city on which times on streets are spread to what lies beside them, immutable once made.
type ground struct {
	city.Grid
	links [][]crossing // of each link on the ground: the cells along it
	near  []bool       // a cell from which a street is reached on foot, and which is no river
}

// A crossing is a cell and how far along the link it lies, 0–1.
type crossing struct {
	cell  int32
	along float32
}

const (
	finest   = 50.0  // m, of a cell
	mostSide = 250   // cells a side
	onFoot   = 1.3   // m/s from a street to what lies beside it …
	beside   = 250.0 // … at most so far, m
)

// newGround makes the grid of c.
func newGround(c *city.City) *ground {
	w, h := c.Bounds.Max[0]-c.Bounds.Min[0], c.Bounds.Max[1]-c.Bounds.Min[1]
	cell := math.Max(finest, math.Max(w, h)/mostSide)
	g := &ground{Grid: city.Grid{West: c.Bounds.Min[0], North: c.Bounds.Max[1], Cell: cell, Cols: max(1, int(math.Ceil(w/cell))), Rows: max(1, int(math.Ceil(h/cell)))}, links: make([][]crossing, len(c.Streets.Links))}
	far := make([]float32, g.Cells())
	for i := range far {
		far[i] = routing.Unreachable
	}
	for l := range c.Streets.Links {
		link := &c.Streets.Links[l]
		if link.Level > 0 || len(link.Line) == 0 { // who drives above a street is not in it
			continue
		}
		for s := 0.0; ; s += cell / 2 {
			s = math.Min(s, link.Length)
			if k := int32(g.Index(traffic.At(link, s))); k >= 0 {
				if n := len(g.links[l]); n == 0 || g.links[l][n-1].cell != k {
					g.links[l] = append(g.links[l], crossing{k, float32(s / math.Max(link.Length, 1))})
				}
				far[k] = 0
			}
			if s >= link.Length {
				break
			}
		}
	}
	g.near = make([]bool, g.Cells())
	for i := range g.near {
		g.near[i] = true
		if t := c.Terrain; t != nil {
			k := t.Index(g.Centre(i))
			g.near[i] = far[i] == 0 || k < 0 || !t.River[k]
		}
	}
	g.walk(far)
	for i, s := range far {
		g.near[i] = g.near[i] && s <= beside/onFoot
	}
	return g
}

// walk lets times of cells reach their neighbours on foot, around water.
func (g *ground) walk(seconds []float32) {
	straight, across := float32(g.Cell/onFoot), float32(g.Cell*math.Sqrt2/onFoot)
	step := func(c, r, dc, dr int, cost float32) {
		if c+dc < 0 || c+dc >= g.Cols || r+dr < 0 || r+dr >= g.Rows {
			return
		}
		i := r*g.Cols + c
		seconds[i] = min(seconds[i], seconds[(r+dr)*g.Cols+c+dc]+cost)
	}
	for range 2 { // two passes there and back; once more for what lies behind water
		for r := range g.Rows {
			for c := range g.Cols {
				if g.near[r*g.Cols+c] {
					step(c, r, -1, 0, straight)
					step(c, r, -1, -1, across)
					step(c, r, 0, -1, straight)
					step(c, r, 1, -1, across)
				}
			}
		}
		for r := g.Rows - 1; r >= 0; r-- {
			for c := g.Cols - 1; c >= 0; c-- {
				if g.near[r*g.Cols+c] {
					step(c, r, 1, 0, straight)
					step(c, r, 1, 1, across)
					step(c, r, 0, 1, straight)
					step(c, r, -1, 1, across)
				}
			}
		}
	}
}

// times are the seconds to each cell of who starts at a place, Unreachable where none leads.
func (g *ground) times(r *routing.Roads, w *routing.Weighing, from routing.Place) []float32 {
	begin, end := make([]float32, r.Ways()), make([]float32, r.Ways())
	w.Times(from, begin, end)
	out := make([]float32, g.Cells())
	for i := range out {
		out[i] = routing.Unreachable
	}
	for way := range end {
		if !(end[way] < routing.Closed) {
			continue
		}
		link, back := r.Way(int32(way))
		for _, x := range g.links[link] {
			share := x.along
			if back {
				share = 1 - share
			}
			// Behind the start on its own street one turns round.
			s := begin[way] + share*(end[way]-begin[way])
			out[x.cell] = min(out[x.cell], max(s, -s))
		}
	}
	g.walk(out)
	for i := range out {
		if !g.near[i] {
			out[i] = routing.Unreachable
		}
	}
	return out
}
