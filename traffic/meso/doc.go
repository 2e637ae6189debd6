// Package meso is the mesoscopic traffic engine: every vehicle, lane by lane, but only where it passes a stop line.
//
// In: the same city.LaneNet and routed city.LaneDemand that the microscopic engine drives, and lamps from a controller. Out: what came of every
// journey, who is on which lane, what a signal controller may see. Lengths are metres, speeds m/s, times seconds since the scenario's start.
//
// A lane is a running part and a queue at its end (a spatial queue; Gawron 1998). A vehicle that enters is at the stop line after the lane's
// time at its own free speed, and leaves first in, first out: not before its lamp is green, before the headway behind the vehicle ahead has
// passed, before it finds a gap to those that its movement gives way to, and before a lane of its next road has room. A lane holds as many as its
// length; the room that a departure makes is felt at the lane's entry only when the backward wave has come there (Newell 1993, simplified
// theory). Who stood pays for gathering speed again. Lanes are chosen on entering a road: of those that lead to the road after it the one with
// the fewest vehicles. Headways and lost times are those that the microscopic engine's drivers have.
//
// The engine is driven by events: a lane is looked at in the seconds in which its first vehicle may leave, and at no other. Chance is a function of
// the seed and the journey; the same input gives the same bits.
package meso
