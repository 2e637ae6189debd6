// Package grid lays out a made-up town of equal blocks at the level of lanes, and the traffic through it: what the speed of engines is measured
// on, at any size, and what their tests drive on.
//
// In: junctions a side, metres a block, lanes a road, m/s; vehicles a second. Out: a city.LaneNet with a two-phase signal at every junction (41 s of
// green and 4 s of yellow for each axis, left turns giving way) as SUMO's netgenerate lays it out, and a city.LaneDemand of cars between
// junctions, by first one axis and then the other. The same arguments give the same town.
package grid
