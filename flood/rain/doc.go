// Package rain says what falls: gauges and radar merged into one field, nowcasts of it for up to two hours as an ensemble, and design
// storms.
//
// In: gauges' and radar's rates in mm/h on a regular grid of square cells, row 0 north. Out: fields of rates in mm/h; hyetographs in mm.
//
// Merging: conditional merging (Sinclair & Pegram 2005): kriging keeps the gauges' values, the radar gives the shape between them. Motion: an affine field of velocity by least squares on successive images (Lucas & Kanade 1981), from coarse to
// fine. Nowcast: the field is carried along the motion and seen at several scales (the cascade of Seed 2003 and Bowler, Pierce & Seed 2006,
// STEPS), with its growth or decay at each as it was just seen; what they say of each lead, and how wrong that is, is learnt from
// earlier storms by boosted trees (Friedman 2001), and what came after like forecasts is the distribution. Members differ by noise
// with the cascade's correlation in space and time. Design storms: Keifer & Chu 1957 with Shanghai's intensity formula (DB31/T 1043-2017).
//
// The package is pure: chance comes from a seed, the same bits for the same input.
package rain
