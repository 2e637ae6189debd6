package ems

import "math"

// gather returns at least n points that stand for all demand, if there are as many: squares of the map, each with the middle of
// its demand.
func (m *Model) gather(n int) []point {
	points := m.points()
	e := m.EMS
	x0, y0, x1, y1 := math.Inf(1), math.Inf(1), math.Inf(-1), math.Inf(-1)
	for _, p := range points {
		x0, y0, x1, y1 = min(x0, p.x*e.ScaleX), min(y0, p.y*e.ScaleY), max(x1, p.x*e.ScaleX), max(y1, p.y*e.ScaleY)
	}
	side := max(x1-x0, y1-y0, 1e-3)
	var cells []point             // x and y times weight
	for k := 4; ; k = k*5/4 + 1 { // squares a side: finer until there are enough with demand
		cells = make([]point, k*k)
		used := 0
		for _, p := range points {
			i := min(k-1, int((p.y*e.ScaleY-y0)/side*float64(k)))*k + min(k-1, int((p.x*e.ScaleX-x0)/side*float64(k)))
			c := &cells[i]
			if c.weight == 0 {
				used++
			}
			c.weight, c.x, c.y = c.weight+p.weight, c.x+p.weight*p.x, c.y+p.weight*p.y
		}
		if used >= n || k > 200 {
			break
		}
	}
	var list []point
	for _, c := range cells {
		if c.weight > 1e-5 {
			x, y := c.x/c.weight, c.y/c.weight
			list = append(list, point{m.near.spot(x, y), x, y, c.weight})
		}
	}
	return list
}

// Drives returns where demand is, gathered at about n places, as shares of all, and the seconds of an urgent drive to each of
// them: from each station, and after those from each place itself, where a station could be.
func (m *Model) Drives(n int) (share []float64, at [][2]float64, seconds [][]float64) {
	list := m.gather(n)
	mode := m.mode(0, 0)
	l := m.times(mode)
	from := append([]spot(nil), m.stations...)
	for _, p := range list {
		from = append(from, p.spot)
		share, at = append(share, p.weight), append(at, [2]float64{p.x, p.y})
	}
	for _, s := range from {
		row := make([]float64, len(list))
		for i, p := range list {
			row[i] = m.off(mode, s.km) + float64(l.Between(s.node, p.node))/1000 + m.off(mode, p.km)
		}
		seconds = append(seconds, row)
	}
	return share, at, seconds
}
