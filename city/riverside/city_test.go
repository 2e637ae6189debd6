package riverside

import (
	"math"
	"testing"
	"time"

	"citybrain/city"
)

func TestTheDemoCityIsWhole(t *testing.T) {
	for seed := range uint64(4) {
		began := time.Now()
		c := City(seed + 1)
		t.Logf("seed %d: %v: %d nodes, %d links, %d turns, %d signals, %d buildings, %d places, %d zones, %d basins, %d pumps, %d defects", seed+1, time.Since(began), len(c.Streets.Nodes), len(c.Streets.Links), len(c.Streets.Turns), len(c.Signals), len(c.Buildings), len(c.Places), len(c.Zones), len(c.Drains.Basins), len(c.Drains.Pumps), len(c.Defects))
		if err := c.Validate(); err != nil {
			t.Fatalf("seed %d: %v", seed+1, err)
		}
		land := 0
		for i := range c.Terrain.Cells() {
			if !c.Terrain.River[i] {
				land++
			}
		}
		kinds := map[city.PlaceKind]int{}
		for i := range c.Places {
			p := &c.Places[i]
			kinds[p.Kind]++
			if p.Name.En == "" || p.Name.Zh == "" {
				t.Errorf("seed %d: place %s lacks a name", seed+1, p.ID)
			}
		}
		for name, k := range map[string][2]int{"signals": {len(c.Signals), 100}, "land cells": {land, 44000}, "hospitals": {kinds[city.Hospital], 6}, "ambulance stations": {kinds[city.AmbulanceStation], 10}, "underpasses": {kinds[city.Underpass], 6}, "metro entrances": {kinds[city.MetroEntrance], 40}, "street gauges": {kinds[city.StreetGauge], 40}, "buildings": {len(c.Buildings), 5000}} {
			if k[0] < k[1] {
				t.Errorf("seed %d: %d %s, want %d", seed+1, k[0], name, k[1])
			}
		}
		for i := range c.Buildings {
			p := centreOf(c.Buildings[i].Outline)
			if d, _ := away(c.Waters[0].Centre, p); d < riverWidth/2 {
				t.Fatalf("seed %d: building %d stands in the river", seed+1, i)
			}
		}
		if a := width * height / 1e6; a < 40 {
			t.Errorf("%g km²", a)
		}
	}
}

// Who walks across a street has green while nobody has who comes from it, whichever way he turns, by stages and by rings.
func TestNobodyDrivesAtWhoWalksAcrossHisStreet(t *testing.T) {
	c := City(1)
	c.RunRings()
	for i := range c.Signals {
		j := &c.Signals[i]
		for s := range j.Stages {
			walked := map[int32]bool{}
			for _, m := range j.Stages[s].Movements {
				if j.Movements[m].Kind == city.Walkers {
					walked[j.Movements[m].From] = true
				}
			}
			for _, m := range j.Stages[s].Movements {
				if mv := &j.Movements[m]; mv.Kind == city.Vehicles && walked[mv.From] {
					t.Errorf("junction %s: stage %d lets movement %d go over those who walk across its street %d", j.ID, s, m, mv.From)
				}
			}
		}
	}
}

func TestSameSeedSameCity(t *testing.T) {
	a, b, other := City(7), City(7), City(8)
	if a.Version != b.Version {
		t.Error("one seed made two cities")
	}
	if a.Version == other.Version {
		t.Error("two seeds made one city")
	}
}

// Every place must be reachable from every other: one search out and one in from a node must see all links.
func TestStreetsHangTogether(t *testing.T) {
	c := City(1)
	next, prev := make([][]int32, len(c.Streets.Links)), make([][]int32, len(c.Streets.Links))
	for _, k := range c.Streets.Turns {
		next[k.From], prev[k.To] = append(next[k.From], k.To), append(prev[k.To], k.From)
	}
	for name, adj := range map[string][][]int32{"from": next, "to": prev} {
		seen, n := make([]bool, len(c.Streets.Links)), 1
		seen[0] = true
		for stack := []int32{0}; len(stack) > 0; {
			l := stack[len(stack)-1]
			stack = stack[:len(stack)-1]
			for _, k := range adj[l] {
				if !seen[k] {
					seen[k] = true
					n++
					stack = append(stack, k)
				}
			}
		}
		if share := float64(n) / float64(len(c.Streets.Links)); share < 0.98 {
			t.Errorf("only %.1f %% of the links can be reached %s the first", math.Floor(share*1000)/10, name)
		}
	}
}
