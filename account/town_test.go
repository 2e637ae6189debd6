package account

import (
	"fmt"
	"math"
	"sort"

	"citybrain/city"
	"citybrain/city/chance"
	"github.com/paulmach/orb"
)

// town is a small city for tests: n×n crossroads 250 m apart, a polder below high tide with one creek, an underpass, a hospital.
func town(n int) *city.City {
	c := &city.City{Name: city.Text{En: "Town", Zh: "小城"}, Frame: city.Frame{Lon0: 121.5, Lat0: 31.2}, TimeZone: "Asia/Shanghai", TargetS: 480, Currency: "CNY", Version: "town"}
	const d = 250.0
	s := &c.Streets
	w := n + 2
	size := float64(w-1) * d
	c.Bounds = orb.Bound{Min: orb.Point{0, 0}, Max: orb.Point{size, size}}
	for i := range w * w {
		x, y := i%w, i/w
		s.Nodes = append(s.Nodes, city.Node{ID: fmt.Sprint("n", i), At: orb.Point{float64(x) * d, float64(y) * d}, Junction: -1, Border: x == 0 || y == 0 || x == w-1 || y == w-1})
	}
	for i := range w * w {
		for _, k := range []int{i + 1, i + w} {
			if k >= w*w || k == i+1 && k%w == 0 || s.Nodes[i].Border && s.Nodes[k].Border {
				continue
			}
			for _, e := range [][2]int{{i, k}, {k, i}} {
				a, b := s.Nodes[e[0]].At, s.Nodes[e[1]].At
				s.Links = append(s.Links, city.Link{ID: fmt.Sprint("l", len(s.Links)), From: int32(e[0]), To: int32(e[1]), Line: orb.LineString{a, b}, Length: d, Lanes: 2, Speed: 13.9, Class: city.Secondary, Reverse: int32(len(s.Links) ^ 1), Detector: city.Detector(len(s.Links) % 4), Name: city.Text{En: "Street", Zh: "路"}})
			}
		}
	}
	dir := func(l *city.Link) orb.Point {
		return orb.Point{(l.Line[1][0] - l.Line[0][0]) / d, (l.Line[1][1] - l.Line[0][1]) / d}
	}
	for a := range s.Links {
		for b := range s.Links {
			if s.Links[a].To != s.Links[b].From {
				continue
			}
			u, v := dir(&s.Links[a]), dir(&s.Links[b])
			kind, lanes := city.Straight, int8(2)
			switch cross := u[0]*v[1] - u[1]*v[0]; {
			case cross > 0.5:
				kind, lanes = city.Left, 1
			case cross < -0.5:
				kind, lanes = city.Right, 1
			case u[0]*v[0]+u[1]*v[1] < 0:
				kind, lanes = city.UTurn, 1
				if !s.Nodes[s.Links[a].To].Border {
					continue
				}
			}
			s.Turns = append(s.Turns, city.Turn{From: int32(a), To: int32(b), Kind: kind, Lanes: lanes, Junction: -1, Movement: -1})
		}
	}
	sort.SliceStable(s.Turns, func(i, k int) bool { return s.Turns[i].From < s.Turns[k].From })
	for i := range s.Nodes {
		if s.Nodes[i].Border {
			continue
		}
		j := city.Junction{ID: fmt.Sprint("j", i), At: s.Nodes[i].At, Nodes: []int32{int32(i)}, Stages: make([]city.Stage, 2)}
		axis := map[int32]int{}
		for t := range s.Turns {
			turn := &s.Turns[t]
			l := &s.Links[turn.From]
			if int(l.To) != i {
				continue
			}
			stage := 0
			if math.Abs(dir(l)[0]) > 0.5 {
				stage = 1
			}
			turn.Junction, turn.Movement = int32(len(c.Signals)), int32(len(j.Movements))
			axis[turn.Movement] = stage
			j.Stages[stage].Movements = append(j.Stages[stage].Movements, turn.Movement)
			j.Movements = append(j.Movements, city.Movement{Turn: turn.Kind, From: turn.From, Turns: []int32{int32(t)}, Lanes: turn.Lanes, Permissive: turn.Kind == city.Left, MinGreen: 8, Yellow: 3})
		}
		for m := range j.Movements {
			row := make([]uint8, len(j.Movements))
			for k := range j.Movements {
				if axis[int32(m)] != axis[int32(k)] {
					row[k] = 5
				} else if j.Movements[m].From != j.Movements[k].From && (j.Movements[m].Turn == city.Left) != (j.Movements[k].Turn == city.Left) {
					row[k] = 4
				}
			}
			j.Intergreen = append(j.Intergreen, row)
		}
		j.Reference = city.PlanSpec{Stages: []city.StageTime{{Stage: 0, Green: 30}, {Stage: 1, Green: 30}}}
		s.Nodes[i].Junction = int32(len(c.Signals))
		c.Signals = append(c.Signals, j)
	}
	draw := chance.New(1, "town")
	for i := range s.Nodes {
		if !s.Nodes[i].Border {
			c.Zones = append(c.Zones, city.Zone{At: s.Nodes[i].At, Population: 1500, Jobs: 500 + 3000*draw.Float(uint64(i), 0), Node: int32(i)})
		}
	}
	const cell = 25.0
	g := city.Grid{West: 0, North: size, Cell: cell, Cols: int(size / cell), Rows: int(size / cell)}
	t := &city.Terrain{Grid: g, Datum: "Wusong", VerticalError: 0.05, Source: city.TerrainGenerated}
	c.Terrain = t
	for i := range g.Cells() {
		p := g.Centre(i)
		z := 3.0 + 0.15*math.Sin(p[0]/300)*math.Cos(p[1]/240) + 0.04*draw.Normal(uint64(i), 1)
		t.Z = append(t.Z, float32(z))
		t.Manning, t.Impervious, t.Built = append(t.Manning, 0.03), append(t.Impervious, 0.8), append(t.Built, 0.3)
		t.River = append(t.River, p[0] > size-60)
		t.Basin = append(t.Basin, int16(btoi(p[1] > size/2)))
	}
	var banks []int32
	for i := range g.Cells() {
		if p := g.Centre(i); math.Abs(p[1]-size/2) < cell && !t.River[i] {
			banks = append(banks, int32(i))
		}
	}
	c.Drains.Tide = city.Tide{Datum: "Wusong", Mean: 2.4, Wall: 5.6, Parts: []city.Harmonic{{Name: "M2", Amplitude: 1.3, PeriodS: 44714}}}
	c.Drains.Creeks = []city.Creek{{ID: "c0", Name: city.Text{En: "Mill Creek", Zh: "磨坊浜"}, Line: orb.LineString{{0, size / 2}, {size - 60, size / 2}}, Area: size * 16, Bed: 0, Normal: 2.4, Low: 1.7, Bank: 3.1, Cells: banks, Drop: 1e-4}}
	for b := range 2 {
		at := orb.Point{size / 2, size * (0.25 + 0.5*float64(b))}
		c.Drains.Basins = append(c.Drains.Basins, city.Basin{ID: fmt.Sprint("b", b), Name: city.Text{En: fmt.Sprint("Polder ", b), Zh: fmt.Sprint("片区", b)}, At: at, Inlet: 1e-5, Volume: size * size / 2 * 0.006, Invert: -1, Ground: 2.9})
		c.Drains.Pumps = append(c.Drains.Pumps, city.Pump{ID: fmt.Sprint("p", b), At: at, Basin: int32(b), Creek: 0, Units: 3, UnitFlow: size * size / 2 * 6e-6 / 3, Start: 1, Stop: 0, MinRun: 300, MinRest: 300, MaxStarts: 4})
	}
	c.Drains.Pumps = append(c.Drains.Pumps, city.Pump{ID: "p2", At: orb.Point{size - 80, size / 2}, Basin: -1, Creek: 0, Units: 3, UnitFlow: size * size * 4e-6 / 3, Start: 2.6, Stop: 2.3, MinRun: 300, MinRest: 300, MaxStarts: 4})
	c.Drains.Gates = []city.Gate{{ID: "g0", At: orb.Point{size - 70, size / 2}, Creek: 0, Width: 6, Sill: 1}}
	place := func(k city.PlaceKind, i int, at orb.Point, node int32, value int64, cap int) {
		c.Places = append(c.Places, city.Place{ID: fmt.Sprint(k, i), Kind: k, Name: city.Text{En: fmt.Sprint(k, " ", i), Zh: fmt.Sprint("点", i)}, At: at, Node: node, ValueFen: value, Capacity: cap})
	}
	node := func(x, y int) int32 { return int32(y*w + x) }
	for i := range 4 {
		at := s.Nodes[node(1+i%2*(n-1), 1+i/2*(n-1))]
		place(city.AmbulanceStation, i, at.At, node(1+i%2*(n-1), 1+i/2*(n-1)), 0, 2)
		place(city.RainGauge, i, at.At, -1, 0, 0)
	}
	place(city.Hospital, 0, s.Nodes[node(w/2, w/2)].At, node(w/2, w/2), 1e9, 500)
	for i := range 9 {
		at := orb.Point{size * (0.15 + 0.3*float64(i%3)), size * (0.15 + 0.3*float64(i/3))}
		place(city.StreetGauge, i, at, -1, 0, 0)
		place(city.School, i, orb.Point{at[0] + 40, at[1]}, -1, 5e8, 800)
	}
	under := &s.Links[len(s.Links)/2]
	under.Level = -1
	mid := orb.Point{(under.Line[0][0] + under.Line[1][0]) / 2, (under.Line[0][1] + under.Line[1][1]) / 2}
	for _, l := range []int32{int32(len(s.Links) / 2), under.Reverse} {
		s.Links[l].Level = -1
	}
	t.Z[g.Index(mid)] = -0.5
	place(city.Underpass, 0, mid, -1, 0, 0)
	c.Places[len(c.Places)-1].Links = []int32{int32(len(s.Links) / 2), under.Reverse}
	for i := range 400 {
		at := orb.Point{size * draw.Float(uint64(i), 5), size * draw.Float(uint64(i), 6)}
		if at[0] > size-100 {
			continue
		}
		c.Buildings = append(c.Buildings, city.Building{Outline: orb.Ring{{at[0] - 10, at[1] - 8}, {at[0] + 10, at[1] - 8}, {at[0] + 10, at[1] + 8}, {at[0] - 10, at[1] + 8}, {at[0] - 10, at[1] - 8}}, Height: 12, Floor: 0.1 * draw.Float(uint64(i), 7), ValueFen: 3e8, Basement: i%5 == 0})
	}
	return c
}
