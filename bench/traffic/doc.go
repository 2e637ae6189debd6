// Package traffic measures the traffic engines beside their peers: `citybrain bench traffic`.
//
// In: where the reference scenarios lie, how long to run. Out: rows. SUMO (sumo and netgenerate, found on the path) runs on the same input in the
// same minute; rows that need it say so where it is missing. Shares of processor time are what counts, as a machine may be busy.
//
// Agreement: mean duration of the trips finished in both, our engine's with seeds of its own and SUMO's, under the shipped plans, as a
// difference in per cent. Speed: the speed grid of 900 junctions, vehicle updates per processor second. City: 300,000 vehicles at once on
// 13,456 junctions.
package traffic
