// Package dimacs reads the graphs of the 9th DIMACS Implementation Challenge (2006) and the files that go with them: queries and
// orders of nodes.
//
// A graph is text, a line each: "c …" is a comment, "p sp NODES ARCS" comes once and first, "a TAIL HEAD WEIGHT" is an arc,
// nodes counted from 1, weights whole from 0 to 2147483646. Queries are CSV, "source,target" or "source,target,distance", nodes
// counted from 0, with or without a line of names before them; an empty distance is not known, "inf", -1 or 2147483647 and
// above is no way. An order has one number a line: of each node its rank, 0 first. Each may be compressed with gzip, whatever
// its name. Errors name file, line and field.
package dimacs
