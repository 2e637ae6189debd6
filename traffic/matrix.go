package traffic

import (
	"cmp"
	"slices"
	"time"

	"citybrain/city"
	"citybrain/city/chance"
)

// A Matrix says how many times as many trips go from district to district as a Demand draws. Cell 0 of a side is over the city's border,
// cell d + 1 is district d.
type Matrix struct {
	Cells  int       // of one side
	Factor []float64 // from·Cells + to
	of     []int32   // by node
}

// NewMatrix has the factors of a calibration's flows, trips by prior; 1 where there is none.
func NewMatrix(c *city.City, flows []city.Flow) *Matrix {
	m := &Matrix{Cells: len(c.Districts) + 1, of: make([]int32, len(c.Streets.Nodes))}
	for i := range c.Zones {
		m.of[c.Zones[i].Node] = int32(c.Zones[i].District) + 1
	}
	m.Factor = make([]float64, m.Cells*m.Cells)
	for i := range m.Factor {
		m.Factor[i] = 1
	}
	for _, f := range flows {
		if a, b := f.From+1, f.To+1; a >= 0 && a < m.Cells && b >= 0 && b < m.Cells && f.Prior > 0 && f.Trips >= 0 {
			m.Factor[a*m.Cells+b] = f.Trips / f.Prior
		}
	}
	return m
}

// Cell is the cell of a trip.
func (m *Matrix) Cell(t Trip, goals []int32) int {
	return int(m.of[t.From])*m.Cells + int(m.of[goals[t.Goal]])
}

// again is the time, s, within which a trip that is made once more departs.
const again = 240

// Redraw makes trips more or fewer by the factors, by the chance of seed, and returns them by departure with the cell of each.
func (m *Matrix) Redraw(trips []Trip, goals []int32, seed uint64) ([]Trip, []int) {
	draw := chance.New(seed, "traffic/matrix")
	type cellTrip struct {
		Trip
		cell int
	}
	var list []cellTrip
	for i, t := range trips {
		cell := m.Cell(t, goals)
		for k := range int(m.Factor[cell] + draw.Float(uint64(i), 0)) {
			if k > 0 {
				t.Depart = trips[i].Depart + time.Duration(draw.Between(uint64(i), uint64(k), 0, again))*time.Second
			}
			list = append(list, cellTrip{t, cell})
		}
	}
	slices.SortStableFunc(list, func(a, b cellTrip) int { return cmp.Compare(a.Depart, b.Depart) })
	out, cells := make([]Trip, len(list)), make([]int, len(list))
	for i, x := range list {
		out[i], cells[i] = x.Trip, x.cell
	}
	return out, cells
}
