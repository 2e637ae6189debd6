package surface

import (
	"container/heap"
	"fmt"
	"math"
	"slices"

	"citybrain/city"
)

const (
	storageGroups = 8   // parts of a cell's ground, from its lowest to its highest
	sillGroups    = 4   // parts of a face's width
	ridge         = 0.1 // m: a lower one inside a cell does not part its water
)

// A Subgrid is the ground of a Domain on cells Ratio times as wide, with what lies below their size: how much water a cell holds at
// each level and how much a face lets through. It is immutable and shared by all that moves over it.
//
// A cell's storage is its open ground in 8 equal parts by height, a face's opening is its pixels in 4 equal parts by the height of
// their sills. The sill of a pixel is the highest ground on the best way from the lowest pixel of one cell through it to the
// lowest pixel of the other, so that a wall anywhere inside a cell closes its faces up to its crest, and ground behind a ridge
// holds water only above it.
type Subgrid struct {
	Grid  city.Grid // of the cells
	Fine  city.Grid
	Ratio int

	z, behind []float64 // of each pixel: its ground, and the level at which its cell's water reaches it
	cell      []int32   // of each pixel, −1 outside
	cols      int       // place of cell (r, c) in the fields: (r+1)·stride + tile + c
	stride    int
	size      int
	base      []float64                // lowest ground of each cell
	open      []float64                // open ground of each cell over its area
	inside    []float64                // share of each cell that is not outside
	groups    [storageGroups][]float64 // height over base
	west      [2]faceTable             // by axis: west faces, north faces
	mild      []float64                // Manning's n of each cell
	onePixel  bool
	sub       []int32 // places of cells that hold ground
	parts     []part  // of every cell, from its lowest to its highest, with their levels and shares of its area
	first     []int32 // of each place: where its parts begin
	count     []int32 // and how many they are
}

// faceTable is a face of each place: the sills over the base of its western (northern) cell, the conveyance of each part over
// that of a face as wide as a cell with n = 1, and the open width of one part over a cell's.
type faceTable struct {
	sill  [sillGroups][]float64
	carry [sillGroups][]float64
	width []float64
}

func (g *Subgrid) place(r, c int) int { return (r+1)*g.stride + tile + c }

// NewSubgrid makes tables of d's ground for cells ratio pixels wide. open is the share of each pixel that water can stand on; nil: all.
func NewSubgrid(d *Domain, ratio int, open []float64) (*Subgrid, error) {
	if ratio < 1 || ratio > 8 {
		return nil, fmt.Errorf("subgrid: cells of %d pixels; 1 to 8 can be made", ratio)
	}
	if err := d.Check(); err != nil {
		return nil, err
	}
	if open != nil && len(open) != d.Cells() {
		return nil, fmt.Errorf("subgrid: open ground has %d values for %d pixels", len(open), d.Cells())
	}
	k := ratio
	g := &Subgrid{Fine: d.Grid, Ratio: k, z: d.Z, onePixel: k == 1,
		Grid: city.Grid{West: d.West, North: d.North, Cell: d.Cell * float64(k), Cols: (d.Cols + k - 1) / k, Rows: (d.Rows + k - 1) / k}}
	g.cols = g.Grid.Cols
	g.stride = tile * (g.cols/tile + 3)
	g.size = g.stride * (g.Grid.Rows + 2)
	g.first, g.count = make([]int32, g.size), make([]int32, g.size)
	g.behind, g.cell = make([]float64, d.Cells()), make([]int32, d.Cells())
	field := func() []float64 { return make([]float64, g.size) }
	g.base, g.open, g.inside, g.mild = field(), field(), field(), field()
	for j := range g.groups {
		g.groups[j] = field()
	}
	for a := range g.west {
		t := &g.west[a]
		t.width = field()
		for j := range sillGroups {
			t.sill[j], t.carry[j] = field(), field()
			for i := range t.sill[j] {
				t.sill[j][i] = beyond
			}
		}
	}
	share := func(p int) float64 {
		if open == nil {
			return 1
		}
		return open[p]
	}
	var f flooder
	for r := range g.Grid.Rows {
		for c := range g.cols {
			g.fillCell(d, r, c, share, &f)
		}
	}
	for r := range g.Grid.Rows {
		for c := range g.cols {
			g.fillFace(d, 0, r, c, share)
			g.fillFace(d, 1, r, c, share)
		}
	}
	return g, nil
}

// pixels returns the pixels of cell (r, c) that have ground.
func (g *Subgrid) pixels(d *Domain, r, c int, list []int) []int {
	for y := r * g.Ratio; y < min((r+1)*g.Ratio, d.Rows); y++ {
		for x := c * g.Ratio; x < min((c+1)*g.Ratio, d.Cols); x++ {
			if p := y*d.Cols + x; !math.IsNaN(d.Z[p]) {
				list = append(list, p)
			}
		}
	}
	return list
}

func (g *Subgrid) fillCell(d *Domain, r, c int, share func(int) float64, f *flooder) {
	f.list = g.pixels(d, r, c, f.list[:0])
	for y := r * g.Ratio; y < min((r+1)*g.Ratio, d.Rows); y++ {
		for x := c * g.Ratio; x < min((c+1)*g.Ratio, d.Cols); x++ {
			g.cell[y*d.Cols+x] = -1
		}
	}
	if len(f.list) == 0 {
		return
	}
	at := g.place(r, c)
	g.sub = append(g.sub, int32(at))
	lowest := f.list[0]
	for _, p := range f.list {
		g.cell[p] = int32(at)
		if d.Z[p] < d.Z[lowest] {
			lowest = p
		}
		g.mild[at] += d.Manning[p] / float64(len(f.list))
	}
	g.base[at] = d.Z[lowest]
	f.fill(d, g, lowest)
	var parts []part
	for _, p := range f.list {
		z := d.Z[p]
		if g.behind[p] < beyond && g.behind[p]-z >= ridge {
			z = g.behind[p]
		} else {
			g.behind[p] = min(g.behind[p], z)
		}
		if a := share(p); a > 0 {
			parts = append(parts, part{z - g.base[at], a, 0})
		}
	}
	g.inside[at] = float64(len(f.list)) / float64(g.Ratio*g.Ratio)
	var total float64
	for _, x := range parts {
		total += x.width
	}
	g.open[at] = total / float64(g.Ratio*g.Ratio)
	means := quantiles(parts, storageGroups)
	for _, x := range parts { // now from the lowest to the highest
		g.parts = append(g.parts, part{g.base[at] + x.height, x.width / float64(g.Ratio*g.Ratio), 0})
	}
	g.first[at], g.count[at] = int32(len(g.parts)-len(parts)), int32(len(parts))
	for j := range g.groups {
		g.groups[j][at] = means[j].height
	}
	if len(parts) > 0 { // what has no open ground carries none of the levels
		g.base[at] += means[0].height
		for j := storageGroups - 1; j >= 0; j-- {
			g.groups[j][at] -= means[0].height
		}
	}
}

// flooder finds, inside one cell, the lowest way from its lowest pixel to each other one.
type flooder struct {
	list  []int
	queue pixelQueue
}

type pixelQueue struct {
	at    []int
	level []float64
}

func (q *pixelQueue) Len() int           { return len(q.at) }
func (q *pixelQueue) Less(i, j int) bool { return q.level[i] < q.level[j] }
func (q *pixelQueue) Swap(i, j int) {
	q.at[i], q.at[j] = q.at[j], q.at[i]
	q.level[i], q.level[j] = q.level[j], q.level[i]
}
func (q *pixelQueue) Push(x any) { q.at = append(q.at, x.(int)) }
func (q *pixelQueue) Pop() any {
	n := len(q.at) - 1
	p := q.at[n]
	q.at, q.level = q.at[:n], q.level[:n]
	return p
}

func (f *flooder) fill(d *Domain, g *Subgrid, from int) {
	for _, p := range f.list {
		g.behind[p] = math.Inf(1)
	}
	q := &f.queue
	q.at, q.level = q.at[:0], q.level[:0]
	push := func(p int, level float64) {
		if level < g.behind[p] {
			g.behind[p] = level
			q.level = append(q.level, level)
			heap.Push(q, p)
		}
	}
	push(from, d.Z[from])
	for q.Len() > 0 {
		p := heap.Pop(q).(int)
		x := p % d.Cols
		for _, to := range [4]int{p - 1, p + 1, p - d.Cols, p + d.Cols} {
			if to < 0 || to >= len(d.Z) || to == p-1 && x == 0 || to == p+1 && x == d.Cols-1 || g.cell[to] != g.cell[from] || math.IsNaN(d.Z[to]) {
				continue
			}
			push(to, max(g.behind[p], d.Z[to]))
		}
	}
	for _, p := range f.list {
		g.behind[p] = min(g.behind[p], beyond) // what outside ground parts stays unreached
	}
}

// fillFace sets the west (axis 0) or north face of cell (r, c).
func (g *Subgrid) fillFace(d *Domain, axis, r, c int, share func(int) float64) {
	if axis == 0 && c == 0 || axis == 1 && r == 0 {
		return
	}
	at := g.place(r, c)
	before := at - 1
	if axis == 1 {
		before = at - g.stride
	}
	t := &g.west[axis]
	var parts []part
	var width float64
	for i := range g.Ratio {
		y, x := r*g.Ratio+i, c*g.Ratio
		step := 1
		if axis == 1 {
			y, x, step = r*g.Ratio, c*g.Ratio+i, d.Cols
		}
		if y >= d.Rows || x >= d.Cols {
			continue
		}
		b := y*d.Cols + x
		a := b - step
		if math.IsNaN(d.Z[a]) || math.IsNaN(d.Z[b]) {
			continue
		}
		w := min(share(a), share(b))
		sill := max(g.reach(a), g.reach(b))
		if w <= 0 || sill >= beyond {
			continue
		}
		parts = append(parts, part{sill - g.base[before], w, (d.Manning[a] + d.Manning[b]) / 2})
		width += w
	}
	if width == 0 {
		return
	}
	t.width[at] = width / float64(g.Ratio*sillGroups)
	for j, m := range quantiles(parts, sillGroups) {
		t.sill[j][at] = m.height
		t.carry[j][at] = t.width[at] / max(m.rough, 1e-4)
	}
}

// reach is the level at which the water of pixel p's cell passes over it.
func (g *Subgrid) reach(p int) float64 { return max(g.z[p], g.behind[p]) }

// A part is a stretch of ground or of a face: its height, how wide it is and Manning's n.
type part struct{ height, width, rough float64 }

// quantiles divides parts, sorted by height, into n equally wide ones and returns their means.
func quantiles(parts []part, n int) []part {
	out := make([]part, n)
	slices.SortStableFunc(parts, func(a, b part) int {
		switch {
		case a.height < b.height:
			return -1
		case a.height > b.height:
			return 1
		}
		return 0
	})
	var total float64
	for _, p := range parts {
		total += p.width
	}
	if total == 0 {
		return out
	}
	each := total / float64(n)
	i, left := 0, parts[0].width
	for j := range out {
		room := each
		for room > 1e-12*each && i < len(parts) {
			w := min(room, left)
			out[j].height += w * parts[i].height / each
			out[j].rough += w * parts[i].rough / each
			room -= w
			if left -= w; left <= 1e-12*each {
				if i++; i < len(parts) {
					left = parts[i].width
				}
			}
		}
		if room > 1e-12*each { // rounding left the last part short
			out[j].height += room * parts[len(parts)-1].height / each
			out[j].rough += room * parts[len(parts)-1].rough / each
		}
	}
	return out
}

// volume is the water in place at, over a cell's area, with its level e over its base.
func (g *Subgrid) volume(at int, e float64) float64 {
	var v float64
	for j := range g.groups {
		v += max(e-g.groups[j][at], 0)
	}
	return v * g.open[at] / storageGroups
}

func (g *Subgrid) placeOf(i int) int { return g.place(i/g.cols, i%g.cols) }

// CellOf returns the cell of the coarse grid that pixel p of the fine one lies in.
func (g *Subgrid) CellOf(p int) int {
	return p/g.Fine.Cols/g.Ratio*g.cols + p%g.Fine.Cols/g.Ratio
}

// Open is the open ground of cell i over its area, 0 outside.
func (g *Subgrid) Open(i int) float64 { return g.open[g.placeOf(i)] }

// Inside is the share of cell i that has ground.
func (g *Subgrid) Inside(i int) float64 { return g.inside[g.placeOf(i)] }

// Base is the lowest ground of cell i, m.
func (g *Subgrid) Base(i int) float64 { return g.base[g.placeOf(i)] }

// Volume is the water in cell i, over its area, whose level is given, m.
func (g *Subgrid) Volume(i int, level float64) (v float64) {
	at := g.placeOf(i)
	for _, x := range g.parts[g.first[at] : g.first[at]+g.count[at]] {
		v += x.width * max(level-x.height, 0)
	}
	return v
}

// Level is that of v metres of water over the area of cell i, on its pixels as they are.
func (g *Subgrid) Level(i int, v float64) float64 { return g.level(g.placeOf(i), v) }

func (g *Subgrid) level(at int, v float64) float64 {
	parts := g.parts[g.first[at] : g.first[at]+g.count[at]]
	if len(parts) == 0 {
		return g.base[at]
	}
	var width, sum float64
	level := math.Inf(1)
	for _, x := range parts {
		if x.height >= level {
			break
		}
		width += x.width
		sum += x.width * x.height
		level = (v + sum) / width
	}
	return level
}

// Depth is that over pixel p when the level of its cell is given, m.
func (g *Subgrid) Depth(p int, level float64) float64 {
	at := g.cell[p]
	if at < 0 || level <= g.behind[p] && g.behind[p] < beyond {
		return 0
	}
	return max(level-g.z[p], 0)
}
