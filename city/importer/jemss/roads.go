package jemss

import (
	"archive/zip"
	"fmt"
	"math"
	"os"
	"path"
	"path/filepath"

	"citybrain/city"
)

const (
	day   = 86400.0
	never = 1 << 30 // ms: more than this is no time for one arc
)

// readRoads reads nodes.csv and arcs.csv, from roads.zip where there is one.
func readRoads(dir string, e *city.EMS) error {
	nodes, arcs := filepath.Join(dir, "nodes.csv"), filepath.Join(dir, "arcs.csv")
	var nb, ab []byte
	zipped := filepath.Join(dir, "roads.zip")
	if _, err := os.Stat(zipped); err == nil {
		z, err := zip.OpenReader(zipped)
		if err != nil {
			return fmt.Errorf("read %s: %w", zipped, err)
		}
		defer z.Close()
		nodes, arcs = zipped+"/nodes.csv", zipped+"/arcs.csv"
		for _, f := range z.File {
			var to *[]byte
			switch path.Base(f.Name) {
			case "nodes.csv":
				to = &nb
			case "arcs.csv":
				to = &ab
			default:
				continue
			}
			r, err := f.Open()
			if err == nil {
				*to, err = readAll(r)
				r.Close()
			}
			if err != nil {
				return fmt.Errorf("read %s/%s: %w", zipped, f.Name, err)
			}
		}
		if nb == nil || ab == nil {
			return fmt.Errorf("read %s: nodes.csv or arcs.csv is not in it", zipped)
		}
	} else {
		var err error
		if nb, err = load(nodes); err != nil {
			return fmt.Errorf("%w (nor is there a roads.zip)", err)
		}
		if ab, err = load(arcs); err != nil {
			return err
		}
	}
	if err := parseNodes(nodes, nb, e); err != nil {
		return err
	}
	return parseArcs(arcs, ab, e)
}

func parseNodes(file string, data []byte, e *city.EMS) error {
	tables, err := parse(file, data)
	if err != nil {
		return err
	}
	t, err := need(tables, file, "nodes")
	if err != nil {
		return err
	}
	r := &reader{table: t}
	r.numbered("index")
	x, y, off := r.must("x"), r.must("y"), r.column("offRoadAccess")
	n, any := len(t.rows), false
	e.NodeX, e.NodeY, e.OffRoad = make([]float64, n), make([]float64, n), make([]bool, n)
	for i := 0; i < n && r.err == nil; i++ {
		e.NodeX[i], e.NodeY[i] = r.float(i, x, -180, 180), r.float(i, y, -90, 90)
		e.OffRoad[i] = off < 0 || r.bool(i, off)
		any = any || e.OffRoad[i]
	}
	if r.err == nil && !any {
		return fmt.Errorf("read %s: line %d: field %q: no node may be left for a call", file, t.headLine, "offRoadAccess")
	}
	return r.err
}

func parseArcs(file string, data []byte, e *city.EMS) error {
	tables, err := parse(file, data)
	if err != nil {
		return err
	}
	misc, err := need(tables, file, "miscData")
	if err != nil {
		return err
	}
	r := &reader{table: misc}
	form, modes := r.must("arcForm"), r.int(0, r.must("numModes"), 1, 64)
	both := misc.rows[0][form] == "undirected"
	if !both && misc.rows[0][form] != "directed" {
		r.bad(0, form, "directed or undirected")
	}
	if r.err != nil {
		return r.err
	}
	t, err := need(tables, file, "arcs")
	if err != nil {
		return err
	}
	r = &reader{table: t}
	r.numbered("index")
	from, to, km := r.must("fromNode"), r.must("toNode"), r.column("distance")
	n := len(t.rows)
	col := make([]int, modes)
	for m := range col {
		col[m] = r.must(fmt.Sprintf("mode_%d", m+1))
	}
	if r.err != nil {
		return r.err
	}
	all := n
	if both {
		all = 2 * n
	}
	e.From, e.To, e.Km = make([]int32, all), make([]int32, all), make([]float64, all)
	e.Millis = make([][]uint32, modes)
	for m := range e.Millis {
		e.Millis[m] = make([]uint32, all)
	}
	for i := 0; i < n && r.err == nil; i++ {
		a, b := r.int(i, from, 1, len(e.NodeX))-1, r.int(i, to, 1, len(e.NodeX))-1
		e.From[i], e.To[i] = int32(a), int32(b)
		if km >= 0 {
			e.Km[i] = r.float(i, km, 0, 1e5)
		} else {
			e.Km[i] = e.Straight(e.NodeX[a], e.NodeY[a], e.NodeX[b], e.NodeY[b])
		}
		for m, c := range col {
			ms := math.Round(r.float(i, c, math.SmallestNonzeroFloat64, never/1000/day-1e-9) * day * 1000)
			e.Millis[m][i] = uint32(max(1, ms))
		}
		if both {
			e.From[n+i], e.To[n+i], e.Km[n+i] = e.To[i], e.From[i], e.Km[i]
			for m := range col {
				e.Millis[m][n+i] = e.Millis[m][i]
			}
		}
	}
	return r.err
}
