package flood

import (
	"fmt"
	"math"
	"slices"

	"citybrain/city"
	"citybrain/city/water"
	"citybrain/flood/surface"
)

const (
	gravity = 9.81
	deep    = 0.75 // m: deeper flow, as in a river, has momentum by a shorter step, so that it does not slow the city
)

// ground is a city's terrain prepared for a run: tables of what lies below the size of the computing cells, and what drains them.
// It is shared by every Sim of the city.
type ground struct {
	*surface.Subgrid
	area   []float64 // m² of open ground in each computing cell; 0: not part of the model
	runoff []float64 // share of the cell's rain that never infiltrates
	basin  []int32
	inlet  []float64 // m³/s that the cell's inlets take; 0 without a basin
	banks  [][]int32 // cells of each creek
	full   []float64 // m over the cell's area, of water that stands on all its ground
	rough  []float64 // of the ground inside a cell wider than the terrain's, for films: n·length/√slope; nil where they are as wide
}

// newGround computes on cells k times as wide as the terrain's. Buildings take part of a cell's plan area (porosity).
func newGround(c *city.City, k int) (*ground, error) {
	t := c.Terrain
	if t == nil {
		return nil, fmt.Errorf("flood: city %s has no terrain; build its pack with a DEM", c.Name.En)
	}
	n := t.Cells()
	if len(t.Z) != n || len(t.Manning) != n || len(t.Built) != n || len(t.Impervious) != n || len(t.River) != n || len(t.Basin) != n {
		return nil, fmt.Errorf("flood: city %s: a terrain layer does not have %d cells; build the pack again", c.Name.En, n)
	}
	d := &water.Domain{Grid: t.Grid, Z: make([]float64, n), Manning: make([]float64, n)}
	open := make([]float64, n)
	for i := range n {
		d.Z[i], d.Manning[i], open[i] = float64(t.Z[i]), float64(t.Manning[i]), 1-min(float64(t.Built[i]), 0.9)
		if t.River[i] {
			d.Z[i] = math.NaN()
		}
	}
	sub, err := surface.NewSubgrid(d, k, open)
	if err != nil {
		return nil, fmt.Errorf("flood: city %s: %w", c.Name.En, err)
	}
	g := &ground{Subgrid: sub}
	cells := sub.Grid.Cells()
	g.full = make([]float64, cells)
	g.area, g.runoff, g.basin, g.inlet = make([]float64, cells), make([]float64, cells), make([]int32, cells), make([]float64, cells)
	land, votes := make([]float64, cells), make([]map[int16]int, cells)
	for p := range n {
		if math.IsNaN(d.Z[p]) {
			continue
		}
		i := sub.CellOf(p)
		if votes[i] == nil {
			votes[i] = map[int16]int{}
			g.basin[i] = int32(t.Basin[p])
		}
		land[i]++
		g.runoff[i] += float64(t.Impervious[p])
		b := t.Basin[p]
		if votes[i][b]++; votes[i][b] > votes[i][int16(g.basin[i])] {
			g.basin[i] = int32(b)
		}
		if b >= 0 {
			g.inlet[i] += c.Drains.Basins[b].Inlet * t.Cell * t.Cell
		}
	}
	for i := range g.area {
		g.area[i] = sub.Open(i) * sub.Grid.Cell * sub.Grid.Cell
		if land[i] == 0 {
			g.basin[i] = -1
			continue
		}
		g.runoff[i] /= land[i]
		if g.basin[i] < 0 {
			g.inlet[i] = 0
		}
	}
	if k > 1 {
		g.rough = roughness(d, sub)
		top := make([]float64, cells)
		for i := range top {
			top[i] = math.Inf(-1)
		}
		for p, z := range d.Z {
			if i := sub.CellOf(p); z > top[i] {
				top[i] = z
			}
		}
		for i := range g.full {
			g.full[i] = sub.Volume(i, top[i])
		}
	}
	g.banks = make([][]int32, len(c.Drains.Creeks))
	for i := range c.Drains.Creeks {
		seen := map[int]bool{}
		for _, f := range c.Drains.Creeks[i].Cells {
			if j := sub.CellOf(int(f)); !seen[j] && g.area[j] > 0 {
				seen[j] = true
				g.banks[i] = append(g.banks[i], int32(j))
			}
		}
	}
	return g, nil
}

// roughness is, for each cell, Manning's n times half its width over the root of the middle slope between neighbours inside it.
func roughness(d *water.Domain, sub *surface.Subgrid) []float64 {
	cells := sub.Grid.Cells()
	slopes, n, count := make([][]float64, cells), make([]float64, cells), make([]float64, cells)
	for p, z := range d.Z {
		if math.IsNaN(z) {
			continue
		}
		i := sub.CellOf(p)
		n[i] += d.Manning[p]
		count[i]++
		for _, q := range [2]int{p + 1, p + d.Cols} {
			if q < len(d.Z) && (q != p+1 || q%d.Cols != 0) && sub.CellOf(q) == i && !math.IsNaN(d.Z[q]) {
				slopes[i] = append(slopes[i], math.Abs(d.Z[q]-z)/d.Cell)
			}
		}
	}
	out := make([]float64, cells)
	for i := range out {
		slope := gentlest
		if s := slopes[i]; len(s) > 0 {
			slices.Sort(s)
			slope = max(slope, s[len(s)/2])
		}
		if count[i] > 0 {
			out[i] = n[i] / count[i] * sub.Grid.Cell / 2 / math.Sqrt(slope)
		}
	}
	return out
}

const (
	gentlest = 5e-4 // slope that ground has at least, for films
	still    = 1e-3 // m: a thinner film does not flow
)

// seep lets the film of rain on each cell run down to where its water stands, by Manning's law: h^(5/3) over n·length/√slope a second.
func (s *Sim) seep(w []float64, dt float64) {
	net, cell := s.net, s.net.Grid.Cell*s.net.Grid.Cell
	if net.rough == nil {
		return
	}
	for i, h := range s.st.Film {
		if h <= 0 {
			continue
		}
		open := net.area[i] / cell
		if w[i] >= net.full[i] { // water stands on all of it
			w[i] += h
			s.st.Film[i] = 0
		} else if h > still*open {
			root := math.Cbrt(h / open)
			fall := 1 + 2.0/3*dt/net.rough[i]*root*root
			left := max(h/(fall*math.Sqrt(fall)), still*open)
			w[i] += h - left
			s.st.Film[i] = left
		}
	}
}

// rain lets the current rain field fall for dt seconds on the water w of each cell, in metres over its area. Rain on roofs reaches
// the open ground of their cell.
func (s *Sim) rain(w []float64, dt float64) {
	f := &s.st.Rain
	if len(f.MMH) == 0 {
		s.infiltrate(w, dt)
		return
	}
	g, net := s.net.Grid, s.net
	s.placeRain()
	cell := g.Cell * g.Cell
	on := w
	if net.rough != nil { // rain on a wide cell is a film before it is where its water stands
		on = s.st.Film
	}
	var fell, lost float64
	for r := range g.Rows {
		fr := int(math.Floor((f.Grid.North - (g.North - (float64(r)+0.5)*g.Cell)) / f.Grid.Cell))
		if fr < 0 || fr >= f.Grid.Rows {
			continue
		}
		row := f.MMH[fr*f.Grid.Cols : (fr+1)*f.Grid.Cols]
		var rowFell, rowLost float64
		for c := range g.Cols {
			i := r*g.Cols + c
			if net.area[i] == 0 {
				continue
			}
			fc := s.rainCol[c]
			if fc < 0 || row[fc] == 0 {
				continue
			}
			in := float64(row[fc]) / 3.6e6 * dt * net.Inside(i)
			out := min(in, s.cfg.Infiltration*dt*net.Inside(i)) * (1 - net.runoff[i])
			on[i] += in - out
			rowFell += in * cell
			rowLost += out * cell
		}
		fell += rowFell
		lost += rowLost
	}
	s.st.Mass.Rain += fell
	s.st.Mass.Infiltration += lost
}

// placeRain finds the columns of the rain's grid that the cells' columns lie in.
func (s *Sim) placeRain() {
	f, g := &s.st.Rain, s.net.Grid
	if s.rainGrid == f.Grid {
		return
	}
	s.rainGrid = f.Grid
	for c := range s.rainCol {
		s.rainCol[c] = int32(math.Floor((g.West + (float64(c)+0.5)*g.Cell - f.Grid.West) / f.Grid.Cell))
		if int(s.rainCol[c]) >= f.Grid.Cols {
			s.rainCol[c] = -1
		}
	}
}

// netRain writes the current rain less what the ground takes of it to to, in m/s over each cell's area, and returns it; nil if there is none.
func (s *Sim) netRain(to []float64) []float64 {
	f := &s.st.Rain
	if len(f.MMH) == 0 {
		return nil
	}
	s.placeRain()
	g, net := s.net.Grid, s.net
	clear(to)
	for r := range g.Rows {
		fr := int(math.Floor((f.Grid.North - (g.North - (float64(r)+0.5)*g.Cell)) / f.Grid.Cell))
		if fr < 0 || fr >= f.Grid.Rows {
			continue
		}
		row := f.MMH[fr*f.Grid.Cols : (fr+1)*f.Grid.Cols]
		for c := range g.Cols {
			if i, fc := r*g.Cols+c, s.rainCol[c]; fc >= 0 && net.area[i] > 0 && row[fc] > 0 {
				in := float64(row[fc]) / 3.6e6 * net.Inside(i)
				to[i] = in - min(in, s.cfg.Infiltration*net.Inside(i))*(1-net.runoff[i])
			}
		}
	}
	return to
}

// infiltrate lets standing water soak into pervious open ground when no rain falls.
func (s *Sim) infiltrate(w []float64, dt float64) {
	var lost float64
	for i := range w {
		if v := w[i] + s.film(i); v > 0 {
			out := min(v, s.cfg.Infiltration*dt*(1-s.net.runoff[i])*s.net.Open(i))
			s.take(i, out)
			lost += out
		}
	}
	s.st.Mass.Infiltration += lost * s.net.Grid.Cell * s.net.Grid.Cell
}

// film is the rain on cell i that has not yet run to where its water stands, m over the cell's area.
func (s *Sim) film(i int) float64 {
	if s.net.rough == nil {
		return 0
	}
	return s.st.Film[i]
}

// take takes v metres over cell i's area, from its film first.
func (s *Sim) take(i int, v float64) {
	if s.net.rough != nil {
		f := min(s.st.Film[i], v)
		s.st.Film[i] -= f
		v -= f
	}
	if s.w[i] -= v; s.w[i] < 0 {
		s.w[i] = 0
	}
}
