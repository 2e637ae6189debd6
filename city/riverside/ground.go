package riverside

import (
	"fmt"
	"math"

	"citybrain/city"
	"github.com/paulmach/orb"
)

// cellSize is the terrain's, m.
const cellSize = 28.0

// ground lays the terrain: land at 3.0–4.6 m over the local datum, polders below high tide, streets a little lower than blocks,
// underpasses that dip four metres, a wall along the river.
func (m *maker) ground() {
	g := city.Grid{West: 0, North: height, Cell: cellSize, Cols: int(math.Ceil(width / cellSize)), Rows: int(math.Ceil(height / cellSize))}
	n := g.Cells()
	t := &city.Terrain{Grid: g, Z: make([]float32, n), Manning: make([]float32, n), Built: make([]float32, n), Impervious: make([]float32, n), River: make([]bool, n), Basin: make([]int16, n),
		Datum: "Wusong", VerticalError: 0.05, Source: city.TerrainGenerated}
	m.c.Terrain = t
	for i := range n {
		p := g.Centre(i)
		d, _ := away(m.river, p)
		t.River[i] = d < riverWidth/2
		z := 3.15 + 0.22*m.noise.at(p[0]/900+11, p[1]/900) + 0.10*m.noise.at(p[0]/260, p[1]/260+40) + 0.03*m.noise.at(p[0]/60, p[1]/60)
		if d < riverWidth/2+260 { // the banks were raised
			z += 0.9 * (1 - (d-riverWidth/2)/260)
		}
		if c := hyp(p, m.tip); c < cbdRadius {
			z += 0.35 * (1 - c/cbdRadius)
		}
		t.Z[i], t.Manning[i], t.Impervious[i], t.Basin[i] = float32(z), 0.035, 0.72, -1
	}
	for i := range m.c.Streets.Links {
		l := &m.c.Streets.Links[i]
		if l.Level != 0 || l.Bridge || l.Reverse >= 0 && int(l.Reverse) < i {
			continue
		}
		for s := 0.0; s <= l.Length; s += cellSize / 2 {
			p, _ := pointAt(l.Line, s)
			if c := g.Index(p); c >= 0 && t.Manning[c] != 0.018 {
				t.Manning[c] = 0.018
				t.Z[c] -= 0.12
				t.Impervious[c] = 0.92
			}
		}
	}
	for i := range m.c.Places {
		p := &m.c.Places[i]
		if p.Kind != city.Underpass {
			continue
		}
		if c := g.Index(p.At); c >= 0 {
			t.Z[c] -= 3.6
			t.Impervious[c] = 1
		}
	}
	for i := range m.c.Buildings {
		b := &m.c.Buildings[i]
		if c := g.Index(centreOf(b.Outline)); c >= 0 {
			a := float32(area(b.Outline) / (cellSize * cellSize))
			t.Built[c] = min(0.8, t.Built[c]+a)
			if t.Manning[c] > 0.02 {
				t.Manning[c] = 0.05
			}
		}
	}
}

// drains digs the creeks and divides the land into pumping districts.
func (m *maker) drains() {
	t := m.c.Terrain
	d := &m.c.Drains
	d.Tide = city.Tide{Datum: "Wusong", Mean: 2.15, Wall: 5.6, Parts: []city.Harmonic{
		{Name: "M2", Amplitude: 1.18, PeriodS: 44714.16, Phase: 1.1}, {Name: "S2", Amplitude: 0.46, PeriodS: 43200, Phase: 0.4}, {Name: "K1", Amplitude: 0.24, PeriodS: 86164.09, Phase: 2.0}, {Name: "O1", Amplitude: 0.15, PeriodS: 92949.63, Phase: 0.3}}}
	mouths := []struct {
		from, to orb.Point
	}{{orb.Point{150, 4500}, orb.Point{3330, 4050}}, {orb.Point{120, 1150}, orb.Point{3900, 1180}}, {orb.Point{200, 5900}, orb.Point{4100, 4880}}, {orb.Point{7650, 1500}, orb.Point{4050, 1750}}, {orb.Point{7700, 3150}, orb.Point{5300, 4330}}, {orb.Point{7500, 5900}, orb.Point{5600, 4650}}}
	for i, k := range mouths {
		mid := orb.Point{(k.from[0]+k.to[0])/2 + 260*m.noise.at(float64(i)*3, 77), (k.from[1]+k.to[1])/2 + 260*m.noise.at(77, float64(i)*3)}
		full := spline([]orb.Point{k.from, mid, k.to}, 40)
		var line orb.LineString
		for _, p := range full {
			if dd, _ := away(m.river, p); dd > riverWidth/2-10 {
				line = append(line, p)
			} else {
				break
			}
		}
		w := 16 + 9*m.draw.Float(uint64(i), 900)
		c := city.Creek{ID: fmt.Sprintf("k%d", i), Name: creekNames[i], Line: line, Area: lengthOf(line) * w, Bed: 0.2, Normal: 2.45, Low: 1.85, Bank: 3.25, Drop: 2.5e-4}
		last := -1
		for s := 0.0; s < lengthOf(line); s += cellSize / 2 {
			p, _ := pointAt(line, s)
			if cell := t.Index(p); cell >= 0 && cell != last && !t.River[cell] {
				c.Cells = append(c.Cells, int32(cell))
				t.Built[cell] = 0
				last = cell
			}
		}
		d.Creeks = append(d.Creeks, c)
		m.c.Waters = append(m.c.Waters, city.Water{Kind: "creek", Name: c.Name, Outline: ribbon(line, w), Centre: line})
		mouth := line[len(line)-1]
		d.Gates = append(d.Gates, city.Gate{ID: fmt.Sprintf("g%d", i), Name: city.Text{En: c.Name.En + " Gate", Zh: c.Name.Zh + "水闸"}, At: mouth, Creek: int32(i), Width: 6 + 5*m.draw.Float(uint64(i), 901), Sill: 0.9})
	}
	// Pumping districts: seeds spread over the land, each cell to the nearest one on its side of the river.
	type seed struct {
		at    orb.Point
		side  bool
		creek int
	}
	var seeds []seed
	for y := 700.0; y < height; y += 1250 {
		for x := 650.0; x < width; x += 1300 {
			p := orb.Point{x + 220*m.noise.at(x, y), y + 220*m.noise.at(y, x)}
			dd, side := away(m.river, p)
			if dd < riverWidth/2+150 {
				continue
			}
			best, least := 0, math.Inf(1)
			for k := range d.Creeks {
				if kd, _ := away(d.Creeks[k].Line, p); kd < least {
					if _, ks := away(m.river, d.Creeks[k].Line[0]); (ks > 0) == (side > 0) {
						best, least = k, kd
					}
				}
			}
			seeds = append(seeds, seed{p, side > 0, best})
		}
	}
	cells := make([]int, len(seeds))
	for i := range t.Cells() {
		if t.River[i] {
			continue
		}
		p := t.Centre(i)
		_, side := away(m.river, p)
		best, least := -1, math.Inf(1)
		for k, s := range seeds {
			if dd := hyp(s.at, p); s.side == (side > 0) && dd < least {
				best, least = k, dd
			}
		}
		if best >= 0 {
			t.Basin[i] = int16(best)
			cells[best]++
		}
	}
	inflow := make([]float64, len(d.Creeks))
	for k, s := range seeds {
		a := float64(cells[k]) * cellSize * cellSize
		old := hyp(s.at, m.oldTown) < 1200
		storage, inlet := 0.0100, 1.25e-5
		if old {
			storage, inlet = 0.0070, 1.0e-5
		}
		name := city.Text{En: fmt.Sprintf("%s Polder", firstNames[k%len(firstNames)].En), Zh: firstNames[k%len(firstNames)].Zh + "圩片区"}
		d.Basins = append(d.Basins, city.Basin{ID: fmt.Sprintf("b%d", k), Name: name, At: s.at, Inlet: inlet, Volume: math.Max(1000, a*storage), Invert: -2, Ground: 2.9, Lowest: int32(t.Index(s.at))})
		flow := a * inlet * 0.62
		inflow[s.creek] += flow
		units := 3 + k%3
		d.Pumps = append(d.Pumps, city.Pump{ID: fmt.Sprintf("p%d", len(d.Pumps)), Name: city.Text{En: name.En + " pumping station", Zh: name.Zh + "泵站"}, At: s.at, Basin: int32(k), Creek: int32(s.creek), Units: units, UnitFlow: flow / float64(units), Start: 0.2, Stop: -1.2, MinRun: 300, MinRest: 300, MaxStarts: 4})
	}
	for k := range d.Creeks {
		c := &d.Creeks[k]
		d.Pumps = append(d.Pumps, city.Pump{ID: fmt.Sprintf("p%d", len(d.Pumps)), Name: city.Text{En: c.Name.En + " boundary station", Zh: c.Name.Zh + "排涝泵站"}, At: c.Line[len(c.Line)-1], Basin: -1, Creek: int32(k), Units: 4, UnitFlow: math.Max(2, inflow[k]*0.55/4), Start: c.Normal + 0.2, Stop: c.Normal - 0.1, MinRun: 300, MinRest: 300, MaxStarts: 4})
	}
}

func centreOf(r orb.Ring) (p orb.Point) {
	for _, q := range r[:len(r)-1] {
		p[0] += q[0] / float64(len(r)-1)
		p[1] += q[1] / float64(len(r)-1)
	}
	return p
}

func area(r orb.Ring) float64 {
	var s float64
	for i := 1; i < len(r); i++ {
		s += r[i-1][0]*r[i][1] - r[i][0]*r[i-1][1]
	}
	return math.Abs(s) / 2
}
