package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"citybrain/city"
	"citybrain/emergency/evacuation"
	"citybrain/flood"
	"github.com/paulmach/orb"
)

// evacuated is what `emergency evacuate --json` prints.
type evacuated struct {
	Blocks   []evacuatedBlock `json:"blocks"`
	People   float64          `json:"people"`
	Stranded float64          `json:"stranded"`
	LastS    float64          `json:"last_arrival_s"`
	WallS    float64          `json:"wall_s"`
}

type evacuatedBlock struct {
	Name       string             `json:"name"`
	Lon        float64            `json:"lon"`
	Lat        float64            `json:"lat"`
	People     float64            `json:"people"`
	ByS        float64            `json:"by_s"`
	Stranded   float64            `json:"stranded"`
	Departures []evacuatedParting `json:"departures"`
}

type evacuatedParting struct {
	LeaveS  float64  `json:"leave_s"`
	ArriveS float64  `json:"arrive_s"`
	People  float64  `json:"people"`
	Shelter string   `json:"shelter"`
	Roads   []string `json:"roads"`
}

// emergencyEvacuate plans who leaves before the water of a design storm, computed by the flood engine on coarse cells.
func emergencyEvacuate(ctx context.Context, args []string, out io.Writer) error {
	began := time.Now()
	f := flags("emergency evacuate", "citybrain emergency evacuate --rain 90 --minutes 60 --json", out)
	folder := f.String("city", "", "`folder` of a city pack; empty: the demo city")
	mmh := f.Float64("rain", 90, "of the storm to come, mm/h")
	minutes := f.Float64("minutes", 60, "that it rains from now")
	coarsen := f.Int("coarsen", 3, "cells of the water in cells of the terrain")
	share := f.Float64("share", evacuation.Usual.Share, "of a block's people who must leave")
	asJSON := f.Bool("json", false, "print one JSON object")
	if err := parse(f, args); err != nil {
		return err
	}
	if err := noArgs(f); err != nil {
		return err
	}
	switch {
	case !(*mmh >= 0 && *mmh <= 1000):
		return fmt.Errorf("%w: --rain %g is not in 0–1000 mm/h", errUsage, *mmh)
	case !(*minutes >= 0 && *minutes <= 1e5):
		return fmt.Errorf("%w: --minutes %g is not in 0–100,000", errUsage, *minutes)
	case *coarsen < 1 || *coarsen > 8:
		return fmt.Errorf("%w: --coarsen %d is not in 1–8", errUsage, *coarsen)
	case !(*share > 0 && *share <= 1):
		return fmt.Errorf("%w: --share %g is not above 0 and at most 1", errUsage, *share)
	}
	c, err := loadCity(*folder)
	if err != nil {
		return err
	}
	if c.Terrain == nil {
		return fmt.Errorf("city %s has no terrain: where water comes can't be told", c.Name.En)
	}
	a := evacuation.Usual
	a.Share = *share
	w, err := designWater(ctx, c, *coarsen, *mmh, time.Duration(*minutes*float64(time.Minute)), a)
	if err != nil {
		return err
	}
	k := evacuation.Of(c, w, a)
	plan, err := evacuation.Make(&k.Problem)
	if err != nil {
		return err
	}
	r := evacuated{Blocks: []evacuatedBlock{}, LastS: plan.Last}
	for i, b := range k.Blocks {
		x := evacuatedBlock{Name: b.Name, People: b.People, ByS: b.By, Stranded: plan.Stranded[i], Departures: []evacuatedParting{}}
		x.Lon, x.Lat = c.Frame.WGS84(c.Zones[k.Zones[i]].At)
		for _, d := range plan.Departures {
			if d.Block != i {
				continue
			}
			p := evacuatedParting{LeaveS: d.Leave, ArriveS: d.Arrive, People: d.People, Shelter: k.Shelters[d.Shelter].Name, Roads: []string{}}
			for _, road := range d.Way {
				p.Roads = append(p.Roads, c.Streets.Links[k.Links[road]].ID)
			}
			x.Departures = append(x.Departures, p)
		}
		r.Blocks = append(r.Blocks, x)
		r.People, r.Stranded = r.People+b.People, r.Stranded+plan.Stranded[i]
	}
	r.WallS = time.Since(began).Seconds()
	if *asJSON {
		return json.NewEncoder(out).Encode(r)
	}
	t := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "block\tpeople\tto leave within\tstranded\tdepartures")
	for _, b := range r.Blocks {
		fmt.Fprintf(t, "%s\t%.0f\t%.0f min\t%.0f\t%d\n", b.Name, b.People, b.ByS/60, b.Stranded, len(b.Departures))
	}
	fmt.Fprintf(t, "all\t%.0f\t\t%.0f\tthe last arrives after %.0f min\n", r.People, r.Stranded, r.LastS/60)
	return t.Flush()
}

// designWater computes the water of even rain and returns its depths by place and time.
func designWater(ctx context.Context, c *city.City, coarsen int, mmh float64, rains time.Duration, a evacuation.Assumptions) (evacuation.Water, error) {
	s, err := flood.New(c, flood.Config{Start: time.Date(2026, 7, 14, 9, 0, 0, 0, time.UTC), Coarsen: coarsen, MaxStep: 20 * time.Second})
	if err != nil {
		return nil, err
	}
	b := c.Bounds
	g := city.Grid{West: b.Min[0], North: b.Max[1], Cell: max(b.Max[0]-b.Min[0], b.Max[1]-b.Min[1]) + 1, Cols: 1, Rows: 1}
	if err := s.Input(0, flood.RainField{Grid: g, MMH: []float32{float32(mmh)}}); err != nil {
		return nil, err
	}
	if err := s.Input(rains, flood.RainField{Grid: g, MMH: []float32{0}}); err != nil {
		return nil, err
	}
	var frames [][]float32
	for t := 0.0; t <= a.Horizon; t += a.Look {
		if err := s.Step(ctx, time.Duration(t)*time.Second); err != nil {
			return nil, err
		}
		f := make([]float32, c.Terrain.Cells())
		for i := range f {
			if !c.Terrain.River[i] {
				f[i] = float32(s.DepthAt(i))
			}
		}
		frames = append(frames, f)
	}
	return func(at orb.Point, seconds float64) float64 {
		if i := c.Terrain.Index(at); i >= 0 {
			return float64(frames[min(int(seconds/a.Look), len(frames)-1)][i])
		}
		return 0
	}, nil
}
