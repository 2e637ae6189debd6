// Package lisflood reads a case of LISFLOOD-FP: a .par file and what it names (.asc rasters, .bci and .bdy boundaries, .stage
// points, rain), after its user manual (Bates et al. 2013, code release 5.9.6, and the notes of release 8.1).
//
// In: the .par file; names in it are relative to its folder. Out: a water.Case. A keyword whose effect would be lost (sub-grid
// channels, weirs, rivers) is refused by line; those that only steer its own solver or output are passed over.
package lisflood
