package importer

import (
	"context"
	"fmt"

	"citybrain/city"

	"github.com/paulmach/orb"
)

const (
	rainSpacing   = 3000.0 // m between rain gauges
	streetSpacing = 1500.0 // m: one street gauge at the lowest crossing of each square
)

// instruments invents the gauges of a city with a terrain: rain gauges on a grid, street gauges where the street is lowest.
// Open maps name neither.
func (b *build) instruments(context.Context) error {
	t := b.c.Terrain
	if t == nil {
		return nil
	}
	rain, street := 0, 0
	squares(b.c.Bounds, rainSpacing, func(box orb.Bound) {
		p := box.Center()
		if i := t.Index(p); i < 0 || t.River[i] || t.Z[i] != t.Z[i] {
			return
		}
		rain++
		b.addPlace(city.Place{ID: fmt.Sprintf("invented/rain-%d", rain), Kind: city.RainGauge, At: p, Invented: true, ValueFen: 1,
			Name: invented(city.Text{En: fmt.Sprintf("Rain gauge %d", rain), Zh: fmt.Sprintf("雨量站%d", rain)})})
	})
	lowest := map[[2]int]int32{}
	key := func(p orb.Point) [2]int {
		return [2]int{int((p[0] - b.c.Bounds.Min[0]) / streetSpacing), int((p[1] - b.c.Bounds.Min[1]) / streetSpacing)}
	}
	s := &b.c.Streets
	dry := make([]bool, len(s.Nodes)) // above or below the ground
	for i := range s.Links {
		if l := &s.Links[i]; l.Level != 0 || l.Bridge {
			dry[l.From], dry[l.To] = true, true
		}
	}
	for i := range s.Nodes {
		c := t.Index(s.Nodes[i].At)
		if dry[i] || c < 0 || t.River[c] || t.Z[c] != t.Z[c] {
			continue
		}
		k := key(s.Nodes[i].At)
		if old, ok := lowest[k]; !ok || t.Z[c] < t.Z[t.Index(s.Nodes[old].At)] {
			lowest[k] = int32(i)
		}
	}
	squares(b.c.Bounds, streetSpacing, func(box orb.Bound) {
		n, ok := lowest[key(box.Center())]
		if !ok {
			return
		}
		street++
		b.addPlace(city.Place{ID: fmt.Sprintf("invented/street-%d", street), Kind: city.StreetGauge, At: s.Nodes[n].At, Invented: true, ValueFen: 1,
			Name: invented(city.Text{En: fmt.Sprintf("Ponding gauge %d", street), Zh: fmt.Sprintf("积水点%d", street)})})
	})
	b.defect("instruments", "%d rain gauges and %d street gauges invented", rain, street)
	return nil
}

// squares calls f for each square of a side from the box's south-west corner on, row by row.
func squares(bound orb.Bound, side float64, f func(orb.Bound)) {
	for y := bound.Min[1]; y < bound.Max[1]; y += side {
		for x := bound.Min[0]; x < bound.Max[0]; x += side {
			f(orb.Bound{Min: orb.Point{x, y}, Max: orb.Point{x + side, y + side}})
		}
	}
}
