// Package places knows what matters in a city besides its streets: which OpenStreetMap tags make a place, how to read tables
// of population and of points of interest, and where to put what no file names.
//
// In: tags, CSV files. Out: kinds of places, rows in WGS 84, sites. Rows that can't be read are reported under their id.
package places
