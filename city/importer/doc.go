// Package importer turns open data into a city: OpenStreetMap for streets, buildings, water and places; elevation models
// for the ground; GTFS for stations; tables of population and of points of interest; GeoJSON of buildings.
//
// In: files (Options). Out: a *city.City, the same for the same files, with everything that is wrong, missing or assumed in
// City.Defects under the input's own ids. What is broken beyond use is an error that names the file and the remedy.
//
// What no file says is assumed by location (country.go): side of the road, limits, currency, price level, population
// density. Where that matters the pack says so. Values of what water damages follow Huizinga, de Moel & Szewczyk 2017
// (buildings.go). Terrain without a file exists only when asked for, and then says that it is invented (invent.go).
package importer
