package account

import (
	"bytes"
	"context"
	"fmt"

	"citybrain/city"
	"citybrain/traffic/forecast"
	"citybrain/world"
)

// LearnSpeeds teaches a model of the streets' speeds from storm evenings of the city's own world, and returns it as the city keeps it. In them the junctions have
// the plans that evenings start with and nobody leads them.
func LearnSpeeds(ctx context.Context, c *city.City, evenings, hours int, first uint64, threads int, progress func(part float64)) ([]byte, error) {
	if len(c.Signals) == 0 || c.Terrain == nil {
		return nil, fmt.Errorf("learn speeds: city %s has %d signals and terrain %v: it needs both", c.Name.En, len(c.Signals), TerrainOf(c))
	}
	plans, err := FairPlans(ctx, c, world.Config{Seed: 1, Start: EveningStart, Hours: 2}, threads)
	if err != nil {
		return nil, err
	}
	var days []forecast.Day
	for k := range evenings {
		e, err := WatchSpeeds(ctx, c, plans, first+uint64(k), hours, threads)
		if err != nil {
			return nil, fmt.Errorf("learn speeds: evening of seed %d: %w", first+uint64(k), err)
		}
		days = append(days, e.Day)
		progress(float64(k+1) / float64(evenings+1))
	}
	m, err := forecast.Learn(&c.Streets, days, first)
	if err != nil {
		return nil, err
	}
	var b bytes.Buffer
	if err := m.Write(&b, c.TrafficHash()); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}
