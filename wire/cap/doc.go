// Package cap reads and writes CAP 1.2 alerts (OASIS, clause 3.2) and the Atom feeds (RFC 4287) that list them.
//
// In: an XML document. Out: an Alert with one Info for each language, or a Feed of entries. Parse checks structure (order,
// number and names of elements, as the OASIS schema has them) and values (enumerations, times, coordinates, references);
// Marshal checks the same before it writes. Nothing here fetches, signs or verifies: a signature is dropped on reading.
//
// Positions are WGS 84 degrees, latitude first; radii km; altitude and ceiling feet above mean sea level, as the standard
// says. Times keep their offset from UTC and are written with it, never with Z.
package cap
