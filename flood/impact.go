package flood

import (
	"citybrain/city"
	"citybrain/flood/damage"
)

// DamageFloor is the depth above the floor in metres below which no damage is counted.
const DamageFloor = damage.Least

// DamageUncertainty is the factor by which the curves may be wrong either way; every interval of a damage carries it.
const DamageUncertainty = damage.Uncertainty

// DamageFraction returns the share of a building's value that water of depth metres above its floor destroys. There is no curve of public
// buildings: that of offices is taken.
func DamageFraction(use city.BuildingUse, depth float64) float64 {
	switch use {
	case city.Residential:
		return damage.Fraction(damage.Residential, depth)
	case city.Industrial:
		return damage.Fraction(damage.Industrial, depth)
	}
	return damage.Fraction(damage.Commercial, depth)
}

// An Asset is something that water can damage once in an event.
type Asset struct {
	Cell     int // of the city's terrain
	Use      city.BuildingUse
	Floor    float64 // m above the cell's ground
	ValueFen int64
	Building int32 // index into City.Buildings, -1
	Place    int32 // index into City.Places, -1
}

// Assets lists what the city has to lose, in a fixed order. A basement is an asset apart from its building, flooded over a kerb
// of 0.15 m.
func Assets(c *city.City) []Asset {
	if c.Terrain == nil {
		return nil
	}
	var list []Asset
	for i := range c.Buildings {
		b := &c.Buildings[i]
		if len(b.Outline) == 0 || b.ValueFen <= 0 {
			continue
		}
		cell := c.Terrain.Index(centre(b))
		if cell < 0 {
			continue
		}
		list = append(list, Asset{Cell: cell, Use: b.Use, Floor: b.Floor, ValueFen: b.ValueFen, Building: int32(i), Place: -1})
		if b.Basement {
			list = append(list, Asset{Cell: cell, Use: b.Use, Floor: 0, ValueFen: int64(damage.Garage * float64(b.ValueFen)), Building: int32(i), Place: -1})
		}
	}
	for i := range c.Places {
		p := &c.Places[i]
		if cell := c.Terrain.Index(p.At); cell >= 0 && p.ValueFen > 0 {
			list = append(list, Asset{Cell: cell, Use: city.Public, Floor: p.Floor, ValueFen: p.ValueFen, Building: -1, Place: int32(i)})
		}
	}
	return list
}

func centre(b *city.Building) (p [2]float64) {
	for _, q := range b.Outline {
		p[0] += q[0] / float64(len(b.Outline))
		p[1] += q[1] / float64(len(b.Outline))
	}
	return p
}

// Damage returns the damage in fen to assets by the largest depths of an event; depth gives the one at a cell of the
// city's terrain.
func Damage(assets []Asset, depth func(cell int) float64) int64 {
	var sum int64
	for i := range assets {
		a := &assets[i]
		if f := DamageFraction(a.Use, depth(a.Cell)-a.Floor); f > 0 {
			sum += int64(f * float64(a.ValueFen))
		}
	}
	return sum
}

// RoadSpeed returns the speed in m/s at which cars drive a road of limit m/s under depth metres of water; 0 from 0.3 m.
func RoadSpeed(limit, depth float64) float64 { return damage.RoadSpeed(limit, depth) }
