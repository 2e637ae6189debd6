// Package flood is the urban flood engine: rain on streets, the water's way over the terrain, and below it through
// inlets, sewer basins, drainage pumps, polder creeks, gates and boundary pumps to the tidal river.
//
// In: a city's terrain and drains (city), rain fields, pump and gate orders, corrections. Out: depth of water in metres on
// each terrain cell, levels of basins and creeks in metres above the terrain's datum, the state of each pump and gate, and
// an account of every cubic metre.
//
// Surface: flood/surface's local-inertial scheme on cells with tables of the ground and the roughness below their size. Buildings
// take part of a cell's plan area (porosity).
// Drains: level pools joined by inlets, pumps, weirs and gates.
//
// The engine is a pure function of its inputs: no clock, no chance, no goroutine, the same bits from the same inputs.
// Time is a duration since the scenario's start.
package flood
