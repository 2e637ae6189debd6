package importer

import (
	"context"
	"fmt"
	"math"
	"path/filepath"

	"citybrain/city"
	"citybrain/city/importer/dem"

	"github.com/paulmach/orb"
)

const (
	finestCell   = 30.0    // m: one second of arc, below which neither SRTM nor an invented terrain says anything
	mostCells    = 200_000 // of a pack, so that a flood runs faster than real time on one core
	defaultError = 8.0     // m: as for SRTM
	waterShare   = 0.5     // of a cell: from here on it is water
)

// terrain makes the ground: from the DEM, or invented when that was asked for, or none.
func (b *build) terrain(context.Context) error {
	if len(b.opt.DEM) == 0 && !b.opt.InventTerrain {
		b.defect("terrain", "no elevation model given: the city has no flood domain (give one with --dem, or --invent-terrain)")
		return nil
	}
	t := b.blank()
	b.cover(t)
	if b.opt.InventTerrain {
		b.c.Terrain = t
		b.invent(t)
		return nil
	}
	if err := b.heights(t); err != nil {
		return err
	}
	b.c.Terrain = t
	if len(b.c.Drains.Basins) == 0 {
		b.defect("drains", "no drains known: no open file here says where sewers and pumps are; rain runs off over the ground only")
	}
	return nil
}

// blank lays the grid over the city: cells of 30 m, in steps of 10 m more until there are at most 200,000.
func (b *build) blank() *city.Terrain {
	w, h := b.c.Bounds.Max[0]-b.c.Bounds.Min[0], b.c.Bounds.Max[1]-b.c.Bounds.Min[1]
	cell := finestCell
	for math.Ceil(w/cell)*math.Ceil(h/cell) > mostCells {
		cell += 10
	}
	g := city.Grid{West: b.c.Bounds.Min[0], North: b.c.Bounds.Max[1], Cell: cell, Cols: int(math.Ceil(w / cell)), Rows: int(math.Ceil(h / cell))}
	n := g.Cells()
	t := &city.Terrain{Grid: g, Z: make([]float32, n), Manning: make([]float32, n), Built: make([]float32, n),
		Impervious: make([]float32, n), River: make([]bool, n), Basin: make([]int16, n)}
	for i := range t.Basin {
		t.Basin[i] = -1
	}
	return t
}

// cover fills in what lies on the ground: buildings, roughness, sealing, water. Where no land use is mapped, cells with
// streets count as built-up (n 0.035, 55 % sealed) and others as open land (n 0.05, 15 %).
func (b *build) cover(t *city.Terrain) {
	for i := range t.Z {
		t.Manning[i], t.Impervious[i] = 0.05, 0.15
	}
	for i := range b.c.Streets.Links {
		l := &b.c.Streets.Links[i]
		along(t.Grid, l.Line, func(c int) { t.Manning[c], t.Impervious[c] = 0.035, 0.55 })
	}
	for _, g := range b.greens {
		fill(t.Grid, g.shape, func(c int, share float64) {
			s := float32(share)
			t.Manning[c] = t.Manning[c]*(1-s) + g.manning*s
			t.Impervious[c] = t.Impervious[c]*(1-s) + g.impervious*s
		})
	}
	for i := range b.c.Buildings {
		fill(t.Grid, orb.Polygon{b.c.Buildings[i].Outline}, func(c int, share float64) {
			t.Built[c] += float32(share)
		})
	}
	for i, v := range t.Built {
		t.Built[i] = min(v, 0.9)
		t.Impervious[i] = max(t.Impervious[i], min(1, 0.3+t.Built[i]))
	}
	wet := make([]float32, t.Cells())
	for i := range b.c.Waters {
		if b.c.Waters[i].Kind == "creek" {
			continue
		}
		fill(t.Grid, b.c.Waters[i].Outline, func(c int, share float64) { wet[c] += float32(share) })
	}
	for i, v := range wet {
		if v >= waterShare {
			t.River[i], t.Built[i], t.Manning[i], t.Impervious[i] = true, 0, 0.03, 1
		}
	}
}

// heights reads the elevation models and samples them at the cells' centres; earlier models win.
func (b *build) heights(t *city.Terrain) error {
	var rasters []*dem.Raster
	for _, path := range b.opt.DEM {
		r, err := dem.Read(path)
		if err != nil {
			return err
		}
		name := filepath.Base(path)
		if !r.Marked {
			if n := r.Clear(0); n > 0 {
				b.defect(name, "says no value for missing heights; its %d zeros of %d values are taken as water or missing and left out", n, len(r.Z))
			}
		}
		rasters = append(rasters, r)
		if r.Datum != "" && t.Datum != "" && r.Datum != t.Datum && b.opt.Datum == "" {
			return fmt.Errorf("%s is over %s, the model before it over %s; convert one of them, or state the datum of both with --datum", path, r.Datum, t.Datum)
		}
		if r.Datum != "" {
			t.Datum = r.Datum
		}
		t.VerticalError = math.Max(t.VerticalError, r.Error)
		b.c.Attribution = append(b.c.Attribution, fmt.Sprintf("Elevation: %s (SRTM: NASA/USGS, public domain)", name))
		if r.Error == 0 {
			b.c.Attribution[len(b.c.Attribution)-1] = "Elevation: " + name
		}
	}
	if b.opt.Datum != "" {
		t.Datum = b.opt.Datum
	} else if t.Datum == "" {
		t.Datum = "EGM96"
		b.defect("terrain", "the elevation model names no vertical datum; EGM96 taken (state it with --datum)")
	}
	if b.opt.DEMError > 0 {
		t.VerticalError = b.opt.DEMError
	} else if t.VerticalError == 0 {
		t.VerticalError = defaultError
		b.defect("terrain", "the elevation model states no vertical error; %.0f m taken, as of SRTM (state it with --dem-error)", defaultError)
	}
	t.Source = city.TerrainGiven
	outside, holes := 0, 0
	for i := range t.Z {
		p := t.Centre(i)
		lon, lat := b.c.Frame.WGS84(p)
		z := math.NaN()
		for _, r := range rasters {
			if z = r.At(lon, lat); z == z {
				break
			}
		}
		t.Z[i] = float32(z)
		if z == z {
			continue
		}
		within := false
		for _, r := range rasters {
			within = within || r.Covers(lon, lat)
		}
		if within {
			if !t.River[i] {
				holes++
			}
		} else {
			outside++
		}
	}
	n := t.Cells()
	if outside == n {
		return fmt.Errorf("%v: covers nothing of the city at %.4f, %.4f; give the tile that holds it", b.opt.DEM, b.c.Frame.Lon0, b.c.Frame.Lat0)
	}
	if outside > 0 {
		b.defect("terrain", "the elevation model covers %.1f %% of the city; the rest has no flood domain", 100*(1-float64(outside)/float64(n)))
		dry := 0
		for i := range b.c.Streets.Nodes {
			if c := t.Index(b.c.Streets.Nodes[i].At); c < 0 || t.Z[c] != t.Z[c] {
				dry++
			}
		}
		if dry > 0 {
			b.defect("terrain", "%.1f %% of the street nodes lie where the ground is not known", 100*float64(dry)/float64(len(b.c.Streets.Nodes)))
		}
	}
	if holes > 0 {
		b.defect("terrain", "%d of %d cells are holes in the elevation model (water or missing); they are outside the flood domain", holes, n)
	}
	if b.sea {
		b.openSea(t)
	}
	return nil
}

// openSea marks ground at or below 0 m that reaches the grid's edge as open water, in a city with a coastline: what SRTM
// gives for the sea.
func (b *build) openSea(t *city.Terrain) {
	var queue []int
	push := func(r, c int) {
		if r < 0 || c < 0 || r >= t.Rows || c >= t.Cols {
			return
		}
		i := r*t.Cols + c
		if !t.River[i] && t.Built[i] == 0 && t.Z[i] <= 0 {
			t.River[i] = true
			queue = append(queue, i)
		}
	}
	for r := range t.Rows {
		push(r, 0)
		push(r, t.Cols-1)
	}
	for c := range t.Cols {
		push(0, c)
		push(t.Rows-1, c)
	}
	n := 0
	for ; len(queue) > 0; n++ {
		i := queue[len(queue)-1]
		queue = queue[:len(queue)-1]
		r, c := i/t.Cols, i%t.Cols
		push(r-1, c)
		push(r+1, c)
		push(r, c-1)
		push(r, c+1)
	}
	if n > 0 {
		b.defect("terrain", "%d cells at or below 0 m on the side of the coastline taken as open sea", n)
	}
}
