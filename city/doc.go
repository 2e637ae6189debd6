// Package city describes what does not change by the minute: streets, signals, terrain, drains, places, districts and
// departments. A City is built once (by city/generate or city/importer), never changed afterwards, and shared by all
// engines and all branches of the twin.
//
// Units are SI: metres, seconds, m/s, m³/s, m². Positions are in the city's local frame (see Frame): x east, y north,
// metres from the frame's origin. Levels are metres above the datum that the terrain names. Money is integer fen.
// Links, nodes, turns, junctions, places and the parts of the drains are named by their index in their slice inside the
// program, and by a stable external key (ID) outside it.
//
// On disk a city is a pack: a folder of versioned files (see Save and Load).
package city
