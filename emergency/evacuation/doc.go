// Package evacuation plans who leaves a flood's reach, to which shelter, by which roads, and when.
//
// In: blocks with their people and the second by which each must be empty, shelters with their places, roads with the seconds that they
// take, the vehicles a minute that they carry, and the second from which water closes them. Out: departures by block, minute, shelter and
// way, and those for whom no way is left in time.
//
// People flow over a network expanded in time (Ford and Fulkerson 1958; Hamacher and Tjandra 2001): one copy of each node for each step,
// each road an arc from a step to the one at which it is left, with the capacity of a step, while it is open at both. Everybody is brought
// out by cheapest augmenting paths, the cost being the second of arrival, so that the sum of all arrivals is least; where not all can be,
// as many as possible are. Blocks with the earlier deadline have the roads first where they compete for them.
//
// A plan is a pure function of its input: made anew when the forecast changes.
package evacuation
