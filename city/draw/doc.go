// Package draw draws a city as a picture: a map for reports, for tests to look at, and for `city info` to point to.
//
// In: a *city.City. Out: a PNG, north up, the whole of the city's bounds, land and water below, streets by class with casings,
// buildings shaded by height, elevated roads on top, then signals, gates, pumps and labels. Same city, same options, same picture.
// Labels are in Latin script: the only typeface in the binary is Go Regular, which has no Chinese characters.
package draw
