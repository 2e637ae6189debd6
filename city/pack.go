package city

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// PackFormat is the version of the pack's files that this build writes; it reads no other.
const PackFormat = 2

// manifest is pack.json: what the pack is, and the hash of each of its files.
type manifest struct {
	Format      int               `json:"format"`
	Name        Text              `json:"name"`
	Version     string            `json:"version"`
	Attribution []string          `json:"attribution"`
	Counts      map[string]int    `json:"counts"`
	Files       map[string]string `json:"files"` // SHA-256 of each file's content before compression, hex
}

// general is the part of a city that has no file of its own.
type general struct {
	Name        Text
	Seed        uint64
	Frame       Frame
	Min, Max    [2]float64
	Currency    string
	GDPPerHead  float64
	TimeZone    string
	TargetS     float64
	Attribution []string
	Defects     []Defect
	Calibration *Calibration `json:",omitempty"`
}

// ground is the part of a terrain that is not raster.
type ground struct {
	Grid          Grid
	Datum         string
	VerticalError float64
	Source        TerrainSource
}

// contents returns the files of a pack before compression.
func contents(c *City) (map[string][]byte, error) {
	files := map[string][]byte{}
	for name, v := range map[string]any{
		"general.json": general{c.Name, c.Seed, c.Frame, c.Bounds.Min, c.Bounds.Max, c.Currency, c.GDPPerHead, c.TimeZone, c.TargetS, c.Attribution, c.Defects, c.Calibration},
		"streets.json": &c.Streets, "signals.json": c.Signals, "drains.json": &c.Drains, "waters.json": c.Waters, "buildings.json": c.Buildings,
		"places.json": c.Places, "districts.json": c.Districts, "zones.json": c.Zones,
	} {
		b, err := json.Marshal(v)
		if err != nil {
			return nil, fmt.Errorf("pack: %s: %w", name, err)
		}
		files[name] = b
	}
	if c.Speeds != nil {
		files["speeds.bin"] = c.Speeds
	}
	if t := c.Terrain; t != nil {
		b, err := json.Marshal(ground{t.Grid, t.Datum, t.VerticalError, t.Source})
		if err != nil {
			return nil, fmt.Errorf("pack: terrain.json: %w", err)
		}
		files["terrain.json"] = b
		var raw bytes.Buffer
		for _, layer := range []any{t.Z, t.Manning, t.Built, t.Impervious, t.River, t.Basin} {
			if err := binary.Write(&raw, binary.LittleEndian, layer); err != nil {
				return nil, fmt.Errorf("pack: terrain.bin: %w", err)
			}
		}
		files["terrain.bin"] = raw.Bytes()
	}
	return files, nil
}

func hashes(files map[string][]byte) (map[string]string, string) {
	sums := map[string]string{}
	var names []string
	for n, b := range files {
		s := sha256.Sum256(b)
		sums[n] = hex.EncodeToString(s[:])
		names = append(names, n)
	}
	slices.Sort(names)
	all := sha256.New()
	for _, n := range names {
		fmt.Fprintf(all, "%s %s\n", n, sums[n])
	}
	return sums, hex.EncodeToString(all.Sum(nil))
}

// Hash returns the version of c's contents: SHA-256 over what Save writes. Equal cities have equal versions.
func (c *City) Hash() (string, error) {
	files, err := contents(c)
	if err != nil {
		return "", err
	}
	_, v := hashes(files)
	return v, nil
}

// Save writes c as a pack into folder dir, which is made if need be, and sets c.Version. A file that is not whole yet never
// has its final name, and pack.json, which names all the others, comes last.
func Save(dir string, c *City) error {
	files, err := contents(c)
	if err != nil {
		return err
	}
	sums, version := hashes(files)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("save pack: %w", err)
	}
	for name, b := range files {
		var z bytes.Buffer
		w := gzip.NewWriter(&z)
		if _, err := w.Write(b); err != nil {
			return err
		}
		if err := w.Close(); err != nil {
			return err
		}
		if err := replace(filepath.Join(dir, name+".gz"), z.Bytes()); err != nil {
			return fmt.Errorf("save pack: %w", err)
		}
	}
	m := manifest{PackFormat, c.Name, version, c.Attribution, map[string]int{"links": len(c.Streets.Links), "nodes": len(c.Streets.Nodes), "signals": len(c.Signals), "buildings": len(c.Buildings), "places": len(c.Places), "defects": len(c.Defects)}, sums}
	b, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return err
	}
	if err := replace(filepath.Join(dir, "pack.json"), append(b, '\n')); err != nil {
		return fmt.Errorf("save pack: %w", err)
	}
	c.Version = version
	return nil
}

func replace(name string, b []byte) error {
	f, err := os.CreateTemp(filepath.Dir(name), "."+filepath.Base(name)+"-*")
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	if e := f.Sync(); err == nil {
		err = e
	}
	if e := f.Close(); err == nil {
		err = e
	}
	if err == nil {
		err = os.Chmod(f.Name(), 0o644)
	}
	if err == nil {
		err = os.Rename(f.Name(), name)
	}
	if err != nil {
		os.Remove(f.Name())
	}
	return err
}

// maxFile bounds a file of a pack in bytes.
const maxFile = 1 << 30

// Load reads a pack. A missing, truncated or altered file is an error that names it.
func Load(dir string) (*City, error) {
	b, err := os.ReadFile(filepath.Join(dir, "pack.json"))
	if errors.Is(err, os.ErrNotExist) {
		return nil, fmt.Errorf("load pack %s: it has no pack.json; make one with citybrain city generate or city build", dir)
	}
	if err != nil {
		return nil, fmt.Errorf("load pack: %w", err)
	}
	var m manifest
	if err := json.Unmarshal(b, &m); err != nil {
		return nil, fmt.Errorf("load pack %s: pack.json: %w", dir, err)
	}
	if m.Format != PackFormat {
		return nil, fmt.Errorf("load pack %s: format %d, this build reads %d; build the pack again", dir, m.Format, PackFormat)
	}
	files := map[string][]byte{}
	for name, want := range m.Files {
		if strings.ContainsAny(name, "/\\") {
			return nil, fmt.Errorf("load pack %s: pack.json names %q, which is not a file beside it", dir, name)
		}
		b, err := readFile(filepath.Join(dir, name+".gz"))
		if err != nil {
			return nil, fmt.Errorf("load pack: %w", err)
		}
		if s := sha256.Sum256(b); hex.EncodeToString(s[:]) != want {
			return nil, fmt.Errorf("load pack %s: %s.gz is not what pack.json says; build the pack again", dir, name)
		}
		files[name] = b
	}
	c, err := assemble(files)
	if err != nil {
		return nil, fmt.Errorf("load pack %s: %w", dir, err)
	}
	if _, c.Version = hashes(files); c.Version != m.Version {
		return nil, fmt.Errorf("load pack %s: pack.json says version %.12s, its files are version %.12s; build the pack again", dir, m.Version, c.Version)
	}
	if err := c.Validate(); err != nil {
		return nil, fmt.Errorf("load pack %s: %w", dir, err)
	}
	return c, nil
}

func readFile(name string) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w; build the pack again", name, err)
	}
	b, err := io.ReadAll(io.LimitReader(z, maxFile+1))
	if err != nil {
		return nil, fmt.Errorf("%s: %w; build the pack again", name, err)
	}
	if len(b) > maxFile {
		return nil, fmt.Errorf("%s: over %d bytes", name, maxFile)
	}
	return b, nil
}

func assemble(files map[string][]byte) (*City, error) {
	c := &City{}
	var g general
	for name, v := range map[string]any{"general.json": &g, "streets.json": &c.Streets, "signals.json": &c.Signals, "drains.json": &c.Drains, "waters.json": &c.Waters, "buildings.json": &c.Buildings,
		"places.json": &c.Places, "districts.json": &c.Districts, "zones.json": &c.Zones} {
		b, ok := files[name]
		if !ok {
			return nil, fmt.Errorf("%s is missing", name)
		}
		if err := json.Unmarshal(b, v); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	c.Name, c.Seed, c.Frame, c.Bounds.Min, c.Bounds.Max = g.Name, g.Seed, g.Frame, g.Min, g.Max
	c.Currency, c.GDPPerHead, c.TimeZone, c.TargetS, c.Attribution, c.Defects, c.Calibration = g.Currency, g.GDPPerHead, g.TimeZone, g.TargetS, g.Attribution, g.Defects, g.Calibration
	c.Speeds = files["speeds.bin"]
	b, ok := files["terrain.json"]
	if !ok {
		return c, nil
	}
	var gr ground
	if err := json.Unmarshal(b, &gr); err != nil {
		return nil, fmt.Errorf("terrain.json: %w", err)
	}
	raw := files["terrain.bin"]
	n := gr.Grid.Cells()
	const cell = 4*4 + 1 + 2
	if gr.Grid.Cols < 1 || gr.Grid.Rows < 1 || n > 1<<26 || len(raw) != n*cell {
		return nil, fmt.Errorf("terrain.bin: %d bytes for %d × %d cells", len(raw), gr.Grid.Cols, gr.Grid.Rows)
	}
	t := &Terrain{Grid: gr.Grid, Datum: gr.Datum, VerticalError: gr.VerticalError, Source: gr.Source,
		Z: make([]float32, n), Manning: make([]float32, n), Built: make([]float32, n), Impervious: make([]float32, n), River: make([]bool, n), Basin: make([]int16, n)}
	r := bytes.NewReader(raw)
	for _, layer := range []any{t.Z, t.Manning, t.Built, t.Impervious, t.River, t.Basin} {
		if err := binary.Read(r, binary.LittleEndian, layer); err != nil {
			return nil, fmt.Errorf("terrain.bin: %w", err)
		}
	}
	c.Terrain = t
	return c, nil
}

// Validate checks that every index is in its range, that every plan of a signal is safe, and that no two movements of a stage
// conflict. The error names the element.
func (c *City) Validate() error {
	s := &c.Streets
	in := func(i int32, n int) bool { return i >= -1 && int(i) < n }
	for i := range s.Links {
		l := &s.Links[i]
		if l.From < 0 || l.To < 0 || int(l.From) >= len(s.Nodes) || int(l.To) >= len(s.Nodes) || !in(l.Reverse, len(s.Links)) || len(l.Line) < 2 || !(l.Length > 0) || !(l.Speed > 0) || l.Lanes < 1 {
			return fmt.Errorf("link %s: from %d to %d, %d points, %g m, %g m/s, %d lanes", l.ID, l.From, l.To, len(l.Line), l.Length, l.Speed, l.Lanes)
		}
	}
	for i, t := range s.Turns {
		if t.From < 0 || t.To < 0 || int(t.From) >= len(s.Links) || int(t.To) >= len(s.Links) || s.Links[t.From].To != s.Links[t.To].From && t.Junction < 0 || !in(t.Junction, len(c.Signals)) || i > 0 && s.Turns[i-1].From > t.From {
			return fmt.Errorf("turn %d: from link %d to %d at junction %d", i, t.From, t.To, t.Junction)
		}
		if t.Junction >= 0 && (t.Movement < 0 || int(t.Movement) >= len(c.Signals[t.Junction].Movements)) {
			return fmt.Errorf("turn %d: junction %s has no movement %d", i, c.Signals[t.Junction].ID, t.Movement)
		}
	}
	for i := range c.Signals {
		j := &c.Signals[i]
		if len(j.Intergreen) != len(j.Movements) {
			return fmt.Errorf("junction %s: a matrix of %d rows for %d movements", j.ID, len(j.Intergreen), len(j.Movements))
		}
		for m, row := range j.Intergreen {
			if len(row) != len(j.Movements) {
				return fmt.Errorf("junction %s: row %d of its matrix has %d columns for %d movements", j.ID, m, len(row), len(j.Movements))
			}
		}
		for k, st := range j.Stages {
			for a, m := range st.Movements {
				if m < 0 || int(m) >= len(j.Movements) {
					return fmt.Errorf("junction %s: stage %d has no movement %d", j.ID, k, m)
				}
				for _, o := range st.Movements[:a] {
					if !j.Together(o, m) {
						return fmt.Errorf("junction %s: stage %d lets movements %d and %d go together, which conflict", j.ID, k, o, m)
					}
				}
			}
		}
		if _, err := NewPlan(j, j.Reference); err != nil { // which checks its rings, too
			return err
		}
	}
	if t := c.Terrain; t != nil {
		n := t.Cells()
		if len(t.Z) != n || len(t.Manning) != n || len(t.Built) != n || len(t.Impervious) != n || len(t.River) != n || len(t.Basin) != n {
			return fmt.Errorf("terrain: its layers don't have %d cells", n)
		}
		for i := range n {
			if int(t.Basin[i]) >= len(c.Drains.Basins) || t.Manning[i] <= 0 || math.IsInf(float64(t.Z[i]), 0) {
				return fmt.Errorf("terrain: cell %d: level %g, roughness %g, basin %d", i, t.Z[i], t.Manning[i], t.Basin[i])
			}
		}
		for i := range c.Drains.Creeks {
			for _, k := range c.Drains.Creeks[i].Cells {
				if k < 0 || int(k) >= n {
					return fmt.Errorf("creek %s: cell %d of %d", c.Drains.Creeks[i].ID, k, n)
				}
			}
		}
	}
	for i := range c.Drains.Pumps {
		p := &c.Drains.Pumps[i]
		if !in(p.Basin, len(c.Drains.Basins)) || p.Creek < 0 || int(p.Creek) >= len(c.Drains.Creeks) || p.Units < 1 || !(p.UnitFlow > 0) {
			return fmt.Errorf("pump %s: basin %d, creek %d, %d units of %g m³/s", p.ID, p.Basin, p.Creek, p.Units, p.UnitFlow)
		}
	}
	for i := range c.Drains.Gates {
		if g := &c.Drains.Gates[i]; g.Creek < 0 || int(g.Creek) >= len(c.Drains.Creeks) {
			return fmt.Errorf("gate %s: no creek %d", g.ID, g.Creek)
		}
	}
	for i := range c.Places {
		if p := &c.Places[i]; !in(p.Node, len(s.Nodes)) {
			return fmt.Errorf("place %s: no node %d", p.ID, p.Node)
		}
	}
	for i := range c.Zones {
		if z := &c.Zones[i]; z.Node < 0 || int(z.Node) >= len(s.Nodes) {
			return fmt.Errorf("zone %d: no node %d", i, z.Node)
		}
	}
	return nil
}
