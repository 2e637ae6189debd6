package city

import "github.com/paulmach/orb"

// Drains is the way of the water below and beside the streets:
// street → inlet → sewer basin → drainage pump → creek → gate or boundary pump → tidal river.
type Drains struct {
	Basins []Basin // one for each pumping district
	Creeks []Creek
	Pumps  []Pump
	Gates  []Gate
	Tide   Tide
}

// A Basin is a pumping district's sewers as one storage with a level: its area in plan is Volume/(Ground−Invert) up to Ground.
type Basin struct {
	ID     string
	Name   Text
	At     orb.Point
	Inlet  float64 // m/s: what the inlets of a whole, unblocked cell take when water stands on it (36 mm/h = 1e-5)
	Volume float64 // m³ between Invert and Ground
	Invert float64 // level of the empty sewer, m
	Ground float64 // level at which it surcharges to the street, m
	Lowest int32   // the cell of the terrain where a surcharge comes up
}

// A Creek is a polder creek as a level pool: its area is the same at every level between Bed and Bank.
type Creek struct {
	ID     string
	Name   Text
	Line   orb.LineString
	Area   float64 // m² of water surface
	Bed    float64 // m
	Normal float64 // m, the level kept in dry weather
	Low    float64 // m, never drawn below (banks, navigation)
	Bank   float64 // m: above it the creek spills into Cells, and basins may not pump into it above Bank − 0.1
	Cells  []int32 // terrain cells along its banks: where it spills, and where surface water enters it
	Drop   float64 // m/s, the fastest permitted drawdown
}

// A Pump lifts water from a sewer basin to a creek, or from a creek to the river.
type Pump struct {
	ID        string
	Name      Text
	At        orb.Point
	Basin     int32   // from: a basin, or -1
	Creek     int32   // from (when Basin is -1) or to
	Units     int     // equal units, started one by one
	UnitFlow  float64 // m³/s of one unit at its design head
	Start     float64 // level of the source at which the first unit starts by itself, m; each further one 0.15 m higher
	Stop      float64 // level at which all stop, m
	MinRun    float64 // s
	MinRest   float64 // s
	MaxStarts int     // starts an hour of one unit
}

// A Gate lets a creek flow to the river by gravity while the creek is higher (tide lock: inner > outer + 0.05 m).
type Gate struct {
	ID    string
	Name  Text
	At    orb.Point
	Creek int32
	Width float64 // m
	Sill  float64 // m
}

// A Tide is the river's level as a sum of harmonics: Mean + Σ Amplitude·cos(2π·t/Period − Phase).
type Tide struct {
	Datum string
	Mean  float64
	Parts []Harmonic
	Wall  float64 // crest of the river wall, m
}

// A Harmonic is one constituent of the tide.
type Harmonic struct {
	Name      string
	Amplitude float64 // m
	PeriodS   float64 // s
	Phase     float64 // rad
}
