package importer

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"path/filepath"
	"slices"

	"citybrain/city"
	"citybrain/city/importer/osm"
	"citybrain/city/importer/places"

	"github.com/paulmach/orb"
)

const (
	zoneSide    = 600.0 // m of a zone where no population is given
	jobsPerHead = 0.5
	builtStreet = 4000.0 // m of streets per km² from which a zone counts as built-up
	farNode     = 2500.0 // m: a zone farther from any street is left out
)

// people makes districts and zones: zones from the table of population, else on a grid.
func (b *build) people(context.Context) error {
	b.districts()
	if b.opt.Population != "" {
		if err := b.zonesFromTable(); err != nil {
			return err
		}
	} else {
		b.zonesFromMap()
	}
	for i := range b.c.Zones {
		z := &b.c.Zones[i]
		z.District = -1
		for k := range b.c.Districts {
			if o := b.c.Districts[k].Outline; o.Bound().Contains(z.At) && osm.Inside(o[0], z.At) {
				z.District = int32(k)
				b.c.Districts[k].Population += int(math.Round(z.Population))
				break
			}
		}
	}
	return nil
}

func (b *build) zonesFromTable() error {
	t, err := places.ReadTable(b.opt.Population, "population")
	if err != nil {
		return err
	}
	b.defects = append(b.defects, t.Defects...)
	outside, far := 0, 0
	for _, r := range t.Rows {
		if r.Population == 0 && r.Jobs == 0 {
			continue
		}
		p := b.c.Frame.Local(r.At[0], r.At[1])
		if math.Abs(r.At[0]-b.c.Frame.Lon0) > 2 || !b.c.Bounds.Contains(p) {
			outside++
			continue
		}
		n, d := b.nodes.at(p)
		if n < 0 || d > farNode {
			far++
			b.defect("cell/"+r.ID, "%.0f people and no street within %.0f m; left out", r.Population, farNode)
			continue
		}
		jobs := r.Jobs
		if !t.HasJobs {
			jobs = jobsPerHead * r.Population
		}
		b.c.Zones = append(b.c.Zones, city.Zone{At: p, Population: r.Population, Jobs: jobs, Node: n})
	}
	name := filepath.Base(b.opt.Population)
	if len(b.c.Zones) == 0 {
		return fmt.Errorf("%s: none of its %d cells lies in the city; is it of this place, with lon and lat in degrees?", b.opt.Population, len(t.Rows))
	}
	if outside > 0 {
		b.defect(name, "%d of %d cells lie outside the city; left out", outside, len(t.Rows))
	}
	if !t.HasJobs {
		b.defect(name, "no column jobs; %.1f jobs a head assumed", jobsPerHead)
	}
	b.c.Attribution = append(b.c.Attribution, "Population: "+name)
	return nil
}

// zonesFromMap spreads an assumed population over squares: the country's usual density times the built-up area, in
// proportion to the volume of residential buildings where buildings are mapped, else to the length of minor streets. Jobs
// follow the other buildings' volume, else the length of major streets.
func (b *build) zonesFromMap() {
	type square struct {
		mid                  orb.Point
		home, work           float64 // m³
		minor, major, weight float64
	}
	squares := map[[2]int]*square{}
	at := func(p orb.Point) *square {
		k := [2]int{int(math.Floor(p[0] / zoneSide)), int(math.Floor(p[1] / zoneSide))}
		s := squares[k]
		if s == nil {
			s = &square{}
			squares[k] = s
		}
		return s
	}
	for i := range b.c.Streets.Links {
		l := &b.c.Streets.Links[i]
		half := 1.0
		if l.Reverse >= 0 {
			half = 0.5
		}
		for k := 1; k < len(l.Line); k++ {
			p, q := l.Line[k-1], l.Line[k]
			mid := orb.Point{(p[0] + q[0]) / 2, (p[1] + q[1]) / 2}
			if !b.c.Bounds.Contains(mid) || l.Class == city.Motorway {
				continue
			}
			d := half * math.Hypot(q[0]-p[0], q[1]-p[1])
			s := at(mid)
			s.mid[0], s.mid[1], s.weight = s.mid[0]+d*mid[0], s.mid[1]+d*mid[1], s.weight+d
			if l.Class >= city.Tertiary {
				s.minor += d
			}
			if l.Class <= city.Tertiary {
				s.major += d
			}
		}
	}
	volume, homes := 0.0, 0.0
	for i := range b.c.Buildings {
		x := &b.c.Buildings[i]
		v := ringArea(x.Outline) * x.Height
		s := at(x.Outline.Bound().Center())
		volume += v
		if x.Use == city.Residential {
			s.home += v
			homes += v
		} else {
			s.work += v
		}
	}
	keys := make([][2]int, 0, len(squares))
	area, minor, major, known := 0.0, 0.0, 0.0, 0.0
	for k, s := range squares {
		if s.weight > 0 {
			keys = append(keys, k)
		}
	}
	slices.SortFunc(keys, func(x, y [2]int) int { return cmp.Or(cmp.Compare(x[1], y[1]), cmp.Compare(x[0], y[0])) })
	for _, k := range keys {
		s := squares[k]
		minor, major = minor+s.minor, major+s.major
		built := math.Min(1, s.weight/(zoneSide*zoneSide/1e6)/builtStreet)
		area += built * zoneSide * zoneSide / 1e6
		if s.home > 0 {
			known += built * zoneSide * zoneSide / 1e6
		}
	}
	total := b.land.density * area
	byHomes := homes > 0 && known > 0.5*area
	what := "length of streets"
	if byHomes {
		what = "volume of buildings"
	}
	for _, k := range keys {
		s := squares[k]
		mid := orb.Point{s.mid[0] / s.weight, s.mid[1] / s.weight}
		n, d := b.nodes.at(mid)
		if n < 0 || d > farNode {
			continue
		}
		z := city.Zone{At: mid, Node: n}
		switch {
		case byHomes:
			z.Population = total * s.home / homes
		case minor > 0:
			z.Population = total * s.minor / minor
		}
		switch {
		case byHomes && volume > homes:
			z.Jobs = jobsPerHead * total * s.work / (volume - homes)
		case major > 0:
			z.Jobs = jobsPerHead * total * s.major / major
		}
		if z.Population+z.Jobs > 0 {
			b.c.Zones = append(b.c.Zones, z)
		}
	}
	b.defect("population", "population assumed: %.0f people, %.0f a km² of built-up city, spread by %s (give a table with --population)",
		total, b.land.density, what)
}

// districts takes the administrative areas of the level that divides the city best (between 2 and 40 of them), else a grid.
func (b *build) districts() {
	areas, _ := b.data.Areas(func(t osm.Tags) bool { return t["boundary"] == "administrative" && t["admin_level"] != "" })
	byLevel := map[string][]city.District{}
	for _, a := range areas {
		for _, p := range a.Shape {
			local := b.localPolygon(p)
			if !b.c.Bounds.Contains(local.Bound().Center()) {
				continue
			}
			name := a.Tags.Name()
			if name == (city.Text{}) {
				name.En = a.Element
			}
			id := a.Element
			if len(a.Shape) > 1 {
				id = fmt.Sprintf("%s.%d", a.Element, len(byLevel[a.Tags["admin_level"]])+1)
			}
			byLevel[a.Tags["admin_level"]] = append(byLevel[a.Tags["admin_level"]], city.District{ID: id, Name: name, Outline: local})
		}
	}
	best := ""
	for level, list := range byLevel {
		if len(list) >= 2 && len(list) <= 40 && (best == "" || len(list) > len(byLevel[best]) || len(list) == len(byLevel[best]) && level < best) {
			best = level
		}
	}
	if best != "" {
		b.c.Districts = byLevel[best]
		return
	}
	bound := b.c.Bounds
	parts := func(side float64) int { return min(max(int(math.Round(side/3000)), 1), 5) }
	cols, rows := parts(bound.Max[0]-bound.Min[0]), parts(bound.Max[1]-bound.Min[1])
	w, h := (bound.Max[0]-bound.Min[0])/float64(cols), (bound.Max[1]-bound.Min[1])/float64(rows)
	for r := range rows {
		for c := range cols {
			west, south := bound.Min[0]+float64(c)*w, bound.Max[1]-float64(r+1)*h
			box := orb.Bound{Min: orb.Point{west, south}, Max: orb.Point{west + w, south + h}}
			label := fmt.Sprintf("%c%d", 'A'+r, c+1)
			b.c.Districts = append(b.c.Districts, city.District{ID: "district-" + label,
				Name: invented(city.Text{En: "District " + label, Zh: label + "区"}), Outline: box.ToPolygon()})
		}
	}
	b.defect("districts", "no closed administrative boundaries in the extract; %d squares invented", len(b.c.Districts))
}
