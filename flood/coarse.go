package flood

import (
	"math"

	"citybrain/city"
)

// hollowDepth is how far below the mean ground around it a cell must lie to be kept as a sag of a coarser grid.
const hollowDepth = 0.5

// A sag is storage below a coarse grid's resolution: an underpass or hollow that averaging would lose. It fills before
// water stands on its cell.
type sag struct {
	cell   int32   // of the coarse grid
	area   float64 // m² of open ground
	volume float64 // m³
}

// coarsen returns t with cells k times as wide, the sags that this loses, and for each fine cell the index of its sag or -1.
// A coarse cell's ground is the mean of its land cells that are not hollows.
func coarsen(t *city.Terrain, k int) (*city.Terrain, []sag, []int32) {
	g := city.Grid{West: t.West, North: t.North, Cell: t.Cell * float64(k), Cols: (t.Cols + k - 1) / k, Rows: (t.Rows + k - 1) / k}
	n := g.Cells()
	o := &city.Terrain{Grid: g, Datum: t.Datum, VerticalError: t.VerticalError, Source: t.Source,
		Z: make([]float32, n), Manning: make([]float32, n), Built: make([]float32, n), Impervious: make([]float32, n), River: make([]bool, n), Basin: make([]int16, n)}
	var sags []sag
	inSag := make([]int32, t.Cells())
	for j := range inSag {
		inSag[j] = -1
	}
	for i := range n {
		var land []int
		for r := (i / g.Cols) * k; r < min(t.Rows, (i/g.Cols+1)*k); r++ {
			for c := (i % g.Cols) * k; c < min(t.Cols, (i%g.Cols+1)*k); c++ {
				if j := r*t.Cols + c; !t.River[j] && !math.IsNaN(float64(t.Z[j])) {
					land = append(land, j)
				}
			}
		}
		o.Basin[i] = -1
		if len(land) == 0 {
			o.River[i], o.Z[i] = true, float32(math.NaN())
			continue
		}
		ground := groundOf(t, land)
		var manning, impervious, open float64
		votes := map[int16]int{}
		low := sag{cell: int32(i)}
		for _, j := range land {
			manning += float64(t.Manning[j])
			impervious += float64(t.Impervious[j])
			bare := 1 - math.Min(float64(t.Built[j]), 0.9)
			open += bare
			if b := t.Basin[j]; true {
				votes[b]++
				if o.Basin[i] < 0 || votes[b] > votes[o.Basin[i]] {
					o.Basin[i] = b
				}
			}
			if below := ground - float64(t.Z[j]); below > hollowDepth {
				low.area += bare * t.Cell * t.Cell
				low.volume += bare * t.Cell * t.Cell * below
				inSag[j] = int32(len(sags))
			}
		}
		if low.volume > 0 {
			sags = append(sags, low)
		}
		m := float64(len(land))
		o.Z[i], o.Manning[i], o.Impervious[i] = float32(ground), float32(manning/m), float32(impervious/m)
		o.Built[i] = float32(math.Max(0, 1-open/float64(k*k))) // river and cells beyond the edge hold no surface water either
	}
	return o, sags, inSag
}

// groundOf returns the mean level of cells, hollows left out.
func groundOf(t *city.Terrain, cells []int) float64 {
	var sum float64
	for _, j := range cells {
		sum += float64(t.Z[j])
	}
	mean := sum / float64(len(cells))
	var above float64
	n := 0
	for _, j := range cells {
		if float64(t.Z[j]) > mean-hollowDepth {
			above += float64(t.Z[j])
			n++
		}
	}
	if n == 0 {
		return mean
	}
	return above / float64(n)
}

// DepthAt returns the depth of water in metres at cell i of the city's own terrain, whatever grid the Sim computes on.
func (s *Sim) DepthAt(i int) float64 {
	net := s.net
	if net.coarse == 1 {
		return s.st.Depth[i]
	}
	c := net.cellOf(i)
	if k := net.inSag[i]; k >= 0 {
		return s.st.Sag[k]/net.sags[k].area + s.st.Depth[c]
	}
	return s.st.Depth[c]
}

// PeakAt returns the largest depth so far at cell i of the city's own terrain, as DepthAt does the present one.
func (s *Sim) PeakAt(i int) float64 {
	net := s.net
	if net.coarse == 1 {
		return float64(s.st.Peak[i])
	}
	c := net.cellOf(i)
	if k := net.inSag[i]; k >= 0 {
		return s.st.SagPeak[k]/net.sags[k].area + float64(s.st.Peak[c])
	}
	return float64(s.st.Peak[c])
}

// cellOf returns the computing cell of cell i of the city's terrain.
func (n *surface) cellOf(i int) int {
	return (i/n.fineCols/n.coarse)*n.cols + i%n.fineCols/n.coarse
}
