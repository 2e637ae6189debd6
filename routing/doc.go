// Package routing answers shortest-path questions over a city's streets with their turn restrictions, under any weights. What it
// stands on is package cch, a contraction hierarchy whose weights may change: links are its nodes, turns its arcs, so that turn
// costs and restrictions hold exactly.
//
// Graph is for many vehicles under one set of weights. In: city.Streets and one weight in seconds for each link (+Inf or ≥
// Closed: not to be entered). Out: for a goal, the seconds that remain from the end of every link and the next link to take.
// One goal is answered by Dijkstra's search (1959), backwards; many goals by Metric and Trees. A start in a closed link still
// has an answer (it may leave it); no way gives Unreachable.
//
// Roads is for one journey of a kind of traveller (Profile) between two points of streets. In: city.Streets, and as Conditions
// the seconds and the metres of water on each link, now or at the moments of a forecast. Out: Route with its Outcome, ways,
// times and course, the Table of seconds between many places, or what lies Within a time. Under a Forecast the arrival is that
// of the weights met on the way; it is exact, not of one frozen moment.
//
// Weights are whole milliseconds inside, so that every search gives the same bits.
package routing
