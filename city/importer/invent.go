package importer

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"citybrain/city"

	"github.com/paulmach/orb"
)

// An invented terrain and its drains, in metres over a datum of their own. The ground rises from the water's edge; a basin is
// a square of basinSide; creeks are the mapped ones; a gate and a boundary pump part each creek from a tidal river. Sizes
// follow common practice: inlets and stations for 36 mm/h on the sealed share, sewers that hold 5 mm.
const (
	inventedDatum = "invented"
	waterEdge     = 3.2   // m, ground beside water
	rise          = 5.0   // m that the ground gains far from water
	riseOver      = 900.0 // m in which it gains 63 % of that
	riverBed      = -3.0
	basinSide     = 1200.0
	basinLeast    = 0.25 // urban share of a square below which it has no sewers
	inletRate     = 1e-5 // m/s: 36 mm/h
	sewerDepth    = 3.5  // m
	sewerHolds    = 0.005
	creekWidth    = 15.0
	creekLeast    = 500.0 // m of line inside the city
	mostCreeks    = 12
)

// invent fills in heights and drains. Everything is a function of positions, so that the same map gives the same ground.
func (b *build) invent(t *city.Terrain) {
	t.Source, t.Datum, t.VerticalError = city.TerrainInvented, inventedDatum, 0
	b.defect("terrain", "the ground is invented from the map's water; it is exact by definition and says nothing of the real place")
	creeks := b.inventCreeks(t)
	water := slices.Clone(t.River)
	any := false
	for _, k := range creeks {
		for _, c := range k.Cells {
			water[c] = true
		}
	}
	for _, w := range water {
		any = any || w
	}
	far := reach(t.Grid, water)
	for i := range t.Z {
		if t.River[i] {
			t.Z[i] = riverBed
			continue
		}
		p := t.Centre(i)
		z := waterEdge + 2
		if any {
			z = waterEdge + rise*(1-math.Exp(-far[i]/riseOver))
		}
		z += 0.5*noise(p, 700, 1) + 0.3*noise(p, 200, 2)
		t.Z[i] = float32(z)
	}
	b.c.Drains.Creeks = creeks
	b.c.Drains.Tide = city.Tide{Datum: inventedDatum, Mean: 1.0, Wall: 3.5, Parts: []city.Harmonic{
		{Name: "M2", Amplitude: 0.8, PeriodS: 44714.16},
		{Name: "S2", Amplitude: 0.12, PeriodS: 43200, Phase: 0.6},
		{Name: "K1", Amplitude: 0.1, PeriodS: 86164.09, Phase: 1.9},
	}}
	b.inventBasins(t)
	b.inventOutlets(t)
	d := &b.c.Drains
	b.defect("drains", "%d sewer basins, %d creeks' banks, %d pumping stations, %d gates and the tide are invented", len(d.Basins), len(d.Creeks), len(d.Pumps), len(d.Gates))
}

// inventCreeks makes level pools of the longest mapped lines of water that do not run in open water, one a name. Without any
// it draws one from the city's middle to the nearest open water, or to its edge.
func (b *build) inventCreeks(t *city.Terrain) []city.Creek {
	type candidate struct {
		name city.Text
		line orb.LineString
		long float64
	}
	var list []candidate
	named := map[city.Text]int{}
	for _, w := range b.c.Waters {
		line, long := b.insideRun(t, w.Centre)
		if long < creekLeast {
			continue
		}
		if k, ok := named[w.Name]; ok && w.Name != (city.Text{}) {
			if long > list[k].long {
				list[k].line, list[k].long = line, long
			}
			continue
		}
		named[w.Name] = len(list)
		list = append(list, candidate{w.Name, line, long})
	}
	slices.SortStableFunc(list, func(x, y candidate) int { return cmp.Compare(y.long, x.long) })
	list = list[:min(len(list), mostCreeks)]
	if len(list) == 0 {
		mid := b.c.Bounds.Center()
		end, near := orb.Point{b.c.Bounds.Max[0] - t.Cell, mid[1]}, math.Inf(1)
		for i, r := range t.River {
			p := t.Centre(i)
			if d := math.Hypot(p[0]-mid[0], p[1]-mid[1]); r && d < near && d > creekLeast {
				end, near = p, d
			}
		}
		line := orb.LineString{mid, end}
		list = append(list, candidate{line: line, long: lineLength(line)})
	}
	var creeks []city.Creek
	for i, k := range list {
		cells := map[int32]bool{}
		along(t.Grid, k.line, func(c int) {
			if !t.River[c] {
				cells[int32(c)] = true
			}
		})
		var sorted []int32
		for c := range cells {
			sorted = append(sorted, c)
		}
		slices.Sort(sorted)
		name := k.name
		if name == (city.Text{}) {
			name = city.Text{En: fmt.Sprintf("Creek %d", i+1), Zh: fmt.Sprintf("%d号河", i+1)}
		}
		creeks = append(creeks, city.Creek{ID: fmt.Sprintf("creek-%d", i+1), Name: invented(name), Line: k.line, Area: k.long * creekWidth,
			Bed: -0.5, Normal: 1.8, Low: 1.2, Bank: 3.0, Cells: sorted, Drop: 0.3 / 3600})
	}
	return creeks
}

// insideRun returns the longest part of a line that runs inside the city and outside open water.
func (b *build) insideRun(t *city.Terrain, line orb.LineString) (orb.LineString, float64) {
	var best, run orb.LineString
	long := 0.0
	end := func() {
		if l := lineLength(run); len(run) > 1 && l > long {
			best, long = run, l
		}
		run = nil
	}
	for _, p := range line {
		if c := t.Index(p); c < 0 || t.River[c] {
			end()
			continue
		}
		run = append(run, p)
	}
	end()
	return best, long
}

// inventBasins gives each square with enough sealed ground a sewer basin with a station to the nearest creek.
func (b *build) inventBasins(t *city.Terrain) {
	d := &b.c.Drains
	per := max(1, int(math.Round(basinSide/t.Cell)))
	for r0 := 0; r0 < t.Rows; r0 += per {
		for c0 := 0; c0 < t.Cols; c0 += per {
			var cells []int
			all := 0
			for r := r0; r < min(r0+per, t.Rows); r++ {
				for c := c0; c < min(c0+per, t.Cols); c++ {
					i := r*t.Cols + c
					all++
					if !t.River[i] && t.Impervious[i] >= 0.3 {
						cells = append(cells, i)
					}
				}
			}
			if float64(len(cells)) < basinLeast*float64(all) || len(cells) < 20 || len(d.Basins) >= math.MaxInt16 {
				continue
			}
			lowest, sealed := cells[0], 0.0
			var mid orb.Point
			for _, i := range cells {
				t.Basin[i] = int16(len(d.Basins))
				if t.Z[i] < t.Z[lowest] {
					lowest = i
				}
				sealed += float64(t.Impervious[i]) * t.Cell * t.Cell
				p := t.Centre(i)
				mid[0], mid[1] = mid[0]+p[0]/float64(len(cells)), mid[1]+p[1]/float64(len(cells))
			}
			n := len(d.Basins) + 1
			ground := float64(t.Z[lowest])
			d.Basins = append(d.Basins, city.Basin{ID: fmt.Sprintf("basin-%d", n),
				Name: invented(city.Text{En: fmt.Sprintf("Drainage district %d", n), Zh: fmt.Sprintf("%d号排水区", n)}), At: mid, Inlet: inletRate,
				Volume: sewerHolds * float64(len(cells)) * t.Cell * t.Cell, Invert: ground - sewerDepth, Ground: ground, Lowest: int32(lowest)})
			creek, near := 0, math.Inf(1)
			for k := range d.Creeks {
				for _, p := range d.Creeks[k].Line {
					if x := math.Hypot(p[0]-mid[0], p[1]-mid[1]); x < near {
						creek, near = k, x
					}
				}
			}
			flow := math.Max(0.3, inletRate*sealed)
			d.Pumps = append(d.Pumps, city.Pump{ID: fmt.Sprintf("pump-%d", n),
				Name: invented(city.Text{En: fmt.Sprintf("Pumping station %d", n), Zh: fmt.Sprintf("%d号泵站", n)}), At: mid, Basin: int32(n - 1), Creek: int32(creek),
				Units: 4, UnitFlow: flow / 4, Start: ground - sewerDepth + 1.2, Stop: ground - sewerDepth + 0.4, MinRun: 120, MinRest: 180, MaxStarts: 6})
		}
	}
}

// inventOutlets gives each creek a gate and a boundary pump at its end that is nearer to open water.
func (b *build) inventOutlets(t *city.Terrain) {
	d := &b.c.Drains
	river := reach(t.Grid, t.River)
	for k := range d.Creeks {
		c := &d.Creeks[k]
		at := c.Line[len(c.Line)-1]
		if i, j := t.Index(c.Line[0]), t.Index(at); i >= 0 && j >= 0 && river[i] < river[j] {
			at = c.Line[0]
		}
		in := 0.0
		for _, p := range d.Pumps {
			if p.Basin >= 0 && int(p.Creek) == k {
				in += p.UnitFlow * float64(p.Units)
			}
		}
		// The pool takes what its stations pump in for ten minutes a metre, and may be drawn down as fast as it is filled.
		c.Area = math.Max(c.Area, in*600)
		c.Drop = math.Max(c.Drop, in/c.Area)
		n := k + 1
		d.Gates = append(d.Gates, city.Gate{ID: fmt.Sprintf("gate-%d", n), Name: invented(city.Text{En: fmt.Sprintf("Tide gate %d", n), Zh: fmt.Sprintf("%d号水闸", n)}),
			At: at, Creek: int32(k), Width: math.Max(8, in/5), Sill: 0})
		d.Pumps = append(d.Pumps, city.Pump{ID: fmt.Sprintf("boundary-%d", n), Name: invented(city.Text{En: fmt.Sprintf("Boundary station %d", n), Zh: fmt.Sprintf("%d号外排泵站", n)}),
			At: at, Basin: -1, Creek: int32(k), Units: 4, UnitFlow: math.Max(0.5, 0.6*in/4), Start: c.Normal + 0.2, Stop: c.Normal - 0.2, MinRun: 300, MinRest: 300, MaxStarts: 4})
	}
}

// invented marks a name.
func invented(n city.Text) city.Text {
	if n.En != "" {
		n.En += " (invented)"
	}
	if n.Zh != "" {
		n.Zh += "（虚构）"
	}
	return n
}

func lineLength(line orb.LineString) float64 {
	sum := 0.0
	for i := 1; i < len(line); i++ {
		sum += math.Hypot(line[i][0]-line[i-1][0], line[i][1]-line[i-1][1])
	}
	return sum
}

// noise is smooth value noise in [−1, 1] with features of size metres.
func noise(p orb.Point, size float64, layer uint64) float64 {
	x, y := p[0]/size, p[1]/size
	x0, y0 := math.Floor(x), math.Floor(y)
	fx, fy := x-x0, y-y0
	fx, fy = fx*fx*(3-2*fx), fy*fy*(3-2*fy)
	at := func(dx, dy float64) float64 {
		h := uint64(int64(x0+dx))*0x9E3779B97F4A7C15 ^ uint64(int64(y0+dy))*0xC2B2AE3D27D4EB4F ^ layer*0x165667B19E3779F9
		h ^= h >> 30 // the finaliser of SplitMix64 (Steele, Lea & Flood 2014)
		h *= 0xBF58476D1CE4E5B9
		h ^= h >> 27
		h *= 0x94D049BB133111EB
		h ^= h >> 31
		return float64(h>>11)/(1<<52) - 1
	}
	return (at(0, 0)*(1-fx)+at(1, 0)*fx)*(1-fy) + (at(0, 1)*(1-fx)+at(1, 1)*fx)*fy
}
