// Package micro is the microscopic traffic engine: every vehicle on its lane, every second.
//
// In: a city.LaneNet, a city.LaneDemand, and events while it runs (signal phases, closures, things that block a lane, rain, water). Out: where
// every vehicle is, what came of every journey, counts of every connection, what a signal controller may see of its approaches. Lengths are
// metres along a lane to a vehicle's front bumper, speeds m/s, times seconds since the scenario's start; the step is one second.
//
// Models: car-following of Krauss (1998, with dawdling, discrete in time) or, for the classes that Config names, the intelligent driver model
// (Treiber, Hennecke & Helbing 2000); lane changes by the rules of LC2013 (Erdmann 2015): those that a route needs, those that gain speed, back to
// the kerb, and letting others in; junctions by the connections' right of way: signals with the decision at yellow, gaps in time to everyone
// to whom a movement gives way, waiting inside the junction, keeping clear of it while its exit is full, merging behind who is nearer. With the
// vehicle types that city/importer/sumo reads, parameters are SUMO's defaults, and so are the rules for entering (at a stand at the start of
// the road) and for routes (quickest by the speeds of the last minutes).
//
// A step has five parts, each from the front of every lane to the rear, each road by road on any number of threads: all vehicles plan their speed
// from what is; all move, and those at the ends of lanes go on to their connection; each road takes in who came to it over a connection; all
// decide on lanes from what is; the changes are made. A road writes to nothing that another reads or writes in the same part. What is
// left is done by one thread in the order of roads: changes for which traffic beyond the road counts, and entering. So the result does not depend
// on the threads. Chance is a function of seed, vehicle and second.
//
// A segment (a lane, or a connection through a junction) holds its vehicles in one run of 52-byte records from front to rear: a leader
// is the record before, a step streams through memory, and what is empty is passed by with the count of its road. The rest of what is known of a
// vehicle lies in arrays by journey, which a step touches where it crosses to another segment. A step allocates nothing once every segment has
// held as many as it will.
package micro
