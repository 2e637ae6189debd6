package flood

import (
	"citybrain/city"
)

// Damage fractions by depth above the floor: JRC, Asia (Huizinga, de Moel & Szewczyk 2017, EUR 28552 EN, table 3-3).
var (
	damageDepth = [...]float64{0, 0.5, 1, 1.5, 2, 3, 4, 5, 6}
	damageCurve = map[city.BuildingUse][9]float64{
		city.Residential: {0, .327, .494, .617, .721, .870, .931, .984, 1},
		city.Commercial:  {0, .377, .538, .659, .763, .883, .942, .981, 1},
		city.Industrial:  {0, .283, .482, .629, .717, .857, .909, .955, 1},
		city.Public:      {0, .377, .538, .659, .763, .883, .942, .981, 1}, // JRC has no curve for it: offices' is taken
	}
)

// DamageFloor is the depth above the floor in metres below which no damage is counted.
const DamageFloor = 0.15

// DamageUncertainty is the factor by which the curves may be wrong either way; every interval of a damage carries it.
const DamageUncertainty = 2.0

// DamageFraction returns the share of a building's value that water of depth metres above its floor destroys.
func DamageFraction(use city.BuildingUse, depth float64) float64 {
	if !(depth >= DamageFloor) {
		return 0
	}
	curve := damageCurve[use]
	for i := 1; i < len(damageDepth); i++ {
		if depth <= damageDepth[i] {
			f := (depth - damageDepth[i-1]) / (damageDepth[i] - damageDepth[i-1])
			return curve[i-1] + f*(curve[i]-curve[i-1])
		}
	}
	return 1
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

// Assets lists what the city has to lose, in a fixed order. A basement is an asset apart from its building: a tenth of the
// building's value, flooded over a kerb of 0.15 m.
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
			list = append(list, Asset{Cell: cell, Use: b.Use, Floor: 0, ValueFen: b.ValueFen / 10, Building: int32(i), Place: -1})
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

// RoadSpeed returns the speed in m/s at which cars drive a road of limit m/s under depth metres of water: Pregnolato et al.
// 2017, doi 10.1016/j.trd.2017.06.020; 0 from 0.3 m.
func RoadSpeed(limit, depth float64) float64 {
	if depth >= 0.3 {
		return 0
	}
	if depth <= 0 {
		return limit
	}
	w := depth * 1000
	return min(limit, (0.0009*w*w-0.5529*w+86.9448)/3.6)
}
