// Package osm reads OpenStreetMap extracts (.pbf, .osm, .osm.gz, .osm.bz2) and makes a drivable network of them.
//
// In: a file, a box. Out: city.Streets with lanes, limits, turns and restrictions; the groups of nodes that one signal
// controller serves; and the other elements (buildings, water, places) by their tags. Positions come in WGS 84 degrees and
// leave in the city's local frame. What is broken in the input is reported as city.Defect with the element's own id.
//
// Tagging follows the OpenStreetMap wiki: Key:highway, Key:oneway, Key:lanes, Key:turn, Relation:restriction,
// Tag:highway=traffic_signals, Relation:multipolygon.
package osm
