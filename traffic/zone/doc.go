// Package zone drives a lane net with two engines side by side: every vehicle on its lane (traffic/micro) inside an area, queues (traffic/meso)
// around it, so that a wide net costs little and the junctions that one looks at are true to the vehicle.
//
// In: a city.LaneNet, a routed city.LaneDemand, the junctions that are inside (In for a rectangle, To for roads). Out: what the engines tell,
// for all journeys as if one engine had driven them; what a signal controller may see. Lengths are metres, times seconds since the scenario's
// start, the step is a second.
//
// All roads that lead to a junction inside are microscopic, all others queues: whoever gives way at a junction sees all to whom he does so in his
// own engine, and the seam runs where a road begins. A vehicle that comes to it leaves the one engine and comes into the other at the same
// moment with its speed; between, while it crosses the junction before a microscopic road, and where there is no room any more, it is here. Before
// the seam it waits at its stop line until the other engine has room: queues grow over the seam in both directions. Nobody is lost or doubled:
// every journey that entered and has not arrived is in exactly one of the three (Census).
//
// The same input gives the same bits for any number of threads.
package zone
