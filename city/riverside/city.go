package riverside

import (
	"fmt"
	"math"

	"citybrain/city"
	"citybrain/city/chance"
	"github.com/paulmach/orb"
)

// maker is a city being made.
type maker struct {
	c            *city.City
	draw         chance.Source
	noise        *noise
	river        orb.LineString
	tip, oldTown orb.Point // centres of the towers inside the bend and of the old town
	names        int
}

// City returns the city of a seed.
func City(seed uint64) *city.City {
	m := &maker{draw: chance.New(seed, "city/riverside"), tip: orb.Point{4300, 3650}, oldTown: orb.Point{2150, 2150}}
	field := chance.New(seed, "city/riverside/noise")
	m.noise = &noise{func(x, y int) float64 { return 2*field.Float(uint64(int64(x)+1<<20), uint64(int64(y)+1<<20)) - 1 }}
	m.river = bend(m.noise)
	m.c = &city.City{
		Name: city.Text{En: "Wangjiang", Zh: "望江"}, Seed: seed, Frame: city.Frame{Lon0: 121.46, Lat0: 31.20}, Bounds: orb.Bound{Max: orb.Point{width, height}},
		Currency: "CNY", GDPPerHead: 15000, TimeZone: "Asia/Shanghai", TargetS: 480, Attribution: []string{"citybrain generated city"},
	}
	m.c.Waters = []city.Water{{Kind: "river", Name: city.Text{En: "Wang River", Zh: "望江"}, Outline: ribbon(m.river, riverWidth), Centre: m.inside(m.river)}}
	m.cut(m.plan())
	m.underpasses()
	m.turns()
	m.zones()
	m.buildings()
	m.places()
	m.signals() // places say where people walk slowly
	m.c.RunRings()
	m.districts()
	m.ground()
	m.drains()
	m.gauges()
	calibrate(m.c)
	teach(m.c)
	v, err := m.c.Hash()
	if err != nil {
		panic("riverside: " + err.Error()) // plain data of our own
	}
	m.c.Version = v
	return m.c
}

// land is how a place is used: intensity of homes and of work, the height of its houses.
func (m *maker) land(p orb.Point) (homes, work, tall float64) {
	c, o := hyp(p, m.tip), hyp(p, m.oldTown)
	d, side := away(m.river, p)
	homes, work, tall = 1, 0.35, 22
	if side > 0 {
		homes, tall = 0.8, 38
	}
	work += 4.5*math.Exp(-c*c/(520*520)) + 1.8*math.Exp(-(d-riverWidth/2-200)*(d-riverWidth/2-200)/(260*260))*b2f(side < 0)
	tall += 190 * math.Exp(-c*c/(430*430))
	if o < oldRadius {
		homes, tall = 1.7, 9
	}
	homes *= 0.8 + 0.4*m.noise.at(p[0]/700+3, p[1]/700+8)
	if c < 400 {
		homes *= 0.3
	}
	return math.Max(0.1, homes), work, tall
}

func b2f(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

func (m *maker) zones() {
	var homes, work float64
	for y := 190.0; y < height; y += 380 {
		for x := 190.0; x < width; x += 380 {
			p := orb.Point{x, y}
			if d, _ := away(m.river, p); d < riverWidth/2+60 {
				continue
			}
			h, w, _ := m.land(p)
			n := m.nearest(p, func(l *city.Link) bool { return l.Level == 0 && l.Class >= city.Secondary })
			m.c.Zones = append(m.c.Zones, city.Zone{At: p, Population: h, Jobs: w, Node: n, District: -1})
			homes, work = homes+h, work+w
		}
	}
	for i := range m.c.Zones {
		m.c.Zones[i].Population *= 920000 / homes
		m.c.Zones[i].Jobs *= 520000 / work
	}
}

// underpasses lowers six to ten two-way streets under the elevated roads and railways that cross them.
func (m *maker) underpasses() {
	s := &m.c.Streets
	n := 0
	for tries := uint64(0); tries < 4000 && n < 9; tries++ {
		i := int32(m.draw.Int(tries, 600, len(s.Links)))
		l := &s.Links[i]
		if l.Level != 0 || l.Bridge || l.Reverse < 0 || l.Class != city.Secondary || l.Length < 140 || l.Length > 420 {
			continue
		}
		p, _ := pointAt(l.Line, l.Length/2)
		if d, _ := away(m.river, p); d < riverWidth/2+300 {
			continue
		}
		apart := true
		for k := range m.c.Places {
			apart = apart && hyp(m.c.Places[k].At, p) > 900
		}
		if !apart {
			continue
		}
		l.Level, s.Links[l.Reverse].Level = -1, -1
		name := city.Text{En: l.Name.En + " underpass", Zh: l.Name.Zh + "下立交"}
		m.c.Places = append(m.c.Places, city.Place{ID: fmt.Sprintf("underpass%d", n), Kind: city.Underpass, Name: name, At: p, Node: -1, Links: []int32{i, l.Reverse}})
		n++
	}
}

// buildings stands houses along the streets and in the blocks behind, never on a street, in water or in each other.
func (m *maker) buildings() {
	const cell = 40.0
	taken := map[[2]int][]orb.Bound{}
	streetDist := m.streetDistance()
	count := 0
	for pass, depth := range []float64{0, 46, 92} {
		for i := range m.c.Streets.Links {
			l := &m.c.Streets.Links[i]
			if l.Level != 0 || l.Bridge || l.Class == city.Trunk {
				continue
			}
			half := float64(l.Lanes)*3.5 + 5
			for s := 22.0; s < l.Length-14; {
				id := uint64(i)<<20 | uint64(pass)<<16 | uint64(s)
				p, dir := pointAt(l.Line, s)
				_, _, tall := m.land(p)
				w, d := 16+20*m.draw.Float(id, 1), 13+12*m.draw.Float(id, 2)
				if tall > 70 {
					w, d = 30+22*m.draw.Float(id, 1), 28+18*m.draw.Float(id, 2)
				}
				if hyp(p, m.oldTown) < oldRadius {
					w, d = 10+12*m.draw.Float(id, 1), 9+7*m.draw.Float(id, 2)
				}
				step := w + 4 + 14*m.draw.Float(id, 3)
				off := half + depth + d/2 + 4*m.draw.Float(id, 4)
				right := orb.Point{dir[1], -dir[0]}
				at := orb.Point{p[0] + right[0]*off, p[1] + right[1]*off}
				s += step
				if m.draw.Float(id, 5) < 0.13 || at[0] < 20 || at[1] < 20 || at[0] > width-20 || at[1] > height-20 {
					continue
				}
				if dr, _ := away(m.river, at); dr < riverWidth/2+30 {
					continue
				}
				if streetDist(at) < math.Hypot(w, d)/2*0.8+5 {
					continue
				}
				ring := orb.Ring{}
				for _, k := range [5][2]float64{{-1, -1}, {1, -1}, {1, 1}, {-1, 1}, {-1, -1}} {
					ring = append(ring, orb.Point{at[0] + dir[0]*k[0]*w/2 + right[0]*k[1]*d/2, at[1] + dir[1]*k[0]*w/2 + right[1]*k[1]*d/2})
				}
				b := ring.Bound()
				if overlaps(taken, cell, b) {
					continue
				}
				for x := int(b.Min[0] / cell); x <= int(b.Max[0]/cell); x++ {
					for y := int(b.Min[1] / cell); y <= int(b.Max[1]/cell); y++ {
						taken[[2]int{x, y}] = append(taken[[2]int{x, y}], b)
					}
				}
				h := math.Max(6, tall*(0.35+0.9*m.draw.Float(id, 6)))
				if pass > 0 && tall < 70 {
					h *= 1.2
				}
				use, value := city.Residential, 900.0
				switch _, work, _ := m.land(at); {
				case work > 1.2:
					use, value = city.Commercial, 1500
				case m.draw.Float(id, 7) < 0.12:
					use, value = city.Commercial, 1200
				case m.draw.Float(id, 7) < 0.17:
					use, value = city.Industrial, 1000
				}
				// What water reaches: ground floor and basement, contents and finish, in yuan a square metre.
				m.c.Buildings = append(m.c.Buildings, city.Building{Outline: ring, Height: h, Use: use, Floor: 0.02 + 0.25*m.draw.Float(id, 8), ValueFen: int64(w * d * value * 100), Basement: h > 25 && m.draw.Float(id, 9) < 0.5})
				count++
			}
		}
	}
	// Three towers that one knows the city by.
	for i, t := range []struct {
		dx, dy, w, h float64
	}{{-60, 40, 56, 470}, {45, 75, 52, 420}, {30, -70, 60, 632}} {
		at := orb.Point{m.tip[0] + t.dx, m.tip[1] + t.dy}
		var ring orb.Ring
		for k := range 13 {
			a := float64(k) / 12 * 2 * math.Pi
			ring = append(ring, orb.Point{at[0] + t.w/2*math.Cos(a), at[1] + t.w/2*math.Sin(a)})
		}
		ring[12] = ring[0]
		m.c.Buildings = append(m.c.Buildings, city.Building{Outline: ring, Height: t.h, Use: city.Commercial, Floor: 0.6, ValueFen: int64(3e9 + float64(i)*1e8), Basement: true})
	}
}

func overlaps(taken map[[2]int][]orb.Bound, cell float64, b orb.Bound) bool {
	for x := int(b.Min[0] / cell); x <= int(b.Max[0]/cell); x++ {
		for y := int(b.Min[1] / cell); y <= int(b.Max[1]/cell); y++ {
			for _, o := range taken[[2]int{x, y}] {
				if o.Intersects(b) {
					return true
				}
			}
		}
	}
	return false
}

// streetDistance returns a function of the distance to the nearest centre line of a street less half its width, within 60 m.
func (m *maker) streetDistance() func(orb.Point) float64 {
	const cell = 60.0
	type seg struct {
		a, b orb.Point
		half float64
	}
	index := map[[2]int][]seg{}
	for i := range m.c.Streets.Links {
		l := &m.c.Streets.Links[i]
		if l.Level != 0 && !l.Bridge && l.Level != 1 {
			continue
		}
		for k := 1; k < len(l.Line); k++ {
			s := seg{l.Line[k-1], l.Line[k], float64(l.Lanes) * 3.5}
			x0, x1 := math.Min(s.a[0], s.b[0])-cell, math.Max(s.a[0], s.b[0])+cell
			y0, y1 := math.Min(s.a[1], s.b[1])-cell, math.Max(s.a[1], s.b[1])+cell
			for x := int(math.Floor(x0 / cell)); x <= int(math.Floor(x1/cell)); x++ {
				for y := int(math.Floor(y0 / cell)); y <= int(math.Floor(y1/cell)); y++ {
					index[[2]int{x, y}] = append(index[[2]int{x, y}], s)
				}
			}
		}
	}
	return func(p orb.Point) float64 {
		least := 60.0
		for _, s := range index[[2]int{int(math.Floor(p[0] / cell)), int(math.Floor(p[1] / cell))}] {
			vx, vy := s.b[0]-s.a[0], s.b[1]-s.a[1]
			n := vx*vx + vy*vy
			t := 0.0
			if n > 0 {
				t = math.Max(0, math.Min(1, ((p[0]-s.a[0])*vx+(p[1]-s.a[1])*vy)/n))
			}
			least = math.Min(least, math.Hypot(p[0]-s.a[0]-t*vx, p[1]-s.a[1]-t*vy)-s.half)
		}
		return least
	}
}

// places stands what the city can't do without beside its streets.
func (m *maker) places() {
	s := &m.c.Streets
	put := func(kind city.PlaceKind, n int, apart float64, names [2]string, floor, value float64, capacity func(i int) int, classes ...city.RoadClass) {
		made := 0
		var at []orb.Point
		for tries := uint64(0); tries < 6000 && made < n; tries++ {
			i := m.draw.Sub(uint64(len(kind))*31+uint64(kind[0])).Int(tries, 0, len(s.Links))
			l := &s.Links[i]
			if l.Level != 0 || l.Bridge || !hasClass(classes, l.Class) {
				continue
			}
			p, dir := pointAt(l.Line, l.Length*0.4)
			q := orb.Point{p[0] + dir[1]*24, p[1] - dir[0]*24}
			ok := q[0] > 150 && q[1] > 150 && q[0] < width-150 && q[1] < height-150
			if d, _ := away(m.river, q); d < riverWidth/2+40 {
				ok = false
			}
			for _, o := range at {
				ok = ok && hyp(o, q) > apart
			}
			if !ok {
				continue
			}
			at = append(at, q)
			name := city.Text{En: fmt.Sprintf("%s %s", firstNames[(made*7+len(kind))%len(firstNames)].En+" "+lastNames[(made*5+len(kind))%len(lastNames)].En, names[0]), Zh: firstNames[(made*7+len(kind))%len(firstNames)].Zh + lastNames[(made*5+len(kind))%len(lastNames)].Zh + names[1]}
			m.c.Places = append(m.c.Places, city.Place{ID: fmt.Sprintf("%s%d", kind, made), Kind: kind, Name: name, At: q, Node: l.To, Floor: floor, Capacity: capacity(made), ValueFen: int64(value * 100)})
			made++
		}
	}
	fixed := func(n int) func(int) int { return func(int) int { return n } }
	main := []city.RoadClass{city.Primary, city.Secondary}
	any := []city.RoadClass{city.Secondary, city.Tertiary, city.Local}
	put(city.Hospital, 8, 1500, [2]string{"Hospital", "医院"}, 0.4, 3e7, func(i int) int { return 300 + 150*(i%5) }, main...)
	put(city.AmbulanceStation, 14, 1150, [2]string{"ambulance station", "急救站"}, 0.2, 1e6, fixed(2), any...)
	put(city.FireStation, 10, 1500, [2]string{"fire station", "消防站"}, 0.2, 4e6, fixed(3), main...)
	put(city.PoliceStation, 9, 1500, [2]string{"police station", "派出所"}, 0.2, 2e6, fixed(20), any...)
	put(city.School, 44, 600, [2]string{"School", "学校"}, 0.3, 5e6, func(i int) int { return 600 + 40*i }, any...)
	put(city.CareHome, 14, 900, [2]string{"Care Home", "养老院"}, 0.2, 4e6, fixed(120), any...)
	put(city.MetroEntrance, 64, 330, [2]string{"Station, entrance 1", "站1号口"}, 0.35, 9e6, fixed(0), main...)
	put(city.Substation, 20, 900, [2]string{"substation", "变电站"}, 0.5, 1.2e7, fixed(0), any...)
	put(city.Shelter, 24, 800, [2]string{"shelter", "避难场所"}, 0, 0, fixed(900), any...)
	put(city.RescueStation, 4, 2200, [2]string{"water rescue station", "水上救援站"}, 0.3, 0, fixed(2), any...)
	put(city.PumpDepot, 3, 2500, [2]string{"pump depot", "排水抢险基地"}, 0.3, 0, fixed(3), any...)
	put(city.RainGauge, 22, 1100, [2]string{"rain gauge", "雨量站"}, 0, 0, fixed(0), any...)
}

func hasClass(list []city.RoadClass, c city.RoadClass) bool {
	for _, x := range list {
		if x == c {
			return true
		}
	}
	return false
}

// gauges stands street gauges where water will gather: at the lowest street cells, apart from each other.
func (m *maker) gauges() {
	t := m.c.Terrain
	var at []orb.Point
	for i := range m.c.Places {
		if m.c.Places[i].Kind == city.Underpass {
			at = append(at, m.c.Places[i].At)
		}
	}
	for n := range 46 {
		best, low := -1, math.Inf(1)
		for i := range t.Cells() {
			if t.River[i] || t.Manning[i] != 0.018 || float64(t.Z[i]) >= low {
				continue
			}
			p := t.Centre(i)
			ok := true
			for _, o := range at {
				ok = ok && hyp(o, p) > 420
			}
			if ok {
				best, low = i, float64(t.Z[i])
			}
		}
		if best < 0 {
			return
		}
		p := t.Centre(best)
		at = append(at, p)
		m.c.Places = append(m.c.Places, city.Place{ID: fmt.Sprintf("gauge%d", n), Kind: city.StreetGauge, Name: city.Text{En: fmt.Sprintf("Street gauge %d", n+1), Zh: fmt.Sprintf("道路积水监测点%d", n+1)}, At: p, Node: -1})
	}
}

func (m *maker) districts() {
	centres := []orb.Point{m.oldTown, m.tip, {700, 2300}, {2000, 5600}, {900, 4300}, {2600, 500}, {6700, 5600}, {6500, 1900}}
	total := make([]float64, len(centres))
	for i := range m.c.Zones {
		best := 0
		for k := range centres {
			if hyp(centres[k], m.c.Zones[i].At) < hyp(centres[best], m.c.Zones[i].At) {
				best = k
			}
		}
		m.c.Zones[i].District = int32(best)
		total[best] += m.c.Zones[i].Population
	}
	for k, c := range centres {
		ring := orb.Ring{{0, 0}, {width, 0}, {width, height}, {0, height}, {0, 0}}
		for o := range centres {
			if o != k {
				ring = closer(ring, c, centres[o])
			}
		}
		m.c.Districts = append(m.c.Districts, city.District{ID: fmt.Sprintf("d%d", k), Name: districtNames[k], Outline: orb.Polygon{ring}, Population: int(total[k])})
	}
}

// closer is the part of a convex ring that is nearer to a than to b.
func closer(ring orb.Ring, a, b orb.Point) orb.Ring {
	side := func(p orb.Point) float64 {
		return (p[0]-(a[0]+b[0])/2)*(b[0]-a[0]) + (p[1]-(a[1]+b[1])/2)*(b[1]-a[1])
	}
	var out orb.Ring
	for i := 1; i < len(ring); i++ {
		p, q := ring[i-1], ring[i]
		sp, sq := side(p), side(q)
		if sp <= 0 {
			out = append(out, p)
		}
		if sp*sq < 0 {
			t := sp / (sp - sq)
			out = append(out, orb.Point{p[0] + t*(q[0]-p[0]), p[1] + t*(q[1]-p[1])})
		}
	}
	if len(out) > 0 {
		out = append(out, out[0])
	}
	return out
}
