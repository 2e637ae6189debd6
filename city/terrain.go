package city

import (
	"math"

	"github.com/paulmach/orb"
)

// A Grid is a raster of square cells, row 0 in the north, column 0 in the west; cell (r, c) has index r·Cols + c.
type Grid struct {
	West, North float64 // local frame, the outer edges of the first cell
	Cell        float64 // metres
	Cols, Rows  int
}

// Cells returns the number of cells.
func (g Grid) Cells() int { return g.Cols * g.Rows }

// Index returns the cell that holds p, or -1 outside the grid.
func (g Grid) Index(p orb.Point) int {
	c, r := int(math.Floor((p[0]-g.West)/g.Cell)), int(math.Floor((g.North-p[1])/g.Cell))
	if c < 0 || r < 0 || c >= g.Cols || r >= g.Rows {
		return -1
	}
	return r*g.Cols + c
}

// Centre returns the centre of cell i.
func (g Grid) Centre(i int) orb.Point {
	return orb.Point{g.West + (float64(i%g.Cols)+0.5)*g.Cell, g.North - (float64(i/g.Cols)+0.5)*g.Cell}
}

// Terrain is the ground as the flood engine sees it. Slices hold one value a cell of Grid.
type Terrain struct {
	Grid
	Z          []float32 // metres above Datum; NaN: no data, outside the flood domain
	Manning    []float32 // roughness n, s·m^(−1/3)
	Built      []float32 // share of the cell that buildings block, 0–0.9
	Impervious []float32 // share of the rain that runs off at once, 0–1
	River      []bool    // open tidal water: outside the surface model, its level is the tide's
	Basin      []int16   // the pumping district (index into Drains.Basins) whose inlets drain the cell, -1: none

	Datum         string        // vertical datum, e.g. "Wusong", "EGM96", "local"
	VerticalError float64       // metres, one standard deviation
	Source        TerrainSource // how it came about
}

// TerrainSource says where a pack's terrain is from.
type TerrainSource string

const (
	TerrainGiven     TerrainSource = "given"
	TerrainGenerated TerrainSource = "generated"
	TerrainInvented  TerrainSource = "invented"
	TerrainNone      TerrainSource = "none"
)

// TerrainTrust is the largest vertical error in metres at which depths, warnings and damage are shown.
const TerrainTrust = 0.15

// Assessable reports whether depth and damage may be shown as figures. Without it water is drawn 'illustrative'.
func (t *Terrain) Assessable() bool { return t != nil && t.VerticalError <= TerrainTrust }
