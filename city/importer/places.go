package importer

import (
	"context"
	"fmt"
	"math"
	"path/filepath"
	"strconv"

	"citybrain/city"
	"citybrain/city/importer/osm"
	"citybrain/city/importer/places"

	"github.com/paulmach/orb"
)

// samePlace is how near two places of one kind are one: a hospital is often mapped as a point, an outline and its wards.
const samePlace = 150.0

// farPlace is how far a place may lie from a street to be reached by it, in metres.
const farPlace = 1000.0

// usual is what a place has that does not say: capacity, people to one place where none is named, and the exposed value in
// euro of 2010 (orders of magnitude for an account, not an appraisal).
var usual = map[city.PlaceKind]struct {
	capacity int
	people   float64 // 0: never invented
	value    float64
	name     city.Text
}{
	city.Hospital:         {200, 100_000, 2e7, city.Text{En: "Hospital", Zh: "医院"}},
	city.AmbulanceStation: {2, 50_000, 5e5, city.Text{En: "Ambulance station", Zh: "急救站"}},
	city.FireStation:      {2, 60_000, 1e6, city.Text{En: "Fire station", Zh: "消防站"}},
	city.PoliceStation:    {4, 100_000, 5e5, city.Text{En: "Police station", Zh: "派出所"}},
	city.School:           {500, 0, 1e6, city.Text{En: "School", Zh: "学校"}},
	city.CareHome:         {60, 0, 1e6, city.Text{En: "Care home", Zh: "养老院"}},
	city.MetroEntrance:    {0, 0, 5e6, city.Text{En: "Station", Zh: "车站"}},
	city.Underpass:        {0, 0, 2e5, city.Text{En: "Underpass", Zh: "下立交"}},
	city.Substation:       {0, 0, 3e6, city.Text{En: "Substation", Zh: "变电站"}},
	city.Shelter:          {300, 0, 2e5, city.Text{En: "Shelter", Zh: "避难所"}},
}

// needed are the kinds without which nobody answers a call; where no file names one they are placed by population.
var needed = []city.PlaceKind{city.Hospital, city.AmbulanceStation, city.FireStation, city.PoliceStation}

// places gathers places from the table, the feeds and the extract, and places what is needed and nobody names.
func (b *build) places(context.Context) error {
	if b.opt.Places != "" {
		t, err := places.ReadTable(b.opt.Places)
		if err != nil {
			return err
		}
		b.defects = append(b.defects, t.Defects...)
		for _, r := range t.Rows {
			kind, ok := places.KindByName(r.Kind, r.ID, r.Name)
			if !ok {
				b.defect("place/"+r.ID, "kind is not known from its kind, id or name; left out")
				continue
			}
			p := b.c.Frame.Local(r.At[0], r.At[1])
			if math.Abs(r.At[0]-b.c.Frame.Lon0) > 2 || !b.c.Bounds.Contains(p) {
				b.defect("place/"+r.ID, "lies outside the city at %.5f, %.5f; left out", r.At[0], r.At[1])
				continue
			}
			name := r.Name
			if name == "" {
				name = r.ID
			}
			b.addPlace(city.Place{ID: "place/" + r.ID, Kind: kind, Name: city.Text{En: name}, At: p})
		}
		b.c.Attribution = append(b.c.Attribution, "Places: "+filepath.Base(b.opt.Places))
	}
	stations, err := b.transit()
	if err != nil {
		return err
	}
	for _, p := range stations {
		b.addPlace(p)
	}
	add := func(element string, t osm.Tags, at orb.Point) {
		kind, ok := places.Kind(t)
		p := b.c.Frame.Local(at[0], at[1])
		if !ok || !b.c.Bounds.Contains(p) {
			return
		}
		x := city.Place{ID: element, Kind: kind, Name: t.Name(), At: p}
		for _, k := range []string{"beds", "capacity:beds", "capacity"} {
			if n, err := strconv.Atoi(t[k]); err == nil && n > 0 && n < 100_000 {
				x.Capacity = n
				break
			}
		}
		b.addPlace(x)
	}
	for i := range b.data.Tagged {
		n := &b.data.Tagged[i]
		add(fmt.Sprintf("node/%d", n.ID), n.Tags, n.At)
	}
	for i := range b.data.Ways {
		w := &b.data.Ways[i]
		if _, ok := places.Kind(w.Tags); !ok {
			continue
		}
		if at, ok := b.data.Centre(w); ok {
			add(fmt.Sprintf("way/%d", w.ID), w.Tags, at)
		}
	}
	for i := range b.data.Relations {
		r := &b.data.Relations[i]
		if _, ok := places.Kind(r.Tags); ok {
			element := fmt.Sprintf("relation/%d", r.ID)
			if at, ok := b.data.Where(element); ok {
				add(element, r.Tags, at)
			}
		}
	}
	b.underpasses()
	b.inventPlaces()
	return nil
}

// addPlace completes a place and adds it unless one of its kind stands there already.
func (b *build) addPlace(p city.Place) {
	for i := range b.c.Places {
		q := &b.c.Places[i]
		if q.Kind == p.Kind && math.Hypot(q.At[0]-p.At[0], q.At[1]-p.At[1]) < samePlace && !p.Invented {
			if q.Name == (city.Text{}) {
				q.Name = p.Name
			}
			q.Capacity = max(q.Capacity, p.Capacity)
			return
		}
	}
	u := usual[p.Kind]
	if p.Name == (city.Text{}) {
		p.Name = u.name
	}
	if p.Capacity == 0 {
		p.Capacity = u.capacity
	}
	if p.ValueFen == 0 {
		p.ValueFen = int64(u.value * b.land.perEUR * 100)
	}
	n, d := b.nodes.at(p.At)
	p.Node = n
	if d > farPlace {
		p.Node = -1
		if p.Kind != city.RainGauge {
			b.defect(p.ID, "%s has no street within %.0f m; left out", p.Kind, farPlace)
			return
		}
	}
	if p.Kind == city.MetroEntrance {
		p.Floor = 0.3 // steps up before steps down
	} else if p.Floor == 0 && p.Kind != city.Underpass {
		p.Floor = groundFloor
	}
	b.c.Places = append(b.c.Places, p)
}

// underpasses makes places of short tunnels of ordinary streets: there water gathers first. Only with a terrain.
func (b *build) underpasses() {
	if b.c.Terrain == nil {
		return
	}
	s := &b.c.Streets
	for i := range s.Links {
		l := &s.Links[i]
		if l.Level >= 0 || l.Length > 150 || l.Class == city.Motorway || l.Reverse >= 0 && l.Reverse < int32(i) {
			continue
		}
		links := []int32{int32(i)}
		if l.Reverse >= 0 {
			links = append(links, l.Reverse)
		}
		b.addPlace(city.Place{ID: "underpass/" + l.ID, Kind: city.Underpass, Name: l.Name, At: l.Line[len(l.Line)/2], Links: links})
	}
}

// inventPlaces places what is needed and not named: as many as the population asks for, by the greedy p-median over zones.
func (b *build) inventPlaces() {
	var at []orb.Point
	var weight []float64
	total := 0.0
	for i := range b.c.Zones {
		z := &b.c.Zones[i]
		at, weight, total = append(at, z.At), append(weight, z.Population), total+z.Population
	}
	sites := make([]orb.Point, len(b.c.Zones))
	for i := range b.c.Zones {
		sites[i] = b.c.Streets.Nodes[b.c.Zones[i].Node].At
	}
	for _, kind := range needed {
		named := 0
		for i := range b.c.Places {
			if b.c.Places[i].Kind == kind {
				named++
			}
		}
		if named > 0 {
			continue
		}
		u := usual[kind]
		want := max(1, int(math.Ceil(total/u.people)))
		for n, k := range places.Median(at, weight, nil, sites, want) {
			b.addPlace(city.Place{ID: fmt.Sprintf("invented/%s-%d", kind, n+1), Kind: kind, At: sites[k], Invented: true,
				Name: invented(city.Text{En: fmt.Sprintf("%s %d", u.name.En, n+1), Zh: fmt.Sprintf("%s%d", u.name.Zh, n+1)})})
		}
		b.defect(string(kind), "no file names one; %d placed by population and marked as invented", want)
	}
}
