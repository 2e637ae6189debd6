package city

import (
	"fmt"

	"github.com/paulmach/orb"
)

// InstrumentKind is what a hydrological station measures.
type InstrumentKind uint8

const (
	RainInstrument   InstrumentKind = iota // Index: a place; mm
	StreetInstrument                       // Index: a place; m of water over the street
	SewerInstrument                        // Index: a basin; level, m
	CreekInstrument                        // Index: a creek; level, m
	TideInstrument                         // the river; level, m
)

// An Instrument is a hydrological station of the water authority.
type Instrument struct {
	Kind    InstrumentKind
	Index   int
	ID      string // the place's, basin's or creek's; "tide" for the river
	Name    Text
	At      orb.Point
	Station string // ten digits: its address on the wire (SL 651-2014: 00 and eight digits)
}

// Instruments lists the city's hydrological stations. Their addresses follow from their order alone, so that the authority's
// telemetry and whoever receives it agree.
func Instruments(c *City) []Instrument {
	var list []Instrument
	add := func(k InstrumentKind, i int, id string, name Text, at orb.Point) {
		list = append(list, Instrument{k, i, id, name, at, fmt.Sprintf("00%d%07d", int(k)+1, i)})
	}
	for i := range c.Places {
		switch p := &c.Places[i]; p.Kind {
		case RainGauge:
			add(RainInstrument, i, p.ID, p.Name, p.At)
		case StreetGauge, Underpass:
			add(StreetInstrument, i, p.ID, p.Name, p.At)
		}
	}
	for i := range c.Drains.Basins {
		b := &c.Drains.Basins[i]
		add(SewerInstrument, i, b.ID, b.Name, b.At)
	}
	for i := range c.Drains.Creeks {
		k := &c.Drains.Creeks[i]
		at := orb.Point{}
		if len(k.Line) > 0 {
			at = k.Line[len(k.Line)/2]
		}
		add(CreekInstrument, i, k.ID, k.Name, at)
	}
	if len(c.Drains.Tide.Parts) > 0 {
		at := c.Bounds.Center()
		for _, w := range c.Waters {
			if w.Kind == "river" && len(w.Centre) > 0 {
				at = w.Centre[len(w.Centre)/2]
				break
			}
		}
		add(TideInstrument, 0, "tide", Text{En: "River tide gauge", Zh: "江潮位站"}, at)
	}
	return list
}
