package osm

import (
	"bufio"
	"cmp"
	"compress/bzip2"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/paulmach/orb"
	posm "github.com/paulmach/osm"
	"github.com/paulmach/osm/osmpbf"
	"github.com/paulmach/osm/osmxml"
)

// Tags are an element's tags; a missing key reads as "".
type Tags map[string]string

// A Node is a node with tags.
type Node struct {
	ID   int64
	At   orb.Point // longitude, latitude
	Tags Tags
}

// A Way is a way; Refs are node ids, which the file need not hold.
type Way struct {
	ID   int64
	Refs []int64
	Tags Tags
}

// A Member is one member of a relation.
type Member struct {
	Type string // "node", "way" or "relation"
	Ref  int64
	Role string
}

// A Relation is a relation.
type Relation struct {
	ID      int64
	Members []Member
	Tags    Tags
}

// Data is an extract in memory. Slices are ascending by id.
type Data struct {
	Tagged    []Node
	Ways      []Way
	Relations []Relation
	Bounds    orb.Bound // of the nodes that ways use
	ids       []int64
	at        [][2]float64
}

// At returns the position of node id and whether the file holds it.
func (d *Data) At(id int64) (orb.Point, bool) {
	if i, ok := slices.BinarySearch(d.ids, id); ok {
		return orb.Point(d.at[i]), true
	}
	return orb.Point{}, false
}

// Read reads a whole extract. The format follows from the name: .pbf, .osm or .xml, each of the latter also .gz or .bz2. A
// truncated file is an error that names it.
func Read(ctx context.Context, path string) (*Data, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("read OSM: %w", err)
	}
	defer f.Close()
	d, err := ReadFrom(ctx, bufio.NewReaderSize(f, 1<<20), path)
	if err != nil {
		return nil, fmt.Errorf("read OSM %s: %w", path, err)
	}
	return d, nil
}

// ReadFrom reads an extract from r; name says its format as for Read.
func ReadFrom(ctx context.Context, r io.Reader, name string) (*Data, error) {
	name = strings.ToLower(name)
	switch {
	case strings.HasSuffix(name, ".gz"):
		z, err := gzip.NewReader(r)
		if err != nil {
			return nil, fmt.Errorf("gzip: %w; fetch the file again", err)
		}
		r, name = z, strings.TrimSuffix(name, ".gz")
	case strings.HasSuffix(name, ".bz2"):
		r, name = bzip2.NewReader(r), strings.TrimSuffix(name, ".bz2")
	}
	var sc posm.Scanner
	switch {
	case strings.HasSuffix(name, ".pbf"):
		sc = osmpbf.New(ctx, r, 1)
	case strings.HasSuffix(name, ".osm"), strings.HasSuffix(name, ".xml"):
		sc = osmxml.New(ctx, r)
	default:
		return nil, fmt.Errorf("unknown ending; want .osm.pbf, .osm, .osm.gz or .osm.bz2")
	}
	defer sc.Close()
	d := &Data{}
	for sc.Scan() {
		switch o := sc.Object().(type) {
		case *posm.Node:
			d.ids = append(d.ids, int64(o.ID))
			d.at = append(d.at, [2]float64{o.Lon, o.Lat})
			if len(o.Tags) > 0 {
				d.Tagged = append(d.Tagged, Node{int64(o.ID), orb.Point{o.Lon, o.Lat}, tags(o.Tags)})
			}
		case *posm.Way:
			w := Way{ID: int64(o.ID), Refs: make([]int64, len(o.Nodes)), Tags: tags(o.Tags)}
			for i, n := range o.Nodes {
				w.Refs[i] = int64(n.ID)
			}
			d.Ways = append(d.Ways, w)
		case *posm.Relation:
			rel := Relation{ID: int64(o.ID), Members: make([]Member, len(o.Members)), Tags: tags(o.Tags)}
			for i, m := range o.Members {
				rel.Members[i] = Member{string(m.Type), m.Ref, m.Role}
			}
			d.Relations = append(d.Relations, rel)
		}
	}
	if err := sc.Err(); err != nil {
		return nil, fmt.Errorf("after %d nodes, %d ways and %d relations: %w; the file is cut short or damaged, fetch it again",
			len(d.ids), len(d.Ways), len(d.Relations), err)
	}
	if len(d.ids) == 0 || len(d.Ways) == 0 {
		return nil, fmt.Errorf("%d nodes and %d ways: the file is empty or cut short, fetch it again", len(d.ids), len(d.Ways))
	}
	d.settle()
	return d, nil
}

// settle puts everything in order of id, of which equal ids keep the last, and takes the bounds.
func (d *Data) settle() {
	if !slices.IsSorted(d.ids) {
		order := make([]int, len(d.ids))
		for i := range order {
			order[i] = i
		}
		slices.SortStableFunc(order, func(a, b int) int { return cmp.Compare(d.ids[a], d.ids[b]) })
		ids, at := make([]int64, len(order)), make([][2]float64, len(order))
		for i, o := range order {
			ids[i], at[i] = d.ids[o], d.at[o]
		}
		d.ids, d.at = ids, at
	}
	slices.SortStableFunc(d.Tagged, func(a, b Node) int { return cmp.Compare(a.ID, b.ID) })
	slices.SortStableFunc(d.Ways, func(a, b Way) int { return cmp.Compare(a.ID, b.ID) })
	slices.SortStableFunc(d.Relations, func(a, b Relation) int { return cmp.Compare(a.ID, b.ID) })
	d.Tagged = last(d.Tagged, func(a, b Node) bool { return a.ID == b.ID })
	d.Ways = last(d.Ways, func(a, b Way) bool { return a.ID == b.ID })
	d.Relations = last(d.Relations, func(a, b Relation) bool { return a.ID == b.ID })
	first := true
	for i := range d.Ways {
		if d.Ways[i].Tags["highway"] == "" {
			continue
		}
		for _, id := range d.Ways[i].Refs {
			p, ok := d.At(id)
			if !ok {
				continue
			}
			if first {
				d.Bounds, first = p.Bound(), false
			}
			d.Bounds = d.Bounds.Extend(p)
		}
	}
}

func last[T any](list []T, same func(a, b T) bool) []T {
	out := list[:0]
	for i := range list {
		if i+1 == len(list) || !same(list[i], list[i+1]) {
			out = append(out, list[i])
		}
	}
	return out
}

func tags(list posm.Tags) Tags {
	if len(list) == 0 {
		return nil
	}
	t := make(Tags, len(list))
	for _, x := range list {
		t[x.Key] = x.Value
	}
	return t
}
