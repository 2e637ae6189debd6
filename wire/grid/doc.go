// Package grid reads and writes rain grids: radar estimates and forecasts, one field a document.
//
// In and out: a CSV document (RFC 4180, UTF-8, no quotes needed). The first line names the columns of the head, the second
// gives them, and then follow rows × cols values, one line a row, north to south, west to east:
//
//	lon,lat,dlon,dlat,rows,cols,issued,valid,member,unit
//	121.4,31.1,0.01,0.01,2,3,2026-11-23T14:30:00+08:00,2026-11-23T15:00:00+08:00,7,mm/h
//	0,1.5,2
//	,0.2,0
//
// lon and lat are the south-western corner of the grid in WGS 84 degrees, dlon and dlat the size of a cell in degrees. An
// empty value is missing (NaN in memory). issued is when the field was made, valid when it holds: they are equal in an
// estimate. member counts the members of an ensemble from 0. The format is this project's own; mm/h is the only unit.
package grid
