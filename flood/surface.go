package flood

import (
	"fmt"
	"math"

	"citybrain/city"
)

const (
	gravity = 9.81
	dry     = 1e-3 // m: a flow depth below it carries nothing; the default of codes that cities use
)

// surface is a city's terrain prepared for the solver.
type surface struct {
	dx         float64
	cols, rows int
	z          []float64
	area       []float64 // m² of open ground in each cell; 0: not part of the model
	inv        []float64 // 1/area, 0 outside
	nWest      []float64 // squared Manning n of the west face; −1: a wall
	nNorth     []float64
	wWest      []float64 // open width of the west face over dx
	wNorth     []float64
	runoff     []float64 // share of the cell's rain that never infiltrates
	basin      []int32
	inlet      []float64     // m³/s that the cell's inlets take; 0 without a basin
	terrain    *city.Terrain // the grid computed on
	coarse     int           // its cells' width in cells of the city's terrain
	fineCols   int
	sags       []sag
	inSag      []int32   // by cell of the city's terrain; nil when coarse is 1
	banks      [][]int32 // of each creek
}

func newSurface(c *city.City, k int) (*surface, error) {
	t := c.Terrain
	if t == nil {
		return nil, fmt.Errorf("flood: city %s has no terrain; build its pack with a DEM", c.Name.En)
	}
	n := t.Cells()
	if len(t.Z) != n || len(t.Manning) != n || len(t.Built) != n || len(t.Impervious) != n || len(t.River) != n || len(t.Basin) != n {
		return nil, fmt.Errorf("flood: city %s: a terrain layer does not have %d cells; build the pack again", c.Name.En, n)
	}
	coarse := t
	var sags []sag
	var inSag []int32
	if k > 1 {
		coarse, sags, inSag = coarsen(t, k)
	}
	fine := t
	t, n = coarse, coarse.Cells()
	s := &surface{terrain: t, coarse: k, fineCols: fine.Cols, sags: sags, inSag: inSag, dx: t.Cell, cols: t.Cols, rows: t.Rows,
		z: make([]float64, n), area: make([]float64, n), inv: make([]float64, n), runoff: make([]float64, n), basin: make([]int32, n), inlet: make([]float64, n),
		nWest: make([]float64, n+1), nNorth: make([]float64, n+t.Cols), wWest: make([]float64, n+1), wNorth: make([]float64, n+t.Cols)}
	for i := range n {
		s.z[i] = float64(t.Z[i])
		s.basin[i] = int32(t.Basin[i])
		s.runoff[i] = float64(t.Impervious[i])
		if b := s.basin[i]; b >= 0 {
			s.inlet[i] = c.Drains.Basins[b].Inlet * t.Cell * t.Cell
		}
		if t.River[i] || math.IsNaN(s.z[i]) {
			continue
		}
		s.area[i] = t.Cell * t.Cell * (1 - min(float64(t.Built[i]), 0.9))
		s.inv[i] = 1 / s.area[i]
	}
	face := func(a, b int) (n2, width float64) {
		if a < 0 || s.area[a] == 0 || s.area[b] == 0 {
			return -1, 0
		}
		m := (float64(t.Manning[a]) + float64(t.Manning[b])) / 2
		return m * m, math.Min(s.area[a], s.area[b]) / (t.Cell * t.Cell)
	}
	for i := range n {
		west, north := i-1, i-t.Cols
		if i%t.Cols == 0 {
			west = -1
		}
		s.nWest[i], s.wWest[i] = face(west, i)
		s.nNorth[i], s.wNorth[i] = face(north, i)
	}
	s.nWest[n] = -1
	for i := n; i < n+t.Cols; i++ {
		s.nNorth[i] = -1
	}
	s.banks = make([][]int32, len(c.Drains.Creeks))
	for i := range c.Drains.Creeks {
		seen := map[int]bool{}
		for _, f := range c.Drains.Creeks[i].Cells {
			if j := s.cellOf(int(f)); !seen[j] && s.area[j] > 0 {
				seen[j] = true
				s.banks[i] = append(s.banks[i], int32(j))
			}
		}
	}
	return s, nil
}

// deepest returns the largest depth of flow through any face, m: with it the gravity waves' speed. Still water in a hole deeper
// than its rim does not count, for no wave leaves it.
func (s *Sim) deepest() float64 {
	net, h, z := s.net, s.st.Depth, s.net.z
	cols := net.cols
	var d float64
	// Comparisons, not min and max, which also heed NaN: this runs over every cell of every step.
	face := func(e, za, zb float64) {
		if zb > za {
			za = zb
		}
		if e-za > d {
			d = e - za
		}
	}
	for r := range net.rows {
		base := r * cols
		for i := base; i < base+cols; i++ {
			// A face's depth is the higher level over the higher ground: no more than the depth of the cell whose level it is.
			if h[i] < dry || h[i] <= d {
				continue
			}
			e := z[i] + h[i]
			if i > base && net.nWest[i] >= 0 {
				face(e, z[i], z[i-1])
			}
			if i+1 < base+cols && net.nWest[i+1] >= 0 {
				face(e, z[i], z[i+1])
			}
			if r > 0 && net.nNorth[i] >= 0 {
				face(e, z[i], z[i-cols])
			}
			if r+1 < net.rows && net.nNorth[i+cols] >= 0 {
				face(e, z[i], z[i+cols])
			}
		}
	}
	return d
}

// rain lets the current rain field fall for dt seconds. Rain on roofs reaches the open ground of their cell.
func (s *Sim) rain(dt float64) {
	f := &s.st.Rain
	if len(f.MMH) == 0 {
		s.infiltrate(dt)
		return
	}
	t, net := s.net.terrain, s.net
	if s.rainGrid != f.Grid {
		s.rainGrid = f.Grid
		for c := range s.rainCol {
			s.rainCol[c] = int32(math.Floor((t.West + (float64(c)+0.5)*t.Cell - f.Grid.West) / f.Grid.Cell))
			if int(s.rainCol[c]) >= f.Grid.Cols {
				s.rainCol[c] = -1
			}
		}
	}
	cell := t.Cell * t.Cell
	var fell, lost float64
	for r := range net.rows {
		fr := int(math.Floor((f.Grid.North - (t.North - (float64(r)+0.5)*t.Cell)) / f.Grid.Cell))
		if fr < 0 || fr >= f.Grid.Rows {
			continue
		}
		row := f.MMH[fr*f.Grid.Cols : (fr+1)*f.Grid.Cols]
		var rowFell, rowLost float64
		for c := range net.cols {
			i := r*net.cols + c
			if net.area[i] == 0 {
				continue
			}
			fc := s.rainCol[c]
			if fc < 0 || row[fc] == 0 {
				continue
			}
			in := float64(row[fc]) / 3.6e6 * dt * cell
			out := min(in, s.cfg.Infiltration*dt*cell) * (1 - net.runoff[i])
			s.st.Depth[i] += (in - out) * net.inv[i]
			rowFell += in
			rowLost += out
		}
		fell += rowFell
		lost += rowLost
	}
	s.st.Mass.Rain += fell
	s.st.Mass.Infiltration += lost
}

// infiltrate lets standing water soak into pervious open ground when no rain falls.
func (s *Sim) infiltrate(dt float64) {
	var lost float64
	for i, h := range s.st.Depth {
		if h > 0 {
			out := min(h, s.cfg.Infiltration*dt*(1-s.net.runoff[i]))
			s.st.Depth[i] = h - out
			lost += out * s.net.area[i]
		}
	}
	s.st.Mass.Infiltration += lost
}

// flow moves water over the terrain for dt seconds: momentum on each face, the limiter, continuity in each cell.
func (s *Sim) flow(dt float64) {
	net, st := s.net, &s.st
	cols, rows := net.cols, net.rows
	theta, side := s.cfg.Theta, (1-s.cfg.Theta)/2
	h, z, qx, qy, slope := st.Depth, net.z, st.QX, st.QY, gravity*dt/net.dx

	// Both new discharges of a face depend on old ones of its neighbours in line, so the old value behind is carried along.
	for r := range rows {
		base := r * cols
		hr, zr, nr, q := h[base:base+cols], z[base:base+cols], net.nWest[base:base+cols], qx[base:base+cols]
		var before float64 // old discharge of the face to the west
		for c := 1; c < len(q); c++ {
			old := q[c]
			if hr[c]+hr[c-1] < dry || nr[c] < 0 {
				q[c] = 0
			} else {
				after := 0.0
				if c+1 < len(q) {
					after = q[c+1]
				}
				q[c] = faceFlow(theta*old+side*(before+after), hr[c-1], hr[c], zr[c-1], zr[c], nr[c], dt, slope)
			}
			before = old
		}
	}
	s.flowSouth(dt, theta, side)

	// No cell may give more than it holds: all that leaves it in this step is scaled to what is there. The first face of a row
	// and those of the first and the last row are walls, so that the face past a row's end may be read for its own.
	k := net.dx * dt
	for r := range rows {
		base := r * cols
		hr, ar := h[base:base+cols], net.area[base:base+cols]
		ew, we := qx[base:base+cols+1], net.wWest[base:base+cols+1]
		no, wn := qy[base:base+cols], net.wNorth[base:base+cols]
		so, ws := qy[base+cols:base+2*cols], net.wNorth[base+cols:base+2*cols]
		for c := range hr {
			if hr[c] <= 0 {
				continue
			}
			var out float64
			if ew[c+1] > 0 {
				out = ew[c+1] * we[c+1]
			}
			if ew[c] < 0 {
				out -= ew[c] * we[c]
			}
			if so[c] > 0 {
				out += so[c] * ws[c]
			}
			if no[c] < 0 {
				out -= no[c] * wn[c]
			}
			if give, has := out*k, hr[c]*ar[c]; give > has {
				f := has / give * (1 - 1e-12)
				if ew[c+1] > 0 {
					ew[c+1] *= f
				}
				if ew[c] < 0 {
					ew[c] *= f
				}
				if so[c] > 0 {
					so[c] *= f
				}
				if no[c] < 0 {
					no[c] *= f
				}
			}
		}
	}
	for r := range rows {
		base := r * cols
		hr, inv, peak := h[base:base+cols], net.inv[base:base+cols], st.Peak[base:base+cols]
		ew, we := qx[base:base+cols+1], net.wWest[base:base+cols+1]
		no, wn := qy[base:base+cols], net.wNorth[base:base+cols]
		so, ws := qy[base+cols:base+2*cols], net.wNorth[base+cols:base+2*cols]
		for c := range hr {
			if w, e, n, s := ew[c], ew[c+1], no[c], so[c]; w != 0 || e != 0 || n != 0 || s != 0 {
				in := w*we[c] + n*wn[c] - s*ws[c] - e*we[c+1]
				if hr[c] += in * k * inv[c]; hr[c] < 0 {
					hr[c] = 0
				}
			}
			if d := float32(hr[c]); d > peak[c] {
				peak[c] = d
			}
		}
	}
	s.fillSags()
}

// flowSouth computes the discharge through each north face.
func (s *Sim) flowSouth(dt, theta, side float64) {
	net, st := s.net, &s.st
	cols, rows := net.cols, net.rows
	h, z, qy, slope := st.Depth, net.z, st.QY, gravity*dt/net.dx
	before := s.row
	clear(before)
	for r := 1; r < rows; r++ {
		base := r * cols
		hn, hr, zn, zr := h[base-cols:base], h[base:base+cols], z[base-cols:base], z[base:base+cols]
		nr, q, after := net.nNorth[base:base+cols], qy[base:base+cols], qy[base+cols:base+2*cols]
		for c := range q {
			old := q[c]
			if hr[c]+hn[c] < dry || nr[c] < 0 {
				q[c] = 0
			} else {
				q[c] = faceFlow(theta*old+side*(before[c]+after[c]), hn[c], hr[c], zn[c], zr[c], nr[c], dt, slope)
			}
			before[c] = old
		}
	}
}

// faceFlow is eq. 11 of de Almeida et al. 2012 with implicit friction; smoothed is the weighted old discharge, m²/s, and slope
// gravity·dt/dx.
func faceFlow(smoothed, ha, hb, za, zb, n2, dt, slope float64) float64 {
	ea, eb := za+ha, zb+hb
	depth := ea
	if eb > depth {
		depth = eb
	}
	if za > zb {
		depth -= za
	} else {
		depth -= zb
	}
	if depth < dry {
		return 0
	}
	// Friction is taken at the new discharge, by its quadratic, and not at the old one as in eq. 11: on thin sheets with long
	// steps the linearised form swings from step to step and leaves depths 2–5 % off Manning's.
	r := smoothed - slope*depth*(eb-ea)
	f := gravity * dt * n2 / (depth * depth * cbrt(depth))
	q := 2 * r / (1 + math.Sqrt(1+4*f*math.Abs(r)))
	if q*q > gravity*depth*depth*depth {
		q = math.Copysign(depth*math.Sqrt(gravity*depth), q)
	}
	// Water does not leave a dry cell.
	if q > 0 && ha <= 0 || q < 0 && hb <= 0 {
		return 0
	}
	return q
}

// cbrt is the cube root of a positive number to 4e-5 relative, enough for a friction term: a guess from the exponent's
// third, then one of Halley's iterations.
func cbrt(x float64) float64 {
	t := math.Float64frombits(math.Float64bits(x)/3 + 715094163<<32)
	a := t * t * t
	return t * (a + x + x) / (a + a + x)
}

func (s *Sim) fillSags() {
	for k, g := range s.net.sags {
		room := g.volume - s.st.Sag[k]
		if room <= 0 {
			continue
		}
		if v := math.Min(room, s.st.Depth[g.cell]*s.net.area[g.cell]); v > 0 {
			s.st.Sag[k] += v
			s.st.SagPeak[k] = math.Max(s.st.SagPeak[k], s.st.Sag[k])
			s.st.Depth[g.cell] = math.Max(0, s.st.Depth[g.cell]-v*s.net.inv[g.cell])
		}
	}
}

func hypot(x, y float64) float64 { return math.Sqrt(x*x + y*y) }
